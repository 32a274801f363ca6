"""GLUE: the scores that the tasks of the benchmark are reported with."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata.scoring import Averaging, LabelCounts, Mean, Moments, Rows, agreement, spearman

CITATION = """\
@inproceedings{wang2019glue,
  title={{GLUE}: A Multi-Task Benchmark and Analysis Platform for Natural Language Understanding},
  author={Wang, Alex and Singh, Amanpreet and Michael, Julian and Hill, Felix and Levy, Omer and Bowman, Samuel R.},
  note={In the Proceedings of ICLR.},
  year={2019}
}"""


class Glue(nlpdata.Metric):
    VERSION = "1.0.0"
    CONFIGS = ("cola", "sst2", "mrpc", "qqp", "stsb", "mnli", "mnli_matched", "mnli_mismatched", "qnli", "rte", "wnli", "hans")

    def _info(self) -> nlpdata.MetricInfo:
        kind = nlpdata.Value("float32" if self.config_name == "stsb" else "int64")
        return nlpdata.MetricInfo(
            description=(
                "The scores of the GLUE tasks. cola: matthews_correlation; stsb: pearson and spearmanr; "
                "mrpc, qqp: accuracy and f1 of label 1; all others: accuracy."
            ),
            citation=CITATION,
            inputs_description="predictions, references: labels; for stsb, numbers (the similarity from 0 to 5).",
            features=nlpdata.Features({"predictions": kind, "references": kind}),
            homepage="https://gluebenchmark.com",
            streamable=self.additive,
        )

    @property
    def additive(self) -> bool:
        """True except for stsb, whose ranks need all rows."""
        return self.config_name != "stsb"

    def stats(self, predictions: Any, references: Any) -> Any:
        if self.config_name == "stsb":
            return Rows.of_numbers(predictions=predictions, references=references)
        if self.config_name in ("cola", "mrpc", "qqp"):
            return LabelCounts.of(predictions, references)
        return Mean.of(agreement(predictions, references))

    def score(self, total: Any) -> dict[str, float]:
        if self.config_name == "stsb":
            x, y = total.column("predictions", "arrow"), total.column("references", "arrow")
            return {"pearson": Moments.of(x, y).pearson(), "spearmanr": spearman(x, y)}
        if self.config_name == "cola":
            return {"matthews_correlation": total.matthews_correlation()}
        if self.config_name in ("mrpc", "qqp"):
            return {"accuracy": total.accuracy(), "f1": Averaging("binary").score(total, "f1")}
        return {"accuracy": total.value()}
