"""Rows kept for resampling: any multiset of them sums to what the metric makes of the same rows repeated."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nlpdata
from nlpdata.errors import ArgumentError, CorruptFileError
from nlpdata.scoring import LabelCounts, Mean, Metric, State, load_metric
from nlpdata.scoring.samples import Listed, Several, Vectors, joined, rows_of
from nlpdata.scoring.sums import SHIFT, exact_dot, exact_moments, exact_sum
from nlpdata.scoring.wire import from_bytes, to_bytes

labels = st.integers(-2, 3)
words = st.sampled_from(["a", "b", "ä", ""])
reals = st.integers(-50, 50).map(lambda v: v / 4)
LABELS = ["accuracy", "f1", "matthews_correlation", "confusion_matrix"]
OPTIONS: dict[str, dict[str, Any]] = {"f1": {"average": "macro"}}


def same(found: Any, expected: Any) -> None:
    assert found.keys() == expected.keys()
    for key in expected:
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-9, atol=1e-12)


def check_multiset(metric: Metric, columns: dict[str, list[Any]], often: list[int], cut: int) -> None:
    """The sample of two batches, cut anywhere, against the metric on rows repeated."""
    rows = len(often)
    parts = [metric.measured(**{n: v[a:b] for n, v in columns.items()}) for a, b in ((0, cut), (cut, rows))]
    sample, parameters = (parts[0][0] + parts[1][0]).rows_kept(), parts[0][1]
    assert rows_of(sample) == rows
    counts = np.array(often) if sample.cells is None else np.bincount(sample.cells, often, sample.size)
    found = metric.score(sample.totals(counts[None, :])[0], **parameters)
    repeated = {name: [v for v, k in zip(values, often, strict=True) for _ in range(k)] for name, values in columns.items()}
    same(found, metric.emptied().compute(**repeated))


def multisets(values: Any) -> Any:
    row = st.tuples(values, values, st.integers(0, 3), st.sampled_from([0.25, 1.0, 2.5]))
    return st.lists(row, min_size=1, max_size=12).filter(lambda rows: any(row[2] for row in rows))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", LABELS)
@pytest.mark.parametrize("values", [labels, words], ids=["integers", "text"])
def test_labels(name: str, values: Any, weighted: bool) -> None:
    @settings(deadline=None)
    @given(multisets(values), st.data())
    def law(rows: Any, data: Any) -> None:
        predictions, references, often, weights = map(list, zip(*rows, strict=True))
        columns = {"predictions": predictions, "references": references}
        if weighted:
            columns["sample_weight"] = weights
        check_multiset(load_metric(name, **OPTIONS.get(name, {})), columns, often, data.draw(st.integers(0, len(rows))))

    law()


@pytest.mark.parametrize("name", ["mse", "mae", "pearsonr", "spearmanr"])
def test_numbers(name: str) -> None:
    @settings(deadline=None)
    @given(multisets(reals), st.data())
    def law(rows: Any, data: Any) -> None:
        predictions, references, often, _ = map(list, zip(*rows, strict=True))
        columns = {"predictions": predictions, "references": references}
        check_multiset(load_metric(name), columns, often, data.draw(st.integers(0, len(rows))))

    law()


@settings(deadline=None)
@given(multisets(words), st.data())
def test_text(rows: Any, data: Any) -> None:
    predictions, references, often, _ = map(list, zip(*rows, strict=True))
    columns = {"predictions": predictions, "references": references}
    check_multiset(load_metric("exact_match"), columns, often, data.draw(st.integers(0, len(rows))))
    check_multiset(load_metric("exact_match", ignore_case=True), columns, often, data.draw(st.integers(0, len(rows))))


@dataclass(frozen=True)
class Extremes:
    """Statistics that are a dataclass of numbers, of which one is no sum."""

    total: float
    largest: float

    def __add__(self, other: Extremes) -> Extremes:
        return Extremes(self.total + other.total, max(self.largest, other.largest))


class Peak(Metric):
    """Not a vector: it must be added up object by object."""

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(description="largest share")

    def stats(self, predictions: Any) -> Extremes:
        return Extremes(float(sum(predictions)), float(max(predictions, default=0)))

    def score(self, total: Extremes) -> dict[str, float]:
        return {"peak": total.largest / total.total}


class Plain(Metric):
    """Statistics as a plain array, summed over tokens."""

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(description="tokens and characters")

    def stats(self, predictions: Any) -> Any:
        return np.array([sum(len(p.split()) for p in predictions), sum(map(len, predictions))])

    def score(self, total: Any) -> dict[str, float]:
        return {"tokens": int(total[0]), "characters": int(total[1])}


class Mixed(Metric):
    """Two building blocks and a count, in a tree; the blocks of tokens, not of rows."""

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(description="a tree")

    def stats(self, predictions: Any, references: Any) -> Any:
        same = np.array([p == r for p, r in zip(predictions, references, strict=True)], dtype=bool)
        tokens = np.array([len(t) for p in predictions for t in p.split()], np.float64)
        return np.array([Mean.of(same), Mean.of(tokens)], dtype=object)

    def score(self, total: Any) -> dict[str, float]:
        return {"same": total[0].value(), "length": total[1].sum()}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3)), min_size=1, max_size=8), st.data())
def test_statistics_that_are_no_vectors(rows: Any, data: Any) -> None:
    predictions, often = map(list, zip(*rows, strict=True))
    check_multiset(Peak(), {"predictions": predictions}, often, data.draw(st.integers(0, len(rows))))


@settings(deadline=None)
@given(multisets(st.sampled_from(["a b", "a", "", "bc de f"])), st.data())
def test_statistics_of_tokens(rows: Any, data: Any) -> None:
    predictions, references, often, _ = map(list, zip(*rows, strict=True))
    cut = data.draw(st.integers(0, len(rows)))
    check_multiset(Plain(), {"predictions": predictions}, often, cut)
    check_multiset(Mixed(), {"predictions": predictions, "references": references}, often, cut)


def test_which_way_rows_are_kept() -> None:
    texts = {"predictions": ["a b", ""], "references": ["a b", "c"]}
    assert isinstance(Mixed().measured(**texts)[0].rows_kept(), Several)
    assert isinstance(Plain().measured(predictions=["a", "b c"])[0].rows_kept(), Vectors)
    assert isinstance(Peak().measured(predictions=[1, 2])[0].rows_kept(), Listed)
    million = np.arange(100_000) % 5
    assert load_metric("f1").measured(predictions=million, references=million)[0].rows_kept().size == 5


def test_batches_whose_rows_were_kept_in_different_ways() -> None:
    left = Vectors(np.ones((2, 1)), np.sum)
    right = Listed((3.0, 4.0))
    both = joined(left, right)
    assert rows_of(both) == 4 and both.totals(np.array([[1, 0, 0, 2]])) == [9.0]


def test_a_column_that_its_owner_reuses() -> None:
    metric = load_metric("pearsonr", confidence=0.9, resamples=50)
    buffer, other = np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 3.0])
    metric.add_batch(predictions=buffer, references=other)
    buffer[:] = 0.0
    expected = load_metric("pearsonr").compute(predictions=[1.0, 2, 4], references=other, confidence=0.9, resamples=50)
    assert metric.compute().intervals == expected.intervals


@pytest.mark.parametrize("name", ["accuracy", "f1", "confusion_matrix", "pearsonr", "spearmanr", "mse"])
def test_states_as_bytes_are_exact_and_small(name: str) -> None:
    rng = np.random.default_rng(1)
    metric = load_metric(name)
    if name in ("pearsonr", "spearmanr", "mse"):
        metric.add_batch(predictions=rng.normal(size=300), references=rng.normal(size=300))
    else:
        metric.add_batch(predictions=rng.choice(["a", "b", "c"], 300), references=rng.choice(["a", "b"], 300))
    assert metric.state is not None
    data = metric.state.to_bytes()
    other = load_metric(name).merge(State.from_bytes(data))
    options = {"average": "macro"} if name == "f1" else {}
    assert pickle.dumps(dict(other.compute(**options))) == pickle.dumps(dict(metric.compute(**options)))
    assert len(data) < 3000 or name == "spearmanr"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3) | st.tuples(inner, inner)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(json_values)
def test_bytes_keep_every_value(value: Any) -> None:
    assert from_bytes(to_bytes(value), "it") == value


def test_bytes_of_arrays_and_counters() -> None:
    values = [np.arange(6, dtype=np.int16).reshape(2, 3), np.float32(0.1), np.array([2**70, "x", None], dtype=object)]
    for value in values:
        found = from_bytes(to_bytes(value), "it")
        assert type(found) is type(value) and np.array_equal(found, value) and found.dtype == value.dtype
    assert from_bytes(to_bytes(Counter("aab")), "it") == Counter("aab")
    assert np.isnan(from_bytes(to_bytes(float("nan")), "it"))


def test_bytes_that_are_something_else() -> None:
    state = load_metric("accuracy").measured(predictions=[0], references=[0])[0]
    for data in (b"", b"{", state.to_bytes()[:-9], b'{"what":1}', b'{"class":"nlpdata.scoring.sums:Mean","fields":{"x":1}}'):
        with pytest.raises(CorruptFileError, match="state of a metric cannot be read"):
            State.from_bytes(data)
    with pytest.raises(ArgumentError, match="not known here"):
        State.from_bytes(b'{"class":"os:system","fields":{}}')
    with pytest.raises(ArgumentError, match="not the state"):
        State.from_bytes(b"[1]")
    with pytest.raises(ArgumentError, match="type object cannot be sent"):
        to_bytes(object())


def test_counts_of_a_script_travel_to_where_the_script_is_loaded(tmp_path: Any) -> None:
    script = """
