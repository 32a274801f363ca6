"""The batches that a function is given: read, converted when it asks for a column, and looked at again afterwards.

Knows: which columns were given out, and that a slow call leaves time to read ahead. Does not know: the function, or what
becomes of what it returns.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.engine.changes import IMMUTABLE, same
from nlpdata.engine.plan import Source
from nlpdata.formats import Formatter
from nlpdata.formats.base import DictFormatter
from nlpdata.formats.lazy import LazyMapping

_AHEAD_BYTES = 8 * 2**20
_SCALARS = IMMUTABLE - {tuple}
_ALONE: int = next(map(sys.getrefcount, [object()]))  # references to what one container holds


class Batches:
    """The rows of a task, batch by batch.

    Args:
        source: what has the rows.
        rows: which of them.
        size: rows of a batch.
        formatter: how they are shown.
        unwatched: columns that may be changed in place, since nobody asks for them afterwards.
    """

    def __init__(
        self, source: Source, rows: range, size: int, formatter: Formatter, unwatched: frozenset[str] = frozenset()
    ) -> None:
        self._source, self._rows, self._size, self._formatter = source, rows, size, formatter
        self._unwatched = unwatched
        self._read_ahead: dict[int, tuple[pa.Table, Shown]] = {}

    def __iter__(self) -> Iterator[tuple[int, pa.Table, Shown]]:
        for start in range(self._rows.start, self._rows.stop, self._size):
            yield start, *(self._read_ahead.pop(start, None) or self._read(start))

    def _read(self, start: int) -> tuple[pa.Table, Shown]:
        table = self._source.view.slice(start, min(start + self._size, self._rows.stop))
        return table, Shown(self._formatter, self._unwatched)

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


def snapshot(out: Any) -> Any:
    """What a function returned, as it is now: a dict of its own where it is a mapping."""
    if type(out) is dict:
        return out.copy()
    return out if not isinstance(out, Mapping) or isinstance(out, LazyMapping) else dict(out.items())


def is_own(out: Any) -> bool:
    """Whether nobody else holds what a function returned, so that it stays as it is while the function is called again.

    That is told by the number of references: a buffer that the function uses again is referred to by the function, too.

    Args:
        out: a :func:`snapshot`.
    """
    if isinstance(out, LazyMapping):
        found = {name: out._values[name] for name in out.written if name in out._values}
        return max(map(sys.getrefcount, found.values()), default=0) <= _ALONE + 1 and all(map(_is_own_column, found.values()))
    if type(out) is not dict:
        return out is None
    return max(map(sys.getrefcount, out.values()), default=0) <= _ALONE and all(map(_is_own_column, out.values()))


def _is_own_column(column: Any) -> bool:
    if type(column) is np.ndarray:
        return _is_own_array(column)
    if type(column) is not list:
        return False
    kinds = set(map(type, column))
    if kinds <= _SCALARS:
        return True
    if len(kinds) > 1 or max(map(sys.getrefcount, column)) > _ALONE:
        return False
    if kinds == {np.ndarray}:
        return all(map(_is_own_array, column))
    # One look at each inner list is enough: what is beside a scalar in a list is a scalar, or cannot be stored.
    return kinds == {list} and {type(row[0]) for row in column if row} <= _SCALARS - {type(None)}


def _is_own_array(array: Any) -> bool:
    return bool(array.flags.owndata) and not array.dtype.hasobject


class Shown:
    """A formatter that keeps a copy of the columns it gives out, so that it is seen whether they were changed in place."""

    def __init__(self, formatter: Formatter, unwatched: frozenset[str] = frozenset()) -> None:
        self._formatter, self._unwatched = formatter, unwatched
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
        if name in self._unwatched:
            return values
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
