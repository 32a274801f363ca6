"""Prints which loaders are proven by what: ``python tests/loaders/table.py [loader ...]``.

A row for each shipped loader and each corpus of priority 1 in the fact files; a column for its made-up data, the facts, the
sample and the genuine files. ``3/3`` means that three configurations were tried and all agree; ``-`` that there is nothing to
compare with (no sample, or no genuine file in the mirror). The exit status is 1 if anything disagrees.
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
COLUMNS = {
    "dummy": ("test_a_loader_folder_is_complete", "test_dummy_data_builds"),
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
        return f"{self.passed[name, column]}/{tried}" if tried else "-"


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
    shipped = set(list_scripts("loader"))
    for name in names or wanted():
        cells = [tally.cell(name, column) for column in COLUMNS] if name in shipped else ["missing"] * len(COLUMNS)
        print(f"| {name} | " + " | ".join(cells) + " |")
    return int(status != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
