"""Rows, columns and batches as pandas objects, converted by pyarrow.

Knows: pandas. Does not know: other formats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from nlpdata._optional import load
from nlpdata.features import ArrayXD
from nlpdata.formats.base import Formatter, pick
from nlpdata.formats.numpy import NumpyFormatter
from nlpdata.formats.python import PythonFormatter


class PandasFormatter(Formatter):
    """A ``DataFrame`` for a row (of one row) and for a batch, a ``Series`` for a column. One copy a batch."""

    def __init__(self, features: Any = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        self._pandas = load("pandas", "pandas")
        self._features = {} if features is None else dict(features)
        self._python, self._numpy = PythonFormatter(features), NumpyFormatter(features)

    def row(self, table: Any, i: int = 0) -> Any:
        """Row ``i`` as a frame of one row with index 0."""
        return self.batch(table.slice(self.position(table, i), 1))

    def column(self, table: Any, name: str) -> Any:
        """The column as a series of that name."""
        pick(table, name)
        return self.batch(table.select([name]))[name]

    def batch(self, table: Any) -> Any:
        """The table as a frame with index 0 .. n-1, whatever index pandas metadata in the schema ask for.

        Decoded values and arrays of a declared rank are objects.
        """
        names = table.column_names
        objects = [name for name in names if self._is_object(name)]
        if not objects:
            return table.replace_schema_metadata(None).to_pandas()
        plain = table.select([name for name in names if name not in objects]).replace_schema_metadata(None)
        frame = plain.to_pandas() if plain.num_columns else self._pandas.DataFrame(index=range(table.num_rows))
        for name in objects:
            rows = (
                self._numpy.items(table, name) if isinstance(self._features[name], ArrayXD) else self._python.items(table, name)
            )
            frame.insert(names.index(name), name, self._pandas.Series(list(rows), dtype=object))
        return frame

    def _is_object(self, name: str) -> bool:
        feature = self._features.get(name)
        return isinstance(feature, ArrayXD) or name in self._python.decoding

    def rows(self, table: Any) -> Iterator[Any]:
        """Every row as a frame of one row with index 0; the table is converted once if that shows each row's own types."""
        if not table.num_columns or any(c.null_count and _widened_by_nulls(c.type) for c in table.columns):
            yield from (self.batch(table.slice(i, 1)) for i in range(table.num_rows))
            return
        frame = self.batch(table)
        for i in range(len(frame)):
            yield frame.iloc[i : i + 1].reset_index(drop=True)


def _widened_by_nulls(t: Any) -> bool:
    """Whether pandas shows a column of this type as another one where there is a null."""
    return bool(pa.types.is_integer(t) or pa.types.is_boolean(t))
