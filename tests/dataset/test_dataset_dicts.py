"""Datasets by split name."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.dicts import DatasetDict
from nlpdata.errors import ArgumentError, UnknownColumnError, UnknownSplitError
from nlpdata.features import ClassLabel, Features, Value


@pytest.fixture
def splits() -> DatasetDict:
    return DatasetDict(
        train=Dataset.from_dict({"a": [3, 1, 2], "s": [{"u": 1}] * 3, "t": ["x", "y", "x"]}),
        test=Dataset.from_dict({"a": [5], "s": [{"u": 2}], "t": ["z"]}),
    )


def test_a_split_that_is_not_there(splits: DatasetDict) -> None:
    assert splits["train"][0]["a"] == 3
    with pytest.raises(UnknownSplitError, match=r"no split 'trian'\. Did you mean 'train'\? Known: train, test"):
        splits["trian"]
    with pytest.raises(KeyError, match=r"ds\['train'\]\[0\]"):
        splits[0]  # type: ignore[index]
    assert splits.get("dev") is None


def test_properties_by_split(splits: DatasetDict) -> None:
    assert splits.num_rows == {"train": 3, "test": 1}
    assert splits.num_columns == {"train": 3, "test": 3}
    assert splits.column_names["test"] == ["a", "s", "t"]
    assert splits.shape["train"] == (3, 3)
    assert splits.cache_files == {"train": [], "test": []}
    assert isinstance(splits.data["train"], pa.Table)
    assert splits.unique("t") == {"train": ["x", "y"], "test": ["z"]}


def test_operations_by_split(splits: DatasetDict) -> None:
    assert splits.rename_column("a", "b").column_names["test"] == ["b", "s", "t"]
    assert splits.rename_columns({"a": "t", "t": "a"}).column_names["train"] == ["t", "s", "a"]
    assert splits.remove_columns(["s"]).num_columns == {"train": 2, "test": 2}
    assert splits.select_columns("a")["test"][0] == {"a": 5}
    assert splits.flatten().column_names["train"] == ["a", "s.u", "t"]
    assert splits.sort("a")["train"]["a"] == [1, 2, 3]
    assert splits.cast_column("a", Value("int8"))["test"].features["a"] == Value("int8")
    features = Features({**splits["train"].features, "a": Value("string")})
    assert splits.cast(features)["train"]["a"] == ["3", "1", "2"]
    encoded = splits.class_encode_column("t")
    assert encoded["train"].features["t"] == ClassLabel(names=["x", "y"])
    only = DatasetDict(train=encoded["train"]).align_labels_with_mapping({"y": 0, "X": 1}, "t")
    assert only["train"]["t"] == [1, 0, 1]
    assert splits.sort("a").flatten_indices()["train"]["a"] == [1, 2, 3]
    with pytest.raises(UnknownColumnError):
        splits.remove_columns("q")


def test_shuffling_by_split(splits: DatasetDict) -> None:
    order = [[3, 1, 2][i] for i in np.random.default_rng(4).permutation(3)]
    assert splits.shuffle(seed=4)["train"]["a"] == order
    assert splits.shuffle(4)["train"]["a"] == order
    assert splits.shuffle(seeds={"train": 4, "test": 1})["train"]["a"] == order
    assert (
        splits.shuffle(generators={"train": np.random.default_rng(4), "test": np.random.default_rng(1)})["train"]["a"] == order
    )
    with pytest.raises(ArgumentError, match="Give one"):
        splits.shuffle(seed=1, seeds={"train": 1})
    with pytest.raises(UnknownSplitError, match="seeds="):
        splits.shuffle(seeds={"dev": 1})


def test_formats_by_split(splits: DatasetDict, tmp_path: Path) -> None:
    assert isinstance(splits.with_format("numpy")["test"][0]["a"], np.int64)
    splits.set_format("arrow")
    assert isinstance(splits["test"][:], pa.Table)
    with splits.formatted_as("numpy", columns=["a"]):
        assert list(splits["test"][0]) == ["a"]
    assert splits["train"].format["type"] == "arrow"
    splits.reset_format()
    assert splits["test"][0] == {"a": 5, "s": {"u": 2}, "t": "z"}
    assert splits.with_transform(lambda batch: {"n": [1] * len(batch["a"])})["train"][0] == {"n": 1}
    splits.set_transform(lambda batch: {"n": [2] * len(batch["a"])})
    assert splits["train"][0] == {"n": 2}


def test_it_holds_datasets_only() -> None:
    with pytest.raises(TypeError, match="'a' is a int"):
        DatasetDict(a=1).sort("x")  # type: ignore[dict-item]


def test_repr_and_pickle(splits: DatasetDict) -> None:
    assert repr(splits).startswith("DatasetDict({\n    train: Dataset({\n        features:\n            a: int64\n")
    assert pickle.loads(pickle.dumps(splits))["test"][:] == splits["test"][:]
    assert repr(DatasetDict()) == "DatasetDict({\n})"


def test_as_a_context(splits: DatasetDict) -> None:
    with splits as opened:
        assert opened["train"].num_rows == 3
    with pytest.raises(AttributeError, match="closed"):
        splits["train"][0]
