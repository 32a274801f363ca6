"""Tasks -> committed shards -> a published folder: the one mechanism by which anything is made and found again.

Knows: how a task is committed, what an interrupted run left, how the shards of tasks become one result.
Does not know: what the tasks write.

While a result is made, its folder ``<name>.partial`` holds ``task-00003-<nonce>-*.arrow`` and, once those are synced,
``task-00003.json``, which names them: a task is committed when this file appears. At the end shards are brought to one schema
under their final names, the manifest is written, and the folder renamed. Killed between any two of these, the next run goes on
from what is committed and removes the rest.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypedDict, Unpack

import pyarrow as pa

from nlpdata._report import progress
from nlpdata.cache.directory import CacheDirectory, Claim
from nlpdata.engine.executor import Executor, Report, SerialExecutor
from nlpdata.errors import CorruptFileError, StorageError, TypeConflictError
from nlpdata.features import Features, widen_schema
from nlpdata.store.group import ShardGroup
from nlpdata.store.layout import MANIFEST_NAME, Manifest, shard_name
from nlpdata.store.manifest import sync_folder, temporary_name, write_manifest, writing
from nlpdata.store.writer import ShardWriter, conform

Checkpoint = Callable[[str], None]
_PREFIX = "task-"


class Task(Protocol):
    """A part of the work: the unit of retry and of commit.

    A task may have a ``label``, such as its row range, under which it is committed. One of rows has ``rows``, a range, and
    ``divide(rows)``, as jobs have; the first task of the two keeps the index.
    """

    @property
    def index(self) -> int:
        """Its place among the tasks."""
        ...

    def run(self, writer: ShardWriter, report: Report) -> Mapping[str, Any] | None:
        """Write the task's rows, report how many input rows were done; may return JSON-able notes."""
        ...


@dataclass(frozen=True)
class Committed:
    """A task that is done: its shards, what it noted, and how many input rows it reported."""

    index: int
    label: str
    shards: Manifest
    notes: Mapping[str, Any]
    rows_done: int

    def to_json(self) -> bytes:
        """The bytes of its file."""
        body = {"label": self.label, "notes": dict(self.notes), "rows_done": self.rows_done}
        return json.dumps({**body, "shards": json.loads(self.shards.to_json())}).encode()

    @classmethod
    def read(cls, path: Path) -> Committed | None:
        """The commit that a file holds, or None if there is none or a shard of it is missing."""
        try:
            body, index = json.loads(path.read_bytes()), int(path.stem.removeprefix(_PREFIX))
            shards = Manifest.from_json(json.dumps(body["shards"]).encode(), str(path))
            made = cls(index, body["label"], shards, body["notes"], body["rows_done"])
        except (FileNotFoundError, ValueError, KeyError, TypeError, CorruptFileError):
            return None
        complete = all(_has_size(path.parent / s.file, s.num_bytes) for s in shards.shards)
        return made if complete else None


class Plan(Protocol):
    """The tasks that make a result, in view of what an interrupted run left."""

    @property
    def total(self) -> int:
        """What tells apart plans under one name: commits of one are not those of another."""
        ...

    def left(self, found: Sequence[Committed]) -> tuple[Sequence[Committed], Sequence[Task]]:
        """The commits that count, and the tasks that are still to be run."""
        ...


@dataclass(frozen=True)
class Listed:
    """Tasks that are always cut the same. A commit under another label, or of another number of tasks, does not count."""

    tasks: Sequence[Task]

    @property
    def total(self) -> int:
        """How many tasks there are."""
        return len(self.tasks)

    def left(self, found: Sequence[Committed]) -> tuple[Sequence[Committed], Sequence[Task]]:
        """The commits of these tasks, and the other tasks."""
        labels = {task.index: _label(task, self.total) for task in self.tasks}
        done = {commit.index: commit for commit in found if labels.get(commit.index) == commit.label}
        return list(done.values()), [task for task in self.tasks if task.index not in done]


