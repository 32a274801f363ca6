"""Equal to scikit-learn and scipy to 1e-12, on random and on adversarial inputs."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError
from nlpdata.scoring import load_metric

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]  # the peers warn where we document a value

sk = pytest.importorskip("sklearn.metrics")
stats = pytest.importorskip("scipy.stats")


KINDS = {
    "two": lambda rng, n: rng.integers(0, 2, n),
    "five": lambda rng, n: rng.integers(0, 5, n),
    "negative": lambda rng, n: rng.integers(-3, 3, n),
    "rare": lambda rng, n: (rng.random(n) < 0.01).astype(int),
    "one": lambda rng, n: np.full(n, 3),
    "many": lambda rng, n: rng.integers(0, 2000, n),
    "wide": lambda rng, n: rng.choice([-(2**40), 0, 7, 2**50], n),
    "int8": lambda rng, n: rng.integers(-128, 128, n).astype(np.int8),
    "bool": lambda rng, n: rng.random(n) < 0.3,
    "text": lambda rng, n: rng.choice(["b", "a", "ä", "cc"], n),
}


def close(found: Any, expected: Any) -> None:
    np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("agree", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("size", [1, 2, 50, 70_000])
@pytest.mark.parametrize("kind", KINDS)
def test_labels(kind: str, size: int, agree: float) -> None:
    rng = np.random.default_rng(size)
    r = KINDS[kind](rng, size)
    p = np.where(rng.random(size) < agree, r, KINDS[kind](rng, size))
    weights = rng.random(size) * rng.integers(0, 3, size) + 1e-3
    for given_weights in (None, weights):
        inputs = {"predictions": p, "references": r, "sample_weight": given_weights}
        other = {"sample_weight": given_weights}
        close(load_metric("accuracy").compute(**inputs)["accuracy"], sk.accuracy_score(r, p, **other))
        close(
            load_metric("matthews_correlation").compute(**inputs)["matthews_correlation"], sk.matthews_corrcoef(r, p, **other)
        )
        for name in ("f1", "precision", "recall"):
            peer = getattr(sk, f"{name}_score")
            for average in ("macro", "micro", "weighted", None):
                found = load_metric(name).compute(**inputs, average=average)[name]
                close(found, peer(r, p, average=average, zero_division=0, **other))
        if kind != "many":
            close(load_metric("confusion_matrix").compute(**inputs)["confusion_matrix"], sk.confusion_matrix(r, p, **other))


few = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12)


@given(
    few,
    st.sampled_from(["precision", "recall", "f1"]),
    st.sampled_from(["binary", "macro", "micro", "weighted", None]),
    st.none() | st.lists(st.integers(0, 4), min_size=1, max_size=4, unique=True),
    st.sampled_from([0.0, 1.0, math.nan]),
    st.integers(0, 3),
)
def test_averages(rows: Any, name: str, average: Any, labels: Any, zero_division: float, pos_label: int) -> None:
    p, r = ([row[i] for row in rows] for i in (0, 1))
    options = {"average": average, "labels": labels, "zero_division": zero_division, "pos_label": pos_label}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = getattr(sk, f"{name}_score")(r, p, **options)
        except ValueError:
            with pytest.raises(ArgumentError):
                load_metric(name).compute(predictions=p, references=r, **options)
            return
    close(load_metric(name).compute(predictions=p, references=r, **options)[name], expected)


@given(few, st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True), st.sampled_from(["true", "pred", "all", None]))
def test_confusion(rows: Any, labels: Any, normalize: Any) -> None:
    p, r = ([row[i] for row in rows] for i in (0, 1))
    assume(set(labels) & set(r))  # scikit-learn refuses these; here they are counted as zero
    found = load_metric("confusion_matrix").compute(predictions=p, references=r, labels=labels, normalize=normalize)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        close(found["confusion_matrix"], sk.confusion_matrix(r, p, labels=labels, normalize=normalize))


@pytest.mark.parametrize("size", [2, 3, 1000, 30_000])
@pytest.mark.parametrize("scale", [1.0, 1e-120, 1e120])
@pytest.mark.parametrize("kind", ["normal", "ties", "integers"])
def test_numbers(kind: str, scale: float, size: int) -> None:
    rng = np.random.default_rng(size)
    x = rng.normal(size=size) if kind == "normal" else np.arange(size) % 7 if kind == "ties" else rng.integers(-99, 99, size)
    x, y = x * scale, (x + rng.normal(size=size)) * scale
    inputs = {"predictions": x, "references": y}
    close(load_metric("pearsonr").compute(**inputs)["pearsonr"], stats.pearsonr(x, y)[0])
    close(load_metric("spearmanr").compute(**inputs)["spearmanr"], stats.spearmanr(x, y)[0])
    for weights in (None, rng.random(size)):
        for name, peer in (("mse", sk.mean_squared_error), ("mae", sk.mean_absolute_error)):
            found = load_metric(name).compute(**inputs, sample_weight=weights)[name]
            np.testing.assert_allclose(found, peer(y, x, sample_weight=weights), rtol=1e-12)


def test_pearson_far_from_zero_is_that_of_the_same_numbers_near_zero() -> None:
    rng = np.random.default_rng(3)
    x = rng.integers(0, 1000, 500).astype(float)
    y = x + rng.integers(0, 1000, 500)
    found = load_metric("pearsonr").compute(predictions=x + 2.0**43, references=y + 2.0**43)["pearsonr"]
    close(found, stats.pearsonr(x, y)[0])
