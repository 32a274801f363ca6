"""``cleanup_cache_files``: earlier results over the same data go, what the dataset is made of and other data's results stay."""

from __future__ import annotations

from pathlib import Path

from nlpdata import Dataset, DatasetDict, load_from_disk


def results(cache: Path) -> set[str]:
    folder = cache / "results"
    return {entry.name for entry in folder.iterdir() if entry.is_dir()} if folder.is_dir() else set()


def saved(folder: Path, values: list[int]) -> Dataset:
    Dataset.from_dict({"a": values}).save_to_disk(folder)
    found = load_from_disk(folder)
    assert isinstance(found, Dataset)
    return found


def test_only_what_is_not_needed_goes(tmp_path: Path, isolated_cache: Path) -> None:
    ds, other = saved(tmp_path / "d", [1, 2, 3]), saved(tmp_path / "e", [4, 5])
    old = ds.map(lambda row: {"b": row["a"] + 1})
    new = ds.map(lambda row: {"b": row["a"] + 2}).filter(lambda row: row["a"] > 1)
    alien = other.map(lambda row: {"b": row["a"] * 2})
    before = results(isolated_cache)
    assert len(before) == 4
    assert new.cleanup_cache_files() == 1 and len(results(isolated_cache)) == 3
    assert new[:] == {"a": [2, 3], "b": [4, 5]} and alien["b"] == [8, 10]
    assert new.cleanup_cache_files() == 0
    assert ds.cleanup_cache_files() == 2 and len(results(isolated_cache)) == 1
    assert ds.map(lambda row: {"b": row["a"] + 1})[:] == {"a": [1, 2, 3], "b": [2, 3, 4]}
    del old
    assert other.cleanup_cache_files() == 1 and ds["a"] == [1, 2, 3]


def test_datasets_that_live_keep_what_they_have_not_read_yet(tmp_path: Path, isolated_cache: Path) -> None:
    ds = saved(tmp_path / "d", [1, 2, 3])
    mapped, kept = ds.map(lambda row: {"b": row["a"] + 1}), ds.filter(lambda row: row["a"] > 1)
    assert ds.cleanup_cache_files() == 2 and not results(isolated_cache)
    assert mapped["b"] == [2, 3, 4] and kept["a"] == [2, 3]
    assert mapped.map(lambda row: {"c": row["b"] + 1})["c"] == [3, 4, 5]


def test_splits_of_one_dataset_keep_each_other(tmp_path: Path, isolated_cache: Path) -> None:
    parts = saved(tmp_path / "d", list(range(10))).train_test_split(test_size=3, seed=0)
    first = parts.map(lambda row: {"b": 1})
    second = parts.map(lambda row: {"b": 2})
    assert len(results(isolated_cache)) == 4
    removed = second.cleanup_cache_files()
    assert set(removed) == {"train", "test"} and sum(removed.values()) == 2 and len(results(isolated_cache)) == 2
    assert second["train"]["b"] == [2] * 7 and second["test"]["b"] == [2] * 3
    del first


def test_a_dataset_in_memory_has_nothing_to_remove() -> None:
    assert Dataset.from_dict({"a": [1]}).map(lambda row: {"b": 1}).cleanup_cache_files() == 0
    assert DatasetDict(train=Dataset.from_dict({"a": [1]})).cleanup_cache_files() == {"train": 0}
