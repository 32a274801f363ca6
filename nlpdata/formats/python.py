"""Rows, columns and batches as plain Python objects: what ``pyarrow`` gives, without an object per Arrow value on the way.

Knows: how a whole array becomes a list at once. A struct key marked optional is left out of a row's dict where it is null.
Does not know: other formats.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any, Final

import numpy as np
import pyarrow as pa

from nlpdata.formats import buffers
from nlpdata.formats.base import DictFormatter, NoCollection, as_rows

# Rows longer than this are cut from the NumPy values; shorter ones from one flat list.
_LONG_ROW: Final = 24

# Beyond these, datetime has no value and NumPy would give an int.
_FIRST_DAY, _LAST_DAY = np.datetime64("0001-01-01", "D"), np.datetime64("9999-12-31", "D")


def to_list(column: Any) -> list[Any]:
    """The values of an array or chunked array as ``to_pylist`` gives them, but for optional struct keys.

    Cost: one pass over the buffers for each level of nesting; no pyarrow scalar is made for numbers, text, lists and structs.

    >>> to_list(pa.array([[1, None], None, []]))
    [[1, None], None, []]
    """
    arrays = buffers.chunks(column)
    with NoCollection():
        if len(arrays) == 1:
            return _array(arrays[0])
        return [value for array in arrays for value in _array(array)]


def _array(array: Any) -> list[Any]:
    array = buffers.plain(array)
    reader = _READERS.get(array.type.id)
    return reader(array) if reader else list(array.to_pylist())


def _with_nulls(array: Any, found: list[Any]) -> list[Any]:
    for row in buffers.null_rows(array):
        found[row] = None
    return found


def _numbers(array: Any) -> list[Any]:
    return _with_nulls(array, buffers.values(array).tolist())


def _booleans(array: Any) -> list[Any]:
    return _with_nulls(array, buffers.booleans(array).tolist())


def _text(array: Any) -> list[Any]:
    found: list[Any] = array.to_numpy(zero_copy_only=False).tolist()
    return found


def _moments(array: Any) -> list[Any]:
    kind = array.type
    if not pa.types.is_date(kind) and (kind.unit == "ns" or getattr(kind, "tz", None) is not None):
        return list(array.to_pylist())
    found = buffers.moments(array)
    if found.dtype.kind == "m" or bool(((found < _FIRST_DAY) | (found >= _LAST_DAY)).any()):
        return list(array.to_pylist())
    if pa.types.is_date64(kind):
        found = found.astype("M8[D]")
    return _with_nulls(array, found.tolist())


def _lists(array: Any) -> list[Any]:
    offsets, child = buffers.lists(array)
    if child.type.id in buffers.NUMBERS and not child.null_count:
        flat = buffers.values(child)
        if array.type.id == buffers.FIXED_LIST:
            return _with_nulls(array, flat.reshape(len(array), -1).tolist() if len(flat) else [[] for _ in range(len(array))])
        if len(flat) > _LONG_ROW * len(array):
            return _with_nulls(array, [flat[a:b].tolist() for a, b in pairwise(offsets.tolist())])
    items = _array(child)
    return _with_nulls(array, [items[a:b] for a, b in pairwise(offsets.tolist())])


def _structs(array: Any) -> list[Any]:
    names, optional = buffers.fields(array.type)
    if len(set(names)) < len(names):
        return list(array.to_pylist())  # says that the names are not unique
    found: list[Any]
    if not names:
        found = [{} for _ in range(len(array))]
    else:
        members = [array.field(i) for i in range(len(names))]
        found = as_rows(names, [_array(m) for m in members])
        for name, member in zip(names, members, strict=True):
            if name in optional and member.null_count:
                for row in found:
                    if row[name] is None:
                        del row[name]
    return _with_nulls(array, found)


def _maps(array: Any) -> list[Any]:
    offsets, child = buffers.lists(array)
    items = list(zip(_array(child.field(0)), _array(child.field(1)), strict=True))
    return _with_nulls(array, [items[a:b] for a, b in pairwise(offsets.tolist())])


_READERS: Final[dict[int, Callable[[Any], list[Any]]]] = {
    **dict.fromkeys(buffers.NUMBERS, _numbers),
    **dict.fromkeys(buffers.TEXT, _text),
    **dict.fromkeys(buffers.TEMPORAL, _moments),
    **dict.fromkeys(buffers.LISTS, _lists),
    buffers.BOOL: _booleans,
    buffers.NULL: lambda array: [None] * len(array),
    buffers.STRUCT: _structs,
    buffers.MAP: _maps,
}

Getter = Callable[[int], Any]


def bind(column: Any) -> Getter:
    """A function from a row number to its value, bound once to the buffers of a column. Reads nothing yet.

    Args:
        column: an array or chunked array; it stays alive as long as the function.
    """
    arrays = buffers.chunks(column)
    getters = [_bind_array(a) for a in arrays]
    if len(getters) == 1:
        return getters[0]
    starts = [0, *accumulate(map(len, arrays))]

    def get(row: int) -> Any:
        chunk = bisect_right(starts, row) - 1
        return getters[chunk](row - starts[chunk])

    return get


def _bind_array(array: Any) -> Getter:
    array = buffers.plain(array)
    kind = array.type.id
    get: Getter
    if kind in buffers.NUMBERS:
        get = buffers.values(array).item
    elif kind in (buffers.STRING, buffers.LARGE_STRING) and len(array):
        get = _bind_text(array)
    elif kind in (buffers.LIST, buffers.LARGE_LIST) and array.values.type.id in buffers.NUMBERS and not array.values.null_count:
        get = _bind_lists(array)
    elif kind == buffers.FIXED_LIST and array.values.type.id in buffers.NUMBERS and not array.values.null_count:
        flat = buffers.values(buffers.lists(array)[1]).reshape(len(array), array.type.list_size)
        get = lambda row: flat[row].tolist()  # noqa: E731
    else:
        return lambda row: _array(array.slice(row, 1))[0]
    return _bind_nulls(array, get) if array.null_count else get


def _bind_nulls(array: Any, get: Getter) -> Getter:
    bitmap, start = memoryview(array.buffers()[0]), array.offset

    def get_valid(row: int) -> Any:
        bit = start + row
        return get(row) if bitmap[bit >> 3] >> (bit & 7) & 1 else None

    return get_valid


def _bind_text(array: Any) -> Getter:
    offset, data = buffers.list_offsets(array).item, memoryview(array.buffers()[2] or b"")
    return lambda row: str(data[offset(row) : offset(row + 1)], "utf-8")


def _bind_lists(array: Any) -> Getter:
    offset, flat = buffers.list_offsets(array).item, buffers.values(array.values)
    return lambda row: flat[offset(row) : offset(row + 1)].tolist()


class PythonFormatter(DictFormatter):
    """Values as Python objects: int, float, str, list, dict, datetime, Decimal, None.

    >>> PythonFormatter().batch(pa.table({"a": [1, 2], "b": ["x", None]}))
    {'a': [1, 2], 'b': ['x', None]}
    """

    _bound: tuple[Any, Getter] | None = None

    def batch(self, table: Any) -> dict[str, Any]:
        """All columns by name, as lists."""
        if self.decoding:  # decoders are other people's code
            return super().batch(table)
        with NoCollection():  # also between the columns, and until the batch before is dropped
            return super().batch(table)

    def convert(self, column: Any) -> list[Any]:
        """The column as one list."""
        return to_list(column)

    def convert_rows(self, column: Any) -> Sequence[Any]:
        """The column as one list."""
        return to_list(column)

    def collect(self, decoded: list[Any], feature: Any) -> list[Any]:
        """Decoded values, as they are."""
        return decoded

    def collect_rows(self, decoded: list[Any], feature: Any) -> list[Any]:
        """Decoded values, as they are."""
        return decoded

    def row(self, table: Any, i: int = 0) -> dict[str, Any]:
        """Row ``i`` as a dict.

        Asked for rows of one table again and again, it binds readers to the table's buffers once: 1 to 2 µs a column.
        """
        if self.decoding or table.num_rows == 1:
            return super().row(table, i)
        bound = self._bound
        if bound is None or bound[0] is not table:
            bound = self._bound = table, self.bind(table)
        found: dict[str, Any] = bound[1](self.position(table, i))
        return found

    def bind(self, table: Any) -> Callable[[int], dict[str, Any]]:
        """A function from a row number to that row as a dict; about the cost of making the Python objects."""
        if self.decoding:
            return super().bind(table)
        getters = [(name, bind(table.column(k))) for k, name in enumerate(table.column_names)]

        def get(i: int) -> dict[str, Any]:
            row = {}
            for name, read in getters:  # a comprehension is one more call
                row[name] = read(i)
            return row

        return get
