"""The Arrow type of values that come without one.

Knows: Python, NumPy and array-like values, and which keys of their dicts are missing from some rows.
Does not know: features, columns, rows before or after (``widen`` joins batches).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.errors import TypeConflictError
from nlpdata.features.codec import is_listlike
from nlpdata.features.convert import plain_type
from nlpdata.features.nested import OPTIONAL
from nlpdata.features.values import as_values, numpy_array, scalar
from nlpdata.features.widen import widen, widen_all

_types = pa.types


def infer_type(values: Any) -> pa.DataType:
    """The narrowest Arrow type that holds all values, as they are.

    Python integers are int64, floats and mixtures of both float64, ``None`` alone null; NumPy scalars and arrays keep
    their width; a dict is a struct with its keys in the order met, and a key that some dicts lack is marked optional.

    Args:
        values: a list, tuple or other iterable of rows, an array of NumPy, Arrow, torch, ..., or a pandas Series.

    Raises:
        TypeConflictError: two values have no common type.

    >>> infer_type([1, 2.5, None]), infer_type([[1], []])
    (DataType(double), ListType(list<item: int64>))
    """
    values = as_values(values)
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return plain_type(values.type)
    if isinstance(values, np.ndarray):
        return nested_type(numpy_array(values[:0]).type, 0)
    try:
        found = pa.array(values).type  # pa.infer_type would not see integers beyond 64 bits
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return _walk(values)
    return settle(found, values)


def settle(found: pa.DataType, values: Iterable[Any]) -> pa.DataType:
    """The type that Arrow found for values, with the keys marked that some dicts lack.

    Raises:
        TypeConflictError: Arrow made one type of values that have none in common.
    """
    if is_settled(found):
        return found
    if not _types.is_nested(found):
        return _scalar_type([value for value in values if value is not None], found)
    rows = [value for value in values if value is not None]
    if _types.is_list(found):
        return pa.list_(settle(found.value_type, chain.from_iterable(rows)))
    return _struct_type(rows, found)


def is_settled(t: pa.DataType) -> bool:
    """True if Arrow's own inference of such a type needs no second look.

    It forgets which struct keys were missing, and lets text become bytes and times become dates.
    """
    if _types.is_list(t):
        return is_settled(t.value_type)
    if _types.is_nested(t) or isinstance(t, pa.BaseExtensionType):
        return False
    return not (_types.is_binary(t) or _types.is_date(t) or _types.is_timestamp(t))


def nested_type(t: pa.DataType, depth: int) -> pa.DataType:
    """``depth`` lists around a type."""
    for _ in range(depth):
        t = pa.list_(t)
    return t


def _walk(values: Iterable[Any]) -> pa.DataType:
    rows = [item for item in map(scalar, values) if item is not None]
    if not rows:
        return pa.null()
    mappings = sum(isinstance(row, Mapping) for row in rows)
    lists = 0 if mappings else sum(is_listlike(row) for row in rows)
    if mappings == len(rows):
        return _struct_type(rows)
    if lists == len(rows):
        return _list_type(rows)
    if mappings or lists:
        raise TypeConflictError(f"No type holds {_named(rows)} in one column.")
    return _scalar_type(rows)


def _struct_type(rows: list[Mapping[Any, Any]], found: pa.DataType | None = None) -> pa.DataType:
    """The type of dicts; ``found`` is what Arrow found for them, if it could."""
    patterns = set(map(tuple, rows))
    keys = dict.fromkeys(chain.from_iterable(rows if len(patterns) > 1 else patterns))
    wrong = [key for key in keys if not isinstance(key, str)]
    if wrong:
        raise TypeConflictError(f"The keys of a struct are text; {wrong[0]!r} ({type(wrong[0]).__name__}) is not.")
    children = []
    for key in keys:
        optional = not all(key in pattern for pattern in patterns)
        try:
            inner = None if found is None else found.field(key).type
            if inner is None or not is_settled(inner):
                values = [row[key] for row in rows if key in row]
                inner = infer_type(values) if inner is None else settle(inner, values)
        except TypeConflictError as error:
            raise TypeConflictError(f"Key {key!r}: {error}") from None
        children.append(pa.field(key, inner, metadata=OPTIONAL if optional else None))
    return pa.struct(children)


def _list_type(rows: list[Any]) -> pa.DataType:
    if all(isinstance(row, np.ndarray) and row.dtype != object for row in rows):
        shapes = {(row.dtype, row.ndim) for row in rows}
        return widen_all([nested_type(numpy_array(np.empty(0, dtype)).type, ndim) for dtype, ndim in sorted(shapes, key=str)])
    return pa.list_(infer_type(list(chain.from_iterable(rows))))


def _scalar_type(rows: list[Any], found: pa.DataType | None = None) -> pa.DataType:
    kinds = set(map(type, rows))
    try:
        found = plain_type(pa.array(rows).type if found is None else found)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        return _without_arrow(rows, kinds, error)
    text = any(issubclass(kind, str) for kind in kinds)
    if _types.is_binary(found) and text and not all(issubclass(kind, str) for kind in kinds):
        raise TypeConflictError(f"No type holds {_named(rows)} in one column.")
    if any(issubclass(kind, datetime.date) for kind in kinds):
        _check_times(rows, kinds)
    return found


def _without_arrow(rows: list[Any], kinds: set[type], error: Exception) -> pa.DataType:
    """The type of scalars that Arrow cannot name: large unsigned integers, NumPy scalars of several kinds."""
    if all(issubclass(kind, int | np.integer) and not issubclass(kind, bool) for kind in kinds):
        if min(rows) >= 0 and max(rows) < 2**64:
            return pa.uint64()
        raise TypeConflictError(f"The integers from {min(rows)} to {max(rows)} need more than 64 bits.")
    if all(issubclass(kind, np.generic) for kind in kinds):
        found = pa.null()
        for dtype in {row.dtype for row in rows}:
            found = widen(found, numpy_array(np.empty(0, dtype)).type)
        return found
    if len(kinds) > 1:
        raise TypeConflictError(f"No type holds {_named(rows)} in one column: {error}") from error
    raise TypeConflictError(f"Values of {_named(rows)} cannot be stored: {error}") from error


def _check_times(rows: list[Any], kinds: set[type]) -> None:
    """Refuse dates beside times, and times with a zone beside times without: Arrow would drop one or the other."""
    times = [row for row in rows if isinstance(row, datetime.datetime)]
    if times and len(times) != len(rows):
        raise TypeConflictError(f"No type holds {_named(rows)} in one column.")
    if len({row.tzinfo is None for row in times}) > 1:
        raise TypeConflictError("Times with a time zone and times without cannot be in one column.")


def _named(rows: list[Any]) -> str:
    return " and ".join(sorted({type(row).__name__ for row in rows}))
