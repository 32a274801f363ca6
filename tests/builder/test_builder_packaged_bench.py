"""The benchmark of loading runs on tiny data."""

from __future__ import annotations

import runpy
from pathlib import Path


def test_tiny() -> None:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "bench_load.py"
    report = runpy.run_path(str(path))["run"](30, 1, ["csv", "json", "text", "parquet"], False)
    assert all(result["rows"] == 30 and result["nlpdata"]["first_seconds"] > 0 for result in report["results"].values())
