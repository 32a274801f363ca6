"""seqeval, poseval and mean_iou beside the packages they agree with, and what they refuse."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata import load_metric
from nlpdata.errors import ArgumentError, RowError

SCHEMES = {"IOB1": "IB", "IOB2": "IB", "IOE1": "IE", "IOE2": "IE", "IOBES": "IBES", "BILOU": "BILU"}


@st.composite
def tagged(draw: Any, prefixes: str, suffix: bool = False) -> tuple[list[list[str]], list[list[str]]]:
    """Predicted and true tags of some sentences; short alphabets, so that every pair of neighbours comes up."""
    kinds = [f"{kind}-{prefix}" if suffix else f"{prefix}-{kind}" for prefix in prefixes for kind in ("A", "B-C")]
    tag = st.sampled_from(["O", *kinds, *prefixes])
    sizes = draw(st.lists(st.integers(1, 8), min_size=1, max_size=5))
    guess, truth = ([draw(st.lists(tag, min_size=n, max_size=n)) for n in sizes] for _ in range(2))
    return guess, truth


def report_of_seqeval(guess: Any, truth: Any, **more: Any) -> dict[str, Any]:
    metrics = pytest.importorskip("seqeval.metrics")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = metrics.classification_report(y_true=truth, y_pred=guess, output_dict=True, **more)
        accuracy = metrics.accuracy_score(truth, guess)
    overall = report.pop("micro avg")
    names = {"precision": "precision", "recall": "recall", "f1-score": "f1"}
    result = {f"overall_{ours}": overall[theirs] for theirs, ours in names.items()} | {"overall_accuracy": accuracy}
    for kind, scores in report.items():
        if not kind.endswith(" avg"):
            result[kind] = {ours: scores[theirs] for theirs, ours in names.items()} | {"number": scores["support"]}
    return result


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if isinstance(value, dict):
            assert_same(found[name], value)
        else:
            assert found[name] == pytest.approx(value, abs=1e-12), name


def has_chunks(rows: list[list[str]]) -> bool:
    return any(tag != "O" for tags in rows for tag in tags)


@pytest.mark.peers
@settings(max_examples=100, deadline=None)
@given(rows=tagged("BIES"), zero=st.sampled_from([0, 1]))
def test_chunks_are_those_of_seqeval(rows: Any, zero: int) -> None:
    guess, truth = rows
    if has_chunks(guess + truth):
        found = load_metric("seqeval").compute(predictions=guess, references=truth, zero_division=zero)
        assert_same(found, report_of_seqeval(guess, truth, zero_division=zero))


@pytest.mark.peers
@settings(max_examples=50, deadline=None)
@given(rows=tagged("BIES", suffix=True))
def test_suffixes_are_those_of_seqeval(rows: Any) -> None:
    guess, truth = rows
    if has_chunks(guess + truth):
        found = load_metric("seqeval", suffix=True).compute(predictions=guess, references=truth)
        assert_same(found, report_of_seqeval(guess, truth, suffix=True))


@pytest.mark.peers
@pytest.mark.parametrize("scheme", SCHEMES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_strict_chunks_are_those_of_seqeval(scheme: str, data: Any) -> None:
    schemes = pytest.importorskip("seqeval.scheme")
    guess, truth = data.draw(tagged(SCHEMES[scheme]))
    found = load_metric("seqeval", mode="strict", scheme=scheme).compute(predictions=guess, references=truth)
    if sum(scores["number"] for scores in found.values() if isinstance(scores, dict)):
        assert_same(found, report_of_seqeval(guess, truth, mode="strict", scheme=getattr(schemes, scheme)))


@pytest.mark.peers
@settings(max_examples=60, deadline=None)
@given(rows=tagged("AB"), zero=st.sampled_from([0, 1]))
def test_tags_are_reported_as_by_scikit_learn(rows: Any, zero: int) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    guess, truth = rows
    flat = [[tag for tags in side for tag in tags] for side in (truth, guess)]
    found = load_metric("poseval").compute(predictions=guess, references=truth, zero_division=zero)
    assert_same(found, sk.classification_report(*flat, output_dict=True, zero_division=zero))


@pytest.mark.peers
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), images=st.integers(1, 4))
def test_maps_are_scored_as_by_scikit_learn(seed: int, images: int) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    guess, truth = rng.integers(0, 4, (2, images, 3, 5))
    truth[rng.random(truth.shape) < 0.2] = 255
    kept = truth != 255
    if not kept.any():
        return
    found = load_metric("mean_iou", num_labels=4, ignore_index=255).compute(predictions=guess, references=truth)
    present = np.union1d(truth[kept], guess[kept])
    expected = sk.jaccard_score(truth[kept], guess[kept], labels=present, average=None, zero_division=0)
    np.testing.assert_allclose(found["per_category_iou"][present], expected, rtol=0, atol=1e-12)
    assert found["overall_accuracy"] == pytest.approx(sk.accuracy_score(truth[kept], guess[kept]), abs=1e-12)


def test_tags_may_be_arrays_and_arrow() -> None:
    pa = pytest.importorskip("pyarrow")
    rows = [["B-PER", "I-PER"], ["O"]]
    for form in (list, tuple, lambda rows: [np.array(tags) for tags in rows], lambda rows: pa.array(rows)):
        assert load_metric("seqeval").compute(predictions=form(rows), references=rows)["overall_f1"] == 1.0
        assert load_metric("poseval").compute(predictions=form(rows), references=rows)["accuracy"] == 1.0


def test_chunks_do_not_cross_sentences() -> None:
    apart, together = [["B-X"], ["I-X"]], [["B-X", "I-X"]]
    assert load_metric("seqeval").compute(predictions=apart, references=apart)["X"]["number"] == 2
    assert load_metric("seqeval").compute(predictions=together, references=together)["X"]["number"] == 1


@pytest.mark.parametrize("name", ["seqeval", "poseval"])
def test_rows_that_are_no_tags(name: str) -> None:
    metric = load_metric(name)
    for odd in ("O", None, [1, 2], [None], {"a": 1}, [["O"]]):
        with pytest.raises(RowError, match="Row 1 of predictions must be tags like"):
            metric.compute(predictions=[["O"], odd], references=[["O"], ["O"]])
    with pytest.raises(RowError, match="Row 1 of predictions has 2 tags, its reference has 1"):
        metric.compute(predictions=[["O"], ["O", "O"]], references=[["O"], ["O"]])


def test_tags_and_names_that_seqeval_does_not_know() -> None:
    metric = load_metric("seqeval")
    for odd in ("PER", "X-PER", "B_PER", "", "B-", "U-PER"):
        with pytest.raises(RowError, match=f"Row 1 of references has the tag '{odd}'"):
            metric.compute(predictions=[["O"], ["O"]], references=[["O"], [odd]])
    with pytest.raises(ArgumentError, match="Did you mean 'IOB2'"):
        metric.compute(predictions=[["O"]], references=[["O"]], mode="strict", scheme="IOB3")
    with pytest.raises(ArgumentError, match="mode='strict' needs the scheme"):
        metric.compute(predictions=[["O"]], references=[["O"]], mode="strict")
    with pytest.raises(RowError, match="one of I, O, B"):
        metric.compute(predictions=[["S-X"]], references=[["O"]], mode="strict", scheme="IOB2")


def test_maps_that_do_not_fit() -> None:
    metric = load_metric("mean_iou")
    with pytest.raises(RowError, match=r"Row 1 of predictions has the shape \(1, 2\), its reference has \(2, 1\)"):
        metric.compute(predictions=[[[0]], [[0, 1]]], references=[[[0]], [[0], [1]]], num_labels=2)
    with pytest.raises(RowError, match="Row 0 of references must be a map"):
        metric.compute(predictions=[[[0]]], references=[[[0.5]]], num_labels=2)
    with pytest.raises(ArgumentError, match="give the number of categories"):
        metric.compute(predictions=[[[0]]], references=[[[0]]])
    with pytest.raises(ArgumentError, match="references have the category 7, and num_labels=2 allows 0 to 1"):
        metric.compute(predictions=[[[0]]], references=[[[7]]], num_labels=2)
    with pytest.raises(ArgumentError, match="predictions have the category 3"):
        metric.compute(predictions=[[[3]]], references=[[[1]]], num_labels=2)


def test_categories_may_change_places() -> None:
    metric = load_metric("mean_iou", num_labels=2, label_map={0: 1, 1: 0})
    assert metric.compute(predictions=[[[0, 1]]], references=[[[1, 0]]])["mean_iou"] == 1.0
