"""CUAD: how well clauses of contracts are found (Hendrycks et al., 2021)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import nlpdata
from nlpdata.scoring.answers import answers_of, as_rows, matched, normal, odd, texts_of

CITATION = """\
@article{hendrycks2021cuad,
  title={{CUAD}: An Expert-Annotated {NLP} Dataset for Legal Contract Review},
  author={Hendrycks, Dan and Burns, Collin and Chen, Anya and Ball, Spencer},
  journal={arXiv preprint arXiv:2103.06268},
  year={2021}
}"""

PREDICTION = {"id": "Contract__Parties", "prediction_text": ["ACME Inc.", "the Supplier"]}
REFERENCE = {"id": "Contract__Parties", "answers": {"text": ["ACME Inc."], "answer_start": [143]}}

OVERLAP = 0.5
"""Jaccard similarity of the words from which a span counts as found."""

SEPARATORS = str.maketrans({".": None, ",": None, ";": None, ":": None, "/": " "})


class Judged(NamedTuple):
    """What one question contributes; a state counts how often each occurs."""

    found: int
    spurious: int
    missed: int
    exact: bool

    @property
    def on_curve(self) -> bool:
        """Whether both precision and recall are defined."""
        return self.found + self.spurious > 0 and self.found + self.missed > 0

    @property
    def point(self) -> tuple[float, float]:
        """Recall and precision."""
        return self.found / (self.found + self.missed), self.found / (self.found + self.spurious)

    @property
    def f1(self) -> float:
        """F1 of the question; where nothing is to be found, 1 if nothing was predicted."""
        if self.found + self.missed == 0:
            return float(self.spurious == 0)
        if not self.found:
            return 0.0
        recall, precision = self.point
        return 2 * precision * recall / (precision + recall)


class Cuad(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        answers = nlpdata.Sequence({"text": text, "answer_start": nlpdata.Value("int32")})
        return nlpdata.MetricInfo(
            description=(
                "How well clauses of contracts are found: exact match and F1 from 0 to 100; from 0 to 1 the area "
                "under the curve of "
                "precision and recall, and the precision at 80 % and 90 % recall."
            ),
            citation=CITATION,
            inputs_description=f"predictions: such as {PREDICTION}.\nreferences: such as {REFERENCE}.",
            features=nlpdata.Features(
                {
                    "predictions": {"id": text, "prediction_text": nlpdata.Sequence(text)},
                    "references": {"id": text, "answers": answers},
                }
            ),
            homepage="https://www.atticusprojectai.org/cuad",
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> Counter[tuple[int, int, int, bool]]:
        guesses = [prediction(*row) for row in enumerate(as_rows(predictions))]
        golds = [reference(*row) for row in enumerate(as_rows(references))]
        # Plain tuples, so that a state can be read where this script was not loaded.
        return Counter(tuple(judged(*question)) for question in matched(guesses, golds))

    def score(self, total: Counter[tuple[int, int, int, bool]]) -> dict[str, float]:
        questions = sorted((Judged(*row), count) for row, count in total.items())
        rows = sum(count for _, count in questions)
        points = sorted(judged.point for judged, count in questions if judged.on_curve for _ in range(count))
        precisions = [precision for _, precision in points]
        for place in range(len(points) - 2, -1, -1):  # precision at some recall: the best at that recall or a higher one
            precisions[place] = max(precisions[place], precisions[place + 1])
        curve = list(zip((recall for recall, _ in points), precisions, strict=True))
        return {
            "exact_match": 100 * sum(count * judged.exact for judged, count in questions) / rows,
            "f1": 100 * math.fsum(count * judged.f1 for judged, count in questions) / rows,
            "aupr": math.fsum((x - w) * (y + v) / 2 for (w, v), (x, y) in pairwise(curve)),
            "prec_at_80_recall": next((precision for recall, precision in curve if recall >= 0.8), 0.0),
            "prec_at_90_recall": next((precision for recall, precision in curve if recall >= 0.9), 0.0),
        }


def judged(key: str, guesses: list[str], golds: list[str]) -> Judged:
    """The spans found, spurious and missed of one question."""
    parties = "Parties" in key  # names of parties also count inside a longer prediction
    hits = [[overlaps(guess, gold) or (parties and gold in guess) for gold in golds] for guess in guesses]
    found = sum(any(row[column] for row in hits) for column in range(len(golds)))
    exact = any(normal(guess) == normal(gold) for guess in guesses for gold in golds) or not (guesses or golds)
    return Judged(found, sum(not any(row) for row in hits), len(golds) - found, exact)


def overlaps(guess: str, gold: str) -> bool:
    """Whether the words of both are similar enough."""
    left, right = (set(text.translate(SEPARATORS).lower().split(" ")) for text in (guess, gold))
    return len(left & right) / len(left | right) >= OVERLAP


def prediction(row: int, value: Any) -> tuple[str, list[str]]:
    """Id and predicted spans.

    Raises:
        RowError: it is not of the schema.
    """
    if isinstance(value, Mapping) and isinstance(value.get("id"), str):
        spans = texts_of(value.get("prediction_text"))
        if spans is not None:
            return value["id"], spans
    raise odd("predictions", row, value, PREDICTION)


def reference(row: int, value: Any) -> tuple[str, list[str]]:
    """Id and true spans, maybe none.

    Raises:
        RowError: it is not of the schema, or a text is empty.
    """
    key, spans = answers_of(row, value, REFERENCE)
    if not all(spans):
        raise odd("references", row, value, REFERENCE)
    return key, spans
