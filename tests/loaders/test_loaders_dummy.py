"""Every shipped loader folder passes the suite that ships with the library."""

from __future__ import annotations

import re
import sys

import pytest

from nlpdata.scripts import list_scripts, shipped_folder
from nlpdata.testing import Check, NotApplicable, loader_checks

LOADERS = list_scripts("loader")
CHECKS = [
    pytest.param(name, check, id=f"{name}-{check.name}")
    for name in LOADERS
    for check in loader_checks(shipped_folder("loader") / name)
]


@pytest.mark.parametrize(("name", "check"), CHECKS)
def test_a_shipped_loader(name: str, check: Check) -> None:
    try:
        check()
    except NotApplicable as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("name", LOADERS)
def test_a_shipped_loader_needs_no_other_package_to_be_imported(name: str) -> None:
    script = (shipped_folder("loader") / name / f"{name}.py").read_text("utf-8")
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", script, re.MULTILINE))
    assert imported <= {"nlpdata", *sys.stdlib_module_names}
