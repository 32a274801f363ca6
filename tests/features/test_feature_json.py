"""Json: any value in a column, and mixed types."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError, FeatureError, RowError
from nlpdata.features import (
    Features,
    Json,
    List,
    Value,
    cast_array,
    encode_column,
    encode_table,
    from_arrow_type,
    infer_feature,
)
from nlpdata.formats import FormatSpec, get_formatter

LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(LEAVES, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=3))


@settings(deadline=None, max_examples=60)
@given(st.lists(VALUES, max_size=6), st.integers(0, 6))
def test_values_come_back(values: list[Any], start: int) -> None:
    features = Features({"j": Json()})
    table = encode_table({"j": values}, features)
    assert table.schema.field("j").type == pa.json_()
    assert Features.from_arrow_schema(table.schema.remove_metadata()) == features
    shown = get_formatter(FormatSpec(), features)
    assert shown.column(table, "j") == values
    assert shown.column(table.slice(start), "j") == values[start:]


def test_formats_show_values_or_text() -> None:
    table = encode_table({"j": [{"a": 1}, None]}, Features({"j": Json()}))
    for name in (None, "numpy"):
        assert list(get_formatter(FormatSpec(name), Features({"j": Json()})).column(table, "j")) == [{"a": 1}, None]
        assert get_formatter(FormatSpec(name), Features({"j": Json(decode=False)})).column(table, "j")[0] == '{"a":1}'


def test_numpy_values_are_understood() -> None:
    assert Json().encode_example({"a": np.arange(2), "b": np.float32(0.5)}) == '{"a":[0,1],"b":0.5}'


@pytest.mark.parametrize("value", [{1: 2}, datetime.date(2020, 1, 1), b"x", {1}, np.array(["2020"], "M8[D]")])
def test_what_json_cannot_hold(value: Any) -> None:
    with pytest.raises(RowError, match="Row 1 of column 'j'"):
        encode_column([1, value], Json(), column="j")


def test_casts() -> None:
    assert cast_array(pa.array(['{"x":1}', None]), Json()).to_pylist() == ['{"x":1}', None]
    assert cast_array(pa.array(["[1]", "abc"]), Json()).to_pylist() == ['"[1]"', '"abc"']
    assert cast_array(pa.array([[1, 2]]), Json()).to_pylist() == ["[1,2]"]
    stored = encode_column([1, "a"], Json())
    assert cast_array(stored, Json()) is stored
    assert cast_array(stored, Value("string")).to_pylist() == ["1", '"a"']
    with pytest.raises(FeatureError, match="not JSON"):
        Json().decode_example("{")


@pytest.mark.parametrize(
    ("values", "feature"),
    [
        ([{"a": 1}, [1, 2], "x", None, 3], Json()), ([[1, "a"], None, [], [2.5, [1]]], List(Json())),
        ([{"x": 1}, {"x": "a"}, {"y": 2}, None], Json()), ([1, 2], Value("int64")), ([[1], []], List(Value("int64"))),
        ([[{"a": 1}, {"a": "b"}]], List({"a": Json()})), ([[{"a": 1}, {"b": "b"}, {"a": "b"}]], List(Json())),
    ],
)  # fmt: skip
def test_mixed_types(values: Any, feature: Any) -> None:
    assert infer_feature(values, on_mixed_types="use_json") == feature
    array = encode_column(values, None, on_mixed_types="use_json")
    assert from_arrow_type(array.type) == feature
    assert Features({"c": feature}).decode_column(array.to_pylist(), "c") == values


def test_mixed_types_are_refused_by_default() -> None:
    with pytest.raises(FeatureError):
        encode_column([1, "a"], None)
    with pytest.raises(ArgumentError, match="use_json"):
        infer_feature([1], on_mixed_types="usejson")
