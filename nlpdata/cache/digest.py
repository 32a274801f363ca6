"""Hashes of large buffers, in place: leaves of a few MiB, hashed by two threads where there are two cores.

Knows: bytes. Does not know: what they mean. The hash does not depend on the number of threads, nor on the pieces it came in.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable

import xxhash

_LEAF_BYTES = 8 << 20


def buffer_digest(view: memoryview) -> bytes:
    """The hash of contiguous bytes, 16 bytes. Copies nothing."""
    if view.nbytes <= _LEAF_BYTES:
        return bytes(xxhash.xxh3_128_digest(xxhash.xxh3_128_digest(view)))
    starts = range(0, view.nbytes, _LEAF_BYTES)
    leaves = [b""] * len(starts)
    numbers = iter(range(len(starts)))

    def work() -> None:
        for number in numbers:  # each number goes to one thread
            leaves[number] = xxhash.xxh3_128_digest(view[starts[number] : starts[number] + _LEAF_BYTES])

    # One core reads memory at about half the speed that two do; xxhash lets other threads run meanwhile.
    second = threading.Thread(target=work, name="nlpdata-hash") if (os.cpu_count() or 1) > 1 else None
    if second is not None:
        second.start()
    work()
    if second is not None:
        second.join()
    return bytes(xxhash.xxh3_128_digest(b"".join(leaves)))


def pieces_digest(pieces: Iterable[memoryview]) -> bytes:
    """The same for bytes that come piece by piece."""
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
