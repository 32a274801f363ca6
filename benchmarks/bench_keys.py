"""How long does a key take, and how much memory, against `datasets`, and against reading the bytes once?

    python benchmarks/bench_keys.py           # tiny: checks that everything runs
    python benchmarks/bench_keys.py --time    # functions that reach 100 MB; prints one JSON of medians

The floor is one hash (``xxh3_128``) of the same bytes by one thread.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

import measure
import numpy as np
import pyarrow as pa
import xxhash

from nlpdata._optional import is_available
from nlpdata.cache.explain import ingredients
from nlpdata.cache.key import content_key

LIMIT = 128


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return {"n": len(row["text"].split()[:LIMIT])}


def functions(num_bytes: int) -> dict[str, tuple[Callable[..., Any], Any]]:
    """Functions by name, each with the bytes that it reaches."""
    array = np.random.default_rng(0).integers(0, 256, num_bytes, dtype=np.uint8)
    column = pa.table({"a": array})
    words = {f"word{i}": i for i in range(max(num_bytes // 2000, 1))}
    cases: dict[str, tuple[Callable[..., Any], Any]] = {
        "plain function": (plain, None),
        "function over a NumPy array": (lambda row: array[row], array),
        "function over an Arrow table": (lambda row: column[row], array),
        "function over a vocabulary": (lambda row: words[row], None),
    }
    if is_available("torch"):
        tensor = __import__("torch").from_numpy(array)
        cases["function over a torch tensor"] = (lambda row: tensor[row], array)
    return cases


def extra_bytes(function: Callable[[], Any]) -> int:
    """The peak of what Python and NumPy allocate during a call."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def lines(num_bytes: int, repeats: int, peer: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each function's key, by the microsecond."""
    for name, (function, data) in functions(num_bytes).items():
        calls = repeats if data is not None else repeats * 10
        works = {"nlpdata": partial(content_key, function)}
        if peer is not None:
            works["datasets"] = partial(peer.fingerprint.Hasher.hash, function)
        if data is not None:
            works["floor"] = partial(xxhash.xxh3_128_digest, data.data)
        line: dict[str, Any] = measure.medians(measure.take_turns(works, calls))
        line |= {f"{of}_extra_bytes": extra_bytes(work) for of, work in works.items() if of != "floor"}
        line["ingredients_seconds"] = median(measure.several(partial(ingredients, function), max(repeats // 4, 1)))
        yield f"key of {name}", line


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    given = measure.options(__doc__, arguments, {"bytes": (10**5, 100 * 2**20), "repeats": (2, 40)}, no_peer=measure.NO_PEER)
    found = measure.table(lines(given.bytes, given.repeats, measure.peer(given.no_peer)))
    report = {"bytes": given.bytes, "repeats": given.repeats, "medians": found}
    return measure.report(given, ("datasets", "dill", "numpy", "xxhash"), report)


if __name__ == "__main__":
    main()
