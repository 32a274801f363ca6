"""How sure a score is: bootstrap intervals, and the score of each row.

Knows: drawing rows with repetition, scores of many resamples in bounded memory, percentile intervals.
Does not know: metrics; two systems (:mod:`nlpdata.scoring.paired`).

The rows are drawn n of n with repetition, ``resamples`` times; the interval holds the middle ``confidence`` share of the
scores (Efron and Tibshirani 1993, chapter 13: percentile interval). Draws come from ``numpy.random.default_rng(seed)``: the
same rows in the same order, seed and number of resamples give the same interval. Where many rows share a cell, a resample is
one multinomial draw of counts per cell, which has the same distribution as drawing rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from nlpdata.errors import ArgumentError
from nlpdata.scoring.samples import Array, Cells, Sample, by_row, rows_of

Score: TypeAlias = Callable[[Any], Mapping[str, Any]]

BLOCK_BYTES = 1 << 25
SEED = 12345
"""The seed where none is given; that of sacreBLEU."""

_FEW_CELLS = 16  # so many rows per cell, and drawing a count per cell is cheaper than drawing rows
_ROWS_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the score lies, were the rows drawn anew.

    Attributes:
        low, high: ends of the interval; NaN if no resample has a score.
        standard_error: the standard deviation of the resampled scores.
        confidence: share of the resampled scores between the ends.
        resamples: how many resamples have a score (one without, such as a correlation of equal numbers, is left out).
        seed: what the draws began with.
    """

    low: float
    high: float
    standard_error: float
    confidence: float
    resamples: int
    seed: int

    @classmethod
    def of(cls, scores: Array, confidence: float, seed: int) -> Interval:
        """The percentile interval of resampled scores."""
        known = scores[~np.isnan(scores)]
        if not len(known):
            return cls(np.nan, np.nan, np.nan, confidence, 0, seed)
        tail = (1 - confidence) / 2
        low, high = np.quantile(known, [tail, 1 - tail]).tolist()
        error = float(known.std(ddof=1)) if len(known) > 1 else np.nan
        return cls(low, high, error, confidence, len(known), seed)

    def __str__(self) -> str:
        return f"[{self.low:.6g}, {self.high:.6g}]"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for besides the score. Refuses what cannot be meant.

    Attributes:
        confidence: between 0 and 1, for instance 0.95; None: no interval.
        per_example: whether the score of each row is wanted.
        resamples: how often rows are drawn.
        resample_seed: what the draws begin with.
    """

    confidence: float | None = None
    per_example: bool = False
    resamples: int = 1000
    resample_seed: int = SEED

    def __post_init__(self) -> None:
        if self.confidence is not None and not (isinstance(self.confidence, int | float) and 0 < self.confidence < 1):
            raise ArgumentError(f"confidence is {self.confidence!r}; it is a share between 0 and 1, such as 0.95.")
        check_resamples(self.resamples)

    @property
    def rows(self) -> bool:
        """Whether it needs the statistics of each row."""
        return self.confidence is not None or self.per_example


def check_resamples(resamples: Any) -> None:
    """Refuse a number of resamples that is none.

    Raises:
        ArgumentError: it is not a positive integer.
    """
    if isinstance(resamples, bool) or not isinstance(resamples, int) or resamples < 1:
        raise ArgumentError(f"resamples is {resamples!r}; it is a positive integer, such as 1000.")


def draws(sample: Cells, resamples: int, rng: np.random.Generator) -> Iterator[Array]:
    """Blocks of resamples as counts per cell, shape (some, cells); each row sums to the number of rows.

    Memory: about ``BLOCK_BYTES`` a block, or one resample where that is more.
    """
    rows, size = rows_of(sample), sample.size
    share = None
    if sample.cells is not None and size * _FEW_CELLS <= rows:
        share = np.bincount(sample.cells, minlength=size) / rows
    width = size if share is not None else rows + size
    block = max(1, min(resamples, BLOCK_BYTES // (8 * max(1, width))))
    for start in range(0, resamples, block):
        many = min(block, resamples - start)
        if share is not None:
            yield rng.multinomial(rows, share, size=many)
        else:
            yield _counted(rng.integers(0, rows, size=(many, rows)), sample)


def _counted(drawn: Array, sample: Cells) -> Array:
    cells = drawn if sample.cells is None else sample.cells[drawn]
    return np.stack([np.bincount(row, minlength=sample.size) for row in cells])


def scalars(values: Mapping[str, Any]) -> dict[str, float]:
    """The scores that are single numbers."""
    numeric = (int, float, np.integer, np.floating)
    return {name: float(v) for name, v in values.items() if isinstance(v, numeric) and not isinstance(v, bool)}


def score_or_nan(score: Score, total: Any, names: list[str]) -> list[float]:
    """The named scores of statistics; NaN where these rows have none (one label only, say)."""
    try:
        values = score(total)
    except (ArgumentError, ZeroDivisionError):
        return [np.nan] * len(names)
    return [float(values.get(name, np.nan)) for name in names]


def intervals(sample: Sample, score: Score, values: Mapping[str, Any], asked: Asked) -> dict[str, Interval]:
    """The interval of every score that is a single number.

    Raises:
        ArgumentError: none is.
    """
    names = _named(values)
    rng = np.random.default_rng(asked.resample_seed)
    found = [
        score_or_nan(score, total, names) for counts in draws(sample, asked.resamples, rng) for total in sample.totals(counts)
    ]
    columns = np.array(found, np.float64).T
    confidence = asked.confidence or 0.95
    return {n: Interval.of(c, confidence, asked.resample_seed) for n, c in zip(names, columns, strict=True)}


def per_example(sample: Sample, score: Score, values: Mapping[str, Any]) -> dict[str, Array]:
    """The scores of each row alone, in the order in which the rows were added; NaN where one row has no score."""
    names = _named(values)
    found: list[list[float]] = []
    for start in range(0, sample.size, _ROWS_AT_ONCE):
        some = sample.chosen(np.arange(start, min(start + _ROWS_AT_ONCE, sample.size)))
        found += [score_or_nan(score, total, names) for total in some.totals(np.eye(some.size, dtype=np.int64))]
    table = np.array(found, np.float64).reshape(len(found), len(names))
    rows = table if sample.cells is None else table[sample.cells]
    return {name: rows[:, i].copy() for i, name in enumerate(names)}


def _named(values: Mapping[str, Any]) -> list[str]:
    names = list(scalars(values))
    if not names:
        raise ArgumentError(
            f"None of the scores {', '.join(values)} is a single number, so there is no interval and no score per row. "
            "Choose an average, or one label."
        )
    return names


def aligned(left: Sample, right: Sample) -> tuple[Sample, Sample, Array | None]:
    """Two samples of the same rows, cell by cell: both samples, and the shared cell of each row (None: every row its own)."""
    if left.cells is None or right.cells is None:
        return by_row(left), by_row(right), None
    both, cells = np.unique(left.cells * right.size + right.cells, return_inverse=True)
    return left.chosen(both // right.size), right.chosen(both % right.size), cells
