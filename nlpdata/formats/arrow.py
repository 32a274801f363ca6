"""Rows, columns and batches as pyarrow tables; nothing is converted or copied.

Knows: pyarrow. Does not know: other formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nlpdata.formats.base import Formatter, pick


class ArrowFormatter(Formatter):
    """A ``pa.Table`` for a row (of one row) and for a batch, a ``pa.ChunkedArray`` for a column. Zero-copy."""

    def row(self, table: Any, i: int = 0) -> Any:
        """Row ``i`` as a table of one row."""
        return table.slice(self.position(table, i), 1)

    def column(self, table: Any, name: str) -> Any:
        """The column as it is."""
        return pick(table, name)

    def batch(self, table: Any) -> Any:
        """The table as it is."""
        return table

    def rows(self, table: Any) -> Iterator[Any]:
        """Every row as a table of one row."""
        for i in range(table.num_rows):
            yield table.slice(i, 1)
