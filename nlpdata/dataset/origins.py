"""``Dataset.from_*``: how a dataset is made.

Knows: the documented names and arguments. Does not know: how anything is done; every method forwards to ``construct``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from nlpdata.cache.directory import CacheDirectory
from nlpdata.dataset import construct
from nlpdata.dataset.construct import PathLike, Paths
from nlpdata.dataset.held import Held
from nlpdata.dataset.state import State
from nlpdata.errors import ArgumentError, did_you_mean
from nlpdata.features import Features
from nlpdata.info import DatasetInfo
from nlpdata.splits import Split


@dataclass(frozen=True)
class _Kept:
    """What all ways to read files share: the split's name, the types, and where the rows are kept."""

    split: str | None
    features: Features | None
    cache_dir: str | None
    in_memory: bool


class Origins(Held):
    """The ways to make a dataset."""

    @classmethod
    def from_dict(
        cls,
        mapping: Mapping[str, Any],
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
        on_mixed_types: str | None = None,
    ) -> Self:
        """A dataset in memory from columns: name -> list or array.

        Args:
            mapping: the columns, equally long. Types are inferred unless ``features`` says them.
            features: the type of each column.
            info: the description.
            split: the name of the split.
            on_mixed_types: "use_json" makes a column JSON whose values have no common type; None refuses them.

        Raises:
            ArgumentError: columns of different lengths.
            RowError: a value does not fit; says row, column and value.
        """
        return cls._from_state(construct.from_dict(mapping, features, info, split, on_mixed_types))

    @classmethod
    def from_list(
        cls,
        mapping: Sequence[Mapping[str, Any]],
        features: Features | None = None,
        info: DatasetInfo | None = None,
        split: str | None = None,
        on_mixed_types: str | None = None,
    ) -> Self:
        """A dataset in memory from rows; the first row's keys are the columns, and a key missing later is null.

        The other arguments are those of :meth:`from_dict`.
        """
        return cls._from_state(construct.from_list(mapping, features, info, split, on_mixed_types))

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
        if not hasattr(df, "iloc") or not hasattr(df, "columns"):
            raise ArgumentError(f"from_pandas takes a pandas DataFrame, not a {type(df).__name__}.")
        return cls._from_state(
            construct.from_table(pa.Table.from_pandas(df, preserve_index=preserve_index), features, info, split)
        )

    @classmethod
    def from_polars(
        cls, df: Any, features: Features | None = None, info: DatasetInfo | None = None, split: str | None = None
    ) -> Self:
        """A dataset in memory from a polars DataFrame or LazyFrame."""
        if not hasattr(df, "collect") and not hasattr(df, "to_arrow"):
            raise ArgumentError(f"from_polars takes a polars DataFrame or LazyFrame, not a {type(df).__name__}.")
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
        num_proc: int | str | None = None,
        split: str | None = Split.TRAIN,
        fingerprint: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """A dataset of the rows a function yields, written to the cache batch by batch.

        Args:
            generator: called with ``gen_kwargs``; yields dicts. It is called again only when its code, what it
                reaches, or its arguments changed.
            features: types; inferred, and widened while rows come, where not given.
            cache_dir: cache folder; default: the setting ``cache``.
            keep_in_memory: read the result into memory.
            gen_kwargs: arguments. With ``num_proc``, lists among them are shards.
            num_proc: processes to use, or "auto" for one a core; the rows are the same for any number.
            split: the name of the split.
            fingerprint: the key of the result, instead of the one computed.
            kwargs: ``writer_batch_size`` and ``config_name``, taken for compatibility; anything else is refused.

        Raises:
            RowError: a row does not fit the features; says which, and the column.
            ArgumentError: an argument that there is none of.
        """
        _refuse_others("from_generator", kwargs)
        state = construct.from_generator(generator, features, gen_kwargs or {}, _directory(cache_dir), num_proc, fingerprint)
        return cls._loaded(state, split, keep_in_memory)

    @classmethod
    def from_buffer(
        cls, buffer: Any, info: DatasetInfo | None = None, split: str | None = None, indices_buffer: Any = None
    ) -> Self:
        """A dataset over an Arrow IPC stream in memory (``pa.Buffer``, ``bytes``, ``memoryview``); nothing is copied.

        Args:
            buffer: the rows.
            info: the description.
            split: the name of the split.
            indices_buffer: another stream whose first column lists the rows to show, in order.

        Raises:
            ArgumentError: no Arrow IPC stream.
        """
        return cls._from_state(construct.from_buffer(buffer, info, split, indices_buffer))

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
        """A dataset of CSV files, read once into the cache; a file that changed is read again.

        Args:
            path_or_paths: a path, a pattern, a URL, or a list of them; files may be compressed (.gz, .bz2, .xz, .zst).
            split: the name of the split; default ``train``.
            features: types; inferred, and widened over all files, where not given.
            cache_dir: cache folder; default: the setting ``cache``.
            keep_in_memory: read the result into memory.
            num_proc: no effect; a file is parsed on all cores that this process may use.
            kwargs: options of the file type: ``sep``, ``names``, ``header``, ``usecols``, ``na_values``, ``quoting`` ...

        Raises:
            DataFileError: no such file.
            FeatureError: a value does not fit its column; names file, row, column and types.
        """
        return cls._of_files("csv", path_or_paths, kwargs, _Kept(split, features, cache_dir, keep_in_memory))

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
        """A dataset of JSON Lines files, or of one array or object each; ``field`` picks a key of an object.

        The other arguments are those of :meth:`from_csv`.
        """
        options = kwargs if field is None else {"field": field, **kwargs}
        return cls._of_files("json", path_or_paths, options, _Kept(split, features, cache_dir, keep_in_memory))

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
        filters: Any = None,
        fragment_scan_options: Any = None,
        on_bad_files: str = "error",
        **kwargs: Any,
    ) -> Self:
        """A dataset of Parquet files.

        Args:
            path_or_paths: files, as for :meth:`from_csv`.
            split: the name of the split; default ``train``.
            features: types; by default those that the files tell.
            cache_dir: cache folder; default: the setting ``cache``.
            keep_in_memory: read the result into memory.
            columns: read only these.
            num_proc: no effect, as for :meth:`from_csv`.
            filters: keep only such rows: ``[("label", "==", 1), ...]`` which all must hold, a list of such lists of which one
                must, or a pyarrow expression; row groups without such rows are not read.
            fragment_scan_options: pyarrow's ``ParquetFragmentScanOptions``.
            on_bad_files: "error", or "warn" or "skip" to leave out files that cannot be read.
            kwargs: further options of the file type (``batch_size``).

        Raises:
            UnknownColumnError: no such column.
            CorruptFileError: not a Parquet file.
        """
        chosen = {
            "columns": None if columns is None else list(columns),
            "filters": filters,
            "fragment_scan_options": fragment_scan_options,
            "on_bad_files": None if on_bad_files == "error" else on_bad_files,
        }
        options = {**{name: value for name, value in chosen.items() if value is not None}, **kwargs}
        return cls._of_files("parquet", path_or_paths, options, _Kept(split, features, cache_dir, keep_in_memory))

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
        """A dataset of text files: one column ``text``, a row for each ``sample_by``: "line", "paragraph" or "document".

        The other arguments are those of :meth:`from_csv`.
        """
        options = {"keep_linebreaks": keep_linebreaks, "sample_by": sample_by, **kwargs}
        return cls._of_files("text", path_or_paths, options, _Kept(split, features, cache_dir, keep_in_memory))

    @classmethod
    def from_sql(
        cls,
        sql: Any,
        con: Any,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        **kwargs: Any,
    ) -> Self:
        """A dataset of the rows of a query, or of a table.

        Args:
            sql: a query, or the name of a table.
            con: a URL such as ``"sqlite:///data.db"``, whose result is found again while the query (and a sqlite file) stays as
                it was; or a DB-API connection, a SQLAlchemy connection or engine, which is read each time.
            features: types; inferred where not given.
            cache_dir: cache folder; default: the setting ``cache``.
            keep_in_memory: read the result into memory.
            kwargs: ``params``, ``parse_dates``, ``coerce_float``, ``columns``, ``chunksize``; see
                :class:`nlpdata.files.sql.SqlOptions`.

        Raises:
            ArgumentError: ``con`` is no database.
            FeatureError: the query gives no rows at all.
        """
        state = construct.from_sql(sql, con, features, _directory(cache_dir), kwargs)
        return cls._loaded(state, Split.TRAIN, keep_in_memory)

    @classmethod
    def _of_files(cls, file_type: str, paths: Paths, options: Mapping[str, Any], kept: _Kept) -> Self:
        state = construct.from_files(file_type, paths, kept.features, _directory(kept.cache_dir), options)
        return cls._loaded(state, Split.TRAIN if kept.split is None else kept.split, kept.in_memory)

    @classmethod
    def _loaded(cls, state: State, split: str | None, in_memory: bool) -> Self:
        state = construct.in_memory_copy(state) if in_memory else state
        return cls._from_state(replace(state, split=construct.as_split(split)))


_NO_EFFECT = ("config_name", "writer_batch_size")


def _refuse_others(method: str, kwargs: Mapping[str, Any]) -> None:
    for name in kwargs:
        if name not in _NO_EFFECT:
            known = list(inspect.signature(getattr(Origins, method)).parameters)
            hint = did_you_mean(name, known) or " What the generator is called with goes into gen_kwargs."
            raise ArgumentError(f"{method} has no argument {name!r}.{hint}")


def _directory(cache_dir: str | None) -> CacheDirectory:
    return CacheDirectory(None if cache_dir is None else Path(cache_dir))
