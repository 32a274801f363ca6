"""The Arrow type of values that come without one.

Knows: Python, NumPy and array-like values, and which keys of their dicts are missing from some rows.
Does not know: features, columns, rows before or after (``widen`` joins batches).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.errors import TypeConflictError
from nlpdata.features.codec import is_listlike
from nlpdata.features.convert import plain_type
from nlpdata.features.iterators import without_iterators
from nlpdata.features.misfit import MISFITS
from nlpdata.features.nested import OPTIONAL
from nlpdata.features.values import as_values, numpy_array, scalar
from nlpdata.features.widen import widen, widen_all

_types = pa.types
_CERTAIN = frozenset(kind.id for kind in (pa.int64(), pa.string(), pa.bool_()))  # as Arrow found them, so they are


def infer_type(values: Any) -> pa.DataType:
    """The narrowest Arrow type that holds all values, as they are.

    Python integers are int64, floats and mixtures of both float64, ``None`` alone null; NumPy scalars and arrays keep
    their width; a dict is a struct with its keys in the order met, and a key that some dicts lack is marked optional.

    Args:
        values: a list, tuple or other iterable of rows, an array of NumPy, Arrow, torch, ..., or a pandas Series. Iterators
            among the rows are read as lists, and used up.

    Raises:
        TypeConflictError: two values have no common type.

    >>> infer_type([1, 2.5, None]), infer_type([[1], []])
    (DataType(double), ListType(list<item: int64>))
    """
    values = as_values(values)
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return plain_type(values.type)
    if isinstance(values, np.ndarray):
        return numpy_array(values[:0]).type
    return _type_of(without_iterators(values))


def _type_of(values: list[Any]) -> pa.DataType:
    try:
        return settle(natural(values).type, values)
    except MISFITS:
        return _walk(values)


def natural(values: list[Any]) -> Any:
    """Values as Arrow takes them by itself, where that can be relied on; a ChunkedArray if there is much text.

    Args:
        values: no iterators are among them; Arrow would use them up and store empty lists.

    Raises:
        TypeConflictError, pa.ArrowException, OverflowError: it cannot, or Arrow fails.
    """
    first = next((value for value in values if value is not None), None)
    if isinstance(first, np.datetime64 | np.timedelta64):
        return _numpy_times(values)
    found = pa.array(values)
    if _holds_null(found.type):
        raise TypeConflictError("Arrow makes arrays of the wrong length of nulls in lists and structs.")
    return found


def _numpy_times(values: list[Any]) -> Any:
    """NumPy's times, which Arrow reads wrongly, or past its memory, where other values are among them."""
    kinds = set(map(type, values)) - {type(None)}
    if len(kinds) > 1:
        raise TypeConflictError(f"No type holds {_named(kinds)} in one column.")
    blank = next(iter(kinds))("NaT")
    return numpy_array(np.array([blank if value is None else value for value in values]))


def _holds_null(t: pa.DataType) -> bool:
    """True if the values in a list or under a key of a struct are all null."""
    children = [t.field(i).type for i in range(t.num_fields)] if _types.is_nested(t) else []
    return any(_types.is_null(child) or _holds_null(child) for child in children)


def settle(found: pa.DataType, values: Iterable[Any]) -> pa.DataType:
    """The type that Arrow found for values, with the keys marked that some dicts lack.

    Raises:
        TypeConflictError: Arrow made one type of values that have none in common.
    """
    if found.id in _CERTAIN:
        return found
    if not _types.is_nested(found):
        check(found, values)
        return plain_type(found)
    if not is_settled(found):
        rows = [value for value in values if value is not None]
        if _types.is_struct(found):
            return _struct_type(rows, found)
        return pa.list_(settle(found.value_type, chain.from_iterable(rows)))
    check(found, values)
    return found


def is_settled(t: pa.DataType) -> bool:
    """True if Arrow's own inference of a type leaves nothing to say: it forgets which struct keys were missing."""
    if _types.is_list(t):
        return is_settled(t.value_type)
    return not (_types.is_nested(t) or isinstance(t, pa.BaseExtensionType))


