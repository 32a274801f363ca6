"""Preparation with other processes about: killed ones are taken over from, living ones are waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from nlpdata import load_dataset

SLOW = """
import os
import time

import datasets

class Small(datasets.GeneratorBasedBuilder):
    def _info(self):
        return datasets.DatasetInfo(features=datasets.Features({"number": datasets.Value("int64")}))

    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator(name, {"split": name}) for name in ("train", "test")]

    def _generate_examples(self, split):
        with open(LOG, "a") as log:
            log.write(split + "\\n")
        while split == "test" and not os.path.exists(LOG + ".go"):
            time.sleep(0.02)
        for number in range(1000):
            yield number, {"number": number}
"""


def start(folder: Path, cache: Path) -> subprocess.Popen[bytes]:
    code = f"from nlpdata import load_dataset; print(load_dataset({str(folder)!r})['test'].num_rows)"
    environment = {**os.environ, "NLPDATA_CACHE": str(cache), "NLPDATA_PROGRESS": "0"}
    return subprocess.Popen([sys.executable, "-P", "-c", code], env=environment, stdout=subprocess.PIPE)


def wait_for(path: Path, line: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and line in path.read_text().split():
            return
        time.sleep(0.02)
    raise AssertionError(f"{line} did not appear in {path}")


def leftovers(cache: Path) -> list[str]:
    return [p.name for p in cache.rglob("*") if p.name.endswith((".partial", ".lease")) or p.name.startswith(".tmp")]


def test_a_killed_preparation_is_taken_up(write_script, log, tmp_path: Path, isolated_cache: Path) -> None:
    folder = write_script(SLOW)
    with start(folder, isolated_cache) as process:
        wait_for(tmp_path / "log", "test")
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert log() == ["train", "test"]
    (tmp_path / "log.go").touch()
    got = load_dataset(folder)
    assert log() == ["test"] and got["train"].num_rows == got["test"].num_rows == 1000
    assert not leftovers(isolated_cache)


def test_processes_that_want_the_same_prepare_once(write_script, log, tmp_path: Path, isolated_cache: Path) -> None:
    folder = write_script(SLOW)
    processes = [start(folder, isolated_cache) for _ in range(3)]
    wait_for(tmp_path / "log", "test")
    (tmp_path / "log.go").touch()
    printed = [process.communicate(timeout=120)[0] for process in processes]
    assert printed == [b"1000\n"] * 3 and [process.returncode for process in processes] == [0, 0, 0]
    assert log() == ["train", "test"] and not leftovers(isolated_cache)
