"""Rows grouped into rows of lists.

Knows: where groups end, by number of rows or by a column's values, and how Arrow columns become lists. Does not know: features
or datasets.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nlpdata.errors import ArgumentError
from nlpdata.store.view import View

_SCAN_BYTES = 16 * 2**20


def even_ends(num_rows: int, batch_size: int, drop_last: bool) -> np.ndarray:
    """Where groups of ``batch_size`` rows end; the last one is shorter, or dropped.

    >>> even_ends(5, 2, False).tolist(), even_ends(5, 2, True).tolist()
    ([2, 4, 5], [2, 4])
    """
    ends = np.arange(batch_size, num_rows + batch_size, batch_size, dtype=np.int64)
    return ends[ends <= num_rows] if drop_last else np.minimum(ends, num_rows)


def run_ends(view: View, name: str, drop_last: bool) -> np.ndarray:
    """Where runs of equal values in a column end; null equals null, NaN equals nothing. Reads that column alone.

    Raises:
        ArgumentError: the column holds lists or structs.
    """
    kind = view.schema.field(name).type
    if pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
        raise ArgumentError(f"Batches by column {name!r} need single values to compare, but it holds {kind}.")
    found, done = [np.empty(0, np.int64)], 0
    last: list[pa.Array] = []
    for table in view.pick([name]).natural_batches(_SCAN_BYTES):
        chunks = [*last, *table.column(0).chunks]
        column = pa.chunked_array(chunks, kind)
        changes = _changes(column.slice(0, len(column) - 1), column.slice(1))
        found.append(np.flatnonzero(changes) + 1 + done - sum(map(len, last)))
        done += table.num_rows
        last = [column.chunk(column.num_chunks - 1).slice(-1 + len(column.chunk(column.num_chunks - 1)))] if done else []
    ends = np.concatenate(found)
    return ends if drop_last or not done else np.append(ends, done)


def _changes(before: pa.ChunkedArray, after: pa.ChunkedArray) -> np.ndarray:
    """Whether neighbours differ."""
    differ = pc.fill_null(pc.not_equal(before, after), False)
    if before.null_count or after.null_count:
        differ = pc.or_(differ, pc.not_equal(pc.is_null(before), pc.is_null(after)))
    return np.asarray(differ)


def grouped_tables(view: View, ends: np.ndarray, batch_bytes: int) -> Iterator[pa.Table]:
    """Tables of lists, one row a group, each made of about ``batch_bytes`` of rows (but of one group at least).

    Raises:
        ArgumentError: a group has more values than a list may hold.
    """
    row_bytes = max(1, view.nbytes // max(view.num_rows, 1))
    step, first, start = max(1, batch_bytes // row_bytes), 0, 0
    while first < len(ends):
        stop = max(int(np.searchsorted(ends, start + step, "right")), first + 1)
        yield _grouped(view.slice(start, int(ends[stop - 1])), ends[first:stop] - start)
        first, start = stop, int(ends[stop - 1])


def _grouped(table: pa.Table, ends: np.ndarray) -> pa.Table:
    if table.num_rows >= 2**31:
        raise ArgumentError(f"A batch has {table.num_rows:,} rows; a list holds fewer than 2**31. Choose a smaller batch_size.")
    offsets = pa.array(np.concatenate([[0], ends]).astype(np.int32))
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        values = _one_array(column, field)
        columns.append(pa.ListArray.from_arrays(offsets, values, type=pa.list_(field.with_name("item"))))
    return pa.Table.from_arrays(columns, names=table.column_names)


def _one_array(column: pa.ChunkedArray, field: pa.Field) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    try:
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], field.type)
    except pa.ArrowInvalid as error:
        raise ArgumentError(
            f"A batch has more than 2 GiB, or 2**31 values, in column {field.name!r}. Choose a smaller batch_size."
        ) from error
