"""Builders that come with the library: files of a known type, by name.

Knows: how data files by split become splits, and which reader a type has.
Does not know: any file format (``files`` does).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import Any, ClassVar, TypeAlias, cast

from nlpdata import __version__
from nlpdata._optional import Registry
from nlpdata.builder.base import ArrowBasedBuilder
from nlpdata.builder.config import DEFAULT_VERSION, BuilderConfig
from nlpdata.builder.prepare import guarded
from nlpdata.errors import ArgumentError, RowError, TypeConflictError, UnknownLoaderError
from nlpdata.features import Features
from nlpdata.fetch.manager import DownloadManager
from nlpdata.files.ahead import AHEAD_BYTES, read_ahead
from nlpdata.files.base import TypesChanged, get_file_type
from nlpdata.files.placed import TypesSoFar, in_file
from nlpdata.info import DatasetInfo, Version
from nlpdata.splits import SplitGenerator
from nlpdata.store.writer import ShardWriter

PACKAGED = Registry("packaged builder", UnknownLoaderError)
for _name, _class in (
    ("arrow", "packaged:Arrow"),
    ("audiofolder", "folders:AudioFolder"),
    ("csv", "packaged:Csv"),
    ("imagefolder", "folders:ImageFolder"),
    ("json", "packaged:Json"),
    ("meshfolder", "folders:MeshFolder"),
    ("niftifolder", "folders:NiftiFolder"),
    ("parquet", "packaged:Parquet"),
    ("pdffolder", "folders:PdfFolder"),
    ("sql", "database:Sql"),
    ("text", "packaged:Text"),
    ("videofolder", "folders:VideoFolder"),
    ("webdataset", "packaged:WebDataset"),
    ("xml", "packaged:Xml"),
):
    PACKAGED.register(_name, f"nlpdata.builder.{_class}")

Target: TypeAlias = tuple[ShardWriter, Callable[[int], None]]

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

    SHARDED = True
    BUILDER_CONFIG_CLASS = FileConfig
    FILE_TYPE: ClassVar[str]
    HOLDS_FEATURES: ClassVar[bool] = False
    """Whether files of this type may tell the features, in the metadata of their schema."""
    NONE_COUNTS: ClassVar[tuple[str, ...]] = ()
    """Options for which None says something else than leaving them out."""
    ANY_THREAD: ClassVar[bool] = True
    """Whether the source may be read in another thread than the one that opened it."""

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

    def _shard_sizes(self, kwargs: Mapping[str, Any]) -> list[int] | None:
        files = kwargs.get("files")
        return [os.path.getsize(path) for path in files] if isinstance(files, list) else None

    def _features_inside(self, path: str) -> Features | None:
        batch = next(iter(get_file_type(self.FILE_TYPE).read(path)), None)
        if batch is None or b"huggingface" not in (batch.schema.metadata or {}):
            return None
        return Features.from_arrow_schema(batch.schema)

    def _generate_tables(self, files: list[str], once: bool = False) -> Iterator[tuple[Any, Any]]:
        options = self._options()
        for path in files:
            file_type, row = get_file_type(self.FILE_TYPE), 0
            read = file_type.read_once if once else file_type.read
            for batch in read(path, features=self.info.features, **options):
                yield (path, row), self._selected(batch)
                row += batch.num_rows

    def _options(self) -> dict[str, Any]:
        given = getattr(self.config, "options", {})
        return {name: value for name, value in given.items() if value is not None or name in self.NONE_COUNTS}

    def _selected(self, batch: Any) -> Any:
        """The columns that ``features`` name where they are some of the file's; else all, and the writer says what is wrong."""
        wanted = self.info.features
        if wanted is None or not set(wanted) < set(batch.schema.names):
            return batch
        return batch.select(list(wanted))

    def _write_split(self, generator: SplitGenerator, writer: ShardWriter, report: Callable[[int], None]) -> None:
        label = f"{self._label}, split {str(generator.name)!r}"
        try:
            self._write_files(generator, label, (writer, report), once=True)
        except TypesChanged:
            report(-writer.num_rows)
            writer.restart()
            self._write_files(generator, label, (writer, report), once=False)

    def _write_files(self, generator: SplitGenerator, label: str, target: Target, *, once: bool) -> None:
        """Parse in one thread, write in this one."""
        writer, report = target
        types, file, before = TypesSoFar(), None, 0
        tables = guarded(
            lambda: ((None, pair) for pair in self._generate_tables(**generator.gen_kwargs, once=once)), label, "tables"
        )
        ahead = read_ahead(tables, lambda pair: int(pair[1].nbytes), AHEAD_BYTES) if self.ANY_THREAD else tables
        with closing(cast(Generator[Any, None, None], ahead)) as ready:
            for (path, row), batch in ready:
                if path != file or row == 0:
                    file, before = path, writer.num_rows
                try:
                    writer.write_table(batch)
                except TypeConflictError as error:
                    raise types.conflict(batch, path, row) or error from error
                except RowError as error:
                    raise in_file(error, path, before) from error
                types.add(batch.schema, path)
                report(batch.num_rows)


class Arrow(FileBuilder):
    """Arrow IPC files, stream or file format."""

    FILE_TYPE = "arrow"
    HOLDS_FEATURES = True


class Csv(FileBuilder):
    """Comma-separated or otherwise delimited text."""

    FILE_TYPE = "csv"
    NONE_COUNTS = ("header",)


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


class WebDataset(FileBuilder):
    """Tars whose members with one stem are one row."""

    FILE_TYPE = "webdataset"


class Xml(FileBuilder):
    """XML documents, one a row."""

    FILE_TYPE = "xml"
