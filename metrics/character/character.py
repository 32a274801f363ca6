"""CharacTER: translation edit rate on characters, with shifts of words."""

from __future__ import annotations

import math
import statistics
from typing import Any

import nlpdata
from nlpdata import _optional
from nlpdata.errors import ArgumentError, RowError
from nlpdata.scoring import Rows, texts
from nlpdata.scoring.inputs import reference_lists

CITATION = """\
@inproceedings{wang2016character,
  title={{C}harac{T}er: Translation Edit Rate on Character Level},
  author={Wang, Weiyue and Peter, Jan-Thorsten and Rosendahl, Hendrik and Ney, Hermann},
  booktitle={Proceedings of the First Conference on Machine Translation},
  year={2016}
}"""

AGGREGATES = {
    "mean": lambda scores: math.fsum(scores) / len(scores),
    "sum": math.fsum,
    "median": lambda scores: float(statistics.median(scores)),
}


class Character(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("cer",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "Edits of characters and shifts of words that turn the prediction into its nearest reference, over the length "
                "of the prediction; at most 1, 0 is best. The scores of all rows are kept."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: texts; split at blanks.\n"
                "references: for each row a list of texts, or one text.\n"
                "aggregate: 'mean' (default), 'sum' or 'median' of the rows.\n"
                "return_all_scores: add 'cer_scores', the score of each row."
            ),
            features=nlpdata.Features({"predictions": text, "references": nlpdata.List(text)}),
            license="GPL-3.0",
            codebase_urls=["https://github.com/rwth-i6/CharacTER", "https://github.com/bramvanroy/CharacTER"],
            reference_urls=["https://aclanthology.org/W16-2342"],
        )

    @property
    def additive(self) -> bool:
        """False: a median needs all rows."""
        return False

    def stats(self, predictions: Any, references: Any) -> Rows:
        distance = _optional.load("cer", extra="character").calculate_cer
        rows = zip(texts(predictions, "predictions"), _words(reference_lists(references)), strict=True)
        return Rows.of_numbers(
            cer_scores=[float(min(distance(own.split(), other) for other in others)) for own, others in rows]
        )

    def score(self, total: Rows, aggregate: str = "mean", return_all_scores: bool = False) -> dict[str, Any]:
        if aggregate not in AGGREGATES:
            raise ArgumentError(f"aggregate={aggregate!r} is unknown. Known: {', '.join(AGGREGATES)}.")
        scores = list(total.column("cer_scores"))
        every = {"cer_scores": scores} if return_all_scores else {}
        return {"cer_score": AGGREGATES[aggregate](scores), **every}


def _words(rows: list[list[str]]) -> list[list[list[str]]]:
    """The words of each reference.

    Raises:
        RowError: a reference has none, so that no rate is defined.
    """
    found = [[text.split() for text in row] for row in rows]
    for place, row in enumerate(found):
        if [] in row:
            problem = "has a reference without words; CharacTER divides by their number"
            raise RowError(f"Row {place} of references {problem}.", row=place, column="references", value=rows[place])
    return found
