"""The python format: optional keys, decoding, buffers of odd shapes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.features import Features, Value
from nlpdata.formats import FormatSpec, get_formatter
from nlpdata.formats.buffers import OPTIONAL_KEY, bits, lists
from nlpdata.formats.python import PythonFormatter, bind, to_list

PYTHON = get_formatter(FormatSpec())


def optional(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, metadata={OPTIONAL_KEY: b"1"})


def test_optional_keys_are_left_out_where_null() -> None:
    kind = pa.struct([pa.field("a", pa.int64()), optional("b", pa.string())])
    array = pa.array([{"a": 1, "b": "x"}, {"a": None, "b": None}, None], kind)
    assert to_list(array) == [{"a": 1, "b": "x"}, {"a": None}, None]
    table = pa.table({"s": array})
    assert PYTHON.row(table, 1) == {"s": {"a": None}}
    assert [r["s"] for r in PYTHON.rows(table)] == to_list(array)


def test_optional_keys_inside_lists_and_structs() -> None:
    inner = pa.struct([optional("x", pa.list_(pa.int64()))])
    kind = pa.struct([pa.field("l", pa.list_(inner))])
    array = pa.array([{"l": [{"x": None}, {"x": []}]}, {"l": None}], kind)
    assert to_list(array) == [{"l": [{}, {"x": []}]}, {"l": None}]
    assert to_list(array.slice(1)) == [{"l": None}]


def test_null_list_rows_that_hold_values() -> None:
    array = pa.ListArray.from_arrays(pa.array([0, 2, 4, 5]), pa.array(range(5)), mask=pa.array([False, True, False]))
    assert to_list(array) == [[0, 1], None, [4]]
    assert [bind(array)(i) for i in range(3)] == [[0, 1], None, [4]]


@pytest.mark.parametrize("values", [list(range(300)), [[i] * (i % 60) for i in range(300)], [[i] * 40 for i in range(300)],
                                    ["é" * (i % 7) for i in range(300)], [i % 3 == 0 for i in range(300)]])  # fmt: skip
@pytest.mark.parametrize("with_nulls", [False, True])
def test_slices_of_long_arrays(values: list[Any], with_nulls: bool) -> None:
    found = [None if with_nulls and i % 5 == 0 else v for i, v in enumerate(values)]
    array = pa.array(found)
    for start, count in ((0, 300), (1, 9), (7, 9), (9, 100), (299, 1), (300, 0)):
        part = array.slice(start, count)
        assert to_list(part) == found[start : start + count]
        get = bind(part)
        assert [get(i) for i in range(count)] == found[start : start + count]


def test_bound_readers_cross_chunks() -> None:
    column = pa.chunked_array([[1, 2], [], [3], [None, 5]])
    get = bind(column)
    assert [get(i) for i in range(5)] == [1, 2, 3, None, 5]


def test_rows_of_one_table_after_another() -> None:
    formatter = PythonFormatter()
    one, two = pa.table({"a": [1, 2]}), pa.table({"b": ["x", "y"]})
    assert [formatter.row(one, 1), formatter.row(two, 0), formatter.row(one, 0)] == [{"a": 2}, {"b": "x"}, {"a": 1}]


def test_fixed_size_lists_of_nothing() -> None:
    array = pa.array([[], [], None], pa.list_(pa.int32(), 0))
    assert to_list(array) == [[], [], None]
    first, second, _ = to_list(array)
    first.append(1)
    assert second == []


def test_rows_do_not_share_lists() -> None:
    for array in (pa.array([[1], [1]]), pa.array([[[1]], [[1]]]), pa.array([{}, {}], pa.struct([]))):
        first, second = to_list(array)
        assert first == second and first is not second


def test_moments_that_datetime_lacks_are_said_by_pyarrow() -> None:
    array = pa.array([2**60], pa.timestamp("s"))
    with pytest.raises((ValueError, OverflowError)):
        array.to_pylist()
    with pytest.raises((ValueError, OverflowError)):
        to_list(array)
    assert to_list(pa.array([dt.datetime(9999, 12, 31, 23)])) == [dt.datetime(9999, 12, 31, 23)]


def test_struct_with_the_same_key_twice() -> None:
    array = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
    with pytest.raises(ValueError, match=r"[Dd]uplicate"):
        to_list(array)


def test_extension_types() -> None:
    assert to_list(pa.array([b"0" * 16], pa.uuid())) == pa.array([b"0" * 16], pa.uuid()).to_pylist()
    storage = pa.array([[1, 2], None])
    kind = type("Tagged", (pa.ExtensionType,), {
        "__init__": lambda self: pa.ExtensionType.__init__(self, storage.type, "test.tagged"),
        "__arrow_ext_serialize__": lambda self: b"",
    })()  # fmt: skip
    assert to_list(pa.ExtensionArray.from_storage(kind, storage)) == [[1, 2], None]


def test_dictionary_indices_under_a_null_parent_may_be_anything() -> None:
    words = pa.DictionaryArray.from_arrays(pa.array([0, 9, -1], pa.int8()), pa.array(["a"]), safe=False)
    array = pa.StructArray.from_arrays([words], ["w"], mask=pa.array([False, True, True]))
    assert to_list(array) == [{"w": "a"}, None, None]
    empty = pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array([], pa.string()), safe=False)
    assert to_list(pa.StructArray.from_arrays([empty], ["w"], mask=pa.array([True]))) == [None]


def test_cut_children_cost_what_the_slice_holds() -> None:
    array = pa.array([[1, 2], [3], [4, 5, 6]]).slice(1, 1)
    offsets, child = lists(array)
    assert offsets.tolist() == [0, 1] and child.to_pylist() == [3]


def test_bits() -> None:
    pattern = np.random.default_rng(0).random(100) < 0.5
    buffer = pa.py_buffer(np.packbits(pattern, bitorder="little").tobytes())
    for start in range(20):
        assert bits(buffer, start, 50).tolist() == pattern[start : start + 50].tolist()


@dataclass(frozen=True)
class Upper(Value):
    """Text that is stored as it is and shown in capitals."""

    @property
    def requires_decoding(self) -> bool:
        return True

    def decode_example(self, value: Any) -> Any:
        return value.upper()


@pytest.mark.parametrize("name", ["python", "numpy", "custom"])
def test_columns_that_need_it_are_decoded(name: str) -> None:
    features = Features({"a": Upper("string"), "b": Value("string")})
    table = pa.table({"a": ["x", "y"], "b": ["x", "y"]})
    kwargs = {"transform": lambda batch: batch} if name == "custom" else {}
    formatter = get_formatter(FormatSpec(name, kwargs=kwargs), features)
    batch = formatter.batch(table)
    assert list(batch["a"]) == ["X", "Y"] and list(batch["b"]) == ["x", "y"]
    assert formatter.row(table, 1) == {"a": "Y", "b": "y"}
    assert [r["a"] for r in formatter.rows(table)] == ["X", "Y"]
    assert list(formatter.column(table, "a")) == ["X", "Y"]
