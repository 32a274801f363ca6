"""Dumps of MediaWiki: parts that together are the whole, memory, and wikitext as text."""

from __future__ import annotations

import bz2
import importlib.util
import io
import itertools
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata import load_dataset
from nlpdata.builder.mediawiki import (
    Page,
    Vocabulary,
    dump_parts,
    mediawiki_pages,
    pages_of_part,
    plain_text,
    vocabulary,
)
from nlpdata.errors import BuildError, TruncatedArchiveError

HEAD = '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/"><siteinfo/>\n'
EXCERPT = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"


def page(number: int, text: str = "text") -> str:
    return f"<page><title>T{number}</title><ns>0</ns><id>{number}</id><revision><text>{text}</text></revision></page>\n"


def packed(pieces: list[bytes]) -> bytes:
    return b"".join(bz2.compress(piece) for piece in pieces)


def ids(path: Path, part_bytes: int) -> list[str]:
    return [found.id for part in dump_parts(path, part_bytes) for found in pages_of_part(part)]


def test_mediawiki_pages() -> None:
    one = (
        "<page><title>T</title><ns>0</ns><id>7</id><revision><id>1</id><text>old</text></revision>"
        "<revision><id>2</id><contributor><id>9</id></contributor><text>new &amp; long</text></revision></page>"
    )
    moved = (
        '<page><title>Talk:U</title><ns>1</ns><id>8</id><redirect title="T"/><revision><text/></revision></page></mediawiki>'
    )
    multistream = packed([HEAD.encode(), one.encode(), moved.encode()])
    assert list(mediawiki_pages(io.BytesIO(multistream))) == [
        Page("7", "T", 0, None, "new & long"),
        Page("8", "Talk:U", 1, "T", ""),
    ]


@given(st.lists(st.integers(1, 400), max_size=12), st.integers(0, 30), st.integers(1, 500))
def test_parts_are_the_whole_wherever_streams_end(tmp_path_factory, cuts: list[int], count: int, part_bytes: int) -> None:
    whole = (HEAD + "".join(page(n, "w " * (n * 7 % 40)) for n in range(count)) + "</mediawiki>\n").encode()
    pieces, at = [], 0
    for cut in cuts:
        pieces.append(whole[at : at + cut])
        at += cut
    path = tmp_path_factory.mktemp("dump") / "dump.xml.bz2"
    path.write_bytes(packed([*pieces, whole[at:]]))
    parts = dump_parts(path, part_bytes)
    assert parts[0].start == 0
    assert all(before.stop == after.start for before, after in itertools.pairwise(parts))
    assert ids(path, part_bytes) == [str(n) for n in range(count)] == [found.id for found in mediawiki_pages(path)]


def test_a_dump_that_ends_too_early_is_told(tmp_path: Path) -> None:
    path = tmp_path / "dump.xml.bz2"
    pieces = [HEAD.encode(), page(1).encode(), page(2).encode()]
    for content in (
        packed(pieces),
        packed(pieces)[:-5],
        packed([*pieces, b"<page><title>"]),
        packed(pieces) + bz2.compress(b"")[:4],
    ):
        path.write_bytes(content)
        with pytest.raises((BuildError, TruncatedArchiveError), match="ownload it again"):
            ids(path, 1)


def test_other_encodings_and_plain_files_are_one_part(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="utf-16"?>' + HEAD + page(1) + page(2) + "</mediawiki>"
    data = text.encode("utf-16")
    (tmp_path / "utf16.bz2").write_bytes(packed([data[:300], data[300:]]))
    (tmp_path / "plain.xml").write_text(HEAD + page(3) + "</mediawiki>", "utf-8")
    assert ids(tmp_path / "utf16.bz2", 1) == ["1", "2"]
    assert ids(tmp_path / "plain.xml", 1) == ["3"]


def test_memory_does_not_grow_with_the_dump(tmp_path: Path) -> None:
    def peak(pages: int) -> int:
        path = tmp_path / f"{pages}.bz2"
        block = "".join(page(n, "lorem ipsum " * 400) for n in range(100)).encode()
        path.write_bytes(packed([HEAD.encode(), *[block] * (pages // 100), b"</mediawiki>"]))
        tracemalloc.start()
        assert len(ids(path, 2**20)) == pages
        peaked = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peaked

    small, large = peak(1000), peak(8000)
    assert large < 1.3 * small + 2**20


def test_wikitext_as_text() -> None:
    pytest.importorskip("mwparserfromhell")
    words = Vocabulary(files=frozenset({"file", "datei"}), categories=frozenset({"category"}))
    assert plain_text("'''A''' [[b|c]], [[d]] and [https://e.example f].", words) == "A c, d and f."
    assert plain_text("x<ref>no</ref> ''y<ref name=z/>''\n{|\n|a\n|}\n{{T|1}}[[Datei:P.png|thumb|[[q]]]]", words) == "x y"
    assert plain_text("lead\n== One ==\na\n=== Two ===\n\n\n\nb", words) == "lead\n\nOne \na\n\nTwo \n\nb"
    assert plain_text("a\n[[Category:Fruits|Apple]]\n__NOTOC__ __init__", words) == "a\nFruits\n __init__"
    assert plain_text("{{T}}\n__NOTOC__", words) == ""
    assert plain_text("''a '''b'' c<ref>d ''e</ref>", words) == "a b c"
    assert plain_text("[[File:a.png]]", words) == plain_text("[[ datei : a.png]]", words) == ""


def test_names_of_namespaces_come_from_the_head(tmp_path: Path) -> None:
    names = '<namespace key="6">Datei</namespace><namespace key="14">Kategorie</namespace><namespace key="4">W</namespace>'
    path = tmp_path / "dump.xml.bz2"
    path.write_bytes(packed([f"<mediawiki><siteinfo><namespaces>{names}</namespaces></siteinfo>".encode(), b"</mediawiki>"]))
    found = vocabulary(path)
    assert found.is_file("Datei:X") and found.is_file("image:X") and not found.is_file("Datei")
    assert found.is_category("kategorie:X") and not found.is_category("W:X")


def excerpt() -> Path | None:
    """A real excerpt of Wikipedia: in the folder ``NLPDATA_TEST_WIKI``, or of the package gensim where that is installed."""
    folders = [os.environ.get("NLPDATA_TEST_WIKI")]
    if (found := importlib.util.find_spec("gensim")) is not None and found.origin is not None:
        folders.append(str(Path(found.origin).parent / "test" / "test_data"))
    return next((path for folder in folders if folder and (path := Path(folder, EXCERPT)).exists()), None)


@pytest.mark.skipif(excerpt() is None, reason="needs NLPDATA_TEST_WIKI=<test_data of the package gensim>, or gensim installed")
def test_a_real_excerpt_of_wikipedia() -> None:
    pytest.importorskip("mwparserfromhell")
    path = excerpt()
    assert path is not None
    pages = list(mediawiki_pages(path))
    assert len(pages) == 206 and sum(found.namespace == 0 for found in pages) == 205
    assert sum(found.redirect is not None for found in pages) == 100
    built = load_dataset("wikipedia", "20220301.en", data_files=str(path), split="train")
    assert built.num_rows == 106
    first = built[0]
    assert first["id"] == "12" and first["title"] == "Anarchism" and first["url"].endswith("/wiki/Anarchism")
    assert first["text"].startswith("Anarchism is a political philosophy that advocates self-governed societies")
    left = [text for text in built["text"] if any(mark in text for mark in ("{{", "<ref", "[[File:", "[[Category:"))]
    assert not left
