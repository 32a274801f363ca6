"""The formats that give whole tables, and the user's own function."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from nlpdata.errors import ArgumentError, UnknownColumnError
from nlpdata.formats import FormatSpec, get_formatter

TABLE = pa.table({"i": [1, None, 3], "s": ["a", "b", "c"], "l": [[1], [2, 3], []]}).slice(1)


def test_arrow_copies_nothing() -> None:
    formatter = get_formatter(FormatSpec("arrow"))
    assert formatter.batch(TABLE) is TABLE
    assert formatter.column(TABLE, "s").equals(TABLE["s"])
    assert formatter.row(TABLE, 1).equals(TABLE.slice(1, 1))
    assert [t.num_rows for t in formatter.rows(TABLE)] == [1, 1]


def test_pandas() -> None:
    pytest.importorskip("pandas")
    formatter = get_formatter(FormatSpec("pandas"))
    frame = formatter.batch(TABLE)
    assert frame["s"].tolist() == ["b", "c"] and frame.index.tolist() == [0, 1]
    assert formatter.column(TABLE, "s").name == "s"
    row = formatter.row(TABLE, 1)
    assert row.shape == (1, 3) and row.index.tolist() == [0] and row["i"].tolist() == [3]
    assert [f["s"].item() for f in formatter.rows(TABLE)] == ["b", "c"]
    assert [f.index.tolist() for f in formatter.rows(TABLE)] == [[0], [0]]


def test_an_index_in_pandas_metadata_stays_a_column() -> None:
    pandas = pytest.importorskip("pandas")
    table = pa.Table.from_pandas(pandas.DataFrame({"a": [1, 2]}, index=pandas.Index([7, 8], name="key")))
    assert list(get_formatter(FormatSpec("pd")).batch(table).columns) == ["a", "key"]


def test_polars() -> None:
    pytest.importorskip("polars")
    formatter = get_formatter(FormatSpec("polars"))
    assert formatter.batch(TABLE)["l"].to_list() == [[2, 3], []]
    series = formatter.column(TABLE, "s")
    assert series.name == "s" and series.to_list() == ["b", "c"]
    assert formatter.row(TABLE, 1).rows() == [(3, "c", [])]
    assert [f.height for f in formatter.rows(TABLE)] == [1, 1]


def test_polars_reads_slices_of_fixed_size_lists_with_nulls() -> None:
    pytest.importorskip("polars")
    table = pa.table({"c": pa.array([[1, 2], None, [5, 6]], pa.list_(pa.int32(), 2))}).slice(1)
    formatter = get_formatter(FormatSpec("polars"))
    assert formatter.batch(table)["c"].to_list() == [None, [5, 6]] == formatter.column(table, "c").to_list()


def test_a_function_of_batches() -> None:
    seen: list[Any] = []

    def transform(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        seen.append(batch)
        return {"t": [s.upper() for s in batch["s"]]}

    formatter = get_formatter(FormatSpec("custom", kwargs={"transform": transform}))
    assert formatter.batch(TABLE) == {"t": ["B", "C"]}
    assert seen == [TABLE.to_pydict()]
    assert formatter.row(TABLE, 1) == {"t": "C"}
    assert list(formatter.rows(TABLE)) == [{"t": "B"}, {"t": "C"}]
    assert formatter.column(TABLE, "t") == ["B", "C"]
    with pytest.raises(
        UnknownColumnError, match=r"no column 's'.*Known: t\. These are the columns that the transform returned"
    ):
        formatter.column(TABLE, "s")


def test_a_function_and_the_other_columns() -> None:
    spec = FormatSpec(
        "custom", ("s",), output_all_columns=True, kwargs={"transform": lambda b: {"t": b["s"], "n": [len(b)] * len(b["s"])}}
    )
    formatter = get_formatter(spec)
    assert formatter.row(TABLE, 1) == {"t": "c", "n": 1, "i": 3, "l": []}
    assert formatter.batch(TABLE)["n"] == [1, 1] and formatter.column(TABLE, "t") == ["b", "c"]
    assert formatter.column(TABLE, "i") == [None, 3]


@pytest.mark.parametrize("answer", [{"a": 5}, [1, 2], {"a": []}, None])
def test_an_answer_of_which_no_row_can_be_picked(answer: Any) -> None:
    formatter = get_formatter(FormatSpec("custom", kwargs={"transform": lambda batch: answer}))
    with pytest.raises(ArgumentError, match="must return a dict of sequences"):
        formatter.row(TABLE, 0)
    assert formatter.batch(TABLE) is answer


def test_errors_of_the_function_are_its_own() -> None:
    def broken(batch: Any) -> Any:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        get_formatter(FormatSpec("custom", kwargs={"transform": broken})).row(TABLE)


def test_a_function_is_needed() -> None:
    with pytest.raises(ArgumentError, match="needs transform="):
        get_formatter(FormatSpec("custom"))
