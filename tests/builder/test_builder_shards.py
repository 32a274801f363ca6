"""Lists in ``gen_kwargs`` are shards: prepared by any number of processes, alike, and each only once."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nlpdata import Dataset, load_dataset, load_dataset_builder
from nlpdata.errors import ArgumentError, BuildError, RowError
from nlpdata.settings import settings

SHARDS = """
import os
import time

import datasets
from .reading import lines_of

class Small(datasets.GeneratorBasedBuilder):
    SHARDED = False

    def _info(self):
        columns = {"text": datasets.Value("string"), "n": datasets.Value("int64")}
        return datasets.DatasetInfo(features=datasets.Features(columns))

    def _split_generators(self, dl_manager):
        base = os.path.dirname(LOG)
        files = dl_manager.download([os.path.join(base, f"part{i}.txt") for i in range(6)])
        return [
            datasets.SplitGenerator("train", {"files": files, "numbers": list(range(6)), "end": "!"}),
            datasets.SplitGenerator("test", {"files": files[:1], "numbers": [9], "end": "?"}),
        ]

    def _generate_examples(self, files, numbers, end):
        for file, number in zip(files, numbers):
            with open(LOG, "a") as log:
                log.write(os.path.basename(file) + "\\n")
            for i, line in enumerate(lines_of(file)):
                yield (number, i), {"text": line + end, "n": number}
            while number == 3 and os.path.exists(LOG + ".wait"):
                time.sleep(0.02)
