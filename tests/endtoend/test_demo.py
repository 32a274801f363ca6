"""The demo, killed at any moment and run again, ends with the same score and the same files as a run left alone."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("tokenizers")

DEMO = Path(__file__).resolve().parents[2] / "examples" / "demo.py"


def start(cache: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"NLPDATA_CACHE": str(cache), "TOKENIZERS_PARALLELISM": "true"}
    return subprocess.Popen(
        [sys.executable, str(DEMO)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(cache: Path) -> str:
    process = start(cache)
    out, error = process.communicate(timeout=240)
    assert process.returncode == 0, error
    return out


def score(output: str) -> str:
    found = re.search(r"accuracy (\S+) over (\d+) languages", output)
    assert found, output
    assert float(found[1]) >= 0.95
    assert int(found[2]) >= 100
    return found[1]


def seconds(output: str) -> dict[str, float]:
    """Step -> seconds, from the table the demo prints."""
    rows = re.findall(r"^(.+?)\s+[\d,]+\s+[\d.]+\s+([\d.]+)\s+\d+$", output, re.M)
    return {name: float(value) for name, value in rows}


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_killed_anywhere_the_next_run_ends_the_same(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    begun = time.monotonic()
    first = finish(whole)
    duration = time.monotonic() - begun
    assert len(seconds(first)) == 7

    second = finish(whole)
    assert score(second) == score(first)

    for share in (0.15, 0.3, 0.45, 0.6, 0.75, 0.9):
        process = start(broken)
        time.sleep(duration * share)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert score(finish(broken)) == score(first)
    assert files(broken) == files(whole)
