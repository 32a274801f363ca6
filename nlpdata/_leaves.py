"""Hashes of much data, in place: leaves of a few MiB, hashed by two threads where there are two cores.

Knows: bytes. Does not know: what they mean. The hash does not depend on the number of threads, nor on the pieces it came in.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import xxhash

_LEAF_BYTES = 8 << 20


class Leaves:
    """A running hash of bytes that come piece by piece. Copies and keeps nothing.

    >>> whole, parts = Leaves(), Leaves()
    >>> whole.update(b"abcd"), parts.update(b"ab"), parts.update(b"cd")
    (None, None, None)
    >>> whole.digest() == parts.digest()
    True
    """

    def __init__(self) -> None:
        self._done: list[bytes] = []
        self._leaf, self._filled = xxhash.xxh3_128(), 0

    def update(self, data: Any) -> None:
        """Take contiguous bytes. Those of whole leaves in a piece are hashed by two threads."""
        view = memoryview(data)
        view = view.cast("B") if view.nbytes else memoryview(b"")
        if self._filled:
            view = self._fill(view)
        whole = view.nbytes // _LEAF_BYTES * _LEAF_BYTES
        if whole:
            self._done += _digests(view[:whole])
        self._fill(view[whole:])

    def _fill(self, view: memoryview) -> memoryview:
        """Take what the leaf that was begun has place for, and give the rest."""
        taken = view[: _LEAF_BYTES - self._filled]
        self._leaf.update(taken)
        self._filled += taken.nbytes
        if self._filled == _LEAF_BYTES:
            self._done.append(self._leaf.digest())
            self._leaf, self._filled = xxhash.xxh3_128(), 0
        return view[taken.nbytes :]

    def digest(self) -> bytes:
        """The hash of all that was taken, 16 bytes."""
        last = [self._leaf.digest()] if self._filled or not self._done else []
        return bytes(xxhash.xxh3_128_digest(b"".join([*self._done, *last])))


def _digests(view: memoryview) -> list[bytes]:
    """The hash of each leaf."""
    starts = range(0, view.nbytes, _LEAF_BYTES)
    digests = [b""] * len(starts)
    numbers = iter(range(len(starts)))

    def work() -> None:
        for number in numbers:  # each number goes to one thread
            digests[number] = xxhash.xxh3_128_digest(view[starts[number] : starts[number] + _LEAF_BYTES])

    # One core reads memory at about half the speed that two do; xxhash lets other threads run meanwhile.
    second = threading.Thread(target=work, name="nlpdata-hash") if len(starts) > 1 and (os.cpu_count() or 1) > 1 else None
    if second is not None:
        second.start()
    work()
    if second is not None:
        second.join()
    return digests
