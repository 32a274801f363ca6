"""What ``metadata.csv``, ``.jsonl`` or ``.parquet`` say about the media files that they name.

Knows: where metadata files are, which of their columns name files (``file_name``, ``x_file_name``, and lists: ``file_names``,
``x_file_names``), and the columns that these become. Does not know: labels, or what is in a media file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from nlpdata.errors import ArgumentError, DataFileError, FeatureError
from nlpdata.files.base import get_file_type

_KINDS = {".csv": "csv", ".jsonl": "json", ".parquet": "parquet"}


def metadata_of(
    files: Mapping[str, Sequence[str]], media: Mapping[str, Sequence[str]], names: Sequence[str], column: str
) -> tuple[dict[str, pa.Table | None], list[str]]:
    """The metadata of each split, its files named in full; and the metadata files that were read.

    Metadata files among the files of a split count whole. Others count, for the rows that name files of the split, where they
    are found beside those or in a folder above, up to the one that holds all media files.

    Args:
        files: split -> all of its files.
        media: split -> its media files.
        names: of metadata files.
        column: of media files, such as ``"image"``.

    Raises:
        DataFileError: a row names a file that does not exist, or one that is neither among ``files`` nor in their folder.
        FeatureError: a metadata file names no files, or its columns do not fit those of another.
    """
    told: dict[str, pa.Table | None] = {}
    read: list[str] = []
    top = _common_folder(path for paths in media.values() for path in paths)
    for split, paths in media.items():
        known, tables = {os.path.normpath(path) for path in paths}, []
        listed = {Path(path) for path in files[split] if os.path.basename(path) in names}
        for file in sorted(listed | _beside_or_above(paths, names, top)):
            table = _read(file, column)
            named = _named(table)
            about = [file in listed or any(path in known for path in row) for row in named]
            if not any(about) and file not in listed:
                continue
            _check_files(named, file, known, (file.parent, top))
            tables.append(table.filter(pa.array(about, pa.bool_())))
            read.append(str(file))
        told[split] = _concatenated(tables, "The metadata files") if tables else None
    return told, list(dict.fromkeys(read))


def media_column(name: str, column: str) -> tuple[str | None, bool]:
    """The media column that a metadata column becomes, and whether it holds lists; None where it names no files.

    >>> media_column("left_file_name", "image"), media_column("file_names", "image"), media_column("size", "image")
    (('left', False), ('images', True), (None, False))
    """
    for suffix, own, several in (("file_name", column, False), ("file_names", f"{column}s", True)):
        if name == suffix:
            return own, several
        if name.endswith(f"_{suffix}"):
            return name.removesuffix(f"_{suffix}"), several
    return None, False


def with_media(table: pa.Table, column: str) -> dict[str, Any]:
    """The columns of a metadata table, with media columns in place of those that name files."""
    columns: dict[str, Any] = {}
    for name, values in zip(table.column_names, table.columns, strict=True):
        own, several = media_column(name, column)
        if own is None:
            columns[name] = values
        elif several:
            lists = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
            inner = _stored(pc.list_flatten(lists).to_pylist())
            columns[own] = _relisted(lists, inner)
        else:
            columns[own] = _stored(values.to_pylist())
    return columns


def _relisted(lists: pa.ListArray, inner: pa.StructArray) -> pa.ListArray:
    """Lists of the same lengths with other items."""
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_pylist()
    offsets = [0]
    for length in lengths:
        offsets.append(offsets[-1] + length)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), inner, mask=lists.is_null())


def _stored(paths: Sequence[str | None]) -> pa.StructArray:
    """Paths as media columns hold them."""
    texts = pa.array(paths, pa.string())
    return pa.StructArray.from_arrays([pa.nulls(len(paths), pa.binary()), texts], ["bytes", "path"], mask=texts.is_null())


def _common_folder(paths: Iterable[str]) -> Path:
    return Path(os.path.commonpath([os.path.dirname(path) for path in paths]))


def _beside_or_above(paths: Sequence[str], names: Sequence[str], top: Path) -> set[Path]:
    folders = {Path(path).parent for path in paths}
    above = {parent for folder in folders for parent in (folder, *folder.parents) if parent.is_relative_to(top)}
    return {folder / name for folder in above for name in names if (folder / name).is_file()}


def _read(file: Path, column: str) -> pa.Table:
    """A metadata file, with absolute paths in the columns that name files."""
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise ArgumentError(f"{file} is no metadata file: use .csv, .jsonl or .parquet.")
    table = _concatenated([pa.Table.from_batches([batch]) for batch in get_file_type(kind).read(str(file))], str(file))
    named = [name for name in table.column_names if media_column(name, column)[0] is not None]
    if not named:
        raise FeatureError(
            f"{file} has the columns {', '.join(table.column_names)}, but none that names files: "
            f"'file_name', '{column}_file_name', or 'file_names' for lists."
        )
    for name in named:
        several = media_column(name, column)[1]
        kind_of_column = pa.list_(pa.string()) if several else pa.string()
        full = [_each(value, lambda path: os.path.normpath(file.parent / path)) for value in table.column(name).to_pylist()]
        try:
            values = pa.array(full, kind_of_column)
        except pa.ArrowException as error:
            raise FeatureError(f"{file}: the column {name!r} should hold {kind_of_column}: {error}") from error
        table = table.set_column(table.column_names.index(name), name, values)
    return table


def _each(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [_each(item, change) for item in value]
    return None if value is None else change(str(value))


def _concatenated(tables: Sequence[pa.Table], what: str) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise FeatureError(f"{what}: a column has types that do not fit each other: {error}") from error


def _named(table: pa.Table) -> list[list[str]]:
    """The files that each row names."""
    rows: list[list[str]] = [[] for _ in range(table.num_rows)]
    for name in table.column_names:
        if media_column(name, "")[0] is not None:
            for row, value in zip(rows, table.column(name).to_pylist(), strict=True):
                row.extend(path for path in (value if isinstance(value, list) else [value]) if path is not None)
    return rows


def _check_files(rows: Sequence[Sequence[str]], file: Path, known: set[str], folders: Sequence[Path]) -> None:
    for number, row in enumerate(rows):
        for path in row:
            if path in known:
                continue
            if not any(Path(path).is_relative_to(folder) for folder in folders):
                raise DataFileError(
                    f"{file}: row {number} names {os.path.relpath(path, file.parent)!r}, which is outside of the dataset's "
                    f"folder ({path}). Metadata may come from strangers: only files beside it, or among data_files, are read."
                )
            if not os.path.isfile(path):
                raise DataFileError(
                    f"{file}: row {number} names {os.path.relpath(path, file.parent)!r}, but there is no such file ({path}). "
                    "Add it, correct the name, or remove the row."
                )
