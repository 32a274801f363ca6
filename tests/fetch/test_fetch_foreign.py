"""7z and rar: extracted like any archive, and as wary of what they hold."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest

from nlpdata.errors import ArchiveError, TruncatedArchiveError, UnsafeArchiveError
from nlpdata.fetch.archive import extract, is_archive, iter_archive, open_stream
from nlpdata.settings import settings

FILES = {"corpus/train.json": b'[{"id": "1"}]', "corpus/empty": b"", "b.txt": b"text\n" * 40_000}


def make_7z(path: Path, files: dict[str, bytes], password: str | None = None) -> Path:
    py7zr = pytest.importorskip("py7zr")
    with py7zr.SevenZipFile(path, "w", password=password) as archive:
        for number, (name, data) in enumerate(files.items()):
            archive.writestr(data, f"plain_{number}")
            archive.files.files_list[-1]["filename"] = name  # py7zr itself refuses to write names that lead outside
    return path


def number(value: int) -> bytes:
    """A number of the rar format: seven bits a byte, lowest first."""
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def block(header: bytes, data: bytes = b"") -> bytes:
    sized = number(len(header)) + header
    return zlib.crc32(sized).to_bytes(4, "little") + sized + data


def rar_member(name: str, data: bytes, link: str | None = None) -> bytes:
    redirection = b"" if link is None else number(5) + number(1) + number(0) + number(len(link)) + link.encode()
    extra = number(len(redirection)) + redirection if redirection else b""
    mode = 0o120777 if link is not None else 0o100644
    return block(
        number(2) + number(3 if extra else 2) + (number(len(extra)) if extra else b"") + number(len(data))
        + number(4) + number(len(data)) + number(mode) + zlib.crc32(data).to_bytes(4, "little")
        + number(0) + number(1) + number(len(name)) + name.encode() + extra,
        data,
    )  # fmt: skip


def make_rar(path: Path, files: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
    """A rar archive (version 5) whose members are stored, not compressed, so that no other program is needed to read it."""
    pytest.importorskip("rarfile")
    members = [rar_member(name, data) for name, data in files.items()]
    members += [rar_member(name, b"", link) for name, link in (links or {}).items()]
    end = block(number(5) + number(0) + number(0))
    path.write_bytes(b"Rar!\x1a\x07\x01\x00" + block(number(1) + number(0) + number(0)) + b"".join(members) + end)
    return path


MAKERS = {"7z": make_7z, "rar": make_rar}


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("kind", MAKERS)
def test_extracts(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path / "no_extension", FILES)
    assert is_archive(path)
    assert content(extract(path, tmp_path / "out")) == FILES
    assert {p.name for p in tmp_path.iterdir()} == {"no_extension", "out"}
    with pytest.raises(ArchiveError, match=f"is a {kind} archive, which cannot be read as a stream"):
        open_stream(path)
    with pytest.raises(ArchiveError, match=f"is a {kind} archive"):
        list(iter_archive(path))


def test_two_members_of_one_name_are_both_kept(tmp_path: Path) -> None:
    py7zr = pytest.importorskip("py7zr")
    with py7zr.SevenZipFile(tmp_path / "x", "w") as archive:
        archive.writestr(b"1", "a")
        archive.writestr(b"2", "a")
    assert content(extract(tmp_path / "x", tmp_path / "out")) == {"a": b"1", "a_0": b"2"}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("name", ["../../evil", "/absolute", "a/../../evil", "..\\evil", "c:evil"])
def test_a_member_outside_is_refused(kind: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = MAKERS[kind](tmp_path / "in" / "x", {"ok": b"1", name: b"evil"})
    before = content(tmp_path)
    with pytest.raises(ArchiveError):
        extract(path, tmp_path / "in" / "out")
    assert content(tmp_path) == before


@pytest.mark.parametrize("kind", MAKERS)
def test_a_link_is_refused(kind: str, tmp_path: Path) -> None:
    if kind == "7z":
        py7zr = pytest.importorskip("py7zr")
        os.symlink("/etc", tmp_path / "link")
        with py7zr.SevenZipFile(tmp_path / "x", "w") as archive:
            archive.write(tmp_path / "link", "link")
    else:
        make_rar(tmp_path / "x", {"ok": b"1"}, {"link": "/etc"})
    with pytest.raises(UnsafeArchiveError, match=r"'link', a link or a device.*Nothing was extracted"):
        extract(tmp_path / "x", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = make_7z(tmp_path / "x.7z", {"blanks": b" " * 30_000_000})
    assert path.stat().st_size < 50_000
    with settings.override(archive_max_ratio=50), pytest.raises(UnsafeArchiveError, match="NLPDATA_ARCHIVE_MAX_RATIO"):
        extract(path, tmp_path / "out")
    with settings.override(archive_max_bytes=10_000), pytest.raises(UnsafeArchiveError, match="NLPDATA_ARCHIVE_MAX_BYTES"):
        extract(make_rar(tmp_path / "x.rar", FILES), tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir()} == {"x.7z", "x.rar"}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_truncated_or_damaged_one_leaves_nothing(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path / "x", {"a.txt": os.urandom(3000), "b.txt": b"y" * 3000})
    whole = path.read_bytes()
    for size in range(20, len(whole) - 12, 97):
        path.write_bytes(whole[:size])
        with pytest.raises(ArchiveError, match=r"Delete it and download it again|cannot be read"):
            extract(path, tmp_path / "out")
    path.write_bytes(whole[:1500] + bytes(100) + whole[1600:])
    with pytest.raises(ArchiveError, match="Delete it and download it again"):
        extract(path, tmp_path / "out")
    assert {p.name for p in tmp_path.iterdir()} == {"x"}


def test_the_end_is_named_where_it_is_missing(tmp_path: Path) -> None:
    path = make_7z(tmp_path / "x", FILES)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TruncatedArchiveError, match="ends too early"):
        extract(path, tmp_path / "out")


def test_an_encrypted_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"is encrypted\. Unpack it yourself"):
        extract(make_7z(tmp_path / "x", {"a": b"1"}, password="secret"), tmp_path / "out")
