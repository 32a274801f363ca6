"""Rows, columns and batches as NumPy arrays: views of the stored buffers wherever types and layout allow.

Knows: NumPy. Does not know: other formats.

A row's number is a NumPy scalar of the stored type, its text ``np.str_``. A column of text is a fixed-width array
(``<U7``), but an object array of str where fixed width would lose a trailing NUL, hide a null, or take more than 64 MiB or
four times the memory of the objects: documents, a few of which are much longer than the others.
Ragged columns are object arrays of arrays. Views are read-only; ``copy=True`` gives arrays of their own.
"""

from __future__ import annotations

import sys
from itertools import pairwise, repeat
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.compute as pc

from nlpdata.formats import buffers
from nlpdata.formats.arrays import ArrayFormatter, Numbers, Objects, pieces
from nlpdata.formats.buffers import Ndarray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlpdata.features import Features

_FIXED_WIDTH_BYTES: Final = 64 * 2**20
_STR_BYTES: Final = 57  # of an object: what a str needs beside its characters, and its place in the array
_OBJECTS_SHARE: Final = 4


def objects(items: Sequence[Any]) -> Ndarray:
    """A one-dimensional object array of ``items``, whatever these are.

    >>> objects([[1], [2]]).shape
    (2,)
    """
    # np.array() would look inside, and stack or refuse.
    return np.fromiter(items, np.dtype(object), len(items))


def is_too_wide(width: int, octets: int, rows: int) -> bool:
    """Whether a fixed-width array would waste memory.

    Args:
        width: bytes of a row of it.
        octets: bytes of all text as it is.
        rows: how many rows there are.
    """
    return width * rows > min(_FIXED_WIDTH_BYTES, _OBJECTS_SHARE * (octets + _STR_BYTES * rows))


def _longest(array: Any) -> tuple[int, int, int]:
    """Bytes of all texts of an array, bytes of the longest one, and which one that is."""
    offsets = buffers.list_offsets(array)
    lengths = offsets[1:] - offsets[:-1]
    row = int(lengths.argmax()) if len(lengths) else 0
    return int(offsets[-1]) - int(offsets[0]), int(lengths[row]) if len(lengths) else 0, row


def _is_plain_ascii(array: Any) -> bool:
    """Whether a text array is ASCII without NUL characters."""
    offsets = buffers.list_offsets(array)
    first, last = int(offsets[0]), int(offsets[-1])
    # Signed, so that one pass finds both: bytes beyond ASCII are negative.
    octets = np.frombuffer(array.buffers()[2] or b"", np.int8, last - first, first)
    return first == last or bool(octets.min() > 0)


def text_array(arrays: Sequence[Any]) -> Ndarray | None:
    """Text arrays as a fixed-width one, padded in Arrow, or as one of objects, without a look at each text; None where it takes
    one: some are not ASCII, or have NULs.

    >>> import pyarrow as pa
    >>> text_array([pa.array(["a", "bc"])]).tolist()
    ['a', 'bc']
    """
    if any(array.null_count for array in arrays):
        return _objects_of(arrays)
    longest = [_longest(array) for array in arrays]
    octets, rows = sum(found[0] for found in longest), sum(map(len, arrays))
    array, (_, most, row) = max(zip(arrays, longest, strict=True), key=lambda pair: pair[1][1])
    # A character is at most four bytes, of the text and of the array: so the longest text is at least that wide ...
    if is_too_wide(most, octets, rows):
        return _objects_of(arrays)
    width = len(array[row].as_py()) if most else 0
    # ... and all texts together have at most as many characters as they have bytes.
    if is_too_wide(4 * width, octets, rows):
        return _objects_of(arrays)
    if not width or not all(map(_is_plain_ascii, arrays)):
        return None
    letters = buffers.empty(width * rows, np.dtype(np.uint32))
    at = 0
    for array in arrays:
        padded = pc.ascii_rpad(array, width, "\0")
        count, (start,) = len(array) * width, buffers.list_offsets(padded)[:1].tolist()
        np.copyto(letters[at : at + count], np.frombuffer(padded.buffers()[2], np.uint8, count, start))
        at += count
    return letters.view(f"<U{width}" if sys.byteorder == "little" else f">U{width}")


