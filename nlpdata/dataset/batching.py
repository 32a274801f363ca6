"""Rows grouped into rows of lists, kept like any other result.

Knows: the name of such a result and where it goes. Does not know: how rows are grouped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from nlpdata.cache.key import Lineage
from nlpdata.dataset.construct import materialized
from nlpdata.dataset.state import State
from nlpdata.dataset.transforms import Keeping
from nlpdata.errors import ArgumentError
from nlpdata.features import Features, List
from nlpdata.ops.batch import even_ends, grouped_tables, run_ends
from nlpdata.ops.columns import check_known
from nlpdata.settings import settings
from nlpdata.store.group import TableGroup
from nlpdata.store.view import View
from nlpdata.store.writer import ShardWriter


@dataclass(frozen=True)
class Batching:
    """How rows are grouped; see :meth:`nlpdata.Dataset.batch`.

    Raises:
        ArgumentError: neither a size nor a column, or a size that is none.
    """

    batch_size: int | None
    by_column: str | None
    drop_last: bool

    def __post_init__(self) -> None:
        if self.batch_size is None and self.by_column is None:
            raise ArgumentError("batch() needs batch_size= (rows of a batch) or by_column= (equal neighbours are a batch).")
        if self.batch_size is not None and self.batch_size < 1:
            raise ArgumentError(f"batch_size is {self.batch_size}; a batch has at least one row.")

    def ends(self, view: View) -> np.ndarray:
        """Where the batches of a view end."""
        if self.by_column is not None:
            check_known([self.by_column], view.column_names)
            return run_ends(view, self.by_column, self.drop_last)
        return even_ends(view.num_rows, self.batch_size or 1, self.drop_last)


@dataclass(frozen=True)
class _GroupTask:
    """Groups of rows as shards."""

    index: int
    view: View
    ends: np.ndarray

    def run(self, writer: ShardWriter, report: Callable[[int], None]) -> None:
        """Gather and write batch by batch."""
        for table in grouped_tables(self.view, self.ends, settings.batch_bytes):
            writer.write_table(table)
            report(table.num_rows)


def batch(state: State, how: Batching, keeping: Keeping) -> State:
    """Every column as lists: a row for each group of rows."""
    if not state.features:
        raise ArgumentError("A dataset without columns has no values to batch.")
    if how.by_column is not None:
        check_known([how.by_column], state.view.column_names)
    features = Features({name: List(feature) for name, feature in state.features.items()})
    lineage = state.lineage.then("batch", None if how.by_column else how.batch_size, how.by_column, how.drop_last)
    directory = keeping.options(state).directory
    if directory is None:
        tables = list(grouped_tables(state.view, how.ends(state.view), settings.batch_bytes))
        schema = features.arrow_schema
        named = [pa.Table.from_arrays(table.columns, schema=schema) for table in tables]
        whole = pa.concat_tables(named) if named else schema.empty_table()
        return state.derived(View.of(TableGroup(whole)), lineage, features)
    key = keeping.key or Lineage.named(state.key()).then("batched", how, features).key()
    group, _ = materialized(key, [_GroupTask(0, state.view, how.ends(state.view))], features, directory, "Batching")
    return state.derived(View.of(group), lineage, features)
