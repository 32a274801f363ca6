"""A CSV file as columns of texts: where the header is, and how rows are cut.

Knows: two ways to cut rows. Arrow's parser does nearly all of it; where a row has fewer cells than the header (which pandas
fills with nulls), the rest of the file is cut by Python's ``csv``.
Does not know: types.
"""

from __future__ import annotations

import csv
import io
import itertools
import string
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.csv as pacsv

from nlpdata.errors import ArgumentError, FeatureError, RowError
from nlpdata.files.base import Bytes, Source, label_of, mapped, mapped_blocks, reopenable, rows_after
from nlpdata.files.encoding import JoinedBlocks, is_utf8, utf8_blocks
from nlpdata.files.guess import Style

Block: TypeAlias = bytes | pa.Buffer

_CR = 13
_MARK = uuid.uuid4().hex + string.ascii_letters
_MAX_BLOCK = 2**31 - 2
_ROWS_AT_ONCE = 4096
_NULLS: tuple[str, ...] = (
    "",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
)
_NULLS += ("NULL", "NaN", "None", "n/a", "nan", "null")
_QUOTING_HINT = "If quotes in this file are ordinary characters, pass quoting=csv.QUOTE_NONE (3)."


@dataclass(frozen=True, slots=True)
class CsvOptions:
    """How a CSV file is read; names and defaults are those of ``pandas.read_csv``.

    ``sep`` (or ``delimiter``) is one character; by default a tab for ``.tsv`` files, else a comma. ``header`` is the number of
    the header row, None if there is none, ``"infer"``: row 0 unless ``names`` (or ``column_names``) are given. ``usecols`` are
    names or positions, ``dtype`` a type or column -> type. ``on_bad_lines`` is what happens to rows with too many cells:
    ``"error"``, ``"warn"`` or ``"skip"``; rows with too few are filled with nulls. The last fields have no effect here (batches
    are bounded in bytes) and are accepted for the sake of old code.
    """

    sep: str | None = None
    delimiter: str | None = None
    header: int | str | None = "infer"
    names: Sequence[str] | None = None
    column_names: Sequence[str] | None = None
    usecols: Sequence[str | int] | None = None
    dtype: Any = None
    skiprows: int | None = None
    nrows: int | None = None
    na_values: str | Sequence[str] | None = None
    keep_default_na: bool = True
    na_filter: bool = True
    true_values: Sequence[str] | None = None
    false_values: Sequence[str] | None = None
    quoting: int = csv.QUOTE_MINIMAL
    quotechar: str = '"'
    doublequote: bool = True
    escapechar: str | None = None
    skipinitialspace: bool = False
    skip_blank_lines: bool = True
    on_bad_lines: str = "error"
    encoding: str | None = "utf-8"
    encoding_errors: str | None = "strict"
    decimal: str = "."
    thousands: str | None = None
    chunksize: int | None = None
    engine: str | None = None
    low_memory: bool = True
    memory_map: bool = False
    float_precision: str | None = None

    def __post_init__(self) -> None:
        for name in ("sep", "delimiter"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, str) or len(value) != 1):
                raise ArgumentError(f"{name} is {value!r}; it must be one character, such as ',' or '\\t'.")
        if self.on_bad_lines not in ("error", "warn", "skip"):
            raise ArgumentError(f"on_bad_lines is {self.on_bad_lines!r}. Use 'error', 'warn' or 'skip'.")
        if self.header not in (None, "infer") and (not isinstance(self.header, int) or self.header < 0):
            raise ArgumentError(f"header is {self.header!r}. Use 'infer', None, or the number of the header row.")
        if self.skiprows is not None and not isinstance(self.skiprows, int):
            raise ArgumentError(f"skiprows is {self.skiprows!r}; only a number of lines at the top can be skipped.")
        if isinstance(self.na_values, Mapping):
            raise ArgumentError("na_values per column are not read. Pass one list for all columns.")

    @property
    def quotes(self) -> bool:
        """Whether a quote character means anything."""
        return self.quoting != csv.QUOTE_NONE

    @property
    def nulls(self) -> list[str]:
        """The texts that stand for a missing value."""
        if not self.na_filter:
            return []
        own = [self.na_values] if isinstance(self.na_values, str) else [str(v) for v in self.na_values or ()]
        return [*(_NULLS if self.keep_default_na else ()), *own]

    @property
    def style(self) -> Style:
        """How numbers and truth are written."""
        base = Style(self.decimal, self.thousands)
        return Style(
            self.decimal,
            self.thousands,
            (*base.true_values, *(self.true_values or ())),
            (*base.false_values, *(self.false_values or ())),
        )


