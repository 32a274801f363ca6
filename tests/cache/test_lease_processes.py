"""Leases between real processes: sixty-four at once, holders killed, progress seen by those who wait."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlpdata.cache.directory import CacheDirectory
from nlpdata.cache.lease import Lease
from nlpdata.cache.waiting import Progress, read_progress
from nlpdata.errors import CacheWriteError

CONTENDER = """
import os, signal, sys, time
from pathlib import Path
from nlpdata.cache.lease import Lease
folder, deaths = Path(sys.argv[1]), int(sys.argv[2])
done, log = folder / "done", folder / "log"
(folder / "ready").mkdir(exist_ok=True)
(folder / "ready" / str(os.getpid())).touch()
while not (folder / "go").exists():
    time.sleep(0.01)
with Lease(folder / "x.lease", done.exists) as lease:
    if lease.held and not done.exists():
        with log.open("a") as file:
            file.write("in ")
        turn = log.read_text().count("in")
        time.sleep(0.05)
        if turn <= deaths:
            os.kill(os.getpid(), signal.SIGKILL)
        with log.open("a") as file:
            file.write("out ")
        done.touch()
sys.exit(0 if done.exists() else 1)
"""


def test_sixty_four_processes_and_holders_that_die(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CONTENDER, str(tmp_path), "3"]
    processes = [subprocess.Popen(command) for _ in range(64)]
    try:
        limit = time.monotonic() + 200
        while not (tmp_path / "ready").is_dir() or len(list((tmp_path / "ready").iterdir())) < 64:
            assert time.monotonic() < limit
            time.sleep(0.05)
        (tmp_path / "go").touch()
        codes = [process.wait(timeout=200) for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert sorted(codes) == [-signal.SIGKILL] * 3 + [0] * 61
    # Each holder but the last died; none worked beside another; after the one who finished, nobody began again.
    assert (tmp_path / "log").read_text().split() == ["in", "in", "in", "in", "out"]
    assert not [path for path in tmp_path.iterdir() if ".lease" in path.name]


MAKER = """
import sys, time
from pathlib import Path
from nlpdata.cache.directory import CacheDirectory
directory = CacheDirectory(sys.argv[1])
with directory.claim("results/a") as claim:
    told = claim.progress(10_000, 1000)
    for _ in range(200):
        time.sleep(0.05)
        told.update(10)
        if Path(sys.argv[1], "seen").exists():
            break
    (claim.folder / "manifest.json").write_text("{}")
    claim.publish()
"""

WAITER = """
import sys
from nlpdata.cache.directory import CacheDirectory
with CacheDirectory(sys.argv[1]).claim("results/a") as claim:
    assert claim.published is not None
"""


def wait_for(path: Path) -> None:
    limit = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < limit, f"{path} did not appear"
        time.sleep(0.02)


def test_a_waiter_sees_how_far_the_maker_is(tmp_path: Path) -> None:
    pty, fcntl, termios = (pytest.importorskip(name) for name in ("pty", "fcntl", "termios"))
    maker = subprocess.Popen([sys.executable, "-c", MAKER, str(tmp_path)])
    wait_for(tmp_path / "results" / "a.progress")
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))  # a new terminal has no columns
    waiter = subprocess.Popen([sys.executable, "-c", WAITER, str(tmp_path)], stderr=child)
    os.close(child)
    shown = b""
    limit = time.monotonic() + 60
    while waiter.poll() is None and time.monotonic() < limit:
        try:
            shown += os.read(parent, 4096)
        except OSError:  # the other end was closed
            break
        if b"/10000" in shown or b"/10.0k" in shown:
            (tmp_path / "seen").touch()
    os.close(parent)
    assert waiter.wait(timeout=60) == 0 and maker.wait(timeout=60) == 0
    text = shown.decode()
    assert f"Waiting for process {maker.pid}" in text and "10000" in text
    assert "of 10,000 rows are done" in text  # the warning
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["a"]


def test_progress_of_the_dead_is_removed(tmp_path: Path) -> None:
    maker = subprocess.Popen([sys.executable, "-c", MAKER, str(tmp_path)])
    told = tmp_path / "results" / "a.progress"
    wait_for(told)
    found = read_progress(told)
    assert found is not None and found[1] == 10_000 and 1000 <= found[0] <= 3000
    maker.kill()
    maker.wait()
    CacheDirectory(tmp_path).sweep()
    assert not told.exists() and not list(tmp_path.rglob("*.lease"))


def test_progress_that_cannot_be_written_or_read_is_no_failure(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "nowhere" / "x.progress", 10)
    progress._next = 0.0
    progress.update(5)
    assert progress.done == 5
    (tmp_path / "x.progress").write_text("[1")
    assert read_progress(tmp_path / "x.progress") is None is read_progress(tmp_path / "none")


@pytest.mark.parametrize("kind", ["folder", "link to nothing", "file above"])
def test_what_lies_in_the_way_is_told_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a" / "x.lease"
    if kind == "folder":
        path.mkdir(parents=True)
    elif kind == "link to nothing":
        path.parent.mkdir()
        path.symlink_to(tmp_path / "nowhere")
    else:
        path.parent.write_text("")
    with pytest.raises(CacheWriteError, match="NLPDATA_CACHE"), Lease(path):
        pass
