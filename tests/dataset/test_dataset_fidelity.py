"""Data and types are what they were said to be: features given out, tensors as keys, structs, null arrays, large integers."""

from __future__ import annotations

import numpy as np
import pytest

from nlpdata import Array2D, ClassLabel, Dataset, Features, Value, concatenate_datasets, interleave_datasets
from nlpdata.errors import ArgumentError, FeatureError


def test_features_given_out_or_taken_in_are_copies() -> None:
    given = Features({"a": Value("int64"), "s": {"x": Value("int64")}})
    ds = Dataset.from_dict({"a": [1, 2], "s": [{"x": 1}, {"x": 2}]}, features=given)
    given["a"] = Value("string")
    asked = ds.features
    asked["a"], asked["s"]["x"] = Value("string"), Value("float64")
    assert ds.features == ds.info.features == Features({"a": Value("int64"), "s": {"x": Value("int64")}})
    assert ds.cast(asked)[:] == {"a": ["1", "2"], "s": [{"x": 1.0}, {"x": 2.0}]}
    del asked["a"]
    assert ds.column_names == ["a", "s"] and ds.select([1]).features["a"] == Value("int64")


@pytest.mark.parametrize(("library", "name"), [("torch", "tensor"), ("jax.numpy", "array"), ("tensorflow", "constant")])
def test_arrays_of_rows_are_several_also_if_they_hold_one(library: str, name: str) -> None:
    make = getattr(pytest.importorskip(library), name)
    ds = Dataset.from_dict({"a": [0, 1, 2, 3]})
    for rows in ([3], [3, 1]):
        assert ds[make(rows)] == {"a": rows} and ds["a"][make(rows)] == rows
    assert ds[make(3)] == {"a": 3} and ds["a"][make(3)] == 3
    with pytest.raises(TypeError, match="bool"):
        ds[make([True, False, False, True])]


def test_structs_of_another_order_of_fields_go_together() -> None:
    a = Dataset.from_dict({"a": [{"x": 1, "y": 2}], "l": [[{"x": 1, "y": 2}]]})
    b = Dataset.from_dict({"a": [{"y": 2, "x": 3}], "l": [[{"y": 2, "x": 3}]]})
    expected = {"a": [{"x": 1, "y": 2}, {"x": 3, "y": 2}], "l": [[{"x": 1, "y": 2}], [{"x": 3, "y": 2}]]}
    for made in (concatenate_datasets([a, b]), interleave_datasets([a, b]), concatenate_datasets([a, b.cast(a.features)])):
        assert made[:] == expected
    assert list(b.cast(a.features)[0]["a"]) == ["x", "y"]


@pytest.mark.parametrize("kind", ["numpy", "torch", "jax", "tensorflow"])
def test_null_arrays_are_nan_in_rows_too(kind: str) -> None:
    pytest.importorskip(kind)
    features = Features({"x": Array2D((2, 2), "float32"), "n": Value("int64")})
    ds = Dataset.from_dict({"x": [[[1, 2], [3, 4]], None], "n": [1, 2]}, features=features).with_format(kind)
    for row in (ds[1], list(ds)[1], ds.__getitems__([0, 1])[1]):
        assert tuple(row["x"].shape) == (2, 2) and np.isnan(np.asarray(row["x"])).all()
    assert np.asarray(ds[0]["x"]).tolist() == [[1, 2], [3, 4]]
    if kind == "torch":
        batch = next(iter(pytest.importorskip("torch.utils.data").DataLoader(ds, batch_size=2)))
        assert batch["x"].shape == (2, 2, 2)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_integers_beyond_int64_are_refused_not_turned_negative(kind: str) -> None:
    library = pytest.importorskip(kind)
    features = Features({"a": Value("uint64")})
    small = Dataset.from_dict({"a": [1, 2**63 - 1]}, features=features).with_format(kind)
    assert small[:]["a"].tolist() == [1, 2**63 - 1]
    large = Dataset.from_dict({"a": [1, 2**64 - 1]}, features=features)
    with pytest.raises(ArgumentError, match=str(2**64 - 1)):
        large.with_format(kind)[:]
    assert large.with_format(kind, dtype=library.uint64)[:]["a"].tolist() == [1, 2**64 - 1]
    assert large[:] == {"a": [1, 2**64 - 1]}


def test_names_and_numbers_of_classes() -> None:
    label = ClassLabel(names=["a", "b"])
    assert label.str2int(["a", "1"]) == [0, 1] and label.int2str([0, np.int64(1)]) == ["a", "b"]
    for wrong in (lambda: label.str2int([1.9]), lambda: label.str2int(1), lambda: label.int2str(["x"])):  # type: ignore[arg-type, list-item]
        with pytest.raises(FeatureError, match="class"):
            wrong()
