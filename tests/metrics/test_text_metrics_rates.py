"""Error rates of recognition, and metrics of simplification."""

from __future__ import annotations

import json
import math
import pickle

import pytest

from nlpdata.errors import FeatureError
from nlpdata.scoring import combine, load_metric


@pytest.mark.parametrize("name", ["wer", "cer"])
def test_the_result_is_a_number_that_knows_its_signature(name: str) -> None:
    pytest.importorskip("jiwer")
    found = load_metric(name).compute(predictions=["a b c d"], references=["a b c x"])
    assert isinstance(found, float) and 100 * found == pytest.approx({"wer": 25.0, "cer": 100 / 7}[name])
    assert dict(found) == {name: float(found)} and found[name] == found and f"{found:.2f}" == f"{float(found):.2f}"
    assert str(found.signature).startswith(f"{name}|") and "jiwer_version" in str(found.signature)
    assert json.loads(json.dumps({"rate": found})) == {"rate": float(found)}
    assert found == min(found, 1.0) and not load_metric(name).compute(predictions=["a"], references=["a"])


@pytest.mark.parametrize("name", ["wer", "cer"])
def test_edges_of_error_rates(name: str) -> None:
    pytest.importorskip("jiwer")
    metric = load_metric(name)
    assert metric.compute(predictions=["a"], references=["a"]) == 0.0
    assert metric.compute(predictions=["", " "], references=["", ""]) == 0.0
    assert metric.compute(predictions=["a"], references=[""]) == math.inf
    assert metric.compute(predictions=[""], references=["a"]) == 1.0
    assert metric.compute(predictions=["x y z"], references=["a"]) > 1.0
    assert metric.compute(predictions=["ünï  日本 "], references=["ünï 日本"]) == 0.0
    for odd in ("None", 3, ["a"]):
        with pytest.raises(FeatureError):
            metric.compute(predictions=["a", None if odd == "None" else odd], references=["a", "b"])


def test_error_rates_merge_and_combine() -> None:
    pytest.importorskip("jiwer")
    parts = [load_metric("wer") for _ in range(2)]
    parts[0].add_batch(predictions=["a b"], references=["a c"])
    parts[1].add_batch(predictions=["d"], references=["d e f"])
    whole = load_metric("wer").merge(parts[1]).merge(pickle.loads(pickle.dumps(parts[0].state)))
    assert whole.compute() == 3 / 5
    both = combine(["wer", "cer"]).compute(predictions=["a b"], references=["a c"])
    assert dict(both) == {"wer": 0.5, "cer": 1 / 3}
    found = load_metric("wer", confidence=0.9, resamples=50).compute(predictions=["a b", "c"], references=["a c", "c"])
    assert found.intervals["wer"].low <= found <= found.intervals["wer"].high


def test_cer_of_one_text_keeps_the_rows() -> None:
    pytest.importorskip("jiwer")
    metric = load_metric("cer", concatenate_texts=True)
    metric.add_batch(predictions=["ab "], references=["a"])
    metric.add_batch(predictions=[" cd"], references=["bcd"])
    assert not metric.additive and metric.compute() == 0.0
    assert load_metric("cer").compute(predictions=["ab", "cd"], references=["a", "bcd"]) == 0.5


def test_sari_by_hand() -> None:
    metric = load_metric("sari")
    rows = {"sources": ["a b"], "references": [["a"]]}
    assert metric.compute(predictions=["a"], **rows) == {"sari": 100.0}
    # One token of each order 2 to 4 less: these parts are all right. Of order 1: kept and deleted wrongly, nothing added.
    assert metric.compute(predictions=["b"], **rows)["sari"] == pytest.approx(100 * (1 / 3 + 3) / 4)
    assert metric.compute(predictions=["A"], **rows) == {"sari": 100.0}
    empty = metric.compute(predictions=[""], **rows)["sari"]
    assert 0 <= empty < 100
    with pytest.raises(FeatureError, match=r"references\[0\]|Row 0 of references"):
        metric.compute(predictions=["a"], sources=["a"], references=[[]])


def test_sari_counts_a_reference_given_twice_as_two() -> None:
    metric = load_metric("sari")
    rows = {"sources": ["a b c d"], "predictions": ["a b x"]}
    once, twice = (metric.compute(references=[["a b", "a x"] * times], **rows)["sari"] for times in (1, 2))
    assert once == pytest.approx(twice)


def test_wiki_split_is_made_of_the_other_metrics() -> None:
    pytest.importorskip("sacrebleu")
    rows = {"predictions": ["The cat sat .", "b c d e f"], "references": [["cat sat"], ["b c d e g"]]}
    sources = ["The cat sat and slept .", "b c d e f g"]
    found = load_metric("wiki_split").compute(sources=sources, **rows)
    assert found == {
        "sari": load_metric("sari").compute(sources=sources, **rows)["sari"],
        "sacrebleu": load_metric("sacrebleu").compute(**rows)["score"],
        "exact": 50.0,
    }
