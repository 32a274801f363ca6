"""Shipped loaders against what is known of the genuine data: facts, samples, the mirror, and the embedded corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nlpdata import load_dataset, load_dataset_builder
from nlpdata.features import ClassLabel, Features, Value
from nlpdata.scripts import list_scripts
from nlpdata.settings import settings

SAMPLED = [name for name in list_scripts("loader") if name != "udhr"]


def fact(shared: Path, name: str) -> dict[str, Any]:
    return json.loads((shared / "facts" / "loaders" / f"{name}.json").read_text("utf-8"))


def features_of(described: Any) -> Any:
    """A fact file's notation as features."""
    if isinstance(described, str):
        return Value(described)
    if "ClassLabel" in described:
        return ClassLabel(names=described["ClassLabel"])
    return Features({name: features_of(value) for name, value in described.items()})


@pytest.mark.parametrize("name", SAMPLED)
def test_features_splits_and_downloads_are_those_of_the_facts(shared_folder: Path, name: str) -> None:
    facts = fact(shared_folder, name)
    for config, known in facts["configs"].items():
        described = known["features"]
        if isinstance(described, str):
            described = facts["configs"][described.removeprefix("same as ")]["features"]
        info = load_dataset_builder(name, config).info
        assert info.features == features_of(described) and list(info.features) == list(described)
        assert {k: v.num_examples for k, v in info.splits.items()} == {k: v["num_examples"] for k, v in known["splits"].items()}
        assert str(info.version) == known["version"]


def sample_cases() -> list[tuple[str, str]]:
    return [(name, config) for name in SAMPLED for config in load_configs(name)]


def load_configs(name: str) -> list[str]:
    from nlpdata import get_dataset_config_names

    return get_dataset_config_names(name)


@pytest.mark.parametrize(("name", "config"), sample_cases())
def test_the_sample_is_read_as_expected(shared_folder: Path, stage, name: str, config: str) -> None:
    folder = shared_folder / "samples" / name
    index = json.loads((folder / "index.json").read_text("utf-8"))
    sample = index["samples"][index.get("same_as", {}).get(config, config)]
    files = {url: folder / sample["dir"] / where["path"] for url, where in sample["urls"].items()}
    path = folder / "expected.json"
    known = json.loads(path.read_text("utf-8"))[config] if path.exists() else {}
    sizes = {config: {split: found["num_examples"] for split, found in known.items()}}
    built = load_dataset(str(stage(name, files, sizes)), config)
    assert set(built) == set(fact(shared_folder, name)["configs"][config]["splits"])
    for split, found in known.items():
        assert built[split].num_rows == found["num_examples"]
        assert built[split][0] == found["first"]


def test_the_genuine_trec(shared_folder: Path) -> None:
    with settings.override(mirror=str(shared_folder / "mirror"), offline=True):
        trec = load_dataset("trec")
    assert {split: trec[split].num_rows for split in trec} == {"train": 5452, "test": 500}
    assert trec["train"][0]["text"] == "How did serfdom develop in and then leave Russia ?"
    assert any("sister city" in text for text in trec["train"]["text"])
    assert not any(text != text.strip() or not text for split in trec for text in trec[split]["text"])


def test_the_embedded_declaration() -> None:
    with settings.override(offline=True):
        udhr = load_dataset("udhr")
        assert {split: udhr[split].num_rows for split in udhr} == {"train": 22323, "validation": 3649, "test": 4704}
        texts = {split: set(udhr[split]["text"]) for split in udhr}
        assert not texts["train"] & texts["test"] and not texts["train"] & texts["validation"]
        assert not texts["validation"] & texts["test"]
        assert len(set(udhr["train"]["language"])) == udhr["train"].features["language"].num_classes == 532
        assert set(udhr["test"]["article"]) == {5, 10, 15, 20, 25, 30}
        assert set(udhr["validation"]["article"]) == {7, 14, 21, 28}
        assert set(udhr["train"]["direction"]) == {"ltr", "rtl"}
        label = udhr["train"].features["language"].str2int("eng")
        first = next(row for row in udhr["train"] if row["language"] == label)
    assert first["text"].startswith("Whereas recognition of the inherent dignity") and first["article"] == 0


def test_pairs_of_any_two_versions() -> None:
    with settings.override(offline=True):
        ready = load_dataset("udhr", "eng-fra", split="test")
        chosen = load_dataset("udhr", "pairs", source="eng", target="fra", split="test")
        assert list(ready) == list(chosen)
        assert ready[0]["translation"]["fra"].startswith("Nul ne sera soumis à la torture")
        with pytest.raises(ValueError, match="Did you mean 'eng'"):
            load_dataset("udhr", "pairs", source="engl", target="fra")
        with pytest.raises(ValueError, match="two versions"):
            load_dataset("udhr", "pairs", source="fra")
