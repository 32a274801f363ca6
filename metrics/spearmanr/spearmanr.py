"""Spearman's correlation of the ranks of predicted and true numbers."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata.scoring import Rows, spearman


class Spearmanr(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description=(
                "Spearman's rank correlation, from -1 to 1; equal numbers share the mean of their ranks. "
                "NaN where one side is constant or there is only one row. Ranks need all rows, which are kept."
            ),
            inputs_description="predictions, references: finite numbers, one per row.",
            features=nlpdata.Features({"predictions": nlpdata.Value("float64"), "references": nlpdata.Value("float64")}),
        )

    @property
    def additive(self) -> bool:
        """False: ranks need all rows."""
        return False

    def stats(self, predictions: Any, references: Any) -> Rows:
        return Rows.of_numbers(predictions=predictions, references=references)

    def score(self, total: Rows) -> dict[str, float]:
        return {"spearmanr": spearman(total.column("predictions", "arrow"), total.column("references", "arrow"))}
