"""Work is cut while it runs: no row is lost, none is done twice, batches stay what they are, and any cut is found again."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.cache.directory import CacheDirectory
from nlpdata.engine.commit import Committed, Counter
from nlpdata.engine.executor import SerialExecutor, divided
from nlpdata.engine.local import ProcessExecutor, ThreadExecutor
from nlpdata.engine.plan import Filter, Map
from nlpdata.engine.run import Options, run_filter, run_map
from nlpdata.engine.tasks import MapTask, RowTasks
from nlpdata.store.layout import Manifest

from .conftest import make_source

BATCHES = st.one_of(st.none(), st.integers(1, 9))


def row_tasks(rows: int, batch: int | None, task_rows: int | None = None) -> RowTasks:
    step = Map(lambda batch: batch, batched=True, batch_size=batch)
    return RowTasks(MapTask, make_source({"n": list(range(rows))}), step, task_rows)


def rows_of(tasks: Any) -> list[int]:
    return [row for task in tasks for row in task.rows]


class Ranged:
    """A job over rows that can be cut anywhere."""

    def __init__(self, rows: range) -> None:
        self.range, self.rows = rows, len(rows)

    def divide(self, rows: int) -> tuple[Any, Any]:
        rows = max(rows, 1)
        return (Ranged(self.range[:rows]), Ranged(self.range[rows:])) if rows < self.rows else (self, None)

    def __call__(self, report: Callable[[int], Any]) -> Any:
        return self.range


@given(st.lists(st.integers(1, 300), max_size=4), st.integers(1, 5), st.integers(0, 40))
def test_jobs_are_cut_ever_smaller(sizes: list[int], workers: int, least: int) -> None:
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    pieces: Any = divided([Ranged(range(a, a + n)) for a, n in zip(starts, sizes, strict=True)], workers, least)
    assert [row for piece in pieces for row in piece.range] == list(range(sum(sizes)))
    for piece in pieces:
        at_end = piece.range.stop in (*starts, sum(sizes))
        assert piece.rows >= least or at_end
        assert piece.rows <= max(least, (sum(sizes) - piece.range.start) // workers, 1)


@given(st.integers(1, 60), BATCHES, st.integers(0, 70), st.integers(0, 59))
def test_a_task_is_cut_where_a_batch_ends(rows: int, batch: int | None, first: int, begin: int) -> None:
    unit = batch or rows
    task = MapTask(row_tasks(rows, batch).source, begin // unit * unit % max(rows, 1), rows, row_tasks(rows, batch).step)
    head, rest = task.divide(first)
    assert rows_of([head, *([rest] if rest else [])]) == list(task.rows)
    assert head.index == task.index and len(head.rows) >= min(max(first, 1), len(task.rows))
    assert rest is None or (rest.start - task.start) % unit == 0
    assert len(head.rows) < max(first, 1) + unit


@given(
    st.integers(1, 40),
    BATCHES,
    st.lists(st.tuples(st.integers(0, 39), st.integers(1, 20), st.integers(38, 41)), max_size=8),
    st.integers(1, 50),
)
def test_whatever_was_committed_the_rest_is_left(
    rows: int, batch: int | None, commits: list[tuple[int, int, int]], task_rows: int
) -> None:
    plan = row_tasks(rows, batch, task_rows)
    found = [Committed(a, f"rows {a}..{a + n} of {total}", Manifest(None, ()), {}, n) for a, n, total in commits]  # type: ignore[arg-type]
    kept, tasks = plan.left(found)
    done = [row for commit in kept for row in range(commit.index, commit.index + commit.rows_done)]
    assert sorted(done + rows_of(tasks)) == list(range(rows))
    unit = batch or rows
    assert all(task.start % unit == 0 and (task.stop % unit == 0 or task.stop == rows) for task in tasks)
    whole = {(a, n) for a, n, total in commits if total == rows and a % unit == 0 and ((a + n) % unit == 0 or a + n == rows)}
    assert {(commit.index, commit.rows_done) for commit in kept} <= whole
    assert bool(kept) == any(a + n <= rows for a, n in whole)


def test_a_job_that_is_asked_leaves_the_rest() -> None:
    task = row_tasks(20, 3).left(())[1][0]
    seen: list[int] = []

    def enough(count: int) -> bool:
        seen.append(count)
        return sum(seen) > 7

    counted, tables = Counter(enough), []
    writer = type("Writer", (), {"write_table": staticmethod(tables.append)})()
    task.run(writer, counted)
    assert seen == [3, 3, 3] and counted.done(task).rows == range(9)


def slow(where: str) -> Callable[[Any], Any]:
    """A function that writes down who does which row."""

    def function(row: Any) -> Any:
        time.sleep(0.003)
        with open(where, "a") as file:  # one write of a line is whole
            file.write(f"{os.getpid()} {row['n']}\n")
        return {"m": row["n"] * 2}

    return function


def lines(where: Path) -> list[list[int]]:
    return [list(map(int, line.split())) for line in where.read_text().splitlines()]


@pytest.mark.parametrize("on_disk", [True, False])
def test_one_long_task_is_shared(tmp_path: Path, on_disk: bool) -> None:
    rows, told = 1500, tmp_path / "told"
    executor = ProcessExecutor(2, patience_seconds=0.1)
    options = Options(CacheDirectory(tmp_path / "cache") if on_disk else None, executor=executor)
    made = run_map(make_source({"n": list(range(rows))}), Map(slow(str(told))), options)
    assert made.view.table().column("m").to_pylist() == [2 * n for n in range(rows)]
    assert sorted(n for _, n in lines(told)) == list(range(rows))
    who = [pid for pid, _ in lines(told)]
    assert who[0] == os.getpid() and len(set(who)) == 3 and who.count(os.getpid()) < rows // 2


def test_a_first_row_that_takes_long_does_not_tell_of_the_others() -> None:
    def function(row: Any) -> Any:
        time.sleep(0.02 * (row["n"] == 0))
        return {"who": os.getpid()}

    executor = ProcessExecutor(2, patience_seconds=5.0)
    made = run_map(make_source({"n": list(range(5000))}), Map(function), Options(None, executor=executor))
    assert set(made.view.table().column("who").to_pylist()) == {os.getpid()}


def test_a_shared_filter_keeps_the_order(tmp_path: Path) -> None:
    def keep(row: Any) -> bool:
        time.sleep(0.002)
        return bool(row["n"] % 3)

    for executor in (ProcessExecutor(2, patience_seconds=0.05), ThreadExecutor(3), SerialExecutor()):
        made = run_filter(make_source({"n": list(range(900))}), Filter(keep), Options(None, executor=executor))
        assert made.view.table().column("n").to_pylist() == [n for n in range(900) if n % 3]


def test_an_interrupted_run_is_taken_up_however_it_was_cut(tmp_path: Path) -> None:
    rows, told = 1200, tmp_path / "told"
    given, step = make_source({"n": list(range(rows))}), Map(slow(str(told)))
    directory = CacheDirectory(tmp_path / "cache")

    def stop(name: str) -> None:
        if name.startswith("committed") and len(lines(told)) > rows // 3:
            raise KeyboardInterrupt

    first = Options(directory, executor=ThreadExecutor(2), checkpoint=stop)
    with pytest.raises(KeyboardInterrupt):
        run_map(given, step, first)
    begun = len(lines(told))
    assert rows // 3 < begun < rows
    made = run_map(given, step, Options(directory, task_rows=77))
    assert made.view.table().column("m").to_pylist() == [2 * n for n in range(rows)]
    twice = len(lines(told)) - rows
    assert {n for _, n in lines(told)} == set(range(rows))
    assert twice < begun / 2, "most of what was done was committed, and found again"
