"""A prepared dataset in the cache as what users hold.

Knows: the folder of an entry, and how a split expression selects from its splits.
Does not know: how it was prepared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nlpdata.builder.entry import Entry
from nlpdata.cache.key import Lineage
from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.dicts import DatasetDict
from nlpdata.features import Features
from nlpdata.info import DatasetInfo
from nlpdata.splits import NamedSplit, SplitSlice, parse_split
from nlpdata.store.group import ShardGroup, TableGroup
from nlpdata.store.selection import Range
from nlpdata.store.view import View


def as_dataset(entry: Entry, split: Any, *, in_memory: bool) -> Any:
    """The splits of an entry: all by name, the one asked for, or a list of those asked for.

    Raises:
        UnknownSplitError: there is no such split.
        ArgumentError: the split expression cannot be read.
    """
    info = DatasetInfo.from_directory(str(entry.folder))
    sizes = {name: part.num_examples for name, part in (info.splits or {}).items()}
    if isinstance(split, list | tuple):
        return [as_dataset(entry, one, in_memory=in_memory) for one in split]
    if isinstance(split, Mapping):
        return DatasetDict({name: as_dataset(entry, one, in_memory=in_memory) for name, one in split.items()})
    if split is None:
        return DatasetDict(
            {name: _dataset(entry, info, [SplitSlice(name, 0, size)], name, in_memory) for name, size in sizes.items()}
        )
    return _dataset(entry, info, parse_split(split, sizes), str(split), in_memory)


def _dataset(entry: Entry, info: DatasetInfo, slices: list[SplitSlice], name: str, in_memory: bool) -> Dataset:
    groups = [ShardGroup.open(entry.folder / part.split) for part in slices]
    views = [View.of(group).select(Range(part.start, part.stop)) for group, part in zip(groups, slices, strict=True)]
    view = views[0] if len(views) == 1 else View.stack(views)
    if in_memory:
        view = View.of(TableGroup(view.table()))
    key = "+".join(f"{part.split}[{part.start}:{part.stop}]" for part in slices)
    lineage = Lineage.named(f"{entry.relative.rpartition('/')[2]}/{key}")
    features = Features.from_arrow_schema(groups[0].schema)
    return Dataset._from_view(view, features, info=info.copy(), split=NamedSplit(name), lineage=lineage)
