"""``Dataset.to_*``, ``save_to_disk`` and ``load_from_disk``: a dataset as something else, and back.

Knows: the documented names and arguments. Does not know: how anything is done; methods forward to ``exports`` and ``disk``.
"""

from __future__ import annotations

from typing import Any, Self

from nlpdata.dataset import disk, exports
from nlpdata.dataset.construct import PathLike
from nlpdata.dataset.disk import Saving
from nlpdata.dataset.exports import Target
from nlpdata.dataset.held import Held
from nlpdata.dataset.stored import remove_unused


class Outlets(Held):
    """The ways to give a dataset to others. All rows and columns are given, whatever the format."""

    def to_dict(self, batch_size: int | None = None, batched: bool = False) -> Any:
        """Columns as lists of Python objects; with ``batched`` an iterator of batches."""
        return exports.to_dict(self._state, batch_size, batched)

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """All rows as an Arrow stream, for any library that reads the Arrow PyCapsule protocol: pandas, polars, DuckDB ..."""
        return exports.stream(self._state).__arrow_c_stream__(requested_schema)

    def to_list(self) -> list[dict[str, Any]]:
        """Rows as dicts of Python objects."""
        return exports.to_list(self._state)

    def to_pandas(self, batch_size: int | None = None, batched: bool = False) -> Any:
        """A pandas DataFrame; with ``batched`` an iterator of them."""
        return exports.to_pandas(self._state, batch_size, batched)

    def to_polars(
        self, batch_size: int | None = None, batched: bool = False, schema_overrides: Any = None, rechunk: bool = True
    ) -> Any:
        """A polars DataFrame; with ``batched`` an iterator of them."""
        return exports.to_polars(self._state, batch_size, batched, schema_overrides, rechunk)

    def to_csv(
        self,
        path_or_buf: Target,
        batch_size: int | None = None,
        num_proc: int | None = None,
        storage_options: dict[str, Any] | None = None,
        **to_csv_kwargs: Any,
    ) -> int:
        """Write a CSV file with a header; the number of bytes written.

        Args:
            path_or_buf: a path, any fsspec URL, or a binary file. A file appears when it is complete.
            batch_size: rows gathered at a time; default: as many as fit the setting ``batch_bytes``.
            num_proc: no effect.
            storage_options: for the fsspec file system.
            to_csv_kwargs: options of the file type (``sep``, ``header``, ``na_rep``, ``quoting``, ``index`` ...), ``columns``
                to write only these, and ``compression`` where the path's ending does not tell it.
        """
        return exports.to_file(self._state, "csv", path_or_buf, batch_size, storage_options, to_csv_kwargs)

    def to_json(
        self,
        path_or_buf: Target,
        batch_size: int | None = None,
        num_proc: int | None = None,
        storage_options: dict[str, Any] | None = None,
        **to_json_kwargs: Any,
    ) -> int:
        """Write a JSON Lines file; the number of bytes written. Arguments as for :meth:`to_csv`."""
        return exports.to_file(self._state, "json", path_or_buf, batch_size, storage_options, to_json_kwargs)

    def to_parquet(
        self,
        path_or_buf: Target,
        batch_size: int | None = None,
        storage_options: dict[str, Any] | None = None,
        **parquet_writer_kwargs: Any,
    ) -> int:
        """Write a Parquet file that tells its features; the number of bytes written.

        Args:
            path_or_buf: a path, any fsspec URL, or a binary file. A file appears when it is complete.
            batch_size: rows of a row group; default: as many as have about 64 MiB.
            storage_options: for the fsspec file system.
            parquet_writer_kwargs: options of the file type (``compression``), and ``columns`` to write only these.
        """
        options = parquet_writer_kwargs if batch_size is None else {"batch_size": batch_size, **parquet_writer_kwargs}
        return exports.to_file(self._state, "parquet", path_or_buf, batch_size, storage_options, options)

    def to_sql(
        self, name: str, con: Any, batch_size: int | None = None, num_proc: int | None = None, **sql_writer_kwargs: Any
    ) -> int:
        """Write the rows to a table of a database, all of them or none; the number of rows.

        Args:
            name: of the table, which is made.
            con: a DB-API connection, a SQLAlchemy connection or engine, or a URL such as ``"sqlite:///data.db"``.
            batch_size: rows sent at a time; default: as many as fit the setting ``batch_bytes``.
            num_proc: no effect.
            sql_writer_kwargs: ``if_exists``: "fail" (default), "replace" or "append".

        Raises:
            ArgumentError: there is such a table, or an unknown option.
            FeatureError: a column of lists or structs, which tables do not hold.
        """
        return exports.to_sql(self._state, name, con, batch_size, sql_writer_kwargs)

    def cleanup_cache_files(self) -> int:
        """Remove what the cache holds of earlier ``map``, ``filter`` and the like over the same data; how many results.

        What this dataset is made of stays, and so do results of other data. Datasets of this process that need what was
        removed keep it for as long as they live; it is computed again when they are made again.
        """
        return remove_unused(self._state)

    def save_to_disk(
        self,
        dataset_path: PathLike,
        max_shard_size: str | int | None = None,
        num_shards: int | None = None,
        num_proc: int | None = None,
        storage_options: dict[str, Any] | None = None,
    ) -> None:
        """Write the rows in their order to a folder of Arrow files, which HF ``datasets`` reads as well.

        The folder appears when it is complete: a dataset that is there already is replaced then, and stays as it is if
        anything fails. Rows are written batch by batch.

        Args:
            dataset_path: a folder, or any fsspec URL.
            max_shard_size: largest file, such as ``"500MB"``; default: the setting ``shard_bytes``.
            num_shards: or the number of files.
            num_proc: no effect.
            storage_options: for the fsspec file system.

        Raises:
            StorageError: the folder cannot be written, or the dataset itself is read from it.
        """
        disk.save(self._state, dataset_path, Saving.of(max_shard_size, num_shards), storage_options)

    @classmethod
    def load_from_disk(
        cls, dataset_path: PathLike, keep_in_memory: bool | None = None, storage_options: dict[str, Any] | None = None
    ) -> Self:
        """A dataset from a folder that ``save_to_disk`` wrote, here or in HF ``datasets``; memory-mapped, nothing is read.

        Raises:
            FileNotFoundError: no such folder, or no dataset in it.
            CorruptFileError: files are missing or damaged.
        """
        return cls._from_state(disk.load(dataset_path, bool(keep_in_memory), storage_options))
