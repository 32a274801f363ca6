"""The benchmarks run on tiny data, where they check that ours, the peer's and the floor's results agree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PEERS = {"dataset": ["datasets", "torch"], "map": ["datasets", "tokenizers"], "keys": ["datasets"], "load": ["datasets"]}
PEERS |= {"metrics": ["sklearn", "scipy", "sacrebleu"], "builder": ["datasets"], "formats": []}
COMPARED = {"dataset": 26, "map": 7, "keys": 4, "load": 8, "metrics": 7, "builder": 3, "formats": 0}


def run(name: str, folder: Path) -> dict[str, Any]:
    out = folder / "out.json"
    command = [sys.executable, str(BENCHMARKS / f"bench_{name}.py"), "--folder", str(folder), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(out.read_text("utf-8"))
    assert report["command"].startswith(f"python benchmarks/bench_{name}.py --folder") and report["versions"]["nlpdata"]
    return report


@pytest.mark.peers
@pytest.mark.parametrize("name", PEERS)
def test_tiny(name: str, tmp_path: Path) -> None:
    for peer in PEERS[name]:
        pytest.importorskip(peer)
    report = run(name, tmp_path)
    lines = report["medians"]
    assert all(line["nlpdata_us"] > 0 for line in lines.values())
    assert sum("ratio" in line for line in lines.values()) >= COMPARED[name]
    EXTRA.get(name, lambda report: None)(report)


def of_map(report: dict[str, Any]) -> None:
    assert report["again"]["key_over_100_mb_peak_bytes"] <= 2**20
    steps = [report["four_steps"][name] for name in ("ids", "short", "mask", "length")]
    assert all(step["written_bytes"] <= 1.05 * step["column_bytes"] + 10_000 for step in steps)


def of_keys(report: dict[str, Any]) -> None:
    assert all(line["nlpdata_extra_bytes"] < 2**20 for line in report["medians"].values())
    assert any("floor_us" in line for line in report["medians"].values())


def of_formats(report: dict[str, Any]) -> None:
    assert all("share_of_floor" in line for line in report["medians"].values())


EXTRA = {"map": of_map, "keys": of_keys, "formats": of_formats}


def test_every_benchmark_is_tested() -> None:
    assert {path.stem for path in BENCHMARKS.glob("bench_*.py")} == {f"bench_{name}" for name in PEERS}
