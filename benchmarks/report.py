"""The table and the plot of measured speed, from the JSON files that the benchmarks wrote: nothing is typed in by hand.

    make bench                                    # measures (quiet machine, about half an hour), then does the following
    python benchmarks/report.py                   # benchmarks/results/*.json -> docs/speed.md and docs/speed.svg

Needs matplotlib (``pip install "nlpdata[bench]"``). A test checks that ``docs/speed.md`` is what the JSON files say.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS, DOCS = HERE / "results", HERE.parent / "docs"
GRAY, BLUE, RED = "#888888", "#2a6fdb", "#c0392b"


@dataclass(frozen=True)
class Line:
    """One measured thing: microseconds of the three, what is aimed at (ratio to the peer, share of the floor)."""

    what: str
    ours: float
    peer: float | None = None
    floor: float | None = None
    ratio: float | None = None
    share: float | None = None
    target: float | None = None
    target_share: float | None = None
    note: str = ""

    @property
    def missed(self) -> bool:
        """Whether a ratio was aimed at and not reached."""
        if self.target and self.ratio is not None:
            return self.ratio < self.target
        return bool(self.target_share and self.share is not None and self.share < self.target_share)


NOTES: dict[str, Callable[[float], str]] = {
    "bytes_a_row": lambda found: f"{found:.0f} B a row",
    "worker_bytes": lambda found: f"{found / 2**20:.0f} MB a worker" if found else "",
    "forked_from_bytes": lambda found: f"{found / 2**20:.0f} MB before they are forked" if found else "",
    "megabytes_per_second": lambda found: f"{found:.0f} MB/s",
    "nlpdata_extra_bytes": lambda found: f"{found / 1000:.0f} kB more memory",
    "note": str,
}


def lines_of(report: dict[str, Any]) -> Iterator[Line]:
    """The lines of any benchmark."""
    for name, found in report["medians"].items():
        times = {key: value for key, value in found.items() if key.endswith("_us")}
        ours, floor = times.pop("nlpdata_us"), times.pop("floor_us", None)
        note = ", ".join(said for said in (say(found[key]) for key, say in NOTES.items() if key in found) if said)
        more = (found.get(key) for key in ("ratio", "share_of_floor", "target_ratio", "target_share"))
        yield Line(name, ours, next(iter(times.values()), None), floor, *more, note)
    yield from of_openings(report.get("open_in_a_fresh_process", {}))


def of_openings(found: dict[str, Any]) -> Iterator[Line]:
    """Opening in a fresh process: the first call of all, and what it costs in memory and reads."""
    for name, ours in found.items():
        if "nlpdata" not in name:
            continue
        theirs = found.get(name.replace("nlpdata", "datasets"))
        grown = (ours["anonymous_bytes"] + ours["file_backed_bytes"]) / 1e6
        note = f"{grown:.1f} MB resident, {ours['read_bytes'] / 1e6:.2f} MB read"
        if theirs:
            theirs_grown = (theirs["anonymous_bytes"] + theirs["file_backed_bytes"]) / 1e6
            note += f" (`datasets`: {theirs_grown:.0f} MB, {theirs['read_bytes'] / 1e6:.0f} MB)"
        peer = theirs["milliseconds"] * 1e3 if theirs else None
        ratio = theirs["milliseconds"] / ours["milliseconds"] if theirs else None
        what = f"open in a fresh process: {name.replace('nlpdata, ', '')}"
        yield Line(what, ours["milliseconds"] * 1e3, peer, ratio=ratio, target=ours.get("target_ratio"), note=note)


SECTIONS = {
    "dataset": ("Rows, batches, reordering, saving", "`datasets`"),
    "map": ("map and filter", "`datasets`"),
    "keys": ("Keys of functions", "`datasets`"),
    "load": ("Loading files", "`datasets`"),
    "metrics": ("Metrics", "scikit-learn, scipy"),
    "builder": ("Preparing loaders; the floor is the generator or the reader alone", "`datasets`"),
    "formats": ("Formats", "peer"),
}


def microseconds(value: float | None) -> str:
    """A time in the unit that reads best."""
    if value is None:
        return ""
    for limit, unit, scale in ((1e3, "µs", 1), (1e6, "ms", 1e3), (float("inf"), "s", 1e6)):
        if value < limit:
            return f"{value / scale:.3g} {unit}"
    raise AssertionError


def table(report: dict[str, Any], title: str, peer: str) -> str:
    """A section of the page in Markdown."""
    machine = ", ".join(f"{k} {v}" for k, v in report.get("machine", {}).items())
    versions = ", ".join(f"{k} {v}" for k, v in report["versions"].items() if v)
    text = [f"## {title}", "", f"`{report['command']}` · {machine} · {versions}", ""]
    text += [f"| work | nlpdata | {peer} | floor | ratio | of the floor | target | |", "|---|--:|--:|--:|--:|--:|--:|---|"]
    for line in lines_of(report):
        ratio = "" if line.ratio is None else f"**{line.ratio:.1f}×**" if line.ratio >= 1 else f"{line.ratio:.2f}×"
        aim = f"{line.target:g}×" if line.target else f"{line.target_share:g} of the floor" if line.target_share else ""
        cells = (line.what, microseconds(line.ours), microseconds(line.peer), microseconds(line.floor), ratio)
        share = "" if line.share is None else f"{line.share:.2f}"
        note = "; ".join(part for part in ("missed" if line.missed else "", line.note) if part)
        text.append(f"| {' | '.join(cells)} | {share} | {aim} | {note} |")
    return "\n".join(text)


HEAD = """# Measured speed