@dataclass(frozen=True)
class Completion:
    """What the parts of a result became.

    Attributes:
        parts: the shards, in order.
        extra: entries for the manifest.
        features: the features of a schema.
        columns: the columns that are kept of those written; None for all.
    """

    parts: Sequence[Committed]
    extra: Mapping[str, Any] = field(default_factory=dict)
    features: Callable[[pa.Schema], Features] = Features.from_arrow_schema
    columns: Sequence[str] | None = None


Complete = Callable[[Path, Sequence[Committed]], "Completion | None"]


class Details(TypedDict, total=False):
    """Further options of :func:`materialize`."""

    extra: Mapping[str, Any] | None
    desc: str
    total_rows: int | None
    load_from_cache: bool
    executor: Executor | None
    complete: Complete | None
    checkpoint: Checkpoint
    beside: Mapping[str, Callable[[], bytes]]


def materialize(
    relative: str,
    tasks: Sequence[Task] | Plan,
    *,
    directory: CacheDirectory,
    features: Features | None = None,
    **details: Unpack[Details],
) -> ShardGroup:
    """The columns that ``tasks`` write, from the cache if they are there, made and published there if not.

    One process makes a result, others that want it wait. A killed run is taken up where it was: only tasks that were not
    committed run again. Exceptions of a task are raised; what was committed before stays.

    Args:
        relative: the name of the result, such as ``results/<key>``.
        tasks: what makes it; the shards are in the order of their indices. The same name must always mean the same work.
        directory: the cache.
        features: the types of all columns; None widens the types over everything that is written.
        **details: ``extra`` goes into the manifest. ``desc`` and ``total_rows`` are for the progress bar.
            ``load_from_cache=False`` makes the result again and puts it in the place of the old one. ``executor`` runs the
            tasks (default: serial). ``complete(folder, committed)`` may change the parts before they are joined.
            ``checkpoint`` is called with a name between commits; tests stop a run there. ``beside`` gives the bytes of further
            files of the result, asked for before the tasks run.

    Raises:
        CacheWriteError: the cache is read-only or the disk full.
        TypeConflictError: tasks wrote a column with types that have no common one.
    """
    group = try_materialize(relative, tasks, directory, features, details)
    if group is None:
        raise StorageError(f"{relative} was not published: the run was told to leave nothing.")
    return group


def try_materialize(
    relative: str, tasks: Sequence[Task] | Plan, directory: CacheDirectory, features: Features | None, details: Details
) -> ShardGroup | None:
    """As :func:`materialize`; None, and nothing kept, if ``complete`` returned None."""
    cached = details.get("load_from_cache", True)
    found = directory.find(relative) if cached else None
    if found is not None:
        directory.tidy(relative)
        return ShardGroup.open(found)
    checkpoint = details.get("checkpoint") or _pass
    with directory.claim(relative, replace=not cached) as claim:
        if claim.published is None:
            checkpoint("claimed")
            beside = {name: make() for name, make in details.get("beside", {}).items()}
            plan = Listed(tasks) if isinstance(tasks, Sequence) else tasks
            done = _is_finished(claim.folder) or _make(claim, plan, features, details)
            if not done:
                claim.discard()
                return None
            checkpoint("finished")
            _keep_only(claim.folder, _finished_files(claim.folder))
            with writing(claim.folder):
                for name, data in beside.items():
                    (claim.folder / name).write_bytes(data)
            claim.publish()
            checkpoint("published")
        assert claim.published is not None
        return ShardGroup.open(claim.published)


