"""The contract of a file type, the table of file types, and how a file is opened and written.

Knows: that a reader turns bytes into record batches bounded in bytes, and that a written file appears whole or not at all.
Does not know: any file format.
"""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import io
import lzma
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, TypeAlias, TypeVar, cast

import numpy as np
import pyarrow as pa

from nlpdata._optional import Registry
from nlpdata.errors import ArgumentError, FeatureError, UnknownFileTypeError, did_you_mean, unknown
from nlpdata.features import Features
from nlpdata.fetch.archive import open_stream
from nlpdata.fetch.checksum import HashingWriter, written_aside
from nlpdata.settings import settings

Source: TypeAlias = str | os.PathLike[str] | BinaryIO
Batch: TypeAlias = Any  # pa.RecordBatch | pa.Table
Bytes: TypeAlias = np.ndarray[Any, Any]
T = TypeVar("T")

_CACHED_BYTES = 2**18  # bytes looked at together: they and their mask stay in the processor's cache
_TAIL_BYTES = 2**14

COMPRESSIONS = {".gz": "gz", ".bz2": "bz2", ".xz": "xz", ".zst": "zst", ".zip": "zip", ".lz4": "lz4"}

_NAMED = {"gzip": "gz", "gz": "gz", "bz2": "bz2", "xz": "xz", "zstd": "zst", "zst": "zst"}

FILE_TYPES = Registry("file type", UnknownFileTypeError)
FILE_TYPES.register("arrow", "nlpdata.files.arrow:ArrowFile", aliases=("feather", "ipc"))
FILE_TYPES.register("csv", "nlpdata.files.csv:CsvFile", aliases=("tsv",))
FILE_TYPES.register("json", "nlpdata.files.json:JsonFile", aliases=("jsonl", "ndjson"))
FILE_TYPES.register("parquet", "nlpdata.files.parquet:ParquetFile", aliases=())
FILE_TYPES.register("text", "nlpdata.files.text:TextFile", aliases=("txt",))
FILE_TYPES.register("webdataset", "nlpdata.files.tar:TarFile", aliases=("tar",))
FILE_TYPES.register("xml", "nlpdata.files.xml:XmlFile", aliases=())


class TypesChanged(FeatureError):
    """What :meth:`FileType.read_once` gave out has types that do not hold for the whole file."""


