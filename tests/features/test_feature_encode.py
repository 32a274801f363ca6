"""Columns of Python, NumPy, torch, pandas and Arrow values as Arrow arrays; the first row that does not fit."""

from __future__ import annotations

import collections
import datetime as dt
import types
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError, FeatureError, RowError, TypeConflictError, UnknownColumnError
from nlpdata.features import (
    Array2D,
    ClassLabel,
    Features,
    LargeList,
    List,
    Sequence,
    Translation,
    TranslationVariableLanguages,
    Value,
    encode_column,
    encode_table,
    infer_type,
    is_optional,
)

UTC = dt.UTC
NOON = dt.datetime(2020, 1, 2, 12)
MIDNIGHT = dt.datetime(2020, 1, 2)
DAY = dt.date(2020, 1, 2)


def _case(value: Any) -> str:
    """What a case is called: the same in each process, so without the addresses of objects."""
    return str(value).split(" at 0x")[0][:40]


FITS: list[tuple[Any, Any, list[Any]]] = [
    (Value("int32"), [1, None, np.int64(3), np.int8(-1), 2.0], [1, None, 3, -1, 2]),
    (Value("uint64"), [2**63, 1, None], [2**63, 1, None]),
    (Value("float32"), [1, 2.5, None, np.float64(3)], [1.0, 2.5, None, 3.0]),
    (Value("float32"), [2**24, -(2**24), None], [2.0**24, -(2.0**24), None]),
    (Value("float32"), [2.0**24 + 1, 1e10], [2.0**24, 1e10]),
    (Value("float16"), [2**11, -(2**11)], [2048.0, -2048.0]),
    (Value("float64"), [np.float32(0.5), np.int8(1)], [0.5, 1.0]),
    (Value("float16"), [1, 0.5], [1.0, 0.5]),
    (Value("bool"), [True, np.bool_(False), None], [True, False, None]),
    (Value("string"), ["a", np.str_("b"), None], ["a", "b", None]),
    (Value("large_string"), ["a"], ["a"]),
    (Value("string_view"), ["a", None], ["a", None]),
    (Value("binary"), [b"a", bytearray(b"b"), None], [b"a", b"b", None]),
    (Value("fixed_size_binary[2]"), [b"ab", None], [b"ab", None]),
    (Value("null"), [None, None], [None, None]),
    (Value("timestamp[s]"), [MIDNIGHT, None], [MIDNIGHT, None]),
    (Value("timestamp[s]"), [10], [dt.datetime(1970, 1, 1, 0, 0, 10)]),
    (Value("timestamp[us]"), [DAY, NOON], [MIDNIGHT, NOON]),
    (Value("timestamp[us, tz=UTC]"), [NOON.replace(tzinfo=UTC)], [NOON.replace(tzinfo=UTC)]),
    (Value("date32"), [DAY, MIDNIGHT, None], [DAY, DAY, None]),
    (Value("date64"), [DAY], [DAY]),
    (Value("time32[s]"), [dt.time(1, 2)], [dt.time(1, 2)]),
    (Value("duration[s]"), [dt.timedelta(1)], [dt.timedelta(1)]),
    (Value("decimal128(4, 1)"), [Decimal("1.5"), 2, None], [Decimal("1.5"), Decimal("2.0"), None]),
    (ClassLabel(names=["a", "b"]), ["b", 0, None, "1", -1, np.int64(1), 1.0], [1, 0, None, 1, -1, 1, 1]),
    (ClassLabel(names=["a", "b"]), ["b", None], [1, None]),
    ([ClassLabel(names=["a", "b"])], [["b", "a"], [], None], [[1, 0], [], None]),
    ([ClassLabel(names=["a", "b"])], [["b", 0]], [[1, 0]]),
    ([Value("int8")], [[1], (2, 3), np.array([4, 5]), range(2), {7}, None, []], [[1], [2, 3], [4, 5], [0, 1], [7], None, []]),
    ([Value("float32")], [np.array([1.5]), None, np.array([2])], [[1.5], None, [2.0]]),
    (List(Value("int8"), length=2), [[1, 2], None, np.array([3, 4])], [[1, 2], None, [3, 4]]),
    (List(Value("int8"), length=0), [[], None], [[], None]),
    (LargeList(Value("string")), [["a"], []], [["a"], []]),
    ([[Value("int64")]], [np.ones((2, 2), int), [[1], []], None], [[[1, 1], [1, 1]], [[1], []], None]),
    ({"a": Value("int8"), "b": [Value("string")]}, [{"a": 1}, {"b": ["x"], "a": None}, None, {}],
     [{"a": 1, "b": None}, {"a": None, "b": ["x"]}, None, {"a": None, "b": None}]),
    ({"a": Value("int8")}, [collections.UserDict(a=1), types.MappingProxyType({"a": 2})], [{"a": 1}, {"a": 2}]),
    ({}, [{}, None], [{}, None]),
    (Sequence({"t": Value("string"), "n": Value("int32")}), [[{"t": "a", "n": 1}, {"t": "b"}], {"t": ["c"], "n": [2]}, []],
     [{"t": ["a", "b"], "n": [1, None]}, {"t": ["c"], "n": [2]}, {"t": [], "n": []}]),
    (Translation(["fr", "en"]), [{"fr": "a", "en": "b"}, None], [{"en": "b", "fr": "a"}, None]),
    (TranslationVariableLanguages(), [{"fr": ["b", "a"], "en": "c"}, None],
     [{"language": ["en", "fr", "fr"], "translation": ["c", "a", "b"]}, None]),
    ([TranslationVariableLanguages()], [[{"en": "a"}], []], [[{"language": ["en"], "translation": ["a"]}], []]),
]  # fmt: skip


