"""The batches that a function is given: read, converted when it asks for a column, and looked at again afterwards.

Knows: which columns were given out, and that a slow call leaves time to read ahead. Does not know: the function, or what
becomes of what it returns.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pyarrow as pa

from nlpdata.engine.changes import IMMUTABLE, same
from nlpdata.engine.plan import Source
from nlpdata.formats import Formatter
from nlpdata.formats.base import DictFormatter

_AHEAD_BYTES = 8 * 2**20


class Batches:
    """The rows of a task, batch by batch.

    Args:
        source: what has the rows.
        rows: which of them.
        size: rows of a batch.
        formatter: how they are shown.
    """

    def __init__(self, source: Source, rows: range, size: int, formatter: Formatter) -> None:
        self._source, self._rows, self._size, self._formatter = source, rows, size, formatter
        self._read_ahead: dict[int, tuple[pa.Table, Shown]] = {}

    def __iter__(self) -> Iterator[tuple[int, pa.Table, Shown]]:
        for start in range(self._rows.start, self._rows.stop, self._size):
            yield start, *(self._read_ahead.pop(start, None) or self._read(start))

    def _read(self, start: int) -> tuple[pa.Table, Shown]:
        return self._source.view.slice(start, min(start + self._size, self._rows.stop)), Shown(self._formatter)

    def read_ahead(self, start: int, names: Sequence[str]) -> None:
        """Read the batch that begins at ``start``, and convert some columns, for the loop that comes to it later.

        For a thread that has nothing else to do. Where the thread that calls the function has just freed millions of small
        pieces, as a tokenizer's results are, the next large ones cost it milliseconds; those of another thread do not.

        Nothing is done where the values come from code of a user, or where they are large; nor beyond the last row. What
        goes wrong here goes wrong again where the batch is asked for.
        """
        if start >= self._rows.stop or not isinstance(self._formatter, DictFormatter) or self._formatter.decoding:
            return
        with suppress(Exception):
            table, shown = self._read(start)
            if table.select(list(names)).nbytes <= _AHEAD_BYTES:
                shown.prepare(table, names)
                self._read_ahead[start] = table, shown


class Shown:
    """A formatter that keeps a copy of the columns it gives out, so that it is seen whether they were changed in place."""

    def __init__(self, formatter: Formatter) -> None:
        self._formatter = formatter
        self._copies: dict[str, list[Any]] = {}
        self._prepared: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._formatter, name)

    def prepare(self, table: pa.Table, names: Sequence[str]) -> None:
        """Convert columns before they are asked for."""
        for name in names:
            self._prepared[name] = self.column(table, name)

    def column(self, table: pa.Table, name: str) -> Any:
        """As the formatter gives it."""
        if name in self._prepared:
            return self._prepared.pop(name)
        values = self._formatter.column(table, name)
        kind = table.schema.field(name).type
        if type(values) is list and not (pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType)):
            self._copies[name] = values.copy()
        return values

    def untouched(self, table: pa.Table, name: str, values: Any) -> bool:
        """Whether ``values``, given out before, are certainly what they were."""
        copy = self._copies.get(name)
        if copy is not None and type(values) is list and len(copy) == len(values):
            immutable = not copy or type(copy[0]) in IMMUTABLE
            if immutable and _identical(copy, values, table.schema.field(name).type):
                return True
        return same(values, self._formatter.column(table, name))


def _identical(before: list[Any], after: list[Any], kind: pa.DataType) -> bool:
    """Whether two lists hold the same objects, or texts that are stored alike."""
    if not pa.types.is_string(kind):
        return all(map(operator.is_, before, after))
    try:
        return before == after  # compares identical items at once, ten times as fast
    except (ValueError, TypeError):  # an array was put in
        return False
