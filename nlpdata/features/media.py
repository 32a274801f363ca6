"""Files in columns: what images, sounds, films and documents share.

Knows: that a file is stored as ``struct<bytes: binary, path: string>``, how its bytes are found, and how columns of
paths, bytes or structs become such a struct. Does not know: what the bytes mean; each type decodes its own, late.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from nlpdata.errors import DataFileError, FeatureError
from nlpdata.features.base import Feature
from nlpdata.features.scalars import Value

_types = pa.types

#: What every file in a column is stored as.
MEDIA_TYPE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
#: The metadata of an Arrow field that tell which files the struct is.
MEDIA_MARK = b"nlpdata:feature"


class Media(Feature):
    """A file in a column: its bytes, or the path to them, or both.

    A subclass has a ``decode`` field, says in :meth:`_decode` what the bytes become, and in :meth:`_encode` what else
    than paths and bytes it takes.
    """

    decode: bool
    pa_type: ClassVar[pa.DataType] = MEDIA_TYPE
    requires_encoding: ClassVar[bool] = True
    _takes: ClassVar[str] = "a path, bytes, or a dict with 'bytes' or 'path'"

    @property
    def requires_decoding(self) -> bool:
        """True unless ``decode=False``."""
        return self.decode

    @property
    def field_marks(self) -> dict[bytes, bytes]:
        """What tells an image from a sound, and both from a struct."""
        return {MEDIA_MARK: json.dumps(self.to_dict(), sort_keys=True).encode()}

    def encode_example(self, value: Any) -> dict[str, Any] | None:
        """A file as it is stored: ``{"bytes": ..., "path": ...}``, one of which may be None.

        A path is kept as a path (a ``Path`` made absolute); nothing is read.

        Raises:
            FeatureError: the value is none of what this type takes; names it.
        """
        if value is None:
            return None
        if isinstance(value, str):
            return {"bytes": None, "path": value}
        if isinstance(value, os.PathLike):
            return {"bytes": None, "path": str(Path(value).absolute())}
        if isinstance(value, bytes | bytearray | memoryview):
            return {"bytes": bytes(value), "path": None}
        if isinstance(value, Mapping) and not {"bytes", "path"}.isdisjoint(value):
            return self._from_mapping(value)
        encoded = self._encode(value)
        if encoded is None:
            raise FeatureError(f"A {type(value).__name__} is not {self._takes}.")
        return encoded

    def _from_mapping(self, value: Mapping[str, Any]) -> dict[str, Any]:
        data, path = value.get("bytes"), value.get("path")
        if data is None and path is None:
            raise FeatureError(f"Both 'bytes' and 'path' of {dict(value)!r} are None; one of them says where the file is.")
        return {"bytes": None if data is None else bytes(data), "path": None if path is None else os.fspath(path)}

    def _encode(self, value: Any) -> dict[str, Any] | None:
        """Another value that this type takes, as it is stored; None if it takes no such value."""
        return None

    def decode_example(self, value: Any, token_per_repo_id: Any = None) -> Any:
        """A stored file as users see it.

        Args:
            value: ``{"bytes": ..., "path": ...}``; the bytes count where both are given.
            token_per_repo_id: accepted, not used.

        Raises:
            MissingPackageError: the package that decodes such files is not installed.
            DataFileError: there are no bytes, and no file at the path.
            FeatureError: the type was made with ``decode=False``.
        """
        if not self.decode:
            raise FeatureError(f"{self!r} leaves its files as they are; use {type(self).__name__}(decode=True) to decode them.")
        return None if value is None else self._decode(value.get("bytes"), value.get("path"))

    def _decode(self, data: bytes | None, path: str | None) -> Any:
        raise NotImplementedError

    def cast_storage(self, storage: pa.Array) -> pa.Array:
        """An Arrow array as an array of files: text are paths, binary are bytes, a struct is matched by its keys.

        Raises:
            FeatureError: an array of this type cannot become files.
        """
        if isinstance(storage, pa.ChunkedArray):
            return pa.chunked_array([self.cast_storage(chunk) for chunk in storage.chunks], type=MEDIA_TYPE)
        t, count = storage.type, len(storage)
        if t == MEDIA_TYPE:
            return storage
        if _is_text(t):
            return _files(pa.nulls(count, pa.binary()), storage.cast(pa.string()), storage)
        if _types.is_binary(t) or _types.is_large_binary(t) or _types.is_binary_view(t):
            return _files(storage.cast(pa.binary()), pa.nulls(count, pa.string()), storage)
        if _types.is_struct(t) and _media_keys(t):
            parts = dict(zip((t.field(i).name for i in range(t.num_fields)), storage.flatten(), strict=True))
            data, path = parts.get("bytes"), parts.get("path")
            return _files(
                pa.nulls(count, pa.binary()) if data is None else data.cast(pa.binary()),
                pa.nulls(count, pa.string()) if path is None else path.cast(pa.string()),
                storage,
            )
        return self._cast_other(storage)

    def _cast_other(self, storage: pa.Array) -> pa.Array:
        """An array whose values are neither paths nor bytes."""
        if _types.is_null(storage.type):
            return pa.nulls(len(storage), MEDIA_TYPE)
        if _types.is_struct(storage.type) or _types.is_list(storage.type) or _types.is_large_list(storage.type):
            return pa.array([self.encode_example(value) for value in storage.to_pylist()], type=MEDIA_TYPE)
        raise FeatureError(f"An array of {storage.type} cannot become {self._type} files: paths, bytes or structs of them can.")

    def embed_storage(
        self, storage: pa.Array, token_per_repo_id: Any = None, local_files: bool = True, remote_files: bool = True
    ) -> pa.Array:
        """The files with their bytes in place, and of each path only the file's name.

        Args:
            storage: an array as :meth:`cast_storage` gives it.
            token_per_repo_id: accepted, not used.
            local_files: read files of this machine.
            remote_files: fetch files behind URLs.

        Raises:
            DataFileError: there is no file at a path.
        """
        if isinstance(storage, pa.ChunkedArray):
            chunks = [self.embed_storage(chunk, None, local_files, remote_files) for chunk in storage.chunks]
            return pa.chunked_array(chunks, type=MEDIA_TYPE)
        rows = self.cast_storage(storage).to_pylist()
        for row in rows:
            if row is None or row["path"] is None:
                continue
            wanted = remote_files if is_remote(row["path"]) else local_files
            if row["bytes"] is None and wanted:
                row["bytes"] = read_bytes(None, row["path"])
            if row["bytes"] is not None:
                row["path"] = file_name(row["path"])
        return pa.array(rows, type=MEDIA_TYPE)

    def flatten(self) -> Any:
        """The two fields as columns of their own if files are not decoded, else the type itself."""
        return self if self.decode else {"bytes": Value("binary"), "path": Value("string")}

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON-able data: the arguments that are not at their defaults."""
        return {**changed_arguments(self), "_type": self._type}

    __hash__ = Feature.__hash__


