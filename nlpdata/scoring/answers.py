"""Answers compared as the SQuAD evaluation compares them, and rows that are dicts.

Knows: how an answer is normalised (Rajpurkar et al., 2016) and how its tokens are matched. Does not know: metrics.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from typing import Any

from nlpdata.errors import RowError

PUNCTUATION = str.maketrans("", "", string.punctuation)
ARTICLES = re.compile(r"\b(a|an|the)\b")


def as_rows(values: Any) -> list[Any]:
    """The rows as Python values, whatever they are held in."""
    return values.to_pylist() if hasattr(values, "to_pylist") else list(values)


def odd(name: str, row: int, value: Any, example: Any) -> RowError:
    """The error for a row that is not of the schema; shows the schema."""
    shown = repr(value) if len(repr(value)) < 200 else repr(value)[:200] + "..."
    return RowError(f"Row {row} of {name} must be like {example}; it is {shown}.", row=row, column=name, value=value)


def normal(text: str) -> str:
    """Lower case, without punctuation and articles, single spaces."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


def token_f1(guess: str, gold: str) -> float:
    """Harmonic mean of precision and recall over the tokens of both, each as often as it occurs."""
    guessed, wanted = normal(guess).split(), normal(gold).split()
    same = (Counter(guessed) & Counter(wanted)).total()
    if not same:
        return 0.0
    precision, recall = same / len(guessed), same / len(wanted)
    return 2 * precision * recall / (precision + recall)
