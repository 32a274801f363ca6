"""The corpus that comes inside the package: the Universal Declaration of Human Rights."""

from __future__ import annotations

import pytest

from nlpdata import load_dataset
from nlpdata.settings import settings


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
