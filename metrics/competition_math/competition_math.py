"""Answers to the problems of MATH: whether two answers in LaTeX are the same after normalisation (Hendrycks et al., 2021)."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import nlpdata
from nlpdata.scoring import Mean, texts

CITATION = """\
@article{hendrycks2021measuring,
  title={Measuring Mathematical Problem Solving With the {MATH} Dataset},
  author={Hendrycks, Dan and Burns, Collin and Kadavath, Saurav and Arora, Akul and Basart, Steven and Tang, Eric and Song, Dawn
          and Steinhardt, Jacob},
  journal={arXiv preprint arXiv:2103.03874},
  year={2021}
}"""

# Without effect on the value, in this order: line breaks, thin negative spaces, doubled backslashes, sizes of fractions and of
# brackets, degrees, currency.
PLAIN = (
    ("\n", ""),
    (r"\!", ""),
    ("\\\\", "\\"),
    (r"\tfrac", r"\frac"),
    (r"\dfrac", r"\frac"),
    (r"\left", ""),
    (r"\right", ""),
    (r"^{\circ}", ""),
    (r"^\circ", ""),
    (r"\$", ""),
)
QUOTIENT = re.compile(r"(-?(?:0|[1-9][0-9]*))/(-?(?:0|[1-9][0-9]*))")


class CompetitionMath(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description="The share of answers that equal their reference after the normalisation of MATH, from 0 to 1.",
            citation=CITATION,
            inputs_description="predictions, references: final answers in LaTeX, such as '\\\\frac{1}{2}' or '1/2'.",
            features=nlpdata.Features({"predictions": text, "references": text}),
            homepage="https://github.com/hendrycks/math",
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> Mean:
        sides = (texts(predictions, "predictions"), texts(references, "references"))
        return Mean.of(np.array([normal(left) == normal(right) for left, right in zip(*sides, strict=True)], dtype=bool))

    def score(self, total: Mean) -> dict[str, float]:
        return {"accuracy": total.value()}


def normal(answer: str) -> str:
    r"""The form in which answers are compared.

    Units after a number are dropped, percent signs and spaces as well; ``.5`` is ``0.5``, ``k = 7`` is ``7``, ``\sqrt3`` is
    ``\sqrt{3}``, ``\frac12`` and ``1/2`` and ``0.5`` are ``\frac{1}{2}``.
    """
    for written, meant in PLAIN:
        answer = answer.replace(written, meant)
    answer = answer.partition(r"\text{ ")[0]  # units: "5 \text{ miles}"
    answer = answer.replace(r"\%", "").replace(" .", " 0.").replace("{.", "{0.")
    if answer.startswith("."):
        answer = "0" + answer
    left, equals, right = answer.partition("=")
    if equals and len(left) <= 2 and "=" not in right:  # "k = 7"
        answer = right
    answer = re.sub(r"\\sqrt([^{])", r"\\sqrt{\1}", answer).replace(" ", "")
    answer = with_braces(answer)
    if answer == "0.5":
        return r"\frac{1}{2}"
    if quotient := QUOTIENT.fullmatch(answer):
        return rf"\frac{{{quotient[1]}}}{{{quotient[2]}}}"
    return answer


def with_braces(answer: str) -> str:
    r"""``\frac12`` and ``\frac1{2}`` as ``\frac{1}{2}``; as it is where a fraction has no denominator."""
    before, *fractions = answer.split(r"\frac")
    if any(len(rest) < 2 and not rest.startswith("{") for rest in fractions):
        return answer
    return before + "".join(r"\frac" + re.sub(r"^([^{])(\{|.?)", _braced, rest, flags=re.DOTALL) for rest in fractions)


def _braced(match: re.Match[str]) -> str:
    numerator, denominator = match.groups()
    return f"{{{numerator}}}" + (denominator if denominator == "{" else f"{{{denominator}}}")
