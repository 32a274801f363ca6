"""BLEURT: a model that learned how people judge sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nlpdata
from nlpdata import _optional
from nlpdata.errors import MissingPackageError, UnknownConfigError, unknown
from nlpdata.scoring import Rows, texts

CITATION = """\
@inproceedings{sellam2020bleurt,
  title={{BLEURT}: Learning Robust Metrics for Text Generation},
  author={Sellam, Thibault and Das, Dipanjan and Parikh, Ankur P.},
  booktitle={Proceedings of ACL},
  year={2020}
}"""

STORE = "https://storage.googleapis.com"
FIRST = ("bleurt-tiny-128", "bleurt-tiny-512", "bleurt-base-128", "bleurt-base-512", "bleurt-large-128", "bleurt-large-512")
SECOND = ("BLEURT-20-D3", "BLEURT-20-D6", "BLEURT-20-D12", "BLEURT-20")
CHECKPOINTS = {name: f"{STORE}/bleurt-oss/{name}.zip" for name in FIRST} | {
    name: f"{STORE}/bleurt-oss-21/{name}.zip" for name in SECOND
}
INSTALL = "pip install git+https://github.com/google-research/bleurt.git"


class Bleurt(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("bleurt",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description="For each row, the quality that a BLEURT model predicts for the prediction; higher is better.",
            citation=CITATION,
            inputs_description=(
                f"config_name: the checkpoint: {', '.join(CHECKPOINTS)}, or a folder with one. Default: bleurt-base-128.\n"
                "predictions, references: texts."
            ),
            features=nlpdata.Features({"predictions": text, "references": text}),
            homepage="https://github.com/google-research/bleurt",
            license="Apache-2.0",
            codebase_urls=["https://github.com/google-research/bleurt"],
            reference_urls=["https://aclanthology.org/2020.acl-main.704"],
        )

    @property
    def additive(self) -> bool:
        """False: the result is a score per row."""
        return False

    def stats(self, predictions: Any, references: Any) -> Rows:
        columns = {"predictions": texts(predictions, "predictions"), "references": texts(references, "references")}
        return Rows.of(columns, self.info.features)

    def score(self, total: Rows) -> dict[str, Any]:
        if not _optional.is_available("bleurt"):
            raise MissingPackageError(f"This needs the package 'bleurt', which is not installed. Run: {INSTALL}")
        scorer = _optional.load("bleurt.score").BleurtScorer(checkpoint(self.config or "bleurt-base-128"))
        own, others = list(total.column("predictions")), list(total.column("references"))
        return {"scores": [float(value) for value in scorer.score(references=others, candidates=own)]}


def checkpoint(name: str) -> str:
    """The folder of a checkpoint; a named one is downloaded once.

    Raises:
        UnknownConfigError: neither a name nor a folder.
    """
    if Path(name).is_dir():
        return name
    if name not in CHECKPOINTS:
        raise unknown(UnknownConfigError, "checkpoint of BLEURT named", name, CHECKPOINTS)
    from nlpdata.fetch.manager import DownloadManager

    folder = DownloadManager(dataset_name="bleurt").download_and_extract(CHECKPOINTS[name])
    return str(Path(folder, name))
