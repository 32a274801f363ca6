"""From a key between brackets to formatted rows, and from a dataset to a stream of them.

Knows: which columns a format gives out, and that whole batches of columns are converted, not single rows.
Does not know: how a format converts, or where rows lie.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.dataset.state import State
from nlpdata.errors import ArgumentError
from nlpdata.features import Features
from nlpdata.formats.base import FormatSpec, Formatter, get_formatter
from nlpdata.store.selection import Range, Selection, as_selection, check_position
from nlpdata.store.view import View

# Bytes converted at once while rows are iterated: enough to pay for the call, few enough to stay in the CPU cache.
ITERATION_BYTES = 256 * 1024
EAGER_FORMATS = frozenset({"arrow", "pandas", "polars"})


class Reader:
    """Formatted rows, columns and batches of one state.

    Args:
        state: what is read. The reader is a snapshot: a format set later does not reach it.
    """

    __slots__ = ("_formatter", "_plain", "_rest", "_shown", "_view")

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

    def __getitem__(self, key: Any) -> Any:
        """One row for an integer, a batch for anything that names several.

        Raises:
            IndexError: no such row; says how many there are.
            TypeError: not an index.
        """
        if isinstance(key, bool | np.bool_):
            raise TypeError(f"A row is named by an integer, not by {key!r}. Rows are numbered from 0.")
        if hasattr(key, "__index__") and not isinstance(key, np.ndarray):
            return self.row(operator.index(key))
        if isinstance(key, list | tuple) and key and isinstance(key[0], str):
            raise TypeError(f"Rows are named by integers, not {key[0]!r}; for columns use select_columns({list(key)!r}).")
        return self.batch(self.table(as_selection(key, self._view.num_rows)))

    def row(self, index: int) -> Any:
        """One row, formatted."""
        position = check_position(index, self._view.num_rows)
        table = self._view.slice(position, position + 1)
        if not self._rest:
            return self._formatter.row(table)
        row = self._merged(self._formatter.row(table.select(self._shown)))
        return row | self._plain.row(table.select(self._rest))

    def rows(self, indices: Any) -> list[Any]:
        """A list of rows for a list of indices; the columns are gathered and converted once."""
        return list(self._rows_of(self.table(as_selection(indices, self._view.num_rows))))

    def table(self, selection: Selection) -> pa.Table:
        """The chosen rows in Arrow."""
        return read_rows(self._view, selection)

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
        if batch_size < 1:
            raise ArgumentError(f"batch_size is {batch_size}; a batch has at least one row.")
        for _, table in self._view.iter_slices(batch_size):
            if table.num_rows == batch_size or not drop_last_batch:
                yield self.batch(table)

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


def read_rows(view: View, selection: Selection) -> pa.Table:
    """Rows of a view in Arrow; without a copy where they lie side by side."""
    if isinstance(selection, Range) and selection.step == 1:
        return view.slice(selection.start, selection.start + len(selection))
    return view.take(selection.locate(np.arange(len(selection), dtype=np.int64)))


def _some(features: Features, names: list[str]) -> Features:
    return features if len(names) == len(features) else Features({name: features[name] for name in names})
