r"""Bytes in any encoding as UTF-8 bytes, with errors that name the file, the line and the byte.

Knows: codecs and where a wrong byte stands. Does not know: lines of a file type, or rows.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from nlpdata.errors import ArgumentError, RowError
from nlpdata.files.base import blocks_of_lines

_UTF8 = {"utf-8", "ascii"}


def find_codec(encoding: str) -> codecs.CodecInfo:
    """The codec of an encoding's name.

    Raises:
        ArgumentError: there is none.
    """
    try:
        return codecs.lookup(encoding)
    except LookupError:
        raise ArgumentError(f"There is no encoding {encoding!r}. Examples: utf-8, latin-1, utf-16, gb18030.") from None


def is_utf8(encoding: str, errors: str | None) -> bool:
    """Whether bytes can be used as they are: UTF-8 or ASCII, and a wrong byte is an error."""
    return errors in (None, "strict") and find_codec(encoding).name in _UTF8


def utf8_blocks(stream: BinaryIO, encoding: str, errors: str | None, block_bytes: int, label: str) -> Iterator[bytes]:
    """The stream as blocks of valid UTF-8 of about ``block_bytes``; no character is cut.

    Raises:
        RowError: bytes that are not in the encoding, unless ``errors`` (as in :func:`open`) says what to do with them.
    """
    if not is_utf8(encoding, errors):
        yield from _transcoded(stream, encoding, errors or "strict", block_bytes, label)
        return
    name, line, offset = find_codec(encoding).name, 0, 0
    for block in blocks_of_lines(stream, block_bytes, carriage_returns=True):
        try:
            block.decode(name)
        except UnicodeDecodeError as error:
            line += block.count(b"\n", 0, error.start)
            raise _not_encoded(error, encoding, f"{label}, line {line + 1}, byte {offset + error.start}", line) from error
        yield block
        line += block.count(b"\n")
        offset += len(block)


def _transcoded(stream: BinaryIO, encoding: str, errors: str, block_bytes: int, label: str) -> Iterator[bytes]:
    decoder = find_codec(encoding).incrementaldecoder(errors)
    line, offset = 0, 0
    while True:
        data = stream.read(block_bytes)
        kept = len(decoder.getstate()[0])  # bytes of a character that the last block began
        try:
            text = decoder.decode(data, not data)
        except UnicodeDecodeError as error:
            good = error.object[: error.start].decode(encoding, "replace")
            line += good.count("\n")
            place = f"{label}, line {line + 1}, byte {offset - kept + error.start}"
            raise _not_encoded(error, encoding, place, line) from error
        line += text.count("\n")
        offset += len(data)
        if text:
            yield text.encode("utf-8", "replace")  # what a lenient handler let through as a surrogate is no text
        if not data:
            return


def _not_encoded(error: UnicodeDecodeError, encoding: str, place: str, line: int) -> RowError:
    found = error.object[error.start : error.start + 4].hex(" ")
    return RowError(
        f"{place}: not {encoding} (found {found}, {error.reason}). "
        "Pass encoding=..., or encoding_errors='replace' or 'ignore'.",
        row=line,
        value=error.object[error.start : error.end],
    )


class JoinedBlocks(io.RawIOBase):
    """Blocks of bytes as one stream to read from; closing it closes the file they come from."""

    def __init__(self, blocks: Iterator[Any], below: BinaryIO | None = None) -> None:
        self._blocks, self._rest, self._below = blocks, memoryview(b""), below

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` with what comes next; 0 at the end."""
        if not self._rest:
            self._rest = memoryview(next(self._blocks, b"")).cast("B")
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close this, and the file below it."""
        if self._below is not None:
            self._below.close()
        super().close()
