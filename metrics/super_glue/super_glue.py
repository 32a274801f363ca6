"""SuperGLUE: the scores that the tasks of the benchmark are reported with."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Averaging, LabelCounts, Mean, agreement
from nlpdata.scoring.answers import as_rows, normal, odd, token_f1

CITATION = """\
@inproceedings{wang2019superglue,
  title={{SuperGLUE}: A Stickier Benchmark for General-Purpose Language Understanding Systems},
  author={Wang, Alex and Pruksachatkun, Yada and Nangia, Nikita and Singh, Amanpreet and Michael, Julian and Hill, Felix
          and Levy, Omer and Bowman, Samuel R.},
  booktitle={Advances in Neural Information Processing Systems},
  year={2019}
}"""

MULTIRC = {"idx": {"answer": 0, "paragraph": 0, "question": 0}, "prediction": 1}
RECORD_PREDICTION = {"idx": {"passage": 0, "query": 0}, "prediction_text": "Bill Clinton"}
RECORD_REFERENCE = {"idx": {"passage": 0, "query": 0}, "answers": ["Bill Clinton", "Clinton"]}


class SuperGlue(nlpdata.Metric):
    VERSION = "1.0.0"
    CONFIGS = ("boolq", "cb", "copa", "multirc", "record", "rte", "wic", "wsc", "wsc.fixed", "axb", "axg")

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description=(
                "The scores of the SuperGLUE tasks. cb: accuracy and macro F1; multirc: exact_match, f1_m, f1_a; "
                "record: exact_match "
                "and f1; axb: matthews_correlation; all others: accuracy."
            ),
            citation=CITATION,
            inputs_description=(
                f"predictions, references: labels. multirc: predictions such as {MULTIRC}, references 0 or 1.\n"
                f"record: predictions such as {RECORD_PREDICTION}, references such as {RECORD_REFERENCE}."
            ),
            features=nlpdata.Features(self._schema()),
            homepage="https://super.gluebenchmark.com",
            streamable=True,
        )

    def _schema(self) -> dict[str, Any]:
        number, text = nlpdata.Value("int64"), nlpdata.Value("string")
        if self.config_name == "multirc":
            idx = {"answer": number, "paragraph": number, "question": number}
            return {"predictions": {"idx": idx, "prediction": number}, "references": number}
        if self.config_name == "record":
            idx = {"passage": number, "query": number}
            references = {"idx": idx, "answers": nlpdata.Sequence(text)}
            return {"predictions": {"idx": idx, "prediction_text": text}, "references": references}
        return {"predictions": number, "references": number}

    def stats(self, predictions: Any, references: Any) -> Any:
        if self.config_name == "multirc":
            return answer_counts(predictions, references)
        if self.config_name == "record":
            return query_scores(predictions, references)
        if self.config_name in ("cb", "axb"):
            return LabelCounts.of(predictions, references)
        return Mean.of(agreement(predictions, references))

    def score(self, total: Any) -> dict[str, float]:
        if self.config_name == "multirc":
            return question_scores(total)
        if self.config_name == "record":
            return {"exact_match": total[0].value(), "f1": total[1].value()}
        if self.config_name == "cb":
            return {"accuracy": total.accuracy(), "f1": Averaging("macro").score(total, "f1")}
        if self.config_name == "axb":
            return {"matthews_correlation": total.matthews_correlation()}
        return {"accuracy": total.value()}


def whole(value: Any) -> bool:
    """Whether it is an integer."""
    return isinstance(value, int | np.integer)


def index_of(value: Any, parts: tuple[str, ...]) -> tuple[int, ...] | None:
    """The parts of a row's ``idx``, or None where it has none."""
    idx = value.get("idx") if isinstance(value, Mapping) else None
    if not isinstance(idx, Mapping) or not all(whole(idx.get(part)) for part in parts):
        return None
    return tuple(int(idx[part]) for part in parts)


def answer_counts(predictions: Any, references: Any) -> Counter[tuple[int, ...]]:
    """MultiRC: how often each (paragraph, question, predicted, true) occurs; adds up wherever a question is split.

    Raises:
        RowError: a row that is not of the schema, or a label that is not 0 or 1.
    """
    result: Counter[tuple[int, ...]] = Counter()
    for row, (guess, label) in enumerate(zip(as_rows(predictions), as_rows(references), strict=True)):
        question = index_of(guess, ("paragraph", "question"))
        if question is None or not whole(guess.get("prediction")) or guess["prediction"] not in (0, 1):
            raise odd("predictions", row, guess, MULTIRC)
        if not whole(label) or label not in (0, 1):
            raise odd("references", row, label, "0 or 1")
        result[(*question, int(guess["prediction"]), int(label))] += 1
    return result