def _objects_of(arrays: Sequence[Any]) -> Ndarray:
    found = [array.to_numpy(zero_copy_only=False) for array in arrays]
    return found[0] if len(found) == 1 else np.concatenate(found)


class NumpyFormatter(ArrayFormatter):
    """Values as NumPy arrays.

    Args:
        features: what the columns hold.
        kwargs: ``dtype`` for all numbers and booleans; ``copy=True`` for writable arrays.

    >>> import pyarrow as pa
    >>> NumpyFormatter().batch(pa.table({"a": [1, None], "b": [[1, 2], [3, 4]]}))
    {'a': array([ 1., nan]), 'b': array([[1, 2],
           [3, 4]])}
    """

    options = frozenset({"dtype", "copy"})

    def __init__(self, features: Features | None = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        self._copy = bool(kwargs.get("copy"))

    def array(self, dense: Ndarray) -> Ndarray:
        """The array itself, or a copy if it is a read-only view and a copy was asked for."""
        return dense.copy() if self._copy and not dense.flags.writeable else dense

    def scalar(self, value: Any) -> Any:
        """A NumPy scalar."""
        return value

    def item(self, value: Any) -> Any:
        """The Python object."""
        return value

    def convert(self, column: Any) -> Any:
        """A column as one array where its rows stack, else an object array."""
        arrays = buffers.chunks(column)
        if arrays and arrays[0].type.id in (buffers.STRING, buffers.LARGE_STRING):
            found = text_array(arrays)
            if found is not None:
                return found
        return super().convert(column)

    def text(self, items: list[Any]) -> Ndarray:
        """Text as a fixed-width array, else as objects."""
        if not items or None in items:
            return objects(items)
        end: Any = "\0" if isinstance(items[0], str) else b"\0"
        lengths = list(map(len, items))
        width = max(lengths) * (4 if end == "\0" else 1)
        if is_too_wide(width, sum(lengths), len(items)) or any(map(type(end).endswith, items, repeat(end))):
            return objects(items)
        return np.array(items)

    def ragged(self, items: list[Any]) -> Ndarray:
        """An object array; of higher rank where the rows are themselves object arrays of one shape."""
        if items and all(isinstance(v, np.ndarray) and v.dtype == object and v.shape == items[0].shape for v in items):
            stacked: Ndarray = np.stack(items)
            return stacked
        return objects(items)

    def split(self, dense: Ndarray, offsets: Ndarray) -> Ndarray:
        """An object array of views."""
        dense = self.array(dense)
        return objects([dense[a:b] for a, b in pairwise(offsets.tolist())])

    def block_rows(self, dense: Ndarray) -> list[Any]:
        """A view for each row."""
        return list(self.array(dense))

    def list_rows(self, dense: Ndarray, offsets: Ndarray) -> list[Any]:
        """A view for each row."""
        dense = self.array(dense)
        return [dense[a:b] for a, b in pairwise(offsets.tolist())]

    def scalars(self, piece: Numbers) -> Sequence[Any]:
        """Scalars of the stored type, unless a ``dtype`` was asked for."""
        return self.with_missing(list(piece.values), piece) if self.dtype is None else super().scalars(piece)

    def with_missing(self, rows: list[Any], piece: Numbers) -> list[Any]:
        """Nulls put in: None for booleans, NaN of the stored float type or float64, NaT."""
        if piece.valid is None or self.dtype is not None:
            return super().with_missing(rows, piece)
        stored = piece.values.dtype
        missing: Any = None
        if stored.kind in "mM":
            missing = np.array("NaT", stored)[()]
        elif stored.kind in "iuf":
            missing = (stored if stored.kind == "f" else np.dtype(np.float64)).type(np.nan)
        for row in np.flatnonzero(~piece.valid).tolist():
            rows[row] = missing
        return rows

    def convert_rows(self, column: Any) -> Sequence[Any]:
        """One value a row; text as ``np.str_`` and ``np.bytes_``."""
        piece = pieces(column)
        if isinstance(piece, Objects) and piece.text:
            return [None if v is None else np.str_(v) if isinstance(v, str) else np.bytes_(v) for v in piece.items]
        return super().convert_rows(column)
