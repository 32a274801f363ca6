"""The code of docs/loaders.md runs, its commands and settings exist, and so do the examples of the rooms that it is about."""

from __future__ import annotations

import doctest
import importlib
import re
from pathlib import Path

import pytest

from nlpdata.cli import main
from nlpdata.settings import TABLE

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "loaders.md").read_text(encoding="utf-8")
MODULES = [
    ".".join(path.relative_to(REPOSITORY).with_suffix("").parts)
    for room in ("fetch", "scripts", "testing")
    for path in sorted((REPOSITORY / "nlpdata" / room).glob("[a-z]*.py"))
]


def test_its_code_runs() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)
    assert blocks
    for block in blocks:
        exec(compile(block, "docs/loaders.md", "exec"), {"__name__": "page"})


def test_its_commands_exist(capsys: pytest.CaptureFixture[str]) -> None:
    actions = set(re.findall(r"^\$ nlpdata (script \w+)", PAGE, re.M))
    assert actions == {f"script {action}" for action in ("new", "check", "record", "trust", "distrust")}
    for action in actions:
        with pytest.raises(SystemExit, match="0"):
            main([*action.split(), "--help"])
    capsys.readouterr()


def test_its_settings_are_those_of_the_table() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", PAGE, re.M))
    known = {row.name: row.variable for row in TABLE}
    assert rows and rows == {name: known.get(name) for name in rows}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name)
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0
