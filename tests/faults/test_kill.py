"""SIGKILL at every commit point and in the middle of rows: the next run does what was missing, and nothing is left over."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).with_name("killed_run.py")
ROWS, TASK_ROWS = 60, 10

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")


def start(folder: Path, where: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAM), str(folder / "cache"), str(folder / "log"), where]
    environment = {**os.environ, "PYTHONPATH": str(PROGRAM.parents[2])}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def finish(process: subprocess.Popen[str]) -> tuple[Any, list[str]]:
    """(results, names of the checkpoints passed)."""
    out, problems = process.communicate(timeout=120)
    assert process.returncode == 0, problems
    mapped, kept, names = json.loads(out)
    return (mapped, kept), names


def calls(folder: Path) -> Counter[int]:
    """How often the function was called for each row."""
    log = folder / "log"
    return Counter(int(line) for line in log.read_text().split()) if log.exists() else Counter()


def tree(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in (folder / "cache").rglob("*"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[str], list[str]]:
    """(results, checkpoints, tree) of a run that nothing happened to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    results, names = finish(start(folder, "-"))
    assert results[0]["text"] == [f"text {i}" for i in range(55)] + ["last"] * 5
    assert results[0]["n"] == [float(i) for i in range(30)] + [i + 0.5 for i in range(30, 60)]
    assert calls(folder) == Counter(range(ROWS))
    found = tree(folder)
    assert [name.rpartition("/")[2].partition("-")[0] for name in found if "." in name].count("data") == 12
    again, none = finish(start(folder, "row:0"))  # found again: no call
    assert again == results and none == []
    assert calls(folder) == Counter(range(ROWS)) and tree(folder) == found
    return results, names, found


def killed_and_again(folder: Path, where: str, undisturbed: tuple[Any, list[str], list[str]]) -> None:
    first = start(folder, where)
    first.communicate(timeout=120)
    assert first.returncode == -signal.SIGKILL
    for published in (folder / "cache").rglob("manifest.json"):  # nothing half-made under a final name
        assert published.parent.name.endswith(".partial") or list(published.parent.glob("data-*-of-*.arrow"))
    done = calls(folder)
    results, _ = finish(start(folder, "-"))
    assert results == undisturbed[0]
    assert tree(folder) == undisturbed[2]
    total = calls(folder)
    assert set(total) == set(range(ROWS))
    repeated = [row for row, count in total.items() if count > 1]
    assert len({row // TASK_ROWS for row in repeated}) <= 1, "more than the unfinished task ran again"
    assert max(total.values()) <= 2
    assert sum(total.values()) <= ROWS + TASK_ROWS and sum(done.values()) <= ROWS


@pytest.mark.parametrize("where", ["row:0", "row:5", "row:10", "row:35", "row:59", "filter:0", "filter:45"])
def test_killed_in_the_middle_of_rows(tmp_path: Path, where: str, undisturbed: Any) -> None:
    killed_and_again(tmp_path, where, undisturbed)


def test_killed_at_every_commit_point(tmp_path: Path, undisturbed: Any) -> None:
    names = undisturbed[1]
    assert {name.partition(" ")[0] for name in names} == {
        "claimed", "written", "committed", "completed", "named", "conformed", "finished", "published",
    }  # fmt: skip
    chosen = [i for i, name in enumerate(names) if " " not in name or name.partition(" ")[2] in ("0", "2", "5")]
    for at in chosen:
        folder = tmp_path / str(at)
        folder.mkdir()
        killed_and_again(folder, f"at:{at}:{names[at]}", undisturbed)


def test_killed_again_and_again(tmp_path: Path, undisturbed: Any) -> None:
    for where in ("row:3", "at:2:committed 0", "row:25", "row:26", "at:1:written 2", "row:59"):
        process = start(tmp_path, where)
        process.communicate(timeout=120)
    results, _ = finish(start(tmp_path, "-"))
    assert results == undisturbed[0]
    assert tree(tmp_path) == undisturbed[2]


def test_killed_at_any_moment(tmp_path: Path, undisturbed: Any) -> None:
    chance = random.Random(7)
    for attempt in range(6):
        process = start(tmp_path, "slow")
        time.sleep(chance.uniform(0.3, 1.6))
        process.kill()
        process.communicate()
        assert attempt < 6
    results, _ = finish(start(tmp_path, "-"))
    assert results == undisturbed[0]
    assert tree(tmp_path) == undisturbed[2]


def test_several_processes_do_the_work_once(tmp_path: Path, undisturbed: Any) -> None:
    processes = [start(tmp_path, "slow") for _ in range(4)]
    found = [finish(process)[0] for process in processes]
    assert found == [undisturbed[0]] * 4
    assert calls(tmp_path) == Counter(range(ROWS))
    assert tree(tmp_path) == undisturbed[2]


def test_when_the_owner_dies_a_waiter_goes_on(tmp_path: Path, undisturbed: Any) -> None:
    owner = start(tmp_path, "slow")
    limit = time.monotonic() + 60
    while sum(calls(tmp_path).values()) < 15 and time.monotonic() < limit:
        time.sleep(0.01)
    waiters = [start(tmp_path, "-") for _ in range(2)]
    time.sleep(0.05)
    owner.send_signal(signal.SIGKILL)
    owner.communicate()
    assert [finish(process)[0] for process in waiters] == [undisturbed[0]] * 2
    total = calls(tmp_path)
    assert sum(total.values()) <= ROWS + TASK_ROWS and max(total.values()) <= 2
    assert tree(tmp_path) == undisturbed[2]


def test_interrupted_from_the_keyboard(tmp_path: Path, undisturbed: Any) -> None:
    process = start(tmp_path, "slow")
    limit = time.monotonic() + 60
    while sum(calls(tmp_path).values()) < 25 and time.monotonic() < limit:
        time.sleep(0.01)
    sent = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, problems = process.communicate(timeout=60)
    assert time.monotonic() - sent < 5 and "KeyboardInterrupt" in problems
    left = tree(tmp_path)
    assert any(name.endswith("task-00010.json") for name in left)
    assert not any(name.endswith(".lease") or ".tmp-" in name for name in left)
    results, _ = finish(start(tmp_path, "-"))
    assert results == undisturbed[0] and tree(tmp_path) == undisturbed[2]
