"""The rows of a split straight from its loader, encoded as they would be stored, with nothing prepared.

Knows: how what a builder yields becomes tables. Does not know: shards, the cache, or who reads the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pyarrow as pa

from nlpdata.builder.base import ArrowBasedBuilder, DatasetBuilder, GeneratorBasedBuilder
from nlpdata.builder.prepare import guarded
from nlpdata.builder.rows import RowEncoder
from nlpdata.errors import ArgumentError
from nlpdata.features import cast_table, encode_table
from nlpdata.fetch.manager import DownloadManager, DownloadMode
from nlpdata.splits import SplitGenerator


def direct_splits(builder: DatasetBuilder, manager: DownloadManager | None = None) -> dict[str, SplitGenerator]:
    """Split name -> what its generator is called with; downloads what the loader asks for, checked against its record."""
    used = manager or builder._manager(builder.download_config, DownloadMode.REUSE_DATASET_IF_EXISTS, verify=True)
    return {str(generator.name): generator for generator in builder._split_generators(used)}


def direct_tables(builder: DatasetBuilder, generator: SplitGenerator, batch_rows: int = 1000) -> Iterator[pa.Table]:
    """The rows of one split in the loader's order, as tables of the declared columns; nothing is written.

    Args:
        builder: made by ``load_dataset_builder``.
        generator: one of :func:`direct_splits`.
        batch_rows: rows of a table where the loader yields rows; one that yields tables is left its own.

    Raises:
        BuildError: the loader failed; says after how many rows.
        RowError: a row does not fit the features.
    """
    features, label = builder.info.features, f"{builder._label}, split {str(generator.name)!r}"
    if isinstance(builder, ArrowBasedBuilder):
        for table in guarded(lambda: builder._generate_tables(**generator.gen_kwargs), label, "tables"):
            whole = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
            yield whole if features is None else cast_table(whole, features)
        return
    if not isinstance(builder, GeneratorBasedBuilder):
        raise ArgumentError(f"{type(builder).__name__} yields neither rows nor tables.")
    encoder = RowEncoder(features, label)
    rows = guarded(lambda: builder._generate_examples(**generator.gen_kwargs), label, "rows")
    encoded = (encoder.encode(row, number) for number, row in enumerate(rows))
    first = 0
    while batch := list(islice(encoded, batch_rows)):
        names = list(dict.fromkeys(name for row in batch for name in row))
        yield encode_table({name: [row.get(name) for row in batch] for name in names}, features, first_row=first)
        first += len(batch)
