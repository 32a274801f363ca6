"""CoNLL-U text as words with the characters they stand for.

Knows: the ten columns of the format, multi-word tokens, empty nodes (left out), which trees are no trees.
Does not know: the other side, scores.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

Span: TypeAlias = tuple[int, int]

# As the CoNLL 2018 shared task took them from https://universaldependencies.org/u/dep/ and u/feat/.
CONTENT = frozenset(
    (
        *("nsubj", "obj", "iobj", "csubj", "ccomp", "xcomp", "obl", "vocative", "expl", "dislocated", "advcl", "advmod"),
        *("discourse", "nmod", "appos", "nummod", "acl", "amod", "conj", "fixed", "flat", "compound", "list", "parataxis"),
        *("orphan", "goeswith", "reparandum", "root", "dep"),
    )
)
FUNCTIONAL = frozenset(("aux", "cop", "mark", "det", "clf", "case", "cc"))
FEATURES = frozenset(
    (
        *("PronType", "NumType", "Poss", "Reflex", "Foreign", "Abbr", "Gender", "Animacy", "Number", "Case", "Definite"),
        *("Degree", "VerbForm", "Mood", "Tense", "Aspect", "Voice", "Evident", "Polarity", "Person", "Polite"),
    )
)
COLUMNS = 10


class OddLine(Exception):
    """What is wrong with a line or a sentence; the caller knows of which row."""


@dataclass(frozen=True, slots=True)
class Word:
    """A syntactic word.

    Attributes:
        span: the characters of its token, whitespace left out.
        multiword: whether its token has several words.
        form, lemma, upos, xpos: as they stand there; the form in lower case.
        feats: the universal features, sorted.
        head: place of its parent among all words of the text; -1 for the root.
        deprel: without its subtype.
    """

    span: Span
    multiword: bool
    form: str
    lemma: str
    upos: str
    xpos: str
    feats: str
    head: int
    deprel: str


@dataclass(frozen=True, slots=True)
class Text:
    """One side of a row: its characters, and the spans and words that they are cut into."""

    characters: str
    tokens: tuple[Span, ...]
    sentences: tuple[Span, ...]
    words: tuple[Word, ...]


def read(lines: Iterable[str]) -> Text:
    """The sentences of a CoNLL-U text.

    Raises:
        OddLine: it is not of the format, or a sentence is no tree; says where.
    """
    characters: list[str] = []
    tokens: list[Span] = []
    sentences: list[Span] = []
    words: list[Word] = []
    at = 0
    for rows in _sentences(lines):
        begin, first = at, len(words)
        for members, form, multiword in _tokens(rows):
            text = "".join(c for c in form if unicodedata.category(c) != "Zs")
            if not text:
                raise OddLine(f"the line {_shown(members[0])} has a form without characters")
            span = at, at + len(text)
            characters.append(text)
            tokens.append(span)
            words += [_word(columns, span, multiword, first) for columns in members]
            at = span[1]
        _check_tree(words[first:], first)
        sentences.append((begin, at))
    return Text("".join(characters), tuple(tokens), tuple(sentences), tuple(words))


def _sentences(lines: Iterable[str]) -> Iterator[list[list[str]]]:
    """The columns of the lines of each sentence, without comments and empty nodes."""
    rows: list[list[str]] = []
    for line in lines:
        line = line.rstrip("\r\n")
        if not line.strip():
            if rows:
                yield rows
            rows = []
        elif not line.startswith("#"):
            columns = line.split("\t")
            if len(columns) != COLUMNS:
                raise OddLine(f"the line {line[:80]!r} has {len(columns)} columns between tabs; {COLUMNS} are needed")
            if not re.fullmatch(r"\d+\.\d+", columns[0]):
                rows.append(columns)
    if rows:
        yield rows


def _tokens(rows: list[list[str]]) -> Iterator[tuple[list[list[str]], str, bool]]:
    """The words and the form of each token, and whether it was given as a range; numbers of words run from 1."""
    place, number = 0, 1
    while place < len(rows):
        first, form = rows[place][0], rows[place][1]
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", first)
        if found is None or int(found[1]) != number:
            raise OddLine(f"the line {_shown(rows[place])} stands where word {number} is due")
        last = int(found[2] or number)
        place += found[2] is not None
        members = rows[place : place + last - number + 1]
        if last < number or [columns[0] for columns in members] != [str(n) for n in range(number, last + 1)]:
            raise OddLine(f"the words {number} to {last} of the token {form!r} do not follow it")
        yield members, form, found[2] is not None
        place, number = place + len(members), last + 1


def _word(columns: list[str], span: Span, multiword: bool, first: int) -> Word:
    _, form, lemma, upos, xpos, feats, head, deprel, _, _ = columns
    if not head.isdecimal():
        raise OddLine(f"the line {_shown(columns)} has the head {head!r}; a number is needed")
    universal = sorted(feat for feat in feats.split("|") if feat.partition("=")[0] in FEATURES)
    place = first + int(head) - 1 if int(head) else -1
    return Word(span, multiword, form.lower(), lemma, upos, xpos, "|".join(universal), place, deprel.partition(":")[0])


def _check_tree(words: list[Word], first: int) -> None:
    """Raises OddLine unless every word of a sentence hangs from its one root."""
    if sum(word.head == -1 for word in words) != 1:
        raise OddLine(f"the sentence of {words[0].form!r} has {sum(w.head == -1 for w in words)} roots; it needs one")
    safe = {-1}
    for place in range(first, first + len(words)):
        path: list[int] = []
        while place not in safe:
            if place in path:
                raise OddLine(f"the heads of {words[place - first].form!r} go round in a circle")
            path.append(place)
            place = words[place - first].head
            if place >= first + len(words):
                raise OddLine(f"the head of {words[path[-1] - first].form!r} is beyond the end of its sentence")
        safe.update(path)


def _shown(columns: list[str]) -> str:
    return repr(" ".join(columns[:2]))
