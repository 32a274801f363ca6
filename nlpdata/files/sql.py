"""Rows of a database and back: any DB-API connection, or the URL of a database.

Knows: queries in chunks, columns from rows, tables made from Arrow types. ``sqlite:///`` URLs need nothing but Python; other
URLs need SQLAlchemy. Does not know: the cache, or which rows are wanted.
"""

from __future__ import annotations

import decimal
import os
import re
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from nlpdata._optional import load
from nlpdata.errors import ArgumentError, DataFileError, FeatureError, RowError, did_you_mean
from nlpdata.features import encode_table
from nlpdata.files.base import Batch, batches_of, check_columns
from nlpdata.files.state import file_state

_NAME = re.compile(r"\w+(\.\w+)*")
_SQLITE = "sqlite:///"
_IF_EXISTS = ("fail", "replace", "append")
_UNITS = ("s", "ms", "us", "ns")
_MOST = 2**63 - 1
_UNTOLD = ("sqlite3", "duckdb")  # modules that commit each statement of those that change tables, unless told otherwise


@dataclass(frozen=True, slots=True, repr=False)
class Database:
    """A connection or URL with a key that changes when the database is known to have changed.

    A sqlite file is known by size, times and inode, and so is the log beside it (``-wal``) with what is not in it yet. Another
    URL is known by its text alone (pass ``download_mode="reuse_cache_if_exists"`` to read it again), a connection object by
    nothing: it is read every time.
    """

    con: Any
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    def __nlpdata_key__(self) -> str:
        """What the result depends on."""
        path = self.con.removeprefix(_SQLITE) if isinstance(self.con, str) and self.con.startswith(_SQLITE) else None
        if path is not None and os.path.isfile(path):
            return f"{os.path.abspath(path)} {file_state(path)} {file_state(path + '-wal')}"
        return self.con if isinstance(self.con, str) else self.nonce

    def __repr__(self) -> str:
        """The same text for the same key."""
        return self.__nlpdata_key__()


@dataclass(frozen=True, slots=True)
class SqlOptions:
    """How a query is read; the names are those of ``pandas.read_sql``.

    ``params`` fill the placeholders of the query. ``parse_dates`` are columns of texts that hold times, or column -> format, or
    the unit ("s", "ms", "us", "ns") in which integers count from 1970 on. ``coerce_float`` makes decimal numbers floats.
    ``columns`` are read if ``sql`` is the name of a table. ``index_col`` has no effect: what would be an index is a column.
    """

    index_col: str | Sequence[str] | None = None
    coerce_float: bool = True
    params: Sequence[Any] | Mapping[str, Any] | None = None
    parse_dates: Sequence[str] | Mapping[str, str] | None = None
    columns: Sequence[str] | None = None
    chunksize: int | None = 10_000

    def __post_init__(self) -> None:
        if self.chunksize is not None and self.chunksize < 1:
            raise ArgumentError(f"chunksize is {self.chunksize}; it must be at least 1.")


@dataclass(frozen=True, slots=True)
class SqlWriteOptions:
    """How a table is written: ``if_exists`` is "fail", "replace" or "append". ``index`` can only be False: there is none."""

    if_exists: str = "fail"
    index: bool = False

    def __post_init__(self) -> None:
        if self.if_exists not in _IF_EXISTS:
            hint = did_you_mean(str(self.if_exists), _IF_EXISTS)
            raise ArgumentError(f"if_exists is {self.if_exists!r}.{hint} Use 'fail', 'replace' or 'append'.")
        if self.index:
            raise ArgumentError("index=True asks for an index, which a dataset does not have. Leave it out.")


