"""The narrowest type that holds the values of two types.

Knows: which types hold which others without loss. Does not know: values.

The order is a lattice with a top that is an error, so that shards may be widened in any order:
null is below everything; what has a form in JSON is below JSON; integers are below wider integers and below float64;
float16 < float32 < float64;
text and bytes are below their 64-bit forms; time units are below finer ones; lists follow their items;
structs take the union of keys (a key that one side lacks becomes optional).
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import pyarrow as pa

from nlpdata.errors import TypeConflictError
from nlpdata.features.nested import OPTIONAL, is_optional

_types = pa.types

_SIGNED = {8: pa.int8(), 16: pa.int16(), 32: pa.int32(), 64: pa.int64()}
_UNSIGNED = {8: pa.uint8(), 16: pa.uint16(), 32: pa.uint32(), 64: pa.uint64()}
_FLOATS = {16: pa.float16(), 32: pa.float32(), 64: pa.float64()}
_UNITS = ("s", "ms", "us", "ns")
_DECIMALS = {32: pa.decimal32, 64: pa.decimal64, 128: pa.decimal128, 256: pa.decimal256}
_DIGITS = {32: 9, 64: 18, 128: 38, 256: 76}


def widen(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    """The narrowest type that both types can be cast to without loss.

    Two integers of which one is uint64 and the other signed become float64, where only values up to 2**53 can be cast.

    >>> widen(pa.int32(), pa.uint32()), widen(pa.null(), pa.string()), widen(pa.int8(), pa.float32())
    (DataType(int64), DataType(string), DataType(double))

    Raises:
        TypeConflictError: there is none; names both.
    """
    if a.equals(b, check_metadata=True):
        return a
    for join in (_null, _same_family, _dictionary, _json):
        found = join(a, b)
        if found is not None:  # an empty struct type is false
            return found
    raise TypeConflictError(f"No type holds both {a} and {b}. Make the values one type, or declare the features.")


def widen_schema(a: pa.Schema, b: pa.Schema) -> pa.Schema:
    """The schema with the columns of both, in the order of ``a`` and then ``b``, each widened.

    Metadata is that of ``a``, unless the columns changed: then there is none, because it would describe other types.

    Raises:
        TypeConflictError: two types of a column have no common type; names the column.
    """
    fields = {field.name: field for field in a}
    for field in b:
        mine = fields.get(field.name)
        if mine is None:
            fields[field.name] = field
            continue
        try:
            fields[field.name] = widen_field(mine, field)
        except TypeConflictError as error:
            raise TypeConflictError(f"Column {field.name!r}: {error}") from None
    result = pa.schema(list(fields.values()))
    return a if result.equals(a.remove_metadata(), check_metadata=True) else result


def widen_field(a: pa.Field, b: pa.Field) -> pa.Field:
    """The field that holds the values of two fields of one name: optional if one of them is, and with the other marks (that
    its lists are arrays, its structs files) where they agree, or where one field has nothing but nulls.

    Raises:
        TypeConflictError: there is none; names both types.
    """
    marks = _marks_of(a) if _types.is_null(b.type) or _marks_of(a) == _marks_of(b) else {}
    marks = _marks_of(b) if _types.is_null(a.type) else marks
    optional = OPTIONAL if is_optional(a) or is_optional(b) else {}
    return pa.field(a.name, widen(a.type, b.type), metadata={**optional, **marks} or None)


def _marks_of(field: pa.Field) -> dict[bytes, bytes]:
    return {name: value for name, value in (field.metadata or {}).items() if name not in OPTIONAL}


def widen_all(types: list[pa.DataType]) -> pa.DataType:
    """The narrowest type for several; null for none."""
    return reduce(widen, types, pa.null())


def _null(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    if _types.is_null(a):
        return b
    return a if _types.is_null(b) else None


def _same_family(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    for belongs, join in _FAMILIES:
        if belongs(a) and belongs(b):
            return join(a, b)
    return a if a == b else None


def _dictionary(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    if not (_types.is_dictionary(a) or _types.is_dictionary(b)):
        return None
    plain_a, plain_b = (t.value_type if _types.is_dictionary(t) else t for t in (a, b))
    return widen(plain_a, plain_b)


def _json(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    """JSON holds whatever has a form in JSON."""
    if not (isinstance(a, pa.JsonType) or isinstance(b, pa.JsonType)):
        return None
    return pa.json_() if _has_json(a) and _has_json(b) else None


def _has_json(t: pa.DataType) -> bool:
    if isinstance(t, pa.JsonType) or _is_number(t) or _is_text(t) or _types.is_boolean(t) or _types.is_null(t):
        return True
    if _is_list(t):
        return _has_json(t.value_type)
    return _types.is_struct(t) and all(_has_json(t.field(i).type) for i in range(t.num_fields))


def _is_number(t: pa.DataType) -> bool:
    return bool(_types.is_integer(t) or _types.is_floating(t))


def _numbers(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    if _types.is_floating(a) or _types.is_floating(b):
        both = _types.is_floating(a) and _types.is_floating(b)
        return _FLOATS[max(a.bit_width, b.bit_width)] if both else pa.float64()
    if _types.is_signed_integer(a) == _types.is_signed_integer(b):
        return a if a.bit_width >= b.bit_width else b
    signed, unsigned = (a, b) if _types.is_signed_integer(a) else (b, a)
    if unsigned.bit_width == 64:
        return pa.float64()
    return _SIGNED[max(signed.bit_width, 2 * unsigned.bit_width)]


def _is_text(t: pa.DataType) -> bool:
    return bool(_types.is_string(t) or _types.is_large_string(t) or _types.is_string_view(t))


def _is_bytes(t: pa.DataType) -> bool:
    # pa's own is_fixed_size_binary is true for decimals in some versions
    fixed = _types.is_fixed_size_binary(t) and not _types.is_decimal(t)
    return bool(_types.is_binary(t) or _types.is_large_binary(t) or _types.is_binary_view(t) or fixed)


def _bytes(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    if a == b:
        return a
    small = all(_types.is_binary(t) or _types.is_fixed_size_binary(t) for t in (a, b))
    return pa.binary() if small else pa.large_binary()


def _decimals(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    scale = max(a.scale, b.scale)
    precision = max(a.precision - a.scale, b.precision - b.scale) + scale
    widths = [w for w in _DIGITS if w >= max(a.bit_width, b.bit_width) and _DIGITS[w] >= precision]
    return _DECIMALS[widths[0]](precision, scale) if widths else None


def _finer(a: Any, b: Any) -> str:
    return _UNITS[max(_UNITS.index(a.unit), _UNITS.index(b.unit))]


def _timestamps(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    return pa.timestamp(_finer(a, b), a.tz) if a.tz == b.tz else None


def _times(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    unit = _finer(a, b)
    return pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit)


def _is_list(t: pa.DataType) -> bool:
    return bool(_types.is_list(t) or _types.is_large_list(t) or _types.is_fixed_size_list(t))


def _lists(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    items = widen_field(a.value_field, b.value_field).with_name("item")
    if _types.is_large_list(a) or _types.is_large_list(b):
        return pa.large_list(items)
    fixed = _types.is_fixed_size_list(a) and _types.is_fixed_size_list(b) and a.list_size == b.list_size
    return pa.list_(items, a.list_size if fixed else -1)


def _structs(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    ours, theirs = ({t.field(i).name: t.field(i) for i in range(t.num_fields)} for t in (a, b))
    children = []
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if name not in ours or name not in theirs:
            only = (ours if name in ours else theirs)[name]
            children.append(only.with_metadata({**OPTIONAL, **_marks_of(only)}))
            continue
        try:
            children.append(widen_field(ours[name], theirs[name]))
        except TypeConflictError as error:
            raise TypeConflictError(f"Key {name!r}: {error}") from None
    return pa.struct(children)


_FAMILIES: tuple[tuple[Any, Any], ...] = (
    (_is_number, _numbers),
    (_is_text, lambda a, b: a if a == b else pa.large_string()),
    (_is_bytes, _bytes),
    (_types.is_struct, _structs),
    (_is_list, _lists),
    (_types.is_decimal, _decimals),
    (_types.is_timestamp, _timestamps),
    (_types.is_date, lambda a, b: a if a == b else pa.date64()),
    (_types.is_time, _times),
    (_types.is_duration, lambda a, b: pa.duration(_finer(a, b))),
)
