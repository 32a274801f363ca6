"""A block of JSON objects as record batches, in types that agree with those of the blocks before.

Knows: Arrow's JSON parser, which guesses types block by block, and Python's, for blocks that Arrow's refuses. What was text in
one block stays text; a column is of dates only if the whole file agrees.
Does not know: how a file is cut into blocks.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.json as pajson
import pyarrow.types as pt

from nlpdata.errors import FeatureError, RowError
from nlpdata.features import Features, FeatureType, encode_column, encode_table
from nlpdata.files.json_flat import read_flat
from nlpdata.files.json_spelled import read_spelled

Text: TypeAlias = bytes | bytearray | pa.Buffer

_BLANKS = " \t\r\n"


def declared_text(features: Features | None) -> dict[str, pa.DataType]:
    """The columns that are declared to be text: they are not looked at for dates."""
    return {f.name: _readable(f.type) for f in features.arrow_schema if _holds(f.type, _is_text)} if features else {}


@dataclass(frozen=True, slots=True)
class Guess:
    """A block as it is read if nothing changes until its turn comes.

    Attributes:
        text: the block.
        settled: the types it was read with.
        table: what was read; None where that did not work.
        flat: whether by the places of quotes.
    """

    text: Text
    settled: dict[str, pa.DataType]
    table: pa.Table | None = None
    flat: bool = False


@dataclass(slots=True)
class Parser:
    """Blocks of one file -> batches; counts rows for the errors.

    Attributes:
        label: the file, as errors call it.
        columns: those that every batch has; None: each batch has what its block has.
        settled: column -> type that later blocks must be read as: text, and dates that hold for the whole file.
        again: the blocks of the file from the top.
        first: whether no block was parsed yet.
        regular: whether all objects so far had the keys of the first, in one spacing.
        spelled: column -> feature of those that only Python's parser reads.
    """

    label: str
    columns: list[str] | None
    settled: dict[str, pa.DataType] = field(default_factory=dict)
    again: Callable[[], Iterator[Text | list[Any]]] = lambda: iter(())
    first: bool = True
    regular: bool = True
    row: int = 0
    spelled: dict[str, FeatureType] = field(default_factory=dict)

    def guess(self, text: Text) -> Guess:
        """The block as it would be read now. In any thread, also while the blocks before it are parsed."""
        settled = dict(self.settled)
        if self.spelled:
            return Guess(text, settled)
        table = read_flat(text) if self.regular else None
        if table is not None:
            return Guess(text, settled, table, flat=True)
        text = _own(text)
        try:
            text.isascii() or text.decode()  # Arrow's parser would let wrong bytes through
            return Guess(text, settled, read_block(text, settled))
        except (UnicodeDecodeError, pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return Guess(text, settled)

    def parse(self, guess: Guess) -> Iterator[pa.RecordBatch]:
        """The objects of the next block, one after the other, as batches."""
        table = self._flat(guess)
        if table is None:
            guess = replace(guess, text=(text := _own(guess.text)))
            if guess.table is None and not text.isascii():
                self.decoded(text)
            table = self._by_arrow(guess)
            if table is None:
                table = self.table(list(self.objects(text)))
        yield from self.batches(table)

    def _flat(self, guess: Guess) -> pa.Table | None:
        """The block by the places of its quotes; None if that did not work, and then it is not tried again."""
        table = guess.table if guess.flat and self.regular else None
        self.regular = table is not None
        if table is None or any(
            kind != table.schema.field(n).type for n, kind in self.settled.items() if n in table.column_names
        ):
            return None
        self.settled |= {f.name: f.type for f in table.schema if _is_text(f.type)}
        return table

    def _by_arrow(self, guess: Guess) -> pa.Table | None:
        """The block as Arrow reads it; None if it does not."""
        text = guess.text
        if self.spelled:
            return None
        for settled in (self.settled, {n: t for n, t in self.settled.items() if not pt.is_nested(t)}):
            try:
                known = guess.table if not guess.flat and guess.settled == settled else None
                return self._settle(text, read_block(text, settled) if known is None else known)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
                continue
        return None

    def _settle(self, text: Text, table: pa.Table) -> pa.Table:
        """Decide for columns that are met for the first time whether they are dates or text."""
        new = {f.name: f.type for f in table.schema if f.name not in self.settled}
        dates = {name: kind for name, kind in new.items() if _holds(kind, pt.is_timestamp)}
        wrong = [name for name in dates if not self.first or not self._all_dates(name, dates[name])]
        self.settled |= {name: kind for name, kind in new.items() if _holds(kind, _is_text) or name in dates}
        self.settled |= {name: _with_text(dates[name]) for name in wrong}
        return read_block(text, self.settled) if wrong else table

    def _all_dates(self, name: str, kind: pa.DataType) -> bool:
        """Whether the blocks after the first have nothing but dates there too."""
        for block in itertools.islice(self.again(), 1, None):
            if isinstance(block, list):
                return False
            try:
                read_block(block, {name: kind}, others="ignore")
            except pa.ArrowInvalid:
                return False
        return True

    def decoded(self, text: bytes | bytearray) -> str:
        """The block as characters.

        Raises:
            RowError: it is not UTF-8.
        """
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            row = self.row + text.count(b"\n", 0, error.start)
            raise RowError(
                f"{self.label}: about row {row} is not UTF-8 ({error.reason}). Pass encoding=...", row=row
            ) from error

    def objects(self, text: bytes | bytearray) -> Iterator[Any]:
        """The values in ``text`` by Python's parser.

        Raises:
            RowError: text that is no JSON, or not UTF-8.
        """
        decoded = self.decoded(text)
        position, row = 0, self.row
        decoder = json.JSONDecoder()
        while (position := skip(decoded, position, _BLANKS)) < len(decoded):
            try:
                value, position = decoder.raw_decode(decoded, position)
            except json.JSONDecodeError as error:
                found = decoded[error.pos : error.pos + 40]
                raise RowError(
                    f"{self.label}: row {row} is no JSON: {error.msg}, at {found!r}.", row=row, value=found
                ) from error
            yield value
            row += 1

    def values(self, block: Text | list[Any]) -> Iterator[Any]:
        """The values in a block by Python's parser."""
        return iter(block) if isinstance(block, list) else self.objects(_own(block))

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
            spelled = {
                name: encode_column(
                    [read_spelled(value, feature) for value in columns[name]], feature, column=name, first_row=self.row
                )
                for name, feature in self.spelled.items()
                if name in columns
            }
            return encode_table(columns | spelled, None, first_row=self.row)
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


