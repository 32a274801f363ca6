"""Steps done to rows, found again: key -> hit, or lease -> missing tasks -> commit each -> a new column group.

Knows: how a key, the cache, tasks and the parts they leave become a new view. Does not know: datasets, loaders, or how a user's
function is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa

from nlpdata._report import get_logger, progress, warn_once
from nlpdata.cache.directory import CacheDirectory, remove_temporary, remove_with
from nlpdata.cache.explain import function_name, ingredients
from nlpdata.cache.key import Lineage
from nlpdata.cache.provenance import PROVENANCE_NAME, RESULTS, Parts, Provenance, folders_of
from nlpdata.engine.commit import (
    Checkpoint,
    Committed,
    Completion,
    Counter,
    Details,
    divided_job,
    materialize,
    try_materialize,
    widened,
    write_shards,
)
from nlpdata.engine.executor import Executor, Report
from nlpdata.engine.local import executor_for
from nlpdata.engine.outcome import Shape, errors_told, fill, kept_rows, without_failed
from nlpdata.engine.plan import ERROR_COLUMN, Filter, Map, Source, Step
from nlpdata.engine.tasks import FilterTask, MapTask, RangeTask, RowTasks
from nlpdata.errors import ArgumentError, KeyingError, TypeConflictError
from nlpdata.features import Features, Value
from nlpdata.settings import settings
from nlpdata.store.group import ColumnGroup, ShardGroup, TableGroup
from nlpdata.store.mapping import MappedShard
from nlpdata.store.selection import Range, Rows
from nlpdata.store.view import View
from nlpdata.store.writer import conform_table

__all__ = ["Filter", "Map", "Options", "Outcome", "Source", "materialize", "run_filter", "run_map"]

_KEY_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_LONGEST_KEY = 64
_log = get_logger("nlpdata.engine")


@dataclass(frozen=True)
class Options:
    """Where and how a step is run.

    Attributes:
        directory: the cache; None keeps the result in memory.
        load_from_cache: take a result that is there; False makes it again and replaces it.
        key: names the result by hand, instead of by its content.
        desc: shown beside the progress bar.
        num_proc: worker processes; ``"auto"`` is one a core. The result is the same for any number, and found again by any.
        num_threads: worker threads of this process, likewise; for functions that release the GIL.
        task_rows: rows of a task at most, instead of about 128 MiB.
        executor: runs the tasks, instead of what ``num_proc`` and ``num_threads`` ask for.
        checkpoint: called with a name between commits; tests stop a run there.

    Raises:
        ArgumentError: the key cannot be the name of a folder, or ``num_proc`` is no positive number.
    """

    directory: CacheDirectory | None = None
    load_from_cache: bool = True
    key: str | None = None
    desc: str | None = None
    num_proc: int | str | None = None
    num_threads: int | str | None = None
    task_rows: int | None = None
    executor: Executor | None = None
    checkpoint: Checkpoint | None = None

    def __post_init__(self) -> None:
        if self.key is not None and not (0 < len(self.key) <= _LONGEST_KEY and _KEY_CHARACTERS.issuperset(self.key)):
            raise ArgumentError(
                f"The fingerprint {self.key!r} cannot name a folder. "
                f"Use at most {_LONGEST_KEY} letters, digits, '.', '_' or '-'."
            )
        if self.key is not None and set(self.key) == {"."}:
            raise ArgumentError(f"The fingerprint {self.key!r} cannot name a folder.")
        self.runner()

    def runner(self) -> Executor:
        """What runs the tasks; nothing is started yet."""
        return self.executor or executor_for(self.num_proc, self.num_threads)


@dataclass(frozen=True)
class Outcome:
    """The rows after a step, what their columns hold, and their lineage."""

    view: View
    features: Features
    lineage: Lineage


def run_map(source: Source, step: Map, options: Options) -> Outcome:
    """The rows with the function's results merged in.

    Only columns that the function changed are written. Where it returns None for every row, the source comes back as it is.

    Raises:
        UnknownColumnError: the step names a column there is none of.
        ArgumentError: a batched function returned columns whose lengths do not fit.
        FeatureError: it returned something that is no row, or a value that does not fit the declared features.
        CacheWriteError: the cache cannot be written.
    """
    step.check(source)
    whole, source = source, whole_batches(source, step)
    if source.view.num_rows == 0:
        return _of_nothing(whole, source, step)
    lineage = then(whole, step, options.key)
    tasks = RowTasks(MapTask, source, step, options.task_rows)
    found: tuple[ColumnGroup, Shape] | None
    named: Lineage | None = lineage
    if options.directory is None:
        named = _settled(lineage)
        found = _map_in_memory(source, step, tasks, options)
    else:
        written, named = _in_cache(tasks, lineage, options, _completer(source, step))
        found = None if written is None else (written, _recorded_shape(written))
    if found is None:
        return Outcome(whole.view, whole.features, whole.lineage)
    group, shape = found
    view = shape.view(source, group)
    features = shape.all_features(source, step, Features.from_arrow_schema(group.schema))
    if step.on_error == "collect":
        view, features = errors_told(view, shape), Features({**features, ERROR_COLUMN: Value("string")})
    elif shape.failed:
        _log.warning("%s failed for %d rows, which are left out; %s", step.label, *_first_failure(shape))
        view = without_failed(view, shape)
    return Outcome(view, features, _lineage(source, named, view, options))


def _of_nothing(whole: Source, source: Source, step: Map) -> Outcome:
    """What becomes of no rows: the function is not called, but columns are removed and types declared as for others."""
    if step.features is not None:
        view, features = View.of(TableGroup(step.features.arrow_schema.empty_table())), step.features
    elif step.remove_columns:
        view = source.view.drop(step.remove_columns)
        features = Features({name: source.features[name] for name in view.order})
    else:
        view, features = source.view, source.features
    return Outcome(view, features, whole.lineage if view is whole.view else Lineage.of(view.content_key))


def whole_batches(source: Source, step: Map) -> Source:
    """The source without a last batch that the step leaves out."""
    if not (step.batched and step.drop_last_batch and step.batch_size is not None):
        return source
    rows = source.view.num_rows // step.batch_size * step.batch_size
    return replace(source, view=source.view.select(Range(0, rows)))


def _first_failure(shape: Shape) -> tuple[int, str]:
    _, _, row, text = shape.failed[0]
    return sum(count for _, count, _, _ in shape.failed), f"the first is row {row:,}: {text}"


def run_filter(source: Source, step: Filter, options: Options) -> Outcome:
    """The rows for which the function is true. Writes at most a list of row numbers.

    Raises:
        UnknownColumnError: the step names a column there is none of.
        ArgumentError: a batched function returned another number of truth values than rows.
        CacheWriteError: the cache cannot be written.
    """
    step.check(source)
    if source.view.num_rows == 0:
        return Outcome(source.view, source.features, source.lineage)
    lineage = then(source, step, options.key)
    tasks = RowTasks(FilterTask, source, step, options.task_rows)
    named: Lineage | None = lineage
    if options.directory is None:
        named = _settled(lineage)
        numbers = pa.concat_tables([table for _, _, table in _in_memory(tasks, options)]).column("row")
    else:
        group, named = _in_cache(tasks, lineage, options, None)
        assert group is not None
        numbers = group.read(["row"], 0, group.num_rows).column("row")
    kept = kept_rows(numbers, source.view.num_rows)
    selection = kept if kept is None or isinstance(kept, Range) else Rows(kept)
    view = source.view if selection is None else source.view.select(selection)
    return Outcome(view, source.features, _lineage(source, named, view, options))


# --- keys --------------------------------------------------------------------------------------------------------------


def then(source: Source, step: Step, key: str | None) -> Lineage:
    """The lineage of the source after the step, or the one that was named."""
    if key is not None:
        return Lineage.named(key)
    spec = source.format
    shown = (spec.type, dict(spec.kwargs))
    return source.lineage.then(type(step).__name__.lower(), step, shown, source.features)


def _lineage(source: Source, named: Lineage | None, view: View, options: Options) -> Lineage:
    """The lineage of a result: how it was made, or, if that has no key, what it contains."""

    def key() -> str:
        try:
            return view.content_key() if named is None else named.key()
        except KeyingError:
            return view.content_key()

    stored = named is not None and options.directory is not None
    return Lineage.of(key, source.lineage, f"{RESULTS}/{key()}" if stored else None)


def _key(lineage: Lineage, step: Step) -> str | None:
    """The key of the result, or None, with one warning, if it has none."""
    try:
        return lineage.key()
    except KeyingError as error:
        warn_once(f"The result of {step.label} is not cached, because it cannot be named: {error}", stacklevel=5)
        return None


def _settled(lineage: Lineage) -> Lineage | None:
    """The lineage with its key, which is that of the function as it is now; None if it has none."""
    try:
        lineage.key()
    except KeyingError:
        return None
    return lineage


def _result_key(lineage: Lineage, step: Step, options: Options) -> str | None:
    return _key(lineage, step) if settings.caching or options.key is not None else None


# --- in the cache ------------------------------------------------------------------------------------------------------


def _in_cache(
    tasks: RowTasks,
    lineage: Lineage,
    options: Options,
    complete: Callable[[Path, Sequence[Committed]], Completion | None] | None,
) -> tuple[ShardGroup | None, Lineage | None]:
    """The columns that the tasks write, and the lineage if it has a key."""
    directory, source, step = options.directory, tasks.source, tasks.step
    assert directory is not None
    details: Details = {"desc": options.desc or step.label, "total_rows": source.view.num_rows, "complete": complete}
    details["load_from_cache"] = options.load_from_cache
    details["executor"] = options.runner()
    if options.checkpoint is not None:
        details["checkpoint"] = options.checkpoint
    key = _result_key(lineage, step, options)
    if key is not None:
        details["beside"] = {PROVENANCE_NAME: lambda: _provenance(source, step, directory).to_json()}
        return try_materialize(f"{RESULTS}/{key}", tasks, directory, None, details), lineage
    folder = directory.temporary()
    group = None
    try:
        group = try_materialize("result", tasks, CacheDirectory(folder), None, details)
    finally:
        if group is None:
            remove_temporary(folder)
    if group is not None:
        remove_with(group, folder)
    return group, None


def _provenance(source: Source, step: Step, directory: CacheDirectory) -> Provenance:
    """How the result comes about, to be kept beside it. Where a part has no key (the result was named by hand), it lacks."""

    def parts(obj: Any) -> Parts:
        try:
            return ingredients(obj).parts
        except KeyingError:
            return {}

    shown = {**step.settings(), "format": (source.format.type, dict(source.format.kwargs))}

    def key(of: Callable[[], str]) -> str:
        try:
            return of()
        except KeyingError:
            return source.view.content_key()

    return Provenance(
        step=step.label,
        function=function_name(step.function),
        input=key(source.lineage.key),
        root=key(source.lineage.root),
        needs=tuple(dict.fromkeys([*source.lineage.results, *folders_of(directory, source.view.files)])),
        code=parts(step.function),
        options={path.replace("key ", "option ", 1): part for path, part in parts(shown).items() if path != "value"},
    )


def _completer(source: Source, step: Map) -> Callable[[Path, Sequence[Committed]], Completion | None]:
    def complete(folder: Path, parts: Sequence[Committed]) -> Completion | None:
        shape = Shape.of(source, step, [part.notes for part in parts])
        if shape is None:
            return None
        filled = [_filled(folder, part, source, shape, step) for part in parts]
        return Completion(
            filled, {"map": shape.to_dict()}, lambda schema: shape.features(source, step, schema), columns=shape.stored
        )

    return complete


def _filled(folder: Path, part: Committed, source: Source, shape: Shape, step: Map) -> Committed:
    lacking = shape.lacks(source, step, range(part.index, part.index + part.rows_done), part.notes)
    count = part.notes["rows"]
    if not lacking or not count:
        return part
    read = _reader(_open(folder, part) if part.notes["since"] else None)

    def write(writer: Any) -> None:
        for table in fill(source, step, part.index, lacking, count, read):
            writer.write_table(table)

    return replace(part, shards=write_shards(folder, part.index, write)[0])


def _open(folder: Path, part: Committed) -> ShardGroup:
    shards = [
        MappedShard(str(folder / s.file), part.shards.schema, s.batches, num_bytes=s.num_bytes) for s in part.shards.shards
    ]
    return ShardGroup(part.shards.schema, shards, source=("open", str(folder)), nbytes=part.shards.num_bytes)


def _reader(group: ColumnGroup | None) -> Callable[[int, int], pa.Table]:
    if group is None:
        return lambda start, stop: pa.table({})
    names = group.schema.names
    return lambda start, stop: group.read(names, start, stop)


def _recorded_shape(group: ShardGroup) -> Shape:
    assert group.manifest is not None
    return Shape.from_dict(group.manifest.extra["map"])


# --- in memory ---------------------------------------------------------------------------------------------------------


Part = tuple[range, Mapping[str, Any], pa.Table]
"""What a task leaves in memory: its rows, its notes, and what it wrote."""


class _Memory:
    """Stands in for a shard writer: keeps the tables."""

    def __init__(self) -> None:
        self.tables: list[pa.Table] = []

    def write_table(self, table: pa.Table) -> None:
        self.tables.append(table)

    def table(self) -> pa.Table:
        return joined(self.tables)


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables one above the other, with types wide enough for all."""
    if not tables:
        return pa.table({})
    starts = accumulate((table.num_rows for table in tables), initial=0)
    schema = widened([(f"rows {at:,}..{at + t.num_rows:,}", t.schema) for at, t in zip(starts, tables, strict=False)])
    return pa.concat_tables([conform_table(table, schema) for table in tables if table.num_rows] or [schema.empty_table()])


