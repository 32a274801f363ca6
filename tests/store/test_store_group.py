"""Groups: what is read when, 64-bit positions, foreign files, content keys."""

from __future__ import annotations

import os
import pickle
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError, CorruptFileError, UnknownColumnError
from nlpdata.store import (
    ColumnGroup,
    NullGroup,
    ShardGroup,
    ShardWriter,
    StackGroup,
    TableGroup,
    View,
    write_manifest,
)


def rows(*numbers: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(numbers, np.int64)


def stored(table: pa.Table, folder: Path, batch_bytes: int = 100, shard_bytes: int = 1000) -> ShardGroup:
    writer = ShardWriter(folder, batch_bytes=batch_bytes, shard_bytes=shard_bytes)
    writer.write_table(table)
    write_manifest(folder, writer.finish())
    return ShardGroup.open(folder)


@pytest.fixture
def table() -> pa.Table:
    return pa.table({"x": range(300), "t": [f"text {i}" for i in range(300)], "l": [[i, i + 1] for i in range(300)]})


def test_all_are_column_groups(table: pa.Table, tmp_path: Path) -> None:
    memory = TableGroup(table)
    for group in (memory, stored(table, tmp_path), StackGroup([View.of(memory)]), NullGroup(table.schema, 3)):
        assert isinstance(group, ColumnGroup)


def test_opening_maps_nothing_and_reading_maps_one_shard(table: pa.Table, tmp_path: Path) -> None:
    group = stored(table, tmp_path)
    assert len(group.files) > 3

    def mapped() -> set[str]:
        return {f for f in group.files if f in Path("/proc/self/maps").read_text()}

    if not Path("/proc/self/maps").exists():
        pytest.skip("needs /proc")
    before = len(os.listdir("/proc/self/fd"))
    assert (group.num_rows, group.schema.names, group.nbytes > 1000) == (300, ["x", "t", "l"], True)
    assert mapped() == set()
    assert group.read(["x"], 150, 151).to_pylist() == [{"x": 150}]
    assert len(mapped()) == 1
    group.take(["t"], rows(0, 299, 150))
    assert len(mapped()) == 3
    assert len(os.listdir("/proc/self/fd")) == before


def test_slices_of_one_batch_are_the_file_itself(table: pa.Table, tmp_path: Path) -> None:
    group = stored(table, tmp_path, batch_bytes=10**6, shard_bytes=10**7)
    one, two = group.read(["x"], 5, 9), group.read(["x"], 5, 9)
    addresses = {t.column(0).chunk(0).buffers()[1].address for t in (one, two)}
    assert len(addresses) == 1
    allocated = pa.total_allocated_bytes()
    whole = group.read(["x", "t", "l"], 0, 300)
    assert pa.total_allocated_bytes() == allocated
    assert whole.equals(table)


def test_take_gives_one_chunk(table: pa.Table, tmp_path: Path) -> None:
    taken = stored(table, tmp_path).take(["l", "x"], rows(299, 0, 150, 150))
    assert taken.to_pylist() == [{"l": [i, i + 1], "x": i} for i in (299, 0, 150, 150)]
    assert [c.num_chunks for c in taken.columns] == [1, 1]


def test_consecutive_rows_are_sliced(table: pa.Table) -> None:
    group = TableGroup(table)
    allocated = pa.total_allocated_bytes()
    assert group.take(["x"], np.arange(10, 200)).equals(table.select(["x"]).slice(10, 190))
    assert pa.total_allocated_bytes() == allocated


def test_results_beyond_32_bit_offsets_come_in_chunks() -> None:
    group = TableGroup(pa.table({"t": ["abc", "de", None], "l": [[1, 2], [], [3]], "d": [[["abcd"]], [], None]}))
    group.offset_limit = 7
    wanted = rows(0, 1, 0, 2, 0, 1, 1)
    taken = group.take(["t", "l", "d"], wanted)
    assert taken.schema.types == group.schema.types
    assert taken.column("t").num_chunks > 1
    values = group.table.to_pylist()
    assert taken.to_pylist() == [values[i] for i in wanted]


@pytest.mark.slow
def test_more_than_two_gigabytes_of_text(tmp_path: Path) -> None:
    piece = 100 * 2**20
    text = pa.table({"t": ["a" * piece, "b" * piece]})
    taken = TableGroup(text).take(["t"], rows(*[0, 1] * 12))
    assert taken.column("t").num_chunks > 1
    assert taken.nbytes > 2**31
    assert all(c.type == pa.string() for c in taken.columns)
    assert [t[:1] for t in taken.column("t").to_pylist()] == ["a", "b"] * 12
    writer = ShardWriter(tmp_path, batch_bytes=2**33, shard_bytes=2**34)
    writer.write_table(taken)
    manifest = writer.finish()
    write_manifest(tmp_path, manifest)
    assert manifest.shards[0].num_bytes > 2**31
    group = ShardGroup.open(tmp_path)
    back = group.read(["t"], 0, 24)
    assert back.equals(taken)
    assert group.take(["t"], rows(23, 0)).column("t").to_pylist() == ["b" * piece, "a" * piece]


@pytest.mark.slow
def test_lists_of_more_than_two_billion_values() -> None:
    values = pa.array(np.zeros(2**31 + 10, np.int8))
    lists = pa.LargeListArray.from_arrays(pa.array([0, 5, 2**31 + 5, 2**31 + 10]), values)
    taken = TableGroup(pa.table({"l": lists})).take(["l"], rows(2, 1, 0))
    assert taken.column("l").chunk(0).value_lengths().to_pylist() == [5, 2**31, 5]


def test_rows_out_of_range(table: pa.Table) -> None:
    group = TableGroup(table)
    for wanted in (rows(300), rows(-1), rows(0, 300), rows(5, -2, 1), np.arange(290, 310)):
        with pytest.raises(IndexError, match="300"):
            group.take(["x"], wanted)
    for start, stop in ((-1, 3), (5, 301), (7, 6)):
        with pytest.raises(IndexError, match="300"):
            group.read(["x"], start, stop)


def test_unknown_columns_are_suggested(table: pa.Table) -> None:
    for group in (TableGroup(table.rename_columns(["text", "label", "l"])), NullGroup(pa.schema([("label", pa.int8())]), 2)):
        for call in (lambda g=group: g.read(["lable"], 0, 1), lambda g=group: g.take(["lable"], rows(1, 0))):
            with pytest.raises(UnknownColumnError, match="Did you mean 'label'"):
                call()


def test_two_columns_of_one_name() -> None:
    with pytest.raises(ArgumentError, match="same name: a"):
        TableGroup(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))


