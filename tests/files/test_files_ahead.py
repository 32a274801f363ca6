"""Work done ahead in other threads: in order, bounded in bytes, and nothing lost when it fails or is given up."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nlpdata.files.ahead import map_ahead, read_ahead
from nlpdata.files.base import get_file_type, last_place, mapped_blocks
from nlpdata.files.json_flat import read_flat
from nlpdata.settings import cores


def counted(number: int, log: list[str]) -> Iterator[int]:
    try:
        yield from range(number)
    finally:
        log.append("closed")


def test_results_come_in_the_order_of_the_items_however_long_each_takes() -> None:
    def slow_when_even(item: int) -> int:
        time.sleep(0.002 * (item % 2 == 0))
        return item * item

    assert list(map_ahead(slow_when_even, iter(range(50)), lambda _: 1, 100)) == [item * item for item in range(50)]


def test_an_exception_comes_in_the_place_of_what_could_not_be_made() -> None:
    found = []
    with pytest.raises(ZeroDivisionError):
        for value in map_ahead(lambda item: 7 // (7 - item), iter(range(20)), lambda _: 1, 100):
            found.append(value)
    assert found == [7 // (7 - item) for item in range(7)]


def test_items_that_end_in_an_exception_are_used_up_before_it() -> None:
    def breaking() -> Iterator[int]:
        yield from range(5)
        raise OSError("the disk is gone")

    found = []
    with pytest.raises(OSError, match="the disk is gone"):
        for value in map_ahead(abs, breaking(), lambda _: 1, 100):
            found.append(value)
    assert found == list(range(5))


def test_who_takes_one_starts_no_thread_and_closing_closes_the_items() -> None:
    log: list[str] = []
    places: list[str] = []
    made = map_ahead(lambda item: places.append(threading.current_thread().name), counted(100, log), lambda _: 1, 100)
    next(made)
    assert places == [threading.current_thread().name]
    next(made)
    made.close()
    assert log == ["closed"] and len(places) < 30


def test_items_begun_and_not_taken_stay_within_the_bytes() -> None:
    taken = 0
    ahead: list[int] = []

    def items() -> Iterator[int]:
        for number in range(40):
            ahead.append(number - taken)
            yield number

    for _ in map_ahead(abs, items(), lambda _: 10, 20):
        taken += 1
    assert max(ahead) <= 3, "two in work, and the one that is handed out"


def test_an_item_larger_than_the_limit_goes_alone() -> None:
    assert list(map_ahead(abs, iter([-5, -6, -7]), lambda _: 100, 1)) == [5, 6, 7]


def test_an_exception_in_the_reading_thread_comes_after_what_was_read() -> None:
    def breaking() -> Iterator[int]:
        yield from range(3)
        raise ValueError("row 3")

    found = []
    with pytest.raises(ValueError, match="row 3"):
        for value in read_ahead(breaking(), lambda _: 1, 2):
            found.append(value)
    assert found == [0, 1, 2] and cores() >= 1


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_blocks_of_a_mapped_file_join_to_the_file_and_end_after_lines(tmp_path: Path, size: int) -> None:
    content = b"".join(b"x" * (n % 11) + b"\n" for n in range(60)) + b"no end"
    (tmp_path / "file").write_bytes(content)
    with pa.memory_map(str(tmp_path / "file")) as file:
        cut = lambda data, ended: len(data) if ended else last_place(data, 10) + 1  # noqa: E731
        blocks = [bytes(block) for block in mapped_blocks(file, size, cut)]
    assert b"".join(blocks) == content
    assert all(block.endswith(b"\n") for block in blocks[:-1])


def test_the_last_place_of_a_byte_is_found_over_many_steps() -> None:
    data = np.zeros(10**5, np.uint8)
    assert last_place(data, 10) == -1
    for place in (0, 16_383, 16_384, 99_999):
        data[place] = 10
        assert last_place(data, 10) == place


def test_csv_larger_than_many_blocks_is_read_alike_at_once_and_carefully(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [[n, 'a,"b"\nc' * int(rng.integers(0, 80)), n / 4, ""] for n in range(30_000)]
    with open(tmp_path / "rows.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "text", "half", "empty"], *rows])
    kind = get_file_type("csv")
    once = pa.Table.from_batches(kind.read_once(tmp_path / "rows.csv"))
    careful = pa.Table.from_batches(kind.read(tmp_path / "rows.csv"))
    assert once.equals(careful) and once.num_rows == len(rows)
    assert once["id"].to_pylist() == [row[0] for row in rows] and once["half"].to_pylist() == [row[2] for row in rows]
    assert once["text"].to_pylist() == [row[1] or None for row in rows] and once["empty"].null_count == len(rows)


@pytest.mark.parametrize("group", [1, 700, 100_000])
def test_parquet_of_any_row_groups_is_read_whole(tmp_path: Path, group: int) -> None:
    rows = 3000
    table = pa.table({"id": np.arange(rows), "text": [f"{n} " * 2000 for n in range(rows)]})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=group)
    batches = list(get_file_type("parquet").read(tmp_path / "rows.parquet"))
    assert pa.Table.from_batches(batches).equals(table)
    assert max(batch.nbytes for batch in batches) < 16 * 2**20
    only = pa.Table.from_batches(get_file_type("parquet").read(tmp_path / "rows.parquet", columns=["id"]))
    assert only.equals(table.select(["id"]))


@pytest.mark.parametrize("number", ["01", "-01", "0x1", "+1", "1_0", "-", "", "1 2"])
def test_what_arrow_takes_for_an_integer_and_json_does_not_is_left_to_a_parser(number: str) -> None:
    table = read_flat(b'{"a": 1, "b": "x"}\n{"a": ' + number.encode() + b', "b": "y"}\n')
    assert table is None or table["a"].type == pa.float64()


@pytest.mark.parametrize("line", [b'{"a": "x\ty"}', b'{"a": "x\\\ty"}', b'{"a": "x\ny"}', b'{"a": "\x00"}'])
def test_control_characters_inside_texts_are_left_to_a_parser(line: bytes) -> None:
    assert read_flat(b'{"a": "x"}\n' + line + b"\n") is None
