"""One column as a lazy sequence.

Knows: the rows of one column, and the fields inside it. Does not know: other columns.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from nlpdata.dataset.indexing import ITERATION_BYTES, Reader, names_one
from nlpdata.dataset.state import State
from nlpdata.errors import ArgumentError
from nlpdata.features import Features, FeatureType
from nlpdata.formats.base import FormatSpec, get_formatter
from nlpdata.ops.columns import check_known, field
from nlpdata.store.selection import as_selection, check_position
from nlpdata.store.view import View

_SHOWN = 5


class HasState(Protocol):
    """A dataset, or a column."""

    @property
    def _state(self) -> State: ...


class Column(Sequence[Any]):
    """The values of one column, read when they are asked for.

    Equal to the list of its values; an index gives a value, a slice or list of indices a batch in the dataset's format,
    a string the column of a field inside it.

    Args:
        source: a dataset, or a column of structs.
        column_name: the column of the dataset, or the field.

    Raises:
        UnknownColumnError: there is no such column or field.

    >>> from nlpdata import Dataset
    >>> column = Dataset.from_dict({"a": [{"b": 1}, {"b": 2}]})["a"]["b"]
    >>> column, column[-1], column == [1, 2]
    (Column([1, 2]), 2, True)
    """

    def __init__(self, source: HasState, column_name: str) -> None:
        state = source._state
        self._name = column_name
        self._inside: tuple[str, ...] = ()
        if state.format.type == "custom" and (isinstance(source, Column) or column_name in state.shown_columns):
            # A transform may need every column to make this one, and makes the fields, too.
            self._state, self._name = state, source._name if isinstance(source, Column) else column_name
            self._inside = (*source._inside, column_name) if isinstance(source, Column) else ()
        elif isinstance(source, Column):
            view, feature = field(state.view, state.features[source._name], [source._name, column_name])
            self._state = _narrowed(state, view, column_name, feature, state.format)
        else:
            check_known([column_name], state.view.column_names)
            spec = state.format if column_name in state.shown_columns else FormatSpec()
            self._state = _narrowed(state, state.view.pick([column_name]), column_name, state.features[column_name], spec)
        self._reader = Reader(self._state)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return Column(self, key)
        num_rows = self._state.view.num_rows
        if names_one(key):
            position = check_position(operator.index(key), num_rows)
            return self._inner(self._reader.row(position)[self._name])
        return self._values(self._state.view.gather(as_selection(key, num_rows)))

    def __len__(self) -> int:
        return self._state.view.num_rows

    def __iter__(self) -> Iterator[Any]:
        for table in self._state.view.natural_batches(ITERATION_BYTES):
            yield from (
                map(self._inner, self._reader.items(self._name, table))
                if self._inside
                else self._reader.items(self._name, table)
            )

    def _values(self, table: pa.Table) -> Any:
        values = self._reader.column(self._name, table)
        return [self._inner(value) for value in values] if self._inside else values

    def _inner(self, value: Any) -> Any:
        for name in self._inside:
            value = value[name]
        return value

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str | bytes) or not isinstance(other, Sequence | np.ndarray):
            return NotImplemented
        return len(self) == len(other) and all(bool(np.all(a == b)) for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """The values as a NumPy array, through buffers where the type has them."""
        if self._state.format.type == "custom":
            return np.asarray(self[:], dtype=dtype)
        values = get_formatter(FormatSpec("numpy"), self._state.features).column(self._state.view.table(), self._name)
        return np.asarray(values, dtype=dtype)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The stored values as a stream of Arrow arrays, for any library that reads the Arrow PyCapsule protocol.

        Raises:
            ArgumentError: the column is made by a transform, so there are no stored values.
        """
        view = self._state.view
        if self._inside or self._name not in view.column_names:
            raise ArgumentError(f"Column {self._name!r} is made by a transform and not stored. Use list(column).")
        return view.column(self._name).__arrow_c_stream__(requested_schema)

    def __repr__(self) -> str:
        shown = [repr(value) for value in self[:_SHOWN]]
        return f"Column([{', '.join([*shown, '...'] if len(self) > _SHOWN else shown)}])"

    def __nlpdata_key__(self) -> tuple[Any, ...]:
        return self._state.key(), self._name, self._inside


def _narrowed(state: State, view: View, name: str, feature: FeatureType, spec: FormatSpec) -> State:
    """A state of one column."""
    features = Features({name: feature})
    spec = replace(spec, columns=None, output_all_columns=False)
    return replace(state, view=view, features=features, format=spec, lineage=state.lineage.then("column", name))
