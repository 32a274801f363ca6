"""Manifests and small files: whole or not at all, and every kind of damage told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nlpdata.errors import CorruptFileError, FormatVersionError
from nlpdata.store import (
    MANIFEST_NAME,
    Manifest,
    ShardGroup,
    ShardWriter,
    View,
    hash_file,
    is_temporary,
    read_manifest,
    shard_name,
    verify,
    write_file,
    write_manifest,
)
from nlpdata.store.manifest import temporary_name, temporary_pid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A result of two shards."""
    writer = ShardWriter(tmp_path / "result", batch_bytes=100, shard_bytes=1000)
    writer.write_table(pa.table({"x": list(range(200)), "t": [f"text {i}" for i in range(200)]}))
    write_manifest(tmp_path / "result", writer.finish())
    return tmp_path / "result"


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    body = json.loads(path.read_bytes())
    edit(body)
    path.write_text(json.dumps(body), "utf-8")


def test_write_file_replaces_and_leaves_nothing_aside(tmp_path: Path) -> None:
    write_file(tmp_path / "f", b"one")
    write_file(tmp_path / "f", b"two")
    assert [p.name for p in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_bytes() == b"two"


def test_write_file_into_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / "no" / "f", b"")


def test_temporary_names() -> None:
    name = temporary_name(".arrow")
    assert is_temporary(name)
    assert temporary_pid(name) == os.getpid()
    assert name != temporary_name(".arrow")
    assert not any(is_temporary(n) for n in (shard_name(0, 1), MANIFEST_NAME, ".tmp", "x.tmp-1-0123456789"))
    assert temporary_pid("data") is None


def test_names_of_many_shards() -> None:
    assert shard_name(123456, 1000000, "train") == "train-123456-of-1000000.arrow"


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match=r"manifest\.json"):
        ShardGroup.open(tmp_path)
    with pytest.raises(CorruptFileError, match=r"manifest\.json"):
        ShardGroup.open(tmp_path / "missing")


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"{}", b"\xff", b'{"format": "other"}', b'{"format": "nlpdata", "version": 1}'],
)
def test_what_is_no_manifest(tmp_path: Path, data: bytes) -> None:
    (tmp_path / MANIFEST_NAME).write_bytes(data)
    with pytest.raises(CorruptFileError, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)


def test_damaged_fields(folder: Path) -> None:
    path = folder / MANIFEST_NAME
    good = path.read_bytes()

    def shard_out(body: dict[str, Any]) -> None:
        body["shards"][0]["file"] = "../../etc/passwd"

    def rows_off(body: dict[str, Any]) -> None:
        body["shards"][0]["num_rows"] += 1

    def no_schema(body: dict[str, Any]) -> None:
        body["schema"] = body["schema"][:40]

    def negative(body: dict[str, Any]) -> None:
        body["shards"][0]["batches"][0][0] = -8

    for edit in (shard_out, rows_off, no_schema, negative):
        change(path, edit)
        with pytest.raises(CorruptFileError, match="damaged"):
            read_manifest(folder)
        path.write_bytes(good)


def test_a_newer_version(folder: Path) -> None:
    change(folder / MANIFEST_NAME, lambda body: body.update(version=2))
    with pytest.raises(FormatVersionError, match="version 2"):
        read_manifest(folder)


def test_verify_finds_a_flipped_bit_a_missing_and_a_short_shard(folder: Path) -> None:
    manifest = read_manifest(folder)
    verify(folder, manifest)
    path = folder / manifest.shards[1].file
    good = path.read_bytes()
    flipped = bytearray(good)
    flipped[-20] ^= 1
    path.write_bytes(flipped)
    with pytest.raises(CorruptFileError, match=manifest.shards[1].xxh3) as caught:
        verify(folder, manifest)
    assert path.name in str(caught.value)
    assert hash_file(path) in str(caught.value)
    path.write_bytes(good[:-1])
    with pytest.raises(CorruptFileError, match=f"{len(good):,}"):
        verify(folder, manifest)
    path.unlink()
    with pytest.raises(CorruptFileError, match="missing"):
        verify(folder, manifest)


def test_reading_a_truncated_or_missing_shard(folder: Path) -> None:
    manifest = read_manifest(folder)
    first, second = (folder / s.file for s in manifest.shards[:2])
    second.write_bytes(second.read_bytes()[:-100])
    view = View.of(ShardGroup.open(folder))  # opening touches no shard
    assert view.take(0).to_pylist() == [{"x": 0, "t": "text 0"}]
    with pytest.raises(CorruptFileError, match=f"{second.name} has .* bytes"):
        view.take(manifest.shards[0].num_rows)
    first.unlink()
    with pytest.raises(CorruptFileError, match="missing"):
        View.of(ShardGroup.open(folder)).take(0)


def test_every_single_damaged_byte_of_a_shard_is_survived(folder: Path) -> None:
    """Reading may give other values or an error of ours, never a crash; verify always finds it."""
    manifest = read_manifest(folder)
    path = folder / manifest.shards[0].file
    good = path.read_bytes()
    start = manifest.shards[0].batches[0].offset
    for place in range(start, start + manifest.shards[0].batches[0].num_bytes, 3):
        damaged = bytearray(good)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            view = View.of(ShardGroup.open(folder))
            assert view.take([3, 0, 90, 4]).num_rows == 4
        except CorruptFileError:
            pass
        with pytest.raises(CorruptFileError, match="damaged"):
            verify(folder, manifest)


def test_equal_manifests_give_equal_bytes() -> None:
    schema = pa.schema([("x", pa.int8())])
    one, two = Manifest(schema, (), {"b": 1, "a": 2}), Manifest(schema, (), {"a": 2, "b": 1})
    assert one.to_json() == two.to_json()
    assert Manifest.from_json(one.to_json()) == two
