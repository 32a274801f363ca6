"""``Dataset``: rows and typed columns that behave like a list of dicts and a dict of columns.

Knows: the documented names and arguments. Does not know: how anything is done; every method forwards to ``transforms``,
``construct``, ``indexing``, ``exports`` or ``disk``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from nlpdata.dataset import batching, construct, transforms
from nlpdata.dataset.batching import Batching
from nlpdata.dataset.column import Column
from nlpdata.dataset.describe import Described
from nlpdata.dataset.indexing import EAGER_FORMATS
from nlpdata.dataset.origins import Origins
from nlpdata.dataset.outlets import Outlets
from nlpdata.dataset.state import format_spec, named
from nlpdata.dataset.transforms import Keeping, Splitting
from nlpdata.engine.plan import Filter, Map
from nlpdata.features import Features, FeatureType
from nlpdata.info import DatasetInfo
from nlpdata.ops import stats
from nlpdata.ops.columns import as_names
from nlpdata.ops.select import as_count

if TYPE_CHECKING:
    from nlpdata.dataset.dicts import DatasetDict

Indices = Iterable[int]


class Dataset(Origins, Outlets, Described):
    """Rows with typed columns, in memory or memory-mapped from disk.

    Operations give a new dataset and leave this one as it is; data is shared, not copied.

    Args:
        arrow_table: the rows.
        info: the description; its features, if any, must fit the table.
        split: the name of the split that this is.
        indices_table: a table whose first column lists the rows to show, in order.
        fingerprint: a name for the content; default: a hash of it, made when first needed.

    Raises:
        ArgumentError: not a table, or the features do not fit it.

    >>> ds = Dataset.from_dict({"text": ["good", "bad", "fine"], "label": [1, 0, 1]})
    >>> ds[0], ds[-1]["text"], ds[:2]["label"], ds["label"] == [1, 0, 1]
    ({'text': 'good', 'label': 1}, 'fine', [1, 0], True)
    """

    def __init__(
        self,
        arrow_table: pa.Table,
        info: DatasetInfo | None = None,
        split: str | None = None,
        indices_table: pa.Table | None = None,
        fingerprint: str | None = None,
    ) -> None:
        self._set(construct.from_arrow(arrow_table, info, split, indices_table, fingerprint))

    # --- rows

    def __iter__(self) -> Iterator[Any]:
        """Every row in the format; columns are converted a batch at a time."""
        return iter(self._reader)

    def __getitem__(self, key: Any) -> Any:
        """A row (int), a batch (slice, range, list or array of ints), or a column (str).

        Raises:
            IndexError: no such row; says how many there are.
            UnknownColumnError: no such column; says the closest.
            TypeError: neither of these; booleans are refused.
        """
        if key.__class__ is int:
            return (self._cached_reader or self._reader).row(key)
        if isinstance(key, str):
            column = Column(self, key)
            return column[:] if self._state.format.type in EAGER_FORMATS else column
        return self._reader[key]

    def __getitems__(self, keys: Indices) -> list[Any]:
        """A list of rows; ``torch.utils.data.DataLoader`` fetches a batch with it."""
        return self._reader.rows(keys)

    def iter(self, batch_size: int, drop_last_batch: bool = False) -> Iterator[Any]:
        """Batches of ``batch_size`` rows in the format; the last one may be shorter, or is dropped."""
        return self._reader.batches(batch_size, drop_last_batch)

    def select(
        self,
        indices: Indices,
        keep_in_memory: bool = False,
        indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        new_fingerprint: str | None = None,
    ) -> Dataset:
        """The rows at ``indices``, in that order; reads nothing. Contiguous indices need no row list.

        Args:
            indices: integers of any kind, negative ones from the end.
            keep_in_memory: no effect; row lists are in memory unless a file is named.
            indices_cache_file_name: write the row list here and memory-map it.
            writer_batch_size: no effect; sizes are bounded in bytes.
            new_fingerprint: the key of the result, instead of the one computed.

        Raises:
            IndexError: an index lies outside.
        """
        return self._from_state(named(transforms.pick_rows(self._state, indices, indices_cache_file_name), new_fingerprint))

    def take(self, n: int) -> Dataset:
        """The first ``n`` rows."""
        return self._from_state(transforms.span(self._state, 0, as_count(n, "n")))

    def skip(self, n: int) -> Dataset:
        """The rows after the first ``n``."""
        return self._from_state(transforms.span(self._state, as_count(n, "n"), self.num_rows))

    def repeat(self, num_times: int) -> Dataset:
        """All rows ``num_times`` one after the other; nothing is copied."""
        return self._from_state(transforms.repeat(self._state, num_times))

    def shard(
        self,
        num_shards: int,
        index: int,
        contiguous: bool = True,
        keep_in_memory: bool = False,
        indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
    ) -> Dataset:
        """Part ``index`` of ``num_shards``: neighbouring rows, or every ``num_shards``-th."""
        return self._from_state(transforms.shard(self._state, num_shards, index, contiguous))

    def shuffle(
        self,
        seed: int | None = None,
        generator: np.random.Generator | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        new_fingerprint: str | None = None,
    ) -> Dataset:
        """All rows in a random order: that of ``numpy.random.default_rng(seed).permutation(len(self))``.

        Args:
            seed: names the order; without it NumPy's global state does.
            generator: draw from here instead.
            keep_in_memory: no effect; the row list is in memory unless a file is named.
            load_from_cache_file: no effect; drawing is as fast as looking up.
            indices_cache_file_name: write the row list here and memory-map it.
            writer_batch_size: no effect.
            new_fingerprint: the key of the result, instead of the one computed.
        """
        return self._from_state(
            named(transforms.shuffle(self._state, seed, generator, indices_cache_file_name), new_fingerprint)
        )

    def sort(
        self,
        column_names: str | Sequence[str],
        reverse: bool | Sequence[bool] = False,
        null_placement: str = "at_end",
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        new_fingerprint: str | None = None,
    ) -> Dataset:
        """All rows in the order of some columns, the first one most important; equal rows keep their order.

        Raises:
            UnknownColumnError: no such column.
            ArgumentError: ``reverse`` or ``null_placement`` cannot be meant, or a column has no order.
        """
        keys = as_names(column_names) or ()
        return self._from_state(
            named(transforms.sort_rows(self._state, keys, reverse, null_placement, indices_cache_file_name), new_fingerprint)
        )

    def train_test_split(
        self,
        test_size: float | int | None = None,
        train_size: float | int | None = None,
        shuffle: bool = True,
        stratify_by_column: str | None = None,
        seed: int | None = None,
        generator: np.random.Generator | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        train_indices_cache_file_name: str | None = None,
        test_indices_cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        train_new_fingerprint: str | None = None,
        test_new_fingerprint: str | None = None,
    ) -> DatasetDict:
        """Two parts, ``train`` and ``test``; a seed names the same rows everywhere.

        Args:
            test_size: rows (int) or fraction (float) held out; default a quarter.
            train_size: rows or fraction to train on; default the rest.
            shuffle: draw rows at random; otherwise the first rows train and the next are held out.
            stratify_by_column: a ClassLabel column whose shares both parts keep.
            seed: names the draw.
            generator: draw from here instead.
            keep_in_memory: no effect.
            load_from_cache_file: no effect.
            train_indices_cache_file_name: write the training part's row list here.
            test_indices_cache_file_name: write the held-out part's row list here.
            writer_batch_size: no effect.
            train_new_fingerprint: the key of the training part.
            test_new_fingerprint: the key of the held-out part.

        Raises:
            ArgumentError: sizes that do not fit, or a column that cannot be stratified by.
        """
        how = Splitting(test_size, train_size, shuffle, stratify_by_column, seed, generator)
        files = train_indices_cache_file_name, test_indices_cache_file_name
        train, test = transforms.train_test_split(self._state, how, *files)
        from nlpdata.dataset.dicts import DatasetDict

        parts = named(train, train_new_fingerprint), named(test, test_new_fingerprint)
        return DatasetDict(train=self._from_state(parts[0]), test=self._from_state(parts[1]))

    # --- functions over rows

    def map(
        self,
        function: Callable[..., Any] | None = None,
        with_indices: bool = False,
        with_rank: bool = False,
        input_columns: str | list[str] | None = None,
        batched: bool = False,
        batch_size: int | None = 1000,
        drop_last_batch: bool = False,
        remove_columns: str | list[str] | None = None,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        features: Features | None = None,
        disable_nullable: bool = False,
        fn_kwargs: dict[str, Any] | None = None,
        num_proc: int | str | None = None,
        suffix_template: str = "_{rank:05d}_of_{num_proc:05d}",
        new_fingerprint: str | None = None,
        desc: str | None = None,
        try_original_type: bool = True,
        on_mixed_types: str | None = "use_json",
        num_threads: int | str | None = None,
        on_error: str = "raise",
        lazy: bool = False,
    ) -> Dataset:
        """Each row (or batch) with what ``function`` returns for it merged in. Only changed columns are written.

        Args:
            function: gets a row, or a batch as a dict of columns; returns a dict to merge in, or None. Also a table or frame.
            with_indices: pass the row number(s) too.
            with_rank: pass the number of the process too.
            input_columns: pass these columns' values, one argument each, instead of the row.
            batched: give batches; they may change the number of rows if all other columns are removed.
            batch_size: rows of a batch; None or 0 = all at once.
            drop_last_batch: leave out a last batch that is shorter.
            remove_columns: columns to remove afterwards.
            keep_in_memory: do not write the result; the default for a dataset that is in memory.
            load_from_cache_file: take the result of an earlier run with the same key; default: the setting ``caching``.
            cache_file_name: also leave the result here, as one Arrow stream file.
            writer_batch_size: no effect; writes are bounded in bytes.
            features: types of the result; inferred where not given.
            disable_nullable: refuse a result with nulls.
            fn_kwargs: further arguments of ``function``.
            num_proc: processes to use, or "auto" for one a core; the result is the same for any number. Short work is done
                here all the same.
            suffix_template: no effect; the names of shards are fixed.
            new_fingerprint: the key of the result, instead of the one computed.
            desc: what the progress bar says.
            try_original_type: cast a changed column back to its type where that is possible.
            on_mixed_types: "use_json" makes new columns JSON whose values in a batch have no common type; None refuses them.
            num_threads: threads to use instead of processes, or "auto"; for functions that release the GIL.
            on_error: "raise" ends at the first error of the function, "skip" leaves such rows (or batches) out, "collect" keeps
                them as they were and tells the error in a column "_error".
            lazy: keep the map as a plan: rows are computed when they are read, and only those; a function of batches is called
                with those. :meth:`cache` does the rest. The first 16 rows are computed now, to learn the types.

        Raises:
            UnknownColumnError: ``input_columns`` or ``remove_columns`` names none.
            ArgumentError: the function returned something that is no rows, or columns of different lengths.
        """
        step = Map(
            function=function,
            batched=batched,
            batch_size=batch_size,
            with_indices=with_indices,
            with_rank=with_rank,
            input_columns=as_names(input_columns),
            drop_last_batch=drop_last_batch,
            remove_columns=as_names(remove_columns) or (),
            features=features,
            fn_kwargs=fn_kwargs or {},
            try_original_type=try_original_type,
            on_mixed_types=on_mixed_types,
            on_error=on_error,
        )
        keeping = Keeping(keep_in_memory, load_from_cache_file, cache_file_name, new_fingerprint, num_proc, desc, num_threads)
        mapped = transforms.lazy_rows if lazy else transforms.map_rows
        return self._from_state(mapped(self._state, step, keeping, disable_nullable))

    def cache(
        self,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        num_proc: int | str | None = None,
        desc: str | None = None,
        num_threads: int | str | None = None,
    ) -> Dataset:
        """The same rows with every lazy map done for all rows, and found again where the eager map would be.

        The arguments are those of :meth:`map`. Without a lazy map nothing is done.
        """
        keeping = Keeping(keep_in_memory, load_from_cache_file, None, None, num_proc, desc, num_threads)
        return self._from_state(transforms.carried_out(self._state, keeping))

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
        cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        fn_kwargs: dict[str, Any] | None = None,
        num_proc: int | str | None = None,
        suffix_template: str = "_{rank:05d}_of_{num_proc:05d}",
        new_fingerprint: str | None = None,
        desc: str | None = None,
        num_threads: int | str | None = None,
        on_error: str = "raise",
    ) -> Dataset:
        """The rows for which ``function`` is true; only a row list is written. The arguments are those of :meth:`map`.

        With ``on_error="skip"`` rows for which it fails are left out; ``"collect"`` is for :meth:`map` alone.
        """
        step = Filter(
            function=function,
            batched=batched,
            batch_size=batch_size,
            with_indices=with_indices,
            with_rank=with_rank,
            input_columns=as_names(input_columns),
            fn_kwargs=fn_kwargs or {},
            on_error=on_error,
        )
        keeping = Keeping(keep_in_memory, load_from_cache_file, cache_file_name, new_fingerprint, num_proc, desc, num_threads)
        return self._from_state(transforms.filter_rows(self._state, step, keeping))

    def flatten_indices(
        self,
        keep_in_memory: bool = False,
        cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        features: Features | None = None,
        disable_nullable: bool = False,
        num_proc: int | None = None,
        new_fingerprint: str | None = None,
    ) -> Dataset:
        """The rows written side by side in their present order, so that they are read without a row list."""
        keeping = Keeping(keep_in_memory, None, cache_file_name, new_fingerprint, num_proc)
        state = self._state if features is None else transforms.cast(self._state, features, keeping)
        return self._from_state(transforms.flatten_indices(state, keeping))

    def batch(
        self,
        batch_size: int | None = None,
        by_column: str | None = None,
        drop_last_batch: bool = False,
        num_proc: int | None = None,
        new_fingerprint: str | None = None,
    ) -> Dataset:
        """Neighbouring rows grouped: each new row is a batch, each of its columns the list of the rows' values.

        Args:
            batch_size: rows of a batch; the last one may be shorter.
            by_column: begin a batch where the value of this column changes, instead.
            drop_last_batch: leave out the last batch, with ``batch_size`` only if it is shorter.
            num_proc: no effect; columns are grouped as a whole.
            new_fingerprint: the key of the result, instead of the one computed.

        Raises:
            ArgumentError: neither ``batch_size`` nor ``by_column``.
            UnknownColumnError: there is no such column.

        >>> Dataset.from_dict({"doc": ["a", "a", "b"], "line": [1, 2, 1]}).batch(by_column="doc")["line"][:]
        [[1, 2], [1]]
        """
        how = Batching(batch_size, by_column, drop_last_batch)
        return self._from_state(named(batching.batch(self._state, how, Keeping(key=new_fingerprint)), new_fingerprint))

    # --- columns

    def rename_column(self, original_column_name: str, new_column_name: str, new_fingerprint: str | None = None) -> Dataset:
        """One column under a new name; nothing is copied."""
        return self._from_state(
            named(transforms.rename_columns(self._state, {original_column_name: new_column_name}), new_fingerprint)
        )

    def rename_columns(self, column_mapping: dict[str, str], new_fingerprint: str | None = None) -> Dataset:
        """Columns under new names: ``{old: new}``; names may be swapped."""
        return self._from_state(named(transforms.rename_columns(self._state, column_mapping), new_fingerprint))

    def remove_columns(self, column_names: str | list[str], new_fingerprint: str | None = None) -> Dataset:
        """The other columns; nothing is copied."""
        return self._from_state(named(transforms.remove_columns(self._state, column_names), new_fingerprint))

    def select_columns(self, column_names: str | list[str], new_fingerprint: str | None = None) -> Dataset:
        """Only these columns, in this order; nothing is copied."""
        return self._from_state(named(transforms.select_columns(self._state, column_names), new_fingerprint))

    def add_column(
        self, name: str, column: Any, new_fingerprint: str | None = None, feature: FeatureType | None = None
    ) -> Dataset:
        """One more column, from a list or array with a value for each row; the type is inferred unless ``feature`` says it."""
        return self._from_state(named(transforms.add_column(self._state, name, column, feature), new_fingerprint))

    def add_item(self, item: Mapping[str, Any], new_fingerprint: str | None = None) -> Dataset:
        """One more row; columns it lacks are null in it, columns it adds are null before it."""
        return self._from_state(named(transforms.add_item(self._state, item), new_fingerprint))

    def cast(
        self,
        features: Features,
        batch_size: int | None = 1000,
        keep_in_memory: bool = False,
        load_from_cache_file: bool | None = None,
        cache_file_name: str | None = None,
        writer_batch_size: int | None = 1000,
        num_proc: int | None = None,
    ) -> Dataset:
        """All columns with new types, in the order of ``features``; only columns stored differently are written.

        Raises:
            ArgumentError: ``features`` does not name exactly the columns.
            FeatureError: a value does not fit its new type.
        """
        keeping = Keeping(keep_in_memory, load_from_cache_file, cache_file_name, None, num_proc, "Casting")
        return self._from_state(transforms.cast(self._state, features, keeping))

    def cast_column(self, column: str, feature: FeatureType, new_fingerprint: str | None = None) -> Dataset:
        """One column with a new type."""
        return self._from_state(named(transforms.cast_columns(self._state, {column: feature}, Keeping()), new_fingerprint))

    def class_encode_column(self, column: str, include_nulls: bool = False) -> Dataset:
        """A column as class labels, named by its distinct values as sorted text; null stays null unless it is to be a class."""
        return self._from_state(transforms.class_encode_column(self._state, column, include_nulls))

    def align_labels_with_mapping(self, label2id: dict[str, int], label_column: str) -> Dataset:
        """A class label column with a model's ids; names are compared without regard to case."""
        return self._from_state(transforms.align_labels(self._state, label2id, label_column))

    def flatten(self, new_fingerprint: str | None = None, max_depth: int = 16) -> Dataset:
        """Struct columns replaced by their fields, named ``"column.field"``; nothing is copied."""
        return self._from_state(named(transforms.flatten(self._state, as_count(max_depth, "max_depth")), new_fingerprint))

    def unique(self, column: str) -> list[Any]:
        """The distinct values of a column in order of appearance."""
        values: list[Any] = stats.unique(self._state.view, column).to_pylist()
        return values

    # --- format

    def set_format(
        self,
        type: str | None = None,
        columns: str | Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> None:
        """Give out rows in another format from now on, in place.

        Args:
            type: None or "python", "numpy", "torch", "tensorflow", "jax", "pandas", "polars", "arrow", or an alias.
            columns: give out only these; None = all.
            output_all_columns: give out the other columns, too, as Python objects.
            format_kwargs: options of the format, such as ``dtype``.

        Raises:
            UnknownFormatError: no such format; says the closest.
            UnknownColumnError: no such column.
        """
        spec = format_spec(
            self.column_names, type, columns, output_all_columns, format_kwargs.pop("format_kwargs", format_kwargs)
        )
        self._set(transforms.formatted(self._state, spec))

    def with_format(
        self,
        type: str | None = None,
        columns: str | Sequence[str] | None = None,
        output_all_columns: bool = False,
        **format_kwargs: Any,
    ) -> Dataset:
        """The same data given out in another format; see :meth:`set_format`."""
        dataset = self._from_state(self._state)
        dataset.set_format(type, columns, output_all_columns, **format_kwargs)
        return dataset

    def reset_format(self) -> None:
        """Give out Python objects and all columns again, in place."""
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
        before = self._state.format
        self.set_format(type, columns, output_all_columns, **format_kwargs)
        try:
            yield
        finally:
            self._set(transforms.formatted(self._state, before))

    def set_transform(
        self, transform: Callable[..., Any], columns: str | Sequence[str] | None = None, output_all_columns: bool = False
    ) -> None:
        """Give out what ``transform`` makes of each batch read, from now on, in place; nothing is stored."""
        self.set_format("custom", columns, output_all_columns, transform=transform)

    def with_transform(
        self, transform: Callable[..., Any], columns: str | Sequence[str] | None = None, output_all_columns: bool = False
    ) -> Dataset:
        """The same data given out through ``transform``, a function of a batch that is called when rows are read."""
        return self.with_format("custom", columns, output_all_columns, transform=transform)