def changed_arguments(feature: Feature) -> dict[str, Any]:
    """The arguments of a feature that are not at their defaults, without its ``id``."""
    found = {}
    for field in fields(feature):  # type: ignore[arg-type]
        value = getattr(feature, field.name)
        if field.name != "id" and (field.default is MISSING or value != field.default):
            found[field.name] = value
    return found


def shown_arguments(feature: Feature) -> str:
    """A feature as the call that makes it, without its ``id``."""
    given = [f"{f.name}={getattr(feature, f.name)!r}" for f in fields(feature) if f.name != "id"]  # type: ignore[arg-type]
    return f"{type(feature).__name__}({', '.join(given)})"


def is_remote(path: str) -> bool:
    """True for a URL, or a member of an archive (``zip://name::archive``); false for a path of this machine."""
    return "://" in path and not path.startswith("file://")


def file_name(path: str) -> str:
    """The last part of a path or URL; of ``zip://a/b.png::archive.zip`` it is ``b.png``."""
    return path.split("::")[0].replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def read_bytes(data: bytes | None, path: str | None) -> bytes:
    """The bytes of a stored file: those given, else those at its path or URL.

    Raises:
        DataFileError: there is neither, or nothing can be read at the path.
    """
    if data is not None:
        return data
    if path is None:
        raise DataFileError("A stored file has neither bytes nor a path.")
    try:
        if not is_remote(path):
            return Path(path.removeprefix("file://")).read_bytes()
        import fsspec

        with fsspec.open(path, "rb") as file:
            content: bytes = file.read()
        return content
    except OSError as error:
        raise DataFileError(
            f"The file {path!r} of a column cannot be read: {error.strerror or error}. Its path is stored, not its bytes: "
            "put it back, or store the bytes."
        ) from error


def local_path(path: str | None) -> str | None:
    """The path if it is that of a file of this machine, else None."""
    return None if path is None or is_remote(path) else path.removeprefix("file://")


def _is_text(t: pa.DataType) -> bool:
    return bool(_types.is_string(t) or _types.is_large_string(t) or _types.is_string_view(t))


def _media_keys(t: pa.DataType) -> bool:
    names = {t.field(i).name for i in range(t.num_fields)}
    return bool(names & {"bytes", "path"})


def _files(data: pa.Array, path: pa.Array, storage: pa.Array) -> pa.Array:
    mask = storage.is_null() if storage.null_count else None
    return pa.StructArray.from_arrays([data, path], fields=[MEDIA_TYPE.field(0), MEDIA_TYPE.field(1)], mask=mask)