def _make(claim: Claim, plan: Plan, features: Features | None, details: Details) -> bool:
    folder, checkpoint = claim.folder, details.get("checkpoint") or _pass
    found, tasks = plan.left(_committed(folder))
    committed = list(found)
    _keep_only(folder, {name for c in committed for name in (_task_file(c.index), *(s.file for s in c.shards.shards))})
    before = sum(c.rows_done for c in committed)
    executor = details.get("executor") or SerialExecutor()
    total = details.get("total_rows")
    told = claim.progress(total, before)
    with progress(total, details.get("desc", "Writing"), initial=before) as bar, executor:

        def report(rows: int) -> None:
            bar.update(rows)
            told.update(rows)

        for task in tasks:
            executor.submit(_Job(task, plan.total, folder, features, checkpoint))
        committed.extend(executor.results(report))
    parts = sorted(committed, key=lambda part: part.index)
    complete = details.get("complete")
    completion = Completion(parts) if complete is None else complete(folder, parts)
    if completion is None:
        return False
    checkpoint("completed")
    extra = {**(details.get("extra") or {}), **completion.extra}
    _join(folder, completion, features, extra, checkpoint)
    return True


@dataclass(frozen=True)
class _Job:
    """One task and where it is committed."""

    task: Any
    total: int
    folder: Path
    features: Features | None
    checkpoint: Checkpoint

    @property
    def title(self) -> str:
        """The task as messages call it."""
        return getattr(self.task, "label", None) or f"task {self.task.index}"

    @property
    def rows(self) -> int:
        """How many input rows it has, if that is known."""
        return len(getattr(self.task, "rows", ()))

    @property
    def divide(self) -> Callable[[int], tuple[_Job, _Job | None]] | None:
        """The job of the first rows and that of the rest, if the task can be divided."""
        return (lambda rows: divided_job(self, rows)) if hasattr(self.task, "divide") else None

    def __call__(self, report: Report) -> Committed:
        counted = Counter(report)
        shards, notes = write_shards(self.folder, self.task.index, lambda w: self.task.run(w, counted), self.features)
        self.checkpoint(f"written {self.task.index}")
        made = Committed(self.task.index, _label(counted.done(self.task), self.total), shards, notes or {}, counted.total)
        _name_commit(self.folder / _task_file(self.task.index), made.to_json())
        self.checkpoint(f"committed {self.task.index}")
        return made


def _name_commit(path: Path, body: bytes) -> None:
    """Write a task's file, aside and renamed. Not synced: if it is lost or cut short with the power, the task runs again."""
    with writing(path.parent):
        aside = path.with_name(temporary_name(".json"))
        aside.write_bytes(body)
        os.replace(aside, path)


def divided_job(job: Any, rows: int) -> tuple[Any, Any]:
    """The job of the first ``rows`` of its task, and that of the rest or None."""
    first, rest = job.task.divide(rows)
    return replace(job, task=first), None if rest is None else replace(job, task=rest)


class Counter:
    """A progress function that remembers the total."""

    __slots__ = ("report", "total")

    def __init__(self, report: Report) -> None:
        self.report, self.total = report, 0

    def __call__(self, count: int) -> Any:
        """Pass on, with what comes back."""
        self.total += count
        return self.report(count)

    def done(self, task: Any) -> Any:
        """The part of a task that was done: all of it, if it was not asked to leave the rest."""
        left = hasattr(task, "divide") and self.total < len(task.rows)
        return task.divide(self.total)[0] if left else task


def write_shards(
    folder: Path, index: int, write: Callable[[ShardWriter], Any], features: Features | None = None
) -> tuple[Manifest, Any]:
    """What ``write`` writes, as synced shards of task ``index``, and what it returns."""
    # The nonce keeps apart the shards of two processes that both believe they hold the lease.
    with ShardWriter(folder, prefix=f"{_PREFIX}{index:05d}-{secrets.token_hex(4)}", features=features) as writer:
        result = write(writer)
        # A name that is lost with the power is that of a task that runs again; ``_join`` syncs the folder before publishing.
        return writer.finish(sync_names=False), result


