"""Column groups: some columns of the same rows, in memory, over shards on disk, stacked, or all null.

Knows: record batches and where they lie. Does not know: what columns are called outside, selections, features, keys of results.
All row numbers are 64-bit. Tables that groups give carry no schema metadata; ``group.schema`` does.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from nlpdata.errors import ArgumentError, UnknownColumnError, unknown
from nlpdata.store.digest import table_key
from nlpdata.store.gather import OFFSET_LIMIT, Column, gather_chunks, make_column, take_chunks
from nlpdata.store.layout import Manifest
from nlpdata.store.manifest import hash_file, read_manifest
from nlpdata.store.mapping import MappedShard, open_stream_file
from nlpdata.store.plain import stored_table
from nlpdata.store.residency import NORMAL, RANDOM, machine_bytes

if TYPE_CHECKING:
    from nlpdata.store.view import View

Ints = npt.NDArray[np.int64]
_MOST_CACHED_TABLES = 4096
_FEW_ROWS = 64  # a binary search for fewer is quicker than an index
_NULL_ROWS = 1024
_SEEK_BYTES = 100_000  # what a disk reads in order in the time of one read elsewhere (100 microseconds at 1 GB/s)


@runtime_checkable
class ColumnGroup(Protocol):
    """Columns of the same rows. Immutable; picklable; safe to use from several threads."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the stored columns, with the metadata they were stored with."""
        ...

    @property
    def num_rows(self) -> int:
        """How many rows."""
        ...

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the data files; empty in memory."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes of all columns, as stored."""
        ...

    def extent(self, row: int) -> tuple[int, int] | None:
        """A range of rows around ``row`` that :meth:`read` gives as one slice, or None if there is none."""
        ...

    def expect(self, scattered: int) -> bool:
        """Prepare for reads of so many rows here and there; 0: rows in order. Whether the group wants to be told of more."""
        ...

    def release(self, start: int, stop: int) -> None:
        """Give back the file memory of record batches that lie in rows ``start`` to ``stop``; they may still be read."""
        ...

    def read(self, names: Sequence[str], start: int, stop: int) -> pa.Table:
        """Rows ``start`` to ``stop`` (exclusive) of some columns. Copies nothing."""
        ...

    def take(self, names: Sequence[str], rows: Ints) -> pa.Table:
        """The rows listed, in that order, repeats allowed. Copies them."""
        ...

    def content_key(self) -> str:
        """A key of the values, the same in any process."""
        ...


