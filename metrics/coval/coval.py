"""Coreference: MUC, B-cubed, CEAFe, LEA, mentions and the CoNLL score.

Written from the definitions of Vilain et al. 1995 (MUC), Bagga and Baldwin 1998 (B-cubed), Luo 2005 (CEAFe) and
Moosavi and Strube 2016 (LEA). Rows are parts of documents in CoNLL format; those with the same document name and part
number are one document.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError, RowError
from nlpdata.scoring.answers import as_rows

CITATION = """\
@inproceedings{moosavi2016which,
  title={Which Coreference Evaluation Metric Do You Trust? A Proposal for a Link-based Entity Aware Metric},
  author={Moosavi, Nafise Sadat and Strube, Michael},
  booktitle={Proceedings of ACL},
  year={2016}
}
@inproceedings{pradhan2014scoring,
  title={Scoring Coreference Partitions of Predicted Mentions: A Reference Implementation},
  author={Pradhan, Sameer and Luo, Xiaoqiang and Recasens, Marta and Hovy, Eduard and Ng, Vincent and Strube, Michael},
  booktitle={Proceedings of ACL},
  year={2014}
}"""

EXAMPLE = ["doc_1 0 0 Mary (3)", "doc_1 0 1 sees -", "doc_1 0 2 her (4|(3)", "doc_1 0 3 dog 4)"]
NAMES = ("mentions", "muc", "bcub", "ceafe", "lea")

Mention: TypeAlias = tuple[int, ...]
Clusters: TypeAlias = list[frozenset[Mention]]
Spans: TypeAlias = tuple[tuple[str, int, int], ...]


class Coval(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        lines = nlpdata.Sequence(nlpdata.Value("string"))
        return nlpdata.MetricInfo(
            description=(
                "Coreference: recall, precision and F1 (0 to 1) of mentions, MUC, B-cubed, CEAFe and LEA; and "
                "the CoNLL score, the mean "
                "F1 of MUC, B-cubed and CEAFe (0 to 100)."
            ),
            citation=CITATION,
            inputs_description=(
                f"predictions, references: lines in CoNLL format, a token each, such as {EXAMPLE}: the document "
                f"first, the part second, "
                "the coreference last.\n"
                "keep_singletons: False leaves out entities of one mention, on both sides.\n"
                "NP_only, min_span: only False; they need parse trees."
            ),
            features=nlpdata.Features({"predictions": lines, "references": lines}),
            homepage="https://github.com/ns-moosavi/coval",
        )

    @property
    def additive(self) -> bool:
        """False: the rows of a document belong together. Mentions are kept, no text."""
        return False

    def stats(self, predictions: Any, references: Any) -> tuple[tuple[tuple[str, str], Spans, Spans], ...]:
        sides = (as_rows(predictions), as_rows(references))
        return tuple(read_pair(row, guess, truth) for row, (guess, truth) in enumerate(zip(*sides, strict=True)))

    def score(
        self, total: Any, keep_singletons: bool = True, NP_only: bool = False, min_span: bool = False
    ) -> dict[str, float]:
        if NP_only or min_span:
            raise ArgumentError("NP_only and min_span need parse trees, which this metric does not read; leave them out.")
        sums = {(name, side): Terms() for name in NAMES for side in ("precision", "recall")}
        for guess, truth in documents(total, 1 if keep_singletons else 2):
            compare(sums, guess, truth)
        result: dict[str, float] = {}
        for name in NAMES:
            recall, precision = sums[name, "recall"].ratio(), sums[name, "precision"].ratio()
            f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
            result |= {f"{name}/recall": recall, f"{name}/precision": precision, f"{name}/f1": f1}
        result["conll_score"] = 100 * (result["muc/f1"] + result["bcub/f1"] + result["ceafe/f1"]) / 3
        return result


class Terms:
    """A fraction whose numerator is a sum of floats, rounded once, whatever the order of the documents."""

    def __init__(self) -> None:
        self.parts: list[float] = []
        self.whole = 0

    def add(self, parts: Iterator[float], whole: int) -> None:
        """Terms of the numerator and a part of the denominator."""
        self.parts += parts
        self.whole += whole

    def ratio(self) -> float:
        """The fraction, 0 where there is nothing to divide by."""
        return math.fsum(self.parts) / self.whole if self.whole else 0.0


def compare(sums: dict[tuple[str, str], Terms], guess: Clusters, truth: Clusters) -> None:
    """Add one document to the sums; recall is precision with the sides exchanged."""
    matched = list(aligned(guess, truth))
    for side, clusters, others in (("recall", truth, guess), ("precision", guess, truth)):
        home = {mention: cluster for cluster in others for mention in cluster}
        shares = [(cluster, Counter(home[m] for m in cluster if m in home)) for cluster in clusters]
        mentions = sum(map(len, clusters))
        sums["mentions", side].add((float(sum(share.values())) for _, share in shares), mentions)
        sums["muc", side].add((float(muc_links(*pair)) for pair in shares), mentions - len(clusters))
        sums["bcub", side].add((sum(n * n for n in share.values()) / len(c) for c, share in shares), mentions)
        sums["ceafe", side].add(iter(matched), len(clusters))
        sums["lea", side].add((len(c) * resolved(c, share) for c, share in shares), mentions)


def muc_links(cluster: frozenset[Mention], share: Counter[frozenset[Mention]]) -> int:
    """Links of a cluster that the other side has too: its size less the parts the other side cuts it into."""
    alone = len(cluster) - sum(share.values())
    return len(cluster) - (len(share) + alone)


def resolved(cluster: frozenset[Mention], share: Counter[frozenset[Mention]]) -> float:
    """LEA: the share of a cluster's links that the other side has; a single mention is its own link."""
    if len(cluster) == 1:
        return float(any(len(other) == 1 for other in share))
    return sum(n * (n - 1) for n in share.values()) / (len(cluster) * (len(cluster) - 1))


