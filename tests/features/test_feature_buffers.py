"""What is encoded is what the values were then, whatever becomes of the memory they were in."""

from __future__ import annotations

import array
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata import Dataset
from nlpdata.features import Array2D, ClassLabel, Features, LargeList, List, Value, encode_column, encode_field, encode_table

SOURCES: list[tuple[np.ndarray[Any, Any], Any]] = [
    (np.arange(4), 9), (np.arange(4, dtype="uint8"), 9), (np.arange(4.0), 9), (np.arange(4, dtype="float16"), 9),
    (np.arange(6).reshape(2, 3), 9), (np.arange(24.0).reshape(2, 3, 4), 9), (np.array([True, False]), True),
    (np.array(["2020-01-01", "NaT"], "M8[s]"), np.datetime64("2021-01-01")),
    (np.array(["2020-01-01", "2020-01-02"], "M8[ns]"), np.datetime64("2021-01-01")),
    (np.array(["2020", "2021"], "M8[D]"), np.datetime64("2022")), (np.array(["2020", "2021"], "M8[Y]"), np.datetime64("2022")),
    (np.array([1, 2], "m8[us]"), np.timedelta64(7, "us")), (np.array([1, 2], "m8[D]"), np.timedelta64(7, "D")),
    (np.array(["a", "bc"]), "z"), (np.array([b"a", b"bc"]), b"z"), (np.arange(4, dtype=">i4"), 9), (np.arange(8)[::2], 9),
    (np.arange(4)[1:], 9), (np.asfortranarray(np.arange(6).reshape(2, 3)), 9), (np.array([1, None], dtype=object), 9),
    (np.arange(4).view(np.ndarray).reshape(2, 2)[:, ::-1], 9),
]  # fmt: skip


@pytest.mark.parametrize(("source", "other"), SOURCES, ids=lambda x: str(x)[:30].replace("\n", ""))
def test_arrays_that_are_written_again(source: np.ndarray[Any, Any], other: Any) -> None:
    source = source.copy(order="K")
    feature = Features.from_arrow_schema(pa.schema([encode_field(source, None, column="c")[0]]))["c"]
    encoded = [
        encode_column(source, None), encode_column(source, feature), encode_column([source], None),
        encode_column(list(source), None), encode_column([{"a": source}], None), encode_table({"c": source}, None).column("c"),
        encode_column([{"a": [source]}], {"a": [[feature]]}),
    ]  # fmt: skip
    before = [found.to_pylist() for found in encoded]
    source[...] = other
    assert [found.to_pylist() for found in encoded] == before
    assert encode_column(source, None).to_pylist() != before[0]


READERS: list[tuple[Any, Any]] = [
    ([[Value("int64")]], np.arange(8).reshape(2, 2, 2)), (List(Value("int64"), length=2), np.arange(4).reshape(2, 2)),
    (LargeList(Value("int64")), np.arange(4).reshape(2, 2)), (Array2D((2, 2), "int64"), np.arange(8).reshape(2, 2, 2)),
    (ClassLabel(names=list("abcd")), np.arange(3)), (Value("int8"), np.arange(3)), (Value("timestamp[us]"), np.arange(3)),
]  # fmt: skip


@pytest.mark.parametrize(("feature", "source"), READERS, ids=lambda x: str(x)[:30].replace("\n", ""))
def test_declared_features(feature: Any, source: np.ndarray[Any, Any]) -> None:
    source = source.copy()
    found = encode_column(source, feature)
    before = found.to_pylist()
    source[...] = 3
    assert found.to_pylist() == before


def test_buffers_of_python() -> None:
    numbers, text = array.array("q", [1, 2]), bytearray(b"ab")
    encoded = [
        encode_column(numbers, None), encode_column(memoryview(numbers), None), encode_column([numbers], None),
        encode_column([text, memoryview(text)], Value("binary")), encode_column(np.frombuffer(text, "u1"), None),
        encode_column(np.frombuffer(memoryview(numbers).toreadonly(), "i8"), None),
        encode_column(np.frombuffer(pa.py_buffer(text), "u1"), None), encode_column(np.asarray(numbers), None),
    ]  # fmt: skip
    before = [found.to_pylist() for found in encoded]
    numbers[0] = 9
    text[0] = 9
    assert [found.to_pylist() for found in encoded] == before


