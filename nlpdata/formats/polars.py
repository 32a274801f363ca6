"""Rows, columns and batches as polars objects.

Knows: polars. Does not know: other formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nlpdata._optional import load
from nlpdata.formats.base import Formatter, pick


class PolarsFormatter(Formatter):
    """A ``DataFrame`` for a row (of one row) and for a batch, a ``Series`` for a column. Zero-copy for most types."""

    def __init__(self, features: Any = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        self._polars = load("polars", "polars")

    def row(self, table: Any, i: int = 0) -> Any:
        """Row ``i`` as a frame of one row."""
        return self.batch(table.slice(self.position(table, i), 1))

    def column(self, table: Any, name: str) -> Any:
        """The column as a series of that name."""
        pick(table, name)
        return self.batch(table.select([name])).to_series()

    def batch(self, table: Any) -> Any:
        """The table as a frame."""
        try:
            return self._polars.from_arrow(table)
        except self._polars.exceptions.ComputeError:
            # Polars does not read slices of fixed-size lists with nulls; a copy has no slices in it.
            return self._polars.from_arrow(table.take(np.arange(table.num_rows)))

    def rows(self, table: Any) -> Iterator[Any]:
        """Every row as a frame of one row; the table is converted once."""
        frame = self.batch(table)
        for i in range(frame.height):
            yield frame.slice(i, 1)
