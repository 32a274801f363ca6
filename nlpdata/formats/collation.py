"""Rows that torch's ``default_collate`` puts together in one step, because they were cut from one tensor a column.

``torch.utils.data.DataLoader`` fetches a list of rows and stacks their values again, one tensor a value. The list given to it
here remembers the tensors that its rows are views of. Where a column of the list still holds exactly these views, in their
order, the batch gets one copy of that tensor; any other column is collated by torch. What comes out is the same either way.

Knows: torch's registry of collate functions, https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_collate.
Does not know: what becomes of a column.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from nlpdata._optional import load
from nlpdata.formats.base import as_rows

_ADDRESS = operator.methodcaller("data_ptr")


class Views(list[Any]):
    """The rows ``whole[0], whole[1], ...`` of a tensor, as a list."""

    __slots__ = ("version", "whole")

    def __init__(self, views: Sequence[Any], whole: Any) -> None:
        super().__init__(views)
        self.whole, self.version = whole, _version(whole)

    def are(self, values: Sequence[Any]) -> bool:
        """Whether some values are these views, as they were made."""
        if len(values) != len(self) or not all(map(operator.is_, values, self)) or _version(self.whole) != self.version:
            return False
        # What torch does not count as a change: x.requires_grad_(), x.data = ...
        if values[0].requires_grad or values[0].shape != self.whole.shape[1:]:
            return False
        first, step = self.whole.data_ptr(), self.whole.stride(0) * self.whole.element_size()
        return list(map(_ADDRESS, values)) == [first + step * row for row in range(len(values))]

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)


def _version(tensor: Any) -> int | None:
    """How often a tensor, or a view of it, was changed in place, shape included; not known in torch's inference mode."""
    return None if tensor.is_inference() else tensor._version


class Row(dict[str, Any]):
    """A fetched row: a dict whose class tells torch who collates it. Copied or sent elsewhere, it is a dict."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)


class Rows(list[dict[str, Any]]):
    """Fetched rows; ``columns`` are what they were made of. Copied or sent elsewhere, it is a list."""

    __slots__ = ("columns",)

    def __init__(self, rows: Iterable[dict[str, Any]] = (), columns: dict[str, Sequence[Any]] | None = None) -> None:
        super().__init__(rows)
        self.columns = columns or {}

    @classmethod
    def of(cls, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> Rows:
        """The rows that some columns make."""
        return cls(as_rows(names, columns, Row), dict(zip(names, columns, strict=True)))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)


def register() -> None:
    """Tell torch how :class:`Row` is collated, and that rows are dicts and lists for what walks through nested values."""
    registry = getattr(load("torch.utils.data._utils.collate", "torch"), "default_collate_fn_map", None)
    if registry is not None:  # since torch 2.0; before, rows are collated as any dicts are
        registry.setdefault(Row, _collate)
    trees = load("torch.utils._pytree", "torch")
    if Row not in getattr(trees, "SUPPORTED_NODES", {Row: None}):
        trees.register_pytree_node(Row, lambda row: (list(row.values()), list(row)), _as_dict)
        trees.register_pytree_node(Rows, lambda rows: (list(rows), None), lambda rows, _: list(rows))


def _as_dict(values: Iterable[Any], names: list[str]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def _collate(batch: Sequence[Row], *, collate_fn_map: Any = None) -> dict[str, Any]:
    torchs = load("torch.utils.data._utils.collate", "torch")
    # Someone's own way of collating tensors comes first.
    usual = collate_fn_map is not None and collate_fn_map.get(load("torch", "torch").Tensor) is torchs.collate_tensor_fn
    columns = batch.columns if usual and isinstance(batch, Rows) else {}
    found = {}
    for name in batch[0]:
        values = [row[name] for row in batch]
        views = columns.get(name)
        if isinstance(views, Views) and views.are(values):
            found[name] = views.whole.clone()  # a row that is kept does not change with the batch
        else:
            found[name] = torchs.collate(values, collate_fn_map=collate_fn_map)
    return found
