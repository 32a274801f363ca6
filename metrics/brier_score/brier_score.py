"""Brier score: the mean squared difference of a predicted probability and what happened."""

from __future__ import annotations

from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import FeatureError, RowError
from nlpdata.scoring import Mean, labels, numbers, weights

CITATION = """\
@article{brier1950verification,
  title={Verification of forecasts expressed in terms of probability},
  author={Brier, Glenn W.},
  journal={Monthly Weather Review},
  volume={78}, number={1}, pages={1--3},
  year={1950}
}"""


class BrierScore(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description="The mean squared difference of the predicted probability and what happened (1 or 0); 0 is best.",
            citation=CITATION,
            inputs_description=(
                "predictions: the probability of pos_label, from 0 to 1.\n"
                "references: one of two labels, integers or text.\n"
                "sample_weight (with the rows): a weight per row.\n"
                "pos_label (with the rows or in load_metric): the label whose probability is given; 1 by default."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Value("float64"), "references": nlpdata.Value("int64")}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None, pos_label: Any = 1) -> Mean:
        guess = numbers(predictions, "predictions")
        outside = (guess < 0) | (guess > 1)
        if outside.any():
            row = int(outside.argmax())
            value = guess[row].item()
            raise RowError(
                f"Row {row} of predictions is no probability from 0 to 1: {value!r}.",
                row=row,
                column="predictions",
                value=value,
            )
        differences = guess - happened(references, pos_label)
        return Mean.of(differences * differences, None if sample_weight is None else weights(sample_weight))

    def score(self, total: Mean) -> dict[str, float]:
        return {"brier_score": total.value()}


def happened(references: Any, pos_label: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """1 for rows with ``pos_label``, 0 for the others, which must all have one other label."""
    array = labels(references, "references")
    values = array if isinstance(array, np.ndarray) else np.array(array.to_pylist(), dtype=object)
    others = np.unique(values[values != pos_label])
    text = isinstance(pos_label, str)
    if len(values) and text != (values.dtype == object):
        kinds = ("text", "integers") if text else ("an integer", "text")
        raise FeatureError(f"pos_label={pos_label!r} is {kinds[0]} and references are {kinds[1]}. Give pos_label= one of them.")
    if len(others) > 1 or (not text and pos_label == 1 and len(others) and others[0] not in (0, -1)):
        raise FeatureError(
            f"references have the labels {', '.join(map(repr, others[:10].tolist()))} besides pos_label={pos_label!r}. "
            "The Brier score is about two labels: 0 and 1, -1 and 1, or pos_label= and one other."
        )
    return np.asarray(values == pos_label).astype(np.float64)
