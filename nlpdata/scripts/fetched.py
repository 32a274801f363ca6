"""Scripts from elsewhere: a URL becomes a folder on this machine, named by the hash of what lies in it.

Knows: that a URL is a script, a folder with a script of its name, or an archive of one; that the siblings a script imports come
with it. Does not know: whether it may run (:mod:`nlpdata.scripts.trust`). Nothing is imported here.

What was fetched before costs no request; ``download_mode="force_redownload"`` asks whether it changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from nlpdata.cache.lease import Lease
from nlpdata.errors import FetchError, ScriptError
from nlpdata.fetch.archive import extract
from nlpdata.fetch.checksum import check_folder, writable, write_json
from nlpdata.fetch.config import DownloadConfig
from nlpdata.fetch.remote import fetch, is_remote
from nlpdata.scripts.find import Script, look_up, relative_imports
from nlpdata.scripts.trust import content_hash, require_trust
from nlpdata.settings import settings

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".7z")


def resolve_script(
    kind: str,
    name_or_path: str | os.PathLike[str],
    trust_remote_code: bool | None = None,
    download_config: DownloadConfig | None = None,
) -> Script | None:
    """The script that may run under a name, path or URL; None where there is none of this name or path.

    Shipped scripts and local paths run. What a URL leads to runs only if its content was trusted.

    Args:
        kind: ``"loader"`` or ``"metric"``.
        name_or_path: as in :func:`~nlpdata.scripts.find.find_script`; or a URL of a ``.py`` file, of a folder that holds a
            script of its name, or of an archive of such a folder. Any protocol that fsspec knows.
        trust_remote_code: True trusts a fetched script for this call; False refuses even one that was trusted before.
        download_config: how it is fetched.

    Raises:
        UntrustedScriptError: it was fetched, and nobody trusted this content; nothing of it was run.
        FetchError: it cannot be fetched.
        ScriptError: there is no script in what was fetched.
    """
    text = os.fspath(name_or_path)
    if not is_script_url(text):
        return look_up(kind, text)
    script = fetched_script(text, download_config)
    require_trust(script, trust_remote_code)
    return script


def is_script_url(text: str) -> bool:
    """Whether a text is a URL that may lead to a script, and not to a data file.

    >>> [is_script_url(f"https://a.org/{x}") for x in ("b/c.py", "b/c", "c.zip", "c.csv")]
    [True, True, True, False]
    """
    if not is_remote(text) or "::" in text:
        return False
    name = posixpath.basename(urlsplit(text).path.rstrip("/"))
    return name.endswith((".py", *_ARCHIVES)) or name.isidentifier()


def fetched_script(url: str, download_config: DownloadConfig | None = None) -> Script:
    """The script behind a URL, in a folder of the cache that is named by the hash of its importable files.

    The hash is taken anew each time, from the files that would run; a copy that was changed is replaced.

    Raises:
        FetchError: there is nothing at the URL, or it cannot be fetched.
        ScriptError: what is there holds no script.
    """
    root = Path(settings.cache) / "scripts"
    known = root / "urls" / f"{hashlib.sha256(url.encode()).hexdigest()[:40]}.json"
    if not (download_config and download_config.force_download) and (found := _known(root, known, url)) is not None:
        return found
    check_folder(root)
    with writable(root):
        known.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".arriving-", dir=root) as aside:
            name, base = _arrive(url, Path(aside), download_config)
            sha256 = content_hash(Path(aside, name))
            goal = root / sha256
            with Lease(root / f"{sha256}.lease", lambda: _is_whole(goal / name, sha256)) as lease:
                if lease.held:
                    shutil.rmtree(goal, ignore_errors=True)
                    goal.mkdir()
                    os.replace(Path(aside, name), goal / name)
        write_json(known, {"url": url, "sha256": sha256, "name": name, "base": base})
    return _script(url, goal / name, base, content_hash(goal / name))


def _known(root: Path, record: Path, url: str) -> Script | None:
    """What came from a URL before, if it is still what it was then."""
    try:
        row = json.loads(record.read_text(encoding="utf-8"))
        folder, sha256, base = root / row["sha256"] / row["name"], row["sha256"], row["base"]
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
    return _script(url, folder, base, sha256) if _is_whole(folder, sha256) else None


def _is_whole(folder: Path, sha256: str) -> bool:
    return folder.is_dir() and content_hash(folder) == sha256


def _script(url: str, folder: Path, base: str, sha256: str) -> Script:
    return Script(folder.name, folder / f"{folder.name}.py", folder, False, sha256, source=url, base=base)


def _arrive(url: str, aside: Path, config: DownloadConfig | None) -> tuple[str, str]:
    """Put the folder ``<name>`` of a script below ``aside``; its name, and what relative paths in it start from ("": it)."""
    stem = posixpath.basename(urlsplit(url).path.rstrip("/"))
    if stem.endswith(_ARCHIVES):
        return _from_archive(url, aside, config), ""
    if not stem.endswith(".py"):
        url, stem = f"{url.rstrip('/')}/{stem}.py", f"{stem}.py"
    base, name = url.rpartition("/")[0], stem.removesuffix(".py")
    folder = aside / name
    folder.mkdir()
    shutil.copyfile(fetch(url, config), folder / stem)
    _bring_siblings(base, folder, folder / stem, config)
    return name, base


def _bring_siblings(base: str, root: Path, source: Path, config: DownloadConfig | None) -> None:
    """Fetch what a script imports relatively, and what that imports; a module that is not there is left to the import."""
    for candidate in relative_imports(source, root):
        if candidate.exists():
            continue
        try:
            path = fetch(f"{base}/{candidate.relative_to(root).as_posix()}", config)
        except FetchError as error:
            if not error.missing:
                raise
            continue
        candidate.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, candidate)
        _bring_siblings(base, root, candidate, config)


def _from_archive(url: str, aside: Path, config: DownloadConfig | None) -> str:
    inside = extract(fetch(url, config), aside / ".archive")
    scripts = [
        path for path in (inside, *sorted(p for p in inside.rglob("*") if p.is_dir())) if _main_of(path, url) is not None
    ]
    if not scripts:
        raise ScriptError(f"{url} holds no script: no folder in it holds a .py file of its own name.")
    folder = scripts[0]
    main = _main_of(folder, url)
    assert main is not None
    os.replace(folder, aside / main.stem)
    return main.stem


def _main_of(folder: Path, url: str) -> Path | None:
    """The script of a folder: named as the folder, or, in the archive's own root, as the archive."""
    archive = posixpath.basename(urlsplit(url).path).partition(".")[0]
    name = archive if folder.name == ".archive" else folder.name
    path = folder / f"{name}.py"
    return path if path.is_file() else None
