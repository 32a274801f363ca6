"""Many processes want the same cold map at once: the work is done once, by one of them or shared, and all get the result."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROWS = 2000
PROGRAM = """
import os, sys
import nlpdata

class Work:
    def __init__(self, log):
        self.log = log

    def __nlpdata_key__(self):
        return "work"

    def __call__(self, batch):
        file = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, "".join(f"{n}\\n" for n in batch["n"]).encode())
        os.close(file)
        return {"m": [n + 1 for n in batch["n"]]}

saved, log = sys.argv[1:]
nlpdata.disable_progress_bars()
made = nlpdata.load_from_disk(saved).map(Work(log), batched=True, batch_size=100)
print(sum(made["m"]), len(made))
"""

# What a program meets on a file system that cannot lock; first it sees for itself that it would.
WITHOUT_LOCKS = """
import errno, fcntl, sys

def refuse(event, arguments):
    if event in ("fcntl.flock", "fcntl.lockf"):
        raise OSError(errno.ENOLCK, "No locks available")

sys.addaudithook(refuse)
try:
    fcntl.flock(0, fcntl.LOCK_SH)
except OSError as error:
    assert error.errno == errno.ENOLCK
else:
    raise SystemExit("locks are there")
"""


def many(folder: Path, count: int, before: str = "") -> None:
    import nlpdata

    nlpdata.Dataset.from_dict({"n": list(range(ROWS))}).save_to_disk(str(folder / "saved"))
    (folder / "program.py").write_text(before + PROGRAM)
    environment = {**os.environ, "NLPDATA_CACHE": str(folder / "cache"), "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    command = [sys.executable, str(folder / "program.py"), str(folder / "saved"), str(folder / "log")]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(count)
    ]
    found = [(process.communicate(timeout=600), process.returncode) for process in running]
    assert [code for _, code in found] == [0] * count, next(err for (_, err), code in found if code)
    assert {out for (out, _), _ in found} == {f"{sum(range(1, ROWS + 1))} {ROWS}\n"}
    assert Counter(int(line) for line in (folder / "log").read_text().split()) == Counter(range(ROWS))
    left = sorted(p.name for p in (folder / "cache" / "results").iterdir())
    assert len(left) == 1 and not left[0].endswith((".partial", ".lease"))


def test_eight_do_the_work_once(tmp_path: Path) -> None:
    many(tmp_path, 8)


def test_without_locks_of_the_file_system(tmp_path: Path) -> None:
    many(tmp_path, 3, WITHOUT_LOCKS)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_sixty_four_do_the_work_once(tmp_path: Path) -> None:
    many(tmp_path, 64)
