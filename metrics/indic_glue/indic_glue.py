"""IndicGLUE: the scores that the tasks of the benchmark for Indian languages are reported with."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

import nlpdata
from nlpdata.errors import FeatureError, RowError
from nlpdata.scoring import Averaging, LabelCounts, Mean, Rows, agreement

Array: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

CITATION = """\
@inproceedings{kakwani2020indicnlpsuite,
  title={{IndicNLPSuite}: Monolingual Corpora, Evaluation Benchmarks and Pre-trained Multilingual Language Models for
         Indian Languages},
  author={Kakwani, Divyanshu and Kunchukuttan, Anoop and Golla, Satish and N.C., Gokul and Bhattacharyya, Avik
          and Khapra, Mitesh M. and Kumar, Pratyush},
  booktitle={Findings of EMNLP},
  year={2020}
}"""

VECTORS = "cvit-mkb-clsr"
NEAREST = 10
BLOCK_ROWS = 1024


class IndicGlue(nlpdata.Metric):
    VERSION = "1.0.0"
    CONFIGS = (
        "wnli",
        "copa",
        "sna",
        "csqa",
        "wstp",
        "inltkh",
        "bbca",
        VECTORS,
        "iitp-mr",
        "iitp-pr",
        "actsa-sc",
        "md",
        "wiki-ner",
    )

    def _info(self) -> nlpdata.MetricInfo:
        kind = nlpdata.Sequence(nlpdata.Value("float32")) if self.config_name == VECTORS else nlpdata.Value("int64")
        return nlpdata.MetricInfo(
            description=(
                "The scores of the IndicGLUE tasks. wiki-ner: accuracy and f1 of label 1; cvit-mkb-clsr: "
                "precision@10, the share of "
                "sentences whose translation is among the ten nearest; all others: accuracy."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions, references: labels; for cvit-mkb-clsr, a vector per sentence, in the two languages "
                "in the same order."
            ),
            features=nlpdata.Features({"predictions": kind, "references": kind}),
            homepage="https://indicnlp.ai4bharat.org/indic-glue/",
            streamable=self.additive,
        )

    @property
    def additive(self) -> bool:
        """True except for cvit-mkb-clsr, which looks for each sentence among all."""
        return self.config_name != VECTORS

    def stats(self, predictions: Any, references: Any) -> Any:
        if self.config_name == VECTORS:
            columns = {"predictions": vectors(predictions, "predictions"), "references": vectors(references, "references")}
            widths = {name: rows.shape[1] for name, rows in columns.items() if len(rows)}
            if len(set(widths.values())) > 1:
                raise FeatureError(f"Vectors of both sides must be of one length; it is {widths}.")
            number = nlpdata.Value("float64")
            schema = nlpdata.Features({"predictions": nlpdata.List(number), "references": nlpdata.List(number)})
            return Rows.of(columns, schema)
        if self.config_name == "wiki-ner":
            return LabelCounts.of(predictions, references)
        return Mean.of(agreement(predictions, references))

    def score(self, total: Any) -> dict[str, float]:
        if self.config_name == VECTORS:
            sides = (np.asarray(total.column(name), np.float64) for name in ("predictions", "references"))
            return {"precision@10": share_among_nearest(*sides)}
        if self.config_name == "wiki-ner":
            return {"accuracy": total.accuracy(), "f1": Averaging("binary").score(total, "f1")}
        return {"accuracy": total.value()}


def vectors(values: Any, name: str) -> Array:
    """One finite vector per row, all of one length.

    Raises:
        RowError: a row that is none.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    rows = list(values.to_pylist() if hasattr(values, "to_pylist") else values)
    arrays = []
    for row, value in enumerate(rows):
        try:
            array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        except ValueError:  # ragged
            array = np.empty(0, dtype=object)
        usable = array.ndim == 1 and array.dtype.kind in "iuf" and np.isfinite(array).all()
        if not usable or (arrays and array.shape != arrays[0].shape):
            length = f" {len(arrays[0])}" if arrays else ""
            message = f"Row {row} of {name} must be a vector of{length} finite numbers; it is {repr(value)[:200]}."
            raise RowError(message, row=row, column=name, value=value)
        arrays.append(array.astype(np.float64))
    return np.stack(arrays) if arrays else np.empty((0, 0))


def share_among_nearest(left: Array, right: Array) -> float:
    """How often the vector of the same row is among the nearest by cosine, after each side is centred.

    Of vectors equally near, those of earlier rows count as nearer. Time is the square of the rows, memory a block of them.
    """
    left, right = (unit(side - side.mean(axis=0)) for side in (left, right))
    rows, hits = np.arange(len(left)), 0
    for start in range(0, len(left), BLOCK_ROWS):
        near = left[start : start + BLOCK_ROWS] @ right.T
        block = rows[start : start + len(near), None]
        own = np.take_along_axis(near, block, axis=1)
        before = (near > own) | ((near == own) & (rows < block))
        hits += int(np.count_nonzero(before.sum(axis=1) < NEAREST))
    return hits / len(left)


def unit(vectors: Array) -> Array:
    """Vectors of length one; zero stays zero and is near to nothing."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1.0, lengths)
