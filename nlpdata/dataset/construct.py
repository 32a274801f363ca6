"""Where datasets come from: Python objects, frames, generators, files.

Knows: how each becomes a state, in memory or through the cache. Does not know: loader scripts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from nlpdata._report import warn_once
from nlpdata.cache.directory import CacheDirectory, remove_temporary, remove_with
from nlpdata.cache.key import Lineage, content_key
from nlpdata.dataset.state import State
from nlpdata.dataset.stored import FileTask, SqlTask, generator_tasks, rows_from_file, rows_of
from nlpdata.engine import run as engine
from nlpdata.engine.local import executor_for, worker_count
from nlpdata.errors import ArgumentError, KeyingError, TypeConflictError
from nlpdata.features import Features, cast_table, encode_table
from nlpdata.fetch.manager import DownloadManager
from nlpdata.files.base import get_file_type, parse_options
from nlpdata.files.patterns import resolve_data_files
from nlpdata.files.placed import TypesSoFar
from nlpdata.files.sql import Database, SqlOptions
from nlpdata.files.state import file_state
from nlpdata.info import DatasetInfo
from nlpdata.ops.select import span
from nlpdata.settings import settings
from nlpdata.splits import NamedSplit
from nlpdata.store.group import ShardGroup, TableGroup
from nlpdata.store.view import View

PathLike = str | os.PathLike[str]
Paths = PathLike | Sequence[PathLike]


def from_table(table: pa.Table, features: Features | None, info: DatasetInfo | None, split: str | None) -> State:
    """An Arrow table in memory, cast to ``features`` (or those of ``info``) if there are any."""
    wanted = _wanted(features, info)
    if wanted is not None:
        table = cast_table(table, wanted)
        return State.of(View.of(TableGroup(table)), wanted, info, split)
    found = Features.from_arrow_schema(table.schema)
    # A schema's metadata (pandas index, other libraries') would travel with the data; the features are what it says here.
    table = table.replace_schema_metadata(found.arrow_schema.metadata)
    return State.of(View.of(TableGroup(table)), found, info, split)


def from_arrow(
    table: Any, info: DatasetInfo | None, split: str | None, indices: pa.Table | None, fingerprint: str | None
) -> State:
    """What ``Dataset(arrow_table, ...)`` takes: a table, and possibly a table of row numbers."""
    if not isinstance(table, pa.Table):
        if not hasattr(table, "__arrow_c_stream__"):
            raise ArgumentError(
                f"A Dataset is made of a pyarrow.Table, not of a {type(table).__name__}. Use Dataset.from_dict and the like."
            )
        table = pa.table(table)
    features = Features.from_arrow_schema(table.schema)
    if info is not None and info.features is not None:
        features = info.features
        types = {field.name: field.type for field in table.schema}
        if {field.name: field.type for field in features.arrow_schema} != types:
            raise ArgumentError(
                f"info.features {features} do not describe a table of {types}. Leave them out, or cast the table."
            )
    view = View.of(TableGroup(table))
    if indices is not None:
        view = view.select(rows_of(indices))
    return State.of(view, features, info, split, lineage=Lineage.named(fingerprint) if fingerprint else None)


def from_dict(
    mapping: Mapping[str, Any],
    features: Features | None,
    info: DatasetInfo | None,
    split: str | None,
    on_mixed_types: str | None = None,
) -> State:
    """Columns given as lists or arrays."""
    if not isinstance(mapping, Mapping):
        raise ArgumentError(f"from_dict takes {{column: values}}, not a {type(mapping).__name__}. Rows go to from_list.")
    wanted = _wanted(features, info)
    table = encode_table(mapping, wanted, on_mixed_types=on_mixed_types)
    return State.of(View.of(TableGroup(table)), wanted or Features.from_arrow_schema(table.schema), info, split)


def from_list(
    rows: Sequence[Mapping[str, Any]],
    features: Features | None,
    info: DatasetInfo | None,
    split: str | None,
    on_mixed_types: str | None = None,
) -> State:
    """Rows given as dicts; the first one tells the columns."""
    if isinstance(rows, Mapping | str | bytes) or not isinstance(rows, Iterable):
        raise ArgumentError(f"from_list takes a list of dicts, not a {type(rows).__name__}. Columns go to from_dict.")
    rows = rows if isinstance(rows, Sequence) else list(rows)
    for i, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise ArgumentError(f"from_list takes dicts of column name and value, but row {i} is a {type(row).__name__}.")
    names = list(rows[0]) if rows else list(_wanted(features, info) or ())
    return from_dict({name: [row.get(name) for row in rows] for name in names}, features, info, split, on_mixed_types)


def from_generator(
    generator: Callable[..., Iterable[Mapping[str, Any]]],
    features: Features | None,
    kwargs: Mapping[str, Any],
    directory: CacheDirectory,
    num_proc: int | str | None,
    fingerprint: str | None,
) -> State:
    """Rows that a function yields, written to the cache under the key of function and arguments."""
    if not callable(generator):
        raise ArgumentError(
            f"from_generator takes a function that yields dicts, not a {type(generator).__name__}. "
            "Pass the function itself, without calling it."
        )
    try:
        key = fingerprint or content_key(("from_generator", generator, dict(kwargs), features))
    except KeyingError as error:
        warn_once(f"The rows of {generator!r} are not kept for the next time: {error}")
        key = None
    workers = worker_count(num_proc) or 1
    tasks = generator_tasks(generator, kwargs, workers)
    group, lineage = materialized(key, tasks, features, directory, "Generating", workers)
    return State.of(View.of(group), features or Features.from_arrow_schema(group.schema), lineage=lineage)


def from_files(
    file_type: str, paths: Paths, features: Features | None, directory: CacheDirectory, options: Mapping[str, Any]
) -> State:
    """Data files, patterns or URLs read once and kept in the cache as shards; a file that changed is another entry."""
    if isinstance(paths, Mapping) or not isinstance(paths, str | os.PathLike | Iterable):
        hint = " Splits of files make a DatasetDict: use its method." if isinstance(paths, Mapping) else ""
        raise ArgumentError(f"Files are named by a path, a pattern, a URL or a list of them, not by {paths!r:.200}.{hint}")
    features = features if features is None or isinstance(features, Features) else Features(features)
    named = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found = [path for entry in named for path in resolve_data_files([entry])["train"]] or resolve_data_files([])["train"]
    files = [Path(path) for path in DownloadManager().download(found)]
    states = [(str(file.resolve()), file_state(file)) for file in files]
    key = content_key(("from_files", file_type, states, features, dict(options)))
    features = features or _told_features(file_type, files, options.get("columns"))
    tasks = [FileTask(i, file_type, str(file), features, dict(options)) for i, file in enumerate(files)]
    try:
        group, lineage = materialized(key, tasks, features, directory, f"Reading {file_type}")
    except TypeConflictError as error:
        raise _placed(file_type, files, options) or error from error
    return State.of(View.of(group), features or Features.from_arrow_schema(group.schema), lineage=lineage)


def _placed(file_type: str, files: Sequence[Path], options: Mapping[str, Any]) -> TypeConflictError | None:
    """The error for files whose types do not go together, with file and row: they are read once more up to there."""
    types = TypesSoFar()
    for file in files:
        row = 0
        for batch in get_file_type(file_type).read(file, **options):
            found = types.conflict(batch, str(file), row)
            if found is not None:
                return found
            types.add(batch.schema, str(file))
            row += batch.num_rows
    return None


def _told_features(file_type: str, files: Sequence[Path], columns: Sequence[str] | None) -> Features | None:
    """The features that Parquet files tell in their metadata, if all tell the same; reads their footers."""
    if file_type != "parquet":
        return None
    try:
        schemas = [pq.read_schema(file) for file in files]
    except (pa.ArrowException, OSError):  # the reader will say which file is bad, or that it is compressed
        return None
    if any(b"huggingface" not in (schema.metadata or {}) for schema in schemas):
        return None
    found = [Features.from_arrow_schema(schema) for schema in schemas]
    if any(features != found[0] or list(features) != list(found[0]) for features in found):
        return None
    return found[0] if columns is None else Features({name: found[0][name] for name in columns})


def from_sql(sql: Any, con: Any, features: Features | None, directory: CacheDirectory, options: Mapping[str, Any]) -> State:
    """The rows of a query or table; kept in the cache where the database is named by a URL, so that it can be known again."""
    chosen = parse_options(SqlOptions, dict(options), "sql")
    database = Database(con)
    key = content_key(("from_sql", str(sql), database, features, chosen)) if isinstance(con, str) else None
    group, lineage = materialized(key, [SqlTask(0, sql, database, chosen)], features, directory, "Querying")
    return State.of(View.of(group), features or Features.from_arrow_schema(group.schema), lineage=lineage)


def from_buffer(buffer: Any, info: DatasetInfo | None, split: str | None, indices: Any) -> State:
    """An Arrow stream that lies in memory; it is not copied."""
    return from_arrow(_read_stream(buffer), info, split, None if indices is None else _read_stream(indices), None)


def _read_stream(buffer: Any) -> pa.Table:
    try:
        return pa.ipc.open_stream(pa.py_buffer(buffer)).read_all()
    except (pa.ArrowException, OSError, TypeError) as error:
        raise ArgumentError(f"The buffer ({type(buffer).__name__}) holds no Arrow IPC stream: {error}") from error


def from_arrow_file(
    file: PathLike, info: DatasetInfo | None, split: str | None, indices_file: str | None, in_memory: bool
) -> State:
    """An Arrow stream file, memory-mapped."""
    if not os.path.isfile(file):
        raise FileNotFoundError(f"There is no file {os.fspath(file)!r}.")
    group = ShardGroup.from_files([os.fspath(file)])
    view = View.of(group)
    if indices_file is not None:
        view = view.select(rows_from_file(indices_file))
    features = Features.from_arrow_schema(group.schema)
    state = State.of(view, features, info, split)
    return in_memory_copy(state) if in_memory else state


def as_split(split: str | None) -> NamedSplit | None:
    """A split's name as the type that names have."""
    return split if split is None or isinstance(split, NamedSplit) else NamedSplit(split)


