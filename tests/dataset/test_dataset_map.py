"""``map`` and ``filter`` as users call them; the engine's own tests are elsewhere."""

from __future__ import annotations

import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.dicts import DatasetDict
from nlpdata.dataset.transforms import disable_caching, enable_caching, is_caching_enabled
from nlpdata.errors import ArgumentError, RowError, UnknownColumnError, UnknownSplitError
from nlpdata.features import ClassLabel, Features, Value
from nlpdata.settings import settings


@pytest.fixture(params=["memory", "disk"])
def ds(request: pytest.FixtureRequest, tmp_path: Path) -> Dataset:
    made = Dataset.from_dict({"a": list(range(10)), "t": [f"w{i}" for i in range(10)]})
    if request.param == "disk":
        made.save_to_disk(tmp_path / "saved", num_shards=2)
        return Dataset.load_from_disk(tmp_path / "saved")
    return made


def test_rows_and_batches(ds: Dataset) -> None:
    assert ds.map(lambda row: {"b": row["a"] * 2})["b"] == list(range(0, 20, 2))
    assert (
        ds.map(lambda batch: {"b": [len(batch["a"])] * len(batch["a"])}, batched=True, batch_size=4)["b"] == [4] * 8 + [2] * 2
    )
    assert ds.map(lambda row, i: {"a": i + row["a"]}, with_indices=True)["a"] == list(range(0, 20, 2))
    assert ds.map(lambda row, rank: {"r": rank}, with_rank=True)["r"] == [0] * 10
    assert ds.map(lambda a, t: {"j": f"{t}{a}"}, input_columns=["a", "t"])[3]["j"] == "w33"
    assert ds.map(lambda row, k: {"b": k}, fn_kwargs={"k": 5})["b"] == [5] * 10
    assert ds.map(lambda row: dict(row), remove_columns="a").column_names == ["a", "t"]
    assert ds.map(lambda row: {"b": 1}, remove_columns=["a"])[0] == {"t": "w0", "b": 1}
    assert ds.map()[:] == ds[:]


def test_the_number_of_rows_may_change(ds: Dataset) -> None:
    twice = ds.map(
        lambda batch: {"b": [a for a in batch["a"] for _ in "xx"]}, batched=True, batch_size=3, remove_columns=ds.column_names
    )
    assert twice["b"] == [i for i in range(10) for _ in "xx"]
    with pytest.raises(ArgumentError, match="length"):
        ds.map(lambda batch: {"b": [1]}, batched=True)
    assert ds.map(lambda batch: {"b": batch["a"]}, batched=True, batch_size=4, drop_last_batch=True).num_rows == 8


def test_only_changed_columns_are_written(tmp_path: Path) -> None:
    Dataset.from_dict({"a": [1, 2], "t": ["x" * 50_000, "y" * 50_000]}).save_to_disk(tmp_path / "d")
    ds = Dataset.load_from_disk(tmp_path / "d")
    mapped = ds.map(lambda row: {"n": len(row["t"])})
    new = [Path(f["filename"]) for f in mapped.cache_files if f not in ds.cache_files]
    assert len(new) == 1
    assert new[0].stat().st_size < 2_000
    assert mapped.remove_columns("n").cache_files == ds.cache_files


def test_results_are_found_again(tmp_path: Path) -> None:
    Dataset.from_dict({"a": [1, 2]}).save_to_disk(tmp_path / "d")
    ds = Dataset.load_from_disk(tmp_path / "d")
    log = tmp_path / "log"

    def noisy(row: dict[str, Any]) -> dict[str, Any]:
        with log.open("a") as file:
            file.write("x")
        return {"b": row["a"]}

    first, second = ds.map(noisy), ds.map(noisy)
    assert log.read_text() == "xx"
    assert first.cache_files == second.cache_files
    assert first._fingerprint == second._fingerprint != ds._fingerprint
    ds.map(noisy, load_from_cache_file=False)
    assert log.read_text() == "xxxx"
    ds.map(noisy, new_fingerprint="mine")
    assert ds.map(noisy, new_fingerprint="mine")._fingerprint == "mine"
    assert log.read_text() == "xxxxxx"
    ds.map(noisy, keep_in_memory=True)
    assert log.read_text() == "x" * 8
    assert ds.filter(lambda row: row["a"] > 1).cache_files[0] == ds.cache_files[0]


def test_caching_can_be_switched_off() -> None:
    with settings.override():
        disable_caching()
        assert not is_caching_enabled()
        enable_caching()
        assert is_caching_enabled()


def test_a_function_that_returns_nothing_changes_nothing(ds: Dataset) -> None:
    seen: list[int] = []
    after = ds.map(lambda row: seen.append(row["a"]))
    assert sorted(seen) == list(range(10))
    assert after._fingerprint == ds._fingerprint
    assert after[:] == ds[:]


def test_the_format_reaches_the_function_and_the_result(ds: Dataset) -> None:
    shown = ds.with_format("numpy", columns=["a"]).map(lambda batch: {"b": batch["a"] + 1}, batched=True)
    assert shown.format["columns"] == ["a", "b"]
    assert isinstance(shown[:]["b"], np.ndarray)
    assert shown["b"] == list(range(1, 11))


