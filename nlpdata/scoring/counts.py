"""Counts per label, and the scores that follow from them: precision, recall, F1, Matthews correlation.

Knows: how often each label was predicted, true, and both, for labels that turn up over time; averaging over labels.
Does not know: metrics, batches, results.
Counts of two batches add up over the union of their labels, so that any partition of the rows has the same sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from nlpdata.errors import ArgumentError, FeatureError, did_you_mean
from nlpdata.scoring.inputs import check_lengths, label_pair, labels
from nlpdata.scoring.inputs import weights as as_weights
from nlpdata.scoring.label_rows import Build, LabelRows, pair_counts, three_counts
from nlpdata.scoring.samples import trace

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_BLOCK_ROWS = 1 << 15  # rows whose codes stay in the processor's cache
_JOINT_LABELS = 512  # up to so many labels, one table of pairs is cheaper than three counts
_MATRIX_LABELS = 10_000  # a confusion matrix of more labels is 800 MB and no longer read by anyone
AVERAGES = ("binary", "macro", "micro", "weighted")


@dataclass(frozen=True, slots=True)
class _Codes:
    """Both sides as integers in ``offset .. offset + span``; ``names`` tells what they stand for (None: themselves)."""

    predicted: Array
    actual: Array
    offset: int
    span: int
    names: Array | None

    def used(self, which: Array) -> Array:
        """The labels of the given codes (counted from zero)."""
        return which + self.offset if self.names is None else self.names[which]

    def rows(self, weights: Array | None, build: Build) -> LabelRows:
        """The rows themselves, to be counted again."""
        predicted, actual = (side.astype(np.int64) - self.offset for side in (self.predicted, self.actual))
        return LabelRows.of(predicted, actual, self.used(np.arange(self.span)), weights, build)


def _encode(predictions: Any, references: Any) -> _Codes:
    predicted, actual = label_pair(predictions, references)
    if not len(predicted):
        return _Codes(np.empty(0, np.int64), np.empty(0, np.int64), 0, 0, None)
    if not isinstance(predicted, np.ndarray):
        return _encode_texts(predicted, actual)
    low = min(int(predicted.min()), int(actual.min()))
    span = max(int(predicted.max()), int(actual.max())) - low + 1
    if span <= max(2 * len(predicted), 1 << 16):
        return _Codes(predicted, actual, low, span, None)
    names, codes = np.unique(np.concatenate([predicted, actual]), return_inverse=True)
    return _Codes(codes[: len(predicted)], codes[len(predicted) :], 0, len(names), names.astype(np.int64))


def _encode_texts(predicted: Any, actual: Any) -> _Codes:
    import pyarrow as pa

    sides = [side.chunks if isinstance(side, pa.ChunkedArray) else [side] for side in (predicted, actual)]
    both = pa.chunked_array([chunk for side in sides for chunk in side], pa.large_string()).dictionary_encode().combine_chunks()
    if isinstance(both, pa.ChunkedArray):
        both = both.chunk(0)
    codes = both.indices.to_numpy(zero_copy_only=False)
    names = np.array(both.dictionary.to_pylist(), dtype=object)
    return _Codes(codes[: len(predicted)], codes[len(predicted) :], 0, len(names), names)


def _pairs(codes: _Codes, weights: Array | None) -> Array:
    """The table [actual, predicted] of counts, block by block."""
    span = codes.span
    wrapped = np.array([codes.offset * (span + 1) & (2**64 - 1)], np.uint64).view(np.int64)
    table = np.zeros(span * span, np.int64 if weights is None else np.float64)
    buffer = np.empty(min(_BLOCK_ROWS, len(codes.actual)), np.int64)
    for start in range(0, len(codes.actual), _BLOCK_ROWS):
        rows = slice(start, start + _BLOCK_ROWS)
        actual, predicted = codes.actual[rows], codes.predicted[rows]
        pair = buffer[: len(actual)]
        # (actual - offset) * span + (predicted - offset), in 64 bits whatever the labels come in. It may wrap around
        # on the way for labels near 2**63, and wraps back: only the result counts.
        np.multiply(actual, span, out=pair, dtype=np.int64)
        np.add(pair, predicted, out=pair, dtype=np.int64)
        if codes.offset:
            np.subtract(pair, wrapped, out=pair)
        table += np.bincount(pair, None if weights is None else weights[rows], minlength=span * span)
    return table.reshape(span, span)


def _three_counts(codes: _Codes, weights: Array | None) -> Array:
    """Rows correct, predicted, actual; a column per code."""
    if codes.span <= _JOINT_LABELS:
        table = _pairs(codes, weights)
        return np.stack([table.diagonal(), table.sum(axis=0), table.sum(axis=1)])
    predicted = codes.predicted.astype(np.int64, copy=False) - codes.offset
    actual = codes.actual.astype(np.int64, copy=False) - codes.offset
    same = predicted == actual
    agreed = None if weights is None else weights[same]
    columns = ((actual[same], agreed), (predicted, weights), (actual, weights))
    return np.stack([np.bincount(which, weight, minlength=codes.span) for which, weight in columns])


def _checked_weights(weights: Any, rows: int) -> Array | None:
    if weights is None:
        return None
    check_lengths({"predictions": range(rows), "sample_weight": weights})
    return as_weights(weights)


def _union(left: Array, right: Array) -> tuple[Array, Array, Array]:
    """All labels, and where those of each side are among them.

    Raises:
        FeatureError: text on one side, integers on the other.
    """
    if len(left) and len(right) and left.dtype != right.dtype:
        raise FeatureError(
            "Labels are text in one place and integers in another (of the batches, labels= or pos_label=); "
            "all must be of one kind."
        )
    if not len(left) or not len(right):
        known = right if len(right) else left
    else:
        known = left if np.array_equal(left, right) else np.union1d(left, right)
    return known, np.searchsorted(known, left), np.searchsorted(known, right)


@dataclass(frozen=True, slots=True, eq=False)
class LabelCounts:
    """How often each label was predicted, true, and both; ``+`` joins two batches.

    Attributes:
        labels: the labels that occurred, sorted: int64, or objects (strings).
        counts: shape (3, number of labels): correct, predicted, actual. Integers, or float64 sums of weights.

    >>> (LabelCounts.of([0, 1], [0, 0]) + LabelCounts.of([2], [2])).counts.tolist()
    [[1, 0, 1], [1, 1, 1], [2, 0, 1]]
    """

    labels: Array
    counts: Array

    @classmethod
    def of(cls, predictions: Any, references: Any, sample_weight: Any = None) -> LabelCounts:
        """Count one batch of labels (integers or text). Memory: a few numbers per label that occurs.

        Raises:
            ArgumentError: lengths differ.
            FeatureError: values that are no labels.
        """
        codes = _encode(predictions, references)
        weights = _checked_weights(sample_weight, len(codes.actual))
        counts = _three_counts(codes, weights) if codes.span else np.zeros((3, 0), np.int64)
        # A label with weight zero occurred all the same; only unweighted zeros are gaps between integers.
        seen = counts if weights is None or codes.names is not None else _three_counts(codes, None)
        used = np.flatnonzero(seen[1] + seen[2]) if codes.names is None else np.arange(codes.span)
        names = codes.used(used)
        order = np.argsort(names)
        total = cls(names[order], counts[:, used[order]])
        return trace(total, lambda: codes.rows(weights, cls.drawn))

    @classmethod
    def drawn(cls, rows: LabelRows, often: Array) -> LabelCounts:
        """The counts of rows, each counted as often as told."""
        return cls(*three_counts(rows, often))

    def __add__(self, other: LabelCounts) -> LabelCounts:
        known, here, there = _union(self.labels, other.labels)
        counts = np.zeros((3, len(known)), np.result_type(self.counts, other.counts))
        counts[:, here] += self.counts
        counts[:, there] += other.counts
        return LabelCounts(known, counts)

    @property
    def total(self) -> float:
        """Rows counted, or the sum of their weights."""
        return float(self.counts[2].sum())

    def amount(self) -> float:
        """The same: rows counted, or the sum of their weights."""
        return self.total

    def accuracy(self) -> float:
        """The share of rows whose label was predicted."""
        return float(self.counts[0].sum()) / self.total

    def matthews_correlation(self) -> float:
        """Gorodkin's R_K of any number of labels, in [-1, 1]; 0 where either side has one label only.

        With rows s, correct c, and t_k, p_k the true and predicted counts:
        (c s - sum t_k p_k) / sqrt((s^2 - sum p_k^2) (s^2 - sum t_k^2)); over integers, so that it is rounded once.
        """
        exact = self.counts.dtype.kind == "i"
        correct, predicted, actual = ([int(v) if exact else float(v) for v in row] for row in self.counts)
        rows, right = sum(actual), sum(correct)
        covariance = right * rows - sum(t * p for t, p in zip(actual, predicted, strict=True))
        spread = rows * rows - sum(p * p for p in predicted), rows * rows - sum(t * t for t in actual)
        if spread[0] <= 0 or spread[1] <= 0:
            return 0.0
        return max(-1.0, min(1.0, covariance / math.sqrt(spread[0] * spread[1])))

    def at(self, wanted: Array) -> Array:
        """The three counts of the wanted labels, in that order; zeros for labels that did not occur."""
        _union(self.labels, wanted)
        result = np.zeros((3, len(wanted)), self.counts.dtype)
        if len(self.labels):
            places = np.searchsorted(self.labels, wanted).clip(max=len(self.labels) - 1)
            found = self.labels[places] == wanted
            result[:, found] = self.counts[:, places[found]]
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """How often each label was predicted for each true label; ``+`` joins two batches.

    Attributes:
        labels: the labels that occurred, sorted.
        matrix: shape (labels, labels): a row per true label, a column per predicted one.
    """

    labels: Array
    matrix: Array

    @classmethod
    def of(cls, predictions: Any, references: Any, sample_weight: Any = None) -> Confusion:
        """Count one batch. Memory: the square of the number of labels.

        Raises:
            ArgumentError: more than 10,000 labels, or lengths differ.
        """
        codes = _encode(predictions, references)
        weights = _checked_weights(sample_weight, len(codes.actual))
        if codes.span > _JOINT_LABELS and codes.names is None:
            names, both = np.unique(np.concatenate([codes.predicted, codes.actual]), return_inverse=True)
            half = len(codes.predicted)
            codes = _Codes(both[:half], both[half:], 0, len(names), names.astype(np.int64))
        _check_matrix_size(codes.span)
        table = _pairs(codes, weights)
        seen = table if weights is None else _pairs(codes, None)
        used = np.flatnonzero(seen.sum(axis=0) + seen.sum(axis=1))
        names = codes.used(used)
        order = np.argsort(names)
        total = cls(names[order], table[np.ix_(used[order], used[order])])
        return trace(total, lambda: codes.rows(weights, cls.drawn))

    def amount(self) -> float:
        """Rows counted, or the sum of their weights."""
        return float(self.matrix.sum())

    @classmethod
    def drawn(cls, rows: LabelRows, often: Array) -> Confusion:
        """The counts of rows, each counted as often as told."""
        return cls(*pair_counts(rows, often))

    def __add__(self, other: Confusion) -> Confusion:
        known, here, there = _union(self.labels, other.labels)
        _check_matrix_size(len(known))
        matrix = np.zeros((len(known), len(known)), np.result_type(self.matrix, other.matrix))
        matrix[np.ix_(here, here)] += self.matrix
        matrix[np.ix_(there, there)] += other.matrix
        return Confusion(known, matrix)

    def at(self, wanted: Array) -> Array:
        """The matrix of the wanted labels, in that order; other labels are left out, absent ones are zero."""
        known, here, there = _union(self.labels, wanted)
        matrix = np.zeros((len(known), len(known)), self.matrix.dtype)
        matrix[np.ix_(here, here)] = self.matrix
        places = there if len(wanted) and len(known) else np.empty(0, np.int64)
        chosen: Array = matrix[np.ix_(places, places)]
        return chosen


def _check_matrix_size(num_labels: int) -> None:
    if num_labels > _MATRIX_LABELS:
        raise ArgumentError(
            f"A confusion matrix of {num_labels:,} labels has {num_labels**2:,} cells; {_MATRIX_LABELS:,} labels are the most. "
            "f1 with average=None gives the counts that follow from each label."
        )


def chosen_labels(wanted: Iterable[Any], name: str = "labels") -> Array:
    """Labels that a user listed, as an array like :attr:`LabelCounts.labels`.

    Raises:
        ArgumentError: the list is empty or names a label twice.
    """
    array = labels(wanted if hasattr(wanted, "__len__") else list(wanted), name)
    listed: Array = array.astype(np.int64) if isinstance(array, np.ndarray) else np.array(array.to_pylist(), dtype=object)
    if not len(listed):
        raise ArgumentError(f"{name} is empty. Name at least one label, or leave it out to use all that occur.")
    if len(set(listed.tolist())) < len(listed):
        raise ArgumentError(f"{name} names a label twice: {listed.tolist()}.")
    return listed


@dataclass(frozen=True, slots=True)
class Averaging:
    """How scores per label become the result. Made from what the user gave; refuses what cannot be meant.

    Attributes:
        average: "binary" (the label ``pos_label`` alone), "macro", "micro", "weighted" (by true rows), or None (one per label).
        pos_label: the label that "binary" scores.
        labels: the labels to score; None is all that occur.
        zero_division: the score where nothing was predicted or true: 0, 1 or NaN (which macro and weighted then leave out).
    """

    average: str | None = "binary"
    pos_label: Any = 1
    labels: Any = None
    zero_division: float = 0.0

    def __post_init__(self) -> None:
        if self.average is not None and self.average not in AVERAGES:
            hint = did_you_mean(str(self.average), AVERAGES)
            raise ArgumentError(f"There is no average={self.average!r}.{hint} Known: {', '.join(AVERAGES)}, None.")
        if isinstance(self.zero_division, str) or not (self.zero_division in (0, 1) or math.isnan(self.zero_division)):
            raise ArgumentError(f"zero_division is {self.zero_division!r}; it is 0, 1 or NaN.")

    def score(self, counts: LabelCounts, kind: str) -> float | Array:
        """Precision, recall or f1 (``kind``) of the counts.

        Raises:
            ArgumentError: "binary" for more than two labels, or a ``pos_label`` that does not occur.
        """
        if self.average == "binary":
            three = counts.at(self._positive(counts))
        else:
            three = counts.counts if self.labels is None else counts.at(chosen_labels(self.labels))
        if self.average == "micro":
            three = three.sum(axis=1, keepdims=True)
        parts = three[0], *_denominator(three, kind)
        scores = np.full(three.shape[1], float(self.zero_division))
        np.divide(parts[0] * parts[2], parts[1], out=scores, where=parts[1] != 0)
        if self.average is None:
            return scores
        if self.average == "weighted":
            return self._mean(scores, three[2].astype(np.float64))
        return self._mean(scores, np.ones(len(scores)))

    def _mean(self, scores: Array, weights: Array) -> float:
        kept = ~np.isnan(scores)
        if not kept.any():
            return float(self.zero_division)
        # Where no label weighs anything, they all weigh the same, as in scikit-learn.
        weighed = weights[kept] if weights[kept].sum() else None
        return float(np.average(scores[kept], weights=weighed))

    def _positive(self, counts: LabelCounts) -> Array:
        present = counts.labels.tolist()
        if len(present) > 2:
            raise ArgumentError(
                f"average='binary' scores one of two labels, but {len(present)} occur: {_shown(present)}. "
                "Choose average='macro', 'micro', 'weighted' or None."
            )
        positive = chosen_labels([self.pos_label], "pos_label")
        text = [isinstance(label, str) for label in (*present[:1], positive[0])]
        if positive[0] not in present and (len(present) == 2 or len(set(text)) > 1):
            raise ArgumentError(
                f"pos_label={self.pos_label!r} is not among the labels that occur: {_shown(present)}. "
                "Give pos_label= the one whose score is wanted."
            )
        return positive


def _denominator(three: Array, kind: str) -> tuple[Array, int]:
    """What the correct rows are divided by, and the factor before it: F1 is 2 tp / (predicted + actual)."""
    _, predicted, actual = three
    if kind == "precision":
        return predicted, 1
    if kind == "recall":
        return actual, 1
    return predicted + actual, 2


def _shown(present: list[Any]) -> str:
    return ", ".join(repr(label) for label in present[:10]) + (", ..." if len(present) > 10 else "")