@pytest.mark.parametrize(("feature", "values", "expected"), FITS, ids=_case)
def test_values_that_fit(feature: Any, values: list[Any], expected: list[Any]) -> None:
    array = encode_column(values, feature)
    array.validate(full=True)
    assert array.to_pylist() == expected
    assert encode_column(tuple(values), feature).equals(array)
    assert encode_column([], feature).type == array.type
    assert encode_column([None] * 3, feature).null_count == 3


REFUSED: list[tuple[Any, Any]] = [
    (Value("int32"), "1"), (Value("int32"), 1.5), (Value("int32"), True), (Value("int32"), 2**31), (Value("int32"), b"1"),
    (Value("int32"), [1]), (Value("int32"), {"a": 1}), (Value("int32"), 2**70), (Value("int32"), float("nan")),
    (Value("int32"), Decimal("1")), (Value("uint8"), -1), (Value("uint8"), 256), (Value("uint64"), 2**64),
    (Value("float32"), "1.5"), (Value("float32"), True), (Value("float64"), 2**53 + 1), (Value("float64"), Decimal("1.5")),
    (Value("float32"), 2**24 + 1), (Value("float32"), np.int64(-(2**24) - 1)), (Value("float16"), 2**11 + 1),
    (Value("float16"), 70_000), ([Value("float32")], [2**24 + 1]), ([Value("float32")], np.array([2**24 + 1])),
    ({"a": Value("float16")}, {"a": 2049}), (List(Value("float32"), length=1), [2**24 + 1]),
    (Array2D((1, 1), "float32"), [[2**24 + 1]]), ({"a": ClassLabel(names=["a"])}, {"a": 1}),
    (List(ClassLabel(names=["a"]), length=1), [3]), (LargeList({"a": ClassLabel(names=["a"])}), [{"a": np.int8(2)}]),
    ([ClassLabel(names=["a"])], np.array([7])),
    (Value("string"), 1), (Value("string"), 1.5), (Value("string"), True), (Value("string"), b"\xff"), (Value("string"), ["a"]),
    (Value("string"), "\ud800"), (Value("large_string"), 1), (Value("string_view"), 1), (Value("binary"), 1),
    (Value("fixed_size_binary[2]"), b"abc"), (Value("bool"), 1), (Value("bool"), "true"), (Value("bool"), 0.0),
    (Value("null"), 0), (Value("timestamp[s]"), "2020-01-01"), (Value("timestamp[s]"), 1.5), (Value("timestamp[s]"), True),
    (Value("timestamp[s]"), NOON.replace(microsecond=1)), (Value("date32"), NOON), (Value("date32"), "2020-01-01"),
    (Value("time32[s]"), dt.time(1, 2, 3, 4)), (Value("decimal128(4, 1)"), Decimal("1.55")),
    (Value("decimal128(4, 1)"), 10_000),
    (Value("decimal128(4, 1)"), 1.5), (Value("decimal128(4, 1)"), "1.5"),
    (ClassLabel(names=["a"]), "b"), (ClassLabel(names=["a"]), 1), (ClassLabel(names=["a"]), -2),
    (ClassLabel(names=["a"]), False),
    (ClassLabel(names=["a"]), 0.5), (ClassLabel(names=["a"]), ["a"]), ([ClassLabel(names=["a"])], ["a", "b"]),
    ([ClassLabel(names=["a"])], [7]), ([Value("string")], "ab"), ([Value("int8")], 5), ([Value("int8")], {"a": 1}),
    ([Value("int8")], [1, "x"]), ([Value("int8")], np.array([1.5])), ([Value("int8")], np.array([[1]])), ([Value("int8")],
    [[1]]),
    ([Value("string")], b"ab"), (List(Value("int8"), length=2), [1]), (List(Value("int8"), length=2), np.array([1, 2, 3])),
    ({"a": Value("int8")}, {"b": 1}), ({"a": Value("int8")}, {"a": "x"}), ({"a": Value("int8")}, (1,)),
    ({"a": Value("int8")}, 5),
    ({"a": Value("int8")}, {1: 1}), ({"a": Value("int8")}, [("a", 1)]), ({"a": {"b": Value("int8")}}, {"a": {"c": 1}}),
    (Translation(["en"]), {"en": 1}), (Translation(["en"]), {"de": "x"}), (TranslationVariableLanguages(["en"]), {"de": "x"}),
    (TranslationVariableLanguages(), "x"), (TranslationVariableLanguages(), {"en": 1}), (Value("int32"), object()),
]  # fmt: skip


