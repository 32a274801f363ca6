"""Lazy maps: what they compute and when, that they equal eager ones, and that they share keys and results with them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from nlpdata import Dataset, DatasetDict, concatenate_datasets
from nlpdata.engine.lazy import SAMPLE_ROWS
from nlpdata.errors import ArgumentError, FeatureError
from nlpdata.features import Features, Value
from nlpdata.settings import settings

ROWS = 500


class Double:
    """Notes the rows it is called for; that is no part of its key."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def __nlpdata_key__(self) -> str:
        return "double"

    def __call__(self, row: Any) -> dict[str, Any]:
        self.calls.append(row["n"])
        return {"twice": 2 * row["n"], "text": row["text"].upper()}


double = Double()
calls = double.calls


def lengths(batch: Any) -> dict[str, Any]:
    return {"length": [len(text) + twice for text, twice in zip(batch["text"], batch["twice"], strict=True)]}


def with_number(row: Any, index: int) -> dict[str, Any]:
    return {"index": index}


@pytest.fixture
def ds(tmp_path: Path) -> Dataset:
    """Rows on disk, whose reads in this test are counted from 0."""
    made = Dataset.from_dict({"n": list(range(ROWS)), "text": [f"text {i}" for i in range(ROWS)]})
    made.save_to_disk(str(tmp_path / "saved"))
    calls.clear()
    return Dataset.load_from_disk(str(tmp_path / "saved"))


def chain(ds: Dataset, lazy: bool) -> Dataset:
    return (
        ds.map(double, lazy=lazy)
        .map(lengths, batched=True, batch_size=7, lazy=lazy)
        .map(with_number, with_indices=True, lazy=lazy)
    )


def results() -> list[str]:
    return sorted(path.name for path in (Path(settings.cache) / "results").glob("*"))


def test_only_rows_that_are_read_are_computed(ds: Dataset) -> None:
    lazy = ds.map(double, lazy=True)
    assert calls == list(range(SAMPLE_ROWS)) and results() == []
    calls.clear()
    assert lazy[321] == {"n": 321, "text": "TEXT 321", "twice": 642}
    assert calls == [321]
    calls.clear()
    assert lazy[[5, 3, 400]]["twice"] == [10, 6, 800] and calls == [5, 3, 400]
    calls.clear()
    assert lazy.select(range(100, 200)).shuffle(seed=1)[0]["text"].startswith("TEXT 1") and len(calls) == 1


def test_a_chain_equals_the_eager_one_and_computes_each_row_once(ds: Dataset) -> None:
    eager = chain(ds, lazy=False)
    lazy = chain(ds, lazy=True)
    assert lazy.features == eager.features and lazy.column_names == eager.column_names
    calls.clear()
    assert lazy[77] == eager[77] and calls == [77]
    calls.clear()
    assert lazy[10:60] == eager[10:60] and calls == list(range(10, 60))
    calls.clear()
    order = [9, 2, 2, 480]
    assert lazy[order] == eager[order] and calls == order
    calls.clear()
    assert list(lazy) == list(eager)
    assert sorted(calls) == list(range(ROWS))


def test_keys_and_results_are_those_of_the_eager_maps(ds: Dataset) -> None:
    lazy = chain(ds, lazy=True)
    assert results() == []
    cached = lazy.cache()
    made = results()
    assert len(made) == 3
    calls.clear()
    eager = chain(ds, lazy=False)  # found: not computed again
    assert calls == [] and results() == made
    assert cached[:] == eager[:] == lazy[:] and cached.features == eager.features
    assert cached._fingerprint == eager._fingerprint == lazy._fingerprint
    calls.clear()
    assert chain(ds, lazy=True).cache()[:] == eager[:] and len(calls) <= SAMPLE_ROWS * 3
    assert ds.cache()[:] == ds[:]


def test_what_is_done_after_a_lazy_map_stays_lazy_and_can_be_cached(ds: Dataset) -> None:
    lazy = ds.map(double, lazy=True).select([400, 3, 4, 5]).rename_column("twice", "two")
    both = concatenate_datasets([lazy, lazy.select([0])])
    calls.clear()
    assert both["two"] == [800, 6, 8, 10, 800]
    assert set(calls) == {400, 3, 4, 5}
    cached = both.cache()
    calls.clear()
    assert cached[:] == both[:] and len(calls) <= 5
    calls.clear()
    assert cached["two"] == [800, 6, 8, 10, 800] and calls == []