@dataclass(slots=True)
class Plan:
    """A CSV file with its columns known, which can be read from the top as often as needed."""

    options: CsvOptions
    label: str
    reopen: Callable[[], BinaryIO]
    delimiter: str
    block_bytes: int
    names: list[str] = field(default_factory=list)
    source: Source | None = None
    rows_before: int = 0  # rows between the skipped lines and the data: the header and what is above it

    @contextmanager
    def blocks(self, size: int) -> Iterator[Iterator[Block]]:
        r"""The file as UTF-8 in blocks of about ``size`` bytes, and below its last row one that is ours: ``mark`` in each cell.

        If that row does not come out of a parser, the file ended inside quotes. No block ends between ``\r`` and ``\n``:
        Arrow's parser drops a ``\n`` at the start of a block that follows such an end, though it be inside quotes.
        """
        plain = None
        if is_utf8(self.options.encoding or "utf-8", self.options.encoding_errors) and self.source is not None:
            plain = mapped(self.source)
        if plain is not None:
            with plain:
                yield self._ended(mapped_blocks(plain, size, _not_after_cr))
            return
        with self.open() as stream:
            yield self._ended(_uncut(iter(lambda: stream.read(size), b"")))

    def _ended(self, blocks: Iterator[Block]) -> Iterator[Block]:
        last: Block = b""
        for block in blocks:
            if last:
                yield last
            last = block
        row = self.delimiter.join([self.mark] * len(self.names))
        rest = bytes(last)
        yield rest + (("\n" if rest and rest[-1] not in b"\r\n" else "") + row + "\n").encode()

    @property
    def mark(self) -> str:
        """A text that no file holds, of characters that mean nothing in this one."""
        special = (self.delimiter, self.options.quotechar, self.options.escapechar)
        return "".join([c for c in _MARK if c not in special])

    def open(self) -> BinaryIO:
        """The file from the top, as UTF-8."""
        stream = self.reopen()
        encoding, errors = self.options.encoding or "utf-8", self.options.encoding_errors
        if is_utf8(encoding, errors):
            return stream
        blocks = utf8_blocks(stream, encoding, errors, 1 << 20, self.label)
        return io.BufferedReader(JoinedBlocks(blocks, stream))

    @contextmanager
    def rows(self, stream: BinaryIO) -> Iterator[Any]:
        """A ``csv.reader`` of the rows below the skipped lines; blank lines are empty rows."""
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        for _ in range(self.options.skiprows or 0):
            text.readline()
        options = self.options
        try:
            yield csv.reader(
                text,
                delimiter=self.delimiter,
                quotechar=options.quotechar if options.quotes else None,
                quoting=csv.QUOTE_MINIMAL if options.quotes else csv.QUOTE_NONE,
                doublequote=options.doublequote,
                escapechar=options.escapechar,
                skipinitialspace=options.skipinitialspace,
            )
        finally:
            text.detach()


@contextmanager
def planned(source: Source, options: CsvOptions, block_bytes: int) -> Iterator[Plan]:
    """A file whose header has been read. A stream that cannot be rewound is spooled to a temporary file first."""
    label = label_of(source)
    delimiter = options.delimiter or options.sep or ("\t" if ".tsv" in label.lower()[-9:] else ",")
    with reopenable(source) as reopen:
        plan = Plan(options, label, reopen, delimiter, block_bytes, source=source)
        with plan.open() as stream, plan.rows(stream) as rows:
            _read_header(plan, rows)
        yield plan


def _read_header(plan: Plan, rows: Iterator[list[str]]) -> None:
    options = plan.options
    names = options.names if options.names is not None else options.column_names
    header = options.header if options.header != "infer" else (0 if names is None else None)
    seen, filled = 0, 0
    for row in rows:
        seen += 1
        if options.skip_blank_lines and _is_blank(row):
            continue
        if header is None:
            plan.names = _unique(list(names) if names is not None else [str(i) for i in range(len(row))])
            return
        if filled == header:
            plan.names = _unique(list(names) if names is not None else row)
            plan.rows_before = seen
            return
        filled += 1
    plan.names = _unique(list(names or ()))


