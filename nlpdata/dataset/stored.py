"""What a dataset writes on its own account: rows from files, generators and views as shards, and row lists.

Knows: how a source becomes tasks of the engine. Does not know: the classes users hold.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.cache.directory import CacheDirectory
from nlpdata.cache.provenance import folders_of, unused_results
from nlpdata.dataset.state import State
from nlpdata.engine import run as engine
from nlpdata.engine.shards import count_shards, cut
from nlpdata.errors import ArgumentError, CorruptFileError, KeyingError
from nlpdata.features import Features
from nlpdata.files.base import get_file_type
from nlpdata.files.sql import Database, SqlOptions, sql_batches
from nlpdata.settings import settings
from nlpdata.store.group import ShardGroup, hold_files
from nlpdata.store.selection import Rows
from nlpdata.store.view import View
from nlpdata.store.writer import ShardWriter

Report = Callable[[int], None]
INDEX_COLUMN = "indices"


@dataclass(frozen=True)
class FileTask:
    """One data file as shards."""

    index: int
    file_type: str
    path: str
    features: Features | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def run(self, writer: ShardWriter, report: Report) -> None:
        """Read the file batch by batch and write it."""
        for batch in get_file_type(self.file_type).read(self.path, features=self.features, **self.options):
            writer.write_table(batch)
            report(batch.num_rows)


@dataclass(frozen=True)
class SqlTask:
    """The rows of a query as shards."""

    index: int
    sql: Any
    database: Database
    options: SqlOptions

    def run(self, writer: ShardWriter, report: Report) -> None:
        """Run the query and write what it gives, some thousand rows at a time."""
        for batch in sql_batches(self.sql, self.database.con, self.options):
            writer.write_table(batch)
            report(batch.num_rows)


@dataclass(frozen=True)
class GeneratorTask:
    """The rows that a generator function yields as shards."""

    index: int
    generator: Callable[..., Iterable[Mapping[str, Any]]]
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def run(self, writer: ShardWriter, report: Report) -> None:
        """Call the function and write what it yields."""
        for number, row in enumerate(self.generator(**self.kwargs)):
            if not isinstance(row, Mapping):
                raise ArgumentError(
                    f"The generator must yield dicts of column name and value, but row {number} is a {type(row).__name__}."
                )
            writer.write_row(row)
            report(1)


@dataclass(frozen=True)
class ViewTask:
    """A view's rows as shards, in their order."""

    index: int
    view: View

    def run(self, writer: ShardWriter, report: Report) -> None:
        """Gather and write batch by batch."""
        for table in self.view.natural_batches(settings.batch_bytes):
            writer.write_table(table)
            report(table.num_rows)


def stored_view(relative: str, view: View, features: Features, directory: CacheDirectory) -> ShardGroup:
    """A view's rows written to the cache in their order."""
    return engine.materialize(
        relative, [ViewTask(0, view)], directory=directory, features=features, desc="Writing", total_rows=view.num_rows
    )


def remove_unused(state: State, needed: Iterable[State] = ()) -> int:
    """Remove the cached results that were made of the same data and that neither this dataset nor others need; how many."""
    directory = CacheDirectory()
    keep = [name for s in (state, *needed) for name in (*s.lineage.results, *folders_of(directory, s.view.files))]
    try:
        root = state.lineage.root()
    except KeyingError:
        return 0  # without a name nothing was stored
    names = unused_results(directory, keep, root)
    for name in names:
        with suppress(CorruptFileError):  # what is gone already cannot be held
            hold_files(directory.path(name).absolute())
        directory.remove(name)
    return len(names)


def generator_tasks(generator: Callable[..., Any], kwargs: Mapping[str, Any], workers: int) -> list[GeneratorTask]:
    """One task, or one for each shard where there are several workers: lists among the arguments are shards.

    Raises:
        ArgumentError: lists of different lengths, so that it is not clear what the shards are.
    """
    if workers <= 1 or count_shards(kwargs) <= 1:
        return [GeneratorTask(0, generator, dict(kwargs))]
    return [GeneratorTask(index, generator, own) for index, (_, own) in enumerate(cut(kwargs))]


def kept_rows(selection: Rows, file: Path) -> Rows:
    """A row list written to an Arrow stream file and memory-mapped from there."""
    array = pa.array(selection.array.astype(np.int64, copy=False))
    write_stream(iter([pa.table({INDEX_COLUMN: array})]), file)
    return rows_from_file(file)


def rows_from_file(file: str | Path) -> Rows:
    """The row list of an Arrow stream file with one column, memory-mapped where it is one batch."""
    return rows_of(View.of(ShardGroup.from_files([str(file)])).table())


def rows_of(table: pa.Table) -> Rows:
    """The first column of a table as a row list."""
    column = table.column(0)
    numbers = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(numbers, pa.ChunkedArray):
        numbers = numbers.chunk(0) if numbers.num_chunks else pa.array([], pa.int64())
    array = numbers.to_numpy(zero_copy_only=False)
    return Rows(array.view(np.int64) if array.dtype == np.uint64 else array.astype(np.int64, copy=False))


def whole_tables(state: State) -> Iterator[pa.Table]:
    """The rows of a dataset in tables that tell its features; at least one, so that a file tells its columns."""
    metadata = state.features.arrow_schema.metadata
    for number, table in enumerate(itertools.chain(state.view.natural_batches(settings.batch_bytes), [state.view.slice(0, 0)])):
        if table.num_rows or not number:
            yield table.replace_schema_metadata(metadata)


def write_stream(tables: Iterator[pa.Table], file: str | Path) -> int:
    """Tables written as one Arrow stream file that appears when it is complete; its size in bytes."""
    return get_file_type("arrow").write(tables, Path(file))
