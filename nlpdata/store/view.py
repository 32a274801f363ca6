"""View: column groups side by side, each with a selection of its rows. What every dataset is underneath.

Knows: which column comes from which group, and which rows. Does not know: features, formats, functions, the cache.
Making one view from another writes and copies no data.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import xxhash

from nlpdata.errors import ArgumentError, UnknownColumnError, unknown
from nlpdata.settings import settings
from nlpdata.store.group import ColumnGroup, StackGroup, split_table
from nlpdata.store.residency import Memory, resident_bytes
from nlpdata.store.selection import Positions, Range, Rows, Selection, as_selection, check_position, compose

_FIRST_SLICE_ROWS = 1024
_MOST_GROWTH = 16
_NEAR_ROWS = 64
_BEHIND_ROWS = 2**20  # how far back a pass looks for record batches that it is done with


@dataclass(frozen=True, slots=True)
class Part:
    """Some columns of a view: where they are stored, which rows, and column name -> stored name."""

    group: ColumnGroup
    selection: Selection
    columns: Mapping[str, str]


class _Source(NamedTuple):
    """A part as it is read: the stored names in the order of the view."""

    group: ColumnGroup
    selection: Selection
    start: int  # first row of the group, or -1 where the rows do not follow each other
    stored: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """A table that is put together when it is read: row i is row ``selection(i)`` of each part's group.

    Args:
        parts: the column groups; each column belongs to exactly one.
        order: the column names, in order.
        num_rows: how many rows, also where there is no column.

    Raises:
        ArgumentError: names or numbers of rows do not fit together.
    """

    parts: tuple[Part, ...]
    order: tuple[str, ...]
    num_rows: int

    def __post_init__(self) -> None:
        owned = [name for part in self.parts for name in part.columns]
        if len(owned) != len(self.order) or set(owned) != set(self.order) or len(set(owned)) != len(owned):
            raise ArgumentError(
                f"The columns {list(self.order)} and those of the parts {owned} differ, or a name occurs twice."
            )
        for part in self.parts:
            if len(part.selection) != self.num_rows:
                raise ArgumentError(f"A part has {len(part.selection):,} rows. Expected {self.num_rows:,}.")

    def __reduce__(self) -> tuple[Any, ...]:
        return View, (self.parts, self.order, self.num_rows)  # without what was worked out meanwhile

    # --- making ---

    @classmethod
    def of(cls, group: ColumnGroup) -> View:
        """All rows and columns of a group."""
        names = tuple(group.schema.names)
        parts = (Part(group, Range(0, group.num_rows), {n: n for n in names}),) if names else ()
        return cls(parts, names, group.num_rows)

    @classmethod
    def empty(cls, num_rows: int = 0) -> View:
        """Rows without any column."""
        return cls((), (), num_rows)

    def select(self, selection: Selection) -> View:
        """The rows that ``selection`` chooses, in its order. Reads no data; allocates at most one row list.

        Raises:
            IndexError: a range leaves the rows of the view. (Row lists are checked when they are read.)
        """
        if isinstance(selection, Range) and len(selection):
            for end in (selection.start, selection.at(len(selection) - 1)):
                if not 0 <= end < self.num_rows:
                    check_position(self.num_rows if end < 0 else end, self.num_rows)
        composed: list[tuple[Selection, Selection]] = []  # parts that share a selection keep sharing it
        parts = []
        for part in self.parts:
            found = next((new for old, new in composed if _same(old, part.selection)), None)
            if found is None:
                found = compose(selection, part.selection)
                composed.append((part.selection, found))
            parts.append(Part(part.group, found, part.columns))
        return View(tuple(parts), self.order, len(selection))

    def pick(self, names: Sequence[str]) -> View:
        """Only the named columns, in the order named.

        Raises:
            UnknownColumnError: there is no such column.
            ArgumentError: a name is given twice.
        """
        wanted = tuple(names)
        if wanted == self.order:
            return self
        self._check(names)
        if len(set(wanted)) < len(wanted):
            raise ArgumentError(f"A column is named twice: {list(wanted)}.")
        keep = set(wanted)
        parts = [Part(p.group, p.selection, {k: v for k, v in p.columns.items() if k in keep}) for p in self.parts]
        return View(tuple(p for p in parts if p.columns), wanted, self.num_rows)

    def drop(self, names: Sequence[str]) -> View:
        """All columns but the named ones.

        Raises:
            UnknownColumnError: there is no such column.
        """
        self._check(names)
        gone = set(names)
        return self.pick([n for n in self.order if n not in gone])

    def rename(self, mapping: Mapping[str, str]) -> View:
        """The same columns under new names, old name -> new name.

        Raises:
            UnknownColumnError: there is no such column.
            ArgumentError: two columns would have the same name.
        """
        self._check(tuple(mapping))
        order = tuple(mapping.get(n, n) for n in self.order)
        if len(set(order)) < len(order):
            twice = sorted({n for n in order if order.count(n) > 1})
            raise ArgumentError(f"Two columns would be called {', '.join(map(repr, twice))}. Choose other names.")
        parts = [Part(p.group, p.selection, {mapping.get(k, k): v for k, v in p.columns.items()}) for p in self.parts]
        return View(tuple(parts), order, self.num_rows)

    def with_columns(self, group: ColumnGroup, names: Sequence[str] | None = None) -> View:
        """The columns of ``group`` added: a name that exists is replaced in its place, new names go last.

        Args:
            group: has the rows of this view, in its order.
            names: which of its columns; None for all.

        Raises:
            ArgumentError: the numbers of rows differ.
            UnknownColumnError: the group has no such column.
        """
        if group.num_rows != self.num_rows:
            raise ArgumentError(f"Columns of {group.num_rows:,} rows do not fit beside {self.num_rows:,} rows.")
        known = group.schema.names
        added = tuple(known if names is None else names)
        for name in added:
            if name not in known:
                raise unknown(UnknownColumnError, "column", name, known)
        if not added:
            return self
        kept = self.drop([n for n in added if n in self.order])
        part = Part(group, Range(0, self.num_rows), {n: n for n in added})
        order = self.order + tuple(n for n in added if n not in self.order)
        return View((*kept.parts, part), order, self.num_rows)

    @classmethod
    def stack(cls, views: Sequence[View]) -> View:
        """The rows of several views, one view above the next. Reads no data.

        Raises:
            ArgumentError: no view, or names, types or order of the columns differ.
        """
        flat: list[View] = []
        for view in views:
            flat.extend(_stacked(view))
        if len(flat) == 1:
            return flat[0]
        if flat and not flat[0].order and not any(v.order for v in flat):
            return cls.empty(sum(v.num_rows for v in flat))
        return cls.of(StackGroup(flat))

    @classmethod
    def beside(cls, views: Sequence[View]) -> View:
        """The columns of several views of equal length, side by side. Reads no data.

        Raises:
            ArgumentError: no view, the numbers of rows differ, or two columns have the same name.
        """
        if not views:
            raise ArgumentError("Nothing to put side by side: give at least one view.")
        if len({v.num_rows for v in views}) > 1:
            raise ArgumentError(f"Only views of equal length go side by side, these have {[v.num_rows for v in views]} rows.")
        order = tuple(n for v in views for n in v.order)
        if len(set(order)) < len(order):
            twice = sorted({n for n in order if order.count(n) > 1})
            raise ArgumentError(f"Two views have a column called {', '.join(map(repr, twice))}. Rename or remove one.")
        return cls(tuple(p for v in views for p in v.parts), order, views[0].num_rows)

    # --- describing ---

    @property
    def column_names(self) -> list[str]:
        """The column names, in order."""
        return list(self.order)

    @cached_property
    def schema(self) -> pa.Schema:
        """Names and types, without metadata of the whole schema; that of fields is kept. Reads no row."""
        fields = {name: p.group.schema.field(stored).with_name(name) for p in self.parts for name, stored in p.columns.items()}
        return pa.schema([fields[name] for name in self.order])

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of the data files that the columns come from, each once."""
        return tuple(dict.fromkeys(f for p in self.parts for f in p.group.files))

    @property
    def nbytes(self) -> int:
        """About how many bytes the rows take as stored: each group's bytes by its share of rows and columns."""
        total = 0.0
        for part in self.parts:
            rows = len(part.selection) / part.group.num_rows if part.group.num_rows else 0.0
            total += part.group.nbytes * rows * len(part.columns) / max(1, len(part.group.schema))
        return int(total)

    def content_key(self) -> str:
        """A key of the columns and rows, the same in any process. Hashes row lists, and tables in memory, once."""
        return self._key

    @cached_property
    def _key(self) -> str:
        hasher = xxhash.xxh3_128(f"view:{self.num_rows}:{self.order!r}".encode())
        for part in self.parts:
            columns = sorted(part.columns.items())
            hasher.update(f"\0{part.group.content_key()}\0{part.selection.content_key()}\0{columns!r}".encode())
        return str(hasher.hexdigest())

    # --- reading ---

    def take(self, rows: Any) -> pa.Table:
        """The rows listed, in that order.

        Args:
            rows: one integer, or what :func:`~nlpdata.store.selection.as_selection` reads. Negative ones count from the end.

        Raises:
            IndexError: a row is out of range.
        """
        if isinstance(rows, int):
            return self._row(check_position(rows, self.num_rows))
        if isinstance(rows, np.ndarray) and len(rows) == 1 and rows.dtype.kind in "iu" and rows.ndim == 1:
            return self._row(check_position(int(rows[0]), self.num_rows))
        return self.gather(as_selection(rows, self.num_rows))

    def gather(self, selection: Selection) -> pa.Table:
        """The rows of a selection of the rows of this view, as :func:`~nlpdata.store.selection.as_selection` checked it."""
        if isinstance(selection, Range) and (selection.step == 1 or not len(selection)):
            return self.slice(selection.start, selection.start + len(selection))
        return self._locate(_locate_range(selection, 0, len(selection)))

    def slice(self, start: int, stop: int) -> pa.Table:
        """Rows ``start`` to ``stop`` (exclusive); copies nothing where the selections are ranges of step 1.

        Raises:
            IndexError: the rows are not all there.
        """
        if not 0 <= start <= stop <= self.num_rows:
            raise IndexError(f"Rows {start} to {stop} were asked for, there are {self.num_rows:,}.")
        if stop - start == 1:
            return self._row(start)
        low, high, window = self.__dict__.get("_window", (0, 0, None))
        if low <= start and stop <= high and window is not None:
            return window.slice(start - low, stop - start)
        tables = []
        located: dict[int, Positions] = {}
        for source in self._sources:
            if source.start >= 0:
                tables.append(source.group.read(source.stored, source.start + start, source.start + stop))
                continue
            key = id(source.selection)
            if key not in located:
                located[key] = _locate_range(source.selection, start, stop)
            tables.append(source.group.take(source.stored, located[key]))
        return self._assemble(tables, stop - start)

    def column(self, name: str) -> pa.ChunkedArray:
        """All rows of one column.

        Raises:
            UnknownColumnError: there is no such column.
        """
        return self.pick((name,)).table().column(0)

    def table(self) -> pa.Table:
        """All rows and columns. Zero-copy where the selections are ranges of step 1, else everything is gathered."""
        self._expect_order()
        return self.slice(0, self.num_rows)

    def iter_spans(self, batch_rows: int) -> Iterator[tuple[int, int]]:
        """``(first row, end)`` of ``batch_rows`` rows at a time, the last ones fewer; the files are told of a pass in order.

        Raises:
            ArgumentError: ``batch_rows`` is not positive.
        """
        if batch_rows < 1:
            raise ArgumentError(f"Rows per batch must be at least 1, not {batch_rows}.")
        self._expect_order()
        for start in range(0, self.num_rows, batch_rows):
            yield start, min(start + batch_rows, self.num_rows)
            if settings.drop_behind:
                self.release(max(0, start - _BEHIND_ROWS), start)

    def iter_slices(self, batch_rows: int) -> Iterator[tuple[int, pa.Table]]:
        """``(first row, table)`` of ``batch_rows`` rows at a time, the last one shorter.

        Raises:
            ArgumentError: ``batch_rows`` is not positive.
        """
        return ((start, self.slice(start, stop)) for start, stop in self.iter_spans(batch_rows))

    def natural_batches(self, batch_bytes: int) -> Iterator[pa.Table]:
        """All rows in order, as tables of about ``batch_bytes``; how many rows that is follows what was read before.

        One row is never split, so a table may be larger where rows are.
        """
        self._expect_order()
        start = 0
        rows = max(1, min(_FIRST_SLICE_ROWS, self.num_rows * batch_bytes // max(1, self.nbytes)))
        while start < self.num_rows:
            table = self.slice(start, min(start + rows, self.num_rows))
            yield from split_table(table, batch_bytes)
            if settings.drop_behind:
                self.release(max(0, start - _BEHIND_ROWS), start)
            start += table.num_rows
            rows = max(1, min(table.num_rows * batch_bytes // max(1, table.nbytes), rows * _MOST_GROWTH))

    def expect(self, scattered: int) -> bool:
        """Tell the files that so many rows will be read here and there (0: in order). Whether they want to know of more."""
        return any([source.group.expect(scattered) for source in self._sources])

    def release(self, start: int, stop: int) -> None:
        """Give back the file memory of rows that lie in order between two positions; they may still be read."""
        for source in self._sources:
            if source.start >= 0:
                source.group.release(source.start + start, source.start + stop)

    def memory(self) -> Memory:
        """What the columns take: tables and row lists in memory, files, and how much of the files is in memory."""
        groups: dict[int, ColumnGroup] = {}
        listed: dict[int, int] = {}
        waiting: list[View] = [self]
        while waiting:
            for part in waiting.pop().parts:
                groups[id(part.group)] = part.group
                if isinstance(part.selection, Rows) and not isinstance(part.selection.array, np.memmap):
                    listed[id(part.selection)] = part.selection.array.nbytes
                if isinstance(part.group, StackGroup):
                    waiting.extend(part.group.views)
        own = sum(g.nbytes for g in groups.values() if not g.files and not isinstance(g, StackGroup))
        size = sum(os.path.getsize(file) for file in self.files)
        return Memory(own + sum(listed.values()), size, resident_bytes(self.files))

    def _expect_order(self) -> None:
        for source in self._sources:
            if source.start >= 0:
                source.group.expect(0)

    def extent(self, position: int) -> tuple[int, int] | None:
        """A range of rows around ``position`` that is read as one zero-copy slice; None where rows do not follow each other."""
        low, high = 0, self.num_rows
        for source in self._sources:
            found = source.group.extent(source.start + position) if source.start >= 0 else None
            if found is None:
                return None
            low, high = max(low, found[0] - source.start), min(high, found[1] - source.start)
        return low, high

    @cached_property
    def _sources(self) -> tuple[_Source, ...]:
        sources = []
        for part in self.parts:
            stored = tuple(part.columns[name] for name in self.order if name in part.columns)
            follows = isinstance(part.selection, Range) and (part.selection.step == 1 or len(part.selection) <= 1)
            start = part.selection.start if follows and isinstance(part.selection, Range) else -1
            sources.append(_Source(part.group, part.selection, start, stored))
        return tuple(sources)

    @cached_property
    def _places(self) -> tuple[tuple[int, int], ...] | None:
        """For each column which source's table and which column of it; None where one source's table is the answer."""
        where = {}
        same = len(self.parts) == 1
        for index, part in enumerate(self.parts):
            names = [name for name in self.order if name in part.columns]
            same = same and all(part.columns[n] == n for n in names)
            where.update({name: (index, position) for position, name in enumerate(names)})
        return None if same else tuple(where[name] for name in self.order)

    def _row(self, position: int) -> pa.Table:
        low, high, window = self.__dict__.get("_window", (0, 0, None))
        if low <= position < high:
            return window.slice(position - low, 1)
        if self._places and self._pays(position) and (found := self.extent(position)):
            # Columns of several groups: putting them together costs more than reading, so keep what was put together.
            low, high = found
            window = self._assemble([s.group.read(s.stored, s.start + low, s.start + high) for s in self._sources], high - low)
            self.__dict__["_window"] = (low, high, window)
            return window.slice(position - low, 1)
        tables = []
        for group, selection, start, stored in self._sources:
            row = start + position if start >= 0 else selection.at(position)
            tables.append(group.read(stored, row, row + 1))
        return self._assemble(tables, 1)

    def _pays(self, position: int) -> bool:
        """Whether the rows around ``position`` will probably be asked for next: they are many, or it is a pass in order."""
        before = self.__dict__.get("_before", -_NEAR_ROWS)
        self.__dict__["_before"] = position
        return self._wide or -_NEAR_ROWS < position - before < _NEAR_ROWS

    @cached_property
    def _wide(self) -> bool:
        found = self.extent(0)
        return found is not None and 4 * (found[1] - found[0]) >= self.num_rows

    def _locate(self, positions: Positions) -> pa.Table:
        tables = []
        located: dict[int, Positions] = {}
        for source in self._sources:
            key = id(source.selection)
            if key not in located:
                located[key] = source.selection.locate(positions)
            tables.append(source.group.take(source.stored, located[key]))
        return self._assemble(tables, len(positions))

    def _assemble(self, tables: Sequence[pa.Table], num_rows: int) -> pa.Table:
        places = self._places
        if places is None:
            return tables[0]
        if not places:
            return pa.table({"": pa.nulls(num_rows)}).select([])
        return pa.Table.from_arrays([tables[t].column(c) for t, c in places], schema=self.schema)

    def _check(self, names: Sequence[str]) -> None:
        if isinstance(names, str):
            raise ArgumentError(f"Give a list of column names, not the text {names!r}.")
        for name in names:
            if name not in self.order:
                raise unknown(UnknownColumnError, "column", name, self.order)


def _same(a: Selection, b: Selection) -> bool:
    return a is b or (isinstance(a, Range) and a == b)  # comparing row lists would read them


def _locate_range(selection: Selection, start: int, stop: int) -> Positions:
    if isinstance(selection, Rows):
        return selection.array[start:stop].astype(np.int64, copy=False)
    return selection.locate(np.arange(start, stop, dtype=np.int64))


def _stacked(view: View) -> tuple[View, ...]:
    """The views of a stack that was taken whole, else the view itself: stacks of stacks stay flat."""
    if len(view.parts) == 1:
        (part,) = view.parts
        named = view.order == tuple(part.group.schema.names) and all(k == v for k, v in part.columns.items())
        if isinstance(part.group, StackGroup) and named and part.selection == Range(0, part.group.num_rows):
            return part.group.views
    return (view,)
