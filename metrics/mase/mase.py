"""Mean absolute scaled error: the mean absolute error over that of the naive forecast on the training series."""

from __future__ import annotations

from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Mean, numbers, weights

SMALLEST = float(np.finfo(np.float64).eps)

CITATION = """\
@article{hyndman2006another,
  title={Another look at measures of forecast accuracy},
  author={Hyndman, Rob J. and Koehler, Anne B.},
  journal={International Journal of Forecasting},
  volume={22}, number={4}, pages={679--688},
  year={2006}
}"""


class Mase(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        number = nlpdata.Value("float64")
        return nlpdata.MetricInfo(
            description=(
                "Mean absolute scaled error: the mean absolute error, over the mean absolute error that the seasonal naive "
                "forecast (the value one period ago) has on the training series. Below 1 is better than that forecast."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions, references: finite numbers, one per row.\n"
                "sample_weight (with the rows): a weight per row.\n"
                "training: the series the forecast was made from, in the order of time.\n"
                "periodicity: steps of one season; 1 by default (no season)."
            ),
            features=nlpdata.Features({"predictions": number, "references": number}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, sample_weight: Any = None) -> Mean:
        errors = abs(numbers(predictions, "predictions") - numbers(references, "references"))
        return Mean.of(errors, None if sample_weight is None else weights(sample_weight))

    def score(self, total: Mean, training: Any = None, periodicity: int = 1) -> dict[str, float]:
        if training is None:
            raise ArgumentError("mase needs the series that was forecast: compute(..., training=[5, 0.5, 4, 6, 3]).")
        series = numbers(training, "training")
        if periodicity < 1 or len(series) <= periodicity:
            raise ArgumentError(
                f"training has {len(series):,} values and periodicity is {periodicity}: at least 1 is needed, and "
                f"more values than "
                "one period."
            )
        naive = Mean.of(abs(series[periodicity:] - series[:-periodicity])).value()
        return {"mase": total.value() / max(naive, SMALLEST)}
