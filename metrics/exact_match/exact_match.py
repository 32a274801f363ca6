"""Exact match: the share of predictions that equal their reference."""

from __future__ import annotations

import re
import string
from typing import Any

import numpy as np

import nlpdata
from nlpdata.scoring import Mean, agreement, texts

PUNCTUATION = str.maketrans("", "", string.punctuation)
DIGITS = str.maketrans("", "", string.digits)


class ExactMatch(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description="The share of predicted texts that equal their reference, from 0 to 1.",
            inputs_description=(
                "predictions, references: texts.\n"
                "Settings, with the rows or in load_metric, applied to both sides in this order:\n"
                "regexes_to_ignore: regular expressions whose matches are removed.\n"
                "ignore_case, ignore_punctuation, ignore_numbers: letter case, string.punctuation, ASCII digits."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Value("string"), "references": nlpdata.Value("string")}),
            streamable=True,
        )

    def stats(
        self,
        predictions: Any,
        references: Any,
        regexes_to_ignore: list[str] | None = None,
        ignore_case: bool = False,
        ignore_punctuation: bool = False,
        ignore_numbers: bool = False,
    ) -> Mean:
        if not (regexes_to_ignore or ignore_case or ignore_punctuation or ignore_numbers):
            return Mean.of(agreement(predictions, references))
        sides = [texts(predictions, "predictions"), texts(references, "references")]
        for pattern in regexes_to_ignore or ():
            sides = [[re.sub(pattern, "", text) for text in side] for side in sides]
        if ignore_case:
            sides = [[text.lower() for text in side] for side in sides]
        for chosen, table in ((ignore_punctuation, PUNCTUATION), (ignore_numbers, DIGITS)):
            if chosen:
                sides = [[text.translate(table) for text in side] for side in sides]
        return Mean.of(np.array([left == right for left, right in zip(*sides, strict=True)], dtype=bool))

    def score(self, total: Mean) -> dict[str, float]:
        return {"exact_match": total.value()}
