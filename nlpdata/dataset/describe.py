"""What a dataset says about itself: shape, columns, format, the fields of its description, and its repr.

Knows: features, info and where files lie. Does not know: rows.
"""

from __future__ import annotations

import os
from typing import Any

import pyarrow as pa

from nlpdata._info_field import InfoField
from nlpdata.dataset import exports
from nlpdata.dataset.held import Held
from nlpdata.dataset.state import State
from nlpdata.features import Features, FeatureType, Value
from nlpdata.info import DatasetInfo
from nlpdata.splits import NamedSplit
from nlpdata.store.residency import Memory

_SHOWN_COLUMNS = 40
_SHOWN_WIDTH = 100


class Described(Held):
    """What there is, and the fields of the dataset's :class:`nlpdata.DatasetInfo`, as properties."""

    def __repr__(self) -> str:
        return describe(self._state)

    def __len__(self) -> int:
        return self._state.view.num_rows

    @property
    def data(self) -> pa.Table:
        """All rows as an Arrow table; memory-mapped where they need not be gathered."""
        return exports.whole(self._state)

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in order."""
        return list(self._state.features)

    @property
    def num_columns(self) -> int:
        """How many columns there are."""
        return len(self._state.features)

    @property
    def num_rows(self) -> int:
        """How many rows there are."""
        return self._state.view.num_rows

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.num_rows, self.num_columns

    @property
    def cache_files(self) -> list[dict[str, str]]:
        """The Arrow files that rows are read from: ``[{"filename": path}]``; empty for a dataset in memory."""
        return [{"filename": file} for file in self._state.view.files]

    def memory(self) -> Memory:
        """What the data takes: anonymous memory, bytes of its files, and how many of these are in memory now.

        Reads no row. For the whole process see :func:`nlpdata.store.residency.process_memory`.
        """
        return self._state.view.memory()

    @property
    def format(self) -> dict[str, Any]:
        """The format: ``type``, ``format_kwargs``, ``columns``, ``output_all_columns``."""
        spec = self._state.format
        columns = self.column_names if spec.columns is None else list(spec.columns)
        described = {"type": spec.type, "format_kwargs": dict(spec.kwargs), "columns": columns}
        return described | {"output_all_columns": spec.output_all_columns}

    @property
    def info(self) -> DatasetInfo:
        """The description: texts, features, splits, sizes, version."""
        return self._state.info

    @property
    def split(self) -> NamedSplit | None:
        """The name of the split that this is, if it is one."""
        return self._state.split

    @property
    def features(self) -> Features:
        """The type of each column, in their order; a copy, for :meth:`cast` and the like."""
        return self._state.features.copy()

    builder_name = InfoField[str | None]("The name of the loader's builder.")
    citation = InfoField[str]("How to cite the data.")
    config_name = InfoField[str | None]("The name of the configuration.")
    dataset_size = InfoField[int | None]("Bytes of all splits.")
    description = InfoField[str]("What the data is.")
    download_checksums = InfoField[Any]("Sizes and hashes of the downloads, by URL.")
    download_size = InfoField[int | None]("Bytes downloaded.")
    homepage = InfoField[str]("Where the data is presented.")
    license = InfoField[str]("The terms of use.")
    size_in_bytes = InfoField[int | None]("Bytes downloaded and prepared together.")
    supervised_keys = InfoField[Any]("Input and output column of the task, where declared.")
    version = InfoField[Any]("The version of the data.")


def describe(state: State, indent: str = "") -> str:
    """A dataset in some lines: columns with types, rows, format, split, and where the rows lie.

    Nothing is read.
    """
    features = list(state.features.items())
    lines = ["features:" if features else "features: none"]
    lines += [f"    {name}: {_type_name(feature)}" for name, feature in features[:_SHOWN_COLUMNS]]
    if len(features) > _SHOWN_COLUMNS:
        lines.append(f"    ... ({len(features)} columns in all)")
    lines.append(f"num_rows: {state.view.num_rows}")
    if state.format.type is not None or state.format.columns is not None:
        lines.append(f"format: {_format_name(state)}")
    lines.append(f"stored: {_place(state)}")
    return "Dataset({\n" + "".join(f"{indent}    {line}\n" for line in lines) + indent + "})"


def _type_name(feature: FeatureType) -> str:
    text = feature.dtype if isinstance(feature, Value) else repr(feature)
    return text if len(text) <= _SHOWN_WIDTH else f"{text[: _SHOWN_WIDTH - 4]} ..."


def _format_name(state: State) -> str:
    text = state.format.type or "python"
    if state.format.columns is not None:
        text += f", columns {state.shown_columns}"
    return f"{text}, the other columns as python" if state.format.output_all_columns else text


def _place(state: State) -> str:
    folders = sorted({os.path.dirname(file) for file in state.view.files})
    if not folders:
        return "in memory"
    more = f" and {len(folders) - 1} more" if len(folders) > 1 else ""
    return f"{folders[0]}{more}"
