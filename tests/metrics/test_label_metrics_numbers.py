"""mape, smape, mase, r_squared, brier_score and roc_auc beside scikit-learn, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata import load_metric
from nlpdata.errors import ArgumentError, FeatureError, RowError, UnknownConfigError

NUMBERS = st.one_of(st.integers(-5, 5).map(float), st.floats(1e-100, 1e6), st.floats(-1e6, -1e-100))
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(0, 4).map(float)), min_size=2, max_size=30)
SCORED = st.lists(st.tuples(st.integers(0, 6).map(lambda n: n / 8), st.booleans(), st.integers(1, 4)), min_size=3, max_size=40)


def columns(rows: list[Any]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


@pytest.mark.peers
@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_regression_is_that_of_scikit_learn(rows: list[Any]) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    guess, actual, weight = columns(rows)
    inputs = {"predictions": guess, "references": actual}
    found = load_metric("mape").compute(**inputs)["mape"]
    assert found == pytest.approx(sk.mean_absolute_percentage_error(actual, guess), rel=1e-12)
    if len(set(actual)) > 1:
        # scikit-learn sums squares of rounded differences; ours are exact.
        assert load_metric("r_squared").compute(**inputs)["r_squared"] == pytest.approx(
            sk.r2_score(actual, guess), rel=1e-9, abs=1e-9
        )
    if sum(weight):
        found = load_metric("mape").compute(**inputs, sample_weight=weight)["mape"]
        assert found == pytest.approx(sk.mean_absolute_percentage_error(actual, guess, sample_weight=weight), rel=1e-12)


@pytest.mark.peers
@settings(max_examples=60, deadline=None)
@given(rows=SCORED)
def test_scores_of_two_classes_are_those_of_scikit_learn(rows: list[Any]) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    scores, truth, weight = columns(rows)
    found = load_metric("brier_score").compute(predictions=scores, references=truth, sample_weight=weight)
    if len(set(truth)) == 2:
        expected = sk.brier_score_loss(truth, scores, sample_weight=weight)
        assert found["brier_score"] == pytest.approx(expected, abs=1e-12)
        inputs = {"prediction_scores": scores, "references": truth}
        assert load_metric("roc_auc").compute(**inputs)["roc_auc"] == pytest.approx(sk.roc_auc_score(truth, scores), abs=1e-12)
        found = load_metric("roc_auc").compute(**inputs, sample_weight=weight)["roc_auc"]
        assert found == pytest.approx(sk.roc_auc_score(truth, scores, sample_weight=weight), abs=1e-12)
        for limit in (0.1, 0.5, 0.9):
            found = load_metric("roc_auc").compute(**inputs, max_fpr=limit)["roc_auc"]
            assert found == pytest.approx(sk.roc_auc_score(truth, scores, max_fpr=limit), abs=1e-12)
    else:
        assert math.isnan(load_metric("roc_auc").compute(prediction_scores=scores, references=truth)["roc_auc"])


@pytest.mark.peers
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(6, 40), ties=st.booleans())
def test_several_classes_are_those_of_scikit_learn(seed: int, rows: int, ties: bool) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 4, (rows, 3)) if ties else rng.random((rows, 3)) + 0.01
    scores = counts / counts.sum(axis=1, keepdims=True)
    truth = np.r_[0, 1, 2, rng.integers(0, 3, rows - 3)]
    weight = rng.integers(1, 5, rows)
    metric = load_metric("roc_auc", "multiclass")
    for multi_class, average in (
        ("ovr", "macro"),
        ("ovr", "weighted"),
        ("ovr", "micro"),
        ("ovr", None),
        ("ovo", "macro"),
        ("ovo", "weighted"),
    ):
        chosen: dict[str, Any] = {"multi_class": multi_class, "average": average}
        found = metric.compute(prediction_scores=scores, references=truth, **chosen)["roc_auc"]
        np.testing.assert_allclose(found, sk.roc_auc_score(truth, scores, **chosen), rtol=0, atol=1e-12)
    found = metric.compute(
        prediction_scores=scores, references=truth, sample_weight=weight, multi_class="ovr", average="weighted"
    )
    expected = sk.roc_auc_score(truth, scores, sample_weight=weight, multi_class="ovr", average="weighted")
    assert found["roc_auc"] == pytest.approx(expected, abs=1e-12)
    labels = np.c_[truth == 0, truth != 1, rng.permutation(truth) == 2].astype(int)
    several = load_metric("roc_auc", "multilabel")
    for average in ("macro", "weighted", "micro", None):
        found = several.compute(prediction_scores=scores, references=labels, sample_weight=weight, average=average)["roc_auc"]
        np.testing.assert_allclose(
            found, sk.roc_auc_score(labels, scores, sample_weight=weight, average=average), rtol=0, atol=1e-12
        )


def test_smape_and_mase_are_scale_free() -> None:
    guess, actual, training = [2.5, 0.0, 2.0], [3.0, -0.5, 2.0], [5.0, 0.5, 4.0]
    for name, more in (("smape", {}), ("mase", {"training": training})):
        once = load_metric(name).compute(predictions=guess, references=actual, **more)
        scaled = {key: [4 * value for value in values] for key, values in more.items()}
        again = load_metric(name).compute(predictions=[4 * x for x in guess], references=[4 * x for x in actual], **scaled)
        assert again == once


def test_the_training_series_of_mase() -> None:
    rows = {"predictions": [1.0], "references": [2.0]}
    with pytest.raises(ArgumentError, match="training="):
        load_metric("mase").compute(**rows)
    with pytest.raises(ArgumentError, match="2 values and periodicity is 2"):
        load_metric("mase").compute(**rows, training=[1, 2], periodicity=2)
    with pytest.raises(FeatureError, match="training"):
        load_metric("mase").compute(**rows, training=[1.0, math.nan, 2.0])


def test_r_squared_loses_nothing_far_from_zero() -> None:
    base = 2.0**40
    found = load_metric("r_squared").compute(predictions=[base, base + 1, base + 3], references=[base, base + 1, base + 2])
    assert found == {"r_squared": 0.5}


def test_brier_score_wants_probabilities_of_one_of_two_labels() -> None:
    metric = load_metric("brier_score")
    with pytest.raises(RowError, match=r"Row 1 of predictions is no probability from 0 to 1: 1\.5"):
        metric.compute(predictions=[0.5, 1.5], references=[0, 1])
    with pytest.raises(FeatureError, match=r"labels 0, 2 besides pos_label=1"):
        metric.compute(predictions=[0.5, 0.5, 0.5], references=[0, 1, 2])
    with pytest.raises(FeatureError, match="pos_label=1 is an integer and references are text"):
        metric.compute(predictions=[0.5], references=["spam"])


def test_roc_auc_says_what_does_not_fit() -> None:
    with pytest.raises(UnknownConfigError, match="Did you mean 'multiclass'"):
        load_metric("roc_auc", "multi_class")
    with pytest.raises(FeatureError, match="labels 0, 1, 2; two are needed"):
        load_metric("roc_auc").compute(prediction_scores=[0.1, 0.2, 0.3], references=[0, 1, 2])
    with pytest.raises(ArgumentError, match="max_fpr=2"):
        load_metric("roc_auc").compute(prediction_scores=[0.1, 0.2], references=[0, 1], max_fpr=2)
    several = load_metric("roc_auc", "multiclass", multi_class="ovr")
    with pytest.raises(ArgumentError, match="choose 'ovr'"):
        load_metric("roc_auc", "multiclass").compute(prediction_scores=[[0.5, 0.5], [0.1, 0.9]], references=[0, 1])
    with pytest.raises(RowError, match=r"Row 1 of prediction_scores sums to 1\.4"):
        several.compute(prediction_scores=[[0.5, 0.5], [0.5, 0.9]], references=[0, 1])
    with pytest.raises(ArgumentError, match="2 columns and there are 1 labels"):
        several.compute(prediction_scores=[[0.5, 0.5]], references=[0])
    with pytest.raises(RowError, match=r"Row 1 of references is 'c'"):
        several.compute(prediction_scores=[[0.5, 0.5], [0.5, 0.5]], references=["a", "c"], labels=["a", "b"])
    with pytest.raises(RowError, match="Row 1 of prediction_scores must be a list of 2 finite numbers"):
        several.compute(prediction_scores=[[0.5, 0.5], [0.5]], references=[0, 1])
    with pytest.raises(RowError, match="Row 0 of references must be 0 or 1 per label"):
        load_metric("roc_auc", "multilabel").compute(prediction_scores=[[0.5, 0.5]], references=[[0, 2]])


def test_scores_come_in_any_form() -> None:
    pa = pytest.importorskip("pyarrow")
    scores, truth = [[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]], [0, 1, 2]
    for form in (list, np.array, lambda rows: pa.array(rows), lambda rows: [np.array(row) for row in rows]):
        metric = load_metric("roc_auc", "multiclass", multi_class="ovr")
        assert metric.compute(prediction_scores=form(scores), references=truth) == {"roc_auc": 1.0}
