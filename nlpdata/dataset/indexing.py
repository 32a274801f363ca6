"""From a key between brackets to formatted rows, and from a dataset to a stream of them.

Knows: which columns a format gives out, and that whole batches of columns are converted, not single rows.
Does not know: how a format converts, or where rows lie.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.dataset.state import State
from nlpdata.errors import ArgumentError
from nlpdata.features import Features
from nlpdata.formats.base import FormatSpec, Formatter, get_formatter
from nlpdata.ops.select import as_count
from nlpdata.store.selection import Range, Selection, as_selection, check_position
from nlpdata.store.view import Part, View

# Bytes converted at once while rows are iterated: enough to pay for the call, few enough to stay in the CPU cache.
ITERATION_BYTES = 256 * 1024
MOST_WINDOWS = 4096  # record batches that readers are kept for
TOLD_ROWS = 256
MOST_COUNTED = 16 * 1024
EAGER_FORMATS = frozenset({"arrow", "pandas", "polars"})


def names_one(key: Any) -> bool:
    """Whether a key is the number of one row, not several in an array or tensor.

    >>> names_one(3), names_one(np.int8(3)), names_one([3]), names_one(np.array([3]))
    (True, True, False, False)
    """
    if type(key) is int:
        return True
    return hasattr(key, "__index__") and not isinstance(key, bool | np.bool_ | np.ndarray) and not getattr(key, "ndim", 0)


class Reader:
    """Formatted rows, columns and batches of one state.

    Args:
        state: what is read. The reader is a snapshot: a format set later does not reach it.
    """

    __slots__ = ("_formatter", "_lists", "_num_rows", "_plain", "_point", "_rest", "_shown", "_spans", "_view")

    def __init__(self, state: State) -> None:
        shown = state.shown_columns
        rest = [name for name in state.features if name not in shown] if state.format.output_all_columns else []
        everything = len(shown) == len(state.features)
        read = list(state.features) if rest or everything else shown
        self._view = state.view if everything or rest else state.view.pick(read)
        spec = replace(state.format, columns=None, output_all_columns=False)
        self._formatter: Formatter = get_formatter(spec, _some(state.features, shown))
        self._shown = shown
        self._rest = rest
        self._plain: Formatter = get_formatter(FormatSpec(), _some(state.features, rest))
        self._num_rows = self._view.num_rows
        self._lists = Spans(self._view, self._formatter.listed, self._formatter.bind_lists)
        self._spans = Spans(self._view, self._formatter.batch, self._formatter.bind_spans)
        self._point = None if rest else point_reader(self._view, self._formatter)

    def __getitem__(self, key: Any) -> Any:
        """One row for an integer, a batch for anything that names several.

        Raises:
            IndexError: no such row; says how many there are.
            TypeError: not an index.
        """
        if isinstance(key, bool | np.bool_):
            raise TypeError(f"A row is named by an integer, not by {key!r}. Rows are numbered from 0.")
        if names_one(key):
            return self.row(operator.index(key))
        if isinstance(key, list | tuple) and key and isinstance(key[0], str):
            raise TypeError(f"Rows are named by integers, not {key[0]!r}; for columns use select_columns({list(key)!r}).")
        selection = as_selection(key, self._num_rows)
        if isinstance(selection, Range) and selection.step == 1 and len(selection) and not self._rest:
            return self._spans(selection.start, selection.stop)
        return self.batch(self.table(selection))

    def row(self, index: int) -> Any:
        """One row, formatted."""
        position = index if 0 <= index < self._num_rows else check_position(index, self._num_rows)
        if self._point is not None:
            return self._point(position)
        table = self._view.slice(position, position + 1)
        if not self._rest:
            return self._formatter.row(table)
        row = self._merged(self._formatter.row(table.select(self._shown)))
        return row | self._plain.row(table.select(self._rest))

    def rows(self, indices: Any) -> list[Any]:
        """A list of rows for a list of indices; the columns are gathered and converted once."""
        selection = as_selection(indices, self._num_rows)
        if self._rest:
            return list(self._rows_of(self.table(selection)))
        if isinstance(selection, Range) and selection.step == 1:
            found: list[Any] = self._lists(selection.start, selection.stop)
            return found
        return self._formatter.listed(self.table(selection))

    def table(self, selection: Selection) -> pa.Table:
        """The chosen rows in Arrow."""
        return self._view.gather(selection)

    def batch(self, table: pa.Table) -> Any:
        """A formatted batch."""
        if not self._rest:
            return self._formatter.batch(table)
        batch = self._merged(self._formatter.batch(table.select(self._shown)))
        return batch | self._plain.batch(table.select(self._rest))

    def __iter__(self) -> Iterator[Any]:
        """Every row, converted a batch of columns at a time."""
        for table in self._view.natural_batches(ITERATION_BYTES):
            yield from self._rows_of(table)

    def batches(self, batch_size: int, drop_last_batch: bool = False) -> Iterator[Any]:
        """Formatted batches of ``batch_size`` rows, the last one shorter unless it is dropped."""
        batch_size = as_count(batch_size, "batch_size")
        if batch_size < 1:
            raise ArgumentError(f"batch_size is {batch_size}; a batch has at least one row.")
        read = Spans(self._view, self.batch, self._bind_spans)
        for start, stop in self._view.iter_spans(batch_size):
            if stop - start == batch_size or not drop_last_batch:
                yield read(start, stop)

    def _bind_spans(self, table: pa.Table) -> Callable[[int, int], Any]:
        if self._rest:
            return lambda start, stop: self.batch(table.slice(start, stop - start))
        return self._formatter.bind_spans(table)

    def column(self, name: str, table: pa.Table) -> Any:
        """One formatted column of a table."""
        return self._formatter.column(table, name)

    def items(self, name: str, table: pa.Table) -> Iterable[Any]:
        """One value a row of one column, each as a row shows it."""
        if self._formatter.lazy:
            return self._formatter.items(table, name)
        return (row[name] for row in self._formatter.rows(table))

    def _rows_of(self, table: pa.Table) -> Iterator[Any]:
        if not self._rest:
            yield from self._formatter.rows(table)
            return
        plain = self._plain.rows(table.select(self._rest))
        for row, rest in zip(self._formatter.rows(table.select(self._shown)), plain, strict=True):
            yield self._merged(row) | rest

    @staticmethod
    def _merged(formatted: Any) -> dict[str, Any]:
        if not isinstance(formatted, Mapping):
            raise TypeError(
                f"output_all_columns=True needs a format whose rows are dicts, but this one gives {type(formatted).__name__}. "
                "Leave output_all_columns out, or name all columns."
            )
        return dict(formatted)


class Spans:
    """Neighbouring rows of a view together, span by span: a reader is bound to a record batch when it is met twice running.

    Args:
        view: the rows.
        read: makes what is wanted of a table.
        bind: makes a function from ``start`` and ``stop`` to the same for these rows of one table.
    """

    __slots__ = ("_bind", "_bound", "_read", "_view")

    def __init__(
        self, view: View, read: Callable[[pa.Table], Any], bind: Callable[[pa.Table], Callable[[int, int], Any]]
    ) -> None:
        self._view, self._read, self._bind = view, read, bind
        # The record batch met last, and its reader. Replaced, never changed: threads may be reading.
        self._bound: tuple[int, int, Callable[[int, int], Any] | None] = (0, 0, None)

    def __call__(self, start: int, stop: int) -> Any:
        """Rows ``start`` to ``stop`` (exclusive), which exist."""
        low, high, bound = self._bound
        if not low <= start < stop <= high:
            low, high = (start < stop and self._view.extent(start)) or (0, 0)
            self._bound = (low, high, None)
            return self._read(self._view.slice(start, stop))
        if bound is None:
            bound = self._bind(self._view.slice(low, high))
            self._bound = (low, high, bound)
        return bound(start - low, stop - low)


class Windows:
    """Rows of a view one at a time in any order: readers are bound to a record batch when it is first met, and kept.

    Args:
        view: where some rows follow each other in storage.
        formatter: makes a row.
    """

    __slots__ = ("_counted", "_end", "_formatter", "_found", "_in_order", "_view")

    def __init__(self, view: View, formatter: Formatter) -> None:
        self._view, self._formatter = view, formatter
        # Starts, ends and readers of the windows met so far, in order. Replaced, never changed: threads may be reading.
        self._found: tuple[list[int], list[int], list[Callable[[int], Any]]] = ([], [], [])
        self._end = 0  # of the window opened last
        self._in_order = True  # whether each window opened began where the one before ended
        self._counted: int | None = None  # rows read here and there, while files want to know; see ShardGroup.expect

    def row(self, position: int) -> Any:
        """The row at a position that exists."""
        starts, ends, reads = self._found
        k = bisect_right(starts, position) - 1
        if k >= 0 and position < ends[k]:
            return reads[k](position - starts[k])
        return self._open(position)

    def _open(self, position: int) -> Any:
        start, end = self._view.extent(position) or (position, position + 1)
        self._in_order = self._in_order and start == self._end
        if self._in_order and start:
            self._counted = None
            self._view.expect(0)
        elif self._counted is None:
            self._counted = 0 if self._view.expect(1) else MOST_COUNTED
        read = self._formatter.bind(self._view.slice(start, end))
        if self._counted is not None and self._counted < MOST_COUNTED:
            read = partial(self._count, read)
        self._end = end
        if end - start > 1:  # of rows that lie alone there may be as many windows as rows
            starts, ends, reads = self._found if len(self._found[0]) < MOST_WINDOWS else ([], [], [])
            k = bisect_right(starts, start)
            ends, reads = [*ends[:k], end, *ends[k:]], [*reads[:k], read, *reads[k:]]
            self._found = [*starts[:k], start, *starts[k:]], ends, reads
        return read(position - start)

    def _count(self, read: Callable[[int], Any], i: int) -> Any:
        """Read a row, and tell the files of each :data:`TOLD_ROWS`, until they know enough."""
        if self._counted is None:
            return read(i)
        self._counted += 1
        if self._counted % TOLD_ROWS == 0 and not self._view.expect(TOLD_ROWS):
            self._counted = MOST_COUNTED
        if self._counted >= MOST_COUNTED:
            starts, ends, reads = self._found
            self._found = starts, ends, [r.args[0] if isinstance(r, partial) else r for r in reads]
        return read(i)


def point_reader(view: View, formatter: Formatter) -> Callable[[int], Any] | None:
    """A function from a position to its row, that reads nothing yet; None where there is no better way than a slice.

    Parts that choose their rows alike are read together.
    """
    alike: dict[int, list[Part]] = {}
    for part in view.parts:
        follows = isinstance(part.selection, Range) and part.selection.step == 1
        alike.setdefault(0 if follows else id(part.selection), []).append(part)
    readers = []
    for key, parts in alike.items():
        order = tuple(name for name in view.order if any(name in p.columns for p in parts))
        readers.append(_windows(View(tuple(parts), order, view.num_rows), formatter, bool(key)))
    if len(readers) == 1:
        return readers[0]
    if not readers or not formatter.lazy:
        return None

    def merged(position: int) -> dict[str, Any]:
        row: dict[str, Any] = {}
        for read in readers:
            row.update(read(position))
        return {name: row[name] for name in view.order}

    return merged


def _windows(view: View, formatter: Formatter, listed: bool) -> Callable[[int], Any]:
    """Rows of a view whose parts have one selection; ``listed`` if rows do not follow each other."""
    if not listed:
        return Windows(view, formatter).row
    at = view.parts[0].selection.at
    num_rows = min(p.group.num_rows for p in view.parts)
    parts = tuple(Part(p.group, Range(0, num_rows), p.columns) for p in view.parts)
    row = Windows(View(parts, view.order, num_rows), formatter).row
    return lambda position: row(at(position))


def _some(features: Features, names: list[str]) -> Features:
    return features if len(names) == len(features) else Features({name: features[name] for name in names})
