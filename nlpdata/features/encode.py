"""Columns as users give them, as Arrow arrays of the declared or inferred types.

Knows: the fast way (one C call per column, buffers where there are any) and the exact way (nested values one level at
a time), and how to name the first row that does not fit. Does not know: files, shards, batches before or after.

Strict: text is never made from numbers nor numbers from text, a fraction never becomes an integer, nothing overflows,
``True`` is no number, and a dict has no keys beyond those declared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.errors import (
    ArgumentError,
    FeatureError,
    RowError,
    TypeConflictError,
    UnknownColumnError,
    did_you_mean,
    unknown,
)
from nlpdata.features.array import ArrayXD
from nlpdata.features.base import FeatureType
from nlpdata.features.cast import convert, convert_array, expectation, fitting, list_array, struct_array
from nlpdata.features.codec import as_mapping, is_listlike, spelled_as
from nlpdata.features.convert import from_arrow_type
from nlpdata.features.infer import check, infer_type, is_settled, natural, settle
from nlpdata.features.iterators import without_iterators
from nlpdata.features.json_value import Json
from nlpdata.features.media import Media
from nlpdata.features.misfit import MISFITS, first_conflict, first_misfit, row_error
from nlpdata.features.mixed import check_on_mixed_types, infer_feature
from nlpdata.features.nested import LargeList, List, Struct, Translation, arrow_field, arrow_type, normalise
from nlpdata.features.packed import packed
from nlpdata.features.scalars import ClassLabel, Value, largest_integer
from nlpdata.features.schema import Features
from nlpdata.features.values import as_values, numpy_array, owned, scalar
from nlpdata.features.widen import widen

_types = pa.types


def encode_column(
    values: Any,
    feature: FeatureType | None,
    *,
    column: str = "",
    first_row: int = 0,
    on_mixed_types: str | None = None,
    strict: bool = True,
) -> Any:
    """The values of a column as an Arrow array of the feature's type.

    Arrow inputs go by buffers and are not copied where their type fits; lists go through one C call. Memory that can still
    change (NumPy, torch, pandas) is copied once; NumPy arrays that nobody can write (views of Arrow's) are not.

    Args:
        values: a list, tuple or iterable of rows, a NumPy array (further dimensions become lists), an array of torch,
            TensorFlow or JAX, a ``pa.Array`` or ``pa.ChunkedArray``, a pandas or polars Series. Iterators among the rows, or
            inside of them, are read as lists, and used up.
        feature: what the values are; None infers it (:func:`infer_type`).
        column: named in errors.
        first_row: number of the first row, for errors.
        on_mixed_types: ``"use_json"`` stores inferred values without a common type as JSON; None refuses them.
        strict: text stays text, and numbers numbers. Otherwise, as where a user declares the type, one becomes the other if
            nothing is lost: 5 is ``"5"``, ``"5"`` is 5, but 1.5 is no integer and NaN no text; arrays are cast.

    Returns:
        A ``pa.Array``, or a ``pa.ChunkedArray`` where one array cannot hold the values.

    Raises:
        RowError: a value does not fit; carries the number of the first such row, the column and the value.
        ArgumentError: ``values`` is no column.

    >>> encode_column(["pos", 0, None], ClassLabel(names=["neg", "pos"])).to_pylist()
    [1, 0, None]
    """
    found = encode_field(values, feature, column=column, first_row=first_row, on_mixed_types=on_mixed_types, strict=strict)
    return found[1]


def encode_field(
    values: Any,
    feature: FeatureType | None,
    *,
    column: str = "",
    first_row: int = 0,
    on_mixed_types: str | None = None,
    strict: bool = True,
) -> tuple[pa.Field, Any]:
    """The Arrow field of a column, which tells the feature, and its values; arguments and errors of :func:`encode_column`."""
    check_on_mixed_types(on_mixed_types)
    if not isinstance(column, str):
        raise ArgumentError(f"The name of a column is text, not {column!r:.100} ({type(column).__name__}).")
    values = as_values(values)
    if isinstance(values, np.ndarray):
        values = numpy_array(owned(values))
    if feature is not None:
        feature = normalise(feature, column)
        field = arrow_field(column, feature)
        if isinstance(values, list):
            if not isinstance(feature, Media):
                values = without_iterators(values, thorough=_holds_json(feature))
            encode = _encode_list if strict else _encode_declared
            return field, encode(values, feature, column, first_row)
        return field, convert_array(values, feature, strict=strict, column=column, first_row=first_row)
    if not isinstance(values, list):
        found = from_arrow_type(values.type)
        array = convert_array(values, found, strict=True, column=column, first_row=first_row)
        return pa.field(column, array.type), array
    array = packed(values)
    if array is not None:
        return pa.field(column, array.type), array
    values = without_iterators(values, thorough=on_mixed_types is not None)
    try:
        array = _infer_list(values, column, first_row)
        return pa.field(column, array.type), array
    except FeatureError as error:
        inferred = _meant(values, on_mixed_types, error)
        return arrow_field(column, inferred), _encode_list(values, normalise(inferred), column, first_row)


def _meant(values: list[Any], on_mixed_types: str | None, error: FeatureError) -> FeatureType:
    """The feature of values that Arrow has no type for.

    Raises:
        FeatureError: ``error``, which says more, where there is none.
    """
    try:
        return infer_feature(values, on_mixed_types=on_mixed_types)
    except FeatureError:
        raise error from error.__cause__


def encode_table(
    columns: Mapping[str, Any],
    features: Features | None,
    *,
    first_row: int = 0,
    on_mixed_types: str | None = None,
    strict: bool = False,
) -> pa.Table:
    """Columns as a table; with features, in their order and with what is missing as null.

    Args:
        columns: column name -> values, as :func:`encode_column` takes them.
        features: what the columns are declared to be; None infers each.
        first_row: number of the first row, for errors.
        on_mixed_types: as for :func:`encode_column`, where types are inferred.
        strict: as for :func:`encode_column`, where types are declared.

    Raises:
        RowError: a value does not fit.
        ArgumentError: the columns have different lengths; names them.
        UnknownColumnError: a column is not among the features.
    """
    names = list(columns) if features is None else [name for name in features if name in columns]
    if features is not None and len(names) != len(columns):
        extra = next(name for name in columns if name not in features)
        raise unknown(UnknownColumnError, "column", extra, features, "Declare it in the features, or leave it out.")
    encoded = {
        name: encode_field(
            columns[name],
            None if features is None else features[name],
            column=name,
            first_row=first_row,
            on_mixed_types=on_mixed_types,
            strict=strict,
        )
        for name in names
    }
    arrays = {name: array for name, (_, array) in encoded.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name!r}: {length}" for name, length in lengths.items())
        raise ArgumentError(f"The columns of a table have equal lengths; these have {shown}.")
    if features is None:
        return pa.Table.from_arrays(list(arrays.values()), schema=pa.schema([field for field, _ in encoded.values()]))
    count = next(iter(lengths.values()), 0)
    found = [arrays[name] if name in arrays else pa.nulls(count, arrow_type(f)) for name, f in features.items()]
    return pa.Table.from_arrays(found, schema=features.arrow_schema)


# --- lists ------------------------------------------------------------------------------------------------------------


def _infer_list(values: list[Any], column: str, first_row: int) -> Any:
    try:
        array = natural(values)
        found = settle(array.type, values)
    except MISFITS:
        array, found = None, _inferred(values, column, first_row)
    if isinstance(array, pa.Array) and array.type == found:
        return array if is_settled(found) else array.cast(found)  # the cast sets the marks of optional keys
    if isinstance(array, pa.ChunkedArray):  # more text than 32-bit offsets can count
        return pa.array(values, type=_large(found))
    try:
        return _encode_list(values, from_arrow_type(found), column, first_row)
    except pa.ArrowCapacityError:
        return _encode_list(values, from_arrow_type(_large(found)), column, first_row)


def _inferred(values: list[Any], column: str, first_row: int) -> pa.DataType:
    """The type of values that Arrow alone does not understand."""
    try:
        return infer_type(values)
    except TypeConflictError as error:
        found = first_conflict(len(values), lambda start, stop: infer_type(values[start:stop]))
        if found is None:
            raise
        row, reason = found
        before = infer_type(values[:row])
        expected = "any type" if _types.is_null(before) else f"{before}, the type of the rows before it"
        raise row_error(values, row, column=column, expected=expected, first_row=first_row, reason=reason) from error


def _large(t: pa.DataType) -> pa.DataType:
    """The type with 64-bit offsets on its outer lists, text or bytes."""
    if _types.is_list(t):
        return pa.large_list(_large(t.value_type))
    if _types.is_string(t) or _types.is_binary(t):
        return widen(t, pa.large_string() if _types.is_string(t) else pa.large_binary())
    return t


def _encode_list(values: list[Any], feature: Any, column: str, first_row: int) -> Any:
    try:
        return _fast(values, feature)
    except MISFITS:
        pass
    try:
        return _exact(values, feature)
    except MISFITS as error:
        found = first_misfit(len(values), lambda start, stop: _exact(values[start:stop], feature))
        if found is None and isinstance(error, pa.ArrowCapacityError) and len(values) > 1:
            return _halves(values, feature, column, first_row)
        if found is None:
            raise
        row, reason = found
        expected = expectation(feature)
        raise row_error(values, row, column=column, expected=expected, first_row=first_row, reason=reason) from error


def _encode_declared(values: list[Any], feature: Any, column: str, first_row: int) -> Any:
    """The values, or if one does not fit as it is, those that a lossless change of spelling makes of them."""
    try:
        return _encode_list(values, feature, column, first_row)
    except RowError:
        spelled = []
    for row, value in enumerate(values):
        try:
            spelled.append(spelled_as(feature, value))
        except FeatureError as error:
            expected = expectation(feature)
            raise row_error(values, row, column=column, expected=expected, first_row=first_row, reason=error) from error
    return _encode_list(spelled, feature, column, first_row)


def _halves(values: list[Any], feature: Any, column: str, first_row: int) -> pa.ChunkedArray:
    """Chunks small enough for 32-bit offsets."""
    middle = len(values) // 2
    parts = [
        _encode_list(values[:middle], feature, column, first_row),
        _encode_list(values[middle:], feature, column, first_row + middle),
    ]
    chunks = [chunk for part in parts for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])]
    return pa.chunked_array(chunks, type=arrow_type(feature))


def _fast(values: list[Any], feature: Any) -> Any:
    """One C call, then a strict cast by buffers; raises where that cannot tell or does not fit."""
    if _needs_exact(feature):
        return _exact(values, feature)
    if isinstance(feature, Value) and _is_text(feature.pa_type):
        return pa.array(values, type=feature.pa_type)  # as strict as we are
    array = _checked(values)
    if _may_round(array, feature) and not (isinstance(feature, Value) and _are_alike(values)):
        return _exact(values, feature)
    if isinstance(array, pa.ChunkedArray):
        return pa.chunked_array([convert(c, feature, True) for c in array.chunks], type=arrow_type(feature))
    return convert(array, feature, True)


def _may_round(array: Any, feature: Any) -> bool:
    """True if what Arrow made float64 may hold integers with more digits than the feature's small floats."""
    if isinstance(array, pa.ChunkedArray):
        return any(_may_round(chunk, feature) for chunk in array.chunks)
    t = array.type
    if isinstance(feature, ArrayXD):
        feature = feature.lists
    if isinstance(feature, Struct) and _types.is_struct(t):
        return any(_may_round(array.field(i), feature.get(t.field(i).name)) for i in range(t.num_fields))
    if isinstance(feature, List | LargeList) and _types.is_list(t):
        return _may_round(array.values, feature.feature)
    if not (_types.is_float64(t) and isinstance(feature, Value) and feature.dtype in ("float16", "float32")):
        return False
    numbers = np.abs(array.to_numpy(zero_copy_only=False))
    large = numbers[(numbers > largest_integer(feature.pa_type)) & (numbers < np.inf)]
    return bool(len(large)) and bool(np.any(np.floor(large) == large))


def _are_alike(values: list[Any]) -> bool:
    return len(set(map(type, values)) - {type(None)}) < 2


def _checked(values: list[Any]) -> Any:
    array = natural(values)
    check(array.type, values)
    return array


def _needs_exact(feature: Any) -> bool:
    if isinstance(feature, Struct):
        return any(_needs_exact(value) for value in feature.values())
    if isinstance(feature, List | LargeList):
        return _needs_exact(feature.feature)
    return bool(feature.requires_encoding)


def _holds_json(feature: Any) -> bool:
    if isinstance(feature, Struct):
        return any(_holds_json(value) for value in feature.values())
    return _holds_json(feature.feature) if isinstance(feature, List | LargeList) else isinstance(feature, Json)


def _is_text(t: pa.DataType) -> bool:
    return bool(_types.is_string(t) or _types.is_large_string(t) or _types.is_string_view(t))


# --- the exact way: one level at a time -------------------------------------------------------------------------------


def _exact(values: list[Any], feature: Any) -> pa.Array:
    """Values of any kind, each looked at; whether one fits does not depend on its neighbours."""
    if isinstance(feature, Translation):
        feature = Struct(feature.flatten())
    for kind, encode in _EXACT:
        if isinstance(feature, kind):
            return encode(values, feature)
    encoded = [None if value is None else feature.encode_example(value) for value in values]
    return pa.array(encoded, type=feature.pa_type)


def _exact_struct(values: list[Any], feature: Struct) -> pa.Array:
    rows = [None if value is None else as_mapping(feature, value) for value in values]
    patterns = {tuple(row) for row in rows if row is not None}
    unknown_keys = {key for pattern in patterns for key in pattern} - set(feature)
    if unknown_keys:
        key = sorted(unknown_keys, key=str)[0]
        raise FeatureError(f"There is no key {key!r}.{did_you_mean(str(key), feature)} Known: {', '.join(feature)}.")
    children = [
        _array(_exact([None if row is None else row.get(key) for row in rows], value)) for key, value in feature.items()
    ]
    return struct_array(children, arrow_type(feature), _nulls(rows), len(rows))


def _exact_list(values: list[Any], feature: List | LargeList) -> pa.Array:
    rows = [scalar(value) for value in values]
    for row in rows:
        if row is not None and not is_listlike(row):
            raise FeatureError(f"A {type(row).__name__} is not a list.")
    rows = [row if row is None or hasattr(row, "__len__") else list(row) for row in rows]
    lengths = np.fromiter((0 if row is None else len(row) for row in rows), dtype=np.int64, count=len(rows))
    filled = [row for row in rows if row is not None and len(row)]
    if filled and all(isinstance(row, np.ndarray) and row.dtype != object for row in filled):
        items = _array_items(filled, feature.feature)
    else:
        items = _array(_encode_items(list(chain.from_iterable(filled)), feature.feature))
    return list_array(lengths, items, arrow_type(feature), _nulls(rows))


def _array_items(rows: list[np.ndarray[Any, Any]], feature: Any) -> pa.Array:
    """The items of many NumPy arrays as one array: joined first where their shapes allow."""
    if len({(row.shape[1:], row.dtype.kind) for row in rows}) == 1:
        return convert(numpy_array(np.concatenate(rows)), feature, True)
    return _array(_exact(list(chain.from_iterable(rows)), feature))


def _encode_items(items: list[Any], feature: Any) -> Any:
    try:
        return _fast(items, feature)
    except MISFITS:
        return _exact(items, feature)


def _exact_label(values: list[Any], feature: ClassLabel) -> pa.Array:
    return pa.array([feature.encode_example(scalar(value)) for value in values], type=pa.int64())


def _exact_value(values: list[Any], feature: Value) -> Any:
    rows, target = [scalar(value) for value in values], feature.pa_type
    if _is_text(target):
        return pa.array(rows, type=target)
    try:
        array = _checked(rows)
        if _may_round(array, feature) and not _are_alike(rows):
            raise FeatureError("Integers among floats are looked at by themselves.")
        return convert(array, feature, True)
    except MISFITS as error:
        accepted = _ACCEPTED_TOGETHER.get(_group(target))
        if accepted is None or not all(map(accepted, set(map(type, rows)))):
            return _kind_by_kind(rows, feature, error)
        return pa.array(rows, type=target)


def _kind_by_kind(rows: list[Any], feature: Value, error: Exception) -> pa.Array:
    """Values whose mixture Arrow cannot name (dates and times), though each of them fits."""
    kinds: dict[type, list[int]] = {}
    for place, row in enumerate(rows):
        kinds.setdefault(type(row), []).append(place)
    if len(kinds) < 2:
        raise error
    groups = [_array(_exact_value([rows[place] for place in places], feature)) for places in kinds.values()]
    order = np.argsort(np.concatenate([np.asarray(places) for places in kinds.values()]), kind="stable")
    return pa.concat_arrays(groups).take(pa.array(order))


def _integers(kind: type) -> bool:
    return kind is type(None) or (issubclass(kind, int | np.integer) and not issubclass(kind, bool | np.timedelta64))


def _decimals(kind: type) -> bool:
    return _integers(kind) or kind.__name__ == "Decimal"


_ACCEPTED_TOGETHER: dict[str, Callable[[type], bool]] = {"int": _integers, "decimal": _decimals}


def _group(t: pa.DataType) -> str:
    return "int" if _types.is_integer(t) else "decimal" if _types.is_decimal(t) else ""


def _exact_array(values: list[Any], feature: ArrayXD) -> pa.Array:
    return fitting(_exact_list(values, feature.lists), feature)


_EXACT: tuple[tuple[Any, Callable[[list[Any], Any], Any]], ...] = (
    (Struct, _exact_struct),
    (List | LargeList, _exact_list),
    (ArrayXD, _exact_array),
    (ClassLabel, _exact_label),
    (Value, _exact_value),
)


def _array(found: Any) -> pa.Array:
    return pa.concat_arrays(found.chunks) if isinstance(found, pa.ChunkedArray) else found


def _nulls(rows: list[Any]) -> pa.Array | None:
    missing = [row is None for row in rows]
    return pa.array(missing) if any(missing) else None
