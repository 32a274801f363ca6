"""Views one above the other or side by side, and the one schema they agree on.

Knows: which feature types agree, and that a missing column is all null. Does not know: datasets. Reads and copies nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from nlpdata.errors import ArgumentError, TypeConflictError
from nlpdata.features import Features, FeatureType, LargeList, List, Struct, Value
from nlpdata.store.group import NullGroup
from nlpdata.store.view import View

_LARGER = {("string", "large_string"): "large_string", ("binary", "large_binary"): "large_binary"}


def common_features(all_features: Sequence[Features]) -> Features:
    """The features that datasets stacked one above the other have together.

    Columns in order of first appearance. A null type takes the other's; fields missing in a struct are added.

    Raises:
        TypeConflictError: a column has two types; names the column and both.
    """
    merged: dict[str, FeatureType] = {}
    for i, features in enumerate(all_features):
        for name, feature in features.items():
            if name not in merged:
                merged[name] = feature
                continue
            both = merge(merged[name], feature)
            if both is None:
                raise TypeConflictError(
                    f"Column {name!r} is {feature} in dataset {i}, but {merged[name]} in those before it. "
                    f"Cast one of them first: ds.cast_column({name!r}, ...)."
                )
            merged[name] = both
    return Features(merged)


def merge(a: FeatureType, b: FeatureType) -> FeatureType | None:
    """The one feature that both agree on, or None.

    >>> merge(Value("null"), Value("string")), merge(Value("int32"), Value("int64"))
    (Value('string'), None)
    """
    if a is b:
        return a
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return _merge_structs(a, b)
    if is_null(b):
        return a
    if is_null(a):
        return b
    if isinstance(a, Value) and isinstance(b, Value):
        if a == b:
            return a
        larger = _LARGER.get((a.dtype, b.dtype)) or _LARGER.get((b.dtype, a.dtype))
        return Value(larger) if larger else None
    if type(a) is type(b) and isinstance(a, List | LargeList) and getattr(a, "length", -1) == getattr(b, "length", -1):
        inner = merge(a.feature, b.feature)  # type: ignore[union-attr]
        return None if inner is None else List(inner, length=a.length) if isinstance(a, List) else LargeList(inner)
    return a if a == b else None


def _merge_structs(a: Mapping[str, Any], b: Mapping[str, Any]) -> FeatureType | None:
    merged = {}
    for name in [*a, *(n for n in b if n not in a)]:
        both = merge(a[name], b[name]) if name in a and name in b else a.get(name, b.get(name))
        if both is None:
            return None
        merged[name] = both
    optional = {name for side in (a, b) for name in getattr(side, "optional", ())} | (set(a) ^ set(b))
    return Struct(merged, optional)


def is_null(feature: FeatureType) -> bool:
    """Whether a column of this type can only hold nulls."""
    return isinstance(feature, Value) and feature.dtype == "null"


def stack(views: Sequence[View], all_features: Sequence[Features], features: Features) -> View:
    """Views one above the other.

    Args:
        views: the views.
        all_features: the features of each, already of the storage types of ``features`` or null.
        features: the common features; a column that a view lacks is null there, without storage.
    """
    schema = features.arrow_schema
    aligned = []
    for view, own in zip(views, all_features, strict=True):
        empty = [name for name in features if name not in own or (is_null(own[name]) and not is_null(features[name]))]
        if empty:
            view = view.with_columns(NullGroup(pa.schema([schema.field(name) for name in empty]), view.num_rows))
        aligned.append(view.pick(list(features)))
    return View.stack(aligned)


def beside(views: Sequence[View]) -> View:
    """Views side by side.

    Raises:
        ArgumentError: their numbers of rows differ, or two have a column of one name.
    """
    rows = [view.num_rows for view in views]
    if len(set(rows)) > 1:
        raise ArgumentError(f"Datasets side by side need equal numbers of rows, but these have {rows}.")
    seen: dict[str, int] = {}
    for i, view in enumerate(views):
        for name in view.column_names:
            if name in seen:
                raise ArgumentError(f"Column {name!r} is in datasets {seen[name]} and {i}. Rename or remove one of them.")
            seen[name] = i
    return View.beside(list(views))
