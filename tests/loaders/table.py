"""Prints which loaders are proven by what: ``python tests/loaders/table.py [loader ...]``.

A row for each corpus of priority 1 in the fact files and each other shipped loader; a column for the suite on its made-up
data, the facts, the sample and the genuine files. ``3/3``: three cases were tried, and all agree; ``3/3 read``: the
samples were read without an error, and no record of what they hold is there to compare with; ``-``: nothing (no sample,
no genuine file in the mirror). The last line sums up. The exit status is 1 if anything disagrees or is missing.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from nlpdata.scripts import list_scripts

HERE = Path(__file__).resolve().parent
FACTS = HERE.parents[2] / "shared" / "facts" / "loaders"
SAMPLES = HERE.parents[2] / "shared" / "samples"
COLUMNS = {
    "dummy": ("test_a_shipped_loader",),
    "facts": ("test_configurations_and_sizes_are_those_of_the_facts", "test_features_are_those_of_the_facts"),
    "sample": ("test_the_sample_is_read_as_expected",),
    "genuine": ("test_the_genuine_corpus_has_the_published_sizes",),
}


class Tally:
    """A pytest plugin that counts passed and tried cases by loader and column."""

    def __init__(self) -> None:
        self.passed: dict[tuple[str, str], int] = defaultdict(int)
        self.tried: dict[tuple[str, str], int] = defaultdict(int)
        self._cells: dict[str, tuple[str, str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember which cell a case belongs to."""
        for item in items:
            column = next((c for c, tests in COLUMNS.items() if getattr(item, "originalname", "") in tests), None)
            params = getattr(getattr(item, "callspec", None), "params", {})
            if column and "name" in params:
                self._cells[item.nodeid] = (params["name"], column)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a case once; one that is skipped was not tried."""
        cell = self._cells.get(report.nodeid)
        if cell and not report.skipped and (report.when == "call" or report.failed):
            self.tried[cell] += 1
            self.passed[cell] += report.passed

    def cell(self, name: str, column: str) -> str:
        """What the table says in one place."""
        tried = self.tried[name, column]
        only_read = " read" if column == "sample" and not (SAMPLES / name / "expected.json").exists() else ""
        return f"{self.passed[name, column]}/{tried}{only_read}" if tried else "-"

    def agree(self, names: list[str], column: str) -> list[str]:
        """The loaders of which something was tried in a column, and all of it passed."""
        return [n for n in names if self.tried[n, column] and self.passed[n, column] == self.tried[n, column]]


def wanted() -> list[str]:
    """The shipped loaders, and the corpora that should be among them."""
    facts = [json.loads(path.read_text("utf-8")) for path in FACTS.glob("*.json")] if FACTS.is_dir() else []
    return sorted({*list_scripts("loader"), *(fact["name"] for fact in facts if fact.get("priority") == 1)}, key=str.lower)


def main(names: list[str]) -> int:
    """Run the suite for all or the named loaders, and print the table."""
    tally = Tally()
    only = ["-k", " or ".join(f"{name}" for name in names)] if names else []
    status = pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", "--tb=line", "-m", "", *only, str(HERE)], [tally])
    print("\n| loader | " + " | ".join(COLUMNS) + " |\n|---|" + "---|" * len(COLUMNS))
    shipped, rows = set(list_scripts("loader")), names or wanted()
    for name in rows:
        cells = [tally.cell(name, column) for column in COLUMNS] if name in shipped else ["missing"] * len(COLUMNS)
        print(f"| {name} | " + " | ".join(cells) + " |")
    missing = [name for name in rows if name not in shipped]
    compared = [name for name in tally.agree(rows, "sample") if (SAMPLES / name / "expected.json").exists()]
    sums = [f"{column} {len(tally.agree(rows, column))}" for column in COLUMNS]
    print(f"\n{len(rows)} corpora agree in: {', '.join(sums)} ({len(compared)} samples compared with their record).")
    print(f"Missing: {', '.join(missing) or 'none'}.")
    return int(status != 0 or bool(missing))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
