"""Is one system better than another, or is it chance? Paired tests on the same rows.

Knows: the paired bootstrap and approximate randomisation. Does not know: metrics; how rows are drawn (:mod:`bootstrap`).

Both test the difference d of two scores on the same rows, with B resamples, and give p-values of 1 for equal predictions.

``"bootstrap"`` (Koehn 2004, Statistical Significance Tests for Machine Translation Evaluation, in the form of Moses and
sacreBLEU): rows are drawn with repetition, the same ones for both systems; with d_b the difference of a draw and m the mean of
all \\|d_b\\|, p = (1 + #{b: \\|d_b\\| - m >= \\|d\\|}) / (B + 1). For a clear difference this counts one tail only: of equal
systems, about one in ten has p < 0.05. It is here to be compared with published numbers.

``"randomization"`` (Noreen 1989; Riezler and Maxwell 2005; sacreBLEU and MultEval): in each trial every row swaps its two
systems with probability 1/2; with d_b the difference of a trial, p = (1 + #{b: \\|d_b\\| >= \\|d\\|}) / (B + 1). It is
two-sided and holds its level.

The 1 counts the observed rows as one of the trials: without it, p could be 0 and the test would reject too often (Phipson and
Smyth 2010). sacreBLEU counts ``>`` where it is ``>=`` here, which differs for ties only: a system compared with itself has
p = 1 here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlpdata.errors import ArgumentError, did_you_mean
from nlpdata.scoring.bootstrap import (
    BLOCK_BYTES,
    SEED,
    Interval,
    Score,
    aligned,
    check_resamples,
    draws,
    scalars,
    score_or_nan,
)
from nlpdata.scoring.load import load_metric
from nlpdata.scoring.metric import Metric
from nlpdata.scoring.result import Result, Signature
from nlpdata.scoring.samples import Array, Sample, rows_of, zero_aware

TESTS = {"bootstrap": 1000, "randomization": 10_000}
"""The tests, and how many resamples each takes where none are given."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One score of one system against that of the baseline, on the same rows.

    Attributes:
        score, baseline: the scores of the system and of the baseline.
        p_value: how often a difference at least as large comes about by chance.
        interval: 95 % of the resampled differences; None for ``"randomization"``.
        test, resamples, seed: how it was tested.
        signature: what the scores depend on.
    """

    score: float
    baseline: float
    p_value: float
    interval: Interval | None
    test: str
    resamples: int
    seed: int
    signature: Signature

    @property
    def difference(self) -> float:
        """Score minus baseline."""
        return self.score - self.baseline

    def significant(self, level: float = 0.05) -> bool:
        """Whether the p-value is below ``level``."""
        return self.p_value < level


def paired_test(
    metric: str | Metric,
    systems: Mapping[str, Any],
    test: str = "randomization",
    resamples: int | None = None,
    seed: int = SEED,
    **inputs: Any,
) -> dict[str, dict[str, Comparison]]:
    """For each system but the first, the baseline: its scores against those of the baseline, with p-values.

    >>> right = [0, 1, 1, 0] * 25
    >>> found = paired_test("accuracy", {"guess": [0] * 100, "better": [0, 1, 1, 1] * 25}, references=right)
    >>> found["better"]["accuracy"].difference, found["better"]["accuracy"].significant()
    (0.25, True)

    Args:
        metric: a metric (which stays as it is), or the name of one.
        systems: name -> predictions, on the same rows in the same order; the first is the baseline.
        test: ``"randomization"`` or ``"bootstrap"``; see the module, also on what the p-values of the latter are worth.
        resamples: how many; 1000 for the bootstrap and 10,000 for randomisation by default.
        seed: what the draws begin with; the same rows and seed give the same p-value.
        inputs: ``references=`` and other inputs, settings and parameters of the metric.

    Raises:
        ArgumentError: fewer than two systems, an unknown test, different numbers of rows.
    """
    if test not in TESTS:
        raise ArgumentError(f"There is no test {test!r}.{did_you_mean(test, TESTS)} Known: {', '.join(TESTS)}.")
    if len(systems) < 2:
        raise ArgumentError("A paired test compares at least two systems: {'baseline': predictions, 'system': predictions}.")
    resamples = TESTS[test] if resamples is None else resamples
    check_resamples(resamples)
    metric = load_metric(metric) if isinstance(metric, str) else metric
    parties = {name: _party(metric, {"predictions": predictions, **inputs}) for name, predictions in systems.items()}
    baseline, *others = parties
    plan = _Plan(test, resamples, seed)
    return {name: _compared(parties[baseline], parties[name], plan) for name in others}


@dataclass(frozen=True, slots=True)
class _Plan:
    test: str
    resamples: int
    seed: int


@dataclass(frozen=True, slots=True)
class _Party:
    """One system: its scores, the rows they come from, and what makes scores of statistics."""

    result: Result
    sample: Sample
    score: Score


def _party(metric: Metric, given: Mapping[str, Any]) -> _Party:
    state, parameters = metric.measured(**given)
    result = metric.scored(state, parameters)
    return _Party(result, state.rows_kept(), lambda total: metric.score(total, **parameters))


def _compared(baseline: _Party, system: _Party, plan: _Plan) -> dict[str, Comparison]:
    if (mine := rows_of(system.sample)) != (theirs := rows_of(baseline.sample)):
        raise ArgumentError(f"One system has {mine:,} rows and the baseline {theirs:,}; a paired test needs the same rows.")
    names = [name for name in scalars(baseline.result) if name in scalars(system.result)]
    rng = np.random.default_rng(plan.seed)
    resampled = (_bootstrapped if plan.test == "bootstrap" else _swapped)(baseline, system, plan.resamples, rng)
    differences = np.array(
        [np.subtract(score_or_nan(system.score, b, names), score_or_nan(baseline.score, a, names)) for a, b in resampled]
    ).T
    found = {}
    for name, column in zip(names, differences, strict=True):
        score, base = float(system.result[name]), float(baseline.result[name])
        p_value = _p_value(column, score - base, plan.test)
        interval = Interval.of(column, 0.95, plan.seed) if plan.test == "bootstrap" else None
        found[name] = Comparison(score, base, p_value, interval, plan.test, plan.resamples, plan.seed, system.result.signature)
    return found


def _p_value(differences: Array, observed: float, test: str) -> float:
    """See the module. Resamples without a score speak for chance; so do ties, up to rounding."""
    sizes = np.abs(differences)
    if test == "bootstrap":
        sizes = sizes - (np.nanmean(sizes) if not np.isnan(sizes).all() else 0.0)
    least = abs(observed) * (1 - 1e-9) - 1e-12
    return (1 + int(np.count_nonzero(~(sizes < least)))) / (1 + len(sizes))


def _bootstrapped(baseline: _Party, system: _Party, resamples: int, rng: np.random.Generator) -> Iterator[tuple[Any, Any]]:
    """Statistics of both systems on the same draws."""
    left, right, cells = aligned(baseline.sample, system.sample)
    for counts in draws(_Cells(left.size, cells), resamples, rng):
        yield from zip(left.totals(counts), right.totals(counts), strict=True)


def _swapped(baseline: _Party, system: _Party, resamples: int, rng: np.random.Generator) -> Iterator[tuple[Any, Any]]:
    """Statistics of both systems after each row was swapped or not."""
    left, right, cells = aligned(baseline.sample, system.sample)
    many = np.ones(left.size, np.int64) if cells is None else np.bincount(cells, minlength=left.size)
    block = max(1, min(resamples, BLOCK_BYTES // (8 * max(1, left.size))))
    block -= block % 32 if block > 32 else 0  # whole words of random bits, so that blocks draw what one big draw would
    for start in range(0, resamples, block):
        size = (min(block, resamples - start), left.size)
        stay = rng.integers(2, size=size, dtype=bool).astype(np.int64) if cells is None else rng.binomial(many, 0.5, size=size)
        ours = zip(left.totals(stay), right.totals(many - stay), strict=True)
        theirs = zip(left.totals(many - stay), right.totals(stay), strict=True)
        for (a, b), (c, d) in zip(ours, theirs, strict=True):
            yield zero_aware(a, b), zero_aware(c, d)


@dataclass(frozen=True, slots=True)
class _Cells:
    """How rows fall into cells, without their statistics: what can be drawn once for two systems."""

    size: int
    cells: Array | None
