"""Pearson's correlation of predicted and true numbers."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata.scoring import Moments


class Pearsonr(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description=(
                "Pearson's linear correlation, from -1 to 1. NaN where one side is constant or there is only one row. "
                "Computed from exact sums, hence the same for any order and partition of the rows."
            ),
            inputs_description="predictions, references: finite numbers below 1e150, one per row.",
            features=nlpdata.Features({"predictions": nlpdata.Value("float64"), "references": nlpdata.Value("float64")}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> Moments:
        return Moments.of(predictions, references)

    def score(self, total: Moments) -> dict[str, float]:
        return {"pearsonr": total.pearson()}
