"""Matthews correlation: how predicted and true labels correlate, for any number of labels."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata.scoring import LabelCounts


class MatthewsCorrelation(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description=(
                "The correlation of predicted and true labels, from -1 to 1 (for more than two labels: Gorodkin's R_K). "
                "0 where all predictions or all references are one label."
            ),
            inputs_description=(
                "predictions, references: labels, integers or text.\nsample_weight (with the rows): a weight per row."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Value("int64"), "references": nlpdata.Value("int64")}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> LabelCounts:
        return LabelCounts.of(predictions, references, sample_weight)

    def score(self, total: LabelCounts) -> dict[str, float]:
        return {"matthews_correlation": total.matthews_correlation()}
