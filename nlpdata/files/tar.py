"""WebDataset tars: members with one stem are one row, and what follows the stem is the column.

Knows: how members are grouped, how json, txt, cls, numbers and NumPy arrays are decoded, and which members are images, sounds
and other files of a known kind; the rest are ``{"bytes", "path"}``. Does not know: how an image is decoded.
"""

from __future__ import annotations

import io
import json
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.errors import ArgumentError, FeatureError, RowError
from nlpdata.features import Audio, Feature, Features, Image, Mesh, Nifti, Pdf, Video, encode_field
from nlpdata.fetch.archive import iter_archive
from nlpdata.files.base import Batch, FileType, Source, batch_bytes_or_default, label_of, parse_options, pick
from nlpdata.files.patterns import MEDIA_EXTENSIONS

_BATCH_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class TarOptions:
    """Reading has no options."""


def _array(data: bytes) -> Any:
    array = np.load(io.BytesIO(data), allow_pickle=False)
    return array.tolist()


_DECODERS: dict[str, Callable[[bytes], Any]] = {
    "json": json.loads,
    "jsn": json.loads,
    "txt": bytes.decode,
    "text": bytes.decode,
    "transcript": bytes.decode,
    "cls": int,
    "cls2": int,
    "index": int,
    "inx": int,
    "id": int,
    "npy": _array,
}


_MEDIA: dict[str, type[Feature]] = {
    "audiofolder": Audio, "imagefolder": Image, "meshfolder": Mesh,
    "niftifolder": Nifti, "pdffolder": Pdf, "videofolder": Video,
}  # fmt: skip


class TarFile(FileType):
    """WebDataset tar -> record batches."""

    name = "webdataset"
    extensions = (".tar",)

    def read(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """One row per stem, in the order of the tar: ``__key__`` (the stem), ``__url__`` (the tar), and a column per extension.

        A member that a stem lacks is null. The tar is read as a stream, a batch at a time.

        Raises:
            RowError: a member that is not what its extension says, or a second one for a column of a row; names tar, member
                and row.
            ArchiveError: no tar, or one that is damaged.
        """
        parse_options(TarOptions, options, "webdataset")
        label, size = label_of(source), min(batch_bytes_or_default(batch_bytes), _BATCH_BYTES)
        rows: list[dict[str, Any]] = []
        names: dict[str, None] = dict.fromkeys(features or ())
        held = done = 0
        for row, row_bytes in _rows(source, label):
            rows.append(row)
            names.update(dict.fromkeys(row))
            held += row_bytes
            if held >= size:
                yield pick(_batch(rows, names, label, done), columns, label)
                done, held, rows = done + len(rows), 0, []
        if rows or not done:
            yield pick(_batch(rows, names or {"__key__": None, "__url__": None}, label, done), columns, label)

    def write(self, batches: Iterable[Batch], target: Source, **options: Any) -> int:
        """Refused.

        Raises:
            ArgumentError: always.
        """
        raise ArgumentError("A dataset is not written as a tar. Write parquet or arrow.")


def _rows(source: Source, label: str) -> Iterator[tuple[dict[str, Any], int]]:
    """The rows of a tar with their sizes in bytes; members of one stem follow each other."""
    row: dict[str, Any] | None = None
    size = number = 0
    for path, file in iter_archive(source):
        folder, base = posixpath.split(path)
        stem, _, extension = base.partition(".")
        if not stem or not extension:
            continue  # as in `datasets`: such a file belongs to no row
        key = posixpath.join(folder, stem)
        if row is not None and row["__key__"] != key:
            yield row, size
            row, number = None, number + 1
        if row is None:
            row, size = {"__key__": key, "__url__": label}, 0
        data = file.read()
        size += len(data) + len(key)
        column = extension.lower()
        if column in row:
            message = f"{label}: row {number} has two members for the column {column!r}; the second is {path!r}. Rename one."
            raise RowError(message, row=number, column=column, value=path)
        row[column] = _decoded(data, path, column, (label, number))
    if row is not None:
        yield row, size


def _decoded(data: bytes, path: str, extension: str, place: tuple[str, int]) -> Any:
    decode = _DECODERS.get(extension.rpartition(".")[2])
    if decode is None:
        return {"bytes": data, "path": path}
    try:
        return decode(data)
    except (ValueError, EOFError) as error:
        label, row = place
        message = f"{label}: row {row}, member {path!r} is no {extension}: {error} It begins with {data[:20]!r}."
        raise RowError(message, row=row, column=extension, value=data[:20]) from error


def _media(name: str) -> Feature | None:
    """The kind of files in a column, which is named by their extension; None for what is decoded, or unknown."""
    extension = name.rpartition(".")[2]
    kind = None if name.startswith("__") or extension in _DECODERS else MEDIA_EXTENSIONS.get(f".{extension}")
    return _MEDIA[kind]() if kind in _MEDIA else None


def _batch(rows: list[dict[str, Any]], names: Iterable[str], label: str, first_row: int) -> pa.RecordBatch:
    columns = []
    try:
        for name in names:
            columns.append(encode_field([row.get(name) for row in rows], _media(name), column=name, first_row=first_row))
    except RowError as error:
        raise RowError(f"{label}: {error}", row=error.row, column=error.column, value=error.value) from error
    except FeatureError as error:
        raise type(error)(f"{label}: {error}") from error
    table = pa.Table.from_arrays([array for _, array in columns], schema=pa.schema([field for field, _ in columns]))
    return table.combine_chunks().to_batches()[0] if rows else pa.RecordBatch.from_pylist([], schema=table.schema)
