"""Any sequence of operations on a dataset gives the rows that the same operations on a list of dicts give."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.dicts import load_from_disk
from nlpdata.dataset.transforms import concatenate_datasets

Rows = list[dict[str, Any]]
VALUES = {
    "a": st.one_of(st.none(), st.integers(-5, 5)),
    "t": st.text(max_size=4),
    "v": st.lists(st.integers(0, 9), max_size=3),
    "s": st.one_of(st.none(), st.fixed_dictionaries({"x": st.integers(0, 3), "y": st.one_of(st.none(), st.text(max_size=2))})),
}
EXAMPLE = {"a": 1, "t": "t", "v": [1], "s": {"x": 1, "y": "y"}}
ROWS = st.lists(st.fixed_dictionaries(VALUES), max_size=8)


class DatasetMachine(RuleBasedStateMachine):
    """Runs each operation on a dataset and on a list, and compares what both hold."""

    ds: Dataset
    rows: Rows
    names: list[str]

    def __init__(self) -> None:
        super().__init__()
        self._folders: list[tempfile.TemporaryDirectory[str]] = []

    def teardown(self) -> None:
        for folder in self._folders:
            folder.cleanup()

    @initialize(rows=ROWS)
    def start(self, rows: Rows) -> None:
        # The first row fixes the types; it goes away at once.
        self.ds = Dataset.from_list([EXAMPLE, *rows]).skip(1)
        self.rows, self.names = rows, list(EXAMPLE)

    def _index(self, number: int) -> int:
        return number % len(self.rows)

    @rule(numbers=st.lists(st.integers(-100, 100), max_size=8))
    @precondition(lambda self: self.rows)
    def select(self, numbers: list[int]) -> None:
        indices = [n % len(self.rows) - (len(self.rows) if n < 0 else 0) for n in numbers]
        self.ds, self.rows = self.ds.select(indices), [self.rows[i] for i in indices]

    @rule(start=st.integers(0, 9), stop=st.integers(0, 9))
    def span(self, start: int, stop: int) -> None:
        self.ds, self.rows = self.ds.take(stop).skip(start), self.rows[:stop][start:]

    @rule(seed=st.integers(0, 99))
    def shuffle(self, seed: int) -> None:
        order = np.random.default_rng(seed).permutation(len(self.rows))
        self.ds, self.rows = self.ds.shuffle(seed=seed), [self.rows[i] for i in order]

    @rule(down=st.booleans())
    @precondition(lambda self: "a" in self.names)
    def sort(self, down: bool) -> None:
        self.ds = self.ds.sort("a", reverse=down)
        self.rows = sorted(self.rows, key=lambda r: (r["a"] is None, (-1 if down else 1) * (r["a"] or 0)))

    @rule(least=st.integers(-5, 5))
    @precondition(lambda self: "a" in self.names)
    def filter(self, least: int) -> None:
        self.ds = self.ds.filter(lambda row: (row["a"] or 0) >= least)
        self.rows = [row for row in self.rows if (row["a"] or 0) >= least]

    @rule(step=st.integers(1, 3))
    @precondition(lambda self: "a" in self.names and "v" in self.names)
    def map_rows(self, step: int) -> None:
        self.ds = self.ds.map(lambda row: {"a": len(row["v"]) * step})
        self.rows = [{**row, "a": len(row["v"]) * step} for row in self.rows]

    @rule(size=st.integers(1, 4))
    @precondition(lambda self: "t" in self.names and 0 < len(self.rows) < 40)  # of no rows it is not known what is returned
    def map_batches_to_more_rows(self, size: int) -> None:
        def twice(batch: dict[str, Any]) -> dict[str, Any]:
            return {name: [value for value in batch[name] for _ in "12"] for name in batch}

        self.ds = self.ds.map(twice, batched=True, batch_size=size, remove_columns=list(self.names))
        self.rows = [dict(row) for row in self.rows for _ in "12"]

    @rule()
    @precondition(lambda self: len(self.rows) < 40)
    def stack(self) -> None:
        self.ds, self.rows = concatenate_datasets([self.ds, self.ds]), self.rows + self.rows

    @rule(data=st.data())
    @precondition(lambda self: len(self.names) > 1)
    def remove(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from(self.names))
        self.ds = self.ds.remove_columns(gone)
        self.names = [n for n in self.names if n != gone]
        self.rows = [{n: row[n] for n in self.names} for row in self.rows]

    @rule(data=st.data())
    def put_in_another_order(self, data: st.DataObject) -> None:
        self.names = data.draw(st.permutations(self.names))
        self.ds = self.ds.select_columns(self.names)
        self.rows = [{n: row[n] for n in self.names} for row in self.rows]

    @rule(data=st.data())
    def rename_and_back(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.names))
        self.ds = self.ds.rename_column(name, "other").rename_column("other", name)

    @rule(values=st.lists(st.integers(), min_size=60, max_size=60))
    @precondition(lambda self: len(self.rows) <= 60 and "n" not in self.names)
    def add_column(self, values: list[int]) -> None:
        values = [v % 1000 for v in values[: len(self.rows)]]
        self.ds = self.ds.add_column("n", np.array(values, dtype=np.int64))
        self.rows = [{**row, "n": value} for row, value in zip(self.rows, values, strict=True)]
        self.names = [*self.names, "n"]

    @rule()
    @precondition(lambda self: self.rows)
    def add_item(self) -> None:
        self.ds, self.rows = self.ds.add_item(self.rows[0]), [*self.rows, self.rows[0]]

    @rule(shards=st.integers(1, 3))
    def save_and_load(self, shards: int) -> None:
        folder = tempfile.TemporaryDirectory()
        self._folders.append(folder)
        self.ds.save_to_disk(Path(folder.name) / "d", num_shards=shards)
        self.ds = load_from_disk(Path(folder.name) / "d")  # type: ignore[assignment]

    @rule()
    def rewrite(self) -> None:
        self.ds = self.ds.flatten_indices()

    @invariant()
    def same_rows(self) -> None:
        assert list(self.ds) == self.rows
        assert self.ds.column_names == self.names
        assert self.ds[:] == {n: [row[n] for row in self.rows] for n in self.names}
        if self.rows:
            assert self.ds[len(self.rows) // 2] == self.rows[len(self.rows) // 2]
            assert self.ds[self.names[0]][-1] == self.rows[-1][self.names[0]]


DatasetMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestDatasetMachine = DatasetMachine.TestCase
