r"""The shapes that many corpora share: lines, delimited rows, JSON, CoNLL, CoNLL-U, SQuAD, aligned lines, XML, IDX arrays.

Knows: how files of these shapes are read, row by row, in bounded memory (JSON documents are read whole).
Does not know: any corpus, its features or its labels.

Every reader takes a path or an open binary file, such as ``dl_manager.iter_archive`` gives; gz, bz2, xz and zst are told by
their bytes and decompressed on the fly. Lines end at ``\n``, ``\r\n`` and ``\r`` only. Content that does not have the shape
raises :class:`~nlpdata.errors.BuildError` with file and line.

>>> import io
>>> list(text_lines(io.BytesIO(b"one\r\ntwo")))
['one', 'two']
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

import numpy as np

from nlpdata.errors import ArgumentError, BuildError
from nlpdata.files.base import Source, label_of, opened

__all__ = [
    "aligned",
    "conll_sentences",
    "conllu_sentences",
    "delimited_rows",
    "idx_array",
    "json_document",
    "json_items",
    "json_lines",
    "local_name",
    "opus_pairs",
    "parallel_lines",
    "squad_questions",
    "text_lines",
    "xml_elements",
]

_FIELD_LIMIT = 2**31 - 1
_CONLLU_COLUMNS = 10
_JSON_CHARS = 1 << 20  # read at a time
_BETWEEN_ITEMS = re.compile(r"[\s,]*")
_BLANKS = re.compile(r"[ \t]+")
_RELATION = re.compile(r"(\d+)(?:\.(\d+))?:(.+)")  # an enhanced dependency of CoNLL-U


@contextmanager
def _text(source: Source, encoding: str, errors: str = "strict", newline: str | None = None) -> Iterator[io.TextIOWrapper]:
    """The decompressed content as text with ``\\n`` as the only line end; a file that was given open stays open."""
    with opened(source) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=newline)
        try:
            yield text
        except UnicodeDecodeError as error:
            raise BuildError(f"{label_of(source)} is not {encoding}: {error}.") from error
        finally:
            if not stream.closed:  # the collector may close the stream of a reader that was given up before it ends the reader
                text.detach()


def text_lines(
    path: Source, encoding: str = "utf-8", errors: str = "strict", keep_ends: bool = False, newline: str | None = None
) -> Iterator[str]:
    """The lines of a text file, without their ends.

    Args:
        path: path or open binary file.
        encoding: of the file; ``"utf-8-sig"`` skips a byte order mark.
        errors: what to do with bytes that are not of this encoding, as in ``open``.
        keep_ends: leave a ``\\n`` at the end of each line that has an end, whichever it is in the file.
        newline: as in ``open``; ``"\\n"`` splits there only and leaves every ``\\r`` in its line.

    Raises:
        BuildError: the bytes are not of this encoding.
    """
    with _text(path, encoding, errors, newline) as text:
        if keep_ends:
            yield from text
        else:
            for line in text:
                yield line.removesuffix("\n")


def delimited_rows(
    path: Source,
    *,
    delimiter: str = "\t",
    names: Sequence[str] | None = None,
    quoted: bool = False,
    encoding: str = "utf-8",
    skip_rows: int = 0,
    **dialect: Any,
) -> Iterator[dict[str, str]]:
    """Each row of a delimited file by column name; empty lines are left out.

    A row with fewer fields than names lacks the last names; further fields than names are dropped.

    Args:
        path: path or open binary file.
        delimiter: between fields.
        names: of the columns; None takes the first line.
        quoted: fields may stand in quotes, which may hold delimiters and line ends; otherwise a quote is an ordinary character.
        encoding: of the file.
        skip_rows: lines to leave out at the top, before a header line.
        dialect: further parameters of ``csv.reader`` for quoted files, such as ``quotechar`` or ``skipinitialspace``.

    Raises:
        BuildError: no header line, quotes that do not fit, or another encoding.
        ArgumentError: a dialect without ``quoted``.

    >>> list(delimited_rows(io.BytesIO(b'a,b\\n1,"x, y"\\n'), delimiter=",", quoted=True))
    [{'a': '1', 'b': 'x, y'}]
    """
    if dialect and not quoted:
        raise ArgumentError(f"{', '.join(dialect)} can only be given with quoted=True.")
    with _text(path, encoding) as text:
        lines = itertools.islice(text, skip_rows, None)
        rows = _quoted_rows(lines, path, delimiter, dialect) if quoted else _plain_rows(lines, delimiter)
        header = names if names is not None else next(rows, None)
        if header is None:
            raise BuildError(f"{label_of(path)} has no header line.")
        for row in rows:
            yield dict(zip(header, row, strict=False))


def _plain_rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    for line in lines:
        if content := line.removesuffix("\n"):
            yield content.split(delimiter)


def _quoted_rows(lines: Iterable[str], path: Source, delimiter: str, dialect: Mapping[str, Any]) -> Iterator[list[str]]:
    csv.field_size_limit(_FIELD_LIMIT)  # a field may be a whole document
    rows = csv.reader(lines, delimiter=delimiter, **dialect)
    try:
        yield from (row for row in rows if row)
    except csv.Error as error:
        raise BuildError(f"{label_of(path)}, line {rows.line_num}: {error}.") from error


def json_lines(path: Source, encoding: str = "utf-8") -> Iterator[Any]:
    """The value of each line of a JSON Lines file; blank lines are left out.

    Raises:
        BuildError: a line is no JSON; names the line, from 1.
    """
    for number, line in enumerate(text_lines(path, encoding), 1):
        if line and not line.isspace():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise BuildError(f"{label_of(path)}, line {number} is no JSON: {error}. It begins: {line:.80}") from error


def json_document(path: Source, encoding: str = "utf-8-sig") -> Any:
    """The one value of a JSON file, read whole.

    Raises:
        BuildError: it is no JSON.
    """
    with _text(path, encoding) as text:
        try:
            return json.load(text)
        except UnicodeDecodeError:
            raise
        except ValueError as error:
            raise BuildError(f"{label_of(path)} is no JSON: {error}.") from error


def json_items(path: Source, key: str | None = None, encoding: str = "utf-8-sig") -> Iterator[Any]:
    """Each item of a JSON array, one at a time; memory is bounded by the largest, not by the file.

    Args:
        path: path or open binary file.
        key: name of the array, the first where there are several: ``data`` for ``{"data": [...]}``; None: the file is an array.
        encoding: of the file.

    Raises:
        BuildError: there is no such array, an item of it is no JSON, or it does not end.

    >>> list(json_items(io.BytesIO(b'{"version": 1, "data": [{"a": 1}, 22]}'), "data"))
    [{'a': 1}, 22]
    """
    decoder = json.JSONDecoder()
    with _text(path, encoding) as text:
        buffer, place = _array_begin(text, key, path)
        while True:
            place = _BETWEEN_ITEMS.match(buffer, place).end()  # type: ignore[union-attr]  # it matches nothing, too
            if buffer.startswith("]", place):
                return
            try:
                item, end = decoder.raw_decode(buffer, place)
            except ValueError:
                item, end = None, len(buffer)
            if end < len(buffer):  # an item that ends with the buffer may go on
                yield item
                place = end
                continue
            buffer, place = buffer[place:], 0
            if not (more := text.read(max(_JSON_CHARS, len(buffer)))):
                raise BuildError(f"{label_of(path)} does not end as an array should; where reading stopped: {buffer:.80}")
            buffer += more


def _array_begin(text: io.TextIOWrapper, key: str | None, path: Source) -> tuple[str, int]:
    """What was read up to where an array begins, or a little more, and the place after its bracket."""
    begin = re.compile(r"\s*\[" if key is None else re.escape(json.dumps(key)) + r"\s*:\s*\[")
    buffer = text.read(_JSON_CHARS)
    while not (begun := begin.match(buffer) if key is None else begin.search(buffer)):
        more = text.read(_JSON_CHARS)
        if not more or (key is None and not buffer.isspace()):
            raise BuildError(f"{label_of(path)} has no array{f' named {key!r}' if key else ''}; it begins: {buffer:.80}")
        buffer += more
    return buffer, begun.end()


def conll_sentences(
    path: Source,
    columns: Sequence[str],
    *,
    delimiter: str | None = None,
    comment: str | None = None,
    skip: str | tuple[str, ...] = ("-DOCSTART-",),
    encoding: str = "utf-8",
) -> Iterator[dict[str, list[str]]]:
    """Each sentence of a file with one token a line: the values of every column, by its name.

    Blank lines end a sentence, and so do the lines of ``skip``. Sentences without tokens are not given.

    Args:
        path: path or open binary file.
        columns: names of the columns; further columns of the file are dropped.
        delimiter: between columns; None means one or more blanks or tabs.
        comment: lines that begin with it are left out and end nothing.
        skip: lines that begin with one of these are left out.
        encoding: of the file.

    Raises:
        BuildError: a line has fewer columns than ``columns``.

    >>> list(conll_sentences(io.BytesIO(b"Good JJ\\nday NN\\n\\n"), ["tokens", "pos"]))
    [{'tokens': ['Good', 'day'], 'pos': ['JJ', 'NN']}]
    """
    skip = tuple(skip) if not isinstance(skip, str) else skip
    rows: list[list[str]] = []
    for number, line in enumerate(text_lines(path, encoding), 1):
        if comment is not None and line.startswith(comment):
            continue
        content = line.strip(" \t")
        if content and not line.startswith(skip):
            row = line.split(delimiter) if delimiter is not None else _BLANKS.split(content)
            if len(row) < len(columns):
                found = f"{len(row)} columns where {', '.join(columns)} are expected"
                raise BuildError(f"{label_of(path)}, line {number} has {found}: {line:.80}")
            rows.append(row)
        elif rows:
            yield _by_column(rows, columns)
            rows = []
    if rows:
        yield _by_column(rows, columns)


def _by_column(rows: Sequence[Sequence[str]], columns: Sequence[str]) -> dict[str, list[str]]:
    return {name: [row[position] for row in rows] for position, name in enumerate(columns)}


def conllu_sentences(path: Source, first: int = 0) -> Iterator[dict[str, Any]]:
    """Each sentence of a CoNLL-U file as ``idx, text, tokens, lemmas, upos, xpos, feats, head, deprel, deps, misc``.

    ``idx`` is the comment ``sent_id``, or the number of the sentence counted from ``first``; ``text`` is that comment, or the
    tokens joined by blanks. The others are lists with a string for each token, empty where there are only comments. Ranges of
    multi-word tokens (``1-2``) and empty nodes (``1.1``) are tokens too. ``feats``, ``deps`` and ``misc`` are the Python
    notation of what they say, as ``"{'Number': 'Sing'}"``. What is ``_`` is ``"None"`` there and in ``head``, and null in
    ``xpos``.

    Raises:
        BuildError: a token line does not have ten columns.
    """
    comments: dict[str, str] = {}
    rows: list[list[str]] = []
    count = first
    for number, line in enumerate(itertools.chain(text_lines(path), [""]), 1):
        if line.startswith("#"):
            key, equals, value = line[1:].partition("=")
            if equals:
                comments[key.strip()] = value.strip()
        elif line.strip():
            row = line.split("\t")
            if len(row) != _CONLLU_COLUMNS:
                raise BuildError(f"{label_of(path)}, line {number} has {len(row)} columns where CoNLL-U has 10: {line:.80}")
            rows.append(row)
        elif rows or comments:
            yield _conllu_sentence(rows, comments, count)
            comments, rows, count = {}, [], count + 1


def _conllu_sentence(rows: Sequence[Sequence[str]], comments: Mapping[str, str], number: int) -> dict[str, Any]:
    _, tokens, lemmas, upos, xpos, feats, head, deprel, deps, misc = (
        [row[column] for row in rows] for column in range(_CONLLU_COLUMNS)
    )
    return {
        "idx": comments.get("sent_id", str(number)),
        "text": comments.get("text", " ".join(tokens)),
        "tokens": tokens,
        "lemmas": lemmas,
        "upos": upos,
        "xpos": [_known(value) for value in xpos],
        "feats": [str(_pairs(value)) for value in feats],
        "head": [str(_known(value)) for value in head],
        "deprel": deprel,
        "deps": [str(_relations(value)) for value in deps],
        "misc": [str(_pairs(value)) for value in misc],
    }


def _known(value: str) -> str | None:
    return None if value in ("", "_") else value


def _pairs(value: str) -> dict[str, str | None] | None:
    """``A=x|B=_|C`` as ``{"A": "x", "B": None, "C": ""}``; a second ``=`` cuts a value off, as in the published data."""
    if _known(value) is None:
        return None
    parts = [part.split("=") for part in value.split("|")]
    return {part[0]: (_known(part[1]) if len(part) > 1 else "") for part in parts if _known(part[0]) is not None}


def _relations(value: str) -> Any:
    """``4:nsubj|6.1:conj`` as ``[("nsubj", 4), ("conj", (6, ".", 1))]``; anything else stays text, and ``_`` is None."""
    found = [_RELATION.fullmatch(part) for part in value.split("|")]
    if None in found:
        return _known(value)
    groups = [match.groups() for match in found if match is not None]
    return [(relation, (int(head), ".", int(sub)) if sub else int(head)) for head, sub, relation in groups]


def squad_questions(path: Source) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each question of a file in the layout of SQuAD 1 or 2: its id, and ``id, title, context, question, answers``.

    ``answers`` is ``{"text": [...], "answer_start": [...]}``, both empty where there is no answer. Texts are left as they are.

    Raises:
        BuildError: it is no JSON, or not of this layout.
    """
    document = json_document(path)
    try:
        for article in document["data"]:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    answers = question.get("answers") or []
                    yield (
                        question["id"],
                        {
                            "id": question["id"],
                            "title": article.get("title", ""),
                            "context": paragraph["context"],
                            "question": question["question"],
                            "answers": {
                                "text": [answer["text"] for answer in answers],
                                "answer_start": [answer["answer_start"] for answer in answers],
                            },
                        },
                    )
    except (KeyError, TypeError) as error:
        raise BuildError(f"{label_of(path)} does not have the layout of SQuAD: {type(error).__name__}: {error}.") from error


