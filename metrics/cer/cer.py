"""Character error rate: the edits that turn the reference into what was recognized, for each of its characters."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import nlpdata
from nlpdata import _optional
from nlpdata.scoring import Rows, texts
from nlpdata.scoring.result import Rate

CITATION = """\
@inproceedings{morris2004wer,
  title={From {WER} and {RIL} to {MER} and {WIL}: improved evaluation measures for connected speech recognition},
  author={Morris, Andrew Cameron and Maier, Viktoria and Green, Phil},
  booktitle={Interspeech},
  year={2004}
}"""


def edits(predictions: list[str], references: list[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Characters substituted, deleted, inserted and right; runs of blanks count as one, at the ends as none."""
    library = _optional.load("jiwer", extra="jiwer")
    steps = [library.RemoveMultipleSpaces(), library.Strip(), library.ReduceToListOfListOfChars()]
    transform = library.Compose(steps)
    found = library.process_characters(references, predictions, transform, transform)
    return np.array([found.substitutions, found.deletions, found.insertions, found.hits], np.int64)


class Cer(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("jiwer",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "Characters substituted, deleted and inserted, over the characters of the references. 0 is best; it can exceed "
                "1. The result is a number."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: what was recognized, one text per row.\n"
                "references: what was said.\n"
                "concatenate_texts (with the rows): align all rows as one text, for other borders between rows on both sides; "
                "keeps the rows, and their order matters."
            ),
            features=nlpdata.Features({"predictions": text, "references": text}),
            homepage="https://github.com/jitsi/jiwer",
            license="Apache-2.0",
            codebase_urls=["https://github.com/jitsi/jiwer"],
            reference_urls=["https://en.wikipedia.org/wiki/Word_error_rate"],
            streamable=True,
        )

    @property
    def additive(self) -> bool:
        """Whether rows are aligned one by one; as one text they are kept."""
        return not self._options.get("concatenate_texts")

    def stats(self, predictions: Any, references: Any, concatenate_texts: bool = False) -> Any:
        own, others = texts(predictions, "predictions"), texts(references, "references")
        if concatenate_texts:
            return Rows.of({"predictions": own, "references": others}, self.info.features)
        return edits(own, others) if own else np.zeros(4, np.int64)

    def score(self, total: Any) -> dict[str, float]:
        if isinstance(total, Rows):
            joined = ["".join(_cleaned(total.column(side))) for side in ("predictions", "references")]
            total = edits([joined[0]], [joined[1]])
        substituted, deleted, inserted, right = total.tolist()
        wrong, characters = substituted + deleted + inserted, substituted + deleted + right
        return {"cer": wrong / characters if characters else (math.inf if wrong else 0.0)}

    def compute(self, **kwargs: Any) -> Any:
        """The character error rate as a number that also carries ``signature``; see :meth:`nlpdata.Metric.compute`."""
        return Rate.of(super().compute(**kwargs))


def _cleaned(rows: list[str]) -> list[str]:
    library = _optional.load("jiwer", extra="jiwer")
    cleaned: list[str] = library.Compose([library.RemoveMultipleSpaces(), library.Strip()])(list(rows))
    return cleaned
