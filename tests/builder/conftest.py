"""A script in a folder of its own, written by a test."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

WriteScript = Callable[..., Path]


@pytest.fixture
def write_script(tmp_path: Path) -> WriteScript:
    """``write_script(text, name="small")`` is the folder of a loader; ``LOG`` in it names ``tmp_path/"log"``."""

    def write(text: str, name: str = "small") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        head = f"LOG = {str(tmp_path / 'log')!r}\n"
        (folder / f"{name}.py").write_text(head + textwrap.dedent(text), encoding="utf-8")
        return folder

    return write


@pytest.fixture
def log(tmp_path: Path) -> Callable[[], list[str]]:
    """What the script wrote down since it was asked last."""
    path = tmp_path / "log"

    def read() -> list[str]:
        lines = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    return read
