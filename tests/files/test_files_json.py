"""JSON lines, arrays and fields; types that agree over blocks; errors that name the row."""

from __future__ import annotations

import datetime
import decimal
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError, FeatureError, RowError
from nlpdata.features import Features, Json, Value, widen_schema
from nlpdata.files import get_file_type

JSON = get_file_type("json")


def batches(data: bytes | str | Path, **options: Any) -> list[pa.RecordBatch]:
    source = io.BytesIO(data.encode() if isinstance(data, str) else data) if not isinstance(data, Path) else data
    return list(JSON.read(source, **options))


def rows(data: bytes | str | Path, **options: Any) -> list[dict[str, Any]]:
    found = batches(data, **options)
    schema = pa.schema([])
    for batch in found:
        schema = widen_schema(schema, batch.schema)  # what whoever collects the batches does
    tables = [pa.Table.from_batches([batch]) for batch in found]
    return pa.concat_tables(tables, promote_options="permissive").to_pylist() if tables else []


LINES = '{"a":1,"b":"x"}\n{"a":2,"b":null}\n{"b":"z"}\n'
ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": None}, {"a": None, "b": "z"}]


@pytest.mark.parametrize("batch_bytes", [1, 20, 10**6])
@pytest.mark.parametrize(
    "data",
    [
        LINES,
        LINES.rstrip(),
        "\n\n" + LINES.replace("\n", "\r\n") + "\n",
        "\ufeff" + LINES,
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        " [" + ",\n".join(LINES.split()) + "] ",
        "\n".join(json.dumps(row, indent=2) for row in ROWS),
    ],
)
def test_lines_and_arrays(data: str, batch_bytes: int) -> None:
    assert rows(data, batch_bytes=batch_bytes) == ROWS


def test_a_field_holds_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.json.gz"
    path.write_bytes(gzip.compress(json.dumps({"version": 1, "data": {"rows": ROWS, "columns": {"a": [1, 2]}}}).encode()))
    assert rows(path, field="data.rows") == ROWS and rows(path, field="data.rows", batch_bytes=1) == ROWS
    assert rows(path, field="data.columns") == [{"a": 1}, {"a": 2}]
    with pytest.raises(ArgumentError, match="Did you mean 'data'"):
        rows(path, field="date")
    with pytest.raises(FeatureError, match="not rows"):
        rows(path, field="version")


def test_nested_values_and_other_top_levels() -> None:
    data = '{"a":{"x":[1,2],"y":{"z":"t"}}}\n{"a":{"x":[],"y":null}}\n'
    assert rows(data) == [{"a": {"x": [1, 2], "y": {"z": "t"}}}, {"a": {"x": [], "y": None}}]
    assert rows('["x", "y"]', batch_bytes=1) == [{"text": "x"}, {"text": "y"}]
    assert rows("") == [] and rows("  \n") == [] and rows("[]") == []


@pytest.mark.parametrize("batch_bytes", [1, 10**6])
def test_types_widen_over_rows_and_blocks(batch_bytes: int) -> None:
    data = '{"n":null,"i":1,"l":[]}\n{"n":"x","i":2.5,"l":[1]}\n{"n":null,"i":3,"l":[2.5]}\n'
    found = rows(data, batch_bytes=batch_bytes)
    assert found == [{"n": None, "i": 1.0, "l": []}, {"n": "x", "i": 2.5, "l": [1.0]}, {"n": None, "i": 3.0, "l": [2.5]}]


def test_dates_are_dates_only_if_the_whole_file_agrees() -> None:
    day = datetime.datetime(2020, 1, 1)
    dates = '{"d":"2020-01-01","e":{"f":"2020-01-01"}}\n' * 5
    for batch_bytes in (1, 10**6):
        assert rows(dates, batch_bytes=batch_bytes)[-1] == {"d": day, "e": {"f": day}}
        text = rows(dates + '{"d":"soon","e":{"f":"later"}}\n', batch_bytes=batch_bytes)
        assert text[0] == {"d": "2020-01-01", "e": {"f": "2020-01-01"}}
        assert rows('{"d":"soon"}\n' + dates, batch_bytes=batch_bytes)[1]["d"] == "2020-01-01"
    features = Features({"d": Value("string")})
    assert rows(dates, features=features)[0] == {"d": "2020-01-01"}


def test_a_column_that_changes_its_kind_names_the_row(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"a":1}\n' * 100 + '{"a":"x"}\n')
    with pytest.raises(RowError, match=r"x\.jsonl: Row 100 of column 'a'") as caught:
        batches(path)
    assert caught.value.row == 100