@pytest.mark.parametrize(("feature", "value"), REFUSED, ids=_case)
def test_the_first_value_that_does_not_fit_is_named(feature: Any, value: Any) -> None:
    for before in ([None], [None] * 9):
        with pytest.raises(RowError, match="does not fit") as caught:
            encode_column([*before, value, None, value], feature, column="c", first_row=1000)
        error = caught.value
        assert (error.row, error.column) == (1000 + len(before), "c")
        assert error.value is value
        assert f"Row {1000 + len(before)} of column 'c'" in str(error)


@pytest.mark.parametrize(
    ("feature", "values"),
    [
        (Value("float32"), [0.5, True]), ([Value("float32")], [[0.5], [True]]),
        ({"a": Value("float32")}, [{"a": 0.5}, {"a": True}]),
        ([[Value("float64")]], [[[0.5]], [[False, 1.0]]]), (Value("date32"), [DAY, NOON]), ([Value("float32")], [[0.5],
        [np.True_]]),
        (Value("string"), ["a", b"\xff"]), ([Value("float32")], [np.array([0.5]), np.array([True])]),
    ],
    ids=str,
)  # fmt: skip
def test_what_arrow_would_mix_silently(feature: Any, values: list[Any]) -> None:
    with pytest.raises(RowError) as caught:
        encode_column(values, feature)
    assert caught.value.row == 1


MIXED_FLOATS: list[tuple[Any, Any, Any]] = [
    (Value("float32"), 0.5, 2**24 + 1), ([Value("float32")], [0.5], [1.5, 2**24 + 1]), (Value("float16"), 0.5, 2049),
    ({"a": [Value("float32")]}, {"a": [1.0]}, {"a": [0.5, np.int64(2**24 + 1)]}), (Value("float32"), np.float32(1), 2**24 + 1),
    (Array2D((1, 2), "float32"), [[0.5, 0.5]], [[0.5, 2**24 + 1]]), (List(Value("float16"), length=2), [1, 0.5], [0.5, 2049]),
]  # fmt: skip


@pytest.mark.parametrize(("feature", "fits", "wrong"), MIXED_FLOATS, ids=_case)
def test_integers_among_floats_keep_their_digits(feature: Any, fits: Any, wrong: Any) -> None:
    with pytest.raises(RowError) as caught:
        encode_column([fits, None, wrong, fits], feature, first_row=5)
    assert (caught.value.row, caught.value.value) == (7, wrong)
    assert len(encode_column([fits, None, fits], feature)) == 3


def test_large_floats_become_small_floats() -> None:
    for values in ([2.0**24 + 1, 0.5], [3e10, float("inf"), 0.1], [-1e38, 1, None]):
        expected = pa.array(np.array([np.nan if value is None else value for value in values], "float32"), from_pandas=True)
        assert encode_column(values, Value("float32")).equals(expected)
        assert encode_column([values], [Value("float32")]).flatten().equals(expected)
    with pytest.raises(RowError, match="holds each integer from -2048 to 2048"):
        encode_column(np.array([1, 2049]), Value("float16"))