@given(lengths=st.lists(st.one_of(st.integers(0, 300), st.integers(90, 110)), min_size=1, max_size=40), seed=st.integers(0, 99))
def test_rows_are_found_in_batches_of_any_lengths(lengths: list[int], seed: int) -> None:
    edges = np.concatenate([[0], np.cumsum(lengths)])
    assume(edges[-1])
    numbers = pa.chunked_array([pa.array(range(a, b), pa.int64()) for a, b in pairwise(edges.tolist())], pa.int64())
    wanted = np.random.default_rng(seed).integers(0, edges[-1], 200).tolist() + [int(e) for e in edges if e < edges[-1]]
    assert TableGroup(pa.table({"x": numbers})).take(["x"], rows(*wanted)).column("x").to_pylist() == wanted


def test_many_chunks_and_empty_ones() -> None:
    chunks = [[], [1], [], [], [2, 3], [4], []]
    group = TableGroup(pa.table({"x": pa.chunked_array(chunks, pa.int64())}))
    assert group.read(["x"], 0, 4).to_pylist() == [{"x": i} for i in (1, 2, 3, 4)]
    assert [group.read(["x"], i, i + 1).column(0).to_pylist() for i in range(4)] == [[1], [2], [3], [4]]
    assert group.take(["x"], rows(3, 0, 2, 0)).column(0).to_pylist() == [4, 1, 3, 1]
    assert group.read(["x"], 2, 2).num_rows == 0


# --- files of others ---


