"""Rows of predicted and true labels whose counts can be summed again.

Knows: distinct pairs of labels as cells, and what a weighted multiset of them counts.
Does not know: what follows from the counts; where the labels came from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from nlpdata.scoring.samples import joined_cells

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
Build: TypeAlias = Callable[["LabelRows", Array], Any]


@dataclass(frozen=True, slots=True, eq=False)
class LabelRows:
    """Pairs of labels; see :class:`~nlpdata.scoring.samples.Sample`.

    Attributes:
        names: the labels that occur, sorted.
        predicted, actual: per cell, places in ``names``.
        weights: per cell; None where rows are not weighted.
        build: makes the statistics from these rows and how often each counts.
        cells: the cell of each row; None if every row is a cell.
    """

    names: Array
    predicted: Array
    actual: Array
    weights: Array | None
    build: Build
    cells: Array | None = None

    @classmethod
    def of(cls, predicted: Array, actual: Array, names: Array, weights: Array | None, build: Build) -> LabelRows:
        """One batch.

        Args:
            predicted: a code from 0 per row.
            actual: the same.
            names: the label of each code; need not be sorted nor all occur.
            weights: one per row, or None.
            build: see the class.
        """
        used, both = np.unique(np.concatenate([predicted, actual]), return_inverse=True)
        order = np.argsort(names[used])
        place = np.empty(len(used), np.int64)
        place[order] = np.arange(len(used))
        codes = place[both]
        left, right = codes[: len(predicted)], codes[len(predicted) :]
        labels = names[used][order]
        if weights is not None:
            return cls(labels, left, right, weights.copy(), build)
        pairs, cells = np.unique(right * len(labels) + left, return_inverse=True)
        return cls(labels, pairs % max(1, len(labels)), pairs // max(1, len(labels)), None, build, cells)

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.predicted)

    def totals(self, counts: Array) -> list[Any]:
        """See :class:`~nlpdata.scoring.samples.Sample`. Labels of which nothing was drawn do not occur."""
        return [self.build(self, row) for row in counts]

    def chosen(self, which: Array) -> LabelRows:
        """A sample of the given cells."""
        weights = None if self.weights is None else self.weights[which]
        return LabelRows(self.names, self.predicted[which], self.actual[which], weights, self.build)

    def __add__(self, other: LabelRows) -> LabelRows:
        if not self.size or not other.size:
            return self if self.size else other
        names = np.union1d(self.names, other.names)
        mine, theirs = np.searchsorted(names, self.names), np.searchsorted(names, other.names)
        predicted = np.concatenate([mine[self.predicted], theirs[other.predicted]])
        actual = np.concatenate([mine[self.actual], theirs[other.actual]])
        cells = joined_cells(self, other)
        if self.weights is not None and other.weights is not None:
            return LabelRows(names, predicted, actual, np.concatenate([self.weights, other.weights]), self.build, cells)
        pairs, merged = np.unique(actual * len(names) + predicted, return_inverse=True)
        rows = merged if cells is None else merged[cells]
        return LabelRows(names, pairs % len(names), pairs // len(names), None, self.build, rows)

    def summed(self, where: Array, counts: Array, size: int) -> Array:
        """Per code of ``where`` (0 to ``size``), how often it was drawn, times the weights."""
        if self.weights is None:
            return np.rint(np.bincount(where, counts, size)).astype(np.int64)
        return np.bincount(where, counts * self.weights, size)

    def drawn(self, counts: Array) -> Array:
        """Places of the labels that occur among what was drawn."""
        often = np.bincount(self.predicted, counts, len(self.names)) + np.bincount(self.actual, counts, len(self.names))
        return np.flatnonzero(often)


def three_counts(rows: LabelRows, counts: Array) -> tuple[Array, Array]:
    """The labels drawn, and a row each of how often they were correct, predicted and actual."""
    size, seen = len(rows.names), rows.drawn(counts)
    right = np.where(rows.predicted == rows.actual, counts, 0)
    columns = ((rows.actual, right), (rows.predicted, counts), (rows.actual, counts))
    table = np.stack([rows.summed(where, many, size) for where, many in columns])
    return rows.names[seen], table[:, seen]


def pair_counts(rows: LabelRows, counts: Array) -> tuple[Array, Array]:
    """The labels drawn, and the table [actual, predicted] of how often each pair was."""
    size, seen = len(rows.names), rows.drawn(counts)
    table = rows.summed(rows.actual * size + rows.predicted, counts, size * size).reshape(size, size)
    return rows.names[seen], table[np.ix_(seen, seen)]
