"""Rows from many record batches in any order, as one array a column: gathered by address, one kernel call for all batches.

pyarrow's ``take`` on a column of many chunks costs hundreds of microseconds a row, and one ``take`` a batch costs a call
for each batch touched. Here the addresses of the buffers of each batch are noted once; a row's address is then arithmetic on
arrays, and NumPy (fixed width) or Arrow (variable width) copies all rows in one call, wherever the batches lie.

Knows: Arrow's memory layout. Does not know: where batches come from. The caller keeps them alive, and rows in range.
Offsets read from the buffers are checked against the sizes of the buffers, so a damaged file raises instead of crashing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nlpdata.errors import CorruptFileError

OFFSET_LIMIT = 2**31 - 1
"""Most elements or bytes that 32-bit offsets can address."""

_LONG_BYTES = 64 * 1024  # rows longer than this on average are copied one by one

Ints = npt.NDArray[np.int64]


class OffsetOverflowError(Exception):
    """A gathered array would need more than 32-bit offsets; the caller takes fewer rows at once."""


class _Window:
    """All the memory between some blocks of values, as one array of values that may begin at any byte.

    Only the values asked for are touched; what lies between the blocks may not even be mapped.
    """

    __slots__ = ("_dtype", "_found", "_high", "_low", "_width")

    def __init__(self, width: int) -> None:
        self._width = width
        self._dtype = np.dtype(f"u{width}" if width in (1, 2, 4, 8) else f"V{width}")
        self._low = self._high = 0
        self._found: tuple[int, npt.NDArray[Any]] | None = None

    def note(self, address: int, num_bytes: int) -> None:
        """Cover a block, too."""
        if num_bytes < self._width or (self._found and self._low <= address and address + num_bytes <= self._high):
            return
        self._low = min(self._low, address) if self._found else address
        self._high = max(self._high, address + num_bytes)
        memory = pa.foreign_buffer(self._low, self._high - self._low)
        count = self._high - self._low - self._width + 1
        self._found = self._low, np.ndarray((count,), self._dtype, memory, strides=(1,))

    def copy(self, address: Ints) -> pa.Buffer:
        """The values at some addresses, one after the other."""
        if self._found is None:
            raise CorruptFileError("A column has rows but no values: a data file is damaged. Make the dataset again.")
        low, values = self._found
        return pa.py_buffer(values[address - low])


class Column:
    """The addresses of one column (or child of a nested one) in each of ``count`` batches.

    Subclasses gather one kind of layout. ``batch`` and ``local`` are parallel arrays: row ``local[i]`` of batch ``batch[i]``.
    """

    def __init__(self, kind: pa.DataType, count: int) -> None:
        self.kind = kind
        self._bitmap = np.zeros(count, np.int64)  # address of the validity bits, 0 where every value is valid
        self._offset = np.zeros(count, np.int64)
        self._nullable = False  # whether any batch has nulls

    def load(self, index: int, array: pa.Array) -> None:
        """Note the addresses of batch ``index``."""
        self._offset[index] = array.offset
        bitmap = array.buffers()[0] if array.null_count else None
        if bitmap is not None:
            self._bitmap[index], self._nullable = bitmap.address, True

    def gather(self, batch: Ints, local: Ints, limit: int) -> pa.Array:
        """The rows as one array.

        Raises:
            OffsetOverflowError: more than ``limit`` elements under 32-bit offsets.
            CorruptFileError: offsets lead outside their buffer.
        """
        raise NotImplementedError

    def has_nulls(self, batch: Ints) -> bool:
        """Whether one of the batches holds a null at this level."""
        return self._nullable and bool(self._bitmap[batch].any())

    def valid(self, batch: Ints, local: Ints) -> npt.NDArray[np.bool_] | None:
        """Which rows are valid, or None for all."""
        if not self._nullable:
            return None
        bitmap = self._bitmap[batch]
        masked = np.flatnonzero(bitmap)
        if not masked.size:
            return None
        valid = np.ones(len(batch), np.bool_)
        valid[masked] = _copy_bits(bitmap[masked], local[masked] + self._offset[batch[masked]])
        return valid


class _Null(Column):
    def gather(self, batch: Ints, local: Ints, limit: int) -> pa.Array:
        return pa.nulls(len(local), self.kind)


class _Fixed(Column):
    """Values of ``width`` bytes each."""

    def __init__(self, kind: pa.DataType, count: int) -> None:
        super().__init__(kind, count)
        self.width: int = kind.bit_width // 8
        self.base = np.zeros(count, np.int64)  # address of row 0
        self._window = _Window(self.width)

    def load(self, index: int, array: pa.Array) -> None:
        super().load(index, array)
        values = array.buffers()[1]
        if values is not None:
            self.base[index] = values.address + array.offset * self.width
            self._window.note(int(self.base[index]), len(array) * self.width)

    def gather(self, batch: Ints, local: Ints, limit: int) -> pa.Array:
        values = self._window.copy(self.base[batch] + local * self.width)
        return pa.Array.from_buffers(self.kind, len(local), [_bits(self.valid(batch, local)), values])


class _Bool(Column):
    def __init__(self, kind: pa.DataType, count: int) -> None:
        super().__init__(kind, count)
        self._values = np.zeros(count, np.int64)

    def load(self, index: int, array: pa.Array) -> None:
        super().load(index, array)
        values = array.buffers()[1]
        self._values[index] = values.address if values is not None else 0

    def gather(self, batch: Ints, local: Ints, limit: int) -> pa.Array:
        values = _copy_bits(self._values[batch], local + self._offset[batch])
        return pa.Array.from_buffers(self.kind, len(local), [_bits(self.valid(batch, local)), _bits(values)])


class _Offsets(Column):
    """What strings and lists share: reading the offsets."""

    def __init__(self, kind: pa.DataType, count: int) -> None:
        super().__init__(kind, count)
        large = pa.types.is_large_list(kind) or pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
        self.dtype: np.dtype[Any] = np.dtype(np.int64 if large else np.int32)
        self._offsets = np.zeros(count, np.int64)
        self._window = _Window(2 * self.dtype.itemsize)  # start and end of a row
        self.capacity = np.zeros(count, np.int64)  # elements the offsets may point into

    def load(self, index: int, array: pa.Array) -> None:
        super().load(index, array)
        offsets = array.buffers()[1]
        if offsets is not None and len(array):
            self._offsets[index] = offsets.address + array.offset * self.dtype.itemsize
            self._window.note(int(self._offsets[index]), (len(array) + 1) * self.dtype.itemsize)

    def ranges(self, batch: Ints, local: Ints, valid: npt.NDArray[np.bool_] | None, limit: int) -> tuple[Ints, Ints, int]:
        """Start and length of each row's elements, and the sum of the lengths."""
        address = self._offsets[batch] + local * self.dtype.itemsize
        raw = np.frombuffer(self._window.copy(address), self.dtype).reshape(-1, 2)
        start = raw[:, 0].astype(np.int64)
        length = raw[:, 1] - start
        if valid is not None:  # a null may lie over values; none of them is copied
            length[~valid] = 0
        if length.min() < 0 or start.min() < 0 or bool((start + length > self.capacity[batch]).any()):
            raise CorruptFileError("Offsets lead outside their buffer: a data file is damaged. Make the dataset again.")
        total = int(length.sum())
        if self.dtype.itemsize == 4 and total > limit:
            raise OffsetOverflowError
        return start, length, total

    def offsets(self, length: Ints) -> pa.Buffer:
        """The offsets buffer of the gathered array."""
        offsets = np.zeros(len(length) + 1, self.dtype)
        np.cumsum(length, out=offsets[1:])
        return pa.py_buffer(offsets)


