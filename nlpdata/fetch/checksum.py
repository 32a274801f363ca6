"""What bytes are: a length and a sha256, taken while the bytes are written, and the file that records them.

Knows: hashing on the way to disk, and how a file takes its name only when it is complete (aside, fsync, rename).
Does not know: where the bytes come from.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from nlpdata.errors import ArgumentError, CacheWriteError

BLOCK_BYTES = 1 << 20
_NOT_WRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a file is: ``num_bytes`` and ``sha256`` (64 hex digits). ``num_bytes`` is None where only the hash was recorded."""

    num_bytes: int | None
    sha256: str

    def accepts(self, other: Checksum) -> bool:
        """Whether ``other`` is the same content."""
        return self.sha256 == other.sha256 and (self.num_bytes is None or self.num_bytes == other.num_bytes)

    def __str__(self) -> str:
        size = "size not recorded" if self.num_bytes is None else f"{self.num_bytes} bytes"
        return f"sha256 {self.sha256} ({size})"


class HashingWriter:
    """A binary sink that knows the checksum of what went through it.

    >>> import io
    >>> sink = HashingWriter(io.BytesIO())
    >>> _ = sink.write(b"abc")
    >>> sink.checksum.num_bytes, sink.checksum.sha256[:8]
    (3, 'ba7816bf')
    """

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self.num_bytes = 0

    def write(self, data: bytes) -> int:
        """Write and hash ``data``; the number of bytes."""
        self._target.write(data)
        self.account(data)
        return len(data)

    def account(self, data: bytes) -> None:
        """Hash bytes that the target holds already (the first part of a resumed download)."""
        self._hash.update(data)
        self.num_bytes += len(data)

    @property
    def checksum(self) -> Checksum:
        """The checksum of everything so far."""
        return Checksum(self.num_bytes, self._hash.hexdigest())


def checksum_of(path: str | os.PathLike[str]) -> Checksum:
    """The checksum of a file; reads it once, in blocks of 1 MiB."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
            size += len(block)
    return Checksum(size, digest.hexdigest())


def load_checksums(path: str | os.PathLike[str]) -> dict[str, Checksum]:
    """The recorded downloads of a ``checksums.json``: URL -> :class:`Checksum`; empty if there is no such file.

    The file is ``{"downloads": {url: {"num_bytes": n, "sha256": h}}, ...}``; other keys are left to others.

    Raises:
        ArgumentError: the file is not of that form.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        rows = json.loads(text).get("downloads", {})
        return {url: Checksum(row.get("num_bytes"), row["sha256"]) for url, row in rows.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        form = '{"downloads": {url: {"num_bytes": n, "sha256": h}}}'
        raise ArgumentError(f"{path} does not record checksums ({error!r}). It should read {form}.") from error


def save_checksums(path: str | os.PathLike[str], checksums: Mapping[str, Checksum]) -> None:
    """Record downloads in a ``checksums.json``: known URLs are replaced, everything else in the file stays."""
    target = Path(path)
    content: dict[str, Any] = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    rows = content.setdefault("downloads", {})
    rows.update({url: {"num_bytes": c.num_bytes, "sha256": c.sha256} for url, c in checksums.items()})
    content["downloads"] = dict(sorted(rows.items()))
    write_json(target, content)


def write_json(path: Path, content: Any) -> None:
    """Write JSON under ``path`` at once: readers see the old file or the new one."""
    with written_aside(path) as sink:
        sink.write((json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())


@contextmanager
def written_aside(path: Path) -> Iterator[HashingWriter]:
    """A sink for the new content of ``path``: a temporary beside it, synced and renamed when the block ends well.

    On an exception, and on a full disk, the temporary is removed and ``path`` is as it was.

    Raises:
        CacheWriteError: the folder is read-only or the disk is full.
    """
    temporary = path.with_name(f"{path.name}.tmp-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with writable(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "wb") as file:
                yield HashingWriter(file)
                sync(file)
            os.replace(temporary, path)
            sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def publish(temporary: Path, path: Path) -> None:
    """Give a complete, synced file its name; the folder entry is synced as well."""
    with writable(path):
        os.replace(temporary, path)
        sync_folder(path.parent)


def sync(file: BinaryIO) -> None:
    """Flush a file to the disk itself."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, where the system can open folders."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # Windows cannot; the rename itself is still atomic there
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be made because a file is in its place.

    Raises:
        CacheWriteError: names that file.
    """
    for place in (folder, *folder.parents):
        if place.exists():
            if place.is_dir():
                return
            raise CacheWriteError(
                f"Cannot write {folder}: {place} is a file. Point NLPDATA_CACHE to a folder that can be written."
            )


@contextmanager
def writable(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write into a :class:`CacheWriteError` that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NOT_WRITABLE:
            raise
        reason = os.strerror(error.errno)
        raise CacheWriteError(
            f"Cannot write {path}: {reason}. Nothing was kept under that name. "
            "Free some space, or point NLPDATA_CACHE to a folder that can be written."
        ) from error
