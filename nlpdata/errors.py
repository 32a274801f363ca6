"""The one exception tree of the library, and the words of its messages.

Knows: which kinds of failure exist and which builtin each one also is, so that ``except KeyError`` keeps working.
Does not know: anything about data. Every message says what was asked, what was found and what to do.

::

    NlpdataError
    ├── UnknownNameError (LookupError)          a misspelt name; says "did you mean"
    │   ├── UnknownColumnError (KeyError, ValueError)
    │   ├── UnknownSplitError (KeyError, ValueError)
    │   ├── UnknownConfigError (ValueError)
    │   ├── UnknownFormatError (ValueError)
    │   ├── UnknownFileTypeError (ValueError)
    │   ├── UnknownLoaderError (FileNotFoundError)
    │   └── UnknownMetricError (FileNotFoundError)
    ├── ArgumentError (ValueError)              an argument that cannot be meant
    │   └── DataFileError (FileNotFoundError)   a data file, folder or pattern that matches nothing
    ├── FeatureError (ValueError, TypeError)    a value or a type that does not fit the features
    │   ├── RowError                            ... in one row: carries row, column, value
    │   └── TypeConflictError                   two types that no type holds
    ├── KeyingError (TypeError)                 something has no stable content key; carries the path to it
    ├── StorageError (OSError)
    │   ├── CorruptFileError                    bytes on disk are not what was written
    │   ├── FormatVersionError                  written by a newer nlpdata
    │   └── CacheWriteError                     the cache folder is read-only or full
    ├── FetchError (ConnectionError)
    │   ├── OfflineError                        the network was needed, and NLPDATA_OFFLINE is set
    │   ├── ChecksumError (ValueError)          a download differs from what was recorded
    │   └── ArchiveError (ValueError)
    │       ├── TruncatedArchiveError           ends too early
    │       ├── UnsafeArchiveError              a member would leave its folder, or is a bomb
    │       └── UnsafePickleError               a pickle that wants to import something
    ├── ScriptError                             a loader or metric script that cannot be used
    │   └── UntrustedScriptError (PermissionError)
    ├── BuildError (RuntimeError)               preparing a dataset failed
    │   └── VerificationError (ValueError)      what was prepared differs from what was recorded
    ├── WorkerError (RuntimeError)              a worker process died; says how, at work on what, its last words
    └── MissingPackageError (ImportError)       an optional package, with the command that installs it
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NlpdataError(Exception):
    """Base of everything this library raises on purpose."""

    def __str__(self) -> str:
        # KeyError would print the repr of its message, OSError a tuple.
        return str(self.args[0]) if self.args else ""


class UnknownNameError(NlpdataError, LookupError):
    """A name that does not exist where it was looked up."""


class UnknownColumnError(UnknownNameError, KeyError, ValueError):
    """A column that the dataset does not have."""


class UnknownSplitError(UnknownNameError, KeyError, ValueError):
    """A split that the dataset does not have."""


class UnknownConfigError(UnknownNameError, ValueError):
    """A configuration that the loader or metric does not have."""


class UnknownFormatError(UnknownNameError, ValueError):
    """A format type that is not registered."""


class UnknownFileTypeError(UnknownNameError, ValueError):
    """A file type that is not registered."""


class UnknownLoaderError(UnknownNameError, FileNotFoundError):
    """A loader that is neither shipped nor a path."""


class UnknownMetricError(UnknownNameError, FileNotFoundError):
    """A metric that is neither shipped nor a path."""


class ArgumentError(NlpdataError, ValueError):
    """An argument whose value cannot be meant."""


class DataFileError(ArgumentError, FileNotFoundError):
    """A data file or folder does not exist, or a pattern matches nothing."""


class FeatureError(NlpdataError, ValueError, TypeError):
    """A value or a type does not fit the declared features."""


class RowError(FeatureError):
    """One row does not fit: ``row`` (0-based), ``column`` and ``value`` say which and where."""

    def __init__(self, message: str, *, row: int | None = None, column: str | None = None, value: object = None) -> None:
        super().__init__(message)
        self.row, self.column, self.value = row, column, value


class TypeConflictError(FeatureError):
    """Two types of one column that no common type can hold without loss."""


class KeyingError(NlpdataError, TypeError):
    """An object has no stable content key; ``path`` leads to the culprit."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class StorageError(NlpdataError, OSError):
    """Reading or writing the store failed."""


class CorruptFileError(StorageError):
    """The bytes on disk are not those that were written."""


class FormatVersionError(StorageError):
    """The files were written by a newer version of the format."""


class CacheWriteError(StorageError):
    """The cache folder cannot be written: read-only, or the disk is full."""


class FetchError(NlpdataError, ConnectionError):
    """Bytes could not be fetched; ``missing`` is True where the source says that it has no such file."""

    missing: bool = False


class OfflineError(FetchError):
    """The network was needed while offline mode is on."""


class ChecksumError(FetchError, ValueError):
    """A downloaded file is not the one that was recorded."""


class ArchiveError(FetchError, ValueError):
    """An archive cannot be opened."""


class TruncatedArchiveError(ArchiveError):
    """An archive ends before its content does."""


class UnsafeArchiveError(ArchiveError):
    """An archive member would be written outside its folder, or expands beyond the limits."""


class UnsafePickleError(ArchiveError):
    """A pickle holds, or wants to import, something else than plain data; nothing of it was run."""


class ScriptError(NlpdataError):
    """A loader or metric script cannot be used."""


class UntrustedScriptError(ScriptError, PermissionError):
    """A script from outside whose content was not trusted yet; nothing of it was run."""


class BuildError(NlpdataError, RuntimeError):
    """Preparing a dataset failed; what was prepared before stays."""


class VerificationError(BuildError, ValueError):
    """What was prepared differs from the recorded sizes or features."""


class WorkerError(NlpdataError, RuntimeError):
    """A worker process died, or an error in it could not be brought here otherwise than as text."""


class MissingPackageError(NlpdataError, ImportError):
    """An optional package is needed; the message holds the command that installs it."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The closest known names as the end of a sentence, or an empty string.

    >>> did_you_mean("sentense", ["sentence", "label"])
    " Did you mean 'sentence'?"
    """
    by_folded = {k.casefold(): k for k in known}
    close = difflib.get_close_matches(str(name).casefold(), by_folded, n=3, cutoff=0.6)
    if not close:
        return ""
    return f" Did you mean {' or '.join(repr(by_folded[c]) for c in close)}?"


def unknown(kind: type[UnknownNameError], what: str, name: str, known: Iterable[str], hint: str = "") -> UnknownNameError:
    """An error of type ``kind`` that says what was asked for, what exists, and what comes close.

    >>> str(unknown(UnknownColumnError, "column", "lable", ["text", "label"]))
    "There is no column 'lable'. Did you mean 'label'? Known: text, label."
    """
    names = list(known)
    shown = ", ".join(names[:40]) + (f", ... ({len(names)} in all)" if len(names) > 40 else "")
    message = f"There is no {what} {name!r}.{did_you_mean(name, names)} Known: {shown or 'none'}."
    return kind(f"{message} {hint}".rstrip())
