"""Columns renamed, removed, added, cast, encoded; rows added; datasets put together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.transforms import concatenate_datasets
from nlpdata.errors import ArgumentError, FeatureError, RowError, TypeConflictError, UnknownColumnError
from nlpdata.features import ClassLabel, Features, List, Value


@pytest.fixture(params=["memory", "disk"])
def ds(request: pytest.FixtureRequest, tmp_path: Any) -> Dataset:
    made = Dataset.from_dict({"a": [1, 2, 3], "t": ["x", "y", None], "s": [{"u": 1.5, "v": "p"}, None, {"u": None, "v": "q"}]})
    if request.param == "disk":
        made.save_to_disk(tmp_path / "saved")
        return Dataset.load_from_disk(tmp_path / "saved")
    return made


def test_renaming(ds: Dataset) -> None:
    assert ds.rename_column("a", "b").column_names == ["b", "t", "s"]
    swapped = ds.rename_columns({"a": "t", "t": "a"})
    assert swapped.column_names == ["t", "a", "s"]
    assert swapped["t"] == [1, 2, 3]
    assert swapped.features == {"t": Value("int64"), "a": Value("string"), "s": ds.features["s"]}
    with pytest.raises(ArgumentError, match="there is such a column"):
        ds.rename_column("a", "t")
    with pytest.raises(UnknownColumnError, match=r"'aa'\. Did you mean 'a'"):
        ds.rename_column("aa", "b")
    assert ds.with_format("numpy", columns=["a"]).rename_column("a", "b").format["columns"] == ["b"]


def test_removing_and_selecting(ds: Dataset) -> None:
    assert ds.remove_columns("a").column_names == ["t", "s"]
    assert ds.remove_columns(["a", "s"])[0] == {"t": "x"}
    assert ds.select_columns(["t", "a"]).column_names == ["t", "a"]
    assert ds.select_columns("a").features == {"a": Value("int64")}
    assert ds.with_format("numpy", columns=["a", "t"]).remove_columns("t").format["columns"] == ["a"]
    for call in (ds.remove_columns, ds.select_columns):
        with pytest.raises(UnknownColumnError, match="column 'q'"):
            call(["a", "q"])
    with pytest.raises(ArgumentError, match="twice"):
        ds.select_columns(["a", "a"])


def test_adding_a_column(ds: Dataset) -> None:
    assert ds.add_column("n", [7, 8, 9])["n"] == [7, 8, 9]
    assert ds.add_column("n", np.array([[1, 2], [3, 4], [5, 6]]))[1]["n"] == [3, 4]
    labels = ds.add_column("l", ["no", "yes", "no"], feature=ClassLabel(names=["no", "yes"]))
    assert labels["l"] == [0, 1, 0]
    assert labels.features["l"] == ClassLabel(names=["no", "yes"])
    assert ds.with_format("numpy", columns=["a"]).add_column("n", [1, 2, 3]).format["columns"] == ["a", "n"]
    assert ds.add_column("n", [1, 2, 3]).select([2, 0])["n"] == [3, 1]
    with pytest.raises(ArgumentError, match="already"):
        ds.add_column("a", [1, 2, 3])
    with pytest.raises(ArgumentError, match="2 values, but the dataset has 3 rows"):
        ds.add_column("n", [1, 2])
    assert Dataset.from_dict({}).add_column("n", [1])[:] == {"n": [1]}


def test_adding_a_row(ds: Dataset) -> None:
    more = ds.add_item({"t": "z", "new": 5})
    assert more[3] == {"a": None, "t": "z", "s": None, "new": 5}
    assert more[0]["new"] is None
    assert more.num_rows == 4
    with pytest.raises(RowError, match="Row 3 of column 'a'"):
        ds.add_item({"a": "word"})
    labels = Dataset.from_dict({"l": [0]}, features=Features({"l": ClassLabel(names=["no", "yes"])}))
    assert labels.add_item({"l": "yes"})["l"] == [0, 1]
    nothing = Dataset.from_dict({"n": [None]})
    assert nothing.add_item({"n": "x"})["n"] == [None, "x"]
    assert Dataset.from_dict({}).add_item({"a": 1})[:] == {"a": [1]}


def test_casting_writes_only_what_is_stored_differently(ds: Dataset) -> None:
    cast = ds.cast_column("a", Value("int32"))
    assert cast["a"] == [1, 2, 3]
    assert cast.data.schema.field("a").type == pa.int32()
    assert cast.column_names == ds.column_names
    assert len(cast.cache_files) == 2 * len(ds.cache_files)
    labels = ds.cast_column("a", ClassLabel(names=["zero", "one", "two", "three"]))
    assert labels.cache_files == ds.cache_files
    assert labels.features["a"].int2str(2) == "two"
    with pytest.raises(FeatureError, match="a"):
        ds.cast_column("a", ClassLabel(names=["zero"]))
    with pytest.raises(FeatureError, match="t"):
        ds.cast_column("t", Value("int32"))
    with pytest.raises(UnknownColumnError):
        ds.cast_column("q", Value("int32"))


def test_casting_all_columns_takes_their_order(ds: Dataset) -> None:
    cast = ds.cast(
        Features({"s": {"v": Value("large_string"), "u": Value("float32")}, "t": Value("string"), "a": Value("string")})
    )
    assert cast.column_names == ["s", "t", "a"]
    assert cast[0] == {"s": {"v": "p", "u": 1.5}, "t": "x", "a": "1"}
    assert cast[1]["s"] is None
    with pytest.raises(ArgumentError, match=r"lacking: \['s', 't'\], not a column: \['q'\]"):
        ds.cast(Features({"a": Value("int8"), "q": Value("int8")}))


def test_an_empty_dataset_is_cast(ds: Dataset) -> None:
    cast = ds.take(0).cast_column("a", Value("int8"))
    assert cast.data.schema.field("a").type == pa.int8()


def test_casting_a_column_is_found_again(tmp_path: Any) -> None:
    Dataset.from_dict({"a": [1, 2]}).save_to_disk(tmp_path / "d")
    files = [Dataset.load_from_disk(tmp_path / "d").cast_column("a", Value("int16")).cache_files for _ in range(2)]
    assert files[0] == files[1]


def test_class_encoding(ds: Dataset) -> None:
    encoded = ds.class_encode_column("t")
    assert encoded.features["t"] == ClassLabel(names=["x", "y"])
    assert encoded["t"] == [0, 1, None]
    assert encoded.column_names == ds.column_names
    assert ds.class_encode_column("t", include_nulls=True)["t"] == [1, 2, 0]
    assert encoded.class_encode_column("t")["t"] == [0, 1, None]
    with pytest.raises(ArgumentError, match="single values"):
        ds.class_encode_column("s")
    with pytest.raises(UnknownColumnError):
        ds.class_encode_column("q")


def test_aligning_labels() -> None:
    ds = Dataset.from_dict({"l": [0, 1, 2, None, -1]}, features=Features({"l": ClassLabel(names=["Neg", "Neutral", "POS"])}))
    aligned = ds.align_labels_with_mapping({"pos": 0, "NEG": 1, "neutral": 2}, "l")
    assert aligned["l"] == [1, 2, 0, None, -1]
    assert aligned.features["l"] == ClassLabel(names=["pos", "NEG", "neutral"])
    with pytest.raises(ArgumentError, match=r"no id for \['POS'\]"):
        ds.align_labels_with_mapping({"neg": 0, "neutral": 1}, "l")
    with pytest.raises(ArgumentError, match="ids 0 to 2"):
        ds.align_labels_with_mapping({"neg": 0, "neutral": 1, "pos": 5}, "l")
    with pytest.raises(ArgumentError, match="ClassLabel column"):
        Dataset.from_dict({"l": [1]}).align_labels_with_mapping({}, "l")


def test_flattening(ds: Dataset) -> None:
    flat = ds.flatten()
    assert flat.column_names == ["a", "t", "s.u", "s.v"]
    assert flat[:] == {"a": [1, 2, 3], "t": ["x", "y", None], "s.u": [1.5, None, None], "s.v": ["p", None, "q"]}
    assert flat.cache_files == ds.cache_files
    assert flat.select([2, 0])["s.v"] == ["q", "p"]
    assert flat.remove_columns(["s.u"]).rename_column("s.v", "v")[2] == {"a": 3, "t": None, "v": "q"}


def test_flattened_datasets_are_saved(ds: Dataset, tmp_path: Any) -> None:
    ds.flatten().save_to_disk(tmp_path / "flat")
    assert Dataset.load_from_disk(tmp_path / "flat")[:] == ds.flatten()[:]


def test_flattening_indices_drops_the_row_list(ds: Dataset) -> None:
    flat = ds.select([2, 0, 1]).flatten_indices()
    assert flat[:] == ds.select([2, 0, 1])[:]
    assert len(flat._state.view.parts) == 1
    assert bool(flat.cache_files) == bool(ds.cache_files)
    assert flat.cache_files != ds.cache_files or not ds.cache_files


# --- together


def test_stacking(ds: Dataset) -> None:
    both = concatenate_datasets([ds, ds.select([2, 0]), ds.take(0)])
    assert both["a"] == [1, 2, 3, 3, 1]
    assert both.cache_files == ds.cache_files
    assert both[3] == ds[2]
    assert both[[4, 0]]["t"] == ["x", "x"]
    assert both.features == ds.features


def test_stacking_fills_with_nulls() -> None:
    one = Dataset.from_dict({"a": [1], "n": [None], "l": [[]], "s": [{"x": None}]})
    two = Dataset.from_dict({"n": ["v"], "b": [2.5], "l": [["w"]], "s": [{"x": 7}]})
    both = concatenate_datasets([one, two])
    assert both.features == Features(
        {
            "a": Value("int64"),
            "n": Value("string"),
            "l": List(Value("string")),
            "s": {"x": Value("int64")},
            "b": Value("float64"),
        }
    )
    assert both[0] == {"a": 1, "n": None, "l": [], "s": {"x": None}, "b": None}
    assert both[1] == {"a": None, "n": "v", "l": ["w"], "s": {"x": 7}, "b": 2.5}


def test_stacked_structs_keep_missing_keys(tmp_path: Any) -> None:
    rows = [{"s": {"a": 1}}, {"s": {"b": "x"}}, {"s": {"a": 2, "b": "y"}}]
    both = concatenate_datasets([Dataset.from_list([row]) for row in rows])
    assert list(both) == rows
    both.save_to_disk(tmp_path / "d")
    assert list(Dataset.load_from_disk(tmp_path / "d")) == rows


def test_stacking_refuses_two_types() -> None:
    with pytest.raises(TypeConflictError, match=r"'a' is Value\('string'\) in dataset 1"):
        concatenate_datasets([Dataset.from_dict({"a": [1]}), Dataset.from_dict({"a": ["x"]})])


def test_side_by_side(ds: Dataset) -> None:
    both = concatenate_datasets([ds, Dataset.from_dict({"q": [7, 8, 9]})], axis=1)
    assert both[1] == {**ds[1], "q": 8}
    assert both.select([2]).column_names == ["a", "t", "s", "q"]
    with pytest.raises(ArgumentError, match="equal numbers of rows"):
        concatenate_datasets([ds, ds.take(1)], axis=1)
    with pytest.raises(ArgumentError, match="'a' is in datasets 0 and 1"):
        concatenate_datasets([ds, ds.select_columns("a")], axis=1)


def test_what_cannot_be_concatenated(ds: Dataset) -> None:
    with pytest.raises(ArgumentError, match="empty"):
        concatenate_datasets([])
    with pytest.raises(ArgumentError, match="axis=2"):
        concatenate_datasets([ds], axis=2)
    with pytest.raises(ArgumentError, match="Pick a split"):
        concatenate_datasets([ds.train_test_split(test_size=1)])  # type: ignore[list-item]


def test_a_shared_format_stays(ds: Dataset) -> None:
    same = [ds.with_format("numpy", columns=["a"])] * 2
    assert concatenate_datasets(same).format["columns"] == ["a"]
    assert concatenate_datasets([ds, ds.with_format("numpy")]).format["type"] is None


def test_operations_leave_the_dataset_as_it_is(ds: Dataset) -> None:
    before = (ds[:], ds.features.copy(), ds.format, ds._fingerprint)
    ds.rename_column("a", "b").info.description = "other"
    ds.remove_columns("a").set_format("numpy")
    ds.add_column("n", [1, 2, 3])
    ds.cast_column("a", Value("int8"))
    ds.shuffle(seed=1).add_item({"a": 5})
    assert (ds[:], ds.features, ds.format, ds._fingerprint) == before
    assert ds.info.description == ""
