"""A step cut into row ranges: the unit of retry and of commit.

Knows: where ranges may be cut, so that batches do not depend on how work is split, and which rows an interrupted run left.
Does not know: what is done to the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from nlpdata.engine.changes import Writer
from nlpdata.engine.commit import Committed
from nlpdata.engine.executor import Report
from nlpdata.engine.plan import Filter, Map, Source, Step
from nlpdata.engine.worker import run_filter_range, run_map_range

TASK_BYTES = 128 * 2**20
TASK_ROWS = 200_000


@dataclass(frozen=True)
class RangeTask:
    """What a step does to the rows from ``start`` to ``stop`` (exclusive)."""

    source: Source
    start: int
    stop: int
    step: Any

    @property
    def index(self) -> int:
        """Its place among the tasks: that of its first row."""
        return self.start

    @property
    def label(self) -> str:
        """The row range."""
        return f"rows {self.start}..{self.stop}"

    @property
    def rows(self) -> range:
        """The row numbers."""
        return range(self.start, self.stop)

    def divide(self, rows: int) -> tuple[Self, Self | None]:
        """The task of the first ``rows`` and what belongs to the last batch of them, and that of the rest if there is any."""
        batch = batch_rows(self.step) or self.stop
        middle = self.start + -(-max(rows, 1) // batch) * batch
        return (self, None) if middle >= self.stop else (replace(self, stop=middle), replace(self, start=middle))

    def run(self, writer: Writer, report: Report) -> Mapping[str, Any] | None:
        """Write what becomes of the rows; when ``report`` says so, only of those up to there."""
        raise NotImplementedError


class MapTask(RangeTask):
    """Maps a range of rows."""

    step: Map

    def run(self, writer: Writer, report: Report) -> Mapping[str, Any]:
        """Write the changed columns; the notes say which, and from which row on."""
        return run_map_range(self.source, self.step, self.rows, writer, report)


class FilterTask(RangeTask):
    """Finds the rows of a range that are kept."""

    step: Filter

    def run(self, writer: Writer, report: Report) -> None:
        """Write the numbers of the rows."""
        run_filter_range(self.source, self.step, self.rows, writer, report)


@dataclass(frozen=True)
class RowTasks:
    """All rows of a source as tasks. A commit of any whole batches counts, whoever cut them, for whatever number of workers.

    Args:
        make: the task of a range of rows.
        source: has the rows.
        step: says how many are a batch.
        task_rows: rows of a task at most, instead of what the sizes suggest.
    """

    make: Callable[[Source, int, int, Any], RangeTask]
    source: Source
    step: Step
    task_rows: int | None = None

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self.source.view.num_rows

    def left(self, found: Sequence[Committed]) -> tuple[list[Committed], list[RangeTask]]:
        """The commits that count, and the tasks of all other rows."""
        kept: list[Committed] = []
        tasks: list[RangeTask] = []
        at = 0
        for commit in sorted(found, key=lambda commit: commit.index):
            stop = commit.index + commit.rows_done
            if commit.label == f"rows {commit.index}..{stop} of {self.total}" and commit.index >= at and self._is_cut(stop):
                tasks += self._tasks(at, commit.index)
                kept.append(commit)
                at = stop
        return kept, tasks + self._tasks(at, self.total)

    def _is_cut(self, row: int) -> bool:
        return row == self.total or row % (batch_rows(self.step) or self.total) == 0

    def _tasks(self, start: int, stop: int) -> list[RangeTask]:
        view = self.source.view
        ranges = split_rows(stop - start, view.nbytes // max(1, view.num_rows), batch_rows(self.step), self.task_rows)
        return [self.make(self.source, start + r.start, start + r.stop, self.step) for r in ranges]


def batch_rows(step: Step) -> int | None:
    """How many rows a step takes at once; None is all there are."""
    return step.batch_size if step.batched else 1


def split_rows(num_rows: int, row_bytes: int, batch_rows: int | None, task_rows: int | None = None) -> list[range]:
    """Row ranges of about 128 MiB and at most 200,000 rows, cut where batches end.

    Args:
        num_rows: how many rows there are.
        row_bytes: how many bytes one has.
        batch_rows: rows in a batch, which is never split; None is one batch of all rows.
        task_rows: rows of a range, instead of what the sizes suggest.

    >>> split_rows(10, 8, 4, 5)
    [range(0, 4), range(4, 8), range(8, 10)]
    """
    if num_rows == 0:
        return []
    batch = num_rows if batch_rows is None else batch_rows
    size = max(1, (task_rows or min(TASK_ROWS, TASK_BYTES // max(row_bytes, 1))) // batch) * batch
    return [range(start, min(start + size, num_rows)) for start in range(0, num_rows, size)]
