"""Datasets given to others: Python objects, frames, files.

Knows: how a state's rows are handed on, batch by batch. Does not know: how a file type is written.
Saved folders are ``disk``'s.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, cast

import pyarrow as pa

from nlpdata._optional import load
from nlpdata.dataset.indexing import ITERATION_BYTES
from nlpdata.dataset.state import State
from nlpdata.dataset.stored import whole_tables
from nlpdata.dataset.transforms import select_columns
from nlpdata.errors import ArgumentError
from nlpdata.files.base import get_file_type, parse_options
from nlpdata.files.sql import SqlWriteOptions, write_sql
from nlpdata.formats.base import FormatSpec, get_formatter
from nlpdata.settings import settings

Target = str | os.PathLike[str] | BinaryIO
BATCHED_ROWS = 1000


def whole(state: State) -> pa.Table:
    """All rows and columns as an Arrow table that says its features; memory-mapped where nothing has to be gathered."""
    table = state.view.table()
    return table.replace_schema_metadata(state.features.arrow_schema.metadata) if state.features else table


def stream(state: State) -> pa.RecordBatchReader:
    """All rows and columns as an Arrow stream that says its features; batches are gathered as they are asked for."""
    schema = state.view.schema.with_metadata(state.features.arrow_schema.metadata)
    tables = state.view.natural_batches(settings.batch_bytes)
    return pa.RecordBatchReader.from_batches(schema, (batch for table in tables for batch in table.to_batches()))


def converted(state: State, convert: Callable[[pa.Table], Any], batch_size: int | None, batched: bool) -> Any:
    """Everything at once through ``convert``, or an iterator of converted batches."""
    if not batched:
        return convert(whole(state))
    return _converted_batches(state, convert, batch_size or BATCHED_ROWS)


def _converted_batches(state: State, convert: Callable[[pa.Table], Any], batch_size: int) -> Iterator[Any]:
    for _, table in state.view.iter_slices(batch_size):
        yield convert(table)


def to_dict(state: State, batch_size: int | None, batched: bool) -> Any:
    """All columns as lists."""
    return converted(state, get_formatter(FormatSpec(), state.features).batch, batch_size, batched)


def to_list(state: State) -> list[dict[str, Any]]:
    """All rows as dicts."""
    formatter = get_formatter(FormatSpec(), state.features)
    return [row for table in state.view.natural_batches(ITERATION_BYTES) for row in formatter.rows(table)]


def to_pandas(state: State, batch_size: int | None, batched: bool) -> Any:
    """A pandas DataFrame, or an iterator of them."""
    return converted(state, get_formatter(FormatSpec("pandas"), state.features).batch, batch_size, batched)


def to_polars(state: State, batch_size: int | None, batched: bool, schema_overrides: Any, rechunk: bool) -> Any:
    """A polars DataFrame, or an iterator of them."""
    polars = load("polars", "polars")

    def convert(table: pa.Table) -> Any:
        return polars.from_arrow(table, schema_overrides=schema_overrides, rechunk=rechunk)

    return converted(state, convert, batch_size, batched)


def to_file(
    state: State,
    file_type: str,
    target: Target,
    batch_size: int | None,
    storage_options: Mapping[str, Any] | None,
    options: Mapping[str, Any],
) -> int:
    """All rows written by a file type; the number of bytes."""
    options = dict(options)
    columns = options.pop("columns", None)
    state = state if columns is None else select_columns(state, columns)
    if not isinstance(target, str | os.PathLike) and not hasattr(target, "write"):
        raise ArgumentError(f"A dataset is written to a path, a URL or a binary file, not to a {type(target).__name__}.")
    writer = get_file_type(file_type)
    batches = _batches(state, batch_size)
    if isinstance(target, str | os.PathLike) and "://" in os.fspath(target):
        import fsspec

        with fsspec.open(os.fspath(target), "wb", compression="infer", **dict(storage_options or {})) as stream:
            return writer.write(batches, cast(BinaryIO, stream), **options)
    return writer.write(batches, target, **options)


def to_sql(state: State, name: str, con: Any, batch_size: int | None, options: Mapping[str, Any]) -> int:
    """All rows written to a table of a database; the number of rows."""
    chosen = parse_options(SqlWriteOptions, dict(options), "sql")
    return write_sql(_batches(state, batch_size), name, con, if_exists=chosen.if_exists, schema=state.view.schema)


def _batches(state: State, batch_size: int | None) -> Iterator[pa.Table]:
    if batch_size is not None and batch_size < 1:
        raise ArgumentError(f"batch_size is {batch_size}; a batch has at least one row.")
    return _tables(state, batch_size)


def _tables(state: State, batch_size: int | None) -> Iterator[pa.Table]:
    if batch_size is None or not state.view.num_rows:
        yield from whole_tables(state)
        return
    metadata = state.features.arrow_schema.metadata
    for _, table in state.view.iter_slices(batch_size):
        yield table.replace_schema_metadata(metadata)
