"""How fast loaders prepare: generators against `datasets`, tables against the reader alone, dumps of Wikipedia by processes.

    python benchmarks/bench_builder.py            # tiny: checks that everything runs and that both libraries agree
    python benchmarks/bench_builder.py --time     # 200,000 rows; a dump of 500 MB; prints one JSON of medians

Preparation goes end to end into an empty cache, with its syncs to disk. The libraries take turns, and only their ratio means
anything on a machine that does other work. The limit of a table is its reader: all batches parsed, and dropped.
"""

from __future__ import annotations

import bz2
import json
import os
import random
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import measure

import nlpdata
from nlpdata._optional import is_available
from nlpdata.files.base import get_file_type

TABLES = {"csv": ("csv", {}), "tsv": ("csv", {"sep": "\t"}), "jsonl": ("json", {})}  # suffix -> file type and its options
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


def generator(kind: str, rows: int, repeats: int, libraries: dict[str, Any], work: Path) -> dict[str, Any]:
    """Preparation of one kind of rows; the floor is the generator alone."""
    last: dict[str, Any] = {}

    def prepared(name: str, library: Any) -> float:
        if name == "floor":
            return measure.seconds(lambda: [None for _ in examples(kind, rows)])
        with tempfile.TemporaryDirectory(dir=work) as cache:
            if name not in last:  # imports are not timed
                built(library, kind, 10, f"{cache}/first")
            os.sync()
            taken, made = measure.timed(lambda: built(library, kind, rows, cache))
            last[name] = (len(made), made[0], made[-1])
        measure.agree(kind, last)
        return taken

    return measure.medians(measure.take_turns({**libraries, "floor": examples}, repeats, prepared), rows)


def read(kind: str, data_files: str, cache_dir: str, **options: Any) -> None:
    """All batches of a file parsed, and dropped."""
    for _ in get_file_type(kind).read(data_files, **options):
        pass


def tables(rows: int, repeats: int, work: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Preparation of a table; the floor is its reader alone."""
    rng = random.Random(0)
    lines = [(str(n), text(rng, 100), str(n % 10)) for n in range(rows)]
    (work / "rows.csv").write_text("id,text,label\n" + "".join(",".join(line) + "\n" for line in lines), "utf-8")
    (work / "rows.tsv").write_text("id\ttext\tlabel\n" + "".join("\t".join(line) + "\n" for line in lines), "utf-8")
    objects = (json.dumps({"id": int(n), "text": words, "label": int(label)}) + "\n" for n, words, label in lines)
    (work / "rows.jsonl").write_text("".join(objects), "utf-8")
    readers = {"nlpdata": nlpdata.load_dataset, "floor": read}

    def in_an_empty_cache(_: str, load: Any) -> float:
        with tempfile.TemporaryDirectory(dir=work) as cache:
            os.sync()
            return measure.seconds(partial(load, cache_dir=cache))

    for suffix, (kind, options) in TABLES.items():
        path = work / f"rows.{suffix}"
        works = {name: partial(do, kind, data_files=str(path), **options) for name, do in readers.items()}
        line = measure.medians(measure.take_turns(works, repeats, in_an_empty_cache), rows)
        yield f"prepare {suffix}", line | {"megabytes_per_second": path.stat().st_size / rows / line["nlpdata_us"]}


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
            found, spent = measure.in_a_fresh_process(call).split()
            speeds[f"articles_per_second_{workers}"] = int(found) / float(spent)
    memory = {}
    for name, path in (("small", small), ("large", large)):
        call = (
            "from nlpdata.builder.mediawiki import dump_parts, pages_of_part; import time; t = time.perf_counter(); "
            f"print(sum(1 for part in dump_parts({str(path)!r}) for page in pages_of_part(part)), time.perf_counter() - t, "
            "[line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
        )
        pages, spent, peak = measure.in_a_fresh_process(call).split()
        memory[name] = {
            "megabytes_of_bz2": path.stat().st_size / 1e6,
            "pages": int(pages),
            "peak_resident_megabytes": int(peak) / 1e3,
            "pages_per_second": int(pages) / float(spent),
        }
    return {**speeds, "reading": memory}


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    sizes = {"rows": (300, 200_000), "repeats": (1, 5), "articles": (80, 3000), "megabytes": (1, 500)}
    given = measure.options(__doc__, arguments, sizes, no_peer=measure.NO_PEER)
    peer = measure.peer(given.no_peer)
    libraries = {"nlpdata": nlpdata} if peer is None else {"nlpdata": nlpdata, "datasets": peer}
    with measure.quiet(given.folder) as folder, tempfile.TemporaryDirectory(dir=folder) as made:
        work = Path(made)
        kinds = ("sentences", "questions", "tags")
        lines = ((f"prepare {kind}", generator(kind, given.rows, given.repeats, libraries, work)) for kind in kinds)
        medians = measure.table(chain(lines, tables(given.rows, given.repeats, work)))
        found = {"rows": given.rows, "repeats": given.repeats, "medians": medians}
        if is_available("mwparserfromhell"):
            found["dumps"] = dumps(given.articles, given.megabytes, work)
    return measure.report(given, ("datasets", "pyarrow", "mwparserfromhell"), found)


if __name__ == "__main__":
    main()
