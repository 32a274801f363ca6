"""Mean absolute percentage error: the mean of the absolute errors relative to the references."""

from __future__ import annotations

from typing import Any

import numpy as np

import nlpdata
from nlpdata.scoring import Mean, numbers, weights

SMALLEST = float(np.finfo(np.float64).eps)
"""What a reference of zero is divided by instead (as scikit-learn does)."""


class Mape(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        number = nlpdata.Value("float64")
        return nlpdata.MetricInfo(
            description="Mean absolute percentage error: the mean of |prediction - reference| / |reference|; 0.1 is 10 %.",
            inputs_description=(
                "predictions, references: finite numbers, one per row.\nsample_weight (with the rows): a weight per row."
            ),
            features=nlpdata.Features({"predictions": number, "references": number}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> Mean:
        actual = numbers(references, "references")
        errors = abs(numbers(predictions, "predictions") - actual) / np.maximum(abs(actual), SMALLEST)
        return Mean.of(errors, None if sample_weight is None else weights(sample_weight))

    def score(self, total: Mean) -> dict[str, float]:
        return {"mape": total.value()}
