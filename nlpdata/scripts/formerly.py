"""Functions that scripts import from inner modules of ``datasets`` 1.x to 3.x, over what nlpdata has in their place.

Knows: names and arguments as scripts use them. Does not know: who imports them (:mod:`nlpdata.scripts.alias` says from where).
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from nlpdata._optional import is_available
from nlpdata._report import progress
from nlpdata.cache.key import content_key
from nlpdata.features import Features, cast_table
from nlpdata.fetch.archive import open_stream
from nlpdata.fetch.config import DownloadConfig
from nlpdata.fetch.remote import fetch, is_remote
from nlpdata.settings import settings


def cached_path(url_or_filename: Any, download_config: DownloadConfig | None = None, **options: Any) -> str:
    """The local path of a URL, fetched if need be, or of a local file."""
    return str(fetch(os.fspath(url_or_filename), download_config or DownloadConfig(**options)))


def is_remote_url(url_or_filename: str) -> bool:
    """Whether it has to be fetched."""
    return is_remote(url_or_filename)


def is_local_path(url_or_filename: str) -> bool:
    """Whether it is here."""
    return not is_remote(url_or_filename)


def hash_url_to_filename(url: str, etag: str | None = None) -> str:
    """A file name made from a URL and a version of what is there."""
    return ".".join(hashlib.sha256(part.encode()).hexdigest() for part in (url, etag) if part)


def xopen(file: Any, mode: str = "r", *args: Any, download_config: DownloadConfig | None = None, **options: Any) -> Any:
    """``open`` of a path or URL, to read; a URL is fetched first."""
    return open(cached_path(file, download_config), mode, *args, **options)


def xjoin(base: str, *parts: str) -> str:
    """A path or URL below another."""
    return posixpath.join(base, *parts) if is_remote(os.fspath(base)) else os.path.join(base, *parts)


def xbasename(path: str) -> str:
    """The last part of a path or URL."""
    return posixpath.basename(path) if is_remote(path) else os.path.basename(path)


def xgzip_open(path: Any, *args: Any, **options: Any) -> BinaryIO:
    """The content of a compressed file, as bytes."""
    del args, options
    return open_stream(cached_path(path))


def size_str(size_in_bytes: float | None) -> str:
    """A size for people.

    >>> size_str(1536)
    '1.50 KiB'
    """
    if not size_in_bytes:
        return "Unknown size"
    for unit, bytes_of in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size_in_bytes >= bytes_of:
            return f"{size_in_bytes / bytes_of:.2f} {unit}"
    return f"{int(size_in_bytes)} bytes"


def map_nested(function: Callable[[Any], Any], data_struct: Any, dict_only: bool = False, **options: Any) -> Any:
    """``function`` of each value in nested dicts and lists, in the same structure.

    >>> map_nested(len, {"a": ["x", "yy"], "b": "z"})
    {'a': [1, 2], 'b': 1}
    """
    if isinstance(data_struct, Mapping):
        return {key: map_nested(function, value, dict_only, **options) for key, value in data_struct.items()}
    if isinstance(data_struct, list | tuple) and not dict_only:
        return type(data_struct)([map_nested(function, value, dict_only, **options) for value in data_struct])
    return function(data_struct)


class NestedDataStructure:
    """Nested dicts and lists; ``flatten()`` is the list of their values."""

    def __init__(self, data: Any = None) -> None:
        self.data = [] if data is None else data

    def flatten(self, data: Any = None) -> list[Any]:
        """The values, in order."""
        found: list[Any] = []
        map_nested(found.append, self.data if data is None else data)
        return found


def zip_dict(*dicts: Mapping[Any, Any]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """(key, value in each dict) for the keys of all."""
    for key in dict.fromkeys(key for one in dicts for key in one):
        yield key, tuple(one[key] for one in dicts)


def table_cast(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """A table with the columns and types of a schema."""
    return cast_table(table, Features.from_arrow_schema(schema))


class Hasher:
    """Content hashes: ``Hasher.hash(value)``; ``update`` and ``hexdigest`` for several values."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    @classmethod
    def hash(cls, value: Any) -> str:
        """A hash that is the same in each process."""
        return content_key(value)

    def update(self, value: Any) -> None:
        """Add a value."""
        self._parts.append(content_key(value))

    def hexdigest(self) -> str:
        """The hash of all values so far."""
        return content_key(self._parts)


def tqdm(iterable: Any = None, *, desc: str = "", total: int | None = None, **options: Any) -> Any:
    """A progress bar; given an iterable, that is passed through."""
    del options
    return progress(total, desc) if iterable is None else _shown(iterable, desc, total)


def _shown(iterable: Any, desc: str, total: int | None) -> Iterator[Any]:
    with progress(total if total is not None else getattr(iterable, "__len__", lambda: None)(), desc) as bar:
        for value in iterable:
            yield value
            bar.update(1)


def __getattr__(name: str) -> Any:
    """What scripts ask of ``datasets.config``: folders, switches, and whether a package is there."""
    if name.endswith("_AVAILABLE"):
        package = {"TF": "tensorflow", "BEAM": "apache_beam"}.get(
            name.removesuffix("_AVAILABLE"), name.removesuffix("_AVAILABLE")
        )
        return is_available(package.lower())
    found: dict[str, Callable[[], Any]] = {
        "HF_CACHE_HOME": lambda: settings.cache,
        "HF_DATASETS_CACHE": lambda: Path(cast(str, settings.cache), "datasets"),
        "DOWNLOADED_DATASETS_PATH": lambda: Path(cast(str, settings.cache), "downloads"),
        "HF_DATASETS_OFFLINE": lambda: settings.offline,
        "MAX_SHARD_SIZE": lambda: settings.shard_bytes,
    }
    if name not in found:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return found[name]()
