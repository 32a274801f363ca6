"""A loader with other files than its own: a copy of its folder whose record names them, and a mirror that holds them.

Knows: which file of ``dummy/`` stands for which URL, and how a folder is packed as the source packs it.
Does not know: what is checked. Nothing in the library knows of dummies: a mirror and a record are what an air-gapped
cluster uses.

The file behind a URL is the one in ``dummy/`` with the longest end of the URL's path for a name (``dummy/train.csv``, or
``dummy/small/train.csv`` where the names alone are not enough); a folder is an opened archive. ``dummy/files.json``
({url: path}) names those of which a URL tells no name or that no record knows; ``{00000..00007}`` in a URL stands for
eight URLs. ``dummy/manual/`` holds what a user downloads.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from nlpdata.settings import settings

_TAR_KINDS = {"tar": "", "gz": "gz", "tgz": "gz", "bz2": "bz2", "tbz2": "bz2", "xz": "xz"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A place for copies of loaders and for the mirror that holds their files; see :func:`staging`."""

    place: Path

    def copy(
        self,
        folder: Path,
        files: Mapping[str, Path],
        sizes: Mapping[str, Mapping[str, int]],
        inner: frozenset[Path] = frozenset(),
        first: Sequence[str] = (),
    ) -> Path:
        """The folder of a copy of a loader that gets other files.

        Args:
            folder: of the loader.
            files: URL -> file, or folder that is packed as the URL says; a relative path is put beside the script.
            sizes: configuration -> split -> rows, to be recorded.
            inner: folders within those that are archives themselves.
            first: members that come first in an archive, in that order; the others come by name.
        """
        goal = self.place / "staged" / folder.name
        shutil.rmtree(goal, ignore_errors=True)
        shutil.copytree(folder, goal, ignore=shutil.ignore_patterns("dummy", "*.tar.xz", "__pycache__"))
        downloads = {}
        for url, source in files.items():
            data = packed(source, url, inner, first)
            sha256 = hashlib.sha256(data).hexdigest()
            path = self.place / "mirror" / sha256[:2] / sha256 if "://" in url else goal / url
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            downloads[url] = {"num_bytes": len(data), "sha256": sha256}
        (goal / "checksums.json").write_text(json.dumps({"downloads": downloads, "splits": sizes}), encoding="utf-8")
        return goal


@contextmanager
def staging(place: Path) -> Iterator[Stage]:
    """A stage below ``place``; inside the block its mirror and a cache of its own are used, and no network."""
    with settings.override(mirror=str(place / "mirror"), cache=str(place / "cache"), offline=True):
        yield Stage(place)


def recorded(folder: Path) -> dict[str, Any]:
    """The ``checksums.json`` of a loader; empty if there is none."""
    path = folder / "checksums.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def dummy_files(folder: Path) -> dict[str, Path]:
    """URL -> its file or folder in ``dummy/``, for those that have one."""
    dummy, files = folder / "dummy", {}
    for url in recorded(folder).get("downloads", {}):
        parts = urlsplit(url).path.split("/")
        ends = [dummy.joinpath(*parts[start:]) for start in range(len(parts)) if all(parts[start:])]
        if found := [path for path in ends if path.exists()]:
            files[url] = found[0]
    listed = dummy / "files.json"
    if listed.exists():
        named = json.loads(listed.read_text("utf-8"))
        files |= {url: dummy / path for short, path in named.items() for url in spelt_out(short)}
    return files


def spelt_out(url: str) -> list[str]:
    """The URLs that ``{00000..00007}`` in one stands for.

    >>> spelt_out("a-{08..10}.gz")
    ['a-08.gz', 'a-09.gz', 'a-10.gz']
    """
    if (found := re.search(r"\{(\d+)\.\.(\d+)\}", url)) is None:
        return [url]
    numbers = range(int(found[1]), int(found[2]) + 1)
    return [f"{url[: found.start()]}{n:0{len(found[1])}}{url[found.end() :]}" for n in numbers]


def packed(source: Path, url: str, inner: frozenset[Path] = frozenset(), first: Sequence[str] = ()) -> bytes:
    """The bytes behind a URL: a file as it is, a folder as the archive that the URL names (zip if it names none).

    The folders ``inner`` are archives within it, opened. The members ``first`` come first, in that order, the others by name.
    """
    if source.is_file():
        return source.read_bytes()
    nested = {path: packed(path, path.name, inner - {path}) for path in inner if source in path.parents}
    members = {path: content for path, content in nested.items() if not any(p in nested for p in path.parents)}
    for path in source.rglob("*"):
        if path.is_file() and not any(parent in members for parent in path.parents):
            members[path] = path.read_bytes()
    by_name = {path.relative_to(source).as_posix(): members[path] for path in sorted(members)}
    named = {name: by_name[name] for name in (*(n for n in first if n in by_name), *by_name)}
    suffix = url.partition("?")[0].rpartition(".")[2]
    return _tar(named, _TAR_KINDS[suffix]) if suffix in _TAR_KINDS else _zip(named)


def _tar(members: Mapping[str, bytes], compression: str) -> bytes:
    target = io.BytesIO()
    mode = cast(Literal["w:", "w:gz", "w:bz2", "w:xz"], f"w:{compression}")
    with tarfile.open(fileobj=target, mode=mode) as archive:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return target.getvalue()


def _zip(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()
