"""The file ``golden.json`` of a metric: inputs, the values they must give, and where these come from.

Knows: the form of the file, how values are compared. Does not know: which laws are checked with them.

    {"cases": [{"name": "two labels",
                "config": "mrpc",                        configuration, if the metric has some
                "inputs": {"predictions": [...], ...},   what add_batch gets
                "parameters": {"average": "macro"},      what load_metric gets; "nan" stands for NaN
                "values": {"f1": 0.5},                   "nan" and "inf" stand for these numbers
                "tolerance": 1e-6,                       1e-12 if left out
                "partial": true,                         other scores may come besides these
                "source": "scikit-learn 1.9.1, f1_score"}],
     "requires": ["sacrebleu"],                          packages without which nothing is checked
     "exempt": {"unordered": "a time series"}}           checks that do not apply, and why
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_NAMED = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


@dataclass(frozen=True, slots=True)
class Case:
    """One entry of the file; see the module."""

    name: str
    inputs: Mapping[str, Any]
    values: Mapping[str, Any]
    config: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float = 1e-12
    partial: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Golden:
    """The file; see the module."""

    cases: tuple[Case, ...]
    requires: tuple[str, ...] = ()
    exempt: Mapping[str, str] = field(default_factory=dict)


def read_golden(path: Path) -> Golden:
    """The cases of a file.

    Raises:
        AssertionError: it is missing, no JSON, or a case lacks a name, inputs, values or source.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        cases = [Case(**{**case, "parameters": numbered(case.get("parameters", {}))}) for case in content["cases"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AssertionError(f"{path} cannot be read as golden values: {type(error).__name__}: {error}") from error
    return Golden(tuple(cases), tuple(content.get("requires", ())), content.get("exempt", {}))


def numbered(value: Any) -> Any:
    """The value with "nan", "inf" and "-inf" as numbers, inside dicts and lists too."""
    if isinstance(value, dict):
        return {key: numbered(part) for key, part in value.items()}
    if isinstance(value, list):
        return [numbered(part) for part in value]
    return _NAMED.get(value, value) if isinstance(value, str) else value


def differences(found: Any, expected: Any, tolerance: float, at: str = "") -> list[str]:
    """Where a score differs from the expected one; empty if nowhere.

    Args:
        found: a number, text, array, list or dict of such.
        expected: the same, as JSON has it.
        tolerance: of numbers, absolute; relative for those beyond 1.
        at: where in a dict of scores it lies.
    """
    expected, found = _plain(expected), _plain(found)
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping) or set(map(str, found)) != set(map(str, expected)):
            return [f"{at or 'the scores'}: {_keys(found)}, expected {_keys(expected)}"]
        known = {str(key): value for key, value in found.items()}
        return [d for key, value in expected.items() for d in differences(known[str(key)], value, tolerance, f"{at}[{key!r}]")]
    if isinstance(expected, list | tuple):
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            return [f"{at}: {found!r}, expected {expected!r}"]
        pairs = enumerate(zip(found, expected, strict=True))
        return [d for i, (mine, theirs) in pairs for d in differences(mine, theirs, tolerance, f"{at}[{i}]")]
    return [] if _equal(found, numbered(expected), tolerance) else [f"{at}: {found!r}, expected {expected!r}"]


def _plain(value: Any) -> Any:
    """Arrays as lists, NumPy numbers as Python ones."""
    return value.tolist() if hasattr(value, "tolist") else value


def _equal(found: Any, expected: Any, tolerance: float) -> bool:
    if not isinstance(expected, int | float) or isinstance(expected, bool) or not isinstance(found, int | float):
        return bool(found == expected)
    if math.isnan(expected):
        return math.isnan(found)
    return bool(found == expected) or abs(found - expected) <= tolerance * max(1.0, abs(expected))


def _keys(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, Mapping) else repr(value)
