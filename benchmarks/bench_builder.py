"""How fast loaders prepare: generators against `datasets`, tables against the reader alone, dumps of Wikipedia by processes.

    python benchmarks/bench_builder.py            # tiny: checks that everything runs and that both libraries agree
    python benchmarks/bench_builder.py --time     # 200,000 rows; a dump of 500 MB; prints one JSON of medians

Preparation goes end to end into an empty cache, with its syncs to disk. The libraries take turns, and only their ratio means
anything on a machine that does other work. The limit of a table is its reader: all batches parsed, and dropped.
"""

from __future__ import annotations

import argparse
import bz2
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import nlpdata
from nlpdata._optional import is_available
from nlpdata.files.base import get_file_type
from nlpdata.settings import settings

ROWS, REPEATS, DUMP_MEGABYTES, ARTICLES = 200_000, 5, 500, 3000
LIMITS = {"csv": ("csv", "csv", {}), "tsv": ("csv", "tsv", {"sep": "\t"}), "jsonl": ("json", "jsonl", {})}
WORDS = [f"w{i:x}" for i in range(5000)]


def text(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words))


def examples(kind: str, rows: int) -> Iterator[dict[str, Any]]:
    """The rows of one of three shapes: a labelled sentence, a question on a paragraph, tagged tokens."""
    rng = random.Random(0)
    sentences = [text(rng, 20) for _ in range(1000)]
    paragraphs = [text(rng, 120) for _ in range(200)]
    for number in range(rows):
        if kind == "sentences":
            yield {"sentence": sentences[number % 1000], "label": ("no", "yes")[number % 2], "idx": number}
        elif kind == "questions":
            answers = {"text": [sentences[number % 1000][:20]], "answer_start": [number % 300]}
            yield {"id": str(number), "context": paragraphs[number % 200], "question": "why?", "answers": answers}
        else:
            tokens = sentences[number % 1000].split()
            yield {"id": str(number), "tokens": tokens, "tags": [("O", "B", "I")[i % 3] for i in range(len(tokens))]}


def builder_class(library: Any, kind: str, rows: int) -> type:
    """The same loader on either library."""
    value, sequence = library.Value, library.Sequence
    columns = {
        "sentences": {"sentence": value("string"), "label": library.ClassLabel(names=["no", "yes"]), "idx": value("int32")},
        "questions": {
            "id": value("string"),
            "context": value("string"),
            "question": value("string"),
            "answers": sequence({"text": value("string"), "answer_start": value("int32")}),
        },
        "tags": {
            "id": value("string"),
            "tokens": sequence(value("string")),
            "tags": sequence(library.ClassLabel(names=["O", "B", "I"])),
        },
    }

    class Made(library.GeneratorBasedBuilder):  # type: ignore[misc,name-defined]
        VERSION = library.Version("1.0.0")

        def _info(self) -> Any:
            return library.DatasetInfo(features=library.Features(columns[kind]))

        def _split_generators(self, dl_manager: Any) -> Any:
            return [library.SplitGenerator(name="train", gen_kwargs={})]

        def _generate_examples(self) -> Iterator[tuple[int, Any]]:
            yield from enumerate(examples(kind, rows))

    return Made


def built(library: Any, kind: str, rows: int, cache: str) -> Any:
    builder = builder_class(library, kind, rows)(cache_dir=cache)
    builder.download_and_prepare()
    return builder.as_dataset("train")


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def generators(rows: int, repeats: int, libraries: dict[str, Any], work: Path) -> dict[str, Any]:
    """Rows a second of generator builders; the generator alone is the limit."""
    results = {}
    for kind in ("sentences", "questions", "tags"):
        taken: dict[str, list[float]] = {name: [] for name in libraries}
        rows_found: dict[str, Any] = {}
        for turn in range(repeats + 1):
            for name, library in libraries.items():
                with tempfile.TemporaryDirectory(dir=work) as cache:
                    made: list[Any] = []
                    count = rows if turn else 10  # the first turn is for imports
                    os.sync()
                    spent = seconds(lambda: made.append(built(library, kind, count, cache)))  # noqa: B023
                    if turn:
                        taken[name].append(spent)
                    rows_found[name] = (len(made[0]), made[0][0], made[0][-1])
        if any(found != rows_found["nlpdata"] for found in rows_found.values()):
            raise SystemExit(f"{kind}: the libraries disagree: {rows_found}")
        alone = statistics.median(seconds(lambda: [None for _ in examples(kind, rows)]) for _ in range(repeats))  # noqa: B023
        results[kind] = {f"{name}_rows_per_second": rows / statistics.median(taken[name]) for name in libraries}
        results[kind]["generator_alone_rows_per_second"] = rows / alone
        if "datasets" in libraries:
            results[kind]["ratio"] = statistics.median(taken["datasets"]) / statistics.median(taken["nlpdata"])
    return results


def tables(rows: int, repeats: int, work: Path) -> dict[str, Any]:
    """Preparation of a table against its reader alone."""
    rng = random.Random(0)
    lines = [(str(n), text(rng, 100), str(n % 10)) for n in range(rows)]
    (work / "rows.csv").write_text("id,text,label\n" + "".join(",".join(line) + "\n" for line in lines), "utf-8")
    (work / "rows.tsv").write_text("id\ttext\tlabel\n" + "".join("\t".join(line) + "\n" for line in lines), "utf-8")
    objects = (json.dumps({"id": int(n), "text": words, "label": int(label)}) + "\n" for n, words, label in lines)
    (work / "rows.jsonl").write_text("".join(objects), "utf-8")
    results = {}
    for name, (kind, suffix, options) in LIMITS.items():
        path = str(work / f"rows.{suffix}")
        reading, preparing = [], []
        for _ in range(repeats):
            reading.append(seconds(lambda: [None for _ in get_file_type(kind).read(path, **options)]))  # noqa: B023
            with tempfile.TemporaryDirectory(dir=work) as cache:
                os.sync()
                load = {"data_files": path, "cache_dir": cache, **options}
                preparing.append(seconds(lambda: nlpdata.load_dataset(kind, **load)))  # noqa: B023
        read, prepared = statistics.median(reading), statistics.median(preparing)
        size = os.path.getsize(path) / 1e6
        results[name] = {
            "megabytes": size,
            "reader_megabytes_per_second": size / read,
            "prepared_megabytes_per_second": size / prepared,
            "share_of_reader": read / prepared,
        }
    return results


