"""Selections: what users write between brackets, and the quality of the permutation by formula."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from nlpdata.store import Range, Rows, Shuffled, as_selection, compose


def test_consecutive_rows_become_a_range() -> None:
    assert as_selection([3, 4, 5], 9) == Range(3, 6)
    assert as_selection(np.arange(9), 9) == Range(0, 9)
    assert as_selection([-2, -1], 9) == Range(7, 9)
    assert as_selection(range(2, 9, 3), 9) == Range(2, 9, 3)
    assert as_selection(range(-3, 0), 9) == Range(6, 9)
    assert as_selection(slice(-3, None), 9) == Range(6, 9)
    assert as_selection([], 9) == Range(0, 0)
    assert isinstance(as_selection(range(-1, 2), 9), Rows)
    assert isinstance(as_selection([5, 4], 9), Rows)


def test_series_and_arrow_arrays() -> None:
    for form in (pd.Series([2, 0]), pa.chunked_array([[2], [0]]), pd.Index([2, 0])):
        assert as_selection(form, 3) == Rows(np.array([2, 0]))


@pytest.mark.parametrize(
    "indices", [[0, 9], [-10], range(9, 12), range(-10, -5), np.array([2**40]), np.array([2**64 - 1], np.uint64)]
)
def test_out_of_range(indices: object) -> None:
    with pytest.raises(IndexError, match="out of range"):
        as_selection(indices, 9)
    with pytest.raises(IndexError, match="there are 0 rows"):
        as_selection([0], 0)


@pytest.mark.parametrize(
    "indices",
    [
        [True, False],
        np.array([True]),
        [0.5],
        np.array([1.0]),
        ["a"],
        "a",
        1.5,
        None,
        [[1]],
        np.zeros((2, 2), int),
        [None],
        [1, None],
        [2**70],
    ],
)
def test_what_is_no_index(indices: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        as_selection(indices, 9)


def test_masks_are_explained() -> None:
    with pytest.raises(TypeError, match="flatnonzero"):
        as_selection(np.array([True, False]), 2)


def test_the_users_array_is_not_shared_but_a_mapped_one_is(tmp_path: Path) -> None:
    mine = np.array([2, 0])
    selection = as_selection(mine, 3)
    mine[0] = 1
    assert selection == Rows(np.array([2, 0]))
    np.save(tmp_path / "rows.npy", np.array([2, 0]))
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    found = as_selection(mapped, 3)
    assert isinstance(found, Rows) and found.array is mapped
    taken = compose(Range(0, 1), found)
    assert isinstance(taken, Rows) and np.shares_memory(taken.array, mapped)


def test_rows_refuses_other_arrays() -> None:
    for array in (np.zeros(2), np.zeros(2, np.int16), np.zeros((1, 1), np.int64)):
        with pytest.raises(TypeError, match="1-D array of int64"):
            Rows(array)


def test_reversed_ranges_compose_to_the_first_row() -> None:
    backwards = as_selection(slice(None, None, -1), 5)
    assert compose(backwards, Rows(np.arange(5))) == Rows(np.array([4, 3, 2, 1, 0]))
    assert compose(backwards, backwards).locate(np.arange(5)).tolist() == [0, 1, 2, 3, 4]


def test_a_permutation_depends_on_all_of_its_arguments() -> None:
    orders = {tuple(Shuffled(50, s, e).locate(np.arange(50)).tolist()) for s in range(20) for e in range(5)}
    assert len(orders) == 100


def test_a_permutation_is_even_handed() -> None:
    """Each order of four rows, and each first row of a hundred, comes about equally often."""
    orders = Counter(tuple(Shuffled(4, s).locate(np.arange(4)).tolist()) for s in range(4800))
    assert len(orders) == 24
    assert min(orders.values()) > 140 and max(orders.values()) < 265  # 200 expected, sd 14
    firsts = Counter(Shuffled(100, s).at(0) for s in range(10_000))
    assert len(firsts) == 100
    assert min(firsts.values()) > 60 and max(firsts.values()) < 145  # 100 expected, sd 10


def test_a_permutation_does_not_keep_neighbours() -> None:
    rows = Shuffled(100_000, 3).locate(np.arange(100_000))
    assert abs(np.corrcoef(rows[:-1], rows[1:])[0, 1]) < 0.02
    assert abs(np.corrcoef(np.arange(100_000), rows)[0, 1]) < 0.02
    assert (np.abs(np.diff(rows)) == 1).sum() < 20  # 2 expected


def test_positions_of_a_trillion_rows_need_no_memory() -> None:
    huge = Shuffled(10**12, 5)
    assert len(huge) == 10**12
    assert huge.locate(np.array([0, 10**12 - 1])).tolist() == [huge.at(0), huge.at(10**12 - 1)]
