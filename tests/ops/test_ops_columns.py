"""Renaming, flattening, encoding and combining columns."""

from __future__ import annotations

import pyarrow as pa
import pytest

from nlpdata.errors import ArgumentError, TypeConflictError, UnknownColumnError
from nlpdata.features import ClassLabel, Features, LargeList, List, Struct, Value
from nlpdata.ops import columns, combine
from nlpdata.store.group import TableGroup
from nlpdata.store.selection import Rows
from nlpdata.store.view import View

NESTED = [{"x": 1, "y": {"z": "a"}}, None, {"x": 3, "y": None}]


def nested_view() -> View:
    return View.of(TableGroup(pa.table({"id": [0, 1, 2], "s": NESTED})))


def test_a_renaming_is_checked() -> None:
    columns.check_renaming({"a": "b", "b": "a"}, ["a", "b"])
    with pytest.raises(UnknownColumnError, match="Did you mean 'text'"):
        columns.check_renaming({"txet": "b"}, ["text"])
    with pytest.raises(ArgumentError, match="there is such a column"):
        columns.check_renaming({"a": "b"}, ["a", "b"])
    with pytest.raises(ArgumentError, match="Two columns"):
        columns.check_renaming({"a": "c", "b": "c"}, ["a", "b"])
    with pytest.raises(ArgumentError, match="non-empty"):
        columns.check_renaming({"a": ""}, ["a"])


def test_flattening_copies_nothing_and_keeps_nulls() -> None:
    view = nested_view()
    flat, features = columns.flatten(view, Features.from_arrow_schema(view.schema))
    assert flat.column_names == list(features) == ["id", "s.x", "s.y.z"]
    assert flat.table().to_pydict() == {"id": [0, 1, 2], "s.x": [1, None, 3], "s.y.z": ["a", None, None]}
    assert flat.take([2, 0])["s.x"].to_pylist() == [3, 1]
    assert flat.select(Rows(__import__("numpy").array([2, 1]))).pick(["s.y.z"]).table().to_pydict() == {"s.y.z": [None, None]}


def test_flattening_stops_at_a_depth() -> None:
    view = nested_view()
    once, features = columns.flatten(view, Features.from_arrow_schema(view.schema), max_depth=2)
    assert once.column_names == list(features) == ["id", "s.x", "s.y"]
    assert once.table()["s.y"].to_pylist() == [{"z": "a"}, None, None]


def test_flattening_refuses_two_columns_of_one_name() -> None:
    view = View.of(TableGroup(pa.table({"s": [{"x": 1}], "s.x": [2]})))
    with pytest.raises(ArgumentError, match=r"two columns named 's\.x'"):
        columns.flatten(view, Features.from_arrow_schema(view.schema))


def test_a_flattened_view_has_a_stable_key() -> None:
    view = nested_view()
    features = Features.from_arrow_schema(view.schema)
    assert columns.flatten(view, features)[0].content_key() == columns.flatten(nested_view(), features)[0].content_key()


def test_a_field_of_a_field() -> None:
    view = nested_view()
    features = Features.from_arrow_schema(view.schema)
    found, feature = columns.field(view, features["s"], ["s", "y", "z"])
    assert found.table().to_pydict() == {"z": ["a", None, None]}
    assert feature == Value("string")
    with pytest.raises(UnknownColumnError, match="field of 's' 'xx'"):
        columns.field(view, features["s"], ["s", "xx"])
    with pytest.raises(UnknownColumnError, match="int64"):
        columns.field(view, features["id"], ["id", "x"])


def test_classes_are_encoded_by_their_text() -> None:
    table = pa.table({"a": pa.chunked_array([[True, None], [False]])})
    assert columns.EncodeClasses("a", ("False", "True"), False)(table)["a"].to_pylist() == [1, None, 0]
    assert columns.EncodeClasses("a", ("False", "None", "True"), True)(table)["a"].to_pylist() == [2, 1, 0]


def test_class_ids_are_remapped() -> None:
    table = pa.table({"a": [0, 2, None, -1]})
    assert columns.RemapClasses("a", (5, 6, 7))(table)["a"].to_pylist() == [5, 7, None, -1]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Value("null"), Value("int64"), Value("int64")),
        (Value("string"), Value("null"), Value("string")),
        (Value("int32"), Value("int64"), None),
        (Value("string"), Value("large_string"), Value("large_string")),
        (List(Value("null")), List(Value("string")), List(Value("string"))),
        (LargeList(Value("null")), LargeList(Value("string")), LargeList(Value("string"))),
        (List(Value("int64"), length=2), List(Value("int64")), None),
        ({"x": Value("null")}, {"x": Value("string"), "y": Value("int8")}, {"x": Value("string"), "y": Value("int8")}),
        ({"x": Value("bool")}, {"x": Value("string")}, None),
        (ClassLabel(names=["a"]), ClassLabel(names=["b"]), None),
        (ClassLabel(names=["a"]), ClassLabel(names=["a"]), ClassLabel(names=["a"])),
    ],
)
def test_what_two_features_agree_on(a: object, b: object, expected: object) -> None:
    assert combine.merge(a, b) == expected
    assert combine.merge(b, a) == expected


def test_keys_that_one_side_lacks_are_optional() -> None:
    merged = combine.merge(List(Struct({"x": Value("int8")}, ["x"])), List({"x": Value("int8"), "y": Value("bool")}))
    assert isinstance(merged, List)
    assert merged.feature.optional == {"x", "y"}


def test_a_conflict_names_column_dataset_and_types() -> None:
    with pytest.raises(TypeConflictError, match=r"'a' is Value\('int32'\) in dataset 1, but Value\('int64'\)"):
        combine.common_features([Features({"a": Value("int64")}), Features({"a": Value("int32")})])


def test_beside_refuses_other_lengths_and_double_names() -> None:
    one, two = View.of(TableGroup(pa.table({"a": [1]}))), View.of(TableGroup(pa.table({"a": [1, 2]})))
    with pytest.raises(ArgumentError, match=r"\[1, 2\]"):
        combine.beside([one, two])
    with pytest.raises(ArgumentError, match="'a' is in datasets 0 and 1"):
        combine.beside([one, one])