def test_eager_steps_read_lazy_ones(ds: Dataset) -> None:
    lazy = ds.map(double, lazy=True)
    assert lazy.filter(lambda row: row["twice"] % 100 == 0)["n"] == list(range(0, ROWS, 50))
    mapped = lazy.map(lambda row: {"sum": row["n"] + row["twice"]}, num_proc=2)
    assert mapped["sum"] == [3 * i for i in range(ROWS)]


def test_in_memory_too() -> None:
    ds = Dataset.from_dict({"n": list(range(40)), "text": ["a"] * 40})
    lazy = ds.map(double, lazy=True)
    assert lazy[39]["twice"] == 78
    assert lazy.cache()[:] == ds.map(double)[:] == lazy[:]


def test_a_plan_travels(ds: Dataset) -> None:
    assert pickle.loads(pickle.dumps(chain(ds, lazy=True)))[123] == chain(ds, lazy=False)[123]


def test_declared_types_hold_and_undeclared_ones_are_told(ds: Dataset) -> None:
    def late(row: Any) -> dict[str, Any]:
        return {"value": None if row["n"] < 100 else 0.5}

    lazy = ds.map(late, lazy=True)
    assert lazy[3]["value"] is None
    with pytest.raises(FeatureError) as caught:
        lazy[200]
    assert any("features=" in note for note in caught.value.__notes__)
    declared = ds.map(late, lazy=True, features=Features({**ds.features, "value": Value("float64")}))
    assert declared[200]["value"] == 0.5 and declared[3]["value"] is None
    cached = lazy.cache()  # all rows are seen: the type is wide enough
    assert cached.features["value"] == Value("float64") and cached[200]["value"] == 0.5


def test_what_cannot_be_lazy_is_refused(ds: Dataset) -> None:
    with pytest.raises(ArgumentError, match="changed the number of rows"):
        ds.map(lambda batch: {"m": [1]}, batched=True, remove_columns=ds.column_names, lazy=True)
    with pytest.raises(ArgumentError, match="on_error='skip'"):
        ds.map(double, on_error="skip", lazy=True)
    with pytest.raises(ArgumentError, match="lazy=True"):
        ds.map(double, cache_file_name="x.arrow", lazy=True)
    late = ds.map(lambda row: {"new": 1} if row["n"] < 100 else {"other": 1}, lazy=True)
    with pytest.raises(ArgumentError, match="other, which the first rows lack"):
        late[200]


def test_an_error_names_the_row(ds: Dataset) -> None:
    lazy = ds.map(lambda row: {"x": 1 // (row["n"] - 300)}, lazy=True)
    assert lazy[299]["x"] == -1
    with pytest.raises(ZeroDivisionError) as caught:
        lazy.select([299, 300])[:]
    assert any("300" in note for note in caught.value.__notes__)


def test_nothing_to_compute(ds: Dataset) -> None:
    assert ds.map(lambda row: None, lazy=True)[:] == ds[:]
    assert len(ds.select([]).map(double, lazy=True)) == 0
    assert ds.map(lambda b: {"m": b["n"]}, batched=True, batch_size=300, drop_last_batch=True, lazy=True).num_rows == 300


def test_the_splits_of_a_dict_are_mapped_lazily_and_cached(ds: Dataset) -> None:
    splits = DatasetDict({"train": ds.select(range(400)), "test": ds.select(range(400, ROWS))})
    lazy = splits.map(double, lazy=True)
    assert lazy["train"][300]["twice"] == 600
    assert len(calls) == 2 * SAMPLE_ROWS + 1
    made = lazy.cache()
    calls.clear()
    assert made["test"][-1]["twice"] == 2 * (ROWS - 1) and made["train"]["n"] == list(range(400))
    assert {name: split["twice"] for name, split in splits.map(double).items()} == {
        name: split["twice"] for name, split in made.items()
    }
    assert calls == []