@pytest.mark.parametrize(
    ("data", "row", "message"),
    [
        ('{"a":1}\n{"a":\n{"a":3}\n', 1, "row 1 is no JSON"),
        ('{"a":1}\nnonsense\n', 1, "row 1 is no JSON.*nonsense"),
        ('{"a":1}\n[1]\n{"a":1}\n', 1, r"row 1 is \[1\]"),
        ('[{"a":1},{"a":', 1, "ends too early"),
        ('[{"a":1}', 1, "ends too early"),
        ('[{"a":1}, 5]', 1, "row 1 is 5"),
    ],
)
def test_broken_json_names_the_row(data: str, row: int, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(data)
    with pytest.raises(RowError, match=rf"(?s)x\.json.*{message}") as caught:
        batches(path)
    assert caught.value.row == row


def test_encodings() -> None:
    with pytest.raises(RowError, match="not UTF-8"):
        rows(b'{"a":"x"}\n{"a":"\xff"}\n')
    with pytest.raises(RowError, match="not UTF-8"):
        rows(b'[{"a":"\xff"}]')
    assert rows(b'{"a":"\xfc"}\n', encoding="latin-1") == [{"a": "ü"}]
    assert rows(b'{"a":"\xff"}\n', encoding_errors="replace") == [{"a": "\ufffd"}]


def test_columns_and_options() -> None:
    found = batches(LINES, columns=["b", "c"], batch_bytes=1)
    assert all(b.schema.names == ["b", "c"] for b in found)
    with pytest.raises(ArgumentError, match="Did you mean 'field'"):
        rows(LINES, fields="a")


VALUES = st.fixed_dictionaries({
    "s": st.one_of(st.none(), st.text(max_size=5).filter(lambda t: t.isprintable() and not t[:1].isdigit())),
    "i": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "l": st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3),
})  # fmt: skip
SCHEMA = pa.schema([("s", pa.string()), ("i", pa.int64()), ("l", pa.list_(pa.float64()))])


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=8), st.booleans(), st.integers(1, 100))
def test_what_is_written_is_read_again(values: list[dict[str, Any]], lines: bool, batch_bytes: int) -> None:
    sink = io.BytesIO()
    written = pa.Table.from_pylist(values, schema=SCHEMA)
    assert JSON.write([written, written], sink, lines=lines) == len(sink.getvalue())
    if lines:
        assert [json.loads(line) for line in sink.getvalue().decode().split("\n")[:-1]] == values * 2
    found = pa.concat_tables(
        [pa.Table.from_batches([b]) for b in batches(sink.getvalue(), batch_bytes=batch_bytes)], promote_options="permissive"
    )
    assert found.cast(SCHEMA).to_pylist() == values * 2


def test_writing(tmp_path: Path) -> None:
    table = pa.table({"a": ["é/"], "t": [datetime.datetime(2020, 1, 1)], "b": [b"\x00"], "s": [{"x": None}]})
    path = tmp_path / "x.jsonl"
    JSON.write([table], path)
    assert path.read_text("utf-8") == '{"a":"é/","t":"2020-01-01T00:00:00","b":"AA==","s":{"x":null}}\n'
    JSON.write([table.select(["a"])], path, lines=False, force_ascii=True)
    assert json.loads(path.read_text("ascii")) == [{"a": "é/"}]
    JSON.write([], path, lines=False)
    assert json.loads(path.read_text()) == []
    with pytest.raises(ArgumentError, match="orient"):
        JSON.write([table], path, orient="split")
    with pytest.raises(ArgumentError, match="indent"):
        JSON.write([table], path, indent=2)


@pytest.mark.parametrize("batch_bytes", [1, 10**6])
@pytest.mark.parametrize(
    "data",
    [
        '[{"a":1}]x',
        '[{"a":1} {"a":2}]',
        '[{"a":1},,{"a":2}]',
        '[{"a":1},]',
        '[,{"a":1}]',
        '[{"a":1}]\n[{"a":2}]',
        '[{"a":1}',
        "[1 2]",
    ],
)
def test_an_array_is_checked_to_its_end(data: str, batch_bytes: int) -> None:
    with pytest.raises(RowError, match="of the array is no JSON"):
        rows(data, batch_bytes=batch_bytes)
    assert rows(' [ {"a":1}\t,\r\n{"a":2} ] \n ', batch_bytes=batch_bytes) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("batch_bytes", [1, 10**6])
