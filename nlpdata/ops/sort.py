"""The order of rows by the values of some columns.

Knows: Arrow's stable sort. Does not know: how the rows are stored; only the key columns are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nlpdata.errors import ArgumentError
from nlpdata.store.view import View

_PLACEMENTS = {"at_end": "at_end", "at_start": "at_start", "last": "at_end", "first": "at_start"}


def sort_rows(view: View, columns: Sequence[str], reverse: bool | Sequence[bool], null_placement: str = "at_end") -> np.ndarray:
    """Row positions in sorted order; equal rows keep their order. Reads the key columns; 8 bytes a row.

    Args:
        view: the rows.
        columns: the keys, the most important first.
        reverse: descending, for all keys or one by one.
        null_placement: ``"at_end"`` or ``"at_start"``, in both directions.

    Raises:
        UnknownColumnError: a key is not a column.
        ArgumentError: an argument cannot be meant, or a column has no order.
    """
    keys = [
        (name, "descending" if down else "ascending") for name, down in zip(columns, _directions(columns, reverse), strict=True)
    ]
    placement = _PLACEMENTS.get(null_placement)
    if placement is None:
        raise ArgumentError(f"null_placement={null_placement!r} is not known. Use 'at_end' or 'at_start'.")
    table = view.pick(list(dict.fromkeys(columns))).table()
    # An all-null column has no order: it changes nothing.
    keys = [(name, order) for name, order in keys if not pa.types.is_null(table.schema.field(name).type)]
    if not keys:
        return np.arange(view.num_rows, dtype=np.int64)
    try:
        order = pc.sort_indices(table, options=_options(keys, placement))
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        types = ", ".join(f"{name}: {table.schema.field(name).type}" for name, _ in keys)
        raise ArgumentError(f"These columns cannot be put in order ({types}): {error}") from error
    rows = np.asarray(order).astype(np.int64, copy=False)
    rows.setflags(write=False)  # nobody else writes to it, so that a selection need not copy it
    return rows


def _options(keys: list[tuple[str, str]], placement: str) -> Any:
    if int(pa.__version__.partition(".")[0]) < 25:
        return pc.SortOptions(sort_keys=keys, null_placement=placement)
    return pc.SortOptions(sort_keys=[(*key, placement) for key in keys])


def _directions(columns: Sequence[str], reverse: bool | Sequence[bool]) -> list[bool]:
    if not columns:
        raise ArgumentError("No column to sort by was given.")
    if isinstance(reverse, bool | np.bool_):
        return [bool(reverse)] * len(columns)
    directions = [bool(r) for r in reverse]
    if len(directions) != len(columns):
        raise ArgumentError(
            f"reverse has {len(directions)} entries for {len(columns)} columns. Give one each, or a single bool."
        )
    return directions