def test_an_unknown_key_is_answered() -> None:
    with pytest.raises(RowError, match="Did you mean 'start'"):
        encode_column([{"strat": 1}], {"start": Value("int8"), "text": Value("string")})


# --- without a feature ---

INFERRED: list[tuple[list[Any], Any]] = [
    ([1, None], pa.int64()), ([1, 2.5], pa.float64()), ([2**63], pa.uint64()), ([None], pa.null()), ([], pa.null()),
    ([True], pa.bool_()), (["a"], pa.string()), ([b"a"], pa.binary()), ([DAY], pa.date32()), ([NOON], pa.timestamp("us")),
    ([NOON.replace(tzinfo=UTC)], pa.timestamp("us", "UTC")), ([dt.time(1)], pa.time64("us")),
    ([dt.timedelta(1)], pa.duration("us")),
    ([Decimal("1.50"), Decimal("10")], pa.decimal128(4, 2)), ([np.int8(1), None], pa.int8()), ([np.float32(1)], pa.float32()),
    ([np.int8(1), np.int16(1)], pa.int16()), ([np.datetime64("2020-01-02", "s"), None], pa.timestamp("s")),
    ([np.timedelta64(1, "s")], pa.duration("s")), ([np.datetime64("2020-01-02", "D")], pa.date32()),
    ([[1], []], pa.list_(pa.int64())), ([[]], pa.list_(pa.null())), ([[1], [2.5]], pa.list_(pa.float64())),
    ([np.arange(2, dtype="int8")], pa.list_(pa.int8())), ([np.arange(2, dtype="int8"), np.arange(2.0)], pa.list_(pa.float64())),
    ([np.ones((2, 2), "float32")], pa.list_(pa.list_(pa.float32()))),
    ([[np.ones((1, 2))]], pa.list_(pa.list_(pa.list_(pa.float64())))),
    ([{"b": 1, "a": "x"}], pa.struct({"b": pa.int64(), "a": pa.string()})), ([{}], pa.struct([])),
    ([collections.UserDict(a=1)], pa.struct({"a": pa.int64()})),
    ([[{"a": np.ones((1, 1))}]], pa.list_(pa.struct({"a": pa.list_(pa.list_(pa.float64()))}))),
    ([np.array(1), 2], pa.int64()), ([np.array(["a", None], dtype=object)], pa.list_(pa.string())),
]  # fmt: skip


@pytest.mark.parametrize(("values", "expected"), INFERRED, ids=_case)
def test_types_are_inferred(values: list[Any], expected: pa.DataType) -> None:
    assert infer_type(values) == expected
    array = encode_column(values, None)
    array.validate(full=True)
    assert array.type == expected
    assert len(array) == len(values)


CONFLICTS: list[list[Any]] = [
    [DAY, 1], [dt.time(1), 2.5], [dt.timedelta(1), 1], [np.datetime64("2020-01-01", "s"), True], [1, np.timedelta64(1, "s")],
    [np.timedelta64(1, "s"), np.datetime64("2020-01-01", "s")], [Decimal("1"), True],
    [False, 0.5], [0.5, True], [[False], [0.5]], [{"a": False}, {"a": 0.5}], [np.array([True]), np.array([0.5])],
    [np.True_, 0.5],
    [1, "a"], ["a", 1], [1, True], ["a", b"b"], [[1], 2], [{"a": 1}, 2], [[1], {"a": 1}], [{"a": 1}, {"a": "x"}],
    [1, 2.5, 2**60 + 1],
    [[1], ["a"]], [DAY, NOON], [NOON, NOON.replace(tzinfo=UTC)], [-1, 2**63], [1.5, Decimal("1")], [None, object()],
    [[{"a": b"x"}], [{"a": "x"}]], [1, 2j], [{"a": 1}, {1: 2}], [np.ones(2), np.array(["a"])],
]  # fmt: skip


@pytest.mark.parametrize("values", CONFLICTS, ids=_case)
def test_values_without_a_common_type(values: list[Any]) -> None:
    with pytest.raises(TypeConflictError):
        infer_type(values)
    with pytest.raises(RowError, match="Row 7 of column 'c'") as caught:
        encode_column(values, None, column="c", first_row=7 - (len(values) - 1))
    assert caught.value.value is values[-1]


