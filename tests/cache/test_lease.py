"""Leases: one holder at a time, the dead are replaced, the living are not robbed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from nlpdata.cache.lease import Lease, Owner, host_name, read_owner
from nlpdata.errors import CacheWriteError
from nlpdata.settings import settings


def write(path: Path, owner: Owner) -> None:
    path.write_text(json.dumps(asdict(owner)))


def dead_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    path, order, running = tmp_path / "a" / "x.lease", [], []

    def work(name: int) -> None:
        with Lease(path) as lease:
            assert lease.held
            running.append(name)
            assert len(running) == 1
            time.sleep(0.02)
            running.remove(name)
            order.append(name)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(order) == list(range(8))
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_nothing_is_left_of_a_lease(tmp_path: Path) -> None:
    with Lease(tmp_path / "a" / "b" / "x.lease"):
        assert (tmp_path / "a" / "b" / "x.lease").is_file()
    assert not list(tmp_path.iterdir())


def test_a_waiter_leaves_when_the_result_is_there(tmp_path: Path) -> None:
    path, done = tmp_path / "x.lease", threading.Event()
    with Lease(path):
        threading.Timer(0.1, done.set).start()
        with Lease(path, done.is_set) as second:
            assert not second.held
    assert not path.exists()


def test_a_dead_owner_is_replaced_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.lease"
    write(path, replace(Owner.here(), pid=dead_process()))
    started = time.monotonic()
    with Lease(path) as lease:
        assert lease.held and lease.is_mine()
    assert time.monotonic() - started < 5


def test_a_process_id_that_was_used_again_is_not_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "x.lease"
    if not Owner.here().started:
        pytest.skip("this system does not tell when a process was started")
    write(path, replace(Owner.here(), started="1"))
    with Lease(path) as lease:
        assert lease.held


def test_a_silent_owner_elsewhere_is_replaced_a_beating_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "x.lease"
    other = Owner("elsewhere", 1, "", "token")
    with settings.override(lease_seconds=0.4):
        write(path, other)
        started = time.monotonic()
        with Lease(path) as lease:
            assert lease.held
        assert time.monotonic() - started > 0.4
        write(path, other)
        beats, stop = 0, threading.Event()

        def beat() -> None:
            nonlocal beats
            while not stop.wait(0.05) and beats < 20:
                os.utime(path)
                beats += 1
            path.unlink()

        thread = threading.Thread(target=beat)
        thread.start()
        with Lease(path) as lease:
            assert lease.held and beats == 20
        stop.set()
        thread.join()


def test_the_clock_of_the_owner_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "x.lease"
    with settings.override(lease_seconds=0.3):
        write(path, Owner("elsewhere", 1, "", "token"))
        os.utime(path, (0, 4e9))  # a clock far in the future
        with Lease(path) as lease:
            assert lease.held


def test_a_lease_half_written_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "x.lease"
    path.write_text("")
    with settings.override(lease_seconds=0.3), Lease(path) as lease:
        assert lease.held
        assert read_owner(path) == lease.owner


def test_the_heart_beats(tmp_path: Path) -> None:
    path = tmp_path / "x.lease"
    with settings.override(lease_seconds=0.2), Lease(path):
        os.utime(path, (0, 0))
        limit = time.monotonic() + 10
        while path.stat().st_mtime == 0 and time.monotonic() < limit:
            time.sleep(0.02)
        assert path.stat().st_mtime > 0


def test_a_lease_that_passed_on_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "x.lease"
    with Lease(path) as lease:
        write(path, Owner("elsewhere", 1, "", "token"))
        assert not lease.is_mine()
    assert path.exists()


def test_an_owner_knows_itself() -> None:
    owner = Owner.here()
    assert owner.host == host_name() and owner.pid == os.getpid()
    assert not owner.is_dead()
    assert not Owner("elsewhere", dead_process(), "", "").is_dead()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheWriteError, match="a file has that name"), Lease(tmp_path / "file" / "x.lease"):
        pass


def test_a_waiter_is_told_once_who_computes_and_how_far_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, done = tmp_path / "abc.lease", threading.Event()
    told = tmp_path / "abc.progress"
    with Lease(path, progress=told), caplog.at_level("WARNING", logger="nlpdata"):
        told.write_text('{"done": 1234, "total": 10000}')
        timer = threading.Timer(1.6, done.set)
        timer.start()
        with Lease(path, done.is_set, told) as second:
            assert not second.held
        timer.join()
    assert not told.exists()
    (record,) = [r for r in caplog.records if r.name == "nlpdata.cache"]
    said = record.getMessage()
    assert f"process {os.getpid()}" in said and "makes abc: 1,234 of 10,000 rows are done" in said
