"""A loader of one's choice with other files: a copy of its folder whose record names them, and a mirror that holds them.

Nothing in the library knows of this: a mirror and a record are what an air-gapped cluster uses.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nlpdata import Dataset, Features
from nlpdata.features.media import Media
from nlpdata.scripts import shipped_folder
from nlpdata.settings import settings

Sizes = Mapping[str, Mapping[str, int]]
Stage = Callable[[str, Mapping[str, Path], Sizes], Path]

TAR_KINDS = {"tar": "", "gz": "gz", "tgz": "gz", "bz2": "bz2", "tbz2": "bz2", "xz": "xz"}


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
    return tar(named, TAR_KINDS[suffix]) if suffix in TAR_KINDS else zipped(named)


def tar(members: Mapping[str, bytes], compression: str) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=f"w:{compression}") as archive:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            archive.addfile(header, io.BytesIO(content))
    return target.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """``stage(name, {url: file or folder}, sizes)`` is the folder of a copy of the loader that gets these files, offline."""
    mirror = tmp_path / "mirror"

    def staged(
        name: str,
        files: Mapping[str, Path],
        sizes: Sizes,
        inner: frozenset[Path] = frozenset(),
        first: Sequence[str] = (),
    ) -> Path:
        folder = tmp_path / "staged" / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(
            shipped_folder("loader") / name, folder, ignore=shutil.ignore_patterns("dummy", "*.tar.xz", "__pycache__")
        )
        downloads = {}
        for url, source in files.items():
            data = packed(source, url, inner, first)
            sha256 = hashlib.sha256(data).hexdigest()
            path = mirror / sha256[:2] / sha256 if "://" in url else folder / url
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            downloads[url] = {"num_bytes": len(data), "sha256": sha256}
        (folder / "checksums.json").write_text(json.dumps({"downloads": downloads, "splits": sizes}), encoding="utf-8")
        return folder

    with settings.override(mirror=str(mirror), offline=True):
        yield staged


@pytest.fixture
def first_row() -> Callable[[Dataset], dict[str, Any]]:
    """The first row of a dataset, with images and sounds as they are stored."""

    def row(dataset: Dataset) -> dict[str, Any]:
        stored = {n: replace(f, decode=False) if isinstance(f, Media) else f for n, f in dataset.features.items()}
        return (dataset if stored == dataset.features else dataset.cast(Features(stored)))[0]

    return row
