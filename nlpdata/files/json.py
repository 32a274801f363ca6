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
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

from nlpdata.errors import ArgumentError, FeatureError, RowError, did_you_mean
from nlpdata.features import Features, check_on_mixed_types
from nlpdata.files.ahead import AHEAD_BYTES, map_ahead
from nlpdata.files.base import (
    Batch,
    Bytes,
    FileType,
    Source,
    batch_bytes_or_default,
    created,
    first_schema,
    label_of,
    last_place,
    mapped,
    mapped_blocks,
    parse_options,
    reopenable,
)
from nlpdata.files.encoding import JoinedBlocks, find_codec, is_utf8, utf8_blocks
from nlpdata.files.json_parse import Guess, Parser, Text, declared_text, skip
from nlpdata.files.json_spelled import mixed_columns, spelled_features

_SPACE = b" \t\r\n"
_BLANKS = _SPACE.decode()
_NEWLINE = 10
_BOM = b"\xef\xbb\xbf"
_LINES_BYTES = 8 * 2**20  # a block of lines becomes a record batch, which is written as it is
_MAX_BLOCK = 2**31 - 2


@dataclass(frozen=True, slots=True)
class JsonOptions:
    """How JSON is read. ``field`` is the key that holds the rows; ``a.b`` leads into nested objects.

    ``on_mixed_types="use_json"`` reads columns whose values have no common type as :class:`nlpdata.Json` (all of the file is
    looked through first, and its dates stay text); None refuses them. ``chunksize`` and ``block_size`` are older names of
    ``batch_bytes``; ``use_threads`` and ``newlines_in_values`` do nothing.
    """

    field: str | None = None
    encoding: str = "utf-8"
    encoding_errors: str | None = None
    chunksize: int | None = None
    block_size: int | None = None
    use_threads: bool = True
    newlines_in_values: bool | None = None
    on_mixed_types: str | None = None

    def __post_init__(self) -> None:
        find_codec(self.encoding)
        check_on_mixed_types(self.on_mixed_types)


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
        parser = Parser(label_of(source), wanted, declared_text(features), spelled=spelled_features(features))
        with reopenable(source) as reopen:
            if chosen.field is not None:
                with reopen() as stream:
                    yield from _field_batches(_as_utf8(stream, chosen, parser.label), chosen, parser, size)
                return
            plain = mapped(source) if is_utf8(chosen.encoding, chosen.encoding_errors) else None
            parser.again = lambda: _blocks((reopen, plain), chosen, parser, size)
            if chosen.on_mixed_types and features is None:
                parser.spelled = mixed_columns(map(parser.values, parser.again()))
            with plain or nullcontext(), closing(map_ahead(_guesser(parser), parser.again(), len, AHEAD_BYTES)) as guesses:
                for guess in guesses:
                    yield from parser.parse(guess) if isinstance(guess, Guess) else parser.batches(parser.table(guess))
                    parser.first = False

    def write(self, batches: Iterable[Batch], target: Source, **options: Any) -> int:
        """One JSON object per line and row (``lines=False``: one array of objects); the number of bytes.

        Options: see :class:`JsonWriteOptions`. Times are ISO 8601, durations seconds, decimals text, bytes base64; NaN and
        infinities, which JSON does not have, are null.
        """
        schema, rows = first_schema(batches, options.pop("schema", None))
        chosen = parse_options(JsonWriteOptions, options, "json")
        between = "\n" if chosen.lines else ",\n"
        shown = chosen.shown()
        with created(target, chosen.compression) as sink:
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
    """How JSON is written. ``orient`` other than ``"records"`` is not known, and there is no ``index`` in such rows.

    ``compression`` as for :func:`nlpdata.files.base.created`.
    """

    lines: bool = True
    orient: str = "records"
    force_ascii: bool = False
    indent: int | None = None
    index: bool = False
    compression: str | None = "infer"

    def __post_init__(self) -> None:
        if self.index:
            raise ArgumentError("index=True writes row numbers, which rows of orient='records' do not have. Leave it out.")
        if self.orient != "records":
            hint = did_you_mean(self.orient, ["records"])
            raise ArgumentError(f"orient is {self.orient!r}.{hint} JSON is written as 'records': one object per row.")
        if self.lines and self.indent:
            raise ArgumentError("JSON lines cannot be indented. Pass lines=False, or leave indent out.")

    def shown(self) -> Callable[[Any], str]:
        """A function that gives the text of one row."""
        separators = None if self.indent else (",", ":")
        encode = json.JSONEncoder(
            ensure_ascii=self.force_ascii, indent=self.indent, separators=separators, default=_as_plain, allow_nan=False
        ).encode

        def shown(row: Any) -> str:
            try:
                return encode(row)
            except ValueError:
                return encode(_finite(row))

        return shown


