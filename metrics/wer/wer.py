"""Word error rate: the edits that turn the reference into what was recognized, for each of its words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import nlpdata
from nlpdata import _optional
from nlpdata.scoring import texts
from nlpdata.scoring.result import Rate

CITATION = """\
@inproceedings{morris2004wer,
  title={From {WER} and {RIL} to {MER} and {WIL}: improved evaluation measures for connected speech recognition},
  author={Morris, Andrew Cameron and Maier, Viktoria and Green, Phil},
  booktitle={Interspeech},
  year={2004}
}"""


class Wer(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("jiwer",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "Words substituted, deleted and inserted, over the words of the references. 0 is best; it can exceed 1. "
                "The result is a number."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: what was recognized, one text per row.\n"
                "references: what was said.\n"
                "concatenate_texts: accepted; words are aligned row by row either way, so that nothing depends on it."
            ),
            features=nlpdata.Features({"predictions": text, "references": text}),
            homepage="https://github.com/jitsi/jiwer",
            license="Apache-2.0",
            codebase_urls=["https://github.com/jitsi/jiwer"],
            reference_urls=["https://en.wikipedia.org/wiki/Word_error_rate"],
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Words substituted, deleted, inserted and right."""
        own, others = texts(predictions, "predictions"), texts(references, "references")
        if not own:
            return np.zeros(4, np.int64)
        found = _optional.load("jiwer", extra="jiwer").process_words(others, own)
        return np.array([found.substitutions, found.deletions, found.insertions, found.hits], np.int64)

    def score(self, total: np.ndarray[Any, Any], concatenate_texts: bool = False) -> dict[str, float]:
        substituted, deleted, inserted, right = total.tolist()
        wrong, words = substituted + deleted + inserted, substituted + deleted + right
        return {"wer": wrong / words if words else (math.inf if wrong else 0.0)}

    def compute(self, **kwargs: Any) -> Any:
        """The word error rate as a number that also carries ``signature``; see :meth:`nlpdata.Metric.compute`."""
        return Rate.of(super().compute(**kwargs))
