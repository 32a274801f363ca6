"""Which rows go into training and which are held out.

Knows: sizes as counts or fractions, and stratified draws. Does not know: what is in a row, beyond one class id per row.
The draws are those of ``numpy.random.default_rng`` in a fixed order, so that a seed names the same rows everywhere
(and the same rows as in HF ``datasets``). Stratification follows scikit-learn's ``StratifiedShuffleSplit``: the
expected count of each class, rounded down, the remaining rows going to the classes with the largest remainders, ties by draw.
"""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlpdata.errors import ArgumentError

DEFAULT_TEST_FRACTION = 0.25


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of the two parts."""

    train: int
    test: int


def _count(name: str, size: Any, num_rows: int, rounded: Any) -> int | None:
    """A size given as count or fraction, as a count."""
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, numbers.Real):
        raise ArgumentError(f"{name}={size!r} is neither a number of rows nor a fraction of them.")
    if isinstance(size, numbers.Integral):
        if not 0 < int(size) < num_rows:
            raise ArgumentError(
                f"{name}={size} does not fit: a number of rows lies between 1 and {num_rows - 1} (of {num_rows} rows)."
            )
        return int(size)
    if not 0 < float(size) < 1:
        raise ArgumentError(f"{name}={size} does not fit: a fraction lies between 0 and 1; a number of rows is an int.")
    return int(rounded(float(size) * num_rows))


def sizes(num_rows: int, test_size: Any = None, train_size: Any = None) -> Sizes:
    """The number of rows of both parts.

    Args:
        num_rows: rows to split.
        test_size: int = rows, float = fraction (rounded up). Default: what ``train_size`` leaves, or a quarter.
        train_size: int = rows, float = fraction (rounded down). Default: what ``test_size`` leaves.

    Raises:
        ArgumentError: a size is out of range, both together are more than there is, or nothing is left to train on.

    >>> sizes(10), sizes(10, 0.33), sizes(10, 2, 3)
    (Sizes(train=7, test=3), Sizes(train=6, test=4), Sizes(train=3, test=2))
    """
    if test_size is None and train_size is None:
        test_size = DEFAULT_TEST_FRACTION
    if num_rows == 0 and not any(isinstance(s, numbers.Integral) for s in (test_size, train_size)):
        return Sizes(0, 0)
    test = _count("test_size", test_size, num_rows, math.ceil)
    train = _count("train_size", train_size, num_rows, math.floor)
    if test is None:
        test = num_rows - (train or 0)
    if train is None:
        train = num_rows - test
    if train + test > num_rows:
        raise ArgumentError(
            f"train_size={train_size} and test_size={test_size} ask for {train + test} rows, but there are {num_rows}."
        )
    if train == 0:
        raise ArgumentError(
            f"With {num_rows} rows, test_size={test_size} and train_size={train_size} leave nothing to train on. Adjust them."
        )
    return Sizes(train, test)


def random_rows(parts: Sizes, num_rows: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(train rows, test rows) of one permutation: its head is the test part, what follows the training part."""
    order = generator.permutation(num_rows)
    order.setflags(write=False)  # nobody else writes to it, so that a selection need not copy it
    return order[parts.test : parts.test + parts.train], order[: parts.test]


def stratified_rows(parts: Sizes, labels: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(train rows, test rows) with the class shares of the whole in both parts.

    Args:
        parts: the wanted sizes.
        labels: one class id per row.
        generator: where draws come from.

    Raises:
        ArgumentError: a class has one row only, or a part has fewer rows than there are classes.
    """
    classes, ids = np.unique(labels, return_inverse=True)
    counts = np.bincount(ids)
    if counts.min() < 2:
        raise ArgumentError(
            f"Class {classes[counts.argmin()]} has only one row; stratifying needs two of each class. Filter it out first."
        )
    for name, size in (("train", parts.train), ("test", parts.test)):
        if size < len(classes):
            raise ArgumentError(f"The {name} part has {size} rows, fewer than the {len(classes)} classes. Enlarge it.")
    rows_of = np.split(np.argsort(ids, kind="stable"), np.cumsum(counts)[:-1])
    train_counts = _draws_per_class(counts, parts.train, generator)
    test_counts = _draws_per_class(counts - train_counts, parts.test, generator)
    train, test = [], []
    for rows, n_train, n_test in zip(rows_of, train_counts, test_counts, strict=True):
        mixed = rows[generator.permutation(len(rows))]
        train.append(mixed[:n_train])
        test.append(mixed[n_train : n_train + n_test])
    return generator.permutation(np.concatenate(train)), generator.permutation(np.concatenate(test))


def _draws_per_class(counts: np.ndarray, draws: int, generator: np.random.Generator) -> np.ndarray:
    """How many of ``draws`` rows each class gives: shares rounded down, then the largest remainders."""
    shares = counts / counts.sum() * draws
    given = np.floor(shares)
    missing = int(draws - given.sum())
    remainders = shares - given
    for value in np.sort(np.unique(remainders))[::-1]:
        if missing <= 0:
            break
        (tied,) = np.where(remainders == value)
        more = min(len(tied), missing)
        given[generator.choice(tied, size=more, replace=False)] += 1
        missing -= more
    counted: np.ndarray = given.astype(np.int64)
    return counted
