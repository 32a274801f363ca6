"""Where a prepared dataset lies in the cache, and when it is the one that is asked for.

Knows: what a prepared dataset depends on (script, configuration, arguments, local files), and the file that marks it complete.
Does not know: how it is prepared.

Layout: ``datasets/<dataset>/<config id>/<version>/<key>/`` with one folder of shards for each split, and ``dataset_info.json``,
which is written last. Local files that a loader turns out to read are listed beside it in ``<base>.inputs.json``; their sizes,
times and inodes are part of the key from then on, so a changed file is another entry.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlpdata.cache.directory import CacheDirectory
from nlpdata.files.state import file_state
from nlpdata.store.manifest import write_file, writing

MARKER = "dataset_info.json"
_PREPARED_VERSION = 1  # a change in how builders write makes other entries


@dataclass(frozen=True, slots=True)
class Entry:
    """The place of one prepared dataset.

    Attributes:
        directory: the cache.
        place: ``datasets/<dataset>/<config id>/<version>``.
        base: key of everything that is known before the loader runs.
    """

    directory: CacheDirectory
    place: str
    base: str

    @property
    def relative(self) -> str:
        """The folder below the cache root, with the local files in their present state."""
        inputs = self.inputs()
        return f"{self.place}/{digest([self.base, *map(state_of, inputs)]) if inputs else self.base}"

    @property
    def folder(self) -> Path:
        """The absolute folder, whether it exists or not."""
        return Path(self.directory.root, self.relative)

    def is_prepared(self) -> bool:
        """Whether the dataset was prepared completely. A few system calls; nothing is locked or fetched."""
        return (self.folder / MARKER).is_file()

    def inputs(self) -> list[str]:
        """Local files that the loader was seen to read."""
        try:
            found: list[str] = json.loads(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return found

    def remember_inputs(self, paths: Iterable[str]) -> None:
        """Record local files that the loader reads."""
        wanted = sorted(set(paths) | set(self.inputs()))
        if wanted != self.inputs():
            with writing(self._record):
                self._record.parent.mkdir(parents=True, exist_ok=True)
            write_file(self._record, json.dumps(wanted, indent=1).encode())

    @property
    def _record(self) -> Path:
        return Path(self.directory.root, self.place, f"{self.base}.inputs.json")


def base_key(ingredients: Any) -> str:
    """The key of JSON-able ingredients, 32 hex digits, the same on every machine."""
    return digest([_PREPARED_VERSION, ingredients])


def digest(value: Any) -> str:
    """The first 32 hex digits of the sha256 of a value as JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def state_of(path: str) -> list[Any]:
    """What tells whether a local file or folder changed: the path and the state of each file; a URL is only its name."""
    if "://" in path:
        return [path]
    if os.path.isdir(path):
        return [path, [[file, file_state(file)] for file in sorted(_files_below(path))]]
    return [path, file_state(path)]


def _files_below(folder: str) -> Iterator[str]:
    for root, _, names in os.walk(folder):
        yield from (os.path.join(root, name) for name in names)
