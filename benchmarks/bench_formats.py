"""How fast rows, batches and columns come out of a table, against plain NumPy over the same buffers.

    python benchmarks/bench_formats.py           # tiny: checks that everything runs, and that the floor gives the same
    python benchmarks/bench_formats.py --time    # 100,000 rows; prints one JSON of medians

The floor is what one would write by hand for this one table: offsets and values, no library.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata._optional import is_available
from nlpdata.formats import FormatSpec, get_formatter, lazy_rows

BATCH_ROWS = 1000
Work = Callable[[pa.Table], Any]


def make_table(rows: int) -> pa.Table:
    """id, text of about 650 bytes, label, about 128 tokens, 64 floats; in one chunk, with 64-bit text offsets."""
    rng = np.random.default_rng(0)
    words = np.array([f"w{i:x}" for i in range(5000)])
    ranks = rng.zipf(1.3, rows * 140) % len(words)
    text = [" ".join(words[ranks[i * 140 : (i + 1) * 140]]) for i in range(rows)]
    lengths = rng.integers(100, 157, rows)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    tokens = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(rng.integers(0, 30000, offsets[-1], dtype=np.int32)))
    embedding = pa.FixedSizeListArray.from_arrays(pa.array(rng.random(rows * 64, dtype=np.float32)), 64)
    columns = {
        "id": pa.array(np.arange(rows)),
        "text": pa.array(text, pa.large_string()),
        "label": pa.array(rng.integers(0, 10, rows)),
        "tokens": tokens,
        "embedding": embedding,
    }
    return pa.table(columns)


def batches(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, BATCH_ROWS):
        yield table.slice(start, BATCH_ROWS)


class Floor:
    """The same results by hand."""

    def __init__(self, table: pa.Table) -> None:
        one = {name: table[name].chunk(0) for name in table.column_names}
        self.id, self.label = one["id"].to_numpy(), one["label"].to_numpy()
        self.offsets = one["tokens"].offsets.to_numpy()
        self.tokens = one["tokens"].values.to_numpy()
        self.embedding = one["embedding"].values.to_numpy().reshape(-1, 64)
        self.text = one["text"]
        self.text_offsets = np.frombuffer(one["text"].buffers()[1], np.int64)
        self.text_bytes = memoryview(one["text"].buffers()[2])

    def row(self, i: int) -> dict[str, Any]:
        a, b = self.text_offsets[i : i + 2]
        c, d = self.offsets[i : i + 2]
        text = str(self.text_bytes[a:b], "utf-8")
        ids = {"id": self.id.item(i), "text": text, "label": self.label.item(i)}
        return {**ids, "tokens": self.tokens[c:d].tolist(), "embedding": self.embedding[i].tolist()}

    def python(self, start: int, stop: int) -> dict[str, Any]:
        offsets = self.offsets[start : stop + 1].tolist()
        return {
            "id": self.id[start:stop].tolist(),
            "text": self.text.slice(start, stop - start).to_pylist(),
            "label": self.label[start:stop].tolist(),
            "tokens": [self.tokens[a:b].tolist() for a, b in pairwise(offsets)],
            "embedding": self.embedding[start:stop].tolist(),
        }

    def rows(self, start: int, stop: int) -> list[dict[str, Any]]:
        found = self.python(start, stop)
        return [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]

    def ragged(self, start: int, stop: int) -> list[Any]:
        offsets = self.offsets[start : stop + 1]
        flat = self.tokens[offsets[0] : offsets[-1]].astype(np.int64)
        return [flat[a:b] for a, b in pairwise((offsets - offsets[0]).tolist())]

    def fixed(self, start: int, stop: int) -> Any:
        return self.embedding[start:stop].copy()

    def words(self, start: int, stop: int) -> list[str]:
        return list(self.text.slice(start, stop - start).to_pylist())


def works(table: pa.Table) -> dict[str, tuple[Work, Work]]:
    """Name -> (ours, floor); each takes the whole table."""
    floor, python, numpy = Floor(table), get_formatter(FormatSpec()), get_formatter(FormatSpec("numpy"))
    spans = [(s, min(s + BATCH_ROWS, table.num_rows)) for s in range(0, table.num_rows, BATCH_ROWS)]
    some = np.random.default_rng(1).integers(0, table.num_rows, min(table.num_rows, 10_000)).tolist()

    def by_hand(make: Callable[[int, int], Any]) -> Work:
        return lambda _: [make(*span) for span in spans][-1]

    def column(formatter: Any, name: str) -> Work:
        def run(whole: pa.Table) -> Any:
            picked = whole.select([name])
            return [formatter.column(batch, name) for batch in batches(picked)][-1]

        return run

    made: dict[str, tuple[Work, Work]] = {
        "python: row(table, i), 10,000 random": (
            lambda t: [python.row(t, i) for i in some][-1],
            lambda _: [floor.row(i) for i in some][-1],
        ),
        "python: rows": (lambda t: [list(python.rows(b)) for b in batches(t)][-1], by_hand(floor.rows)),
        "python: batches": (lambda t: [python.batch(b) for b in batches(t)][-1], by_hand(floor.python)),
        "python: lazy rows, one column read": (
            lambda t: [[r["label"] for r in lazy_rows(b, python)] for b in batches(t)][-1],
            by_hand(lambda a, b: floor.label[a:b].tolist()),
        ),
        "numpy: text": (column(numpy, "text"), by_hand(floor.words)),
        "numpy: tokens": (column(numpy, "tokens"), by_hand(floor.ragged)),
        "numpy: embedding (views)": (column(numpy, "embedding"), by_hand(lambda a, b: floor.embedding[a:b])),
    }
    if is_available("torch"):
        torch = get_formatter(FormatSpec("torch"))
        made["torch: tokens"] = column(torch, "tokens"), by_hand(floor.ragged)
        made["torch: embedding"] = column(torch, "embedding"), by_hand(floor.fixed)
    return made


def plain(value: Any) -> Any:
    """Arrays and tensors as lists, so that both sides compare."""
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


def seconds(work: Work, table: pa.Table, repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        work(table)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", action="store_true", help="real size; otherwise tiny, to see that it runs")
    parser.add_argument("--rows", type=int, default=None, help="rows (default 100,000 with --time, 50 without)")
    parser.add_argument("--out", type=Path, default=None, help="also write the JSON here")
    chosen = parser.parse_args(arguments)
    rows = chosen.rows or (100_000 if chosen.time else 50)
    table = make_table(rows)
    results = {}
    for name, (ours, floor) in works(table).items():
        if plain(ours(table)) != plain(floor(table)):
            raise SystemExit(f"{name}: not what the floor gives")
        taken, least = (seconds(work, table, 5 if chosen.time else 1) for work in (ours, floor))
        count = min(rows, 10_000) if "random" in name else rows
        results[name] = {
            "us_per_row": round(taken / count * 1e6, 3),
            "floor_us_per_row": round(least / count * 1e6, 3),
            "share_of_floor": round(least / taken, 3),
        }
    report = {
        "benchmark": "formats",
        "command": " ".join(["python", "benchmarks/bench_formats.py", *(arguments if arguments is not None else sys.argv[1:])]),
        "machine": {"cpus": os.cpu_count(), "processor": platform.machine(), "system": platform.system()},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "pyarrow": pa.__version__},
        "load_average": os.getloadavg()[0],
        "rows": rows,
        "batch_rows": BATCH_ROWS,
        "medians": results,
    }
    if chosen.out is not None:
        chosen.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return report


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
