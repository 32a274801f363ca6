"""Intervals and scores per row: against scipy, against resampling by hand, and what cannot be asked."""

from __future__ import annotations

import pickle
import tracemalloc
from typing import Any

import numpy as np
import pytest

import nlpdata
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Metric, load_metric
from nlpdata.scoring.bootstrap import BLOCK_BYTES, draws
from nlpdata.scoring.samples import Vectors

RNG = np.random.default_rng(5)
X = RNG.normal(size=400)
Y = X + RNG.normal(size=400)
R = RNG.integers(0, 4, 400)
P = np.where(RNG.random(400) < 0.7, R, RNG.integers(0, 4, 400))


def test_an_interval_is_the_percentiles_of_resampled_rows() -> None:
    result = load_metric("mse").compute(predictions=X, references=Y, confidence=0.9, resamples=200, resample_seed=3)
    rng = np.random.default_rng(3)
    picked = rng.integers(0, 400, size=(200, 400))
    scores = ((X - Y) ** 2)[picked].mean(axis=1)
    low, high = np.quantile(scores, [0.05, 0.95])
    interval = result.intervals["mse"]
    np.testing.assert_allclose([interval.low, interval.high], [low, high], rtol=1e-12)
    np.testing.assert_allclose(interval.standard_error, scores.std(ddof=1), rtol=1e-10)
    assert (interval.confidence, interval.resamples, interval.seed) == (0.9, 200, 3)


@pytest.mark.peers
@pytest.mark.parametrize("name", ["accuracy", "f1", "matthews_correlation", "mae", "pearsonr", "spearmanr"])
def test_intervals_are_those_of_scipy(name: str) -> None:
    stats = pytest.importorskip("scipy.stats")
    metric = load_metric(name, average="macro") if name == "f1" else load_metric(name)
    predictions, references = (X, Y) if name in ("mae", "pearsonr", "spearmanr") else (P, R)
    many = 400 if name == "spearmanr" else 2000
    found = metric.compute(predictions=predictions, references=references, confidence=0.95, resamples=many).intervals[name]

    def statistic(rows: Any) -> float:
        value: float = metric.emptied().compute(predictions=predictions[rows], references=references[rows])[name]
        return value

    peer = stats.bootstrap(
        (np.arange(400),), statistic, n_resamples=many, vectorized=False, method="percentile", rng=np.random.default_rng(0)
    )
    expected = peer.confidence_interval
    noise = 0.25 * peer.standard_error  # of a percentile of so many resamples
    assert abs(found.low - expected.low) < noise and abs(found.high - expected.high) < noise
    assert found.standard_error == pytest.approx(peer.standard_error, rel=0.15)


@pytest.mark.slow
def test_an_interval_holds_the_true_value_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for trial in range(400):
        references = rng.integers(0, 2, 200)
        predictions = np.where(rng.random(200) < 0.8, references, 1 - references)
        result = load_metric("accuracy").compute(
            predictions=predictions, references=references, confidence=0.9, resample_seed=trial
        )
        inside += result.intervals["accuracy"].low <= 0.8 <= result.intervals["accuracy"].high
    assert 0.85 < inside / 400 < 0.95


def test_the_same_seed_gives_the_same_interval() -> None:
    inputs = {"predictions": P, "references": R, "average": "macro", "confidence": 0.95}
    first, second = (load_metric("f1").compute(**inputs) for _ in range(2))
    assert first.intervals == second.intervals
    assert first.intervals != load_metric("f1").compute(**inputs, resample_seed=1).intervals
    assert first.signature == load_metric("f1").compute(predictions=P, references=R, average="macro").signature


def test_batches_keep_their_rows_when_told_at_the_beginning() -> None:
    whole = load_metric("f1").compute(predictions=P, references=R, average="macro", confidence=0.95)
    metric = load_metric("f1", average="macro", confidence=0.95)
    for start in range(0, 400, 150):
        metric.add_batch(predictions=P[start : start + 150], references=R[start : start + 150])
    assert "keeps: all rows" in repr(metric)
    assert metric.compute().intervals == whole.intervals
    two = [load_metric("mse", confidence=0.95) for _ in range(2)]
    two[0].add_batch(predictions=X[:100], references=Y[:100])
    two[1].add_batch(predictions=X[100:], references=Y[100:])
    travelled = pickle.loads(pickle.dumps(two[1].state))
    expected = load_metric("mse").compute(predictions=X, references=Y, confidence=0.95).intervals["mse"]
    found = two[0].merge(travelled).compute().intervals["mse"]
    assert found.low == pytest.approx(expected.low, rel=1e-12)


def test_rows_that_were_not_kept() -> None:
    metric = load_metric("accuracy")
    metric.add_batch(predictions=[0, 1], references=[0, 0])
    with pytest.raises(ArgumentError, match=r"load_metric\('accuracy', confidence=0\.95\)"):
        metric.compute(confidence=0.95)
    assert metric.compute() == {"accuracy": 0.5}