def test_types_stay_where_they_can(ds: Dataset) -> None:
    small = ds.cast_column("a", Value("int8"))
    assert small.map(lambda row: {"a": row["a"] + 1}).features["a"] == Value("int8")
    assert small.map(lambda row: {"a": row["a"] + 0.5}).features["a"] == Value("float64")
    assert small.map(lambda row: {"a": row["a"] + 1}, try_original_type=False).features["a"] == Value("int64")
    labels = Features({"l": ClassLabel(names=["even", "odd"])})
    named = ds.map(lambda row: {"l": ["even", "odd"][row["a"] % 2]}, remove_columns=ds.column_names, features=labels)
    assert named["l"] == [0, 1] * 5
    assert named.features == labels


def test_a_copy_is_left_where_asked(ds: Dataset, tmp_path: Path) -> None:
    mapped = ds.map(lambda row: {"b": row["a"]}, cache_file_name=str(tmp_path / "m.arrow"))
    assert Dataset.from_file(tmp_path / "m.arrow")[:] == mapped[:]
    filtered = ds.filter(lambda row: row["a"] > 4, cache_file_name=str(tmp_path / "f.arrow"))
    assert Dataset.from_file(tmp_path / "f.arrow")[:] == filtered[:]


def test_nulls_can_be_refused(ds: Dataset) -> None:
    assert ds.map(lambda row: {"b": 1}, disable_nullable=True)["b"] == [1] * 10
    with pytest.raises(ArgumentError, match="'b' has nulls"):
        ds.map(lambda row: {"b": row["a"] or None}, disable_nullable=True)


def test_bad_arguments(ds: Dataset) -> None:
    with pytest.raises(UnknownColumnError, match="Known: a, t"):
        ds.map(lambda x: None, input_columns="tt")
    with pytest.raises(UnknownColumnError):
        ds.map(lambda row: {"b": 1}, remove_columns=["q"])
    with pytest.raises(ArgumentError, match="cannot be called"):
        ds.map(3)  # type: ignore[arg-type]
    with pytest.raises(RowError, match="Row 3"):
        ds.map(lambda row: {"b": "x" if row["a"] == 3 else 1}, features=Features({**ds.features, "b": Value("int64")}))


def test_an_error_in_the_function_is_the_users_own(ds: Dataset) -> None:
    def broken(row: dict[str, Any]) -> dict[str, Any]:
        return {"b": 1 / (row["a"] - 3)}

    with pytest.raises(ZeroDivisionError) as caught:
        ds.map(broken)
    assert any("nlpdata: in map(broken)" in note for note in caught.value.__notes__)
    assert ds.map(lambda row: {"b": 1})["b"] == [1] * 10


def test_filter(ds: Dataset) -> None:
    assert ds.filter(lambda row: row["a"] % 3 == 0)["a"] == [0, 3, 6, 9]
    assert ds.filter(lambda batch: [a > 7 for a in batch["a"]], batched=True, batch_size=3)["t"] == ["w8", "w9"]
    assert ds.filter(lambda row, i: i < 2, with_indices=True)["a"] == [0, 1]
    assert ds.filter(lambda t: t == "w5", input_columns="t")["a"] == [5]
    assert ds.filter(lambda row: False).shape == (0, 2)
    assert ds.shuffle(seed=1).filter(lambda row: row["a"] < 2)["a"] == [i for i in ds.shuffle(seed=1)["a"] if i < 2]
    assert ds.filter().num_rows == 10


def test_a_function_without_a_key(ds: Dataset, tmp_path: Path) -> None:
    lock = threading.Lock()

    def locked(row: dict[str, Any]) -> dict[str, Any]:
        with lock:
            return {"b": row["a"]}

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mapped = ds.map(locked).shuffle(seed=1)
    assert mapped._fingerprint
    mapped.save_to_disk(tmp_path / "d")
    assert Dataset.load_from_disk(tmp_path / "d")["b"] == mapped["a"]


def test_a_dataset_is_part_of_a_key(tmp_path: Path) -> None:
    Dataset.from_dict({"a": [1, 2]}).save_to_disk(tmp_path / "d")
    ds = Dataset.load_from_disk(tmp_path / "d")
    maps = [
        ds.map(lambda row, o=other: {"b": o[0]["x"]})
        for other in (Dataset.from_dict({"x": [1]}), Dataset.from_dict({"x": [2]}))
    ]
    assert [m["b"][0] for m in maps] == [1, 2]
    column = Dataset.from_dict({"x": [5]})["x"]
    assert ds.map(lambda row: {"b": column[0]})["b"] == [5, 5]


def test_maps_follow_each_other(ds: Dataset) -> None:
    result = (
        ds.map(lambda row: {"b": row["a"] * 2})
        .shuffle(seed=1)
        .filter(lambda row: row["b"] > 4)
        .map(lambda row: {"c": row["b"] + row["a"]})
    )
    assert sorted(result["c"]) == [a * 3 for a in range(3, 10)]
    assert result.sort("a").select_columns(["c"])[0] == {"c": 9}


def test_each_split_is_mapped(ds: Dataset) -> None:
    splits = DatasetDict(train=ds, test=ds.take(3))
    assert splits.map(lambda row: {"b": row["a"]}).num_columns == {"train": 3, "test": 3}
    named = splits.map(lambda row, i, split: {"s": f"{split}{i}"}, with_indices=True, with_split=True)
    assert named["test"]["s"] == ["test0", "test1", "test2"]
    assert named["train"][9]["s"] == "train9"
    assert splits.filter(lambda row: row["a"] > 1).num_rows == {"train": 8, "test": 1}
    with pytest.raises(UnknownSplitError, match="Did you mean 'train'"):
        splits.map(lambda row: None, cache_file_names={"trian": "x"})