class _Binary(_Offsets):
    """Text and bytes."""

    def __init__(self, kind: pa.DataType, count: int) -> None:
        super().__init__(kind, count)
        self._values = np.zeros(count, np.int64)

    def load(self, index: int, array: pa.Array) -> None:
        super().load(index, array)
        values = array.buffers()[2]
        self._values[index] = values.address if values is not None else 0
        self.capacity[index] = values.size if values is not None else 0

    def gather(self, batch: Ints, local: Ints, limit: int) -> pa.Array:
        valid = self.valid(batch, local)
        start, length, total = self.ranges(batch, local, valid, limit)
        values = _copy_ranges(self._values[batch] + start, length, total)
        return pa.Array.from_buffers(self.kind, len(local), [_bits(valid), self.offsets(length), values])


class _List(_Offsets):
    def __init__(self, kind: pa.DataType, count: int, child: Column) -> None:
        super().__init__(kind, count)
        self._child = child

    def load(self, index: int, array: pa.Array) -> None:
        super().load(index, array)
        self._child.load(index, array.values)
        self.capacity[index] = len(array.values)

    def gather(self, batch: Ints, local: Ints, limit: int) -> pa.Array:
        valid = self.valid(batch, local)
        start, length, total = self.ranges(batch, local, valid, limit)
        child = self._child
        if isinstance(child, _Fixed) and not child.has_nulls(batch):
            data = _copy_ranges(child.base[batch] + start * child.width, length * child.width, total * child.width)
            values = pa.Array.from_buffers(child.kind, total, [None, data])
        else:
            values = _gather(child, np.repeat(batch, length), _expand(start, length, total), limit)
        buffers = [_bits(valid), self.offsets(length)]
        return pa.Array.from_buffers(self.kind, len(local), buffers, children=[values])


