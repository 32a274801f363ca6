"""Metrics of texts equal the libraries they are known from, on adversarial texts."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata.scoring import load_metric

pytestmark = pytest.mark.peers

PIECES = [
    *(
        "a",
        "b",
        "the",
        "The",
        "cat",
        "cats",
        "running",
        "é",
        "日本語",
        "ß",
        "naïve",
        "İ",
        "don't",
        "x-y",
        "5-6",
        "3.5",
        "1,000",
    ),
    *(
        "$5",
        "(hi)",
        "[x]",
        '"q"',
        "http://x.y/z?a=b",
        "&amp;",
        "&quot;",
        "&lt;",
        "<skipped>",
        "<s>",
        ".",
        "...",
        "!",
        "-",
        "--",
    ),
    *(";", "'", "_", "\n", "-\n", "\t", "", " ", "\u00a0", "\u2028"),
]
TEXT = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " "])), max_size=12).map(
    lambda pairs: "".join(piece + blank for piece, blank in pairs)
)


@st.composite
def corpora(draw: Any, most: int = 3) -> tuple[list[str], list[list[str]]]:
    rows, number = draw(st.integers(1, 5)), draw(st.integers(1, most))
    predictions = draw(st.lists(TEXT, min_size=rows, max_size=rows))
    references = [[draw(st.one_of(TEXT, st.just(predictions[row]))) for _ in range(number)] for row in range(rows)]
    return predictions, references


def streams(references: list[list[str]]) -> list[list[str]]:
    return [list(stream) for stream in zip(*references, strict=True)]


@given(TEXT)
def test_our_13a_tokens_are_those_of_sacrebleu(text: str) -> None:
    module = pytest.importorskip("sacrebleu.tokenizers.tokenizer_13a")
    assert load_metric("bleu").tokenize(text) == module.Tokenizer13a()(text).split()


@settings(max_examples=60)
@given(
    corpora(),
    st.sampled_from(["exp", "floor", "add-k", "none"]),
    st.sampled_from([None, "13a", "intl", "char", "zh", "none"]),
    st.booleans(),
    st.booleans(),
)
def test_sacrebleu(corpus: Any, smooth: str, tokenize: str | None, lowercase: bool, effective: bool) -> None:
    library = pytest.importorskip("sacrebleu.metrics")
    predictions, references = corpus
    own = {"smooth_method": smooth, "tokenize": tokenize, "lowercase": lowercase}
    peer = library.BLEU(effective_order=effective, **own)
    expected = peer.corpus_score(predictions, streams(references))
    found = load_metric("sacrebleu").compute(
        predictions=predictions, references=references, use_effective_order=effective, **own
    )
    assert found == {name: getattr(expected, name) for name in found}
    assert dict(found.signature.parameters)["sacrebleu"] == str(peer.get_signature())


@given(corpora(most=1))
def test_bleu_of_one_reference_is_sacrebleu_without_smoothing(corpus: Any) -> None:
    library = pytest.importorskip("sacrebleu.metrics")
    predictions, references = [text.strip() for text in corpus[0]], [[text.strip() for text in row] for row in corpus[1]]
    expected = library.BLEU(smooth_method="none").corpus_score(predictions, streams(references))
    found = load_metric("bleu").compute(predictions=predictions, references=references)
    assert found["bleu"] == pytest.approx(expected.score / 100, abs=1e-12)
    assert (found["translation_length"], found["reference_length"]) == (expected.sys_len, expected.ref_len)


@settings(max_examples=60)
@given(corpora(), st.integers(1, 6), st.integers(0, 2), st.sampled_from([1, 2, 3]), st.booleans(), st.booleans(), st.booleans())
def test_chrf(corpus: Any, char_order: int, word_order: int, beta: int, lower: bool, blanks: bool, eps: bool) -> None:
    library = pytest.importorskip("sacrebleu.metrics")
    predictions, references = corpus
    own = {"char_order": char_order, "word_order": word_order, "beta": beta}
    own |= {"lowercase": lower, "whitespace": blanks, "eps_smoothing": eps}
    expected = library.CHRF(**own).corpus_score(predictions, streams(references))
    found = load_metric("chrf").compute(predictions=predictions, references=references, **own)
    assert found.pop("score") == pytest.approx(expected.score, abs=1e-10)
    assert found == {"char_order": char_order, "word_order": word_order, "beta": beta}


@settings(max_examples=40, deadline=None)
@given(corpora(), st.booleans(), st.booleans(), st.booleans(), st.booleans())
def test_ter(corpus: Any, normalized: bool, case: bool, punctuation: bool, asian: bool) -> None:
    library = pytest.importorskip("sacrebleu.metrics")
    predictions, references = corpus
    peer = library.TER(normalized=normalized, case_sensitive=case, no_punct=punctuation, asian_support=asian)
    expected = peer.corpus_score(predictions, streams(references))
    found = load_metric("ter", normalized=normalized, case_sensitive=case).compute(
        predictions=predictions, references=references, ignore_punct=punctuation, support_zh_ja_chars=asian
    )
    assert found["num_edits"] == expected.num_edits
    assert found["ref_length"] == pytest.approx(expected.ref_length, abs=1e-12)
    assert found["score"] == pytest.approx(expected.score, abs=1e-10)


@given(corpora(), st.integers(1, 2), st.integers(2, 4))
def test_google_bleu(corpus: Any, min_len: int, max_len: int) -> None:
    library = pytest.importorskip("nltk.translate.gleu_score")
    tokenize = load_metric("bleu").tokenize
    tokens = [[tokenize(text) for text in row] for row in corpus[1]], [tokenize(text) for text in corpus[0]]
    metric = load_metric("google_bleu", min_len=min_len, max_len=max_len)
    found = metric.compute(predictions=corpus[0], references=corpus[1])
    assert found == {"google_bleu": library.corpus_gleu(*tokens, min_len=min_len, max_len=max_len)}
    assert found == metric.compute(predictions=tokens[1], references=tokens[0])


@settings(deadline=None)
@given(corpora(), st.booleans())
def test_rouge(corpus: Any, stems: bool) -> None:
    library = pytest.importorskip("rouge_score.rouge_scorer")
    predictions, references = corpus
    types = ["rouge1", "rouge2", "rougeL", "rougeLsum"]
    scorer = library.RougeScorer(types, use_stemmer=stems)
    rows = [scorer.score_multi(row, text) for text, row in zip(predictions, references, strict=True)]
    expected = {name: [row[name].fmeasure for row in rows] for name in types}
    metric = load_metric("rouge", use_stemmer=stems)
    assert metric.compute(predictions=predictions, references=references, use_aggregator=False) == expected
    means = {name: math.fsum(values) / len(rows) for name, values in expected.items()}
    assert metric.compute(predictions=predictions, references=references) == pytest.approx(means, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(corpora())
def test_meteor_without_wordnet(corpus: Any) -> None:
    nltk = pytest.importorskip("nltk")
    library = pytest.importorskip("nltk.translate.meteor_score")

    class NoSynonyms:
        def synsets(self, word: str) -> list[Any]:
            return []

    def tokens(text: str) -> list[str]:
        return list(nltk.word_tokenize(text, preserve_line=True))

    rows = zip(*corpus, strict=True)
    scores = [library.meteor_score(list(map(tokens, row)), tokens(text), wordnet=NoSynonyms()) for text, row in rows]
    metric = load_metric("meteor", synonyms=False, tokenizer="treebank")
    found = metric.compute(predictions=corpus[0], references=corpus[1])
    assert found["meteor"] == pytest.approx(math.fsum(scores) / len(scores), abs=1e-12)


def test_meteor_with_wordnet() -> None:
    nltk = pytest.importorskip("nltk")
    try:
        nltk.data.find("corpora/wordnet")
    except LookupError:
        pytest.skip("WordNet is not installed")
    library = pytest.importorskip("nltk.translate.meteor_score")
    rows = {"predictions": ["my car is here"], "references": ["my auto is here"]}
    found = load_metric("meteor", tokenizer=str.split).compute(**rows)["meteor"]
    assert found == library.single_meteor_score(["my", "auto", "is", "here"], ["my", "car", "is", "here"])
    without = load_metric("meteor", tokenizer=str.split, synonyms=False).compute(**rows)["meteor"]
    assert without < found == 1 - 0.5 * (1 / 4) ** 3


@given(corpora(most=1))
def test_wer_and_cer(corpus: Any) -> None:
    library = pytest.importorskip("jiwer")
    predictions, references = corpus[0], [row[0] for row in corpus[1]]
    words = library.process_words(references, predictions)
    if any(words.references):
        assert load_metric("wer").compute(predictions=predictions, references=references) == words.wer
    steps = [library.RemoveMultipleSpaces(), library.Strip()]

    def rate(*joined: Any) -> tuple[Any, bool]:
        transform = library.Compose([*steps, *joined, library.ReduceToListOfListOfChars()])
        found = library.process_characters(references, predictions, transform, transform)
        return found.cer, any(found.references)

    for concatenate, joined in ((False, ()), (True, (library.ReduceToSingleSentence(""),))):
        expected, defined = rate(*joined)
        if defined:
            metric = load_metric("cer", concatenate_texts=concatenate)
            assert metric.compute(predictions=predictions, references=references) == expected


@given(corpora())
def test_character(corpus: Any) -> None:
    library = pytest.importorskip("cer")
    rows = [(text.split(), [ref.split() for ref in row if ref.split()]) for text, row in zip(*corpus, strict=True)]
    rows = [(text, row) for text, row in rows if row]
    if not rows:
        return
    expected = [min(library.calculate_cer(text, ref) for ref in row) for text, row in rows]
    found = load_metric("character").compute(
        predictions=[" ".join(text) for text, _ in rows],
        references=[[" ".join(ref) for ref in row] for _, row in rows],
        return_all_scores=True,
    )
    assert found["cer_scores"] == expected
    assert found["cer_score"] == pytest.approx(math.fsum(expected) / len(expected), abs=1e-12)


def nist(tokenize: Callable[[str], list[str]], corpus: Any, n: int) -> float | None:
    library = pytest.importorskip("nltk.translate.nist_score")
    tokens = [[tokenize(text) for text in row] for row in corpus[1]], [tokenize(text) for text in corpus[0]]
    try:
        return float(library.corpus_nist(*tokens, n=n))
    except ZeroDivisionError:
        return None


@given(corpora(), st.integers(1, 5))
def test_nist_mt(corpus: Any, n: int) -> None:
    # NIST's own unescaping knows more entities than 13a, and it keeps line ends apart otherwise: plain texts only.
    plain = [[text.replace("&", "").replace("\n", " ") for text in side] for side in (corpus[0], *corpus[1])]
    corpus = plain[0], plain[1:]
    expected = nist(load_metric("bleu").tokenize, corpus, n)
    metric = load_metric("nist_mt", n=n)
    if expected is None:
        with pytest.raises(ValueError, match="smaller n"):
            metric.compute(predictions=corpus[0], references=corpus[1])
    else:
        found = metric.compute(predictions=corpus[0], references=corpus[1])["nist_mt"]
        assert found == pytest.approx(expected, abs=1e-12, rel=1e-12)
