"""What precision, recall and F1 share: counts per label, averaged over labels.

Knows: the inputs and parameters of such a metric. Does not know: how counts are made and averaged (:mod:`counts`).
"""

from __future__ import annotations

from typing import Any, ClassVar

from nlpdata.scoring.counts import Averaging, LabelCounts
from nlpdata.scoring.info import MetricInfo
from nlpdata.scoring.metric import Metric

INPUTS = """\
predictions, references: labels, integers or text.
sample_weight (with the rows): a weight per row.
average: 'binary' (the score of pos_label), 'macro', 'micro', 'weighted', or None (one score per label).
pos_label: the label that 'binary' scores; 1 by default.
labels: the labels to average over, in the order of the result; all that occur by default.
zero_division: the score where nothing was counted: 0 (default), 1 or NaN (left out of averages)."""


class LabelScore(Metric):
    """A score per label and its averages; a subclass says which.

    Attributes:
        SCORE: ``"precision"``, ``"recall"`` or ``"f1"``: what :class:`Averaging` computes, and the name of the result.
        DESCRIPTION: what it measures.
    """

    SCORE: ClassVar[str]
    DESCRIPTION: ClassVar[str]

    def _info(self) -> MetricInfo:
        from nlpdata.features import Features, Value

        features = Features({"predictions": Value("int64"), "references": Value("int64")})
        return MetricInfo(self.DESCRIPTION, features=features, inputs_description=INPUTS, streamable=True)

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> LabelCounts:
        """Counts of each label."""
        return LabelCounts.of(predictions, references, sample_weight)

    def score(
        self,
        total: LabelCounts,
        average: str | None = "binary",
        pos_label: Any = 1,
        labels: Any = None,
        zero_division: float = 0.0,
    ) -> dict[str, Any]:
        """The average that was asked for, or an array with a score per label."""
        return {self.SCORE: Averaging(average, pos_label, labels, zero_division).score(total, self.SCORE)}
