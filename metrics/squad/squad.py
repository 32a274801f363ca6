"""SQuAD 1.1: exact match and token F1 of extracted answers (Rajpurkar et al., 2016)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError, RowError
from nlpdata.scoring import Mean
from nlpdata.scoring.answers import as_rows, normal, odd, token_f1

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
        exact = np.array([any(normal(guess) == normal(gold) for gold in golds) for guess, golds in pairs], dtype=bool)
        f1 = np.array([max(token_f1(guess, gold) for gold in golds) for guess, golds in pairs], dtype=np.float64)
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
    """Id and answers of a reference: texts in one dict, as datasets have them, or a dict per answer, as the JSON files.

    Raises:
        RowError: it is not of the schema, or has no answer.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("id"), str):
        raise odd("references", row, value, REFERENCE)
    answers = value.get("answers")
    if isinstance(answers, Mapping):
        answers = answers.get("text")
    elif isinstance(answers, list | tuple):
        answers = [answer.get("text") if isinstance(answer, Mapping) else None for answer in answers]
    if isinstance(answers, str) or not hasattr(answers, "__iter__") or not all(isinstance(text, str) for text in answers):
        raise odd("references", row, value, REFERENCE)
    if not len(answers):
        message = f"Row {row} of references (id {value['id']!r}) has no answer; the metric 'squad_v2' scores such questions."
        raise RowError(message, row=row, column="references", value=value)
    return value["id"], list(answers)


def matched(guesses: list[tuple[str, str]], golds: list[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Predicted text and answers of each question: row by row where the ids agree, else by id.

    Raises:
        ArgumentError: an id on one side only, or twice where the order does not tell which is meant.
    """
    if all(guess[0] == gold[0] for guess, gold in zip(guesses, golds, strict=True)):
        return [(text, answers) for (_, text), (_, answers) in zip(guesses, golds, strict=True)]
    texts, answers = dict(guesses), dict(golds)
    for mine, others, name, other in (
        (texts, answers, "predictions", "references"),
        (answers, texts, "references", "predictions"),
    ):
        if alone := [key for key in mine if key not in others]:
            raise ArgumentError(f"The id {alone[0]!r} is among the {name} and not among the {other} ({len(alone):,} such ids).")
    if len(texts) < len(guesses) or len(answers) < len(golds):
        raise ArgumentError("An id occurs twice and the order of predictions and references differs. Give each id once.")
    return [(texts[key], gold) for key, gold in golds]