class _FixedList(Column):
    def __init__(self, kind: pa.DataType, count: int, child: Column) -> None:
        super().__init__(kind, count)
        self._child, self._size = child, kind.list_size
        self._width = self._size * child.width if isinstance(child, _Fixed) else 0  # bytes of a row
        self._base = np.zeros(count, np.int64)  # address of row 0
        self._window = _Window(self._width) if self._width else None

    def load(self, index: int, array: pa.Array) -> None:
        super().load(index, array)
        self._child.load(index, array.values)
        if self._window is not None and isinstance(self._child, _Fixed):
            self._window.note(int(self._child.base[index]), len(array.values) * self._child.width)
            self._base[index] = self._child.base[index] + array.offset * self._width

    def gather(self, batch: Ints, local: Ints, limit: int) -> pa.Array:
        valid = self.valid(batch, local)
        child, size, count = self._child, self._size, len(local)
        if self._window is not None and not child.has_nulls(batch):
            data = self._window.copy(self._base[batch] + local * self._width)
            values = pa.Array.from_buffers(child.kind, count * size, [None, data])
        else:
            start = (local + self._offset[batch]) * size
            rows = (start[:, None] + np.arange(size, dtype=np.int64)).ravel()
            values = _gather(child, np.repeat(batch, size), rows, limit)
        return pa.Array.from_buffers(self.kind, count, [_bits(valid)], children=[values])


class _Struct(Column):
    def __init__(self, kind: pa.DataType, count: int, children: Sequence[Column]) -> None:
        super().__init__(kind, count)
        self._children = children

    def load(self, index: int, array: pa.Array) -> None:
        super().load(index, array)
        for position, child in enumerate(self._children):
            child.load(index, array.field(position))  # comes sliced to the struct's own rows

    def gather(self, batch: Ints, local: Ints, limit: int) -> pa.Array:
        children = [_gather(child, batch, local, limit) for child in self._children]
        return pa.Array.from_buffers(self.kind, len(local), [_bits(self.valid(batch, local))], children=children)


class _Extension(Column):
    def __init__(self, kind: pa.DataType, count: int, storage: Column) -> None:
        super().__init__(kind, count)
        self._storage = storage

    def load(self, index: int, array: pa.Array) -> None:
        self._storage.load(index, array.storage)

    def gather(self, batch: Ints, local: Ints, limit: int) -> pa.Array:
        return pa.ExtensionArray.from_storage(self.kind, self._storage.gather(batch, local, limit))


def make_column(kind: pa.DataType, count: int) -> Column | None:
    """A gatherer for columns of a type, over ``count`` batches; None for layouts that only Arrow's own ``take`` knows."""
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        storage = make_column(kind.storage_type, count)
        return _Extension(kind, count, storage) if storage else None
    if types.is_null(kind):
        return _Null(kind, count)
    if types.is_boolean(kind):
        return _Bool(kind, count)
    if types.is_primitive(kind) or types.is_decimal(kind) or types.is_fixed_size_binary(kind):
        return _Fixed(kind, count) if kind.bit_width else None
    if types.is_string(kind) or types.is_binary(kind) or types.is_large_string(kind) or types.is_large_binary(kind):
        return _Binary(kind, count)
    return _make_nested(kind, count)


def _make_nested(kind: pa.DataType, count: int) -> Column | None:
    types = pa.types
    if types.is_struct(kind):
        children = [make_column(kind.field(i).type, count) for i in range(kind.num_fields)]
        whole = [c for c in children if c is not None]
        return _Struct(kind, count, whole) if len(whole) == len(children) else None
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        child = make_column(kind.value_type, count)
        made = _FixedList if types.is_fixed_size_list(kind) else _List
        return made(kind, count, child) if child is not None else None
    return None


def gather_chunks(column: Column, batch: Ints, local: Ints, limit: int = OFFSET_LIMIT) -> list[pa.Array]:
    """The rows as arrays of the column's type: one, or more where 32-bit offsets cannot hold them all.

    Args:
        column: the addresses; every batch in ``batch`` was loaded.
        batch: the batch of each row.
        local: each row within its batch.
        limit: most elements under 32-bit offsets.
    """
    try:
        return [_gather(column, batch, local, limit)]
    except OffsetOverflowError:
        if len(local) < 2:
            raise
        half = len(local) // 2
        head = gather_chunks(column, batch[:half], local[:half], limit)
        return head + gather_chunks(column, batch[half:], local[half:], limit)


