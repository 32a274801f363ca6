"""``DatasetInfo``, ``Version`` and their JSON."""

from __future__ import annotations

import doctest
import json
from pathlib import Path

import pytest

import nlpdata.info
from nlpdata.errors import ArgumentError, CorruptFileError
from nlpdata.features import ClassLabel, Features, List, Value
from nlpdata.info import DatasetInfo, SupervisedKeysData, Version
from nlpdata.splits import SplitDict, SplitInfo


def full() -> DatasetInfo:
    return DatasetInfo(
        description="d",
        citation="c",
        license="MIT",
        features=Features({"a": [Value("int8")], "b": {"c": ClassLabel(2)}}),
        supervised_keys=("a", "b"),
        builder_name="builder",
        config_name="default",
        version="1.2.3",
        splits={"train": {"name": "train", "num_bytes": 1, "num_examples": 2, "dataset_name": "x"}},
        download_checksums={"http://x": {"num_bytes": 3, "checksum": "y"}},
        download_size=3,
    )


def test_examples_in_docstrings_run() -> None:
    assert doctest.testmod(nlpdata.info).failed == 0


def test_plain_values_become_rich_ones() -> None:
    info = full()
    assert isinstance(info.version, Version)
    assert isinstance(info.splits, SplitDict)
    assert info.splits["train"] == SplitInfo("train", 1, 2, dataset_name="x")
    assert info.supervised_keys == SupervisedKeysData("a", "b")
    assert DatasetInfo(features={"a": [Value("int8")], "b": {"c": ClassLabel(2)}}).features == info.features
    assert DatasetInfo(features=info.features.to_dict()).features == info.features
    assert DatasetInfo(task_templates=["what 2.x scripts pass"]) == DatasetInfo()


def test_to_json_and_back(tmp_path: Path) -> None:
    info = full()
    assert DatasetInfo.from_dict({**info.to_dict(), "unknown": 1}) == info
    assert DatasetInfo.from_dict(json.loads(json.dumps(info.to_dict()))) == info
    for pretty in (False, True):
        info.write_to_directory(tmp_path, pretty_print=pretty)
        assert DatasetInfo.from_directory(tmp_path) == info
        assert sorted(path.name for path in tmp_path.iterdir()) == ["LICENSE", "dataset_info.json"]
    assert DatasetInfo().to_dict() == {"description": "", "citation": "", "homepage": "", "license": ""}
    assert info.to_dict()["version"] == {"version_str": "1.2.3", "major": 1, "minor": 2, "patch": 3}


def test_folders_elsewhere() -> None:
    info = full()
    info.write_to_directory("memory://infos")
    assert DatasetInfo.from_directory("memory://infos/") == info


def test_folders_that_hold_no_info(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        DatasetInfo.from_directory(tmp_path)
    (tmp_path / "dataset_info.json").write_text("{", encoding="utf-8")
    with pytest.raises(CorruptFileError, match="is not JSON"):
        DatasetInfo.from_directory(tmp_path)
    for call in (DatasetInfo.from_directory, DatasetInfo().write_to_directory):
        with pytest.raises(ArgumentError):
            call("")


def test_copy_shares_nothing() -> None:
    info = full()
    copied = info.copy()
    assert copied == info
    assert copied.features is not None
    assert copied.splits is not None
    copied.features["new"] = Value("int8")
    copied.splits["train"].num_examples = 0
    assert info == full()


def test_update_takes_what_is_known() -> None:
    info = full()
    info.update(DatasetInfo(description="new", features=Features({"x": Value("int8")})))
    assert (info.description, info.citation, info.config_name) == ("new", "", "default")
    assert info.features == {"x": Value("int8")}
    info.update(DatasetInfo(), ignore_none=False)
    assert info == DatasetInfo()


def test_merge() -> None:
    other = DatasetInfo(description="e", citation="c", features=Features({"z": List(Value("int8"))}))
    merged = DatasetInfo.from_merge([full(), None, other])
    assert (merged.description, merged.citation, merged.license) == ("d\n\ne", "c", "MIT")
    assert merged.features == full().features
    assert merged.splits is None
    assert DatasetInfo.from_merge([full(), full()]) == full()
    assert DatasetInfo.from_merge([]) == DatasetInfo()


def test_repr_shows_what_is_known() -> None:
    assert repr(DatasetInfo()) == "DatasetInfo()"
    assert repr(DatasetInfo(version="1.0.0")) == "DatasetInfo(\n    version=1.0.0,\n)"


def test_versions_compare_with_text() -> None:
    version = Version("1.2.3", "first")
    assert version == "1.2.3" == str(version)
    assert "1.10.0" > version > Version("1.2.2")
    assert version <= "1.2.3"
    assert version != "1.2"
    assert version != 5
    assert hash(version) == hash("1.2.3")
    assert version.tuple == (1, 2, 3)
    assert version.to_dict()["description"] == "first"
    assert version.match("1.*.3")
    assert not version.match("2.*.*")
    with pytest.raises(TypeError):
        sorted([version, 5])  # type: ignore[type-var]
    for wrong in ("1.2", "a.b.c", "1.0.0-rc"):
        with pytest.raises(ValueError, match="three numbers"):
            Version(wrong)
    with pytest.raises(ArgumentError):
        version.match("1.x")