class _BatchedGroup:
    """What groups of record batches share: finding rows, slicing, gathering. Subclasses say where batches come from."""

    schema: pa.Schema
    num_rows: int
    offset_limit = OFFSET_LIMIT  # lowered by tests

    def __init__(self, schema: pa.Schema, batch_rows: Sequence[int] | Ints) -> None:
        self.schema = schema
        self._starts = np.zeros(len(batch_rows) + 1, np.int64)  # first row of each batch, and the end
        np.cumsum(np.asarray(batch_rows, np.int64), out=self._starts[1:])
        self.num_rows = int(self._starts[-1])
        self._tables: dict[tuple[str, ...], dict[int, pa.Table]] = {}
        self._schemas: dict[tuple[str, ...], pa.Schema] = {}
        self._whole: set[str] = set()  # columns whose addresses are known in every batch
        self._columns: dict[str, tuple[Column | None, npt.NDArray[np.bool_]]] = {}
        self._last = (0, 0, 0)  # start, stop, index of the batch read last
        self._steps: tuple[int, Ints | None] | None = None  # rows a step as a power of two, batch of each step's first row

    def _batch(self, index: int) -> pa.RecordBatch:
        raise NotImplementedError

    def read(self, names: Sequence[str], start: int, stop: int) -> pa.Table:
        """Rows ``start`` to ``stop`` (exclusive) of some columns, as slices of the batches. Copies nothing.

        Raises:
            IndexError: the rows are not all there.
            UnknownColumnError: a name is not stored.
        """
        low, high, index = self._last
        if not (low <= start < stop <= high):
            if start < 0 or stop > self.num_rows or start > stop:
                raise IndexError(f"Rows {start} to {stop} were asked for, there are {self.num_rows:,}.")
            index = self._find(start)
            low, high = int(self._starts[index]), int(self._starts[index + 1])
            if stop > high or start == stop:
                return self._read_across(tuple(names), start, stop, index)
            self._last = (low, high, index)
        return self._table(tuple(names), index).slice(start - low, stop - start)

    def take(self, names: Sequence[str], rows: Ints) -> pa.Table:
        """The rows listed, in that order, repeats allowed. Rows that follow each other are sliced, others copied once.

        The result has one chunk a column, more only where 32-bit offsets cannot hold it.

        Raises:
            IndexError: a row is out of range.
            UnknownColumnError: a name is not stored.
        """
        count = len(rows)
        if count == 0:
            return self.read(names, 0, 0)
        first, last = int(rows[0]), int(rows[-1])
        if last - first == count - 1 and (count < 3 or bool((rows[1:] - rows[:-1] == 1).all())):
            return self.read(names, first, last + 1)
        _check_rows(rows, self.num_rows)
        self.expect(scattered=count)
        if len(self._starts) == 2:
            batch = np.zeros(count, np.int64)
        else:
            batch = self._batches_of(rows)
        local = rows - self._starts[batch]
        schema = self._schema_of(tuple(names))
        columns = [self._gather(name, batch, local) for name in schema.names]
        return pa.Table.from_arrays(columns, schema=schema) if columns else _rows_without_columns(count)

    def extent(self, row: int) -> tuple[int, int]:
        """First row, and end, of the batch that holds ``row``: a range that is read as one slice."""
        index = self._find(row)
        return int(self._starts[index]), int(self._starts[index + 1])

    def expect(self, scattered: int) -> bool:
        """Prepare for reads of so many rows here and there; 0: rows in order. Whether the group wants to be told of more."""
        return False

    def release(self, start: int, stop: int) -> None:
        """Give back the file memory of record batches that lie in rows ``start`` to ``stop``; they may still be read."""

    def _batches_of(self, rows: Ints) -> Ints:
        """The batch of each row. A table of equal steps says where to look: a binary search costs four times as much."""
        if len(rows) < _FEW_ROWS:
            return self._starts.searchsorted(rows, "right") - 1
        if self._steps is None:
            shift = max(0, int(self.num_rows // (len(self._starts) - 1)).bit_length() - 2)
            firsts = np.arange(0, self.num_rows, 1 << shift)
            found = self._starts.searchsorted(firsts, "right") - 1
            even = not len(found) or int(np.diff(found, append=len(self._starts) - 2).max()) <= 1
            self._steps = (shift, found) if even else (0, None)
        shift, table = self._steps
        if table is None:  # batches of very different lengths
            return self._starts.searchsorted(rows, "right") - 1
        batch: Ints = table[rows >> shift]
        batch += rows >= self._starts[batch + 1]
        return batch

    def _find(self, row: int) -> int:
        return min(int(self._starts.searchsorted(row, "right")), len(self._starts) - 1) - 1

    def _read_across(self, names: tuple[str, ...], start: int, stop: int, index: int) -> pa.Table:
        """Rows of several batches, or none."""
        if start == stop:
            return self._schema_of(names).empty_table()
        end = int(self._starts.searchsorted(stop, "left"))
        pieces = []
        for i in range(index, end):
            low, high = int(self._starts[i]), int(self._starts[i + 1])
            if high > low:
                pieces.append(self._table(names, i).slice(max(start - low, 0), min(stop, high) - max(start, low)))
        return concat_rows(pieces)

    def _table(self, names: tuple[str, ...], index: int) -> pa.Table:
        """One batch as a table of some columns; kept, since making it costs more than slicing it."""
        try:
            return self._tables[names][index]
        except KeyError:
            pass
        schema = self._schema_of(names)
        batch = self._batch(index)
        columns = [batch.column(i) for i in self._positions(names)]
        made = pa.Table.from_arrays(columns, schema=schema) if columns else _rows_without_columns(batch.num_rows)
        kept = self._tables.setdefault(names, {})
        if len(kept) >= _MOST_CACHED_TABLES:
            self._tables[names] = kept = {}
        kept[index] = made
        return made

    def _positions(self, names: Sequence[str]) -> list[int]:
        positions = [self.schema.get_field_index(name) for name in names]
        if -1 in positions:
            raise unknown(UnknownColumnError, "column", names[positions.index(-1)], self.schema.names)
        return positions

    def _schema_of(self, names: tuple[str, ...]) -> pa.Schema:
        found = self._schemas.get(names)
        if found is None:
            found = self._schemas[names] = pa.schema([self.schema.field(i) for i in self._positions(names)])
        return found

    def _gather(self, name: str, batch: Ints, local: Ints) -> pa.Array | pa.ChunkedArray:
        position = self.schema.get_field_index(name)
        if name not in self._columns:
            count = len(self._starts) - 1
            self._columns[name] = (make_column(self.schema.field(position).type, count), np.zeros(count, np.bool_))
        column, loaded = self._columns[name]
        if column is None:
            chunks = take_chunks(lambda i: self._batch(i).column(position), batch, local)
        else:
            if name not in self._whole:
                self._load(column, loaded, position, batch[~loaded[batch]])
                if loaded.all():
                    self._whole.add(name)
            chunks = gather_chunks(column, batch, local, self.offset_limit)
        return chunks[0] if len(chunks) == 1 else pa.chunked_array(chunks, type=self.schema.field(position).type)

    def _load(self, column: Column, loaded: npt.NDArray[np.bool_], position: int, batches: Ints) -> None:
        """Note where a column lies in batches that were not met before."""
        for index in np.unique(batches).tolist() if len(batches) else ():
            column.load(index, self._batch(index).column(position))
            loaded[index] = True


class TableGroup(_BatchedGroup):
    """Columns of a table in memory.

    Raises:
        ArgumentError: two columns have the same name.
    """

    files: tuple[str, ...] = ()

    def __init__(self, table: pa.Table) -> None:
        names = table.schema.names
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise ArgumentError(f"Two columns have the same name: {', '.join(twice)}. Rename one of them.")
        self.table = table = stored_table(table)
        self._batches = table.to_batches()  # cut where any column has a chunk boundary; copies nothing
        super().__init__(table.schema, [b.num_rows for b in self._batches])

    @cached_property
    def nbytes(self) -> int:
        """Bytes that the values take, shared buffers of a slice not counted in whole."""
        return int(self.table.nbytes)

    def content_key(self) -> str:
        """Equal for equal names, types and values. Hashes all values once."""
        return self._key

    @cached_property
    def _key(self) -> str:
        return table_key(self.table)

    def _batch(self, index: int) -> pa.RecordBatch:
        return self._batches[index]

    def __reduce__(self) -> tuple[Any, ...]:
        # Through IPC, because a pickled slice would carry the whole buffers.
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, self.table.schema, options=pa.ipc.IpcWriteOptions(allow_64bit=True)) as writer:
            writer.write_table(self.table)
        return _table_group, (sink.getvalue(),)


_live: weakref.WeakSet[ShardGroup] = weakref.WeakSet()


def hold_files(folder: str | Path) -> None:
    """Map those files of a folder that columns of this process have not read yet: then they outlive the folder."""
    for group in list(_live):
        if any(Path(file).is_relative_to(folder) for file in group.files[:1]):
            for shard in group._shards:
                shard.buffer()


class ShardGroup(_BatchedGroup):
    """Columns in shard files. Making one touches no shard; batches are mapped when asked for. Pickles as paths.

    Use :meth:`open` for a folder with a manifest and :meth:`from_files` for Arrow files of others.
    """

    def __init__(self, schema: pa.Schema, shards: Sequence[MappedShard], *, source: tuple[Any, ...], nbytes: int) -> None:
        self._shards = tuple(shards)
        self._source = source
        self.nbytes = nbytes
        self.manifest: Manifest | None = None
        self.files: tuple[str, ...] = tuple(s.path for s in self._shards)
        counts = np.fromiter((len(s.batches) for s in self._shards), np.int64, len(self._shards))
        self._first_batches = np.zeros(len(self._shards) + 1, np.int64)
        np.cumsum(counts, out=self._first_batches[1:])
        self._parsed: dict[int, pa.RecordBatch] = {}
        self._scattered = 0  # rows read here and there since the last pass in order
        self._advice = NORMAL
        super().__init__(schema, [b.num_rows for s in self._shards for b in s.batches])
        _live.add(self)

    @classmethod
    def open(cls, folder: str | Path) -> ShardGroup:
        """The columns of a result folder. Reads its manifest only.

        Raises:
            CorruptFileError: the manifest is missing or damaged.
            FormatVersionError: a newer nlpdata wrote it.
        """
        place = str(Path(folder).absolute())
        manifest = read_manifest(place)
        shards = [
            MappedShard(os.path.join(place, s.file), manifest.schema, s.batches, num_bytes=s.num_bytes) for s in manifest.shards
        ]
        group = cls(manifest.schema, shards, source=("open", place), nbytes=manifest.num_bytes)
        group.manifest = manifest
        return group

    @classmethod
    def from_files(cls, paths: Sequence[str | Path]) -> ShardGroup:
        """The columns of Arrow IPC files (stream or file form) that have no manifest. Reads the header of each batch.

        Raises:
            ArgumentError: no path, or the files differ in their columns.
            CorruptFileError: a file is no Arrow file, or is cut short.
        """
        if not paths:
            raise ArgumentError("No file was given. Name at least one Arrow file.")
        names = [str(Path(p).absolute()) for p in paths]
        scanned = [open_stream_file(name) for name in names]
        schema = scanned[0][0]
        for name, (other, _) in zip(names, scanned, strict=True):
            if not other.equals(schema):
                raise ArgumentError(f"{name} has the columns {_show(other)}, but {names[0]} has {_show(schema)}.")
        shards = [MappedShard(n, own, batches) for n, (own, batches) in zip(names, scanned, strict=True)]
        nbytes = sum(Path(n).stat().st_size for n in names)
        return cls(schema, shards, source=("from_files", names), nbytes=nbytes)

    def content_key(self) -> str:
        """A key made of the hashes in the manifest; files without one are hashed, once."""
        return self._key

    @cached_property
    def _key(self) -> str:
        hasher = xxhash.xxh3_128(b"shards")
        hashes = [s.xxh3 for s in self.manifest.shards] if self.manifest else [hash_file(f) for f in self.files]
        hasher.update(",".join(hashes).encode())
        return str(hasher.hexdigest())

    def expect(self, scattered: int) -> bool:
        """Have the kernel read single pages, not their neighbourhood, while few rows are read here and there.

        Reading page by page costs a seek a row. Once that has cost as much as reading everything would, and everything
        fits in memory, the neighbourhood is welcome: at most twice the best that could have been done.
        """
        self._scattered = self._scattered + scattered if scattered else 0
        few = self.nbytes > machine_bytes() // 2 or self._scattered * _SEEK_BYTES < self.nbytes
        advice = RANDOM if scattered and few else NORMAL
        if advice != self._advice:
            self._advice = advice
            for shard in self._shards:
                shard.advise(advice)
        return advice == RANDOM

    def release(self, start: int, stop: int) -> None:
        """Give back the file memory of record batches that lie in rows ``start`` to ``stop``; they may still be read."""
        first = int(self._starts.searchsorted(start, "left"))
        for index in range(first, int(self._starts.searchsorted(stop, "right")) - 1):
            if index in self._parsed:
                shard = int(self._first_batches.searchsorted(index, "right")) - 1
                self._shards[shard].release(index - int(self._first_batches[shard]))

    def _batch(self, index: int) -> pa.RecordBatch:
        found = self._parsed.get(index)
        if found is None:
            shard = int(self._first_batches.searchsorted(index, "right")) - 1
            found = self._parsed[index] = self._shards[shard].batch(index - int(self._first_batches[shard]))
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        how, where = self._source
        return getattr(ShardGroup, how), (where,)


class StackGroup:
    """The rows of several views, one view above the next.

    Raises:
        ArgumentError: no view, or their columns differ.
    """

    def __init__(self, views: Sequence[View]) -> None:
        if not views:
            raise ArgumentError("Nothing to stack: give at least one view.")
        self.views = tuple(views)
        self.schema: pa.Schema = views[0].schema
        for view in views[1:]:
            if not view.schema.equals(self.schema):
                raise ArgumentError(
                    f"Rows can only be stacked under equal columns: {_show(self.schema)} and {_show(view.schema)} differ."
                )
        self._starts = np.zeros(len(views) + 1, np.int64)
        np.cumsum([v.num_rows for v in views], out=self._starts[1:])
        self.num_rows = int(self._starts[-1])
        self._picked: dict[tuple[str, ...], tuple[View, ...]] = {}

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the data files of all views, each once."""
        return tuple(dict.fromkeys(f for v in self.views for f in v.files))

    @property
    def nbytes(self) -> int:
        """Bytes of all views."""
        return sum(v.nbytes for v in self.views)

    def extent(self, row: int) -> tuple[int, int] | None:
        """What the view that holds ``row`` reads as one slice."""
        index = int(self._starts.searchsorted(row, "right")) - 1
        start = int(self._starts[index])
        found = self.views[index].extent(row - start)
        return (found[0] + start, found[1] + start) if found else None

    def read(self, names: Sequence[str], start: int, stop: int) -> pa.Table:
        """Rows ``start`` to ``stop`` (exclusive) of some columns, from each view its part."""
        if start < 0 or stop > self.num_rows or start > stop:
            raise IndexError(f"Rows {start} to {stop} were asked for, there are {self.num_rows:,}.")
        views = self._pick(names)
        index = min(int(self._starts.searchsorted(start, "right")), len(views)) - 1
        low = int(self._starts[index])
        if stop <= self._starts[index + 1]:
            return views[index].slice(start - low, stop - low)
        end = int(self._starts.searchsorted(stop, "left"))
        pieces = []
        for i in range(index, end):
            low, high = int(self._starts[i]), int(self._starts[i + 1])
            if high > low:
                pieces.append(views[i].slice(max(start, low) - low, min(stop, high) - low))
        return concat_rows(pieces)

    def take(self, names: Sequence[str], rows: Ints) -> pa.Table:
        """The rows listed, in that order: each view is asked once for all of its rows."""
        views = self._pick(names)
        if not len(rows):
            return self.read(names, 0, 0)
        _check_rows(rows, self.num_rows)
        owner = self._starts.searchsorted(rows, "right") - 1
        if int(owner[0]) == int(owner.min()) == int(owner.max()):
            index = int(owner[0])
            return views[index].take(rows - self._starts[index])
        order = np.argsort(owner, kind="stable")
        owners, firsts = np.unique(owner[order], return_index=True)
        ends = [*firsts[1:], len(order)]
        pieces = [views[int(o)].take(rows[order[s:e]] - self._starts[o]) for o, s, e in zip(owners, firsts, ends, strict=True)]
        whole = concat_rows(pieces)
        if bool((order[1:] > order[:-1]).all()):
            return whole
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        return TableGroup(whole).take(names, back)

    def expect(self, scattered: int) -> bool:
        """Hand on to all views."""
        return any([view.expect(scattered) for view in self.views])

    def release(self, start: int, stop: int) -> None:
        """Hand on to the views that have rows there."""
        for view, low, high in zip(self.views, self._starts[:-1].tolist(), self._starts[1:].tolist(), strict=True):
            if start < high and low < stop:
                view.release(max(start, low) - low, min(stop, high) - low)

    def content_key(self) -> str:
        """A key made of the keys of the views."""
        return self._key

    @cached_property
    def _key(self) -> str:
        return str(xxhash.xxh3_128_hexdigest(b"stack:" + ",".join(v.content_key() for v in self.views).encode()))

    def __reduce__(self) -> tuple[Any, ...]:
        return StackGroup, (self.views,)

    def _pick(self, names: Sequence[str]) -> tuple[View, ...]:
        wanted = tuple(names)
        if wanted not in self._picked:
            self._picked[wanted] = tuple(v.pick(wanted) for v in self.views)
        return self._picked[wanted]


class NullGroup:
    """Columns of nulls; stores nothing, whatever the number of rows."""

    files: tuple[str, ...] = ()
    nbytes = 0

    def __init__(self, schema: pa.Schema, num_rows: int) -> None:
        self.schema, self.num_rows = schema, num_rows

    def extent(self, row: int) -> tuple[int, int]:
        """A thousand rows around ``row``."""
        start = row - row % _NULL_ROWS
        return start, min(start + _NULL_ROWS, self.num_rows)

    def expect(self, scattered: int) -> bool:
        """Nothing to prepare."""
        return False

    def release(self, start: int, stop: int) -> None:
        """Nothing to give back."""

    def read(self, names: Sequence[str], start: int, stop: int) -> pa.Table:
        """``stop - start`` rows of nulls."""
        return self._nulls(names, stop - start)

    def take(self, names: Sequence[str], rows: Ints) -> pa.Table:
        """As many rows of nulls as were asked for."""
        return self._nulls(names, len(rows))

    def content_key(self) -> str:
        """Equal for equal columns and numbers of rows."""
        fields = ",".join(f"{f.name}:{f.type}" for f in self.schema)
        return str(xxhash.xxh3_128_hexdigest(f"nulls:{self.num_rows}:{fields}".encode()))

    def _nulls(self, names: Sequence[str], count: int) -> pa.Table:
        fields = []
        for name in names:
            if self.schema.get_field_index(name) < 0:
                raise unknown(UnknownColumnError, "column", name, self.schema.names)
            fields.append(self.schema.field(name))
        if not fields:
            return _rows_without_columns(count)
        return pa.Table.from_arrays([pa.nulls(count, f.type) for f in fields], schema=pa.schema(fields))


def _check_rows(rows: Ints, num_rows: int) -> None:
    # Negative numbers are huge ones without a sign: one pass instead of two.
    if int(np.maximum.reduce(rows.view(np.uint64))) >= num_rows:
        low, high = int(rows.min()), int(rows.max())
        raise IndexError(f"Row {low if low < 0 else high} was asked for, there are {num_rows:,}.")


def _rows_without_columns(num_rows: int) -> pa.Table:
    return pa.table({"": pa.nulls(num_rows)}).select([])


def _table_group(data: pa.Buffer) -> TableGroup:
    return TableGroup(pa.ipc.open_stream(data).read_all())


def _show(schema: pa.Schema) -> str:
    return ", ".join(f"{f.name}: {f.type}" for f in schema) or "none"


def concat_rows(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of equal schema, one above the next. Copies nothing; rows without columns are counted too (pyarrow drops them)."""
    if len(tables) == 1:
        return tables[0]
    return pa.concat_tables(tables) if tables[0].num_columns else _rows_without_columns(sum(t.num_rows for t in tables))


def split_table(table: pa.Table, batch_bytes: int) -> Iterator[pa.Table]:
    """Slices of ``table`` of about ``batch_bytes`` (at most twice), also where rows differ in size. A row is never split."""
    size = table.nbytes
    if size <= 1.5 * batch_bytes or table.num_rows < 2:
        yield table
        return
    parts = min(max(2, round(size / batch_bytes)), table.num_rows)
    rows = -(-table.num_rows // parts)
    for start in range(0, table.num_rows, rows):
        yield from split_table(table.slice(start, rows), batch_bytes)
