"""POS tagging: precision, recall and F1 per tag over all tokens, as a classification report."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError, RowError
from nlpdata.scoring import Averaging, LabelCounts

EXAMPLE = ["DET", "NOUN", "VERB"]
SCORES = {"precision": "precision", "recall": "recall", "f1-score": "f1"}


class Poseval(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        tags = nlpdata.Sequence(nlpdata.Value("string"))
        return nlpdata.MetricInfo(
            description=(
                "Precision, recall, F1 and number of tokens of each tag; accuracy; and their means, plain and "
                "weighted by tokens. "
                "Every token counts, also those tagged O."
            ),
            inputs_description=(
                f"predictions, references: a list of tags per sentence, such as {EXAMPLE}.\n"
                "zero_division: the score where nothing was counted: 'warn' or 0 (default), 1 or NaN."
            ),
            features=nlpdata.Features({"predictions": tags, "references": tags}),
            reference_urls=["https://scikit-learn.org/stable/modules/generated/sklearn.metrics.classification_report.html"],
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> LabelCounts:
        return LabelCounts.of(*tags_of(predictions, references))

    def score(self, total: LabelCounts, zero_division: float | str = "warn") -> dict[str, Any]:
        if not len(total.labels):
            raise ArgumentError("There are sentences but no tokens to score.")
        fill = 0.0 if zero_division == "warn" else zero_division
        per_tag = {name: Averaging(None, zero_division=fill).score(total, kind) for name, kind in SCORES.items()}
        support = total.counts[2].tolist()
        result: dict[str, Any] = {}
        for place, tag in enumerate(total.labels.tolist()):
            result[tag] = {**{name: float(values[place]) for name, values in per_tag.items()}, "support": support[place]}
        result["accuracy"] = total.accuracy()
        for average in ("macro", "weighted"):
            means = {name: Averaging(average, zero_division=fill).score(total, kind) for name, kind in SCORES.items()}
            result[f"{average} avg"] = {**means, "support": sum(support)}
        return result


def tags_of(predictions: Any, references: Any) -> tuple[list[str], list[str]]:
    """The tags of all sentences one after another, of both sides.

    Raises:
        RowError: a row that is no list of text, or has another number of tags than its reference.
    """
    guesses, truths = sentences(predictions, "predictions"), sentences(references, "references")
    for row, (guess, truth) in enumerate(zip(guesses, truths, strict=True)):
        if len(guess) != len(truth):
            message = (
                f"Row {row} of predictions has {len(guess):,} tags, its reference has {len(truth):,}: one per token is needed."
            )
            raise RowError(message, row=row, column="predictions", value=guess)
    return list(chain.from_iterable(guesses)), list(chain.from_iterable(truths))


def sentences(values: Any, name: str) -> list[Any]:
    """The rows as lists of tags.

    Raises:
        RowError: a row that is no list of text.
    """
    rows = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    for row, tags in enumerate(rows):
        if not isinstance(tags, list | tuple | np.ndarray) or not all(isinstance(tag, str) for tag in tags):
            shown = repr(tags)[:200]
            raise RowError(f"Row {row} of {name} must be tags like {EXAMPLE}; it is {shown}.", row=row, column=name, value=tags)
    return rows