def parallel_lines(
    paths: Mapping[str, Source], encoding: str = "utf-8", newline: str | None = None
) -> Iterator[dict[str, str]]:
    """Lines of several files side by side, by the key of their file (such as a language).

    Args:
        paths: key -> path or open binary file.
        encoding: of the files.
        newline: as in ``open``; ``"\\n"`` is for texts with a lone ``\\r`` inside lines, which would put the files out of step.

    Raises:
        BuildError: one file has more lines than another; names both.
    """
    yield from aligned(paths, {key: text_lines(path, encoding, newline=newline) for key, path in paths.items()})


def aligned(paths: Mapping[str, Source], readers: Mapping[str, Iterator[str]]) -> Iterator[dict[str, str]]:
    """What several readers give, side by side, by their key; as many from each.

    Args:
        paths: what each reader reads, for the error.
        readers: by the same keys.

    Raises:
        BuildError: one has more than another; names both.
    """
    for number, lines in enumerate(itertools.zip_longest(*readers.values())):
        if None in lines:
            ended, longer = (
                next(label_of(path) for path, line in zip(paths.values(), lines, strict=True) if (line is None) is none)
                for none in (True, False)
            )
            raise BuildError(f"{ended} has {number} lines, but {longer} has more; their lines belong together.")
        yield dict(zip(paths, lines, strict=True))


