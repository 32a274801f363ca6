"""How stored results were made: a small file beside each, so that keys can be explained and results be told apart from waste.

Knows: the file ``provenance.json`` of a result, and which results need which. Does not know: how keys are compared
(``explain``), or how results are made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nlpdata.cache.directory import LEASE, CacheDirectory

PROVENANCE_NAME = "provenance.json"
RESULTS = "results"
Parts = Mapping[str, tuple[str, str]]
"""Ingredients of a key: path -> (digest, a few words)."""


@dataclass(frozen=True)
class Provenance:
    """How a result was made.

    Attributes:
        step: what was done, as messages call it: ``map(tokenize)``.
        function: the name of the function.
        input: the key of the rows it was done to.
        root: the key of the data that the first step of all was done to.
        needs: names of the stored results that hold what it was made of, or columns it leaves where they are.
        code: ingredients of the function.
        options: ingredients of everything else.
        made: when, in seconds since 1970.
    """

    step: str
    function: str
    input: str
    root: str
    needs: tuple[str, ...] = ()
    code: Parts = field(default_factory=dict)
    options: Parts = field(default_factory=dict)
    made: float = field(default_factory=time.time)

    def to_json(self) -> bytes:
        """The bytes of its file."""
        return json.dumps(asdict(self), ensure_ascii=False).encode("utf-8", "backslashreplace")

    @classmethod
    def read(cls, folder: Path) -> Provenance | None:
        """That of a result folder; None where there is none, or none that can be read."""
        try:
            body: dict[str, Any] = json.loads((folder / PROVENANCE_NAME).read_bytes())
            parts = {name: {path: (str(a), str(b)) for path, (a, b) in body[name].items()} for name in ("code", "options")}
            return cls(**{**body, **parts, "needs": tuple(body["needs"])})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None


def stored(directory: CacheDirectory) -> Iterator[tuple[str, Provenance]]:
    """Names of the published results that tell how they were made, and what they tell. Reads a small file for each."""
    folder = directory.root / RESULTS
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = f"{RESULTS}/{path.name}"
        if path.is_dir() and directory.find(name) is not None:
            found = Provenance.read(path)
            if found is not None:
                yield name, found


def folders_of(directory: CacheDirectory, files: Iterable[str | Path]) -> list[str]:
    """Names, inside the cache, of the folders that data files lie in; files elsewhere are left out."""
    root = directory.root.absolute()
    folders = dict.fromkeys(Path(file).absolute().parent for file in files)
    return [folder.relative_to(root).as_posix() for folder in folders if folder.is_relative_to(root) and folder != root]


def unused_results(directory: CacheDirectory, keep: Iterable[str], root: str | None = None) -> list[str]:
    """Names of stored results that were made of the same data as those to keep, and that none of those needs.

    This is what ``Dataset.cleanup_cache_files`` removes: earlier or other ``map`` and ``filter`` results of this dataset.
    Results of other data are never listed, nor those without provenance, nor those that a process is making anew.

    Args:
        directory: the cache.
        keep: names of results in use: ``state.lineage.results`` and ``folders_of(directory, state.view.files)``. What they
            need, directly or through others, is kept too.
        root: the key of the data, ``state.lineage.root()``; None takes it from the results to keep.

    Returns:
        Names for ``directory.remove``, those that depend on others first.
    """
    known = dict(stored(directory))
    needed = _closure(keep, known)
    roots = {known[name].root for name in needed if name in known} if root is None else {root}
    spare = {name for name, found in known.items() if found.root in roots and name not in needed}
    spare = {name for name in spare if not directory.path(name + LEASE).exists()}
    return sorted(spare, key=lambda name: (-len(_closure([name], known)), name))


def _closure(names: Iterable[str], known: Mapping[str, Provenance]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(known[name].needs if name in known else ())
    return found
