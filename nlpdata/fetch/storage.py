"""Downloads from any storage that fsspec knows, into a partial file that is taken up again.

Knows: versions of stored files, reading on from where it stopped, and which failures another try may help.
Does not know: any one storage; HTTP has :mod:`nlpdata.fetch.http`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nlpdata.errors import CacheWriteError, FetchError, MissingPackageError
from nlpdata.fetch.checksum import BLOCK_BYTES, Checksum
from nlpdata.fetch.pace import Pace, TransportError
from nlpdata.fetch.partial import Download, Partial, shown

# What storages call the version of a file, the surest first.
_VERSIONS = (
    "ETag",
    "etag",
    "md5Hash",
    "checksum",
    "generation",
    "version_id",
    "LastModified",
    "last_modified",
    "mtime",
    "created",
)
_NOT_RETRIED = (PermissionError, IsADirectoryError, NotADirectoryError, MissingPackageError, CacheWriteError)


@dataclass(frozen=True, slots=True)
class StorageDownload:
    """One fsspec URL -> one partial file, with as many tries as it takes.

    Args:
        url: such as ``s3://bucket/file``; chained URLs (``zip://a::s3://b``) too.
        partial: where the bytes go.
        pace: when to try again.
        options: arguments of the file system, by protocol or alone.
        desc: what the progress bar says; None: no bar.
    """

    url: str
    partial: Partial
    pace: Pace
    options: Mapping[str, Any] = field(default_factory=dict)
    desc: str | None = None

    def run(self) -> Download:
        """Download until the file is whole.

        Raises:
            MissingPackageError: fsspec needs a package for this protocol; says which.
            FetchError: there is no such file, or too many tries failed, or the time is over.
        """
        while True:
            try:
                return self._try()
            except TransportError as error:
                self.pace.failed(self.url, str(error))

    def _try(self) -> Download:
        import fsspec

        try:
            system, path = fsspec.core.url_to_fs(self.url, **self.options)
            found = system.info(path)
            if found.get("type") == "directory":
                raise FetchError(f"{self.url} is a folder, not a file.")
            version, size = _version(found), found.get("size")
            resumed = version is not None and version == self.partial.validator and self.partial.num_bytes > 0
            if not resumed:
                self.partial.begin(version)
            checksum = self._receive(system, path, size)
        except ImportError as error:
            raise MissingPackageError(f"{self.url} needs a package that is not installed: {error}") from error
        except FileNotFoundError as error:
            missing = FetchError(f"There is no file at {self.url}.")
            missing.missing = True
            raise missing from error
        except ValueError as error:
            raise FetchError(f"Cannot open {self.url}: {error}") from error
        except (FetchError, *_NOT_RETRIED):
            raise
        except OSError as error:  # what the storages raise for a connection that broke
            raise TransportError(f"{type(error).__name__}: {error}") from error
        validators = {} if version is None else {"etag": version}
        return Download(self.partial.path, checksum, validators, resumed)

    def _receive(self, system: Any, path: str, size: int | None) -> Checksum:
        start = self.partial.num_bytes
        if size is not None and start > size:
            self.partial.discard()
            raise TransportError(f"{start} bytes are here where the file has {size}")
        with system.open(path, "rb") as file, shown(self.desc, size, start) as show:
            if start:
                file.seek(start)

            def advance(num_bytes: int) -> None:
                show(num_bytes)
                self.pace.reached(self.url, num_bytes)

            checksum = self.partial.receive(_blocks(file), advance, append=start > 0)
        if size is not None and checksum.num_bytes != size:
            if (checksum.num_bytes or 0) > size:
                self.partial.discard()
            raise TransportError(f"{checksum.num_bytes} of {size} bytes came")
        return checksum


def _blocks(file: Any) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


def _version(found: Mapping[str, Any]) -> str | None:
    """What a storage says about the version of a file, or None if it says nothing that would change with it."""
    return next((f"{name} {found[name]} {found.get('size')}" for name in _VERSIONS if found.get(name)), None)
