"""SQuAD 2.0: exact match and token F1 where some questions have no answer (Rajpurkar et al., 2018)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

import nlpdata
from nlpdata.scoring import Rows
from nlpdata.scoring.answers import answers_of, as_rows, matched, normal, odd, token_f1

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

CITATION = """\
@inproceedings{rajpurkar2018know,
  title={Know What You Don't Know: Unanswerable Questions for {SQuAD}},
  author={Rajpurkar, Pranav and Jia, Robin and Liang, Percy},
  booktitle={Proceedings of ACL},
  year={2018}
}"""

PREDICTION = {"id": "56e1", "prediction_text": "1976", "no_answer_probability": 0.0}
REFERENCE = {"id": "56e1", "answers": {"text": ["1976"], "answer_start": [97]}}


class SquadV2(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text, number = nlpdata.Value("string"), nlpdata.Value("float32")
        answers = nlpdata.Sequence({"text": text, "answer_start": nlpdata.Value("int32")})
        return nlpdata.MetricInfo(
            description=(
                "Exact match and token F1 of answers to the questions of SQuAD 2.0, from 0 to 100: of all, of those with and "
                "without an answer, and with the best threshold of no_answer_probability."
            ),
            citation=CITATION,
            inputs_description=(
                f"predictions: such as {PREDICTION}.\nreferences: such as {REFERENCE}; no texts where there is no answer.\n"
                "no_answer_threshold: above this probability a prediction counts as 'no answer'; 1.0 by default."
            ),
            features=nlpdata.Features(
                {
                    "predictions": {"id": text, "prediction_text": text, "no_answer_probability": number},
                    "references": {"id": text, "answers": answers},
                }
            ),
            homepage="https://rajpurkar.github.io/SQuAD-explorer/",
        )

    @property
    def additive(self) -> bool:
        """False: the best thresholds need the numbers of all rows. Five numbers per row are kept, no text."""
        return False

    def stats(self, predictions: Any, references: Any) -> Rows:
        guesses = [prediction(*row) for row in enumerate(as_rows(predictions))]
        golds = [answers_of(*row, REFERENCE) for row in enumerate(as_rows(references))]
        rows = [judged(text, answers) for _, text, answers in matched([guess[:2] for guess in guesses], golds)]
        table = np.array(rows, np.float64).reshape(-1, 4)
        return Rows.of_numbers(
            no_answer=np.array([guess[2] for guess in guesses], np.float64),
            answerable=table[:, 0],
            answered=table[:, 1],
            exact=table[:, 2],
            f1=table[:, 3],
        )

    def score(self, total: Rows, no_answer_threshold: float = 1.0) -> dict[str, float]:
        names = ("no_answer", "answerable", "answered", "exact", "f1")
        columns = {name: np.asarray(total.column(name, "arrow"), np.float64) for name in names}
        answerable, silent = columns["answerable"] == 1, columns["no_answer"] > no_answer_threshold
        exact, f1 = (np.where(silent, ~answerable, columns[name]) for name in ("exact", "f1"))
        result = means(exact, f1)
        for name, part in (("HasAns", answerable), ("NoAns", ~answerable)):
            if part.any():
                result |= {f"{name}_{key}": value for key, value in means(exact[part], f1[part]).items()}
        for name in ("exact", "f1"):
            result[f"best_{name}"], result[f"best_{name}_thresh"] = best(columns, columns[name])
        return result


def means(exact: Array, f1: Array) -> dict[str, float]:
    """Both scores in percent, and the number of rows; sums are rounded once, so that the order of the rows changes nothing."""
    rows = len(exact)
    return {"exact": 100 * math.fsum(exact) / rows, "f1": 100 * math.fsum(f1) / rows, "total": rows}


def best(columns: Mapping[str, Array], scores: Array) -> tuple[float, float]:
    """The best mean score in percent over all thresholds, and the lowest threshold that reaches it.

    As in the official script, answers are given one after another by rising no_answer_probability, in the order of the rows
    where it is equal.
    """
    order = np.argsort(columns["no_answer"], kind="stable")
    answerable = columns["answerable"] == 1
    start = float(np.count_nonzero(~answerable))
    steps = np.where(answerable, scores, -columns["answered"])[order]
    reached = np.cumsum(np.r_[start, steps])
    place = int(reached.argmax())
    threshold = float(columns["no_answer"][order][place - 1]) if place else 0.0
    return 100 * float(reached[place]) / len(scores), threshold


def judged(guess: str, answers: list[str]) -> tuple[float, float, float, float]:
    """Whether there is an answer, whether one was given, exact match, F1."""
    golds = [gold for gold in answers if normal(gold)] or [""]
    exact = any(normal(guess) == normal(gold) for gold in golds)
    return bool(answers), bool(guess), exact, max(token_f1(guess, gold, empty_matches=True) for gold in golds)


def prediction(row: int, value: Any) -> tuple[str, str, float]:
    """Id, text and probability that there is no answer.

    Raises:
        RowError: it is not of the schema, or the probability is not finite.
    """
    if isinstance(value, Mapping) and isinstance(value.get("id"), str) and isinstance(value.get("prediction_text"), str):
        chance = value.get("no_answer_probability")
        if isinstance(chance, int | float | np.number) and math.isfinite(chance):
            return value["id"], value["prediction_text"], float(chance)
    raise odd("predictions", row, value, PREDICTION)
