"""What the benchmarks share: options, works that take turns, medians, and the report with machine, versions and command."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nlpdata._optional import is_available
from nlpdata.settings import settings

Work = Callable[[], Any]
NO_PEER = {"action": "store_true", "help": "leave `datasets` out"}
HEAD = f"{'median microseconds':40}{'nlpdata':>12}{'peer':>12}{'floor':>12}{'ratio':>8}{'share':>8}   target"


def options(
    description: str | None, arguments: list[str] | None, sizes: dict[str, tuple[int, int]], **more: dict[str, Any]
) -> argparse.Namespace:
    """What was asked for: ``--time``, ``--folder``, ``--out``, a number for each of ``sizes``, and the options of ``more``.

    Args:
        sizes: name -> (tiny, real); real is taken with ``--time``.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", action="store_true", help="real size; otherwise tiny, to see that it runs")
    for name, (tiny, real) in sizes.items():
        parser.add_argument(f"--{name}", type=int, help=f"{real:,} with --time unless given, else {tiny:,}")
    for name, kind in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **kind)
    parser.add_argument("--folder", type=Path, default=os.environ.get("NLPDATA_BENCH"), help="where made-up data are kept")
    parser.add_argument("--out", type=Path, help="also write the JSON here")
    given = parser.parse_args(arguments)
    for name, size in sizes.items():
        if getattr(given, name) is None:
            setattr(given, name, size[given.time])
    given.command = ["python", f"benchmarks/{Path(sys.argv[0]).name}", *(sys.argv[1:] if arguments is None else arguments)]
    return given


@contextmanager
def quiet(folder: Path | None) -> Iterator[Path]:
    """The folder for made-up data, a temporary one for ``None``; without progress bars and what peers ask of newer packages."""
    with tempfile.TemporaryDirectory() as made, settings.override(progress=False), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        yield folder or Path(made)


def peer(left_out: bool = False) -> Any:
    """`datasets` without progress bars, and without asking the network to count its loads; ``None`` where not installed."""
    if left_out or not is_available("datasets"):
        return None
    import datasets

    datasets.disable_progress_bars()
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    return datasets


def seconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def timed(work: Work) -> tuple[float, Any]:
    """Seconds, and what came out; that is not freed while the clock runs."""
    started = time.perf_counter()
    made = work()
    return time.perf_counter() - started, made


def several(work: Work, repeats: int) -> list[float]:
    """Seconds of several calls, after one that is not counted."""
    work()
    return [seconds(work) for _ in range(repeats)]


def take_turns(
    works: Mapping[str, Any], repeats: int, timed: Callable[[str, Any], float] = lambda _, work: seconds(work)
) -> dict[str, list[float]]:
    """Seconds of each, one turn after the other, so that what else the machine does slows all of them; ``None`` is left out."""
    taken: dict[str, list[float]] = {name: [] for name, work in works.items() if work is not None}
    for _ in range(repeats):
        for name in taken:
            taken[name].append(timed(name, works[name]))
    return taken


def medians(taken: dict[str, list[float]], units: float = 1, parts: int = 1) -> dict[str, float]:
    """Microseconds a unit of each; and, compared turn by turn, the peer's time over ours and the floor's.

    Args:
        taken: seconds of ``nlpdata``, and perhaps of ``floor`` and of one peer.
        units: what the work does: rows, calls.
        parts: how many run side by side, of what the floor does one after the other.
    """
    found = {f"{name}_us": statistics.median(times) / units * 1e6 for name, times in taken.items()}
    for name in taken.keys() - {"nlpdata"}:
        ratio = statistics.median(t / o for t, o in zip(taken[name], taken["nlpdata"], strict=True))
        found |= {"share_of_floor": ratio / parts} if name == "floor" else {"ratio": ratio}
    return found


def plain(value: Any) -> Any:
    """Arrays and tensors as lists, so that results compare."""
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def agree(what: str, results: Mapping[str, Any]) -> None:
    """Refuse to time works that do not give the same."""
    if any(result != results["nlpdata"] for result in results.values()):
        raise SystemExit(f"{what}: the results differ: {str(results)[:2000]}")


def in_a_fresh_process(code: str, *arguments: object) -> str:
    """What it printed."""
    command = [sys.executable, "-W", "ignore", "-c", code, *map(str, arguments)]
    environment = {**os.environ, "NLPDATA_PROGRESS": "0"}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def table(lines: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The lines by name, each also shown as soon as it is measured."""
    found = {}
    print(HEAD, file=sys.stderr)
    for name, line in lines:
        found[name] = line
        print(f"{name:40}{shown(line)}", file=sys.stderr, flush=True)
    return found


def shown(line: dict[str, Any]) -> str:
    times = {key: value for key, value in line.items() if key.endswith("_us")}
    ours, floor = times.pop("nlpdata_us"), times.pop("floor_us", None)
    values = (ours, next(iter(times.values()), None), floor, line.get("ratio"), line.get("share_of_floor"))
    layout = zip(values, (12, 12, 12, 8, 8), (3, 3, 3, 2, 3), strict=True)
    cells = "".join(" " * width if value is None else f"{value:{width}.{digits}f}" for value, width, digits in layout)
    rest = [f"{k} {v:,.1f}" for k, v in line.items() if not k.endswith(("_us", "ratio", "share", "floor", "note"))]
    return f"{cells}   {line.get('target_ratio') or line.get('target_share') or '':<6} {', '.join(rest)}"


def report(given: argparse.Namespace, packages: Iterable[str], found: dict[str, Any]) -> dict[str, Any]:
    """One JSON-able object, which is printed, and written where ``--out`` says."""
    made = {
        "command": " ".join(given.command),
        "machine": {"cpus": len(os.sched_getaffinity(0)), "system": f"{platform.system()} {platform.machine()}"},
        "load_average": os.getloadavg()[0],
        "versions": {"python": platform.python_version()} | dict(map(installed, ("nlpdata", *packages))),
        **found,
    }
    text = json.dumps(made, indent=1)
    print(text)
    if given.out is not None:
        given.out.write_text(text + "\n", encoding="utf-8")
    return made


def installed(name: str) -> tuple[str, str | None]:
    try:
        return name, version(name)
    except PackageNotFoundError:
        return name, None
