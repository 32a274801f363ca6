"""Binary streams over other streams: the first bytes without using them up, and a file that is borrowed.

Knows: streams. Does not know: what they hold.
"""

from __future__ import annotations

import io
from typing import Any, BinaryIO, cast

from nlpdata.fetch.checksum import BLOCK_BYTES


def peeked(file: BinaryIO, size: int) -> tuple[bytes, BinaryIO]:
    """The first ``size`` bytes of a stream, and the stream with those bytes still to come."""
    peek = getattr(file, "peek", None)
    if peek is not None and len(head := peek(size)) >= size:
        return bytes(head[:size]), file
    if file.seekable():
        start = file.tell()
        head = file.read(size)
        file.seek(start)
        return head, file
    head = _read_exactly(file, size)
    return head, io.BufferedReader(_Rejoined(head, file), BLOCK_BYTES)


def borrowed(file: BinaryIO) -> BinaryIO:
    """The stream as one that leaves it open when it is closed."""
    return cast(BinaryIO, io.BufferedReader(_Borrowed(file), BLOCK_BYTES))


def _read_exactly(file: BinaryIO, size: int) -> bytes:
    parts = []
    while size and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _Rejoined(io.RawIOBase):
    """Bytes already read, followed by the stream they were read from."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head, self._rest = head, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._head:
            part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        else:
            part = self._rest.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._rest.close()
        super().close()


class _Borrowed(io.RawIOBase):
    """An open file that is left open when this is closed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()

    def readinto(self, buffer: Any) -> int:
        part = self._file.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)
