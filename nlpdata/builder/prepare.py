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
from nlpdata.engine.run import materialize
from nlpdata.errors import BuildError, NlpdataError, RowError
from nlpdata.features import Features, widen_schema
from nlpdata.info import DatasetInfo
from nlpdata.splits import SplitDict, SplitGenerator, SplitInfo
from nlpdata.store.group import ShardGroup
from nlpdata.store.manifest import write_file
from nlpdata.store.writer import ShardWriter

if TYPE_CHECKING:
    from nlpdata.builder.base import DatasetBuilder


@dataclass(frozen=True, slots=True)
class SplitTask:
    """One split of a builder as a task of the engine."""

    index: int
    builder: DatasetBuilder
    generator: SplitGenerator

    def run(self, writer: ShardWriter, report: Callable[[int], None]) -> None:
        """Write all rows of the split."""
        self.builder._write_split(self.generator, writer, report)


def prepare(builder: DatasetBuilder, manager: Any, entry: Entry, *, verify: bool, anew: bool = False) -> None:
    """Prepare all splits of a builder and mark the entry complete; splits that are complete already are kept.

    Args:
        builder: has ``info``, ``_split_generators`` and ``_write_split``.
        manager: the download manager it is handed.
        entry: where the result belongs.
        verify: compare split sizes with those recorded beside the loader.
        anew: replace what was prepared before; it stays if a download fails.

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
    groups = _materialize_all(builder, manager, entry, generators)
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


def _materialize_all(
    builder: DatasetBuilder, manager: Any, entry: Entry, generators: list[SplitGenerator]
) -> dict[str, ShardGroup]:
    groups = {str(g.name): _materialize(builder, entry, g, builder.info.features) for g in generators}
    schemas = [group.schema for group in groups.values()]
    widest = schemas[0]
    for schema in schemas[1:]:
        widest = widen_schema(widest, schema)
    narrow = [name for name, group in groups.items() if not group.schema.equals(widest)]
    if narrow and builder.info.features is None:
        # Types were inferred and differ: the splits of one dataset share one type, the widest. What a generator was called with
        # may be used up (a file object, an iterator), so the loader is asked again.
        features = Features.from_arrow_schema(widest)
        for generator in _split_generators(builder, manager):
            if (name := str(generator.name)) in narrow:
                entry.directory.remove(f"{entry.relative}/{name}")
                groups[name] = _materialize(builder, entry, generator, features)
    return groups


def _materialize(builder: DatasetBuilder, entry: Entry, generator: SplitGenerator, features: Features | None) -> ShardGroup:
    name = str(generator.name)
    try:
        return materialize(
            f"{entry.relative}/{name}",
            [SplitTask(0, builder, generator)],
            directory=entry.directory,
            features=features,
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
