"""TER: the edits that turn a translation into its reference, for each word of the reference."""

from __future__ import annotations

from typing import Any

import numpy as np

import nlpdata
from nlpdata import _optional
from nlpdata.scoring import Mean, texts
from nlpdata.scoring.inputs import reference_lists, same_number

CITATION = """\
@inproceedings{snover2006study,
  title={A Study of Translation Edit Rate with Targeted Human Annotation},
  author={Snover, Matthew and Dorr, Bonnie and Schwartz, Rich and Micciulla, Linnea and Makhoul, John},
  booktitle={Proceedings of AMTA},
  year={2006}
}"""


class Ter(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("sacrebleu",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "Insertions, deletions, substitutions and shifts of phrases that turn the predictions into the nearest "
                "reference, per hundred words of the references. 0 is best; it can exceed 100."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: texts.\n"
                "references: for each row a list of texts, or one text; equally many in every row.\n"
                "All settings go with the rows: normalized (Tercom's tokenization), ignore_punct, "
                "support_zh_ja_chars (with one of these), case_sensitive."
            ),
            features=nlpdata.Features({"predictions": text, "references": nlpdata.List(text)}),
            homepage="https://github.com/mjpost/sacrebleu",
            license="Apache-2.0",
            codebase_urls=["https://github.com/mjpost/sacrebleu", "https://github.com/jhclark/tercom"],
            reference_urls=["https://aclanthology.org/2006.amta-papers.25"],
            streamable=True,
        )

    def stats(
        self,
        predictions: Any,
        references: Any,
        normalized: bool = False,
        ignore_punct: bool = False,
        support_zh_ja_chars: bool = False,
        case_sensitive: bool = False,
    ) -> np.ndarray[Any, np.dtype[np.object_]]:
        """Edits, and the lengths of the references (of a row: the mean over them)."""
        hypotheses, lists = texts(predictions, "predictions"), same_number(reference_lists(references))
        library = _optional.load("sacrebleu.metrics", extra="sacrebleu").TER(
            normalized=normalized,
            no_punct=ignore_punct,
            asian_support=support_zh_ja_chars,
            case_sensitive=case_sensitive,
        )
        found = [library.sentence_score(text, row) for text, row in zip(hypotheses, lists, strict=True)]
        pairs = ([score.num_edits for score in found], [score.ref_length for score in found])
        return np.array([Mean.of(np.array(each, np.float64)) for each in pairs], dtype=object)

    def score(self, total: np.ndarray[Any, Any]) -> dict[str, Any]:
        edits, length = int(total[0].sum()), total[1].sum()
        rate = edits / length if length else float(edits > 0)
        return {"score": 100 * rate, "num_edits": edits, "ref_length": length}
