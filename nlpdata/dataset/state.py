"""The value that a dataset is: a view with its features, its description, its format and its lineage.

Knows: how format and description follow when columns change. Does not know: any operation.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nlpdata.cache.key import Lineage
from nlpdata.errors import ArgumentError, KeyingError
from nlpdata.features import Features
from nlpdata.formats.base import FORMATS, FormatSpec, get_formatter
from nlpdata.info import DatasetInfo
from nlpdata.ops.columns import as_names, check_known
from nlpdata.splits import NamedSplit
from nlpdata.store.view import View


@dataclass(frozen=True)
class State:
    """All there is to a dataset; a dataset is a name for one of these.

    Args:
        view: the rows and columns.
        features: the type of each column, in the order of the view's columns.
        info: the description. Its ``features`` are those above.
        split: the name of the split, if it is one.
        format: what rows and columns are given out as.
        lineage: how the data came about; names results derived from it.
    """

    view: View
    features: Features
    info: DatasetInfo
    split: NamedSplit | None
    format: FormatSpec
    lineage: Lineage

    @classmethod
    def of(
        cls,
        view: View,
        features: Features,
        info: DatasetInfo | None = None,
        split: str | None = None,
        format: FormatSpec | None = None,
        lineage: Lineage | None = None,
    ) -> State:
        """A state from its parts; the lineage is, unless it is given, the content itself (hashed when first asked for)."""
        return cls(
            view=view,
            features=_in_order(features, view.column_names),
            info=_described(info or DatasetInfo(), features),
            split=None if split is None else split if isinstance(split, NamedSplit) else NamedSplit(split),
            format=format or FormatSpec(),
            lineage=lineage or Lineage.of(view.content_key),
        )

    def derived(
        self, view: View, lineage: Lineage, features: Features | None = None, format: FormatSpec | None = None
    ) -> State:
        """The state after an operation.

        Args:
            view: the new rows and columns.
            lineage: how they came about.
            features: their types; None if no column changed.
            format: the new format; None lets the old one follow the columns.
        """
        if features is None:
            return replace(self, view=view, lineage=lineage, info=copy.copy(self.info))
        return replace(
            self,
            view=view,
            features=_in_order(features, view.column_names),
            info=_described(self.info, features),
            format=format or followed(self.format, list(self.features), list(features)),
            lineage=lineage,
        )

    def key(self) -> str:
        """A name for the data: that of its lineage, or of the content where a step on the way has no key."""
        try:
            return self.lineage.key()
        except KeyingError:
            return self.view.content_key()

    @property
    def shown_columns(self) -> list[str]:
        """The columns that the format gives out formatted, in the order of the view."""
        if self.format.columns is None:
            return list(self.features)
        return [name for name in self.features if name in self.format.columns]


def named(state: State, key: str | None) -> State:
    """The same state under a key that the user gives; None leaves it its own."""
    return state if key is None else replace(state, lineage=Lineage.named(key))


def followed(spec: FormatSpec, old: Iterable[str], new: Iterable[str]) -> FormatSpec:
    """A format after columns came or went: a new column joins, one that was left out stays out.

    >>> followed(FormatSpec(columns=("a",)), ["a", "b"], ["a", "b", "c"]).columns
    ('a', 'c')
    """
    if spec.columns is None:
        return spec
    left_out = set(old) - set(spec.columns)
    return replace(spec, columns=tuple(name for name in new if name not in left_out))


def renamed(spec: FormatSpec, mapping: Mapping[str, str]) -> FormatSpec:
    """A format after columns were renamed."""
    if spec.columns is None:
        return spec
    return replace(spec, columns=tuple(mapping.get(name, name) for name in spec.columns))


def format_spec(
    known: Sequence[str],
    type: str | None,
    columns: str | Iterable[str] | None,
    output_all_columns: bool,
    kwargs: Mapping[str, Any],
) -> FormatSpec:
    """A format as users ask for it, checked.

    Raises:
        UnknownFormatError: there is no such format.
        UnknownColumnError: there is no such column.
        ArgumentError: the same column twice, or an option that the format does not have.
        MissingPackageError: the format's library is not installed.
    """
    canonical = None if type is None else FORMATS.canonical(type)
    names = None
    if columns is not None:
        names = as_names(columns) or ()
        check_known(names, known)
        if len(set(names)) != len(names):
            raise ArgumentError(f"A column is named twice in the format: {list(names)}.")
    get_formatter(FormatSpec(canonical, kwargs=dict(kwargs)), None)  # refuses options now, not at the first row
    return FormatSpec(canonical, names, output_all_columns, dict(kwargs))


def _in_order(features: Features, names: Sequence[str]) -> Features:
    if list(features) == list(names):
        return features.copy()  # what a user does to the given ones later is not about this dataset
    if set(features) != set(names):
        raise ArgumentError(f"The features name the columns {list(features)}, but the data has {list(names)}.")
    return Features({name: features[name] for name in names})


def _described(info: DatasetInfo, features: Features) -> DatasetInfo:
    described = copy.copy(info)
    described.features = features.copy()
    return described
