"""Datasets at the edge, through everything a user does: no rows, no columns, nothing but nulls, any names, deep nesting, and
(slow) more text and longer lists than 32-bit offsets reach, and ten thousand files."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata import Dataset, DatasetDict, Features, LargeList, List, Value, concatenate_datasets, load_from_disk
from nlpdata.errors import ArgumentError
from nlpdata.settings import settings

NAMES = [
    "",
    " ",
    "a.b",
    "日本",
    "e\u0301",
    "😀",
    "new\nline",
    "quote\"'`",
    "null\x00",
    "../up",
    "a" * 300,
    "__index_level_0__",
    "\u202eright",
]


def nested(rows: int) -> list[Any]:
    made: list[Any] = [
        [{"a": [{"b": [[i], []], "c": None}, None], "d": {"e": [str(i)] * (i % 3)}}] * (i % 4) for i in range(rows)
    ]
    return [None if i % 5 == 4 else row for i, row in enumerate(made)]


DEEP = Features(
    {"x": List({"a": List({"b": List(List(Value("int64"))), "c": Value("string")}), "d": {"e": LargeList(Value("string"))}})}
)
CASES: dict[str, Dataset] = {
    "no rows": Dataset.from_dict({"a": [], "t": []}, features=Features({"a": Value("int64"), "t": Value("string")})),
    "no rows, deep": Dataset.from_dict({"x": []}, features=DEEP),
    "no columns": Dataset.from_dict({"a": [1, 2, 3]}).remove_columns("a"),
    "nothing": Dataset.from_dict({}),
    "all null": Dataset.from_dict(
        {"a": [None] * 4, "l": [[None], [], None, [None, None]], "s": [{"k": None}, None, {"k": None}, None]}
    ),
    "all null, typed": Dataset.from_dict(
        {"a": [None] * 3, "t": [None] * 3, "x": [None] * 3},
        features=Features({"a": Value("int32"), "t": Value("string"), **DEEP}),
    ),
    "names": Dataset.from_dict({name: [i, None] for i, name in enumerate(NAMES)}),
    "deep": Dataset.from_dict({"x": nested(23), "i": list(range(23))}, features=Features({**DEEP, "i": Value("int32")})),
}
FORMATS = ["arrow", "numpy", "pandas", "polars", "torch"]


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Dataset:
    return CASES[request.param]


@pytest.fixture(params=["memory", "disk", "picked"])
def dataset(case: Dataset, request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    """The same rows in memory, from disk, and through a row list."""
    if request.param == "memory":
        return case
    if request.param == "disk":
        case.save_to_disk(tmp_path / "d", num_shards=2)
        return Dataset.load_from_disk(tmp_path / "d")
    return concatenate_datasets([case, case]).select(range(case.num_rows)).select(list(range(case.num_rows)))


def test_reading(dataset: Dataset, case: Dataset) -> None:
    rows = list(case)
    assert list(dataset) == rows == dataset.to_list()
    assert dataset.features == case.features and dataset.shape == case.shape and len(dataset) == len(rows)
    assert dataset[:] == case.to_dict() == dataset.to_dict()
    assert [dataset[i] for i in range(-len(rows), 0)] == rows
    assert dataset.__getitems__(list(range(len(rows)))) == rows
    assert [row for batch in dataset.iter(2) for row in Dataset.from_dict(batch, features=case.features)] == (
        rows if case.features else []
    )
    assert dataset[:0] == {name: [] for name in case.column_names}
    for name in dataset.column_names:
        assert dataset[name] == [row[name] for row in rows] and len(repr(dataset[name])) < 3000
    assert f"num_rows: {len(rows)}" in repr(dataset)
    assert pickle.loads(pickle.dumps(dataset)).to_list() == rows


@pytest.mark.parametrize("kind", FORMATS)
def test_formats(dataset: Dataset, case: Dataset, kind: str) -> None:
    pytest.importorskip("pyarrow" if kind == "arrow" else kind)
    formatted, expected = dataset.with_format(kind), case.with_format(kind)
    shown = (lambda table: repr(table.to_pylist())) if kind == "arrow" else repr  # whatever its chunks are
    assert shown(formatted[:]) == shown(expected[:])
    assert [shown(row) for row in formatted] == [shown(expected[i]) for i in range(len(case))]
    assert sum(1 for _ in formatted.iter(3)) == -(-len(case) // 3)


def test_changing(dataset: Dataset, case: Dataset) -> None:
    rows = list(case)
    numbered = dataset.map(lambda row, i: {"#": i}, with_indices=True)
    assert [row.pop("#") for row in (dict(r) for r in numbered)] == list(range(len(rows)))
    assert numbered.remove_columns("#").to_list() == rows if rows else True
    assert list(dataset.filter(lambda row: True)) == rows and dataset.filter(lambda row: False).num_rows == 0
    assert list(dataset.map(lambda batch: batch, batched=True, batch_size=2)) == rows
    assert dataset.shuffle(seed=3).shape == dataset.shape and list(dataset.select([])) == []
    assert list(concatenate_datasets([dataset, case])) == rows * 2
    assert list(dataset.take(2)) + list(dataset.skip(2)) == rows
    assert [row for i in range(3) for row in dataset.shard(3, i)] == rows
    assert list(dataset.flatten_indices()) == rows and list(dataset.repeat(2)) == rows * 2
    assert dataset.cast(dataset.features).features == case.features
    renamed = dataset.rename_columns({name: f"{name}!" for name in dataset.column_names})
    assert renamed.column_names == [f"{name}!" for name in case.column_names] and renamed.num_rows == len(rows)
    assert dataset.flatten().num_rows == len(rows)
    if case.features:
        assert [item for batch in dataset.batch(2)[case.column_names[0]] for item in batch] == list(
            dataset[case.column_names[0]]
        )
        assert dataset.add_column("+", list(range(len(rows))))["+"] == list(range(len(rows)))


def test_there_and_back(dataset: Dataset, case: Dataset, tmp_path: Path) -> None:
    rows = list(case)
    for shards in (1, 2):
        dataset.save_to_disk(tmp_path / f"s{shards}", num_shards=shards)
        found = load_from_disk(tmp_path / f"s{shards}")
        assert isinstance(found, Dataset) and list(found) == rows and found.features == case.features
    DatasetDict(a=dataset, b=case).save_to_disk(tmp_path / "both")
    assert list(load_from_disk(tmp_path / "both")["a"]) == rows
    readable = dataset.remove_columns([name for name in dataset.column_names if "\x00" in name])  # the protocol has C strings
    assert pa.table(readable).num_rows == len(rows) and Dataset(pa.table(readable)).features == readable.features
    if case.features:
        dataset.to_parquet(tmp_path / "p.parquet")
        again = Dataset.from_parquet(tmp_path / "p.parquet")
        assert list(again) == rows and again.features == case.features
        dataset.to_json(tmp_path / "j.jsonl")
        assert list(Dataset.from_json(tmp_path / "j.jsonl", features=case.features)) == rows


@pytest.mark.parametrize("key", [0, -1, 23, -24, [0, 99], slice(0, 5, 0), True, "nope", 1.5, None])
def test_what_is_not_there(key: Any) -> None:
    case = CASES["deep"] if key not in (0, -1) else CASES["no rows"]
    if isinstance(key, int) and not isinstance(key, bool) and key in (0, -1):
        with pytest.raises(IndexError, match=f"{key}.*0 rows|no rows"):
            case[key]
        return
    with pytest.raises((IndexError, KeyError, TypeError, ValueError)) as caught:
        case[key]
    assert len(str(caught.value)) > 20 and "\n" not in str(caught.value)


# --- large


@pytest.mark.slow
def test_text_of_more_than_two_gigabytes(tmp_path: Path) -> None:
    size = 1 << 20
    texts = [chr(ord("a") + i) * size for i in range(8)]
    Dataset.from_dict({"t": texts}).save_to_disk(tmp_path / "d")
    ds = load_from_disk(tmp_path / "d").select([i % 8 for i in range(2200)])
    with settings.override(shard_bytes=2**33):
        ds.save_to_disk(tmp_path / "large", num_shards=1)
    large = load_from_disk(tmp_path / "large")
    assert isinstance(large, Dataset)
    assert large.num_rows == 2200 and os.path.getsize(large.cache_files[0]["filename"]) > 2**31
    for i in (0, 1, 2047, 2048, 2199):
        assert large[i]["t"] == texts[i % 8]
    lengths = large.map(
        lambda batch: {"n": [len(t) for t in batch["t"]], "c": [t[0] for t in batch["t"]]}, batched=True, batch_size=50
    )
    assert set(lengths["n"]) == {size} and lengths["c"][:9] == list("abcdefgha")
    assert lengths.sort("c").select(range(3))["t"] == [texts[0]] * 3
    assert sum(len(row["t"]) for row in concatenate_datasets([large, ds.take(1)])) == 2201 * size
    assert large.to_parquet(tmp_path / "p.parquet") > 0
    assert Dataset.from_parquet(tmp_path / "p.parquet")[2199]["t"] == texts[2199 % 8]
    with pytest.raises(ArgumentError, match=r"more than 2 GiB.*in column 't'.*smaller batch_size"):
        ds.batch(2200)
    assert large.with_format("arrow")[:].column("t").nbytes > 2**31


@pytest.mark.slow
def test_a_list_of_more_than_two_to_the_31_values(tmp_path: Path) -> None:
    long = 2**31 + 10
    values = np.zeros(long + 3, np.int8)
    values[[0, long - 1, long]] = 1, 2, 3
    column = pa.LargeListArray.from_arrays(pa.array([0, long, long + 3], pa.int64()), pa.array(values))
    made = Dataset(pa.table({"x": column, "i": [0, 1]}))
    del column, values
    assert made.features["x"] == LargeList(Value("int8"))
    made.save_to_disk(tmp_path / "d")
    del made
    ds = load_from_disk(tmp_path / "d").with_format("numpy", dtype="int8")
    row = ds[0]["x"]
    assert len(row) == long and row[0] == 1 and row[-1] == 2
    del row
    assert ds[1]["x"].tolist() == [3, 0, 0] == ds.select([1, 0]).take(1)[0]["x"].tolist()
    assert ds.map(lambda row: {"n": len(row["x"])}).with_format(None)["n"] == [long, 3]
    assert ds.filter(lambda i: i == 1, input_columns="i")[0]["x"].tolist() == [3, 0, 0]


@pytest.mark.slow
def test_ten_thousand_files(tmp_path: Path) -> None:
    count = 10_000
    Dataset.from_dict({"a": list(range(count * 2))}).save_to_disk(tmp_path / "d", num_shards=count)
    ds = load_from_disk(tmp_path / "d")
    assert isinstance(ds, Dataset) and len(ds.cache_files) == count
    assert (
        ds[15_001] == {"a": 15_001}
        and ds.shuffle(seed=1)["a"][:5] == np.random.default_rng(1).permutation(count * 2)[:5].tolist()
    )
    assert ds.map(lambda batch: {"b": batch["a"]}, batched=True)["b"] == list(range(count * 2))
    assert sum(row["a"] for row in ds) == count * (2 * count - 1)
    assert len(pickle.dumps(ds)) < 20_000
    assert load_from_disk(tmp_path / "d").memory().anonymous_bytes == 0
