"""Saved folders and Arrow files between nlpdata, HF ``datasets``, plain pyarrow and polars, with the peer imported and not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import nlpdata
from nlpdata import Dataset, DatasetDict, concatenate_datasets, load_from_disk

ROWS = 7
NOT_SAVED_BY_THEM = ["tr", "trs"]  # save_to_disk of the peer fails for translations beside decoded columns


def features_in(library: Any) -> Any:
    """Features of every type that needs no optional package, in the words of a library."""
    m = library
    return m.Features(
        {
            "bool": m.Value("bool"), "i8": m.Value("int8"), "u64": m.Value("uint64"), "f16": m.Value("float16"),
            "f64": m.Value("float64"), "text": m.Value("string"), "long": m.Value("large_string"), "raw": m.Value("binary"),
            "day": m.Value("date32"), "when": m.Value("timestamp[us, tz=UTC]"), "span": m.Value("duration[ms]"),
            "money": m.Value("decimal128(10, 2)"), "none": m.Value("null"), "label": m.ClassLabel(names=["no", "yes"]),
            "list": m.List(m.Value("int32")), "fixed": m.List(m.Value("float32"), length=2),
            "large": m.LargeList(m.Value("string")),
            "deep": m.List({"a": m.List({"b": m.List(m.Value("int64"))})}), "struct": {"x": {"y": m.Value("string")}},
            "grid": m.Array2D((2, 2), "int16"), "cube": m.Array3D((None, 1, 2), "float32"),
            "tr": m.Translation(languages=["de", "en"]), "trs": m.TranslationVariableLanguages(languages=["de", "en"]),
            "json": m.Json(), "日本 ü.\n": m.Value("string"),
        }
    )  # fmt: skip


def columns() -> dict[str, list[Any]]:
    """A column for each feature; every third row is null where a null can be."""
    import datetime
    import decimal

    zone = datetime.UTC
    values: dict[str, Any] = {
        "bool": lambda i: i % 2 == 0, "i8": lambda i: i - 3, "u64": lambda i: 2**63 - 1 - i, "f16": lambda i: i / 2,
        "f64": lambda i: i / 3, "text": lambda i: "ü" * i, "long": str, "raw": lambda i: bytes([i, 255]),
        "day": lambda i: datetime.date(2026, 1, 1 + i), "when": lambda i: datetime.datetime(2026, 1, 1, i, tzinfo=zone),
        "span": lambda i: datetime.timedelta(milliseconds=i), "money": lambda i: decimal.Decimal(i) / 4, "none": lambda i: None,
        "label": lambda i: i % 2, "list": lambda i: list(range(i)), "fixed": lambda i: [i, i + 0.5],
        "large": lambda i: ["a"] * i,
        "deep": lambda i: [{"a": [{"b": [1] * i}, {"b": None}]}], "struct": lambda i: {"x": {"y": str(i)}},
        "grid": lambda i: [[i, 1], [2, 3]], "cube": lambda i: [[[0.5, i]]] * (i + 1),
        "tr": lambda i: {"de": "ja", "en": str(i)},
        "trs": lambda i: {"language": ["de", "en"], "translation": ["x", str(i)]}, "json": lambda i: {"k": [i, "x", None]},
        "日本 ü.\n": lambda i: "name",
    }  # fmt: skip
    whole = ("tr", "trs", "struct", "cube")  # of the last, the peer cannot show nulls
    return {name: [None if i % 3 == 2 and name not in whole else make(i) for i in range(ROWS)] for name, make in values.items()}


def plain(value: Any) -> Any:
    """Arrays as lists, so that rows can be compared."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def ours(shuffled: bool = False) -> Dataset:
    made = Dataset.from_dict(columns(), features=features_in(nlpdata))
    return made.shuffle(seed=5) if shuffled else made


# --- with HF datasets


