"""A step cut into row ranges: the unit of retry and of commit.

Knows: where ranges begin, so that batches do not depend on how work is split. Does not know: what is done to the rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nlpdata.engine.changes import Writer
from nlpdata.engine.plan import Filter, Map, Source
from nlpdata.engine.worker import Report, run_filter_range, run_map_range

TASK_BYTES = 128 * 2**20
TASK_ROWS = 200_000
TASKS_PER_WORKER = 8


@dataclass(frozen=True)
class _RangeTask:
    index: int
    source: Source
    start: int
    stop: int

    @property
    def label(self) -> str:
        """The row range; what was committed for another one is not taken for this."""
        return f"rows {self.start}..{self.stop}"

    @property
    def rows(self) -> range:
        """The row numbers."""
        return range(self.start, self.stop)


@dataclass(frozen=True)
class MapTask(_RangeTask):
    """Maps a range of rows."""

    step: Map

    def run(self, writer: Writer, report: Report) -> Mapping[str, Any]:
        """Write the changed columns; the notes say which, and from which row on."""
        return run_map_range(self.source, self.step, self.rows, writer, report)


@dataclass(frozen=True)
class FilterTask(_RangeTask):
    """Finds the rows of a range that are kept."""

    step: Filter

    def run(self, writer: Writer, report: Report) -> None:
        """Write the numbers of the rows."""
        run_filter_range(self.source, self.step, self.rows, writer, report)


def wanted_rows(num_rows: int, num_bytes: int, workers: int) -> int:
    """Rows of a task: about 128 MiB and at most 200,000; fewer, so that several workers have several tasks each.

    >>> wanted_rows(1_000_000, 8_000_000, 1), wanted_rows(1_000_000, 8_000_000, 2)
    (200000, 62500)
    """
    wanted = min(TASK_ROWS, TASK_BYTES * num_rows // max(num_bytes, 1))
    return wanted if workers == 1 else max(1, min(wanted, -(-num_rows // (workers * TASKS_PER_WORKER))))


def split_rows(num_rows: int, num_bytes: int, batch_rows: int | None, *, task_rows: int | None = None) -> list[range]:
    """Row ranges of about 128 MiB and at most 200,000 rows, cut where batches end.

    Args:
        num_rows: how many rows there are.
        num_bytes: how many bytes they have.
        batch_rows: rows in a batch, which is never split; None is one batch of all rows.
        task_rows: rows of a range, instead of what the sizes suggest.

    >>> split_rows(10, 80, 4, task_rows=5)
    [range(0, 4), range(4, 8), range(8, 10)]
    >>> split_rows(10, 80, 4, task_rows=10)
    [range(0, 10)]
    """
    if num_rows == 0:
        return []
    batch = num_rows if batch_rows is None else batch_rows
    wanted = task_rows or wanted_rows(num_rows, num_bytes, 1)
    # All rows stay one range, also where the last batch is short: so an interrupted run of one task is found again.
    size = num_rows if wanted >= num_rows else max(1, wanted // batch) * batch
    return [range(start, min(start + size, num_rows)) for start in range(0, num_rows, size)]
