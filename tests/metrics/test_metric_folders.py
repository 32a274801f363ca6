"""Every folder of metrics/ passes the shipped suite; and shipped metrics merge exactly and have cards whose code runs."""

from __future__ import annotations

import pickle
import random
from pathlib import Path
from typing import Any

import pytest

from nlpdata.errors import MissingPackageError, UnknownConfigError
from nlpdata.scoring import list_metrics, load_metric
from nlpdata.scripts.find import shipped_folder
from nlpdata.testing import Check, NotApplicable, metric_checks
from nlpdata.testing.golden import Case, read_golden

FOLDER = shipped_folder("metric")
FOLDERS = sorted(entry for entry in FOLDER.iterdir() if entry.is_dir() and not entry.name.startswith(("_", ".")))


def checks() -> list[Any]:
    return [
        pytest.param(check, id=f"{folder.name}-{check.name}".replace(" ", "_"))
        for folder in FOLDERS
        for check in metric_checks(folder)
    ]


def additive_cases() -> list[Any]:
    found = []
    for folder in FOLDERS:
        if (folder / "golden.json").is_file():
            golden = read_golden(folder / "golden.json")
            found += [pytest.param(folder, case, id=f"{folder.name}-{case.name}".replace(" ", "_")) for case in golden.cases]
    return found


@pytest.mark.parametrize("check", checks())
def test_the_suite(check: Check) -> None:
    try:
        check()
    except NotApplicable as reason:
        pytest.skip(str(reason))


def test_every_folder_is_a_metric() -> None:
    assert [folder.name for folder in FOLDERS] == list_metrics()


@pytest.mark.parametrize(("folder", "case"), additive_cases())
def test_sums_merge_to_the_last_bit(folder: Path, case: Case) -> None:
    try:
        metrics = [load_metric(folder.name, case.config, **case.parameters) for _ in range(2)]
        names = {*metrics[0].input_names, *metrics[0].ROW_SETTINGS} & set(case.inputs)
        if not metrics[0].additive or names & metrics[0].ROW_SETTINGS:
            pytest.skip("keeps rows, or sums of weights, which are floats")
        rest = {name: value for name, value in case.inputs.items() if name not in names}
        count = len(case.inputs[metrics[0].input_names[0]])
        exact = load_metric(folder.name, case.config, **case.parameters).compute(**case.inputs)
        draw = random.Random(3)
        rows = draw.sample(range(count), count)
        for start in range(0, count, 3):
            some = {name: [case.inputs[name][row] for row in rows[start : start + 3]] for name in names}
            metrics[start // 3 % 2].add_batch(**some, **rest)
        found = metrics[1].merge(metrics[0]).compute()
    except MissingPackageError as error:
        pytest.skip(str(error))
    assert pickle.dumps(dict(found)) == pickle.dumps(dict(exact))


def test_glue_wants_a_configuration() -> None:
    with pytest.raises(UnknownConfigError, match=r"load_metric\('glue', 'cola'\)"):
        load_metric("glue")
    with pytest.raises(UnknownConfigError, match="Did you mean 'mrpc'"):
        load_metric("glue", "mprc")


@pytest.mark.parametrize("name", list_metrics())
def test_the_code_of_a_card_runs(name: str) -> None:
    card = FOLDER / name / "README.md"
    if not card.is_file():
        pytest.fail(f"there is no card for {name}")
    for block in card.read_text(encoding="utf-8").split("```python\n")[1:]:
        try:
            exec(compile(block.partition("```")[0], f"{name}/README.md", "exec"), {"__name__": "card"})
        except MissingPackageError as error:
            pytest.skip(str(error))