def documents(rows: Sequence[Any], smallest: int) -> Iterator[tuple[Clusters, Clusters]]:
    """Predicted and true clusters of each document."""
    grouped: dict[tuple[str, str], list[tuple[Spans, Spans]]] = defaultdict(list)
    for name, guess, truth in rows:
        grouped[name].append((guess, truth))
    for name, parts in grouped.items():
        guess, truth = (clusters_of(name, [part[side] for part in parts], smallest) for side in (0, 1))
        yield guess, truth


def clusters_of(name: tuple[str, str], parts: list[Spans], smallest: int) -> Clusters:
    """The clusters of one side of a document.

    Raises:
        ArgumentError: a mention belongs to two entities.
    """
    entity: dict[Mention, str] = {}
    for place, spans in enumerate(parts):
        for key, first, last in spans:
            if entity.setdefault((place, first, last), key) != key:
                raise ArgumentError(
                    f"Document {name[0]!r}, part {name[1]}: the mention from token {first} to {last} belongs to two entities, "
                    f"{entity[place, first, last]} and {key}."
                )
    clusters: dict[str, set[Mention]] = defaultdict(set)
    for mention, key in entity.items():
        clusters[key].add(mention)
    return [frozenset(cluster) for cluster in clusters.values() if len(cluster) >= smallest]


def aligned(guess: Clusters, truth: Clusters) -> Iterator[float]:
    """CEAFe: similarities 2 |g & t| / (|g| + |t|) of the best one-to-one alignment; groups without common mentions apart."""
    home = {mention: place for place, cluster in enumerate(truth) for mention in cluster}
    common = [Counter(home[m] for m in cluster if m in home) for cluster in guess]
    for rows, columns in groups(common):
        similarity = np.zeros((len(rows), len(columns)))
        place = {column: index for index, column in enumerate(columns)}
        for index, row in enumerate(rows):
            for column, number in common[row].items():
                similarity[index, place[column]] = 2 * number / (len(guess[row]) + len(truth[column]))
        yield from similarity[best_pairs(similarity)].tolist()


def groups(common: list[Counter[int]]) -> Iterator[tuple[list[int], list[int]]]:
    """Rows and columns that are connected by common mentions, each group apart."""
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, counts in enumerate(common):
        for column in counts:
            rows_of[column].append(row)
    seen: set[int] = set()
    for start in range(len(common)):
        if start in seen or not common[start]:
            continue
        rows, columns, seen_columns = [start], [], set()
        seen.add(start)
        for row in rows:  # grows while it is read
            for column in common[row]:
                if column not in seen_columns:
                    seen_columns.add(column)
                    columns.append(column)
                    fresh = [other for other in rows_of[column] if other not in seen]
                    seen.update(fresh)
                    rows += fresh
        yield rows, columns


