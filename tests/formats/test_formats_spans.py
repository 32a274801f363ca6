"""Spans read through a reader that is bound once give what each gives by itself; the collector is left as it was."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata import Dataset
from nlpdata.formats import FormatSpec, get_formatter

COLUMNS: dict[str, Any] = {
    "int32": pa.array([1, 2, 3, 4], pa.int32()),
    "int64": pa.array([1, 2, 3, 4]),
    "nulls": pa.array([1, None, 3, 4]),
    "bool": pa.array([True, False, True, True]),
    "text": pa.array(["a", "bb", "é", ""]),
    "ascii": pa.array(["a", "bb", "", "cccc"]),
    "ragged": pa.array([[1, 2], [], [3], [4]], pa.large_list(pa.int32())),
    "even": pa.array([[1, 2], [3, 4], [5, 6], [7, 8]]),
    "fixed": pa.array([[1, 2], [3, 4], [5, 6], [7, 8]], pa.list_(pa.float32(), 2)),
    "fixed_null": pa.array([[1, 2], None, [5, 6], [7, 8]], pa.list_(pa.float32(), 2)),
    "inner_null": pa.array([[1, 2], [3, None], [5, 6], [7, 8]], pa.list_(pa.int16(), 2)),
    "fixed_fixed": pa.array([[[1], [2]]] * 4, pa.list_(pa.list_(pa.int8(), 1), 2)),
    "list_fixed": pa.array([[[1, 2]], [], [[3, 4], [5, 6]], [[7, 8]]], pa.list_(pa.list_(pa.int64(), 2))),
    "struct": pa.array([{"a": 1, "b": [1.5, 2]}] * 4, pa.struct({"a": pa.int8(), "b": pa.list_(pa.float64(), 2)})),
}


def shown(value: Any) -> Any:
    """A value with its type, dtype and shape, all the way down."""
    if isinstance(value, dict):
        return {k: shown(v) for k, v in value.items()}
    if isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.dtype == object):
        return type(value).__name__, [shown(v) for v in value]
    return (type(value).__name__, str(getattr(value, "dtype", "")), np.shape(value), repr(value))


@pytest.mark.parametrize("name", sorted(COLUMNS))
@pytest.mark.parametrize("form", [None, "numpy", "torch"])
def test_spans(form: str | None, name: str) -> None:
    if form == "torch":
        pytest.importorskip("torch")
    formatter = get_formatter(FormatSpec(form))
    column = COLUMNS[name]
    for chunks in ([column], [column.slice(1)], [column, column.slice(2)], [column.drop_null(), column]):
        table = pa.table({"c": pa.chunked_array(chunks)})
        batch, rows = formatter.bind_spans(table), formatter.bind_lists(table)
        for start in range(table.num_rows):
            for stop in range(start + 1, table.num_rows + 1):
                part = table.slice(start, stop - start)
                assert shown(batch(start, stop)) == shown(formatter.batch(part))
                found, listed = rows(start, stop), formatter.listed(part)
                assert type(found) is type(listed)
                assert shown(list(found)) == shown(list(listed)) == shown(list(formatter.rows(part)))


def test_rows_without_columns_by_spans() -> None:
    table = pa.table({"": pa.nulls(3)}).select([])
    assert get_formatter(FormatSpec("numpy")).bind_lists(table)(1, 3) == [{}, {}]


def test_bound_views_are_read_only() -> None:
    table = pa.table({"c": COLUMNS["int64"], "f": COLUMNS["fixed"]})
    found = get_formatter(FormatSpec("numpy")).bind_spans(table)(1, 3)
    assert not found["c"].flags.writeable
    assert not found["f"].flags.writeable


@pytest.mark.parametrize("form", [None, "numpy", "torch", "arrow"])
def test_a_dataset_read_span_by_span(form: str | None) -> None:
    if form == "torch":
        pytest.importorskip("torch")
    chunk = pa.table({name: COLUMNS[name] for name in ("int64", "ascii", "ragged", "fixed")})
    dataset = Dataset(pa.concat_tables([chunk] * 5)).with_format(form)
    for size in (1, 2, 3, 7, 30):
        spans = [(start, min(start + size, 20)) for start in range(0, 20, size)]
        whole = [shown(dataset[range(*span)]) if form != "arrow" else dataset[range(*span)] for span in spans]
        found = list(dataset.iter(size))
        assert [shown(b) for b in found] == whole if form != "arrow" else found == whole
        if form != "arrow":
            listed = [dataset.__getitems__(list(range(*span))) for span in spans]
            assert [shown(row) for rows in listed for row in rows] == [shown(dataset[i]) for i in range(20)]


def test_text_in_two_chunks_is_one_array() -> None:
    found = get_formatter(FormatSpec("numpy")).column(pa.table({"c": pa.chunked_array([["a"], ["bcd", ""]])}), "c")
    assert found.dtype == "<U3"
    assert found.tolist() == ["a", "bcd", ""]
    found[0] = "z"  # memory of its own


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_left_as_it_was(on: bool) -> None:
    formatter = get_formatter(FormatSpec())
    table = pa.table({"c": [[1], [2]], "d": [{"a": 1}, None]})
    bad = pa.table({"c": pa.array([b"\xff"]).view(pa.string())})
    was_on = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        formatter.batch(table)
        formatter.listed(table)
        assert gc.isenabled() == on
        with pytest.raises(pa.ArrowException, match="Wrapping"):
            formatter.batch(bad)
        assert gc.isenabled() == on
    finally:
        (gc.enable if was_on else gc.disable)()
