"""Builders for folders of images, sounds, films and documents: a row per file, with labels or metadata beside it.

Knows: that folder names are labels where there are several, and that ``metadata.csv``, ``.jsonl`` or ``.parquet`` tell more
about the files they name. Does not know: what is in an image; only paths are stored.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from nlpdata.builder.packaged import FileBuilder, FileConfig
from nlpdata.errors import ArgumentError, DataFileError, FeatureError, did_you_mean
from nlpdata.features import Audio, ClassLabel, Features, FeatureType, Image, Mesh, Nifti, Pdf, Video
from nlpdata.features.widen import widen_schema
from nlpdata.fetch.manager import DownloadManager
from nlpdata.files.base import get_file_type
from nlpdata.files.parquet import condition_of
from nlpdata.files.patterns import MEDIA_EXTENSIONS, METADATA_NAMES, split_of_folder_name
from nlpdata.splits import SplitGenerator

_OPTIONS = ("drop_labels", "drop_metadata", "metadata_filenames", "filters")
_ROWS = 10_000  # of a batch


class FolderBuilder(FileBuilder):
    """Splits from folders of media files.

    Options: ``drop_labels`` (None: labels where folders tell several and there is no metadata), ``drop_metadata`` (None:
    metadata is used where it is), ``metadata_filenames`` (names of metadata files, instead of ``metadata.csv`` ...),
    ``filters`` (keep only files whose metadata fulfil them; in the forms that the Parquet reader takes).
    """

    FEATURE: ClassVar[Callable[..., FeatureType]]
    COLUMN: ClassVar[str]

    def _split_generators(self, dl_manager: DownloadManager) -> list[SplitGenerator]:
        options = self._checked_options()
        files = self.config.data_files
        if not files:
            call = f'load_dataset("{self.FILE_TYPE}", data_dir="path/to/folder")'
            raise ArgumentError(f"{self.FILE_TYPE} needs a folder or data files. Example: {call}")
        media = {split: _media(dl_manager.download(list(paths)), self.FILE_TYPE) for split, paths in files.items()}
        if not any(media.values()):
            known = ", ".join(sorted(e for e, kind in MEDIA_EXTENSIONS.items() if kind == self.FILE_TYPE)[:8])
            raise DataFileError(f"{self.FILE_TYPE}: there is no such file ({known} ...) among the data files.")
        tables: dict[str, pa.Table | None] = dict.fromkeys(media)
        if not options.get("drop_metadata"):
            names = options.get("metadata_filenames") or METADATA_NAMES
            tables = {split: _metadata(paths, names, self.COLUMN) for split, paths in media.items()}
        if "filters" in options:
            tables, media = _filtered(tables, media, options["filters"])
        has_metadata = any(table is not None for table in tables.values())
        labels = [] if options.get("drop_labels", has_metadata) else _labels(media, options.get("drop_labels") is False)
        if self.info.features is None:
            self.info.features = self._features(tables, labels)
        return [
            SplitGenerator(
                split,
                {"files": tuple(paths), "metadata": tables[split], "labelled": bool(labels) and "label" in self.info.features},
            )
            for split, paths in media.items()
            if paths
        ]

    def _checked_options(self) -> dict[str, Any]:
        assert isinstance(self.config, FileConfig)
        for name in self.config.options:
            if name not in _OPTIONS:
                hint = did_you_mean(name, _OPTIONS)
                raise ArgumentError(f"There is no {self.FILE_TYPE} option {name!r}.{hint} Known: {', '.join(_OPTIONS)}.")
        return {name: value for name, value in self.config.options.items() if value is not None}

    def _features(self, tables: Mapping[str, pa.Table | None], labels: Sequence[str]) -> Features:
        features = Features({self.COLUMN: type(self).FEATURE()})
        if labels:
            features["label"] = ClassLabel(names=list(labels))
        schema = pa.schema([])
        for table in tables.values():
            schema = schema if table is None else widen_schema(schema, table.schema.remove_metadata())
        for name, feature in Features.from_arrow_schema(schema).items():
            if name == "file_name":
                continue
            if name.endswith("_file_name"):
                features[name.removesuffix("_file_name")] = type(self).FEATURE()
            else:
                features[name] = feature
        return features

    def _generate_tables(
        self, files: Sequence[str], once: bool = False, metadata: pa.Table | None = None, labelled: bool = False
    ) -> Iterator[tuple[Any, Any]]:
        del once
        described = metadata is not None and "file_name" in metadata.column_names
        rows = None if metadata is None or not described else _positions(metadata, files)
        if metadata is not None and not described:  # each row names its own files, by columns such as image_file_name
            yield ("metadata", 0), _with_paths(metadata)
            return
        for start in range(0, len(files), _ROWS):
            part = files[start : start + _ROWS]
            columns: dict[str, Any] = {self.COLUMN: _stored(part)}
            if labelled:
                columns["label"] = pa.array([_folder_name(path) for path in part])
            if metadata is not None and rows is not None:
                found = _with_paths(metadata.drop_columns(["file_name"])).take(pa.array(rows[start : start + _ROWS]))
                columns |= dict(zip(found.column_names, found.columns, strict=True))
            yield (part[0], start), pa.table(columns)


class ImageFolder(FolderBuilder):
    """A folder of images."""

    FILE_TYPE, COLUMN, FEATURE = "imagefolder", "image", Image


class AudioFolder(FolderBuilder):
    """A folder of sounds."""

    FILE_TYPE, COLUMN, FEATURE = "audiofolder", "audio", Audio


class VideoFolder(FolderBuilder):
    """A folder of films."""

    FILE_TYPE, COLUMN, FEATURE = "videofolder", "video", Video


class PdfFolder(FolderBuilder):
    """A folder of PDF documents."""

    FILE_TYPE, COLUMN, FEATURE = "pdffolder", "pdf", Pdf


class NiftiFolder(FolderBuilder):
    """A folder of NIfTI volumes."""

    FILE_TYPE, COLUMN, FEATURE = "niftifolder", "nifti", Nifti


class MeshFolder(FolderBuilder):
    """A folder of meshes."""

    FILE_TYPE, COLUMN, FEATURE = "meshfolder", "mesh", Mesh


def _media(paths: Sequence[str], kind: str) -> list[str]:
    return [path for path in paths if any(path.lower().endswith(e) for e, k in MEDIA_EXTENSIONS.items() if k == kind)]


def _folder_name(path: str) -> str:
    return os.path.basename(os.path.dirname(path))


def _labels(media: Mapping[str, Sequence[str]], asked: bool) -> list[str]:
    """The names of the folders, if they tell classes: several, and not merely the splits."""
    names = {_folder_name(path) for paths in media.values() for path in paths}
    splits = {name for name in names if split_of_folder_name(name)}
    return sorted(names) if asked or (len(names) > 1 and names != splits) else []


def _stored(paths: Sequence[str | None]) -> pa.StructArray:
    """Paths as media columns hold them."""
    texts = pa.array(paths, pa.string())
    return pa.StructArray.from_arrays([pa.nulls(len(paths), pa.binary()), texts], ["bytes", "path"], mask=texts.is_null())


def _metadata(paths: Sequence[str], names: Sequence[str], column: str) -> pa.Table | None:
    """What metadata files in or above the files' folders say, one table with absolute file names; None if there is none."""
    tables = []
    for file in sorted(_metadata_files(paths, names)):
        kind = {".csv": "csv", ".jsonl": "json", ".parquet": "parquet"}.get(file.suffix.lower())
        if kind is None:
            raise ArgumentError(f"{file} is no metadata file: use .csv, .jsonl or .parquet.")
        table = pa.Table.from_batches(list(get_file_type(kind).read(str(file))))
        named = [name for name in table.column_names if name == "file_name" or name.endswith("_file_name")]
        if not named:
            raise FeatureError(
                f"{file} has the columns {', '.join(table.column_names)}, but none that names files: "
                f"'file_name', or '{column}_file_name'."
            )
        for name in named:
            full = [None if n is None else os.path.normpath(file.parent / n) for n in table.column(name).to_pylist()]
            table = table.set_column(table.column_names.index(name), name, pa.array(full, pa.string()))
        tables.append(table)
    return pa.concat_tables(tables, promote_options="permissive") if tables else None


