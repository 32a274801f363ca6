"""The contract of a format: a table becomes a row, a column, a batch, or one value a row, for one target library.

Knows: which formats there are, which columns one shows, how decoded features fit in.
Does not know: where a table comes from, and what any single format makes of a column.
"""

from __future__ import annotations

import gc
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from nlpdata._optional import Entry, Registry
from nlpdata.errors import ArgumentError, UnknownColumnError, UnknownFormatError, did_you_mean, unknown

if TYPE_CHECKING:
    from nlpdata.features import Features

_ROOM = "nlpdata.formats."

FORMATS = Registry(
    "format",
    UnknownFormatError,
    {
        "arrow": Entry(_ROOM + "arrow:ArrowFormatter", aliases=("pa", "pyarrow")),
        "custom": Entry(_ROOM + "custom:CustomFormatter"),
        "jax": Entry(_ROOM + "jax:JaxFormatter", "jax"),
        "numpy": Entry(_ROOM + "numpy:NumpyFormatter", aliases=("np",)),
        "pandas": Entry(_ROOM + "pandas:PandasFormatter", "pandas", ("pd",)),
        "polars": Entry(_ROOM + "polars:PolarsFormatter", "polars", ("pl",)),
        "python": Entry(_ROOM + "python:PythonFormatter"),
        "tensorflow": Entry(_ROOM + "tensorflow:TensorflowFormatter", "tensorflow", ("tf",)),
        "torch": Entry(_ROOM + "torch:TorchFormatter", "torch", ("pt", "pytorch")),
    },
)
"""All formats by name; ``FORMATS.register`` adds one."""

# Rows converted at a time when a table is walked row by row: bounds the Python objects alive.
_WALK_ROWS = 1000
_WALK_BYTES = 4 * 2**20


@dataclass(frozen=True)
class FormatSpec:
    """What a dataset shows: the format's name, the columns, the rest, the options.

    Args:
        type: a name or alias of :data:`FORMATS`; None and ``"python"`` are the same, kept as None.
        columns: the columns that are formatted and shown, in order; None = all.
        output_all_columns: show the other columns too, after these, as Python objects.
        kwargs: options of the format, such as ``dtype``.

    Raises:
        UnknownFormatError: there is no such format.

    >>> FormatSpec("np").type
    'numpy'
    """

    type: str | None = None
    columns: tuple[str, ...] | None = None
    output_all_columns: bool = False
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = None if self.type is None else FORMATS.canonical(self.type)
        object.__setattr__(self, "type", None if name == "python" else name)
        if self.columns is not None:
            object.__setattr__(self, "columns", (self.columns,) if isinstance(self.columns, str) else tuple(self.columns))

    def visible(self, names: Sequence[str]) -> list[str]:
        """Which of ``names`` are shown, in the order they are shown.

        Raises:
            UnknownColumnError: the format names a column that is not among ``names``.
        """
        if self.columns is None:
            return list(names)
        for name in self.columns:
            if name not in names:
                raise unknown(UnknownColumnError, "column", name, names)
        chosen = list(self.columns)
        return chosen + [n for n in names if n not in self.columns] if self.output_all_columns else chosen


