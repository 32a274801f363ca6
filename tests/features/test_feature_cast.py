"""Arrow arrays and tables as other types."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import FeatureError, RowError
from nlpdata.features import (
    ClassLabel,
    Features,
    LargeList,
    List,
    Struct,
    Translation,
    Value,
    cast_array,
    cast_table,
    encode_column,
    is_optional,
    refuses_labels,
)

LABEL = ClassLabel(names=["neg", "pos"])

CASTS: list[tuple[pa.Array, Any, list[Any]]] = [
    (pa.array([1, None]), Value("float32"), [1.0, None]),
    (pa.array([1.0, None]), Value("int8"), [1, None]),
    (pa.array([1, None]), Value("string"), ["1", None]),
    (pa.array(["1", None]), Value("int8"), [1, None]),
    (pa.array(["1.5"]), Value("float64"), [1.5]),
    (pa.array([True, None]), Value("string"), ["true", None]),
    (pa.array([True]), Value("int8"), [1]),
    (pa.array([1, 0]), Value("bool"), [True, False]),
    (pa.array([1.0, 0.0, None]), Value("bool"), [True, False, None]),
    (pa.array([float("inf"), None, 0.5]), Value("float32"), [float("inf"), None, 0.5]),
    (pa.array(["a"]), Value("large_string"), ["a"]),
    (pa.array(["a"], pa.string_view()), Value("string"), ["a"]),
    (pa.array(["a"]).dictionary_encode(), Value("string"), ["a"]),
    (pa.array([b"a"]), Value("string"), ["a"]),
    (pa.array([10]), Value("timestamp[s]"), [dt.datetime(1970, 1, 1, 0, 0, 10)]),
    (pa.array([1]), Value("date32"), [dt.date(1970, 1, 2)]),
    (pa.array(["2020-01-02"]), Value("timestamp[s]"), [dt.datetime(2020, 1, 2)]),
    (pa.array([1]), Value("decimal128(3, 1)"), [Decimal("1.0")]),
    (pa.array(["pos", "neg", None, "1", "-1"]), LABEL, [1, 0, None, 1, -1]),
    (pa.array(["pos"]).dictionary_encode(), LABEL, [1]),
    (pa.array([1, 0], pa.int8()), LABEL, [1, 0]),
    (pa.array([[["pos"], []], None]), [[LABEL]], [[[1], []], None]),
    (pa.nulls(2), {"a": Value("int8")}, [None, None]),
    (pa.array([[1, 2], None, []]), LargeList(Value("int8")), [[1, 2], None, []]),
    (pa.array([[1, 2], None], pa.large_list(pa.int64())), [Value("int8")], [[1, 2], None]),
    (pa.array([[1, 2], None]), List(Value("string"), length=2), [["1", "2"], None]),
    (pa.array([[1, 2], None], pa.list_(pa.int64(), 2)), [Value("int64")], [[1, 2], None]),
    (pa.array([{"b": 1, "a": "x"}, None]), {"a": Value("string"), "b": Value("float64"), "c": LABEL},
     [{"a": "x", "b": 1.0, "c": None}, None]),
    (pa.array([{"en": "x"}]), Translation(["fr", "en"]), [{"en": "x", "fr": None}]),
]  # fmt: skip


@pytest.mark.parametrize(("array", "feature", "expected"), CASTS, ids=lambda x: str(x)[:50].replace("\n", ""))
def test_values_are_kept(array: pa.Array, feature: Any, expected: list[Any]) -> None:
    found = cast_array(array, feature)
    found.validate(full=True)
    assert found.to_pylist() == expected
    assert cast_array(array.slice(1), feature).to_pylist() == expected[1:]
    chunked = pa.chunked_array([array, array.slice(1)])
    again = cast_array(chunked, feature)
    assert isinstance(again, pa.ChunkedArray)
    assert again.to_pylist() == expected + expected[1:]
    assert again.type == found.type


REFUSED: list[tuple[pa.Array, Any, int]] = [
    (pa.array([1.0, 1.5]), Value("int8"), 1), (pa.array([None, 300]), Value("int8"), 1), (pa.array(["1",
    "x"]), Value("int8"), 1),
    (pa.array([-1]), Value("uint8"), 0), (pa.array(["neg", "ops"]), LABEL, 1), (pa.array([0, 2]), LABEL, 1),
    (pa.array([0, -2]), LABEL, 1), (pa.array([0.0, 0.5]), LABEL, 1), (pa.array([[0], [7]]), [LABEL], 1),
    (pa.array([[1], [1, 2]]), List(Value("int8"), length=1), 1), (pa.array([b"a", b"\xff"]), Value("string"), 1),
    (pa.array([2**53 + 1]), Value("float64"), 0), (pa.array([2**24, 2**24 + 1]), Value("float32"), 1),
    (pa.array([-2048, -2049], pa.int16()), Value("float16"), 1), (pa.array([1, 2**24 + 1], pa.uint32()), Value("float32"), 1),
    (pa.array([[1], [None, 2**24 + 1]]), [Value("float32")], 1), (pa.array([{"a": 70_000}]), {"a": Value("float16")}, 0),
    (pa.array([[0], [7]], pa.list_(pa.int8(), 1)), List(LABEL, length=1), 1), (pa.array([2**63], pa.uint64()), LABEL, 0),
    (pa.array([{"a": 0}, {"a": 2}]), {"a": LABEL}, 1), (pa.array([0, 5]).dictionary_encode(), LABEL, 1),
    (pa.array([[{"a": 1}], [{"a": -2}]], pa.large_list(pa.struct({"a": pa.int32()}))), [{"a": LABEL}], 1),
    (pa.array([None, [1]]), Value("int8"), 1),
    (pa.array([1]), [Value("int8")], 0),
    (pa.array([{"a": 1}]), Value("string"), 0), (pa.array([None, {"b": 1}]), {"a": Value("int8")}, 1),
    (pa.array([1, None, 2]), Value("bool"), 2), (pa.array([0.0, 0.5]), Value("bool"), 1),
    (pa.array([float("inf"), 1e300]), Value("float32"), 1), (pa.array([[1.0], [None, 7e4]]), [Value("float16")], 1),
    (pa.array([1]), {"a": Value("int8")}, 0), (pa.array([dt.datetime(2020, 1, 1, 1)]), Value("int8"), 0),
]  # fmt: skip


@pytest.mark.parametrize(("array", "feature", "row"), REFUSED, ids=lambda x: str(x)[:50].replace("\n", ""))
def test_the_first_row_that_cannot_be_kept_is_named(array: pa.Array, feature: Any, row: int) -> None:
    with pytest.raises(RowError, match=f"Row {row} of column 'c'") as caught:
        cast_array(array, feature, column="c")
    assert caught.value.value == array[row].as_py()
    with pytest.raises(FeatureError, match=f"Row {row}: "):
        cast_array(pa.chunked_array([array, array]), feature)


def test_arrow_types_are_targets_too() -> None:
    assert cast_array(pa.array([1]), pa.int8()).type == pa.int8()
    dictionary = pa.dictionary(pa.int32(), pa.string())
    assert cast_array(pa.array(["a"]), dictionary).type == dictionary
    marked = encode_column([{"a": 1}, {}], None).type
    found = cast_array(pa.array([{"a": 1}]), marked)
    assert is_optional(found.type.field("a"))


def test_marks_follow_the_feature() -> None:
    plain = pa.array([{"a": 1}, {"a": None}])
    found = cast_array(plain, Struct({"a": Value("int64")}, optional=["a"]))
    assert is_optional(found.type.field("a"))
    assert not is_optional(cast_array(found, {"a": Value("int64")}).type.field("a"))
    assert found.field("a").buffers()[1].address == plain.field("a").buffers()[1].address


def test_values_below_null_rows_are_not_looked_at() -> None:
    hidden = pa.StructArray.from_arrays([pa.array(["1", "not a number"])], ["a"], mask=pa.array([False, True]))
    assert cast_array(hidden, {"a": Value("int8")}).to_pylist() == [{"a": 1}, None]
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), pa.array(["1", "x"]), mask=pa.array([False, True]))
    assert cast_array(lists, [Value("int8")]).to_pylist() == [[1], None]


def test_structs_without_keys() -> None:
    empty = pa.array([{}, None])
    assert cast_array(empty, {}).to_pylist() == [{}, None]
    assert cast_array(empty, {"a": Value("int8")}).to_pylist() == [{"a": None}, None]


def test_tables_follow_the_features() -> None:
    features = Features({"label": LABEL, "text": Value("string"), "more": [Value("int8")]})
    table = pa.table({"text": ["a", None], "label": ["pos", "neg"]})
    found = cast_table(table, features)
    assert found.schema.equals(features.arrow_schema, check_metadata=True)
    assert found.to_pylist() == [{"label": 1, "text": "a", "more": None}, {"label": 0, "text": None, "more": None}]
    assert cast_table(found, features).equals(found)
    assert cast_table(table.slice(0, 0), features).num_rows == 0
    with pytest.raises(FeatureError, match=r"lable.*Did you mean 'label'"):
        cast_table(pa.table({"lable": [1]}), features)
    with pytest.raises(RowError, match="Row 1 of column 'label'"):
        cast_table(pa.table({"label": ["pos", "x"]}), features)
    empty = Features()
    assert cast_table(pa.table({}), empty).num_columns == 0


def test_a_label_out_of_range_is_told_with_the_range() -> None:
    wrong = r"Row 11 of column 'c': 5 \(int\).*There is no class 5\. There are 2 classes: neg, pos\. "
    for values in (pa.array([0, 5]), np.array([0, 5]), [0, 5], pa.chunked_array([[0], [5]])):
        with pytest.raises(RowError, match=wrong + "Labels are the integers from 0 to 1; -1 means no label"):
            encode_column(values, LABEL, column="c", first_row=10)


def test_what_was_meant_as_a_label_is_told_from_something_else() -> None:
    struct = {"a": LABEL, "b": Value("int64")}
    for values in ([5, None], [-2], [np.int8(2)], [2**63]):
        assert refuses_labels(encode_column(values, None), LABEL)
        assert refuses_labels(encode_column([[value] for value in values], None), List(LABEL))
        assert refuses_labels(encode_column([{"a": value} for value in values], None), struct)
    for values in ([1.5, 5.0], ["x"], [1, -1, None], [None], [[5]], [True]):
        assert not refuses_labels(encode_column(values, None), LABEL)
    assert not refuses_labels(encode_column([{"a": 1, "b": "x"}], None), struct)
    assert refuses_labels(pa.chunked_array([[0], [5]]), LABEL)
