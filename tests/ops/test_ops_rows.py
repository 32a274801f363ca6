"""Selecting, sharding, permuting and sorting rows of a view."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError, UnknownColumnError
from nlpdata.ops import select, sort, stats
from nlpdata.store.group import TableGroup
from nlpdata.store.selection import Range, Rows
from nlpdata.store.view import View


def view_of(**columns: list[object]) -> View:
    return View.of(TableGroup(pa.table(columns)))


@given(st.integers(0, 40), st.integers(1, 12), st.booleans())
def test_shards_are_all_rows_once(num_rows: int, num_shards: int, contiguous: bool) -> None:
    shards = [select.shard_rows(num_rows, num_shards, i, contiguous) for i in range(num_shards)]
    rows = [row for shard in shards for row in range(shard.start, shard.stop, shard.step)]
    assert sorted(rows) == list(range(num_rows))
    assert max(map(len, shards)) - min(map(len, shards)) <= 1
    if contiguous:
        assert rows == list(range(num_rows))


@pytest.mark.parametrize(("num_shards", "index"), [(3, 3), (3, -1), (0, 0)])
def test_a_shard_that_is_not_there(num_shards: int, index: int) -> None:
    with pytest.raises(ArgumentError, match="0 to num_shards - 1"):
        select.shard_rows(10, num_shards, index)


def test_a_permutation_is_that_of_the_generator() -> None:
    rows = select.permutation(50, select.random_generator(3))
    assert rows.array.tolist() == np.random.default_rng(3).permutation(50).tolist()


def test_without_a_seed_the_global_state_decides_and_moves_on() -> None:
    before = np.random.get_state()
    try:
        np.random.seed(7)
        first = select.random_generator().integers(0, 2**60)
        second = select.random_generator().integers(0, 2**60)
        np.random.seed(7)
        assert select.random_generator().integers(0, 2**60) == first != second
    finally:
        np.random.set_state(before)


def test_seed_and_generator_exclude_each_other() -> None:
    with pytest.raises(ArgumentError, match="Give one"):
        select.random_generator(1, np.random.default_rng(1))
    with pytest.raises(ArgumentError, match=r"numpy\.random\.Generator"):
        select.random_generator(generator=np.random.RandomState(1))


def test_contiguous_picks_need_no_row_list() -> None:
    view = view_of(a=list(range(10)))
    assert select.pick(view, [3, 4, 5]).parts[0].selection == Range(3, 6)
    assert isinstance(select.pick(view, [5, 3]).parts[0].selection, Rows)
    assert select.pick(view, [-1, 0]).table()["a"].to_pylist() == [9, 0]


def test_span_and_repeat() -> None:
    view = view_of(a=[1, 2, 3])
    assert select.span(view, 1, 99).table()["a"].to_pylist() == [2, 3]
    assert select.span(view, 9, 99).num_rows == 0
    assert select.repeat(view, 2).table()["a"].to_pylist() == [1, 2, 3, 1, 2, 3]
    assert select.repeat(view, 0).num_rows == 0
    assert select.repeat(view, -1).column_names == ["a"]


@given(
    st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 3)), st.sampled_from("abc"))),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_sorting_is_that_of_python(rows: list[tuple[int | None, str]], down_a: bool, down_b: bool, nulls_first: bool) -> None:
    view = View.of(
        TableGroup(
            pa.table({"a": pa.array([a for a, _ in rows], pa.int64()), "b": pa.array([b for _, b in rows], pa.string())})
        )
    )
    order = sort.sort_rows(view, ["a", "b"], [down_a, down_b], "at_start" if nulls_first else "at_end")

    expected = sorted(range(len(rows)), key=lambda i: rows[i][1], reverse=down_b)
    if down_b:  # reverse= keeps ties in order
        expected = sorted(range(len(rows)), key=lambda i: -ord(rows[i][1]))
    sign = -1 if down_a else 1
    expected.sort(key=lambda i: ((rows[i][0] is None) != nulls_first, sign * (rows[i][0] or 0)))
    assert order.tolist() == expected


def test_sorting_by_an_all_null_column_changes_nothing() -> None:
    assert sort.sort_rows(view_of(a=[None, None]), ["a"], False).tolist() == [0, 1]
    assert sort.sort_rows(view_of(a=[None, None], b=[2, 1]), ["a", "b"], False).tolist() == [1, 0]


def test_bad_sort_arguments() -> None:
    view = view_of(a=[1])
    with pytest.raises(ArgumentError, match="2 entries for 1 columns"):
        sort.sort_rows(view, ["a"], [True, False])
    with pytest.raises(ArgumentError, match="at_end"):
        sort.sort_rows(view, ["a"], False, "middle")
    with pytest.raises(ArgumentError, match="No column"):
        sort.sort_rows(view, [], False)
    with pytest.raises(UnknownColumnError):
        sort.sort_rows(view, ["b"], False)
    with pytest.raises(ArgumentError, match="cannot be put in order"):
        sort.sort_rows(view_of(a=[[1]]), ["a"], False)


def test_distinct_values_in_order_of_appearance() -> None:
    view = view_of(
        a=["b", None, "a", "b"],
        n=[
            2,
            10,
            None,
            2,
        ][:4],
    )
    assert stats.unique(view, "a").to_pylist() == ["b", None, "a"]
    assert stats.class_names(view, "a") == ["a", "b"]
    assert stats.class_names(view, "n", include_nulls=True) == ["10", "2", "None"]
    with pytest.raises(ArgumentError, match="scalar"):
        stats.unique(view_of(a=[[1]]), "a")
