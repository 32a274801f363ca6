"""MediaWiki dumps: pages of a dump or of a part of one, in bounded memory, and wikitext as plain text.

Knows: the XML of an export, the streams of a multistream bz2 file, and what of wikitext is no text.
Does not know: any wiki, or where its dumps lie.

A multistream dump is many bz2 streams, one after the other, of a hundred pages each. It can be read from any stream on, so
:func:`dump_parts` cuts a file into parts that several processes read at once; a page belongs to the part in which it begins,
also in files whose streams end inside pages. https://meta.wikimedia.org/wiki/Data_dumps/Dump_format
"""

from __future__ import annotations

import bz2
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any
from xml.etree import ElementTree

from nlpdata._optional import load
from nlpdata.builder.shapes import local_name, xml_elements
from nlpdata.errors import BuildError
from nlpdata.files.base import Source, label_of, opened

__all__ = ["DumpPart", "Page", "Vocabulary", "dump_parts", "mediawiki_pages", "pages_of_part", "plain_text", "vocabulary"]

PART_BYTES = 8 * 2**20  # compressed; some 30 MB of XML
_CHUNK_BYTES = 2**20
_HEAD_BYTES = 2**16  # of a dump, within which its namespaces are told
_STREAM = re.compile(rb"BZh[1-9]1AY&SY")
_MARK_BYTES = 10
_OPEN, _CLOSE, _END = b"<page>", b"</page>", b"</mediawiki>"
_MAGIC = re.compile(r"__[^\W\d_]+(?:_[^\W\d_]+)*__")
_MARKUP = re.compile(r"<ref[\s/>]|\{\||\{\{|\[\[")
_QUOTES = re.compile("'{2,}")
_FILE, _CATEGORY = {"-2", "6"}, {"14"}  # keys of namespaces, the same in every wiki
_DROPPED_TAGS = frozenset({"ref", "table"})


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a MediaWiki dump.

    Attributes:
        id: of the page.
        title: with the prefix of its namespace.
        namespace: 0 for articles.
        redirect: title of the page it leads to; None for a page of its own.
        text: wikitext of its latest revision in the dump.
    """

    id: str
    title: str
    namespace: int
    redirect: str | None
    text: str


def mediawiki_pages(path: Source) -> Iterator[Page]:
    """Each page of a MediaWiki XML dump (``pages-articles``, compressed or not), in order, in bounded memory.

    Raises:
        BuildError: it is no well-formed XML.
    """
    return (_page(element) for element in xml_elements(path, "page"))


def _page(element: ElementTree.Element) -> Page:
    fields = {local_name(child): child for child in element}  # of several revisions the last
    redirect = fields["redirect"].get("title") if "redirect" in fields else None
    revision = {local_name(child): child for child in fields.get("revision", ())}
    texts = {name: (fields[name].text or "") if name in fields else "" for name in ("id", "title", "ns")}
    text = revision["text"].text or "" if "text" in revision else ""
    return Page(texts["id"], texts["title"], int(texts["ns"] or 0), redirect, text)


# --- parts of a dump ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DumpPart:
    """Some streams of a multistream bz2 file, from byte ``start`` to ``stop``; a ``stop`` of None means the file as a whole."""

    path: str
    start: int = 0
    stop: int | None = None


def dump_parts(path: str | os.PathLike[str], part_bytes: int = PART_BYTES) -> list[DumpPart]:
    """The parts of a dump, in order: runs of bz2 streams of about ``part_bytes``, or the whole file if it is of another kind.

    Reads the file once, at the speed of the disk, without decompressing it.
    """
    name = os.fspath(path)
    starts = _stream_starts(name)
    if len(starts) < 2 or not _is_utf8(name):  # streams are cut at bytes that mean the same in no other encoding
        return [DumpPart(name)]
    bounds = [0]
    for start in starts:
        if start - bounds[-1] >= part_bytes:
            bounds.append(start)
    return [DumpPart(name, *ends) for ends in pairwise([*bounds, os.path.getsize(name)])]


def _stream_starts(path: str) -> list[int]:
    """Where bz2 streams begin. Read in blocks: a mapped file would count as memory in use."""
    starts: list[int] = []
    with open(path, "rb") as file:
        held, offset = file.read(_CHUNK_BYTES), 0
        if _STREAM.match(held) is None:
            return []
        while True:
            starts += (offset + found.start() for found in _STREAM.finditer(held))
            more = file.read(_CHUNK_BYTES)
            if not more:
                return starts
            kept = held[-(_MARK_BYTES - 1) :]  # a mark may lie across two blocks
            offset, held = offset + len(held) - len(kept), kept + more


def _is_utf8(path: str) -> bool:
    with opened(path) as stream:
        head = stream.read(200)
    declared = re.match(rb"\s*<\?xml[^>]*encoding=[\"']([\w-]+)", head)
    return b"\0" not in head and (declared is None or declared[1].lower() == b"utf-8")


def pages_of_part(part: DumpPart) -> Iterator[Page]:
    """The pages that begin in a part, in order; memory is bounded by the largest.

    Raises:
        BuildError: the dump ends too early, or is no well-formed XML.
    """
    if part.stop is None:
        yield from mediawiki_pages(part.path)
        return
    for element in _page_elements(part.path, part.start, part.stop):
        try:
            yield _page(ElementTree.fromstring(element))
        except ElementTree.ParseError as error:
            raise BuildError(
                f"{part.path}, bytes {part.start} to {part.stop}: a page is no well-formed XML: {error}."
            ) from error


def _page_elements(path: str, start: int, stop: int) -> Iterator[bytes]:
    held, found = b"", False
    for data in _decompressed(path, start, stop):
        held += data
        done = 0
        while (begin := held.find(_OPEN, done)) >= 0 and (end := held.find(_CLOSE, begin)) >= 0:
            done, found = end + len(_CLOSE), True
            yield held[begin:done]
        held = held[begin:] if begin >= 0 else held[max(done, len(held) - 2 * len(_END)) :]
    last = stop == os.path.getsize(path)
    tail = held.strip()  # streams may end within the last tag
    if last and (_OPEN in held or not (tail.endswith(_END) or (_END.endswith(tail) and (tail or not found)))):
        raise BuildError(f"{path} ends before its end: there is no {_END.decode()}. Download it again.")
    if not last and (rest := _begun(held, _decompressed(path, stop, None))):
        yield rest


def _begun(held: bytes, following: Iterator[bytes]) -> bytes | None:
    """The page that begins in ``held`` and ends in what follows it, if there is one."""
    limit = len(held)
    for data in chain(following, [b""]):
        held += data
        begin = held.find(_OPEN)
        if not 0 <= begin < limit:
            # It may be that the tag itself is cut in two.
            if begin >= 0 or len(held) - limit >= len(_OPEN) or not data:
                return None
            continue
        if (end := held.find(_CLOSE, begin)) >= 0:
            return held[begin : end + len(_CLOSE)]
    raise BuildError(f"The dump ends inside a page: {held[:200].decode('utf-8', 'replace')!r}. Download it again.")


def _decompressed(path: str, start: int, stop: int | None) -> Iterator[bytes]:
    """What the bz2 streams from byte ``start`` to ``stop`` hold, in chunks."""
    machine, data = bz2.BZ2Decompressor(), b""
    with open(path, "rb") as file:
        file.seek(start)
        left = (os.path.getsize(path) if stop is None else stop) - start
        while True:
            if not data and (machine.eof or machine.needs_input):
                data = file.read(min(left, _CHUNK_BYTES))
                left -= len(data)
                if not data:
                    break
            machine = bz2.BZ2Decompressor() if machine.eof else machine
            try:
                made = machine.decompress(data, _CHUNK_BYTES)
            except OSError as error:
                raise BuildError(f"{path}, after byte {start}: {error}. Download it again.") from error
            yield made
            data = machine.unused_data if machine.eof else b""
    if not machine.eof:
        raise BuildError(f"{path} ends inside a bz2 stream. Download it again.")


# --- wikitext ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a wiki calls the namespaces that matter to its text, in lower case."""

    files: frozenset[str] = frozenset({"file", "image", "media"})
    categories: frozenset[str] = frozenset({"category"})

    def is_file(self, title: str) -> bool:
        """Whether a link shows a file."""
        return _prefix(title) in self.files

    def is_category(self, title: str) -> bool:
        """Whether a link puts its page into a category."""
        return _prefix(title) in self.categories


