"""XNLI: accuracy of natural language inference across languages."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata.scoring import Mean, agreement

CITATION = """\
@inproceedings{conneau2018xnli,
  title={{XNLI}: Evaluating Cross-lingual Sentence Representations},
  author={Conneau, Alexis and Rinott, Ruty and Lample, Guillaume and Williams, Adina and Bowman, Samuel R.
          and Schwenk, Holger and Stoyanov, Veselin},
  booktitle={Proceedings of EMNLP},
  year={2018}
}"""


class Xnli(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        label = nlpdata.Value("int64")
        return nlpdata.MetricInfo(
            description="The share of sentence pairs whose predicted label is the true one, from 0 to 1.",
            citation=CITATION,
            inputs_description="predictions, references: labels (0 entailment, 1 neutral, 2 contradiction), integers or text.",
            features=nlpdata.Features({"predictions": label, "references": label}),
            homepage="https://github.com/facebookresearch/XNLI",
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> Mean:
        return Mean.of(agreement(predictions, references))

    def score(self, total: Mean) -> dict[str, float]:
        return {"accuracy": total.value()}
