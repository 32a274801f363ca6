"""Rows that torch's ``default_collate`` puts together in one step, because they were cut from one tensor a column.

``torch.utils.data.DataLoader`` fetches a list of rows and stacks their values again, one tensor a value. The list given to it
here remembers the tensors that its rows are views of. Where a column of the list still holds exactly these views, in their
order, the batch gets one copy of that tensor; any other column is collated by torch. What comes out is the same either way.

Knows: torch's registry of collate functions, https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_collate.
Does not know: what becomes of a column.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from nlpdata._optional import load
from nlpdata.formats.base import as_rows


class Views(list[Any]):
    """The rows ``whole[0], whole[1], ...`` of a tensor, as a list."""

    __slots__ = ("whole",)

    def __init__(self, views: Sequence[Any], whole: Any) -> None:
        super().__init__(views)
        self.whole = whole

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)


class Row(dict[str, Any]):
    """A fetched row: a dict whose class tells torch who collates it. Copied or sent elsewhere, it is a dict."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)


class Rows(list[dict[str, Any]]):
    """Fetched rows; ``columns`` are what they were made of. Copied or sent elsewhere, it is a list."""

    __slots__ = ("columns",)

    def __init__(self, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        super().__init__(as_rows(names, columns, Row))
        self.columns = dict(zip(names, columns, strict=True))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)


def register() -> None:
    """Tell torch how :class:`Row` is collated."""
    registry = getattr(load("torch.utils.data._utils.collate", "torch"), "default_collate_fn_map", None)
    if registry is not None:  # since torch 2.0; before, rows are collated as any dicts are
        registry.setdefault(Row, _collate)


def _collate(batch: Sequence[Row], *, collate_fn_map: Any = None) -> dict[str, Any]:
    torchs = load("torch.utils.data._utils.collate", "torch")
    # Someone's own way of collating tensors comes first.
    usual = collate_fn_map is not None and collate_fn_map.get(load("torch", "torch").Tensor) is torchs.collate_tensor_fn
    columns = batch.columns if usual and isinstance(batch, Rows) else {}
    found = {}
    for name in batch[0]:
        values = [row[name] for row in batch]
        views = columns.get(name)
        if isinstance(views, Views) and len(values) == len(views) and all(map(operator.is_, values, views)):
            found[name] = views.whole.clone()  # a row that is kept does not change with the batch
        else:
            found[name] = torchs.collate(values, collate_fn_map=collate_fn_map)
    return found