class Formatter(ABC):
    """A table in one target library.

    Every table handed in holds the columns to show and no others. Nothing is kept of it but, at most, a reference.

    Args:
        features: what the columns hold; only needed where values are decoded (images, audio).
        kwargs: options; which ones there are is in ``options``.

    Raises:
        ArgumentError: an option that this format does not have.
        MissingPackageError: the target library is not installed.
    """

    options: ClassVar[frozenset[str]] = frozenset()
    lazy: bool = False
    """Whether rows and batches are dicts by column, so that a column can be left undecoded until it is asked for."""

    def __init__(self, features: Features | None = None, **kwargs: Any) -> None:
        self.features, self.kwargs = features, kwargs
        for name in kwargs:
            if name not in self.options:
                known = ", ".join(sorted(self.options)) or "none"
                raise ArgumentError(
                    f"{type(self).__name__} has no option {name!r}.{did_you_mean(name, self.options)} Options: {known}."
                )

    @abstractmethod
    def row(self, table: Any, i: int = 0) -> Any:
        """Row ``i``: a dict by column, or the library's own form of one row. Negative ``i`` counts from the end."""

    @abstractmethod
    def column(self, table: Any, name: str) -> Any:
        """A whole column."""

    @abstractmethod
    def batch(self, table: Any) -> Any:
        """The whole table: a dict by column, or the library's own table."""

    def rows(self, table: Any) -> Iterator[Any]:
        """Every row as :meth:`row` gives it, in order."""
        for i in range(table.num_rows):
            yield self.row(table, i)

    def listed(self, table: Any) -> list[Any]:
        """Every row as :meth:`rows` gives it, all at once: for tables whose rows are all wanted at the same time."""
        return list(self.rows(table))

    def bind(self, table: Any) -> Callable[[int], Any]:
        """A function from a row number (not negative) to that row, for many rows of one table in any order."""
        return lambda i: self.row(table, i)

    def bind_spans(self, table: Any) -> Callable[[int, int], Any]:
        """A function from ``start`` and ``stop`` to the batch of these rows (at least one), for many spans of one table."""
        return lambda start, stop: self.batch(table.slice(start, stop - start))

    def bind_lists(self, table: Any) -> Callable[[int, int], list[Any]]:
        """A function from ``start`` and ``stop`` to the list of these rows (at least one), for many spans of one table."""
        return lambda start, stop: self.listed(table.slice(start, stop - start))

    def items(self, table: Any, name: str) -> Sequence[Any]:
        """One value a row of a column, each as :meth:`row` gives it. Only where ``lazy``."""
        raise ArgumentError(f"{type(self).__name__} does not take rows apart into columns; use rows().")

    def __reduce__(self) -> tuple[Any, ...]:
        # Made anew where it arrives: modules and readers bound to buffers do not travel.
        return _made, (type(self), self.features, self.kwargs)

    @staticmethod
    def position(table: Any, i: int) -> int:
        """Row number ``i`` as a position from 0.

        Raises:
            IndexError: there is no such row.
        """
        count = table.num_rows
        if not -count <= i < count:
            raise IndexError(f"There is no row {i}: the table has {count} rows.")
        return i + count if i < 0 else i


def _made(kind: type[Formatter], features: Features | None, kwargs: dict[str, Any]) -> Formatter:
    return kind(features, **kwargs)


def pick(table: Any, name: str) -> Any:
    """A column of a table.

    Raises:
        UnknownColumnError: there is no such column.
    """
    k = table.schema.get_field_index(name)
    if k < 0:
        raise unknown(UnknownColumnError, "column", name, table.column_names)
    return table.column(k)


