"""The code of docs/metrics.md runs, and so do the examples in the docstrings of scoring."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import nlpdata.scoring

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
BLOCKS = [block.partition("```")[0] for block in PAGE.read_text(encoding="utf-8").split("```python\n")[1:]]
MODULES = sorted(path.stem for path in Path(nlpdata.scoring.__path__[0]).glob("[a-z]*.py"))


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_of_the_page_runs(number: int) -> None:
    exec(compile(BLOCKS[number], f"{PAGE.name}, block {number}", "exec"), {"__name__": "page"})


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(f"nlpdata.scoring.{name}")
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_the_names_of_the_room_are_sorted_and_exist() -> None:
    assert nlpdata.scoring.__all__ == sorted(nlpdata.scoring.__all__)
    assert all(getattr(nlpdata.scoring, name) is not None for name in nlpdata.scoring.__all__)
