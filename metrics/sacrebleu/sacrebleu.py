"""BLEU with the tokenization and smoothing of sacreBLEU, and its signature."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

import nlpdata
from nlpdata import _optional
from nlpdata.errors import ArgumentError
from nlpdata.scoring import texts
from nlpdata.scoring.inputs import reference_lists, same_number
from nlpdata.scoring.load import part

CITATION = """\
@inproceedings{post2018call,
  title={A Call for Clarity in Reporting {BLEU} Scores},
  author={Post, Matt},
  booktitle={Proceedings of the Third Conference on Machine Translation},
  year={2018}
}"""


class Sacrebleu(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("sacrebleu",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description="BLEU of a corpus as sacreBLEU computes it, from 0 to 100; to be reported with its signature.",
            citation=CITATION,
            inputs_description=(
                "predictions: texts, not tokenized.\n"
                "references: for each row a list of texts, or one text; equally many in every row.\n"
                "lowercase, tokenize (with the rows): sacreBLEU's '13a' (default), 'intl', 'zh', 'char', 'none', ....\n"
                "force (with the rows): do not warn of text that looks tokenized.\n"
                "smooth_method: 'exp' (default), 'floor', 'add-k', 'none'; smooth_value: its parameter.\n"
                "use_effective_order: leave out orders that have no n-grams; for single sentences."
            ),
            features=nlpdata.Features({"predictions": text, "references": nlpdata.List(text)}),
            homepage="https://github.com/mjpost/sacrebleu",
            license="Apache-2.0",
            codebase_urls=["https://github.com/mjpost/sacrebleu"],
            reference_urls=["https://aclanthology.org/W18-6319"],
            streamable=True,
        )

    def stats(
        self, predictions: Any, references: Any, lowercase: bool = False, tokenize: str | None = None, force: bool = False
    ) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The counts, then rows, references and squares of references per row (for ``nrefs`` of the signature)."""
        hypotheses, lists = texts(predictions, "predictions"), same_number(reference_lists(references))
        sizes = np.array([len(row) for row in lists], np.int64)
        if not force:
            _warn_of_tokens(hypotheses)
        bleu = part("bleu")
        library = self._library(lowercase=lowercase, tokenize=tokenize).tokenizer
        tokenizer = bleu.tokenize if library.signature() == "13a" else library  # the same tokens, in half the time

        def prepared(text: str) -> Any:
            return tokenizer((text.lower() if lowercase else text).rstrip())

        counts = bleu.stats(hypotheses, lists, tokenizer=prepared)
        return np.concatenate([counts, [len(sizes), sizes.sum(), (sizes * sizes).sum()]])

    def score(
        self,
        total: np.ndarray[Any, Any],
        smooth_method: str = "exp",
        smooth_value: float | None = None,
        use_effective_order: bool = False,
    ) -> dict[str, Any]:
        known = _optional.load("sacrebleu.metrics", extra="sacrebleu").BLEU
        if smooth_method not in known.SMOOTH_DEFAULTS:
            raise ArgumentError(f"There is no smooth_method={smooth_method!r}. Known: {', '.join(known.SMOOTH_DEFAULTS)}.")
        found = known.compute_bleu(
            correct=total[3:7].tolist(),
            total=total[7:11].tolist(),
            sys_len=int(total[0]),
            ref_len=int(total[2]),
            smooth_method=smooth_method,
            smooth_value=smooth_value,
            effective_order=use_effective_order,
        )
        names = ("score", "counts", "totals", "precisions", "bp", "sys_len", "ref_len")
        return {name: getattr(found, name) for name in names}

    def _library(self, **arguments: Any) -> Any:
        """SacreBLEU's own metric with these arguments.

        Raises:
            ArgumentError: no such tokenizer, or one whose package is missing.
        """
        kind = _optional.load("sacrebleu.metrics", extra="sacrebleu").BLEU
        name = arguments.get("tokenize")
        if name is not None and name not in kind.TOKENIZERS:
            raise ArgumentError(f"There is no tokenize={name!r} in sacreBLEU. Known: {', '.join(kind.TOKENIZERS)}.")
        return kind(**arguments)

    def scored(self, state: Any, parameters: Any = None, asked: Any = None) -> Any:
        """As every metric; the parameter ``sacrebleu`` of the signature is the one sacreBLEU asks to be reported."""
        result = super().scored(state, parameters, asked)
        chosen = dict(result.signature.parameters)
        library = self._library(
            lowercase=chosen["lowercase"] == "True",
            tokenize=None if chosen["tokenize"] == "None" else chosen["tokenize"],
            smooth_method=chosen["smooth_method"],
            smooth_value=None if chosen["smooth_value"] == "None" else float(chosen["smooth_value"]),
            effective_order=chosen["use_effective_order"] == "True",
        )
        rows, references, squares = (int(value) for value in state.total[11:])
        library.num_refs = references // rows if rows * squares == references**2 else -1  # -1: not always the same
        pairs = (*result.signature.parameters, ("sacrebleu", str(library.get_signature())))
        result.signature = replace(result.signature, parameters=tuple(sorted(pairs)))
        return result


def _warn_of_tokens(hypotheses: list[str]) -> None:
    """SacreBLEU's test of tokenized input: a hundred lines that end in a blank and a period."""
    if sum(text.rstrip().endswith(" .") for text in hypotheses) >= 100:
        from nlpdata._report import warn_once

        warn_once(
            "100 or more predictions end in ' .', as tokenized text does. sacreBLEU scores are comparable only of plain text; "
            "force=True says that this is meant."
        )
