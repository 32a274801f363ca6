"""JSON lines read by the places of their quotes are what Python's parser reads, or are left to a parser."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.errors import RowError
from nlpdata.files import get_file_type
from nlpdata.files.json_flat import read_flat

TEXTS = st.text(st.one_of(st.sampled_from('ab"\\/{}[],: \n\té漢\U0001f600'), st.characters(codec="utf-8")), max_size=12)
VALUES = st.one_of(TEXTS, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False, allow_infinity=False))
KINDS: dict[type, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
}


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows with the same keys in the same order; each column of one kind."""
    names = draw(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
    columns = {name: KINDS[draw(st.sampled_from(list(KINDS)))] for name in names}
    return draw(st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=8))


def same(found: pa.Table, rows: list[dict[str, Any]]) -> bool:
    return found.to_pylist() == rows and list(found.column_names) == list(rows[0])


@given(tables(), st.sampled_from([(", ", ": "), (",", ":")]), st.booleans())
def test_regular_lines_are_read_right_or_not_at_all(rows: list[dict[str, Any]], spacing: Any, ascii_only: bool) -> None:
    block = "".join(json.dumps(row, separators=spacing, ensure_ascii=ascii_only) + "\n" for row in rows).encode()
    found = read_flat(block)
    if found is not None:
        assert same(found, rows)
    whole = pa.Table.from_batches(list(get_file_type("json").read(io.BytesIO(block))))
    if not any(isinstance(value, str) and value[:4].strip().isdigit() for row in rows for value in row.values()):
        assert same(whole, rows)


def test_it_is_used_for_what_programs_write() -> None:
    rows = [
        {"id": i, "text": f'line {i} "quoted" \\ é' if i % 9 == 0 else "plain", "x": i / 7, "ok": i % 2 == 0} for i in range(50)
    ]
    block = "".join(json.dumps(row) + "\n" for row in rows).encode()
    found = read_flat(block)
    assert found is not None and same(found, rows)
    assert found.schema.types == [pa.int64(), pa.string(), pa.float64(), pa.bool_()]


@pytest.mark.parametrize(
    "second",
    [
        '{"a": 1, "b": null}',
        '{"a": 1}',
        '{"b": "x", "a": 1}',
        '{"a":1, "b": "x"}',
        '{"a": 1, "b": "x", "c": 2}',
        '{"a": 01, "b": "x"}',
        '{"a": 0x1, "b": "x"}',
        '{"a": +1, "b": "x"}',
        '{"a": 1, "c": "x"}',
        '{"a": 1, "b": "x"},',
        '{"a": 1, "b": ["x"]}',
        '{"a": nan, "b": "x"}',
        '{"a": 1, "b": "x\ty"}',
        '[{"a": 1, "b": "x"}]',
        '{"a": "1", "b": "x"}',
        '{"a": 1 , "b": "x"}',
        '{"a": 1, "b": "x"} ',
        '{"a": 1, "b": "x"} {"a": 1, "b": "x"}',
        '{"a": 1, "b": "\\x"}',
        '{"a": , "b": "x"}',
    ],
)
@pytest.mark.parametrize("last", [True, False])
def test_other_lines_are_left_to_a_parser(second: str, last: bool) -> None:
    first = '{"a": 0, "b": "y"}'
    lines = [first, first, second] if last else [first, second, first]
    assert read_flat(("\n".join(lines) + "\n").encode()) is None


def test_bad_utf8_is_no_text() -> None:
    block = b'{"a": "x"}\n{"a": "\xff"}\n'
    assert read_flat(block) is None
    with pytest.raises(RowError, match="row 1 is not UTF-8"):
        list(get_file_type("json").read(io.BytesIO(block)))


def test_a_key_twice_and_an_open_line_are_left() -> None:
    assert read_flat(b'{"a": 1, "a": 2}\n') is None
    assert read_flat(b'{"a": 1}') is None and read_flat(b"") is None and read_flat(b"\n") is None and read_flat(b"{}\n") is None


def test_dates_are_left_to_the_parser_that_knows_them() -> None:
    block = b'{"a": "2020-01-01"}\n{"a": "2020-01-02"}\n'
    (batch,) = get_file_type("json").read(io.BytesIO(block))
    assert pa.types.is_timestamp(batch.schema.field("a").type)


def test_lines_of_a_plain_file_are_cut_only_after_whole_objects(tmp_path: Path) -> None:
    long = "x" * 300_000  # longer than what is looked at together
    cases = [
        (b'\xef\xbb\xbf  \n{"a": 1}\n{"a": 2}', [{"a": 1}, {"a": 2}]),
        (b'{"a": 1}\n' + b"\n" * 200 + b'{"a": 2}\n   \n\n', [{"a": 1}, {"a": 2}]),
        (b'{"a":\n 1}\n{"a":\n\n 2\n}\n', [{"a": 1}, {"a": 2}]),
        (b"   \n  ", []),
        (
            f'{{"a": "{long}"}}\n{{"a": "\u00e9"}}\n{{"a": "b\\\\"}}\n{{"a": "c\\\\\\"d"}}\n'.encode(),
            [{"a": long}, {"a": "\u00e9"}, {"a": "b\\"}, {"a": 'c\\"d'}],
        ),
    ]
    for number, (content, rows) in enumerate(cases):
        path = tmp_path / f"{number}.jsonl"
        path.write_bytes(content)
        for size in (3, 16, 1000, 1 << 20):
            found = [row for batch in get_file_type("json").read(path, batch_bytes=size) for row in batch.to_pylist()]
            assert found == rows, (number, size)
