"""Sizes and draws of the two parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError
from nlpdata.ops.split import Sizes, random_rows, sizes, stratified_rows


@pytest.mark.parametrize(
    ("num_rows", "test", "train", "expected"),
    [
        (10, None, None, Sizes(7, 3)),
        (10, 0.25, None, Sizes(7, 3)),
        (10, 3, None, Sizes(7, 3)),
        (10, None, 4, Sizes(4, 6)),
        (10, None, 0.55, Sizes(5, 5)),
        (10, 0.5, 2, Sizes(2, 5)),
        (0, 0.5, None, Sizes(0, 0)),
        (2, 1, None, Sizes(1, 1)),
        (10, np.int64(3), np.float64(0.2), Sizes(2, 3)),
    ],
)
def test_sizes(num_rows: int, test: float | None, train: float | None, expected: Sizes) -> None:
    assert sizes(num_rows, test, train) == expected


@pytest.mark.parametrize(
    ("num_rows", "test", "train", "said"),
    [
        (10, 10, None, "between 1 and 9"),
        (10, 0, None, "between 1 and 9"),
        (10, 1.0, None, "between 0 and 1"),
        (10, -0.1, None, "between 0 and 1"),
        (10, None, 1.5, "between 0 and 1"),
        (10, 6, 6, "ask for 12 rows, but there are 10"),
        (10, 0.6, 0.6, "ask for 12 rows"),
        (1, 0.5, None, "nothing to train on"),
        (10, "3", None, "neither a number of rows nor a fraction"),
        (10, True, None, "neither a number of rows nor a fraction"),
        (0, 1, None, "of 0 rows"),
    ],
)
def test_sizes_that_cannot_be_meant(num_rows: int, test: object, train: float | None, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        sizes(num_rows, test, train)


def test_random_rows_are_the_head_and_the_rest_of_one_permutation() -> None:
    order = np.random.default_rng(5).permutation(20)
    train, test = random_rows(Sizes(12, 6), 20, np.random.default_rng(5))
    assert test.tolist() == order[:6].tolist()
    assert train.tolist() == order[6:18].tolist()


@given(st.lists(st.integers(2, 9), min_size=1, max_size=5), st.integers(0, 2**32 - 1), st.data())
def test_stratified_parts_are_disjoint_and_keep_shares(counts: list[int], seed: int, data: st.DataObject) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    n = len(labels)
    if n - len(counts) < len(counts):
        return
    test_size = data.draw(st.integers(len(counts), n - len(counts)))
    train, test = stratified_rows(Sizes(n - test_size, test_size), labels, np.random.default_rng(seed))
    assert sorted([*train, *test]) == list(range(n))
    shares = np.bincount(labels[test], minlength=len(counts)) - np.array(counts) * test_size / n
    assert (np.abs(shares) < 2).all()


def test_stratifying_refuses_what_it_cannot_do() -> None:
    with pytest.raises(ArgumentError, match="Class 1 has only one row"):
        stratified_rows(Sizes(2, 1), np.array([0, 0, 1]), np.random.default_rng(0))
    with pytest.raises(ArgumentError, match="test part has 1 rows, fewer than the 2 classes"):
        stratified_rows(Sizes(3, 1), np.array([0, 0, 1, 1]), np.random.default_rng(0))
