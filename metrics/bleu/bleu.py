"""BLEU: how many n-grams of a translation occur in its references."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable
from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError, FeatureError
from nlpdata.scoring import texts
from nlpdata.scoring.inputs import reference_lists

from .ngrams import match_counts

CITATION = """\
@inproceedings{papineni2002bleu,
  title={{BLEU}: a Method for Automatic Evaluation of Machine Translation},
  author={Papineni, Kishore and Roukos, Salim and Ward, Todd and Zhu, Wei-Jing},
  booktitle={Proceedings of ACL},
  year={2002}
}"""

ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
ALONE = str.maketrans({mark: f" {mark} " for mark in string.punctuation if mark not in "',-."})
AFTER_NO_DIGIT = re.compile(r"([^0-9])([.,])")
BEFORE_NO_DIGIT = re.compile(r"([.,])([^0-9])")
DASH = re.compile(r"([0-9])(-)")


def tokenize_13a(text: str) -> list[str]:
    """Tokens as NIST's mteval-v13a makes them, which WMT and sacreBLEU score with."""
    line = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    if "&" in line:
        for name, mark in ENTITIES:
            line = line.replace(name, mark)
    line = f" {line} ".translate(ALONE)
    if "." in line or "," in line:
        line = BEFORE_NO_DIGIT.sub(r" \1 \2", AFTER_NO_DIGIT.sub(r"\1 \2 ", line))
    return (DASH.sub(r"\1 \2 ", line) if "-" in line else line).split()


class Bleu(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "The geometric mean of the shares of 1- to 4-grams that occur in a reference, times a penalty for brevity; "
                "of a whole corpus, from 0 to 1."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: texts, or lists of tokens.\n"
                "references: for each row a list of texts, or one text; lists of token lists where predictions are tokens.\n"
                "tokenizer (with the rows): a function from a text to its tokens; default is mteval-v13a.\n"
                "max_order (with the rows): the longest n-grams, 4.\n"
                "smooth: add one to matches and n-grams of every order (Lin and Och, 2004)."
            ),
            features=nlpdata.Features({"predictions": text, "references": nlpdata.List(text)}),
            reference_urls=["https://aclanthology.org/P02-1040"],
            streamable=True,
        )

    @staticmethod
    def tokenize(text: str) -> list[str]:
        """Tokens as this metric makes them by default."""
        return tokenize_13a(text)

    def stats(
        self, predictions: Any, references: Any, tokenizer: Callable[[str], Any] | None = None, max_order: int = 4
    ) -> np.ndarray[Any, np.dtype[np.int64]]:
        if max_order < 1:
            raise ArgumentError(f"max_order={max_order}: the longest n-grams have at least one token.")
        if len(predictions) and not isinstance(predictions[0], str) and isinstance(predictions, list):
            return match_counts(*_pretokenized(predictions, references), max_order)
        split = tokenize_13a if tokenizer is None else _splitter(tokenizer)
        sides = texts(predictions, "predictions"), reference_lists(references)
        return match_counts([split(t) for t in sides[0]], [[split(t) for t in row] for row in sides[1]], max_order)

    def score(self, total: np.ndarray[Any, Any], smooth: bool = False) -> dict[str, Any]:
        orders = (len(total) - 3) // 2
        length, shortest, matches, possible = int(total[0]), int(total[1]), total[3 : 3 + orders], total[3 + orders :]
        plus = 1 if smooth else 0
        precisions = [(int(m) + plus) / (int(p) + plus) if p + plus else 0.0 for m, p in zip(matches, possible, strict=True)]
        mean = math.exp(sum(math.log(p) for p in precisions) / orders) if min(precisions) > 0 else 0.0
        ratio = length / shortest if shortest else (math.inf if length else math.nan)
        penalty = 1.0 if ratio > 1 else (math.exp(1 - 1 / ratio) if length else 0.0)
        return {
            "bleu": mean * penalty,
            "precisions": precisions,
            "brevity_penalty": penalty,
            "length_ratio": ratio,
            "translation_length": length,
            "reference_length": shortest,
        }


def _splitter(tokenizer: Callable[[str], Any]) -> Callable[[str], list[str]]:
    """The tokenizer, whether it gives a list of tokens or a text with blanks between them."""

    def split(text: str) -> list[str]:
        tokens = tokenizer(text)
        return tokens.split() if isinstance(tokens, str) else list(tokens)

    return split


def _pretokenized(predictions: list[Any], references: Any) -> tuple[list[list[str]], list[list[list[str]]]]:
    tokens = [texts(row, f"predictions[{i}]") for i, row in enumerate(predictions)]
    return tokens, [reference_lists_of_tokens(row, f"references[{i}]") for i, row in enumerate(references)]


def reference_lists_of_tokens(row: Any, name: str) -> list[list[str]]:
    """The references of one row, each a list of tokens."""
    if isinstance(row, str) or not hasattr(row, "__len__") or not len(row):
        raise FeatureError(f"{name} is {row!r}; predictions are lists of tokens, so a list of such lists is needed.")
    return [texts(tokens, f"{name}[{i}]") for i, tokens in enumerate(row)]
