"""chrF and chrF++: F-scores of character and word n-grams."""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Mean, texts
from nlpdata.scoring.inputs import reference_lists, same_number

CITATION = """\
@inproceedings{popovic2015chrf,
  title={chr{F}: character n-gram {F}-score for automatic {MT} evaluation},
  author={Popovi{\\'c}, Maja},
  booktitle={Proceedings of the Tenth Workshop on Statistical Machine Translation},
  year={2015}
}
@inproceedings{popovic2017chrfpp,
  title={chr{F}++: words helping character n-grams},
  author={Popovi{\\'c}, Maja},
  booktitle={Proceedings of the Second Conference on Machine Translation},
  year={2017}
}"""

PUNCTUATION = frozenset(string.punctuation)
EPSILON = 1e-16


def words(text: str) -> list[str]:
    """Words of chrF++: one mark of punctuation is cut off, behind or else before."""
    found = []
    for word in text.split():
        if len(word) > 1 and word[-1] in PUNCTUATION:
            found += [word[:-1], word[-1]]
        elif len(word) > 1 and word[0] in PUNCTUATION:
            found += [word[0], word[1:]]
        else:
            found.append(word)
    return found


def grams(text: str, char_order: int, word_order: int, whitespace: bool) -> list[Counter[Any]]:
    """Counts of character n-grams of each order, then of word n-grams of each order."""
    line = text if whitespace else "".join(text.split())
    found: list[Counter[Any]] = [Counter(line[i : i + n] for i in range(len(line) - n + 1)) for n in range(1, char_order + 1)]
    if word_order:
        tokens = words(text)
        found += [Counter(zip(*(tokens[i:] for i in range(n)), strict=False)) for n in range(1, word_order + 1)]
    return found


def matches(predicted: list[Counter[Any]], actual: list[Counter[Any]]) -> list[int]:
    """For each order: n-grams predicted, in the reference, and in both."""
    found = []
    for left, right in zip(predicted, actual, strict=True):
        both = sum(min(count, right[gram]) for gram, count in left.items() if gram in right)
        found += [left.total() if right else 0, right.total(), both]
    return found


def f_score(counts: Sequence[int], beta: float, eps_smoothing: bool) -> float:
    """ChrF from 0 to 100 of the counts that :func:`matches` gives: F of the mean precision and recall over the orders.

    With ``eps_smoothing``, the mean of the F-scores of the orders, as Moses and NLTK have it.
    """
    factor = beta**2
    triples = [counts[i : i + 3] for i in range(0, len(counts), 3)]
    shares = [(both / left if left else EPSILON, both / right if right else EPSILON) for left, right, both in triples]
    if eps_smoothing:
        scores = [(1 + factor) * p * r / (factor * p + r) if factor * p + r > 0 else EPSILON for p, r in shares]
        return 100 * sum(scores) / len(scores)
    used = [share for share, (left, right, _) in zip(shares, triples, strict=True) if left and right]
    precision, recall = (sum(side) / len(used) for side in zip(*used, strict=True)) if used else (0.0, 0.0)
    if not precision + recall:
        return 0.0
    return 100 * ((1 + factor) * precision * recall / (factor * precision + recall))


class Chrf(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description="The F-score of character n-grams (and of word n-grams: chrF++) of a corpus, from 0 to 100.",
            citation=CITATION,
            inputs_description=(
                "predictions: texts.\n"
                "references: for each row a list of texts, or one text; equally many in every row.\n"
                "All settings go with the rows: char_order (6), word_order (0; 2 is chrF++), "
                "beta (2: weight of recall), lowercase, whitespace (count blanks as characters), "
                "eps_smoothing (as Moses and NLTK)."
            ),
            features=nlpdata.Features({"predictions": text, "references": nlpdata.List(text)}),
            homepage="https://github.com/m-popovic/chrF",
            codebase_urls=["https://github.com/mjpost/sacrebleu"],
            reference_urls=["https://aclanthology.org/W15-3049", "https://aclanthology.org/W17-4770"],
            streamable=True,
        )

    def stats(
        self,
        predictions: Any,
        references: Any,
        char_order: int = 6,
        word_order: int = 0,
        beta: float = 2,
        lowercase: bool = False,
        whitespace: bool = False,
        eps_smoothing: bool = False,
    ) -> np.ndarray[Any, np.dtype[np.object_]]:
        """Rows, rows times the settings the score needs, and the counts of each order; whole numbers that add up exactly."""
        if min(char_order, word_order) < 0 or char_order + word_order == 0:
            raise ArgumentError(f"char_order={char_order}, word_order={word_order}: n-grams of at least one order are needed.")
        sides = texts(predictions, "predictions"), same_number(reference_lists(references))
        total = np.zeros(3 * (char_order + word_order), np.int64)
        for text, row in zip(*sides, strict=True):
            own, *others = (
                grams(each.lower() if lowercase else each, char_order, word_order, whitespace) for each in chain([text], row)
            )
            found = [matches(own, other) for other in others]
            total += max(found, key=lambda counts: f_score(counts, beta, eps_smoothing))
        rows = len(sides[0])
        settings = [rows, rows * char_order, rows * word_order, rows * bool(eps_smoothing)]
        return np.array([Mean.of(np.full(rows, beta, np.float64)), *settings, *total.tolist()], dtype=object)

    def score(self, total: np.ndarray[Any, Any]) -> dict[str, Any]:
        beta, rows, char_order, word_order, smoothed = total[:5]
        weight = beta.value()
        weight = int(weight) if weight.is_integer() else weight
        return {
            "score": f_score(total[5:].tolist(), weight, smoothed > 0),
            "char_order": char_order // rows,
            "word_order": word_order // rows,
            "beta": weight,
        }
