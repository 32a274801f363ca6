"""Configurations that the card of a folder declares, and folders whose files are of several formats."""

from __future__ import annotations

import gc
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from nlpdata import load_dataset, load_dataset_builder
from nlpdata.builder.locate import locate
from nlpdata.errors import ArgumentError, DataFileError, MissingPackageError, UnknownConfigError, UnknownFileTypeError

CARD = """---
license: mit
configs:
- config_name: en
  data_files: en.csv
  default: true
- config_name: fr
  data_files:
  - split: train
    path: ["fr/a*.tsv", "fr/b.tsv"]
  - split: test
    path: fr/test.tsv
- config_name: all
  data_dir: rest
- config_name: dots
  data_files: dots.csv
  sep: ";"
---
# About
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "README.md": CARD,
        "en.csv": "a\n1\n",
        "fr/a1.tsv": "a\tb\n2\tx,y\n",
        "fr/b.tsv": "a\tb\n3\tz\n",
        "fr/test.tsv": "a\tb\n4\tw\n",
        "rest/train.jsonl": '{"a": 5}\n',
        "rest/dev.jsonl": '{"a": 6}\n',
        "dots.csv": "a;b\n7;8\n",
    }
    for name, text in files.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_text(text)
    return tmp_path / "data"


def rows(got: Any) -> dict[str, Any]:
    return {split: part[:] for split, part in got.items()}


def test_each_configuration_has_its_files(folder: Path) -> None:
    pytest.importorskip("yaml")
    assert rows(load_dataset(str(folder))) == {"train": {"a": [1]}}
    assert rows(load_dataset(str(folder), "fr")) == {
        "train": {"a": [2, 3], "b": ["x,y", "z"]},
        "test": {"a": [4], "b": ["w"]},
    }
    assert rows(load_dataset(str(folder), "all")) == {"train": {"a": [5]}, "validation": {"a": [6]}}
    assert rows(load_dataset(str(folder), "dots")) == {"train": {"a": [7], "b": [8]}}
    assert rows(load_dataset(str(folder), "dots", sep=",")) == {"train": {"a;b": ["7;8"]}}
    assert load_dataset_builder(str(folder), "fr").info.config_name == "fr"
    located = locate(folder)
    assert located.config_names == ["en", "fr", "all", "dots"] and located.default_config == "en"


def test_named_files_count_more_than_the_card(folder: Path) -> None:
    assert rows(load_dataset(str(folder), data_files="fr/b.tsv")) == {"train": {"a": [3], "b": ["z"]}}
    assert rows(load_dataset(str(folder), data_dir="rest")) == {"train": {"a": [5]}, "validation": {"a": [6]}}


@pytest.mark.peers
def test_the_peer_gives_the_same(folder: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = pytest.importorskip("datasets")
        for name in (None, "en", "dots"):  # the peer reads every configuration as the files of the first one
            expected = rows(peer.load_dataset(str(folder), name, cache_dir=str(tmp_path / "peer")))
            assert rows(load_dataset(str(folder), name)) == expected, name
        gc.collect()  # the peer leaves files open, which a later test would be told of


def test_a_configuration_must_be_one_of_the_card(folder: Path) -> None:
    pytest.importorskip("yaml")
    with pytest.raises(UnknownConfigError, match=r"README.md named 'eng'. Did you mean 'en'"):
        load_dataset(str(folder), "eng")
    card = folder / "README.md"
    card.write_text(CARD.replace("  default: true\n", ""))
    with pytest.raises(ArgumentError, match="4 configurations; name one of: en, fr, all, dots"):
        load_dataset(str(folder))
    assert locate(folder).default_config is None
    card.write_text(CARD.replace("  sep", "  default: true\n  sep"))
    with pytest.raises(ArgumentError, match="several default configurations: en, dots"):
        load_dataset(str(folder))
    card.write_text(CARD.replace("en.csv", "english.csv"))
    with pytest.raises(DataFileError, match=r"english\.csv"):
        load_dataset(str(folder))


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("configs: en", "not a list"),
        ("configs: [", "cannot be read"),
        ("configs:\n- data_files: en.csv", "needs a config_name"),
        ("configs:\n- config_name: a\n- config_name: a", "declares a configuration twice"),
        ("configs:\n- config_name: a\n  data_dir: [x]", "not the name of a folder"),
        ("configs:\n- config_name: a\n  data_files: 5", "data_files holds 5"),
    ],
)
def test_a_card_that_cannot_be_read(folder: Path, yaml: str, message: str) -> None:
    pytest.importorskip("yaml")
    (folder / "README.md").write_text(f"---\n{yaml}\n---\n")
    with pytest.raises(ArgumentError, match=message):
        load_dataset(str(folder))


def test_a_card_without_configurations_needs_no_yaml(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingPackageError, match=r"nlpdata\[yaml\]"):
        load_dataset(str(folder))
    (folder / "README.md").write_text("---\nlicense: mit\n---\nconfigs: none\n")
    assert load_dataset(str(folder), data_dir="rest")["train"][:] == {"a": [5]}
    assert load_dataset(str(folder), data_files="en.csv")["train"][:] == {"a": [1]}


def test_a_pattern_that_takes_in_more_than_data(folder: Path) -> None:
    pytest.importorskip("yaml")
    card = "---\nconfigs:\n- config_name: one\n  data_files: '*'\n- config_name: two\n  data_files: 'fr/*'\n---\n"
    (folder / "README.md").write_text(card)
    (folder / "dots.csv").unlink()
    assert rows(load_dataset(str(folder), "one")) == {"train": {"a": [1]}}
    (folder / "fr" / "LICENSE").write_text("free")
    with pytest.warns(UserWarning, match="left out of the csv files: LICENSE"):
        got = load_dataset(str(folder), "two", split="train")
    assert got["a"] == [2, 3, 4]


def test_tsv_and_csv_have_their_own_separators(tmp_path: Path) -> None:
    for name, text in {"train.tsv": "a\tb\n1\tx,y\n", "dev.tsv": "a\tb\n2\tz\n", "test.csv": "a,b\n3,w\n"}.items():
        (tmp_path / name).write_text(text)
    assert rows(load_dataset(str(tmp_path))) == {
        "train": {"a": [1], "b": ["x,y"]},
        "validation": {"a": [2], "b": ["z"]},
        "test": {"a": [3], "b": ["w"]},
    }


def test_splits_of_several_formats_are_refused(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("a\n1\n")
    (tmp_path / "test.jsonl").write_text('{"a": 5}\n')
    with pytest.raises(ValueError, match=r"several formats.*train: csv \(train.csv\); test: json \(test.jsonl\)"):
        load_dataset(str(tmp_path))
    (tmp_path / "test.csv").write_text("a\n2\n")
    assert rows(load_dataset(str(tmp_path))) == {"train": {"a": [1]}, "test": {"a": [2]}}
    (tmp_path / "test2.jsonl").write_text('{"a": 6}\n')
    with pytest.raises(ValueError, match=r"train: csv \(train.csv\); test: json"):
        load_dataset(str(tmp_path))
    (tmp_path / "test.dat").write_text("a\n2\n")
    with pytest.raises(UnknownFileTypeError, match=r"\.dat"):
        load_dataset(str(tmp_path), data_files={"train": "train.csv", "test": "test.dat"})
    got = load_dataset(str(tmp_path), data_files={"test": "test.jsonl"})
    assert rows(got) == {"test": {"a": [5]}}
