"""SARI: what a simplification keeps, deletes and adds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

import nlpdata
from nlpdata.scoring import Mean, texts
from nlpdata.scoring.inputs import reference_lists
from nlpdata.scoring.load import part

CITATION = """\
@article{xu2016optimizing,
  title={Optimizing Statistical Machine Translation for Text Simplification},
  author={Xu, Wei and Napoles, Courtney and Pavlick, Ellie and Chen, Quanze and Callison-Burch, Chris},
  journal={Transactions of the Association for Computational Linguistics},
  volume={4},
  year={2016}
}"""

ORDERS = (1, 2, 3, 4)


def grams(tokens: list[str], order: int) -> Counter[tuple[str, ...]]:
    """n-grams of one order."""
    return Counter(zip(*(tokens[i:] for i in range(order)), strict=False))


def harmonic(precision: float, recall: float) -> float:
    """F1; 0 where both are 0."""
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def kept(source: Counter[Any], own: Counter[Any], others: Counter[Any]) -> float:
    """F1 of the n-grams that stay, against those of the references; every count is times the number of references."""
    stay, due = source & own, source & others
    good = stay & others
    precision = sum(count / stay[gram] for gram, count in good.items()) / len(stay) if stay else 1.0
    recall = good.total() / due.total() if due else 1.0
    return harmonic(precision, recall)


def deleted(source: Counter[Any], own: Counter[Any], others: Counter[Any]) -> float:
    """Precision of the n-grams that go; recall would reward deleting too much."""
    gone = source - own
    good = gone - others
    return sum(count / gone[gram] for gram, count in good.items()) / len(gone) if gone else 1.0


def added(source: Counter[Any], own: Counter[Any], others: Counter[Any]) -> float:
    """F1 of the n-grams that are new, however often."""
    new, due = own.keys() - source.keys(), others.keys() - source.keys()
    good = len(new & others.keys())
    return harmonic(good / len(new) if new else 1.0, good / len(due) if due else 1.0)


def sentence_sari(source: list[str], prediction: list[str], references: list[list[str]]) -> float:
    """SARI of one sentence, from 0 to 1: the mean over keeping, deleting and adding and over the orders."""
    total = 0.0
    for order in ORDERS:
        others: Counter[Any] = sum((grams(tokens, order) for tokens in references), Counter())
        own, before = (
            Counter({gram: count * len(references) for gram, count in grams(tokens, order).items()})
            for tokens in (prediction, source)
        )
        total += sum(part(before, own, others) for part in (kept, deleted, added))
    return total / (3 * len(ORDERS))


class Sari(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "How well a simplification keeps, deletes and adds words, against its source and several references; "
                "the mean of the rows, from 0 to 100."
            ),
            citation=CITATION,
            inputs_description=(
                "sources: the texts before.\n"
                "predictions: the simplified texts.\n"
                "references: for each row a list of texts, or one text."
            ),
            features=nlpdata.Features({"sources": text, "predictions": text, "references": nlpdata.List(text)}),
            codebase_urls=["https://github.com/cocoxu/simplification"],
            reference_urls=["https://aclanthology.org/Q16-1029"],
            streamable=True,
        )

    def stats(self, sources: Any, predictions: Any, references: Any) -> Mean:
        tokenize = part("bleu").tokenize

        def tokens(text: str) -> list[str]:
            return tokenize(text.lower()) or [""]  # an empty text is one empty token

        rows = zip(texts(sources, "sources"), texts(predictions, "predictions"), reference_lists(references), strict=True)
        scores = [sentence_sari(tokens(old), tokens(new), [tokens(other) for other in others]) for old, new, others in rows]
        return Mean.of(np.array(scores, np.float64))

    def score(self, total: Mean) -> dict[str, float]:
        return {"sari": 100 * total.value()}
