"""A cache folder that is full or cannot be written: the error says so, and nothing half-done has a good name."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nlpdata.errors import CacheWriteError
from nlpdata.fetch import extract, fetch
from nlpdata.fetch.checksum import written_aside
from nlpdata.settings import settings


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB; needs the right to mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip("may not mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(small_disk: Path, site: Any) -> None:
    url = site.serve("/a", random.Random(0).randbytes(3_000_000))
    with settings.override(cache=str(small_disk)), pytest.raises(CacheWriteError, match=r"(?s)No space.*NLPDATA_CACHE"):
        fetch(url)
    kept = [p.suffix for p in small_disk.rglob("*") if p.is_file()]
    assert kept in ([], [".part"])
    assert len(site.requests) == 1  # a full disk is no reason to ask again


def test_a_full_disk_while_extracting(small_disk: Path, tmp_path: Path) -> None:
    import tarfile

    (tmp_path / "big").write_bytes(random.Random(0).randbytes(3_000_000))
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "big", "big")
    with pytest.raises(CacheWriteError):
        extract(tmp_path / "x.tar.gz", small_disk / "out")
    assert list(small_disk.iterdir()) == []


def test_a_file_where_the_cache_should_be(tmp_path: Path, site: Any) -> None:
    (tmp_path / "file").write_text("in the way")
    url = site.serve("/a", b"1")
    with settings.override(cache=str(tmp_path / "file")), pytest.raises(CacheWriteError, match="NLPDATA_CACHE"):
        fetch(url)


def test_an_exception_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), written_aside(path) as sink:
        sink.write(b"new")
        1 / 0
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["x"]
