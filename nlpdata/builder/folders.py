"""Builders for folders of images, sounds, films and documents: a row per file, with labels or metadata beside it.

Knows: that folder names are labels where there are several, and that a row of metadata is a row of the dataset.
Does not know: how metadata is found and read (``metadata`` does), or what is in an image; only paths are stored.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from nlpdata.builder.metadata import media_column, metadata_of, with_media
from nlpdata.builder.packaged import FileBuilder
from nlpdata.errors import ArgumentError, DataFileError, did_you_mean
from nlpdata.features import Audio, ClassLabel, Features, FeatureType, Image, List, Mesh, Nifti, Pdf, Video
from nlpdata.features.widen import widen_schema
from nlpdata.fetch.manager import DownloadManager
from nlpdata.files.parquet import condition_of
from nlpdata.files.patterns import MEDIA_EXTENSIONS, METADATA_NAMES, split_of_folder_name
from nlpdata.splits import SplitGenerator

_OPTIONS = ("drop_labels", "drop_metadata", "metadata_filenames", "filters")
_ROWS = 10_000  # of a batch


class FolderBuilder(FileBuilder):
    """Splits from folders of media files.

    Options: ``drop_labels`` (None: labels where folders tell several and there is no metadata), ``drop_metadata`` (None:
    metadata is used where it is), ``metadata_filenames`` (names of metadata files, instead of ``metadata.csv`` ...),
    ``filters`` (keep only rows of metadata that fulfil them; in the forms that the Parquet reader takes).

    With metadata the rows are those of the metadata, in its order; files that it does not name are left out.
    """

    FEATURE: ClassVar[Callable[..., FeatureType]]
    COLUMN: ClassVar[str]

    def _split_generators(self, dl_manager: DownloadManager) -> list[SplitGenerator]:
        options = self._checked_options()
        files = self.config.data_files
        if not files:
            call = f'load_dataset("{self.FILE_TYPE}", data_dir="path/to/folder")'
            raise ArgumentError(f"{self.FILE_TYPE} needs a folder or data files. Example: {call}")
        local = {split: dl_manager.download(list(paths)) for split, paths in files.items()}
        media = {split: _media(paths, self.FILE_TYPE) for split, paths in local.items()}
        if not any(media.values()):
            known = ", ".join(sorted(e for e, kind in MEDIA_EXTENSIONS.items() if kind == self.FILE_TYPE)[:8])
            raise DataFileError(f"{self.FILE_TYPE}: there is no such file ({known} ...) among the data files.")
        tables: Mapping[str, pa.Table | None] = dict.fromkeys(media)
        if not options.get("drop_metadata"):
            tables, read = metadata_of(local, media, options.get("metadata_filenames") or METADATA_NAMES, self.COLUMN)
            dl_manager.download(read)  # so that a change of them is seen
        if "filters" in options:
            tables = _filtered(tables, options["filters"])
        has_metadata = any(table is not None for table in tables.values())
        labels = [] if options.get("drop_labels", has_metadata) else _labels(media, options.get("drop_labels") is False)
        if self.info.features is None:
            self.info.features = self._features(tables, labels)
        labelled = bool(labels) and "label" in self.info.features
        return [
            SplitGenerator(split, {"files": tuple(media[split]), "metadata": tables[split], "labelled": labelled})
            for split in media
            if media[split] or tables[split] is not None
        ]

    def _checked_options(self) -> dict[str, Any]:
        options = self._options()
        for name in options:
            if name not in _OPTIONS:
                hint = did_you_mean(name, _OPTIONS)
                raise ArgumentError(f"There is no {self.FILE_TYPE} option {name!r}.{hint} Known: {', '.join(_OPTIONS)}.")
        return options

    def _features(self, tables: Mapping[str, pa.Table | None], labels: Sequence[str]) -> Features:
        described = [table.schema.remove_metadata() for table in tables.values() if table is not None]
        schema = described[0] if described else pa.schema([("file_name", pa.string())])
        for other in described[1:]:
            schema = widen_schema(schema, other)
        if len(described) < len(tables) and "file_name" not in schema.names:  # a split of files alone
            schema = schema.insert(0, pa.field("file_name", pa.string()))
        features = Features()
        for name, feature in Features.from_arrow_schema(schema).items():
            column, several = media_column(name, self.COLUMN)
            if column is None:
                features[name] = feature
            else:
                features[column] = List(type(self).FEATURE()) if several else type(self).FEATURE()
            if column == self.COLUMN and labels and "label" not in schema.names:
                features["label"] = ClassLabel(names=list(labels))
        return features

    def _generate_tables(
        self, files: Sequence[str], once: bool = False, metadata: pa.Table | None = None, labelled: bool = False
    ) -> Iterator[tuple[Any, Any]]:
        del once
        rows = pa.table({"file_name": pa.array(files, pa.string())}) if metadata is None else metadata
        for start in range(0, rows.num_rows, _ROWS):
            part = rows.slice(start, _ROWS)
            columns = with_media(part, self.COLUMN)
            if labelled and "file_name" in part.column_names and "label" not in columns:
                columns["label"] = pa.array([_folder_name(path) for path in part.column("file_name").to_pylist()])
            yield (files[0] if metadata is None else "metadata", start), pa.table(columns)


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


def _folder_name(path: str | None) -> str | None:
    return None if path is None else os.path.basename(os.path.dirname(path))


def _labels(media: Mapping[str, Sequence[str]], asked: bool) -> list[str]:
    """The names of the folders, if they tell classes: several, and not merely the splits."""
    names = {os.path.basename(os.path.dirname(path)) for paths in media.values() for path in paths}
    splits = {name for name in names if split_of_folder_name(name)}
    return sorted(names) if asked or (len(names) > 1 and names != splits) else []


def _filtered(tables: Mapping[str, pa.Table | None], filters: Any) -> dict[str, pa.Table | None]:
    """The rows of the metadata that fulfil ``filters``.

    Raises:
        ArgumentError: there is no metadata.
    """
    if all(table is None for table in tables.values()):
        raise ArgumentError("filters= keep files by their metadata, but there is none (metadata.csv, .jsonl or .parquet).")
    return {
        split: None if table is None else table.filter(condition_of(filters, table.column_names, "the metadata"))
        for split, table in tables.items()
    }
