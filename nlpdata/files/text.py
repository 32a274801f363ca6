r"""Text files: one row per line, paragraph or document, in the column ``text``.

Knows: lines end at ``\n``, ``\r\n`` and ``\r`` and nowhere else (no form feeds, no U+2028).
Does not know: sentences or tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nlpdata.errors import ArgumentError, FeatureError, did_you_mean
from nlpdata.features import Features
from nlpdata.files.ahead import AHEAD_BYTES, map_ahead
from nlpdata.files.base import (
    Batch,
    FileType,
    Source,
    batch_bytes_or_default,
    created,
    first_schema,
    is_ascii,
    label_of,
    last_place,
    mapped,
    mapped_blocks,
    opened,
    parse_options,
    pick,
    pieces_of,
    rows_after,
)
from nlpdata.files.encoding import find_codec, is_utf8, utf8_blocks

_SAMPLES = ("line", "paragraph", "document")
_BLOCK_BYTES = 8 * 2**20  # a block becomes a record batch, which is written as it is
_NEWLINE = 10
_MAX_BLOCK = 2**31 - 2  # offsets of a string column are 32-bit


@dataclass(frozen=True, slots=True)
class TextOptions:
    """How text is read; the names are those users know.

    ``chunksize`` is the older name of ``batch_bytes`` (bytes held at a time).
    """

    encoding: str = "utf-8"
    encoding_errors: str | None = None
    keep_linebreaks: bool = False
    sample_by: str = "line"
    chunksize: int | None = None

    def __post_init__(self) -> None:
        if self.sample_by not in _SAMPLES:
            hint = did_you_mean(self.sample_by, _SAMPLES)
            raise ArgumentError(f"sample_by is {self.sample_by!r}.{hint} Use one of: {', '.join(_SAMPLES)}.")
        find_codec(self.encoding)

    @property
    def is_plain(self) -> bool:
        """Whether rows are the lines of UTF-8 text, without their ends."""
        return self.sample_by == "line" and not self.keep_linebreaks and is_utf8(self.encoding, self.encoding_errors)


class TextFile(FileType):
    """Text <-> the column ``text``."""

    name = "text"
    extensions = (".txt",)

    def read(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """Lines, paragraphs or the document as the column ``text``.

        Options: see :class:`TextOptions`. The column is called as in ``features``, if these have one column.

        Raises:
            RowError: bytes that are not in the encoding; names the file, the line and the offset.
        """
        chosen = parse_options(TextOptions, options, "text")
        size = batch_bytes_or_default(batch_bytes or chosen.chunksize)
        name = next(iter(features)) if features else "text"
        label = label_of(source)
        done = 0
        plain = mapped(source) if chosen.is_plain else None
        if plain is not None:
            with plain:
                for batch in _plain_lines(plain, min(size, _BLOCK_BYTES), name):
                    if batch is None:
                        break
                    yield pick(batch, columns, label)
                    done += batch.num_rows
                else:
                    return
        for batch in rows_after(_sampled(source, chosen, size, name), done):
            yield pick(batch, columns, label)

    def write(self, batches: Iterable[Batch], target: Source, **options: Any) -> int:
        r"""One line per row of the only column, each ended by ``\n``; null is an empty line.

        Raises:
            FeatureError: not exactly one column, or one that is not text.
        """
        schema, rows = first_schema(batches, options.pop("schema", None))
        parse_options(TextOptions, options, "text")
        if schema is not None and (len(schema) != 1 or not _is_text(schema.field(0).type)):
            raise FeatureError(f"A text file holds one column of strings; there are: {schema.names}. Select one first.")
        with created(target) as sink:
            for batch in rows:
                values = batch.column(0).to_pylist()
                sink.write("".join(["\n" if v is None else v + "\n" for v in values]).encode())
        return sink.num_bytes


def _plain_lines(file: Any, size: int, name: str) -> Iterator[pa.RecordBatch | None]:
    """The lines of a mapped file, block by block; None, as the last, before a block that is to be looked at more closely."""
    blocks = mapped_blocks(file, size, lambda data, ended: len(data) if ended else last_place(data, _NEWLINE) + 1)
    with closing(map_ahead(_split_lines, blocks, len, AHEAD_BYTES)) as arrays:
        for array in arrays:
            yield None if array is None else pa.RecordBatch.from_arrays([array], [name])
            if array is None:
                return


def _split_lines(block: pa.Buffer) -> pa.Array | None:
    """The lines of a block; None if it is too long for one array, is not UTF-8, or has carriage returns."""
    data = np.frombuffer(block, np.uint8)
    if len(data) > _MAX_BLOCK:
        return None
    ascii = True
    for _, piece in pieces_of(data):
        ascii = ascii and is_ascii(piece)
        if b"\r" in piece.tobytes():
            return None
    whole = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, len(data)], np.int32)), block)
    try:
        whole.validate(full=not ascii)  # UTF-8
    except pa.ArrowInvalid:
        return None
    lines = pc.split_pattern(whole, "\n").values
    return lines.slice(0, len(lines) - 1) if data[-1] == _NEWLINE else lines


def _sampled(source: Source, chosen: TextOptions, size: int, name: str) -> Iterator[pa.RecordBatch]:
    """The rows of any text, by its line ends."""
    with opened(source) as stream:
        blocks = utf8_blocks(stream, chosen.encoding, chosen.encoding_errors, min(size, _MAX_BLOCK), label_of(source))
        for array in _SAMPLERS[chosen.sample_by](_with_newlines(blocks), chosen.keep_linebreaks):
            yield pa.RecordBatch.from_arrays([array], [name])


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind))


def _with_newlines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    r"""The blocks with every line end as ``\n``."""
    held = b""
    for block in blocks:
        block = held + block
        held = b"\r" if block.endswith(b"\r") else b""  # it may be the first half of \r\n
        block = block[: len(block) - len(held)]
        if b"\r" in block:
            block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if block:
            yield block
    if held:
        yield b"\n"


def lines_array(block: bytes, keep_linebreaks: bool) -> pa.Array:
    r"""The lines of a block as a string array, without a Python object per line.

    >>> lines_array(b"a\n\nb", False).to_pylist()
    ['a', '', 'b']
    """
    data = np.frombuffer(block, dtype=np.uint8)
    is_end = data == 10
    ends = np.flatnonzero(is_end).astype(np.int32) + 1
    if not len(ends) or ends[-1] != len(data):
        ends = np.append(ends, np.int32(len(data)))
        last_is_open = True
    else:
        last_is_open = False
    offsets = np.concatenate([np.zeros(1, np.int32), ends])
    if not keep_linebreaks:
        offsets -= np.arange(len(offsets), dtype=np.int32)
        if last_is_open:
            offsets[-1] += 1
        data = data[~is_end]
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data))


def _lines(blocks: Iterable[bytes], keep_linebreaks: bool) -> Iterator[pa.Array]:
    open_line: list[bytes] = []
    any_rows = False
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut:
            yield lines_array(b"".join([*open_line, block[:cut]]), keep_linebreaks)
            open_line, any_rows = [], True
        if cut < len(block):
            open_line.append(block[cut:])
    if open_line:
        yield lines_array(b"".join(open_line), keep_linebreaks)
    elif not any_rows:
        yield pa.array([], pa.string())


def _paragraphs(blocks: Iterable[bytes], keep_linebreaks: bool) -> Iterator[pa.Array]:
    del keep_linebreaks  # inside a paragraph they stay in any case
    rest, any_rows = "", False
    for block in blocks:
        # The last part is carried over: splitting goes on from there as if the file were one string.
        *parts, rest = (rest + block.decode()).split("\n\n")
        if found := [p for p in parts if p]:
            yield pa.array(found, pa.string())
            any_rows = True
    if rest or not any_rows:
        yield pa.array([rest] if rest else [], pa.string())


def _document(blocks: Iterable[bytes], keep_linebreaks: bool) -> Iterator[pa.Array]:
    del keep_linebreaks
    whole = b"".join(blocks).decode()
    yield pa.array([whole], pa.large_string() if len(whole) > 2**29 else pa.string())


_SAMPLERS = {"line": _lines, "paragraph": _paragraphs, "document": _document}