def vocabulary(path: str | os.PathLike[str]) -> Vocabulary:
    """The names of a wiki's namespaces, from the head of a dump, besides the English ones, which every wiki knows."""
    parser: Any = ElementTree.XMLPullParser(["end"])
    with opened(path) as stream:
        parser.feed(stream.read(_HEAD_BYTES))
    names: dict[str, str] = {}
    try:
        for _, element in parser.read_events():
            if local_name(element) == "namespace" and element.text:
                names[element.get("key", "")] = element.text.lower()
    except ElementTree.ParseError as error:
        raise BuildError(f"{label_of(path)} is no well-formed XML: {error}.") from error
    known = Vocabulary()
    files = known.files | {name for key, name in names.items() if key in _FILE}
    return Vocabulary(files, known.categories | {name for key, name in names.items() if key in _CATEGORY})


def _prefix(title: str) -> str:
    prefix, colon, _ = title.partition(":")
    return prefix.strip().replace("_", " ").lower() if colon else ""


def plain_text(wikitext: str, words: Vocabulary | None = None) -> str:
    """The text that a reader sees, sections parted by an empty line; empty if nothing is left.

    References, tables, templates, files and behaviour switches such as ``__NOTOC__`` are left out; links and formatting leave
    their text, categories their name. Needs the package ``mwparserfromhell``.

    Raises:
        MissingPackageError: the package is not installed.
        BuildError: the text cannot be parsed.
    """
    words = words or Vocabulary()
    text = _rendered(wikitext, words, styles=True)
    if _MARKUP.search(text) is not None:
        # Quotes for bold and italic that are not balanced keep the parser from seeing what stands among them.
        text = _rendered(wikitext, words, styles=False)
    return _QUOTES.sub("", text)


