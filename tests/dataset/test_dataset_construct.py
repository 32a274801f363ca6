"""Where datasets come from, and how they are given to others."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.dicts import DatasetDict
from nlpdata.dataset.transforms import disable_caching
from nlpdata.errors import ArgumentError, RowError
from nlpdata.features import ClassLabel, Features, List, Value
from nlpdata.info import DatasetInfo
from nlpdata.settings import settings

LABELS = Features({"t": Value("string"), "l": ClassLabel(names=["no", "yes"])})


def test_from_dict() -> None:
    ds = Dataset.from_dict({"i": [1, None], "f": [1, 2.5], "n": [None, None], "l": [[1], []], "s": [{"a": 1}, None]})
    assert ds.features == {
        "i": Value("int64"),
        "f": Value("float64"),
        "n": Value("null"),
        "l": List(Value("int64")),
        "s": {"a": Value("int64")},
    }
    assert ds[1] == {"i": None, "f": 2.5, "n": None, "l": [], "s": None}
    assert Dataset.from_dict({"l": ["yes", 0], "t": ["a", "b"]}, features=LABELS)[:] == {"t": ["a", "b"], "l": [1, 0]}
    assert Dataset.from_dict({"a": np.arange(3, dtype=np.int8)}).features == {"a": Value("int8")}
    assert Dataset.from_dict({}).shape == (0, 0)
    info = DatasetInfo(description="d", features=LABELS)
    made = Dataset.from_dict({"t": ["a"], "l": ["no"]}, info=info, split="train")
    assert (made.description, made.split, made["l"][0]) == ("d", "train", 0)


def test_from_dict_refuses_what_does_not_fit() -> None:
    with pytest.raises(ArgumentError, match=r"a.*b"):
        Dataset.from_dict({"a": [1], "b": [1, 2]})
    with pytest.raises(RowError, match="Row 1 of column 'l'"):
        Dataset.from_dict({"t": ["a", "b"], "l": ["yes", "maybe"]}, features=LABELS)
    with pytest.raises(ArgumentError, match="differ"):
        Dataset.from_dict({"t": []}, features=Features({"t": Value("string")}), info=DatasetInfo(features=LABELS))


def test_from_list_takes_the_columns_of_the_first_row() -> None:
    assert Dataset.from_list([{"a": 1}, {"b": 2}])[:] == {"a": [1, None]}
    assert Dataset.from_list([]).shape == (0, 0)
    assert Dataset.from_list([], features=LABELS).column_names == ["t", "l"]
    with pytest.raises(ArgumentError, match="row 1 is a int"):
        Dataset.from_list([{"a": 1}, 2])  # type: ignore[list-item]


def test_optional_keys_stay_missing() -> None:
    rows = [{"s": {"a": 1}}, {"s": {"b": "x"}}, {"s": None}]
    assert list(Dataset.from_list(rows)) == rows


def test_from_pandas_and_back() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1, 2], "t": ["x", None]})
    ds = Dataset.from_pandas(frame)
    assert ds.column_names == ["a", "t"]
    assert ds["t"] == ["x", None]
    assert ds.to_pandas()["a"].tolist() == [1, 2]
    assert [len(part) for part in ds.to_pandas(batch_size=1, batched=True)] == [1, 1]
    named = Dataset.from_pandas(frame.set_index("t"))
    assert named.column_names == ["a", "t"]
    indexed = frame.set_index(pandas.Index(["u", "v"]))
    assert Dataset.from_pandas(indexed).column_names == ["a", "t", "__index_level_0__"]
    assert Dataset.from_pandas(indexed, preserve_index=False).column_names == ["a", "t"]
    assert b"pandas" not in Dataset.from_pandas(frame).data.schema.metadata
    assert Dataset.from_pandas(frame, features=Features({"a": Value("int8"), "t": Value("string")})).features["a"] == Value(
        "int8"
    )


def test_from_polars_and_back() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [1, 2], "t": ["x", None]})
    assert Dataset.from_polars(frame)[:] == Dataset.from_polars(frame.lazy())[:] == {"a": [1, 2], "t": ["x", None]}
    assert Dataset.from_polars(frame).to_polars().equals(frame)


def test_from_an_arrow_table() -> None:
    table = pa.table({"a": [1, 2, 3]})
    ds = Dataset(table, split="test", indices_table=pa.table({"indices": pa.array([2, 0], pa.uint64())}))
    assert ds[:] == {"a": [3, 1]}
    assert ds.split == "test"
    assert Dataset(table, fingerprint="abc")._fingerprint == "abc"
    with pytest.raises(ArgumentError, match="not of a list"):
        Dataset([1])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="do not describe"):
        Dataset(table, info=DatasetInfo(features=LABELS))


def test_a_schema_tells_its_features() -> None:
    ds = Dataset.from_dict({"t": ["a"], "l": [1]}, features=LABELS)
    assert Dataset(ds.data).features == LABELS


def test_from_an_arrow_file(tmp_path: Path) -> None:
    file = tmp_path / "a.arrow"
    with pa.ipc.new_stream(file, LABELS.arrow_schema) as writer:
        writer.write_table(pa.table({"t": ["a", "b"], "l": [0, 1]}, schema=LABELS.arrow_schema))
    ds = Dataset.from_file(file)
    assert ds.features == LABELS
    assert ds.cache_files == [{"filename": str(file)}]
    assert Dataset.from_file(file, in_memory=True).cache_files == []
    with pytest.raises(FileNotFoundError, match=r"b\.arrow"):
        Dataset.from_file(tmp_path / "b.arrow")


# --- generators

calls: list[int] = []


def numbers(count: int) -> Iterator[dict[str, Any]]:
    for i in range(count):
        yield {"i": i, "sq": i * i if i != 1 else None}


def test_a_generator_is_run_once_per_arguments(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def noisy(count: int) -> Iterator[dict[str, Any]]:
        with log.open("a") as file:
            file.write("x")
        yield from ({"i": i} for i in range(count))

    for count in (3, 3, 4):
        ds = Dataset.from_generator(noisy, gen_kwargs={"count": count})
        assert ds["i"] == list(range(count))
    assert log.read_text() == "xx"
    assert ds.split == "train"
    assert ds.cache_files


def test_a_generator_gives_widening_types() -> None:
    ds = Dataset.from_generator(numbers, gen_kwargs={"count": 3})
    assert ds.features == {"i": Value("int64"), "sq": Value("int64")}
    assert ds["sq"] == [0, None, 4]
    assert Dataset.from_generator(numbers, gen_kwargs={"count": 3}, keep_in_memory=True).cache_files == []
    assert Dataset.from_generator(numbers, gen_kwargs={"count": 0}).num_rows == 0
    typed = Dataset.from_generator(
        numbers, features=Features({"i": Value("int8"), "sq": Value("float32")}), gen_kwargs={"count": 2}
    )
    assert typed[1] == {"i": 1, "sq": None}


def shards(files: list[str], tag: str) -> Iterator[dict[str, Any]]:
    for name in files:
        yield {"file": name, "tag": tag, "together": len(files)}


def test_lists_are_shards_only_for_several_processes() -> None:
    kwargs = {"files": ["a", "b", "c"], "tag": "t"}
    assert Dataset.from_generator(shards, gen_kwargs=kwargs)["together"] == [3, 3, 3]
    parted = Dataset.from_generator(shards, gen_kwargs=kwargs, num_proc=2, fingerprint="parted")
    assert parted["file"] == ["a", "b", "c"]
    assert parted["together"] == [1, 1, 1]
    with pytest.raises(ArgumentError, match="one length"):
        Dataset.from_generator(shards, gen_kwargs={"files": ["a", "b"], "tag": ["t"]}, num_proc=2)


def test_a_generator_that_fails_leaves_nothing(isolated_cache: Path) -> None:
    def broken() -> Iterator[Any]:
        yield {"i": 1}
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        Dataset.from_generator(broken)
    assert not [p for p in isolated_cache.rglob("*") if p.is_file()]
    with pytest.raises(ArgumentError, match="row 0 is a int"):
        Dataset.from_generator(lambda: iter([1]))  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="without calling it"):
        Dataset.from_generator(numbers(3))  # type: ignore[arg-type]


def test_a_bad_row_is_named() -> None:
    with pytest.raises(RowError, match="Row 1 of column 'i'"):
        Dataset.from_generator(lambda: iter([{"i": 1}, {"i": "x"}]), features=Features({"i": Value("int64")}))


def test_without_caching_results_go_with_the_dataset(isolated_cache: Path) -> None:
    with settings.override():
        disable_caching()
        ds = Dataset.from_generator(numbers, gen_kwargs={"count": 2})
        assert ds["i"] == [0, 1]
        del ds
    assert not [p for p in isolated_cache.rglob("*.arrow")]


# --- files


def test_files_there_and_back(tmp_path: Path) -> None:
    ds = Dataset.from_dict({"i": [1, None, 3], "t": ["a", 'q"u,o\nte', None], "f": [0.5, 1.0, None]})
    assert ds.to_csv(tmp_path / "d.csv") == (tmp_path / "d.csv").stat().st_size
    assert ds.to_json(tmp_path / "d.jsonl") == (tmp_path / "d.jsonl").stat().st_size
    assert ds.to_parquet(tmp_path / "d.parquet", batch_size=2) == (tmp_path / "d.parquet").stat().st_size
    assert Dataset.from_csv(tmp_path / "d.csv")[:] == ds[:]
    assert Dataset.from_json(str(tmp_path / "d.jsonl"), split="test")[:] == ds[:]
    read = Dataset.from_parquet([tmp_path / "d.parquet", tmp_path / "d.parquet"], columns=["t"])
    assert read[:] == {"t": ds["t"][:] * 2}
    assert Dataset.from_json(tmp_path / "d.jsonl", split="test").split == "test"


def test_parquet_keeps_the_features(tmp_path: Path) -> None:
    ds = Dataset.from_dict({"t": ["a"], "l": [1]}, features=LABELS)
    ds.to_parquet(tmp_path / "d.parquet")
    assert Dataset.from_parquet(tmp_path / "d.parquet").features == LABELS


def test_files_with_features(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("t,l\n1,yes\n2,no\n")
    ds = Dataset.from_csv(tmp_path / "d.csv", features=LABELS)
    assert ds[:] == {"t": ["1", "2"], "l": [1, 0]}


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "d.txt"
    file.write_text("one\ntwo\n")
    first = Dataset.from_text(file)
    assert first["text"] == ["one", "two"]
    assert Dataset.from_text(file).cache_files == first.cache_files
    file.write_text("one\ntwo\nthree\n")
    assert Dataset.from_text(str(file))["text"] == ["one", "two", "three"]
    assert Dataset.from_text(file, sample_by="document")["text"] == ["one\ntwo\nthree\n"]
    assert first["text"] == ["one", "two"]


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
        Dataset.from_csv(tmp_path / "nothing.csv")
    with pytest.raises(FileNotFoundError, match="empty"):
        Dataset.from_csv([])


def test_files_by_pattern_and_url(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text(f"{name}\n")
    assert Dataset.from_text(str(tmp_path / "*.txt"))["text"] == ["a", "b"]
    assert Dataset.from_text((tmp_path / "b.txt").as_uri())["text"] == ["b"]


def test_splits_from_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x\n")
    (tmp_path / "b.txt").write_text("y\nz\n")
    ds = DatasetDict.from_text({"train": tmp_path / "a.txt", "test": [str(tmp_path / "b.txt")]})
    assert ds.num_rows == {"train": 1, "test": 2}
    assert ds["test"].split == "test"
    with pytest.raises(ArgumentError, match="split: path"):
        DatasetDict.from_text(str(tmp_path / "a.txt"))  # type: ignore[arg-type]


def test_writing_to_streams_and_urls(tmp_path: Path) -> None:
    ds = Dataset.from_dict({"a": [1, 2]})
    stream = io.BytesIO()
    assert ds.to_csv(stream) == len(stream.getvalue())
    assert stream.getvalue().splitlines() == [b"a", b"1", b"2"]
    ds.to_json("memory://nlpdata-test/d.jsonl")
    import fsspec

    with fsspec.open("memory://nlpdata-test/d.jsonl") as file:
        assert file.read().splitlines() == [b'{"a":1}', b'{"a":2}']


def test_nothing_is_exported_as_a_header(tmp_path: Path) -> None:
    Dataset.from_dict({"a": [1]}).take(0).to_csv(tmp_path / "d.csv")
    assert (tmp_path / "d.csv").read_text().strip() == "a"


def test_as_python_objects() -> None:
    ds = Dataset.from_dict({"a": [1, 2, 3], "t": ["x", "y", "z"]}).with_format("numpy", columns=["a"]).select([2, 0])
    assert ds.to_dict() == {"a": [3, 1], "t": ["z", "x"]}
    assert type(ds.to_dict()["a"][0]) is int
    assert list(ds.to_dict(batch_size=1, batched=True)) == [{"a": [3], "t": ["z"]}, {"a": [1], "t": ["x"]}]
    assert ds.to_list() == [{"a": 3, "t": "z"}, {"a": 1, "t": "x"}]
