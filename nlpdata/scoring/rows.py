"""Rows kept for metrics that do not add up.

Knows: how batches of columns become one Arrow table, and columns in the form a metric asks for.
Does not know: what is computed from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nlpdata.errors import FeatureError
from nlpdata.scoring.inputs import numbers

if TYPE_CHECKING:
    import pyarrow as pa

    from nlpdata.features import Features

_SMALL_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of the rows so far, as Arrow tables of one schema; ``+`` puts the rows of another below."""

    tables: tuple[pa.Table, ...] = ()
    features: Features | None = None

    @classmethod
    def of(cls, columns: Mapping[str, Any], features: Features | list[Features] | None = None) -> Rows:
        """One batch, encoded to the features (a list: the first that fits). Arrays are copied, for their owner may reuse them.

        Raises:
            RowError: a row does not fit the features.
            ArgumentError: the columns differ in length.
        """
        owned = {name: _owned(values) for name, values in columns.items()}
        if not isinstance(features, list):
            return cls._encoded(owned, features)
        first: FeatureError | None = None
        for choice in features:
            if choice.keys() == owned.keys():
                try:
                    return cls._encoded(owned, choice)
                except FeatureError as error:
                    first = first or error
        raise first or FeatureError(
            f"The inputs are {', '.join(owned)}; the metric takes none of its choices of inputs from them."
        )

    @classmethod
    def of_numbers(cls, **columns: Any) -> Rows:
        """One batch of finite float64 numbers; anything else is refused now, not when the score is asked for.

        Raises:
            FeatureError: NaN, infinity, None, text; says the row.
        """
        from nlpdata.features import Features, Value

        checked = {name: numbers(values, name) for name, values in columns.items()}
        return cls.of(checked, Features({name: Value("float64") for name in checked}))

    @classmethod
    def _encoded(cls, columns: Mapping[str, Any], features: Features | None) -> Rows:
        from nlpdata.features import Features, encode_table

        table = encode_table(columns, features)
        return cls((table,), features or Features.from_arrow_schema(table.schema))

    def __add__(self, other: Rows) -> Rows:
        if not self.num_rows or not other.num_rows:  # of no rows, the types may have been guessed wrong
            return other if other.num_rows or not self.tables else self
        if self.tables[0].schema != other.tables[0].schema:
            raise FeatureError(
                f"This batch has the columns {_types(other.tables[0])}; the batches before it had {_types(self.tables[0])}."
            )
        tables = [*self.tables, *other.tables]
        # Single rows are joined as they come, so that neither their number nor the copying grows out of hand.
        while len(tables) > 1 and _joinable(tables[-2].num_rows, tables[-1].num_rows):
            tables[-2:] = [_joined(tables[-2:])]
        return Rows(tuple(tables), self.features)

    def column(self, name: str, format: str | None = None) -> Any:
        """One column of all rows in a format (None: a Python list)."""
        from nlpdata.formats import FormatSpec, get_formatter

        return get_formatter(FormatSpec(type=format), self.features).column(_joined(self.tables).select([name]), name)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return sum(table.num_rows for table in self.tables)

    def sample(self) -> RowSample:
        """The rows, to be drawn again."""
        table = _joined(self.tables)
        return RowSample(table, np.arange(table.num_rows), self.features)


@dataclass(frozen=True, slots=True, eq=False)
class RowSample:
    """Kept rows that can be drawn again; see :class:`~nlpdata.scoring.samples.Sample`.

    Attributes:
        table: the rows.
        which: the row of the table behind each cell.
        features: those of the table.
    """

    table: pa.Table
    which: np.ndarray[Any, np.dtype[Any]]
    features: Features | None

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.which)

    @property
    def cells(self) -> None:
        """None: every row is a cell."""
        return None

    def totals(self, counts: np.ndarray[Any, Any]) -> list[Rows]:
        """The rows themselves, each as often as told; they are copied."""
        whole = counts.astype(np.int64)
        return [Rows((self.table.take(np.repeat(self.which, often)),), self.features) for often in whole]

    def chosen(self, which: np.ndarray[Any, Any]) -> RowSample:
        """A sample of the given cells."""
        return RowSample(self.table, self.which[which], self.features)

    def __add__(self, other: RowSample) -> RowSample:
        left, right = (Rows((side.table.take(side.which),), side.features) for side in (self, other))
        return (left + right).sample()


def _joinable(before: int, after: int) -> bool:
    return before <= 2 * after and before + after <= _SMALL_ROWS


def _joined(tables: tuple[pa.Table, ...] | list[pa.Table]) -> pa.Table:
    import pyarrow as pa

    return tables[0] if len(tables) == 1 else pa.concat_tables(tables).combine_chunks()


def _types(table: pa.Table) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in table.schema)


def _owned(values: Any) -> Any:
    """The values themselves if they cannot change, else a copy."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":
            values = values.float()
    package = type(values).__module__.partition(".")[0]
    if isinstance(values, list | tuple) or package == "pyarrow":
        return values
    if package == "nlpdata":  # a dataset column: its values in the dataset's format
        return _owned(values[:])
    return np.asarray(values).copy() if hasattr(values, "__array__") else list(values)
