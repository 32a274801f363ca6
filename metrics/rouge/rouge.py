"""ROUGE: overlap of n-grams and longest common subsequences, as in summaries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import nlpdata
from nlpdata import _optional
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Mean, texts
from nlpdata.scoring.inputs import reference_lists

CITATION = """\
@inproceedings{lin2004rouge,
  title={{ROUGE}: A Package for Automatic Evaluation of Summaries},
  author={Lin, Chin-Yew},
  booktitle={Text Summarization Branches Out},
  year={2004}
}"""

TYPES = (*(f"rouge{n}" for n in range(1, 10)), "rougeL", "rougeLsum")
DEFAULT = ("rouge1", "rouge2", "rougeL", "rougeLsum")


@dataclass(frozen=True)
class Scores:
    """For each type of ROUGE the exact mean of the rows, or a tuple of their scores."""

    values: dict[str, Any]

    def __add__(self, other: Scores) -> Scores:
        return Scores({name: value + other.values[name] for name, value in self.values.items()})


@dataclass(frozen=True)
class Tokenizer:
    """A function as rouge-score wants it."""

    tokenize: Callable[[str], list[str]]


class Rouge(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("rouge-score",)

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

    def stats(
        self,
        predictions: Any,
        references: Any,
        rouge_types: Sequence[str] | None = None,
        use_aggregator: bool = True,
        use_stemmer: bool = False,
        tokenizer: Callable[[str], list[str]] | None = None,
    ) -> Scores:
        chosen = list(DEFAULT if rouge_types is None else rouge_types)
        if unknown := [name for name in chosen if name not in TYPES]:
            raise ArgumentError(f"rouge_types has {unknown[0]!r}. Known: {', '.join(TYPES)}.")
        scorer = _optional.load("rouge_score.rouge_scorer", extra="rouge").RougeScorer(
            chosen, use_stemmer=use_stemmer, tokenizer=None if tokenizer is None else Tokenizer(tokenizer)
        )
        rows = zip(texts(predictions, "predictions"), reference_lists(references), strict=True)
        found = [scorer.score_multi(others, own) for own, others in rows]
        each = {name: [float(row[name].fmeasure) for row in found] for name in chosen}
        if not use_aggregator:
            return Scores({name: tuple(scores) for name, scores in each.items()})
        return Scores({name: Mean.of(np.array(scores, np.float64)) for name, scores in each.items()})

    def score(self, total: Scores) -> dict[str, Any]:
        return {name: list(v) if isinstance(v, tuple) else v.value() for name, v in total.values.items()}
