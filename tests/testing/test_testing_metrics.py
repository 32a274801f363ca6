"""The shipped suite passes a good metric folder and names what is wrong with a bad one."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest

from nlpdata.testing import Check, NotApplicable, SuiteError, check_metric, metric_checks, run_checks
from nlpdata.testing.golden import differences, numbered

GOOD = """
import numpy as np

import nlpdata
from nlpdata.scoring import texts


class LengthRatio(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self):
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description="Length of the predictions over length of the references.",
            inputs_description="predictions, references: texts.",
            features=nlpdata.Features({"predictions": text, "references": text}),
        )

    def stats(self, predictions, references):
        sides = texts(predictions, "predictions"), texts(references, "references")
        return np.array([sum(map(len, side)) for side in sides])

    def score(self, total, percent=False):
        return {"length_ratio": float(total[0] / total[1]) * (100 if percent else 1)}
"""
CASES: list[dict[str, Any]] = [
    {
        "name": "two rows",
        "inputs": {"predictions": ["ab", "c", "d"], "references": ["ab", "cd", "ef"]},
        "values": {"length_ratio": 4 / 6},
        "source": "by hand",
    },
    {
        "name": "percent",
        "inputs": {"predictions": ["ab", "c"], "references": ["ab", "cd"]},
        "parameters": {"percent": True},
        "values": {"length_ratio": 75.0},
        "source": "by hand",
    },
]


def written(folder: Path, script: str, **golden: Any) -> Path:
    place = folder / "length_ratio"
    place.mkdir()
    (place / "length_ratio.py").write_text(textwrap.dedent(script), encoding="utf-8")
    (place / "README.md").write_text("# length_ratio\n\n`load_metric('./length_ratio')`\n", encoding="utf-8")
    (place / "golden.json").write_text(json.dumps({"cases": CASES, **golden}), encoding="utf-8")
    return place


def test_a_good_folder(tmp_path: Path) -> None:
    report = check_metric(written(tmp_path, GOOD))
    assert not report.skipped
    assert {"complete", "values: percent", "unordered: two rows", "odd values: two rows"} <= set(report.passed)


@pytest.mark.parametrize(
    ("before", "after", "check", "why"),
    [
        ("total[0] / total[1]", "total[1] / total[0]", "values: two rows", "expected 0.6666"),
        ("sum(map(len, side)) for", "max(map(len, side), default=0) for", "partition: two rows", "in batches of"),
        ('texts(predictions, "predictions")', "list(map(str, predictions))", "odd values: two rows", "None in predictions"),
        ("return np.array(", "self.seen = 1 + getattr(self, 'seen', 0)\n        return self.seen * np.array(",
         "row by row: percent", ""),
        ('VERSION = "1.0.0"', "", "about itself: two rows", "no VERSION"),
    ],
)  # fmt: skip
def test_a_bad_folder(tmp_path: Path, before: str, after: str, check: str, why: str) -> None:
    assert before in GOOD
    script = GOOD.replace(before, after)
    if "seen" in after:  # counts its calls: a sum over batches that depends on how they were cut
        script = script.replace("total[0] / total[1]", "total[0] / 6")
    with pytest.raises(SuiteError) as error:
        check_metric(written(tmp_path, script))
    assert check in error.value.failures and why in error.value.failures[check]
    assert check in str(error.value)


def test_a_file_that_is_missing_or_no_golden_values(tmp_path: Path) -> None:
    place = written(tmp_path, GOOD)
    (place / "golden.json").write_text('{"cases": [{"name": "x"}]}', encoding="utf-8")
    with pytest.raises(SuiteError, match="cannot be read as golden values"):
        check_metric(place)
    (place / "README.md").unlink()
    with pytest.raises(SuiteError, match=r"no README\.md"):
        check_metric(place)


def test_a_package_that_is_missing_and_checks_that_do_not_apply(tmp_path: Path) -> None:
    place = written(tmp_path, GOOD, requires=["no_such_package"], exempt={"odd values": "any text"})
    report = check_metric(place)
    assert report.passed == ("complete",)
    assert set(report.skipped.values()) == {"the package 'no_such_package' is not installed"}
    assert not [check for check in metric_checks(place) if check.name.startswith("odd values")]


def test_all_failures_are_told() -> None:
    def wrong() -> None:
        raise ValueError("broken")

    def elsewhere() -> None:
        raise NotApplicable("not here")

    with pytest.raises(SuiteError, match=r"1 of the checks of x failed:\n- a: ValueError: broken"):
        run_checks("x", [Check("a", wrong), Check("b", lambda: None), Check("c", elsewhere)])
    report = run_checks("x", [Check("b", lambda: None), Check("c", elsewhere)])
    assert report.passed == ("b",) and report.skipped == {"c": "not here"}


def test_how_values_are_compared() -> None:
    assert not differences({"a": 1.0, "b": [1, 2], "c": {"d": "x"}}, {"a": 1.0 + 1e-13, "b": [1, 2], "c": {"d": "x"}}, 1e-12)
    assert not differences({"a": float("nan"), "b": float("inf")}, {"a": "nan", "b": "inf"}, 0.0)
    assert differences({"a": 1.0}, {"a": 1.1}, 1e-3) == ["['a']: 1.0, expected 1.1"]
    assert differences({"a": [1]}, {"a": [1, 2]}, 1e-3) and differences({"a": 1}, {"b": 1}, 1e-3) and differences(1, "x", 1e-3)
    assert numbered({"x": ["nan", "text"]})["x"][1] == "text"
