"""How fast rows are mapped and filtered, and what that writes: against `datasets` in the same run, and a floor.

    python benchmarks/bench_map.py                  # tiny: checks that everything runs, and that both agree
    python benchmarks/bench_map.py --time           # 1,000,000 rows; prints the table, and writes the JSON where --out says
    python benchmarks/bench_map.py --time --large   # also four tokenization steps over 1 GB of text

The corpus is that of ``bench_dataset.py``. The tokenizer is a byte-level BPE trained on its text. The floor is the function
called on the same batches by hand, which have been read and converted before. All take turns, so that what else the machine
does slows all of them; only the ratios mean something on a shared machine.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

import nlpdata
from nlpdata._optional import is_available
from nlpdata.cache.key import content_key
from nlpdata.settings import settings

sys.path.insert(0, str(Path(__file__).resolve().parent))
import corpus

BATCH = 1000
VOCABULARY = 16_000
PARALLEL = "TOKENIZERS_PARALLELISM"
Work = Callable[[], Any]
fresh = count()  # a number in each function, so that no result is found again


@dataclass(frozen=True)
class Case:
    """One line of the table: the same work done by both, and by hand.

    ``ratio`` is what is aimed at against `datasets`, ``share`` against the floor (of which ``parts`` run side by side), and
    ``most_bytes`` bounds what is written a row. Each library's work returns its dataset; number of rows and last row compare.
    """

    name: str
    rows: int
    ours: Work
    theirs: Work | None
    floor: Work | None = None
    ratio: float | None = None
    share: float | None = None
    most_bytes: float | None = None
    parts: int = 1
    threads: bool = False


def adds(number: int) -> Callable[..., Any]:
    return lambda batch, number=number: {"size": [len(text) for text in batch["text"]]}


def adds_by_row(number: int) -> Callable[..., Any]:
    return lambda row, number=number: {"size": len(row["text"])}


def keeps(number: int) -> Callable[..., Any]:
    return lambda batch, number=number: [len(text) % 3 != 0 for text in batch["text"]]


class Cases:
    """All lines over one corpus."""

    def __init__(self, folder: Path, peer: bool) -> None:
        self.ours = nlpdata.load_from_disk(str(folder / "nlpdata"))
        self.theirs: Any = None
        if peer:
            import datasets

            self.theirs = datasets.load_from_disk(str(folder / "datasets"))
        self.rows = len(self.ours)
        self.tokenizer: Any = None
        if is_available("tokenizers"):
            self.tokenizer = _trained(self.ours[: min(self.rows, 20_000)]["text"])

    def both(self, make: Callable[[Any], Any], rows: int) -> tuple[Work, Work | None]:
        """The same work on the first rows of our dataset and of theirs."""
        ours = self.ours.select(range(rows))
        theirs = None if self.theirs is None else self.theirs.select(range(rows))
        return lambda: make(ours), None if theirs is None else lambda: make(theirs)

    def all(self) -> Iterator[Case]:
        """Every line that compares datasets."""
        rows, fewer = self.rows, min(self.rows, max(self.rows // 5, 1000))
        texts = [self.ours[a : a + BATCH]["text"] for a in range(0, rows, BATCH)]

        def batched(ds: Any) -> Any:
            return ds.map(adds(next(fresh)), batched=True)

        def replacing(ds: Any) -> Any:
            return ds.map(adds(next(fresh)), batched=True, remove_columns=ds.column_names)

        def by_row(ds: Any) -> Any:
            return ds.map(adds_by_row(next(fresh)))

        def filtering(ds: Any) -> Any:
            return ds.filter(keeps(next(fresh)), batched=True)

        yield Case("map batched, adds a column", rows, *self.both(batched, rows), _by_hand(adds(0), texts), 3.5, most_bytes=10)
        yield Case(
            "map batched, replaces all", rows, *self.both(replacing, rows), _by_hand(adds(0), texts), 1.35, most_bytes=10
        )
        some = [row for part in texts[: -(-fewer // BATCH)] for row in part][:fewer]
        yield Case("map row by row, adds a column", fewer, *self.both(by_row, fewer), _rows_by_hand(some), 12, most_bytes=10)
        yield Case("filter batched", rows, *self.both(filtering, rows), _by_hand(keeps(0), texts), 1.5)
        if self.tokenizer is not None:
            yield from self.tokenizing(texts)
        yield from self.spreading()

    def tokenizing(self, texts: list[list[str]]) -> Iterator[Case]:
        """A real tokenizer, alone, with its own threads, in two processes, and in two threads of ours."""
        encode = self.tokenizer.encode_batch

        def tokenize(number: int) -> Callable[..., Any]:
            return lambda batch, number=number: {"ids": [encoding.ids for encoding in encode(batch["text"])]}

        def mapped(**more: Any) -> Callable[[Any], Any]:
            return lambda ds: ds.map(tokenize(next(fresh)), batched=True, **more)

        rows = min(self.rows, max(self.rows // 50, 100))
        many = min(self.rows, 3 * rows)
        few, more = (_by_hand(tokenize(0), _cut(texts, n)) for n in (rows, many))
        yield Case("tokenize, 1 thread", rows, *self.both(mapped(), rows), few, None, 0.97)
        yield Case("tokenize, its own threads", many, *self.both(mapped(), many), more, None, 0.97, threads=True)
        yield Case("tokenize, num_proc=2", many, *self.both(mapped(num_proc=2), many), more, None, 0.92, parts=2)
        ours, _ = self.both(mapped(num_threads=2), many)
        yield Case("tokenize, num_threads=2", many, ours, None, more, None, None, parts=2)

    def spreading(self) -> Iterator[Case]:
        """Cheap work on two processes; the floor is our own serial run, of which it should not fall short by more than 5 %."""
        for rows in sorted({min(self.rows, n) for n in (100_000, 300_000, 1_000_000)}):
            ds = self.ours.select(range(rows))
            held = nlpdata.Dataset.from_dict({"text": ds[: min(rows, 300_000)]["text"]})
            for place, chosen in (("", ds), (" in memory", held)):
                if place and rows > 300_000:
                    continue

                def spread(chosen: Any = chosen) -> Any:
                    return chosen.map(adds_by_row(next(fresh)), num_proc=2)

                def alone(chosen: Any = chosen) -> Any:
                    return chosen.map(adds_by_row(next(fresh)))

                yield Case(f"cheap rows{place}, num_proc=2, {rows:,}", rows, spread, None, alone, None, 0.95)


def _trained(texts: list[str]) -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=VOCABULARY, show_progress=False))
    return made


def _cut(texts: list[list[str]], rows: int) -> list[list[str]]:
    return [part[: rows - at] for at, part in zip(range(0, rows, BATCH), texts, strict=False)]


def _by_hand(function: Callable[..., Any], texts: list[list[str]]) -> Work:
    def run() -> None:
        for part in texts:
            function({"text": part})

    return run


def _rows_by_hand(texts: list[str]) -> Work:
    function = adds_by_row(0)
    return lambda: [function({"text": text}) for text in texts]


@contextmanager
def parallel(on: bool) -> Iterator[None]:
    """Let `tokenizers` use its own threads, or not."""
    before = os.environ.get(PARALLEL)
    os.environ[PARALLEL] = "true" if on else "false"
    try:
        yield
    finally:
        os.environ.pop(PARALLEL) if before is None else os.environ.__setitem__(PARALLEL, before)


class WorkerMemory(threading.Thread):
    """The most memory that any one child process had to itself, files that it maps not counted, in bytes. Linux only."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most, self.ended = 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            for path in Path("/proc/self/task").glob("*/children"):
                try:
                    own = [self._own_bytes(child) for child in path.read_text().split()]
                except OSError:
                    continue
                self.most = max([self.most, *own])

    @staticmethod
    def _own_bytes(child: str) -> int:
        lines = Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()
        return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))

    def __enter__(self) -> WorkerMemory:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()