def f1_of(counts: Mapping[tuple[int, int], int], label: int) -> float | None:
    """F1 of one label from counts by (predicted, true); None where the label does not occur."""
    both = counts.get((label, label), 0)
    occurrences = sum((pair[0] == label) * count + (pair[1] == label) * count for pair, count in counts.items())
    return 2 * both / occurrences if occurrences else None


def question_scores(total: Counter[tuple[int, ...]]) -> dict[str, float]:
    """MultiRC: questions all right, the mean of their macro F1, and F1 of label 1 over all answers."""
    questions: dict[tuple[int, int], dict[tuple[int, int], int]] = defaultdict(dict)
    answers: Counter[tuple[int, int]] = Counter()
    for (paragraph, question, guess, label), count in total.items():
        questions[paragraph, question][guess, label] = count
        answers[guess, label] += count
    exact = sum(all(guess == label for guess, label in counts) for counts in questions.values())
    means = []
    for counts in questions.values():
        scores = [score for score in (f1_of(counts, 0), f1_of(counts, 1)) if score is not None]
        means.append(sum(scores) / len(scores))
    return {
        "exact_match": exact / len(questions),
        "f1_m": math.fsum(means) / len(questions),
        "f1_a": f1_of(answers, 1) or 0.0,
    }


def query_scores(predictions: Any, references: Any) -> Any:
    """ReCoRD: exact match and F1 of each query, the best of its answers.

    Raises:
        RowError: a row that is not of the schema.
        ArgumentError: predictions and references are not of the same queries.
    """
    guesses: list[tuple[tuple[int, ...], str]] = []
    golds: list[tuple[tuple[int, ...], list[str]]] = []
    for row, value in enumerate(as_rows(predictions)):
        key = index_of(value, ("passage", "query"))
        if key is None or not isinstance(value.get("prediction_text"), str):
            raise odd("predictions", row, value, RECORD_PREDICTION)
        guesses.append((key, value["prediction_text"]))
    for row, value in enumerate(as_rows(references)):
        key = index_of(value, ("passage", "query"))
        answers = value.get("answers") if key is not None else None
        if (
            key is None
            or not isinstance(answers, list | tuple)
            or not answers
            or not all(isinstance(text, str) for text in answers)
        ):
            raise odd("references", row, value, RECORD_REFERENCE)
        golds.append((key, list(answers)))
    pairs = matched(guesses, golds)
    exact = np.array([any(normal(guess) == normal(gold) for gold in golds) for guess, golds in pairs], dtype=bool)
    f1 = np.array([max(token_f1(guess, gold) for gold in golds) for guess, golds in pairs], dtype=np.float64)
    return np.array([Mean.of(exact), Mean.of(f1)], dtype=object)


def matched(guesses: list[tuple[Any, str]], golds: list[tuple[Any, list[str]]]) -> list[tuple[str, list[str]]]:
    """Predicted text and answers of each query: row by row where ``idx`` agrees, else by ``idx``.

    Raises:
        ArgumentError: an idx on one side only, or twice where the order does not tell which is meant.
    """
    if all(guess[0] == gold[0] for guess, gold in zip(guesses, golds, strict=True)):
        return [(text, answers) for (_, text), (_, answers) in zip(guesses, golds, strict=True)]
    texts, answers = dict(guesses), dict(golds)
    for mine, others, name, other in (
        (texts, answers, "predictions", "references"),
        (answers, texts, "references", "predictions"),
    ):
        if alone := [key for key in mine if key not in others]:
            idx = dict(zip(("passage", "query"), alone[0], strict=True))
            raise ArgumentError(f"The idx {idx} is among the {name} and not among the {other} ({len(alone):,} such).")
    if len(texts) < len(guesses) or len(answers) < len(golds):
        raise ArgumentError("An idx occurs twice and the order of predictions and references differs. Give each idx once.")
    return [(texts[key], gold) for key, gold in golds]