def _filtered(
    tables: Mapping[str, pa.Table | None], media: Mapping[str, list[str]], filters: Any
) -> tuple[dict[str, pa.Table | None], dict[str, list[str]]]:
    """The metadata that fulfil ``filters``, and the files that they name.

    Raises:
        ArgumentError: there is no metadata.
    """
    if all(table is None for table in tables.values()):
        raise ArgumentError("filters= keep files by their metadata, but there is none (metadata.csv, .jsonl or .parquet).")
    kept = {
        split: None if table is None else table.filter(condition_of(filters, table.column_names, "the metadata"))
        for split, table in tables.items()
    }
    files = {}
    for split, paths in media.items():
        table = kept[split]
        named = None if table is None or "file_name" not in table.column_names else set(table.column("file_name").to_pylist())
        files[split] = paths if named is None else [path for path in paths if os.path.normpath(path) in named]
    return kept, files


def _metadata_files(paths: Sequence[str], names: Sequence[str]) -> set[Path]:
    """Metadata files beside the files, or in a folder that holds all of their folders."""
    folders = {Path(path).parent for path in paths}
    if not folders:
        return set()
    top = Path(os.path.commonpath([str(folder) for folder in folders]))
    above = {parent for folder in folders for parent in (folder, *folder.parents) if parent.is_relative_to(top)}
    return {folder / name for folder in above for name in names if (folder / name).is_file()}


def _positions(metadata: pa.Table, files: Sequence[str]) -> list[int]:
    """The row of the metadata for each file.

    Raises:
        DataFileError: a file that the metadata does not name.
    """
    row_of = {name: row for row, name in enumerate(metadata.column("file_name").to_pylist())}
    for path in files:
        if os.path.normpath(path) not in row_of:
            raise DataFileError(
                f"The metadata says nothing about {path}. Add a row with its file_name, or pass drop_metadata=True."
            )
    return [row_of[os.path.normpath(path)] for path in files]


def _with_paths(table: pa.Table) -> pa.Table:
    """The table with each ``x_file_name`` as the media column ``x``."""
    columns: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name.endswith("_file_name"):
            columns[name.removesuffix("_file_name")] = _stored(column.to_pylist())
        else:
            columns[name] = column
    return pa.table(columns) if columns else table
