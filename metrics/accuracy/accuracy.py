"""Accuracy: the share of rows whose predicted label is the true one."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata.scoring import Mean, agreement, weights


class Accuracy(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description="The share of rows whose predicted label is the true one, from 0 to 1.",
            inputs_description=(
                "predictions, references: labels, integers or text.\n"
                "sample_weight (with the rows): a weight per row.\n"
                "normalize: False gives the (weighted) number of correct rows instead of the share."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Value("int64"), "references": nlpdata.Value("int64")}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> Mean:
        return Mean.of(agreement(predictions, references), None if sample_weight is None else weights(sample_weight))

    def score(self, total: Mean, normalize: bool = True) -> dict[str, float]:
        return {"accuracy": total.value() if normalize else total.sum()}
