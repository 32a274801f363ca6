"""How fast files become a dataset in the cache, and how fast it is found again, against `datasets` on the same files.

    python benchmarks/bench_load.py                      # tiny: checks that everything runs and that both libraries agree
    python benchmarks/bench_load.py --time               # 300,000 rows, about 200 MB a file; prints one JSON of medians
    python benchmarks/bench_load.py --time --out FILE    # and writes it there; --folder keeps the files for the next time
    taskset -c 0 python benchmarks/bench_load.py --time  # the same with one core

A first load goes end to end into an empty cache, ours with its syncs to disk. Runs of the two libraries alternate, and only
their ratio means anything on a machine that does other work.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import nlpdata
from nlpdata._optional import is_available
from nlpdata.settings import settings

KINDS = {"csv": "rows.csv", "json": "rows.jsonl", "text": "rows.txt", "parquet": "rows.parquet"}
ROWS = 300_000
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


def ours(kind: str, path: Path, cache: Path) -> Any:
    with settings.override(cache=str(cache), progress=False):
        return nlpdata.load_dataset(kind, data_files=str(path), split="train")


def theirs(kind: str, path: Path, cache: Path) -> Any:
    import datasets

    return datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=str(cache))


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(kind: str, path: Path, work: Path, libraries: dict[str, Any], repeats: int) -> dict[str, Any]:
    """Medians of first and cached loads of one file; the libraries take turns."""
    first: dict[str, list[float]] = {name: [] for name in libraries}
    again: dict[str, list[float]] = {name: [] for name in libraries}
    found: dict[str, Any] = {}
    for load in libraries.values():  # imports are not timed
        with tempfile.TemporaryDirectory(dir=work) as cache:
            load(kind, work / "warm" / KINDS[kind], Path(cache))
    for _ in range(repeats):
        for name, load in libraries.items():
            with tempfile.TemporaryDirectory(dir=work) as cache:
                os.sync()  # what was written before is not paid for here
                first[name].append(seconds(lambda: found.__setitem__(name, load(kind, path, Path(cache)))))  # noqa: B023
                again[name].append(statistics.median(seconds(lambda: load(kind, path, Path(cache))) for _ in range(AGAIN)))  # noqa: B023
                found[name] = (found[name].num_rows, found[name][0], found[name][-1])
    if any(rows != found["nlpdata"] for rows in found.values()):
        raise SystemExit(f"{kind}: the libraries disagree: {found}")
    size = path.stat().st_size
    result: dict[str, Any] = {"rows": found["nlpdata"][0], "bytes": size}
    for name in libraries:
        result[name] = {
            "first_seconds": statistics.median(first[name]),
            "first_megabytes_per_second": size / 1e6 / statistics.median(first[name]),
            "again_milliseconds": 1000 * statistics.median(again[name]),
        }
    if "datasets" in libraries:
        result["ratio_first"] = result["datasets"]["first_seconds"] / result["nlpdata"]["first_seconds"]
        result["ratio_again"] = result["datasets"]["again_milliseconds"] / result["nlpdata"]["again_milliseconds"]
    return result


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def files_of(folder: Path, rows: int) -> Path:
    """The files of so many rows, made if they are not there; a set that was not completed is made anew."""
    made = folder / f"load-{rows}"
    if not (made / "complete").exists():
        made.mkdir(parents=True, exist_ok=True)
        make_files(made, rows)
        (made / "complete").touch()
    return made


def run(rows: int, repeats: int, kinds: list[str], peer: bool = True, folder: Path | None = None) -> dict[str, Any]:
    """Everything as one JSON-able object."""
    libraries: dict[str, Any] = {"nlpdata": ours}
    if peer and is_available("datasets"):
        import datasets

        datasets.disable_progress_bars()
        libraries["datasets"] = theirs
    names = ("nlpdata", "datasets", "pyarrow", "numpy")
    with tempfile.TemporaryDirectory(dir=folder) as made:
        work = Path(made)
        (work / "warm").mkdir()
        make_files(work / "warm", 10)
        files = files_of(folder or work, rows)
        results = {kind: compare(kind, files / KINDS[kind], work, libraries, repeats) for kind in kinds}
    return {
        "command": " ".join(["python", *sys.argv]),
        "machine": {"cores": len(os.sched_getaffinity(0)), "system": platform.platform(), "python": platform.python_version()},
        "load_average": os.getloadavg()[0],
        "versions": {name: installed(name) for name in names},
        "repeats": repeats,
        "results": results,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", action="store_true", help="real size")
    parser.add_argument("--rows", type=int, default=None)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--no-peer", action="store_true", help="leave `datasets` out")
    parser.add_argument("--folder", type=Path, default=os.environ.get("NLPDATA_BENCH"), help="where the files are kept")
    parser.add_argument("--out", type=Path, default=None, help="also write the JSON here")
    given = parser.parse_args()
    rows, folder = given.rows or (ROWS if given.time else 300), given.folder and Path(given.folder)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    report = json.dumps(run(rows, given.repeats if given.time else 1, given.kinds, not given.no_peer, folder), indent=1)
    print(report)
    if given.out is not None:
        given.out.write_text(report + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
