"""The on-disk format, version 1, on one page.

A result is a folder::

    data-00000-of-00002.arrow    Arrow IPC stream: schema, record batches, end mark
    data-00001-of-00002.arrow
    manifest.json                what this module describes

``manifest.json`` is UTF-8 JSON with sorted keys::

    {"extra": {...},                             free for whoever made the folder
     "format": "nlpdata", "version": 1,
     "schema": "<base64 of the Arrow IPC schema message>",
     "shards": [{"file": "data-00000-of-00002.arrow", "num_rows": 3, "num_bytes": 560,
                 "xxh3": "<32 hex: xxh3_128 of the whole file>",
                 "batches": [[offset, num_bytes, num_rows], ...]}, ...]}

A batch's ``offset`` is where its encapsulated IPC message begins, so it is mapped without reading those before it.
Every shard's own schema equals the manifest's. A folder is complete when its manifest exists; a published folder never changes.

Knows: the form and its limits. Does not know: how files are written, synced, mapped or found.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from nlpdata.errors import CorruptFileError, FormatVersionError
from nlpdata.store.plain import stored_schema

FORMAT_VERSION = 1
MANIFEST_NAME = "manifest.json"
_FORMAT_NAME = "nlpdata"


class BatchEntry(NamedTuple):
    """Where one record batch lies in its file: byte offset and length of its IPC message, and its rows."""

    offset: int
    num_bytes: int
    num_rows: int


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """One shard file: name, rows, size in bytes, xxh3_128 of the file as 32 hex digits, and its batches."""

    file: str
    num_rows: int
    num_bytes: int
    xxh3: str
    batches: tuple[BatchEntry, ...]

    def to_dict(self) -> dict[str, Any]:
        """The entry as JSON-able values."""
        return {
            "file": self.file,
            "num_rows": self.num_rows,
            "num_bytes": self.num_bytes,
            "xxh3": self.xxh3,
            "batches": [list(batch) for batch in self.batches],
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> ShardEntry:
        """The entry from what :meth:`to_dict` gave.

        Raises:
            KeyError, TypeError, ValueError: a field is missing, of the wrong type, or inconsistent.
        """
        batches = tuple(map(BatchEntry._make, value["batches"]))
        numbers = list(chain.from_iterable(batches))
        entry = cls(str(value["file"]), int(value["num_rows"]), int(value["num_bytes"]), str(value["xxh3"]), batches)
        if not entry.file or entry.file != entry.file.replace("\\", "/").rpartition("/")[2] or entry.file in (".", ".."):
            raise ValueError(f"shard name {entry.file!r} leaves the folder")
        if not set(map(type, numbers)) <= {int} or min(numbers, default=0) < 0 or sum(numbers[2::3]) != entry.num_rows:
            raise ValueError(f"the batches of {entry.file!r} do not add up to its rows")
        return entry


@dataclass(frozen=True)
class Manifest:
    """What a result folder holds: schema, shards, and ``extra`` (JSON values of whoever made it)."""

    schema: pa.Schema
    shards: tuple[ShardEntry, ...]
    extra: Mapping[str, Any] = field(default_factory=dict)
    version: int = FORMAT_VERSION

    @cached_property
    def num_rows(self) -> int:
        """Rows of all shards."""
        return sum(s.num_rows for s in self.shards)

    @cached_property
    def num_bytes(self) -> int:
        """Bytes of all shard files."""
        return sum(s.num_bytes for s in self.shards)

    def to_json(self) -> bytes:
        """The bytes of ``manifest.json``; equal manifests give equal bytes."""
        body = {
            "format": _FORMAT_NAME,
            "version": self.version,
            "schema": base64.b64encode(self.schema.serialize().to_pybytes()).decode("ascii"),
            "shards": [s.to_dict() for s in self.shards],
            "extra": dict(self.extra),
        }
        return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"

    @classmethod
    def from_json(cls, data: bytes, where: str = MANIFEST_NAME) -> Manifest:
        """A manifest from the bytes of its file.

        Args:
            data: the bytes of ``manifest.json``.
            where: the path, for errors.

        Raises:
            CorruptFileError: not a manifest, or a damaged one.
            FormatVersionError: written by a newer version of the format.
        """
        try:
            body = json.loads(data)
            if body["format"] != _FORMAT_NAME:
                raise ValueError(f"format is {body['format']!r}, not {_FORMAT_NAME!r}")
            version = int(body["version"])
            if version > FORMAT_VERSION:
                raise FormatVersionError(
                    f"{where} has format version {version}; this nlpdata reads up to version {FORMAT_VERSION}. "
                    "Install a newer nlpdata."
                )
            schema = stored_schema(pa.ipc.read_schema(pa.py_buffer(base64.b64decode(body["schema"], validate=True))))
            shards = tuple(ShardEntry.from_dict(s) for s in body["shards"])
            return cls(schema, shards, dict(body["extra"]), version)
        except (KeyError, TypeError, ValueError, binascii.Error, pa.ArrowException, OSError) as error:
            if isinstance(error, FormatVersionError):
                raise
            raise CorruptFileError(
                f"{where} is damaged or no manifest: {error}. Delete its folder; it is made again when asked for."
            ) from error


def shard_name(index: int, count: int, prefix: str = "data") -> str:
    """The file name of shard ``index`` (0-based) of ``count``.

    >>> shard_name(0, 4)
    'data-00000-of-00004.arrow'
    """
    return f"{prefix}-{index:05d}-of-{count:05d}.arrow"
