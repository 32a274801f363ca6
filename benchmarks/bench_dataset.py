"""How fast a dataset opens, gives rows and batches, is reordered and saved: against `datasets` in the same run, and a floor.

    python benchmarks/bench_dataset.py                  # tiny: checks that everything runs, and that all three agree
    python benchmarks/bench_dataset.py --time           # 1,000,000 rows; prints the table, and writes the JSON where --out says
    python benchmarks/bench_dataset.py --time --large   # also opens and saves eight times as many (11 GB, twice)

The corpus is kept in ``--folder`` (or ``NLPDATA_BENCH``), else it is made in a temporary folder. The floor is plain NumPy over
the same values in contiguous files: no library, one layout, nothing checked. The three take turns, so that what else the
machine does slows all of them; only the ratios mean something on a shared machine.
"""

from __future__ import annotations

import gc
import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Any

import corpus
import measure
import numpy as np
from floor import Floor
from measure import Work

import nlpdata
from nlpdata._optional import is_available

BATCH = 1000
LOADER_BATCH = 64
SLIM = ["id", "text", "label"]


@dataclass(frozen=True)
class Case:
    """One line of the table: the same work done by the three, and what is aimed at.

    ``units`` is what a time is divided by. ``same`` says whether the three results compare.
    """

    name: str
    target: float | None
    share: float | None
    units: int
    ours: Work
    theirs: Work | None
    floor: Work | None
    same: bool = True


def last(values: Any) -> Any:
    """The last of many, without keeping the others."""
    found = None
    for found in values:  # noqa: B007
        pass
    return found


