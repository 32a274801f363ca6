"""Builders that come with the library: files of a known type, by name.

Knows: how data files by split become splits, and which reader a type has.
Does not know: any file format (``files`` does).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from nlpdata import __version__
from nlpdata._optional import Registry
from nlpdata.builder.base import ArrowBasedBuilder
from nlpdata.builder.config import DEFAULT_VERSION, BuilderConfig
from nlpdata.errors import ArgumentError, UnknownLoaderError
from nlpdata.features import Features
from nlpdata.fetch.manager import DownloadManager
from nlpdata.files.base import get_file_type
from nlpdata.info import DatasetInfo, Version
from nlpdata.splits import SplitGenerator

PACKAGED = Registry("packaged builder", UnknownLoaderError)
for _name, _class in (("arrow", "Arrow"), ("csv", "Csv"), ("json", "Json"), ("parquet", "Parquet"), ("text", "Text")):
    PACKAGED.register(_name, f"nlpdata.builder.packaged:{_class}")

CODE_HASH = f"nlpdata {__version__}"  # another release may read files otherwise


class FileConfig(BuilderConfig):
    """A configuration whose further parameters are the reader's options, such as ``sep`` for csv."""

    def __init__(
        self,
        name: str = "default",
        version: Version | str | None = DEFAULT_VERSION,
        data_dir: str | None = None,
        data_files: Mapping[str, list[str]] | None = None,
        description: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, version, data_dir, data_files, description)
        self.options = options


class FileBuilder(ArrowBasedBuilder):
    """Splits from data files of one type; types of columns are taken from the files unless ``features`` are given."""

    BUILDER_CONFIG_CLASS = FileConfig
    FILE_TYPE: ClassVar[str]
    HOLDS_FEATURES: ClassVar[bool] = False
    """Whether files of this type may tell the features, in the metadata of their schema."""

    def _info(self) -> DatasetInfo:
        return DatasetInfo()

    def _split_generators(self, dl_manager: DownloadManager) -> list[SplitGenerator]:
        files = self.config.data_files
        if not files:
            call = f'load_dataset("{self.FILE_TYPE}", data_files="path/to/file")'
            raise ArgumentError(f"{self.FILE_TYPE} needs data files. Example: {call}")
        local = {split: dl_manager.download(list(paths)) for split, paths in files.items()}
        if self.HOLDS_FEATURES and self.info.features is None:
            self.info.features = self._features_inside(next(iter(local.values()))[0])
        return [SplitGenerator(split, {"files": paths}) for split, paths in local.items()]

    def _features_inside(self, path: str) -> Features | None:
        batch = next(iter(get_file_type(self.FILE_TYPE).read(path)), None)
        if batch is None or b"huggingface" not in (batch.schema.metadata or {}):
            return None
        return Features.from_arrow_schema(batch.schema)

    def _generate_tables(self, files: list[str]) -> Iterator[tuple[Any, Any]]:
        options = getattr(self.config, "options", {})
        for number, path in enumerate(files):
            reader = get_file_type(self.FILE_TYPE)
            for part, batch in enumerate(reader.read(path, features=self.info.features, **options)):
                yield (number, part), batch


class Arrow(FileBuilder):
    """Arrow IPC files, stream or file format."""

    FILE_TYPE = "arrow"
    HOLDS_FEATURES = True


class Csv(FileBuilder):
    """Comma-separated or otherwise delimited text."""

    FILE_TYPE = "csv"


class Json(FileBuilder):
    """JSON Lines, an array of objects, or a field of one object."""

    FILE_TYPE = "json"


class Parquet(FileBuilder):
    """Parquet files."""

    FILE_TYPE = "parquet"
    HOLDS_FEATURES = True


class Text(FileBuilder):
    """Plain text; a row is a line, a paragraph or a document."""

    FILE_TYPE = "text"