def opus_pairs(folder: str, corpus: str, pair: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each aligned line of a corpus of OPUS in its format "moses": its number, and ``id, translation``.

    Args:
        folder: of the opened archive.
        corpus: as its files name it, such as ``Books``.
        pair: of languages, such as ``en-fr``.

    Raises:
        BuildError: one file has more lines than the other.
    """
    paths = {language: os.path.join(folder, f"{corpus}.{pair}.{language}") for language in pair.split("-")}
    for number, lines in enumerate(parallel_lines(paths)):
        yield number, {"id": str(number), "translation": {language: line.strip() for language, line in lines.items()}}


def xml_elements(path: Source, tag: str) -> Iterator[ElementTree.Element]:
    """Each element of this name, whatever its namespace, whole; one inside another of the same name comes only as part of that.

    An element is valid until the next one is asked for; memory is bounded by the largest.

    Raises:
        BuildError: it is no well-formed XML.
    """
    ancestors: list[ElementTree.Element] = []
    inside = 0
    with opened(path) as stream:
        try:
            for event, element in ElementTree.iterparse(stream, events=("start", "end")):
                matches = local_name(element) == tag
                if event == "start":
                    ancestors.append(element)
                    inside += matches
                    continue
                ancestors.pop()
                inside -= matches
                if inside:
                    continue
                if matches:
                    yield element
                if ancestors:
                    ancestors[-1].remove(element)
        except ElementTree.ParseError as error:
            raise BuildError(f"{label_of(path)} is no well-formed XML: {error}.") from error


def local_name(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


_IDX_TYPES = {0: "u1", 8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def idx_array(path: Source, dimensions: int) -> np.ndarray:
    """The array of an IDX file (as of MNIST), in the byte order of this machine; read whole.

    The first dimension is that of the items which are there, also where the head tells more. A head that names neither a type
    nor a number of dimensions is taken for one of bytes.

    Raises:
        BuildError: the head is of something else, or the file ends within an item.
    """
    with opened(path) as stream:
        head = stream.read(4 * (1 + dimensions))
        content = stream.read()
    kind = _IDX_TYPES.get(head[2]) if len(head) == 4 * (1 + dimensions) and head[:2] == b"\0\0" else None
    if kind is None or head[3] not in ({0, dimensions} if head[2] == 0 else {dimensions}):
        raise BuildError(f"{label_of(path)} is no IDX file of {dimensions} dimensions: it begins with {head[:4]!r}.")
    sizes = [int.from_bytes(head[at : at + 4], "big") for at in range(4, len(head), 4)]
    dtype = np.dtype(kind)
    item_bytes = dtype.itemsize * math.prod(sizes[1:])
    content = content[: sizes[0] * item_bytes]
    if item_bytes and len(content) % item_bytes:
        found = f"{len(content)} bytes, where each item has {item_bytes}"
        raise BuildError(f"{label_of(path)} ends within an item: {found}.")
    array = np.frombuffer(content, dtype).reshape(-1, *sizes[1:])
    return array.astype(dtype.newbyteorder("="))
