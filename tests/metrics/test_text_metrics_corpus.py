"""Metrics of texts against references: forms of input, edges, signatures, errors."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import ArgumentError, FeatureError, MissingPackageError
from nlpdata.scoring import State, load_metric

PREDICTIONS = ["The cat sat on the mat.", "Ünïcode, ok?", "", "日本語 です"]
REFERENCES = [["The cat is on the mat.", "A cat sat."], ["unicode, OK?", "Ünïcode?"], ["nothing", "at all"], ["日本語", "です"]]
LISTED = ["bleu", "sacrebleu", "chrf", "ter", "google_bleu", "nist_mt", "meteor", "rouge", "character"]
NEEDS = {
    "sacrebleu": "sacrebleu",
    "ter": "sacrebleu",
    "nist_mt": "nltk",
    "meteor": "nltk",
    "rouge": "rouge_score",
    "character": "cer",
}
OPTIONS: dict[str, dict[str, Any]] = {"nist_mt": {"n": 1}, "meteor": {"synonyms": False, "tokenizer": "treebank"}}


def metric_of(name: str, **options: Any) -> Any:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    return load_metric(name, **{**OPTIONS.get(name, {}), **options})


@pytest.mark.parametrize("name", LISTED)
def test_forms_of_input_give_the_same_score(name: str) -> None:
    metric = metric_of(name)
    expected = metric.compute(predictions=PREDICTIONS, references=REFERENCES)
    forms = [
        (tuple(PREDICTIONS), tuple(map(tuple, REFERENCES))),
        (pa.array(PREDICTIONS), pa.array(REFERENCES)),
        (np.array(PREDICTIONS, dtype=object), REFERENCES),
        (iter(PREDICTIONS), iter(REFERENCES)),
    ]
    for predictions, references in forms:
        assert metric.compute(predictions=predictions, references=references) == expected


@pytest.mark.parametrize("name", LISTED)
def test_a_text_is_a_list_of_one_reference(name: str) -> None:
    metric, firsts = metric_of(name), [row[0] for row in REFERENCES]
    expected = metric.compute(predictions=PREDICTIONS, references=[[text] for text in firsts])
    assert metric.compute(predictions=PREDICTIONS, references=firsts) == expected


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize("odd", [None, [], [None], [1, 2], 3, ["a", None]], ids=repr)
def test_a_row_of_references_that_does_not_fit_is_named(name: str, odd: Any) -> None:
    references = [REFERENCES[0], odd, *REFERENCES[2:]]
    with pytest.raises(FeatureError, match=r"references\[1\]|Row 1 of references"):
        metric_of(name).add_batch(predictions=PREDICTIONS, references=references)


@pytest.mark.parametrize("name", ["sacrebleu", "chrf", "ter", "wiki_split"])
def test_another_number_of_references_is_an_error(name: str) -> None:
    if name == "wiki_split":
        pytest.importorskip("sacrebleu")
    sources = {"sources": ["a", "b"]} if name == "wiki_split" else {}
    with pytest.raises(FeatureError, match="Row 1 of references has 1 texts, the rows before it have 2"):
        metric_of(name).compute(predictions=["a", "b"], references=[["a", "b"], ["c"]], **sources)


@pytest.mark.parametrize("name", ["bleu", "google_bleu", "nist_mt", "meteor", "rouge", "character"])
def test_rows_may_have_different_numbers_of_references(name: str) -> None:
    found = metric_of(name).compute(predictions=["a b", "b"], references=[["x", "a b", "a"], ["b"]])
    main = next(iter(found.values()))
    assert main == pytest.approx({"nist_mt": main, "meteor": main, "bleu": 0.0, "character": 0.0}.get(name, 1.0))


def test_perfect_and_hopeless_scores() -> None:
    same, other = ["one two three four five"], ["six seven eight nine ten"]
    for name in ("bleu", "google_bleu"):
        metric = load_metric(name)
        assert metric.compute(predictions=same, references=same)[name] == 1.0
        assert metric.compute(predictions=same, references=other)[name] == 0.0
    assert load_metric("chrf").compute(predictions=same, references=same)["score"] == 100.0
    assert load_metric("chrf").compute(predictions=["abc"], references=["xyz"])["score"] == 0.0


def test_bleu_of_nothing() -> None:
    empty = load_metric("bleu").compute(predictions=[""], references=[""])
    assert empty["bleu"] == 0.0 and math.isnan(empty["length_ratio"]) and empty["brevity_penalty"] == 0.0
    long = load_metric("bleu").compute(predictions=["a"], references=[""])
    assert long["bleu"] == 0.0 and long["length_ratio"] == math.inf and long["brevity_penalty"] == 1.0


def test_bleu_takes_tokens_and_tokenizers() -> None:
    metric = load_metric("bleu", max_order=2)
    texts = metric.compute(predictions=["a-b c"], references=[["a-b d"]], tokenizer=str.split)
    assert metric.compute(predictions=[["a-b", "c"]], references=[[["a-b", "d"]]]) == texts
    assert metric.compute(predictions=["a-b c"], references=[["a-b d"]], tokenizer=lambda text: " ".join(text.split())) == texts
    with pytest.raises(FeatureError, match=r"references\[0\] is 'a-b d'; predictions are lists of tokens"):
        metric.compute(predictions=[["a-b", "c"]], references=["a-b d"])


def test_bleu_takes_the_shortest_reference_and_sacrebleu_the_closest() -> None:
    pytest.importorskip("sacrebleu")
    rows = {"predictions": ["a b c d"], "references": [["a b", "a b c d e"]]}
    assert load_metric("bleu").compute(**rows)["reference_length"] == 2
    assert load_metric("sacrebleu").compute(**rows)["ref_len"] == 5


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("bleu", {"max_order": 0}, "max_order=0"),
        ("google_bleu", {"min_len": 3, "max_len": 2}, "1 <= min_len <= max_len"),
        ("chrf", {"char_order": 0}, "n-grams of at least one order"),
        ("sacrebleu", {"tokenize": "14a"}, "no tokenize='14a' in sacreBLEU. Known: none, zh, 13a"),
        ("sacrebleu", {"smooth_method": "exq"}, "no smooth_method='exq'. Known: none, floor"),
        ("rouge", {"rouge_types": ["rouge1", "rougeX"]}, "rouge_types has 'rougeX'. Known: rouge1"),
        ("meteor", {"tokenizer": "punk"}, "tokenizer='punk'"),
        ("nist_mt", {"n": 5}, "longest prediction has 1. Give a smaller n"),
        ("character", {"aggregate": "max"}, "aggregate='max' is unknown. Known: mean"),
    ],
)
def test_arguments_that_cannot_be_meant(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        metric_of(name, **options).compute(predictions=["a"], references=["b"])
    assert message in str(caught.value)


def test_the_signature_of_sacrebleu() -> None:
    library = pytest.importorskip("sacrebleu")
    metric = load_metric("sacrebleu", lowercase=True)
    metric.add_batch(predictions=["a"], references=[["a", "b"]])
    two = metric.compute(smooth_method="floor", smooth_value=0.25)
    expected = f"nrefs:2|case:lc|eff:no|tok:13a|smooth:floor[0.25]|version:{library.__version__}"
    assert dict(two.signature.parameters)["sacrebleu"] == expected
    metric.add_batch(predictions=["a"], references=[["a", "b"]])
    metric.add_batch(predictions=["a"], references=["a"])
    assert dict(metric.compute().signature.parameters)["sacrebleu"].startswith("nrefs:var|")
    assert two.signature.difference(load_metric("sacrebleu").compute(predictions=["a"], references=["a"]).signature)


def test_sacrebleu_warns_of_tokenized_text() -> None:
    pytest.importorskip("sacrebleu")
    lines = [f"line {i} ." for i in range(100)]
    with pytest.warns(UserWarning, match="force=True"):
        load_metric("sacrebleu").compute(predictions=lines, references=lines)
    load_metric("sacrebleu", force=True).compute(predictions=lines, references=lines)


@pytest.mark.parametrize("name", ["bleu", "sacrebleu", "chrf", "ter", "google_bleu", "rouge", "meteor"])
def test_states_travel_and_intervals_come_from_them(name: str) -> None:
    metric = metric_of(name, confidence=0.9, resamples=50)
    metric.add_batch(predictions=PREDICTIONS[:2], references=REFERENCES[:2])
    other = metric_of(name, confidence=0.9, resamples=50)
    other.add_batch(predictions=PREDICTIONS[2:], references=REFERENCES[2:])
    exact = metric_of(name).compute(predictions=PREDICTIONS, references=REFERENCES)
    for state in (pickle.loads(pickle.dumps(other.state)), State.from_bytes(other.state.to_bytes())):
        assert dict(metric_of(name).merge(metric.state).merge(state).compute()) == dict(exact)
    found = metric.merge(other.state).compute()
    score = next(iter(found))
    assert found == exact and found.intervals[score].low <= found.intervals[score].high


def test_rouge_keeps_rows_if_asked() -> None:
    pytest.importorskip("rouge_score")
    metric = load_metric("rouge", use_aggregator=False, rouge_types=["rougeL", "rouge1"])
    metric.add_batch(predictions=["a b"], references=["a c"])
    metric.add_batch(predictions=["a"], references=["a"])
    assert metric.compute() == {"rougeL": [0.5, 1.0], "rouge1": [0.5, 1.0]}
    custom = load_metric("rouge", rouge_types=["rouge1"], tokenizer=list)
    assert custom.compute(predictions=["日本"], references=["日中"]) == {"rouge1": 0.5}


def test_meteor_says_what_data_it_needs() -> None:
    nltk = pytest.importorskip("nltk")
    for name, place, options in (
        ("wordnet", "corpora/wordnet", {"tokenizer": "treebank"}),
        ("punkt_tab", "tokenizers/punkt_tab", {"synonyms": False}),
    ):
        try:
            nltk.data.find(place)
        except LookupError:
            with pytest.raises(MissingPackageError, match=f"python -m nltk.downloader {name}"):
                load_metric("meteor", **options).compute(predictions=["a"], references=["a"])


def test_character_needs_words_in_the_references() -> None:
    pytest.importorskip("cer")
    with pytest.raises(FeatureError, match="Row 1 of references has a reference without words"):
        load_metric("character").compute(predictions=["a", "b"], references=[["a"], ["b", " "]])