def _finite(value: Any) -> Any:
    """The value with None for numbers that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, list) else value


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


def _guesser(parser: Parser) -> Callable[[Text | list[Any]], Guess | list[Any]]:
    """What can be done with a block before its turn: text is parsed, values that are no objects wait."""
    return lambda block: block if isinstance(block, list) else parser.guess(block)


def _as_utf8(stream: BinaryIO, options: JsonOptions, label: str) -> io.BufferedReader:
    if not is_utf8(options.encoding, options.encoding_errors):
        blocks = utf8_blocks(stream, options.encoding, options.encoding_errors, 1 << 20, label)
        return io.BufferedReader(JoinedBlocks(blocks, stream))
    if isinstance(stream, io.BufferedReader):
        return stream
    return io.BufferedReader(JoinedBlocks(iter(lambda: stream.read(1 << 20), b""), stream))


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


def _blocks(
    file: tuple[Callable[[], BinaryIO], Any], options: JsonOptions, parser: Parser, size: int
) -> Iterator[Text | list[Any]]:
    """The file (what opens it, and it as it is mapped, if it can be) from the top in bounded pieces: the text of objects, or
    values that are no objects.
    """
    reopen, plain = file
    with reopen() as raw:
        stream = _as_utf8(raw, options, parser.label)
        first = _first_byte(stream)
        if first == b"[":
            yield from _array_blocks(stream, parser, size)
        elif first and plain is not None:
            plain.seek(stream.tell())
            yield from (b for b in mapped_blocks(plain, min(size, _LINES_BYTES), _whole_objects) if not _is_blank(b))
        elif first:
            yield from _line_blocks(stream, size)


def _whole_objects(data: Bytes, ended: bool) -> int:
    """Where a block is cut: after a line that closes an object, since one over several lines must stay whole."""
    cut = len(data) if ended else last_place(data, _NEWLINE) + 1
    return cut if ended or _is_whole(data[:cut]) else 0


def _is_blank(block: pa.Buffer) -> bool:
    return bytes(block[:1]).isspace() and block.to_pybytes().isspace()


def _line_blocks(stream: io.BufferedReader, size: int) -> Iterator[bytes | bytearray]:
    blocks = _whole_lines(stream, min(size, _LINES_BYTES))
    for block in blocks:
        # An object over several lines must not be cut: what is open at the end of a block goes before the next.
        while not _is_whole(np.frombuffer(block, np.uint8)) and (more := next(blocks, None)) is not None:
            block += more
        if not block.isspace():
            yield block


def _whole_lines(stream: io.BufferedReader, size: int) -> Iterator[bytearray]:
    """Blocks that end after a line, each read into its own memory once."""
    rest: bytes | bytearray = b""
    while True:
        block = bytearray(len(rest) + max(size, len(rest)))  # a line of any length is copied few times
        block[: len(rest)] = rest
        with memoryview(block) as view:
            count = stream.readinto(view[len(rest) :])
        del block[len(rest) + count :]
        cut = block.rfind(b"\n") + 1 if count else len(block)
        rest = block[cut:]
        del block[cut:]
        if block:
            yield block
        if not count:
            return


def _is_whole(block: Bytes) -> bool:
    """Whether the last line of a block closes an object: its own, or one that was spread over lines."""
    stop = len(block)
    while stop:
        start = last_place(block[: stop - 1], _NEWLINE) + 1
        last = block[start:stop].tobytes().strip(_SPACE)
        if last:
            return last == b"}" or (last.startswith(b"{") and last.endswith(b"}"))
        stop = start
    return True


def _array_blocks(stream: io.BufferedReader, parser: Parser, size: int) -> Iterator[bytes | bytearray | list[Any]]:
    """The items of a top-level array, decoded one by one, so that only a block of text is held."""
    stream.read(1)
    for texts, values in _array_items(stream, parser, size):
        if isinstance(values[0], dict):
            parser.check_objects(values)
            yield "\n".join(texts).encode()
        else:
            yield values


def _array_items(stream: BinaryIO, parser: Parser, size: int) -> Iterator[tuple[list[str], list[Any]]]:
    """Blocks of items: their texts and their values."""
    text = io.TextIOWrapper(stream, "utf-8", newline="")
    decoder, held, position, count = json.JSONDecoder(), "", 0, 0
    texts: list[str] = []
    values: list[Any] = []
    try:
        while True:
            try:
                start = _next_item(held, position, count)
                if start is None:
                    break
                value, end = decoder.raw_decode(held, start)
                if end == len(held) and not isinstance(value, dict | list | str):
                    raise json.JSONDecodeError("a number may go on", held, end)
            except json.JSONDecodeError as error:
                if texts:
                    yield texts, values
                    texts, values = [], []
                held, position = held[position:], 0
                more = text.read(max(size, len(held)))
                if not more:
                    raise _broken_array(parser, error.msg, held) from error
                held += more
                continue
            texts.append(held[start:end])
            values.append(value)
            position, count = end, count + 1
        if texts:
            yield texts, values
        _check_over(text, held[skip(held, position, _BLANKS) + 1 :], parser)
    except UnicodeDecodeError as error:
        message = f"{parser.label}: about row {parser.row} is not UTF-8 ({error.reason}). Pass encoding=..."
        raise RowError(message, row=parser.row) from error
    finally:
        text.detach()


def _check_over(text: io.TextIOWrapper, rest: str, parser: Parser) -> None:
    """Refuse anything but blanks after an array."""
    while rest := rest or text.read(1 << 20):
        if not rest.isspace():
            raise _broken_array(parser, "Extra data after the array", rest.lstrip())
        rest = ""


def _next_item(held: str, position: int, count: int) -> int | None:
    """Where the next item begins, after a comma if there was one before; None where the array ends.

    Raises:
        json.JSONDecodeError: there is neither, or not yet.
    """
    position = skip(held, position, _BLANKS)
    if held[position : position + 1] == "]":
        return None
    if count:
        if held[position : position + 1] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", held, position)
        position = skip(held, position + 1, _BLANKS)
    return position


def _broken_array(parser: Parser, reason: str, held: str) -> RowError:
    return RowError(
        f"{parser.label}: row {parser.row} of the array is no JSON, or the file ends too early: {reason}, at {held[:40]!r}.",
        row=parser.row,
        value=held[:40],
    )


def _field_batches(stream: BinaryIO, options: JsonOptions, parser: Parser, size: int) -> Iterator[pa.RecordBatch]:
    field = options.field or ""
    try:
        content = json.loads(stream.read())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FeatureError(f"{parser.label} is no JSON: {error}. With field= the file must be one JSON object.") from error
    value = _under(content, field, parser.label)
    if isinstance(value, dict):
        if not all(isinstance(column, list) for column in value.values()):
            value = [value]
        else:
            if not parser.spelled and options.on_mixed_types:
                parser.spelled = mixed_columns([[{name: v} for name, values in value.items() for v in values]])
            yield from parser.batches(parser.encoded(value))
            return
    if not isinstance(value, list):
        raise FeatureError(f"{parser.label}: the field {field!r} holds {value!r:.60}, not rows (a list of objects).")
    if not parser.spelled and options.on_mixed_types:
        parser.spelled = mixed_columns([value])
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
