"""``on_error``: rows for which the function fails are left out, or kept and told about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from nlpdata.cache.directory import CacheDirectory
from nlpdata.engine.plan import Filter, Map
from nlpdata.engine.run import Options, run_filter, run_map
from nlpdata.errors import ArgumentError

MakeSource = Callable[..., Any]
BAD = [3, 4, 17]


def inverse(row: Any) -> Any:
    if row["n"] in (3, 4, 17):
        raise ValueError(f"no {row['n']}")
    return {"m": row["n"] * 2}


async def later(row: Any) -> Any:
    await asyncio.sleep(0)
    return inverse(row)


@pytest.mark.parametrize("function", [inverse, later])
@pytest.mark.parametrize("on_disk", [True, False])
def test_skip_leaves_rows_out(function: Any, on_disk: bool, source: MakeSource, directory: CacheDirectory) -> None:
    for _ in range(2):  # the second time it is found
        options = Options(directory if on_disk else None, task_rows=6)
        table = run_map(source({"n": list(range(20))}), Map(function, on_error="skip"), options).view.table()
        assert table.column("n").to_pylist() == [n for n in range(20) if n not in BAD]
        assert table.column("m").to_pylist() == [2 * n for n in range(20) if n not in BAD]


@pytest.mark.parametrize("on_disk", [True, False])
def test_collect_keeps_rows_and_tells_the_error(on_disk: bool, source: MakeSource, directory: CacheDirectory) -> None:
    for _ in range(2):
        options = Options(directory if on_disk else None, task_rows=6)
        made = run_map(source({"n": list(range(20))}), Map(inverse, on_error="collect"), options)
        table = made.view.table()
        assert table.column("n").to_pylist() == list(range(20))
        assert table.column("m").to_pylist() == [None if n in BAD else 2 * n for n in range(20)]
        assert [e for e in table.column("_error").to_pylist() if e] == [f"row {n}: ValueError: no {n}" for n in BAD]
        assert list(made.features) == ["n", "m", "_error"]


def test_a_failed_batch_is_left_out_also_where_batches_change_length(source: MakeSource, directory: CacheDirectory) -> None:
    def doubled(batch: Any) -> Any:
        if 7 in batch["n"]:
            raise KeyError("seven")
        return {"m": [n for n in batch["n"] for _ in range(2)]}

    step = Map(doubled, batched=True, batch_size=5, remove_columns=("n",), on_error="skip")
    table = run_map(source({"n": list(range(20))}), step, Options(directory)).view.table()
    assert table.column("m").to_pylist() == [n for n in range(20) for _ in range(2) if not 5 <= n < 10]


def test_garbage_from_the_function_counts_as_its_error(source: MakeSource, directory: CacheDirectory) -> None:
    step = Map(lambda row: 5 if row["n"] == 1 else {"m": 1}, on_error="skip")
    assert run_map(source({"n": [0, 1, 2]}), step, Options(directory)).view.table().column("n").to_pylist() == [0, 2]


def test_every_row_may_fail(source: MakeSource, directory: CacheDirectory) -> None:
    def broken(row: Any) -> Any:
        raise ValueError("never")

    assert run_map(source({"n": [1, 2]}), Map(broken, on_error="skip"), Options(directory)).view.num_rows == 0
    told = run_map(source({"n": [1, 2]}), Map(broken, on_error="collect"), Options(directory)).view.table()
    assert told.column("_error").to_pylist() == ["row 0: ValueError: never", "row 1: ValueError: never"]


@pytest.mark.parametrize("batched", [True, False])
def test_filter_skips(batched: bool, source: MakeSource, directory: CacheDirectory) -> None:
    def odd(item: Any) -> Any:
        if item["n"] in (3, [3]):
            raise ValueError("three")
        return [n % 2 == 1 for n in item["n"]] if batched else item["n"] % 2 == 1

    step = Filter(odd, batched=batched, batch_size=1, on_error="skip")
    table = run_filter(source({"n": list(range(8))}), step, Options(directory)).view.table()
    assert table.column("n").to_pylist() == [1, 5, 7]


def test_what_cannot_be_meant(source: MakeSource) -> None:
    with pytest.raises(ArgumentError, match="'raise' or 'skip' or 'collect'"):
        Map(inverse, on_error="ignore")
    with pytest.raises(ArgumentError, match="'raise' or 'skip'"):
        Filter(inverse, on_error="collect")
    with pytest.raises(ArgumentError, match="column '_error'"):
        run_map(source({"_error": [1]}), Map(inverse, on_error="collect"), Options())


def test_the_mode_is_part_of_the_key_only_where_it_matters() -> None:
    assert Map(inverse).key() == Map(inverse, on_error="raise").key() != Map(inverse, on_error="skip").key()
