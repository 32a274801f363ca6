"""Datasets saved to a folder and loaded from it; the folder is also one that HF ``datasets`` reads and writes.

Knows: the files of such a folder. ``data-*.arrow`` are Arrow IPC streams; ``manifest.json`` is ours (rows, bytes, hashes,
offsets); ``dataset_info.json`` and ``state.json`` are HF's, and ``dataset_dict.json`` names the splits of a dict.
Does not know: the classes users hold.

A folder appears whole: it is written aside, and takes its name by renaming. An existing dataset is replaced only when the
new one is complete, so that neither an error nor a kill leaves less than there was.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from nlpdata._report import get_logger, progress
from nlpdata.cache.key import Lineage
from nlpdata.dataset.construct import in_memory_copy
from nlpdata.dataset.state import State
from nlpdata.errors import ArgumentError, CorruptFileError, StorageError
from nlpdata.features import Features
from nlpdata.formats.base import FORMATS, FormatSpec
from nlpdata.info import DatasetInfo
from nlpdata.ops.select import as_count, shard_rows
from nlpdata.settings import parse_bytes, settings
from nlpdata.store.group import ColumnGroup, ShardGroup, TableGroup
from nlpdata.store.layout import MANIFEST_NAME, Manifest, ShardEntry, shard_name
from nlpdata.store.manifest import temporary_name, write_file, write_manifest
from nlpdata.store.view import View
from nlpdata.store.writer import ShardWriter

INFO_NAME = "dataset_info.json"
STATE_NAME = "state.json"
DICT_NAME = "dataset_dict.json"
_UNBOUNDED = 2**62


@dataclass(frozen=True)
class Saving:
    """How large shards are: at most ``max_shard_bytes``, or ``num_shards`` in all."""

    max_shard_bytes: int | None = None
    num_shards: int | None = None

    @classmethod
    def of(cls, max_shard_size: str | int | None, num_shards: int | None) -> Saving:
        """From the arguments of ``save_to_disk``.

        Raises:
            ArgumentError: both are given, or one cannot be meant.
        """
        if max_shard_size is not None and num_shards is not None:
            raise ArgumentError("Both max_shard_size= and num_shards= were given. Give one of them.")
        num_shards = None if num_shards is None else as_count(num_shards, "num_shards")
        if num_shards is not None and num_shards < 1:
            raise ArgumentError(f"num_shards is {num_shards}; there is at least one shard.")
        return cls(None if max_shard_size is None else parse_bytes(max_shard_size), num_shards)


# --- saving


def save(state: State, path: str | os.PathLike[str], saving: Saving, storage_options: Mapping[str, Any] | None = None) -> None:
    """A dataset as a folder."""
    _save(path, {Path(): state}, lambda folder: _write_dataset(state, folder, saving), storage_options)


def save_dict(
    states: Mapping[str, State],
    path: str | os.PathLike[str],
    savings: Mapping[str, Saving],
    storage_options: Mapping[str, Any] | None = None,
) -> None:
    """Datasets as a folder with a folder for each split."""

    def write(folder: Path) -> None:
        for name, state in states.items():
            (folder / name).mkdir()
            _write_dataset(state, folder / name, savings[name])
        write_file(folder / DICT_NAME, json.dumps({"splits": list(states)}).encode())

    for name in states:
        if not name or Path(name).name != name:
            raise ArgumentError(f"The split {name!r} cannot be saved: its name is not that of a folder. Rename it.")
    _save(path, {Path(name): state for name, state in states.items()}, write, storage_options)


def _save(
    path: str | os.PathLike[str],
    states: Mapping[Path, State],
    write: Callable[[Path], None],
    storage_options: Mapping[str, Any] | None,
) -> None:
    if _is_remote(path):
        with tempfile.TemporaryDirectory() as temporary:
            write(Path(temporary))
            filesystem, remote = _filesystem(path, storage_options)
            filesystem.put(f"{temporary}/", remote, recursive=True)
        return
    target = _local(path).resolve()
    _refuse_own_files(target, states)
    with _written_aside(target) as folder:
        write(folder)


def _refuse_own_files(target: Path, states: Mapping[Path, State]) -> None:
    for state in states.values():
        for file in state.view.files:
            if target in Path(file).resolve().parents:
                raise StorageError(f"This dataset is read from {str(target)!r} ({file}): saving it there would destroy it.")


def _write_dataset(state: State, folder: Path, saving: Saving) -> None:
    with progress(state.view.num_rows, f"Saving {state.split or 'dataset'}") as bar:
        manifest = _write_shards(state, folder, saving, bar.update)
    write_manifest(folder, manifest)
    write_file(folder / INFO_NAME, json.dumps(_info_json(state.info), indent=2).encode())
    described = {"_data_files": [{"filename": shard.file} for shard in manifest.shards], "_fingerprint": state.key()}
    described |= _format_json(state.format) | {"_split": None if state.split is None else str(state.split)}
    write_file(folder / STATE_NAME, json.dumps(described, indent=2, sort_keys=True).encode())


def _write_shards(state: State, folder: Path, saving: Saving, report: Callable[[int], object]) -> Manifest:
    if saving.num_shards is None:
        return _write_rows(state.view, state.features, folder, "data", saving.max_shard_bytes, report)
    shards: list[ShardEntry] = []
    for i in range(saving.num_shards):
        part = state.view.select(shard_rows(state.view.num_rows, saving.num_shards, i))
        (entry,) = (written := _write_rows(part, state.features, folder, f"part{i}", _UNBOUNDED, report)).shards
        name = shard_name(i, saving.num_shards)
        os.rename(folder / entry.file, folder / name)
        shards.append(replace(entry, file=name))
    return Manifest(written.schema, tuple(shards))


def _write_rows(
    view: View, features: Features, folder: Path, prefix: str, shard_bytes: int | None, report: Callable[[int], object]
) -> Manifest:
    with ShardWriter(folder, prefix=prefix, features=features, shard_bytes=shard_bytes or settings.shard_bytes) as writer:
        for table in view.natural_batches(settings.batch_bytes):
            writer.write_table(table)
            report(table.num_rows)
        return writer.finish()


def _info_json(info: DatasetInfo) -> dict[str, Any]:
    return info.to_dict()


def _format_json(spec: FormatSpec) -> dict[str, Any]:
    """The format as HF's state.json holds it; what JSON cannot hold is not saved."""
    columns = None if spec.columns is None else list(spec.columns)
    kwargs = dict(spec.kwargs)
    try:
        json.dumps(kwargs)
    except TypeError:
        get_logger("dataset").warning(
            "The format %r is not saved with the dataset: its options %s are no JSON. Set it again after loading.",
            spec.type,
            sorted(kwargs),
        )
        spec, kwargs = FormatSpec(), {}
    return {
        "_format_type": spec.type,
        "_format_columns": columns,
        "_format_kwargs": kwargs,
        "_output_all_columns": spec.output_all_columns,
    }


