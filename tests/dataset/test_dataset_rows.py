"""Rows, batches and columns between brackets; iteration; choosing and ordering rows."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.dataset.column import Column
from nlpdata.dataset.dataset import Dataset
from nlpdata.errors import ArgumentError, UnknownColumnError, UnknownFormatError
from nlpdata.features import ClassLabel, Features, Value

ROWS = [{"a": i, "t": "xyz"[i % 3], "n": {"b": i * 10, "c": [i] * (i % 3)}} for i in range(7)]


@pytest.fixture(params=["memory", "disk", "shuffled"])
def ds(request: pytest.FixtureRequest, tmp_path: Any) -> Dataset:
    """The same rows in memory, from several shards on disk, and through a row list."""
    made = Dataset.from_list(ROWS)
    if request.param == "disk":
        made.save_to_disk(tmp_path / "saved", num_shards=3)
        return Dataset.load_from_disk(tmp_path / "saved")
    if request.param == "shuffled":
        order = [3, 0, 6, 1, 5, 2, 4]
        return Dataset.from_list([ROWS[i] for i in order]).select(np.argsort(order))
    return made


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in ROWS[0]}


@pytest.mark.parametrize("index", [0, 6, -1, -7, np.int64(3), np.uint8(2)])
def test_a_row(ds: Dataset, index: int) -> None:
    assert ds[index] == ROWS[index]


@pytest.mark.parametrize(
    "key",
    [
        slice(None),
        slice(2, 5),
        slice(-3, None),
        slice(5, 99),
        slice(5, 2),
        slice(None, None, -2),
        range(1, 6, 2),
        range(6, -1, -1),
        [4, 4, 0],
        [-1, 0],
        [],
        (2, 1),
        np.array([5, 3]),
        np.array([], dtype=np.int64),
        pa.array([1, 2]),
        iter([2, 6]),
    ],
    ids=lambda x: str(x).split(" at 0x")[0],
)
def test_a_batch(ds: Dataset, key: Any) -> None:
    indices = range(7)[key] if isinstance(key, slice) else list(key) if not isinstance(key, pa.Array) else key.to_pylist()
    key = iter(indices) if not hasattr(key, "__len__") and not isinstance(key, slice) else key
    assert ds[key] == columns_of([ROWS[i] for i in indices])


def test_a_batch_by_a_pandas_series(ds: Dataset) -> None:
    pandas = pytest.importorskip("pandas")
    assert ds[pandas.Series([3, 1])]["a"] == [3, 1]


@pytest.mark.parametrize("index", [7, -8, 10**9, [0, 7], range(3, 9), np.array([-8])])
def test_a_row_that_is_not_there(ds: Dataset, index: Any) -> None:
    with pytest.raises(IndexError, match="7 rows"):
        ds[index]


@pytest.mark.parametrize(
    "key", [True, np.bool_(False), [True, False], np.ones(7, bool), 1.0, None, [1.5], ["a", "t"], {"a": 1}.items]
)
def test_what_is_no_index(ds: Dataset, key: Any) -> None:
    with pytest.raises(TypeError):
        ds[key]


def test_several_columns_at_once_are_refused_with_the_way() -> None:
    with pytest.raises(TypeError, match=r"select_columns\(\['a', 't'\]\)"):
        Dataset.from_list(ROWS)[["a", "t"]]


def test_a_column_that_is_not_there(ds: Dataset) -> None:
    with pytest.raises(UnknownColumnError, match="Known: a, t, n"):
        ds["nn"]
    with pytest.raises(KeyError):
        ds["label"]


def test_iteration(ds: Dataset) -> None:
    assert list(ds) == ROWS
    assert len(ds) == ds.num_rows == 7
    assert ds.__getitems__([6, 0, 6]) == [ROWS[6], ROWS[0], ROWS[6]]


def test_batches(ds: Dataset) -> None:
    assert [batch["a"] for batch in ds.iter(3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [batch["a"] for batch in ds.iter(3, drop_last_batch=True)] == [[0, 1, 2], [3, 4, 5]]
    with pytest.raises(ArgumentError, match="batch_size is 0"):
        next(ds.iter(0))


def test_a_column_is_lazy_and_like_a_list(ds: Dataset) -> None:
    column = ds["a"]
    assert isinstance(column, Column)
    assert column == list(range(7))
    assert column != list(range(6))
    assert column == ds["a"]
    assert column != "abc"
    assert (column[0], column[-1], column[2:4], column[[5, 1]], len(column)) == (0, 6, [2, 3], [5, 1], 7)
    assert list(column) == list(range(7))
    assert 3 in column
    assert column.index(4) == 4
    assert next(reversed(column)) == 6
    assert repr(column) == "Column([0, 1, 2, 3, 4, ...])"
    assert np.asarray(column).dtype == np.int64
    with pytest.raises(IndexError, match="7 rows"):
        column[7]
    with pytest.raises(TypeError):
        hash(column)


def test_a_column_reaches_into_structs(ds: Dataset) -> None:
    assert ds["n"]["b"] == [i * 10 for i in range(7)]
    assert ds["n"]["c"][4] == [4]
    assert ds["n"][2] == ROWS[2]["n"]
    with pytest.raises(UnknownColumnError, match="Known: b, c"):
        ds["n"]["d"]
    with pytest.raises(UnknownColumnError, match="int64"):
        ds["a"]["b"]


def test_fields_of_null_structs_are_null() -> None:
    assert Dataset.from_dict({"s": [{"x": 1}, None, {"x": 3}]})["s"]["x"] == [1, None, 3]


def test_a_column_in_a_format(ds: Dataset) -> None:
    numbers = ds.with_format("numpy")["a"]
    assert isinstance(numbers[:3], np.ndarray)
    assert isinstance(numbers[0], np.int64)
    assert numbers == list(range(7))
    assert ds.with_format("numpy", columns=["a"])["t"][:2] == ["x", "y"]
    assert ds.with_format("arrow")["a"].to_pylist() == list(range(7))


def test_a_row_without_columns() -> None:
    ds = Dataset.from_dict({"a": [1, 2]}).remove_columns("a")
    assert (ds.shape, ds[0], list(ds), ds[:]) == ((2, 0), {}, [{}, {}], {})


def test_no_rows() -> None:
    ds = Dataset.from_dict({"a": []}, features=Features({"a": Value("string")}))
    assert (list(ds), ds[:], ds["a"] == [], list(ds.iter(2)), len(ds)) == ([], {"a": []}, True, [], 0)
    with pytest.raises(IndexError, match="0 rows"):
        ds[0]


# --- formats


def test_formats_in_indexing(ds: Dataset) -> None:
    shown = ds.with_format("numpy", columns=["a"])
    assert list(shown[0]) == ["a"]
    assert list(shown[:2]) == ["a"]
    assert shown.format == {"type": "numpy", "format_kwargs": {}, "columns": ["a"], "output_all_columns": False}
    both = ds.with_format("numpy", columns=["t"], output_all_columns=True)
    assert list(both[0]) == ["t", "a", "n"]
    assert isinstance(both[0]["t"], np.str_)
    assert type(both[0]["a"]) is int
    assert [row["a"] for row in both] == list(range(7))
    assert both[1:3]["a"] == [1, 2]


def test_setting_a_format_is_in_place_and_undone(ds: Dataset) -> None:
    ds.set_format("np", columns="a")
    assert isinstance(ds[0]["a"], np.int64)
    with ds.formatted_as("arrow"):
        assert isinstance(ds[:], pa.Table)
    assert ds.format["type"] == "numpy"
    ds.reset_format()
    assert ds.format == {"type": None, "format_kwargs": {}, "columns": ["a", "t", "n"], "output_all_columns": False}
    assert ds[0] == ROWS[0]


def test_bad_formats_say_what_there_is(ds: Dataset) -> None:
    with pytest.raises(UnknownFormatError, match="Did you mean 'numpy'"):
        ds.set_format("nunpy")
    with pytest.raises(UnknownColumnError, match="column 'q'"):
        ds.with_format("numpy", columns=["q"])
    with pytest.raises(ArgumentError, match="twice"):
        ds.with_format("numpy", columns=["a", "a"])
    with pytest.raises(ArgumentError, match="option 'dtyp'"):
        ds.with_format("numpy", dtyp="int8")
    with pytest.raises(ArgumentError, match="function"):
        ds.set_transform(3)  # type: ignore[arg-type]
    assert ds[0] == ROWS[0]


def test_transforms_run_when_rows_are_read(ds: Dataset) -> None:
    def double(batch: dict[str, Any]) -> dict[str, Any]:
        return {"d": [2 * a for a in batch["a"]], "a": batch["a"]}

    shown = ds.with_transform(double)
    assert shown[3] == {"d": 6, "a": 3}
    assert shown[1:3] == {"d": [2, 4], "a": [1, 2]}
    assert list(shown)[6] == {"d": 12, "a": 6}
    assert shown["a"][:2] == [0, 1]
    both = ds.with_transform(lambda batch: {"d": [2 * a for a in batch["a"]]}, columns=["a"], output_all_columns=True)
    assert both[1] == {"d": 2, "t": "y", "n": ROWS[1]["n"]}


def test_a_transform_may_need_other_columns_for_one(ds: Dataset) -> None:
    shown = ds.with_transform(lambda batch: {"a": [{"s": f"{t}{a}"} for t, a in zip(batch["t"], batch["a"], strict=True)]})
    assert shown["a"][1] == {"s": "y1"}
    assert shown["a"]["s"][:2] == ["x0", "y1"]


def test_rows_that_are_frames_cannot_take_other_columns(ds: Dataset) -> None:
    with pytest.raises(TypeError, match="output_all_columns"):
        ds.with_format("pandas", columns=["a"], output_all_columns=True)[0]


# --- choosing and ordering


def test_select(ds: Dataset) -> None:
    assert ds.select([4, 0, -1])["a"] == [4, 0, 6]
    assert ds.select(range(2, 5))["a"] == [2, 3, 4]
    assert ds.select(i for i in (3, 1))["a"] == [3, 1]
    assert ds.select([]).shape == (0, 3)
    with pytest.raises(IndexError, match="7 rows"):
        ds.select([0, 7])


def test_take_skip_shard_repeat(ds: Dataset) -> None:
    assert ds.take(2)["a"] == [0, 1]
    assert ds.take(99).num_rows == 7
    assert ds.skip(5)["a"] == [5, 6]
    assert ds.skip(99).num_rows == 0
    assert [ds.shard(3, i)["a"][:] for i in range(3)] == [[0, 1, 2], [3, 4], [5, 6]]
    assert ds.shard(3, 1, contiguous=False)["a"] == [1, 4]
    assert ds.repeat(2)["a"] == [*range(7), *range(7)]
    assert ds.repeat(0).num_rows == 0


def test_shuffle_is_the_order_of_default_rng(ds: Dataset) -> None:
    assert ds.shuffle(seed=11)["a"] == np.random.default_rng(11).permutation(7)
    assert ds.shuffle(generator=np.random.default_rng(11))["a"] == np.random.default_rng(11).permutation(7)
    assert (
        ds.shuffle(seed=11).shuffle(seed=2)["a"]
        == np.random.default_rng(11).permutation(7)[np.random.default_rng(2).permutation(7)]
    )


def test_row_lists_in_files(ds: Dataset, tmp_path: Any) -> None:
    file = tmp_path / "rows" / "order.arrow"
    file.parent.mkdir()
    shuffled = ds.shuffle(seed=1, indices_cache_file_name=str(file))
    assert file.is_file()
    assert shuffled["a"] == ds.shuffle(seed=1)["a"]


def test_sort(ds: Dataset) -> None:
    assert ds.sort("t")["a"] == [0, 3, 6, 1, 4, 2, 5]
    assert ds.sort(["t", "a"], reverse=[False, True])["a"] == [6, 3, 0, 4, 1, 5, 2]
    assert ds.sort("a", reverse=True)["a"] == [6, 5, 4, 3, 2, 1, 0]
    with pytest.raises(UnknownColumnError, match="'tt'"):
        ds.sort("tt")


def test_train_test_split(ds: Dataset) -> None:
    parts = ds.train_test_split(test_size=2, seed=4)
    order = np.random.default_rng(4).permutation(7)
    assert parts["test"]["a"] == order[:2]
    assert parts["train"]["a"] == order[2:]
    plain = ds.train_test_split(test_size=2, train_size=3, shuffle=False)
    assert (plain["train"]["a"][:], plain["test"]["a"][:]) == ([0, 1, 2], [3, 4])


def test_stratifying_needs_labels() -> None:
    ds = Dataset.from_dict(
        {"l": [0, 1] * 5, "t": ["a"] * 10}, features=Features({"l": ClassLabel(names=["x", "y"]), "t": Value("string")})
    )
    parts = ds.train_test_split(test_size=4, stratify_by_column="l", seed=1)
    assert sorted(parts["test"]["l"]) == [0, 0, 1, 1]
    with pytest.raises(ArgumentError, match=r"class_encode_column\('t'\)"):
        ds.train_test_split(test_size=4, stratify_by_column="t")
    with pytest.raises(ArgumentError, match="shuffle=True"):
        ds.train_test_split(test_size=4, stratify_by_column="l", shuffle=False)
    with pytest.raises(UnknownColumnError):
        ds.train_test_split(test_size=4, stratify_by_column="q")


# --- the object


def test_a_pickle_of_a_mapped_dataset_is_small(tmp_path: Any) -> None:
    Dataset.from_dict({"a": list(range(100_000))}).save_to_disk(tmp_path / "d")
    ds = Dataset.load_from_disk(tmp_path / "d").with_format("numpy").take(99_999)
    data = pickle.dumps(ds)
    assert len(data) < 5_000
    again = pickle.loads(data)
    assert (again.num_rows, again[99_998]["a"], again._fingerprint) == (99_999, 99_998, ds._fingerprint)


def test_a_pickle_in_memory(ds: Dataset) -> None:
    again = pickle.loads(pickle.dumps(ds))
    assert again[:] == ds[:]
    assert again._fingerprint == ds._fingerprint


def test_a_closed_dataset_says_so() -> None:
    with Dataset.from_list(ROWS) as ds:
        assert ds[0] == ROWS[0]
    with pytest.raises(AttributeError, match="closed"):
        ds[0]


def test_fingerprints_name_content() -> None:
    one, two = Dataset.from_list(ROWS), Dataset.from_list(ROWS)
    assert one._fingerprint == two._fingerprint
    assert one.shuffle(seed=1)._fingerprint == two.shuffle(seed=1)._fingerprint
    different = [
        one,
        one.shuffle(seed=1),
        one.shuffle(seed=2),
        one.take(3),
        one.rename_column("a", "b"),
        one.sort("t"),
        one.remove_columns("a"),
    ]
    different += [
        one.select([1, 0]),
        one.select([0, 1, 3]),
        one.add_column("z", [1] * 7),
        one.add_column("z", [2] * 7),
        one.flatten(),
    ]
    assert len({ds._fingerprint for ds in different}) == len(different)


def test_the_repr_helps(tmp_path: Any) -> None:
    ds = Dataset.from_dict(
        {"text": ["a"], "label": [0]}, features=Features({"text": Value("string"), "label": ClassLabel(names=["n", "p"])})
    )
    assert repr(ds) == (
        "Dataset({\n    features:\n        text: string\n        label: ClassLabel(names=['n', 'p'])\n"
        "    num_rows: 1\n    stored: in memory\n})"
    )
    ds.save_to_disk(tmp_path / "d")
    shown = repr(Dataset.load_from_disk(tmp_path / "d").with_format("numpy", columns=["text"]))
    assert f"stored: {tmp_path / 'd'}" in shown
    assert "format: numpy, columns ['text']" in shown
    many = repr(Dataset.from_dict({f"c{i}": [i] for i in range(50)}))
    assert "... (50 columns in all)" in many


def test_what_a_dataset_is(ds: Dataset) -> None:
    assert ds.column_names == ["a", "t", "n"]
    assert (ds.num_columns, ds.shape) == (3, (7, 3))
    assert ds.data.column_names == ["a", "t", "n"]
    assert ds.data.schema.metadata[b"huggingface"]
    assert ds.unique("t") == ["x", "y", "z"]
    with pytest.raises(AttributeError, match="no attribute 'shuffel'"):
        ds.shuffel


def test_a_key_can_be_given(ds: Dataset) -> None:
    assert ds.shuffle(seed=1, new_fingerprint="mine")._fingerprint == "mine"
    assert ds.rename_column("a", "b", new_fingerprint="mine")._fingerprint == "mine"
    parts = ds.train_test_split(test_size=1, train_new_fingerprint="one", test_new_fingerprint="two")
    assert (parts["train"]._fingerprint, parts["test"]._fingerprint) == ("one", "two")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # newer Pythons warn of forking, which torch does
@pytest.mark.parametrize("workers", [0, 2])
def test_a_torch_data_loader(ds: Dataset, workers: int) -> None:
    torch = pytest.importorskip("torch")
    shown = ds.with_format("torch", columns=["a"])
    loader = torch.utils.data.DataLoader(shown, batch_size=3, num_workers=workers)
    batches = [batch["a"].tolist() for batch in loader]
    assert batches == [[0, 1, 2], [3, 4, 5], [6]]
