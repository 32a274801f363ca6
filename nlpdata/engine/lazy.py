"""Maps that are kept as a plan: columns computed when, and for the rows that, they are asked for.

Knows: how a plan stands in a view as a column group, and how it is carried out later, as the eager map would have been.
Does not know: datasets.

A chain of such maps is one pass over the rows: a group asks the view below it for all columns of the rows at once, and a group
that was asked for the same rows just before (because its own columns are shown too) gives what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nlpdata.cache.key import content_key
from nlpdata.engine.outcome import Shape
from nlpdata.engine.plan import Map, Source
from nlpdata.engine.run import Options, Outcome, assembled, in_memory, run_map, then, whole_batches
from nlpdata.errors import ArgumentError, FeatureError, KeyingError, TypeConflictError
from nlpdata.features import Features
from nlpdata.store.group import ColumnGroup, StackGroup, TableGroup
from nlpdata.store.selection import Range
from nlpdata.store.view import Part, View
from nlpdata.store.writer import conform_table

SAMPLE_ROWS = 16  # at the beginning, whose results tell the columns and their types
_REMEMBERED_BYTES = 64 * 2**20
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """A map that is to be done: rows, step, and what its result consists of."""

    source: Source
    step: Map
    shape: Shape
    schema: pa.Schema
    row_bytes: float
    key: str | None = None


class LazyGroup:
    """The columns that a map changes, computed when they are read. Keeps the rows that were read last.

    A function of batches is called with the rows that are asked for, at most ``batch_size`` at a time.

    Raises:
        FeatureError: (when read) a value does not fit the types that the first rows have.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.schema = plan.schema
        self.num_rows = plan.source.view.num_rows
        self._last: tuple[tuple[Any, ...], pa.Table] | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the rows it is computed from."""
        return self.plan.source.view.files

    @property
    def nbytes(self) -> int:
        """Bytes of all columns, as far as the first rows tell."""
        return int(self.plan.row_bytes * self.num_rows)

    def extent(self, row: int) -> None:
        """None: rows are computed one by one where one is asked for."""
        return

    def expect(self, scattered: int) -> bool:
        """Nothing to prepare."""
        return False

    def release(self, start: int, stop: int) -> None:
        """Nothing to give back."""

    def read(self, names: Sequence[str], start: int, stop: int) -> pa.Table:
        """Rows ``start`` to ``stop``, computed now."""
        if start < 0 or stop > self.num_rows or start > stop:
            raise IndexError(f"Rows {start} to {stop} were asked for, there are {self.num_rows:,}.")
        return self._rows(("span", start, stop), range(start, stop)).select(list(names))

    def take(self, names: Sequence[str], rows: Ints) -> pa.Table:
        """The rows listed, in that order, computed now."""
        count = len(rows)
        if not count or (int(rows[-1]) - int(rows[0]) == count - 1 and bool((np.diff(rows) == 1).all())):
            start = int(rows[0]) if count else 0
            return self.read(names, start, start + count)
        return self._rows(("rows", count, rows.tobytes()), rows).select(list(names))

    def content_key(self) -> str:
        """A key of the plan and of the rows it is computed from; of the values themselves where the step has none."""
        source = self.plan.source
        shown = (source.format.type, dict(source.format.kwargs), source.features)
        try:
            return content_key(("lazy", source.view.content_key(), self.plan.step, shown))
        except KeyingError:
            return TableGroup(self.read(self.schema.names, 0, self.num_rows)).content_key()

    def __reduce__(self) -> tuple[Any, ...]:
        return LazyGroup, (self.plan,)

    def _rows(self, key: tuple[Any, ...], rows: Any) -> pa.Table:
        last = self._last
        if last is not None and last[0] == key:
            return last[1]
        if not len(rows):
            return self.schema.remove_metadata().empty_table()
        made = self._computed(rows)
        self._last = (key, made) if made.nbytes <= _REMEMBERED_BYTES else None
        return made

    def _computed(self, rows: Any) -> pa.Table:
        plan, view = self.plan, self.plan.source.view
        table = view.slice(rows.start, rows.stop) if isinstance(rows, range) else view.take(rows)
        numbers = rows if isinstance(rows, range) else rows.tolist()
        source = replace(plan.source, view=View.of(TableGroup(table)), numbers=numbers)
        part = in_memory(source, plan.step)
        found = Shape.of(source, plan.step, [part[1]])
        new = [name for name in (found.stored if found else ()) if name not in plan.shape.names]
        if new or (found is not None and not found.aligned):
            what = f"the columns {', '.join(new)}, which the first rows lack" if new else "another number of rows"
            raise ArgumentError(
                f"{plan.step.label} returned {what}. With lazy=True every call returns the same columns and rows."
            )
        made = assembled(source, plan.step, [part], replace(plan.shape, num_rows=len(rows)))
        try:
            return conform_table(made.replace_schema_metadata(None), self.schema.remove_metadata())
        except (FeatureError, TypeConflictError) as error:
            error.add_note(
                f"nlpdata: {plan.step.label} is lazy, so its first rows told the types. Give features= to declare them."
            )
            raise


def lazy_map(source: Source, step: Map, key: str | None = None) -> Outcome:
    """The rows with the function's results merged in, each computed when it is read; the key is that of the eager map.

    The function is called now for the first 16 rows, to learn the columns and their types.

    Raises:
        UnknownColumnError: the step names a column there is none of.
        ArgumentError: the function changes the number of rows, or errors are not to be raised.
    """
    step.check(source)
    if step.on_error != "raise":
        raise ArgumentError(f"on_error={step.on_error!r} needs all rows to be computed. Leave out lazy=True, or use 'raise'.")
    lineage = then(source, step, key)
    source = whole_batches(source, step)
    rows = source.view.num_rows
    if not rows:
        return run_map(source, step, Options())
    first = min(rows, SAMPLE_ROWS)
    sample = replace(source, view=source.view.select(Range(0, first)), numbers=range(first))
    part = in_memory(sample, step)
    shape = Shape.of(sample, step, [part[1]])
    if shape is None:
        return Outcome(source.view, source.features, source.lineage)
    if not shape.aligned:
        raise ArgumentError(f"{step.label} changed the number of rows. With lazy=True a row stays one row; leave lazy out.")
    table = assembled(sample, step, [part], shape)
    plan = Plan(source, step, replace(shape, num_rows=rows), table.schema, table.nbytes / first, key)
    view = plan.shape.view(source, LazyGroup(plan))
    return Outcome(view, shape.all_features(source, step, Features.from_arrow_schema(table.schema)), lineage)


def carried_out(view: View, options: Options) -> View:
    """The same view with every lazy map in it done, and found again, as eager ones are; the view itself if there is none."""
    return _carried_out(view, options, {})


def _carried_out(view: View, options: Options, done: dict[int, ColumnGroup]) -> View:
    parts = tuple(Part(_solid(part.group, options, done), part.selection, part.columns) for part in view.parts)
    if all(new.group is old.group for new, old in zip(parts, view.parts, strict=True)):
        return view
    return View(parts, view.order, view.num_rows)


def _solid(group: ColumnGroup, options: Options, done: dict[int, ColumnGroup]) -> ColumnGroup:
    found = done.get(id(group))
    if found is None:
        found = done[id(group)] = _made(group, options, done)
    return found


def _made(group: ColumnGroup, options: Options, done: dict[int, ColumnGroup]) -> ColumnGroup:
    inner = getattr(group, "group", None)
    if inner is not None:  # a group that shows parts of another one
        solid = _solid(inner, options, done)
        return group if solid is inner else replace(group, group=solid)  # type: ignore[type-var]
    if isinstance(group, StackGroup):
        views = [_carried_out(view, options, done) for view in group.views]
        return group if all(a is b for a, b in zip(views, group.views, strict=True)) else StackGroup(views)
    if not isinstance(group, LazyGroup):
        return group
    plan = group.plan
    source = replace(plan.source, view=_carried_out(plan.source.view, options, done))
    made = run_map(source, plan.step, replace(options, key=plan.key)).view
    if made.num_rows != group.num_rows:
        raise ArgumentError(f"{plan.step.label} made {made.num_rows:,} rows of {group.num_rows:,}. Leave out lazy=True for it.")
    made = made.pick(plan.shape.stored)
    part = made.parts[0]
    plain = (
        len(made.parts) == 1
        and part.selection == Range(0, part.group.num_rows)
        and all(a == b for a, b in part.columns.items())
    )
    return part.group if plain else StackGroup([made])