def _in_memory(tasks: RowTasks, options: Options) -> list[Part]:
    with progress(tasks.total, options.desc or tasks.step.label) as bar, options.runner() as runner:

        def report(rows: int) -> None:
            bar.update(rows)

        for task in tasks.left(())[1]:
            runner.submit(_MemoryJob(task))
        return sorted(runner.results(report), key=lambda part: part[0].start)


@dataclass(frozen=True)
class _MemoryJob:
    """One task whose tables are handed back."""

    task: RangeTask

    @property
    def title(self) -> str:
        return self.task.label

    @property
    def rows(self) -> int:
        return len(self.task.rows)

    def divide(self, rows: int) -> tuple[_MemoryJob, _MemoryJob | None]:
        return divided_job(self, rows)

    def __call__(self, report: Report) -> Part:
        memory, counted = _Memory(), Counter(report)
        notes = self.task.run(memory, counted)
        try:
            return counted.done(self.task).rows, notes or {}, memory.table()
        except TypeConflictError as error:
            error.add_note(f"nlpdata: in {self.task.step.label}")
            raise


def _map_in_memory(source: Source, step: Map, tasks: RowTasks, options: Options) -> tuple[ColumnGroup, Shape] | None:
    parts = _in_memory(tasks, options)
    shape = Shape.of(source, step, [notes for _, notes, _ in parts])
    return None if shape is None else (TableGroup(assembled(source, step, parts, shape)), shape)


def assembled(source: Source, step: Map, parts: Sequence[Part], shape: Shape) -> pa.Table:
    """The stored columns of a result, from what its tasks left."""
    tables: list[pa.Table] = []
    for rows, notes, table in parts:
        lacking = shape.lacks(source, step, rows, notes)
        if lacking and notes["rows"]:
            read = _reader(TableGroup(table) if notes["since"] else None)
            tables.extend(fill(source, step, rows.start, lacking, notes["rows"], read))
        else:
            tables.append(table)
    whole = joined(tables)
    whole = whole.select([name for name in shape.stored if name in whole.column_names])
    features = shape.features(source, step, whole.schema)
    return whole.replace_schema_metadata(features.arrow_schema.metadata)


def in_memory(source: Source, step: Map) -> Part:
    """All rows of ``source`` mapped here and now, as one task."""
    return _MemoryJob(MapTask(source, 0, source.view.num_rows, step))(lambda count: None)