def sql_batches(sql: Any, con: Any, options: SqlOptions | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a query or a table, ``chunksize`` at a time; types are inferred for each chunk.

    Args:
        sql: a query, or the name of a table.
        con: a DB-API connection, a SQLAlchemy connection or engine, or a URL such as ``"sqlite:///data.db"``. What is opened
            here is closed here.
        options: see :class:`SqlOptions`.

    Raises:
        FeatureError: the query gives no rows at all (it is no SELECT), or names a column twice.
        RowError: values of one column that no type holds together, or a text that is no time and should be one.
        DataFileError: a sqlite file that does not exist.

    >>> con = sqlite3.connect(":memory:")
    >>> [batch.to_pydict() for batch in sql_batches("SELECT 1 AS a, 'x' AS b", con)]
    [{'a': [1], 'b': ['x']}]
    >>> con.close()
    """
    chosen = options or SqlOptions()
    text = _query(sql, chosen.columns)
    _check_file(con)
    with connected(con) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(text, *(() if chosen.params is None else (chosen.params,)))
        if cursor.description is None:
            raise FeatureError(f"The statement gives no rows: {text:.200}")
        names = [column[0] for column in cursor.description]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise FeatureError(f"The query gives two columns called {twice!r}. Name them apart: SELECT ... AS ...")
        check_columns(list(chosen.parse_dates or ()), names, "the query")
        first_row = 0
        while rows := cursor.fetchmany(chosen.chunksize or 10_000):
            yield _batch(names, rows, chosen, first_row)
            first_row += len(rows)
        if not first_row:
            yield pa.RecordBatch.from_arrays([pa.nulls(0)] * len(names), names=names)


def _query(sql: Any, columns: Sequence[str] | None) -> str:
    text = str(sql).strip()
    if not _NAME.fullmatch(text):
        return text
    table = ".".join(quoted(part) for part in text.split("."))
    return f"SELECT {', '.join(map(quoted, columns)) if columns else '*'} FROM {table}"


def quoted(name: str) -> str:
    """A name as SQL writes it, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def connected(con: Any) -> Iterator[Any]:
    """A DB-API connection from what users call one; what was opened here is closed here.

    Raises:
        ArgumentError: ``con`` is none of these.
        MissingDependencyError: a URL that needs SQLAlchemy, which is not installed.
    """
    if isinstance(con, str):
        if con.startswith(_SQLITE):
            with closing(sqlite3.connect(con.removeprefix(_SQLITE) or ":memory:")) as connection:
                yield connection
            return
        engine = load("sqlalchemy", extra="sql").create_engine(con)
        try:
            with closing(engine.raw_connection()) as connection:
                yield connection
        finally:
            engine.dispose()
    elif hasattr(con, "cursor"):
        yield con
    elif hasattr(con, "raw_connection"):  # an engine
        with closing(con.raw_connection()) as connection:
            yield connection
    elif hasattr(con, "connection"):  # SQLAlchemy's connection holds the one of the database's own module
        yield con.connection
    else:
        raise ArgumentError(f"con is a {type(con).__name__}. Pass a DB-API connection, or a URL such as 'sqlite:///data.db'.")


def _batch(names: Sequence[str], rows: Sequence[Sequence[Any]], options: SqlOptions, first_row: int) -> pa.RecordBatch:
    columns: dict[str, Any] = {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    if options.coerce_float:
        for name, values in columns.items():
            if any(isinstance(value, decimal.Decimal) for value in values):
                columns[name] = [None if value is None else float(value) for value in values]
    table = encode_table(columns, None, first_row=first_row)
    formats = options.parse_dates if isinstance(options.parse_dates, Mapping) else dict.fromkeys(options.parse_dates or ())
    for name, form in formats.items():
        times = _times(table.column(name), name, form, first_row)
        table = table.set_column(table.column_names.index(name), name, times)
    return table.combine_chunks().to_batches()[0]


def _times(column: Any, name: str, form: str | None, first_row: int) -> Any:
    """Texts of a format (ISO 8601 for None), or integers that count units, as times.

    Raises:
        RowError: a text that is no such time.
        FeatureError: the column holds something else, or integers of an unknown unit.
    """
    kind = column.type
    if pt.is_temporal(kind) or pt.is_null(kind):
        return column
    if pt.is_integer(kind) and form in _UNITS:
        return column.cast(pa.timestamp(form))
    if not pt.is_string(kind):
        raise FeatureError(
            f"parse_dates names the column {name!r}, which holds {kind}. Times are texts, or integers whose unit is told: "
            f"parse_dates={{{name!r}: 's'}} (or {', '.join(_UNITS[1:])})."
        )

    def read(texts: Any) -> Any:
        return texts.cast(pa.timestamp("us")) if form is None else pc.strptime(texts, format=form, unit="us")

    try:
        return read(column)
    except pa.ArrowInvalid as error:
        for row, value in enumerate(column.to_pylist()):
            try:
                read(pa.array([value], pa.string()))
            except pa.ArrowInvalid:
                expected = f"the format {form!r}" if form else "a time as ISO 8601 writes it; tell its format in parse_dates"
                message = f"Row {first_row + row} of column {name!r}: {value!r} is not {expected}."
                raise RowError(message, row=first_row + row, column=name, value=value) from error
        raise


def _check_file(con: Any) -> None:
    """Refuse a sqlite file that is not there: connecting would make one.

    Raises:
        DataFileError: with the path.
    """
    path = con.removeprefix(_SQLITE) if isinstance(con, str) and con.startswith(_SQLITE) else ""
    if path and not path.startswith(":") and not os.path.exists(path):
        raise DataFileError(
            f"There is no database {os.path.abspath(path)}, which {con!r} names (four slashes begin a full path)."
        )


def write_sql(
    batches: Iterable[Batch], name: str, con: Any, *, if_exists: str = "fail", schema: pa.Schema | None = None
) -> int:
    """Write rows into a table, which is made if it is missing; all of them or none. Returns how many.

    Args:
        batches: record batches or tables of one schema.
        name: of the table.
        con: as in :func:`sql_batches`.
        if_exists: ``"fail"``, ``"replace"`` or ``"append"``.
        schema: the columns where there may be no batch.

    Raises:
        ArgumentError: the table exists and ``if_exists`` is ``"fail"``.
        FeatureError: a column of lists or structs, which a table does not hold, or an integer beyond 64 bits with a sign.
    """
    SqlWriteOptions(if_exists)
    count = 0
    with connected(con) as connection, closing(connection.cursor()) as cursor, _all_or_nothing(connection, cursor):
        made = schema is not None
        if schema is not None:
            _make_table(cursor, name, schema, if_exists)
        for batch in batches_of(batches):
            if not made:
                _make_table(cursor, name, batch.schema, if_exists)
                made = True
            cursor.executemany(_insert(connection, name, batch.schema.names), _plain_rows(batch))
            count += batch.num_rows
    return count


@contextmanager
def _all_or_nothing(connection: Any, cursor: Any) -> Iterator[None]:
    """What is done with the cursor, as one transaction; what was done before in an open one stays as it is if this fails.

    DB-API connections are in a transaction always. Those of sqlite3 begin one before rows are inserted, but not before a table
    is made or dropped, and those of DuckDB only when told.
    """
    module = type(cursor).__module__.lstrip("_").partition(".")[0]
    begin, end, undo = ("BEGIN", "COMMIT", ["ROLLBACK"]) if module in _UNTOLD else ("", "", [])
    if module == "sqlite3" and cursor.connection.in_transaction:
        begin, end, undo = "SAVEPOINT nlpdata", "RELEASE nlpdata", ["ROLLBACK TO nlpdata", "RELEASE nlpdata"]
    try:
        if begin:
            cursor.execute(begin)
        yield
        if end:
            cursor.execute(end)
        if end != "COMMIT":
            connection.commit()
    except BaseException:
        with suppress(Exception):  # the first error is the one to tell
            for statement in undo:
                cursor.execute(statement)
            if not begin:
                connection.rollback()
        raise


def _make_table(cursor: Any, name: str, schema: pa.Schema, if_exists: str) -> None:
    columns = ", ".join(f"{quoted(field.name)} {_sql_type(field)}" for field in schema)
    exists = _has_table(cursor, name)
    if exists and if_exists == "fail":
        raise ArgumentError(f"The table {name!r} exists. Pass if_exists='append' or if_exists='replace', or another name.")
    if exists and if_exists == "replace":
        cursor.execute(f"DROP TABLE {quoted(name)}")
    if not exists or if_exists == "replace":
        cursor.execute(f"CREATE TABLE {quoted(name)} ({columns})")


def _has_table(cursor: Any, name: str) -> bool:
    if isinstance(cursor, sqlite3.Cursor):
        cursor.execute("SELECT count(*) FROM sqlite_master WHERE type IN ('table', 'view') AND name = ?", (name,))
    else:
        cursor.execute(
            f"SELECT count(*) FROM information_schema.tables WHERE table_name = '{name.replace(chr(39), chr(39) * 2)}'"
        )
    return bool(cursor.fetchone()[0])


def _sql_type(field: pa.Field) -> str:
    kind = field.type
    for belongs, shown in (
        (pt.is_boolean, "BOOLEAN"),
        (pt.is_integer, "BIGINT"),
        (pt.is_floating, "DOUBLE PRECISION"),
        (pt.is_decimal, "NUMERIC"),
        (pt.is_timestamp, "TIMESTAMP"),
        (pt.is_date, "DATE"),
        (pt.is_binary, "BLOB"),
        (pt.is_large_binary, "BLOB"),
    ):
        if belongs(kind):
            return shown
    if pt.is_nested(kind):
        raise FeatureError(f"The column {field.name!r} holds {kind}, which a table does not hold. Flatten or remove it.")
    return "TEXT"


def _insert(connection: Any, name: str, columns: Sequence[str]) -> str:
    module = load(type(connection).__module__.partition(".")[0])
    style = getattr(module, "paramstyle", "qmark")
    marks = {"qmark": "?", "numeric": ":{}", "format": "%s", "pyformat": "%s"}.get(style, "?")
    places = ", ".join(marks.format(position + 1) for position in range(len(columns)))
    return f"INSERT INTO {quoted(name)} ({', '.join(map(quoted, columns))}) VALUES ({places})"


def _plain_rows(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """Rows of values that databases take; times and dates as ISO text."""
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pt.is_uint64(column.type) and (most := pc.max(column).as_py() or 0) > _MOST:
            raise FeatureError(f"The column {name!r} holds {most}, but integers of a table go up to {_MOST}. Cast it to text.")
        values = column.to_pylist()
        if pt.is_temporal(column.type) or pt.is_decimal(column.type):
            values = [None if value is None else str(value) for value in values]
        columns.append(values)
    return zip(*columns, strict=True)
