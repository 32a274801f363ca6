"""ROUGE: overlap of n-grams and longest common subsequences, as in summaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import nlpdata
from nlpdata import _optional
from nlpdata.errors import ArgumentError, FeatureError
from nlpdata.scoring import Mean, texts

CITATION = """\
@inproceedings{lin2004rouge,
  title={{ROUGE}: A Package for Automatic Evaluation of Summaries},
  author={Lin, Chin-Yew},
  booktitle={Text Summarization Branches Out},
  year={2004}
}"""

TYPES = (*(f"rouge{n}" for n in range(1, 10)), "rougeL", "rougeLsum")
DEFAULT = ("rouge1", "rouge2", "rougeL", "rougeLsum")


def reference_lists(values: Any, name: str = "references") -> list[list[str]]:
    """One list of texts per row; a single text is a list of one."""
    rows = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    if not rows or isinstance(rows[0], str):
        return [[text] for text in texts(values, name)]
    lists = [texts(row, f"{name}[{i}]") for i, row in enumerate(rows)]
    if [] in lists:
        raise FeatureError(f"Row {lists.index([])} of {name} is an empty list; each row needs at least one text.")
    return lists


@dataclass(frozen=True)
class Tokenizer:
    """A function as rouge-score wants it."""

    tokenize: Callable[[str], list[str]]


class Rouge(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "The F-score of n-grams (rouge1, rouge2, ...), of the longest common subsequence (rougeL) and of that of each "
                "line (rougeLsum), for the best reference of each row; the mean of the rows, from 0 to 1."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: texts; for rougeLsum, a sentence per line.\n"
                "references: for each row a list of texts, or one text.\n"
                "All settings go with the rows: rouge_types (rouge1, rouge2, rougeL, rougeLsum; up to rouge9), use_aggregator "
                "(False: a list with the score of each row), use_stemmer (Porter's, for English), "
                "tokenizer (a function from a text to its tokens; by default words of a-z and 0-9, lower-cased)."
            ),
            features=nlpdata.Features({"predictions": text, "references": nlpdata.List(text)}),
            homepage="https://github.com/google-research/google-research/tree/master/rouge",
            license="Apache-2.0",
            reference_urls=["https://aclanthology.org/W04-1013"],
            streamable=True,
        )

    def stats(  # noqa: PLR0913 - the documented names
        self,
        predictions: Any,
        references: Any,
        rouge_types: Sequence[str] | None = None,
        use_aggregator: bool = True,
        use_stemmer: bool = False,
        tokenizer: Callable[[str], list[str]] | None = None,
    ) -> np.ndarray[Any, np.dtype[np.object_]]:
        """For each of TYPES the exact mean, or a tuple of scores; empty where it was not asked for."""
        chosen = list(DEFAULT if rouge_types is None else rouge_types)
        if unknown := [name for name in chosen if name not in TYPES]:
            raise ArgumentError(f"rouge_types has {unknown[0]!r}. Known: {', '.join(TYPES)}.")
        scorer = _optional.load("rouge_score.rouge_scorer", extra="rouge").RougeScorer(
            chosen, use_stemmer=use_stemmer, tokenizer=None if tokenizer is None else Tokenizer(tokenizer)
        )
        rows = zip(texts(predictions, "predictions"), reference_lists(references), strict=True)
        found = [scorer.score_multi(others, own) for own, others in rows]
        total = np.empty(len(TYPES), dtype=object)
        for place, name in enumerate(TYPES):
            scores = [row[name].fmeasure for row in found] if name in chosen else []
            total[place] = Mean.of(np.array(scores, np.float64)) if use_aggregator else tuple(map(float, scores))
        return total

    def score(self, total: np.ndarray[Any, Any]) -> dict[str, Any]:
        values = zip(TYPES, total, strict=True)
        if isinstance(total[0], tuple):
            return {name: list(scores) for name, scores in values if scores}
        return {name: mean.value() for name, mean in values if mean.weight}