def _unique(names: list[str]) -> list[str]:
    """Names as pandas makes them: empty ones are called by their position, repeated ones numbered."""
    taken: set[str] = set()
    for position, given in enumerate(names):
        name = wanted = str(given) or f"Unnamed: {position}"
        for number in itertools.count(1):
            if name not in taken:
                break
            name = f"{wanted}.{number}"
        taken.add(name)
        names[position] = name
    return names


def _is_blank(row: list[str]) -> bool:
    return not row or (len(row) == 1 and row[0].isspace())


class _Ragged(Exception):
    """A row that Arrow's parser does not take."""


class _TooLong(Exception):
    """A row that does not fit into a block."""


def text_batches(plan: Plan, columns: Sequence[str], skip_rows: int = 0) -> Iterator[pa.RecordBatch]:
    """Batches of string columns, from row ``skip_rows`` on.

    Raises:
        RowError: a row with more cells than there are columns.
        FeatureError: a quote that is never closed.
    """
    cut = _by_python if plan.options.skipinitialspace else _by_arrow
    size, done = max(plan.block_bytes, 64), skip_rows
    left = None if plan.options.nrows is None else plan.options.nrows - skip_rows
    while left is None or left > 0:
        try:
            for batch in rows_after(cut(plan, columns, size), done):
                batch = batch if left is None else batch.slice(0, left)
                done += batch.num_rows
                yield batch
                left = None if left is None else left - batch.num_rows
                if left == 0:
                    return
            return
        except _Ragged:
            cut = _by_python
        except _TooLong as error:
            if size >= _MAX_BLOCK:
                where = f"row {done}" if done else "the header or row 0"
                raise FeatureError(f"{plan.label}: {where} does not end, or not within 2 GB. {_QUOTING_HINT}") from error
            size = min(size * 8, _MAX_BLOCK)


