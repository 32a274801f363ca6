"""Data files by type name, and folders of data files."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nlpdata
from nlpdata import load_dataset, load_dataset_builder
from nlpdata.builder.config import BuilderConfig, ConfigTable
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


def times(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_atime_ns, found.st_mtime_ns


@pytest.mark.parametrize("how", ["moved", "linked"])
def test_a_file_in_the_place_of_another_is_another_entry(data: Path, isolated_cache: Path, how: str) -> None:
    (data / "one").mkdir()
    (data / "two").mkdir()
    for name, number in (("one", 1), ("two", 2)):
        (data / name / "a.csv").write_text(f"n\n{number}\n")
    os.utime(data / "two" / "a.csv", ns=times(data / "one" / "a.csv"))
    (data / "now").symlink_to(data / "one")
    asked = str(data / "now" / "a.csv")
    assert load_dataset("csv", data_files=asked, split="train")["n"] == [1]
    if how == "moved":
        os.replace(data / "two" / "a.csv", data / "one" / "a.csv")
    else:
        (data / "now").unlink()
        (data / "now").symlink_to(data / "two")
    assert load_dataset("csv", data_files=asked, split="train")["n"] == [2]
    prepared = len(list(isolated_cache.rglob("dataset_info.json")))
    assert load_dataset("csv", data_files=asked, split="train")["n"] == [2]
    assert len(list(isolated_cache.rglob("dataset_info.json"))) == prepared


def test_no_header_is_an_option(data: Path) -> None:
    (data / "a.csv").write_text("1,2\n3,4\n")
    path = str(data / "a.csv")
    assert load_dataset("csv", data_files=path, split="train").column_names == ["1", "2"]
    assert load_dataset("csv", data_files=path, split="train", header=None)[:] == {"0": [1, 3], "1": [2, 4]}
    assert load_dataset("csv", data_files=path, split="train", header=None, names=["x", "y"])["x"] == [1, 3]
    builders = [load_dataset_builder("csv", data_files=path, **given) for given in ({}, {"header": None})]
    assert builders[0].config_id != builders[1].config_id and builders[0].cache_dir != builders[1].cache_dir


@dataclass
class SizeConfig(BuilderConfig):
    size: int | None = 3


def test_no_value_is_a_value_for_a_configuration_made_on_the_fly() -> None:
    made = ConfigTable(SizeConfig, [], None, None, "x").choose(None, {"size": None, "data_dir": None, "token": None})
    assert isinstance(made, SizeConfig) and made.size is None
    ready = ConfigTable(SizeConfig, [SizeConfig(name="a", size=5)], None, None, "x").choose("a", {"size": None})
    assert isinstance(ready, SizeConfig) and ready.size == 5


def test_no_value_for_another_option_is_its_default(data: Path) -> None:
    (data / "a.txt").write_text("x\ny\n")
    for options in ({"sample_by": None}, {"encoding": None}, {"keep_linebreaks": None}):
        assert load_dataset("text", data_files=str(data / "a.txt"), split="train", **options)["text"] == ["x", "y"]


@pytest.mark.parametrize("num_proc", [None, 2])
def test_a_file_named_twice_is_read_twice(data: Path, num_proc: int | None) -> None:
    for name, number in (("1.csv", 1), ("9.csv", 9)):
        (data / name).write_text(f"n\n{number}\n")
    for files, rows in (("9.csv", [9]), (["9.csv", "9.csv"], [9, 9]), (["9.csv", "*.csv"], [9, 1, 9])):
        got = load_dataset("csv", data_dir=str(data), data_files=files, split="train", num_proc=num_proc)
        assert got["n"] == rows


def test_a_bad_row_of_a_file_named_twice_has_its_number(data: Path) -> None:
    (data / "a.csv").write_text("n\n1\n2\n")
    (data / "b.csv").write_text("n\n1\nx\n")
    features = nlpdata.Features({"n": nlpdata.Value("int64")})
    files = [str(data / name) for name in ("a.csv", "a.csv", "b.csv")]
    with pytest.raises(nlpdata.errors.RowError, match=r"b.csv: row 1, column 'n' is 'x'"):
        load_dataset("csv", data_files=files, features=features)


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


def test_features_may_name_some_of_the_columns(data: Path) -> None:
    (data / "a.csv").write_text("b,a,c\n1,2,x\n")
    features = nlpdata.Features({"a": nlpdata.Value("string"), "b": nlpdata.Value("int8")})
    got = load_dataset("csv", data_files=str(data / "a.csv"), features=features, split="train")
    assert got[:] == {"a": ["2"], "b": [1]} and got.features == features
    wrong = nlpdata.Features({"x": nlpdata.Value("int64")})
    with pytest.raises(KeyError, match="no column"):
        load_dataset("csv", data_files=str(data / "a.csv"), features=wrong)


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
