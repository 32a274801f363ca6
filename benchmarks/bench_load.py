"""How fast files become a dataset in the cache, and how fast it is found again, against `datasets` on the same files.

    python benchmarks/bench_load.py                      # tiny: checks that everything runs and that both libraries agree
    python benchmarks/bench_load.py --time               # 300,000 rows, about 200 MB a file; prints one JSON of medians
    python benchmarks/bench_load.py --time --out FILE    # and writes it there; --folder keeps the files for the next time
    taskset -c 0 python benchmarks/bench_load.py --time  # the same with one core

A first load goes end to end into an empty cache, ours with its syncs to disk. The floor writes and syncs as many bytes as our
cache then has, and reads nothing. Runs take turns, and only their ratio means anything on a machine that does other work.
"""

from __future__ import annotations

import csv
import json
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

import measure
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import nlpdata
from nlpdata.settings import settings

KINDS = {"csv": "rows.csv", "json": "rows.jsonl", "text": "rows.txt", "parquet": "rows.parquet"}
AIMS = {"csv": 1.7, "json": 3, "text": 8, "parquet": 2.2}  # of the first load, against `datasets`
AIM_AGAIN = 4
AGAIN = 25  # cached loads per median


def make_files(folder: Path, rows: int) -> None:
    """id, text of about 650 bytes, label; a third of the texts with commas, a few with quotes; the same rows in each file."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{i:x}" for i in range(5000)])
    words[200:1000:40] = np.char.add(words[200:1000:40], ",")
    words[[1500, 2500]] = ['"quoted"', "it's"]
    ranks = rng.zipf(1.3, (rows, 160)) % len(words)
    text = [" ".join(words[r]) for r in ranks]
    table = pa.table({"id": np.arange(rows), "text": text, "label": rng.integers(0, 10, rows)})
    with open(folder / KINDS["csv"], "w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(
            chain([table.column_names], zip(*table.to_pydict().values(), strict=True))
        )
    pq.write_table(table, folder / KINDS["parquet"])
    with open(folder / KINDS["json"], "w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in table.to_pylist())
    (folder / KINDS["text"]).write_text("".join(line + "\n" for line in text), encoding="utf-8")


def compare(kind: str, path: Path, work: Path, peer: Any, repeats: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """First and cached loads of one file."""
    again: dict[str, list[float]] = {"nlpdata": [], "datasets": []}
    last: dict[str, Any] = {}
    written = 0

    def ours(cache: str, file: Path) -> Any:
        with settings.override(cache=cache):
            return nlpdata.load_dataset(kind, data_files=str(file), split="train")

    def theirs(cache: str, file: Path) -> Any:
        return peer.load_dataset(kind, data_files=str(file), split="train", cache_dir=cache)

    def floor(cache: str, _: Path) -> None:
        block = np.ones(2**23, np.uint8)
        with open(f"{cache}/floor", "wb", buffering=0) as file:
            for start in range(0, written, len(block)):
                file.write(block[: written - start])
            os.fsync(file.fileno())

    def first(name: str, load: Any) -> float:
        nonlocal written
        with tempfile.TemporaryDirectory(dir=work) as cache:
            os.sync()  # what was written before is not paid for here
            taken, found = measure.timed(partial(load, cache, path))
            if name == "floor":
                return taken
            if name == "nlpdata":
                written = sum(file.stat().st_size for file in Path(cache).rglob("*.arrow"))
            again[name].append(median(measure.seconds(partial(load, cache, path)) for _ in range(AGAIN)))
            last[name] = (found.num_rows, found[0], found[-1])
        measure.agree(kind, last)
        return taken

    loads = {"nlpdata": ours} if peer is None else {"nlpdata": ours, "datasets": theirs}
    for load in loads.values():  # imports are not timed
        with tempfile.TemporaryDirectory(dir=work) as cache:
            load(cache, work / "warm" / KINDS[kind])
    taken = measure.take_turns({**loads, "floor": floor}, repeats, first)
    speed = {"megabytes_per_second": path.stat().st_size / 1e6 / median(taken["nlpdata"])}
    yield f"load {kind}, first time", measure.medians(taken) | {"target_ratio": AIMS[kind]} | speed
    yield f"load {kind}, again", measure.medians({name: again[name] for name in loads}) | {"target_ratio": AIM_AGAIN}


def files_of(folder: Path, rows: int) -> Path:
    """The files of so many rows, made if they are not there; a set that was not completed is made anew."""
    made = folder / f"load-{rows}"
    if not (made / "complete").exists():
        made.mkdir(parents=True, exist_ok=True)
        make_files(made, rows)
        (made / "complete").touch()
    return made


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    given = measure.options(
        __doc__,
        arguments,
        {"rows": (300, 300_000), "repeats": (1, 7)},
        kinds={"nargs": "*", "default": list(KINDS), "choices": list(KINDS)},
        no_peer=measure.NO_PEER,
    )
    with measure.quiet(given.folder) as folder, tempfile.TemporaryDirectory(dir=folder) as made:
        work = Path(made)
        (work / "warm").mkdir()
        make_files(work / "warm", 10)
        files, peer = files_of(folder, given.rows), measure.peer(given.no_peer)
        lines = (compare(kind, files / KINDS[kind], work, peer, given.repeats) for kind in given.kinds)
        found = {"rows": given.rows, "repeats": given.repeats, "medians": measure.table(chain.from_iterable(lines))}
    return measure.report(given, ("datasets", "pyarrow", "numpy"), found)


if __name__ == "__main__":
    main()
