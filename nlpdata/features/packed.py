"""Python's integers, and lists of them, as Arrow arrays in half of the time that Arrow takes, which looks at each by itself.

A tokenizer's result is a list of lists of integers. ``marshal``, the serializer of Python's compiled files, goes over them in
C and asks for exact types. It writes an integer of 32 bits as ``i`` and 4 bytes, and the beginning of a list as ``[`` and its
length in 4 bytes. So where nothing else is there all entries are 5 bytes long, and NumPy reads them at once. If an entry
is one of these, the next begins 5 bytes further: a value of any other kind is seen where its own entry begins.

Knows: version 2 of the format, https://github.com/python/cpython/blob/v3.11.0/Python/marshal.c; checks that Python still writes
it. Does not know: features, or what becomes of values that are anything else: those are Arrow's.
"""

from __future__ import annotations

import marshal
from typing import Any, Final

import numpy as np
import pyarrow as pa

Ints = np.ndarray[Any, np.dtype[np.int64]]

_VERSION: Final = 2  # an object that comes twice is written twice
_ENTRY: Final = np.dtype([("kind", "u1"), ("value", "<i4")])
_LIST, _INT = b"[i"
_AS_KNOWN: Final = marshal.dumps([[7, -1], []], _VERSION) == (
    b"[\2\0\0\0" + b"[\2\0\0\0" + b"i\7\0\0\0" + b"i\xff\xff\xff\xff" + b"[\0\0\0\0"
)
_AT_ONCE: Final = 16_000  # entries: memory for more comes fresh from the system each time, which takes as long as the work
_MOST_VALUES: Final = 2**31 - 1  # that 32-bit offsets can count


def packed(values: list[Any]) -> pa.Array | None:
    """The array that Arrow would infer; None for anything but integers of 32 bits, or lists of such.

    >>> packed([1, 2]).type, packed([[1, 2], []]).type
    (DataType(int64), ListType(list<item: int64>))
    >>> packed([1, True]), packed([1, 2.0]), packed([2**40]), packed([[1], None])
    (None, None, None, None)
    """
    first = values[0] if values and _AS_KNOWN else None
    if type(first) is int:
        found = np.empty(len(values), np.int64)
        for start in range(0, len(values), _AT_ONCE):
            part = values[start : start + _AT_ONCE]
            if not _read(part, None, found[start : start + len(part)]):
                return None
        return pa.array(found)
    if type(first) is list and first and type(first[0]) is int:
        return _packed_lists(values)
    return None


def _packed_lists(rows: list[Any]) -> pa.Array | None:
    try:
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    except TypeError:  # there are others among the lists
        return None
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    if offsets[-1] > _MOST_VALUES:
        return None
    found, row = np.empty(offsets[-1], np.int64), 0
    while row < len(rows):
        first = int(offsets[row])
        stop = max(row + 1, int(offsets.searchsorted(first + _AT_ONCE, "right")) - 1)
        heads = offsets[row:stop] - first + np.arange(stop - row)
        if not _read(rows[row:stop], heads, found[first : int(offsets[stop])]):
            return None
        row = stop
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), pa.array(found))


def _read(values: list[Any], heads: Ints | None, into: Ints) -> bool:
    """Read integers, and find beginnings of lists at ``heads``; false if anything else is there."""
    try:
        data = marshal.dumps(values, _VERSION)
    except ValueError:  # something that it does not know, or lists too deep
        return False
    count = len(into) if heads is None else len(into) + len(heads)
    if len(data) != (count + 1) * _ENTRY.itemsize:
        return False
    found = np.frombuffer(data, _ENTRY)[1:]  # after the head of the list of values itself
    integers = found["kind"] == _INT
    if np.count_nonzero(integers) != len(into) or (heads is not None and not (found["kind"][heads] == _LIST).all()):
        return False
    into[:] = found["value"] if heads is None else found["value"][integers]
    return True