@contextmanager
def _written_aside(target: Path) -> Iterator[Path]:
    """A new folder beside ``target`` that takes its place when the block ends well, and is removed when it does not."""
    if target.exists() and not target.is_dir():
        raise StorageError(f"{str(target)!r} is a file; a dataset is saved to a folder. Choose another name.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.parent / temporary_name()
        aside.mkdir()
    except OSError as error:
        raise StorageError(f"The folder {str(target)!r} cannot be written: {error.strerror}. Choose another one.") from error
    try:
        yield aside
        _install(aside, target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def _install(aside: Path, target: Path) -> None:
    """Give a finished folder its name, in place of an older dataset; whatever else is in the folder stays there."""
    if not target.exists():
        os.rename(aside, target)
        return
    old_entries = [entry for entry in target.iterdir() if _is_dataset_entry(entry)]
    movable = len(old_entries) == sum(1 for _ in target.iterdir()) and target not in (Path.cwd(), *Path.cwd().parents)
    if movable and not target.is_mount():
        old = target.parent / f".{target.name}.replaced-{uuid.uuid4().hex[:8]}"
        _swap([(target, old), (aside, target)])
    else:
        old = target / f".replaced-{uuid.uuid4().hex[:8]}"
        old.mkdir()
        new_entries = sorted(aside.iterdir())
        _swap([(e, old / e.name) for e in old_entries] + [(e, target / e.name) for e in new_entries])
        aside.rmdir()
    shutil.rmtree(old)


def _swap(moves: Sequence[tuple[Path, Path]]) -> None:
    """Rename one after the other; if one fails, those before are undone."""
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            os.rename(source, target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            os.rename(target, source)
        raise


def _is_dataset_entry(entry: Path) -> bool:
    """Whether an entry of a folder was written by a ``save_to_disk``, ours or HF's."""
    if entry.is_dir():
        return (entry / STATE_NAME).is_file()
    if entry.name in (MANIFEST_NAME, INFO_NAME, STATE_NAME, DICT_NAME):
        return True
    return entry.suffix == ".arrow" and entry.name.startswith(("data-", "dataset", "cache-", "indices"))


# --- loading


def is_dict(path: str | os.PathLike[str], storage_options: Mapping[str, Any] | None = None) -> bool:
    """Whether a folder holds a saved dict of datasets."""
    if _is_remote(path):
        filesystem, source = _filesystem(path, storage_options)
        return bool(filesystem.isfile(f"{source}/{DICT_NAME}"))
    return (_local(path) / DICT_NAME).is_file()


def load(path: str | os.PathLike[str], in_memory: bool = False, storage_options: Mapping[str, Any] | None = None) -> State:
    """A saved dataset; its rows are memory-mapped and not read.

    Raises:
        FileNotFoundError: there is no such folder, or no dataset in it.
        CorruptFileError: its files are damaged.
    """
    if _is_remote(path):
        with _downloaded(path, storage_options) as folder:
            return _load(folder, in_memory=True)
    return _load(_local(path), in_memory)


def load_dict(
    path: str | os.PathLike[str], in_memory: bool = False, storage_options: Mapping[str, Any] | None = None
) -> dict[str, State]:
    """A saved dict of datasets, in the order it was saved."""
    if _is_remote(path):
        with _downloaded(path, storage_options) as folder:
            return _load_dict(folder, in_memory=True)
    return _load_dict(_local(path), in_memory)


def _load_dict(folder: Path, in_memory: bool) -> dict[str, State]:
    if not (folder / DICT_NAME).is_file():
        hint = (
            "It holds a single dataset: use Dataset.load_from_disk." if (folder / STATE_NAME).is_file() else _found_in(folder)
        )
        raise FileNotFoundError(f"There is no saved DatasetDict in {str(folder)!r}. {hint}")
    return {name: _load(folder / name, in_memory) for name in _read_json(folder / DICT_NAME)["splits"]}


def _load(folder: Path, in_memory: bool) -> State:
    if (folder / DICT_NAME).is_file():
        raise FileNotFoundError(
            f"{str(folder)!r} holds a DatasetDict, not a Dataset. Use DatasetDict.load_from_disk or load_from_disk."
        )
    described = _read_json(folder / STATE_NAME) if (folder / STATE_NAME).is_file() else {}
    info = DatasetInfo.from_dict(_read_json(folder / INFO_NAME)) if (folder / INFO_NAME).is_file() else DatasetInfo()
    group = _open(folder, described, info)
    features = _features(group.schema, info)
    ours = (folder / MANIFEST_NAME).is_file() and "_fingerprint" in described
    state = State.of(
        View.of(group),
        features,
        info,
        described.get("_split"),
        _format(described, features),
        Lineage.named(described["_fingerprint"]) if ours else None,
    )
    return in_memory_copy(state) if in_memory else state


def _open(folder: Path, described: Mapping[str, Any], info: DatasetInfo) -> ColumnGroup:
    if (folder / MANIFEST_NAME).is_file():
        return ShardGroup.open(folder)
    files = [folder / entry["filename"] for entry in described.get("_data_files", ())]
    if not files and "_data_files" in described:  # HF writes no file where there are no rows
        return TableGroup((info.features or Features()).arrow_schema.empty_table())
    if not files:
        raise FileNotFoundError(f"There is no saved dataset in {str(folder)!r}. {_found_in(folder)}")
    for file in files:
        if not file.is_file():
            raise CorruptFileError(f"The dataset in {str(folder)!r} is not complete: {file.name!r} is missing.")
    return ShardGroup.from_files([str(file) for file in files])


def _features(schema: pa.Schema, info: DatasetInfo) -> Features:
    """The features of dataset_info.json where they fit the data, else what the data itself says."""
    found = info.features
    if found is not None and set(found) == set(schema.names):
        types = {field.name: field.type for field in found.arrow_schema}
        if all(types[field.name] == field.type for field in schema):
            return found
    return Features.from_arrow_schema(schema)


def _format(described: Mapping[str, Any], features: Features) -> FormatSpec:
    kind = described.get("_format_type")
    if kind is not None and (kind not in FORMATS or kind == "custom"):
        kind = None
    columns = described.get("_format_columns")
    return FormatSpec(
        kind,
        None if columns is None or list(columns) == list(features) else tuple(name for name in columns if name in features),
        bool(described.get("_output_all_columns")),
        dict(described.get("_format_kwargs") or {}) if kind is not None else {},
    )


def _read_json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_bytes())
    except ValueError as error:
        raise CorruptFileError(f"{str(file)!r} is not JSON ({error}). The dataset has to be saved again.") from error
    if not isinstance(found, dict):
        raise CorruptFileError(
            f"{str(file)!r} holds a {type(found).__name__}, not an object. The dataset has to be saved again."
        )
    return found


def _found_in(folder: Path) -> str:
    if not folder.is_dir():
        aside = next(iter(folder.parent.glob(f".{glob.escape(folder.name)}.replaced-*")), None)
        hint = f" A save was killed while it replaced it; the dataset from before is {str(aside)!r}." if aside else ""
        return f"There is no such folder.{hint}"
    names = sorted(entry.name for entry in folder.iterdir())
    return f"The folder holds {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}." if names else "The folder is empty."


# --- paths


def _is_remote(path: str | os.PathLike[str]) -> bool:
    if not isinstance(path, str | os.PathLike):
        raise ArgumentError(f"A folder is named by a path or a URL, not by {path!r:.100} ({type(path).__name__}).")
    text = os.fspath(path)
    return "://" in text and not text.startswith("file://")


def _local(path: str | os.PathLike[str]) -> Path:
    return Path(os.fspath(path).removeprefix("file://")).expanduser()


def _filesystem(path: str | os.PathLike[str], storage_options: Mapping[str, Any] | None) -> tuple[Any, str]:
    import fsspec.core

    filesystem, target = fsspec.core.url_to_fs(os.fspath(path), **dict(storage_options or {}))
    return filesystem, str(target)


@contextmanager
def _downloaded(path: str | os.PathLike[str], storage_options: Mapping[str, Any] | None) -> Iterator[Path]:
    filesystem, source = _filesystem(path, storage_options)
    if not filesystem.isdir(source):
        raise FileNotFoundError(f"There is no folder {os.fspath(path)!r}.")
    with tempfile.TemporaryDirectory() as temporary:
        filesystem.get(f"{source}/", temporary, recursive=True)
        yield Path(temporary)
