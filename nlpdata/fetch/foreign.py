"""Archives that another package opens: 7z by py7zr, rar by rarfile, loaded late.

Knows: how their members are listed and written. Does not know: where a member may be written or how much may come out; it asks.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from nlpdata._optional import load
from nlpdata.errors import ArchiveError, NlpdataError, TruncatedArchiveError
from nlpdata.fetch.checksum import BLOCK_BYTES

#: ``place(name, is_link)`` is the path that a member is written to, or raises.
Place = Callable[[str, bool], Path]
#: ``spend(num_bytes)`` is told of all bytes that come out, or raises.
Spend = Callable[[int], None]

KINDS = ("7z", "rar")


def unpack(kind: str, source: Path, place: Place, spend: Spend) -> None:
    """Write all members of an archive; empty ones and folders too.

    Args:
        kind: ``"7z"`` or ``"rar"``.
        source: the archive.
        place: says where a member goes, and refuses those that go nowhere.
        spend: counts bytes, and refuses more than allowed.

    Raises:
        TruncatedArchiveError: it ends too early.
        ArchiveError: it is damaged, encrypted, or compressed in a way that the package cannot undo.
        MissingPackageError: the package is not installed.
    """
    with _failures(str(source)):
        (_unpack_7z if kind == "7z" else _unpack_rar)(source, place, spend)


@contextmanager
def _failures(label: str) -> Iterator[None]:
    """Turn what the packages raise into our errors; on damaged bytes that is nearly anything."""
    try:
        yield
    except NlpdataError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        kind, text = type(error).__name__, str(error).rstrip(".") or "no reason given"
        if kind in ("PasswordRequired", "NeedFirstVolume", "RarCannotExec", "UnsupportedCompressionMethodError"):
            raise ArchiveError(f"Cannot open {label}: {text}. Unpack it yourself and pass the files.") from error
        ends = isinstance(error, EOFError) or any(
            word in text.casefold() for word in ("end of", "exceeds the archive", "read enough", "truncat")
        )
        told = "ends too early" if ends else "is damaged"
        raise (TruncatedArchiveError if ends else ArchiveError)(
            f"{label} {told} ({kind}: {text}). Delete it and download it again."
        ) from error


def _unpack_7z(source: Path, place: Place, spend: Spend) -> None:
    py7zr = load("py7zr", "7z")
    # Given as a stream, it is read by this thread alone, so that an error of ours stops it.
    with open(source, "rb") as file, py7zr.SevenZipFile(file) as archive, ExitStack() as opened:
        if archive.needs_password():
            raise ArchiveError(f"{source} is encrypted. Unpack it yourself and pass the files.")
        for member in archive.files:
            special = member.st_fmt not in (None, 0, stat.S_IFREG, stat.S_IFDIR)
            goal = place(member.filename, special or member.is_symlink or member.is_junction or member.is_socket)
            goal.mkdir(parents=True, exist_ok=True) if member.is_directory else _created(goal).close()
        files = [member.filename for member in archive.files if not member.is_directory]
        archive.extract(
            targets=files, factory=_writers(py7zr, lambda name: opened.enter_context(_created(place(name, False))), spend)
        )


def _created(goal: Path) -> BinaryIO:
    goal.parent.mkdir(parents=True, exist_ok=True)
    return open(goal, "w+b")


def _writers(py7zr: Any, opened: Callable[[str], BinaryIO], spend: Spend) -> Any:
    """A py7zr factory that writes each member to the file ``opened(name)``, and counts."""

    class Member(py7zr.Py7zIO):  # type: ignore[misc]
        """A file that counts what is written to it."""

        def __init__(self, file: BinaryIO) -> None:
            self._file = file

        def write(self, data: bytes | bytearray) -> int:
            spend(len(data))
            return self._file.write(data)

        def read(self, size: int | None = None) -> bytes:
            return self._file.read(-1 if size is None else size)

        def seek(self, offset: int, whence: int = 0) -> int:
            return self._file.seek(offset, whence)

        def flush(self) -> None:
            self._file.flush()

        def size(self) -> int:
            return self._file.tell()

        def close(self) -> None:
            self._file.close()

    class Writers(py7zr.WriterFactory):  # type: ignore[misc]
        """Opens members."""

        def create(self, filename: str) -> Any:
            return Member(opened(filename))

    return Writers()


def _unpack_rar(source: Path, place: Place, spend: Spend) -> None:
    rarfile = load("rarfile", "rar")
    blocks: list[Any] = []
    with rarfile.RarFile(source, part_only=True, info_callback=blocks.append) as archive:
        if archive.needs_password():
            raise ArchiveError(f"{source} is encrypted. Unpack it yourself and pass the files.")
        if all(block.type != rarfile.RAR_BLOCK_ENDARC for block in blocks):  # written by every rar since 2002
            raise EOFError("no end mark")
        for member in archive.infolist():
            goal = place(
                member.filename, not (member.is_dir() or member.is_file()) or bool(getattr(member, "file_redir", None))
            )
            if member.is_dir():
                goal.mkdir(parents=True, exist_ok=True)
                continue
            goal.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as stream, open(goal, "wb") as file:
                _copy(stream, file, spend)


def _copy(stream: Any, file: BinaryIO, spend: Spend) -> None:
    while block := stream.read(BLOCK_BYTES):
        spend(len(block))
        file.write(block)
