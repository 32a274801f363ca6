"""A builder's splits become shards in the cache, once.

Knows: the order of the work (download, one task for each split, compare, mark complete) and how its failures are told.
Does not know: what a row holds, or how shards are committed (``engine.run.materialize``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nlpdata.builder.entry import MARKER, Entry
from nlpdata.builder.recorded import verify_splits
from nlpdata.engine.local import ProcessExecutor
from nlpdata.engine.run import materialize
from nlpdata.engine.shards import count_shards, cut, run_label
from nlpdata.errors import BuildError, NlpdataError, RowError
from nlpdata.features import Features, widen_schema
from nlpdata.info import DatasetInfo
from nlpdata.scripts.load import ScriptPackage, package_of
from nlpdata.splits import SplitDict, SplitGenerator, SplitInfo
from nlpdata.store.group import ShardGroup
from nlpdata.store.manifest import write_file
from nlpdata.store.writer import ShardWriter

if TYPE_CHECKING:
    from nlpdata.builder.base import DatasetBuilder


@dataclass(frozen=True, slots=True)
class SplitTask:
    """One split of a builder, or some shards of it, as a task of the engine; travels to other processes."""

    index: int
    label: str
    code: ScriptPackage | None  # before the builder: it is what makes the builder's class importable over there
    builder: DatasetBuilder
    generator: SplitGenerator

    def run(self, writer: ShardWriter, report: Callable[[int], None]) -> None:
        """Write all rows."""
        try:
            self.builder._write_split(self.generator, writer, report)
        except RowError as error:
            if not self.label:
                raise
            raise RowError(f"{self.label}: {error}", row=error.row, column=error.column, value=error.value) from error


@dataclass(frozen=True, slots=True)
class Making:
    """One preparation: whose, where, and by how many processes."""

    builder: DatasetBuilder
    manager: Any
    entry: Entry
    workers: int

    def tasks(self, generator: SplitGenerator) -> list[SplitTask]:
        """The split as a whole, or in pieces that do not depend on the number of processes.

        Raises:
            ArgumentError: there are processes for the shards, but it is not clear what those are.
        """
        builder, kwargs = self.builder, generator.gen_kwargs
        code = package_of(type(builder))
        if not (builder.SHARDED or self.workers > 1) or count_shards(kwargs) <= 1:
            return [SplitTask(0, "", code, builder, generator)]
        total, pieces = count_shards(kwargs), cut(kwargs, builder._shard_sizes(kwargs))
        if len(pieces) == 1:
            return [SplitTask(0, "", code, builder, generator)]
        return [
            SplitTask(index, run_label(run, total), code, builder, SplitGenerator(generator.name, own))
            for index, (run, own) in enumerate(pieces)
        ]


def prepare(builder: DatasetBuilder, manager: Any, entry: Entry, *, verify: bool, anew: bool = False, workers: int = 1) -> None:
    """Prepare all splits of a builder and mark the entry complete; splits that are complete already are kept.

    Args:
        builder: has ``info``, ``_split_generators`` and ``_write_split``.
        manager: the download manager it is handed.
        entry: where the result belongs.
        verify: compare split sizes with those recorded beside the loader.
        anew: replace what was prepared before; it stays if a download fails.
        workers: how many processes prepare shards.

    Raises:
        BuildError: the builder's own code failed, or it declares no split or one twice.
        RowError: a row does not fit the features; names split, row, column and value.
        VerificationError: split sizes differ from the recorded ones.
    """
    generators = _split_generators(builder, manager)
    entry.remember_inputs(builder._local_inputs(manager, checked=verify))
    if anew:
        entry.directory.remove(entry.relative)
    if entry.is_prepared():
        return
    groups = _materialize_all(Making(builder, manager, entry, workers), generators)
    sizes = {name: group.num_rows for name, group in groups.items()}
    if verify:
        verify_splits(builder._label, builder._recorded_sizes(), sizes, builder._recorded.path)
    info = _completed_info(builder, manager, groups)
    write_file(entry.folder / MARKER, json.dumps(info.to_dict(), ensure_ascii=False, indent=1).encode())


def _split_generators(builder: DatasetBuilder, manager: Any) -> list[SplitGenerator]:
    try:
        generators = list(builder._split_generators(manager))
    except NlpdataError:
        raise
    except Exception as error:
        raise BuildError(f"{builder._label}: _split_generators failed: {type(error).__name__}: {error}") from error
    names = [str(generator.name) for generator in generators]
    if not names:
        raise BuildError(f"{builder._label} declares no split: _split_generators returned an empty list.")
    if len(set(names)) < len(names):
        raise BuildError(f"{builder._label} declares a split twice: {', '.join(names)}.")
    return generators


def _materialize_all(making: Making, generators: list[SplitGenerator]) -> dict[str, ShardGroup]:
    builder, entry = making.builder, making.entry
    groups = {str(g.name): _materialize(making, g, builder.info.features) for g in generators}
    schemas = [group.schema for group in groups.values()]
    widest = schemas[0]
    for schema in schemas[1:]:
        widest = widen_schema(widest, schema)
    narrow = [name for name, group in groups.items() if not group.schema.equals(widest)]
    if narrow and builder.info.features is None:
        # Types were inferred and differ: the splits of one dataset share one type, the widest. What a generator was called with
        # may be used up (a file object, an iterator), so the loader is asked again.
        features = Features.from_arrow_schema(widest)
        for generator in _split_generators(builder, making.manager):
            if (name := str(generator.name)) in narrow:
                entry.directory.remove(f"{entry.relative}/{name}")
                groups[name] = _materialize(making, generator, features)
    return groups


def _materialize(making: Making, generator: SplitGenerator, features: Features | None) -> ShardGroup:
    builder, entry, name = making.builder, making.entry, str(generator.name)
    tasks = making.tasks(generator)
    workers = min(making.workers, len(tasks))
    try:
        return materialize(
            f"{entry.relative}/{name}",
            tasks,
            directory=entry.directory,
            features=features,
            executor=ProcessExecutor(workers) if workers > 1 else None,
            extra={"dataset": builder.dataset_name, "config": builder.config_id, "split": name},
            desc=f"{builder._label} {name}",
            total_rows=builder._recorded_sizes().get(name),
        )
    except RowError as error:
        where = f"{builder._label}, split {name!r}: {error}"
        raise RowError(where, row=error.row, column=error.column, value=error.value) from error


def _completed_info(builder: DatasetBuilder, manager: Any, groups: dict[str, ShardGroup]) -> DatasetInfo:
    info = builder.info.copy()
    info.splits = SplitDict(dataset_name=builder.dataset_name)
    for name, group in groups.items():
        info.splits.add(
            SplitInfo(name=name, num_bytes=group.nbytes, num_examples=group.num_rows, dataset_name=builder.dataset_name)
        )
    if info.features is None:
        info.features = Features.from_arrow_schema(next(iter(groups.values())).schema)
    info.download_checksums = manager.get_recorded_sizes_checksums()
    info.download_size = manager.downloaded_size
    info.dataset_size = sum(group.nbytes for group in groups.values())
    info.size_in_bytes = info.dataset_size + info.download_size
    return info


def guarded(make: Callable[[], Iterable[Any]], label: str, what: str) -> Iterator[Any]:
    """The values of the (key, value) pairs that a loader yields; its exceptions are told with what was done before them.

    Args:
        make: starts the loader's generator.
        label: dataset and split, for messages.
        what: ``"rows"`` or ``"tables"``.

    Raises:
        BuildError: the generator failed, or yields something else than pairs.
    """
    done = 0
    try:
        for pair in make():
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise BuildError(f"{label}: expected (key, value) after {done:,} {what}, got {pair!r:.200}")
            yield pair[1]
            done += 1
    except NlpdataError:
        raise
    except Exception as error:
        raise BuildError(f"{label} failed after {done:,} {what}: {type(error).__name__}: {error}") from error
