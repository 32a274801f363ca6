"""Loading by name: optional packages, and the one registry used for everything pluggable.

Knows: ``"module:Attribute"`` targets, and which extra installs a missing package.
Does not know: what the targets do.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nlpdata.errors import MissingPackageError, UnknownNameError, unknown


def is_available(module: str) -> bool:
    """Whether a top-level module can be imported; nothing is imported."""
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:
        return False


def load(module: str, extra: str | None = None) -> Any:
    """Import ``module`` late.

    Args:
        module: dotted module name, such as ``"torch"`` or ``"pyarrow.compute"``.
        extra: the extra of nlpdata that installs it, named in the error.

    Raises:
        MissingPackageError: its top-level package is not installed; says the command to run.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        command = f"pip install 'nlpdata[{extra}]'" if extra else f"pip install {top}"
        raise MissingPackageError(f"This needs the package {top!r}, which is not installed. Run: {command}") from error


def resolve(target: str, extra: str | None = None) -> Any:
    """The object a ``"module:Attribute"`` target names."""
    module, _, attribute = target.partition(":")
    return getattr(load(module, extra), attribute)


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an implementation lives, and what it needs."""

    target: str | Any
    extra: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(slots=True)
class Registry:
    """A sorted table of names, loaded late.

    Args:
        what: the kind of thing, as errors say it (``"format"``).
        error: raised for an unknown name, with the closest names.
        entries: name -> :class:`Entry`.
    """

    what: str
    error: type[UnknownNameError]
    entries: dict[str, Entry] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Canonical names, sorted."""
        return sorted(self.entries)

    def canonical(self, name: str) -> str:
        """The canonical name of ``name`` or of an alias.

        Raises:
            UnknownNameError: (the registry's own subclass) nothing has this name.
        """
        if name in self.entries:
            return name
        for key, entry in self.entries.items():
            if name in entry.aliases:
                return key
        raise unknown(self.error, self.what, name, self.names())

    def load(self, name: str) -> Any:
        """The object registered under ``name``, importing its module now."""
        entry = self.entries[self.canonical(name)]
        return resolve(entry.target, entry.extra) if isinstance(entry.target, str) else entry.target

    def register(self, name: str, target: str | Any, *, extra: str | None = None, aliases: tuple[str, ...] = ()) -> None:
        """Add or replace an implementation: a ``"module:Attribute"`` string, or the object itself."""
        self.entries[name] = Entry(target, extra, aliases)

    def __contains__(self, name: object) -> bool:
        return name in self.entries or any(name in e.aliases for e in self.entries.values())

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())