def in_memory_copy(state: State) -> State:
    """The same dataset read into memory."""
    view = View.of(TableGroup(state.view.table())) if state.features else span(state.view, 0, state.view.num_rows)
    return state.derived(view, state.lineage)


def materialized(
    key: str | None,
    tasks: Sequence[Any],
    features: Features | None,
    directory: CacheDirectory,
    desc: str,
    workers: int = 1,
) -> tuple[ShardGroup, Lineage | None]:
    """(group, lineage) of tasks run, or found under the key; without a key the result goes away with the group."""
    executor = executor_for(min(workers, len(tasks)) or 1, None)
    lineage = None if key is None else Lineage.named(key)
    if key is not None and settings.caching:
        relative = f"results/{key}"
        return engine.materialize(
            relative, tasks, directory=directory, features=features, desc=desc, executor=executor
        ), lineage
    folder, group = directory.temporary(), None
    try:
        own = CacheDirectory(folder)
        group = engine.materialize("result", tasks, directory=own, features=features, desc=desc, executor=executor)
    finally:
        if group is None:
            remove_temporary(folder)
    remove_with(group, folder)
    return group, lineage


def _wanted(features: Features | None, info: DatasetInfo | None) -> Features | None:
    if features is None:
        return info.features if info is not None else None
    if info is not None and info.features is not None and info.features != features:
        raise ArgumentError(f"features= and info.features differ: {features} and {info.features}. Give one of them.")
    return features if isinstance(features, Features) else Features(features)