def _rendered(wikitext: str, words: Vocabulary, *, styles: bool) -> str:
    parser = load("mwparserfromhell", extra="wikipedia")
    try:
        code = parser.parse(wikitext, skip_style_tags=not styles)
    except parser.parser.ParserError as error:
        raise BuildError(f"Wikitext that begins {wikitext[:60]!r} cannot be parsed: {error}") from error
    _prune(parser, code, words)
    sections: list[list[Any]] = [[]]
    for node in code.nodes:
        if isinstance(node, parser.nodes.Heading):
            sections.append([])
        sections[-1].append(node)
    texts = (_MAGIC.sub(_unswitched, parser.wikicode.Wikicode(nodes).strip_code().strip()) for nodes in sections if nodes)
    return "\n\n".join(text for text in texts if text)


def _prune(parser: Any, code: Any, words: Vocabulary) -> None:
    """Take out, at any depth, what is no text."""
    kept = []
    for node in code.nodes:
        if isinstance(node, parser.nodes.Tag) and str(node.tag).strip().lower() in _DROPPED_TAGS:
            continue
        if isinstance(node, parser.nodes.Wikilink):
            title = str(node.title).strip()
            if words.is_file(title):
                continue
            if words.is_category(title):
                node.title, node.text = title.partition(":")[2].strip(), None
        for child in _visible(parser, node):
            _prune(parser, child, words)
        kept.append(node)
    code.nodes = kept


def _visible(parser: Any, node: Any) -> Sequence[Any]:
    """The wikitext inside a node that a reader sees."""
    if isinstance(node, parser.nodes.Tag):
        found = [node.contents]
    elif isinstance(node, parser.nodes.Wikilink):
        found = [node.text]
    elif isinstance(node, parser.nodes.ExternalLink | parser.nodes.Heading):
        found = [node.title]
    else:
        found = []
    return [code for code in found if code is not None]


def _unswitched(found: re.Match[str]) -> str:
    """Nothing in place of a behaviour switch, whose letters are capitals in whatever language."""
    return "" if found[0] == found[0].upper() else found[0]
