"""What a function changed: only these columns are written.

Knows: how the results of calls compare with the rows they were given, for one batch (``RowChanges``, ``batch_changes``) and
over the batches of a task (``TaskChanges``).
Does not know: the function, or where tasks are committed.

Batches may change different columns. A column is written from the batch on that first changes it; ``since`` notes that row, so
that the rows before it can be filled from the source when all tasks are known (``outcome``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from nlpdata.engine.plan import Map, Source
from nlpdata.errors import ArgumentError, FeatureError, TypeConflictError
from nlpdata.features import cast_array, encode_column, encode_field, refuses_labels, without_iterators
from nlpdata.formats import FormatSpec, Formatter, get_formatter
from nlpdata.formats.lazy import LazyMapping

KEEP: Any = type("Keep", (), {"__repr__": lambda self: "KEEP"})()
"""Stands for the value that the row had before."""
GONE: Any = type("Gone", (), {"__repr__": lambda self: "GONE"})()
"""Stands for a column that the function deleted."""

IMMUTABLE = frozenset({type(None), bool, int, float, complex, str, bytes, tuple, np.str_, np.float64, np.int64, np.bool_})
_BUFFERS = frozenset({list, np.ndarray, bytearray})
_ERROR_CHARACTERS = 300
Changes = dict[str, Any]


class Writer(Protocol):
    """Where tables go: a shard writer, or memory."""

    def write_table(self, table: pa.Table) -> None:
        """Add rows."""
        ...


class RowChanges:
    """The results of a function of rows, collected by column.

    Args:
        table: the rows the function is given.
        formatter: how they are shown to it.
        step: the step.
        source: what the step is done to.
    """

    def __init__(self, table: pa.Table, formatter: Formatter, step: Map, source: Source) -> None:
        self.columns: dict[str, list[Any]] = {}
        self.count = 0
        self._names = frozenset(table.column_names)
        self._removed = frozenset(step.remove_columns)
        self._label = step.label
        self._uneven = False
        self._pristine = _Pristine(table, lambda name: formatter.items(table, name))
        self._plain = _Pristine(table, lambda name: get_formatter(FormatSpec(), source.features).items(table, name))
        self._table = table

    def add(self, row: Any, out: Any) -> None:
        """Take the result ``out`` for the next row."""
        changes = self._of(row, out)
        columns = self.columns
        for name, value in changes.items():
            column = columns.get(name)
            if column is None:
                column = columns[name] = [KEEP] * self.count
                self._uneven = self._uneven or bool(self.count)
            if type(value) in _BUFFERS:
                value = value.copy()  # the function may use it again for the next row
            column.append(value)
        self.count += 1
        if len(changes) < len(columns):
            self._uneven = True
            for column in columns.values():
                if len(column) < self.count:
                    column.append(KEEP)

    def _of(self, row: Any, out: Any) -> Mapping[str, Any]:
        if out is None:
            return {}
        if not isinstance(out, Mapping):
            return self._of_table(out)
        lazy = isinstance(row, LazyMapping)
        if lazy and out is not row and not row.written and self._names.isdisjoint(out) and _all_immutable(row):
            return out
        changes: Changes = {}
        if lazy:
            _written(row, changes, self._removed)
            if not _all_immutable(row):
                _mutated(row, changes, self._removed, lambda name, value: same(value, self._pristine(name)[self.count]))
        if isinstance(out, LazyMapping):
            if out is not row:
                _written(out, changes, self._removed)
            return changes
        accessed = row.accessed if lazy else {}
        for name, value in out.items():
            untouched = name in accessed and value is accessed[name] and name not in changes and name not in self._removed
            if not untouched:
                changes[name] = value
        return changes

    def _of_table(self, out: Any) -> Changes:
        table = as_table(out, self._label)
        if table.num_rows != 1:
            raise ArgumentError(f"{self._label} returned a table of {table.num_rows} rows for one row. Use batched=True.")
        before = self._table.slice(self.count, 1)
        changes = _table_changes(before, table, self._removed)
        return {name: value if value is GONE else value[0].as_py() for name, value in changes.items()}

    def finish(self) -> Changes:
        """The changed columns: lists of values, or ``GONE`` for a column deleted in every row."""
        if not self._uneven:
            return {name: _without_gone(values) for name, values in self.columns.items()}
        return {name: _without_gone(self._filled(name, values)) for name, values in self.columns.items()}

    def _filled(self, name: str, values: list[Any]) -> list[Any]:
        if name not in self._names or name in self._removed:
            return [None if value is KEEP else value for value in values]
        before: Sequence[Any] = ()
        for at, value in enumerate(values):
            if value is KEEP:
                before = before if len(before) else self._plain(name)
                values[at] = before[at]
        return values


def batch_changes(table: pa.Table, untouched: Callable[[pa.Table, str, Any], bool], step: Map, batch: Any, out: Any) -> Changes:
    """The columns that a call on a batch changed: values, or ``GONE``.

    Args:
        table: the rows of the batch.
        untouched: whether values of a column that were given out are certainly what they were.
        step: the step.
        batch: what the function was given.
        out: what it returned.
    """
    if out is None:
        return {}
    removed = frozenset(step.remove_columns)
    if type(out) is not dict and not isinstance(out, Mapping):
        return _table_changes(table, as_table(out, step.label), removed)
    changes: Changes = {}
    lazy = isinstance(batch, LazyMapping)
    if lazy:
        _written(batch, changes, removed)
        _mutated(batch, changes, removed, lambda name, value: untouched(table, name, value))
    if isinstance(out, LazyMapping):
        if out is not batch:
            _written(out, changes, removed)
    else:
        accessed = batch.accessed if lazy else {}
        for name, value in out.items():
            if not (name in accessed and value is accessed[name] and name not in changes and name not in removed):
                changes[name] = value
    for name, value in changes.items():
        _check_column(step, name, value)
    return changes


class TaskChanges:
    """Writes the changed columns of the batches of one task, and notes what was not written.

    Args:
        source: what the step is done to.
        step: the step.
        start: first row of the task.
        writer: where the columns go.
    """

    def __init__(self, source: Source, step: Map, start: int, writer: Writer) -> None:
        self.source, self.step, self.start, self.writer = source, step, start, writer
        self.kept = [name for name in source.view.order if name not in step.remove_columns]
        self.since: dict[str, int] = {}
        self.gone: set[str] | None = None
        self.returned = False
        self.aligned = True
        self.failed: list[tuple[int, int, int, str]] = []
        self._rows = 0
        self._first: dict[str, tuple[pa.DataType, int]] = {}  # the first type of a column, and the row it begins with
        self._noted: pa.Schema | None = None  # of the batch before
        self._kinds: dict[str, pa.DataType] = {}
        self._fields: dict[str, pa.Field] = {}  # of columns whose type does not tell what they hold

    def add(self, first_row: int, table: pa.Table, changes: Changes, *, returned: bool) -> None:
        """Write one batch.

        Args:
            first_row: number of its first row.
            table: the rows as they were.
            changes: the columns that changed.
            returned: whether any call returned something.

        Raises:
            ArgumentError: the columns have different lengths.
            RowError: a value does not fit the features.
        """
        self.returned = self.returned or returned
        gone = {name for name, value in changes.items() if value is GONE}
        self.gone = gone if self.gone is None else self.gone & gone
        count = self._length(table, changes)
        arrays = {}
        relabelled = self._relabelled(table, changes)
        for name in self.since:
            if name not in changes and name not in relabelled:
                arrays[name] = table.column(name) if name in self.kept else pa.nulls(count)
        for name, value in changes.items():
            arrays[name] = pa.nulls(count) if value is GONE else self._encode(name, value, first_row)
        arrays |= relabelled
        if arrays:
            if not self.since and self._rows:
                self.writer.write_table(pa.table({next(iter(arrays)): pa.nulls(self._rows)}))
            for name in arrays:
                self.since.setdefault(name, first_row)
            fields = [self._fields.get(name, pa.field(name, array.type)) for name, array in arrays.items()]
            self._write(pa.table(list(arrays.values()), schema=pa.schema(fields)), first_row)
        self._rows += count

    def _write(self, table: pa.Table, first_row: int) -> None:
        try:
            self.writer.write_table(table)
        except TypeConflictError as error:
            for field in table.schema:
                kind, row = self._first.get(field.name, (field.type, first_row))
                if kind != field.type:
                    both = f"{kind} of row {row:,}, {field.type} of row {first_row:,}"
                    error.add_note(f"nlpdata: {self.step.label} made {field.name!r} {both}")
            raise
        if self._noted is None or not table.schema.equals(self._noted):
            self._noted = table.schema
            for field in table.schema:
                if not pa.types.is_null(field.type):
                    self._first.setdefault(field.name, (field.type, first_row))

    def fail(self, offset: int, count: int, row: int, error: Exception) -> None:
        """Note rows for which the function failed; they are written as they were.

        Args:
            offset: where they begin among the rows given to the next :meth:`add`.
            count: how many.
            row: number of the first one in the source.
            error: what was raised.
        """
        self.failed.append((self._rows + offset, count, row, f"{type(error).__name__}: {error}"[:_ERROR_CHARACTERS]))
        self.returned = True

    def notes(self) -> dict[str, Any]:
        """What the outcome needs to know of this task, as JSON-able values."""
        gone = sorted(self.gone or ())
        made = {"returned": self.returned, "aligned": self.aligned, "since": self.since, "gone": gone, "rows": self._rows}
        return {**made, "failed": self.failed} if self.failed else made

    def _length(self, table: pa.Table, changes: Changes) -> int:
        lengths = {name: len(value) for name, value in changes.items() if value is not GONE}
        if len(set(lengths.values())) > 1:
            raise ArgumentError(f"{self.step.label} returned columns of different lengths: {_show(lengths)}.")
        count = next(iter(lengths.values()), table.num_rows)
        if count == table.num_rows and self.aligned:
            return count
        left = [name for name in self.kept if name not in changes]
        if left and count != table.num_rows:
            raise ArgumentError(
                f"Column lengths mismatch: {self.step.label} returned {_show(lengths)}, but the batch has {table.num_rows} "
                f"rows and these columns stay as they are: {', '.join(left)}. "
                f"Name them in remove_columns, or return as many rows as were given."
            )
        self.aligned = self.aligned and count == table.num_rows
        return count

    def _encode(self, name: str, values: Any, first_row: int) -> Any:
        declared = self.step.features
        if declared is not None and name in declared:
            return encode_column(values, declared[name], column=name, first_row=first_row, strict=False)
        original = self.source.features.get(name) if self.step.try_original_type else None
        refused: FeatureError | None = None
        if original is not None:
            if isinstance(values, list):  # what is read twice is no iterator
                values = without_iterators(values, thorough=self.step.on_mixed_types is not None)
            try:
                return encode_column(values, original, column=name, first_row=first_row)
            except FeatureError as error:
                refused = error  # the function made something else of it
        field, array = encode_field(values, None, column=name, first_row=first_row, on_mixed_types=self.step.on_mixed_types)
        if refused is not None and refuses_labels(array, original):
            raise refused  # or meant a class that there is not
        self._fields.pop(name, None)
        if field.metadata:
            self._fields[name] = field
        return array

    def _relabelled(self, table: pa.Table, changes: Changes) -> dict[str, Any]:
        """Columns that the function left alone, but that the declared features store in another type.

        Raises:
            FeatureError: values do not fit what is declared, also where the type is the same: numbers of no class.
        """
        declared = self.step.features
        if declared is None:
            return {}
        if not self._kinds:
            self._kinds = {name: declared.arrow_schema.field(name).type for name in declared}
        found = {}
        for name in self.kept:
            if name in self._kinds and name not in changes:
                alike = table.schema.field(name).type == self._kinds[name]
                if not alike or declared[name] != self.source.features.get(name):
                    array = cast_array(table.column(name), declared[name], column=name)
                    if not alike:
                        found[name] = array
        return found


class _Pristine:
    """Columns converted a second time, to see whether a value that can change was changed in place."""

    def __init__(self, table: pa.Table, convert: Callable[[str], Any]) -> None:
        self._convert = convert
        self._found: dict[str, Any] = {}

    def __call__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = self._convert(name)
        return self._found[name]


def as_table(out: Any, label: str) -> pa.Table:
    """A table that a function returned, of pyarrow, pandas or polars.

    Raises:
        FeatureError: it returned something else.
    """
    if isinstance(out, pa.Table):
        return out
    if isinstance(out, pa.RecordBatch):
        return pa.Table.from_batches([out])
    library = type(out).__module__.partition(".")[0]
    if library == "pandas" and hasattr(out, "columns"):
        return pa.Table.from_pandas(out.copy(), preserve_index=False)  # the function may use its frame again
    if library == "polars" and hasattr(out, "to_arrow"):
        return out.to_arrow()
    raise FeatureError(
        f"{label} returned {type(out).__name__}. Expected a dict of column names to values, "
        f"a table of pyarrow, pandas or polars, or None to change nothing."
    )


def same(a: Any, b: Any) -> bool:
    """Whether two values are certainly equal; arrays and nested lists included."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if a.dtype != b.dtype or a.shape != b.shape:
            return False
        if a.dtype.hasobject:
            return all(same(x, y) for x, y in zip(a.ravel(), b.ravel(), strict=True))
        return bool(a.tobytes() == b.tobytes())
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(x is y or same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if hasattr(a, "dtype") and hasattr(a, "__array__"):  # of torch, TensorFlow, JAX
        return _same_tensors(a, b)
    if hasattr(a, "nested_row_splits"):  # ragged, of TensorFlow
        return same([a.flat_values, *a.nested_row_splits], [b.flat_values, *b.nested_row_splits])
    try:
        return bool(a == b) or (a != a and b != b)
    except (ValueError, TypeError):
        return False


def _same_tensors(a: Any, b: Any) -> bool:
    """Whether two tensors have the same bits, NaN included."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    try:
        return same(np.asarray(a), np.asarray(b))
    except (TypeError, RuntimeError):  # a type that NumPy has not, or memory that it cannot see
        return bool((a == b).all())


def _all_immutable(row: LazyMapping) -> bool:
    return all(type(value) in IMMUTABLE for value in row.accessed.values())


def _written(row: LazyMapping, changes: Changes, removed: frozenset[str]) -> None:
    """Add columns that were assigned or deleted, unless they are removed."""
    if not row.written:
        return
    for name in [*row, *sorted(row.written.difference(row))]:
        if name in row.written and name not in removed:
            changes[name] = row.get(name, GONE)


def _mutated(row: LazyMapping, changes: Changes, removed: frozenset[str], untouched: Callable[[str, Any], bool]) -> None:
    """Add columns whose values were changed in place, unless they are removed."""
    for name, value in row.accessed.items():
        if name not in changes and name not in removed and type(value) not in IMMUTABLE and not untouched(name, value):
            changes[name] = value


def _table_changes(before: pa.Table, after: pa.Table, removed: frozenset[str]) -> Changes:
    """A returned table is the whole result: columns it lacks are gone, columns that are equal did not change."""
    changes: Changes = {name: GONE for name in before.column_names if name not in after.column_names and name not in removed}
    for name in after.column_names:
        column = after.column(name)
        unchanged = (
            name in before.column_names
            and name not in removed
            and column.type == before.schema.field(name).type
            and column.equals(before.column(name))
        )
        if not unchanged:
            changes[name] = column
    return changes


def _without_gone(values: list[Any]) -> Any:
    if not any(value is GONE for value in values):
        return values
    return GONE if all(value is GONE for value in values) else [None if value is GONE else value for value in values]


def _check_column(step: Map, name: str, value: Any) -> None:
    if value is GONE:
        return
    if isinstance(value, str | bytes | Mapping) or not hasattr(value, "__len__") or getattr(value, "shape", None) == ():
        raise FeatureError(
            f"{step.label} returned {type(value).__name__} for column {name!r}. With batched=True a column is a list or an "
            f"array with one value a row."
        )


def _show(lengths: Mapping[str, int]) -> str:
    return ", ".join(f"{name!r}: {count}" for name, count in lengths.items())