def make_dump(path: Path, articles: int, megabytes: float) -> None:
    """A multistream dump of made-up articles, a hundred in a stream; streams repeat until the file is large enough."""
    rng = random.Random(0)
    streams = []
    for start in range(0, articles, 100):
        pages = []
        for number in range(start, min(start + 100, articles)):
            sections = [
                f"'''{text(rng, 3)}''' {text(rng, 60)} [[{text(rng, 1)}|{text(rng, 2)}]]"
                f"&lt;ref&gt;{{{{cite|t={text(rng, 5)}}}}}&lt;/ref&gt; {text(rng, 40)}\n\n== {text(rng, 2)} ==\n"
                f"* {text(rng, 20)}\n* [https://e.example {text(rng, 3)}]"
                for _ in range(4)
            ]
            body = "\n\n".join(sections)
            head = f"<title>T {number}</title><ns>0</ns><id>{number}</id><revision><id>{number}</id>"
            pages.append(
                f"  <page>{head}<text>{{{{Infobox|a=1}}}}\n{body}\n[[Category:{text(rng, 1)}]]</text></revision></page>\n"
            )
        streams.append(bz2.compress("".join(pages).encode()))
    with path.open("wb") as file:
        file.write(bz2.compress(b'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/"><siteinfo></siteinfo>\n'))
        while True:
            file.writelines(streams)
            if file.tell() >= megabytes * 1e6:
                break
        file.write(bz2.compress(b"</mediawiki>\n"))


def dumps(articles: int, megabytes: float, work: Path) -> dict[str, Any]:
    """Articles a second by one and two processes, of a dump in eight files; memory of reading a large dump and a small one."""
    small, large = work / "small.xml.bz2", work / "large.xml.bz2"
    files = [str(work / f"part{number}.xml.bz2") for number in range(8)]
    for file in files:
        make_dump(Path(file), articles // 8, 0)
    make_dump(small, 2000, 0)
    make_dump(large, 2000, megabytes)
    speeds = {}
    for workers in (1, 2):
        with tempfile.TemporaryDirectory(dir=work) as cache:
            loading = f"language='en', data_files={files!r}, split='train', cache_dir={cache!r}, num_proc={workers}"
            call = (
                "from nlpdata import load_dataset; import time; t = time.perf_counter(); "
                f"print(len(load_dataset('wikipedia', {loading})), time.perf_counter() - t)"
            )
            found, spent = _child(call)
            speeds[f"articles_per_second_{workers}"] = int(found) / float(spent)
    memory = {}
    for name, path in (("small", small), ("large", large)):
        call = (
            "from nlpdata.builder.mediawiki import dump_parts, pages_of_part; import time; t = time.perf_counter(); "
            f"print(sum(1 for part in dump_parts({str(path)!r}) for page in pages_of_part(part)), time.perf_counter() - t, "
            "[line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
        )
        pages, spent, peak = _child(call)
        memory[name] = {
            "megabytes_of_bz2": path.stat().st_size / 1e6,
            "pages": int(pages),
            "peak_resident_megabytes": int(peak) / 1e3,
            "pages_per_second": int(pages) / float(spent),
        }
    return {**speeds, "reading": memory}


def _child(code: str) -> list[str]:
    environment = {**os.environ, "NLPDATA_PROGRESS": "0"}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    ).stdout.split()


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def run(rows: int, repeats: int, dump: tuple[int, float], peer: bool) -> dict[str, Any]:
    """Everything as one JSON-able object."""
    libraries: dict[str, Any] = {"nlpdata": nlpdata}
    if peer and is_available("datasets"):
        import datasets

        datasets.disable_progress_bars()
        libraries["datasets"] = datasets
    with tempfile.TemporaryDirectory() as made, settings.override(progress=False):
        work = Path(made)
        results = {"generators": generators(rows, repeats, libraries, work), "tables": tables(rows, repeats, work)}
        if is_available("mwparserfromhell"):
            results["dumps"] = dumps(*dump, work)
    return {
        "command": " ".join(["python", *sys.argv]),
        "machine": {"cores": len(os.sched_getaffinity(0)), "system": platform.platform(), "python": platform.python_version()},
        "load_average": os.getloadavg()[0],
        "versions": {name: installed(name) for name in ("nlpdata", "datasets", "pyarrow", "mwparserfromhell")},
        "repeats": repeats,
        "results": results,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", action="store_true", help="real size")
    parser.add_argument("--rows", type=int, default=None)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--no-peer", action="store_true", help="leave `datasets` out")
    parser.add_argument("--out", type=Path, help="also write the JSON to this file")
    given = parser.parse_args()
    rows = given.rows or (ROWS if given.time else 300)
    dump = (ARTICLES, DUMP_MEGABYTES) if given.time else (80, 0.5)
    found = json.dumps(run(rows, given.repeats if given.time else 1, dump, not given.no_peer), indent=1)
    print(found)
    if given.out:
        given.out.write_text(found + "\n", "utf-8")


if __name__ == "__main__":
    main()
