"""The benchmark of map runs on tiny data, where ours and the peer's results agree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.peers
def test_tiny(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    pytest.importorskip("tokenizers")
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "bench_map.py"
    command = [sys.executable, str(path), "--rows", "70", "--folder", str(tmp_path), "--out", str(tmp_path / "out.json")]
    subprocess.run(command, check=True, capture_output=True)
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["rows"] == 70 and len(report["medians"]) > 8
    assert all(line["nlpdata_us"] > 0 for line in report["medians"].values())
    assert report["again"]["key_over_100_mb_peak_bytes"] <= 2**20
    steps = [report["four_steps"][name] for name in ("ids", "short", "mask", "length")]
    assert all(step["written_bytes"] <= 1.05 * step["column_bytes"] + 10_000 for step in steps)
