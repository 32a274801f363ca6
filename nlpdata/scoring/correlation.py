"""Correlation of two columns of numbers: Pearson from sums, Spearman from ranks.

Knows: the exact sums that Pearson's r follows from, and average ranks.
Does not know: metrics, batches, results.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlpdata.scoring.inputs import check_lengths, numbers
from nlpdata.scoring.samples import joined_cells, trace
from nlpdata.scoring.sums import SHIFT, exact_moments, fixed

_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class Moments:
    """Exact first and second moments of pairs (x, y); ``+`` joins two batches.

    >>> (Moments.of([1.0, 2.0], [2.0, 5.0]) + Moments.of([3.0], [2.0])).pearson()
    0.0
    """

    rows: int = 0
    x: int = 0
    y: int = 0
    xx: int = 0
    yy: int = 0
    xy: int = 0

    @classmethod
    def of(cls, predictions: Any, references: Any) -> Moments:
        """The moments of one batch; time linear, no memory kept.

        Raises:
            ArgumentError: the lengths differ.
            FeatureError: NaN, infinity, text, or magnitudes beyond 1e150.
        """
        check_lengths({"predictions": predictions, "references": references})
        x, y = numbers(predictions, "predictions"), numbers(references, "references")
        total = cls(len(x), *exact_moments(x, y))
        return trace(total, lambda: PairRows(x.copy(), y.copy()))

    def __add__(self, other: Moments) -> Moments:
        mine = (self.rows, self.x, self.y, self.xx, self.yy, self.xy)
        theirs = (other.rows, other.x, other.y, other.xx, other.yy, other.xy)
        return Moments(*(a + b for a, b in zip(mine, theirs, strict=True)))

    def amount(self) -> float:
        """The number of pairs."""
        return float(self.rows)

    def pearson(self) -> float:
        """Pearson's r in [-1, 1]; NaN where either side is constant or there are fewer than two rows."""
        covariance = self.rows * (self.xy << SHIFT) - self.x * self.y
        spread_x = self.rows * (self.xx << SHIFT) - self.x * self.x
        spread_y = self.rows * (self.yy << SHIFT) - self.y * self.y
        if spread_x <= 0 or spread_y <= 0:
            return math.nan
        size = min(1.0, math.sqrt(covariance * covariance / (spread_x * spread_y)))  # division of integers rounds once
        return size if covariance >= 0 else -size


@dataclass(frozen=True, slots=True, eq=False)
class PairRows:
    """Pairs (x, y) whose moments can be summed again; see :class:`~nlpdata.scoring.samples.Sample`."""

    x: np.ndarray[Any, np.dtype[np.float64]]
    y: np.ndarray[Any, np.dtype[np.float64]]
    cells: np.ndarray[Any, np.dtype[Any]] | None = None

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.x)

    def totals(self, counts: np.ndarray[Any, Any]) -> list[Moments]:
        """One matrix product of numbers near zero, moved back to where they were in exact integers."""
        if not len(self.x):
            return [Moments() for _ in counts]
        at = float(self.x.mean()), float(self.y.mean())
        x, y = self.x - at[0], self.y - at[1]
        sums = counts.astype(np.float64) @ np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y], axis=1)
        return [_moved(row.tolist(), fixed(at[0]), fixed(at[1])) for row in sums]

    def chosen(self, which: np.ndarray[Any, Any]) -> PairRows:
        """A sample of the given cells."""
        return PairRows(self.x[which], self.y[which])

    def __add__(self, other: PairRows) -> PairRows:
        return PairRows(np.concatenate([self.x, other.x]), np.concatenate([self.y, other.y]), joined_cells(self, other))


def _moved(sums: list[float], a: int, b: int) -> Moments:
    """Moments about zero from those about (a, b), which are multiples of 2**-SHIFT.

    A side that does not vary but for rounding (one row drawn n times) does not vary at all.
    """
    rows = round(sums[0])
    x, y, xx, yy, xy = (fixed(value) for value in sums[1:])
    if rows * sums[3] - sums[1] ** 2 <= _ROUNDING * rows * sums[3]:
        xx = x * x // (rows << SHIFT) if rows else 0
    if rows * sums[4] - sums[2] ** 2 <= _ROUNDING * rows * sums[4]:
        yy = y * y // (rows << SHIFT) if rows else 0
    return Moments(
        rows,
        x + rows * a,
        y + rows * b,
        xx + ((2 * a * x + rows * a * a) >> SHIFT),
        yy + ((2 * b * y + rows * b * b) >> SHIFT),
        xy + ((a * y + b * x + rows * a * b) >> SHIFT),
    )


def twice_ranks(values: np.ndarray[Any, np.dtype[Any]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Twice the rank of each value, from 2 to 2n; equal values share the mean of their ranks.

    >>> twice_ranks(np.array([10.0, 5.0, 10.0])).tolist()
    [5, 2, 5]
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(values)]
    result = np.empty(len(values), np.int64)
    result[order] = np.repeat(starts + 1 + ends, ends - starts)
    return result


def spearman(predictions: Any, references: Any) -> float:
    """Spearman's rank correlation in [-1, 1], ties by mean ranks; NaN where either side is constant.

    Needs all rows at once and sorts them. Rank sums are integers, so the order of the rows changes nothing.

    Raises:
        ArgumentError: the lengths differ.
        FeatureError: NaN, infinity or text.
    """
    rows = check_lengths({"predictions": predictions, "references": references})
    x, y = numbers(predictions, "predictions"), numbers(references, "references")
    if rows < 2:
        return math.nan
    x, y = twice_ranks(x) - (rows + 1), twice_ranks(y) - (rows + 1)
    spread = _integer_dot(x, x) * _integer_dot(y, y)
    if spread == 0:
        return math.nan
    return max(-1.0, min(1.0, _integer_dot(x, y) / math.sqrt(spread)))


def _integer_dot(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> int:
    """The exact dot product of centred ranks; blocks small enough that no partial sum passes 2**63."""
    block = max(1, (1 << 62) // (len(left) + 1) ** 2)
    return sum(int(np.dot(left[i : i + block], right[i : i + block])) for i in range(0, len(left), block))
