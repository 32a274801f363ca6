"""An Arrow array as the type of a feature.

Knows: which conversions keep the meaning of a value, nested types included. Works on whole arrays; a buffer that
already fits is passed on, not copied. Does not know: Python values, schemas on disk.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nlpdata.errors import FeatureError, did_you_mean
from nlpdata.features.array import ArrayXD
from nlpdata.features.base import FeatureType
from nlpdata.features.convert import from_arrow_type
from nlpdata.features.json_value import Json
from nlpdata.features.misfit import MISFITS, first_misfit, row_error
from nlpdata.features.nested import (
    LargeList,
    List,
    Struct,
    Translation,
    TranslationVariableLanguages,
    arrow_type,
    normalise,
)
from nlpdata.features.scalars import ClassLabel, Value, largest_integer
from nlpdata.features.schema import Features
from nlpdata.features.values import MAX_OFFSET

_types = pa.types


def cast_array(array: Any, feature: FeatureType | pa.DataType, *, column: str = "") -> Any:
    """The array with the values of another type, if each of them can be kept.

    Numbers and text are converted into each other, names into class labels, integers into floats; structs are
    reordered by name and missing keys filled with null; lists become large or fixed-size lists and back.
    Buffers that need no change are shared.

    Args:
        array: a ``pa.Array`` or ``pa.ChunkedArray``; the same kind is returned.
        feature: a feature or an Arrow type.
        column: named in errors.

    Raises:
        FeatureError: a value cannot be kept; names the column, both types and the first such row.
    """
    if not isinstance(feature, pa.DataType):
        return convert_array(array, normalise(feature), strict=False, column=column)
    result = convert_array(array, from_arrow_type(feature), strict=False, column=column)
    return result if result.type.equals(feature, check_metadata=True) else result.cast(feature)


def cast_table(table: pa.Table, features: Features) -> pa.Table:
    """The table with the columns of ``features``, in their order; columns it lacks are null.

    Raises:
        FeatureError: a column is not among the features, or one of its values cannot be kept.
    """
    extra = [name for name in table.column_names if name not in features]
    if extra:
        raise FeatureError(
            f"The table has columns that the features lack: {', '.join(extra)}.{did_you_mean(extra[0], features)} "
            f"The features are: {', '.join(features) or 'none'}."
        )
    names = set(table.column_names)
    columns = [
        cast_array(table.column(name), feature, column=name) if name in names else pa.nulls(table.num_rows, arrow_type(feature))
        for name, feature in features.items()
    ]
    if not columns:
        return table
    return pa.Table.from_arrays(columns, schema=features.arrow_schema)


def convert_array(array: Any, feature: Any, *, strict: bool, column: str = "", first_row: int = 0) -> Any:
    """:func:`cast_array` for a normalised feature; if ``strict``, text stays text and numbers stay numbers."""
    try:
        return _convert_chunks(array, feature, strict)
    except MISFITS as error:
        found = first_misfit(len(array), lambda start, stop: _convert_chunks(array.slice(start, stop - start), feature, strict))
        expected = expectation(feature)
        if found is None:
            named = f"Column {column!r}" if column else "The array"
            raise FeatureError(f"{named} of {array.type} cannot become {expected}: {error}") from error
        row, reason = found
        raise row_error(array, row, column=column, expected=expected, first_row=first_row, reason=reason) from error


def expectation(feature: Any) -> str:
    """What an error says that a value should have been."""
    if isinstance(feature, ArrayXD):
        return f"an array of shape {feature.shape} and dtype {feature.dtype}"
    return f"one of {len(feature.names)} class labels" if isinstance(feature, ClassLabel) else str(arrow_type(feature))


def _convert_chunks(array: Any, feature: Any, strict: bool) -> Any:
    if not isinstance(array, pa.ChunkedArray):
        return convert(array, feature, strict)
    chunks = [convert(chunk, feature, strict) for chunk in array.chunks]
    return pa.chunked_array(chunks, type=arrow_type(feature))


def convert(array: pa.Array, feature: Any, strict: bool) -> pa.Array:
    """One array as the type of a feature.

    Raises:
        FeatureError, pa.ArrowException: something does not fit; nothing says where.
    """
    if isinstance(feature, Json):
        return feature.cast_storage(array)
    array = stored(array)
    if isinstance(feature, ClassLabel):
        return feature.cast_storage(array)
    target = arrow_type(feature)
    if array.type.equals(target, check_metadata=True) and not is_checked(feature):
        return array
    if array.null_count == len(array):
        return pa.nulls(len(array), target)
    if isinstance(feature, Value):
        return _convert_value(array, target, strict)
    if isinstance(feature, List | LargeList):
        return _convert_list(array, feature, target, strict)
    if isinstance(feature, ArrayXD):
        return fitting(_convert_list(array, feature.lists, target, strict), feature)
    if isinstance(feature, Translation | TranslationVariableLanguages):
        feature = Struct(feature.flatten())
    if isinstance(feature, Struct):
        return _convert_struct(array, feature, target, strict)
    return feature.cast_storage(array) if hasattr(feature, "cast_storage") else array.cast(target)


def is_checked(feature: Any) -> bool:
    """True if a feature holds class labels or arrays somewhere: their Arrow type does not tell that values fit."""
    if isinstance(feature, Struct):
        return any(is_checked(value) for value in feature.values())
    if isinstance(feature, List | LargeList):
        return is_checked(feature.feature)
    return isinstance(feature, ClassLabel | ArrayXD)


def refuses_labels(array: Any, feature: Any) -> bool:
    """True if integers of an array stand where a feature has class labels, and one is no class.

    That tells why values do not fit a feature: they are meant as labels, not as something else.

    Args:
        array: values in the type that they were found to have.
        feature: what they were to be.
    """
    if isinstance(array, pa.ChunkedArray):
        return any(refuses_labels(chunk, feature) for chunk in array.chunks)
    array, feature = stored(array), normalise(feature)
    t = array.type
    if isinstance(feature, Struct) and _types.is_struct(t):
        children = {t.field(i).name: child for i, child in enumerate(array.flatten())}
        return any(refuses_labels(children[name], value) for name, value in feature.items() if name in children)
    if isinstance(feature, List | LargeList) and (_types.is_list(t) or _types.is_large_list(t) or _types.is_fixed_size_list(t)):
        return refuses_labels(array.flatten(), feature.feature)
    if not isinstance(feature, ClassLabel) or not _types.is_integer(t):
        return False
    try:
        feature.cast_storage(array)
    except MISFITS:
        return True
    return False


def fitting(array: pa.Array, feature: ArrayXD) -> pa.Array:
    """Nested lists, if they have the shape of an array.

    Raises:
        FeatureError: a list has another length, or is null inside of an array.
    """
    found, level = [], array
    for dimension in range(feature.rank):
        if level.null_count:
            if dimension:
                raise FeatureError(f"A list in dimension {dimension} is null.")
            level = level.drop_null()
        lengths, level = list_parts(level)
        found.append(lengths)
    feature.check_lengths(found)
    return array


def stored(array: pa.Array) -> pa.Array:
    """The array without dictionary, extension, view-list or map type; shares buffers where it can."""
    t = array.type
    if isinstance(t, pa.BaseExtensionType):
        return stored(array.storage)
    if _types.is_dictionary(t):
        return stored(array.dictionary_decode())
    if _types.is_map(t):
        entry = pa.struct([pa.field("key", t.key_type), pa.field("value", t.item_type)])
        return array.cast(pa.list_(pa.field("item", entry)))
    if _types.is_list_view(t) or _types.is_large_list_view(t):  # Arrow's own cast of views loses items
        lengths = array.sizes.to_numpy().astype(np.int64)
        nulls = array.is_null() if array.null_count else None
        if nulls is not None:
            lengths = np.where(nulls.to_numpy(zero_copy_only=False), 0, lengths)
        target = pa.list_(t.value_type) if _types.is_list_view(t) else pa.large_list(t.value_type)
        return list_array(lengths, array.flatten(), target, nulls)
    return array


# --- values -----------------------------------------------------------------------------------------------------------

_KINDS = (
    ("bool", _types.is_boolean),
    ("int", _types.is_integer),
    ("float", _types.is_floating),
    ("decimal", _types.is_decimal),
    ("text", lambda t: _types.is_string(t) or _types.is_large_string(t) or _types.is_string_view(t)),
    ("bytes", lambda t: _types.is_binary(t) or _types.is_large_binary(t) or _types.is_binary_view(t)),
    ("bytes", _types.is_fixed_size_binary),
    ("timestamp", _types.is_timestamp),
    ("date", _types.is_date),
    ("time", _types.is_time),
    ("duration", _types.is_duration),
)

# What a value may become without being asked to: nothing of it is lost, nothing is parsed.
_STRICT = {
    "int": {"float", "decimal", "timestamp", "date", "time", "duration"},
    "float": {"int"},
    "text": {"bytes"},
    "bytes": {"text"},
    "date": {"timestamp"},
    "timestamp": {"date"},
}


def value_kind(t: pa.DataType) -> str:
    """The family of a primitive type, ``"other"`` for the rest."""
    return next((name for name, is_kind in _KINDS if is_kind(t)), "other")


def _convert_value(array: pa.Array, target: pa.DataType, strict: bool) -> pa.Array:
    kind, wanted = value_kind(array.type), value_kind(target)
    if _types.is_nested(array.type):
        raise FeatureError(f"Values of {array.type} cannot become {target}.")
    if strict and kind != wanted and wanted not in _STRICT.get(kind, ()):
        raise FeatureError(f"Values of {array.type} are not {target}.")
    if kind == "int" and wanted == "float":
        return _floats(array, target)
    if kind in ("int", "float") and wanted == "bool":
        return _flags(array)
    if kind == wanted == "float":
        return _rounded(array, target)
    if kind == "int" and wanted in ("date", "time", "timestamp", "duration"):
        return array.cast(pa.int32() if target.bit_width == 32 else pa.int64()).cast(target)
    if kind == "int" and wanted == "decimal":
        return array.cast(pa.decimal128(20, 0)).cast(target)
    if strict and kind == "timestamp" and wanted == "date":
        days = array.cast(target)
        if not days.cast(array.type).equals(array):
            raise FeatureError(f"A time of day does not fit {target}.")
        return days
    return array.cast(target)


def _flags(array: pa.Array) -> pa.Array:
    """Zeros and ones as booleans.

    Raises:
        FeatureError: there are other numbers.
    """
    flags = array.cast(pa.bool_())
    if not flags.cast(array.type).equals(array):
        raise FeatureError("Of numbers, only 0 and 1 are booleans.")
    return flags


def _rounded(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Floats as floats of another size; digits may be lost, as always with floats.

    Raises:
        FeatureError: a finite one is beyond the largest of the type.
    """
    found = array.cast(target)
    if target.bit_width < array.type.bit_width:
        endless = np.isinf(found.to_numpy(zero_copy_only=False))
        if endless.any() and not np.isinf(array.to_numpy(zero_copy_only=False)[endless]).all():
            raise FeatureError(f"{target} holds no number as large.")
    return found


