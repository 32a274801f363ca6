"""Archives: every kind opens, nothing leaves its folder, nothing half-done stays."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from nlpdata.errors import ArchiveError, TruncatedArchiveError, UnsafeArchiveError
from nlpdata.fetch import extract, is_archive, iter_archive, open_stream
from nlpdata.settings import settings

FILES = {"a.txt": b"alpha\n" * 1000, "sub/b.txt": b"beta", "sub/deep/empty.txt": b""}


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


def make_tar(path: Path, mode: str = "w", files: dict[str, bytes] = FILES, *extra: tarfile.TarInfo) -> Path:
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            archive.addfile(member(name, size=len(data)), io.BytesIO(data))
        for info in extra:
            archive.addfile(info, io.BytesIO(b"x" * info.size))
    return path


def make_zip(path: Path, files: dict[str, bytes] = FILES) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def make_tar_zst(path: Path) -> Path:
    plain = make_tar(path.with_suffix(".plain"))
    path.write_bytes(zstd(plain.read_bytes()))
    return path


MAKERS: dict[str, Callable[[Path], Path]] = {
    "zip": make_zip,
    "tar": make_tar,
    "tar.gz": lambda p: make_tar(p, "w:gz"),
    "tar.bz2": lambda p: make_tar(p, "w:bz2"),
    "tar.xz": lambda p: make_tar(p, "w:xz"),
    "tar.zst": make_tar_zst,
}
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstd}


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("kind", MAKERS)
def test_archives_are_told_by_their_bytes(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path / "no_extension")
    assert is_archive(path)
    target = tmp_path / "out" / "folder"
    assert extract(path, target) == target
    assert content(target) == FILES
    assert [p.name for p in target.parent.iterdir()] == ["folder"]


@pytest.mark.parametrize("kind", MAKERS)
def test_iter_archive_reads_in_order_without_extracting(kind: str, tmp_path: Path) -> None:
    path = MAKERS[kind](tmp_path / "x")
    assert {name: file.read() for name, file in iter_archive(path)} == FILES
    with open(path, "rb") as stream:
        assert [name for name, _ in iter_archive(stream)] == list(FILES)
    assert {p.name for p in tmp_path.iterdir()} <= {"x", "x.plain"}


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_single_files_are_decompressed(kind: str, tmp_path: Path) -> None:
    data = b"line\n" * 50_000
    path = tmp_path / "x"
    path.write_bytes(COMPRESSORS[kind](data))
    assert extract(path, tmp_path / "out").read_bytes() == data
    with open_stream(path) as stream:
        assert stream.read() == data
    with open(path, "rb") as raw, open_stream(raw) as stream:
        assert stream.read(4) == b"line"


def test_open_stream_leaves_plain_files_alone_and_takes_the_only_member_of_a_zip(tmp_path: Path) -> None:
    plain = tmp_path / "plain.gz"  # the name lies
    plain.write_bytes(b"short")
    with open_stream(plain) as stream:
        assert stream.read() == b"short"
    assert not is_archive(plain)
    one = make_zip(tmp_path / "one.zip", {"a.csv": b"a,b\n"})
    with open_stream(one) as stream:
        assert stream.read() == b"a,b\n"
    with pytest.raises(ArchiveError, match="holds 3 files"):
        open_stream(make_zip(tmp_path / "three.zip"))


def test_streams_that_cannot_be_rewound(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self.below = io.BytesIO(data)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            return self.below.readinto(buffer)

    data = b"line\n" * 50_000
    for packed in (data, gzip.compress(data), b"tiny"):
        expected = packed if packed == b"tiny" else data
        assert open_stream(Pipe(packed)).read() == expected  # type: ignore[arg-type]


EVIL = ["../../evil", "/absolute", "a/../../evil", "..", "C:\\evil", "..\\evil", "c:evil"]


@pytest.mark.parametrize("name", EVIL)
def test_a_tar_member_outside_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    path = make_tar(tmp_path / "in" / "x.tar", "w", {"ok": b"1"}, member(name, size=1))
    before = content(tmp_path)
    with pytest.raises(UnsafeArchiveError, match="outside"):
        extract(path, tmp_path / "in" / "out")
    with pytest.raises(UnsafeArchiveError):
        list(iter_archive(path))
    assert content(tmp_path) == before and not (tmp_path / "in" / "out").exists()


@pytest.mark.parametrize("name", ["../../evil", "/absolute", "a/../../evil"])
def test_zip_slip_is_refused(name: str, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", {"ok": b"1", name: b"evil"})
    with pytest.raises(UnsafeArchiveError, match="outside"):
        extract(path, tmp_path / "out")
    with pytest.raises(UnsafeArchiveError):
        list(iter_archive(path))
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "../../etc/passwd"),
        (tarfile.SYMTYPE, "a.txt"),
        (tarfile.LNKTYPE, "a.txt"),
        (tarfile.CHRTYPE, ""),
        (tarfile.BLKTYPE, ""),
        (tarfile.FIFOTYPE, ""),
    ],
)
def test_links_and_devices_are_refused(kind: bytes, target: str, tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x.tar", "w", FILES, member("link", kind, target))
    with pytest.raises(UnsafeArchiveError, match=r"'link', a link or a device.*Nothing was extracted"):
        extract(path, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["x.tar"]
    assert "link" not in dict(iter_archive(path))  # reading without extracting passes them over


def test_a_symlink_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(UnsafeArchiveError, match="link"):
        extract(path, tmp_path / "out")


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "gz"])
def test_a_bomb_is_stopped_by_ratio_and_by_bytes(kind: str, tmp_path: Path) -> None:
    zeros = {"zeros": bytes(8_000_000)}
    path = tmp_path / "x"
    if kind == "zip":
        make_zip(path, zeros)
    elif kind == "gz":
        path.write_bytes(gzip.compress(zeros["zeros"]))
    else:
        make_tar(path, "w:" + kind.partition(".")[2], zeros)
    with settings.override(archive_max_ratio=50), pytest.raises(UnsafeArchiveError, match="NLPDATA_ARCHIVE_MAX_RATIO"):
        extract(path, tmp_path / "out")
    with settings.override(archive_max_bytes=1_000_000), pytest.raises(UnsafeArchiveError, match="NLPDATA_ARCHIVE_MAX_BYTES"):
        extract(path, tmp_path / "out")
    if kind != "gz":
        with settings.override(archive_max_bytes=1_000_000), pytest.raises(UnsafeArchiveError):
            [file.read() for _, file in iter_archive(path)]
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    with settings.override(archive_max_ratio=10**6):
        assert extract(path, tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2", "tar.xz", "tar.zst", "tar"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_archive_leaves_nothing(kind: str, share: float, tmp_path: Path) -> None:
    import random

    files = {f"{i}.bin": random.Random(i).randbytes(20_000) for i in range(4)}
    whole = tmp_path / "whole"
    if kind == "zip":
        make_zip(whole, files)
    elif kind == "tar.zst":
        whole.write_bytes(zstd(make_tar(tmp_path / "plain", "w", files).read_bytes()))
    else:
        make_tar(whole, "w:" + kind.partition(".")[2], files)
    folder = tmp_path / "here"
    folder.mkdir()
    path = folder / "x"
    path.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    with pytest.raises(TruncatedArchiveError, match="ends too early"):
        extract(path, folder / "out")
    with pytest.raises(TruncatedArchiveError):
        [file.read() for _, file in iter_archive(path)]
    assert [p.name for p in folder.iterdir()] == ["x"]


@pytest.mark.parametrize("kind", COMPRESSORS)
def test_a_truncated_stream_says_so(kind: str, tmp_path: Path) -> None:
    import random

    path = tmp_path / "x"
    path.write_bytes(COMPRESSORS[kind](random.Random(0).randbytes(100_000))[:-2000])
    with pytest.raises(TruncatedArchiveError), open_stream(path) as stream:
        stream.read()
    with pytest.raises(TruncatedArchiveError):
        extract(path, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_damaged_bytes_are_told(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(b"text " * 10_000, mtime=0))
    data[40] ^= 0xFF
    path = tmp_path / "x.gz"
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=r"x\.gz"):
        extract(path, tmp_path / "out")
    with pytest.raises(ArchiveError, match="not an archive"):
        (tmp_path / "t").write_text("text")
        extract(tmp_path / "t", tmp_path / "out")
    with pytest.raises(ArchiveError, match="neither a tar nor a zip"):
        list(iter_archive(tmp_path / "t"))


def test_hidden_members_are_passed_over_when_reading(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x.tar", "w", {".DS_Store": b"1", "__MACOSX/._a": b"1", "a": b"2", "__init__.py": b""})
    assert [name for name, _ in iter_archive(path)] == ["a"]


def test_extracting_again_returns_what_is_there(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x.tar")
    out = extract(path, tmp_path / "out")
    path.unlink()
    assert extract(path, out) == out


def test_what_a_killed_extraction_left_is_removed(tmp_path: Path) -> None:
    orphan = tmp_path / "out.tmp-999999999-abcd"
    orphan.mkdir()
    (orphan / "half").write_text("x")
    extract(make_tar(tmp_path / "x.tar"), tmp_path / "out")
    assert not orphan.exists()
