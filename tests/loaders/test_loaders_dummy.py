"""Every shipped loader builds from its own made-up data, packed as its source packs the real ones.

The file behind a URL is the one in ``dummy/`` with the longest end of the URL's path for a name (``dummy/train.csv``, or
``dummy/small/train.csv`` where the names alone are not enough); a folder is an opened archive. ``dummy/files.json``
({url: path}) names those of which a URL tells no name or that no record knows; ``{00000..00007}`` in a URL stands for
eight URLs. ``dummy/manual/`` holds what a user downloads.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from nlpdata import get_dataset_config_names, load_dataset
from nlpdata.scripts import list_scripts, shipped_folder

LOADERS = list_scripts("loader")


def recorded(name: str) -> dict[str, Any]:
    return json.loads((shipped_folder("loader") / name / "checksums.json").read_text("utf-8"))


def dummy_files(name: str) -> dict[str, Path]:
    """URL -> its file or folder in ``dummy/``, for those that have one."""
    folder = shipped_folder("loader") / name / "dummy"
    files = {}
    for url in recorded(name)["downloads"]:
        parts = urlsplit(url).path.split("/")
        ends = [folder.joinpath(*parts[start:]) for start in range(len(parts)) if all(parts[start:])]
        if found := [path for path in ends if path.exists()]:
            files[url] = found[0]
    listed = folder / "files.json"
    if listed.exists():
        named = json.loads(listed.read_text("utf-8"))
        files |= {url: folder / path for short, path in named.items() for url in spelt_out(short)}
    return files


def spelt_out(url: str) -> list[str]:
    """The URLs that ``{00000..00007}`` in one stands for."""
    if (found := re.search(r"\{(\d+)\.\.(\d+)\}", url)) is None:
        return [url]
    numbers = range(int(found[1]), int(found[2]) + 1)
    return [f"{url[: found.start()]}{n:0{len(found[1])}}{url[found.end() :]}" for n in numbers]


def expected(name: str) -> dict[str, Any]:
    return json.loads((shipped_folder("loader") / name / "dummy" / "expected.json").read_text("utf-8"))


def expected_splits() -> list[tuple[str, str]]:
    return [(name, config) for name in LOADERS for config in expected(name)]


def shown(value: Any) -> Any:
    """The value as a record says it: floats at four digits, bytes counted, paths from where the data begins."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, bytes):
        return f"<bytes {len(value)}>"
    if isinstance(value, str):
        return re.sub(r"^/.*(/extracted/[0-9a-f]+|/dummy/manual)/", "<data>/", value)
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_folder_is_complete(name: str) -> None:
    folder = shipped_folder("loader") / name
    script, card = (folder / f"{name}.py").read_text("utf-8"), (folder / "README.md").read_text("utf-8")
    imported = set(re.findall(r"^\s*(?:from|import) (\w+)", script, re.MULTILINE))
    assert imported <= {"nlpdata", *sys.stdlib_module_names}
    for heading in ("**Source.**", "**Licence.**", "**Citation.**", "**Dummy data.**", "**Known quirks.**"):
        assert heading in card
    assert expected(name) and (dummy_files(name) or (folder / "dummy" / "manual").is_dir())
    assert all(path.exists() for path in dummy_files(name).values())


@pytest.mark.parametrize("name", LOADERS)
def test_recorded_sizes_are_those_of_its_configurations(name: str) -> None:
    sizes, configs = recorded(name)["splits"], get_dataset_config_names(name)
    assert [config for config in configs if config in sizes] == list(sizes)
    assert set(expected(name)) <= set(configs)


@pytest.mark.parametrize(("name", "config"), expected_splits())
def test_dummy_data_builds(stage, first_row, name: str, config: str) -> None:
    splits = expected(name)[config]
    sizes = {config: {split: found["num_examples"] for split, found in splits.items()}}
    manual = shipped_folder("loader") / name / "dummy" / "manual"
    options = {"data_dir": str(manual)} if manual.is_dir() else {}
    built = load_dataset(str(stage(name, dummy_files(name), sizes)), config, **options)
    assert {split: built[split].num_rows for split in built} == sizes[config]
    for split, found in splits.items():
        assert shown(first_row(built[split])) == found["first"]
