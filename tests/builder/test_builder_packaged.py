"""Data files by type name, and folders of data files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nlpdata
from nlpdata import load_dataset, load_dataset_builder
from nlpdata.errors import ArgumentError, UnknownLoaderError


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_csv_with_options_and_splits(data: Path) -> None:
    (data / "a.csv").write_text("text;n\none;1\ntwo;2\n")
    (data / "b.csv").write_text("text;n\nthree;3\n")
    got = load_dataset("csv", data_files={"train": str(data / "a.csv"), "test": [str(data / "b.csv")]}, sep=";")
    assert got["train"][:] == {"text": ["one", "two"], "n": [1, 2]} and got["test"][0] == {"text": "three", "n": 3}
    assert load_dataset("csv", data_dir=str(data), data_files="*.csv", sep=";", split="train").num_rows == 3


def test_json_text_parquet_arrow(data: Path) -> None:
    rows = [{"text": "one", "n": 1}, {"text": "two", "n": 2}]
    table = pa.Table.from_pylist(rows)
    (data / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (data / "rows.json").write_text(json.dumps({"data": rows}))
    pq.write_table(table, data / "rows.parquet")
    with pa.ipc.new_stream(str(data / "rows.arrow"), table.schema) as sink:
        sink.write_table(table)
    (data / "rows.txt.gz").write_bytes(gzip.compress(b"one\ntwo\n"))
    for kind, name, options in (("json", "rows.jsonl", {}), ("json", "rows.json", {"field": "data"}),
                                ("parquet", "rows.parquet", {}), ("arrow", "rows.arrow", {})):  # fmt: skip
        assert list(load_dataset(kind, data_files=str(data / name), split="train", **options)) == rows
    assert load_dataset("text", data_files=str(data / "rows.txt.gz"), split="train")["text"] == ["one", "two"]


def test_a_changed_file_is_another_entry(data: Path) -> None:
    path = data / "a.csv"
    path.write_text("n\n1\n")
    first = load_dataset("csv", data_files=str(path), split="train")
    path.write_text("n\n1\n2\n")
    second = load_dataset("csv", data_files=str(path), split="train")
    assert (first.num_rows, second.num_rows) == (1, 2) and first["n"] == [1]
    assert first._fingerprint != second._fingerprint


def test_splits_share_the_widest_type(data: Path) -> None:
    (data / "train.csv").write_text("n,text\n1,a\n2,b\n")
    (data / "test.csv").write_text("n,text\n1.5,\n")
    got = load_dataset(str(data))
    assert got["train"].features == got["test"].features
    assert got["train"]["n"] == [1.0, 2.0] and isinstance(got["train"][0]["n"], float) and got["test"]["n"] == [1.5]


def test_types_that_do_not_go_together_name_the_column(data: Path) -> None:
    (data / "train.jsonl").write_text('{"n": [1]}\n')
    (data / "test.jsonl").write_text('{"n": {"a": 1}}\n')
    with pytest.raises(nlpdata.errors.TypeConflictError, match="n"):
        load_dataset(str(data))


def test_features_given_by_the_user(data: Path) -> None:
    (data / "a.csv").write_text("id,label\n007,yes\n")
    features = nlpdata.Features({"id": nlpdata.Value("string"), "label": nlpdata.ClassLabel(names=["no", "yes"])})
    got = load_dataset("csv", data_files=str(data / "a.csv"), features=features, split="train")
    assert got[0] == {"id": "007", "label": 1} and got.features == features


def test_features_inside_a_parquet_file_are_kept(data: Path) -> None:
    features = nlpdata.Features({"label": nlpdata.ClassLabel(names=["no", "yes"])})
    pq.write_table(pa.table({"label": [0, 1]}, schema=features.arrow_schema), data / "a.parquet")
    assert load_dataset("parquet", data_files=str(data / "a.parquet"), split="train").features == features


def test_a_folder_is_read_by_the_type_of_most_files(data: Path) -> None:
    (data / "train.tsv").write_text("a\tb\n1\tx\n")
    (data / "test.tsv").write_text("a\tb\n2\ty\n")
    (data / "notes.txt").write_text("about these files\n")
    got = load_dataset(str(data))
    assert list(got) == ["train", "test"] and got["test"][0] == {"a": 2, "b": "y"}
    assert load_dataset_builder(str(data)).dataset_name == "data"
    assert nlpdata.get_dataset_split_names(str(data)) == ["train", "test"]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda d: load_dataset("csv"), ArgumentError, "needs data files"),
        (lambda d: load_dataset("csv", data_files=str(d / "missing.csv")), FileNotFoundError, "missing.csv"),
        (lambda d: load_dataset("csv", data_files=str(d / "a.csv"), seperator=";"), ArgumentError, "separator|sep"),
        (lambda d: load_dataset(str(d / "a.csv")), UnknownLoaderError, 'load_dataset."csv", data_files='),
        (lambda d: load_dataset(str(d / "none")), UnknownLoaderError, "no such file or folder"),
        (
            lambda d: load_dataset(str(d / "empty")),
            UnknownLoaderError,
            r"Nor does it hold a loader, which would be .*empty\.py",
        ),
        (lambda d: load_dataset("cvs", data_files=str(d / "a.csv")), UnknownLoaderError, "Did you mean 'csv'"),
    ],
)
def test_what_cannot_be_meant(data: Path, isolated_cache: Path, call, error, message: str) -> None:
    (data / "a.csv").write_text("n\n1\n")
    (data / "empty").mkdir()
    with pytest.raises(error, match=message):
        call(data)
    assert not [path for path in isolated_cache.rglob("*") if path.is_file()]
