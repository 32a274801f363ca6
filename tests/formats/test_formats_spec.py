"""Format names, options, and which columns a format shows."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import pyarrow as pa
import pytest

from nlpdata.errors import ArgumentError, UnknownColumnError, UnknownFormatError
from nlpdata.formats import FORMATS, FormatSpec, Formatter, get_formatter
from nlpdata.formats.base import walk


@pytest.mark.parametrize(
    ("alias", "name"),
    [("np", "numpy"), ("pt", "torch"), ("pytorch", "torch"), ("tf", "tensorflow"), ("pd", "pandas"), ("pl", "polars"),
     ("pa", "arrow"), ("pyarrow", "arrow"), ("python", None), (None, None), ("jax", "jax")],
)  # fmt: skip
def test_aliases(alias: str | None, name: str | None) -> None:
    assert FormatSpec(alias).type == name


def test_a_misspelt_format_is_suggested() -> None:
    with pytest.raises(UnknownFormatError, match=r"no format 'numpi'\. Did you mean 'numpy'"):
        FormatSpec("numpi")


def test_a_misspelt_option_is_suggested() -> None:
    with pytest.raises(ArgumentError, match=r"no option 'dtipe'\. Did you mean 'dtype'\? Options: copy, dtype\."):
        get_formatter(FormatSpec("numpy", kwargs={"dtipe": "int32"}))
    with pytest.raises(ArgumentError, match="Options: none"):
        get_formatter(FormatSpec(kwargs={"dtype": "int32"}))


def test_visible_columns() -> None:
    names = ["a", "b", "c"]
    assert FormatSpec("np").visible(names) == names
    assert FormatSpec("np", ("c", "a")).visible(names) == ["c", "a"]
    assert FormatSpec("np", ("c",), output_all_columns=True).visible(names) == ["c", "a", "b"]
    with pytest.raises(UnknownColumnError, match=r"no column 'd'"):
        FormatSpec("np", ("d",)).visible(names)


def test_specs_are_values() -> None:
    assert FormatSpec("np", ["a"], kwargs={"dtype": "int8"}) == FormatSpec("numpy", ("a",), kwargs={"dtype": "int8"})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["arrow", "numpy", "pandas", "polars", "python", "torch"])
def test_unknown_columns_and_rows(name: str) -> None:
    pytest.importorskip(name) if name in ("pandas", "polars", "torch") else None
    formatter = get_formatter(FormatSpec(name))
    table = pa.table({"text": ["a", "b"], "label": [1, 2]})
    with pytest.raises(UnknownColumnError, match=r"no column 'lable'\. Did you mean 'label'"):
        formatter.column(table, "lable")
    for wrong in (2, -3):
        with pytest.raises(IndexError, match=rf"no row {wrong}: the table has 2 rows"):
            formatter.row(table, wrong)


@pytest.mark.parametrize("name", ["python", "numpy"])
def test_negative_rows_count_from_the_end(name: str) -> None:
    table = pa.table({"a": [1, 2, 3]})
    assert get_formatter(FormatSpec(name)).row(table, -1) == {"a": 3}
    assert get_formatter(FormatSpec(name)).row(table.slice(0, 1), -1) == {"a": 1}


def test_a_format_of_ones_own() -> None:
    class Lengths(Formatter):
        def row(self, table: Any, i: int = 0) -> Any:
            return i

        def column(self, table: Any, name: str) -> Any:
            return name

        def batch(self, table: Any) -> Any:
            return table.num_rows

    FORMATS.register("lengths", Lengths)
    try:
        formatter = get_formatter(FormatSpec("lengths"))
        assert formatter.batch(pa.table({"a": [1, 2]})) == 2
        assert list(formatter.rows(pa.table({"a": [1, 2]}))) == [0, 1]
        with pytest.raises(ArgumentError, match=r"use rows\(\)"):
            formatter.items(pa.table({"a": [1]}), "a")
    finally:
        del FORMATS.entries["lengths"]


def test_other_columns_follow_as_python() -> None:
    table = pa.table({"s": ["x", "y"], "i": [1, 2], "l": [[1], [2, 3]]})
    formatter = get_formatter(FormatSpec("np", ("l",), output_all_columns=True))
    batch = formatter.batch(table)
    assert list(batch) == ["l", "s", "i"] and batch["s"] == ["x", "y"] and batch["l"].dtype == object
    row = formatter.row(table, 1)
    assert list(row) == ["l", "s", "i"] and type(row["i"]) is int and row["l"].tolist() == [2, 3]
    assert [list(r) for r in formatter.rows(table)] == [["l", "s", "i"]] * 2
    assert formatter.column(table, "i") == [1, 2] and formatter.items(table, "s") == ["x", "y"]
    assert formatter.items(table, "l")[1].tolist() == [2, 3]


def test_all_columns_of_a_table_format_stay_one_table() -> None:
    table = pa.table({"s": ["x"], "i": [1]})
    assert get_formatter(FormatSpec("arrow", ("i",), output_all_columns=True)).batch(table) is table


def test_formatted_column_alone_or_no_column_at_all() -> None:
    table = pa.table({"a": [1, 2]})
    formatter = get_formatter(FormatSpec("np", ("a",), output_all_columns=True))
    assert list(formatter.rows(table)) == [{"a": 1}, {"a": 2}]
    assert list(get_formatter(FormatSpec("np", (), output_all_columns=True)).rows(table)) == [{"a": 1}, {"a": 2}]
    assert list(get_formatter(FormatSpec()).rows(table.select([]))) == [{}, {}]


@pytest.mark.parametrize("name", ["python", "numpy", "torch", "jax", "pandas", "polars", "arrow"])
def test_formatters_travel(name: str) -> None:
    pytest.importorskip(name) if name not in ("python", "arrow") else None
    table = pa.table({"a": [1, 2], "b": [3, 4]})
    for spec in (FormatSpec(name), FormatSpec(name, ("a",), output_all_columns=True)):
        formatter = get_formatter(spec)
        formatter.row(table, 1)
        there = pickle.loads(pickle.dumps(formatter))
        assert repr(there.row(table, 1)) == repr(formatter.row(table, 1))


def test_walking_is_bounded_in_rows_and_bytes() -> None:
    assert [t.num_rows for t in walk(pa.table({"a": range(2500)}))] == [1000, 1000, 500]
    slim = pa.table({"a": ["x" * 2**20] * 50 + ["y"] * 2000}).slice(50)
    assert [t.num_rows for t in walk(slim)] == [1000, 1000]
    long = pa.table({"a": ["x" * 2**20] * 20})
    assert max(t.num_rows for t in walk(long)) <= 4
    assert pa.concat_tables(walk(long)).equals(long)
    assert [t.num_rows for t in walk(pa.table({"a": pa.array([], pa.int64())}))] == [0]


def test_no_format_loads_before_it_is_asked_for() -> None:
    code = (
        "import sys, nlpdata.formats as f; f.FormatSpec('torch'); f.get_formatter(f.FormatSpec('numpy'));"
        "print(sorted({'torch', 'tensorflow', 'jax', 'pandas', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