def folder_bytes(folder: str | Path) -> int:
    """Bytes of all files under a folder, hard links once."""
    found = {(s.st_dev, s.st_ino): s.st_size for p in Path(folder).rglob("*") if p.is_file() for s in [p.stat()]}
    return sum(found.values())


def measure(case: Case, repeats: int) -> dict[str, Any]:
    """Medians of the three, taking turns; refuses to time what does not agree."""
    works = {"nlpdata": case.ours, "datasets": case.theirs, "floor": case.floor}
    taken: dict[str, list[float]] = {name: [] for name, work in works.items() if work is not None}
    found: dict[str, Any] = {"rows": case.rows, "target_ratio": case.ratio, "target_share": case.share}
    with parallel(case.threads):
        for _ in range(repeats):
            last = {}
            for name, work in works.items():
                if work is None:
                    continue
                gc.collect()
                os.sync()  # what the one before left to be written is not waited for by the next
                before, started = folder_bytes(settings.cache), time.perf_counter()
                with WorkerMemory() as memory:
                    made = work()
                taken[name].append(time.perf_counter() - started)
                if name == "nlpdata":
                    found["bytes_a_row"] = (folder_bytes(settings.cache) - before) / case.rows
                    found["worker_bytes"] = max(found.get("worker_bytes", 0), memory.most)
                if name != "floor":
                    last[name] = (len(made), made[-1])
                if name == "datasets":
                    made.cleanup_cache_files()
            if len(last) == 2 and last["nlpdata"] != last["datasets"]:
                raise SystemExit(f"{case.name}: the results differ: {str(last)[:2000]}")
    found |= {f"{name}_us": statistics.median(times) / case.rows * 1e6 for name, times in taken.items()}
    if "datasets" in taken:
        found["ratio"] = statistics.median(t / o for t, o in zip(taken["datasets"], taken["nlpdata"], strict=True))
    if "floor" in taken:
        found["share_of_floor"] = (
            statistics.median(f / o for f, o in zip(taken["floor"], taken["nlpdata"], strict=True)) / case.parts
        )
    return found


