"""ShardWriter: types that widen, sizes in bytes, and what is left when something goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import ArgumentError, CacheWriteError, RowError, TypeConflictError
from nlpdata.features import ClassLabel, Features, Value
from nlpdata.store import (
    Manifest,
    ShardGroup,
    ShardWriter,
    View,
    conform,
    hash_file,
    is_temporary,
    split_table,
    verify,
    write_file,
    write_manifest,
)


def finish(writer: ShardWriter, folder: Path) -> ShardGroup:
    """Finish, check every promise about the files, and open them."""
    manifest = writer.finish()
    write_manifest(folder, manifest)
    verify(folder, manifest)
    assert not [p.name for p in folder.iterdir() if is_temporary(p.name)]
    for shard in manifest.shards:
        with pa.ipc.open_stream((folder / shard.file).read_bytes()) as reader:
            assert reader.schema.equals(manifest.schema, check_metadata=True)
            assert sum(b.num_rows for b in reader) == shard.num_rows
    return ShardGroup.open(folder)


def rows_of(group: ShardGroup) -> list[dict[str, Any]]:
    return View.of(group).table().to_pylist()


def batches_of(manifest: Manifest) -> list[int]:
    return [b.num_rows for s in manifest.shards for b in s.batches]


# --- types ---


@pytest.mark.parametrize("batch_bytes", [1, 10**6])
@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([None, "a"], pa.string(), [None, "a"]),
        ([1, 2.5], pa.float64(), [1.0, 2.5]),
        ([None, 1, None, 0.5], pa.float64(), [None, 1.0, None, 0.5]),
        ([[], ["x"]], pa.list_(pa.string()), [[], ["x"]]),
        ([None, [None], [1], [0.5]], pa.list_(pa.float64()), [None, [None], [1.0], [0.5]]),
    ],
)
def test_types_widen_over_batches(
    tmp_path: Path, batch_bytes: int, values: list[Any], kind: pa.DataType, expected: list[Any]
) -> None:
    writer = ShardWriter(tmp_path, batch_bytes=batch_bytes)
    for value in values:
        writer.write_columns({"x": [value]})
    group = finish(writer, tmp_path)
    assert group.schema.field("x").type == kind
    assert [row["x"] for row in rows_of(group)] == expected


@pytest.mark.parametrize("batch_bytes", [1, 10**6])
def test_missing_struct_keys_become_optional_and_stay_so_on_disk(tmp_path: Path, batch_bytes: int) -> None:
    writer = ShardWriter(tmp_path, batch_bytes=batch_bytes)
    for value in ({"a": 1}, {"a": 2, "b": "x"}, None):
        writer.write_row({"s": value})
    group = finish(writer, tmp_path)
    child = group.schema.field("s").type.field("b")
    assert child.metadata == {b"nlpdata:optional": b"1"}
    assert group.schema.field("s").type.field("a").metadata is None
    assert rows_of(group) == [{"s": {"a": 1, "b": None}}, {"s": {"a": 2, "b": "x"}}, {"s": None}]
    taken = View.of(group).take([1, 0]).schema.field("s").type.field("b")
    assert taken.metadata == {b"nlpdata:optional": b"1"}


@pytest.mark.parametrize("batch_bytes", [1, 10**6])
def test_new_and_missing_columns_are_null(tmp_path: Path, batch_bytes: int) -> None:
    writer = ShardWriter(tmp_path, batch_bytes=batch_bytes)
    writer.write_row({"a": 1})
    writer.write_row({"b": "x"})
    writer.write_table(pa.table({"c": [True], "a": [3]}))
    expected = [{"a": 1, "b": None, "c": None}, {"a": None, "b": "x", "c": None}, {"a": 3, "b": None, "c": True}]
    assert rows_of(finish(writer, tmp_path)) == expected


def test_types_that_nothing_holds(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path)
    writer.write_columns({"x": ["a"]})
    with pytest.raises(TypeConflictError, match=r"'x'.*string.*int64|'x'.*int64.*string"):
        writer.write_columns({"x": [1]})


def test_features_are_kept_and_checked_with_the_right_row(tmp_path: Path) -> None:
    features = Features({"a": Value("int32"), "l": ClassLabel(names=["no", "yes"])})
    writer = ShardWriter(tmp_path, features=features, batch_bytes=1)
    writer.write_columns({"a": [1, 2], "l": ["no", "yes"]})
    writer.write_table(pa.table({"l": [1], "a": [3]}))
    writer.write_row({"a": 4, "l": None})
    writer.write_row({"l": "yes"})
    group = finish(writer, tmp_path)
    assert group.schema.equals(features.arrow_schema, check_metadata=True)
    assert [tuple(r.values()) for r in rows_of(group)] == [(1, 0), (2, 1), (3, 1), (4, None), (None, 1)]


@pytest.mark.parametrize("way", ["row", "columns", "table"])
def test_a_row_that_does_not_fit_is_named(tmp_path: Path, way: str) -> None:
    writer = ShardWriter(tmp_path, features=Features({"a": Value("int32")}))
    writer.write_columns({"a": [1, 2]})
    writer.write_row({"a": 3})
    with pytest.raises(RowError, match="Row 4") as caught:
        if way == "row":
            writer.write_row({"a": 4})
            writer.write_row({"a": "five"})
            writer.finish()
        elif way == "columns":
            writer.write_columns({"a": [4, "five"]})
        else:
            writer.write_table(pa.table({"a": [4, 2**40]}))
    assert caught.value.row == 4
    assert caught.value.column == "a"


def test_dictionaries_and_extensions_are_stored_plain(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path)
    letters = pa.array(["x", "y", "x"]).dictionary_encode()
    writer.write_table(pa.table({"d": letters, "u": pa.array([b"0" * 16] * 3, pa.uuid())}))
    group = finish(writer, tmp_path)
    assert group.schema.field("d").type == pa.string()
    assert [r["d"] for r in rows_of(group)] == ["x", "y", "x"]
    assert [r["u"] for r in rows_of(group)] == [b"0" * 16] * 3


def test_schema_metadata_stays_unless_types_change(tmp_path: Path) -> None:
    table = pa.table({"a": [1]}).replace_schema_metadata({"huggingface": "{}"})
    writer = ShardWriter(tmp_path / "same")
    writer.write_table(table)
    writer.write_table(table)
    assert finish(writer, tmp_path / "same").schema.metadata == {b"huggingface": b"{}"}
    writer = ShardWriter(tmp_path / "wider", batch_bytes=1)
    writer.write_table(table)
    writer.write_table(pa.table({"a": [0.5]}))
    assert finish(writer, tmp_path / "wider").schema.metadata is None


# --- sizes ---


def test_nothing_written_is_one_empty_shard(tmp_path: Path) -> None:
    group = finish(ShardWriter(tmp_path, features=Features({"a": Value("string")})), tmp_path)
    assert [Path(f).name for f in group.files] == ["data-00000-of-00001.arrow"]
    assert (group.num_rows, group.schema.names) == (0, ["a"])
    assert View.of(group).table().num_rows == 0
    assert View.of(group).take([]).schema.names == ["a"]


def test_no_rows_keep_their_types(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path)
    writer.write_table(pa.table({"a": pa.array([], pa.int16())}))
    assert finish(writer, tmp_path).schema.field("a").type == pa.int16()


def test_rows_without_columns_are_counted(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path)
    for _ in range(3):
        writer.write_row({})
    writer.write_table(pa.table({"a": [1, 2]}).select([]))
    assert writer.num_rows == 5
    group = finish(writer, tmp_path)
    assert group.num_rows == 5
    assert group.read((), 1, 4).num_rows == 3
    assert group.take((), np.array([4, 0, 0])).num_rows == 3


def test_batches_and_shards_are_cut_by_bytes(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, prefix="part", batch_bytes=8_000, shard_bytes=50_000)
    for start in range(0, 10_000, 77):
        writer.write_columns({"x": np.arange(start, min(start + 77, 10_000))})
    assert writer.num_rows == 10_000
    assert 70_000 < writer.num_bytes < 110_000
    group = finish(writer, tmp_path)
    manifest = group.manifest
    assert manifest is not None
    assert [s.file for s in manifest.shards] == ["part-00000-of-00002.arrow", "part-00001-of-00002.arrow"]
    assert all(500 <= n <= 2_000 for n in batches_of(manifest)[:-1])
    assert all(s.num_bytes < 51_000 for s in manifest.shards)
    assert View.of(group).column("x").to_pylist() == list(range(10_000))


def test_a_large_table_is_split_and_small_ones_are_merged(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, batch_bytes=80_000)
    writer.write_table(pa.table({"x": np.arange(100_000)}))
    manifest = writer.finish()
    assert len(batches_of(manifest)) == 10
    writer = ShardWriter(tmp_path / "small")
    for i in range(100):
        writer.write_table(pa.table({"x": [i]}))
    assert batches_of(writer.finish()) == [100]


def test_huge_rows_among_small_ones(tmp_path: Path) -> None:
    texts = ["s"] * 500 + ["L" * 100_000] + ["s"] * 300 + ["M" * 30_000] * 3 + ["s"] * 10
    table = pa.table({"t": texts})
    for piece in split_table(table, 10_000):
        assert piece.num_rows == 1 or piece.nbytes <= 20_000
    writer = ShardWriter(tmp_path, batch_bytes=10_000, shard_bytes=60_000)
    writer.write_table(table)
    group = finish(writer, tmp_path)
    assert View.of(group).column("t").to_pylist() == texts
    assert max(Path(f).stat().st_size for f in group.files) < 130_000


def test_rows_wait_by_bytes_not_by_number(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, batch_bytes=1_000_000)
    for _ in range(5):
        writer.write_row({"t": "x" * 900_000})
    written = sum(p.stat().st_size for p in tmp_path.iterdir())
    assert written > 2_000_000
    writer.abort()
    assert list(tmp_path.iterdir()) == []


def test_a_reused_row_is_not_changed_afterwards(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path)
    row = {"x": 0}
    for i in range(3):
        row["x"] = i
        writer.write_row(row)
    assert [r["x"] for r in rows_of(finish(writer, tmp_path))] == [0, 1, 2]


def test_every_kind_of_writing_keeps_the_order(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path)
    writer.write_row({"x": 0})
    writer.write_columns({"x": [1, 2]})
    writer.write_row({"x": 3})
    writer.write_table(pa.table({"x": [4]}))
    writer.write_table(pa.record_batch({"x": [5]}))
    writer.write_row({"x": 6})
    assert [r["x"] for r in rows_of(finish(writer, tmp_path))] == list(range(7))


def test_conform_rewrites_one_shard(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, batch_bytes=8)
    writer.write_table(pa.table({"x": pa.array([1, 2, 3], pa.int32())}))
    (entry,) = writer.finish().shards
    wider = pa.schema([("x", pa.float64()), ("y", pa.string())])
    made = conform(tmp_path, entry, wider)
    assert (made.file, made.num_rows) == (entry.file, 3)
    assert conform(tmp_path, made, wider) is made
    write_manifest(tmp_path, Manifest(wider, (made,)))
    assert View.of(ShardGroup.open(tmp_path)).table().to_pylist() == [{"x": float(i), "y": None} for i in (1, 2, 3)]


# --- what goes wrong ---


def test_an_exception_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), ShardWriter(tmp_path, batch_bytes=1, shard_bytes=1) as writer:
        writer.write_columns({"x": [1, 2, 3]})
        assert len(list(tmp_path.iterdir())) > 1
        1 / 0
    assert list(tmp_path.iterdir()) == []


def test_a_finished_writer_says_so(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path)
    writer.finish()
    writer.abort()
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(ArgumentError, match="finished"):
        writer.write_row({"x": 1})


def test_columns_of_different_length(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="2"):
        ShardWriter(tmp_path).write_columns({"a": [1, 2], "b": [1]})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting is not permitted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(small_disk: Path) -> None:
    with (
        pytest.raises(CacheWriteError, match=r"disk is full.*NLPDATA_CACHE"),
        ShardWriter(small_disk, batch_bytes=10**5) as writer,
    ):
        for _ in range(100):
            writer.write_columns({"x": np.arange(10_000)})
    assert list(small_disk.iterdir()) == []
    with pytest.raises(CacheWriteError, match="disk is full"):
        write_file(small_disk / "f", b"x" * 2_000_000)
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_fills_up_at_the_end(small_disk: Path) -> None:
    writer = ShardWriter(small_disk)
    writer.write_columns({"x": np.arange(50_000)})
    (small_disk / "other").write_bytes(b"x" * 800_000)
    with pytest.raises(CacheWriteError):
        writer.finish()
    assert [p.name for p in small_disk.iterdir()] == ["other"]


def test_a_read_only_disk(small_disk: Path) -> None:
    write_file(small_disk / "f", b"old")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(CacheWriteError, match="Read-only"):
        write_file(small_disk / "f", b"new")
    with pytest.raises(CacheWriteError, match="Read-only"):
        ShardWriter(small_disk / "new")
    with pytest.raises(CacheWriteError, match="Read-only"):
        writer = ShardWriter(small_disk, batch_bytes=1)
        writer.write_columns({"x": [1]})
    assert (small_disk / "f").read_bytes() == b"old"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind root")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(CacheWriteError, match="may not write"):
            write_file(tmp_path / "f", b"")
    finally:
        tmp_path.chmod(0o700)


def test_a_kill_leaves_only_temporary_files(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np; from nlpdata.store import ShardWriter\n"
        "writer = ShardWriter(sys.argv[1], batch_bytes=80_000, shard_bytes=200_000)\n"
        "while True:\n"
        "    writer.write_columns({'x': np.arange(10_000)})\n"
        "    print(writer.num_rows, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(30):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    names = [p.name for p in tmp_path.iterdir()]
    assert names and all(is_temporary(n) for n in names)


def test_large_pieces_have_the_hash_of_the_file(tmp_path: Path) -> None:
    before = threading.active_count()
    values = np.random.default_rng(0).integers(0, 2**62, 4 * 2**20)
    with ShardWriter(tmp_path, batch_bytes=8 * 2**20, shard_bytes=24 * 2**20) as writer:
        for start in range(0, len(values), 2**19):
            writer.write_table(pa.table({"n": values[start : start + 2**19], "few": np.zeros(2**19, np.int8)}))
        manifest = writer.finish()
    assert len(manifest.shards) > 1
    assert [hash_file(tmp_path / shard.file) for shard in manifest.shards] == [shard.xxh3 for shard in manifest.shards]
    assert threading.active_count() == before


def test_a_writer_given_up_leaves_no_thread_and_no_file(tmp_path: Path) -> None:
    before = threading.active_count()
    writer = ShardWriter(tmp_path, batch_bytes=2**22)
    writer.write_table(pa.table({"n": np.arange(2**21)}))
    assert list(tmp_path.iterdir())
    writer.abort()
    assert not list(tmp_path.iterdir())
    assert threading.active_count() == before
