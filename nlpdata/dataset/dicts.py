"""``DatasetDict``: datasets by split name, with what can be done to a dataset done to each.

Knows: the documented names and arguments. Does not know: how anything is done; every method calls the datasets' own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from nlpdata.dataset import disk
from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.describe import describe
from nlpdata.dataset.disk import Saving
from nlpdata.dataset.stored import remove_unused
from nlpdata.errors import ArgumentError, UnknownSplitError, did_you_mean, unknown
from nlpdata.features import Features, FeatureType

T = TypeVar("T")
PathLike = str | os.PathLike[str]
PathsBySplit = Mapping[str, Any]


class DatasetDict(dict[str, Dataset]):
    """Datasets by split name.

    What :class:`Dataset` has is there for all splits at once: properties give a dict, operations a DatasetDict.

    >>> ds = Dataset.from_dict({"a": [1, 2, 3, 4]}).train_test_split(test_size=2, shuffle=False)
    >>> ds.num_rows, ds.remove_columns("a").column_names
    ({'train': 2, 'test': 2}, {'train': [], 'test': []})
    """

    def __getitem__(self, k: str) -> Dataset:
        """A split.

        Raises:
            UnknownSplitError: no such split; says which there are.
        """
        try:
            return super().__getitem__(k)
        except (KeyError, TypeError):
            hint = f"Choose a split first, as in ds[{next(iter(self))!r}][{k!r}]." if self and not isinstance(k, str) else ""
            raise unknown(UnknownSplitError, "split", k, [str(name) for name in self], hint) from None

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and hasattr(Dataset, name):
            split = next(iter(self), "train")
            raise AttributeError(f"{name!r} is of a Dataset, not of a DatasetDict. Choose a split first: ds[{split!r}].{name}.")
        hint = did_you_mean(name, [known for known in {*dir(type(self)), *dir(Dataset)} if not known.startswith("_")])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}.{hint}")

    def __repr__(self) -> str:
        splits = "".join(f"    {name}: {describe(dataset._state, '    ')}\n" for name, dataset in self._checked())
        return f"DatasetDict({{\n{splits}}})"

    def __enter__(self) -> DatasetDict:
        return self

    def __exit__(self, *exc: object) -> None:
        for dataset in self.values():
            dataset.__exit__(*exc)

    def _checked(self) -> list[tuple[str, Dataset]]:
        for name, dataset in self.items():
            if not isinstance(dataset, Dataset):
                raise TypeError(f"A DatasetDict holds datasets, but {name!r} is a {type(dataset).__name__}.")
        return list(self.items())

    def _each(self, operation: Callable[[Dataset], Dataset]) -> DatasetDict:
        return DatasetDict({name: operation(dataset) for name, dataset in self._checked()})

    def _ask(self, question: Callable[[Dataset], T]) -> dict[str, T]:
        return {name: question(dataset) for name, dataset in self._checked()}

    def _per_split(self, values: Mapping[str, Any] | None, what: str) -> dict[str, Any]:
        """Values by split name, None for the splits not named."""
        for name in values or ():
            if name not in self:
                raise unknown(UnknownSplitError, "split", name, [str(known) for known in self], f"(in {what}=)")
        return {name: (values or {}).get(name) for name in self}

    # --- what they are

    @property
    def data(self) -> dict[str, pa.Table]:
        """Split -> Arrow table."""
        return self._ask(lambda ds: ds.data)

    @property
    def cache_files(self) -> dict[str, list[dict[str, str]]]:
        """Split -> files that rows are read from."""
        return self._ask(lambda ds: ds.cache_files)

    @property
    def column_names(self) -> dict[str, list[str]]:
        """Split -> names of columns."""
        return self._ask(lambda ds: ds.column_names)

    @property
    def num_columns(self) -> dict[str, int]:
        """Split -> number of columns."""
        return self._ask(lambda ds: ds.num_columns)

    @property
    def num_rows(self) -> dict[str, int]:
        """Split -> number of rows."""
        return self._ask(lambda ds: ds.num_rows)

    @property
    def shape(self) -> dict[str, tuple[int, int]]:
        """Split -> (rows, columns)."""
        return self._ask(lambda ds: ds.shape)

    def cleanup_cache_files(self) -> dict[str, int]:
        """Split -> how many cached results were removed; what any split is made of stays."""
        states = [dataset._state for _, dataset in self._checked()]
        return self._ask(lambda ds: remove_unused(ds._state, states))

    def unique(self, column: str) -> dict[str, list[Any]]:
        """Split -> distinct values of a column."""
        return self._ask(lambda ds: ds.unique(column))

    # --- columns

    def cast(self, features: Features) -> DatasetDict:
        """Each split with new types; see :meth:`Dataset.cast`."""
        return self._each(lambda ds: ds.cast(features))

    def cast_column(self, column: str, feature: FeatureType) -> DatasetDict:
        """Each split with a new type for one column."""
        return self._each(lambda ds: ds.cast_column(column, feature))

    def class_encode_column(self, column: str, include_nulls: bool = False) -> DatasetDict:
        """Each split with a column as class labels; names are those of the split's own values."""
        return self._each(lambda ds: ds.class_encode_column(column, include_nulls))

    def align_labels_with_mapping(self, label2id: dict[str, int], label_column: str) -> DatasetDict:
        """Each split with a model's label ids; see :meth:`Dataset.align_labels_with_mapping`."""
        return self._each(lambda ds: ds.align_labels_with_mapping(label2id, label_column))

    def flatten(self, max_depth: int = 16) -> DatasetDict:
        """Each split with struct columns replaced by their fields."""
        return self._each(lambda ds: ds.flatten(max_depth=max_depth))

    def rename_column(self, original_column_name: str, new_column_name: str) -> DatasetDict:
        """Each split with one column under a new name."""
        return self._each(lambda ds: ds.rename_column(original_column_name, new_column_name))

    def rename_columns(self, column_mapping: dict[str, str]) -> DatasetDict:
        """Each split with columns under new names."""
        return self._each(lambda ds: ds.rename_columns(column_mapping))

    def remove_columns(self, column_names: str | list[str]) -> DatasetDict:
        """Each split without some columns."""
        return self._each(lambda ds: ds.remove_columns(column_names))

    def select_columns(self, column_names: str | list[str]) -> DatasetDict:
        """Each split with these columns only."""
        return self._each(lambda ds: ds.select_columns(column_names))

    # --- rows

    def map(
        self,
        function: Callable[..., Any] | None = None,
        with_indices: bool = False,
        with_rank: bool = False,
        with_split: bool = False,
        input_columns: str | list[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        drop_last_batch: bool = False,
        remove_columns: str | list[str] | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
        features: Features | None = None,
        disable_nullable: bool = False,
        fn_kwargs: dict[str, Any] | None = None,
        num_proc: int | str | None = None,
        desc: str | None = None,
        try_original_type: bool = True,
        on_mixed_types: str | None = None,
        num_threads: int | str | None = None,
        on_error: str = "raise",
        lazy: bool = False,
    ) -> DatasetDict:
        """Each split mapped; see :meth:`Dataset.map`. With ``with_split`` the function also gets the split's name, last."""
        files = self._per_split(cache_file_names, "cache_file_names")
        mapped = {}
        for name, dataset in self._checked():
            mapped[name] = dataset.map(
                _AtSplit(function, str(name)) if with_split and function is not None else function,
                with_indices=with_indices,
                with_rank=with_rank,
                input_columns=input_columns,
                batched=batched,
                batch_size=batch_size,
                drop_last_batch=drop_last_batch,
                remove_columns=remove_columns,
                keep_in_memory=keep_in_memory,
                load_from_cache_file=load_from_cache_file,
                cache_file_name=files[name],
                features=features,
                disable_nullable=disable_nullable,
                fn_kwargs=fn_kwargs,
                num_proc=num_proc,
                desc=desc,
                try_original_type=try_original_type,
                on_mixed_types=on_mixed_types,
                num_threads=num_threads,
                on_error=on_error,
                lazy=lazy,
            )
        return DatasetDict(mapped)

    def cache(
        self,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        num_proc: int | str | None = None,
        desc: str | None = None,
        num_threads: int | str | None = None,
    ) -> DatasetDict:
        """Each split with its lazy maps done; see :meth:`Dataset.cache`."""
        return self._each(lambda ds: ds.cache(keep_in_memory, load_from_cache_file, num_proc, desc, num_threads))

    def filter(
        self,
        function: Callable[..., Any] | None = None,
        with_indices: bool = False,
        with_rank: bool = False,
        input_columns: str | list[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
        fn_kwargs: dict[str, Any] | None = None,
        num_proc: int | str | None = None,
        desc: str | None = None,
        num_threads: int | str | None = None,
        on_error: str = "raise",
    ) -> DatasetDict:
        """Each split filtered; see :meth:`Dataset.filter`."""
        files = self._per_split(cache_file_names, "cache_file_names")
        filtered = {}
        for name, dataset in self._checked():
            filtered[name] = dataset.filter(
                function,
                with_indices=with_indices,
                with_rank=with_rank,
                input_columns=input_columns,
                batched=batched,
                batch_size=batch_size,
                keep_in_memory=keep_in_memory,
                load_from_cache_file=load_from_cache_file,
                cache_file_name=files[name],
                fn_kwargs=fn_kwargs,
                num_proc=num_proc,
                desc=desc,
                num_threads=num_threads,
                on_error=on_error,
            )
        return DatasetDict(filtered)

    def flatten_indices(
        self,
        keep_in_memory: bool = False,
        cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
        features: Features | None = None,
        disable_nullable: bool = False,
        num_proc: int | None = None,
        new_fingerprint: str | None = None,
    ) -> DatasetDict:
        """Each split with its rows written side by side in their order."""
        return self._each(lambda ds: ds.flatten_indices(keep_in_memory, features=features))

    def sort(
        self,
        column_names: str | Sequence[str],
        reverse: bool | Sequence[bool] = False,
        null_placement: str = "at_end",
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        indices_cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
    ) -> DatasetDict:
        """Each split sorted; see :meth:`Dataset.sort`."""
        files = self._per_split(indices_cache_file_names, "indices_cache_file_names")
        return DatasetDict(
            {
                name: dataset.sort(column_names, reverse, null_placement, indices_cache_file_name=files[name])
                for name, dataset in self._checked()
            }
        )

    def shuffle(
        self,
        seeds: int | Mapping[str, int | None] | None = None,
        seed: int | None = None,
        generators: Mapping[str, np.random.Generator] | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        indices_cache_file_names: Mapping[str, str | None] | None = None,
        writer_batch_size: int | None = 1000,
    ) -> DatasetDict:
        """Each split shuffled: by one ``seed``, or by ``seeds`` or ``generators`` per split.

        Raises:
            ArgumentError: both ``seed`` and ``seeds``.
        """
        if seed is not None and seeds is not None:
            raise ArgumentError("Both seed= and seeds= were given. Give one of them.")
        one = seeds if isinstance(seeds, int) else seed
        own = self._per_split(seeds if isinstance(seeds, Mapping) else None, "seeds")
        drawn = self._per_split(generators, "generators")
        files = self._per_split(indices_cache_file_names, "indices_cache_file_names")
        shuffled = {}
        for name, dataset in self._checked():
            chosen = one if one is not None else own[name]
            shuffled[name] = dataset.shuffle(chosen, drawn[name], indices_cache_file_name=files[name])
        return DatasetDict(shuffled)

    # --- format

    def set_format(
        self,
        type: str | None = None,
        columns: str | Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> None:
        """Give out rows of every split in another format, in place."""
        for _, dataset in self._checked():
            dataset.set_format(type, columns, output_all_columns, **format_kwargs)

    def with_format(
        self,
        type: str | None = None,
        columns: str | Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> DatasetDict:
        """The same data given out in another format."""
        return self._each(lambda ds: ds.with_format(type, columns, output_all_columns, **format_kwargs))

    def reset_format(self) -> None:
        """Give out Python objects again, in place."""
        self.set_format()

    @contextmanager
    def formatted_as(
        self,
        type: str | None = None,
        columns: str | Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> Iterator[None]:
        """Give out another format inside a ``with`` block."""
        with ExitStack() as stack:
            for _, dataset in self._checked():
                stack.enter_context(dataset.formatted_as(type, columns, output_all_columns, **format_kwargs))
            yield

    def set_transform(
        self, transform: Callable[..., Any], columns: str | Sequence[str] | None = None, output_all_columns: bool = False
    ) -> None:
        """Give out what ``transform`` makes of each batch, in place."""
        self.set_format("custom", columns, output_all_columns, transform=transform)

    def with_transform(
        self, transform: Callable[..., Any], columns: str | Sequence[str] | None = None, output_all_columns: bool = False
    ) -> DatasetDict:
        """The same data given out through ``transform``."""
        return self._each(lambda ds: ds.with_transform(transform, columns, output_all_columns))

    # --- files

    @staticmethod
    def from_csv(
        path_or_paths: PathsBySplit,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        **kwargs: Any,
    ) -> DatasetDict:
        """Splits of CSV files: ``{split: path or paths}``; see :meth:`Dataset.from_csv`."""
        return _from(Dataset.from_csv, path_or_paths, features, cache_dir, keep_in_memory, kwargs)

    @staticmethod
    def from_json(
        path_or_paths: PathsBySplit,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        **kwargs: Any,
    ) -> DatasetDict:
        """Splits of JSON files; see :meth:`Dataset.from_json`."""
        return _from(Dataset.from_json, path_or_paths, features, cache_dir, keep_in_memory, kwargs)

    @staticmethod
    def from_parquet(
        path_or_paths: PathsBySplit,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        columns: list[str] | None = None,
        **kwargs: Any,
    ) -> DatasetDict:
        """Splits of Parquet files; see :meth:`Dataset.from_parquet`."""
        return _from(Dataset.from_parquet, path_or_paths, features, cache_dir, keep_in_memory, {"columns": columns, **kwargs})

    @staticmethod
    def from_text(
        path_or_paths: PathsBySplit,
        features: Features | None = None,
        cache_dir: str | None = None,
        keep_in_memory: bool = False,
        **kwargs: Any,
    ) -> DatasetDict:
        """Splits of text files; see :meth:`Dataset.from_text`."""
        return _from(Dataset.from_text, path_or_paths, features, cache_dir, keep_in_memory, kwargs)

    def save_to_disk(
        self,
        dataset_dict_path: PathLike,
        max_shard_size: str | int | None = None,
        num_shards: Mapping[str, int] | int | None = None,
        num_proc: int | None = None,
        storage_options: dict[str, Any] | None = None,
    ) -> None:
        """Write all splits to a folder that appears when it is complete; see :meth:`Dataset.save_to_disk`.

        Args:
            dataset_dict_path: a folder, or any fsspec URL.
            max_shard_size: largest file.
            num_shards: or the number of files, for all splits or by split.
            num_proc: no effect.
            storage_options: for the fsspec file system.
        """
        counts = dict.fromkeys(self, num_shards) if isinstance(num_shards, int) else self._per_split(num_shards, "num_shards")
        savings = {name: Saving.of(max_shard_size, counts[name]) for name in self}
        states = {str(name): dataset._state for name, dataset in self._checked()}
        disk.save_dict(states, dataset_dict_path, {str(name): saving for name, saving in savings.items()}, storage_options)

    @staticmethod
    def load_from_disk(
        dataset_dict_path: PathLike, keep_in_memory: bool | None = None, storage_options: dict[str, Any] | None = None
    ) -> DatasetDict:
        """What ``save_to_disk`` wrote, here or in HF ``datasets``; memory-mapped."""
        states = disk.load_dict(dataset_dict_path, bool(keep_in_memory), storage_options)
        return DatasetDict({name: Dataset._from_state(state) for name, state in states.items()})


class _AtSplit:
    """A function that gets the split's name as a further argument, last; its key tells the split."""

    def __init__(self, function: Callable[..., Any], split: str) -> None:
        self.function, self.split = function, split

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, self.split, **kwargs)


def load_from_disk(
    dataset_path: PathLike, keep_in_memory: bool | None = None, storage_options: dict[str, Any] | None = None
) -> Dataset | DatasetDict:
    """What ``save_to_disk`` wrote, a Dataset or a DatasetDict as the folder says; memory-mapped, nothing is read.

    Args:
        dataset_path: a folder, or any fsspec URL.
        keep_in_memory: read everything into memory.
        storage_options: for the fsspec file system.

    Raises:
        FileNotFoundError: no such folder, or nothing saved in it.
    """
    if disk.is_dict(dataset_path, storage_options):
        return DatasetDict.load_from_disk(dataset_path, keep_in_memory, storage_options)
    return Dataset.load_from_disk(dataset_path, keep_in_memory, storage_options)


def _from(
    read: Callable[..., Dataset],
    paths: PathsBySplit,
    features: Features | None,
    cache_dir: str | None,
    keep_in_memory: bool,
    kwargs: Mapping[str, Any],
) -> DatasetDict:
    if not isinstance(paths, Mapping):
        raise ArgumentError(
            f"A DatasetDict is read from {{split: path}}, not from a {type(paths).__name__}. Use the method of Dataset."
        )
    return DatasetDict(
        {split: read(path, split, features, cache_dir, keep_in_memory, **kwargs) for split, path in paths.items()}
    )
