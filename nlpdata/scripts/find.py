"""Where a loader or metric script lies, and the hash that names its content.

Knows: the shipped folders, and how a name or a path leads to ``<folder>/<name>.py``.
Does not know: what is in a script; nothing is imported or run here.
"""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nlpdata._report import get_logger
from nlpdata.errors import ArgumentError, ScriptError, UnknownLoaderError, UnknownMetricError, unknown

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = {"loader": "loaders", "metric": "metrics"}
_ERRORS = {"loader": UnknownLoaderError, "metric": UnknownMetricError}


@dataclass(frozen=True, slots=True)
class Script:
    """One script: its name, its file, the folder of what lies beside it, and where it comes from.

    Attributes:
        name: the folder's and the file's name without ``.py``; the name of the dataset or metric.
        path: the ``.py`` file.
        folder: the folder it lies in, with card, checksums and sibling modules.
        shipped: it came with nlpdata.
        sha256: hash over the script and the sibling modules it imports (of a fetched one, over all files that Python could
            import from its folder); another content is another script.
        source: the URL of a fetched script; "" for one that was here.
        base: the URL that relative paths of its downloads start from; "": its folder.
    """

    name: str
    path: Path
    folder: Path
    shipped: bool
    sha256: str
    source: str = ""
    base: str = ""


def shipped_folder(kind: str) -> Path:
    """The folder of shipped scripts: in the wheel, or beside the package in a checkout."""
    inside = _PACKAGE / "_shipped" / _FOLDERS[kind]
    return inside if inside.is_dir() else _PACKAGE.parent / _FOLDERS[kind]


def list_scripts(kind: str) -> list[str]:
    """Names of the shipped scripts of a kind, ``"loader"`` or ``"metric"``, sorted."""
    folder = shipped_folder(kind)
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if (entry / f"{entry.name}.py").is_file())


def find_script(kind: str, name_or_path: str | os.PathLike[str]) -> Script:
    """The script that a shipped name or a local path names; reads the file, runs nothing.

    Args:
        kind: ``"loader"`` or ``"metric"``.
        name_or_path: a shipped name such as ``"glue"``; a ``.py`` file; or a folder that holds ``<folder>.py``.
            A bare shipped name always means the shipped script; write ``./glue`` for a folder of the same name.

    Raises:
        UnknownLoaderError: (or UnknownMetricError) neither a shipped name nor a path to a script.
        ArgumentError: ``kind`` is neither of the two.
    """
    script = look_up(kind, name_or_path)
    if script is None:
        raise not_found(kind, os.fspath(name_or_path))
    return script


def look_up(kind: str, name_or_path: str | os.PathLike[str]) -> Script | None:
    """As :func:`find_script`, but None where there is no such script."""
    if kind not in _FOLDERS:
        raise ArgumentError(f"There are no scripts of kind {kind!r}. Use 'loader' or 'metric'.")
    text = os.fspath(name_or_path)
    shipped = shipped_folder(kind) / text / f"{text}.py"
    if text.isidentifier() and shipped.is_file():
        if Path(text, f"{text}.py").is_file():
            get_logger("scripts").info("%r is the shipped %s; write ./%s for the local folder.", text, kind, text)
        return _script(shipped, shipped=True)
    local = local_script(text)
    return None if local is None else _script(local, shipped=local.parent.parent == shipped_folder(kind))


def local_script(text: str) -> Path | None:
    """The ``.py`` file that a local path names: itself, or ``<folder>/<folder>.py``; None if there is none."""
    path = Path(text).expanduser()
    if path.suffix == ".py":
        return path.resolve() if path.is_file() else None
    inside = path.resolve() / f"{path.resolve().name}.py"
    return inside if inside.is_file() else None


def not_found(kind: str, text: str, also: Iterable[str] = ()) -> Exception:
    """The error for a name or path that leads to no script; ``also`` are further names that would have been understood."""
    path = Path(text).expanduser()
    error = _ERRORS[kind]
    if "://" in text:
        return error(
            f"{text!r} is a URL of no {kind}. A {kind} is a .py file, a folder that holds a .py file of its name, or an "
            f'archive of such a folder; a data file is read by load_dataset("csv", data_files=...) and the like.'
        )
    if path.is_dir():
        return error(f"The folder {text!r} holds no {kind}: there is no file {path.resolve().name}.py in it.")
    if path.suffix == ".py" or os.sep in text:
        return error(f"There is no {kind} at {text!r}: no such file or folder (looked from {os.getcwd()}).")
    hint = f"A {kind} of your own is named by its path: ./{text}.py or ./{text}/{text}.py."
    return unknown(error, kind, text, sorted({*list_scripts(kind), *also}), hint)


def _script(path: Path, *, shipped: bool) -> Script:
    digest = hashlib.sha256()
    for source in _sources(path):
        content = source.read_bytes()
        digest.update(f"{source.relative_to(path.parent).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return Script(path.stem, path, path.parent, shipped, digest.hexdigest())


def _sources(path: Path) -> list[Path]:
    """The script and the sibling modules it reaches by relative imports, the script first."""
    found = [path]
    for source in found:  # grows while it is walked
        found += [sibling for sibling in _siblings(source, path.parent) if sibling not in found]
    return [path, *sorted(found[1:])]


def _siblings(source: Path, root: Path) -> Iterator[Path]:
    return (path for path in relative_imports(source, root) if path.is_file())


def relative_imports(source: Path, root: Path) -> Iterator[Path]:
    """Files below ``root`` that a script's relative imports could mean; read from its text, nothing is run.

    Raises:
        ScriptError: it is no Python.
    """
    content = source.read_bytes()
    if b"from ." not in content and b"from\t." not in content:
        return
    try:
        tree = ast.parse(content, str(source))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise ScriptError(f"{source}, line {line}: {getattr(error, 'msg', error)}. Python cannot read this script.") from error
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = source.parents[node.level - 1].joinpath(*(node.module or "").split("."))
            names = [base, *(base / alias.name for alias in node.names if alias.name != "*")]
            candidates = [c for name in names if name != root for c in (name.with_suffix(".py"), name / "__init__.py")]
            yield from (c for c in candidates if c.is_relative_to(root))
