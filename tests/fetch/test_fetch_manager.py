"""What loader scripts use: nested downloads, extraction, archives, recorded sizes."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nlpdata.errors import ArgumentError, ChecksumError, FetchError
from nlpdata.fetch import (
    Checksum,
    DownloadConfig,
    DownloadManager,
    DownloadMode,
    VerificationMode,
    load_checksums,
    save_checksums,
)
from nlpdata.settings import settings

DATA = {f"/{name}.txt": random.Random(name).randbytes(5000) for name in "abcd"}


@pytest.fixture
def full_site(site: Any) -> Any:
    site.files.update(DATA)
    return site


def test_nested_structures_keep_their_shape(full_site: Any) -> None:
    url = full_site.url
    urls = {"train": [f"{url}/a.txt", f"{url}/b.txt"], "test": (f"{url}/c.txt",), "again": f"{url}/a.txt"}
    paths = DownloadManager("demo").download(urls)
    assert list(paths) == ["train", "test", "again"] and isinstance(paths["test"], tuple)
    assert Path(paths["train"][1]).read_bytes() == DATA["/b.txt"]
    assert paths["again"] == paths["train"][0]
    assert len(full_site.requests) == 3


def test_sizes_and_checksums_are_recorded(full_site: Any, tmp_path: Path) -> None:
    manager = DownloadManager()
    manager.download([f"{full_site.url}/a.txt", f"{full_site.url}/b.txt"])
    assert manager.downloaded_size == 10_000
    recorded = manager.get_recorded_sizes_checksums()
    found = full_site.checksum(DATA["/a.txt"])
    assert recorded[f"{full_site.url}/a.txt"] == {"num_bytes": 5000, "checksum": found.sha256}
    assert manager.is_streaming is False and manager.manual_dir is None
    (tmp_path / "x").write_bytes(b"abc")
    local = DownloadManager(record_checksums=True, base_path=tmp_path, data_dir=tmp_path)
    local.download("x")
    assert local.get_recorded_sizes_checksums()["x"]["num_bytes"] == 3 and local.manual_dir == str(tmp_path)


def test_recorded_checksums_are_enforced_unless_told_not_to(full_site: Any) -> None:
    url = f"{full_site.url}/a.txt"
    wrong = {url: Checksum(1, "0" * 64)}
    with pytest.raises(ChecksumError):
        DownloadManager(checksums=wrong).download({"train": url})
    path = DownloadManager(checksums=wrong, verification="no_checks").download(url)
    assert Path(path).read_bytes() == DATA["/a.txt"]
    right = {url: full_site.checksum(DATA["/a.txt"])}
    assert DownloadManager(checksums=right, verification=VerificationMode.ALL_CHECKS).download(url) == path


def test_one_failure_among_many_is_told(full_site: Any) -> None:
    urls = [f"{full_site.url}/{name}.txt" for name in "abcdx"]
    with pytest.raises(FetchError, match=r"x\.txt.*404"):
        DownloadManager().download(urls)


def test_relative_paths_start_from_the_script_or_its_url(full_site: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text("a\n")
    assert Path(DownloadManager(base_path=tmp_path).download("data/x.csv")).read_text() == "a\n"
    assert Path(DownloadManager(base_path=full_site.url).download("./a.txt")).read_bytes() == DATA["/a.txt"]


def test_download_and_extract(site: Any, tmp_path: Path, isolated_cache: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("inner/x.txt", "hello")
    zipped = site.serve("/z.zip", (tmp_path / "z").read_bytes())
    packed = site.serve("/p.gz", gzip.compress(b"packed"))
    plain = site.serve("/plain.txt", b"plain")
    manager = DownloadManager()
    paths = manager.download_and_extract({"zip": zipped, "gz": packed, "plain": plain})
    assert (Path(paths["zip"]) / "inner" / "x.txt").read_text() == "hello"
    assert Path(paths["gz"]).read_bytes() == b"packed"
    assert Path(paths["plain"]).read_bytes() == b"plain"
    assert manager.download_and_extract(zipped) == paths["zip"]
    assert len(site.requests) == 3
    assert not list(isolated_cache.rglob("*.lease"))
    manager.manage_extracted_files()
    assert Path(paths["zip"]).exists()
    manager.delete_extracted_files()
    assert not Path(paths["zip"]).exists() and Path(paths["plain"]).exists()
    assert (
        Path(DownloadManager(download_config=DownloadConfig(extract_compressed_file=True)).download(packed)).read_bytes()
        == b"packed"
    )


def test_a_local_archive_that_changes_is_extracted_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"one"))
    manager = DownloadManager()
    assert Path(manager.extract(path)).read_bytes() == b"one"
    path.write_bytes(gzip.compress(b"other"))
    assert Path(manager.extract([path])[0]).read_bytes() == b"other"


def test_iter_files_and_iter_archive(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a.txt", ".hidden", "__pycache__/x.txt", "b/.x/y"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    manager = DownloadManager()
    found = [Path(p).relative_to(tmp_path).as_posix() for p in manager.iter_files(str(tmp_path))]
    assert found == ["a.txt", "b/1.txt", "b/2.txt"]
    assert list(manager.iter_files([tmp_path / "a.txt", [tmp_path / "b"]])) == [
        str(tmp_path / n) for n in ("a.txt", "b/1.txt", "b/2.txt")
    ]
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("m.txt", "1")
    assert [name for name, _ in manager.iter_archive(str(tmp_path / "z.zip"))] == ["m.txt"]


def test_download_custom_calls_the_function_once(isolated_cache: Path) -> None:
    calls: list[str] = []

    def get(url: str, path: str) -> None:
        calls.append(url)
        Path(path).write_text(url)

    manager = DownloadManager()
    path = manager.download_custom("my://x", get)
    assert Path(path).read_text() == "my://x" and manager.download_custom(["my://x"], get) == [path]
    assert calls == ["my://x"]


def test_modes_are_found_by_name_or_refused_with_a_suggestion() -> None:
    assert DownloadMode("force_redownload") is DownloadMode.FORCE_REDOWNLOAD
    assert VerificationMode("NO_CHECKS") is VerificationMode.NO_CHECKS
    with pytest.raises(ArgumentError, match=r"Did you mean 'no_checks'"):
        VerificationMode("no_check")


def test_checksums_are_saved_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "checksums.json"
    path.write_text(json.dumps({"splits": {"default": {"train": 3}}}))
    save_checksums(path, {"u": Checksum(3, "a" * 64)})
    save_checksums(path, {"a": Checksum(None, "b" * 64)})
    assert load_checksums(path) == {"a": Checksum(None, "b" * 64), "u": Checksum(3, "a" * 64)}
    assert json.loads(path.read_text())["splits"] == {"default": {"train": 3}}
    assert load_checksums(tmp_path / "none.json") == {}
    path.write_text("[]")
    with pytest.raises(ArgumentError, match=r"checksums\.json"):
        load_checksums(path)


def test_a_download_folder_of_ones_own(full_site: Any, tmp_path: Path, isolated_cache: Path) -> None:
    path = DownloadManager(download_config=DownloadConfig(cache_dir=tmp_path / "mine")).download(f"{full_site.url}/a.txt")
    assert Path(path).parent == tmp_path / "mine" and not any(isolated_cache.iterdir())
    with settings.override(offline=True):
        assert (
            DownloadManager(download_config=DownloadConfig(cache_dir=tmp_path / "mine")).download(f"{full_site.url}/a.txt")
            == path
        )
