"""The edges: sizes beyond 32 bits, ten thousand shards, nothing at all, any name, any nesting; store and formats together."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.formats import FormatSpec, get_formatter
from nlpdata.store.group import ShardGroup, TableGroup
from nlpdata.store.layout import Manifest, ShardEntry, shard_name
from nlpdata.store.manifest import write_manifest
from nlpdata.store.selection import Rows
from nlpdata.store.view import View
from nlpdata.store.writer import ShardWriter

NAMES = ["", " ", "a.b", "a/b", "数据", "🙂", "e\u0301", "é", "\n", "tab\t", '"', "\u202e", "\x00", "None", "x" * 300]


def stored(folder: Path, table: pa.Table, batch_bytes: int = 64) -> View:
    """A table written to shards of many small batches, and opened again."""
    with ShardWriter(folder, batch_bytes=batch_bytes, shard_bytes=4096) as writer:
        writer.write_table(table)
        write_manifest(folder, writer.finish())
    return View.of(ShardGroup.open(folder))


def check(view: View, table: pa.Table) -> None:
    """The view gives the table's rows in every way of reading, in Python and NumPy."""
    expected = table.to_pylist() if table.num_columns else [{}] * table.num_rows
    count = table.num_rows
    python = get_formatter(FormatSpec())
    assert view.num_rows == count and view.column_names == table.column_names
    assert list(python.rows(view.table())) == expected
    order = np.random.default_rng(0).permutation(count).astype(np.int64)
    mixed = view.select(Rows(order)) if count else view
    assert python.listed(mixed.table()) == [expected[i] for i in order]
    read = python.bind(mixed.table())
    assert [read(i) for i in range(count)] == [expected[i] for i in order]
    assert [python.row(view.take([i])) for i in range(count)] == expected
    for kind in ("numpy", "arrow"):
        batch = get_formatter(FormatSpec(kind)).batch(mixed.table())
        assert list(batch if kind == "numpy" else batch.column_names) == table.column_names


@pytest.mark.parametrize("rows", [0, 1, 70])
def test_nested_lists_of_structs_of_lists(tmp_path: Path, rows: int) -> None:
    inner = pa.struct([("words", pa.list_(pa.string())), ("span", pa.list_(pa.int32(), 2)), ("n", pa.large_list(pa.float64()))])
    kind = pa.list_(pa.struct([("parts", pa.list_(inner)), ("id", pa.int64())]))

    def value(i: int) -> Any:
        part = {"words": ["a", None, "ü" * (i % 3)], "span": None if i % 4 == 0 else [i, -i], "n": [0.5] * (i % 5)}
        return None if i % 7 == 6 else [{"parts": [part, None][: i % 3], "id": i}, None, {"parts": None, "id": None}][: i % 4]

    table = pa.table({"x": pa.array([value(i) for i in range(rows)], kind)})
    check(stored(tmp_path / "made", table), table)


def test_names_of_any_kind(tmp_path: Path) -> None:
    table = pa.table({name: [i, None, -i] for i, name in enumerate(NAMES)})
    view = stored(tmp_path / "made", table)
    check(view, table)
    renamed = view.rename({name: name + "*" for name in NAMES}).pick([name + "*" for name in reversed(NAMES)])
    check(renamed, table.rename_columns([name + "*" for name in NAMES]).select([name + "*" for name in reversed(NAMES)]))


def test_all_null_columns(tmp_path: Path) -> None:
    kinds = [pa.null(), pa.int32(), pa.string(), pa.bool_(), pa.list_(pa.int8()), pa.list_(pa.float32(), 3), pa.date32()]
    kinds += [pa.struct([("a", pa.int8()), ("b", pa.list_(pa.string()))]), pa.large_string(), pa.timestamp("us", "UTC")]
    table = pa.table([pa.nulls(40, kind) for kind in kinds], names=[str(i) for i in range(len(kinds))])
    check(stored(tmp_path / "made", table), table)


def test_no_rows_and_no_columns(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.list_(pa.string()))})
    check(stored(tmp_path / "rows", table), table)
    nothing = stored(tmp_path / "nothing", pa.table({}))
    assert (nothing.num_rows, nothing.column_names) == (0, [])
    check(View.empty(5), pa.table({"": pa.nulls(5)}).select([]))
    assert View.of(TableGroup(table)).take([]).num_rows == 0