def test_nulls_in_structs_and_lists() -> None:
    for values in ([{}, {"a": None}], [{"a": None}, {}, None], [{"a": {}}, {"a": {"b": None}}], [{"a": [None, None]}]):
        for column in (values, [values]):  # Arrow's own arrays of these are broken
            array = encode_column(column, None)
            array.validate(full=True)
            assert len(str(array.to_pylist())) > 0
            assert infer_type(column).equals(array.type, check_metadata=True)
    assert encode_column([{}, {"a": None}], {"a": Value("int8")}).to_pylist() == [{"a": None}] * 2


def optional_keys(t: pa.DataType) -> set[str]:
    return {t.field(i).name for i in range(t.num_fields) if is_optional(t.field(i))}


def test_missing_keys_are_marked_and_null_is_not_missing() -> None:
    t = encode_column([{"a": 1, "b": None}, {"a": None, "b": 2, "c": [{"d": 1}, {}]}, None], None).type
    assert optional_keys(t) == {"c"}
    assert optional_keys(t.field("c").type.value_type) == {"d"}
    table = encode_table({"x": [{"a": 1}, {}]}, None)
    assert optional_keys(table.schema.field("x").type) == {"a"}
    assert optional_keys(table.column("x").chunk(0).type) == {"a"}
    assert not optional_keys(infer_type([{"a": {"b": 1}}, {"a": None}]).field("a").type)


# --- arrays ---


def address(array: pa.Array) -> int:
    return int(array.buffers()[1].address)


def test_arrow_memory_is_shared() -> None:
    array = pa.array(np.arange(1000))
    assert address(encode_column(array, Value("int64"))) == address(array)
    table = encode_table({"a": pa.chunked_array([array, array])}, Features({"a": Value("int64")}))
    assert address(table.column("a").chunk(1)) == address(array)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array(["a", "bc"]), pa.string()), (np.array([b"a"]), pa.binary()), (np.array([1], dtype=">i4"), pa.int32()),
        (np.array(["2020"], dtype="datetime64[Y]"), pa.date32()),
        (np.array(["2020-01-02T03"], dtype="datetime64[h]"), pa.timestamp("s")),
        (np.array([1], dtype="timedelta64[D]"), pa.duration("s")), (np.ones(2, "float16"), pa.float16()),
        (np.arange(6)[::2], pa.int64()),
        (np.array([True]), pa.bool_()), (np.array([1, "a", None], dtype=object)[1:], pa.string()),
        (np.ones((2, 0)), pa.list_(pa.float64())),
        (np.ones((0, 3)), pa.list_(pa.float64())), (np.asfortranarray(np.arange(6).reshape(2, 3)), pa.list_(pa.int64())),
        (np.arange(24, dtype="uint8").reshape(2, 3, 4), pa.list_(pa.list_(pa.uint8()))),
    ],
    ids=str,
)  # fmt: skip
def test_numpy_arrays(values: np.ndarray[Any, Any], expected: pa.DataType) -> None:
    array = encode_column(values, None)
    array.validate(full=True)
    assert array.type == infer_type(values) == expected
    if values.dtype.kind in "iufb":
        assert array.to_pylist() == values.tolist()
    assert len(array) == len(values)


def test_numpy_values_that_do_not_fit() -> None:
    with pytest.raises(RowError) as caught:
        encode_column(np.array([1.0, 2.0, 2.5]), Value("int8"), column="c", first_row=10)
    assert (caught.value.row, caught.value.value) == (12, 2.5)
    with pytest.raises(RowError) as caught:
        encode_column(np.array([[1, 2], [3, 400]]), [Value("int8")])
    assert (caught.value.row, caught.value.value) == (1, [3, 400])
    for wrong in (np.ones(2, complex), np.zeros(2, dtype=[("a", "i4")])):
        with pytest.raises(FeatureError, match="cannot be stored"):
            encode_column(wrong, None)


def test_arrow_values_that_do_not_fit_are_named_over_chunks() -> None:
    chunks = pa.chunked_array([["a", "b"], [None, "zzz"], ["yyy"]])
    with pytest.raises(RowError) as caught:
        encode_column(chunks, ClassLabel(names=["a", "b"]), first_row=10)
    assert (caught.value.row, caught.value.value) == (13, "zzz")
    with pytest.raises(RowError, match="string are not int8"):
        encode_column(chunks, Value("int8"))
    with pytest.raises(RowError) as caught:
        encode_column(pa.array([None, 1, 2]), Value("string"))
    assert caught.value.row == 1


