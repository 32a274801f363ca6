"""Format version 1 stays what it is: the committed bytes are read by today's reader and made by today's writer."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.store import MANIFEST_NAME, ShardGroup, Shuffled, View, read_manifest, verify

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDER = GOLDEN / "v1"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(GOLDEN / "make_v1.py"))


def test_reads_version_1(script: dict[str, Any]) -> None:
    manifest = read_manifest(FOLDER)
    verify(FOLDER, manifest)
    assert manifest.version == 1
    assert manifest.extra == script["EXTRA"]
    assert manifest.schema.equals(script["SCHEMA"], check_metadata=True)
    view = View.of(ShardGroup.open(FOLDER))
    assert view.table().to_pylist() == script["ROWS"]
    assert view.take([11, 0, 7, 7]).to_pylist() == [script["ROWS"][i] for i in (11, 0, 7, 7)]


def test_writes_the_same_bytes(script: dict[str, Any], tmp_path: Path) -> None:
    script["write"](tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in FOLDER.iterdir())
    for path in sorted(FOLDER.iterdir()):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_shards_are_plain_arrow_streams(script: dict[str, Any]) -> None:
    rows = []
    for path in sorted(FOLDER.glob("*.arrow")):
        with pa.ipc.open_stream(path.read_bytes()) as reader:
            assert reader.schema.equals(script["SCHEMA"], check_metadata=True)
            rows += reader.read_all().to_pylist()
    assert rows == script["ROWS"]


def test_a_manifest_says_the_same_after_a_round_trip() -> None:
    data = (FOLDER / MANIFEST_NAME).read_bytes()
    assert read_manifest(FOLDER).to_json() == data


def test_the_order_by_formula_never_changes() -> None:
    assert Shuffled(10, 42).locate(np.arange(10)).tolist() == ORDER_10
    assert Shuffled(10, 42, epoch=1).locate(np.arange(10)).tolist() == ORDER_10_EPOCH_1
    assert [Shuffled(10**12, -7).at(i) for i in range(3)] == ORDER_LARGE


ORDER_10 = [1, 7, 0, 9, 3, 5, 8, 4, 2, 6]
ORDER_10_EPOCH_1 = [2, 9, 3, 1, 6, 7, 5, 0, 8, 4]
ORDER_LARGE = [810346065707, 336126079522, 878583421939]
