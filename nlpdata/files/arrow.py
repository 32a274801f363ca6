"""Arrow IPC files, in the stream or the file format (which is Feather's second version).

Knows: both formats, told apart by their first bytes. Does not know: shards and manifests; those are the store's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from nlpdata.errors import ArgumentError, CorruptFileError, did_you_mean
from nlpdata.features import Features
from nlpdata.files.base import (
    Batch,
    FileType,
    Source,
    check_columns,
    created,
    first_schema,
    label_of,
    opened_random,
    parse_options,
    pick,
)

_FILE_MAGIC = b"ARROW1"
_FORMATS = ("stream", "file")


@dataclass(frozen=True, slots=True)
class ArrowOptions:
    """Reading has no options: everything is in the file."""


@dataclass(frozen=True, slots=True)
class ArrowWriteOptions:
    """How Arrow is written: ``format`` ``"stream"`` or ``"file"``; ``compression`` None, ``"lz4"`` or ``"zstd"``."""

    format: str = "stream"
    compression: str | None = None

    def __post_init__(self) -> None:
        if self.format not in _FORMATS:
            raise ArgumentError(f"format is {self.format!r}.{did_you_mean(self.format, _FORMATS)} Use 'stream' or 'file'.")


class ArrowFile(FileType):
    """Arrow IPC <-> record batches."""

    name = "arrow"
    extensions = (".arrow", ".feather", ".ipc")

    def read(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """The record batches of the file as they are; a plain path is memory-mapped, so nothing is copied.

        Raises:
            CorruptFileError: not an Arrow file, or one that is cut off.
            UnknownColumnError: a column that the file does not have.
        """
        del features, batch_bytes  # batches come as they were written; mapped ones cost no memory
        parse_options(ArrowOptions, options, "arrow")
        label = label_of(source)
        with opened_random(source) as file:
            try:
                schema, batches = _batches(file)
                check_columns(columns, schema.names, label)
                empty = True
                for batch in batches:
                    yield pick(batch, columns, label)
                    empty = False
                if empty:
                    yield pick(pa.RecordBatch.from_pylist([], schema=schema), columns, label)
            except (pa.ArrowInvalid, OSError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                raise CorruptFileError(f"{label} cannot be read as Arrow: {error}") from error

    def write(self, batches: Iterable[Batch], target: Source, **options: Any) -> int:
        """An Arrow file with the batches as they come; the number of bytes. Options: see :class:`ArrowWriteOptions`."""
        schema, rows = first_schema(batches, options.pop("schema", None))
        chosen = parse_options(ArrowWriteOptions, options, "arrow")
        make = pa.ipc.new_stream if chosen.format == "stream" else pa.ipc.new_file
        settings = pa.ipc.IpcWriteOptions(compression=chosen.compression)
        with (
            created(target) as sink,
            make(pa.PythonFile(sink, mode="w"), pa.schema([]) if schema is None else schema, options=settings) as writer,
        ):
            for batch in rows:
                writer.write_batch(batch)
        return sink.num_bytes


def _batches(file: Any) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    head = bytes(file.read(len(_FILE_MAGIC)))
    file.seek(0)
    if head == _FILE_MAGIC:
        reader = pa.ipc.open_file(file)
        return reader.schema, (reader.get_batch(i) for i in range(reader.num_record_batches))
    stream = pa.ipc.open_stream(file)
    return stream.schema, iter(stream)
