"""Parquet files.

Knows: row groups are read in slices of bounded bytes, and the features in the schema's metadata travel along.
Does not know: what the columns mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from nlpdata._report import get_logger
from nlpdata.errors import ArgumentError, CorruptFileError, UnknownColumnError, did_you_mean
from nlpdata.features import Features
from nlpdata.files.ahead import AHEAD_BYTES, map_ahead
from nlpdata.files.base import (
    Batch,
    FileType,
    Source,
    batch_bytes_or_default,
    check_columns,
    created,
    first_schema,
    label_of,
    opened_random,
    parse_options,
)

_MAX_ROWS = 1 << 20
_ON_BAD_FILES = ("error", "warn", "skip")
_BATCH_BYTES = 8 * 2**20  # a record batch, which is written as it is
_GROUP_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class ParquetOptions:
    """How parquet is read.

    ``batch_size`` rows at a time (by default as many as ``batch_bytes`` hold). ``filters`` keep rows: a pyarrow expression, or
    ``[("column", ">", 0), ...]`` which all must hold, or a list of such lists of which one must; row groups that cannot have
    such rows are not read. ``fragment_scan_options`` are pyarrow's. ``on_bad_files``: "error", "warn" or "skip" files that are
    no parquet.
    """

    batch_size: int | None = None
    filters: Any = None
    fragment_scan_options: Any = None
    on_bad_files: str = "error"

    def __post_init__(self) -> None:
        if self.on_bad_files not in _ON_BAD_FILES:
            hint = did_you_mean(str(self.on_bad_files), _ON_BAD_FILES)
            raise ArgumentError(f"on_bad_files is {self.on_bad_files!r}.{hint} Known: {', '.join(_ON_BAD_FILES)}.")


@dataclass(frozen=True, slots=True)
class ParquetWriteOptions:
    """How parquet is written. ``batch_size`` is the rows of a row group; by default a group has about 64 MiB."""

    compression: str = "snappy"
    batch_size: int | None = None


class ParquetFile(FileType):
    """Parquet <-> record batches."""

    name = "parquet"
    extensions = (".parquet", ".geoparquet", ".gpq")

    def read(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a parquet file; only the asked columns are read from disk.

        Options: see :class:`ParquetOptions`.

        Raises:
            CorruptFileError: not a parquet file, or one that is cut off.
            UnknownColumnError: a column that the file does not have.
        """
        del features  # parquet knows its types
        chosen = parse_options(ParquetOptions, options, "parquet")
        label = label_of(source)
        with opened_random(source) as file:
            try:
                yield from _batches(file, label, columns, chosen, batch_bytes_or_default(batch_bytes))
            except (pa.ArrowInvalid, OSError) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise
                message = f"{label} cannot be read as parquet: {error}"
                if chosen.on_bad_files == "error":
                    raise CorruptFileError(message) from error
                if chosen.on_bad_files == "warn":
                    get_logger("files").warning("%s It is left out from where it is bad.", message)

    def write(self, batches: Iterable[Batch], target: Source, **options: Any) -> int:
        """A parquet file with the schema's metadata, in row groups of bounded bytes; the number of bytes.

        Options: see :class:`ParquetWriteOptions`.
        """
        schema, rows = first_schema(batches, options.pop("schema", None))
        chosen = parse_options(ParquetWriteOptions, options, "parquet")
        schema = pa.schema([]) if schema is None else schema
        with (
            created(target) as sink,
            pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression=chosen.compression) as writer,
        ):
            for group in _groups(rows, chosen.batch_size, schema):
                writer.write_table(group, row_group_size=max(len(group), 1))
        return int(sink.num_bytes)


