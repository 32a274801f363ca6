"""Names and paths lead to scripts; a hash names their content."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpdata.errors import ArgumentError, ScriptError, UnknownLoaderError, UnknownMetricError
from nlpdata.scripts import find_script, list_scripts, look_up, shipped_folder


def write(path: Path, text: str = "x = 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_loaders_are_listed_and_found() -> None:
    names = list_scripts("loader")
    assert names == sorted(names) and {"glue", "trec", "udhr"} <= set(names)
    script = find_script("loader", "glue")
    assert script.shipped and script.name == "glue" and script.path == shipped_folder("loader") / "glue" / "glue.py"
    assert len(script.sha256) == 64


def test_a_script_is_found_by_file_and_by_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "mine" / "mine.py")
    by_file, by_folder = find_script("loader", path), find_script("loader", tmp_path / "mine")
    assert by_file == by_folder
    assert by_file.path == path and by_file.folder == path.parent and not by_file.shipped
    monkeypatch.chdir(tmp_path / "mine")
    assert find_script("loader", ".") == by_file
    assert find_script("loader", "mine.py") == by_file


def test_a_bare_shipped_name_is_never_a_local_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "glue" / "glue.py")
    monkeypatch.chdir(tmp_path)
    assert find_script("loader", "glue").shipped
    assert find_script("loader", "./glue").path == path


def test_a_shipped_script_named_by_its_path_is_shipped() -> None:
    assert find_script("loader", str(shipped_folder("loader") / "trec")).shipped


def test_the_hash_follows_the_script_and_the_siblings_it_imports(tmp_path: Path) -> None:
    path = write(tmp_path / "mine" / "mine.py", "from .shared import a\nfrom . import other\n")
    write(tmp_path / "mine" / "shared.py", "from .deeper import b\n")
    hashes = [find_script("loader", path).sha256]
    for name in ("other.py", "deeper.py", "shared.py"):
        write(tmp_path / "mine" / name, "b = 2\n")
        hashes.append(find_script("loader", path).sha256)
    write(tmp_path / "mine" / "unrelated.py")
    assert find_script("loader", path).sha256 == hashes[-1]
    write(tmp_path / "mine" / "other.py", "b = 3\n")
    hashes.append(find_script("loader", path).sha256)
    assert len(set(hashes[:3])) == 3 and hashes[-1] not in hashes[:-1]


def test_the_hash_does_not_depend_on_the_place(tmp_path: Path) -> None:
    paths = [write(tmp_path / place / "mine" / "mine.py") for place in ("a", "b")]
    assert find_script("loader", paths[0]).sha256 == find_script("loader", paths[1]).sha256


def test_a_misspelt_name_is_met_with_a_suggestion() -> None:
    with pytest.raises(UnknownLoaderError, match="Did you mean 'glue'"):
        find_script("loader", "gleu")
    with pytest.raises(FileNotFoundError, match=r"\./mine\.py"):
        find_script("loader", "mine")
    with pytest.raises(UnknownMetricError):
        find_script("metric", "acuracy")


def test_what_leads_nowhere_says_why(tmp_path: Path) -> None:
    assert look_up("loader", tmp_path / "missing.py") is None
    with pytest.raises(UnknownLoaderError, match="no such file or folder"):
        find_script("loader", tmp_path / "missing.py")
    with pytest.raises(UnknownLoaderError, match=r"no file .* in it"):
        find_script("loader", tmp_path)
    with pytest.raises(UnknownLoaderError, match="is a URL"):
        find_script("loader", "https://example.org/mine.py")
    with pytest.raises(ArgumentError, match="kind"):
        find_script("reader", "glue")


def test_a_script_that_is_no_python_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"mine\.py, line 2"):
        find_script("loader", write(tmp_path / "mine.py", "from .a import b\nx = = 1\n"))
