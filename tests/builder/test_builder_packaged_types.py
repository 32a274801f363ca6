"""Types of columns over blocks, files and splits, and files as they come: compressed, empty, with marks and odd line ends."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from nlpdata import Features, Value, load_dataset
from nlpdata.errors import BuildError, FeatureError, RowError, TypeConflictError
from nlpdata.files import csv as csv_module
from nlpdata.files import get_file_type
from nlpdata.files.base import TypesChanged


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_module, "_BATCH_BYTES", 64)


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8", newline="")
    return str(path)


@pytest.mark.usefixtures("small_blocks")
def test_a_csv_column_that_turns_to_text_keeps_all_its_texts(tmp_path: Path) -> None:
    rows = [f"{i:03},{i}" for i in range(100)] + ["x,1.5"]
    path = write(tmp_path / "a.csv", "code,n\n" + "\n".join(rows) + "\n")
    with pytest.raises(TypesChanged, match="row 100, column 'code' is 'x', not int64"):
        list(get_file_type("csv").read_once(path))
    got = load_dataset("csv", data_files=path, split="train")
    assert got[7] == {"code": "007", "n": 7.0} and got[100] == {"code": "x", "n": 1.5} and got.num_rows == 101


@pytest.mark.usefixtures("small_blocks")
def test_a_csv_column_without_values_at_first(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b\n" + ",1\n" * 100 + "2020,1\n" + ",2\n" * 50)
    got = load_dataset("csv", data_files=path, split="train")
    assert got.features["a"] == Value("int64") and got["a"][99:102] == [None, 2020, None] and got.num_rows == 151


@pytest.mark.usefixtures("small_blocks")
def test_a_changed_type_in_the_second_file_restarts_the_split(tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", "n\n" + "1\n" * 100)
    second = write(tmp_path / "b.csv", "n\n" + "1\n" * 100 + "1.5\n")
    got = load_dataset("csv", data_files=[first, second], split="train")
    assert got.num_rows == 201 and got[0]["n"] == 1.0 and got[200]["n"] == 1.5


def test_text_and_numbers_in_two_files_name_file_row_column_and_types(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.csv", "n,t\n1,a\n2,b\n"), write(tmp_path / "b.csv", "n,t\n3,c\nfour,d\n")
    with pytest.raises(TypeConflictError, match=r"b\.csv: row 1, column 'n' is 'four' \(string\), but int64 in .*a\.csv"):
        load_dataset("csv", data_files=[first, second])
    features = Features({"n": Value("string"), "t": Value("string")})
    assert load_dataset("csv", data_files=[first, second], features=features, split="train")["n"] == ["1", "2", "3", "four"]
    lines = [write(tmp_path / "a.jsonl", '{"n": 1}\n'), write(tmp_path / "b.jsonl", '{"n": null}\n{"n": "x"}\n')]
    with pytest.raises(TypeConflictError, match=r"b\.jsonl: row 1, column 'n' is 'x' \(string\), but int64 in .*a\.jsonl"):
        load_dataset("json", data_files=lines)


def test_types_of_one_file_that_do_not_go_together(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"n": 1}\n' * 5 + '{"n": "x"}\n')
    with pytest.raises(FeatureError, match=r"a\.jsonl: .*[Rr]ow 5.*'n'.*'x'.*int64"):
        load_dataset("json", data_files=path)


def test_a_value_that_does_not_fit_names_the_file_and_its_row(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.jsonl", '{"n": 1}\n{"n": 2}\n'), write(tmp_path / "b.jsonl", '{"n": 3}\n{"n": 300}\n')
    with pytest.raises(RowError, match=r"b\.jsonl: row 1: .*300"):
        load_dataset("json", data_files=[first, second], features=Features({"n": Value("int8")}))


def zst(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


@pytest.mark.parametrize(
    ("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("zst", zst)]
)
@pytest.mark.parametrize("kind", ["csv", "json", "text", "xml"])
def test_compressed(tmp_path: Path, kind: str, ending: str, pack: Callable[[bytes], bytes]) -> None:
    plain = {"csv": "a,text\n1,é\n", "json": '{"a": 1, "text": "é"}\n', "text": "é\n", "xml": "<é/>"}[kind]
    path = tmp_path / f"a.{kind}.{ending}"
    path.write_bytes(pack(plain.encode()))
    got = load_dataset(kind, data_files=str(path), split="train")
    assert (
        got[0]
        == {"csv": {"a": 1, "text": "é"}, "json": {"a": 1, "text": "é"}, "text": {"text": "é"}, "xml": {"xml": "<é/>"}}[kind]
    )


@pytest.mark.parametrize(
    ("kind", "content", "columns", "rows"),
    [
        ("csv", "", [], 0),
        ("csv", "a,b\n", ["a", "b"], 0),
        ("csv", "a,b", ["a", "b"], 0),
        ("csv", "\ufeffa,b\n1,2\n", ["a", "b"], 1),
        ("csv", "a,b\r\n1,2\r\n", ["a", "b"], 1),
        ("csv", "a,b\r1,2\r3,4", ["a", "b"], 2),
        ("json", "", [], 0),
        ("json", "[]", [], 0),
        ("json", '\ufeff{"a": 1}\r\n{"a": 2}', ["a"], 2),
        ("text", "", ["text"], 0),
        ("text", "a\r\nb\rc", ["text"], 3),
        ("csv", "é\u2028,\u202e漢\n1,2\n", ["é\u2028", "\u202e漢"], 1),
        ("json", '{"é\\u0001": {"漢": [1]}}\n', ["é\u0001"], 1),
    ],
)
def test_files_as_they_come(tmp_path: Path, kind: str, content: str, columns: list[str], rows: int) -> None:
    path = write(tmp_path / f"a file {kind} é\u202e", content)
    got = load_dataset(kind, data_files=path, split="train")
    assert (got.column_names, got.num_rows) == (columns, rows)


def test_an_empty_file_among_others(tmp_path: Path) -> None:
    files = [write(tmp_path / "a.csv", ""), write(tmp_path / "b.csv", "n\n1\n"), write(tmp_path / "c.csv", "n\n")]
    assert load_dataset("csv", data_files=files, split="train")["n"] == [1]


@pytest.mark.parametrize("kind", ["csv", "text", "json"])
def test_a_row_longer_than_a_block(tmp_path: Path, kind: str, rows_mib: int = 20) -> None:
    long = "x" * (rows_mib << 20)
    content = {
        "csv": f"t\na\n{long}\nb\n",
        "text": f"a\n{long}\nb\n",
        "json": "".join(json.dumps({"t": t}) + "\n" for t in ("a", long, "b")),
    }
    got = load_dataset(kind, data_files=write(tmp_path / "a", content[kind]), split="train")
    name = got.column_names[0]
    assert [len(row[name]) for row in got] == [1, len(long), 1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["csv", "text", "json"])
def test_a_row_of_200_megabytes(tmp_path: Path, kind: str) -> None:
    test_a_row_longer_than_a_block(tmp_path, kind, 200)


def test_text_with_the_rare_separator_and_a_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\nb\x01c\n\nd")
    assert load_dataset("text", data_files=str(path), split="train")["text"] == ["a", "b\x01c", "", "d"]
    path.write_bytes(b"a\n" * 10 + b"\xff\n")
    with pytest.raises(RowError, match="line 11, byte 20"):
        load_dataset("text", data_files=str(path))


def test_a_damaged_file_leaves_nothing_behind(tmp_path: Path, isolated_cache: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"n\n" + b"1\n" * 10**6)[:-100])
    with pytest.raises((FeatureError, OSError, BuildError), match=r"a\.csv\.gz"):
        load_dataset("csv", data_files=str(path))
    assert not list(isolated_cache.rglob("*.arrow"))


@pytest.mark.parametrize("kind", ["json", "parquet"])
def test_declared_numbers_and_texts_become_each_other(tmp_path: Path, kind: str) -> None:
    rows = [{"id": 7, "n": "5", "more": 1}, {"id": None, "n": "-6", "more": 2}]
    path = str(tmp_path / f"rows.{kind}")
    if kind == "json":
        write(tmp_path / "rows.json", "".join(json.dumps(row) + "\n" for row in rows))
    else:
        pa.parquet.write_table(pa.Table.from_pylist(rows), path)
    declared = Features({"id": Value("string"), "n": Value("int16")})
    got = load_dataset(kind, data_files=path, features=declared, split="train")
    assert got.features == declared and got[:] == {"id": ["7", None], "n": [5, -6]}
    with pytest.raises(RowError, match=r"row 1: .*column 'n': '-6' .str. does not fit uint8"):
        load_dataset(kind, data_files=path, features=Features({"n": Value("uint8")}), split="train")