def _batches(
    file: Any, label: str, columns: Sequence[str] | None, chosen: ParquetOptions, batch_bytes: int
) -> Iterator[pa.RecordBatch]:
    parquet = pq.ParquetFile(file)
    schema = parquet.schema_arrow
    check_columns(columns, schema.names, label)
    rows = chosen.batch_size or _rows_of(parquet.metadata, min(batch_bytes, _BATCH_BYTES))
    names = None if columns is None else list(columns)
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns], schema.metadata)
    runs = _runs(parquet.metadata)
    if chosen.filters is None and chosen.fragment_scan_options is None:
        if isinstance(file, pa.MemoryMappedFile) and max(size for _, size in runs) <= AHEAD_BYTES // 2:
            found = _in_runs(file, parquet.metadata, runs, {"batch_size": rows, "columns": names})
        else:
            found = parquet.iter_batches(batch_size=rows, columns=names)
    else:
        fragment = ds.ParquetFileFormat().make_fragment(file)
        condition = condition_of(chosen.filters, parquet.schema_arrow.names, label)
        options = {"fragment_scan_options": chosen.fragment_scan_options} if chosen.fragment_scan_options else {}
        found = fragment.to_batches(columns=names, filter=condition, batch_size=rows, **options)
    empty = True
    for batch in found:
        if batch.num_rows:
            empty = False
            yield _with_schema(batch, schema)
    if empty:
        yield pa.RecordBatch.from_pylist([], schema=schema)


def _runs(metadata: Any) -> list[tuple[list[int], int]]:
    """Row groups that are read together, each time enough of them, and their bytes without compression."""
    runs: list[tuple[list[int], int]] = [([], 0)]
    for group in range(metadata.num_row_groups):
        run, size = runs[-1]
        if size >= _BATCH_BYTES:
            run, size = [], 0
            runs.append((run, size))
        runs[-1] = ([*run, group], size + int(metadata.row_group(group).total_byte_size))
    return runs


def _in_runs(file: Any, metadata: Any, runs: list[tuple[list[int], int]], how: dict[str, Any]) -> Iterator[pa.RecordBatch]:
    """The batches of a mapped file, whose row groups are decoded on all cores."""
    whole = file.read_buffer()

    def decoded(run: tuple[list[int], int]) -> list[pa.RecordBatch]:
        own = pq.ParquetFile(pa.BufferReader(whole), metadata=metadata)  # one is not for several threads
        return list(own.iter_batches(row_groups=run[0], use_threads=False, **how))

    with closing(map_ahead(decoded, iter(runs), lambda run: run[1], AHEAD_BYTES)) as found:
        for batches in found:
            yield from batches


def condition_of(filters: Any, names: Sequence[str], label: str) -> Any:
    """What rows must fulfil, as pyarrow takes it.

    Raises:
        UnknownColumnError: it asks for a column that the file does not have.
        ArgumentError: it is none of the forms that filters have.
    """
    if filters is None or isinstance(filters, pc.Expression):
        return filters
    try:
        every = [condition for group in filters for condition in ([group] if isinstance(group[0], str) else group)]
        check_columns([str(name) for name, _, _ in every], names, label)
        return pq.filters_to_expression(filters)
    except (TypeError, ValueError, IndexError) as error:
        if isinstance(error, UnknownColumnError):
            raise
        raise ArgumentError(
            f"filters= is {filters!r:.200}, but conditions are [('column', 'operator', value), ...], a list of such lists, "
            f"or a pyarrow expression: {error}"
        ) from error


def _with_schema(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([batch.column(name) for name in schema.names], schema=schema)


def _rows_of(metadata: Any, batch_bytes: int) -> int:
    """How many rows ``batch_bytes`` hold, by the size that the row groups have without compression."""
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    return max(1, min(_MAX_ROWS, batch_bytes * int(metadata.num_rows) // max(int(size), 1)))


def _groups(batches: Iterator[pa.RecordBatch], rows: int | None, schema: pa.Schema) -> Iterator[pa.Table]:
    """Tables of one row group each: of exactly ``rows`` rows, or of enough bytes."""
    run: list[pa.RecordBatch] = []
    for batch in batches:
        run.append(batch)
        if rows is None and sum(b.nbytes for b in run) >= _GROUP_BYTES:
            yield pa.Table.from_batches(run, schema)
            run = []
        elif rows is not None and sum(b.num_rows for b in run) >= rows:
            table = pa.Table.from_batches(run, schema)
            whole = len(table) - len(table) % rows
            yield from (table.slice(start, rows) for start in range(0, whole, rows))
            run = table.slice(whole).to_batches()
    if run:
        yield pa.Table.from_batches(run, schema)
