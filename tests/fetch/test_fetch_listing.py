"""iter_archive and iter_files begin anew each time, read nothing before, and travel to other processes."""

from __future__ import annotations

import io
import pickle
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from nlpdata.errors import ArchiveError, DataFileError
from nlpdata.fetch.listing import ArchiveMembers
from nlpdata.fetch.manager import DownloadManager

FILES = {"a.txt": b"one", "b/c.txt": b"two"}


def make_tar(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def read(members: ArchiveMembers) -> dict[str, bytes]:
    return {name: file.read() for name, file in members}


def test_an_archive_can_be_gone_over_twice_and_at_once(tmp_path: Path) -> None:
    members = DownloadManager().iter_archive(str(make_tar(tmp_path / "x.tar.gz")))
    assert next(iter(members))[0] == "a.txt"
    assert read(members) == read(members) == FILES
    both = [(one, other) for (one, _), (other, _) in zip(members, members, strict=True)]
    assert both == [("a.txt", "a.txt"), ("b/c.txt", "b/c.txt")]


def test_nothing_is_read_before(tmp_path: Path) -> None:
    members = DownloadManager().iter_archive(str(tmp_path / "later.tar.gz"))
    files = DownloadManager().iter_files([str(tmp_path / "later")])
    with pytest.raises(FileNotFoundError):
        list(members)
    with pytest.raises(DataFileError, match="no file or folder"):
        list(files)
    make_tar(tmp_path / "later.tar.gz")
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "f").touch()
    assert read(members) == FILES and list(files) == list(files) == [str(tmp_path / "later" / "f")]


def test_an_open_file_is_rewound_to_where_it_was(tmp_path: Path) -> None:
    content = io.BytesIO(b"head" + make_tar(tmp_path / "x").read_bytes())
    content.seek(4)
    members = DownloadManager().iter_archive(content)
    assert read(members) == read(members) == FILES
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("m", "1")
    with open(tmp_path / "z", "rb") as file:
        members = DownloadManager().iter_archive(file)
        assert read(members) == read(members) == {"m": b"1"}


def test_a_stream_says_that_it_is_used_up(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "x")
    program = f"import sys, shutil; shutil.copyfileobj(open({str(path)!r}, 'rb'), sys.stdout.buffer)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        members = DownloadManager().iter_archive(process.stdout)  # type: ignore[arg-type]
        assert read(members) == FILES
        with pytest.raises(ArchiveError, match="once only"):
            read(members)


def test_both_are_values_that_pickle(tmp_path: Path) -> None:
    manager, path = DownloadManager(), make_tar(tmp_path / "x")
    members = manager.iter_archive(str(path))
    again = pickle.loads(pickle.dumps({"members": members, "files": manager.iter_files(str(tmp_path))}))
    assert read(again["members"]) == FILES and again["members"] == members and hash(again["members"]) == hash(members)
    assert list(again["files"]) == [str(path)]
