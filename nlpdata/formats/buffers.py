"""Arrow buffers as NumPy arrays: values, validity, offsets; nothing is copied unless it says so.

Knows: Arrow's memory layout (https://arrow.apache.org/docs/format/Columnar.html), with slices and missing buffers.
Does not know: features, formats, or what a user wants to see.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa

OPTIONAL_KEY: Final = b"nlpdata:optional"
"""Field metadata (value ``b"1"``) of a struct key that a row may lack."""

Ndarray = np.ndarray[Any, np.dtype[Any]]

_LARGE_BYTES: Final = 128 * 1024

# Type id -> dtype of the values buffer.
_STORED: Final[dict[int, np.dtype[Any]]] = {
    pa.int8().id: np.dtype("int8"),
    pa.int16().id: np.dtype("int16"),
    pa.int32().id: np.dtype("int32"),
    pa.int64().id: np.dtype("int64"),
    pa.uint8().id: np.dtype("uint8"),
    pa.uint16().id: np.dtype("uint16"),
    pa.uint32().id: np.dtype("uint32"),
    pa.uint64().id: np.dtype("uint64"),
    pa.float16().id: np.dtype("float16"),
    pa.float32().id: np.dtype("float32"),
    pa.float64().id: np.dtype("float64"),
    pa.date32().id: np.dtype("int32"),
    pa.date64().id: np.dtype("int64"),
    pa.timestamp("s").id: np.dtype("int64"),
    pa.duration("s").id: np.dtype("int64"),
}

NUMBERS: Final = frozenset(
    t.id
    for t in (
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(pa.float16(), pa.float32(), pa.float64()),
    )
)
TEMPORAL: Final = frozenset(t.id for t in (pa.date32(), pa.date64(), pa.timestamp("s"), pa.duration("s")))
BOOL: Final[int] = pa.bool_().id
NULL: Final[int] = pa.null().id
LIST: Final[int] = pa.list_(pa.null()).id
LARGE_LIST: Final[int] = pa.large_list(pa.null()).id
FIXED_LIST: Final[int] = pa.list_(pa.null(), 1).id
STRUCT: Final[int] = pa.struct([]).id
MAP: Final[int] = pa.map_(pa.string(), pa.string()).id
DICTIONARY: Final[int] = pa.dictionary(pa.int8(), pa.string()).id
EXTENSION: Final[int] = pa.uuid().id
STRING: Final[int] = pa.string().id
LARGE_STRING: Final[int] = pa.large_string().id
TEXT: Final = frozenset({STRING, LARGE_STRING, pa.binary().id, pa.large_binary().id})
LISTS: Final = frozenset({LIST, LARGE_LIST, FIXED_LIST})
_WRAPPED: Final = frozenset({DICTIONARY, EXTENSION})


def chunks(column: Any) -> list[Any]:
    """The arrays of a column (an array is its own only chunk), those without rows left out."""
    if not isinstance(column, pa.ChunkedArray):
        found = [column]
    else:
        found = [column.chunk(0)] if column.num_chunks == 1 else column.chunks
    return [c for c in found if len(c)]


def values(array: Any) -> Ndarray:
    """The values buffer of a number or temporal array as stored: one entry a row, undefined where the row is null.

    Zero-copy and read-only.
    """
    dtype = _STORED[array.type.id]
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.zeros(len(array), dtype)
    found = np.frombuffer(buffer, dtype, len(array), array.offset * dtype.itemsize)
    found.flags.writeable = False  # some buffers are mutable, but a dataset's data are not
    return found


def empty(count: int, dtype: np.dtype[Any]) -> Ndarray:
    """An array of numbers with memory of its own, not filled.

    Arrow's pool keeps the pages of large arrays that died; those that malloc gives are often new to the process.
    """
    size = count * dtype.itemsize
    return np.empty(count, dtype) if size < _LARGE_BYTES else np.frombuffer(pa.allocate_buffer(size), dtype)


def in_place(array: Any) -> bool:
    """Whether an array is nothing but numbers, or lists of such, without any null: NumPy can then view it as it lies."""
    kind = array.type.id
    if array.null_count or not len(array):
        return False
    return kind in NUMBERS or (kind in LISTS and in_place(array.values))


def moments(array: Any) -> Ndarray:
    """A date, timestamp or duration array as ``datetime64`` or ``timedelta64``; undefined where the row is null.

    A time zone is dropped: the values are UTC. Zero-copy but for ``date32``.
    """
    kind = array.type
    if pa.types.is_date32(kind):
        return values(array).astype("M8[D]")
    if pa.types.is_date64(kind):
        return values(array).view("M8[ms]")
    return values(array).view(f"{'m8' if pa.types.is_duration(kind) else 'M8'}[{kind.unit}]")


def bits(buffer: Any, offset: int, count: int) -> Ndarray:
    """``count`` bits of a bitmap from bit ``offset`` on, as booleans. Allocates one byte a bit."""
    first = offset // 8
    packed = np.frombuffer(buffer, np.uint8, (offset + count + 7) // 8 - first, first)
    return np.unpackbits(packed, bitorder="little")[offset - first * 8 :][:count].view(np.bool_)


def booleans(array: Any) -> Ndarray:
    """The values of a boolean array; undefined where the row is null. Allocates one byte a row."""
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.zeros(len(array), np.bool_)
    return bits(buffer, array.offset, len(array))


def validity(array: Any) -> Ndarray | None:
    """Which rows are not null, or None if none is null."""
    if not array.null_count:
        return None
    buffer = array.buffers()[0]
    if buffer is None:  # a null array, or a type without bitmap
        return np.asarray(array.is_valid().to_numpy(zero_copy_only=False))
    return bits(buffer, array.offset, len(array))


def null_rows(array: Any) -> list[int]:
    """The positions of nulls."""
    valid = validity(array)
    return [] if valid is None else np.flatnonzero(~valid).tolist()


def lists(array: Any) -> tuple[Ndarray, Any]:
    """A list array as ``(offsets, child)``: row i holds ``child[offsets[i]:offsets[i + 1]]``.

    The child is cut to what the rows use and the offsets begin at 0, so a slice of a large array costs what it holds.
    Rows that are null may hold values. Works for lists, large lists, fixed-size lists and maps.
    """
    count, kind = len(array), array.type
    if kind.id == FIXED_LIST:
        size = kind.list_size
        return np.arange(count + 1, dtype=np.int64) * size, array.values.slice(array.offset * size, count * size)
    offsets = list_offsets(array)
    first, last = int(offsets[0]), int(offsets[-1])
    child = pa.StructArray.from_arrays([array.keys, array.items], ["key", "value"]) if kind.id == MAP else array.values
    return (offsets - first if first else offsets), child.slice(first, last - first)


def list_offsets(array: Any) -> Ndarray:
    """The offsets of a list, text or binary array into its whole child or data, one more than rows. Zero-copy."""
    dtype = np.dtype("int64") if array.type.id in (LARGE_LIST, LARGE_STRING, pa.large_binary().id) else np.dtype("int32")
    buffer = array.buffers()[1]
    if buffer is None or not len(array):
        return np.zeros(1, dtype)
    return np.frombuffer(buffer, dtype, len(array) + 1, array.offset * dtype.itemsize)


def fields(kind: Any) -> tuple[list[str], frozenset[str]]:
    """The keys of a struct type, and which of them a row may lack."""
    members = [kind.field(i) for i in range(kind.num_fields)]
    optional = {m.name for m in members if m.metadata and m.metadata.get(OPTIONAL_KEY) == b"1"}
    return [m.name for m in members], frozenset(optional)


def _decoded(array: Any) -> Any:
    """A dictionary array without its dictionary. An index outside it, as may stand under a null parent, counts as null."""
    words, indices = array.dictionary, array.indices
    found = values(indices)
    wrong = (found < 0) | (found >= len(words))
    if not wrong.any():
        return array.dictionary_decode()
    valid = validity(indices)
    nulls = wrong if valid is None else wrong | ~valid
    if not len(words):
        return pa.nulls(len(array), words.type)
    return words.take(pa.array(np.where(wrong, 0, found), mask=nulls))


def plain(array: Any) -> Any:
    """The array without a dictionary or an extension type around it, where these add no meaning of their own."""
    kind = array.type
    if kind.id not in _WRAPPED:
        return array
    if kind.id == DICTIONARY and not pa.types.is_nested(kind.value_type):
        return _decoded(array)
    if isinstance(kind, pa.JsonType):
        return array.storage
    if kind.id == EXTENSION and isinstance(kind, pa.ExtensionType) and kind.__arrow_ext_scalar_class__() is pa.ExtensionScalar:
        return plain(array.storage)
    return array
