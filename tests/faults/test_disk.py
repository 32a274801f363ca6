"""A full disk and a read-only cache: a clear error, and a cache as it was before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

PROGRAM = textwrap.dedent(
    """
    import json, sys
    import pyarrow as pa
    from nlpdata.cache.directory import CacheDirectory
    from nlpdata.cache.key import Lineage
    from nlpdata.engine.plan import Filter, Map, Source
    from nlpdata.engine.run import Options, run_filter, run_map
    from nlpdata.errors import CacheWriteError
    from nlpdata.features import Features
    from nlpdata.formats import FormatSpec
    from nlpdata.store import TableGroup, View

    if len(sys.argv) > 2:
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    view = View.of(TableGroup(pa.table({"a": range(1000)})))
    source = Source(view, Features.from_arrow_schema(view.schema), FormatSpec(), Lineage.named("rows"))
    options = Options(CacheDirectory(sys.argv[1]))
    told = []
    for run, step in (
        (run_map, Map(lambda row: {"b": str(row["a"]) * 2000})),
        (run_filter, Filter(lambda row: row["a"] % 2)),
        (run_map, Map(lambda row: {"c": row["a"]})),
    ):
        try:
            told.append(run(source, step, options).view.num_rows)
        except CacheWriteError as error:
            told.append(str(error))
    print(json.dumps(told))
    """
)


def run(cache: Path, *more: str) -> list[str | int]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-c", PROGRAM, str(cache), *more]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    told: list[str | int] = json.loads(done.stdout)
    return told


def tree(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def mount(*arguments: str) -> None:
    """Run mount, or skip where that is not allowed."""
    try:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs the command mount")
    if done.returncode != 0:
        pytest.skip(f"needs the right to mount: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of half a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=512k", "none", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def test_a_full_disk(small_disk: Path) -> None:
    big, rows, small = run(small_disk)
    assert isinstance(big, str) and "No space left" in big and "NLPDATA_CACHE" in big and str(small_disk) in big
    assert (rows, small) == (500, 1000)  # what fits is written: the failed run left nothing that takes space
    assert len([name for name in tree(small_disk) if name.endswith("manifest.json")]) == 2
    assert not [name for name in tree(small_disk) if "partial" in name or "lease" in name or "tmp" in name]


def test_a_disk_without_a_byte(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(b"")
    with open(small_disk / "filler", "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
    before = tree(small_disk)
    told = run(small_disk)
    assert all(isinstance(message, str) and "No space left" in message for message in told)
    assert tree(small_disk) == before


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    big, rows, small = run(tmp_path, "500000")
    assert isinstance(big, str) and "NLPDATA_CACHE" in big
    assert (rows, small) == (500, 1000)
    assert not [name for name in tree(tmp_path) if "partial" in name or "lease" in name or "tmp" in name]


def test_a_read_only_cache(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    if os.geteuid() == 0:  # permissions do not bind the superuser
        mount("-t", "tmpfs", "none", str(folder))
        mount("-o", "remount,ro", str(folder))
    else:
        folder.chmod(0o555)
    try:
        told = run(folder)
        assert all(isinstance(message, str) and "NLPDATA_CACHE" in message for message in told)
        assert tree(folder) == []
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def test_what_is_cached_is_read_from_a_read_only_cache(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    first = run(folder)
    assert first == [1000, 500, 1000]
    before = tree(folder)
    if os.geteuid() == 0:
        mount("--bind", str(folder), str(folder))
        mount("-o", "remount,bind,ro", str(folder))
    else:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert run(folder) == first
        assert tree(folder) == before
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        else:
            for path in [folder, *folder.rglob("*")]:
                path.chmod(0o755 if path.is_dir() else 0o644)
