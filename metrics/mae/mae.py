"""Mean absolute error: the mean of the absolute differences of predictions and references."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata.scoring import Mean, numbers, weights


class Mae(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description="Mean absolute error: the mean of the absolute differences of predictions and references.",
            inputs_description=(
                "predictions, references: finite numbers, one per row.\nsample_weight (with the rows): a weight per row."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Value("float64"), "references": nlpdata.Value("float64")}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> Mean:
        differences = numbers(predictions, "predictions") - numbers(references, "references")
        return Mean.of(abs(differences), None if sample_weight is None else weights(sample_weight))

    def score(self, total: Mean) -> dict[str, float]:
        return {"mae": total.value()}
