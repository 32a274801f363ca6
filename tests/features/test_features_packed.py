"""Numbers that are packed: what Arrow makes of them, or nothing at all."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.features.infer import infer_type
from nlpdata.features.packed import packed

small = st.integers(-(2**31), 2**31 - 1)
numbers = small | st.integers(-(2**70), 2**70) | st.floats() | st.booleans() | st.none() | st.text(max_size=12) | st.binary()
nested = st.recursive(
    numbers, lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=3).map(tuple), max_leaves=12
)


@given(st.lists(small, min_size=1))
def test_integers_are_what_arrow_makes_of_them(values: list[int]) -> None:
    found = packed(values)
    assert found is not None and found.equals(pa.array(values))


@given(st.lists(st.lists(small), min_size=1).filter(lambda rows: bool(rows[0])))
def test_lists_of_integers_are_what_arrow_makes_of_them(rows: list[list[int]]) -> None:
    found = packed(rows)
    assert found is not None and found.type == pa.list_(pa.int64()) and found.to_pylist() == rows
    found.validate(full=True)


@given(st.lists(nested, max_size=6) | st.lists(st.lists(numbers | st.lists(small, max_size=3), max_size=4), max_size=6))
def test_anything_else_is_left_to_arrow(values: list[Any]) -> None:
    found = packed(values)
    if found is not None:
        assert found.type == infer_type(values) and repr(found.to_pylist()) == repr(values)


class Color(enum.IntEnum):
    RED = 1


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1, True],
        [1, None],
        [1, 2.0],
        [1.0, 2],
        [1.0],
        [2**31],
        [1, Color.RED],
        [1, np.int64(1)],
        [1.0, np.float64(1)],
        [[1], None],
        [[1], [None]],
        [[1], (2,)],
        [[1], [True]],
        [[1], 2],
        [[1, [2]], 3],
        [[1, [2, 3]]],
        [[1], b"i\1\0\0\0"],
        [[1], ["i\1\0\0"]],
        [[1], np.array([2])],
        [[1], {"a": 1}],
        [(1,)],
    ],
)
def test_a_value_of_another_kind_is_seen(values: list[Any]) -> None:
    assert packed(values) is None


@pytest.mark.parametrize(
    "lengths", [[16_000], [16_001], [40_000, 1, 0, 0], [9000] * 5, [0, 15_999, 1, 1, 50_000] * 2, [1] * 40_000]
)
def test_what_is_read_in_several_parts_is_whole(lengths: list[int]) -> None:
    rows = [[1], *([i] * n for i, n in enumerate(lengths))]
    flat = [value for row in rows for value in row]
    assert packed(rows).equals(pa.array(rows)) and packed(flat).equals(pa.array(flat))  # type: ignore[union-attr]
    rows[-1].append(True)
    assert packed(rows) is None and packed([*flat, True]) is None


def test_one_list_that_comes_twice_is_two_rows() -> None:
    row = [1, 2]
    found = packed([row, row, []])
    assert found is not None and found.to_pylist() == [[1, 2], [1, 2], []]


def test_a_list_that_holds_itself_is_left_to_arrow() -> None:
    endless: list[Any] = [1]
    endless.append(endless)
    assert packed(endless) is None and packed([endless]) is None
