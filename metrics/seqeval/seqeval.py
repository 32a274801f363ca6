"""Chunks of tagged sequences (named entities, phrases): precision, recall and F1 per type and over all.

The rules are those of the CoNLL-2000 evaluation, or with ``mode="strict"`` those of one tagging scheme, as the package seqeval
documents and applies them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError, RowError, did_you_mean
from nlpdata.scoring import Averaging, LabelCounts

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

CITATION = """\
@inproceedings{ramshaw-marcus-1995-text,
  title={Text Chunking using Transformation-Based Learning},
  author={Ramshaw, Lance and Marcus, Mitch},
  booktitle={Third Workshop on Very Large Corpora},
  year={1995}
}
@misc{seqeval,
  title={{seqeval}: A Python framework for sequence labeling evaluation},
  author={Nakayama, Hiroki},
  url={https://github.com/chakki-works/seqeval},
  year={2018}
}"""

EXAMPLE = ["B-PER", "I-PER", "O", "B-LOC"]
PREFIXES = "OIBESUL"
OUTSIDE = PREFIXES.index("O")

# Three letters say which pairs of neighbours are meant: the prefix before, the prefix here ("." is any), and whether the types
# are the same (=), different (!) or either (.). From them follow the first token of a chunk, the tokens inside it, and, between
# its last token and the next, where it may end. Schemes are those of seqeval's strict mode; "" is CoNLL's.
SCHEMES: dict[str, tuple[str, str, str]] = {
    "": (".B. .S. OI. OE. EI. EE. SI. SE. BI! BE! II! IE!", "BI= BE= II= IE=", "..."),
    "IOB1": ("OI. II! BI. IB= BB=", "BI= II=", "II! IO. IB. BO. BI! BB="),
    "IOB2": (".B.", "BI= II=", "IO. II! IB. BO. BI! BB."),
    "IOE1": ("OI. II! EI. EE=", "II= IE=", "II! IO. IE! EI= EE="),
    "IOE2": ("OI. OE. EI. EE. II! IE!", "IE= II=", "E.."),
    "IOBES": (".B. .S.", "BI= BE= II= IE=", "S.. E.."),
    "BILOU": (".B. .U.", "BI= BL= II= IL=", "U.. L.."),
}
ALLOWED = {"": "OIBES", "IOB1": "IOB", "IOB2": "IOB", "IOE1": "IOE", "IOE2": "IOE", "IOBES": "IOBES", "BILOU": "BILOU"}


class Seqeval(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        tags = nlpdata.Sequence(nlpdata.Value("string"))
        return nlpdata.MetricInfo(
            description=(
                "Precision, recall, F1 and number of the chunks (entities) of each type and of all; and the "
                "accuracy of single tags. "
                "A chunk is right if its type, start and end are."
            ),
            citation=CITATION,
            inputs_description=(
                f"predictions, references: a list of tags per sentence, such as {EXAMPLE}.\n"
                "Settings, with the rows or in load_metric:\n"
                "suffix: the prefix is at the end of a tag (PER-B).\n"
                "mode: 'strict' counts only chunks that are valid in the scheme; None follows the CoNLL-2000 evaluation.\n"
                "scheme: IOB1, IOB2, IOE1, IOE2, IOBES or BILOU; needed by mode='strict', otherwise without effect.\n"
                "Of the score: zero_division: where nothing was counted: 'warn' or 0 (default), 1 or NaN."
            ),
            features=nlpdata.Features({"predictions": tags, "references": tags}),
            reference_urls=["https://github.com/chakki-works/seqeval"],
            streamable=True,
        )

    def stats(
        self,
        predictions: Any,
        references: Any,
        suffix: bool = False,
        scheme: str | None = None,
        mode: str | None = None,
    ) -> Any:
        rules = chosen_rules(scheme, mode)
        guess, truth = Tags.of(predictions, "predictions"), Tags.of(references, "references")
        check_token_counts(guess, truth)
        chunks = chunk_counts(guess, truth, rules, suffix)
        right = sum(left == right for left, right in zip(guess.flat, truth.flat, strict=True))
        return np.array([chunks, right, len(truth.flat)], dtype=object)

    def score(self, total: Any, zero_division: float | str = "warn") -> dict[str, Any]:
        chunks, right, tokens = total
        fill = 0.0 if zero_division == "warn" else zero_division
        kinds = ("precision", "recall", "f1")
        per_type = {kind: Averaging(None, zero_division=fill).score(chunks, kind) for kind in kinds}
        result: dict[str, Any] = {}
        for place, name in enumerate(chunks.labels.tolist()):
            scores = {kind: float(values[place]) for kind, values in per_type.items()}
            result[name] = {**scores, "number": int(chunks.counts[2, place])}
        for kind in kinds:
            result[f"overall_{kind}"] = Averaging("micro", zero_division=fill).score(chunks, kind)
        result["overall_accuracy"] = right / tokens if tokens else float("nan")
        return result


class Tags(NamedTuple):
    """The tags of all sentences one after another, and where each sentence begins."""

    flat: list[str]
    starts: Array
    name: str

    @classmethod
    def of(cls, values: Any, name: str) -> Tags:
        """Raises RowError for a row that is no list of text."""
        rows = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
        for row, tags in enumerate(rows):
            if not isinstance(tags, list | tuple | np.ndarray) or not all(isinstance(tag, str) for tag in tags):
                shown = repr(tags)[:200]
                raise RowError(
                    f"Row {row} of {name} must be tags like {EXAMPLE}; it is {shown}.", row=row, column=name, value=tags
                )
        return cls(list(chain.from_iterable(rows)), np.cumsum([0, *map(len, rows)]), name)

    def row_of(self, tag: str) -> int:
        """The first row with a tag."""
        return int(np.searchsorted(self.starts, self.flat.index(tag), side="right")) - 1


def check_token_counts(guess: Tags, truth: Tags) -> None:
    """Raises RowError where a sentence has another number of tags in the predictions than in the references."""
    here, there = np.diff(guess.starts), np.diff(truth.starts)
    if (differ := here != there).any():
        row = int(differ.argmax())
        message = f"Row {row} of predictions has {here[row]:,} tags, its reference has {there[row]:,}: one per token is needed."
        raise RowError(message, row=row, column="predictions", value=int(here[row]))


def chosen_rules(scheme: str | None, mode: str | None) -> str:
    """The key of SCHEMES that ``scheme`` and ``mode`` choose.

    Raises:
        ArgumentError: unknown names, or strict without a scheme.
    """
    if mode not in (None, "strict"):
        raise ArgumentError(f"There is no mode={mode!r}. Known: 'strict', None.")
    names = [name for name in SCHEMES if name]
    if scheme is not None and scheme not in names:
        raise ArgumentError(f"There is no scheme={scheme!r}.{did_you_mean(str(scheme), names)} Known: {', '.join(names)}.")
    if mode == "strict" and scheme is None:
        raise ArgumentError(f"mode='strict' needs the scheme the tags are written in: scheme= one of {', '.join(names)}.")
    return scheme or "" if mode else ""


@lru_cache(maxsize=8)
def tables(rules: str) -> tuple[Array, Array, Array]:
    """Start, inside and end as booleans over [prefix before, prefix here, same type]."""
    start, inside, end = (filled(patterns.split()) for patterns in SCHEMES[rules])
    return start, inside, end


def filled(patterns: Iterable[str]) -> Array:
    """A table that is true where one of the patterns fits."""
    table = np.zeros((len(PREFIXES), len(PREFIXES), 2), dtype=bool)
    for before, here, types in patterns:
        rows = slice(None) if before == "." else PREFIXES.index(before)
        columns = slice(None) if here == "." else PREFIXES.index(here)
        table[rows, columns, {"=": 1, "!": 0, ".": slice(None)}[types]] = True
    return table


def encoded(tags: Tags, rules: str, suffix: bool, types: dict[str, int]) -> tuple[Array, Array]:
    """Prefix and type of each token as codes, with an outside token before, between and after the sentences.

    Raises:
        RowError: a tag that is not of the scheme; says the row.
    """
    known: dict[str, tuple[int, int]] = {}
    for tag in dict.fromkeys(tags.flat):
        known[tag] = parsed(tag, tags, rules, suffix, types)
    codes = np.array([known[tag] for tag in tags.flat], np.int64).reshape(-1, 2)
    places = np.arange(len(codes)) + 1 + np.repeat(np.arange(len(tags.starts) - 1), np.diff(tags.starts))
    outside = known.get("O", (OUTSIDE, types.setdefault("_", len(types))))
    padded = np.tile(np.array(outside, np.int64), (len(codes) + len(tags.starts), 1))
    padded[places] = codes
    return padded[:, 0], padded[:, 1]


def parsed(tag: str, tags: Tags, rules: str, suffix: bool, types: dict[str, int]) -> tuple[int, int]:
    """Codes of the prefix and the type of one tag."""
    prefix, dash, kind = tag[:1], tag[1:2], tag[2:]
    if suffix:
        prefix, dash, kind = tag[-1:], tag[-2:-1], tag[:-2]
    if not prefix or prefix not in ALLOWED[rules] or (dash and (dash != "-" or not kind)):
        form = f"{EXAMPLE[0].split('-')[1]}-B" if suffix else EXAMPLE[0]
        row = tags.row_of(tag)
        message = (
            f"Row {row} of {tags.name} has the tag {tag!r}. Tags are like {form!r}, or a letter alone, which is one of "
            f"{', '.join(ALLOWED[rules])}. For tags of another scheme give mode='strict' and scheme=."
        )
        raise RowError(message, row=row, column=tags.name, value=tag)
    return PREFIXES.index(prefix), types.setdefault(kind or "_", len(types))


def chunks_of(prefixes: Array, types: Array, rules: str) -> tuple[Array, Array, Array]:
    """First token, last token and type of each chunk."""
    starting, inner, ending = tables(rules)
    pairs = prefixes[:-1], prefixes[1:], (types[:-1] == types[1:]).astype(np.int64)
    start, inside, end = (np.r_[False, table[pairs]] for table in (starting, inner, ending))
    # A start inside a chunk that began before it is none: chunks run from the first start on over all inside tokens.
    starts_before = np.r_[0, np.cumsum(start)[:-1]]
    places = np.arange(len(start))
    run_begin = np.maximum.accumulate(np.where(inside, 0, places))  # the token before the inside tokens around a place
    covered = inside & (starts_before - starts_before[run_begin] > 0)
    first = np.flatnonzero(start & ~covered)
    not_inside = np.flatnonzero(~inside)
    after = not_inside[np.searchsorted(not_inside, first, side="right").clip(max=max(len(not_inside) - 1, 0))]
    valid = end[after]
    return first[valid], after[valid] - 1, types[first[valid]]


def chunk_counts(guess: Tags, truth: Tags, rules: str, suffix: bool) -> LabelCounts:
    """Chunks right, predicted and true, by type."""
    codes: dict[str, int] = {}
    sides = [encoded(side, rules, suffix, codes) for side in (guess, truth)]
    found, actual = (np.stack(chunks_of(*side, rules)) for side in sides)
    # No two chunks of one side share their first token, so it identifies them.
    _, here, there = np.intersect1d(found[0], actual[0], assume_unique=True, return_indices=True)
    right = found[:, here][:, (found[:, here] == actual[:, there]).all(axis=0)]
    counts = np.stack([np.bincount(side[2], minlength=len(codes)) for side in (right, found, actual)])
    used = [code for code in range(len(codes)) if counts[1:, code].any()]
    names = np.array(list(codes), dtype=object)[used]
    order = np.argsort(names) if len(names) else np.empty(0, np.int64)
    if not len(names):
        names = np.empty(0, dtype=object)
    return LabelCounts(names[order], counts[:, used][:, order].reshape(3, len(names)))
