"""What a column holds: distinct values, class names.

Knows: Arrow columns. Does not know: datasets. Reads the one column asked about.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from nlpdata.errors import ArgumentError
from nlpdata.store.view import View


def unique(view: View, name: str) -> pa.Array:
    """Distinct values of a column in order of appearance, null among them.

    Raises:
        UnknownColumnError: there is no such column.
        ArgumentError: the column holds lists or structs.
    """
    column = view.column(name)
    if pa.types.is_nested(column.type):
        raise ArgumentError(
            f"Column {name!r} holds {column.type}; distinct values exist for scalar columns. flatten() it first."
        )
    distinct = pc.unique(column)
    return distinct.combine_chunks() if isinstance(distinct, pa.ChunkedArray) else distinct


def class_names(view: View, name: str, include_nulls: bool = False) -> list[str]:
    """The distinct values of a column as sorted text; null is ``"None"`` where it counts as a value."""
    values: list[Any] = unique(view, name).to_pylist()
    return sorted(str(v) for v in values if include_nulls or v is not None)
