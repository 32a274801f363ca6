"""CSV and TSV: rows of texts between separators, typed by what all of them look like.

Knows: the options people use with pandas, and that a type holds for the whole file: every row is looked at before the first
batch is given out (one more pass over files larger than a block, only over columns that are not text yet). ``read_once`` saves
that pass and says when it would have been needed.
Does not know: how texts become numbers (``guess``), and how rows are cut (``csv_rows``).
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from nlpdata.errors import ArgumentError, FeatureError, RowError
from nlpdata.features import ClassLabel, Features, to_arrow_type
from nlpdata.files.ahead import AHEAD_BYTES, map_ahead
from nlpdata.files.base import (
    Batch,
    FileType,
    Source,
    TypesChanged,
    batch_bytes_or_default,
    check_columns,
    created,
    first_schema,
    parse_options,
)
from nlpdata.files.csv_rows import CsvOptions, Plan, planned, text_batches
from nlpdata.files.encoding import find_codec
from nlpdata.files.guess import Style, convert, first_misfit, guess_type

_BATCH_BYTES = 8 * 2**20  # a record batch, which is written as it is
_BLOCK_BYTES = 2**19  # what the parser works on stays near the processor


class CsvFile(FileType):
    """CSV <-> record batches."""

    name = "csv"
    extensions = (".csv", ".tsv")

    def read(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """The rows of a CSV file; empty cells and the usual marks (NA, null, nan ...) are null, dates stay text.

        Options: see :class:`nlpdata.files.csv_rows.CsvOptions`.

        Raises:
            RowError: a row with too many cells, or a text that is not of its declared type; names file, row, column and text.
        """
        return _read(source, columns, batch_bytes, (features, options, True))

    def read_once(
        self,
        source: Source,
        *,
        columns: Sequence[str] | None = None,
        batch_bytes: int | None = None,
        features: Features | None = None,
        **options: Any,
    ) -> Iterator[pa.RecordBatch]:
        """As :meth:`read`, with the types of the first block (and of the first values of columns that are empty there).

        Raises:
            TypesChanged: a later row has a text that is not of its column's type.
        """
        return _read(source, columns, batch_bytes, (features, options, False))

    def write(self, batches: Iterable[Batch], target: Source, **options: Any) -> int:
        r"""A header and one line per row, ended by ``\n``; quotes only where they are needed, null is an empty cell.

        Options: see :class:`CsvWriteOptions`. Lists and structs are written as JSON text.
        """
        schema, rows = first_schema(batches, options.pop("schema", None))
        chosen = parse_options(CsvWriteOptions, options, "csv")
        encode = codecs.getincrementalencoder(chosen.encoding)().encode  # one for the file, which begins with one mark
        with created(target, chosen.compression) as sink:
            if schema is not None and chosen.header is not False:
                header = schema.names if chosen.header is True else list(chosen.header)
                sink.write(encode(chosen.lines([["", *header] if chosen.index else header])))
            done = 0
            for batch in rows:
                numbers = [range(done, done + batch.num_rows)] if chosen.index else []
                if batch.num_rows:
                    cells = zip(*numbers, *(_cells(column, chosen) for column in batch.columns), strict=True)
                    sink.write(encode(chosen.lines(list(cells))))
                done += batch.num_rows
        return sink.num_bytes


def _read(
    source: Source, columns: Sequence[str] | None, batch_bytes: int | None, how: tuple[Features | None, dict[str, Any], bool]
) -> Iterator[pa.RecordBatch]:
    features, options, scanned = how
    chosen = parse_options(CsvOptions, options, "csv")
    size = min(batch_bytes_or_default(batch_bytes), _BATCH_BYTES)
    with planned(source, chosen, min(size, _BLOCK_BYTES)) as plan:
        if plan.names:
            wanted, declared = _wanted(plan, columns), _declared(plan, features)
            types = {name: declared.get(name, pa.null()) for name in wanted}
            texts = _gathered(text_batches(plan, wanted), types, size)
            parts = (_typed if scanned else _typed_so_far)(plan, texts, types, frozenset(declared))
            # Rows are cut in this thread while the texts before are converted in others.
            with closing(map_ahead(_Part.converted, parts, _Part.num_bytes, AHEAD_BYTES)) as batches:
                yield from batches


def _wanted(plan: Plan, columns: Sequence[str] | None) -> list[str]:
    check_columns(columns, plan.names, plan.label)
    if columns is not None:
        return list(columns)
    chosen = plan.options.usecols
    if chosen is None:
        return plan.names
    names = [plan.names[c] if isinstance(c, int) else c for c in chosen]
    check_columns(names, plan.names, plan.label)
    return [name for name in plan.names if name in names]


def _declared(plan: Plan, features: Features | None) -> dict[str, pa.DataType]:
    """Types that are settled before the file is looked at: from ``features`` first, then from ``dtype``."""
    dtype = plan.options.dtype
    asked = dtype if isinstance(dtype, Mapping) else dict.fromkeys(plan.names, dtype) if dtype is not None else {}
    declared = {name: _arrow_dtype(kind) for name, kind in asked.items()}
    for name, feature in (features or {}).items():
        if isinstance(feature, ClassLabel):
            # Ids or names? Where a name looks like an id, the cell is a name; else the column tells itself.
            if any(label.strip().lstrip("+-").isdigit() for label in feature.names or ()):
                declared[name] = pa.string()
        else:
            kind = to_arrow_type(feature)
            declared[name] = pa.string() if pt.is_nested(kind) else kind
    return declared


def _arrow_dtype(kind: Any) -> pa.DataType:
    if isinstance(kind, pa.DataType):
        return kind
    if kind in (str, object, "str", "object", "string", "category", "O"):
        return pa.string()
    try:
        return pa.from_numpy_dtype(np.dtype(kind))
    except (TypeError, pa.ArrowNotImplementedError) as error:
        raise ArgumentError(f"dtype {kind!r} is not a column type. Examples: str, 'int64', 'float32', 'bool'.") from error


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows as texts, and the types they are to have.

    ``tried`` are the columns whose type may turn out to be another.
    """

    plan: Plan
    texts: pa.Table
    types: dict[str, pa.DataType]
    row: int
    tried: frozenset[str] = frozenset()

    def num_bytes(self) -> int:
        """Of the texts."""
        return int(self.texts.nbytes)

    def converted(self) -> pa.RecordBatch:
        """The rows in their types.

        Raises:
            TypesChanged: a text in a column that was tried is not of its type.
            RowError: a text in another column is not of its type.
        """
        try:
            return _converted(self.plan, self.texts, self.types, self.row)
        except RowError as error:
            if error.column in self.tried:
                raise TypesChanged(str(error)) from error
            raise


