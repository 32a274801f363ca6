"""How fast rows, batches and columns come out of a table, against plain NumPy over the same values.

    python benchmarks/bench_formats.py           # tiny: checks that everything runs, and that the floor gives the same
    python benchmarks/bench_formats.py --time    # 100,000 rows; prints one JSON of medians

The corpus is that of ``bench_dataset.py``, in one chunk with 64-bit text offsets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import corpus
import measure
import numpy as np
import pyarrow as pa
from floor import Floor
from measure import Work

import nlpdata
from nlpdata._optional import is_available
from nlpdata.formats import FormatSpec, get_formatter, lazy_rows

BATCH_ROWS = 1000


def batches(table: pa.Table) -> Iterator[pa.Table]:
    for start in range(0, table.num_rows, BATCH_ROWS):
        yield table.slice(start, BATCH_ROWS)


def works(table: pa.Table, floor: Floor) -> Iterator[tuple[str, int, Work, Work]]:
    """Name, rows, ours, and the same by hand."""
    rows, python, numpy = table.num_rows, get_formatter(FormatSpec()), get_formatter(FormatSpec("numpy"))
    spans = [(s, min(s + BATCH_ROWS, rows)) for s in range(0, rows, BATCH_ROWS)]
    some = np.random.default_rng(1).integers(0, rows, min(rows, 10_000)).tolist()

    def each(make: Callable[[pa.Table], Any], whole: pa.Table = table) -> Work:
        return lambda: [make(batch) for batch in batches(whole)][-1]

    def column(formatter: Any, name: str) -> Work:
        return each(lambda batch: formatter.column(batch, name), table.select([name]))

    def by_hand(make: Callable[[int, int], Any]) -> Work:
        return lambda: [make(*span) for span in spans][-1]

    one_by_one = lambda: [python.row(table, i) for i in some][-1]  # noqa: E731
    yield "python: row(table, i), random", len(some), one_by_one, lambda: [floor.row(i) for i in some][-1]
    yield "python: rows", rows, each(lambda b: list(python.rows(b))), by_hand(lambda a, b: list(floor.rows(a, b)))
    yield "python: batches", rows, each(python.batch), by_hand(floor.columns)
    lazily = each(lambda b: [row["label"] for row in lazy_rows(b, python)])
    yield "python: lazy rows, one column read", rows, lazily, by_hand(lambda a, b: floor.label[a:b].tolist())
    yield "numpy: text", rows, column(numpy, "text"), by_hand(floor.texts)
    yield "numpy: tokens", rows, column(numpy, "tokens"), by_hand(floor.ragged)
    yield "numpy: embedding (views)", rows, column(numpy, "embedding"), by_hand(lambda a, b: floor.embedding[a:b])
    if is_available("torch"):
        torch = get_formatter(FormatSpec("torch"))
        yield "torch: tokens", rows, column(torch, "tokens"), by_hand(floor.ragged)
        yield "torch: embedding", rows, column(torch, "embedding"), by_hand(lambda a, b: floor.embedding[a:b].copy())


def line(name: str, rows: int, ours: Work, floor: Work, repeats: int) -> dict[str, Any]:
    """Medians of both; refuses to time what does not agree."""
    measure.agree(name, {"nlpdata": measure.plain(ours()), "floor": measure.plain(floor())})
    return measure.medians(measure.take_turns({"nlpdata": ours, "floor": floor}, repeats), rows)


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    given = measure.options(__doc__, arguments, {"rows": (50, 100_000), "repeats": (1, 5)})
    with measure.quiet(given.folder) as folder:
        place = corpus.make(folder, given.rows)
        whole = nlpdata.load_from_disk(str(place / "nlpdata")).with_format("arrow")[:]
        schema = whole.schema.set(whole.schema.get_field_index("text"), pa.field("text", pa.large_string()))
        table = whole.cast(schema).combine_chunks()
        lines = ((name, line(name, *work, given.repeats)) for name, *work in works(table, Floor(place / "floor")))
        found = {"rows": given.rows, "batch_rows": BATCH_ROWS, "repeats": given.repeats, "medians": measure.table(lines)}
    return measure.report(given, ("pyarrow", "numpy", "torch"), found)


if __name__ == "__main__":
    main()
