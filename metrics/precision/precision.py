"""Precision: the share of the rows predicted as a label that truly have it."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata.scoring import Averaging, LabelCounts


class Precision(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description="The share of the rows predicted as a label that truly have it, tp / (tp + fp), from 0 to 1.",
            inputs_description=(
                "predictions, references: labels, integers or text.\n"
                "sample_weight (with the rows): a weight per row.\n"
                "average: 'binary' (the score of pos_label), 'macro', 'micro', 'weighted', or None (one score per label).\n"
                "pos_label: the label that 'binary' scores; 1 by default.\n"
                "labels: the labels to average over, in the order of the result; all that occur by default.\n"
                "zero_division: the score where nothing was counted: 0 (default), 1 or NaN (left out of averages)."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Value("int64"), "references": nlpdata.Value("int64")}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> LabelCounts:
        return LabelCounts.of(predictions, references, sample_weight)

    def score(
        self,
        total: LabelCounts,
        average: str | None = "binary",
        pos_label: Any = 1,
        labels: Any = None,
        zero_division: float = 0.0,
    ) -> dict[str, Any]:
        return {"precision": Averaging(average, pos_label, labels, zero_division).score(total, "precision")}
