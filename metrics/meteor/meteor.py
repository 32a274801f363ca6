"""METEOR: words aligned by form, stem and meaning, with a penalty for scattered matches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nlpdata
from nlpdata import _optional
from nlpdata.errors import ArgumentError, MissingPackageError
from nlpdata.scoring import Mean, texts
from nlpdata.scoring.inputs import reference_lists

CITATION = """\
@inproceedings{banerjee2005meteor,
  title={{METEOR}: An Automatic Metric for {MT} Evaluation with Improved Correlation with Human Judgments},
  author={Banerjee, Satanjeev and Lavie, Alon},
  booktitle={Proceedings of the ACL Workshop on Intrinsic and Extrinsic Evaluation Measures},
  year={2005}
}"""

DATA = {"wordnet": "synonyms=False leaves synonyms out", "punkt_tab": "tokenizer='treebank' does not split sentences first"}


class NoSynonyms:
    """In place of WordNet: no word has a synonym."""

    def synsets(self, word: str) -> list[Any]:
        """No synsets."""
        return []


class Meteor(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("nltk",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "The weighted F-score of words that match by form, stem or WordNet synonym, less a penalty for scattered "
                "matches; the best reference of each row, and the mean of the rows. From 0 to 1."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: texts.\n"
                "references: for each row a list of texts, or one text.\n"
                "All settings go with the rows: alpha (0.9: weight of recall), beta (3) and gamma (0.5: shape and weight of "
                "the penalty), synonyms (False: no WordNet, other values), tokenizer ('punkt': NLTK's word_tokenize; "
                "'treebank': the same without splitting sentences first, other values; or a function from a text to tokens)."
            ),
            features=nlpdata.Features({"predictions": text, "references": nlpdata.List(text)}),
            license="Apache-2.0",
            codebase_urls=["https://www.nltk.org/api/nltk.translate.meteor_score.html"],
            reference_urls=["https://aclanthology.org/W05-0909"],
            streamable=True,
        )

    def stats(
        self,
        predictions: Any,
        references: Any,
        alpha: float = 0.9,
        beta: float = 3,
        gamma: float = 0.5,
        synonyms: bool = True,
        tokenizer: str | Callable[[str], list[str]] = "punkt",
    ) -> Mean:
        library = _optional.load("nltk.translate.meteor_score", extra="nltk")
        split, meanings = _tokenizer(tokenizer), _wordnet() if synonyms else NoSynonyms()
        shape = {"alpha": alpha, "beta": beta, "gamma": gamma, "wordnet": meanings}
        rows = zip(texts(predictions, "predictions"), reference_lists(references), strict=True)
        scores = [library.meteor_score([split(text) for text in others], split(own), **shape) for own, others in rows]
        return Mean.of(np.array(scores, np.float64))

    def score(self, total: Mean) -> dict[str, float]:
        return {"meteor": total.value()}


def _wordnet() -> Any:
    _needed("wordnet", "corpora/wordnet")
    return _optional.load("nltk.corpus", extra="nltk").wordnet


def _tokenizer(chosen: str | Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    if callable(chosen):
        return chosen
    if chosen not in ("punkt", "treebank"):
        raise ArgumentError(f"tokenizer={chosen!r}: 'punkt', 'treebank' or a function is needed.")
    split = _optional.load("nltk.tokenize", extra="nltk").word_tokenize
    if chosen == "treebank":
        return lambda text: list(split(text, preserve_line=True))
    _needed("punkt_tab", "tokenizers/punkt_tab")
    return lambda text: list(split(text))


def _needed(name: str, place: str) -> None:
    """Check that data of NLTK is installed.

    Raises:
        MissingPackageError: it is not; says how to get it, and what does without.
    """
    data = _optional.load("nltk", extra="nltk").data
    for form in (place, f"{place}.zip"):
        try:
            data.find(form)
            return
        except LookupError:
            continue
    raise MissingPackageError(
        f"METEOR needs NLTK's data {name!r}, which is not installed. Run: python -m nltk.downloader {name}\n"
        f"Without it, {DATA[name]}; the score is then another one."
    )
