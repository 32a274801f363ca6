"""Content keys of data in memory: equal for equal values, whatever the chunks, slices and buffers behind them.

Knows: Arrow's layouts, and which bytes do not count (values under nulls, padding, what lies before a slice).
Does not know: functions, arguments or any other ingredient of a key.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa
import xxhash

from nlpdata._leaves import Leaves


def table_key(table: pa.Table) -> str:
    """A key of the column names, types and values of ``table``: 32 hex digits. Reads all of it, copies only around nulls."""
    whole = xxhash.xxh3_128()
    whole.update(f"table:{table.num_rows}".encode())
    for name, column in zip(table.column_names, table.columns, strict=True):
        slots = _Slots()
        for chunk in column.chunks:
            slots.add(chunk, name)
        whole.update(f"\0{name}\0{column.type}\0{slots.digest()}".encode())
    return str(whole.hexdigest())


class _Slots:
    """One running hash for each kind of buffer of each nested level, so that chunk boundaries leave no trace."""

    def __init__(self) -> None:
        self._hashers: defaultdict[str, Leaves] = defaultdict(Leaves)
        self._rows: defaultdict[str, int] = defaultdict(int)

    def digest(self) -> str:
        return ",".join(f"{slot}={hasher.digest().hex()}" for slot, hasher in sorted(self._hashers.items()))

    def add(self, array: pa.Array, slot: str) -> None:
        array = _plain(array)
        before = self._rows[slot]
        self._rows[slot] += len(array)
        if pa.types.is_null(array.type) or not len(array):
            return
        if array.null_count:
            missing = np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False)) + before
            self._hashers[f"{slot}/null"].update(missing.astype("<i8").data)
            array = array.drop_null()
        if len(array):
            self._add_valid(array, slot)

    def _add_valid(self, array: pa.Array, slot: str) -> None:
        kind, types = array.type, pa.types
        if types.is_struct(kind):
            for index in range(kind.num_fields):
                self.add(array.field(index), f"{slot}/{index}")
        elif types.is_fixed_size_list(kind):
            self.add(array.flatten(), f"{slot}/item")
        elif types.is_large_list(kind) or types.is_map(kind) or types.is_large_binary(kind) or types.is_large_string(kind):
            self._add_variable(array, slot, np.dtype("<i8"))
        elif types.is_list(kind) or types.is_binary(kind) or types.is_string(kind):
            self._add_variable(array, slot, np.dtype("<i4"))
        elif types.is_boolean(kind):
            self._hashers[slot].update(array.cast(pa.uint8()).buffers()[1])
        else:
            width = kind.bit_width // 8
            data = array.buffers()[1]
            if width and data is not None:
                self._hashers[slot].update(data.slice(array.offset * width, len(array) * width))

    def _add_variable(self, array: pa.Array, slot: str, dtype: np.dtype[np.int32] | np.dtype[np.int64]) -> None:
        if pa.types.is_map(array.type):
            dtype = np.dtype("<i4")
        offsets = np.frombuffer(array.buffers()[1], dtype)[array.offset : array.offset + len(array) + 1]
        self._hashers[f"{slot}/length"].update(np.diff(offsets).astype("<i8").data)
        first, last = int(offsets[0]), int(offsets[-1])
        if pa.types.is_map(array.type):
            self.add(array.keys.slice(first, last - first), f"{slot}/key")
            self.add(array.items.slice(first, last - first), f"{slot}/item")
        elif pa.types.is_list(array.type) or pa.types.is_large_list(array.type):
            self.add(array.values.slice(first, last - first), f"{slot}/item")
        elif last > first:
            self._hashers[slot].update(array.buffers()[2].slice(first, last - first))


def _plain(array: pa.Array) -> pa.Array:
    """The array in one of the layouts above."""
    kind, types = array.type, pa.types
    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage)
    if types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if types.is_run_end_encoded(kind):
        return _plain(pa.compute.run_end_decode(array))
    if types.is_string_view(kind):
        return array.cast(pa.large_string())
    if types.is_binary_view(kind):
        return array.cast(pa.large_binary())
    if types.is_list_view(kind) or types.is_large_list_view(kind):
        return array.cast(pa.large_list(kind.value_field))
    return array
