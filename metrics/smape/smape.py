"""Symmetric mean absolute percentage error: absolute errors relative to the mean size of prediction and reference."""

from __future__ import annotations

from typing import Any

import numpy as np

import nlpdata
from nlpdata.scoring import Mean, numbers, weights

SMALLEST = float(np.finfo(np.float64).eps)
"""What a size of zero is divided by instead; the error is then zero as well."""


class Smape(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        number = nlpdata.Value("float64")
        return nlpdata.MetricInfo(
            description=(
                "Symmetric mean absolute percentage error: the mean of 2 |prediction - reference| / "
                "(|prediction| + |reference|), "
                "from 0 to 2."
            ),
            citation=(
                "@article{chen2004assessing,\n  title={Assessing Forecast Accuracy Measures},\n"
                "  author={Chen, Zhuo and Yang, Yuhong},\n  year={2004}\n}"
            ),
            inputs_description=(
                "predictions, references: finite numbers, one per row.\nsample_weight (with the rows): a weight per row."
            ),
            features=nlpdata.Features({"predictions": number, "references": number}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> Mean:
        guess, actual = numbers(predictions, "predictions"), numbers(references, "references")
        errors = 2 * abs(guess - actual) / np.maximum(abs(guess) + abs(actual), SMALLEST)
        return Mean.of(errors, None if sample_weight is None else weights(sample_weight))

    def score(self, total: Mean) -> dict[str, float]:
        return {"smape": total.value()}
