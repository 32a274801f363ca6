"""UD parsing: the scores of the CoNLL 2018 shared task, from tokens to BLEX (Zeman et al., 2018).

Written from https://universaldependencies.org/conll18/evaluation.html. Words are aligned by the characters they stand for, so
that a parser may have its own tokens and sentences; all counts add up over texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np

import nlpdata
from nlpdata.errors import RowError
from nlpdata.scoring.answers import as_rows

from .conllu import CONTENT, FUNCTIONAL, OddLine, Text, Word, read

CITATION = """\
@inproceedings{zeman2018conll,
  title={{CoNLL} 2018 Shared Task: Multilingual Parsing from Raw Text to Universal Dependencies},
  author={Zeman, Daniel and Haji{\\v{c}}, Jan and Popel, Martin and Potthast, Martin and Straka, Milan and Ginter, Filip and
          Nivre, Joakim and Petrov, Slav},
  booktitle={Proceedings of the CoNLL 2018 Shared Task},
  year={2018}
}"""

EXAMPLE = "1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t_\t_\n2\tbark\tbark\tVERB\tVBP\t_\t0\troot\t_\t_\n"
SPANS = ("Tokens", "Sentences", "Words")
ALL = ("UPOS", "XPOS", "UFeats", "AllTags", "Lemmas", "UAS", "LAS")
OF_CONTENT = ("CLAS", "MLAS", "BLEX")
NAMES = (*SPANS, *ALL, *OF_CONTENT)

Counts: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"
Pairs: TypeAlias = list[tuple[int, int]]


class UdEval(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "F1, precision, recall and accuracy on aligned words (0 to 1) of tokens, sentences, words, tags, features, "
                "lemmas and dependencies (UAS, LAS, CLAS, MLAS, BLEX), as in the CoNLL 2018 shared task."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions, references: a text in CoNLL-U per row, of one or more sentences, or a list of its lines. "
                f"Both have the same characters but for whitespace. Such as {EXAMPLE!r}."
            ),
            features=nlpdata.Features({"predictions": text, "references": text}),
            homepage="https://universaldependencies.org/conll18/evaluation.html",
            reference_urls=["https://aclanthology.org/K18-2001"],
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> Counts:
        """Per score: correct, predicted, true, and aligned."""
        total = np.zeros((len(NAMES), 4), np.int64)
        for row, (guess, truth) in enumerate(zip(as_rows(predictions), as_rows(references), strict=True)):
            sides = read_row(row, guess, "predictions"), read_row(row, truth, "references")
            check_characters(row, *sides)
            total += counted(*sides)
        return total

    def score(self, total: Counts) -> dict[str, float]:
        result: dict[str, float] = {}
        for name, (correct, predicted, true, aligned) in zip(NAMES, total.tolist(), strict=True):
            result[name] = 2 * correct / (predicted + true) if predicted + true else 0.0
            result[f"{name}/precision"] = correct / predicted if predicted else 0.0
            result[f"{name}/recall"] = correct / true if true else 0.0
            if name not in SPANS:
                result[f"{name}/aligned_accuracy"] = correct / aligned if aligned else 0.0
        return result


def read_row(row: int, value: Any, name: str) -> Text:
    """One side of a row.

    Raises:
        RowError: no CoNLL-U text; says why.
    """
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list | tuple | np.ndarray) or not all(isinstance(line, str) for line in lines):
        message = f"Row {row} of {name} must be CoNLL-U text, such as {EXAMPLE!r}; it is {repr(value)[:200]}."
        raise RowError(message, row=row, column=name, value=value)
    try:
        return read(lines)
    except OddLine as odd:
        raise RowError(f"Row {row} of {name} is no CoNLL-U text: {odd}.", row=row, column=name, value=value) from None


def check_characters(row: int, guess: Text, truth: Text) -> None:
    """Raises RowError where both sides do not have the same characters."""
    mine, theirs = guess.characters, truth.characters
    if mine == theirs:
        return
    at = next((i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), min(len(mine), len(theirs)))
    message = (
        f"Row {row} of predictions has other characters than its reference, from {mine[at : at + 20]!r} on where that has "
        f"{theirs[at : at + 20]!r}; only whitespace may differ."
    )
    raise RowError(message, row=row, column="predictions", value=mine[at : at + 20])


def counted(guess: Text, truth: Text) -> Counts:
    """Correct, predicted, true and aligned for each of NAMES."""
    pairs = list(aligned(guess.words, truth.words))
    rows = [
        (len(set(guess.tokens) & set(truth.tokens)), len(guess.tokens), len(truth.tokens), 0),
        (len(set(guess.sentences) & set(truth.sentences)), len(guess.sentences), len(truth.sentences), 0),
        (len(pairs), len(guess.words), len(truth.words), 0),
    ]
    rows += [(n, len(guess.words), len(truth.words), len(pairs)) for n in judged(guess.words, truth.words, pairs).values()]
    content = [(here, there) for here, there in pairs if truth.words[there].deprel in CONTENT]
    predicted, true = (sum(word.deprel in CONTENT for word in side.words) for side in (guess, truth))
    rows += [(n, predicted, true, len(content)) for n in judged_content(guess.words, truth.words, pairs, content).values()]
    return np.array(rows, np.int64)


def judged(guess: tuple[Word, ...], truth: tuple[Word, ...], pairs: Pairs) -> dict[str, int]:
    """How many aligned words are right, for each of ALL."""
    place_in_truth = {-1: -1, **dict(pairs)}
    right = dict.fromkeys(ALL, 0)
    for mine, theirs in ((guess[here], truth[there]) for here, there in pairs):
        tags = mine.upos == theirs.upos, mine.xpos == theirs.xpos, mine.feats == theirs.feats
        head = place_in_truth.get(mine.head) == theirs.head
        verdicts = (*tags, all(tags), same_lemma(mine, theirs), head, head and mine.deprel == theirs.deprel)
        for name, verdict in zip(ALL, verdicts, strict=True):
            right[name] += verdict
    return right


def judged_content(guess: tuple[Word, ...], truth: tuple[Word, ...], pairs: Pairs, content: Pairs) -> dict[str, int]:
    """How many of the aligned content words are right, for each of OF_CONTENT."""
    place_in_truth = {-1: -1, **dict(pairs)}
    attached = [
        (here, there)
        for here, there in content
        if place_in_truth.get(guess[here].head) == truth[there].head and guess[here].deprel == truth[there].deprel
    ]
    mine = functional(guess, lambda place: place_in_truth.get(place))
    theirs = functional(truth, lambda place: place)
    morphology = sum(
        (guess[here].upos, guess[here].feats, mine.get(here)) == (truth[there].upos, truth[there].feats, theirs.get(there))
        for here, there in attached
    )
    return {
        "CLAS": len(attached),
        "MLAS": morphology,
        "BLEX": sum(same_lemma(guess[here], truth[there]) for here, there in attached),
    }


def functional(words: tuple[Word, ...], place_in_truth: Callable[[int], int | None]) -> dict[int, list[Any]]:
    """Per word, its function words: where they are in the truth, with relation, tag and features."""
    children: dict[int, list[Any]] = {}
    for place, word in enumerate(words):
        if word.deprel in FUNCTIONAL:
            children.setdefault(word.head, []).append((place_in_truth(place), word.deprel, word.upos, word.feats))
    return children


def same_lemma(guess: Word, truth: Word) -> bool:
    """Whether the lemma is right; any is, where the truth has none."""
    return truth.lemma == "_" or guess.lemma == truth.lemma


def aligned(guess: tuple[Word, ...], truth: tuple[Word, ...]) -> Iterator[tuple[int, int]]:
    """Places of words that are the same: of equal characters, and inside multi-word tokens by the forms of the words."""
    here = there = 0
    while here < len(guess) and there < len(truth):
        mine, theirs = guess[here], truth[there]
        if mine.multiword or theirs.multiword:
            end = (theirs if theirs.multiword else mine).span[1]
            start = region_start(guess, truth, here, there)
            here, there = region_end(guess, truth, start, end)
            yield from common(guess, truth, (start[0], here), (start[1], there))
        elif mine.span == theirs.span:
            yield here, there
            here, there = here + 1, there + 1
        elif theirs.span[0] <= mine.span[0]:
            there += 1
        else:
            here += 1


def region_start(guess: tuple[Word, ...], truth: tuple[Word, ...], here: int, there: int) -> tuple[int, int]:
    """Where the words begin that a multi-word token covers: a word that begins before it is left behind."""
    mine, theirs = guess[here], truth[there]
    if theirs.multiword:
        return here + (not mine.multiword and mine.span[0] < theirs.span[0]), there
    return here, there + (theirs.span[0] < mine.span[0])


def region_end(guess: tuple[Word, ...], truth: tuple[Word, ...], start: tuple[int, int], end: int) -> tuple[int, int]:
    """Where the words end that a multi-word token up to ``end`` covers, and those of tokens that overlap it, and so on.

    Words of both sides are taken in the order of their first characters until both sides are beyond the end.
    """
    here, there = start
    while not (beyond(guess, here, end) and beyond(truth, there, end)):
        from_truth = here >= len(guess) or (there < len(truth) and truth[there].span[0] <= guess[here].span[0])
        word = truth[there] if from_truth else guess[here]
        end = max(end, word.span[1]) if word.multiword else end
        here, there = here + (not from_truth), there + from_truth
    return here, there


def beyond(words: tuple[Word, ...], place: int, end: int) -> bool:
    """Whether a word is no more part of what ends there."""
    if place >= len(words):
        return True
    first, last = words[place].span
    return first >= end if words[place].multiword else last > end


def common(guess: tuple[Word, ...], truth: tuple[Word, ...], mine: tuple[int, int], theirs: tuple[int, int]) -> Pairs:
    """A longest common subsequence of the forms of two ranges of words."""
    rows, columns = theirs[1] - theirs[0], mine[1] - mine[0]
    left = [word.form for word in truth[slice(*theirs)]]
    right = [word.form for word in guess[slice(*mine)]]
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            skip = max(best[row + 1][column], best[row][column + 1])
            best[row][column] = max(skip, best[row + 1][column + 1] + 1 if left[row] == right[column] else 0)
    found: Pairs = []
    row = column = 0
    while row < rows and column < columns:
        if left[row] == right[column]:
            found.append((mine[0] + column, theirs[0] + row))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return found
