"""The benchmark runs on tiny data, where ours, the peer's and the floor's results agree."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest


@pytest.mark.peers
def test_tiny(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "bench_dataset.py"
    report = runpy.run_path(str(path))["main"](["--rows", "70", "--folder", str(tmp_path)])
    assert report["rows"] == 70 and len(report["medians"]) > 15
    assert all(line["nlpdata_us"] > 0 and "ratio" in line for line in report["medians"].values())
