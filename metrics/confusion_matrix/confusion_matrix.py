"""Confusion matrix: how often each label was predicted for each true label."""

from __future__ import annotations

from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Confusion, chosen_labels

NORMALIZE = {"true": 1, "pred": 0, "all": None}


class ConfusionMatrix(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description="How often each label was predicted (columns) for each true label (rows).",
            inputs_description=(
                "predictions, references: labels, integers or text.\n"
                "sample_weight (with the rows): a weight per row.\n"
                "labels: the labels of rows and columns, in order; all that occur, sorted, by default.\n"
                "normalize: 'true', 'pred' or 'all' divides by the sums of the rows, of the columns, or by everything."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Value("int64"), "references": nlpdata.Value("int64")}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> Confusion:
        return Confusion.of(predictions, references, sample_weight)

    def score(self, total: Confusion, labels: Any = None, normalize: str | None = None) -> dict[str, Any]:
        matrix = total.matrix if labels is None else total.at(chosen_labels(labels))
        if normalize is None:
            return {"confusion_matrix": matrix}
        if normalize not in NORMALIZE:
            raise ArgumentError(f"normalize is {normalize!r}; it is 'true', 'pred', 'all' or None.")
        sums = matrix.sum(axis=NORMALIZE[normalize], keepdims=True)
        return {"confusion_matrix": np.divide(matrix, sums, out=np.zeros(matrix.shape), where=sums != 0)}