def test_arrow_types_without_a_feature_are_stored_plainly() -> None:
    cases = [
        (pa.array(["a", None]).dictionary_encode(), pa.string(), ["a", None]),
        (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int8())), None, [[{"key": "k", "value": 1}], None]),
        (pa.array([[1], [2, 3]], pa.list_view(pa.int8())), pa.list_(pa.int8()), [[1], [2, 3]]),
        (pa.array([[0], [1], None, [2, 3]], pa.list_view(pa.int8()))[1:], pa.list_(pa.int8()), [[1], None, [2, 3]]),
        (pa.array([b"x" * 16], pa.uuid()), pa.binary(16), [b"x" * 16]),
    ]
    for values, expected, rows in cases:
        array = encode_column(values, None)
        assert expected is None or array.type == expected
        assert array.to_pylist() == rows
        assert encode_column(pa.chunked_array([values]), None).type == array.type


def test_torch_tensors() -> None:
    torch = pytest.importorskip("torch")
    assert encode_column(torch.ones(2, 3), None).type == pa.list_(pa.float32())
    assert encode_column(torch.arange(3), Value("int8")).to_pylist() == [0, 1, 2]
    assert encode_column(torch.ones(2, dtype=torch.bfloat16, requires_grad=True), None).type == pa.float32()
    assert encode_column([torch.ones(2), None, torch.zeros(1)], None).to_pylist() == [[1.0, 1.0], None, [0.0]]
    assert encode_column([torch.tensor(1), 2], Value("int8")).to_pylist() == [1, 2]
    with pytest.raises(RowError):
        encode_column([torch.tensor(1.5)], Value("int8"))
    assert encode_column([{"a": torch.ones(1)}], None).to_pylist() == [{"a": [1.0]}]


def test_pandas_series() -> None:
    pd = pytest.importorskip("pandas")
    assert encode_column(pd.Series([1, 2]), None).type == pa.int64()
    assert encode_column(pd.Series([1, None]), None).to_pylist() == [1.0, None]
    assert encode_column(pd.Series([1, None], dtype="Int8"), None).type == pa.int8()
    assert encode_column(pd.Series(["a", None, float("nan"), pd.NA], dtype=object), None).to_pylist() == ["a", None, None, None]
    assert encode_column(pd.Series(["a", "b"], dtype="category"), None).to_pylist() == ["a", "b"]
    assert encode_column(pd.Series([{"a": 1}, {}]), None).to_pylist() == [{"a": 1}, {"a": None}]
    assert encode_column(pd.Series(["b"], index=[7]), ClassLabel(names=["a", "b"])).to_pylist() == [1]
    assert encode_column([1, pd.NA], Value("int8")).to_pylist() == [1, None]
    assert encode_column(pd.Index([1, 2]), None).to_pylist() == [1, 2]


def test_polars_series() -> None:
    pl = pytest.importorskip("polars")
    assert encode_column(pl.Series([1, None]), Value("int8")).to_pylist() == [1, None]
    assert encode_column(pl.Series(["a", None]), Value("string")).to_pylist() == ["a", None]


@pytest.mark.parametrize("values", ["abc", b"abc", {"a": 1}, 5, None, np.array(5)], ids=str)
def test_what_is_no_column(values: Any) -> None:
    with pytest.raises(ArgumentError, match="column is a list"):
        encode_column(values, None)


def test_iterables_are_columns() -> None:
    assert encode_column((i for i in range(3)), Value("int8")).to_pylist() == [0, 1, 2]
    assert encode_column(range(3), None).to_pylist() == [0, 1, 2]


# --- tables ---


def test_tables_follow_the_features() -> None:
    features = Features({"a": Value("int8"), "b": ClassLabel(names=["x"]), "c": {"d": Value("string")}})
    table = encode_table({"b": ["x", None], "a": [1, 2]}, features)
    assert table.schema.equals(features.arrow_schema, check_metadata=True)
    assert table.to_pylist() == [{"a": 1, "b": 0, "c": None}, {"a": 2, "b": None, "c": None}]
    assert encode_table({}, features).num_rows == 0
    assert encode_table({"a": []}, features).schema == features.arrow_schema
    assert encode_table({"x": [1], "y": ["a"]}, None).schema == pa.schema({"x": pa.int64(), "y": pa.string()})
    assert encode_table({}, Features()).num_columns == 0