@pytest.mark.parametrize("form", ["stream", "file", "compressed", "dictionary"])
def test_foreign_files(table: pa.Table, tmp_path: Path, form: str) -> None:
    if form == "dictionary":
        table = table.set_column(1, "t", table.column("t").dictionary_encode())
    paths = []
    for index in range(2):
        paths.append(tmp_path / f"{index}.arrow")
        options = pa.ipc.IpcWriteOptions(compression="lz4" if form == "compressed" else None)
        make = pa.ipc.new_file if form == "file" else pa.ipc.new_stream
        with make(str(paths[-1]), table.schema, options=options) as writer:
            for batch in table.slice(index * 150, 150).to_batches(max_chunksize=40):
                writer.write_batch(batch)
    group = ShardGroup.from_files(paths)
    assert group.num_rows == 300
    view = View.of(group)
    assert view.table().to_pylist() == table.to_pylist()
    wanted = [299, 3, 150, 149, 3]
    assert view.take(wanted).to_pylist() == [table.to_pylist()[i] for i in wanted]
    again = pickle.loads(pickle.dumps(group))
    assert again.content_key() == group.content_key()
    assert group.files == tuple(str(p) for p in paths)


def test_foreign_files_that_are_none(table: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "x.arrow"
    for data in (b"", b"hello", b"\xff\xff\xff\xff\x10\x00\x00\x00", b"ARROW1\0\0"):
        path.write_bytes(data)
        with pytest.raises(CorruptFileError, match=r"x\.arrow"):
            ShardGroup.from_files([path])
    with pytest.raises(CorruptFileError, match="missing"):
        ShardGroup.from_files([tmp_path / "no"])
    with pytest.raises(ArgumentError, match="at least one"):
        ShardGroup.from_files([])
    with pa.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table)
    whole = path.read_bytes()
    for size in (len(whole) // 2, 300, 700):
        path.write_bytes(whole[:size])
        with pytest.raises(CorruptFileError, match=r"x\.arrow"):
            ShardGroup.from_files([path])
    path.write_bytes(whole[:-8])  # without the end mark, as a reader of a pipe would see it
    assert ShardGroup.from_files([path]).num_rows == 300


def test_foreign_files_of_different_columns(table: pa.Table, tmp_path: Path) -> None:
    for name, part in (("a", table), ("b", table.select(["x"]))):
        with pa.ipc.new_stream(str(tmp_path / name), part.schema) as writer:
            writer.write_table(part)
    with pytest.raises(ArgumentError, match="has the columns x: int64, but"):
        ShardGroup.from_files([tmp_path / "a", tmp_path / "b"])


# --- keys ---


def test_keys_of_equal_results_are_equal(table: pa.Table, tmp_path: Path) -> None:
    one, two = stored(table, tmp_path / "1"), stored(table, tmp_path / "2")
    assert one.content_key() == two.content_key()
    other = stored(table.slice(1), tmp_path / "3")
    assert other.content_key() != one.content_key()


def test_keys_see_nulls_types_names_and_nesting() -> None:
    tables = [
        pa.table({"a": [1, None]}),
        pa.table({"a": [None, 1]}),
        pa.table({"a": [1, 0]}),
        pa.table({"a": pa.array([1, 0], pa.int32())}),
        pa.table({"b": [1, 0]}),
        pa.table({"a": [[1], [0]]}),
        pa.table({"a": [[1, 0], []]}),
        pa.table({"a": [[1, 0], None]}),
        pa.table({"a": ["1", "0"]}),
        pa.table({"a": ["10", ""]}),
        pa.table({"a": [1, 0], "b": [1, 0]}),
        pa.table({"a": [1, 0]}).select([]),
        pa.table({"a": [1, 0, 2]}).select([]),
    ]
    keys = [TableGroup(t).content_key() for t in tables]
    assert len(set(keys)) == len(keys)


def test_values_under_nulls_do_not_count() -> None:
    masked = pa.array([1, 2], mask=np.array([False, True]))
    other = pa.array([1, 99], mask=np.array([False, True]))
    assert TableGroup(pa.table({"a": masked})).content_key() == TableGroup(pa.table({"a": other})).content_key()


def test_stacks_of_stacks_are_flat_and_pickle(table: pa.Table) -> None:
    view = View.of(TableGroup(table))
    once = View.stack([View.stack([view, view]), view])
    (part,) = once.parts
    assert isinstance(part.group, StackGroup) and len(part.group.views) == 3
    assert pickle.loads(pickle.dumps(once)).content_key() == once.content_key()
    assert part.group.nbytes == 3 * view.nbytes


def test_a_pickled_slice_does_not_carry_the_whole() -> None:
    big = pa.table({"x": np.arange(10**6)})
    assert len(pickle.dumps(TableGroup(big.slice(5, 10)))) < 2000
