"""Manifests and small files on disk: read, write aside and rename, verify.

Knows: how a file appears whole or not at all, and what unfinished files are called.
Does not know: what the rows mean, or which folder is asked for.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import xxhash

from nlpdata.errors import CacheWriteError, CorruptFileError
from nlpdata.store.layout import MANIFEST_NAME, Manifest

_TEMPORARY = re.compile(r"\.tmp-(\d+)-[0-9a-f]{8,}")
_READ_BYTES = 1 << 20
_REFUSED = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "files may not grow that large here",
    errno.EROFS: "nothing can be written to this disk",
    errno.EACCES: "this user may not write there",
    errno.EPERM: "this user may not write there",
}


def temporary_name(suffix: str = "") -> str:
    """A fresh name for an unfinished file of this process; :func:`is_temporary` recognises it."""
    return f".tmp-{os.getpid()}-{secrets.token_hex(6)}{suffix}"


def is_temporary(name: str) -> bool:
    """Whether a file name is one that unfinished files of the store have.

    >>> is_temporary(".tmp-4711-0123456789ab.arrow"), is_temporary("data-00000-of-00001.arrow")
    (True, False)
    """
    return _TEMPORARY.match(name) is not None


def temporary_pid(name: str) -> int | None:
    """The process id inside the name of an unfinished file, or None if the name is another one."""
    found = _TEMPORARY.match(name)
    return int(found.group(1)) if found else None


class writing:
    """A block whose refused writes (full or read-only disk, permissions) become :class:`CacheWriteError`.

    Args:
        path: what is being written, for the message.
        refused: called before such an error, or any other of the system, goes on.
    """

    __slots__ = ("_path", "_refused")  # a generator would take several times as long, and each batch has a block

    def __init__(self, path: str | os.PathLike[str], refused: Callable[[], None] | None = None) -> None:
        self._path, self._refused = path, refused

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not isinstance(error, OSError):
            return
        if self._refused is not None:
            self._refused()
        reason = _REFUSED.get(error.errno or 0)
        if reason is not None and not isinstance(error, CacheWriteError):
            raise CacheWriteError(
                f"Cannot write {os.fspath(self._path)}: {os.strerror(error.errno or 0)} ({reason}). Nothing half-written is "
                "left. Make room or allow writing there, or point the variable NLPDATA_CACHE at another folder."
            ) from error


def sync_folder(folder: str | os.PathLike[str]) -> None:
    """Make renames inside ``folder`` survive a power cut, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except (PermissionError, IsADirectoryError):  # Windows opens no folder
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):  # some network file systems sync no folder
            raise
    finally:
        os.close(descriptor)


def write_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Write ``data`` to ``path`` so that it appears whole or not at all, also after a power cut.

    It is written aside in the same folder, synced, renamed, and the folder synced. An existing file is replaced.

    Raises:
        CacheWriteError: the disk is full or read-only, or permission is missing.
    """
    target = Path(path)
    aside = target.with_name(temporary_name())
    try:
        with writing(target):
            with open(aside, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, target)
            sync_folder(target.parent)
    except BaseException:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise


def read_manifest(folder: str | os.PathLike[str]) -> Manifest:
    """The manifest of a result folder; no shard is touched.

    Raises:
        CorruptFileError: there is none, or it is damaged.
        FormatVersionError: a newer nlpdata wrote it.
    """
    path = Path(folder) / MANIFEST_NAME
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CorruptFileError(f"{folder} is no finished dataset folder: it has no {MANIFEST_NAME}.") from error
    return Manifest.from_json(data, str(path))


def write_manifest(folder: str | os.PathLike[str], manifest: Manifest) -> None:
    """Write ``manifest.json`` whole or not at all.

    Raises:
        CacheWriteError: the folder cannot be written.
    """
    write_file(Path(folder) / MANIFEST_NAME, manifest.to_json())


def hash_file(path: str | os.PathLike[str]) -> str:
    """The xxh3_128 of a file's bytes as 32 hex digits. Reads the whole file, one MiB at a time."""
    hasher = xxhash.xxh3_128()
    with open(path, "rb", buffering=0) as file:
        buffer = memoryview(bytearray(_READ_BYTES))
        while count := file.readinto(buffer):
            hasher.update(buffer[:count])
    return str(hasher.hexdigest())


def verify(folder: str | os.PathLike[str], manifest: Manifest) -> None:
    """Hash every shard again and compare with the manifest. Reads all bytes.

    Raises:
        CorruptFileError: a shard is missing or differs; names shard, expected, found.
    """
    for shard in manifest.shards:
        path = Path(folder) / shard.file
        try:
            size = path.stat().st_size
        except FileNotFoundError as error:
            raise CorruptFileError(f"Shard {path} is missing. Expected {shard.num_bytes:,} bytes.") from error
        if size != shard.num_bytes:
            raise CorruptFileError(f"Shard {path} has {size:,} bytes. Expected {shard.num_bytes:,}.")
        if (found := hash_file(path)) != shard.xxh3:
            raise CorruptFileError(f"Shard {path} is damaged: its xxh3 is {found}. Expected {shard.xxh3}.")
