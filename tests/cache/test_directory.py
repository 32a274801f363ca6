"""The cache folder: claims, publication, what is left after each way out, and what is swept."""

from __future__ import annotations

import gc
import json
import os
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from nlpdata.cache.directory import CacheDirectory, remove_with
from nlpdata.cache.lease import Owner
from nlpdata.errors import ArgumentError
from nlpdata.settings import settings


def tree(root: Path) -> list[str]:
    return sorted(str(p.relative_to(root)) for p in root.rglob("*"))


@pytest.fixture
def cache(tmp_path: Path) -> CacheDirectory:
    return CacheDirectory(tmp_path)


def publish(cache: CacheDirectory, name: str, text: str = "{}", *, replace: bool = False) -> Path:
    with cache.claim(name, replace=replace) as claim:
        (claim.folder / "manifest.json").write_text(text)
        return claim.publish()


def test_the_setting_is_the_default(isolated_cache: Path) -> None:
    assert CacheDirectory().root == isolated_cache
    assert not list(isolated_cache.iterdir())


def test_publish_and_find(cache: CacheDirectory) -> None:
    assert cache.find("results/a") is None
    folder = publish(cache, "results/a")
    assert cache.find("results/a") == folder == cache.root / "results" / "a"
    assert tree(cache.root) == ["results", "results/a", "results/a/manifest.json"]
    with cache.claim("results/a") as claim:
        assert claim.published == folder
    assert tree(cache.root) == ["results", "results/a", "results/a/manifest.json"]


def test_an_exception_keeps_what_is_committed(cache: CacheDirectory) -> None:
    with pytest.raises(KeyError), cache.claim("results/a") as claim:
        (claim.folder / "task-00000.json").write_text("{}")
        (claim.folder / ".tmp-1-0123456789ab.arrow").write_text("")
        raise KeyError
    assert tree(cache.root) == ["results", "results/a.partial", "results/a.partial/task-00000.json"]
    with cache.claim("results/a") as claim:
        assert (claim.folder / "task-00000.json").exists()
        claim.discard()
    assert tree(cache.root) == ["results"]


def test_nothing_is_left_of_nothing(cache: CacheDirectory) -> None:
    with cache.claim("deep/er/a"):
        pass
    with pytest.raises(ValueError), cache.claim("results/a"):
        raise ValueError
    assert tree(cache.root) == []


def test_unfinished_files_of_the_killed_are_gone_when_the_next_begins(cache: CacheDirectory) -> None:
    partial = cache.root / "results" / "a.partial"
    partial.mkdir(parents=True)
    (partial / ".tmp-1-0123456789ab.arrow").write_text("")
    with cache.claim("results/a") as claim:
        assert list(claim.folder.iterdir()) == []


def test_waiting_for_another(cache: CacheDirectory) -> None:
    begun = threading.Event()

    def first() -> None:
        with cache.claim("results/a") as claim:
            begun.set()
            time.sleep(0.1)
            (claim.folder / "manifest.json").write_text("{}")
            claim.publish()

    thread = threading.Thread(target=first)
    thread.start()
    begun.wait()
    with cache.claim("results/a") as claim:
        assert claim.published == cache.root / "results" / "a"
    thread.join()


def test_replacing(cache: CacheDirectory) -> None:
    publish(cache, "results/a", "old")
    with pytest.raises(ValueError), cache.claim("results/a", replace=True) as claim:
        assert claim.published is None
        raise ValueError
    assert (cache.root / "results/a/manifest.json").read_text() == "old"
    publish(cache, "results/a", "new", replace=True)
    assert (cache.root / "results/a/manifest.json").read_text() == "new"
    assert tree(cache.root) == ["results", "results/a", "results/a/manifest.json"]


def test_who_publishes_second_takes_the_first(cache: CacheDirectory) -> None:
    with cache.claim("results/a") as claim:
        (claim.folder / "manifest.json").write_text("second")
        other = cache.root / "results" / "a"
        other.mkdir()
        (other / "manifest.json").write_text("first")
        claim.publish()
    assert (cache.root / "results/a/manifest.json").read_text() == "first"
    assert tree(cache.root) == ["results", "results/a", "results/a/manifest.json"]


def test_remove(cache: CacheDirectory) -> None:
    publish(cache, "datasets/a/b")
    cache.remove("datasets/a/b")
    cache.remove("datasets/a/b")
    assert tree(cache.root) == []


@pytest.mark.parametrize("name", ["", "/etc", "../x", "a/../../b", "a\\b", "."])
def test_names_stay_inside(cache: CacheDirectory, name: str) -> None:
    with pytest.raises(ArgumentError, match="name inside the cache"):
        cache.path(name)


def test_a_temporary_folder_lives_as_long_as_its_object(cache: CacheDirectory) -> None:
    class Holder:
        pass

    folder, holder = cache.temporary(), Holder()
    remove_with(holder, folder)
    assert folder.is_dir()
    del holder
    gc.collect()
    assert tree(cache.root) == []


def test_sweep(cache: CacheDirectory) -> None:
    publish(cache, "results/a")
    alive, dead = Owner.here(), replace(Owner.here(), pid=2**22 - 7)
    results = cache.root / "results"
    for name, owner in (("alive", alive), ("dead", dead)):
        (results / f"{name}.partial").mkdir()
        (results / f"{name}.partial" / ".tmp-1-0123456789ab").write_text("")
        (results / f"{name}.lease").write_text(json.dumps(asdict(owner)))
    (results / "committed.partial").mkdir()
    (results / "committed.partial" / "task-00000.json").write_text("{}")
    (results / f".tmp-{dead.pid}-0123456789ab").write_text("")
    (results / f".tmp-{os.getpid()}-0123456789ab").write_text("")
    gone = cache.temporary()
    (gone / "owner.json").write_text(json.dumps(asdict(dead)))
    with settings.override(lease_seconds=-1):
        assert cache.sweep() == 5
    assert tree(cache.root) == [
        "results",
        f"results/.tmp-{os.getpid()}-0123456789ab",
        "results/a",
        "results/a/manifest.json",
        "results/alive.lease",
        "results/alive.partial",
        "results/alive.partial/.tmp-1-0123456789ab",
        "results/committed.partial",
        "results/committed.partial/task-00000.json",
        "temporary",
    ]
    assert cache.sweep() == 0
