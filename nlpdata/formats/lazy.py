"""Rows and batches that behave like dicts but decode a column only when it is asked for.

Knows: what was read and what was written, so that untouched columns need not be written again.
Does not know: who calls the function that gets them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final, Self

from nlpdata.errors import UnknownColumnError, unknown
from nlpdata.formats.base import Formatter, walk

_PENDING: Final = object()


class _Columns:
    """The columns of a table as one value a row, each converted once and shared by the rows."""

    __slots__ = ("_found", "formatter", "pending", "table")

    def __init__(self, table: Any, formatter: Formatter) -> None:
        self.table, self.formatter = table, formatter
        self.pending: dict[str, Any] = undecoded(table)
        self._found: dict[str, Sequence[Any]] = {}

    def items(self, name: str) -> Sequence[Any]:
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self.formatter.items(self.table, name)
        return found


class LazyMapping(MutableMapping[str, Any]):
    """A dict by column over a table. Subclasses say what a column's value is.

    Attributes:
        accessed: the values decoded so far, as they were handed out.
        written: the names that were assigned or deleted.
    """

    __slots__ = ("_values", "accessed", "written")

    def __init__(self, pending: dict[str, Any]) -> None:
        self._values = pending.copy()
        self.accessed: dict[str, Any] = {}
        self.written: set[str] = set()

    def _decode(self, name: str) -> Any:
        raise NotImplementedError

    def __getitem__(self, name: str) -> Any:
        try:
            value = self._values[name]
        except KeyError:
            raise unknown(UnknownColumnError, "column", name, self._values) from None
        if value is _PENDING:
            value = self._values[name] = self.accessed[name] = self._decode(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self._values[name] = value
        self.written.add(name)

    def __delitem__(self, name: str) -> None:
        if name not in self._values:
            raise unknown(UnknownColumnError, "column", name, self._values)
        del self._values[name]
        self.written.add(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __repr__(self) -> str:
        shown = {n: self._decode(n) if v is _PENDING else v for n, v in self._values.items()}
        return f"{type(self).__name__}({shown!r})"

    def __or__(self, other: Mapping[str, Any]) -> Self:
        if not isinstance(other, Mapping):
            return NotImplemented
        merged = self.copy()
        merged.update(other)
        return merged

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(other, Mapping):
            return NotImplemented
        return {**other, **self}

    def __ior__(self, other: Mapping[str, Any]) -> Self:
        self.update(other)
        return self

    def copy(self) -> Self:
        """A shallow copy; what was not decoded yet stays so."""
        made = object.__new__(type(self))
        for name in self._slots():
            setattr(made, name, getattr(self, name))
        made._values, made.accessed, made.written = dict(self._values), dict(self.accessed), set(self.written)
        return made

    __copy__ = copy

    @classmethod
    def _slots(cls) -> Iterator[str]:
        for base in cls.__mro__:
            yield from getattr(base, "__slots__", ())

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)

    def __reduce__(self) -> tuple[Any, ...]:
        # In another process a plain dict does: the table stays where it is.
        return dict, (dict(self),)


class LazyRow(LazyMapping):
    """One row of a table, as a dict by column.

    Args:
        table: the columns to show.
        formatter: a formatter whose ``lazy`` is true.
        index: which row of the table.

    >>> import pyarrow as pa
    >>> from nlpdata.formats import FormatSpec, get_formatter
    >>> row = LazyRow(pa.table({"a": [1], "b": ["x"]}), get_formatter(FormatSpec()))
    >>> row["c"] = row["a"] + 1
    >>> sorted(row.accessed), sorted(row.written), dict(row)
    (['a'], ['c'], {'a': 1, 'b': 'x', 'c': 2})
    """

    __slots__ = ("_columns", "_index")

    def __init__(self, table: Any, formatter: Formatter, index: int = 0, *, columns: _Columns | None = None) -> None:
        if columns is None:
            columns = _Columns(table, formatter)
        super().__init__(columns.pending)
        self._columns, self._index = columns, index

    def _decode(self, name: str) -> Any:
        return self._columns.items(name)[self._index]


class LazyBatch(LazyMapping):
    """A table as a dict of whole columns.

    Args:
        table: the columns to show.
        formatter: a formatter whose ``lazy`` is true.
        pending: :func:`undecoded` columns, where many tables have the same.
    """

    __slots__ = ("_formatter", "_table")

    def __init__(self, table: Any, formatter: Formatter, pending: dict[str, Any] | None = None) -> None:
        super().__init__(undecoded(table) if pending is None else pending)
        self._table, self._formatter = table, formatter

    def _decode(self, name: str) -> Any:
        return self._formatter.column(self._table, name)


def lazy_rows(table: Any, formatter: Formatter) -> Iterator[Any]:
    """What a function of rows is given: a :class:`LazyRow` each, or the format's own row where that is no dict by column.

    A column is converted once for about a thousand rows, when the first of them is asked for it.
    """
    if not formatter.lazy:
        yield from formatter.rows(table)
        return
    for part in walk(table):
        columns = _Columns(part, formatter)
        for i in range(part.num_rows):
            yield LazyRow(part, formatter, i, columns=columns)


def undecoded(table: Any) -> dict[str, Any]:
    """The columns of a table before any of them is asked for."""
    return dict.fromkeys(table.column_names, _PENDING)


def lazy_batch(table: Any, formatter: Formatter, pending: dict[str, Any] | None = None) -> Any:
    """What a function of batches is given: a :class:`LazyBatch`, or the format's own batch where that is no dict by column."""
    return LazyBatch(table, formatter, pending) if formatter.lazy else formatter.batch(table)