def check(found: pa.DataType, values: Iterable[Any]) -> None:
    """Refuse what Arrow mixes silently: flags and floats, text and bytes, dates and times, times and numbers.

    Args:
        found: the type that Arrow found.
        values: what it found it for.

    Raises:
        TypeConflictError: values have no common type.
    """
    if not _is_doubtful(found):
        return
    if _types.is_struct(found):
        rows = [value for value in values if value is not None]
        for child in (found.field(i) for i in range(found.num_fields)):
            if _is_doubtful(child.type):
                check(child.type, [row.get(child.name) for row in rows])
    elif _types.is_nested(found):
        rows = [value for value in values if value is not None]
        if set(map(type, rows)) == {np.ndarray}:  # their types are known without looking at their items
            flags = {row.dtype.kind == "b" for row in rows}
            if flags == {True, False}:
                raise TypeConflictError("No type holds arrays of bool and arrays of numbers in one column.")
            rows = [row for row in rows if row.dtype == object]
        check(found.value_type, chain.from_iterable(rows))
    else:
        _check_scalars(found, values)


def _is_doubtful(t: pa.DataType) -> bool:
    if _types.is_nested(t):
        return any(_is_doubtful(t.field(i).type) for i in range(t.num_fields))
    return not (_types.is_integer(t) or _types.is_string(t) or _types.is_null(t) or _types.is_boolean(t))


# What Python values an Arrow type may have come from where they are of several kinds, and which of those not.
_SOURCES: tuple[tuple[Callable[[pa.DataType], bool], tuple[type, ...], tuple[type, ...]], ...] = (
    (_types.is_floating, (int, float, np.number), (bool, np.timedelta64)),
    (_types.is_decimal, (Decimal, int, np.integer), (bool, np.timedelta64)),
    (_types.is_binary, (bytes, bytearray, memoryview), ()),
    (_types.is_timestamp, (datetime.datetime,), ()),
    (_types.is_date, (datetime.date,), (datetime.datetime,)),
    (_types.is_time, (datetime.time,), ()),
    (_types.is_duration, (datetime.timedelta,), ()),
)


def _check_scalars(found: pa.DataType, values: Iterable[Any]) -> None:
    rows = values if isinstance(values, list) else list(values)
    kinds = set(map(type, rows)) - {type(None)}
    if len(kinds) > 1:
        for belongs, sources, others in _SOURCES:
            if belongs(found) and not all(issubclass(kind, sources) and not issubclass(kind, others) for kind in kinds):
                raise TypeConflictError(f"No type holds {_named(kinds)} in one column.")
    if _types.is_timestamp(found) and len({row.tzinfo is None for row in rows if hasattr(row, "tzinfo")}) > 1:
        raise TypeConflictError("Times with a time zone and times without cannot be in one column.")


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
        raise TypeConflictError(f"No type holds {_named(set(map(type, rows)))} in one column.")
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
            if inner is None or not is_settled(inner) or _is_doubtful(inner):
                values = [row[key] for row in rows if key in row]
                inner = _type_of(values) if inner is None else settle(inner, values)
        except TypeConflictError as error:
            raise TypeConflictError(f"Key {key!r}: {error}") from None
        children.append(pa.field(key, inner, metadata=OPTIONAL if optional else None))
    return pa.struct(children)


def _list_type(rows: list[Any]) -> pa.DataType:
    if all(isinstance(row, np.ndarray) and row.dtype != object for row in rows):
        shapes = {(row.dtype, row.ndim) for row in rows}
        return widen_all([nested_type(numpy_array(np.empty(0, dtype)).type, ndim) for dtype, ndim in sorted(shapes, key=str)])
    return pa.list_(_type_of(list(chain.from_iterable(rows))))


def _scalar_type(rows: list[Any]) -> pa.DataType:
    kinds = set(map(type, rows))
    try:
        found = natural(rows).type
    except MISFITS as error:
        return _without_arrow(rows, kinds, error)
    check(found, rows)
    return plain_type(found)


def _without_arrow(rows: list[Any], kinds: set[type], error: Exception) -> pa.DataType:
    """The type of scalars that Arrow cannot name: large unsigned integers, NumPy scalars of several kinds."""
    if all(issubclass(kind, int | np.integer) and not issubclass(kind, bool | np.timedelta64) for kind in kinds):
        if min(rows) >= 0 and max(rows) < 2**64:
            return pa.uint64()
        raise TypeConflictError(f"The integers from {min(rows)} to {max(rows)} need more than 64 bits.")
    if all(issubclass(kind, np.generic) for kind in kinds):
        found = pa.null()
        for dtype in {row.dtype for row in rows}:
            found = widen(found, numpy_array(np.empty(0, dtype)).type)
        return found
    if len(kinds) > 1:
        raise TypeConflictError(f"No type holds {_named(kinds)} in one column: {error}") from error
    raise TypeConflictError(f"Values of {_named(kinds)} cannot be stored: {error}") from error


def _named(kinds: set[type]) -> str:
    return " and ".join(sorted({kind.__name__ for kind in kinds}))
