"""Mean squared error: the mean of the squared differences of predictions and references."""

from __future__ import annotations

import math
from typing import Any

import nlpdata
from nlpdata.scoring import Mean, numbers, weights


class Mse(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description="Mean squared error: the mean of the squared differences of predictions and references.",
            inputs_description=(
                "predictions, references: finite numbers, one per row.\n"
                "sample_weight (with the rows): a weight per row.\n"
                "squared: False gives the square root (RMSE)."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Value("float64"), "references": nlpdata.Value("float64")}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> Mean:
        differences = numbers(predictions, "predictions") - numbers(references, "references")
        return Mean.of(differences * differences, None if sample_weight is None else weights(sample_weight))

    def score(self, total: Mean, squared: bool = True) -> dict[str, float]:
        return {"mse": total.value() if squared else math.sqrt(total.value())}
