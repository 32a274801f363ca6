"""Content keys: a key names a result, or there is none.

Knows: the public questions (what is the key, why do two keys differ) and how keys of a chain of operations follow from each
other. Does not know: how objects are taken apart (``walk``), nor where results lie (``directory``).

A key is the same in any process, on any machine and wherever a file lies; it changes with code, constants, defaults, closures,
globals, functions of the user's own modules, arguments, and the versions of installed packages.
"""

from __future__ import annotations

import types
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nlpdata.cache import identities
from nlpdata.cache.walk import Walker, summary
from nlpdata.errors import ArgumentError, KeyingError

_WHOLE = "value"


def content_key(obj: Any) -> str:
    """The key of an object: 32 hexadecimal digits (XXH3, 128 bits).

    Functions are taken apart down to the globals and modules of the user that they reach; what is installed goes by its
    version. Arrays and tensors are hashed where they lie. Neither line numbers nor file names, nor the order of dicts and sets
    matter.

    Raises:
        KeyingError: something in it has no stable content, such as a lock or an open file; ``path`` leads there.

    >>> content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1})
    True
    >>> content_key(1) == content_key(1.0)
    False
    """
    return Walker(root=_root(obj)).key(obj)


def register_key(kind: type, identity: Callable[[Any], Any]) -> None:
    """Let ``identity(obj)`` stand for the content of every instance of ``kind``.

    Args:
        kind: a class; its subclasses are included.
        identity: returns something that has a key itself: a string, a tuple, an array.
    """
    identities.register(kind, identity)


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What went into a key: path -> (digest, a few words). Small, JSON-able through ``dict(x.parts)``."""

    parts: dict[str, tuple[str, str]]


def ingredients(obj: Any) -> Ingredients:
    """What goes into the key of ``obj``, one entry for each named part.

    Raises:
        KeyingError: as :func:`content_key`.
    """
    record: dict[str, tuple[str, str]] = {}
    walker = Walker(record, root=_root(obj))
    digest = walker.key(obj)
    parts = {path.partition(" → ")[2]: part for path, part in record.items()}
    return Ingredients({**parts, _WHOLE: (digest, summary(obj))})


def explain(a: Any, b: Any) -> list[str]:
    """Why two keys differ, one sentence for each ingredient; empty if they are equal.

    Args:
        a: an object, or :class:`Ingredients` recorded before.
        b: likewise.

    >>> explain({"size": 128}, {"size": 256})
    ["key 'size': 128 → 256"]
    """
    before = (a if isinstance(a, Ingredients) else ingredients(a)).parts
    after = (b if isinstance(b, Ingredients) else ingredients(b)).parts
    changed = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    if len(changed) > 1:
        changed = [path for path in changed if path != _WHOLE]
    # A container differs because of what is in it: only the innermost difference is told. Of what is new, only the outermost.
    lone = {path for path in changed if path not in before or path not in after}
    told = []
    for path in changed:
        inside = lone if path in lone else ()
        hidden = any(path.startswith(f"{other} → ") for other in inside)
        if not hidden and (path in lone or not any(other.startswith(f"{path} → ") for other in changed)):
            told.append(_difference(path, before.get(path), after.get(path)))
    return told


def _difference(path: str, before: tuple[str, str] | None, after: tuple[str, str] | None) -> str:
    if before is None or after is None:
        found = before or after or ("", "")
        return f"{path}: {'new' if before is None else 'gone'}{f' ({found[1]})' if found[1] else ''}"
    if before[1] == after[1]:
        return f"{path}: changed{f' ({after[1]})' if after[1] else ''}"
    return f"{path}: {before[1]} → {after[1]}"


def _root(obj: Any) -> str:
    if isinstance(obj, types.MethodType | types.FunctionType | type):
        return obj.__name__
    return type(obj).__qualname__


class Lineage:
    """How a dataset came to be, as a key that is computed only when it is asked for.

    A lineage starts from a name or from content, and goes on by operations. Nothing is hashed before :meth:`key`.

    >>> start = Lineage.named("corpus")
    >>> start.then("sort", "a").key() == start.then("sort", "a").key()
    True
    >>> start.then("sort", "a").key() == start.then("sort", "b").key()
    False
    """

    __slots__ = ("_args", "_compute", "_key", "_op", "_parent")

    def __init__(self) -> None:
        self._key: str | None = None
        self._compute: Callable[[], str] | None = None
        self._parent: Lineage | None = None
        self._op = ""
        self._args: tuple[Any, ...] = ()

    @classmethod
    def named(cls, key: str) -> Lineage:
        """A lineage whose key is known."""
        if not key:
            raise ArgumentError("A key cannot be empty. Give a name made of letters, digits, '.', '_' and '-'.")
        made = cls()
        made._key = key
        return made

    @classmethod
    def of(cls, compute: Callable[[], str]) -> Lineage:
        """A lineage whose key is computed once, when first asked for: for example the hash of the content."""
        made = cls()
        made._compute = compute
        return made

    def then(self, op: str, *args: Any) -> Lineage:
        """The lineage after an operation; its arguments must not change afterwards."""
        made = type(self)()
        made._parent, made._op, made._args = self, op, args
        return made

    def key(self) -> str:
        """The key; computed at the first call.

        Raises:
            KeyingError: an argument of an operation has no stable content.
        """
        chain = [self]
        while chain[-1]._key is None and chain[-1]._parent is not None:
            chain.append(chain[-1]._parent)
        for step in reversed(chain):  # no recursion: a chain of ten thousand operations is fine
            if step._key is None:
                step._key = step._own_key()
        assert self._key is not None
        return self._key

    def _own_key(self) -> str:
        if self._compute is not None:
            return self._compute()
        assert self._parent is not None
        key = content_key(("then", self._parent.key(), self._op, self._args))
        self._parent, self._args = None, ()  # what a key was made of need not stay in memory
        return key

    def __nlpdata_key__(self) -> str:
        return self.key()

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy in another process has the same key; where there is none, one that is never found.
        try:
            return Lineage.named, (self.key(),)
        except KeyingError:
            return Lineage.named, (uuid.uuid4().hex,)

    def __repr__(self) -> str:
        return f"Lineage({self._key or self._op or 'not computed yet'})"
