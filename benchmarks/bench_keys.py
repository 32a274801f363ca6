"""How long does a key take, and how much memory, against reading the bytes once?

As a test (tiny): ``pytest benchmarks/bench_keys.py``.
At real size: ``python benchmarks/bench_keys.py --time [--out FILE]``, which writes one JSON: machine, versions, command, and
per case the median and least seconds, the peak of extra memory, and the limit: one hash (``xxh3_128``) of the same bytes by one
thread. The peer is ``datasets.fingerprint.Hasher``, where it is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

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
    try:
        import torch
    except ImportError:
        return cases
    tensor = torch.from_numpy(array)
    return {**cases, "function over a torch tensor": (lambda row: tensor[row], array)}


def seconds(function: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Median and least seconds of several calls, after one that is not counted."""
    function()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken), min(taken)


def extra_bytes(function: Callable[[], Any]) -> int:
    """The peak of what Python and NumPy allocate during a call."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def peer() -> Callable[[Any], Any] | None:
    try:
        from datasets.fingerprint import Hasher
    except ImportError:
        return None
    return Hasher.hash  # type: ignore[no-any-return]


def measure(num_bytes: int, repeats: int) -> list[dict[str, Any]]:
    hasher, results = peer(), []
    for name, (function, data) in functions(num_bytes).items():
        calls = repeats if data is not None else repeats * 10
        median, least = seconds(lambda f=function: content_key(f), calls)
        found: dict[str, Any] = {"case": name, "nlpdata_s": median, "nlpdata_least_s": least}
        found["nlpdata_extra_bytes"] = extra_bytes(lambda f=function: content_key(f))
        found["ingredients_s"] = seconds(lambda f=function: ingredients(f), max(repeats // 4, 1))[0]
        if data is not None:
            found["limit_s"], found["limit_least_s"] = seconds(lambda d=data: xxhash.xxh3_128_digest(d.data), calls)
        if hasher is not None:
            found["datasets_s"] = seconds(lambda f=function: hasher(f), max(repeats // 10, 1))[0]
            found["datasets_extra_bytes"] = extra_bytes(lambda f=function: hasher(f))
        results.append(found)
    return results


def test_keys_are_measured() -> None:
    found = measure(100_000, 2)
    assert all(case["nlpdata_s"] > 0 and case["nlpdata_extra_bytes"] < 2**20 for case in found)
    assert any("limit_s" in case for case in found)


def installed(*names: str) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", action="store_true", help="real size; otherwise tiny, to see that it runs")
    parser.add_argument("--out", type=Path, default=None, help="also write the JSON here")
    given = parser.parse_args()
    size = 100 * 2**20 if given.time else 10**5
    report = {
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "versions": installed("nlpdata", "datasets", "dill", "numpy", "xxhash"),
        "command": " ".join(["python", *sys.argv]),
        "load_average": os.getloadavg()[0],
        "num_bytes": size,
        "cases": measure(size, 40 if given.time else 2),
    }
    text = json.dumps(report, indent=1)
    if given.out is not None:
        given.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