def test_what_cannot_be_asked() -> None:
    for wrong in ({"confidence": 95}, {"confidence": "0.95"}, {"resamples": 0}, {"resamples": 2.5}):
        with pytest.raises(ArgumentError, match=next(iter(wrong))):
            load_metric("accuracy").compute(predictions=[0], references=[0], **{"confidence": 0.95, **wrong})
    with pytest.raises(ArgumentError, match="single number"):
        load_metric("f1").compute(predictions=[0, 1], references=[0, 1], average=None, confidence=0.95)


def test_resamples_without_a_score_are_left_out() -> None:
    result = load_metric("pearsonr").compute(predictions=[1.0, 2.0], references=[2.0, 5.0], confidence=0.95, resamples=100)
    interval = result.intervals["pearsonr"]
    assert interval.low == interval.high == 1.0 and 20 < interval.resamples < 80
    nothing = load_metric("pearsonr").compute(predictions=[1.0], references=[2.0], confidence=0.95).intervals["pearsonr"]
    assert nothing.resamples == 0 and np.isnan(nothing.low)


def test_the_score_of_each_row() -> None:
    result = load_metric("accuracy").compute(predictions=[0, 1, 1], references=[0, 1, 0], per_example=True)
    assert result.per_example["accuracy"].tolist() == [1.0, 1.0, 0.0] and not result.intervals
    squares = load_metric("mse").compute(predictions=X, references=Y, per_example=True).per_example["mse"]
    np.testing.assert_allclose(squares, (X - Y) ** 2, rtol=1e-12)
    assert np.isnan(
        load_metric("pearsonr").compute(predictions=X, references=Y, per_example=True).per_example["pearsonr"]
    ).all()
    texts = load_metric("exact_match", per_example=True)
    texts.add_batch(predictions=["a"], references=["a"])
    texts.add_batch(predictions=["b", "c"], references=["x", "c"])
    assert texts.compute().per_example["exact_match"].tolist() == [1.0, 0.0, 1.0]


def test_a_metric_that_takes_such_a_name_itself() -> None:
    class Sure(Metric):
        def _info(self) -> nlpdata.MetricInfo:
            return nlpdata.MetricInfo(description="takes confidence")

        def stats(self, predictions: Any) -> Any:
            return np.array([sum(predictions)])

        def score(self, total: Any, confidence: float = 0.5) -> dict[str, float]:
            return {"sure": float(total[0]) * confidence}

    result = Sure().compute(predictions=[1, 2], confidence=2.0)
    assert result == {"sure": 6.0} and not result.intervals


def test_an_old_style_metric_has_intervals_too() -> None:
    class Ratio(Metric):
        def _info(self) -> nlpdata.MetricInfo:
            text = nlpdata.Value("string")
            return nlpdata.MetricInfo(description="ratio", features=nlpdata.Features({"predictions": text, "references": text}))

        def _compute(self, predictions: Any, references: Any) -> dict[str, float]:
            return {"ratio": sum(map(len, predictions)) / sum(map(len, references))}

    result = Ratio().compute(
        predictions=["a", "bb", "c"], references=["aa", "bb", "cc"], confidence=0.95, resamples=100, per_example=True
    )
    assert result.per_example["ratio"].tolist() == [0.5, 1.0, 0.5]
    assert 0.5 <= result.intervals["ratio"].low < result["ratio"] < result.intervals["ratio"].high <= 1.0


def test_memory_is_bounded() -> None:
    rows = 200_000
    sample = Vectors(np.ones((rows, 2)), lambda vector: vector)
    tracemalloc.start()
    try:
        for counts in draws(sample, 20, np.random.default_rng(0)):
            assert counts.sum(axis=1).tolist() == [rows] * len(counts)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * BLOCK_BYTES


def test_cells_are_drawn_as_rows_are() -> None:
    cells = np.repeat([0, 1, 2], [6000, 3000, 1000])
    few = Vectors(np.eye(3), lambda vector: vector, cells)
    counts = np.concatenate(list(draws(few, 3000, np.random.default_rng(0))))
    share = np.array([0.6, 0.3, 0.1])
    np.testing.assert_allclose(counts.mean(axis=0), share * 10_000, rtol=0.01)
    np.testing.assert_allclose(counts.var(axis=0), share * (1 - share) * 10_000, rtol=0.1)


def test_printing_shows_intervals_and_the_dict_stays_plain() -> None:
    result = load_metric("accuracy").compute(predictions=P, references=R, confidence=0.95)
    assert repr(result) == repr(dict(result)) and "[" in str(result)
    assert pickle.loads(pickle.dumps(result)).intervals == result.intervals
