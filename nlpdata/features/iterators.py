"""Iterators among the values of a column, read into lists.

An iterator can be read once, and Arrow reads it to find its type: it must be a list before anything looks at the values.

Knows: where iterators can be, without a look at every value. Does not know: types, features, Arrow.
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set, ValuesView
from decimal import Decimal
from itertools import chain, groupby, islice
from typing import Any

import numpy as np

_SCALARS = frozenset({str, int, float, bool, bytes, type(None), datetime.date, datetime.datetime, Decimal})
_LISTS = (list, tuple, deque, Sequence, Set, ValuesView, np.ndarray)
_BUFFERS = (str, bytes, bytearray, memoryview, range)
_MAX_DEPTH = 20  # a list that holds itself has no end


def without_iterators(values: list[Any], *, thorough: bool = False, depth: int = 0) -> list[Any]:
    """The values with each iterator as a list of its items, also inside of lists and dicts; the same list if there is none.

    Nothing that is given changes, but the iterators are used up.

    Args:
        values: rows, or the items of a list.
        thorough: look among numbers and text too. Beside them an iterator has a place in JSON only.
        depth: how many lists and dicts are around the values.

    Cost: a look at the type of each list and dict, and at one value in the innermost ones (at all, if ``thorough``).
    """
    first = _first(values)
    if depth > _MAX_DEPTH or first is None or not (thorough or _may_be_nested(first)):
        return values
    kinds = _kinds(values)
    if len(kinds) == 1 and type(first) in _READERS:
        return _READERS[type(first)](values, thorough, depth + 1)
    kinds -= _SCALARS
    if type(first) is np.ndarray and first.dtype != object:
        kinds.discard(np.ndarray)  # arrays of numbers are not looked into
    iterators = {kind for kind in kinds if hasattr(kind, "__next__") and hasattr(kind, "__iter__")}
    if iterators:
        values = [list(value) if type(value) in iterators else value for value in values]
        kinds = kinds - iterators | {list}
    for holds, read in ((_is_mapping, _read_mappings), (_is_list, _read_lists)):
        inside = {kind for kind in kinds if holds(kind)}
        if inside:
            rows = [value for value in values if _is_row(value, inside)]
            values = _replaced(values, inside, rows, read(rows, thorough, depth + 1))
    return values


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)


def _kinds(values: list[Any]) -> set[type]:
    runs = groupby(values, type)  # the fastest way to see that there is one
    kind, _ = next(runs)
    return {kind} if next(runs, None) is None else set(map(type, values))


def _may_be_nested(value: Any) -> bool:
    return type(value) not in _SCALARS and not isinstance(value, np.generic)


def _is_mapping(kind: type) -> bool:
    return kind is dict or issubclass(kind, Mapping)


def _is_list(kind: type) -> bool:
    return kind is list or (issubclass(kind, _LISTS) and not issubclass(kind, _BUFFERS))


def _is_row(value: Any, kinds: set[type]) -> bool:
    kind = type(value)
    return kind in kinds and (kind is not np.ndarray or (value.dtype == object and value.ndim > 0))


def _replaced(values: list[Any], kinds: set[type], rows: list[Any], read: list[Any]) -> list[Any]:
    """The values with those of some kinds, the rows, as they were read."""
    if read is rows:
        return values
    rest = iter(read)
    return [next(rest) if _is_row(value, kinds) else value for value in values]


def _read_lists(rows: list[Any], thorough: bool, depth: int) -> list[Any]:
    first = _first(chain.from_iterable(rows))
    if first is None or not (thorough or _may_be_nested(first)):
        return rows
    items = list(chain.from_iterable(rows))
    read = without_iterators(items, thorough=thorough, depth=depth)
    if read is items:
        return rows
    rest = iter(read)
    return [list(islice(rest, len(row))) for row in rows]


def _read_mappings(rows: list[Any], thorough: bool, depth: int) -> list[Any]:
    changed: dict[Any, list[Any]] = {}
    for key in set().union(*rows):
        first = _first(row.get(key) for row in rows)
        if first is None or not (thorough or _may_be_nested(first)):
            continue
        column = [row.get(key) for row in rows]
        read = without_iterators(column, thorough=thorough, depth=depth)
        if read is not column:
            changed[key] = read
    if not changed:
        return rows
    return [
        {key: changed[key][place] if key in changed else value for key, value in row.items()} for place, row in enumerate(rows)
    ]


_READERS: dict[type, Callable[[list[Any], bool, int], list[Any]]] = {
    list: _read_lists,
    tuple: _read_lists,
    dict: _read_mappings,
}
