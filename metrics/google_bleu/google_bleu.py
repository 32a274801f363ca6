"""Google BLEU (GLEU): the smaller of precision and recall of all 1- to 4-grams."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError, FeatureError
from nlpdata.scoring import texts
from nlpdata.scoring.inputs import reference_lists
from nlpdata.scoring.load import part

CITATION = """\
@article{wu2016google,
  title={Google's Neural Machine Translation System: Bridging the Gap between Human and Machine Translation},
  author={Wu, Yonghui and Schuster, Mike and Chen, Zhifeng and Le, Quoc V. and Norouzi, Mohammad and others},
  journal={arXiv preprint arXiv:1609.08144},
  year={2016}
}"""


def grams(tokens: list[str], min_len: int, max_len: int) -> Counter[tuple[str, ...]]:
    """All n-grams from ``min_len`` to ``max_len`` tokens."""
    return Counter(tuple(tokens[i : i + n]) for n in range(min_len, max_len + 1) for i in range(len(tokens) - n + 1))


def matches(predicted: Counter[Any], references: list[Counter[Any]]) -> tuple[int, int]:
    """n-grams in both, and in the larger of both, for the reference where their ratio is best."""
    pairs = [((predicted & other).total(), max(predicted.total(), other.total())) for other in references]
    return max((pair for pair in pairs if pair[1]), key=lambda pair: pair[0] / pair[1], default=(0, 0))


class GoogleBleu(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description="The smaller of precision and recall of all 1- to 4-grams of a corpus, from 0 to 1.",
            citation=CITATION,
            inputs_description=(
                "predictions: texts, or lists of tokens.\n"
                "references: for each row a list of texts, or one text; lists of token lists where predictions are tokens.\n"
                "All settings go with the rows: tokenizer (a function from a text to its tokens; default is mteval-v13a), "
                "min_len (1) and max_len (4) of the n-grams."
            ),
            features=nlpdata.Features({"predictions": text, "references": nlpdata.List(text)}),
            codebase_urls=["https://www.nltk.org/api/nltk.translate.gleu_score.html"],
            reference_urls=["https://arxiv.org/abs/1609.08144"],
            streamable=True,
        )

    def stats(
        self,
        predictions: Any,
        references: Any,
        tokenizer: Callable[[str], Any] | None = None,
        min_len: int = 1,
        max_len: int = 4,
    ) -> np.ndarray[Any, np.dtype[np.int64]]:
        if not 1 <= min_len <= max_len:
            raise ArgumentError(f"min_len={min_len}, max_len={max_len}: 1 <= min_len <= max_len is needed.")
        total = np.zeros(2, np.int64)
        for tokens, others in zip(*_tokens(predictions, references, tokenizer), strict=True):
            total += matches(grams(tokens, min_len, max_len), [grams(other, min_len, max_len) for other in others])
        return total

    def score(self, total: np.ndarray[Any, Any]) -> dict[str, float]:
        both, larger = total.tolist()
        return {"google_bleu": both / larger if larger else 0.0}


def _tokens(predictions: Any, references: Any, tokenizer: Callable[[str], Any] | None) -> Any:
    """Both sides as lists of tokens."""
    if isinstance(predictions, list) and predictions and not isinstance(predictions[0], str):
        sides = [texts(row, f"predictions[{i}]") for i, row in enumerate(predictions)]
        return sides, [reference_lists_of_tokens(row, f"references[{i}]") for i, row in enumerate(references)]
    split = tokenizer or part("bleu").tokenize
    rows = reference_lists(references)
    return [list(split(text)) for text in texts(predictions, "predictions")], [[list(split(t)) for t in row] for row in rows]


def reference_lists_of_tokens(row: Any, name: str) -> list[list[str]]:
    """The references of one row, each a list of tokens."""
    if isinstance(row, str) or not hasattr(row, "__len__") or not len(row):
        raise FeatureError(f"{name} is {row!r}; predictions are lists of tokens, so a list of such lists is needed.")
    return [texts(tokens, f"{name}[{i}]") for i, tokens in enumerate(row)]
