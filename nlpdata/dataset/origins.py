"""``Dataset.from_*``: how a dataset is made.

Knows: the documented names and arguments. Does not know: how anything is done; every method forwards to ``construct``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from nlpdata.cache.directory import CacheDirectory
from nlpdata.dataset import construct
from nlpdata.dataset.construct import PathLike, Paths
from nlpdata.dataset.held import Held
from nlpdata.dataset.state import State
from nlpdata.features import Features
from nlpdata.info import DatasetInfo
from nlpdata.splits import Split


class Origins(Held):
    """The ways to make a dataset."""

    @classmethod
    def from_dict(
        cls,
        mapping: Mapping[str, Any],
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
    ) -> Self:
        """A dataset in memory from columns: name -> list or array.

        Args:
            mapping: the columns, equally long. Types are inferred unless ``features`` says them.
            features: the type of each column.
            info: the description.
            split: the name of the split.

        Raises:
            ArgumentError: columns of different lengths.
            RowError: a value does not fit; says row, column and value.
        """
        return cls._from_state(construct.from_dict(mapping, features, info, split))

    @classmethod
    def from_list(
        cls,
        mapping: Sequence[Mapping[str, Any]],
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
    ) -> Self:
        """A dataset in memory from rows; the first row's keys are the columns, and a key missing later is null."""
        return cls._from_state(construct.from_list(mapping, features, info, split))

    @classmethod
    def from_pandas(
        cls,
        df: Any,
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
        preserve_index: bool | None = None,
    ) -> Self:
        """A dataset in memory from a pandas DataFrame; an index that is not just the row number becomes a column."""
        return cls._from_state(
            construct.from_table(pa.Table.from_pandas(df, preserve_index=preserve_index), features, info, split)
        )

    @classmethod
    def from_polars(
        cls, df: Any, features: Features | None = None, info: DatasetInfo | None = None, split: str | None = None
    ) -> Self:
        """A dataset in memory from a polars DataFrame or LazyFrame."""
        frame = df.collect() if hasattr(df, "collect") else df
        return cls._from_state(construct.from_table(frame.to_arrow(), features, info, split))

    @classmethod
    def from_file(
        cls,
        filename: PathLike,
        info: DatasetInfo | None = None,
        split: str | None = None,
        indices_filename: str | None = None,
        in_memory: bool = False,
    ) -> Self:
        """A dataset memory-mapped from an Arrow stream file; nothing is copied."""
        return cls._from_state(construct.from_arrow_file(filename, info, split, indices_filename, in_memory))

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Iterable[Mapping[str, Any]]],
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        gen_kwargs: dict[str, Any] | None = None,
        num_proc: int | None = None,
        split: str | None = Split.TRAIN,
        fingerprint: str | None = None,
    ) -> Self:
        """A dataset of the rows a function yields, written to the cache batch by batch.

        Args:
            generator: called with ``gen_kwargs``; yields dicts. It is called again only when its code, what it
                reaches, or its arguments changed.
            features: types; inferred, and widened while rows come, where not given.
            cache_dir: cache folder; default: the setting ``cache``.
            keep_in_memory: read the result into memory.
            gen_kwargs: arguments. With ``num_proc``, lists among them are shards.
            num_proc: parts to cut the shards into.
            split: the name of the split.
            fingerprint: the key of the result, instead of the one computed.

        Raises:
            RowError: a row does not fit the features; says which, and the column.
        """
        state = construct.from_generator(generator, features, gen_kwargs or {}, _directory(cache_dir), num_proc, fingerprint)
        return cls._loaded(state, split, keep_in_memory)

    @classmethod
    def from_csv(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        num_proc: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """A dataset of CSV files, read once into the cache; ``kwargs`` are those of the file type (``sep``, ``names`` ...)."""
        return cls._loaded(
            construct.from_files("csv", path_or_paths, features, _directory(cache_dir), kwargs), split, keep_in_memory
        )

    @classmethod
    def from_json(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        field: str | None = None,
        num_proc: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """A dataset of JSON Lines files, or of one array or object each; ``field`` picks a key of an object."""
        options = kwargs if field is None else {"field": field, **kwargs}
        return cls._loaded(
            construct.from_files("json", path_or_paths, features, _directory(cache_dir), options), split, keep_in_memory
        )

    @classmethod
    def from_parquet(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        columns: list[str] | None = None,
        num_proc: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """A dataset of Parquet files; only ``columns`` are read if given."""
        options = kwargs if columns is None else {"columns": list(columns), **kwargs}
        return cls._loaded(
            construct.from_files("parquet", path_or_paths, features, _directory(cache_dir), options), split, keep_in_memory
        )

    @classmethod
    def from_text(
        cls,
        path_or_paths: Paths,
        split: str | None = None,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        num_proc: int | None = None,
        keep_linebreaks: bool = False,
        sample_by: str = "line",
        **kwargs: Any,
    ) -> Self:
        """A dataset of text files: one column ``text``, a row for each line, paragraph or document."""
        options = {"keep_linebreaks": keep_linebreaks, "sample_by": sample_by, **kwargs}
        return cls._loaded(
            construct.from_files("text", path_or_paths, features, _directory(cache_dir), options), split, keep_in_memory
        )

    @classmethod
    def _loaded(cls, state: State, split: str | None, in_memory: bool) -> Self:
        state = construct.in_memory_copy(state) if in_memory else state
        return cls._from_state(replace(state, split=construct.as_split(split)))


def _directory(cache_dir: str | None) -> CacheDirectory:
    return CacheDirectory(None if cache_dir is None else Path(cache_dir))
