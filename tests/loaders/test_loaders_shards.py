"""Every shipped loader gives the same rows whether the lists it hands to its generator are shards or not."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nlpdata import load_dataset_builder
from nlpdata.engine.shards import count_shards, cut
from nlpdata.fetch.manager import DownloadMode
from nlpdata.scripts import shipped_folder

spec = importlib.util.spec_from_file_location("dummy_data", Path(__file__).with_name("test_loaders_dummy.py"))
assert spec is not None and spec.loader is not None
dummy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dummy)


@pytest.mark.parametrize(("name", "config"), dummy.expected_splits())
def test_rows_do_not_depend_on_shards(stage, name: str, config: str) -> None:
    sizes = {config: {split: found["num_examples"] for split, found in dummy.expected(name)[config].items()}}
    manual = shipped_folder("loader") / name / "dummy" / "manual"
    options = {"data_dir": str(manual)} if manual.is_dir() else {}
    builder: Any = load_dataset_builder(str(stage(name, dummy.dummy_files(name), sizes)), config, **options)
    manager = builder._manager(None, DownloadMode.REUSE_DATASET_IF_EXISTS, verify=True)
    again = builder._split_generators(manager)
    for one, other in zip(builder._split_generators(manager), again, strict=True):
        if count_shards(one.gen_kwargs) > 1:
            pieces = [rows(builder, kwargs) for _, kwargs in cut(one.gen_kwargs)]
            assert [row for piece in pieces for row in piece] == rows(builder, other.gen_kwargs), one.name


def rows(builder: Any, kwargs: Mapping[str, Any]) -> list[Any]:
    if hasattr(builder, "_generate_tables"):
        return [row for _, table in builder._generate_tables(**kwargs) for row in table.to_pylist()]
    return [row for _, row in builder._generate_examples(**kwargs)]
