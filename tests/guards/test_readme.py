"""README and CONTRIBUTING tell the truth: code blocks run, outputs match, commands and rooms exist."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text("utf-8")
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Fenced code blocks of the README in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.S | re.M)


def test_sessions_print_what_the_readme_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sessions = [b for b in blocks("python") if b.startswith(">>>")]
    assert sessions
    for number, text in enumerate(sessions):
        test = doctest.DocTestParser().get_doctest(text, {}, f"README session {number}", "README.md", 0)
        runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
        output: list[str] = []
        runner.run(test, out=output.append)
        assert not runner.failures, "".join(output)


def test_the_first_session_is_short() -> None:
    lines = [line for line in blocks("python")[0].splitlines() if line.startswith((">>>", "..."))]
    assert 0 < len(lines) <= 12


def test_make_targets_named_in_the_documents_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    named = set(re.findall(r"\bmake ([a-z-]+)\b", "\n".join(re.findall(r"`[^`]*`|```.*?```", README + CONTRIBUTING, re.S))))
    assert named and named <= targets


def test_every_room_is_on_the_map() -> None:
    rooms = {p.name for p in (REPOSITORY / "nlpdata").iterdir()}
    rooms = {r for r in rooms if not r.startswith("__") and r not in ("py.typed", "_shipped")}
    missing = [r for r in rooms if f"`{r}`" not in CONTRIBUTING and f"`{r.removesuffix('.py')}`" not in CONTRIBUTING]
    assert not missing