# --- keys, results found again, and disk ----------------------------------------------------------------------------------


def again(cases: Cases, repeats: int) -> dict[str, Any]:
    """The same map once more, its key, and keys of functions, in milliseconds."""
    ds = cases.ours
    tokenize, array = adds(next(fresh)), np.random.default_rng(0).random(100 * 2**20 // 8)
    over_array = lambda row: {"first": array[0]}  # noqa: E731
    ds.map(tokenize, batched=True)
    found = {
        "same_map_again_ms": _milliseconds(lambda: ds.map(tokenize, batched=True), 20 * repeats),
        "key_of_a_function_ms": _milliseconds(lambda: content_key(tokenize), 20 * repeats),
        "key_over_100_mb_ms": _milliseconds(lambda: content_key(over_array), 3 * repeats),
    }
    tracemalloc.start()
    content_key(over_array)
    found["key_over_100_mb_peak_bytes"] = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if cases.theirs is not None:
        theirs = cases.theirs.select(range(min(1000, cases.rows)))
        made = theirs.map(tokenize, batched=True)
        found["datasets_same_map_again_ms"] = _milliseconds(lambda: theirs.map(tokenize, batched=True), 20 * repeats)
        made.cleanup_cache_files()
    return found


def _milliseconds(work: Work, times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def four_steps(cases: Cases, text_bytes: int) -> dict[str, Any]:
    """Four steps of tokenization over so much text: what each writes, against the bytes of its new column in memory."""
    encode = cases.tokenizer.encode_batch
    average = len("".join(cases.ours[: min(1000, cases.rows)]["text"])) / min(1000, cases.rows)
    rows = max(1, int(text_bytes / average))
    ds = nlpdata.concatenate_datasets([cases.ours] * -(-rows // cases.rows)).select(range(rows)).select_columns(["text"])
    number = next(fresh)
    steps: list[tuple[str, Callable[..., Any]]] = [
        ("ids", lambda b, number=number: {"ids": [np.asarray(e.ids, np.int32) for e in encode(b["text"])]}),
        ("short", lambda b, number=number: {"short": [ids[:128] for ids in b["ids"]]}),
        ("mask", lambda b, number=number: {"mask": [np.ones(len(ids), np.int8) for ids in b["short"]]}),
        ("length", lambda b, number=number: {"length": [len(ids) for ids in b["ids"]]}),
    ]
    found: dict[str, Any] = {"text_bytes": rows * average, "rows": rows}
    with parallel(True):
        for name, step in steps:
            before, started = folder_bytes(settings.cache), time.perf_counter()
            ds = ds.map(step, batched=True)
            taken = time.perf_counter() - started
            written = folder_bytes(settings.cache) - before
            column = sum(table.nbytes for table in ds.select_columns([name]).with_format("arrow").iter(50_000))
            found[name] = {"seconds": taken, "written_bytes": written, "column_bytes": column}
    return found


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def run(rows: int, folder: Path, repeats: int, only: str = "", large: bool = False) -> dict[str, Any]:
    """Everything as one JSON-able object."""
    peer = is_available("datasets")
    if peer:
        import datasets

        datasets.disable_progress_bars()
    place = corpus.make(folder, rows)
    cache = tempfile.mkdtemp(prefix="bench-map-", dir=folder)
    try:
        with settings.override(progress=False, cache=cache), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # what `datasets` asks of a newer pyarrow
            cases, results = Cases(place, peer), {}
            for case in cases.all():
                if only in case.name:
                    results[case.name] = measure(case, repeats)
                    if repeats > 1:
                        print(show(case.name, results[case.name]), file=sys.stderr, flush=True)
                    shutil.rmtree(cache, ignore_errors=True)
            report = {
                "benchmark": "map",
                "command": " ".join(["python", *sys.argv]),
                "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "system": platform.platform()},
                "load_average": os.getloadavg()[0],
                "versions": {"python": platform.python_version()}
                | {n: installed(n) for n in ("nlpdata", "datasets", "pyarrow", "numpy", "tokenizers")},
                "rows": rows,
                "repeats": repeats,
                "medians": results,
            }
            if only in "again":
                report["again"] = again(cases, repeats)
            if only in "four steps" and cases.tokenizer is not None:
                report["four_steps"] = four_steps(cases, 10**9 if large else 10**6)
            return report
    finally:
        shutil.rmtree(cache, ignore_errors=True)


COLUMNS = f"{'nlpdata':>10}{'datasets':>10}{'floor':>10}{'ratio':>8}{'share':>7}   target   B/row  MB a worker"
HEAD = f"{'median microseconds a row':40}{COLUMNS}"


def show(name: str, found: dict[str, Any]) -> str:
    """One line of the table."""
    times = [f"{found[k]:10.3f}" if k in found else " " * 10 for k in ("nlpdata_us", "datasets_us", "floor_us")]
    ratio = f"{found['ratio']:8.2f}" if "ratio" in found else " " * 8
    share = f"{found['share_of_floor']:7.3f}" if "share_of_floor" in found else " " * 7
    aim = f"{found['target_ratio'] or found['target_share'] or 0:g}"
    worker = f"{found['worker_bytes'] / 2**20:8.1f}" if found["worker_bytes"] else ""
    return f"{name:40}{''.join(times)}{ratio}{share}   {aim:6}{found['bytes_a_row']:8.1f}{worker}"


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", action="store_true", help="real size; otherwise tiny, to see that it runs")
    parser.add_argument("--rows", type=int, default=None, help="rows (default 1,000,000 with --time, 100 without)")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="also four tokenization steps over 1 GB of text")
    parser.add_argument("--only", default="", help="only lines whose name holds this; also 'again', 'four steps'")
    parser.add_argument("--folder", type=Path, default=os.environ.get("NLPDATA_BENCH"), help="where the corpus is kept")
    parser.add_argument("--out", type=Path, default=None, help="also write the JSON here")
    given = parser.parse_args(arguments)
    rows = given.rows or (1_000_000 if given.time else 100)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(given.folder or temporary)
        report = run(rows, folder, given.repeats if given.time else 1, given.only, given.large)
    if given.out is not None:
        given.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return report


if __name__ == "__main__":
    made = main()
    print(json.dumps(made, indent=1))
    print("\n".join([HEAD, *(show(*line) for line in made["medians"].items())]), file=sys.stderr)