def _own(text: Text) -> bytes | bytearray:
    """The text in memory of its own: Python's methods, and a file that is mapped needs no more than that."""
    return text.to_pybytes() if isinstance(text, pa.Buffer) else text


def skip(text: str, position: int, blanks: str) -> int:
    """The position of the first character that is not blank."""
    while position < len(text) and text[position] in blanks:
        position += 1
    return position


def read_block(text: Text, settled: dict[str, pa.DataType], others: str = "infer") -> pa.Table:
    """Objects by Arrow's parser; columns in ``settled`` have that type.

    Raises:
        pyarrow.ArrowInvalid: no JSON, a column that changes its kind, or one that is not of its settled type.
    """
    options = pajson.ParseOptions(
        newlines_in_values=True,
        explicit_schema=pa.schema(settled.items()) if settled else None,
        unexpected_field_behavior=others,
    )
    table = pajson.read_json(pa.BufferReader(text), pajson.ReadOptions(block_size=len(text) + 1, use_threads=False), options)
    table.validate()  # of lists that hold nothing but nulls, Arrow makes arrays of the wrong length
    return table


def _readable(kind: pa.DataType) -> pa.DataType:
    """The type with lists that Arrow's parser makes in place of those that it does not."""
    if pt.is_struct(kind):
        return pa.struct([(f.name, _readable(f.type)) for f in kind])
    if pt.is_list(kind) or pt.is_large_list(kind) or pt.is_fixed_size_list(kind):
        return pa.list_(_readable(kind.value_type))
    return kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(pt.is_string(kind) or pt.is_large_string(kind))


def _holds(kind: pa.DataType, asked: Callable[[pa.DataType], bool]) -> bool:
    """Whether a type is, or has inside, what is asked for."""
    if pt.is_nested(kind):
        return any(_holds(kind.field(i).type, asked) for i in range(kind.num_fields))
    return asked(kind)


def _with_text(kind: pa.DataType) -> pa.DataType:
    """The type with text in place of dates."""
    if pt.is_timestamp(kind):
        return pa.string()
    if pt.is_struct(kind):
        return pa.struct([(f.name, _with_text(f.type)) for f in kind])
    if pt.is_list(kind):
        return pa.list_(_with_text(kind.value_type))
    return kind
