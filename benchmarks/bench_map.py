"""How fast rows are mapped and filtered, and what that writes: against `datasets` in the same run, and a floor.

    python benchmarks/bench_map.py                  # tiny: checks that everything runs, and that both agree
    python benchmarks/bench_map.py --time           # 1,000,000 rows; prints the table, and writes the JSON where --out says
    python benchmarks/bench_map.py --time --large   # also four tokenization steps over 1 GB of text

The corpus is that of ``bench_dataset.py``. The tokenizer is a byte-level BPE trained on its text. The floor is the function
called on the same batches by hand, which have been read and converted before. All take turns, so that what else the machine
does slows all of them; only the ratios mean something on a shared machine.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import corpus
import measure
import numpy as np
from measure import Work

import nlpdata
from nlpdata._optional import is_available
from nlpdata.cache.key import content_key
from nlpdata.settings import settings

BATCH = 1000
VOCABULARY = 16_000
PARALLEL = "TOKENIZERS_PARALLELISM"
fresh = count()  # a number in each function, so that no result is found again


@dataclass(frozen=True)
class Case:
    """One line of the table: the same work done by both, and by hand.

    ``ratio`` is what is aimed at against `datasets`, ``share`` against the floor (of which ``parts`` run side by side). Each
    library's work returns its dataset; number of rows and last row compare.
    """

    name: str
    rows: int
    ours: Work
    theirs: Work | None
    floor: Work | None = None
    ratio: float | None = None
    share: float | None = None
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

    def __init__(self, folder: Path, peer: Any) -> None:
        self.ours = nlpdata.load_from_disk(str(folder / "nlpdata"))
        self.theirs: Any = None if peer is None else peer.load_from_disk(str(folder / "datasets"))
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

        yield Case("map batched, adds a column", rows, *self.both(batched, rows), _by_hand(adds(0), texts), 3.5)
        yield Case("map batched, replaces all", rows, *self.both(replacing, rows), _by_hand(adds(0), texts), 1.35)
        some = [row for part in texts[: -(-fewer // BATCH)] for row in part][:fewer]
        yield Case("map row by row, adds a column", fewer, *self.both(by_row, fewer), _rows_by_hand(some), 12)
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

        rows = min(self.rows, max(self.rows // 15, 100))
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
    """The most memory that a process had to itself, without files that it maps, in bytes. Linux only.

    Attributes:
        worker: of any one worker. The workers of nlpdata are forked from a process that does nothing else.
        forked_from: of that process. It is most before they are there, and then falls to what they had to copy.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.worker, self.forked_from, self.ended = 0, 0, threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.1):
            for child in self._children("self"):
                self.forked_from = max(self.forked_from, self._own_bytes(child))
                self.worker = max([self.worker, *map(self._own_bytes, self._children(child))])

    @staticmethod
    def _children(process: str) -> list[str]:
        with suppress(OSError):  # it ends meanwhile
            return [child for path in Path(f"/proc/{process}/task").glob("*/children") for child in path.read_text().split()]
        return []

    @staticmethod
    def _own_bytes(child: str) -> int:
        with suppress(OSError):
            lines = Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()
            return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:"))
        return 0

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


def line(case: Case, repeats: int) -> dict[str, Any]:
    """Medians of the three; refuses to time what does not agree."""
    found: dict[str, Any] = {"rows": case.rows, "target_ratio": case.ratio, "target_share": case.share}
    last: dict[str, Any] = {}

    def timed(name: str, work: Work) -> float:
        gc.collect()
        os.sync()  # what the one before left to be written is not waited for by the next
        before = folder_bytes(settings.cache)
        with WorkerMemory() as memory:
            taken, made = measure.timed(work)
        if name == "nlpdata":
            found["bytes_a_row"] = (folder_bytes(settings.cache) - before) / case.rows
            found["worker_bytes"] = max(found.get("worker_bytes", 0), memory.worker)
            found["forked_from_bytes"] = max(found.get("forked_from_bytes", 0), memory.forked_from)
        if name != "floor":
            last[name] = (len(made), made[-1])
            measure.agree(case.name, last)
        if name == "datasets":
            made.cleanup_cache_files()
        return taken

    with parallel(case.threads):
        taken = measure.take_turns({"nlpdata": case.ours, "datasets": case.theirs, "floor": case.floor}, repeats, timed)
    shutil.rmtree(settings.cache, ignore_errors=True)
    return found | measure.medians(taken, case.rows, case.parts)


# --- keys, results found again, and disk ----------------------------------------------------------------------------------


def again(cases: Cases, repeats: int) -> dict[str, Any]:
    """The same map once more, its key, and keys of functions, in milliseconds."""
    ds = cases.ours
    tokenize, array = adds(next(fresh)), np.random.default_rng(0).random(100 * 2**20 // 8)
    over_array = lambda row: {"first": array[0]}  # noqa: E731
    ds.map(tokenize, batched=True)
    found = {
        "same_map_again_ms": milliseconds(lambda: ds.map(tokenize, batched=True), 20 * repeats),
        "key_of_a_function_ms": milliseconds(lambda: content_key(tokenize), 20 * repeats),
        "key_over_100_mb_ms": milliseconds(lambda: content_key(over_array), 3 * repeats),
    }
    tracemalloc.start()
    content_key(over_array)
    found["key_over_100_mb_peak_bytes"] = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    if cases.theirs is not None:
        theirs = cases.theirs.select(range(min(1000, cases.rows)))
        made = theirs.map(tokenize, batched=True)
        found["datasets_same_map_again_ms"] = milliseconds(lambda: theirs.map(tokenize, batched=True), 20 * repeats)
        made.cleanup_cache_files()
    return found


def milliseconds(work: Work, times: int) -> float:
    return 1000 * median(measure.several(work, times))


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
            before = folder_bytes(settings.cache)
            taken, ds = measure.timed(partial(ds.map, step, batched=True))
            written = folder_bytes(settings.cache) - before
            column = sum(table.nbytes for table in ds.select_columns([name]).with_format("arrow").iter(50_000))
            found[name] = {"seconds": taken, "written_bytes": written, "column_bytes": column}
    return found


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    given = measure.options(
        __doc__,
        arguments,
        {"rows": (100, 1_000_000), "repeats": (1, 5)},
        large={"action": "store_true", "help": "also four tokenization steps over 1 GB of text"},
        only={"default": "", "help": "only lines whose name holds this; also 'again', 'four steps'"},
        no_peer=measure.NO_PEER,
    )
    with measure.quiet(given.folder) as folder, tempfile.TemporaryDirectory(prefix="bench-map-", dir=folder) as cache:
        cases = Cases(corpus.make(folder, given.rows), measure.peer(given.no_peer))
        with settings.override(cache=f"{cache}/cache"):
            lines = (case for case in cases.all() if given.only in case.name)
            found: dict[str, Any] = {"rows": given.rows, "repeats": given.repeats}
            found["medians"] = measure.table((case.name, line(case, given.repeats)) for case in lines)
            if given.only in "again":
                found["again"] = again(cases, given.repeats)
            if given.only in "four steps" and cases.tokenizer is not None:
                found["four_steps"] = four_steps(cases, 10**9 if given.large else 10**6)
    return measure.report(given, ("datasets", "pyarrow", "numpy", "tokenizers"), found)


if __name__ == "__main__":
    main()