def best_pairs(similarity: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The one-to-one pairs of rows and columns with the largest sum (Kuhn and Munkres, by shortest augmenting paths)."""
    if similarity.shape[0] > similarity.shape[1]:
        columns, rows = best_pairs(similarity.T)
        return rows, columns
    num_rows, num_columns = similarity.shape
    cost = -similarity
    row_price, column_price = np.zeros(num_rows), np.zeros(num_columns + 1)
    owner = np.full(num_columns + 1, -1)  # the row of each column; the last column stands for the row to be placed
    for row in range(num_rows):
        owner[-1], here = row, num_columns
        distance, came_from = np.full(num_columns, np.inf), np.full(num_columns, num_columns)
        used = np.zeros(num_columns + 1, dtype=bool)
        while owner[here] >= 0:
            used[here] = True
            step = cost[owner[here]] - row_price[owner[here]] - column_price[:-1]
            closer = ~used[:-1] & (step < distance)
            distance[closer], came_from[closer] = step[closer], here
            there = int(np.where(used[:-1], np.inf, distance).argmin())
            least = distance[there]
            row_price[owner[used]] += least
            column_price[used] -= least
            distance[~used[:-1]] -= least
            here = there
        while here != num_columns:
            before = int(came_from[here])
            owner[here] = owner[before]
            here = before
    columns = np.flatnonzero(owner[:-1] >= 0)
    return owner[columns], columns


def read_pair(row: int, guess: Any, truth: Any) -> tuple[tuple[str, str], Spans, Spans]:
    """Document and part, predicted and true mentions of one row.

    Raises:
        RowError: no lines in CoNLL format, or not the same tokens on both sides.
    """
    sides = [tokens(row, lines, name) for lines, name in ((guess, "predictions"), (truth, "references"))]
    if len(sides[0]) != len(sides[1]):
        message = (
            f"Row {row} of predictions has {len(sides[0]):,} tokens, its reference has {len(sides[1]):,}; give the same tokens."
        )
        raise RowError(message, row=row, column="predictions", value=guess)
    names = {(columns[0], columns[1]) for columns in sides[1]} or {("", "")}
    if len(names) > 1:
        message = f"Row {row} of references holds several documents or parts: {sorted(names)[:3]}. Give each a row of its own."
        raise RowError(message, row=row, column="references", value=truth)
    found, actual = (spans(row, side, name) for side, name in zip(sides, ("predictions", "references"), strict=True))
    return names.pop(), found, actual


def tokens(row: int, lines: Any, name: str) -> list[list[str]]:
    """The columns of each token; empty lines and those that begin with # are left out."""
    if not isinstance(lines, list | tuple | np.ndarray) or not all(isinstance(line, str) for line in lines):
        message = f"Row {row} of {name} must be lines like {EXAMPLE}; it is {repr(lines)[:200]}."
        raise RowError(message, row=row, column=name, value=lines)
    split = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    for columns in split:
        if len(columns) < 3:
            message = f"Row {row} of {name} has a line of {len(columns)} columns, {' '.join(columns)!r}; at least 3 are needed."
            raise RowError(message, row=row, column=name, value=lines)
    return split


def spans(row: int, split: list[list[str]], name: str) -> Spans:
    """The mentions (entity, first token, last token) of one side of a row.

    Raises:
        RowError: a bracket without its partner, or something else in the last column.
    """
    result: list[tuple[str, int, int]] = []
    begun: dict[str, list[int]] = defaultdict(list)
    for place, columns in enumerate(split):
        for part in columns[-1].split("|") if columns[-1] not in ("-", "_", "*") else ():
            match = re.fullmatch(r"(\()?([^()|]+)(\))?", part)
            if match is None or not (match[1] or match[3]) or (not match[1] and not begun[match[2]]):
                message = (
                    f"Row {row} of {name}, token {place}: {columns[-1]!r} does not fit; coreference is -, (3), (3, 3) "
                    f"or (3|(4)."
                )
                raise RowError(message, row=row, column=name, value=columns[-1])
            if match[1]:
                begun[match[2]].append(place)
            if match[3]:
                result.append((match[2], begun[match[2]].pop(), place))
    if still := [entity for entity, places in begun.items() if places]:
        message = (
            f"Row {row} of {name}: the mention of entity {still[0]} that begins at token {begun[still[0]][-1]} never ends."
        )
        raise RowError(message, row=row, column=name, value=still[0])
    return tuple(result)
