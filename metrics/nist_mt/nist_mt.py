"""NIST: n-gram precision where rare n-grams count more."""

from __future__ import annotations

import re
import string
from typing import Any

import nlpdata
from nlpdata import _optional
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Rows, texts
from nlpdata.scoring.inputs import reference_lists

CITATION = """\
@inproceedings{doddington2002automatic,
  title={Automatic Evaluation of Machine Translation Quality Using N-gram Co-Occurrence Statistics},
  author={Doddington, George},
  booktitle={Proceedings of the Second International Conference on Human Language Technology Research},
  year={2002}
}"""

ALONE = str.maketrans({mark: f" {mark} " for mark in string.punctuation if mark not in "',-."})
RULES = (
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
FEATURES = nlpdata.Features(
    {"predictions": nlpdata.Value("string"), "references": nlpdata.List(nlpdata.Value("string"))},
)


def tokenize(text: str, lowercase: bool, western_lang: bool) -> str:
    """Tokens with blanks between them, as NLTK's NISTTokenizer makes them (which needs data to be imported)."""
    text = _optional.load("nltk.tokenize.util", extra="nltk").xml_unescape(text.replace("<skipped>", "")).replace("\u2028", " ")
    if western_lang:
        text = f" {text} "
        text = (text.lower() if lowercase else text).translate(ALONE)
        for pattern, with_blanks in RULES:
            text = pattern.sub(with_blanks, text)
    return " ".join(text.split())


class NistMt(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("nltk",)

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(
            description=(
                "The precision of 1- to 5-grams, each weighted by the information it carries among the references, times a "
                "penalty for brevity. From 0, without an upper limit; the weights need all rows, which are kept."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: texts.\n"
                "references: for each row a list of texts, or one text.\n"
                "lowercase, western_lang (with the rows): tokenization; lowercase works on western languages only.\n"
                "n: the longest n-grams, 5."
            ),
            features=FEATURES,
            license="Apache-2.0",
            codebase_urls=["https://www.nltk.org/api/nltk.translate.nist_score.html"],
            reference_urls=["https://dl.acm.org/doi/10.5555/1289189.1289273"],
        )

    @property
    def additive(self) -> bool:
        """False: what an n-gram weighs follows from all references."""
        return False

    def stats(self, predictions: Any, references: Any, lowercase: bool = False, western_lang: bool = True) -> Rows:
        lists = reference_lists(references)
        columns = {
            "predictions": [tokenize(text, lowercase, western_lang) for text in texts(predictions, "predictions")],
            "references": [[tokenize(text, lowercase, western_lang) for text in row] for row in lists],
        }
        return Rows.of(columns, FEATURES)

    def score(self, total: Rows, n: int = 5) -> dict[str, float]:
        corpus_nist = _optional.load("nltk.translate.nist_score", extra="nltk").corpus_nist
        # Sorted, so that the rounding of its sums does not depend on the order of the rows.
        rows = sorted(zip(total.column("predictions"), map(list, total.column("references")), strict=True))
        hypotheses = [text.split() for text, _ in rows]
        try:
            value = corpus_nist([[text.split() for text in row] for _, row in rows], hypotheses, n=n)
        except ZeroDivisionError:
            longest = max(map(len, hypotheses))
            raise ArgumentError(
                f"n={n}: NIST needs predictions of at least {n} tokens and references that are not empty; the longest "
                f"prediction has {longest}. Give a smaller n."
            ) from None
        return {"nist_mt": float(value)}