def _by_arrow(plan: Plan, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
    options = plan.options
    bad: list[Any] = []

    def on_invalid(row: Any) -> str:
        if options.skip_blank_lines and row.text.isspace():
            return "skip"
        if row.actual_columns > row.expected_columns and options.on_bad_lines == "skip":
            return "skip"
        bad.append(row)
        return "error"

    parse = pacsv.ParseOptions(
        delimiter=plan.delimiter,
        quote_char=options.quotechar if options.quotes else False,
        double_quote=options.doublequote,
        escape_char=options.escapechar or False,
        newlines_in_values=options.quotes,
        ignore_empty_lines=options.skip_blank_lines,
        invalid_row_handler=on_invalid,
    )
    read = pacsv.ReadOptions(
        block_size=size,
        column_names=plan.names,
        skip_rows=options.skiprows or 0,
        skip_rows_after_names=plan.rows_before,
    )
    nulls = options.nulls
    cast_to = pacsv.ConvertOptions(
        column_types=dict.fromkeys(plan.names, pa.string()),
        include_columns=list(columns),
        null_values=nulls,
        strings_can_be_null=bool(nulls),
    )
    with plan.blocks(size) as blocks:
        last = None
        try:
            with pacsv.open_csv(pa.PythonFile(_Blocks(blocks), mode="r"), read, parse, cast_to) as reader:
                for batch in reader:
                    if not batch.num_rows:
                        continue
                    if last is not None:
                        yield last
                    last = batch
        except pa.ArrowInvalid as error:
            if "Empty CSV file" in str(error):
                return  # all of it is skipped
            raise _reason(plan, error, bad) from error
        yield _without_end(plan, last)


def _without_end(plan: Plan, last: pa.RecordBatch | None) -> pa.RecordBatch:
    """The last rows less the one that is ours."""
    cells = list(last.slice(last.num_rows - 1).to_pylist()[0].values()) if last is not None else []
    if last is None or set(cells) != {plan.mark}:
        raise _unclosed(plan, *[text for text in cells if text and plan.mark in text])
    return last.slice(0, last.num_rows - 1)


def _reason(plan: Plan, error: pa.ArrowInvalid, bad: list[Any]) -> Exception:
    text = str(error)
    if bad:
        return _Ragged()
    if "straddling" in text or "block boundaries" in text:
        return _TooLong()
    if "UTF8" in text.upper().replace("-", ""):
        return _wrong_byte(plan)
    return FeatureError(f"{plan.label} cannot be read as CSV: {text}.")


def _wrong_byte(plan: Plan) -> FeatureError:
    """The error that says where a file stops being UTF-8; reads it once more."""
    with plan.reopen() as stream:
        try:
            for _ in utf8_blocks(stream, "utf-8", None, 1 << 20, plan.label):
                pass
        except RowError as error:
            return error
    return FeatureError(f"{plan.label} is not UTF-8. Pass encoding=...")


class _Blocks:
    """Blocks as a file for Arrow's parser, which takes each as it is."""

    closed = False

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks

    def read_buffer(self, size: int) -> Block:
        del size  # they are of the size that was asked for
        return next(self._blocks, b"")

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        pass


def _not_after_cr(data: Bytes, ended: bool) -> int:
    return len(data) if ended or data[-1] != _CR else len(data) - 1


def _uncut(blocks: Iterator[bytes]) -> Iterator[bytes]:
    r"""The blocks, with a ``\r`` at the end of one given to the next."""
    rest = b""
    for block in blocks:
        whole = rest + block if rest else block
        rest = b"\r" if whole[-1] == _CR else b""
        if len(whole) > len(rest):
            yield whole[:-1] if rest else whole
    if rest:
        yield rest


def _unclosed(plan: Plan, *cell: str) -> FeatureError:
    begins = f"; the last cell begins with {cell[-1].partition(plan.mark)[0][:40]!r}" if cell else ""
    return FeatureError(f"{plan.label} ends inside quotes{begins}. {_QUOTING_HINT}")


def _by_python(plan: Plan, columns: Sequence[str], size: int) -> Iterator[pa.RecordBatch]:
    places = [plan.names.index(name) for name in columns]
    nulls = frozenset(plan.options.nulls)
    with plan.blocks(size) as blocks, plan.rows(io.BufferedReader(JoinedBlocks(blocks))) as reader:
        for _ in itertools.islice(reader, plan.rows_before):
            pass
        for rows in _bounded(_squared(plan, reader), size):
            try:
                batch = _as_texts(rows, places, columns, nulls)
            except UnicodeEncodeError as error:  # a byte that is no UTF-8 came as a surrogate
                raise _wrong_byte(plan) from error
            yield batch


def _bounded(rows: Iterator[list[str]], size: int) -> Iterator[list[list[str]]]:
    """Runs of rows of at most about ``size`` characters."""
    run: list[list[str]] = []
    held = 0
    for row in rows:
        run.append(row)
        held += sum(map(len, row))
        if held >= size or len(run) >= _ROWS_AT_ONCE:
            yield run
            run, held = [], 0
    if run:
        yield run


def _squared(plan: Plan, reader: Any) -> Iterator[list[str]]:
    """Rows of exactly as many cells as there are columns."""
    from nlpdata._report import get_logger

    width, number, action = len(plan.names), 0, plan.options.on_bad_lines
    end = [mark := plan.mark] * width
    for row in reader:
        if row == end:
            return
        if row and mark in row[-1]:
            raise _unclosed(plan, row[-1])
        if plan.options.skip_blank_lines and (not row or (width > 1 and _is_blank(row))):
            continue
        if len(row) > width:
            message = f"{plan.label}: line {reader.line_num} (row {number}) has {len(row)} cells where {width} are expected"
            if action == "error":
                raise RowError(f"{message}. Pass on_bad_lines='skip' to leave it out. {_QUOTING_HINT}", row=number, value=row)
            if action == "warn":
                get_logger(__name__).warning("%s; it is left out.", message)
            continue
        if len(row) < width:
            row.extend([""] * (width - len(row)))
        number += 1
        yield row


def _as_texts(rows: list[list[str]], places: list[int], columns: Sequence[str], nulls: frozenset[str]) -> pa.RecordBatch:
    cells = list(zip(*rows, strict=True))
    arrays = [pa.array([None if text in nulls else text for text in cells[place]], pa.string()) for place in places]
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))
