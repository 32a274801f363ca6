"""Which file gave a column its type, for errors that name both files when another one disagrees.

Knows: schemas of the batches so far. Does not know: how files are read, or what is done with the batches.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from nlpdata.errors import RowError, TypeConflictError
from nlpdata.features.widen import widen
from nlpdata.files.guess import Style, first_misfit


@dataclass(slots=True)
class TypesSoFar:
    """Column -> its type, and the file that first had it."""

    columns: dict[str, tuple[pa.DataType, str]] = field(default_factory=dict)
    last: pa.Schema | None = None

    def add(self, schema: pa.Schema, path: str) -> None:
        """Take note of a batch that agreed with those before."""
        if self.last is not None and schema.equals(self.last):
            return
        self.last = schema
        for column in schema:
            known = self.columns.get(column.name)
            if known is None or pa.types.is_null(known[0]):
                self.columns[column.name] = (column.type, path)
            elif not known[0].equals(column.type):
                self.columns[column.name] = (widen(known[0], column.type), known[1])

    def conflict(self, batch: pa.RecordBatch, path: str, first_row: int) -> TypeConflictError | None:
        """The error for a batch with a column that no type holds together with earlier ones; None if there is no such column.

        Args:
            batch: the one that was refused.
            path: its file.
            first_row: number of its first row in that file.
        """
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if name not in self.columns:
                continue
            kind, origin = self.columns[name]
            try:
                widen(kind, column.type)
            except TypeConflictError:
                row = _first_other(column, kind)
                where = "the rows before it" if origin == path else f"{origin}"
                return TypeConflictError(
                    f"{path}: row {first_row + row}, column {name!r} is {column[row].as_py()!r:.60} ({column.type}), "
                    f"but {kind} in {where}. No type holds both. Correct one of them, or say what the column is: "
                    f"features=Features({{{name!r}: Value('string'), ...}})."
                )
        return None


def in_file(error: RowError, path: str, rows_before: int) -> RowError:
    """A writer's error with the file, and with the row counted from the top of that file."""
    row = None if error.row is None else error.row - rows_before
    return RowError(f"{path}: row {row}: {error}", row=error.row, column=error.column, value=error.value)


def _first_other(column: pa.Array, kind: pa.DataType) -> int:
    """The row that shows the other type: the first text that is no such value, or else the first value."""
    if pa.types.is_string(column.type) and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        found = first_misfit(column, kind, Style())
        if found >= 0:
            return found
    valid = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    return int(valid[0]) if len(valid) else 0