"""


@pytest.fixture
def sharded(write_script, tmp_path: Path):
    """``sharded(old, new)`` is a folder with a script of six shards, and with another line in it."""
    for number in range(6):
        (tmp_path / f"part{number}.txt").write_text("".join(f"line {number} {i}\n" for i in range(50 + number)), "utf-8")

    def write(old: str = "", new: str = "") -> Path:
        folder = write_script(SHARDS.replace(old, new))
        (folder / "reading.py").write_text(
            "def lines_of(path):\n    with open(path) as file:\n        return file.read().splitlines()\n", "utf-8"
        )
        return folder

    return write


def digests(cache: Path) -> dict[str, str]:
    """The shards below a cache and what they hold."""
    return {
        "/".join(path.parts[-2:]): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(cache.rglob("data-*.arrow"))
    }


def prepared(folder: Path, cache: Path, num_proc: int | str | None):
    return load_dataset(folder, cache_dir=cache, num_proc=num_proc)


def test_rows_and_files_do_not_depend_on_the_number_of_processes(sharded, log, tmp_path: Path) -> None:
    folder = sharded()
    whole = prepared(folder, tmp_path / "whole", None)
    assert sorted(log()) == sorted([*(f"part{n}.txt" for n in range(6)), "part0.txt"])
    two = prepared(folder, tmp_path / "two", 2)
    assert sorted(log()) == sorted([*(f"part{n}.txt" for n in range(6)), "part0.txt"])
    three = prepared(folder, tmp_path / "three", 3)
    for split in ("train", "test"):
        assert whole[split].to_list() == two[split].to_list() == three[split].to_list()
    assert whole["train"].num_rows == 315 and whole["train"][-1] == {"text": "line 5 54!", "n": 5}
    assert len(digests(tmp_path / "whole")) == 2 and len(digests(tmp_path / "two")) == 7
    assert digests(tmp_path / "two") == digests(tmp_path / "three")


def test_a_builder_that_says_so_has_shards_in_any_case(sharded, tmp_path: Path) -> None:
    folder = sharded("SHARDED = False", "SHARDED = True")
    serial, two = (prepared(folder, tmp_path / str(n), n) for n in (None, 2))
    assert serial["train"].to_list() == two["train"].to_list()
    assert digests(tmp_path / "None") == digests(tmp_path / "2") and len(digests(tmp_path / "2")) == 7


@pytest.mark.parametrize("num_proc", [None, 2])
def test_a_killed_preparation_goes_on_at_the_shard(sharded, log, tmp_path: Path, isolated_cache: Path, num_proc) -> None:
    folder = sharded("SHARDED = False", "SHARDED = True")
    (tmp_path / "log.wait").touch()
    code = f"from nlpdata import load_dataset; load_dataset({str(folder)!r}, num_proc={num_proc})"
    environment = {**os.environ, "NLPDATA_CACHE": str(isolated_cache), "NLPDATA_PROGRESS": "0"}
    with subprocess.Popen([sys.executable, "-P", "-c", code], env=environment) as process:
        deadline = time.monotonic() + 60
        wanted = 3 if num_proc is None else 5  # all shards but the one that waits
        while time.monotonic() < deadline:
            begun = (tmp_path / "log").exists() and "part3.txt" in (tmp_path / "log").read_text()
            if begun and len(list(isolated_cache.rglob("task-*.json"))) >= wanted:
                break
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    committed = len(list(isolated_cache.rglob("task-*.json")))
    assert committed >= wanted and "part3.txt" in log()
    (tmp_path / "log.wait").unlink()
    got = load_dataset(folder, num_proc=3 if num_proc is None else 1)
    again = log()
    assert "part3.txt" in again and len(again) == 6 - committed + 1  # and the other split
    assert [row["n"] for row in got["train"]] == [n for n in range(6) for _ in range(50 + n)]
    left = [p.name for p in isolated_cache.rglob("*") if p.name.endswith((".partial", ".lease")) or p.name.startswith("task-")]
    assert not left


def test_lists_of_different_lengths(sharded, log) -> None:
    folder = sharded("list(range(6))", "list(range(7))")
    with pytest.raises(ArgumentError, match=r"need one length, but their lengths are {'files': 6, 'numbers': 7}.*tuples"):
        load_dataset(folder, num_proc=2)
    assert not log()
    assert load_dataset(folder)["train"].num_rows == 315


def test_errors_come_back_from_processes(sharded, isolated_cache: Path) -> None:
    folder = sharded('yield (number, i), {"text": line + end, "n": number}', 'yield (number, i), {"text": line, "n": "four"}')
    with pytest.raises(RowError, match=r"(?s)'train'.*shard \d of 6.*Row 0 does not fit the column 'n'") as caught:
        load_dataset(folder, num_proc=2)
    assert (caught.value.row, caught.value.column) == (0, "n")
    folder = sharded("while number == 3", "while 1 // (number - 4) == 3")
    with pytest.raises(BuildError, match="'train' failed after 54 rows: ZeroDivisionError"):
        load_dataset(folder, num_proc=2)
    assert len(list(isolated_cache.rglob("task-*.json"))) >= 1


@pytest.mark.parametrize("num_proc", [0, -1, "many", 1.5])
def test_a_number_of_processes_that_cannot_be_meant(sharded, num_proc) -> None:
    with pytest.raises(ArgumentError, match="num_proc"):
        load_dataset(sharded(), num_proc=num_proc)


def test_many_data_files_are_prepared_in_pieces_of_some_size(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.csv").write_text("a,b\n" + f"{number},x\n" * 10, "utf-8")
    got = load_dataset("csv", data_files=str(tmp_path / "*.csv"), num_proc=2, split="train")
    assert got["a"][:] == [n for n in range(5) for _ in range(10)]
    assert len(got._state.view.files) == 1  # together they are less than 64 MiB


@pytest.mark.parametrize("file_format", ["arrow", "parquet", "json", "csv"])
def test_prepared_as_files(sharded, tmp_path: Path, file_format: str) -> None:
    builder = load_dataset_builder(str(sharded()))
    builder.download_and_prepare(tmp_path / "out", file_format=file_format)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == sorted(["dataset_info.json", f"small-test.{file_format}", f"small-train.{file_format}"])
    found = load_dataset(file_format, data_files=str(tmp_path / "out" / f"small-train.{file_format}"), split="train")
    assert found.to_list() == builder.as_dataset("train").to_list()
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_text("utf-8"))
    assert info["splits"]["train"]["num_examples"] == 315
    builder.download_and_prepare(str(tmp_path / "more"), file_format=file_format, max_shard_size="2KB")
    parts = sorted((tmp_path / "more").glob("small-train-*"))
    assert len(parts) > 2 and parts[-1].name.endswith(f"-of-{len(parts):05d}.{file_format}")
    assert load_dataset(file_format, data_files=[str(p) for p in parts], split="train").to_list() == found.to_list()
    memory = f"memory://out-{file_format}"
    builder.download_and_prepare(memory, file_format=file_format)
    import fsspec

    assert fsspec.filesystem("memory").exists(f"{memory}/small-train.{file_format}")


def test_prepared_as_files_of_no_known_format(sharded, tmp_path: Path) -> None:
    builder = load_dataset_builder(str(sharded()))
    with pytest.raises(ValueError, match="parquet"):
        builder.download_and_prepare(tmp_path / "out", file_format="parket")
    with pytest.raises(ArgumentError, match="output_dir"):
        builder.download_and_prepare(file_format="parquet")
    assert not (tmp_path / "out").exists()


def test_from_generator_by_processes(tmp_path: Path) -> None:
    def rows(names, number, times):
        for name in names:
            for i in range(times):
                yield {"name": name, "i": i, "number": number[0]}

    arguments = {"names": [f"n{i}" for i in range(5)], "number": (7,), "times": 20}
    whole = Dataset.from_generator(rows, gen_kwargs=arguments, cache_dir=tmp_path / "one")
    two = Dataset.from_generator(rows, gen_kwargs=arguments, cache_dir=tmp_path / "two", num_proc=2)
    three = Dataset.from_generator(rows, gen_kwargs=arguments, cache_dir=tmp_path / "three", num_proc=3)
    assert whole.to_list() == two.to_list() == three.to_list() and len(whole) == 100
    assert digests(tmp_path / "two") and list(digests(tmp_path / "two").values()) == list(digests(tmp_path / "three").values())
    with settings.override(caching=False):
        assert Dataset.from_generator(rows, gen_kwargs=arguments, num_proc=2).to_list() == whole.to_list()
    with pytest.raises(ArgumentError, match="one length"):
        Dataset.from_generator(rows, gen_kwargs={"names": ["a"], "number": [1, 2], "times": 1}, num_proc=2)
