"""Rows, columns or tables -> shards, bounded in bytes.

Knows: when to cut a batch and a shard, how a type widens while rows arrive, and that nothing half-written is ever visible.
Does not know: who reads the shards, or where the folder is found again. ``manifest.json`` is the caller's to write.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash

from nlpdata.errors import ArgumentError
from nlpdata.features import Features, cast_array, encode_table, widen_schema
from nlpdata.features.convert import plain_type
from nlpdata.settings import settings
from nlpdata.store.group import concat_rows, split_table
from nlpdata.store.layout import BatchEntry, Manifest, ShardEntry, shard_name
from nlpdata.store.manifest import sync_folder, temporary_name, writing
from nlpdata.store.mapping import MappedShard, map_file
from nlpdata.store.plain import stored_field, stored_schema

_ROW_BUFFER_BYTES = 8 * 2**20
_VALUE_BYTES = 32  # least a Python value counts for: its object, and its place in a list
_SAMPLED_ITEMS = 16
_BUFFERS = frozenset({list, dict, np.ndarray, bytearray})
_WHOLE_BYTES = 4 * 2**20  # a table from this size on that also is a fifth of a batch is written as it is, without a copy
_WRITE_BACK_BYTES = 8 * 2**20


class ShardWriter:
    """Writes shards into a folder; they get their names when all of them are complete.

    Batches and shards are cut by bytes. Without ``features`` the types widen over everything that is written (null to any,
    int to wider int to float, keys of structs optional), and shards written before are rewritten to the final schema.

    Used as a context manager, an exception removes what was written.

    Args:
        folder: where; made if missing.
        prefix: first part of the file names.
        features: the types to encode to, or None to infer them.
        batch_bytes: what a record batch aims at; None for the setting ``batch_bytes``.
        shard_bytes: where a new shard is begun; None for the setting ``shard_bytes``.

    Raises:
        CacheWriteError: (here or in any method that writes) the disk is full or read-only. The files are removed.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        prefix: str = "data",
        features: Features | None = None,
        batch_bytes: int | None = None,
        shard_bytes: int | None = None,
    ) -> None:
        self._folder = Path(folder)
        self._prefix = prefix
        self._features = features
        self._shard_bytes = max(1, settings.shard_bytes if shard_bytes is None else shard_bytes)
        self._batch_bytes = min(max(1, settings.batch_bytes if batch_bytes is None else batch_bytes), self._shard_bytes)
        self._schema: pa.Schema | None = None if features is None else features.arrow_schema
        self._widths: tuple[pa.Schema | None, int | None] = None, None  # bytes of a row of a schema, if all have as many
        self._rows = _RowBuffer()
        self._pending: list[pa.Table] = []  # encoded, not yet in a file
        self._pending_bytes = 0
        self._encoded_rows = 0
        self._open: _OpenShard | None = None
        self._unsynced: _OpenShard | None = None  # the one closed last; the disk works on it while the next is written
        self._closed: list[tuple[ShardEntry, pa.Schema]] = []
        self._done = False
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)

    # --- writing ---

    def write_table(self, table: pa.Table | pa.RecordBatch) -> None:
        """Add the rows of a table. It is kept by reference until a batch is full.

        Raises:
            RowError: a value does not fit ``features``; its row counts from the first row given to this writer.
            TypeConflictError: (without features) a column's type and that of earlier rows have no common type.
        """
        with self._guard():
            self._encode_rows()
            whole = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
            if self._features is not None and (whole.num_columns or not whole.num_rows):
                columns = dict(zip(whole.column_names, whole.columns, strict=True))
                whole = encode_table(columns, self._features, first_row=self._encoded_rows)
            self._append(whole)

    def write_columns(self, columns: Mapping[str, Any]) -> None:
        """Add rows given as columns of Python values, NumPy or Arrow arrays of equal length.

        Raises:
            RowError: a value does not fit its column; its row counts from the first row given to this writer.
            ArgumentError: the lengths differ.
        """
        with self._guard():
            self._encode_rows()
            self._append(encode_table(columns, self._features, first_row=self._encoded_rows))

    def write_row(self, row: Mapping[str, Any]) -> None:
        """Add one row of Python values. Rows are encoded together, once there are some megabytes of them.

        A key missing from ``row`` is null; a new key is a new column, null in earlier rows.

        Raises:
            RowError: a value does not fit its column; raised when the rows are encoded, with the right row number.
        """
        self._check_open()
        self._rows.add(row)
        if self._rows.num_bytes >= min(_ROW_BUFFER_BYTES, self._batch_bytes):
            with self._guard():
                self._encode_rows()

    @property
    def num_rows(self) -> int:
        """Rows given so far."""
        return self._encoded_rows + self._rows.num_rows

    @property
    def num_bytes(self) -> int:
        """Bytes written so far, and about those that wait."""
        written = sum(entry.num_bytes for entry, _ in self._closed) + (self._open.num_bytes if self._open else 0)
        return written + self._pending_bytes + self._rows.num_bytes

    def restart(self) -> None:
        """Forget and remove everything given so far; the writer is as new."""
        self._check_open()
        self.abort()
        self._done, self._encoded_rows, self._pending_bytes = False, 0, 0
        self._schema = None if self._features is None else self._features.arrow_schema

    def finish(self, *, sync_names: bool = True) -> Manifest:
        """Write what waits, bring all shards to the final schema, sync them, and give them their names.

        Args:
            sync_names: also sync the folder; False where the caller does that before anyone relies on the names.

        Returns:
            The manifest of the shards; it is not written.
        """
        with self._guard():
            self._encode_rows()
            self._flush(everything=True)
            schema = self._schema if self._schema is not None else pa.schema([])
            if not self._closed and self._open is None:
                self._open = _OpenShard(self._folder, schema)
            self._close_shard()
            self._sync_shard()
            entries = []
            for index, (entry, written) in enumerate(self._closed):
                if not written.equals(schema, check_metadata=True):
                    self._closed[index] = (entry, schema) = (conform(self._folder, entry, schema), schema)
                entries.append(entry)
            named = []
            for index, entry in enumerate(entries):
                name = shard_name(index, len(entries), self._prefix)
                os.replace(self._folder / entry.file, self._folder / name)
                named.append(replace(entry, file=name))
                self._closed[index] = (named[-1], schema)  # what abort() would remove
            if sync_names:
                sync_folder(self._folder)
            self._done = True
            return Manifest(schema, tuple(named))

    def abort(self) -> None:
        """Remove everything this writer wrote; nothing happens after :meth:`finish`."""
        if self._done:
            return
        self._done = True
        for shard in (self._open, self._unsynced):
            if shard is not None:
                shard.discard()
        for entry, _ in self._closed:
            with suppress(OSError):
                (self._folder / entry.file).unlink(missing_ok=True)
        self._open, self._unsynced, self._closed, self._pending, self._rows = None, None, [], [], _RowBuffer()

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            self.abort()

    # --- inside ---

    def _guard(self) -> writing:
        """A refused write is told in our words, and frees the disk at once."""
        self._check_open()
        return writing(self._folder, self.abort)

    def _check_open(self) -> None:
        if self._done:
            raise ArgumentError(f"This writer of {self._folder} is finished; make a new one.")

    def _encode_rows(self) -> None:
        if self._rows.num_rows:
            rows, self._rows = self._rows, _RowBuffer()
            columns = rows.columns
            if self._features is not None:
                columns = {**{n: [None] * rows.num_rows for n in self._features if n not in columns}, **columns}
            if columns:
                self._append(encode_table(columns, self._features, first_row=self._encoded_rows))
            else:
                self._append(pa.table({"": pa.nulls(rows.num_rows)}).select([]))

    def _append(self, table: pa.Table) -> None:
        if self._features is None and (self._schema is None or not table.schema.equals(self._schema, check_metadata=True)):
            table = _storable(table)
            self._widen(table.schema)
        width = self._width()
        num_bytes = table.nbytes if width is None else table.num_rows * width
        if table.num_rows and num_bytes >= max(self._batch_bytes // 5, _WHOLE_BYTES) and _is_one_chunk(table):
            self._flush(everything=True)
            self._encoded_rows += table.num_rows
            self._write_pieces(conform_table(table, self._required_schema))
        elif table.num_rows:
            self._pending.append(table)
            self._pending_bytes += max(num_bytes, table.num_rows // 8 + 1)
            self._encoded_rows += table.num_rows
        if self._pending_bytes >= self._batch_bytes:
            self._flush(everything=False)

    def _width(self) -> int | None:
        """About how many bytes a row has, where all have as many; Arrow looks for them in each buffer."""
        if self._widths[0] is not self._schema:
            kinds = self._required_schema.types
            numbers = bool(kinds) and all(map(pa.types.is_primitive, kinds))
            self._widths = self._schema, sum(kind.bit_width + 7 >> 3 for kind in kinds) if numbers else None
        return self._widths[1]

    def _widen(self, schema: pa.Schema) -> None:
        if self._schema is None:
            self._schema = schema
            return
        known = self._schema.remove_metadata()
        if not known.equals(schema.remove_metadata(), check_metadata=True):
            wider = widen_schema(known, schema.remove_metadata())
            if not wider.equals(known, check_metadata=True):
                self._schema = wider  # metadata of the whole schema described the narrower one

    def _flush(self, *, everything: bool) -> None:
        """Write full batches; the rest waits, unless ``everything`` is to go."""
        if not self._pending:
            return
        whole = concat_rows([conform_table(t, self._required_schema) for t in self._pending])
        self._pending, self._pending_bytes = [], 0
        pieces = list(split_table(whole, self._batch_bytes))
        if not everything and len(pieces) > 1 and pieces[-1].nbytes < self._batch_bytes // 2:
            rest = pieces.pop()
            self._pending, self._pending_bytes = [rest], rest.nbytes
        for piece in pieces:
            self._write(piece)

    def _write_pieces(self, table: pa.Table) -> None:
        """Write a table of one chunk as it is: buffers go to the file without being copied first."""
        for piece in split_table(table, self._batch_bytes):
            self._write(piece)

    @property
    def _required_schema(self) -> pa.Schema:
        assert self._schema is not None
        return self._schema

    def _write(self, table: pa.Table) -> None:
        shard = self._open
        if shard is not None:
            full = shard.num_rows and shard.num_bytes + table.nbytes > self._shard_bytes
            if full or not shard.schema.equals(self._schema, check_metadata=True):
                self._close_shard()
        if self._open is None:
            self._open = _OpenShard(self._folder, self._schema)
        for batch in (table if _is_one_chunk(table) else table.combine_chunks()).to_batches():
            self._open.write(batch)

    def _close_shard(self) -> None:
        if self._open is not None:
            self._closed.append((self._open.close(), self._open.schema))
            self._sync_shard()
            self._unsynced, self._open = self._open, None

    def _sync_shard(self) -> None:
        if self._unsynced is not None:
            self._unsynced.sync()
            self._unsynced = None


class _RowBuffer:
    """Rows turned into columns of Python values, with an estimate of their size."""

    __slots__ = ("columns", "num_bytes", "num_rows")

    def __init__(self) -> None:
        self.columns: dict[str, list[Any]] = {}
        self.num_rows = 0
        self.num_bytes = 0

    def add(self, row: Mapping[str, Any]) -> None:
        columns = self.columns
        size = _VALUE_BYTES
        for name, value in row.items():
            column = columns.get(name)
            if column is None:
                column = columns[name] = [None] * self.num_rows
            if type(value) in _BUFFERS:
                value = value.copy()  # a generator may use it again for the next row
            column.append(value)
            size += _estimate(value)
        self.num_rows += 1
        self.num_bytes += size
        if len(row) < len(columns):
            for column in columns.values():
                if len(column) < self.num_rows:
                    column.append(None)


class _OpenShard:
    """One shard being written, under a temporary name, hashed on the way."""

    def __init__(self, folder: Path, schema: pa.Schema) -> None:
        self.schema = schema
        self.num_rows = 0
        self._batches: list[BatchEntry] = []
        self._sink = _HashingFile(folder / temporary_name(".arrow"))
        # Without the option a list of more than 2**31 - 1 values is refused.
        self._writer = pa.ipc.new_stream(self._sink, schema, options=pa.ipc.IpcWriteOptions(allow_64bit=True))
        self._schema_bytes: int = schema.serialize().size  # the writer sends the schema just before the first batch

    @property
    def num_bytes(self) -> int:
        return self._sink.position

    def write(self, batch: pa.RecordBatch) -> None:
        before = self._sink.position or self._schema_bytes
        self._writer.write_batch(batch)
        self._batches.append(BatchEntry(before, self._sink.position - before, batch.num_rows))
        self.num_rows += batch.num_rows

    def close(self) -> ShardEntry:
        """End the file. It is not on the disk for certain before :meth:`sync`."""
        self._writer.close()
        return ShardEntry(
            self._sink.path.name, self.num_rows, self._sink.position, self._sink.hexdigest(), tuple(self._batches)
        )

    def sync(self) -> None:
        self._sink.sync()

    def discard(self) -> None:
        self._sink.discard()


class _HashingFile:
    """A new file that pyarrow can write to; counts and hashes the bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        self._sent = 0  # bytes that the disk was told to begin with
        self._hasher = xxhash.xxh3_128()
        # Unbuffered: what a full disk refused must not be tried again when the file is closed.
        self._file = open(path, "xb", buffering=0)  # noqa: SIM115 - closed by sync() or discard()

    @property
    def closed(self) -> bool:
        return self._file.closed

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def write(self, data: Any) -> int:
        view = memoryview(data).cast("B")
        left = view
        while left:
            left = left[self._file.write(left) or 0 :]
        self._hasher.update(view)
        self.position += len(view)
        if self.position - self._sent >= _WRITE_BACK_BYTES:
            self._write_back()
        return len(view)

    def _write_back(self) -> None:
        """Let the disk begin with what was written, so that the sync at the end finds little to wait for."""
        if hasattr(os, "posix_fadvise"):
            with suppress(OSError):  # advice, which some file systems do not take
                # Pages that are not on disk yet stay in memory; they are queued for writing.
                os.posix_fadvise(self._file.fileno(), self._sent, self.position - self._sent, os.POSIX_FADV_DONTNEED)
        self._sent = self.position

    def flush(self) -> None:
        pass

    def close(self) -> None:  # pyarrow calls this when it is done; the file is closed after its sync
        pass

    def sync(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def discard(self) -> None:
        with suppress(OSError):  # closing may flush, on a full disk
            self._file.close()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)

    def hexdigest(self) -> str:
        return str(self._hasher.hexdigest())


def conform(folder: str | Path, entry: ShardEntry, schema: pa.Schema) -> ShardEntry:
    """Rewrite one shard to a wider schema: columns are cast, missing ones null. Aside, then renamed over the old file.

    Args:
        folder: where the shard is.
        entry: the shard as it is.
        schema: the schema it gets.

    Returns:
        The entry of the new file; ``entry`` itself where the schema is the same.

    Raises:
        CorruptFileError: the shard is not what the entry says.
        CacheWriteError: the folder cannot be written.
    """
    path = Path(folder) / entry.file
    own = stored_schema(pa.ipc.read_schema(map_file(str(path), entry.num_bytes)))
    if own.equals(schema, check_metadata=True):
        return entry
    old = MappedShard(str(path), own, entry.batches, num_bytes=entry.num_bytes)
    with writing(path):
        new = _OpenShard(Path(folder), schema)
        try:
            for index in range(len(entry.batches)):
                table = conform_table(pa.Table.from_batches([old.batch(index)]), schema)
                for batch in table.combine_chunks().to_batches():
                    new.write(batch)
            made = new.close()
            new.sync()
            os.replace(Path(folder) / made.file, path)
            sync_folder(folder)
        except BaseException:
            new.discard()
            raise
    return ShardEntry(entry.file, made.num_rows, made.num_bytes, made.xxh3, made.batches)


def conform_table(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """``table`` under a wider schema: columns in its order, cast, missing ones null.

    Raises:
        FeatureError: a column cannot be cast without loss.
    """
    if table.schema.equals(schema, check_metadata=True):
        return table
    columns = []
    for field in schema:
        index = table.schema.get_field_index(field.name)
        if index < 0:
            columns.append(pa.chunked_array([pa.nulls(table.num_rows, field.type)]))
        elif table.schema.field(index).type.equals(field.type):
            columns.append(table.column(index))
        else:
            columns.append(cast_array(table.column(index), field.type, column=field.name))
    if not columns:
        return table.select([])
    return pa.Table.from_arrays(columns, schema=schema)


def _is_one_chunk(table: pa.Table) -> bool:
    """Whether each column is one array."""
    return table.num_columns > 0 and all(column.num_chunks == 1 for column in table.columns)


def _estimate(value: Any) -> int:
    """About the bytes a Python value takes, never less than its object."""
    if isinstance(value, str | bytes):
        return len(value) + _VALUE_BYTES
    if isinstance(value, list | tuple):
        sample = value[:_SAMPLED_ITEMS]
        return _VALUE_BYTES + (sum(map(_estimate, sample)) * len(value) // len(sample) if sample else 0)
    if isinstance(value, Mapping):
        return _VALUE_BYTES + sum(map(_estimate, value.values()))
    size = getattr(value, "nbytes", 0)
    return _VALUE_BYTES + (size if isinstance(size, int) else 0)


def _storable(table: pa.Table) -> pa.Table:
    """The table without dictionaries, maps, views of lists and extension types: what every reader of the format knows."""
    kinds = [plain_type(field.type) for field in table.schema]
    if all(kind.equals(field.type) for kind, field in zip(kinds, table.schema, strict=True)):
        return table
    fields = [stored_field(field).with_type(kind) for kind, field in zip(kinds, table.schema, strict=True)]
    columns = [cast_array(c, kind, column=f.name) for c, kind, f in zip(table.columns, kinds, fields, strict=True)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=table.schema.metadata))
