"""Content keys: a key names a result, or there is none.

Knows: what the key is, and how keys of a chain of operations follow from each other.
Does not know: how objects are taken apart (``walk``), why two keys differ (``explain``), nor where results lie (``directory``).

A key is the same in any process, on any machine and wherever a file lies; it changes with code, constants, defaults, closures,
globals, functions of the user's own modules, arguments, and the versions of installed packages.
"""

from __future__ import annotations

import types
import uuid
from collections.abc import Callable
from typing import Any

from nlpdata.cache import identities
from nlpdata.cache.walk import Walker
from nlpdata.errors import ArgumentError, KeyingError


def content_key(obj: Any) -> str:
    """The key of an object: 32 hexadecimal digits (XXH3, 128 bits).

    Functions are taken apart down to the globals and modules of the user that they reach; what is installed goes by its
    version. Arrays and tensors are hashed where they lie. Neither line numbers nor file names, nor the order of dicts and sets
    matter, nor docstrings and names of local variables, unless code in it may look at them.

    Raises:
        KeyingError: something in it has no stable content, such as a lock or an open file; ``path`` leads there.

    >>> content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1})
    True
    >>> content_key(1) == content_key(1.0)
    False
    """
    return Walker(root_name(obj)).key(obj)


def register_key(kind: type, identity: Callable[[Any], Any]) -> None:
    """Let ``identity(obj)`` stand for the content of every instance of ``kind``.

    Args:
        kind: a class; its subclasses are included.
        identity: returns something that has a key itself: a string, a tuple, an array.
    """
    identities.register(kind, identity)


def root_name(obj: Any) -> str:
    """What paths into ``obj`` begin with."""
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

    __slots__ = ("_args", "_compute", "_key", "_op", "_parent", "_root", "results")

    def __init__(self) -> None:
        self._key: str | None = None
        self._compute: Callable[[], str] | None = None
        self._parent: Lineage | None = None
        self._op = ""
        self._args: tuple[Any, ...] = ()
        self._root: Lineage | None = None
        self.results: tuple[str, ...] = ()
        """Names of the stored results on the way here, such as ``results/<key>``; the latest last."""

    @classmethod
    def named(cls, key: str) -> Lineage:
        """A lineage whose key is known."""
        if not key:
            raise ArgumentError("A key cannot be empty. Give a name made of letters, digits, '.', '_' and '-'.")
        made = cls()
        made._key = key
        return made

    @classmethod
    def of(cls, compute: Callable[[], str], after: Lineage | None = None, result: str | None = None) -> Lineage:
        """A lineage whose key is computed once, when first asked for: for example the hash of the content.

        Args:
            compute: gives the key.
            after: the lineage of what this was made of, if anything.
            result: the name under which it is stored, if it is.
        """
        made = cls()
        made._compute = compute
        if after is not None:
            made._root, made.results = after._root or after, after.results
        if result is not None:
            made.results = (*made.results, result)
        return made

    def then(self, op: str, *args: Any) -> Lineage:
        """The lineage after an operation; its arguments must not change afterwards."""
        made = type(self)()
        made._parent, made._op, made._args = self, op, args
        made._root, made.results = self._root or self, self.results
        others = [x for arg in args for x in (arg if isinstance(arg, list) else [arg]) if isinstance(x, Lineage)]
        if others:
            made.results = tuple(dict.fromkeys([*self.results, *(name for other in others for name in other.results)]))
        return made

    def root(self) -> str:
        """The key of what the first operation was done to: equal for all that was made of the same data.

        Raises:
            KeyingError: as :meth:`key`.
        """
        return (self._root or self).key()

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
            return _restored, (self.key(), self.root(), self.results)
        except KeyingError:
            return Lineage.named, (uuid.uuid4().hex,)

    def __repr__(self) -> str:
        return f"Lineage({self._key or self._op or 'not computed yet'})"


def _restored(key: str, root: str, results: tuple[str, ...]) -> Lineage:
    made = Lineage.named(key)
    made._root, made.results = None if root == key else Lineage.named(root), results
    return made
