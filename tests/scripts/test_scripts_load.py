"""Scripts become classes, under private names, and ``datasets`` inside them is nlpdata."""

from __future__ import annotations

import os
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path

import pytest

from nlpdata.errors import ScriptError
from nlpdata.scripts import find_script, load_class


class Contract(ABC):
    """What scripts derive from in these tests."""

    @abstractmethod
    def answer(self) -> int:
        """A number."""


@pytest.fixture(autouse=True)
def contract_can_be_imported() -> None:
    sys.modules["contract_of_test"] = sys.modules[__name__]


HEAD = "from contract_of_test import Contract\n"


def load(folder: Path, text: str, name: str = "mine", **siblings: str) -> type:
    folder = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    for sibling, content in siblings.items():
        (folder / f"{sibling}.py").write_text(content, encoding="utf-8")
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return load_class(find_script("loader", folder), Contract)


def test_the_class_that_fulfils_the_contract(tmp_path: Path) -> None:
    found = load(tmp_path, HEAD + "class Mine(Contract):\n    def answer(self): return 42\n")
    assert found.__name__ == "Mine" and found().answer() == 42


def test_the_leaf_is_meant_and_of_several_the_one_named_like_the_script(tmp_path: Path) -> None:
    body = "    def answer(self): return {}\n"
    text = (
        HEAD
        + "class Base(Contract):\n"
        + body.format(1)
        + "class Other(Base):\n"
        + body.format(2)
        + "class Mine(Base):\n"
        + body.format(3)
    )
    assert load(tmp_path, text)().answer() == 3


def test_siblings_are_imported_relatively(tmp_path: Path) -> None:
    text = HEAD + "from .numbers import two\nclass Mine(Contract):\n    def answer(self): return two\n"
    assert load(tmp_path, text, numbers="two = 2\n")().answer() == 2
    assert load(tmp_path, text, numbers="two = 22\n")().answer() == 22  # same second, same length: no stale byte code
    assert not list(tmp_path.rglob("*.pyc"))


def test_a_script_is_executed_once_per_content(tmp_path: Path) -> None:
    text = HEAD + "class Mine(Contract):\n    def answer(self): return 1\n"
    assert load(tmp_path, text) is load(tmp_path, text)
    assert load(tmp_path, text) is not load(tmp_path, text + "# changed\n")


def test_datasets_is_nlpdata_inside_and_nothing_outside(tmp_path: Path) -> None:
    text = HEAD + (
        "import datasets\n"
        "from datasets import NamedSplit\n"
        "from datasets.splits import Split\n"
        "import datasets.utils.logging as log\n"
        "from datasets.utils import logging\n"
        "logger = datasets.logging.get_logger(__name__)\n"
        "class Mine(Contract):\n"
        "    def answer(self):\n"
        "        import datasets as late\n"
        "        same = log.get_logger is logging.get_logger\n"
        "        return [datasets.Split is Split, late.Split is Split, NamedSplit.__module__, same]\n"
    )
    before = sys.modules.get("datasets")
    assert load(tmp_path, text)().answer() == [True, True, "nlpdata.splits", True]
    assert sys.modules.get("datasets") is before


def test_the_users_own_datasets_stays_what_it_was(tmp_path: Path) -> None:
    (tmp_path / "datasets.py").write_text("mark = 'mine'\n")
    (tmp_path / "script.py").write_text(
        "import datasets\nfrom contract import C\nclass X(C):\n    value = datasets.__name__, datasets.Version\n"
    )
    (tmp_path / "contract.py").write_text("class C: pass\n")
    code = (
        "import contract\nfrom nlpdata.scripts import find_script, load_class\n"
        "found = load_class(find_script('loader', 'script.py'), contract.C)\n"
        "import datasets, sys\nassert datasets.mark == 'mine' and sys.modules['datasets'] is datasets\n"
        "print(found.value[1].__module__)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "nlpdata.info"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_package_at_all\n", "pip install no_such_package_at_all"),
        ("import datasets.tables_of_old\n", "which nlpdata does not have"),
        ("from .missing import x\n", "is not beside it"),
        ("x = = 1\n", r"mine\.py, line 1"),
        ("raise RuntimeError('no luck')\n", "RuntimeError: no luck"),
        ("x = 1\n", "defines no class derived from Contract"),
        (HEAD + "class Mine(Contract): pass\n", "does not define answer"),
    ],
)
def test_a_script_that_cannot_be_used_says_why(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ScriptError, match=message):
        load(tmp_path, text)


@pytest.mark.parametrize("line", ["from datasets import BeamBasedBuilder", "import datasets\ndatasets.BeamBasedBuilder"])
def test_a_builder_for_beam_is_told_what_to_derive_from(tmp_path: Path, line: str) -> None:
    (tmp_path / "beam.py").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ScriptError, match=r"no BeamBasedBuilder\. Derive from GeneratorBasedBuilder"):
        load_class(find_script("loader", tmp_path / "beam.py"), object)
