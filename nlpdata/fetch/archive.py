"""Archives and compressed files, opened by what they are and never by their name.

Knows: zip, tar, gz, bz2, xz, zst, lz4 (and who opens 7z and rar); that members stay inside their folder, links are refused, and
how much may come out.
Does not know: where the archive came from. Extraction happens aside; a folder has its name only when it is whole.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import secrets
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from nlpdata.errors import ArchiveError, NlpdataError, TruncatedArchiveError, UnsafeArchiveError
from nlpdata.fetch import foreign
from nlpdata.fetch.checksum import BLOCK_BYTES, sync_folder, writable
from nlpdata.fetch.streams import borrowed, peeked
from nlpdata.settings import settings

# First bytes -> kind. Tar has its mark at byte 257.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
)
_HEAD_BYTES = 512
_COMPRESSED = {"gz", "bz2", "xz", "zst", "lz4"}
_RATIO_FROM_BYTES = 1 << 20  # a few kilobytes of blanks may well shrink a thousand times


def kind_of(head: bytes) -> str | None:
    """The kind of archive or compression that the first 512 bytes of a file tell, or None.

    >>> kind_of(b"BZh91AY"), kind_of(b"text")
    ('bz2', None)
    """
    if head[257:262] == b"ustar":
        return "tar"
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return "tar" if _is_old_tar(head) else None


def _is_old_tar(head: bytes) -> bool:
    """Whether a block is a tar header from before 1988: no mark, but a checksum of itself at byte 148."""
    if len(head) < _HEAD_BYTES or not head[0] or not head[148:156].strip(b" \0").isdigit():
        return False
    try:
        return int(head[148:156].strip(b" \0"), 8) == sum(head[:148]) + 8 * 0x20 + sum(head[156:512])
    except ValueError:
        return False


def is_archive(path: str | os.PathLike[str]) -> bool:
    """Whether :func:`extract` would do something to this file: an archive, or one compressed file."""
    with open(path, "rb") as file:
        return kind_of(file.read(_HEAD_BYTES)) is not None


def is_compressed(path: str | os.PathLike[str]) -> bool:
    """Whether a file is one compressed stream (gz, bz2, xz, zst, lz4)."""
    with open(path, "rb") as file:
        return kind_of(file.read(_HEAD_BYTES)) in _COMPRESSED


def open_stream(source: str | os.PathLike[str] | BinaryIO) -> BinaryIO:
    """The content of a file as a binary stream, decompressed if it is compressed; a zip must hold one file.

    Reads nothing but the first bytes now. The stream raises :class:`TruncatedArchiveError` when it ends too early.

    Raises:
        ArchiveError: a zip with several members, or a kind that cannot be read.
    """
    if not isinstance(source, str | os.PathLike):
        return _decompressed(source, _label(source))
    file = open(source, "rb")  # noqa: SIM115 (the stream that is returned closes it)
    try:
        return _decompressed(file, os.fspath(source))
    except BaseException:
        file.close()
        raise


def _decompressed(file: BinaryIO, label: str) -> BinaryIO:
    head, file = peeked(file, _HEAD_BYTES)
    kind = kind_of(head)
    if kind is None or kind == "tar":
        return file
    if kind == "zip":
        return _only_member(file, label)
    if kind in foreign.KINDS:
        raise ArchiveError(f"{label} is a {kind} archive, which cannot be read as a stream. Extract it and pass the files.")
    raw = cast(Any, _decompressor(file, kind))
    return io.BufferedReader(_Guarded(raw, file, label), BLOCK_BYTES)


def _decompressor(file: BinaryIO, kind: str) -> Any:
    if kind == "gz":
        return gzip.GzipFile(fileobj=file, mode="rb")
    if kind == "bz2":
        return bz2.BZ2File(file)
    if kind == "xz":
        return lzma.LZMAFile(file)
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd" if kind == "zst" else "lz4")


def _only_member(file: BinaryIO, label: str) -> BinaryIO:
    with reading(label):
        archive = zipfile.ZipFile(file)
        members = [m for m in archive.infolist() if not m.is_dir()]
        if len(members) != 1:
            raise ArchiveError(f"{label} holds {len(members)} files where one is expected. Extract it and pass the files.")
        return io.BufferedReader(_Guarded(archive.open(members[0]), file, label), BLOCK_BYTES)


class _Guarded(io.RawIOBase):
    """A decompressed stream whose failures are ours, and which closes the file below it."""

    def __init__(self, stream: Any, below: BinaryIO, label: str) -> None:
        self._stream, self._below, self._label = stream, below, label

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with reading(self._label):
            part = self._stream.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._below.close()
        super().close()


@contextmanager
def reading(label: str) -> Iterator[None]:
    """Turn what the archive libraries raise into :class:`ArchiveError`, naming the archive.

    Raises:
        TruncatedArchiveError: the bytes end before the content does.
        ArchiveError: the bytes are not what they should be, or are encrypted.
    """
    try:
        yield
    except NlpdataError:
        raise
    except (EOFError, tarfile.ReadError, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
        raise _archive_error(label, error) from error
    except OSError as error:
        # The decompressors complain with a bare OSError; one with a number comes from the system.
        if error.errno is not None:
            raise
        raise _archive_error(label, error) from error
    except (RuntimeError, NotImplementedError) as error:
        raise ArchiveError(f"Cannot open {label}: {error}.") from error


def _archive_error(label: str, error: Exception) -> ArchiveError:
    text = str(error).rstrip(".")
    folded = text.casefold()
    ends = ("end of", "end-of", "truncat", "ended", "not a zip file", "unexpected end")
    if isinstance(error, EOFError) or any(word in folded for word in ends):
        return TruncatedArchiveError(f"{label} ends too early ({text}). Delete it and download it again.")
    return ArchiveError(f"{label} is damaged ({text}). Delete it and download it again.")


@dataclass(slots=True)
class _Budget:
    """How much may still come out of one archive."""

    label: str
    packed_bytes: int
    expanded_bytes: int = 0

    def spend(self, num_bytes: int) -> None:
        self.expanded_bytes += num_bytes
        limit, ratio = settings.archive_max_bytes, settings.archive_max_ratio
        if self.expanded_bytes > limit:
            raise UnsafeArchiveError(
                f"{self.label} ({self.packed_bytes} bytes) expands to more than {limit} bytes. "
                "If that is right, raise NLPDATA_ARCHIVE_MAX_BYTES."
            )
        if self.expanded_bytes > max(_RATIO_FROM_BYTES, ratio * self.packed_bytes):
            raise UnsafeArchiveError(
                f"{self.label} ({self.packed_bytes} bytes) expands more than {ratio} times, as a zip bomb does. "
                "If that is right, raise NLPDATA_ARCHIVE_MAX_RATIO."
            )


def extract(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> Path:
    """Unpack an archive, or decompress a single file, to ``target``, which appears only when it is whole.

    Args:
        path: the archive; what it is is told by its bytes.
        target: a folder for zip, tar, 7z and rar, a file for gz, bz2, xz, zst and lz4. If it exists it is returned as it is.

    Raises:
        UnsafeArchiveError: a member outside the folder, a link or device, or more bytes than the settings
            ``archive_max_bytes`` and ``archive_max_ratio`` allow. Nothing is left of it.
        TruncatedArchiveError: the archive ends too early. Nothing is left of it.
        ArchiveError: not an archive, damaged, or encrypted.
        CacheWriteError: the disk is full or read-only.
    """
    source, goal = Path(path), Path(target)
    if goal.exists():
        return goal
    with open(source, "rb") as file:
        kind = kind_of(file.read(_HEAD_BYTES))
    if kind is None:
        raise ArchiveError(f"{source} is not an archive that nlpdata can open: zip, tar, gz, bz2, xz, zst, lz4, 7z or rar.")
    _remove_orphans(goal)
    aside = goal.with_name(f"{goal.name}.tmp-{os.getpid()}-{secrets.token_hex(4)}")
    budget = _Budget(str(source), source.stat().st_size)
    try:
        with writable(goal), reading(str(source)):
            goal.parent.mkdir(parents=True, exist_ok=True)
            _unpack(source, kind, aside, budget)
        _take_name(aside, goal)
    finally:
        remove_tree(aside)
    return goal


def _unpack(source: Path, kind: str, aside: Path, budget: _Budget) -> None:
    if kind == "zip":
        aside.mkdir()
        _unpack_zip(source, aside, budget)
        return
    if kind in foreign.KINDS:
        aside.mkdir()
        foreign.unpack(kind, source, lambda name, is_link: _place(aside, name, is_link, budget), budget.spend)
        return
    with open_stream(source) as stream:
        head, stream = peeked(stream, _HEAD_BYTES)
        if kind_of(head) == "tar":
            aside.mkdir()
            _unpack_tar(stream, aside, budget)
        else:
            _copy(stream, aside, budget)


def _unpack_zip(source: Path, folder: Path, budget: _Budget) -> None:
    with zipfile.ZipFile(source) as archive:
        for member in archive.infolist():
            place = confined(folder, member.filename, budget.label)
            mode = member.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refused(budget.label, member.filename, "a link or a device")
            if member.is_dir():
                place.mkdir(parents=True, exist_ok=True)
            else:
                with archive.open(member) as stream:
                    _copy(cast(BinaryIO, stream), place, budget)


def _unpack_tar(stream: BinaryIO, folder: Path, budget: _Budget) -> None:
    # A stream ("r|") is read once, front to back: nothing is counted or trusted before its bytes are here.
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            place = confined(folder, member.name, budget.label)
            if member.isdir():
                place.mkdir(parents=True, exist_ok=True)
            elif member.isreg():
                content = archive.extractfile(member)
                assert content is not None
                _copy(cast(BinaryIO, content), place, budget)
            else:
                raise _refused(budget.label, member.name, "a link or a device")
    while block := stream.read(BLOCK_BYTES):  # what follows the last member: checked, counted, not kept
        budget.spend(len(block))


def _copy(stream: BinaryIO, place: Path, budget: _Budget) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(
        place, "wb"
    ) as file:  # no link can lie here, so writing never leaves the folder; of two equal names the last stays
        while block := stream.read(BLOCK_BYTES):
            budget.spend(len(block))
            file.write(block)


def confined(folder: Path, name: str, label: str) -> Path:
    """The place of a member below ``folder``.

    Raises:
        UnsafeArchiveError: the name is absolute, climbs out with ``..``, or holds a drive, a backslash or a NUL.

    >>> confined(Path("out"), "./a/b.txt", "x.zip").as_posix()
    'out/a/b.txt'
    """
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or any(c in name for c in "\\\0") or ":" in name.partition("/")[0][1:2]:
        raise _refused(label, name, "a path outside the archive's folder")
    return folder.joinpath(*pure.parts)


def _place(folder: Path, name: str, is_link: bool, budget: _Budget) -> Path:
    if is_link:
        raise _refused(budget.label, name, "a link or a device")
    return confined(folder, name, budget.label)


def _refused(label: str, member: str, what: str) -> UnsafeArchiveError:
    return UnsafeArchiveError(
        f"{label} holds the member {member!r}, {what}. Nothing was extracted. If you trust the archive, unpack it yourself."
    )


def _take_name(aside: Path, goal: Path) -> None:
    try:
        os.rename(aside, goal)
    except OSError:
        if not goal.exists():  # otherwise another process was first; its result is the same
            raise
    sync_folder(goal.parent)


def _remove_orphans(goal: Path) -> None:
    """Remove what killed processes of this machine left while they extracted the same archive."""
    for path in goal.parent.glob(f"{goal.name}.tmp-*"):
        owner = path.name.removeprefix(f"{goal.name}.tmp-").partition("-")[0]
        if owner.isdigit() and not _is_alive(int(owner)):
            remove_tree(path)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def remove_tree(path: Path) -> None:
    """Remove a file or a folder with all it holds, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def iter_archive(source: str | os.PathLike[str] | BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    """(member path, file object) of a tar or zip, in its order, without extracting it.

    The file object is valid until the next step. Folders, links and hidden members (a name that begins with ``.`` or
    ``__``) are left out. Compressed tars are read as a stream, in bounded memory.

    Raises:
        UnsafeArchiveError: a member path leads outside, or more comes out than the settings allow.
        TruncatedArchiveError: the archive ends too early.
        ArchiveError: neither a tar nor a zip.
    """
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            yield from _members(file, os.fspath(source))
    else:
        # An open file stays open: it is the caller's.
        yield from _members(borrowed(source), _label(source))


def _members(file: BinaryIO, label: str) -> Iterator[tuple[str, BinaryIO]]:
    head, file = peeked(file, _HEAD_BYTES)
    with reading(label):
        yield from _zip_members(file, label) if kind_of(head) == "zip" else _tar_members(file, label)


def _zip_members(file: BinaryIO, label: str) -> Iterator[tuple[str, BinaryIO]]:
    budget = _Budget(label, _size_of(file))
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            confined(Path(), member.filename, label)
            if not member.is_dir() and not _hidden(member.filename):
                with archive.open(member) as stream:
                    yield member.filename, io.BufferedReader(_Counted(stream, budget))


def _tar_members(file: BinaryIO, label: str) -> Iterator[tuple[str, BinaryIO]]:
    budget = _Budget(label, _size_of(file))
    stream = _decompressed(file, label)
    head, stream = peeked(stream, _HEAD_BYTES)
    if kind_of(head) != "tar":
        raise ArchiveError(f"{label} is neither a tar nor a zip archive.")
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            confined(Path(), member.name, label)
            content = archive.extractfile(member) if member.isreg() and not _hidden(member.name) else None
            if content is not None:
                yield member.name, io.BufferedReader(_Counted(content, budget))


class _Counted(io.RawIOBase):
    """A member whose bytes are charged to the archive's budget."""

    def __init__(self, stream: Any, budget: _Budget) -> None:
        self._stream, self._budget = stream, budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with reading(self._budget.label):
            part = self._stream.read(len(buffer))
        self._budget.spend(len(part))
        buffer[: len(part)] = part
        return len(part)


def _hidden(name: str) -> bool:
    return PurePosixPath(name).name.startswith((".", "__"))


def _size_of(file: BinaryIO) -> int:
    """The bytes of a file; for a stream that cannot tell, as many as may come out at all."""
    try:
        return os.fstat(file.fileno()).st_size
    except (OSError, AttributeError):
        pass
    if not file.seekable():
        return int(settings.archive_max_bytes)
    here = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(here)
    return size


def _label(file: BinaryIO) -> str:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else "the archive"
