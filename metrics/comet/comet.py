"""COMET: a model that learned how people judge translations."""

from __future__ import annotations

import math
from typing import Any

import nlpdata
from nlpdata import _optional
from nlpdata.scoring import Rows, texts

CITATION = """\
@inproceedings{rei2020comet,
  title={{COMET}: A Neural Framework for {MT} Evaluation},
  author={Rei, Ricardo and Stewart, Craig and Farinha, Ana C and Lavie, Alon},
  booktitle={Proceedings of EMNLP},
  year={2020}
}
@inproceedings{rei2022comet22,
  title={{COMET}-22: Unbabel-{IST} 2022 Submission for the Metrics Shared Task},
  author={Rei, Ricardo and de Souza, Jos{\\'e} G. C. and Alves, Duarte and Zerva, Chrysoula and others},
  booktitle={Proceedings of WMT},
  year={2022}
}"""

DEFAULT_MODEL = "Unbabel/wmt22-comet-da"


class Comet(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("unbabel-comet",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description="The quality of translations that a COMET model predicts, per row and as a mean; higher is better.",
            citation=CITATION,
            inputs_description=(
                "config_name: name of the model, such as 'Unbabel/wmt22-comet-da' (default), or the path of a checkpoint.\n"
                "sources, predictions, references: texts.\n"
                "gpus: how many to use (by default one if there is one); progress_bar: show progress."
            ),
            features=nlpdata.Features({"sources": text, "predictions": text, "references": text}),
            homepage="https://unbabel.github.io/COMET",
            license="Apache-2.0",
            codebase_urls=["https://github.com/Unbabel/COMET"],
            reference_urls=["https://aclanthology.org/2020.emnlp-main.213"],
        )

    @property
    def additive(self) -> bool:
        """False: the result has a score per row."""
        return False

    def stats(self, sources: Any, predictions: Any, references: Any) -> Rows:
        columns = {"sources": sources, "predictions": predictions, "references": references}
        return Rows.of({name: texts(values, name) for name, values in columns.items()}, self.info.features)

    def score(self, total: Rows, gpus: int | None = None, progress_bar: bool = False) -> dict[str, Any]:
        library = _optional.load("comet", extra="comet")
        if gpus is None:
            gpus = int(_optional.load("torch", extra="torch").cuda.is_available())
        name = self.config or DEFAULT_MODEL
        model = library.load_from_checkpoint(name if name.endswith(".ckpt") else library.download_model(name))
        sides = [list(total.column(column)) for column in ("sources", "predictions", "references")]
        data = [{"src": source, "mt": own, "ref": other} for source, own, other in zip(*sides, strict=True)]
        scores = [float(value) for value in model.predict(data, gpus=gpus, progress_bar=progress_bar).scores]
        return {"mean_score": math.fsum(scores) / len(scores), "scores": scores}