def _floats(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Integers as floats, if they are in the range in which the type holds each integer.

    Raises:
        FeatureError, pa.ArrowException: one is outside.
    """
    if not _types.is_float16(target):
        return array.cast(target)
    largest, bounds = largest_integer(target), pc.min_max(array)
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    if low is not None and not -largest <= low <= high <= largest:  # Arrow itself does not check here
        raise FeatureError(f"{target} holds each integer from {-largest} to {largest}, no further.")
    return array.cast(pa.float32()).cast(target)


# --- nested -----------------------------------------------------------------------------------------------------------


def _convert_struct(array: pa.Array, feature: Struct, target: pa.DataType, strict: bool) -> pa.Array:
    if not _types.is_struct(array.type):
        raise FeatureError(f"Values of {array.type} are not {target}.")
    names = [array.type.field(i).name for i in range(array.type.num_fields)]
    extra = [name for name in names if name not in feature]
    if extra:
        raise FeatureError(f"There is no key {extra[0]!r} in {target}.{did_you_mean(extra[0], feature)}")
    children = dict(zip(names, array.flatten(), strict=True))
    return struct_array(
        [
            convert(children[name], value, strict) if name in children else pa.nulls(len(array), arrow_type(value))
            for name, value in feature.items()
        ],
        target,
        array.is_null() if array.null_count else None,
        len(array),
    )


def struct_array(children: list[pa.Array], target: pa.DataType, nulls: pa.Array | None, count: int) -> pa.Array:
    """A struct array from its children; ``nulls`` is true for the rows that are null."""
    if not children:
        validity = None if nulls is None else pc.invert(nulls).buffers()[1]
        return pa.Array.from_buffers(target, count, [validity])
    fields = [target.field(i) for i in range(target.num_fields)]
    return pa.StructArray.from_arrays(children, fields=fields, mask=nulls)


def list_parts(array: pa.Array) -> tuple[np.ndarray[Any, Any], pa.Array]:
    """Lengths (int64, 0 for null) of the lists of an array, and all their items in one array."""
    items = array.flatten()
    if _types.is_fixed_size_list(array.type):
        lengths = np.full(len(array), array.type.list_size, dtype=np.int64)
    else:
        lengths = np.diff(array.offsets.to_numpy()).astype(np.int64, copy=False)
    if array.null_count:
        lengths = np.where(array.is_null().to_numpy(zero_copy_only=False), 0, lengths)
    return lengths, items


def _convert_list(array: pa.Array, feature: List | LargeList, target: pa.DataType, strict: bool) -> pa.Array:
    t = array.type
    if not (_types.is_list(t) or _types.is_large_list(t) or _types.is_fixed_size_list(t)):
        raise FeatureError(f"Values of {t} are not {target}.")
    lengths, items = list_parts(array)
    nulls = array.is_null() if array.null_count else None
    return list_array(lengths, convert(items, feature.feature, strict), target, nulls)


def list_array(lengths: np.ndarray[Any, Any], items: pa.Array, target: pa.DataType, nulls: pa.Array | None) -> pa.Array:
    """A list array of type ``target`` from the lengths of its lists and their items in one array.

    Raises:
        FeatureError: lists of a fixed size have another size, or 32-bit offsets do not suffice.
    """
    if _types.is_fixed_size_list(target):
        return _fixed_list_array(lengths, items, target, nulls)
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    if _types.is_large_list(target):
        return pa.LargeListArray.from_arrays(pa.array(offsets), items, type=target, mask=nulls)
    if offsets[-1] > MAX_OFFSET:
        raise pa.ArrowCapacityError(f"{offsets[-1]} items do not fit {target}; a LargeList holds them.")
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), items, type=target, mask=nulls)


def _fixed_list_array(lengths: np.ndarray[Any, Any], items: pa.Array, target: pa.DataType, nulls: pa.Array | None) -> pa.Array:
    size = target.list_size
    valid = np.ones(len(lengths), dtype=bool) if nulls is None else ~nulls.to_numpy(zero_copy_only=False)
    wrong = lengths[valid & (lengths != size)]
    if len(wrong):
        raise FeatureError(f"A list of {wrong[0]} items is not {target}.")
    if nulls is not None and size:  # a null list takes room too
        items = _with_room(items, valid, size)
    if size == 0:
        validity = None if nulls is None else pc.invert(nulls).buffers()[1]
        return pa.Array.from_buffers(target, len(lengths), [validity], children=[items])
    return pa.FixedSizeListArray.from_arrays(items, type=target, mask=nulls)


def _with_room(items: pa.Array, valid: np.ndarray[Any, Any], size: int) -> pa.Array:
    """The items with ``size`` nulls put in for each list that is not valid."""
    starts = np.cumsum(valid) * size - size
    places = np.where(valid[:, None], starts[:, None] + np.arange(size), -1).reshape(-1)
    try:
        return items.take(pa.array(places, mask=places < 0))
    except pa.ArrowNotImplementedError:  # views have no take
        blank = pa.nulls(size, items.type)
        return pa.concat_arrays([items.slice(start, size) if ok else blank for start, ok in zip(starts, valid, strict=True)])
