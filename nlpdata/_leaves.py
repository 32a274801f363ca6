"""Hashes of much data, in place: leaves of a few MiB, hashed by two threads where there are two cores.

Knows: bytes. Does not know: what they mean. The hash does not depend on the number of threads, nor on the pieces it came in.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import Any

import xxhash

_LEAF_BYTES = 8 << 20
_PENDING_BYTES = 2 * _LEAF_BYTES


class Leaves:
    """A running hash of bytes that come piece by piece. Copies nothing; holds the pieces of the last leaves.

    >>> whole, parts = Leaves(), Leaves()
    >>> whole.update(b"abcd"), parts.update(b"ab"), parts.update(b"cd")
    (None, None, None)
    >>> whole.digest() == parts.digest()
    True
    """

    def __init__(self) -> None:
        self._done: list[bytes] = []
        self._pieces: list[memoryview] = []
        self._bytes = 0

    def update(self, data: Any) -> None:
        """Take contiguous bytes, which must not change before the digest."""
        view = memoryview(data)
        if view.nbytes:
            self._pieces.append(view.cast("B"))
            self._bytes += view.nbytes
        if self._bytes >= _PENDING_BYTES:
            self._hash(self._bytes // _LEAF_BYTES)

    def digest(self) -> bytes:
        """The hash, 16 bytes; nothing may be taken after it."""
        self._hash(max(-(-self._bytes // _LEAF_BYTES), 0 if self._done else 1))
        return bytes(xxhash.xxh3_128_digest(b"".join(self._done)))

    def _hash(self, count: int) -> None:
        """Hash so many leaves; the last may be short."""
        leaves = [self._cut() for _ in range(count)]
        digests = [b""] * count
        numbers = iter(range(count))

        def work() -> None:
            for number in numbers:  # each number goes to one thread
                hasher = xxhash.xxh3_128()
                for piece in leaves[number]:
                    hasher.update(piece)
                digests[number] = hasher.digest()

        # One core reads memory at about half the speed that two do; xxhash lets other threads run meanwhile.
        second = threading.Thread(target=work, name="nlpdata-hash") if count > 1 and (os.cpu_count() or 1) > 1 else None
        if second is not None:
            second.start()
        work()
        if second is not None:
            second.join()
        self._done += digests

    def _cut(self) -> list[memoryview]:
        """The pieces of the next leaf."""
        leaf, left, used = [], _LEAF_BYTES, 0
        for piece in self._pieces:
            leaf.append(piece[:left])
            left -= leaf[-1].nbytes
            if leaf[-1].nbytes < piece.nbytes or not left:
                break
            used += 1
        rest = self._pieces[used:]
        if rest:
            rest[0] = rest[0][leaf[-1].nbytes :]
        self._pieces = [piece for piece in rest if piece.nbytes]
        self._bytes -= _LEAF_BYTES - left
        return leaf


def buffer_digest(view: memoryview) -> bytes:
    """The hash of contiguous bytes, 16 bytes. Copies nothing."""
    leaves = Leaves()
    leaves.update(view)
    return leaves.digest()


def pieces_digest(pieces: Iterable[memoryview]) -> bytes:
    """The same for pieces of which each lives only until the next one comes."""
    leaves, leaf, filled = [], xxhash.xxh3_128(), 0
    for piece in pieces:
        done = 0
        while done < piece.nbytes:
            if filled == _LEAF_BYTES:
                leaves.append(leaf.digest())
                leaf, filled = xxhash.xxh3_128(), 0
            count = min(piece.nbytes - done, _LEAF_BYTES - filled)
            leaf.update(piece[done : done + count])
            done, filled = done + count, filled + count
    return bytes(xxhash.xxh3_128_digest(b"".join([*leaves, leaf.digest()])))
