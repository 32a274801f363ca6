"""Answers compared as the SQuAD evaluation compares them, and rows that are dicts with an id.

Knows: how an answer is normalised (Rajpurkar et al., 2016) and how its tokens are matched; references in the forms of datasets
and of the JSON files; which prediction belongs to which reference. Does not know: metrics.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from nlpdata.errors import ArgumentError, RowError

T = TypeVar("T")
U = TypeVar("U")

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


def token_f1(guess: str, gold: str, empty_matches: bool = False) -> float:
    """Harmonic mean of precision and recall over the tokens of both, each as often as it occurs.

    Args:
        guess: the predicted answer.
        gold: the true one.
        empty_matches: whether two answers without tokens are the same (SQuAD 2.0) or have nothing in common (SQuAD 1.1).
    """
    guessed, wanted = normal(guess).split(), normal(gold).split()
    if empty_matches and not (guessed and wanted):
        return float(guessed == wanted)
    same = (Counter(guessed) & Counter(wanted)).total()
    if not same:
        return 0.0
    precision, recall = same / len(guessed), same / len(wanted)
    return 2 * precision * recall / (precision + recall)


def answers_of(row: int, value: Any, example: Any) -> tuple[str, list[str]]:
    """Id and true answers (maybe none) of a reference: texts in one dict, as datasets have them, or a dict per answer.

    Raises:
        RowError: it is not of the schema.
    """
    if isinstance(value, Mapping) and isinstance(value.get("id"), str):
        answers = value.get("answers")
        if isinstance(answers, Mapping):
            answers = answers.get("text")
        elif isinstance(answers, list | tuple):
            answers = [answer.get("text") if isinstance(answer, Mapping) else None for answer in answers]
        if (found := texts_of(answers)) is not None:
            return value["id"], found
    raise odd("references", row, value, example)


def texts_of(values: Any) -> list[str] | None:
    """A list of texts, or None if it is something else."""
    if isinstance(values, str | Mapping) or not hasattr(values, "__iter__"):
        return None
    listed = list(values)
    return listed if all(isinstance(text, str) for text in listed) else None


def matched(guesses: Sequence[tuple[str, T]], golds: Sequence[tuple[str, U]]) -> list[tuple[str, T, U]]:
    """Id, prediction and reference of each question: row by row where the ids agree, else by id; ordered as predicted.

    Raises:
        ArgumentError: an id on one side only, or twice where the order does not tell which is meant.
    """
    if all(guess[0] == gold[0] for guess, gold in zip(guesses, golds, strict=True)):
        return [(key, guess, gold) for (key, guess), (_, gold) in zip(guesses, golds, strict=True)]
    mine, theirs = dict(guesses), dict(golds)
    for keys, others, name, other in ((mine, theirs, "predictions", "references"), (theirs, mine, "references", "predictions")):
        if alone := [key for key in keys if key not in others]:
            raise ArgumentError(f"The id {alone[0]!r} is among the {name} and not among the {other} ({len(alone):,} such ids).")
    if len(mine) < len(guesses) or len(theirs) < len(golds):
        raise ArgumentError("An id occurs twice and the order of predictions and references differs. Give each id once.")
    return [(key, guess, theirs[key]) for key, guess in guesses]
