"""The numpy format: dtypes, shapes, views."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError
from nlpdata.formats import FormatSpec, get_formatter
from nlpdata.formats.numpy import _FIXED_WIDTH_BYTES

NUMPY = get_formatter(FormatSpec("numpy"))


def column(values: Any, kind: pa.DataType | None = None, **kwargs: Any) -> Any:
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, kind)
    return get_formatter(FormatSpec("numpy", kwargs=kwargs)).column(pa.table({"c": array}), "c")


def shares(found: Any, array: pa.Array) -> bool:
    child = array
    while not pa.types.is_primitive(child.type):
        child = child.values
    return np.shares_memory(found, np.frombuffer(child.buffers()[1], np.uint8))


@pytest.mark.parametrize("kind", [pa.int64(), pa.float32()])
def test_numbers_are_views(kind: pa.DataType) -> None:
    array = pa.array([1, 2, 3, 4], kind)
    found = column(array.slice(1))
    assert found.tolist() == [2, 3, 4] and shares(found, array)
    with pytest.raises(ValueError, match="read-only"):
        found[0] = 1


def test_a_mutable_buffer_is_not_written_through() -> None:
    owned = np.arange(3)
    with pytest.raises(ValueError, match="read-only"):
        column(pa.array(owned))[0] = 7


def test_lists_are_views() -> None:
    ragged = pa.array([[1, 2], [3], []])
    found = column(ragged)
    assert found.dtype == object and [a.tolist() for a in found] == [[1, 2], [3], []]
    assert all(shares(a, ragged) for a in found[:2])
    equal = pa.array([[1, 2], [3, 4]])
    assert column(equal).shape == (2, 2) and shares(column(equal), equal)
    fixed = pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.float32(), 2)).slice(1)
    assert column(fixed).tolist() == [[3, 4], [5, 6]] and shares(column(fixed), fixed)


def test_copies_are_writable() -> None:
    for values in ([1, 2], [[1], [2, 3]], [[1, 2], [3, 4]]):
        found = column(values, copy=True)
        (found if found.dtype != object else found[0])[0] = 7
    assert column([1, 2], copy=True).flags.owndata


@pytest.mark.parametrize(
    ("values", "kind", "dtype", "shape"),
    [
        ([1, 2], pa.int8(), "int64", (2,)),
        ([1, 2], pa.uint32(), "int64", (2,)),
        ([1.5, 2], pa.float64(), "float32", (2,)),
        ([1.5, None], pa.float64(), "float32", (2,)),
        ([1, None], pa.int64(), "float64", (2,)),
        ([True, False], None, "bool", (2,)),
        ([True, None], None, "object", (2,)),
        (["a", "bcd"], None, "<U3", (2,)),
        (["a", None], None, "object", (2,)),
        ([b"a", b"bcd"], None, "S3", (2,)),
        ([None, None], None, "object", (2,)),
        ([dt.date(2020, 1, 1), None], None, "<M8[D]", (2,)),
        ([dt.datetime(2020, 1, 1)], pa.timestamp("ns", "UTC"), "<M8[ns]", (1,)),
        ([dt.timedelta(1), None], pa.duration("ms"), "<m8[ms]", (2,)),
        ([[1], [2]], pa.list_(pa.int16()), "int64", (2, 1)),
        ([[1, None], [2, 3]], None, "float64", (2, 2)),
        ([[1, 2], None], None, "object", (2,)),
        ([[], []], pa.list_(pa.int32()), "int64", (2, 0)),
        ([[[1, 2]], [[3, 4]]], None, "int64", (2, 1, 2)),
        ([[["a"], ["b"]]], None, "object", (1, 2, 1)),
        ([["a"], ["b", "c"]], None, "object", (2,)),
        ([{"a": 1}], None, "object", (1,)),
        ([], pa.int32(), "int64", (0,)),
        ([], pa.list_(pa.int32(), 3), "object", (0,)),
    ],
)
def test_dtypes_and_shapes(values: Any, kind: Any, dtype: str, shape: tuple[int, ...]) -> None:
    found = column(values, kind)
    assert (found.dtype, found.shape) == (np.dtype(dtype), shape)


def test_nulls_are_nan_and_nat() -> None:
    assert np.isnan(column([1, None])).tolist() == [False, True]
    assert np.isnat(column([None, dt.date(2020, 1, 1)])).tolist() == [True, False]


def test_integers_with_nulls_keep_their_digits() -> None:
    assert column([2**53 - 1, None])[0] == 2**53 - 1


def test_nested_rows_stack_where_they_can() -> None:
    found = column([[[1, 2], [3]], [[4, 5]], []])
    assert found.shape == (3,) and found[0].dtype == object and found[1].shape == (1, 2) and found[2].shape == (0,)


def test_structs_hold_scalars_and_none() -> None:
    found = column([{"a": 1, "b": "x", "c": [1]}, {"a": None, "b": None, "c": None}, None])
    assert found[0]["a"] == 1 and found[0]["a"].dtype == np.int64 and found[0]["b"] == "x" and found[0]["c"].tolist() == [1]
    assert found[1] == {"a": None, "b": None, "c": None} and found[2] is None


def test_text_that_fixed_width_would_change_stays_objects() -> None:
    assert column(["a\0", "b"]).tolist() == ["a\0", "b"]
    assert column([b"a\0", b"b"]).tolist() == [b"a\0", b"b"]
    long = ["x" * (_FIXED_WIDTH_BYTES // 40) for _ in range(11)]
    assert column(long).dtype == object


@given(st.lists(st.one_of(st.text(st.characters(exclude_characters="\0"), max_size=400), st.binary(max_size=400)), min_size=1))
def test_text_takes_at_most_four_times_the_memory_of_its_objects(values: list[Any]) -> None:
    for kind in (str, bytes):
        own = [value for value in values if type(value) is kind and not (kind is bytes and value.endswith(b"\0"))]
        found = column(own, pa.string() if kind is str else pa.binary())
        assert found.tolist() == own
        if found.dtype != object:
            assert found.nbytes <= 4 * sum(len(value.encode() if kind is str else value) + 57 for value in own)


def test_documents_are_objects_and_names_are_not() -> None:
    assert column(["word"] * 9 + ["a document " * 100]).dtype == object
    assert column(["ä word"] * 9 + ["ä document " * 100]).dtype == object
    assert column(["Ann"] * 9 + ["Bartholomew Featherstonehaugh"]).dtype == "<U29"


@pytest.mark.parametrize(
    ("values", "kind", "first", "second"),
    [
        ([1, None], pa.int32(), np.int32(1), np.float64("nan")),
        ([1, 2], pa.int8(), np.int8(1), np.int8(2)),
        ([1.5, None], pa.float32(), np.float32(1.5), np.float32("nan")),
        ([True, None], None, np.bool_(True), None),
        (["a", None], None, np.str_("a"), None),
        ([b"a", b"b"], None, np.bytes_(b"a"), np.bytes_(b"b")),
        ([dt.date(2020, 1, 1), None], None, np.datetime64("2020-01-01"), np.datetime64("NaT", "D")),
    ],
)
def test_rows_are_scalars(values: Any, kind: Any, first: Any, second: Any) -> None:
    table = pa.table({"c": pa.array(values, kind)})
    rows = list(NUMPY.rows(table))
    for i, expected in enumerate((first, second)):
        for found in (NUMPY.row(table, i)["c"], rows[i]["c"]):
            assert type(found) is type(expected)
            assert found == expected or (found != found and expected != expected)
            assert getattr(found, "dtype", None) == getattr(expected, "dtype", None)


def test_a_dtype_of_ones_own() -> None:
    assert column([1, 2], dtype="int16").dtype == np.int16
    assert column([[1.5], [2.5]], dtype=np.float16).dtype == np.float16
    assert column([True], dtype=np.int8).dtype == np.int8
    assert column([1, None], dtype=object).tolist() == [1, None]
    assert column(["a"], dtype="int16").tolist() == ["a"]
    table = pa.table({"c": [1, None]})
    row = get_formatter(FormatSpec("numpy", kwargs={"dtype": "float16"})).row(table, 0)
    assert row["c"].dtype == np.float16
    with pytest.raises(ArgumentError, match="has nulls, which dtype=int32 cannot hold"):
        column([1, None], dtype="int32")


def test_too_large_for_float32_is_infinite_without_a_warning() -> None:
    assert column([1e300]).tolist() == [np.inf]


def test_several_chunks_are_one_array() -> None:
    found = column(pa.chunked_array([[1, 2], [], [3, None]], pa.int32()))
    assert found.tolist()[:3] == [1, 2, 3] and np.isnan(found[3])
    found = column(pa.chunked_array([[[1, 2]], [[3], None, [4, 5]]]))
    assert [None if a is None else a.tolist() for a in found] == [[1, 2], [3], None, [4, 5]]
    found = column(pa.chunked_array([[{"a": "x"}], [{"a": None}]]))
    assert found.tolist() == [{"a": "x"}, {"a": None}]


def test_dictionaries_are_decoded() -> None:
    assert column(pa.array(["a", "b", "a"]).dictionary_encode()).tolist() == ["a", "b", "a"]