def test_ten_thousand_shards(tmp_path: Path) -> None:
    """Opening maps nothing and is quick; rows of any shard are read without a descriptor for each."""
    count, rows = 10_000, 3
    with ShardWriter(tmp_path / "one") as writer:
        writer.write_table(pa.table({"x": [7, 8, 9], "t": ["a", "bc", None]}))
        (entry,) = writer.finish().shards
        schema = pa.ipc.open_stream(str(tmp_path / "one" / entry.file)).schema
    folder = tmp_path / "many"
    folder.mkdir()
    shards = []
    for i in range(count):
        name = shard_name(i, count)
        os.link(tmp_path / "one" / entry.file, folder / name)
        shards.append(ShardEntry(name, entry.num_rows, entry.num_bytes, entry.xxh3, entry.batches))
    write_manifest(folder, Manifest(schema, tuple(shards)))

    taken = []
    for _ in range(3):
        started = time.perf_counter()
        view = View.of(ShardGroup.open(folder))
        taken.append(time.perf_counter() - started)
    assert min(taken) < 2.0 and view.num_rows == count * rows
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir())) if descriptors.exists() else 0
    picked = np.arange(0, count * rows, 5)
    assert view.take(picked).column("x").to_pylist() == [7 + int(i) % 3 for i in picked]
    assert view.take([count * rows - 1]).to_pylist() == [{"x": 9, "t": None}]
    assert view.slice(2, 7).column("t").to_pylist() == [None, "a", "bc", None, "a"]
    if before:
        assert len(list(descriptors.iterdir())) <= before + 1
    assert view.memory().file_bytes == count * entry.num_bytes


def test_long_rows_are_gathered() -> None:
    texts = ["a" * 200_000, "", "b" * 70_000, None, "c" * 100_000]
    group = TableGroup(pa.table({"t": texts, "x": [None if t is None else [ord(t[0])] * len(t) if t else [] for t in texts]}))
    rows = np.array([4, 0, 3, 1, 2, 0], np.int64)
    taken = group.take(["t", "x"], rows)
    assert taken.column("t").to_pylist() == [texts[i] for i in rows]
    assert [None if v is None else len(v) for v in taken.column("x").to_pylist()] == [
        100_000,
        200_000,
        None,
        0,
        70_000,
        200_000,
    ]


@pytest.mark.slow
def test_text_beyond_two_gigabytes(tmp_path: Path) -> None:
    """Rows that together hold more text than 32-bit offsets reach, gathered in one call, and passed in order."""
    size = 1 << 20
    texts = [chr(ord("a") + i) * size for i in range(8)]
    view = stored(tmp_path / "made", pa.table({"t": pa.array(texts)}), batch_bytes=4 * size)
    rows = np.arange(2200) % 8
    gathered = view.select(Rows(rows)).table().column("t")
    assert gathered.type == pa.string() and len(gathered) == 2200 and gathered.nbytes > 2**31
    at = 0
    for chunk in gathered.chunks:
        for i in (0, len(chunk) - 1):
            assert chunk[i].as_py() == texts[(at + i) % 8]
        at += len(chunk)
    read = get_formatter(FormatSpec()).bind(pa.table({"t": gathered}))
    assert read(2199)["t"] == texts[2199 % 8] and read(0)["t"] == texts[0]
    assert sum(t.num_rows for t in view.select(Rows(rows)).natural_batches(64 * size)) == 2200


@pytest.mark.slow
def test_lists_beyond_two_to_the_31_values(tmp_path: Path) -> None:
    """One row of more than 2**31 - 1 values, and rows that together hold more: written, mapped, read, gathered."""
    long, short = 2**31 + 10, 5
    values = np.zeros(long + short, np.int8)
    values[[0, long - 1, long]] = 1, 2, 3
    offsets = pa.array([0, long, long + short], pa.int64())
    array = pa.LargeListArray.from_arrays(offsets, pa.array(values))
    view = stored(tmp_path / "made", pa.table({"x": array}), batch_bytes=1 << 20)
    del array, values
    found = get_formatter(
        FormatSpec("numpy"),
        None,
    )
    row = view.take([0]).column("x").chunk(0)
    flat = row.values.to_numpy()
    assert len(row[0].values if hasattr(row[0], "values") else row[0]) == long and flat[long - 1] == 2
    assert found.row(view.take([1]))["x"].tolist() == [3, 0, 0, 0, 0]
    swapped = view.take(np.array([1, 0])).column("x")
    assert [len(c) for c in swapped.chunks] in ([2], [1, 1])
    assert swapped.chunk(swapped.num_chunks - 1).values.to_numpy()[-1] == 2


def test_rows_that_overflow_32_bits_are_given_in_chunks() -> None:
    """The same path as above with a small limit."""
    group = TableGroup(pa.table({"x": [[1, 2, 3]] * 10 + [[]] * 3, "t": ["abc"] * 13}))
    group.offset_limit = 7
    taken = group.take(["x", "t"], np.array([12, 0, 1, 2, 3, 4, 12, 5, 5], np.int64))
    assert taken.column("x").num_chunks > 1
    assert taken.to_pylist() == [{"x": [] if i == 12 else [1, 2, 3], "t": "abc"} for i in (12, 0, 1, 2, 3, 4, 12, 5, 5)]
