"""SQuAD 1.1: exact match and token F1 of extracted answers (Rajpurkar et al., 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import RowError
from nlpdata.scoring import Mean
from nlpdata.scoring.answers import answers_of, as_rows, matched, normal, odd, token_f1

CITATION = """\
@inproceedings{rajpurkar2016squad,
  title={{SQuAD}: 100,000+ Questions for Machine Comprehension of Text},
  author={Rajpurkar, Pranav and Zhang, Jian and Lopyrev, Konstantin and Liang, Percy},
  booktitle={Proceedings of EMNLP},
  year={2016}
}"""

PREDICTION = {"id": "56e1", "prediction_text": "1976"}
REFERENCE = {"id": "56e1", "answers": {"text": ["1976"], "answer_start": [97]}}


class Squad(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        answers = nlpdata.Sequence({"text": text, "answer_start": nlpdata.Value("int32")})
        return nlpdata.MetricInfo(
            description=(
                "Exact match and token F1 of answers to the questions of SQuAD 1.1, from 0 to 100. Lower-cased, "
                "without punctuation "
                "and articles; the best of a question's answers counts."
            ),
            citation=CITATION,
            inputs_description=(f"predictions: such as {PREDICTION}.\nreferences: such as {REFERENCE}."),
            features=nlpdata.Features(
                {"predictions": {"id": text, "prediction_text": text}, "references": {"id": text, "answers": answers}}
            ),
            homepage="https://rajpurkar.github.io/SQuAD-explorer/",
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> Any:
        guesses = [prediction(*row) for row in enumerate(as_rows(predictions))]
        golds = [reference(*row) for row in enumerate(as_rows(references))]
        pairs = matched(guesses, golds)
        exact = np.array([any(normal(guess) == normal(gold) for gold in golds) for _, guess, golds in pairs], dtype=bool)
        f1 = np.array([max(token_f1(guess, gold) for gold in golds) for _, guess, golds in pairs], dtype=np.float64)
        return np.array([Mean.of(exact), Mean.of(f1)], dtype=object)

    def score(self, total: Any) -> dict[str, float]:
        exact, f1 = total
        return {"exact_match": 100 * exact.value(), "f1": 100 * f1.value()}


def prediction(row: int, value: Any) -> tuple[str, str]:
    """Id and text of a prediction.

    Raises:
        RowError: it is not of the schema.
    """
    if isinstance(value, Mapping) and isinstance(value.get("id"), str) and isinstance(value.get("prediction_text"), str):
        return value["id"], value["prediction_text"]
    raise odd("predictions", row, value, PREDICTION)


def reference(row: int, value: Any) -> tuple[str, list[str]]:
    """Id and answers of a reference.

    Raises:
        RowError: it is not of the schema, or has no answer.
    """
    key, answers = answers_of(row, value, REFERENCE)
    if not answers:
        message = f"Row {row} of references (id {key!r}) has no answer; the metric 'squad_v2' scores such questions."
        raise RowError(message, row=row, column="references", value=value)
    return key, answers