def test_columns_of_unequal_length_and_unknown_columns_are_named() -> None:
    with pytest.raises(ArgumentError, match="'a': 1, 'b': 2"):
        encode_table({"a": [1], "b": [1, 2]}, None)
    with pytest.raises(UnknownColumnError, match=r"'lable'\. Did you mean 'label'"):
        encode_table({"lable": [1]}, Features({"label": Value("int8")}))


def test_a_row_of_a_table_is_named_with_its_global_number() -> None:
    with pytest.raises(RowError) as caught:
        encode_table({"a": [1, 2], "b": ["x", [3]]}, Features({"a": Value("int8"), "b": Value("string")}), first_row=5000)
    assert (caught.value.row, caught.value.column, caught.value.value) == (5001, "b", [3])


@pytest.mark.parametrize(
    ("kind", "values", "stored"),
    [
        (Value("string"), [5, 1.5, True, np.int8(3), None, "x"], ["5", "1.5", "True", "3", None, "x"]),
        (Value("int32"), ["5", " -7", True, 2.0, None], [5, -7, 1, 2, None]),
        (Value("float32"), ["1.5", True, 2, None], [1.5, 1.0, 2.0, None]),
        (Value("bool"), ["true", "0", 1, 0.0, None], [True, False, True, False, None]),
        (List(Value("string")), [[1, "a"], (), None, np.arange(2)], [["1", "a"], [], None, ["0", "1"]]),
        ({"a": {"b": Value("int64")}}, [{"a": {"b": "1"}}, {"a": None}], [{"a": {"b": 1}}, {"a": None}]),
        (Translation(["de", "en"]), [{"de": 1, "en": "x"}], [{"de": "1", "en": "x"}]),
        (Value("string"), pa.array([5, None]), ["5", None]),
        (Value("int8"), np.array(["5", "6"]), [5, 6]),
    ],
)
def test_declared_numbers_and_texts_become_each_other(kind: Any, values: Any, stored: list[Any]) -> None:
    assert encode_column(values, kind, strict=False).to_pylist() == stored
    assert encode_table({"c": values}, Features({"c": kind})).column("c").to_pylist() == stored
    with pytest.raises(RowError):
        encode_column(values, kind)


@pytest.mark.parametrize(
    ("kind", "values", "row"),
    [
        (Value("string"), ["x", float("nan")], 1),
        (Value("string"), [1, b"x"], 1),
        (Value("int64"), ["1", 1.5], 1),
        (Value("int64"), ["1", "1.5"], 1),
        (Value("int8"), ["1", "300"], 1),
        (Value("float32"), [1, 2**24 + 1], 1),
        (Value("bool"), [True, 2], 1),
        (Value("bool"), ["true", "perhaps"], 1),
        (Value("timestamp[s]"), ["2020-01-01"], 0),
        ({"a": Value("string")}, [{"a": 1}, {"a": "1", "b": 2}], 1),
        (List(Value("int8")), [["1"], "2"], 1),
    ],
)
def test_what_would_be_lost_is_refused(kind: Any, values: Any, row: int) -> None:
    with pytest.raises(RowError) as caught:
        encode_column(values, kind, column="c", strict=False)
    assert (caught.value.row, caught.value.column) == (row, "c")


@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))))
def test_integers_survive_as_text(values: list[int | None]) -> None:
    texts = encode_column(values, Value("string"), strict=False)
    assert texts.to_pylist() == [None if value is None else str(value) for value in values]
    assert encode_column(texts.to_pylist(), Value("int64"), strict=False).to_pylist() == values


@pytest.mark.slow
def test_more_text_than_32_bits_can_count() -> None:
    values = ["x" * 2**28] * 9
    found = encode_column(values, None)
    assert (found.type, len(found)) == (pa.large_string(), 9)
    found = encode_column(values, Value("string"))
    assert isinstance(found, pa.ChunkedArray)
    assert (found.type, len(found)) == (pa.string(), 9)
    assert encode_column([[value] for value in values], [Value("string")]).type == pa.list_(pa.string())
    assert len(encode_column([[value] for value in values], None)) == 9


@pytest.mark.slow
def test_more_items_than_32_bits_can_count() -> None:
    matrix = np.zeros((3, 2**30), dtype=np.int8)
    assert encode_column(matrix, None).type == pa.large_list(pa.int8())