def _gathered(batches: Iterator[pa.RecordBatch], names: Iterable[str], size: int) -> Iterator[pa.Table]:
    """Small batches together as tables of about ``size`` bytes; one of no rows where there are none."""
    run: list[pa.RecordBatch] = []
    held, given = 0, False
    for batch in batches:
        run.append(batch)
        held += batch.nbytes
        if held >= size:
            yield pa.Table.from_batches(run)
            run, held, given = [], 0, True
    if run or not given:
        yield pa.Table.from_batches(run, pa.schema([(name, pa.string()) for name in names]))


def _typed(plan: Plan, texts: Iterator[pa.Table], types: dict[str, pa.DataType], declared: frozenset[str]) -> Iterator[_Part]:
    """The rows of a file in types that hold for all of it."""
    first, row = next(texts), 0
    second = next(texts, None)
    open_columns = [name for name in types if name not in declared]
    _widen(types, open_columns, first, plan.options.style)
    if second is not None:
        _scan(plan, types, open_columns, first.num_rows)
    for table in itertools.chain([first], [] if second is None else [second], texts):
        yield _Part(plan, table, types, row)
        row += table.num_rows


def _typed_so_far(
    plan: Plan, texts: Iterator[pa.Table], types: dict[str, pa.DataType], declared: frozenset[str]
) -> Iterator[_Part]:
    """The rows of a file in the types that those before have shown, until a row shows another."""
    row, tried = 0, frozenset(types) - declared
    for table in texts:
        new = {
            name: guess_type(_one_array(table.column(name)), pa.null(), plan.options.style)
            for name in tried
            if pt.is_null(types[name])
        }
        types = types | new
        yield _Part(plan, table, types, row, tried)
        row += table.num_rows


def _widen(types: dict[str, pa.DataType], names: Iterable[str], texts: pa.Table | pa.RecordBatch, style: Style) -> None:
    for name in names:
        types[name] = guess_type(_one_array(texts.column(name)), types[name], style)