def test_arrays_that_only_seem_constant() -> None:
    source = np.arange(4)
    view = source[1:]
    view.flags.writeable = False
    broadcast = np.broadcast_to(source, (2, 4))
    locked = np.arange(4)
    opening = locked[:]
    locked.flags.writeable = False
    encoded = [encode_column(values, None) for values in (view, broadcast, locked)]
    before = [found.to_pylist() for found in encoded]
    source[:] = opening[:] = 9
    assert [found.to_pylist() for found in encoded] == before


def addresses(found: pa.Array) -> set[int]:
    return {buffer.address for buffer in found.buffers() if buffer is not None}


def test_what_nobody_can_write_is_not_copied(tmp_path: Path) -> None:
    constant = pa.array(np.arange(1000)).to_numpy()
    mapped = np.memmap(tmp_path / "numbers", "int64", "w+", shape=1000)
    mapped[:] = 1
    mapped.flush()
    read_only = np.memmap(tmp_path / "numbers", "int64", "r")
    given = np.frombuffer(np.arange(1000).tobytes(), "int64")
    for source in (constant, constant[10:], constant.reshape(10, 100), read_only, given):
        assert source.ctypes.data in addresses(encode_column(source, None))
    for written in (mapped, np.memmap(tmp_path / "numbers", "int64", "c"), np.arange(1000)):
        assert written.ctypes.data not in addresses(encode_column(written, None))


def test_tensors() -> None:
    torch = pytest.importorskip("torch")
    for source in (torch.arange(4), torch.ones(2, 3), torch.zeros(2, dtype=torch.bool), torch.ones(2, dtype=torch.bfloat16)):
        encoded = [encode_column(source, None), encode_column([source], None), encode_column([{"a": source}], None)]
        before = [found.to_pylist() for found in encoded]
        source[:] = 7
        assert [found.to_pylist() for found in encoded] == before


def test_series() -> None:
    pd = pytest.importorskip("pandas")
    noon = dt.datetime(2020, 1, 1, 12)
    for values, dtype in (
        ([1, 2], "int64"), ([1.5, None], "float64"), ([1, None], "Int64"), ([True, False], "bool"), ([True, None], "boolean"),
        (["a", "b"], "str"), (["a", "b"], "category"), ([noon, None], "datetime64[ns]"), ([noon, None], "datetime64[us, UTC]"),
        ([[1], [2]], object), ([1, 2], "int64[pyarrow]"),
    ):  # fmt: skip
        source = pd.Series(values, dtype=dtype)
        found = encode_column(source, None)
        before = found.to_pylist()
        source.iloc[0] = source.iloc[1]
        assert found.to_pylist() == before
    buffer = np.arange(3)
    encoded = [encode_column(kind(buffer, copy=False), None) for kind in (pd.Series, pd.Index)]
    buffer[:] = 9
    assert [found.to_pylist() for found in encoded] == [[0, 1, 2]] * 2
    text = pa.chunked_array([["a", "b"]])
    kept = encode_column(pd.Series(text.to_pandas(types_mapper=pd.ArrowDtype)), Value("string"))
    assert kept.to_pylist() == ["a", "b"]


def test_series_of_arrow_memory_are_not_copied() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    numbers = pa.array(np.arange(100))
    found = encode_column(numbers.to_pandas(types_mapper=pd.ArrowDtype), None)
    assert addresses(numbers) <= addresses(found.chunk(0) if isinstance(found, pa.ChunkedArray) else found)
    series = pl.Series(range(100))
    assert series.to_numpy(allow_copy=False).ctypes.data in addresses(encode_column(series, None).chunk(0))


def doubled(make: Callable[[], Any]) -> Callable[[Any], Any]:
    buffer = make()

    def function(batch: Any) -> Any:
        buffer[:] = np.asarray(batch["x"])[0]
        return {"y": buffer}

    return function


def test_a_function_that_uses_its_buffer_again() -> None:
    rows = Dataset.from_dict({"x": [0, 0, 1, 1, 2, 2]})
    found = rows.map(doubled(lambda: np.zeros(2)), batched=True, batch_size=2)
    assert found["y"][:] == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]
    torch = pytest.importorskip("torch")
    found = rows.map(doubled(lambda: torch.zeros(2, 2)), batched=True, batch_size=2)
    assert found["y"][:] == [[x, x] for x in (0.0, 0.0, 1.0, 1.0, 2.0, 2.0)]
    source = np.arange(3)
    kept = Dataset.from_dict({"x": source})
    source[:] = 9
    assert kept["x"][:] == [0, 1, 2]
