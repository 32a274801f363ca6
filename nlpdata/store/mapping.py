"""Shard files as memory: mapped when first read, one batch at a time.

Knows: where the messages of an Arrow IPC stream lie. Does not know: which rows are asked for, or what they mean.
The descriptor is closed as soon as a file is mapped, so 10,000 shards need no 10,000 descriptors.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence

import pyarrow as pa

from nlpdata.errors import CorruptFileError
from nlpdata.store.layout import BatchEntry
from nlpdata.store.plain import stored_schema, stored_table
from nlpdata.store.residency import DROP, NORMAL, advise

_CONTINUATION = 0xFFFFFFFF
_FILE_MAGIC = b"ARROW1"
_FILE_HEADER_BYTES = 8


def map_file(path: str, num_bytes: int | None = None) -> pa.Buffer:
    """The bytes of a file, mapped; pages are read when touched.

    Args:
        path: the file.
        num_bytes: the size it must have, or None for any.

    Raises:
        CorruptFileError: the file is missing, empty, or has another size.
    """
    try:
        size = os.path.getsize(path)
        if size == 0 or (num_bytes is not None and size != num_bytes):
            expected = "some" if num_bytes is None else f"{num_bytes:,}"
            raise CorruptFileError(
                f"{path} has {size:,} bytes. Expected {expected}: it was cut short or changed. Make it again."
            )
        with pa.memory_map(path) as file:
            # Reading all of it would ask the kernel to fetch all of it. The first byte keeps the mapping (not the descriptor).
            first = file.read_buffer(1)
            return pa.foreign_buffer(first.address, size, first)
    except FileNotFoundError as error:
        raise CorruptFileError(f"The data file {path} is missing. Make the dataset again.") from error


class MappedShard:
    """One Arrow IPC stream file whose batches are read by their offsets.

    Making one reads nothing. Batches are views of the mapped file (a compressed or dictionary-encoded foreign file is
    the exception: its batches are decoded when read).

    Args:
        path: the file.
        schema: the schema of every batch.
        batches: where the batches are.
        num_bytes: the size the file must have, or None for any.
    """

    __slots__ = ("_advice", "_buffer", "_decoded", "_has_dictionaries", "_num_bytes", "batches", "path", "schema")

    def __init__(self, path: str, schema: pa.Schema, batches: Sequence[BatchEntry], *, num_bytes: int | None = None) -> None:
        self.path, self.schema, self.batches = path, schema, batches
        self._num_bytes = num_bytes
        self._buffer: pa.Buffer | None = None
        self._advice = NORMAL
        self._has_dictionaries: bool | None = None  # asked with the first batch
        self._decoded: list[pa.RecordBatch] | None = None

    def buffer(self) -> pa.Buffer:
        """The mapped bytes of the whole file.

        Raises:
            CorruptFileError: the file is missing or has another size than recorded.
        """
        if self._buffer is None:
            self._buffer = map_file(self.path, self._num_bytes)
            if self._advice != NORMAL:
                advise(self._buffer, self._advice)
        return self._buffer

    def advise(self, advice: int | None) -> None:
        """How the file will be read from now on; maps nothing."""
        if advice != self._advice:
            self._advice = advice
            if self._buffer is not None:
                advise(self._buffer, advice)

    def release(self, index: int) -> None:
        """Give back the memory of a batch. What is read of it again comes from the file again."""
        if self._buffer is not None:
            entry = self.batches[index]
            advise(self._buffer, DROP, entry.offset, entry.offset + entry.num_bytes)

    def batch(self, index: int) -> pa.RecordBatch:
        """Record batch ``index``; touches its header only, not the rows.

        Raises:
            CorruptFileError: the file is not what was recorded.
        """
        entry = self.batches[index]
        if self._has_dictionaries is None:
            self._has_dictionaries = _has_dictionaries(self.schema)
        try:
            batch = self._decode()[index] if self._has_dictionaries else self._read(entry, index)
            batch.validate()  # lengths and sizes only: a few microseconds, once a batch
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, CorruptFileError):
                raise
            raise CorruptFileError(f"Batch {index} of {self.path} cannot be read: {error}. Make the file again.") from error
        if batch.num_rows != entry.num_rows:
            raise CorruptFileError(
                f"Batch {index} of {self.path} has {batch.num_rows:,} rows. Expected {entry.num_rows:,}. Make the file again."
            )
        return batch

    def _read(self, entry: BatchEntry, index: int) -> pa.RecordBatch:
        data, end = self.buffer(), entry.offset + entry.num_bytes
        if end > data.size:
            raise CorruptFileError(
                f"{self.path} ends at byte {data.size:,}, inside batch {index} "
                f"(bytes {entry.offset:,} to {end:,}). Make it again."
            )
        return pa.ipc.read_record_batch(data.slice(entry.offset, entry.num_bytes), self.schema)

    def _decode(self) -> list[pa.RecordBatch]:
        # Dictionaries build on the messages before them, so such a file is read in one go.
        if self._decoded is None:
            whole = stored_table(pa.Table.from_batches(_open_reader(self.buffer())))
            self._decoded = whole.to_batches()
        return self._decoded


def open_stream_file(path: str) -> tuple[pa.Schema, tuple[BatchEntry, ...]]:
    """Schema and batches of an Arrow IPC file that has no manifest (stream or file form), as HF ``datasets`` writes.

    Costs one small read a batch; no row is read.

    Raises:
        CorruptFileError: not an Arrow IPC file, or it ends inside a message.
    """
    data = map_file(path)
    start = _FILE_HEADER_BYTES if data.slice(0, min(6, data.size)).to_pybytes() == _FILE_MAGIC else 0
    try:
        schema = stored_schema(pa.ipc.read_schema(data.slice(start)))
        return schema, tuple(_scan(data, start, schema, path))
    except (pa.ArrowException, OSError, struct.error) as error:
        if isinstance(error, CorruptFileError):
            raise
        raise CorruptFileError(f"{path} is no Arrow IPC stream or file: {error}") from error


def _scan(data: pa.Buffer, start: int, schema: pa.Schema, path: str) -> list[BatchEntry]:
    entries = []
    dictionaries = _has_dictionaries(schema)
    while start + 8 <= data.size:
        mark, length = struct.unpack("<II", data.slice(start, 8).to_pybytes())
        if mark != _CONTINUATION:  # before Arrow 0.15 there was no mark
            length = mark
        if length == 0:
            break
        message = pa.ipc.read_message(data.slice(start))
        end = start + (8 if mark == _CONTINUATION else 4) + length + (message.body.size if message.body is not None else 0)
        if end > data.size:
            raise CorruptFileError(f"{path} ends at byte {data.size:,}, inside a message that ends at {end:,}.")
        if message.type == "record batch" and not dictionaries:
            rows = pa.ipc.read_record_batch(message, schema).num_rows
            entries.append(BatchEntry(start, end - start, rows))
        start = end
    if dictionaries:
        return [BatchEntry(0, 0, batch.num_rows) for batch in _open_reader(data)]
    return entries


def _open_reader(data: pa.Buffer) -> list[pa.RecordBatch]:
    if data.slice(0, min(6, data.size)).to_pybytes() == _FILE_MAGIC:
        reader = pa.ipc.open_file(data)
        return [reader.get_batch(i) for i in range(reader.num_record_batches)]
    return list(pa.ipc.open_stream(data))


def _has_dictionaries(schema: pa.Schema) -> bool:
    return any(_holds_dictionary(field.type) for field in schema)


def _holds_dictionary(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return True
    if isinstance(kind, pa.BaseExtensionType):
        return _holds_dictionary(kind.storage_type)
    return any(_holds_dictionary(kind.field(i).type) for i in range(kind.num_fields))
