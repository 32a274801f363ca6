"""What can be done with a dataset, written once: each function takes a state and gives the state after it.

Knows: how view, features, format, description and lineage change together. Does not know: the classes users hold, or how
rows are computed (``ops`` and ``engine`` do).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa

from nlpdata.cache.directory import CacheDirectory
from nlpdata.cache.key import Lineage
from nlpdata.dataset.state import State, renamed
from nlpdata.dataset.stored import kept_rows, stored_view, whole_tables, write_stream
from nlpdata.engine import lazy
from nlpdata.engine import run as engine
from nlpdata.engine.plan import Filter, Map, Source
from nlpdata.errors import ArgumentError
from nlpdata.features import (
    ClassLabel,
    Features,
    FeatureType,
    Value,
    cast_array,
    encode_column,
    encode_table,
    from_arrow_field,
    to_arrow_type,
)
from nlpdata.formats.base import FormatSpec
from nlpdata.info import DatasetInfo
from nlpdata.ops import columns as column_ops
from nlpdata.ops import combine, select, sort, split, stats
from nlpdata.settings import settings
from nlpdata.store.group import ColumnGroup, TableGroup
from nlpdata.store.selection import Range, Rows, Selection, as_selection
from nlpdata.store.view import View

if TYPE_CHECKING:
    from nlpdata.dataset.dataset import Dataset

    D = TypeVar("D", bound=Dataset)

TABLE_ROWS = 10_000  # rows handed at once to the functions over tables below


@dataclass(frozen=True)
class Keeping:
    """Where a computed result is kept, and whether an earlier one is taken.

    Args:
        in_memory: do not write it; the default for a dataset that lies in memory itself.
        load_from_cache: take an earlier result of the same key; None = the setting ``caching``.
        file: also leave a copy here, as one Arrow stream file.
        key: a key to use instead of the one computed.
        num_proc: processes to use.
        desc: what the progress bar says.
        num_threads: threads to use.
    """

    in_memory: bool = False
    load_from_cache: bool | None = None
    file: str | None = None
    key: str | None = None
    num_proc: int | str | None = None
    desc: str | None = None
    num_threads: int | str | None = None

    def options(self, state: State) -> engine.Options:
        """What the engine needs to know, for this dataset."""
        on_disk = not self.in_memory and (self.file is not None or bool(state.view.files))
        return engine.Options(
            directory=CacheDirectory() if on_disk else None,
            load_from_cache=bool(settings.caching if self.load_from_cache is None else self.load_from_cache),
            key=self.key,
            desc=self.desc,
            num_proc=self.num_proc,
            num_threads=self.num_threads,
        )


# --- rows computed by a user's function


def map_rows(state: State, step: Map, keeping: Keeping, disable_nullable: bool = False) -> State:
    """Every row, or batch of rows, given to a function, and what it returns merged in."""
    after = _after_engine(state, engine.run_map(_source(state), step, keeping.options(state)))
    if disable_nullable:
        _refuse_nulls(after.view)
    return _copied(after, keeping)


def lazy_rows(state: State, step: Map, keeping: Keeping, disable_nullable: bool = False) -> State:
    """As :func:`map_rows`, but each row is computed when it is read."""
    if keeping.file is not None or disable_nullable:
        raise ArgumentError("cache_file_name and disable_nullable need all rows to be computed. Leave out lazy=True.")
    return _after_engine(state, lazy.lazy_map(_source(state), step, keeping.key))


def carried_out(state: State, keeping: Keeping) -> State:
    """The same with every lazy map in it done, and kept where the eager map would keep it."""
    view = lazy.carried_out(state.view, keeping.options(state))
    if view is state.view:
        return state.derived(state.view, state.lineage)
    schema = view.schema  # all rows may need wider types than the first ones did
    features = Features(
        {
            n: f if to_arrow_type(f) == schema.field(n).type else from_arrow_field(schema.field(n))
            for n, f in state.features.items()
        }
    )
    return state.derived(view, state.lineage, features)


def _copied(state: State, keeping: Keeping) -> State:
    """The same; where a file was named, it is also written there."""
    if keeping.file is not None:
        write_stream(whole_tables(state), keeping.file)
    return state


def _refuse_nulls(view: View) -> None:
    for table in view.natural_batches(settings.batch_bytes):
        for name in table.column_names:
            if table.column(name).null_count:
                raise ArgumentError(f"Column {name!r} has nulls, but disable_nullable=True asks for none.")


def filter_rows(state: State, step: Filter, keeping: Keeping) -> State:
    """The rows for which a function is true."""
    return _copied(_after_engine(state, engine.run_filter(_source(state), step, keeping.options(state))), keeping)


def _source(state: State) -> Source:
    return Source(state.view, state.features, state.format, state.lineage, state.split)


def _after_engine(state: State, outcome: engine.Outcome) -> State:
    if outcome.view is state.view:
        return state.derived(state.view, state.lineage)
    return state.derived(outcome.view, outcome.lineage, outcome.features)


def _map_tables(state: State, function: Callable[[pa.Table], pa.Table], features: Features, keeping: Keeping) -> State:
    """Columns replaced by what a function over tables of these columns makes of them."""
    names = list(features)
    source = Source(
        state.view.pick(names),
        Features({name: state.features[name] for name in names}),
        FormatSpec("arrow"),
        state.lineage.then("columns", names),
        state.split,
    )
    if state.view.num_rows == 0:  # no batch, so no call; the types change all the same
        made = View.of(TableGroup(function(source.view.table())))
    else:
        step = Map(function=function, batched=True, batch_size=TABLE_ROWS, features=features)
        made = engine.run_map(source, step, keeping.options(state)).view
    rest = state.view.drop(names)
    view = View.beside([rest, made]) if rest.column_names else made
    merged = Features({name: features.get(name, feature) for name, feature in state.features.items()})
    return state.derived(view.pick(list(merged)), state.lineage.then("tables", function), merged)


# --- rows chosen


def choose(state: State, selection: Selection, op: str, *arguments: Any, file: str | None = None) -> State:
    """Rows in a given order; ``op`` and ``arguments`` say why, for the lineage."""
    if select.is_identity(selection, state.view.num_rows):
        return state.derived(state.view, state.lineage)
    if file is not None and isinstance(selection, Rows):
        selection = kept_rows(selection, Path(file))
    return state.derived(state.view.select(selection), state.lineage.then(op, *arguments))


def pick_rows(state: State, indices: Any, file: str | None = None) -> State:
    """The rows at ``indices``."""
    selection = as_selection(indices, state.view.num_rows)
    return choose(state, selection, "select", *_named(selection), file=file)


def _named(selection: Selection) -> tuple[Any, ...]:
    """What names a selection in a lineage; hashed only if the lineage is."""
    if isinstance(selection, Range):
        return selection.start, selection.stop, selection.step
    return (selection.array,) if isinstance(selection, Rows) else (selection.content_key(),)


def shard(state: State, num_shards: int, index: int, contiguous: bool) -> State:
    """One of ``num_shards`` parts."""
    selection = select.shard_rows(state.view.num_rows, num_shards, index, contiguous)
    return choose(state, selection, "select", *_named(selection))


def span(state: State, start: int, stop: int) -> State:
    """Rows from ``start`` to ``stop``, cut to what exists."""
    stop = min(max(stop, 0), state.view.num_rows)
    selection = Range(min(max(start, 0), stop), stop)
    return choose(state, selection, "select", *_named(selection))


def shuffle(state: State, seed: Any, generator: np.random.Generator | None, file: str | None) -> State:
    """All rows in a random order."""
    selection = select.permutation(state.view.num_rows, select.random_generator(seed, generator))
    named = ("shuffle", seed) if generator is None and isinstance(seed, int) else ("select", selection.array)
    return choose(state, selection, *named, file=file)


def sort_rows(
    state: State, keys: Sequence[str], reverse: bool | Sequence[bool], null_placement: str, file: str | None
) -> State:
    """All rows in the order of some columns."""
    column_ops.check_known(keys, state.view.column_names)
    selection = as_selection(sort.sort_rows(state.view, keys, reverse, null_placement), state.view.num_rows)
    return choose(state, selection, "sort", list(keys), reverse, null_placement, file=file)


@dataclass(frozen=True)
class Splitting:
    """How rows are split in two; see :meth:`nlpdata.Dataset.train_test_split`."""

    test_size: float | int | None
    train_size: float | int | None
    shuffle: bool
    stratify_by_column: str | None
    seed: int | None
    generator: np.random.Generator | None


def train_test_split(state: State, how: Splitting, train_file: str | None, test_file: str | None) -> tuple[State, State]:
    """(training part, held-out part)."""
    num_rows = state.view.num_rows
    if not how.shuffle and how.stratify_by_column is not None:
        raise ArgumentError("stratify_by_column needs shuffle=True: rows are drawn per class.")
    parts = split.sizes(num_rows, how.test_size, how.train_size)
    if not how.shuffle:
        return span(state, 0, parts.train), span(state, parts.train, parts.train + parts.test)
    generator = select.random_generator(how.seed, how.generator)
    if how.stratify_by_column is None:
        train, test = split.random_rows(parts, num_rows, generator)
    else:
        train, test = split.stratified_rows(parts, _class_ids(state, how.stratify_by_column), generator)
    return pick_rows(state, train, train_file), pick_rows(state, test, test_file)


def _class_ids(state: State, name: str) -> np.ndarray:
    column_ops.check_known([name], state.view.column_names)
    feature = state.features[name]
    if not isinstance(feature, ClassLabel):
        raise ArgumentError(
            f"Stratifying needs a ClassLabel column, but {name!r} is {feature}. Use class_encode_column({name!r})."
        )
    column = state.view.column(name)
    if column.null_count:
        raise ArgumentError(
            f"Stratifying by {name!r}, but {column.null_count} rows have no label there. Filter them out first."
        )
    return np.asarray(column)


def repeat(state: State, num_times: int) -> State:
    """All rows several times."""
    if num_times == 1:
        return state.derived(state.view, state.lineage)
    return state.derived(select.repeat(state.view, num_times), state.lineage.then("repeat", num_times))


def flatten_indices(state: State, keeping: Keeping) -> State:
    """The rows written one after the other in their present order, without a row list."""
    if all(isinstance(part.selection, Range) and part.selection.step == 1 for part in state.view.parts):
        return state.derived(state.view, state.lineage)
    directory = keeping.options(state).directory
    key = keeping.key or Lineage.named(state.key()).then("rewrite", state.features).key()
    if directory is None:
        group: ColumnGroup = TableGroup(state.view.table())
    else:
        group = stored_view(f"results/{key}", state.view, state.features, directory)
    return state.derived(View.of(group), state.lineage)


# --- columns


def rename_columns(state: State, mapping: Mapping[str, str]) -> State:
    """Columns under new names."""
    column_ops.check_renaming(mapping, state.view.column_names)
    features = Features({mapping.get(name, name): feature for name, feature in state.features.items()})
    spec = renamed(state.format, mapping)
    return state.derived(state.view.rename(mapping), state.lineage.then("rename", dict(mapping)), features, spec)


def remove_columns(state: State, names: str | Iterable[str]) -> State:
    """The other columns."""
    gone = column_ops.as_names(names) or ()
    column_ops.check_known(gone, state.view.column_names)
    return select_columns(state, [name for name in state.features if name not in gone])


def select_columns(state: State, names: str | Iterable[str]) -> State:
    """The named columns in the order of the names."""
    kept = list(column_ops.as_names(names) or ())
    column_ops.check_known(kept, state.view.column_names)
    if len(set(kept)) != len(kept):
        raise ArgumentError(f"A column is named twice: {kept}. Names are unique.")
    features = Features({name: state.features[name] for name in kept})
    return state.derived(state.view.pick(kept), state.lineage.then("columns", kept), features)


def add_column(state: State, name: str, values: Any, feature: FeatureType | None) -> State:
    """One more column, last."""
    if name in state.features:
        raise ArgumentError(f"There is a column {name!r} already. Remove or rename it first, or give the new one another name.")
    array = encode_column(values, feature, column=name)
    if state.features and len(array) != state.view.num_rows:
        raise ArgumentError(f"Column {name!r} has {len(array)} values, but the dataset has {state.view.num_rows} rows.")
    added = (
        Features.from_arrow_schema(pa.schema([pa.field(name, array.type)])) if feature is None else Features({name: feature})
    )
    group = TableGroup(pa.table([array], schema=added.arrow_schema))
    view = state.view.with_columns(group) if state.features else View.of(group)
    lineage = state.lineage.then("beside", Lineage.of(group.content_key))
    return state.derived(view, lineage, Features({**state.features, **added}))


def add_item(state: State, item: Mapping[str, Any]) -> State:
    """One more row, last; columns it lacks are null there, columns it adds are null before."""
    if not isinstance(item, Mapping):
        raise ArgumentError(f"A row is a dict of column name and value, not a {type(item).__name__}.")
    values = {name: [value] for name, value in item.items()}
    known = {name: value for name, value in values.items() if name in state.features}
    typed = Features({name: state.features[name] for name in known if not combine.is_null(state.features[name])})
    tables = [
        encode_table({n: known[n] for n in typed}, typed, first_row=state.view.num_rows, strict=True) if typed else None,
        encode_table({name: value for name, value in values.items() if name not in typed}, None)
        if len(typed) < len(values)
        else None,
    ]
    found = [table for table in tables if table is not None]
    features = Features(
        {**typed, **{n: f for t in found for n, f in Features.from_arrow_schema(t.schema).items() if n not in typed}}
    )
    arrays = [column for table in found for column in table.columns]
    group = TableGroup(pa.table(arrays, schema=features.arrow_schema))
    row = State.of(View.of(group), features, state.info, state.split, state.format)
    return replace(concatenate([state, row], state.info, state.split, axis=0), format=state.format)


def cast(state: State, features: Features, keeping: Keeping) -> State:
    """All columns with new types, in the order of ``features``."""
    if set(features) != set(state.features):
        lacking, more = sorted(set(state.features) - set(features)), sorted(set(features) - set(state.features))
        raise ArgumentError(
            f"The features must name the dataset's columns {list(state.features)}; lacking: {lacking}, not a column: {more}. "
            "Use cast_column for a single column."
        )
    features = features if isinstance(features, Features) else Features(features)
    names = list(features)
    if names != list(state.features):
        state = select_columns(state, names)
    return cast_columns(state, {n: f for n, f in features.items() if _differs(state, n, f)}, keeping)


def _differs(state: State, name: str, feature: FeatureType) -> bool:
    """Whether a column has another type, or is stored otherwise: structs are equal whatever the order of their fields."""
    return bool(feature != state.features[name] or to_arrow_type(feature) != state.view.schema.field(name).type)


def cast_columns(state: State, changes: Mapping[str, FeatureType], keeping: Keeping) -> State:
    """Some columns with new types; only columns whose stored type changes are computed."""
    column_ops.check_known(changes, state.view.column_names)
    new = Features({name: changes.get(name, feature) for name, feature in state.features.items()})
    schema = state.view.schema
    stored = {name: f for name, f in new.items() if name in changes and to_arrow_type(f) != schema.field(name).type}
    for name in changes:
        if name not in stored:  # the same bytes under another type, such as class names: look whether they fit
            cast_array(state.view.column(name), new[name], column=name)
    if stored:
        state = _map_tables(state, column_ops.CastColumns(Features(stored)), Features(stored), keeping)
    return (
        state.derived(state.view, state.lineage.then("types", new), new)
        if changes
        else state.derived(state.view, state.lineage)
    )


def class_encode_column(state: State, name: str, include_nulls: bool) -> State:
    """A column of values as class labels named by their sorted text."""
    column_ops.check_known([name], state.view.column_names)
    feature = state.features[name]
    if isinstance(feature, ClassLabel):
        return state.derived(state.view, state.lineage)
    if not isinstance(feature, Value):
        raise ArgumentError(f"Class labels are made of single values, but column {name!r} holds {feature}.")
    names = stats.class_names(state.view, name, include_nulls)
    function = column_ops.EncodeClasses(name, tuple(names), include_nulls)
    return _map_tables(state, function, Features({name: ClassLabel(names=names)}), Keeping())


def align_labels(state: State, label2id: Mapping[str, int], name: str) -> State:
    """A class label column with the ids that a model uses."""
    column_ops.check_known([name], state.view.column_names)
    feature = state.features[name]
    if not isinstance(feature, ClassLabel):
        raise ArgumentError(f"Labels are aligned in a ClassLabel column, but {name!r} is {feature}.")
    by_id = sorted(label2id.items(), key=lambda item: item[1])
    if [i for _, i in by_id] != list(range(len(by_id))):
        raise ArgumentError(f"label2id must give the ids 0 to {len(by_id) - 1}, each once; it gives {[i for _, i in by_id]}.")
    folded = {label.lower(): i for label, i in by_id}
    missing = [label for label in feature.names if label.lower() not in folded]
    if missing:
        raise ArgumentError(f"label2id has no id for {missing}, which column {name!r} has. It has {list(label2id)}.")
    function = column_ops.RemapClasses(name, tuple(folded[label.lower()] for label in feature.names))
    return _map_tables(state, function, Features({name: ClassLabel(names=[label for label, _ in by_id])}), Keeping())


def flatten(state: State, max_depth: int) -> State:
    """Struct columns replaced by their fields."""
    view, features = column_ops.flatten(state.view, state.features, max_depth)
    spec = state.format
    if spec.columns is not None:  # the fields of a struct are shown as it was
        shown = [name for name in features if any(name == c or name.startswith(f"{c}.") for c in spec.columns)]
        spec = replace(spec, columns=tuple(shown))
    return state.derived(view, state.lineage.then("flatten", max_depth), features, spec)


def formatted(state: State, spec: FormatSpec) -> State:
    """The same data in another format."""
    return replace(state, format=spec)


# --- several datasets


def concatenate(states: Sequence[State], info: DatasetInfo | None, split: str | None, axis: int) -> State:
    """Datasets one above the other (axis 0) or side by side (axis 1); nothing is copied."""
    if axis == 0:
        features = combine.common_features([state.features for state in states])
        schema = features.arrow_schema
        states = [_with_types_of(state, features, schema) for state in states]
        view = combine.stack([state.view for state in states], [state.features for state in states], features)
    else:
        view = combine.beside([state.view for state in states])
        features = Features({name: feature for state in states for name, feature in state.features.items()})
    return State.of(
        view,
        features,
        info or DatasetInfo.from_merge([state.info for state in states]),
        split,
        _common_format(states, features),
        states[0].lineage.then("concatenate", axis, [state.lineage for state in states[1:]]),
    )


def _with_types_of(state: State, features: Features, schema: pa.Schema) -> State:
    """A dataset cast to common features, which have that schema, where a null type is hidden inside another type."""
    stored = state.view.schema
    inner = {
        name: features[name]
        for name, own in state.features.items()
        if not combine.is_null(own) and (features[name] != own or schema.field(name).type != stored.field(name).type)
    }
    return cast_columns(state, inner, Keeping()) if inner else state


def _common_format(states: Sequence[State], features: Features) -> FormatSpec:
    """The format that all share, or none."""
    specs = [replace(state.format, columns=None) for state in states]
    if any(spec != specs[0] for spec in specs):
        return FormatSpec()
    if all(state.format.columns is None for state in states):
        return specs[0]
    shown = {name for state in states for name in state.shown_columns}
    return replace(specs[0], columns=tuple(name for name in features if name in shown))


def concatenate_datasets(dsets: Sequence[D], info: DatasetInfo | None = None, split: str | None = None, axis: int = 0) -> D:
    """Datasets one above the other, or side by side. Copies and reads nothing.

    Args:
        dsets: the datasets.
        info: description of the result; default: those of the datasets, merged.
        split: name of the split that the result is.
        axis: 0 stacks rows: a column that a dataset lacks is null there, and a null column takes the other's type.
            1 puts columns side by side: equal numbers of rows, no column name twice.

    Raises:
        ArgumentError: no dataset, unequal numbers of rows, or a column name twice.
        TypeConflictError: a column has two types.

    >>> from nlpdata import Dataset
    >>> concatenate_datasets([Dataset.from_dict({"a": [1]}), Dataset.from_dict({"a": [2], "b": ["x"]})])[:]
    {'a': [1, 2], 'b': [None, 'x']}
    """
    datasets = list(dsets)
    if not datasets:
        raise ArgumentError("No dataset to concatenate was given: the list is empty.")
    for dataset in datasets:
        if not hasattr(dataset, "_state"):
            hint = " Pick a split of it first." if isinstance(dataset, dict) else ""
            raise ArgumentError(f"A {type(dataset).__name__} cannot be concatenated; pass datasets.{hint}")
    if axis not in (0, 1):
        raise ArgumentError(f"axis={axis!r} is neither 0 (rows) nor 1 (columns).")
    return datasets[0]._from_state(concatenate([dataset._state for dataset in datasets], info, split, axis))


def enable_caching() -> None:
    """Find results of ``map`` and the like again (the default)."""
    settings.set(caching=True)


def disable_caching() -> None:
    """Compute ``map`` and the like anew each time; results go to a temporary folder that goes away with the process."""
    settings.set(caching=False)


def is_caching_enabled() -> bool:
    """Whether results are found again."""
    return bool(settings.caching)
