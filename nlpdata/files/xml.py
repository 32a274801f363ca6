"""XML files: the whole document as one text in the column ``xml``.

Knows: encodings. Does not know: elements; what a document means is the user's to parse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from nlpdata.errors import ArgumentError
from nlpdata.features import Features
from nlpdata.files.base import Batch, FileType, Source, label_of, opened, parse_options, pick
from nlpdata.files.encoding import find_codec, utf8_blocks

_BLOCK_BYTES = 2**20
_SMALL = 2**29


@dataclass(frozen=True, slots=True)
class XmlOptions:
    """How XML is read. The encoding is the one given here, whatever the document's first line says."""

    encoding: str = "utf-8"
    encoding_errors: str | None = None

    def __post_init__(self) -> None:
        find_codec(self.encoding)


class XmlFile(FileType):
    """XML -> the column ``xml``."""

    name = "xml"
    extensions = (".xml",)

    def read(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        r"""One row: the document, with every line end as ``\n``. Options: see :class:`XmlOptions`.

        Raises:
            RowError: bytes that are not in the encoding; names the file, the line and the offset.
        """
        del batch_bytes  # a document is one value
        chosen = parse_options(XmlOptions, options, "xml")
        name = next(iter(features)) if features else "xml"
        label = label_of(source)
        with opened(source) as stream:
            whole = b"".join(utf8_blocks(stream, chosen.encoding, chosen.encoding_errors, _BLOCK_BYTES, label))
        if b"\r" in whole:
            whole = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        kind = pa.large_string() if len(whole) > _SMALL else pa.string()
        yield pick(pa.RecordBatch.from_arrays([pa.array([whole.decode()], kind)], [name]), columns, label)

    def write(self, batches: Iterable[Batch], target: Source, **options: Any) -> int:
        """Refused: rows have no one form as XML.

        Raises:
            ArgumentError: always.
        """
        raise ArgumentError("A dataset is not written as XML. Write csv, json, parquet, arrow or text.")
