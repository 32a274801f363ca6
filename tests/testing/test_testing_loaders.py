"""The suite for loader folders: it passes what it should, names what is wrong, and the commands around it work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlpdata import load_dataset
from nlpdata.cli import main
from nlpdata.errors import ArgumentError, UnknownLoaderError
from nlpdata.fetch import load_checksums
from nlpdata.settings import settings
from nlpdata.testing import SuiteError, check_loader
from nlpdata.testing.template import new_loader


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_loader("my_corpus", tmp_path)


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_new_loader_passes_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = check_loader(folder)
    assert report.passed == ("complete", "record", "builds: default") and not report.skipped
    assert main(["script", "check", str(folder)]) == 0
    assert "3 checks passed" in capsys.readouterr().out
    assert main(["script", "new", "other", "--folder", str(folder.parent)]) == 0
    assert check_loader(folder.parent / "other" / "other.py").passed == report.passed


def test_a_shipped_loader_is_checked_by_name() -> None:
    assert "builds: default" in check_loader("trec").passed
    with pytest.raises(UnknownLoaderError, match="Did you mean 'trec'"):
        check_loader("trek")


def test_a_name_that_cannot_be(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ArgumentError, match="my_corpus"):
        new_loader("My Corpus")
    assert main(["script", "new", "my_corpus", "--folder", str(folder.parent)]) == 1
    assert "is there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("README.md", "# my_corpus", "# mine", "does not begin with"),
        ("README.md", "**Licence.**", "", r"does not say: \*\*Licence"),
        ("README.md", 'load_dataset("my_corpus"', "load()", "shows no example"),
        ("checksums.json", '"splits": {}', '"splits": {"other": {"train": 1}}', "not configurations"),
        ("checksums.json", '"downloads": {}', '"downloads": {"u": {"sha256": "123"}}', "64 hex digits"),
        ("dummy/expected.json", '"num_examples": 3', '"num_examples": 4', "expected 4 rows, got 3"),
        ("dummy/expected.json", '"label": 0', '"label": 1', "first row of test"),
        ("dummy/files.json", '": "train.csv"', '": "nothing.csv"', "do not exist: .*nothing.csv"),
        (
            "my_corpus.py",
            '"text": row["text"]',
            '"text": str(__import__("os").urandom(9))',
            "prepared twice, it differs: row 0 of train",
        ),
        ("my_corpus.py", '"text": row["text"]', '"txt": row["text"]', "first row|left out"),
        ("my_corpus.py", "import csv", "import csv, no_such_package_at_all", None),
    ],
)
def test_what_is_wrong_is_named(folder: Path, file: str, old: str, new: str, message: str | None) -> None:
    if "urandom" in new:
        expected = json.loads((folder / "dummy" / "expected.json").read_text())
        for known in expected["default"].values():
            known.pop("first")
        (folder / "dummy" / "expected.json").write_text(json.dumps(expected))
    replaced(folder / file, old, new)
    if message is None:
        assert "pip install no_such_package_at_all" in check_loader(folder).skipped["builds: default"]
        return
    with pytest.raises(SuiteError, match=message) as caught:
        check_loader(folder)
    assert len(caught.value.failures) == (2 if "nothing" in new else 1)


def test_a_generator_that_yields_other_rows_when_it_is_asked_again_is_found_out(folder: Path) -> None:
    script = folder / "my_corpus.py"
    replaced(script, "        with open(path", "        CALLS.append(path)\n        with open(path")
    replaced(script, "\n\nclass", "CALLS = []\n\n\nclass")
    replaced(script, '"text": row["text"]', '"text": row["text"] + "!" * (len(CALLS) > 4)')
    with pytest.raises(SuiteError, match="prepared rows differ from what its generators yield: row 0 of train"):
        check_loader(folder)


def test_a_generator_that_takes_its_shards_for_a_whole_is_found_out(folder: Path) -> None:
    script = folder / "my_corpus.py"
    replaced(script, '{"path": path}) for', '{"paths": [path, path]}) for')
    replaced(script, "examples(self, path):", "examples(self, paths):\n        path = paths[0]")
    with pytest.raises(SuiteError, match="shard by shard: train has 3 rows, then 6"):
        check_loader(folder)


@pytest.fixture
def at_home(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """The new loader where its source is a folder of this machine."""
    replaced(folder / "my_corpus.py", 'BASE = "https://example.org/my_corpus/"', f'BASE = "{(folder / "dummy").as_uri()}/"')
    with settings.override(trust_file=str(tmp_path / "trusted.json")):
        yield folder


def test_checksums_are_recorded_and_changed_ones_accepted(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["script", "record", str(at_home)]) == 0
    said = capsys.readouterr().out
    assert "default: not recorded -> {'train': 3, 'test': 1}" in said
    assert main(["script", "record", str(at_home)]) == 0
    assert "Nothing changed." in capsys.readouterr().out
    with open(at_home / "dummy" / "test.csv", "a") as lines:
        lines.write("Once more,positive\n")
    assert main(["script", "record", str(at_home)]) == 1
    refused = capsys.readouterr().err
    assert "test" in refused and "record" in refused
    assert main(["script", "record", str(at_home), "--accept-checksums"]) == 0
    assert "-> {'train': 3, 'test': 2}" in capsys.readouterr().out
    assert load_dataset(str(at_home), split="test").num_rows == 2
    assert len(load_checksums(at_home / "checksums.json")) == 2
