"""Array2D ... Array5D: made, stored, refused, read back by their mark, shown by formats."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata.errors import FeatureError, RowError
from nlpdata.features import (
    Array2D,
    Array3D,
    Array4D,
    Array5D,
    Features,
    LargeList,
    List,
    Value,
    cast_array,
    encode_column,
    encode_table,
)
from nlpdata.formats import FormatSpec, get_formatter

DTYPES = ["int8", "uint16", "int64", "float32", "float64", "bool"]


@pytest.mark.parametrize(("kind", "rank"), [(Array2D, 2), (Array3D, 3), (Array4D, 4), (Array5D, 5)])
def test_rank_and_type(kind: Any, rank: int) -> None:
    feature = kind(shape=(None, *range(1, rank)), dtype="int8")
    t = feature()
    for _ in range(rank):
        t = t.value_type
    assert t == pa.int8()
    with pytest.raises(FeatureError, match=f"{rank} lengths"):
        kind(shape=(1,) * (rank + 1), dtype="int8")


@pytest.mark.parametrize("shape", [(2, None), (-1, 2), "ab", 3])
def test_shapes_that_cannot_be(shape: Any) -> None:
    with pytest.raises(FeatureError, match="shape"):
        Array2D(shape=shape, dtype="int8")


def test_items_are_numbers() -> None:
    with pytest.raises(FeatureError, match="string"):
        Array2D((1, 1), "string")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ([[1, 2]], "length 1"), ([[1, 2, 3]] * 3, "length 3"), ([[1, 2, 3], [1, 2]], "length 2"), (3, "not a list"),
        ([[1, 2, 3], None], "null"), ([["a", "b", "c"]] * 2, "string"), (np.zeros((3, 2)), "length 3"),
        (np.zeros((2, 3, 1)), "list"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(bad: Any, reason: str) -> None:
    with pytest.raises(RowError, match=r"Row 11 of column 'grid'.*shape \(2, 3\) and dtype float32") as caught:
        encode_column([np.zeros((2, 3)), bad], Array2D((2, 3), "float32"), column="grid", first_row=10)
    assert caught.value.row == 11 and reason in str(caught.value)


def test_a_wrong_shape_is_found_in_arrow_and_numpy_too() -> None:
    for values in (np.zeros((4, 3, 2)), pa.array([[[1, 2], [3, 4]]]), pa.chunked_array([[[[1.0, 2.0]]]])):
        with pytest.raises(RowError, match="Row 0"):
            encode_column(values, Array2D((2, 3), "float32"))


FEATURES = Features(
    {
        "naïve 名": Array2D((2, 3), "float32"),
        "list": [Array2D((None, 2), "int64")],
        "large": LargeList(Array2D((1, 1), "bool")),
        "struct": {"x": Array3D((1, 1, 2), "int8"), "deep": [{"y": [Array2D((1, 1), "float64")]}]},
    }
)


def test_schema_and_json_round_trip() -> None:
    schema = FEATURES.arrow_schema
    assert Features.from_arrow_schema(schema) == FEATURES
    assert Features.from_arrow_schema(schema.remove_metadata()) == FEATURES  # the marks of fields alone tell
    assert Features.from_arrow_schema(pa.ipc.read_schema(schema.serialize())) == FEATURES
    assert Features.from_dict(FEATURES.to_dict()) == FEATURES


def test_a_mark_that_does_not_fit_is_passed_over() -> None:
    (field,) = Features({"a": Array2D((2, 3), "float32")}).arrow_schema
    for wrong in (b"[[2], 3]", b"nonsense", b'[[2, 3], "int8"]'):
        marks = {**field.metadata, b"ARROW:extension:metadata": wrong}
        assert Features.from_arrow_schema(pa.schema([field.with_metadata(marks)]))["a"] == List(List(Value("float32")))


def test_nested_rows_come_back() -> None:
    rows = {
        "naïve 名": [[[1, 2, 3], [4, 5, 6]], None],
        "list": [[[[1, 2]], []], None],
        "large": [[[[True]]], []],
        "struct": [{"x": [[[1, 2]]], "deep": [{"y": [[[0.5]], [[1.5]]]}]}, None],
    }
    table = encode_table(rows, FEATURES)
    assert {name: table[name].to_pylist() for name in rows} == rows
    # Read where no other library registered types for these marks: here one may have been imported by another test.
    code = "import pickle, pyarrow, sys; o = sys.stdout.buffer; t = pyarrow.ipc.open_stream(sys.stdin.buffer).read_all()"
    code += "; o.write(pickle.dumps((t.to_pylist(), t.schema)))"
    sent = _stream(table).to_pybytes()
    done = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True, check=True)
    assert pickle.loads(done.stdout) == (table.to_pylist(), table.schema)


def _stream(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_arrays_come_back(data: st.DataObject) -> None:
    rank = data.draw(st.integers(2, 4))
    dynamic = data.draw(st.booleans())
    shape = tuple(data.draw(st.lists(st.integers(1, 3), min_size=rank, max_size=rank)))
    dtype = data.draw(st.sampled_from(DTYPES))
    rng = np.random.default_rng(data.draw(st.integers(0, 9)))
    arrays = [
        (rng.random((data.draw(st.integers(0, 3)), *shape[1:]) if dynamic else shape) * 2).astype(dtype)
        for _ in range(data.draw(st.integers(0, 5)))
    ]
    kind = {2: Array2D, 3: Array3D, 4: Array4D}[rank]
    feature = kind((None, *shape[1:]) if dynamic else shape, dtype)
    as_arrays, as_lists = encode_column(arrays, feature), encode_column([a.tolist() for a in arrays], feature)
    assert as_arrays.equals(as_lists) and as_arrays.type == feature.pa_type
    assert as_arrays.to_pylist() == [a.tolist() for a in arrays]
    table = pa.table({"a": as_arrays})
    start = data.draw(st.integers(0, len(arrays)))
    shown = get_formatter(FormatSpec("numpy", kwargs={"dtype": dtype}), Features({"a": feature}))
    for part, expected in ((table, arrays), (table.slice(start), arrays[start:])):
        rows = shown.column(part, "a")
        assert len(rows) == len(expected)
        if not dynamic:
            assert rows.shape == (len(expected), *shape)
            assert np.array_equal(rows, np.array(expected).reshape(rows.shape))
    assert cast_array(as_arrays, feature).equals(as_arrays)


def test_numpy_batches_are_views() -> None:
    given_array = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    feature = Array2D((2, 3), "float32")
    stored = encode_column(given_array, feature)
    shown = get_formatter(FormatSpec("numpy"), Features({"a": feature})).column(pa.table({"a": stored}), "a")
    assert shown.shape == (4, 2, 3) and np.array_equal(shown, given_array)
    assert np.shares_memory(shown, np.frombuffer(stored.buffers()[-1], np.float32))


def test_null_rows_and_no_rows_keep_the_shape() -> None:
    feature = Array2D((2, 2), "int8")
    formatter = get_formatter(FormatSpec("numpy"), Features({"a": feature}))
    table = pa.table({"a": encode_column([None, [[1, 2], [3, 4]], None], feature)})
    found = formatter.column(table, "a")
    assert found.shape == (3, 2, 2) and np.isnan(found[[0, 2]]).all() and found[1].tolist() == [[1, 2], [3, 4]]
    assert formatter.column(table.slice(0, 0), "a").shape == (0, 2, 2)