Made by `python benchmarks/report.py` from `benchmarks/results/*.json`, which `make bench` wrote; do not edit. Medians; all
libraries take turns in one run. Times are per row for passes, maps and single rows, per call for the others. *Floor* is what
plain NumPy needs over the same values in contiguous memory, with nothing checked; *of the floor* is its share of our time. A
line that misses its target says so.

![nlpdata against the peers](speed.svg)
"""


def page(reports: dict[str, dict[str, Any]]) -> str:
    """The whole page."""
    parts = [HEAD]
    parts += [table(reports[key], *headings) + "\n" for key, headings in SECTIONS.items() if key in reports]
    return "\n".join(parts)


def plot(reports: dict[str, dict[str, Any]], target: Path) -> None:
    """Bars of the ratios to the peers, a tick where the target is."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "nlpdata"
    from matplotlib import pyplot

    lines = [line for key in SECTIONS if key in reports for line in lines_of(reports[key]) if line.ratio is not None]
    figure, axes = pyplot.subplots(figsize=(9, 0.24 * len(lines) + 1))
    places = range(len(lines), 0, -1)
    axes.barh(places, [line.ratio for line in lines], color=[RED if line.missed else BLUE for line in lines], height=0.7)
    aims = [(place, line.target) for place, line in zip(places, lines, strict=True) if line.target]
    axes.plot([aim for _, aim in aims], [place for place, _ in aims], "|", color="black", markersize=10, label="target")
    axes.axvline(1, color=GRAY, linewidth=1)
    axes.set_xscale("log")
    axes.set_yticks(list(places), [line.what for line in lines], fontsize=7)
    axes.set_xlabel("times as fast as the peer (log scale)")
    axes.margins(y=0.01)
    axes.legend(loc="lower right", frameon=False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(target, bbox_inches="tight", metadata={"Date": None})


def read(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """The JSON files by name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def main() -> None:
    reports = read()
    if not reports:
        sys.exit(f"There is no JSON file in {RESULTS}. Measure first: make bench.")
    DOCS.mkdir(exist_ok=True)
    (DOCS / "speed.md").write_text(page(reports), encoding="utf-8")
    plot(reports, DOCS / "speed.svg")


if __name__ == "__main__":
    main()
