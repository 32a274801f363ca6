"""``Dataset.batch`` and ``interleave_datasets``: against a plain model, and against HF ``datasets`` where it is installed."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata import ClassLabel, Dataset, Features, Image, List, Value, interleave_datasets
from nlpdata.errors import ArgumentError, TypeConflictError, UnknownColumnError
from nlpdata.settings import settings

STRATEGIES = ("first_exhausted", "all_exhausted", "all_exhausted_without_replacement")


@given(rows=st.lists(st.integers(0, 3) | st.none(), max_size=30), size=st.integers(1, 9), drop=st.booleans())
def test_rows_of_a_size(rows: list[int | None], size: int, drop: bool) -> None:
    ds = Dataset.from_dict(
        {"a": rows, "t": [str(row) for row in rows]}, features=Features({"a": Value("int8"), "t": Value("string")})
    )
    expected = [rows[i : i + size] for i in range(0, len(rows), size)]
    expected = [batch for batch in expected if len(batch) == size or not drop]
    found = ds.batch(size, drop_last_batch=drop)
    assert found["a"] == expected
    assert found["t"] == [[str(row) for row in batch] for batch in expected]
    assert found.features == {"a": List(Value("int8")), "t": List(Value("string"))}


@given(rows=st.lists(st.sampled_from(["x", "y", None]), min_size=1, max_size=30), drop=st.booleans())
def test_rows_of_equal_value(rows: list[str | None], drop: bool) -> None:
    ds = Dataset.from_dict(
        {"k": rows, "i": list(range(len(rows)))}, features=Features({"k": Value("string"), "i": Value("int64")})
    )
    expected = [[i for i, _ in group] for _, group in itertools.groupby(enumerate(rows), key=lambda pair: pair[1])]
    with settings.override(batch_bytes=40):
        assert ds.batch(by_column="k", drop_last_batch=drop)["i"] == expected[: len(expected) - drop]


def test_a_saved_dataset_keeps_its_batches_in_the_cache(tmp_path: Path, isolated_cache: Path) -> None:
    ds = Dataset.from_dict(
        {"a": list(range(1000)), "l": [i % 2 for i in range(1000)]},
        features=Features({"a": Value("int32"), "l": ClassLabel(names=["n", "y"])}),
    )
    ds.save_to_disk(tmp_path / "d")
    ds = Dataset.load_from_disk(tmp_path / "d").shuffle(seed=1)
    with settings.override(batch_bytes=1000):  # several steps
        first = ds.batch(7)
    assert first.cache_files and first.cache_files == ds.batch(7).cache_files != ds.batch(8).cache_files
    assert first["a"][3] == ds["a"][21:28] and first.num_rows == 143
    assert first.features["l"] == List(ClassLabel(names=["n", "y"]))
    assert ds.batch(7, new_fingerprint="mine")._fingerprint == "mine"


def test_images_and_nested_columns_are_batched_too() -> None:
    pillow = pytest.importorskip("PIL.Image")
    ds = Dataset.from_dict({"i": [pillow.new("L", (k + 1, 2)) for k in range(3)], "s": [{"a": [k]} for k in range(3)]})
    found = ds.batch(2)
    assert found.features["i"] == List(Image())
    assert [image.size for image in found[0]["i"]] == [(1, 2), (2, 2)]
    assert found["s"] == [[{"a": [0]}, {"a": [1]}], [{"a": [2]}]]


def test_what_cannot_be_batched() -> None:
    ds = Dataset.from_dict({"a": [1], "l": [[1]]})
    for arguments, message in (
        ({}, "needs batch_size="),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"by_column": "l"}, "column 'l' need single values .* holds list"),
    ):
        with pytest.raises(ArgumentError, match=message):
            ds.batch(**arguments)
    with pytest.raises(UnknownColumnError, match="Known: a, l"):
        ds.batch(by_column="b")
    with pytest.raises(ArgumentError, match="without columns"):
        Dataset.from_dict({}).batch(2)


def datasets_of(lengths: list[int]) -> list[Dataset]:
    return [
        Dataset.from_dict({"a": [(s, i) for i in range(n)]}, features=Features({"a": List(Value("int64"))}))
        for s, n in enumerate(lengths)
    ]


@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4))
def test_in_turn(lengths: list[int]) -> None:
    first, every, once = (interleave_datasets(datasets_of(lengths), stopping_strategy=s)["a"][:] for s in STRATEGIES)
    assert first == [[s, i] for i in range(min(lengths)) for s in range(len(lengths))]
    assert every == [[s, i % n] for i in range(max(lengths)) for s, n in enumerate(lengths)]
    assert once == [[s, i] for i in range(max(lengths)) for s, n in enumerate(lengths) if i < n]


def test_by_chance_keeps_every_row_in_its_order() -> None:
    found = interleave_datasets(datasets_of([300, 500]), [0.3, 0.7], seed=3, stopping_strategy=STRATEGIES[2])["a"][:]
    assert sorted(found) == [[s, i] for s, n in enumerate((300, 500)) for i in range(n)]
    for source in (0, 1):
        assert [i for s, i in found if s == source] == sorted(i for s, i in found if s == source)
    assert found == interleave_datasets(datasets_of([300, 500]), [0.3, 0.7], 3, stopping_strategy=STRATEGIES[2])["a"]


def test_empty_sources_and_lacking_columns() -> None:
    empty, full = Dataset.from_dict({"a": []}, features=Features({"a": Value("int64")})), Dataset.from_dict({"a": [1, 2]})
    assert interleave_datasets([empty, full]).num_rows == 0
    for how in STRATEGIES[1:]:
        assert interleave_datasets([empty, full], stopping_strategy=how)["a"] == [1, 2]
        assert interleave_datasets([empty, full], [0.5, 0.5], 0, stopping_strategy=how)["a"] == [1, 2]
    assert interleave_datasets([full, Dataset.from_dict({"b": ["x"]})])[:] == {"a": [1, None], "b": [None, "x"]}


def test_what_cannot_be_interleaved() -> None:
    one, two = datasets_of([2, 2])
    for arguments, message in (
        (([],), "list is empty"),
        (([one, 3],), "int cannot be concatenated"),
        (([one, two], [0.5]), "There are 2 datasets, but probabilities= gives 1"),
        (([one, two], [0.5, 0.2]), "add up to 1"),
        (([one, two], [1.5, -0.5]), "must not be negative"),
        (([one, two], None, None, None, None, "all_exausted"), "Did you mean 'all_exhausted'"),
        (([one, two], [1.0, 0.0], 1, None, None, "all_exhausted"), "Dataset 1 has probability 0"),
    ):  # fmt: skip
        with pytest.raises(ArgumentError, match=message):
            interleave_datasets(*arguments)
    with pytest.raises(TypeConflictError, match="Column 'a'"):
        interleave_datasets([one, Dataset.from_dict({"a": ["x"]})])


# --- as in HF datasets


@pytest.mark.peers
@pytest.mark.parametrize("how", STRATEGIES)
@pytest.mark.parametrize("chances", [None, [0.5, 0.2, 0.3], [0.05, 0.05, 0.9]])
def test_the_same_rows_as_the_peer(how: str, chances: list[float] | None) -> None:
    hf = pytest.importorskip("datasets")
    columns = [{"a": list(range(start, start + n))} for start, n in ((0, 500), (1000, 3), (2000, 2100))]
    for seed in (0, 42):
        ours: Any = interleave_datasets([Dataset.from_dict(c) for c in columns], chances, seed, stopping_strategy=how)
        theirs = hf.interleave_datasets([hf.Dataset.from_dict(c) for c in columns], chances, seed, stopping_strategy=how)
        assert ours["a"] == list(theirs["a"])


@pytest.mark.peers
@pytest.mark.parametrize("arguments", [{"batch_size": 3}, {"batch_size": 3, "drop_last_batch": True}, {"by_column": "k"}])
def test_the_same_batches_as_the_peer(arguments: dict[str, Any]) -> None:
    hf = pytest.importorskip("datasets")
    columns = {"k": ["a", "a", "b", "c", "c", "a", "a"], "v": [1.0, math.inf, 2.5, 0.0, -1.0, 3.0, 4.0]}
    assert Dataset.from_dict(columns).batch(**arguments)[:] == hf.Dataset.from_dict(columns).batch(**arguments)[:]
