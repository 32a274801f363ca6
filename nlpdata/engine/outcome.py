"""From the parts that tasks wrote to the columns of a result: which are stored, which stay, which rows are still to fill.

Knows: the notes of all tasks (``changes``). Does not know: how tasks are run or committed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.engine.plan import ERROR_COLUMN, Map, Source
from nlpdata.errors import UnknownColumnError, unknown
from nlpdata.features import Features, cast_array, from_arrow_field, to_arrow_type, widen
from nlpdata.store.group import ColumnGroup, TableGroup
from nlpdata.store.selection import Range, Rows
from nlpdata.store.view import View

_FILL_ROWS = 65_536


@dataclass(frozen=True)
class Shape:
    """What the result of a map consists of. Goes into the manifest, so that a cached result needs no notes.

    Attributes:
        names: its columns, in order.
        stored: those that are in the new group.
        aligned: whether row i of the result is row i of the source, so that other columns can stay where they are.
        num_rows: how many rows.
        failed: rows of the result for which the function failed: (first row, how many, row of the source, error).
    """

    names: tuple[str, ...]
    stored: tuple[str, ...]
    aligned: bool
    num_rows: int
    failed: tuple[tuple[int, int, int, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        made = {"names": self.names, "stored": self.stored, "aligned": self.aligned, "num_rows": self.num_rows}
        return {**made, "failed": self.failed} if self.failed else made

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Shape:
        """From what :meth:`to_dict` gave."""
        failed = tuple((at, count, row, text) for at, count, row, text in value.get("failed", ()))
        return cls(tuple(value["names"]), tuple(value["stored"]), value["aligned"], value["num_rows"], failed)

    @classmethod
    def of(cls, source: Source, step: Map, notes: Sequence[Mapping[str, Any]]) -> Shape | None:
        """The shape that the notes of all tasks add up to; None if the function never returned anything.

        Raises:
            UnknownColumnError: the declared features name a column that the result lacks, or lack one that it has.
        """
        if not any(note["returned"] for note in notes):
            return None
        gone = set.intersection(*(set(note["gone"]) for note in notes))
        written = [name for name in dict.fromkeys(n for note in notes for n in note["since"]) if name not in gone]
        kept = [name for name in source.view.order if name not in step.remove_columns and name not in gone]
        aligned = all(note["aligned"] for note in notes)
        stored = written if aligned else [*written, *(name for name in kept if name not in written)]
        old = [name for name in source.view.order if name in kept or name in stored]
        names = [*old, *(name for name in stored if name not in old)]
        if step.features is not None:
            _check_declared(step.features, names)
            names = list(step.features)
        return cls(tuple(names), tuple(stored), aligned, sum(note["rows"] for note in notes), _failed(notes))

    def lacks(self, source: Source, step: Map, rows: range, note: Mapping[str, Any]) -> dict[str, int]:
        """Stored columns that a task did not write for its first rows -> how many rows; empty if its part is complete."""
        lacking = {}
        for name in self.stored:
            first = note["since"].get(name)
            from_source = name in source.view.order and name not in step.remove_columns
            if first is None or (from_source and first > rows.start):
                lacking[name] = note["rows"] if first is None else first - rows.start
        # What is missing entirely becomes null by itself, as long as the part has its rows in some column.
        trivial = bool(note["since"]) and not any(n in source.view.order and n not in step.remove_columns for n in lacking)
        return {} if trivial else lacking

    def view(self, source: Source, group: ColumnGroup) -> View:
        """The result: the new group beside the columns that stay."""
        if not self.aligned or set(self.stored) == set(self.names):
            view = View.of(group) if self.stored else View.empty(self.num_rows)
            return view.pick(self.names)
        base = source.view.pick([name for name in source.view.order if name in self.names])
        return (base.with_columns(group, self.stored) if self.stored else base).pick(self.names)

    def features(self, source: Source, step: Map, schema: pa.Schema) -> Features:
        """The features of stored columns with these types: declared, as they were, or as the types say."""
        found = Features()
        for field in schema:
            known = (step.features or {}).get(field.name)
            if known is None and (step.try_original_type or not self.aligned):
                known = source.features.get(field.name)
            fits = known is not None and to_arrow_type(known) == field.type
            found[field.name] = known if fits else from_arrow_field(field)
        return found

    def all_features(self, source: Source, step: Map, stored: Features) -> Features:
        """The features of the whole result."""
        declared = Features() if step.features is None else step.features
        return Features(
            {n: stored[n] if n in self.stored else declared[n] if n in declared else source.features[n] for n in self.names}
        )


def _failed(notes: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, int, int, str], ...]:
    found, before = [], 0
    for note in notes:
        found += [(before + at, count, row, text) for at, count, row, text in note.get("failed", ())]
        before += note["rows"]
    return tuple(found)


def without_failed(view: View, shape: Shape) -> View:
    """The rows for which the function did not fail."""
    good = np.ones(view.num_rows, np.bool_)
    for at, count, _, _ in shape.failed:
        good[at : at + count] = False
    return view.select(Rows(np.flatnonzero(good)))


def errors_told(view: View, shape: Shape) -> View:
    """The same rows with one more column: the error of those for which the function failed."""
    texts: list[str | None] = [None] * view.num_rows
    for at, count, row, text in shape.failed:
        texts[at : at + count] = [f"row {row:,}: {text}" if count == 1 else f"rows {row:,}..{row + count:,}: {text}"] * count
    return view.with_columns(TableGroup(pa.table({ERROR_COLUMN: pa.array(texts, pa.string())})))


def _check_declared(declared: Features, names: Sequence[str]) -> None:
    for name in names:
        if name not in declared:
            raise unknown(
                UnknownColumnError, "feature for the column", name, declared, "Declare it, or name it in remove_columns."
            )
    for name in declared:
        if name not in names:
            raise unknown(
                UnknownColumnError, "column", name, names, "The function does not return it: leave it out of features."
            )


def fill(
    source: Source, step: Map, first_row: int, lacking: Mapping[str, int], count: int, read: Callable[[int, int], pa.Table]
) -> Iterator[pa.Table]:
    """The rows of a task again, with what it did not write taken from the source, or null where that column is removed.

    Args:
        source: what the step was done to.
        step: the step.
        first_row: the task's first row.
        lacking: column -> how many of the first rows lack it.
        count: how many rows the task wrote.
        read: gives rows of what the task wrote.
    """
    kept = frozenset(source.view.order).difference(step.remove_columns)
    for start in range(0, count, _FILL_ROWS):
        stop = min(start + _FILL_ROWS, count)
        written = read(start, stop)
        columns = dict(zip(written.column_names, written.columns, strict=True))
        for name, missing in lacking.items():
            split = min(max(missing, start), stop)
            parts: list[Any] = []
            if split > start and name in kept:
                parts.append(source.view.pick([name]).slice(first_row + start, first_row + split).column(name))
            elif split > start:
                parts.append(pa.nulls(split - start))
            if stop > split:
                parts.append(columns[name].slice(split - start))
            columns[name] = _joined(parts, name)
        yield pa.table(columns)


def _joined(parts: Sequence[Any], name: str) -> pa.ChunkedArray:
    kind = parts[0].type
    for part in parts[1:]:
        kind = widen(kind, part.type)
    cast = [part if part.type == kind else cast_array(part, kind, column=name) for part in parts]
    chunks = [chunk for part in cast for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])]
    return pa.chunked_array(chunks, type=kind)


def kept_rows(numbers: pa.ChunkedArray, num_rows: int) -> Range | Any:
    """The selection of rows whose numbers are listed in increasing order; None for all of ``num_rows``."""
    count = len(numbers)
    if count == num_rows:
        return None
    if count == 0:
        return Range(0, 0)
    array = numbers.chunk(0) if numbers.num_chunks == 1 else numbers.combine_chunks()
    values = array.to_numpy(zero_copy_only=False)
    first, last = int(values[0]), int(values[-1])
    return Range(first, last + 1) if last - first == count - 1 else values
