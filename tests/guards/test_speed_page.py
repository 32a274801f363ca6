"""The page of measured speed says what the JSON files say."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return runpy.run_path(str(REPOSITORY / "benchmarks" / "report.py"))


def test_the_page_is_made_from_the_results(report: dict[str, Any]) -> None:
    found = report["read"]()
    page = REPOSITORY / "docs" / "speed.md"
    assert page.is_file() == bool(found)
    assert not found or page.read_text("utf-8") == report["page"](found)


def test_a_missed_target_is_told(report: dict[str, Any]) -> None:
    line = {"nlpdata_us": 1.5, "datasets_us": 3000.0, "ratio": 2000.0, "target_ratio": 3000, "target_share": None}
    made = {"command": "python x.py", "versions": {"nlpdata": "1"}, "medians": {"reading": line}}
    text = report["page"]({"dataset": made})
    assert "| reading | 1.5 µs | 3 ms |  | **2000.0×** |  | 3000× | missed |" in text
    line["target_ratio"] = 1000
    assert "missed" not in report["page"]({"dataset": made}).split("## Rows")[1]