def _join(
    folder: Path, completion: Completion, features: Features | None, extra: Mapping[str, Any], checkpoint: Checkpoint
) -> None:
    """Bring the shards to one schema and under their final names, and write the manifest."""
    entries = [(entry, part.shards.schema) for part in completion.parts for entry in part.shards.shards]
    schema = _final_schema([(part.label, part.shards.schema) for part in completion.parts], completion, features)
    filled = [pair for pair in entries if pair[0].num_rows]
    if not filled:
        filled = entries[:1]
    if not filled:
        made = write_shards(folder, 0, lambda writer: writer.write_table(schema.empty_table()))[0]
        filled = [(made.shards[0], made.schema)]
    shards = []
    with writing(folder):
        for index, (entry, own) in enumerate(filled):
            named = replace(entry, file=shard_name(index, len(filled)))
            _link(folder / entry.file, folder / named.file)
            checkpoint(f"named {index}")
            if not _same_fields(own, schema):
                named = conform(folder, named, schema)
            shards.append(named)
            checkpoint(f"conformed {index}")
        sync_folder(folder)
    write_manifest(folder, Manifest(schema, tuple(shards), extra))


def _final_schema(schemas: Sequence[tuple[str, pa.Schema]], completion: Completion, features: Features | None) -> pa.Schema:
    if features is not None:
        return features.arrow_schema
    wide = widened(schemas)
    if completion.columns is not None:
        wide = pa.schema([wide.field(name) for name in completion.columns])
    made = completion.features(wide).arrow_schema
    # The marks of optional keys are in the types that were written; the features' own metadata goes with them.
    return wide.with_metadata(made.metadata)


def widened(schemas: Sequence[tuple[str, pa.Schema]]) -> pa.Schema:
    """One schema wide enough for all, which are given with the names of the rows that have them.

    Raises:
        TypeConflictError: two have none in common; a note names the rows of both.
    """
    plain = [(label, schema.remove_metadata()) for label, schema in schemas]
    wide = plain[0][1] if plain else pa.schema([])
    for at, (label, schema) in enumerate(plain[1:], 1):
        try:
            wide = widen_schema(wide, schema)
        except TypeConflictError as error:
            first = next((other for other, earlier in plain[:at] if not _agree(earlier, schema)), plain[0][0])
            error.add_note(f"nlpdata: first written by {first}, then by {label}")
            raise
    return wide


def _agree(a: pa.Schema, b: pa.Schema) -> bool:
    try:
        widen_schema(a, b)
    except TypeConflictError:
        return False
    return True


def _same_fields(a: pa.Schema, b: pa.Schema) -> bool:
    return bool(a.remove_metadata().equals(b.remove_metadata(), check_metadata=True))


def _link(source: Path, target: Path) -> None:
    """Give a synced shard a second name; the first stays, so that this can be done again after a kill."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)  # a file system without hard links
        with target.open("rb+") as file:
            os.fsync(file.fileno())


def _committed(folder: Path) -> list[Committed]:
    return [found for path in sorted(folder.glob("task-*.json")) if (found := Committed.read(path)) is not None]


def _is_finished(folder: Path) -> bool:
    return (folder / MANIFEST_NAME).is_file()


def _finished_files(folder: Path) -> set[str]:
    return {MANIFEST_NAME, *(shard.file for shard in ShardGroup.open(folder).manifest.shards)}  # type: ignore[union-attr]


def _keep_only(folder: Path, names: set[str]) -> None:
    """Remove what no commit names: shards of a task that was killed before it was committed."""
    with writing(folder):
        for path in folder.iterdir():
            if path.name not in names and path.is_file():
                path.unlink()


def _task_file(index: int) -> str:
    return f"{_PREFIX}{index:05d}.json"


def _label(task: Task, total: int) -> str:
    return f"{getattr(task, 'label', '')} of {total}"


def _has_size(path: Path, num_bytes: int) -> bool:
    try:
        return path.stat().st_size == num_bytes
    except OSError:
        return False


def _pass(_: str) -> None:
    return None
