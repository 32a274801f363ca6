"""Rows that torch's ``default_collate`` puts together in one step, because they are made of one tensor a column.

``torch.utils.data.DataLoader`` fetches a list of rows and stacks their values again, one tensor a value: making and stacking
these takes several times as long as reading. The rows fetched here are dicts that fill themselves when they are first looked
into. As long as nobody has, a batch is a copy of the columns' tensors; rows that somebody has looked into are collated by
torch. What comes out is the same either way.

Knows: torch's registry of collate functions, https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.default_collate.
Does not know: what becomes of a column.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from itertools import repeat
from threading import RLock
from typing import Any, Self
from weakref import ref

from nlpdata._optional import load
from nlpdata.formats.base import NoCollection, as_rows


class Views(Sequence[Any]):
    """The rows ``whole[0], whole[1], ...`` of a tensor, cut apart when one of them is asked for."""

    __slots__ = ("_rows", "whole")

    def __init__(self, whole: Any) -> None:
        self.whole = whole
        self._rows: Sequence[Any] = ()

    def cut(self) -> Sequence[Any]:
        """The rows, the same objects each time."""
        if not self._rows:
            self._rows = self.whole.unbind()
        return self._rows

    def __len__(self) -> int:
        return len(self.whole)

    def __getitem__(self, i: Any) -> Any:
        return self.cut()[i]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.cut())


class _Fetch:
    """The columns of rows that were fetched together; ``untouched`` until one of the rows is looked into."""

    __slots__ = ("_lock", "columns", "rows", "untouched")

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        self.columns, self.untouched, self._lock = columns, True, RLock()
        self.rows: Callable[[], Rows | None] = lambda: None  # a weak reference: else batches would be circles

    def fill(self, row: Filled) -> None:
        """Put the values into a row, and into the others too where their list is still there: together they take less."""
        with self._lock:
            if type(row) is not Row:
                return
            self.untouched = False
            found = self.rows()
            fetched: tuple[Filled, ...] = (row,) if found is None else found.fetched
            for name, column in self.columns.items():
                values = (column[row.index],) if found is None else column
                deque(map(dict.__setitem__, fetched, repeat(name), values), 0)
            for one in fetched:
                one.__class__ = Filled  # last: until now other threads wait above
            if found is not None:
                self.columns = {}


class Filled(dict[str, Any]):
    """A fetched row that was looked into: a dict like any other. Copied or sent elsewhere, it is one."""

    __slots__ = ("fetch", "index")
    fetch: _Fetch
    index: int

    def __reduce_ex__(self, protocol: Any) -> Any:
        return dict, (dict(self),)


class Row(Filled):
    """A fetched row nobody has looked into. Whatever is done with it fills it first, and makes it a :class:`Filled`.

    Until then its values, which only C code that does not ask the class can see, are no values but what they are made of:
    such code finds something it cannot use, not something wrong.
    """

    __slots__ = ()


def _filling(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method of dict for rows that may have to be filled first."""

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        for one in args:
            if type(one) is Row:
                _fill(one)
        return method(*args, **kwargs)

    return call


def _fill(row: Filled) -> None:
    fetch = getattr(row, "fetch", None)
    if fetch is not None:
        fetch.fill(row)
    else:  # made by someone else: type(row)({...})
        row.__class__ = Filled


for _name, _method in vars(dict).items():
    if callable(_method) and _name not in ("__new__", "__init__", "__getattribute__", "__class_getitem__", "fromkeys"):
        setattr(Row, _name, _filling(_method))


class Rows(list[Any]):
    """Fetched rows. Copied or sent elsewhere, it is a list."""

    __slots__ = ("__weakref__", "_fetch", "fetched")

    def __init__(self, rows: Iterable[Any] = ()) -> None:
        super().__init__(rows)
        self.fetched: tuple[Any, ...] = ()
        self._fetch: _Fetch | None = None

    @classmethod
    def of(cls, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> list[dict[str, Any]] | Self:
        """The rows that some columns make."""
        if not any(isinstance(column, Views) for column in columns):
            return as_rows(names, columns)
        fetch = _Fetch(dict(zip(names, columns, strict=True)))
        unfilled = dict.fromkeys(names, fetch)
        with NoCollection():
            made = cls([Row(unfilled) for _ in range(len(columns[0]))])
        for index, row in enumerate(made):
            row.index, row.fetch = index, fetch
        made.fetched, made._fetch, fetch.rows = tuple(made), fetch, ref(made)
        return made

    def columns(self) -> Mapping[str, Sequence[Any]] | None:
        """What the rows are made of; None if these are not all rows as they were fetched."""
        if self._fetch is None or not self._fetch.untouched or len(self) != len(self.fetched):
            return None
        return self._fetch.columns if all(map(operator.is_, self, self.fetched)) else None

    def __reduce_ex__(self, protocol: Any) -> Any:
        return list, (list(self),)


def register() -> None:
    """Tell torch how a :class:`Row` is collated, and that rows are dicts and lists for what walks through nested values."""
    registry = getattr(load("torch.utils.data._utils.collate", "torch"), "default_collate_fn_map", None)
    trees = load("torch.utils._pytree", "torch")
    for kind in (Row, Filled):
        if registry is not None:  # since torch 2.0; before, rows are collated as any dicts are
            registry.setdefault(kind, _collate)
        if kind not in getattr(trees, "SUPPORTED_NODES", {kind: None}):
            trees.register_pytree_node(kind, lambda row: (list(row.values()), list(row)), _as_dict)
    if Rows not in getattr(trees, "SUPPORTED_NODES", {Rows: None}):
        trees.register_pytree_node(Rows, lambda rows: (list(rows), None), lambda rows, _: list(rows))


def _as_dict(values: Iterable[Any], names: list[str]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def _collate(batch: Sequence[Any], *, collate_fn_map: Any = None) -> dict[str, Any]:
    torchs = load("torch.utils.data._utils.collate", "torch")
    # Someone's own way of collating tensors comes first.
    usual = collate_fn_map is not None and collate_fn_map.get(load("torch", "torch").Tensor) is torchs.collate_tensor_fn
    columns = batch.columns() if usual and isinstance(batch, Rows) else None
    found = {}
    for name in batch[0] if columns is None else columns:
        column = [row[name] for row in batch] if columns is None else columns[name]
        if isinstance(column, Views):
            found[name] = column.whole.clone()  # a row that is kept does not change with the batch
        else:
            found[name] = torchs.collate(column, collate_fn_map=collate_fn_map)
    return found
