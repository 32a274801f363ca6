"""Which files a user means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nlpdata.errors import ArgumentError, DataFileError, UnknownFileTypeError
from nlpdata.files import infer_file_type, resolve_data_files


def folder(base: Path, *names: str) -> Path:
    for name in names:
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text("x")
    return base


def resolved(base: Path, data_files: Any = None) -> dict[str, list[str]]:
    found = resolve_data_files(data_files, base)
    return {s: [Path(p).relative_to(base).as_posix() if "://" not in p else p for p in paths] for s, paths in found.items()}


@pytest.mark.parametrize(
    ("data_files", "expected"),
    [
        ("a.csv", {"train": ["a.csv"]}),
        (["b.csv", "a.csv", "b.csv"], {"train": ["b.csv", "a.csv", "b.csv"]}),
        (["b.csv", "*.csv"], {"train": ["b.csv", "a.csv", "b.csv"]}),
        ("__x__/*.csv", {"train": ["__x__/e.csv"]}),
        ("**/*.csv", {"train": ["a.csv", "b.csv", "sub/c.csv", "sub/deep/d.csv"]}),
        ({"test": "a.csv", "extra": ["b.csv"]}, {"test": ["a.csv"], "extra": ["b.csv"]}),
        ("*.csv", {"train": ["a.csv", "b.csv"]}),
        ({"test": ["sub/**/*.csv"]}, {"test": ["sub/c.csv", "sub/deep/d.csv"]}),
        ("sub", {"train": ["sub/c.csv", "sub/deep/d.csv"]}),
        ([{"split": "test", "path": "a.csv"}, {"split": "test", "path": ["b.csv"]}], {"test": ["a.csv", "b.csv"]}),
        ("https://example.org/x.csv", {"train": ["https://example.org/x.csv"]}),
        (
            {"train": ["a.csv", "zip://x.csv::https://example.org/x.zip"]},
            {"train": ["a.csv", "zip://x.csv::https://example.org/x.zip"]},
        ),
        (".hidden.csv", {"train": [".hidden.csv"]}),
    ],
)
def test_data_files(data_files: Any, expected: dict[str, list[str]], tmp_path: Path) -> None:
    base = folder(tmp_path, "a.csv", "b.csv", "sub/c.csv", "sub/deep/d.csv", ".hidden.csv", "sub/README.md", "__x__/e.csv")
    assert resolved(base, data_files) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ["train.csv", "dev.csv", "test.csv", "README.md"],
            {"train": ["train.csv"], "validation": ["dev.csv"], "test": ["test.csv"]},
        ),
        (
            ["my_train-1.csv.gz", "TRAIN2.csv", "valid.csv"],
            {"train": ["TRAIN2.csv", "my_train-1.csv.gz"], "validation": ["valid.csv"]},
        ),
        (
            ["train/a.csv", "train/b.csv", "evaluation/c.csv"],
            {"train": ["train/a.csv", "train/b.csv"], "test": ["evaluation/c.csv"]},
        ),
        (
            ["data/fr-00000-of-00002.csv", "data/fr-00001-of-00002.csv"],
            {"fr": ["data/fr-00000-of-00002.csv", "data/fr-00001-of-00002.csv"]},
        ),
        (["trainee.csv", "contest.csv"], {"train": ["contest.csv", "trainee.csv"]}),
        (["x.csv", ".git/train.csv", "__pycache__/test.csv"], {"train": ["x.csv"]}),
    ],
)
def test_splits_are_told_by_names(names: list[str], expected: dict[str, list[str]], tmp_path: Path) -> None:
    assert resolved(folder(tmp_path, *names)) == expected


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    base = folder(tmp_path / "base", "train.csv")
    for data_files, message in [
        ("trian.csv", r"no file 'trian.csv'.*Did you mean 'train.csv'"),
        ("*.json", r"pattern '\*\.json' matches no file"),
        ({"test": []}, "empty list"),
    ]:
        with pytest.raises(DataFileError, match=message):
            resolve_data_files(data_files, base)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        resolve_data_files(None, tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match="holds no data file"):
        resolve_data_files(None, folder(tmp_path / "docs", "README.md"))
    with pytest.raises(ArgumentError, match="data_files holds 5"):
        resolve_data_files([5])


def test_paths_are_absolute_and_the_home_folder_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(tmp_path, "a.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve_data_files("a.csv") == resolve_data_files("~/a.csv") == {"train": [str(tmp_path / "a.csv")]}


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a.csv"], ("csv", {})),
        (["a.tsv", "b.tsv.gz"], ("csv", {"sep": "\t"})),
        (["a.tsv", "b.tsv", "c.csv"], ("csv", {})),
        (["a.jsonl.zst"], ("json", {})),
        (["https://example.org/x.parquet?download=1"], ("parquet", {})),
        (["README.md", "a.txt", "b.txt", "c.csv"], ("text", {})),
        ([Path("x.feather")], ("arrow", {})),
    ],
)
def test_the_file_type_is_told_by_the_extension(paths: list[str], expected: tuple[str, dict[str, Any]]) -> None:
    assert infer_file_type(paths) == expected


def test_an_unknown_extension_is_told() -> None:
    with pytest.raises(UnknownFileTypeError, match=r"\.dat.*Known: arrow, csv"):
        infer_file_type(["x.dat"])