def walk(table: Any) -> Iterator[Any]:
    """The table in slices of at most 1000 rows and about 4 MiB. Zero-copy."""
    rows = table.num_rows
    if rows > 1:
        first = table.slice(0, _WALK_ROWS)
        per_row = first.nbytes // first.num_rows
        step = max(1, min(_WALK_ROWS, _WALK_BYTES // max(1, per_row)))
        if step < rows:
            for start in range(0, rows, step):
                yield table.slice(start, step)
            return
    yield table


class NoCollection:
    """A block that makes many lists and dicts and drops none: Python's cycle collector waits until it ends.

    It would go through each of them up to three times while they are made, for a quarter of the time of a batch of lists,
    and find nothing. Blocks may overlap in threads: whoever saw the collector on switches it on again.
    """

    __slots__ = ("_was_on",)

    def __enter__(self) -> None:
        self._was_on = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._was_on:
            gc.enable()


def as_rows(names: Sequence[str], columns: Sequence[Sequence[Any]], kind: type[dict[str, Any]] = dict) -> list[dict[str, Any]]:
    """Columns of equal length (at least one) as a dict a row, or as a subclass of dict.

    >>> as_rows(["a", "b"], [[1, 2], ["x", "y"]])
    [{'a': 1, 'b': 'x'}, {'a': 2, 'b': 'y'}]
    """
    empty = dict.fromkeys(names)
    with NoCollection():
        rows: list[dict[str, Any]] = [empty.copy() for _ in columns[0]] if kind is dict else [kind(empty) for _ in columns[0]]
        for name, column in zip(names, columns, strict=True):  # a third of the time of dict(zip(...)) a row
            for row, value in zip(rows, column, strict=True):
                row[name] = value
    return rows


class DictFormatter(Formatter):
    """A format whose rows and batches are dicts by column. A subclass says what becomes of one column."""

    lazy = True

    def __init__(self, features: Features | None = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        self.decoding: frozenset[str] = features.requires_decoding if features is not None else frozenset()

    @abstractmethod
    def convert(self, column: Any) -> Any:
        """A chunked array as the value of a whole column."""

    @abstractmethod
    def convert_rows(self, column: Any) -> Sequence[Any]:
        """A chunked array as one value a row."""

    @abstractmethod
    def collect(self, decoded: list[Any], feature: Any) -> Any:
        """Values that ``feature`` decoded, as the value of a whole column."""

    @abstractmethod
    def collect_rows(self, decoded: list[Any], feature: Any) -> Sequence[Any]:
        """Values that ``feature`` decoded, as one value a row."""

    def row(self, table: Any, i: int = 0) -> dict[str, Any]:
        """Row ``i`` as a dict by column."""
        if table.num_rows != 1 or i:
            table = table.slice(self.position(table, i), 1)
        return {name: self.items(table, name)[0] for name in table.column_names}

    def column(self, table: Any, name: str) -> Any:
        """A whole column.

        Raises:
            UnknownColumnError: there is no such column.
        """
        column = pick(table, name)
        if name in self.decoding:
            assert self.features is not None
            return self.collect(self.decode(column, name), self.features[name])
        return self.convert(column)

    def batch(self, table: Any) -> dict[str, Any]:
        """All columns by name."""
        return {name: self.column(table, name) for name in table.column_names}

    def rows(self, table: Any) -> Iterator[dict[str, Any]]:
        """Every row as a dict; columns are converted whole, about a thousand rows at a time."""
        for part in walk(table):
            yield from self._joined(part, as_rows)

    def listed(self, table: Any) -> list[dict[str, Any]]:
        """Every row as a dict, all at once; each column is converted whole."""
        return self._joined(table, self.join)

    def join(self, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """The values of some columns (at least one) as the rows of :meth:`listed`."""
        return as_rows(names, columns)

    def _joined(
        self, table: Any, join: Callable[[Sequence[str], Sequence[Sequence[Any]]], list[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        names = table.column_names
        return join(names, [self.items(table, name) for name in names]) if names else [{} for _ in range(table.num_rows)]

    def items(self, table: Any, name: str) -> Sequence[Any]:
        """One value a row of a column, each as :meth:`row` gives it.

        Raises:
            UnknownColumnError: there is no such column.
        """
        column = pick(table, name)
        if name in self.decoding:
            assert self.features is not None
            return self.collect_rows(self.decode(column, name), self.features[name])
        return self.convert_rows(column)

    def decode(self, column: Any, name: str) -> list[Any]:
        """The values of a column whose feature decodes, decoded."""
        from nlpdata.formats.python import to_list

        assert self.features is not None
        return list(self.features.decode_column(to_list(column), name))


class MixedFormatter(Formatter):
    """Some columns in a format, the others after them as Python objects (``output_all_columns``)."""

    def __init__(self, formatter: Formatter, columns: Sequence[str], features: Features | None = None) -> None:
        super().__init__(features)
        from nlpdata.formats.python import PythonFormatter

        self.formatter, self.rest = formatter, PythonFormatter(features)
        self.columns = tuple(columns)
        self.lazy = formatter.lazy

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.formatter, self.columns, self.features)

    def _parts(self, table: Any) -> tuple[Any, Any]:
        names = table.column_names
        return table.select(list(self.columns)), table.select([n for n in names if n not in self.columns])

    def row(self, table: Any, i: int = 0) -> dict[str, Any]:
        """Row ``i``: the formatted columns, then the others."""
        formatted, others = self._parts(table)
        return {**self.formatter.row(formatted, i), **self.rest.row(others, i)}

    def column(self, table: Any, name: str) -> Any:
        """A whole column, formatted if it is one of those."""
        formatted, others = self._parts(table)
        return self.rest.column(others, name) if name in others.column_names else self.formatter.column(formatted, name)

    def batch(self, table: Any) -> dict[str, Any]:
        """The formatted columns, then the others."""
        formatted, others = self._parts(table)
        return {**self.formatter.batch(formatted), **self.rest.batch(others)}

    def rows(self, table: Any) -> Iterator[dict[str, Any]]:
        """Every row: the formatted columns, then the others."""
        formatted, others = self._parts(table)
        for row, other in zip(self.formatter.rows(formatted), self.rest.rows(others), strict=True):
            yield {**row, **other}

    def items(self, table: Any, name: str) -> Sequence[Any]:
        """One value a row of a column."""
        formatted, others = self._parts(table)
        return self.rest.items(others, name) if name in others.column_names else self.formatter.items(formatted, name)


def get_formatter(spec: FormatSpec, features: Features | None = None) -> Formatter:
    """The formatter a spec asks for.

    Raises:
        ArgumentError: an option the format does not have.
        MissingPackageError: its library is not installed; says the command that installs it.

    >>> import pyarrow as pa
    >>> get_formatter(FormatSpec("numpy")).column(pa.table({"a": [1, 2]}), "a")
    array([1, 2])
    """
    formatter: Formatter = FORMATS.load(spec.type or "python")(features, **spec.kwargs)
    whole_table = not formatter.lazy and spec.type != "custom"
    if spec.columns is None or not spec.output_all_columns or spec.type is None or whole_table:
        return formatter
    return MixedFormatter(formatter, spec.columns, features)