def take_chunks(fetch: Callable[[int], pa.Array], batch: Ints, local: Ints) -> list[pa.Array]:
    """The rows with one of Arrow's ``take`` for each batch, put back in order: for layouts :func:`make_column` has not.

    Args:
        fetch: gives the column of one batch.
        batch: the batch of each row.
        local: each row within its batch.
    """
    order = np.argsort(batch, kind="stable")
    batches, firsts = np.unique(batch[order], return_index=True)
    ends = [*firsts[1:], len(order)]
    taken = [_take(fetch(int(b)), local[order[s:e]]) for b, s, e in zip(batches, firsts, ends, strict=True)]
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    whole = pa.chunked_array(taken).combine_chunks()
    return [_take(whole, back)]


def _take(array: pa.Array, rows: Ints) -> pa.Array:
    try:
        return array.take(pa.array(rows))
    except pa.ArrowNotImplementedError:  # views of text have no such kernel
        return pa.concat_arrays([array.slice(int(row), 1) for row in rows])


def _gather(column: Column, batch: Ints, local: Ints, limit: int) -> pa.Array:
    return column.gather(batch, local, limit) if len(local) else pa.nulls(0, column.kind)


def _bits(mask: npt.NDArray[np.bool_] | None) -> pa.Buffer | None:
    return None if mask is None else pa.py_buffer(np.packbits(mask, bitorder="little"))


def _expand(start: Ints, length: Ints, total: int) -> Ints:
    """``start[0], start[0]+1, ... (length[0] of them), start[1], ...``."""
    shift = start - (np.cumsum(length) - length)
    return np.repeat(shift, length) + np.arange(total, dtype=np.int64)


def _copy_fixed(address: Ints, width: int) -> pa.Buffer:
    """``width`` bytes from each address, one after the other."""
    low = int(address.min())
    span = int(address.max()) - low + width
    dtype = np.dtype(f"u{width}" if width in (1, 2, 4, 8) else f"V{width}")
    # A window on all the memory between the rows. Only the rows themselves are touched.
    window: npt.NDArray[Any] = np.ndarray((span - width + 1,), dtype, pa.foreign_buffer(low, span), strides=(1,))
    return pa.py_buffer(window[address - low])


def _copy_bits(bitmap: Ints, bit: Ints) -> npt.NDArray[np.bool_]:
    """Bit number ``bit[i]`` of the bitmap at address ``bitmap[i]``."""
    octets = np.frombuffer(_copy_fixed(bitmap + (bit >> 3), 1), np.uint8)
    return ((octets >> (bit & 7).astype(np.uint8)) & 1).view(np.bool_)


def _copy_long(address: Ints, length: Ints, total: int) -> pa.Buffer:
    """The same as :func:`_copy_ranges`, one copy a row: for rows so long that Arrow's kernel has no advantage."""
    copied = np.empty(total, np.uint8)
    at = 0
    for start, size in zip(address.tolist(), length.tolist(), strict=True):
        copied[at : at + size] = np.frombuffer(pa.foreign_buffer(start, size), np.uint8)
        at += size
    return pa.py_buffer(copied)


def _copy_ranges(address: Ints, length: Ints, total: int) -> pa.Buffer:
    """``length[i]`` bytes from each address, one after the other; at the speed of memory."""
    if total == 0:
        return pa.py_buffer(b"")
    if not length.min():  # an empty row may have no address at all
        filled = np.flatnonzero(length)
        address, length = address[filled], length[filled]
    low, count = int(address.min()), len(address)
    if total > _LONG_BYTES * count:
        return _copy_long(address, length, total)
    # Every other "value" of this binary array is a row; those between are never taken. The last offset makes Arrow's
    # guess of the size of the result (mean length times rows) exact.
    offsets = np.empty(2 * count + 1, np.int64)
    starts, ends = offsets[:-1:2], offsets[1::2]
    np.subtract(address, low, out=starts)
    np.add(starts, length, out=ends)
    offsets[-1] = offsets[0] + 2 * total
    window = pa.foreign_buffer(low, max(int(ends.max()), int(offsets[-1])))
    pairs = pa.Array.from_buffers(pa.large_binary(), 2 * count, [None, pa.py_buffer(offsets), window])
    taken = pairs.take(pa.array(np.arange(0, 2 * count, 2)))
    return taken.buffers()[2].slice(0, total)