class Cases:
    """All lines of the table over one corpus."""

    def __init__(self, folder: Path, peer: Any) -> None:
        self.folder, self.peer = folder, peer
        self.our_path, self.their_path = str(folder / "nlpdata"), str(folder / "datasets")
        self.ours = nlpdata.load_from_disk(self.our_path)
        self.theirs: Any = None if peer is None else peer.load_from_disk(self.their_path)
        self.floor = Floor(folder / "floor")
        self.rows = len(self.ours)
        rng = np.random.default_rng(1)
        self.points = rng.integers(0, self.rows, 2000).tolist()
        self.picks = [rng.integers(0, self.rows, BATCH) for _ in range(5)]
        self.walked = min(self.rows, 50_000)  # rows of a pass
        self.spans = [(a, min(a + BATCH, self.walked)) for a in range(0, self.walked, BATCH)]
        self.seeds = count()

    def both(self, make: Callable[[Any], Work]) -> tuple[Work, Work | None]:
        """The same work on our dataset and on theirs."""
        return make(self.ours), None if self.theirs is None else make(self.theirs)

    def all(self) -> list[Case]:
        """Every line."""
        found = [*self.opening(), *self.row_access(), *self.passes(), *self.array_passes()]
        found += [*self.reordering(), *self.shuffled(), *self.loaders(), *self.saving()]
        return found

    def opening(self) -> Iterator[Case]:
        floor = self.folder / "floor"

        def by_hand() -> int:
            return len([np.load(path, mmap_mode="r") for path in floor.iterdir()])

        ours = partial(nlpdata.load_from_disk, self.our_path)
        theirs = None if self.theirs is None else partial(self.peer.load_from_disk, self.their_path)
        yield Case("open saved, warm", None, None, 1, ours, theirs, by_hand, False)

    def row_access(self) -> Iterator[Case]:
        points, picks, floor = self.points, self.picks, self.floor

        def one_by_one(ds: Any) -> Work:
            return lambda: [ds[i] for i in points][-1]

        def listed(ds: Any) -> Work:
            lists = [p.tolist() for p in picks]
            return lambda: [ds[rows] for rows in lists][-1]

        yield Case("ds[i], 5 columns", 4, 0.85, len(points), *self.both(one_by_one), lambda: [floor.row(i) for i in points][-1])
        slim = self.both(lambda ds: one_by_one(ds.select_columns(SLIM)))
        yield Case("ds[i], 3 columns", 7, 0.9, len(points), *slim, lambda: [floor.slim(i) for i in points][-1])
        yield Case(
            "ds[[1000 random]]", 2.3, 0.9, BATCH * len(picks), *self.both(listed), lambda: [floor.some(p) for p in picks][-1]
        )

    def passes(self) -> Iterator[Case]:
        walked, spans, floor = self.walked, self.spans, self.floor

        def walk(ds: Any) -> Work:
            return lambda: last(islice(ds, walked))

        def batches(ds: Any) -> Work:
            return lambda: last(islice(ds.iter(BATCH), len(spans)))

        yield Case(
            "for row in ds, 5 columns",
            3.6,
            0.95,
            walked,
            *self.both(walk),
            lambda: last(r for s in spans for r in floor.rows(*s)),
        )
        slim = self.both(lambda ds: walk(ds.select_columns(SLIM)))
        yield Case(
            "for row in ds, 3 columns", 11, 0.75, walked, *slim, lambda: last(r for s in spans for r in floor.rows(*s, True))
        )
        yield Case(
            "iter(1000) python, 5 columns",
            1.12,
            0.96,
            walked,
            *self.both(batches),
            lambda: last(floor.columns(*s) for s in spans),
        )

    def array_passes(self) -> Iterator[Case]:
        walked, spans, floor = self.walked, self.spans, self.floor

        def batches(kind: str, name: str) -> Callable[[Any], Work]:
            def make(ds: Any) -> Work:
                picked = ds.select_columns([name]).with_format(kind)
                return lambda: last(islice(picked.iter(BATCH), len(spans)))[name]

            return make

        def by_hand(make: Callable[[int, int], Any]) -> Work:
            return lambda: last(make(*span) for span in spans)

        embedding = by_hand(lambda a, b: floor.embedding[a:b].copy())
        lines = [("numpy", "text", 9, None, by_hand(floor.texts)), ("numpy", "tokens", 10, 0.8, by_hand(floor.ragged))]
        lines.append(("numpy", "embedding", 20, None, embedding))
        if is_available("torch"):
            torch = __import__("torch")

            def split(a: int, b: int) -> Any:
                offsets = floor.offsets[a : b + 1]
                flat = torch.from_numpy(floor.tokens[offsets[0] : offsets[-1]].astype(np.int64))
                return flat.split(np.diff(offsets).tolist())

            lines.append(("torch", "tokens", 7, 0.9, by_hand(split)))
            lines.append(("torch", "embedding", 20, 0.67, by_hand(lambda a, b: torch.from_numpy(floor.embedding[a:b].copy()))))
        for kind, name, target, share, least in lines:
            pair = self.both(batches(kind, name))
            yield Case(f"iter(1000) {kind}: {name}", target, share, walked, *pair, least)

    def reordering(self) -> Iterator[Case]:
        rows, seeds = self.rows, self.seeds
        half = np.random.default_rng(3).permutation(rows)[: max(1, rows // 2)]
        picked = half.tolist() if rows < 1000 else half
        drawn = lambda: np.random.default_rng(next(seeds)).permutation(rows)  # noqa: E731
        fresh = {"load_from_cache_file": False}
        label = self.floor.label
        shuffle = self.both(lambda ds: lambda: len(ds.shuffle(seed=next(seeds), **fresh)))
        yield Case("shuffle(seed)", 10, 0.65, 1, *shuffle, lambda: len(drawn()))
        yield Case(
            "select(half, random)", 20, 0.5, 1, *self.both(lambda ds: lambda: len(ds.select(picked))), lambda: len(half.copy())
        )
        yield Case(
            "sort(label)",
            4.5,
            0.7,
            1,
            *self.both(lambda ds: lambda: len(ds.sort("label", **fresh))),
            lambda: len(np.argsort(label, kind="stable")),
        )
        split = self.both(lambda ds: lambda: len(ds.train_test_split(0.1, seed=next(seeds), **fresh)["train"]))
        yield Case("train_test_split", 10, 0.7, 1, *split, lambda: len(drawn()) - -(-rows // 10))
        span = range(rows // 4, rows // 2)
        yield Case("select(range)", 20, None, 1, *self.both(lambda ds: lambda: len(ds.select(span))), None)
        ours = lambda: len(nlpdata.concatenate_datasets([self.ours] * 8))  # noqa: E731
        theirs = None if self.theirs is None else (lambda: len(self.peer.concatenate_datasets([self.theirs] * 8)))
        yield Case("concatenate 8", 50, None, 1, ours, theirs, None)

    def shuffled(self) -> Iterator[Case]:
        floor = self.floor
        order = np.random.default_rng(7).permutation(self.rows)
        walked = min(self.rows, 20_000)
        parts = [order[a : min(a + BATCH, walked)] for a in range(0, walked, BATCH)]
        pair = [None if ds is None else ds.shuffle(seed=7, load_from_cache_file=False) for ds in (self.ours, self.theirs)]

        def both(make: Callable[[Any], Work]) -> tuple[Work, Work | None]:
            return make(pair[0]), None if pair[1] is None else make(pair[1])

        def batches(kind: str | None, name: str | None) -> Callable[[Any], Work]:
            def make(ds: Any) -> Work:
                picked = (ds.select_columns([name]) if name else ds).with_format(kind)
                return lambda: last(islice(picked.iter(BATCH), len(parts)))

            return make

        points, listed = self.points, order.tolist()
        rows = both(lambda ds: lambda: [ds[i] for i in points][-1])
        yield Case("shuffled: ds[i]", 3.5, 0.9, len(points), *rows, lambda: [floor.row(listed[i]) for i in points][-1])
        yield Case(
            "shuffled: iter(1000) python", 2.5, 0.9, walked, *both(batches(None, None)), lambda: last(map(floor.some, parts))
        )
        tokens = lambda: {"tokens": last(map(floor.ragged_some, parts))}  # noqa: E731
        yield Case("shuffled: iter(1000) numpy: tokens", 15, None, walked, *both(batches("numpy", "tokens")), tokens)
        embedding = lambda: {"embedding": last(floor.embedding[p] for p in parts)}  # noqa: E731
        yield Case("shuffled: iter(1000) numpy: embedding", 40, 0.7, walked, *both(batches("numpy", "embedding")), embedding)

    def loaders(self) -> Iterator[Case]:
        if not is_available("torch"):
            return
        from torch.utils.data import BatchSampler, DataLoader, SequentialSampler

        torch, floor, shown = __import__("torch"), self.floor, ["id", "label", "embedding"]
        walked = min(self.rows, 200_000) // LOADER_BATCH * LOADER_BATCH
        steps = max(1, walked // LOADER_BATCH)

        def samples(ds: Any) -> Any:
            return ds.select_columns(shown).with_format("torch")

        def collated(shuffle: bool) -> Callable[[Any], Work]:
            def make(ds: Any) -> Work:
                picked = samples(ds)
                return lambda: last(islice(DataLoader(picked, LOADER_BATCH, shuffle=shuffle), steps))

            return make

        def whole(ds: Any) -> Work:
            picked = samples(ds)
            order = BatchSampler(SequentialSampler(picked), LOADER_BATCH, False)
            return lambda: last(islice(DataLoader(picked, sampler=order, batch_size=None), steps))

        def by_hand(rows: Any) -> dict[str, Any]:
            return {name: torch.from_numpy(np.array(getattr(floor, name)[rows])) for name in shown}

        spans = [slice(i * LOADER_BATCH, (i + 1) * LOADER_BATCH) for i in range(steps)]
        order = np.random.default_rng(5).permutation(self.rows)
        straight = lambda: last(map(by_hand, spans))  # noqa: E731
        mixed = lambda: last(by_hand(order[s]) for s in spans)  # noqa: E731
        plain = None if self.theirs is None else collated(False)(self.theirs)
        yield Case("DataLoader(64), sequential", 4, None, walked, *self.both(collated(False)), straight)
        yield Case("DataLoader(64), shuffled", 4, None, walked, *self.both(collated(True)), mixed, False)
        yield Case("DataLoader(64), batch handed whole", 12, None, walked, whole(self.ours), plain, straight)

    def saving(self, copies: int = 1) -> Iterator[Case]:
        target = self.folder / f"saved-{os.getpid()}"

        def write(ds: Any) -> Work:
            def run() -> None:
                try:
                    ds.save_to_disk(str(target))
                    os.sync()
                finally:
                    shutil.rmtree(target, ignore_errors=True)

            return run

        def by_hand() -> None:
            size = sum(path.stat().st_size for path in Path(self.our_path).glob("*.arrow")) * copies
            block = np.ones(1 << 23, np.uint8)
            try:
                with open(target, "wb") as file:
                    for _ in range(-(-size // len(block))):
                        file.write(block)
                    os.fsync(file.fileno())
                os.sync()
            finally:
                target.unlink(missing_ok=True)

        many = [self.ours, self.theirs]
        if copies > 1:
            many[0] = nlpdata.concatenate_datasets([self.ours] * copies)
            many[1] = None if self.theirs is None else self.peer.concatenate_datasets([self.theirs] * copies)
        theirs = None if many[1] is None else write(many[1])
        yield Case(f"save_to_disk{' x8' if copies > 1 else ''}", 2.2, 0.9, 1, write(many[0]), theirs, by_hand)

    def close(self) -> None:
        """Remove what the peer left beside its files."""
        if self.theirs is not None:
            self.theirs.cleanup_cache_files()


def line(case: Case, repeats: int) -> dict[str, Any]:
    """Medians of the three; refuses to time what does not agree."""
    works = {"nlpdata": case.ours, "datasets": case.theirs, "floor": case.floor}
    first = {name: measure.plain(work()) for name, work in works.items() if work is not None}
    if case.same:
        measure.agree(case.name, first)
    gc.collect()
    found = {"target_ratio": case.target, "target_share": case.share}
    return found | measure.medians(measure.take_turns(works, repeats), case.units)


# What a fresh process needs to open a folder: time, growth of its memory, and bytes that came from the disk.
OPENING = """
import json, sys, time
library = __import__(sys.argv[1])
library.load_from_disk(sys.argv[3])
def now():
    status = dict(line.split(":", 1) for line in open("/proc/self/status") if line.startswith("Rss"))
    read = next(int(line.split()[1]) for line in open("/proc/self/io") if line.startswith("read_bytes"))
    return [int(status["RssAnon"].split()[0]) * 1024, int(status["RssFile"].split()[0]) * 1024, read]
before, start = now(), time.perf_counter()
ds = library.load_from_disk(sys.argv[2])
taken, after = time.perf_counter() - start, now()
names = ["anonymous_bytes", "file_backed_bytes", "read_bytes"]
print(json.dumps({"milliseconds": 1000 * taken, **{n: b - a for n, a, b in zip(names, before, after)}}))
"""


def evict(folder: Path) -> None:
    """Drop a folder's files from the page cache."""
    for path in folder.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def opened(folder: Path, tiny: Path, libraries: list[str], repeats: int, aimed_at: str) -> dict[str, Any]:
    """A fresh process opens the folder, warm and cold, one of which is ``aimed_at``. Linux only."""
    if not Path("/proc/self/io").exists():
        return {}
    found: dict[str, Any] = {}
    for library in libraries:
        for how in ("warm", "cold"):
            runs = []
            for _ in range(repeats):
                if how == "cold":
                    evict(folder / library)
                runs.append(json.loads(measure.in_a_fresh_process(OPENING, library, folder / library, tiny / library)))
            target = {"target_ratio": 100} if how == aimed_at else {}
            found[f"{library}, {how}"] = {name: median(r[name] for r in runs) for name in runs[0]} | target
    return found


def eightfold(cases: Cases) -> Path:
    """The corpus eight times over, as each library saves it; made once."""
    target = cases.folder.with_name(f"{cases.folder.name}-x8")
    for name, module, ds in (("nlpdata", nlpdata, cases.ours), ("datasets", cases.peer, cases.theirs)):
        if ds is not None and not (target / name).is_dir():
            module.concatenate_datasets([ds] * 8).save_to_disk(str(target / name))
    return target


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    given = measure.options(
        __doc__,
        arguments,
        {"rows": (100, 1_000_000), "repeats": (1, 5)},
        large={"action": "store_true", "help": "also the lines that write eight times the corpus"},
        only={"default": "", "help": "only lines whose name holds this"},
        no_peer=measure.NO_PEER,
    )
    random.seed(0)
    if is_available("torch"):
        __import__("torch").set_num_threads(1)
    repeats, fresh, peer = given.repeats, {}, measure.peer(given.no_peer)
    libraries = ["nlpdata"] if peer is None else ["nlpdata", "datasets"]
    with measure.quiet(given.folder) as folder:
        place, tiny = corpus.make(folder, given.rows), corpus.make(folder, 10)
        if not given.only:  # before this process maps the files: what is mapped does not leave the page cache
            fresh = opened(place, tiny, libraries, repeats, "cold")
        cases = Cases(place, peer)
        lines = (case for case in [*cases.all(), *(cases.saving(8) if given.large else ())] if given.only in case.name)
        found = measure.table(
            (case.name, line(case, min(repeats, 2) if case.name.endswith("x8") else repeats)) for case in lines
        )
        if given.large and not given.only:
            large = opened(eightfold(cases), tiny, libraries, repeats, "warm")
            fresh |= {f"x8, {name}": taken for name, taken in large.items()}
        cases.close()
    report = {"rows": given.rows, "repeats": repeats, "medians": found, "open_in_a_fresh_process": fresh}
    return measure.report(given, ("datasets", "pyarrow", "numpy", "torch"), report)


if __name__ == "__main__":
    main()
