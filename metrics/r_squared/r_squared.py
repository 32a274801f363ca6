"""R squared: the share of the variance of the references that the predictions explain."""

from __future__ import annotations

import math
from typing import Any

import nlpdata
from nlpdata.scoring import Moments

SHIFT_OF_ONE = Moments.of([1.0], [1.0]).x
"""The number 1 on the grid of exact sums."""


class RSquared(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        number = nlpdata.Value("float64")
        return nlpdata.MetricInfo(
            description=(
                "The coefficient of determination: 1 - sum (reference - prediction)^2 / sum (reference - mean reference)^2; "
                "1 at best, 0 for the mean of the references, below 0 for worse."
            ),
            inputs_description="predictions, references: finite numbers, one per row.",
            features=nlpdata.Features({"predictions": number, "references": number}),
            reference_urls=["https://en.wikipedia.org/wiki/Coefficient_of_determination"],
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> Moments:
        return Moments.of(predictions, references)

    def score(self, total: Moments) -> dict[str, float]:
        # All in integers, so that nothing cancels and only the last division rounds.
        errors = total.rows * (total.xx - 2 * total.xy + total.yy) * SHIFT_OF_ONE
        spread = total.rows * total.yy * SHIFT_OF_ONE - total.y * total.y
        return {"r_squared": (spread - errors) / spread if spread > 0 else math.nan}