from __future__ import annotations
from dataclasses import dataclass
from fractions import Fraction
import nlpdata

@dataclass(frozen=True)
class Pair:
    left: int
    right: int
    def __add__(self, other):
        return Pair(self.left + other.left, self.right + other.right)

class Own(nlpdata.Metric):
    def _info(self):
        return nlpdata.MetricInfo(description="own")
    def stats(self, predictions):
        return Pair(sum(predictions), len(predictions))
    def score(self, total):
        return {"own": total.left / total.right}
"""
    (tmp_path / "own.py").write_text(script, encoding="utf-8")
    metric = load_metric(tmp_path / "own.py")
    metric.add_batch(predictions=[1, 2])
    assert metric.state is not None
    data = metric.state.to_bytes()
    assert metric.emptied().merge(State.from_bytes(data)).compute() == {"own": 1.5}
    with pytest.raises(ArgumentError, match="Load the same metric first"):
        State.from_bytes(data.replace(b"nlpdata_script_", b"nlpdata_script_x"))
    assert pickle.loads(pickle.dumps(metric)).compute() == {"own": 1.5}


def test_label_counts_of_nothing() -> None:
    assert LabelCounts.of([], []).amount() == 0.0


wide = st.one_of(st.floats(-10, 10), st.floats(-1e140, 1e140), st.sampled_from([0.0, 1e-300, -5e-324, 2.0**40, 1 / 3]))


@settings(deadline=None)
@given(st.lists(st.tuples(wide, wide), max_size=20))
def test_moments_are_exact(rows: Any) -> None:
    x, y = (np.array([row[i] for row in rows], np.float64) for i in (0, 1))
    exact = [[Fraction(value) for value in side.tolist()] for side in (x, y)]
    sums = [sum(side) for side in exact]
    products = [sum(a * b for a, b in zip(exact[i], exact[j], strict=True)) for i, j in ((0, 0), (1, 1), (0, 1))]
    for found, expected in zip(exact_moments(x, y), [*sums, *products], strict=True):
        assert abs(Fraction(found, 1 << SHIFT) - expected) <= len(rows) * Fraction(1, 2**1060)


def test_moments_of_many_rows_are_those_of_sums_and_dot_products() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=30_000) * 10.0 ** rng.integers(-3, 3, 30_000), rng.normal(size=30_000)
    expected = exact_sum(x), exact_sum(y), exact_dot(x, x), exact_dot(y, y), exact_dot(x, y)
    assert exact_moments(x, y) == expected