@pytest.fixture
def hf(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return pytest.importorskip("datasets", minversion="5.0")


@pytest.mark.peers
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("shards", [1, 3])
def test_they_load_every_type_we_save(hf: Any, tmp_path: Path, shuffled: bool, shards: int) -> None:
    mine = ours(shuffled)
    mine.save_to_disk(tmp_path / "d", num_shards=shards)
    theirs = hf.load_from_disk(str(tmp_path / "d"))
    assert theirs.features == features_in(hf)
    assert [plain(row) for row in theirs] == [plain(row) for row in mine]
    assert theirs.map(lambda row: {"n": 1})["n"][:] == [1] * ROWS


@pytest.mark.peers
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("shards", [1, 3])
def test_we_load_every_type_they_save(hf: Any, tmp_path: Path, shuffled: bool, shards: int) -> None:
    theirs = hf.Dataset.from_dict(columns(), features=features_in(hf)).remove_columns(NOT_SAVED_BY_THEM)
    theirs = theirs.shuffle(seed=5) if shuffled else theirs
    theirs.save_to_disk(str(tmp_path / "d"), num_shards=shards)
    mine = load_from_disk(tmp_path / "d")
    expected = ours(shuffled).remove_columns(NOT_SAVED_BY_THEM)
    assert mine.features == expected.features
    assert [plain(row) for row in mine] == [plain(row) for row in theirs] == [plain(row) for row in expected]
    mine.save_to_disk(tmp_path / "again")
    assert hf.load_from_disk(str(tmp_path / "again")).features == theirs.features


@pytest.mark.peers
def test_their_files_with_an_indices_file(hf: Any, tmp_path: Path) -> None:
    theirs = hf.Dataset.from_dict({"a": list(range(20))})
    theirs.save_to_disk(str(tmp_path / "d"))
    loaded = hf.load_from_disk(str(tmp_path / "d"))
    picked = loaded.select([9, 3, 3, 0], indices_cache_file_name=str(tmp_path / "rows.arrow"))
    file = loaded.cache_files[0]["filename"]
    assert Dataset.from_file(file, indices_filename=str(tmp_path / "rows.arrow"))["a"] == picked["a"][:] == [9, 3, 3, 0]
    table = pa.ipc.open_stream(pa.memory_map(str(tmp_path / "rows.arrow"))).read_all()
    assert Dataset(theirs.data.table, indices_table=table)["a"] == [9, 3, 3, 0]


@pytest.mark.peers
def test_formats_splits_and_class_names_travel(hf: Any, tmp_path: Path) -> None:
    ours().with_format("numpy", columns=["i8", "label"]).save_to_disk(tmp_path / "d")
    assert hf.load_from_disk(str(tmp_path / "d")).format["columns"] == ["i8", "label"]
    DatasetDict(train=ours(), test=ours(True)).save_to_disk(tmp_path / "e", num_shards={"train": 2, "test": 1})
    both = hf.load_from_disk(str(tmp_path / "e"))
    assert both["test"].features["label"].int2str(1) == "yes" and len(both["train"].cache_files) == 2
    both.remove_columns(NOT_SAVED_BY_THEM).save_to_disk(str(tmp_path / "f"))
    assert load_from_disk(tmp_path / "f")["test"].features["label"].names == ["no", "yes"]


@pytest.mark.peers
def test_their_parquet_and_ours(hf: Any, tmp_path: Path) -> None:
    names = [name for name in columns() if name not in ("f16", "span", "json", "none")]
    mine = ours().select_columns(names)
    mine.to_parquet(tmp_path / "ours.parquet")
    theirs = hf.Dataset.from_parquet(str(tmp_path / "ours.parquet"), cache_dir=str(tmp_path / "c"))
    assert theirs.features == hf.Features({name: features_in(hf)[name] for name in names})
    assert [plain(row) for row in theirs] == [plain(row) for row in mine]
    theirs.to_parquet(str(tmp_path / "theirs.parquet"))
    read = Dataset.from_parquet(tmp_path / "theirs.parquet")
    assert read.features == mine.features and [plain(row) for row in read] == [plain(row) for row in mine]


# --- arrays in one process with and without the peer


ONE_PROCESS = """
import sys
peer, folder = sys.argv[1] == "peer", sys.argv[2]
if peer:
    import datasets
import pyarrow as pa
from nlpdata import Array2D, Dataset, Features, Value, concatenate_datasets, load_from_disk

features = Features({"a": Array2D((2, 2), "int32"), "l": [Array2D((None, 1), "float32")], "s": {"g": Array2D((1, 1), "int8")}})
rows = {"a": [[[1, 2], [3, 4]]], "l": [[[[0.5]], [[1.5], [2.5]]]], "s": [{"g": [[7]]}]}
fresh, saved = Dataset.from_dict(rows, features=features), load_from_disk(folder)
assert saved.features == features, saved.features
joined = concatenate_datasets([saved, fresh, saved])
assert joined.features == features and joined.num_rows == 3
assert joined.with_format("arrow")[:].to_pylist() == saved.with_format("arrow")[:].to_pylist() * 3
assert joined.with_format("numpy")[:]["a"].tolist() == rows["a"] * 3
assert saved.add_item({"a": rows["a"][0], "l": rows["l"][0], "s": rows["s"][0]})[1] == saved[0]
mapped = saved.map(lambda row: {"a": [[v + 1 for v in r] for r in row["a"]], "n": 1})
assert mapped.features["a"] == features["a"] and mapped["a"][0] == [[2, 3], [4, 5]], mapped.features
assert concatenate_datasets([saved.rename_columns({"a": "b", "l": "m", "s": "t"}), fresh], axis=1).num_columns == 6
assert saved.filter(lambda row: True)[0] == fresh[0] == Dataset(saved.data)[0]
assert Dataset.from_file(saved.cache_files[0]["filename"])[0] == fresh[0]
saved.to_parquet(folder + "/x.parquet")
assert Dataset.from_parquet(folder + "/x.parquet").features == features
assert saved.cast_column("a", [[Value("int64")]]).features["a"] == Features({"a": [[Value("int64")]]})["a"]
again = Dataset.from_generator(lambda: iter([{k: v[0] for k, v in rows.items()}]), features=features)
assert concatenate_datasets([again, saved])[0] == saved[0]
import pickle
assert pickle.loads(pickle.dumps(joined))[:] == joined[:]
"""


@pytest.mark.peers
@pytest.mark.parametrize("reader", ["peer", "alone"])
@pytest.mark.parametrize("writer", ["peer", "us"])
def test_arrays_are_the_same_whoever_else_is_imported(
    hf: Any, reader: str, writer: str, tmp_path: Path, isolated_cache: Path
) -> None:
    m = hf if writer == "peer" else nlpdata
    features = m.Features(
        {"a": m.Array2D((2, 2), "int32"), "l": [m.Array2D((None, 1), "float32")], "s": {"g": m.Array2D((1, 1), "int8")}}
    )
    rows = {"a": [[[1, 2], [3, 4]]], "l": [[[[0.5]], [[1.5], [2.5]]]], "s": [{"g": [[7]]}]}
    m.Dataset.from_dict(rows, features=features).save_to_disk(str(tmp_path / "d"))
    environment = {"NLPDATA_CACHE": str(isolated_cache), "HF_HUB_OFFLINE": "1", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", ONE_PROCESS, reader, str(tmp_path / "d")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.peers
def test_tables_of_the_peer_are_taken_as_they_are(hf: Any) -> None:
    theirs = hf.Dataset.from_dict({"a": [np.ones((2, 2))]}, features=hf.Features({"a": hf.Array2D((2, 2), "float64")}))
    mine = Dataset(theirs.data.table)
    assert mine.features == nlpdata.Features({"a": nlpdata.Array2D((2, 2), "float64")})
    assert concatenate_datasets([mine, Dataset.from_dict({"a": [np.zeros((2, 2))]}, features=mine.features)]).num_rows == 2
    assert not any(isinstance(field.type, pa.ExtensionType) for field in mine.data.schema)


# --- with libraries that know Arrow


@pytest.mark.parametrize("shards", [1, 3])
def test_files_open_in_plain_pyarrow_and_polars(tmp_path: Path, shards: int) -> None:
    mine = ours().remove_columns(["f16", "json"])
    mine.save_to_disk(tmp_path / "d", num_shards=shards)
    files = sorted((tmp_path / "d").glob("*.arrow"))
    assert len(files) == shards
    tables = [pa.ipc.open_stream(file).read_all() for file in files]
    assert pa.concat_tables(tables).to_pylist() == mine.with_format("arrow")[:].to_pylist()
    polars = pytest.importorskip("polars")
    frames = [polars.read_ipc_stream(file, columns=["i8", "text", "list", "struct", "日本 ü.\n"]) for file in files]
    found = polars.concat(frames)
    assert found["i8"].to_list() == mine["i8"] and found["list"].to_list() == mine["list"]
    assert found["struct"].to_list() == mine["struct"] and found["日本 ü.\n"].to_list() == mine["日本 ü.\n"]


def test_duckdb_polars_and_pandas_read_the_stream(tmp_path: Path) -> None:
    names = ["i8", "text", "list", "struct", "f64"]
    ours(True).select_columns(names).save_to_disk(tmp_path / "d", num_shards=2)
    dataset = load_from_disk(tmp_path / "d").select([5, 1, 4])
    rows = [row["i8"] for row in dataset]
    duckdb = pytest.importorskip("duckdb")
    assert [row[0] for row in duckdb.sql("select i8 from dataset").fetchall()] == rows
    assert duckdb.sql("select sum(list_sum(list)) from dataset").fetchall() == [(sum(sum(x or []) for x in dataset["list"]),)]
    polars = pytest.importorskip("polars")
    assert polars.DataFrame(dataset).to_dicts() == list(dataset)
    pandas = pytest.importorskip("pandas")
    if hasattr(pandas.DataFrame, "from_arrow"):
        assert pandas.DataFrame.from_arrow(dataset)["text"].tolist()[1] == dataset["text"][1]
