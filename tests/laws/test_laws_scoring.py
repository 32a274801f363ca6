"""Laws of scoring: any partition and order of the rows gives the same score, whatever labels turn up when."""

from __future__ import annotations

import pickle
from fractions import Fraction
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.scoring import Confusion, LabelCounts, Mean, Moments, load_metric, spearman
from nlpdata.scoring.correlation import twice_ranks
from nlpdata.scoring.sums import SHIFT, exact_sum

integers = st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1) | st.integers(2**63 - 9, 2**63 - 1)
texts = st.sampled_from(["", "a", "b", "ä", "a\x00b", "日本"])
numbers = st.floats(-1e150, 1e150, allow_nan=False)


def pairs(values: Any, min_size: int = 1) -> Any:
    return st.lists(st.tuples(values, values), min_size=min_size, max_size=40)


def partition(draw: Any, rows: list[Any]) -> list[list[Any]]:
    """The rows in another order, cut into parts, some of them empty."""
    shuffled = draw(st.permutations(rows))
    cuts = sorted(draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    return [shuffled[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True)]


def columns(rows: list[Any]) -> dict[str, Any]:
    return {"predictions": [p for p, _ in rows], "references": [r for _, r in rows]}


@given(st.data(), pairs(integers) | pairs(texts))
def test_scores_of_labels_do_not_depend_on_the_partition(data: st.DataObject, rows: list[Any]) -> None:
    parts = partition(data.draw, rows)
    for name, parameters in (
        ("accuracy", {}),
        ("f1", {"average": None}),
        ("precision", {"average": "macro"}),
        ("recall", {"average": "weighted"}),
        ("matthews_correlation", {}),
        ("confusion_matrix", {}),
    ):
        metrics = [load_metric(name) for _ in parts]
        for metric, part in zip(metrics, parts, strict=True):
            metric.add_batch(**columns(part))
        whole = reduce(lambda a, b: a.merge(b), metrics)
        expected = load_metric(name).compute(**columns(rows), **parameters)
        assert pickle.dumps(dict(whole.compute(**parameters))) == pickle.dumps(dict(expected))


@given(st.data(), pairs(numbers))
def test_scores_of_numbers_do_not_depend_on_the_partition(data: st.DataObject, rows: list[Any]) -> None:
    parts = partition(data.draw, rows)
    for name in ("mse", "mae", "pearsonr", "spearmanr"):
        metric = load_metric(name)
        for part in parts:
            metric.add_batch(**columns(part))
        found, expected = metric.compute()[name], load_metric(name).compute(**columns(rows))[name]
        assert found == expected or (np.isnan(found) and np.isnan(expected))
        if name.endswith("r"):
            assert np.isnan(found) or -1.0 <= found <= 1.0


@given(st.data(), pairs(integers) | pairs(texts))
def test_counts_are_those_of_a_plain_loop(data: st.DataObject, rows: list[Any]) -> None:
    parts = [columns(part) for part in partition(data.draw, rows)]
    counts = reduce(add, (LabelCounts.of(**part) for part in parts))
    matrix = reduce(add, (Confusion.of(**part) for part in parts))
    labels = sorted({label for row in rows for label in row})
    assert counts.labels.tolist() == matrix.labels.tolist() == labels
    for i, a in enumerate(labels):
        assert counts.counts[:, i].tolist() == [
            sum(p == r == a for p, r in rows),
            sum(p == a for p, _ in rows),
            sum(r == a for _, r in rows),
        ]
        assert matrix.matrix[i].tolist() == [sum(r == a and p == b for p, r in rows) for b in labels]


@given(st.lists(st.floats(-1e307, 1e307), max_size=60))
def test_a_sum_is_exact(values: list[float]) -> None:
    assert Fraction(exact_sum(np.array(values, float)), 1 << SHIFT) == sum(map(Fraction, values), Fraction(0))


@given(st.data(), st.lists(st.tuples(st.booleans(), st.floats(0, 1e10)), min_size=1, max_size=40))
def test_weighted_means_do_not_depend_on_the_partition(data: st.DataObject, rows: list[Any]) -> None:
    def mean(part: list[Any]) -> Mean:
        return Mean.of(np.array([v for v, _ in part], bool), np.array([w for _, w in part], float))

    assert reduce(add, map(mean, partition(data.draw, rows))) == mean(rows)


@given(st.lists(st.integers(-5, 5) | st.integers(-(10**6), 10**6), min_size=1, max_size=40))
def test_ranks_are_those_of_a_plain_loop(values: list[int]) -> None:
    expected = [2 * sum(w < v for w in values) + sum(w == v for w in values) + 1 for v in values]
    assert twice_ranks(np.array(values, float)).tolist() == expected


@given(pairs(st.integers(-1000, 1000), 2), st.integers(-(10**6), 10**6), st.integers(1, 1000))
def test_correlation_ignores_shift_and_scale(rows: list[Any], shift: int, scale: int) -> None:
    x, y = (np.array(side, float) for side in zip(*rows, strict=True))
    for correlation in (lambda a, b: Moments.of(a, b).pearson(), spearman):
        plain, moved = correlation(x, y), correlation(x * scale + shift, y)
        assert plain == moved or (np.isnan(plain) and np.isnan(moved))
        assert plain == correlation(y, x) or np.isnan(plain)
