"""Rows, columns and batches as pandas objects, converted by pyarrow.

Knows: pandas. Does not know: other formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nlpdata._optional import load
from nlpdata.formats.base import Formatter, pick


class PandasFormatter(Formatter):
    """A ``DataFrame`` for a row (of one row) and for a batch, a ``Series`` for a column. One copy a batch."""

    def __init__(self, features: Any = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        load("pandas", "pandas")

    def row(self, table: Any, i: int = 0) -> Any:
        """Row ``i`` as a frame of one row with index 0."""
        return self.batch(table.slice(self.position(table, i), 1))

    def column(self, table: Any, name: str) -> Any:
        """The column as a series of that name."""
        series = pick(table, name).to_pandas()
        series.name = name
        return series

    def batch(self, table: Any) -> Any:
        """The table as a frame with index 0 .. n-1, whatever index pandas metadata in the schema ask for."""
        return table.replace_schema_metadata(None).to_pandas()

    def rows(self, table: Any) -> Iterator[Any]:
        """Every row as a frame of one row with index 0; the table is converted once."""
        frame = self.batch(table)
        for i in range(len(frame)):
            yield frame.iloc[i : i + 1].reset_index(drop=True)