class FileType(ABC):
    """A file <-> record batches.

    ``read`` is lazy and bounded: about ``batch_bytes`` of the file are held at a time. The types of its batches may differ
    where the file says nothing about types (an int column that turns to float); who collects them widens
    (:func:`nlpdata.features.widen_schema`). A file without rows gives one batch of no rows, or none where it tells no column.
    """

    name: ClassVar[str]
    extensions: ClassVar[tuple[str, ...]]

    @abstractmethod
    def read(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a file, in order.

        Args:
            source: a path (compressed files are decompressed on the fly), or a binary stream.
            columns: read only these, in this order; None reads all.
            batch_bytes: bytes of the file to hold at a time; None takes the setting ``batch_bytes``.
            features: declared types. They steer the parsing (text stays text); the caller still casts with ``cast_table``.
            options: those of the file type.

        Raises:
            ArgumentError: an option that the type does not have.
            FeatureError: content that fits no column type; names file and row.
            ArchiveError: a compressed file that is damaged or ends too early.
        """

    def read_once(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """As :meth:`read`, but looking at nothing twice: types are those of the first rows that tell one.

        Raises:
            TypesChanged: rows that came later do not have these types. What was given out before is to be dropped, and
                :meth:`read` gives all rows in the right types.
        """
        return self.read(source, columns=columns, batch_bytes=batch_bytes, features=features, **options)

    @abstractmethod
    def write(self, batches: Iterable[Batch], target: Source, **options: Any) -> int:
        """Write batches of one schema; the number of bytes written.

        A path gets its name when the file is complete; one that ends in .gz, .bz2, .xz or .zst is compressed.
        """


def get_file_type(name: str) -> FileType:
    """The file type registered under a name or an alias.

    Raises:
        UnknownFileTypeError: there is none; names the closest.
    """
    return cast(FileType, FILE_TYPES.load(name)())


def batch_bytes_or_default(batch_bytes: int | None) -> int:
    """``batch_bytes``, or the setting of that name.

    Raises:
        ArgumentError: not positive.
    """
    size = settings.batch_bytes if batch_bytes is None else batch_bytes
    if size < 1:
        raise ArgumentError(f"batch_bytes is {size}; it must be at least 1.")
    return int(size)


def parse_options(kind: type[T], options: dict[str, Any], what: str) -> T:
    """A frozen options dataclass from keyword arguments.

    Raises:
        ArgumentError: a name that the dataclass does not have; says the closest.
    """
    known = {f.name for f in dataclasses.fields(cast(Any, kind))}
    for name in options:
        if name not in known:
            raise ArgumentError(
                f"There is no {what} option {name!r}.{did_you_mean(name, known)} Known: {', '.join(sorted(known))}."
            )
    return kind(**options)


def label_of(source: Source) -> str:
    """What errors call a source: its path, or the stream's name."""
    if isinstance(source, str | os.PathLike):
        return os.fspath(source)
    name = getattr(source, "name", None)
    return name if isinstance(name, str) else "the stream"


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The decompressed content of a source; what was opened here is closed here."""
    if not isinstance(source, str | os.PathLike):
        yield open_stream(source)
        return
    with open_stream(source) as stream:
        yield stream


@contextmanager
def reopenable(source: Source) -> Iterator[Callable[[], BinaryIO]]:
    """A function that opens the decompressed content from the top; a stream that cannot be rewound is spooled to disk first."""
    if not hasattr(source, "read"):
        yield lambda: open_stream(source)
        return
    stream = cast(BinaryIO, source)
    with tempfile.TemporaryFile() as spool:
        if stream.seekable():
            file, start = stream, stream.tell()
        else:
            file, start = cast(BinaryIO, spool), 0
            while block := stream.read(1 << 20):
                spool.write(block)

        def reopen() -> BinaryIO:
            file.seek(start)
            return open_stream(cast(BinaryIO, io.BufferedReader(_Borrowed(file))))

        yield reopen


class _Borrowed(io.RawIOBase):
    """A stream that stays open when this view of it is closed."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._stream.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


@contextmanager
def opened_random(source: Source) -> Iterator[Any]:
    """A source as a pyarrow file that can be sought: a plain path is memory-mapped, anything else is spooled to disk first."""
    with opened(source) as stream:
        if isinstance(source, str | os.PathLike) and _is_plain(stream, source):
            with pa.memory_map(os.fspath(source)) if os.path.getsize(source) else pa.OSFile(os.fspath(source)) as file:
                yield file
        elif stream.seekable():
            yield pa.PythonFile(stream, mode="r")
        else:
            with tempfile.TemporaryFile() as spool:
                while block := stream.read(1 << 20):
                    spool.write(block)
                spool.seek(0)
                yield pa.PythonFile(spool, mode="r")


def mapped(source: Source) -> Any | None:
    """A path that is not compressed as a memory-mapped pyarrow file; None for anything else, and for an empty file."""
    if not isinstance(source, str | os.PathLike) or not os.path.getsize(source):
        return None
    with open_stream(source) as stream:
        return pa.memory_map(os.fspath(source)) if _is_plain(stream, source) else None


def _is_plain(stream: BinaryIO, source: str | os.PathLike[str]) -> bool:
    return getattr(stream, "name", None) == os.fspath(source)


def blocks_of_lines(stream: BinaryIO, block_bytes: int, *, carriage_returns: bool = False) -> Iterator[bytes]:
    r"""Consecutive blocks of a stream of about ``block_bytes``, each ending after a ``\n`` (the last where the stream ends).

    A line longer than that is never cut: its block is as long as the line. With ``carriage_returns`` a block without ``\n`` may
    also end after a ``\r``.
    """
    rest: list[bytes] = []
    while data := stream.read(block_bytes):
        cut = data.rfind(b"\n") + 1
        if not cut and carriage_returns:
            cut = data.rfind(b"\r") + 1
        if not cut:
            rest.append(data)
            continue
        yield b"".join([*rest, data[:cut]])
        rest = [data[cut:]] if cut < len(data) else []
    if rest:
        yield b"".join(rest)


def mapped_blocks(file: Any, size: int, cut_at: Callable[[Bytes, bool], int]) -> Iterator[pa.Buffer]:
    """A memory-mapped file as blocks of about ``size`` bytes, without a copy.

    Args:
        file: what :func:`mapped` gave.
        size: of a block; one that cannot end within it is longer.
        cut_at: the bytes of a block, and whether the file ends there -> how long the block is to be; 0 if that cannot be told.
    """
    whole = file.read_buffer()
    data, start, wanted = np.frombuffer(whole, np.uint8), 0, size
    while start < len(data):
        piece = data[start : start + wanted]
        cut = cut_at(piece, start + len(piece) == len(data))
        if cut:
            yield whole.slice(start, cut)
            start, wanted = start + cut, size
        else:
            wanted *= 2


def last_place(data: Bytes, byte: int) -> int:
    """Where a byte stands last; -1 if nowhere."""
    for stop in range(len(data), 0, -_TAIL_BYTES):
        found = np.flatnonzero(data[max(0, stop - _TAIL_BYTES) : stop] == byte)
        if len(found):
            return int(found[-1]) + max(0, stop - _TAIL_BYTES)
    return -1


def pieces_of(data: Bytes) -> Iterator[tuple[int, Bytes]]:
    """The bytes in pieces that stay in the processor's cache while they are looked at several times, and where each begins."""
    return ((start, data[start : start + _CACHED_BYTES]) for start in range(0, len(data), _CACHED_BYTES))


def is_ascii(piece: Bytes) -> bool:
    """Whether all bytes are below 128."""
    return not len(piece) or bool(piece.view(np.int8).min() >= 0)


def batches_of(batches: Iterable[Batch]) -> Iterator[pa.RecordBatch]:
    """Record batches from record batches and tables."""
    for batch in batches:
        if isinstance(batch, pa.Table):
            yield from batch.to_batches()
        else:
            yield batch


def rows_after(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """The batches without their first ``rows`` rows."""
    for batch in batches:
        if rows and rows >= batch.num_rows:
            rows -= batch.num_rows
        else:
            yield batch.slice(rows) if rows else batch
            rows = 0


def first_schema(batches: Iterable[Batch], schema: pa.Schema | None) -> tuple[pa.Schema | None, Iterator[pa.RecordBatch]]:
    """The schema that a file gets, and all batches: ``schema`` if given, else that of the first table or batch."""
    iterator = iter(batches)
    if schema is not None:
        return schema, batches_of(iterator)
    first = next(iterator, None)
    if first is None:
        return None, iter(())

    def all_batches() -> Iterator[pa.RecordBatch]:
        yield from batches_of([first])
        yield from batches_of(iterator)

    return first.schema, all_batches()


def pick(batch: pa.RecordBatch, columns: Sequence[str] | None, label: str) -> pa.RecordBatch:
    """The named columns of a batch, in the order of the names.

    Raises:
        UnknownColumnError: the file has no such column.
    """
    if columns is None:
        return batch
    check_columns(columns, batch.schema.names, label)
    return batch.select(list(columns))


def check_columns(columns: Sequence[str] | None, known: Sequence[str], label: str) -> None:
    """Refuse a column that a file does not have.

    Raises:
        UnknownColumnError: with the closest names.
    """
    from nlpdata.errors import UnknownColumnError

    for name in columns or ():
        if name not in known:
            raise unknown(UnknownColumnError, "column", name, known, f"(in {label})")


class Counted:
    """A sink that counts what it is given."""

    def __init__(self, sink: Any) -> None:
        self._sink = sink
        self.num_bytes = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Pass ``data`` on."""
        view = memoryview(data)
        self._sink.write(view)
        self.num_bytes += view.nbytes
        return view.nbytes

    def tell(self) -> int:
        """The bytes so far."""
        return self.num_bytes

    def flush(self) -> None:
        """Nothing is held back here."""

    def writable(self) -> bool:
        """True."""
        return True

    def close(self) -> None:
        """The sink belongs to whoever opened it."""


@contextmanager
def created(target: Source, compression: str | None = "infer") -> Iterator[Counted]:
    """A sink for a new file, which appears when the block ends well; or a stream as it is.

    Args:
        target: a path or a binary stream.
        compression: of a file: "infer" goes by its name, None does not compress, "gzip", "bz2", "xz" or "zstd" do.

    Raises:
        ArgumentError: an unknown compression, or one for a stream.
    """
    if compression not in ("infer", None) and compression not in _NAMED:
        hint = did_you_mean(str(compression), _NAMED)
        raise ArgumentError(f"compression is {compression!r}.{hint} Known: 'infer', None, {', '.join(sorted(_NAMED))}.")
    if not isinstance(target, str | os.PathLike):
        if compression not in ("infer", None):
            raise ArgumentError(f"compression={compression!r} is for files. Compress the stream itself, or pass a path.")
        yield Counted(target)
        return
    path = Path(target)
    kind = COMPRESSIONS.get(path.suffix.lower()) if compression == "infer" else _NAMED.get(compression or "")
    with written_aside(path) as sink:
        compressor = _compressor(sink, kind)
        counted = Counted(compressor or sink)
        yield counted
        if compressor is not None:
            compressor.close()
            counted.num_bytes = sink.num_bytes


class _Writable:
    """A :class:`HashingWriter` as the compressors want a file."""

    closed = False

    def __init__(self, sink: HashingWriter) -> None:
        self._sink = sink

    def write(self, data: Any) -> int:
        return self._sink.write(bytes(data))

    def flush(self) -> None:
        pass

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        pass


def _compressor(sink: HashingWriter, kind: str | None) -> Any:
    file = cast(Any, _Writable(sink))
    if kind == "gz":
        return gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)  # no time inside: equal rows, equal bytes
    if kind == "bz2":
        return bz2.BZ2File(file, "wb")
    if kind == "xz":
        return lzma.LZMAFile(file, "wb")
    if kind in ("zst", "lz4"):
        return pa.CompressedOutputStream(pa.PythonFile(file, mode="w"), "zstd" if kind == "zst" else "lz4")
    if kind == "zip":
        raise ArgumentError("A zip archive cannot be written as one file. Use .gz, .bz2, .xz or .zst.")
    return None
