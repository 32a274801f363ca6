"""The benchmark runs on tiny data and agrees with its floor."""

from __future__ import annotations

import runpy
from pathlib import Path


def test_tiny() -> None:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "bench_formats.py"
    report = runpy.run_path(str(path))["main"](["--rows", "30"])
    assert report["rows"] == 30 and all(r["us_per_row"] > 0 for r in report["medians"].values())
