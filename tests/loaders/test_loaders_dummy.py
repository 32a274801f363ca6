"""Every shipped loader builds from its own made-up data, packed as its source packs the real ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nlpdata import get_dataset_config_names, load_dataset
from nlpdata.scripts import list_scripts, shipped_folder

LOADERS = list_scripts("loader")


def dummy_files(name: str) -> dict[str, Path]:
    """Recorded URL -> the file or folder in ``dummy/`` that has its base name."""
    folder = shipped_folder("loader") / name
    recorded = json.loads((folder / "checksums.json").read_text("utf-8"))["downloads"]
    return {url: folder / "dummy" / url.rpartition("/")[2] for url in recorded}


def expected(name: str) -> dict:
    return json.loads((shipped_folder("loader") / name / "dummy" / "expected.json").read_text("utf-8"))


def expected_splits() -> list[tuple[str, str]]:
    return [(name, config) for name in LOADERS for config in expected(name)]


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_folder_is_complete(name: str) -> None:
    folder = shipped_folder("loader") / name
    script, card = (folder / f"{name}.py").read_text("utf-8"), (folder / "README.md").read_text("utf-8")
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", script, re.MULTILINE))
    assert imported <= {"__future__", "nlpdata", "csv", "json", "os", "re", "dataclasses", "html", "datetime", "itertools"}
    for heading in ("**Source.**", "**Licence.**", "**Citation.**", "**Dummy data.**", "**Known quirks.**"):
        assert heading in card
    assert all(path.exists() for path in dummy_files(name).values())


@pytest.mark.parametrize("name", LOADERS)
def test_every_configuration_has_recorded_sizes(name: str) -> None:
    recorded = json.loads((shipped_folder("loader") / name / "checksums.json").read_text("utf-8"))["splits"]
    assert list(recorded) == get_dataset_config_names(name)


@pytest.mark.parametrize(("name", "config"), expected_splits())
def test_dummy_data_builds(stage, name: str, config: str) -> None:
    splits = expected(name)[config]
    sizes = {config: {split: found["num_examples"] for split, found in splits.items()}}
    built = load_dataset(str(stage(name, dummy_files(name), sizes)), config)
    assert {split: built[split].num_rows for split in built} == sizes[config]
    for split, found in splits.items():
        row = {key: round(value, 4) if isinstance(value, float) else value for key, value in built[split][0].items()}
        assert row == found["first"]
        assert all(None not in row.values() for row in built[split])