@pytest.mark.parametrize("layout", ["lines", "array", "field"])
def test_declared_json_is_kept_as_it_is(layout: str, batch_bytes: int) -> None:
    values: list[Any] = [{"b": [1]}, "x", 1, 1.5, None, [1, "a"], {"c": {}}, "2020-01-01", True]
    objects = [{"s": value, "d": {"k": value}, "n": i, "t": "2020-01-01"} for i, value in enumerate(values)]
    data = "".join(json.dumps(row) + "\n" for row in objects) if layout == "lines" else json.dumps(objects)
    options = {"field": "f"} if layout == "field" else {}
    data = f'{{"f": {data}}}' if layout == "field" else data
    features = Features({"s": Json(), "d": {"k": Json()}, "n": Value("int64"), "t": Value("string")})
    found = rows(data, features=features, batch_bytes=batch_bytes, **options)
    assert [json.loads(row["s"]) if row["s"] else None for row in found] == values
    assert [json.loads(row["d"]["k"]) if row["d"]["k"] else None for row in found] == values
    assert [row["n"] for row in found] == list(range(len(values))) and found[0]["t"] == "2020-01-01"


@pytest.mark.parametrize("layout", ["lines", "array", "field"])
def test_mixed_columns_can_be_read_as_json(layout: str) -> None:
    objects = [{"s": 1, "d": {"k": "x"}, "n": 1}, {"s": 2, "d": {"k": "y"}, "n": 2}, {"s": "1", "d": {"k": 3}, "n": 3}]
    data = "".join(json.dumps(row) + "\n" for row in objects) if layout == "lines" else json.dumps(objects)
    options = {"field": "f"} if layout == "field" else {}
    data = f'{{"f": {data}}}' if layout == "field" else data
    with pytest.raises(RowError, match=r"No type holds(.|\n)*Json\(\) holds values of several types"):
        rows(data, **options)
    for batch_bytes in (1, 10**6):
        found = rows(data, on_mixed_types="use_json", batch_bytes=batch_bytes, **options)
        assert [json.loads(row["s"]) for row in found] == [1, 2, "1"] and [row["n"] for row in found] == [1, 2, 3]
        kept = [json.loads(row["d"] if isinstance(row["d"], str) else row["d"]["k"]) for row in found]
        assert kept in (["x", "y", 3], [{"k": "x"}, {"k": "y"}, {"k": 3}])  # blocks of one row show no common key
    with pytest.raises(ArgumentError, match="on_mixed_types is 'use_json' or None"):
        rows(data, on_mixed_types="json", **options)


def test_numbers_that_json_does_not_have_are_null(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    batch = pa.record_batch({"f": [1.5, float("nan"), float("inf")], "l": [[float("nan"), 1.0], [], None]})
    JSON.write([batch], path)
    lines = [json.loads(line, parse_constant=pytest.fail) for line in path.read_text().splitlines()]
    assert lines == [{"f": 1.5, "l": [None, 1.0]}, {"f": None, "l": []}, {"f": None, "l": None}]


@pytest.mark.parametrize("nested", [False, True])
def test_times_durations_and_decimals_are_read_as_they_are_written(nested: bool, tmp_path: Path) -> None:
    values = {
        "t": ([datetime.time(1, 2, 3, 4), None], "time64[us]"),
        "d": ([datetime.timedelta(days=-3, microseconds=1), None], "duration[us]"),
        "c": ([decimal.Decimal("-1.50"), None], "decimal128(5, 2)"),
        "s": ([datetime.datetime(2020, 1, 2, 3), None], "timestamp[us]"),
    }
    arrays = {name: pa.array(found, type=Value(kind).pa_type) for name, (found, kind) in values.items()}
    features = Features({name: Value(kind) for name, (_, kind) in values.items()})
    batch = pa.record_batch(arrays)
    if nested:
        struct = pa.StructArray.from_arrays(list(arrays.values()), names=list(arrays))
        batch = pa.record_batch({"x": pa.ListArray.from_arrays([0, 1, 2], struct)})
        features = Features({"x": [dict(features)]})
    path = tmp_path / "x.jsonl"
    JSON.write([batch], path)
    assert rows(path, features=features) == batch.to_pylist()
    with pytest.raises(RowError, match="'noon'"):
        rows('{"t":"noon"}', features=Features({"t": Value("time64[us]")}))


def test_minus_zero_is_an_integer() -> None:
    for data in ('{"a":3}\n{"a":-0}\n', '{"a":-0}\n{"a":3}\n', '{"a":-0,"b":[]}\n{"a":3}\n', '[{"a":-0},{"a":3}]'):
        assert {type(row["a"]) for row in rows(data)} == {int}
