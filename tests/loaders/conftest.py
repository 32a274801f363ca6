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
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from nlpdata.scripts import shipped_folder
from nlpdata.settings import settings

Sizes = Mapping[str, Mapping[str, int]]
Stage = Callable[[str, Mapping[str, Path], Sizes], Path]


def packed(source: Path, url: str) -> bytes:
    """The bytes behind a URL: a file as it is, a folder as the archive that the URL names."""
    if source.is_file():
        return source.read_bytes()
    target = io.BytesIO()
    members = sorted(path for path in source.rglob("*") if path.is_file())
    if url.endswith(".zip"):
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in members:
                archive.write(path, path.relative_to(source).as_posix())
    else:
        with tarfile.open(fileobj=target, mode=f"w:{url.rpartition('.')[2]}") as archive:
            for path in members:
                archive.add(path, path.relative_to(source).as_posix())
    return target.getvalue()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """``stage(name, {url: file or folder}, sizes)`` is the folder of a copy of the loader that gets these files, offline."""
    mirror = tmp_path / "mirror"

    def staged(name: str, files: Mapping[str, Path], sizes: Sizes) -> Path:
        folder = tmp_path / "staged" / name
        shutil.copytree(shipped_folder("loader") / name, folder, ignore=shutil.ignore_patterns("dummy", "*.xz"))
        downloads = {}
        for url, source in files.items():
            data = packed(source, url)
            sha256 = hashlib.sha256(data).hexdigest()
            path = mirror / sha256[:2] / sha256 if "://" in url else folder / url
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            downloads[url] = {"num_bytes": len(data), "sha256": sha256}
        (folder / "checksums.json").write_text(json.dumps({"downloads": downloads, "splits": sizes}), encoding="utf-8")
        return folder

    with settings.override(mirror=str(mirror), offline=True):
        yield staged
