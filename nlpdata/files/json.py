"""JSON: one object per line, an array of objects, or one object that holds the rows in a field.

Knows: Arrow's JSON parser does the work, block by block; a block it refuses (a column that changes its kind) is parsed by
Python, so that the types widen where they can and the error names the row where they cannot.
Does not know: what the columns mean. Keys that are missing in an object are null.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.json as pajson

from nlpdata.errors import ArgumentError, FeatureError, RowError, did_you_mean
from nlpdata.features import Features, encode_table
from nlpdata.files.base import (
    Batch,
    FileType,
    Source,
    batch_bytes_or_default,
    blocks_of_lines,
    created,
    first_schema,
    label_of,
    opened,
    parse_options,
)
from nlpdata.files.encoding import JoinedBlocks, find_codec, is_utf8, utf8_blocks

_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_MAX_BLOCK = 2**31 - 2


@dataclass(frozen=True, slots=True)
class JsonOptions:
    """How JSON is read. ``field`` is the key that holds the rows; ``a.b`` leads into nested objects.

    ``chunksize`` and ``block_size`` are older names of ``batch_bytes``; ``use_threads`` and ``newlines_in_values`` do nothing.
    """

    field: str | None = None
    encoding: str = "utf-8"
    encoding_errors: str | None = None
    chunksize: int | None = None
    block_size: int | None = None
    use_threads: bool = True
    newlines_in_values: bool | None = None

    def __post_init__(self) -> None:
        find_codec(self.encoding)


class JsonFile(FileType):
    """JSON <-> record batches."""

    name = "json"
    extensions = (".json", ".jsonl", ".ndjson")

    def read(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """The objects of a file as rows: JSON lines, a top-level array, or what lies under ``field``.

        Options: see :class:`JsonOptions`. With ``columns`` or ``features`` every batch has these columns, null where the file
        has none; otherwise a batch has the columns of its block. ISO dates in JSON lines become timestamps, unless
        ``features`` say otherwise. Only ``field`` holds the whole file in memory.

        Raises:
            RowError: text that is no JSON, or a value of another kind than the ones before; names file and row.
        """
        chosen = parse_options(JsonOptions, options, "json")
        size = min(batch_bytes_or_default(batch_bytes or chosen.chunksize or chosen.block_size), _MAX_BLOCK)
        wanted = list(columns) if columns is not None else list(features) if features else None
        parser = _Parser(label_of(source), wanted, _parse_options(features))
        with opened(source) as raw:
            stream = _as_utf8(raw, chosen, parser.label)
            if chosen.field is not None:
                yield from _field_batches(stream, chosen.field, parser, size)
                return
            first = _first_byte(stream)
            if first == b"[":
                yield from _array_batches(stream, parser, size)
            elif first:
                yield from _line_batches(stream, parser, size)

    def write(self, batches: Iterable[Batch], target: Source, **options: Any) -> int:
        """One JSON object per line and row (``lines=False``: one array of objects); the number of bytes.

        Options: see :class:`JsonWriteOptions`. Times are ISO 8601, bytes are base64.
        """
        schema, rows = first_schema(batches, options.pop("schema", None))
        chosen = parse_options(JsonWriteOptions, options, "json")
        between = "\n" if chosen.lines else ",\n"
        shown = chosen.shown()
        with created(target) as sink:
            started = False
            for batch in rows:
                if batch.num_rows:
                    lead = between if started and not chosen.lines else "" if chosen.lines or started else "[\n"
                    text = between.join([shown(row) for row in _objects(batch)])
                    sink.write((lead + text + ("\n" if chosen.lines else "")).encode())
                    started = True
            if not chosen.lines:
                sink.write(b"\n]\n" if started else b"[]\n")
        del schema
        return sink.num_bytes


@dataclass(frozen=True, slots=True)
class JsonWriteOptions:
    """How JSON is written. ``orient`` other than ``"records"`` is not known; ``index`` is accepted and has no effect."""

    lines: bool = True
    orient: str = "records"
    force_ascii: bool = False
    indent: int | None = None
    index: bool = False

    def __post_init__(self) -> None:
        if self.orient != "records":
            hint = did_you_mean(self.orient, ["records"])
            raise ArgumentError(f"orient is {self.orient!r}.{hint} JSON is written as 'records': one object per row.")
        if self.lines and self.indent:
            raise ArgumentError("JSON lines cannot be indented. Pass lines=False, or leave indent out.")

    def shown(self) -> Callable[[Any], str]:
        """A function that gives the text of one row."""
        separators = None if self.indent else (",", ":")
        return json.JSONEncoder(
            ensure_ascii=self.force_ascii, indent=self.indent, separators=separators, default=_as_plain
        ).encode


def _as_plain(value: Any) -> Any:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, decimal.Decimal):
        return str(value)
    raise FeatureError(f"A {type(value).__name__} cannot be written as JSON: {value!r:.80}.")


def _objects(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    from nlpdata.formats import FormatSpec, get_formatter

    formatter = get_formatter(FormatSpec(), Features.from_arrow_schema(batch.schema))
    return iter(formatter.rows(pa.Table.from_batches([batch])))


def _parse_options(features: Features | None) -> pajson.ParseOptions:
    """Explicit types for declared text: a date stays text, and text that looks like nothing else is not guessed."""
    text = (
        [f for f in features.arrow_schema if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)] if features else []
    )
    schema = pa.schema([pa.field(f.name, f.type) for f in text]) if text else None
    return pajson.ParseOptions(newlines_in_values=True, explicit_schema=schema, unexpected_field_behavior="infer")


def _as_utf8(stream: BinaryIO, options: JsonOptions, label: str) -> io.BufferedReader:
    if not is_utf8(options.encoding, options.encoding_errors):
        blocks = utf8_blocks(stream, options.encoding, options.encoding_errors, 1 << 20, label)
        return io.BufferedReader(JoinedBlocks(blocks))
    if isinstance(stream, io.BufferedReader):
        return stream
    return io.BufferedReader(JoinedBlocks(iter(lambda: stream.read(1 << 20), b"")))


def _first_byte(stream: io.BufferedReader) -> bytes:
    """The first byte that is not blank, still to be read; empty at the end of the stream."""
    if stream.peek(3)[:3] == _BOM:
        stream.read(3)
    while head := stream.peek(1):
        rest = head.lstrip(_SPACE)
        stream.read(len(head) - len(rest))
        if rest:
            return rest[:1]
    return b""


@dataclass(slots=True)
class _Parser:
    """One block of objects -> one batch; counts rows for the errors."""

    label: str
    columns: list[str] | None
    options: pajson.ParseOptions
    row: int = 0

    def parse(self, text: bytes) -> Iterator[pa.RecordBatch]:
        """The objects in ``text``, one after the other, as batches."""
        try:
            read = pajson.ReadOptions(block_size=len(text) + 1, use_threads=False)
            table = pajson.read_json(pa.BufferReader(text), read, self.options)
        except pa.ArrowInvalid:
            table = self.table(list(self.objects(text)))
        yield from self.batches(table)

    def objects(self, text: bytes) -> Iterator[Any]:
        """The values in ``text`` by Python's parser.

        Raises:
            RowError: text that is no JSON, or not UTF-8.
        """
        try:
            decoded = text.decode()
        except UnicodeDecodeError as error:
            row = self.row + text.count(b"\n", 0, error.start)
            raise RowError(
                f"{self.label}: about row {row} is not UTF-8 ({error.reason}). Pass encoding=...", row=row
            ) from error
        position, row = 0, self.row
        decoder = json.JSONDecoder()
        while (position := _skip(decoded, position, " \t\r\n")) < len(decoded):
            try:
                value, position = decoder.raw_decode(decoded, position)
            except json.JSONDecodeError as error:
                found = decoded[error.pos : error.pos + 40]
                raise RowError(
                    f"{self.label}: row {row} is no JSON: {error.msg}, at {found!r}.", row=row, value=found
                ) from error
            yield value
            row += 1

    def table(self, rows: list[Any]) -> pa.Table:
        """Python values as a table: objects by their keys, anything else as the column ``text``.

        Raises:
            RowError: values of one column that no type holds together.
        """
        if not any(isinstance(row, dict) for row in rows):
            columns: dict[str, list[Any]] = {"text": rows} if rows else {}
        else:
            self.check_objects(rows)
            names = dict.fromkeys(key for row in rows for key in row)
            columns = {name: [row.get(name) for row in rows] for name in names}
        return self.encoded(columns)

    def check_objects(self, rows: list[Any]) -> None:
        """Refuse rows that are no objects among rows that are."""
        for position, row in enumerate(rows):
            if not isinstance(row, dict):
                number = self.row + position
                message = f"{self.label}: row {number} is {row!r:.60}, where the rows before are objects."
                raise RowError(message, row=number, value=row)

    def encoded(self, columns: dict[str, list[Any]]) -> pa.Table:
        """Columns of Python values as a table; errors name the file."""
        if not columns:
            return pa.table({})
        try:
            return encode_table(columns, None, first_row=self.row)
        except RowError as error:
            raise RowError(f"{self.label}: {error}", row=error.row, column=error.column, value=error.value) from error
        except FeatureError as error:
            raise type(error)(f"{self.label}: {error}") from error

    def batches(self, table: pa.Table) -> Iterator[pa.RecordBatch]:
        """The asked columns of a table as batches; counts its rows."""
        self.row += table.num_rows
        if self.columns is not None:
            arrays = [table.column(name) if name in table.column_names else pa.nulls(table.num_rows) for name in self.columns]
            table = pa.Table.from_arrays(arrays, names=self.columns)
        yield from table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]


def _skip(text: str, position: int, blanks: str) -> int:
    while position < len(text) and text[position] in blanks:
        position += 1
    return position


def _line_batches(stream: io.BufferedReader, parser: _Parser, size: int) -> Iterator[pa.RecordBatch]:
    blocks = blocks_of_lines(stream, size)
    for block in blocks:
        # An object over several lines must not be cut: what is open at the end of a block goes before the next.
        while not _is_whole(block) and (more := next(blocks, None)) is not None:
            block += more
        if block.strip(_SPACE):
            yield from parser.parse(block)


def _is_whole(block: bytes) -> bool:
    """Whether the last line of a block closes an object: its own, or one that was spread over lines."""
    last = block.rstrip(_SPACE).rpartition(b"\n")[2]
    return last in (b"", b"}") or (last.startswith(b"{") and last.endswith(b"}"))


def _array_batches(stream: io.BufferedReader, parser: _Parser, size: int) -> Iterator[pa.RecordBatch]:
    """The items of a top-level array, decoded one by one, so that only a block of text is held."""
    stream.read(1)
    yielded = False
    for texts, values in _array_items(stream, parser, size):
        if texts and isinstance(values[0], dict):
            parser.check_objects(values)
            yield from parser.parse("\n".join(texts).encode())
        else:
            yield from parser.batches(parser.table(values))
        yielded = True
    if not yielded:
        yield from parser.batches(pa.table({}))


def _array_items(stream: BinaryIO, parser: _Parser, size: int) -> Iterator[tuple[list[str], list[Any]]]:
    """Blocks of items: their texts and their values."""
    text = io.TextIOWrapper(stream, "utf-8", newline="")
    decoder, held, position = json.JSONDecoder(), "", 0
    texts: list[str] = []
    values: list[Any] = []
    try:
        while True:
            position = _skip(held, position, " \t\r\n,")
            if held[position : position + 1] == "]":
                break
            try:
                value, end = decoder.raw_decode(held, position)
                if end == len(held) and not isinstance(value, dict | list | str):
                    raise json.JSONDecodeError("a number may go on", held, end)
            except json.JSONDecodeError as error:
                if texts:
                    yield texts, values
                    texts, values = [], []
                held, position = held[position:], 0
                more = text.read(max(size, len(held)))
                if not more:
                    raise _broken_array(parser, error, held) from error
                held += more
                continue
            texts.append(held[position:end])
            values.append(value)
            position = end
    except UnicodeDecodeError as error:
        message = f"{parser.label}: about row {parser.row} is not UTF-8 ({error.reason}). Pass encoding=..."
        raise RowError(message, row=parser.row) from error
    finally:
        text.detach()
    if texts:
        yield texts, values


def _broken_array(parser: _Parser, error: json.JSONDecodeError, held: str) -> RowError:
    return RowError(
        f"{parser.label}: row {parser.row} of the array is no JSON, or the file ends too early: {error.msg}, at {held[:40]!r}.",
        row=parser.row,
        value=held[:40],
    )


def _field_batches(stream: BinaryIO, field: str, parser: _Parser, size: int) -> Iterator[pa.RecordBatch]:
    try:
        content = json.loads(stream.read())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FeatureError(f"{parser.label} is no JSON: {error}. With field= the file must be one JSON object.") from error
    value = _under(content, field, parser.label)
    if isinstance(value, dict):
        if not all(isinstance(column, list) for column in value.values()):
            value = [value]
        else:
            yield from parser.batches(parser.encoded(value))
            return
    if not isinstance(value, list):
        raise FeatureError(f"{parser.label}: the field {field!r} holds {value!r:.60}, not rows (a list of objects).")
    step = max(1, size // _bytes_per_row(value))
    for start in range(0, max(len(value), 1), step):
        yield from parser.batches(parser.table(value[start : start + step]))


def _under(content: Any, field: str, label: str) -> Any:
    if isinstance(content, dict) and field in content:
        return content[field]
    for key in field.split("."):
        if not isinstance(content, dict) or key not in content:
            known = list(content) if isinstance(content, dict) else []
            shown = ", ".join(map(str, known[:20])) or "no object"
            raise ArgumentError(f"{label} has no field {field!r}.{did_you_mean(key, known)} It holds: {shown}.")
        content = content[key]
    return content


def _bytes_per_row(rows: list[Any]) -> int:
    sample = rows[:20]
    return max(1, sum(len(json.dumps(row, default=str)) for row in sample) // max(1, len(sample)))
