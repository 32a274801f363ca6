"""What is to be done to rows: steps that refuse bad input when they are made, and the rows they are done to.

Knows: the options of ``map`` and ``filter`` and what they mean. Does not know: how, where and when a step is run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlpdata.cache.key import Lineage, content_key
from nlpdata.errors import ArgumentError, UnknownColumnError, unknown
from nlpdata.features import Features, check_on_mixed_types
from nlpdata.formats import FormatSpec
from nlpdata.store.view import View

ERROR_COLUMN = "_error"
"""Where ``on_error="collect"`` tells the error of a row; null for rows without one."""


@dataclass(frozen=True)
class Source:
    """The rows a step is done to.

    Attributes:
        view: the rows.
        features: what its columns hold.
        format: how a function sees them. All columns are shown, also those that the format leaves out.
        lineage: names the content of ``view``.
        split: name of the split, for messages.
        numbers: what functions are told as the rows' numbers; None for their places in ``view``.
    """

    view: View
    features: Features
    format: FormatSpec
    lineage: Lineage
    split: str | None = None
    numbers: Sequence[int] | None = None


def _same(row: Any) -> Any:
    return row


def _truth(row: Any) -> bool:
    return bool(row)


@dataclass(frozen=True)
class Step:
    """A function and how it is called; what ``Map`` and ``Filter`` share.

    Attributes:
        function: called with a row, or a batch if ``batched``.
        batched: whether it takes batches.
        batch_size: rows in a batch; None is one batch of all rows.
        with_indices: also give the row number, or the list of them.
        with_rank: also give the number of the worker.
        input_columns: give the values of these columns, each as an argument, instead of the row.
        fn_kwargs: further arguments by name.
        on_error: what an exception of the function does. ``"raise"`` ends the work; ``"skip"`` leaves the row (or batch) out
            of the result; ``"collect"`` (of a map) keeps the row as it was and tells the error in a column ``ERROR_COLUMN``.

    Raises:
        ArgumentError: an option that cannot be meant.
    """

    function: Callable[..., Any] | None = None
    batched: bool = False
    batch_size: int | None = 1000
    with_indices: bool = False
    with_rank: bool = False
    input_columns: tuple[str, ...] | None = None
    fn_kwargs: Mapping[str, Any] = field(default_factory=dict)
    on_error: str = "raise"

    def __post_init__(self) -> None:
        if self.function is None:
            object.__setattr__(self, "function", self._default())
        if not callable(self.function):
            raise ArgumentError(f"function is {self.function!r}, which cannot be called. Give a function of a row or batch.")
        size = self.batch_size
        if size is not None and (isinstance(size, bool) or not hasattr(size, "__index__")):
            raise ArgumentError(f"batch_size is {size!r}. Give a number of rows, or None for one batch of all rows.")
        object.__setattr__(self, "batch_size", None if size is None or size <= 0 else int(size))
        object.__setattr__(self, "input_columns", _names("input_columns", self.input_columns))
        if self.fn_kwargs is not None and not isinstance(self.fn_kwargs, Mapping):
            raise ArgumentError(f"fn_kwargs is {self.fn_kwargs!r}. Give a dict of argument names to values.")
        object.__setattr__(self, "fn_kwargs", dict(self.fn_kwargs or {}))
        if self.on_error not in self._error_modes():
            modes = " or ".join(repr(mode) for mode in self._error_modes())
            raise ArgumentError(f"on_error is {self.on_error!r} for {self.label}. Use {modes}.")

    @classmethod
    def _error_modes(cls) -> tuple[str, ...]:
        return ("raise", "skip")

    @classmethod
    def _default(cls) -> Callable[..., Any]:
        return _same

    @property
    def label(self) -> str:
        """The step as messages call it: ``map(tokenize)``."""
        function = self.function
        return f"{type(self).__name__.lower()}({getattr(function, '__name__', None) or type(function).__name__})"

    def check(self, source: Source) -> None:
        """See whether the step can be done to these rows.

        Raises:
            UnknownColumnError: it names a column they do not have.
        """
        self._check_names("input column", self.input_columns, source)

    @staticmethod
    def _check_names(what: str, names: Sequence[str] | None, source: Source) -> None:
        for name in names or ():
            if name not in source.view.order:
                raise unknown(UnknownColumnError, what, name, source.view.order)

    def settings(self) -> dict[str, Any]:
        """The options that bear on the result, by name."""
        made = {
            "step": type(self).__name__,
            "batched": self.batched,
            "batch_size": self.batch_size if self.batched else None,
            "with_indices": self.with_indices,
            "with_rank": self.with_rank,
            "input_columns": self.input_columns,
            "fn_kwargs": dict(self.fn_kwargs),
        }
        return made if self.on_error == "raise" else {**made, "on_error": self.on_error}

    def key(self) -> str:
        """A key of the function and the options that bear on the result.

        Raises:
            KeyingError: the function or an argument has no stable key.
        """
        return content_key({"function": content_key(self.function), **self.settings()})

    def __nlpdata_key__(self) -> str:
        return self.key()


@dataclass(frozen=True)
class Map(Step):
    """Rows made from rows: the function's result is merged into the row or batch.

    Attributes:
        drop_last_batch: leave out a last batch of fewer rows than ``batch_size``.
        remove_columns: columns that the result lacks, unless the function returns them.
        features: the features of the result; None keeps them and infers those of new columns.
        on_mixed_types: ``"use_json"`` makes a column JSON whose values in a batch have no common type; None refuses them.
        try_original_type: bring a column that is replaced back to the type it had, where all values allow it.
    """

    drop_last_batch: bool = False
    remove_columns: tuple[str, ...] = ()
    features: Features | None = None
    try_original_type: bool = True
    on_mixed_types: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_on_mixed_types(self.on_mixed_types)
        object.__setattr__(self, "remove_columns", _names("remove_columns", self.remove_columns) or ())
        if self.features is not None and not isinstance(self.features, Features):
            object.__setattr__(self, "features", Features(self.features))

    @classmethod
    def _error_modes(cls) -> tuple[str, ...]:
        return ("raise", "skip", "collect")

    def check(self, source: Source) -> None:
        """See whether the step can be done to these rows.

        Raises:
            UnknownColumnError: it names a column they do not have.
            ArgumentError: errors are collected, and there is a column of that name.
        """
        super().check(source)
        self._check_names("column to remove", self.remove_columns, source)
        if self.on_error == "collect" and ERROR_COLUMN in source.view.order:
            raise ArgumentError(f"on_error='collect' adds a column {ERROR_COLUMN!r}, but there is one. Rename or remove it.")

    def settings(self) -> dict[str, Any]:
        """The options that bear on the result, by name."""
        made = {
            **super().settings(),
            "drop_last_batch": self.drop_last_batch and self.batched,
            "remove_columns": self.remove_columns,
            "try_original_type": self.try_original_type,
            "features": self.features,
        }
        return made if self.on_mixed_types is None else {**made, "on_mixed_types": self.on_mixed_types}


@dataclass(frozen=True)
class Filter(Step):
    """Rows for which the function is true; it returns a truth value, or a list of them if ``batched``."""

    @classmethod
    def _default(cls) -> Callable[..., Any]:
        return _truth


def _names(what: str, names: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    found = (names,) if isinstance(names, str) else tuple(names)
    for name in found:
        if not isinstance(name, str):
            raise ArgumentError(f"{what} has {name!r}. Give the names of columns.")
    return found
