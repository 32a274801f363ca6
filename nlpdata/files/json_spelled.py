"""Values of types that JSON has no form for: how they are spelled in a file, and columns that hold any JSON.

Knows: the spellings of ``to_json`` (ISO 8601 for dates and times, seconds for durations, text for decimals), and which columns
of a file have values without a common type.
Does not know: files and blocks.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.types as pt

from nlpdata.errors import TypeConflictError
from nlpdata.features import Features, FeatureType, Json, LargeList, List, Value, from_arrow_type, infer_feature, widen


def spelled_features(features: Features | None) -> dict[str, FeatureType]:
    """The columns that Python's parser must read; none if Arrow's can read all of them.

    >>> list(spelled_features(Features({"a": Value("int64"), "b": [Json()], "c": {"d": Value("duration[us]")}})))
    ['b', 'c']
    """
    declared: Mapping[str, FeatureType] = features or {}
    # What Arrow's parser would not give back, and where it does not read the file, also the dates that it would.
    if not any(_holds(feature, _is_hard) for feature in declared.values()):
        return {}
    return {name: feature for name, feature in declared.items() if _holds(feature, lambda f: _is_hard(f) or _is_date(f))}


def _holds(feature: FeatureType, asked: Callable[[FeatureType], bool]) -> bool:
    """Whether a feature is, or has inside, what is asked for."""
    if isinstance(feature, Mapping):
        return any(_holds(f, asked) for f in feature.values())
    return _holds(feature.feature, asked) if isinstance(feature, List | LargeList) else asked(feature)


def _is_hard(feature: FeatureType) -> bool:
    if not isinstance(feature, Value):
        return isinstance(feature, Json)
    kind = feature.pa_type
    return bool(pt.is_time(kind) or pt.is_duration(kind) or pt.is_decimal(kind))


def _is_date(feature: FeatureType) -> bool:
    return isinstance(feature, Value) and bool(pt.is_timestamp(feature.pa_type) or pt.is_date(feature.pa_type))


def read_spelled(value: Any, feature: FeatureType) -> Any:
    """A value of parsed JSON as what the feature takes; one that is spelled wrongly stays as it is, for the error to show.

    >>> read_spelled(["01:02:03", None], List(Value("time64[us]")))
    [datetime.time(1, 2, 3), None]
    """
    if isinstance(feature, Mapping):
        return (
            {k: read_spelled(v, feature[k]) if k in feature else v for k, v in value.items()}
            if isinstance(value, dict)
            else value
        )
    if isinstance(feature, List | LargeList):
        return [read_spelled(item, feature.feature) for item in value] if isinstance(value, list) else value
    read = _reader(feature.pa_type) if isinstance(feature, Value) else None
    if read is None or not isinstance(value, str | int | float):
        return value
    try:
        return read(value)
    except (ValueError, TypeError, ArithmeticError):
        return value


def _reader(kind: pa.DataType) -> Callable[[Any], Any] | None:
    """What reads the spelling of a type; None where JSON has the values."""
    if pt.is_decimal(kind):
        return lambda value: decimal.Decimal(str(value))
    if pt.is_duration(kind):
        return lambda value: datetime.timedelta(seconds=value)
    if pt.is_time(kind):
        return datetime.time.fromisoformat
    if pt.is_timestamp(kind):
        return datetime.datetime.fromisoformat
    return datetime.date.fromisoformat if pt.is_date(kind) else None


def mixed_columns(blocks: Iterable[Iterable[Any]]) -> dict[str, FeatureType]:
    """The columns of blocks of rows that hold values without a common type, with :class:`Json` where these are."""
    found: dict[str, pa.DataType] = {}
    for rows in blocks:
        columns: dict[str, list[Any]] = {}
        for row in rows:
            for name, value in row.items() if isinstance(row, dict) else ():
                columns.setdefault(name, []).append(value)
        for name, values in columns.items():
            kind = Features({name: infer_feature(values, on_mixed_types="use_json")}).arrow_schema.field(0).type
            try:
                found[name] = widen(found.get(name, pa.null()), kind)
            except TypeConflictError:
                found[name] = pa.json_()
    features = {name: from_arrow_type(kind) for name, kind in found.items()}
    return {name: f for name, f in features.items() if _holds(f, lambda inside: isinstance(inside, Json))}
