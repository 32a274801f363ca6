"""What ``import nlpdata`` loads and offers, seen from fresh processes."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import nlpdata


def run(code: str) -> str:
    """Standard output of a fresh interpreter; ``-P`` keeps the working folder out of its path."""
    return subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True).stdout


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a statement adds to a fresh interpreter."""
    code = f"import sys, json; before = set(sys.modules); {statement}; print(json.dumps(sorted(set(sys.modules) - before)))"
    return {name.partition(".")[0] for name in json.loads(run(code))}


def test_import_loads_no_third_party_module() -> None:
    assert loaded_by("import nlpdata") - set(sys.stdlib_module_names) == {"nlpdata"}


def test_ground_and_splits_load_no_third_party_module() -> None:
    statement = "import nlpdata.errors, nlpdata.settings, nlpdata._optional, nlpdata._report, nlpdata.splits"
    assert loaded_by(statement) - set(sys.stdlib_module_names) == {"nlpdata"}


def test_dataset_loads_no_optional_package() -> None:
    optional = {"torch", "tensorflow", "jax", "pandas", "polars", "sklearn", "tokenizers"}
    assert not loaded_by("from nlpdata import Dataset, load_dataset, load_metric") & optional


def test_exported_names_are_sorted_and_exist() -> None:
    assert nlpdata.__all__ == sorted(set(nlpdata.__all__))
    assert not [name for name in nlpdata.__all__ if getattr(nlpdata, name, None) is None]
    assert set(nlpdata.__all__) <= set(dir(nlpdata))


def test_the_stub_names_the_same() -> None:
    stub = ast.parse(Path(nlpdata.__file__).with_suffix(".pyi").read_text("utf-8"))
    named = {
        alias.asname: (node.module or "").removeprefix("nlpdata.")
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert named == nlpdata._MODULE_OF


def test_a_misspelt_name_is_met_with_a_suggestion() -> None:
    try:
        nlpdata.load_datset
    except AttributeError as error:
        assert "load_dataset" in str(error)
    else:
        raise AssertionError("a name that does not exist was found")