def _one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _scan(plan: Plan, types: dict[str, pa.DataType], names: list[str], skip_rows: int) -> None:
    """Look through the rest of a file for columns that are not text yet."""
    undecided = [name for name in names if types[name] != pa.string()]
    if not undecided:
        return
    for texts in text_batches(plan, undecided, skip_rows):
        _widen(types, undecided, texts, plan.options.style)
        if all(types[name] == pa.string() for name in undecided):
            return


def _converted(plan: Plan, texts: pa.Table, types: dict[str, pa.DataType], row: int) -> pa.RecordBatch:
    arrays = []
    for name, kind in types.items():
        column = _one_array(texts.column(name))
        try:
            arrays.append(pa.nulls(len(column)) if pt.is_null(kind) else convert(column, kind, plan.options.style))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise _misfit(plan, column, (name, kind, row)) from error
    return pa.RecordBatch.from_arrays(arrays, names=list(types))


def _misfit(plan: Plan, texts: pa.Array, place: tuple[str, pa.DataType, int]) -> FeatureError:
    name, kind, row = place
    position = first_misfit(texts, kind, plan.options.style)
    if position < 0:
        return FeatureError(f"{plan.label}: column {name!r} cannot be read as {kind}. Pass dtype={{{name!r}: str}}.")
    value = texts[position].as_py()
    return RowError(
        f"{plan.label}: row {row + position}, column {name!r} is {value!r}, not {kind}. "
        f"Correct the file, declare another type, or name the mark of missing values with na_values=[{value!r}].",
        row=row + position,
        column=name,
        value=value,
    )


@dataclass(frozen=True, slots=True)
class CsvWriteOptions:
    """How a CSV file is written; the names are those of ``pandas.DataFrame.to_csv``.

    ``na_rep`` stands for nulls and NaN. ``index=True`` writes the row numbers as a first column without a name.
    ``compression`` as for :func:`created`.
    """

    sep: str = ","
    header: bool | Sequence[str] = True
    na_rep: str = ""
    quoting: int = csv.QUOTE_MINIMAL
    quotechar: str = '"'
    escapechar: str | None = None
    doublequote: bool = True
    lineterminator: str = "\n"
    encoding: str = "utf-8"
    float_format: str | Callable[[float], str] | None = None
    date_format: str | None = None
    index: bool = False
    compression: str | None = "infer"

    def __post_init__(self) -> None:
        find_codec(self.encoding)

    def lines(self, rows: Sequence[Sequence[Any]]) -> str:
        """The rows as lines."""
        text = io.StringIO(newline="")
        self._writer(text, self.lineterminator).writerows(rows)
        if "\r" in text.getvalue() and "\r" not in self.lineterminator:
            # Python before 3.13 quotes only the characters that end its own lines, so a bare \r would end a row.
            parts: list[str] = []
            self._writer(_Parts(parts), "\r\n").writerows(rows)
            return "".join([part.removesuffix("\r\n") + self.lineterminator for part in parts])
        return text.getvalue()

    def _writer(self, target: Any, ending: str) -> Any:
        return csv.writer(
            target,
            delimiter=self.sep,
            quoting=self.quoting,  # type: ignore[arg-type]
            quotechar=self.quotechar,
            escapechar=self.escapechar,
            doublequote=self.doublequote,
            lineterminator=ending,
        )


class _Parts:
    """A file whose writes are kept apart: ``csv`` makes one per row."""

    def __init__(self, parts: list[str]) -> None:
        self.write = parts.append


def _cells(column: pa.Array, options: CsvWriteOptions) -> list[Any]:
    values: list[Any] = column.to_pylist()
    kind = column.type
    shown: Callable[[Any], Any] | None = None
    if pt.is_nested(kind):
        shown = _as_json
    elif pt.is_temporal(kind):
        shown = _as_date(options.date_format)
    elif pt.is_floating(kind) and options.float_format is not None:
        form = options.float_format
        shown = form if callable(form) else lambda value: form % value
    elif pt.is_binary(kind) or pt.is_large_binary(kind):
        raise FeatureError("A CSV file holds no bytes. Decode the column, or write parquet or arrow.")
    if pt.is_floating(kind):
        values = [None if v != v else v for v in values]
    elif not column.null_count and shown is None:
        return values
    if shown is not None:
        values = [None if v is None else shown(v) for v in values]
    return [options.na_rep if v is None else v for v in values]


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _as_date(form: str | None) -> Callable[[Any], str]:
    return (lambda value: str(value.strftime(form))) if form else str
