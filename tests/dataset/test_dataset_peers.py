"""The same calls on HF ``datasets``, as a black box, give the same rows, types and files."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.dicts import DatasetDict, load_from_disk
from nlpdata.dataset.transforms import concatenate_datasets
from nlpdata.features import ClassLabel, Features, LargeList, List, Translation, Value

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    hf = pytest.importorskip("datasets")

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

COLUMNS: dict[str, list[Any]] = {
    "i": [5, 2, None, 2, 9, 0, -3, 2],
    "f": [1.5, None, 0.0, 2.0, -1.0, 0.5, 0.25, 8.0],
    "t": ["b", "a", "", None, "ß", "b", "C", "a"],
    "b": [True, False, None, True, False, True, True, False],
    "v": [[1, 2], [], None, [3], [4, None], [5], [6, 7, 8], [9]],
    "s": [
        {"x": 1, "y": "p"},
        {"x": None, "y": "q"},
        None,
        {"x": 3, "y": None},
        {"x": 4, "y": ""},
        {"x": 5, "y": "r"},
        {"x": 6, "y": "s"},
        {"x": 7, "y": "t"},
    ],
}
ROWS = len(COLUMNS["i"])


@pytest.fixture(autouse=True)
def quiet(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    hf.disable_progress_bars()
    monkeypatch.setattr(hf.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("hf"))


def both(columns: dict[str, list[Any]] = COLUMNS) -> tuple[Dataset, Any]:
    return Dataset.from_dict(columns), hf.Dataset.from_dict(columns)


def same(ours: Any, theirs: Any) -> None:
    assert repr(list(ours)) == repr(list(theirs))  # as text, because nan is not equal to itself
    assert ours.column_names == theirs.column_names
    assert ours.features.to_dict() == theirs.features.to_dict()


@pytest.mark.parametrize("seed", [0, 1, 42, 2**31])
def test_shuffle(seed: int) -> None:
    ours, theirs = both()
    same(ours.shuffle(seed=seed), theirs.shuffle(seed=seed))
    same(ours.shuffle(seed=seed).shuffle(seed=1), theirs.shuffle(seed=seed).shuffle(seed=1))
    generators = np.random.default_rng(seed), np.random.default_rng(seed)
    same(ours.shuffle(generator=generators[0]), theirs.shuffle(generator=generators[1]))


@pytest.mark.parametrize("draws", [0, 1, 5, 623, 624, 700])
def test_shuffle_without_a_seed_follows_the_global_state(draws: int) -> None:
    ours, theirs = both({"i": list(range(100))})
    before = np.random.get_state()
    try:
        results = []
        for ds in (ours, theirs):
            np.random.seed(12)
            np.random.random(draws)
            results.append([ds.shuffle()["i"][:], ds.train_test_split(test_size=10)["test"]["i"][:]])
        assert results[0] == results[1]
    finally:
        np.random.set_state(before)


@pytest.mark.parametrize(
    "sizes",
    [{}, {"test_size": 0.3}, {"test_size": 3}, {"train_size": 0.4}, {"test_size": 0.21, "train_size": 2}, {"test_size": 1}],
)
@pytest.mark.parametrize("how", [{"seed": 3}, {"seed": 4}, {"shuffle": False}])
def test_train_test_split(sizes: dict[str, Any], how: dict[str, Any]) -> None:
    ours, theirs = (ds.train_test_split(**sizes, **how) for ds in both())
    same(ours["train"], theirs["train"])
    same(ours["test"], theirs["test"])


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("test_size", [0.2, 0.37, 9])
def test_stratified_split(seed: int, test_size: float) -> None:
    labels = list(np.random.default_rng(0).integers(0, 4, 60).tolist())
    ours = Dataset.from_dict(
        {"l": labels, "i": list(range(60))}, features=Features({"l": ClassLabel(num_classes=4), "i": Value("int64")})
    )
    theirs = hf.Dataset.from_dict(
        {"l": labels, "i": list(range(60))}, features=hf.Features({"l": hf.ClassLabel(num_classes=4), "i": hf.Value("int64")})
    )
    arguments = {"test_size": test_size, "seed": seed, "stratify_by_column": "l"}
    ours, theirs = ours.train_test_split(**arguments), theirs.train_test_split(**arguments)
    assert ours["test"]["i"][:] == theirs["test"]["i"][:]
    assert ours["train"]["i"][:] == theirs["train"]["i"][:]


@pytest.mark.parametrize(
    "arguments", [("i",), ("t", True), (["b", "i"], [True, False]), ("f", False, "at_start"), (["t", "f"], True, "at_start")]
)
def test_sort(arguments: tuple[Any, ...]) -> None:
    ours, theirs = both()
    same(ours.sort(*arguments), theirs.sort(*arguments))


def choices() -> list[Callable[[Any], Any]]:
    return [
        lambda ds: ds.select([3, 1, 1]),
        lambda ds: ds.select(range(2, 6)),
        lambda ds: ds.select([2, 3, 4]).select([0, 2]),
        lambda ds: ds.take(3),
        lambda ds: ds.skip(6),
        lambda ds: ds.shard(3, 1),
        lambda ds: ds.shard(3, 1, contiguous=False),
        lambda ds: ds.repeat(2),
        lambda ds: ds.repeat(0),
        lambda ds: ds.filter(lambda row: row["i"] is not None and row["i"] > 1),
        lambda ds: ds.filter(lambda batch: [t == "a" for t in batch["t"]], batched=True, batch_size=3),
        lambda ds: ds.filter(lambda i, t: i == 2 and t is None, input_columns=["i", "t"]),
        lambda ds: ds.filter(lambda row, k: k % 2, with_indices=True),
        lambda ds: ds.filter(None),
        lambda ds: ds.flatten(),
        lambda ds: ds.rename_columns({"i": "f", "f": "i"}),
        lambda ds: ds.remove_columns(["s", "v"]),
        lambda ds: ds.select_columns(["t", "i"]),
        lambda ds: ds.class_encode_column("t"),
        lambda ds: ds.class_encode_column("i", include_nulls=True),
        lambda ds: ds.class_encode_column("b"),
        lambda ds: ds.add_column("n", list(range(ROWS))),
        lambda ds: ds.add_column("n", np.arange(ROWS, dtype=np.float32)),
        lambda ds: ds.add_item({"i": 7, "n": "new"}),
        lambda ds: ds.select_columns(["i", "t"]).add_item({"t": "z", "i": 7}),
        lambda ds: ds.shuffle(seed=3).flatten_indices(),
    ]


@pytest.mark.parametrize("number", range(len(choices())))
def test_operations(number: int) -> None:
    ours, theirs = both()
    same(choices()[number](ours), choices()[number](theirs))


def maps() -> list[Callable[[Any], Any]]:
    def touched(row: Any) -> Any:
        row["i"]
        return row

    def in_place(row: Any) -> Any:
        row["i"] = 1
        return row

    return [
        lambda ds: ds.map(lambda row: {"n": len(row["t"] or "")}),
        lambda ds: ds.map(lambda row: {"i": (row["i"] or 0) + 1}),
        lambda ds: ds.map(lambda row: {"i": str(row["i"])}),
        lambda ds: ds.map(lambda row: {"v": [1.5]}),
        lambda ds: ds.map(lambda row: None),
        lambda ds: ds.map(lambda row: row),
        lambda ds: ds.map(touched),
        lambda ds: ds.map(in_place),
        lambda ds: ds.map(lambda row: row, remove_columns="i"),
        lambda ds: ds.map(touched, remove_columns="i"),
        lambda ds: ds.map(lambda row: dict(row), remove_columns="i"),
        lambda ds: ds.map(lambda row: {"n": 1}, remove_columns=["t", "s"]),
        lambda ds: ds.map(lambda row: {"n": 1}, remove_columns=ds.column_names),
        lambda ds: ds.map(
            lambda batch: {"n": [x for x in batch["t"] if x]}, batched=True, batch_size=3, remove_columns=ds.column_names
        ),
        lambda ds: ds.map(lambda batch: {"n": [len(batch["i"])] * len(batch["i"])}, batched=True, batch_size=3),
        lambda ds: ds.map(lambda batch: {"n": batch["i"]}, batched=True, batch_size=3, drop_last_batch=True),
        lambda ds: ds.map(lambda i, t: {"n": f"{i}{t}"}, input_columns=["i", "t"]),
        lambda ds: ds.map(lambda row, k: {"n": k}, with_indices=True),
        lambda ds: ds.map(lambda batch, k: {"n": k}, with_indices=True, batched=True, batch_size=5),
        lambda ds: ds.map(lambda row, m: {"n": m}, fn_kwargs={"m": [1, 2]}),
        lambda ds: ds.map(lambda row: {"n": {"a": 1, "b": None}}),
        lambda ds: ds.map(lambda row: {"n": np.arange(2, dtype=np.int32)}),
        lambda ds: ds.map(lambda row: {"n": np.float32(1.5), "m": np.ones((2, 2))}),
        lambda ds: ds.with_format("numpy", columns=["i", "t"]).map(lambda row: {"n": 1}).with_format(None),
        lambda ds: ds.with_format("numpy").map(lambda batch: {"n": np.arange(len(batch["i"]))}, batched=True).with_format(None),
        lambda ds: ds.shuffle(seed=2).map(lambda row, k: {"n": k}, with_indices=True),
        lambda ds: ds.map(lambda row: {"n": None}),
        lambda ds: ds.map(lambda row: {"n": [] if row["i"] else [1]}),
    ]


@pytest.mark.parametrize("number", range(len(maps())))
def test_map(number: int) -> None:
    ours, theirs = both()
    same(maps()[number](ours), maps()[number](theirs))


@pytest.mark.parametrize("number", range(9))
def test_the_format_after_an_operation(number: int) -> None:
    columns = {"i": [1, 2], "t": ["a", "b"], "s": [{"x": 1}] * 2}
    ours, theirs = (operations()[number](ds.with_format("numpy", columns=["i", "t"])) for ds in both(columns))
    assert {**ours.format, "columns": set(ours.format["columns"])} == {
        **theirs.format,
        "columns": set(theirs.format["columns"]),
    }


def operations() -> list[Callable[[Any], Any]]:
    return [
        lambda ds: ds.map(lambda row: {"n": 1}),
        lambda ds: ds.remove_columns("i"),
        lambda ds: ds.rename_column("i", "z"),
        lambda ds: ds.select([1, 0]),
        lambda ds: ds.add_column("n", [1] * len(ds)),
        lambda ds: ds.filter(lambda row: True),
        lambda ds: ds.cast_column("i", ds.features["i"]),
        lambda ds: ds.flatten(),
        lambda ds: ds.train_test_split(test_size=1)["train"],
    ]


@pytest.mark.parametrize("kind", [None, "numpy", "torch"])
@pytest.mark.parametrize("key", [0, 2, slice(1, 4), [3, 0]], ids=str)
def test_formats_in_indexing(kind: str | None, key: Any) -> None:
    columns = {
        "i": [1, 2, 3, 4],
        "f": [1.5, 2.0, 0.0, 1.0],
        "t": ["a", "b", "", "d"],
        "v": [[1, 2], [3, 4], [5, 6], [7, 8]],
        "b": [True, False, True, True],
    }
    ours, theirs = (ds.with_format(kind) for ds in both(columns))
    equal(ours[key], theirs[key])
    if isinstance(key, int):
        equal(list(ours)[key], theirs[key])
    for name in columns:
        equal(ours[name][key], theirs[name][key])


def equal(ours: Any, theirs: Any) -> None:
    if isinstance(ours, np.bool_):  # theirs is an array of no dimension
        theirs = theirs[()]
    assert type(ours) is type(theirs)
    if isinstance(ours, dict):
        assert list(ours) == list(theirs)
        for name in ours:
            equal(ours[name], theirs[name])
    elif hasattr(ours, "dtype"):
        assert ours.dtype == theirs.dtype
        assert ours.tolist() == theirs.tolist()
    else:
        assert ours == theirs


def test_concatenating() -> None:
    first = {"i": [1], "n": [None], "v": [[]], "s": [{"x": None}]}
    second = {"n": ["v"], "b": [2.5], "v": [["w"]], "s": [{"x": 7}]}
    ours = concatenate_datasets([Dataset.from_dict(first), Dataset.from_dict(second)])
    same(ours, hf.concatenate_datasets([hf.Dataset.from_dict(first), hf.Dataset.from_dict(second)]))
    ours_one, theirs_one = both()
    ours_two, theirs_two = both({"q": list(range(ROWS))})
    same(concatenate_datasets([ours_one, ours_two], axis=1), hf.concatenate_datasets([theirs_one, theirs_two], axis=1))


def test_aligning_labels() -> None:
    labels = [0, 1, 2, None]
    ours = Dataset.from_dict({"l": labels}, features=Features({"l": ClassLabel(names=["Neg", "Neutral", "POS"])}))
    theirs = hf.Dataset.from_dict({"l": labels}, features=hf.Features({"l": hf.ClassLabel(names=["Neg", "Neutral", "POS"])}))
    mapping = {"pos": 0, "NEG": 1, "neutral": 2}
    same(ours.align_labels_with_mapping(mapping, "l"), theirs.align_labels_with_mapping(mapping, "l"))


def test_casting() -> None:
    ours, theirs = both()
    same(ours.cast_column("i", Value("float32")), theirs.cast_column("i", hf.Value("float32")))
    same(ours.cast_column("b", Value("string")), theirs.cast_column("b", hf.Value("string")))
    small = {"i": [1, 0], "t": ["a", "b"]}
    ours, theirs = both(small)
    same(
        ours.cast(Features({"t": ClassLabel(names=["a", "b"]), "i": Value("string")})),
        theirs.cast(hf.Features({"t": hf.ClassLabel(names=["a", "b"]), "i": hf.Value("string")})),
    )


# --- folders


def typed(library: Any) -> tuple[dict[str, list[Any]], Any]:
    columns = {
        "i": [1, None, 3],
        "t": ["a", "", None],
        "l": [0, 1, None],
        "v": [[1.5], [], None],
        "w": [["x"], None, []],
        "s": [{"a": 1, "b": [True]}, None, {"a": None, "b": []}],
        "tr": [{"de": "ja", "en": "yes"}, {"de": "nein", "en": "no"}, {"de": "", "en": ""}],
        "d": [None, None, None],
    }
    features = library["Features"](
        {
            "i": library["Value"]("int8"),
            "t": library["Value"]("large_string"),
            "l": library["ClassLabel"](names=["no", "yes"]),
            "v": library["List"](library["Value"]("float32")),
            "w": library["LargeList"](library["Value"]("string")),
            "s": {"a": library["Value"]("int64"), "b": library["List"](library["Value"]("bool"))},
            "tr": library["Translation"](languages=["de", "en"]),
            "d": library["Value"]("null"),
        }
    )
    return columns, features


OURS = {
    "Features": Features,
    "Value": Value,
    "ClassLabel": ClassLabel,
    "List": List,
    "LargeList": LargeList,
    "Translation": Translation,
}


def test_they_load_what_we_save(tmp_path: Path) -> None:
    columns, features = typed(OURS)
    ours = Dataset.from_dict(columns, features=features, split="train").shuffle(seed=1).with_format("numpy", columns=["i"])
    ours.save_to_disk(tmp_path / "d", num_shards=2)
    theirs = hf.load_from_disk(str(tmp_path / "d"))
    assert theirs.format == ours.format
    assert str(theirs.split) == "train"
    same(ours.with_format(None), theirs.with_format(None))
    DatasetDict(train=ours, test=ours.take(1)).save_to_disk(tmp_path / "e")
    splits = hf.load_from_disk(str(tmp_path / "e"))
    assert splits.num_rows == {"train": 3, "test": 1}
    same(ours.with_format(None), splits["train"].with_format(None))


def test_we_load_what_they_save(tmp_path: Path) -> None:
    columns, features = typed(vars(hf))
    theirs = (
        hf.Dataset.from_dict(columns, features=features, split=hf.Split.TEST)
        .shuffle(seed=1)
        .with_format("numpy", columns=["i"])
    )
    theirs.save_to_disk(str(tmp_path / "d"), num_shards=2)
    ours = load_from_disk(tmp_path / "d")
    assert isinstance(ours, Dataset)
    assert ours.format == theirs.format
    assert ours.split == "test"
    assert len(ours.cache_files) == 2
    same(ours.with_format(None), theirs.with_format(None))
    assert ours.map(lambda row: {"n": 1})["n"] == [1, 1, 1]
    hf.DatasetDict(train=theirs, test=theirs.select([0])).save_to_disk(str(tmp_path / "e"))
    splits = load_from_disk(tmp_path / "e")
    assert splits.num_rows == {"train": 3, "test": 1}
    splits["train"].save_to_disk(tmp_path / "f")
    same(ours.with_format(None), hf.load_from_disk(str(tmp_path / "f")).with_format(None))


def test_they_load_optional_keys_and_edges(tmp_path: Path) -> None:
    Dataset.from_list([{"s": {"a": 1}}, {"s": {"b": "x"}}]).save_to_disk(tmp_path / "d")
    assert hf.load_from_disk(str(tmp_path / "d"))["s"][:] == [{"a": 1, "b": None}, {"a": None, "b": "x"}]
    Dataset.from_dict({"a": []}, features=Features({"a": Value("string")})).save_to_disk(tmp_path / "e")
    assert hf.load_from_disk(str(tmp_path / "e")).shape == (0, 1)


def test_files_of_both(tmp_path: Path) -> None:
    ours, theirs = both({"i": [1, 2], "t": ["a,b", 'c"d']})
    ours.to_csv(tmp_path / "ours.csv")
    theirs.to_csv(str(tmp_path / "theirs.csv"))
    assert Dataset.from_csv(tmp_path / "theirs.csv")[:] == Dataset.from_csv(tmp_path / "ours.csv")[:] == ours[:]
    ours.to_parquet(tmp_path / "ours.parquet")
    assert hf.Dataset.from_parquet(str(tmp_path / "ours.parquet"), cache_dir=str(tmp_path / "c"))[:] == ours[:]
