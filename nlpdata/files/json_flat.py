"""JSON lines that all look like the first one, read by the places of their quotes.

Knows: objects of texts, numbers and truth values whose keys come in one order with one spacing, as programs write them. Where
each row has the same quotes, everything between them is checked and cut with whole-column operations, several times as fast as
a parser that looks at each byte.
Does not know: any other JSON. Whatever differs (a null, a nested value, another order) makes it give up, never guess.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nlpdata.files.base import is_ascii, pieces_of

Places = np.ndarray[Any, Any]

_LONGEST = 2**31 - 2  # places are also kept in 32 bits
_LINE_END, _QUOTE, _BACKSLASH = 10, 34, 92
_NUMBER = re.compile(rb"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_LITERAL = re.compile(rb"[^\s,}]+")
_MOST_ESCAPED = 0.2  # of a column's texts; above that a parser is as fast
_DATE = re.compile(r"\s*\d{4}-")


@dataclass(frozen=True, slots=True)
class _Cell:
    """One key and value of the first line.

    Attributes:
        name: the key.
        key: between which two quotes of a row the key stands: number ``key`` and the next.
        text: whether the value is text, between the two quotes after those.
        before, after: what stands between the key's last quote and the value, and between the value and the next quote.
    """

    name: str
    key: int
    text: bool
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class _Lines:
    """A block, where its quotes (a row of places for each object) and backslashes are, and whether all of it is ASCII."""

    data: Places
    quotes: Places
    backslashes: Places
    ascii: bool


def read_flat(block: bytes | bytearray | pa.Buffer) -> pa.Table | None:
    """The objects of a block that ends with a line end; None if they are not of this kind."""
    data = np.frombuffer(block, np.uint8)
    cells = _cells(_first_line(data)) if len(data) <= _LONGEST else None
    if cells is None:
        return None
    marks, backslashes, ascii = _looked_over(data)
    marks = _unescaped(data, marks, backslashes)
    per_row = cells[-1].key + (4 if cells[-1].text else 2)
    rows, rest = divmod(len(marks), per_row + 1)
    if rest or not rows or data[: int(marks[0])].tobytes() != b"{":
        return None
    marks = marks.reshape(rows, per_row + 1)  # the quotes of an object, and its line end
    # Bytes are taken by take(), which lets other threads work meanwhile; an index in brackets does not.
    if not (data.take(marks) == [*[_QUOTE] * per_row, _LINE_END]).all():
        return None
    lines = _Lines(data, np.ascontiguousarray(marks[:, :-1]), backslashes, ascii)
    columns: dict[str, pa.Array] = {}
    for cell in cells:
        column = _column(lines, cell)
        if column is None:
            return None
        columns[cell.name] = column
    return pa.table(columns)


def _cells(line: bytes) -> list[_Cell] | None:
    """The pattern that a line sets; None if it is no flat object."""
    try:
        pairs = json.loads(line, object_pairs_hook=lambda pairs: pairs)
    except ValueError:
        return None
    flat = isinstance(pairs, list) and bool(pairs) and all(isinstance(p, tuple) for p in pairs)
    if not flat or any(not isinstance(v, str | int | float) for _, v in pairs) or len({n for n, _ in pairs}) < len(pairs):
        return None
    marks = [m.start() for m in re.finditer(rb'(?<!\\)(?:\\\\)*"', line)]
    marks = [line.index(b'"', mark) for mark in marks]
    cells, key = [], 0
    for name, value in pairs:
        text = isinstance(value, str)
        last = key + (3 if text else 1)
        following = line[marks[last] + 1 : marks[last + 1]] if last + 1 < len(marks) else line[marks[last] + 1 :] + b"{"
        if line[marks[key] + 1 : marks[key + 1]] != name.encode() or (text and _DATE.match(value)):
            return None  # an escaped key, or a text that may be a date: a parser decides
        if text:
            before, after = line[marks[key + 1] + 1 : marks[key + 2]], following
        else:
            found = _LITERAL.search(following, following.index(b":") + 1)
            if found is None:
                return None
            before, after = following[: found.start()], following[found.end() :]
        cells.append(_Cell(name, key, text, before, after))
        key = last + 1
    return cells


def _first_line(data: Places) -> bytes:
    """The first line with its end; empty if there is none."""
    for start, piece in pieces_of(data):
        end = piece.tobytes().find(b"\n") + 1
        if end:
            return data[: start + end].tobytes()
    return b""


def _looked_over(data: Places) -> tuple[Places, Places, bool]:
    """The places of quotes and of bytes below a blank (in JSON these stand outside of texts only), the places of backslashes,
    and whether all bytes are ASCII.
    """
    marks, ascii = [np.zeros(0, np.int64)], True
    backslashes: list[int] = []
    for start, piece in pieces_of(data):
        # Changing this bit puts the quote (34) beside those (below 32), and a blank (32) away from them.
        found = np.flatnonzero((piece ^ 2) <= 32)
        found += start
        marks.append(found)
        backslashes += _backslashes(piece.tobytes(), start)
        ascii = ascii and is_ascii(piece)
    return np.concatenate(marks), np.array(backslashes, np.int64), ascii


def _backslashes(piece: bytes, start: int) -> Iterator[int]:
    """The places of backslashes, of which there are few."""
    place = piece.find(b"\\")
    while place >= 0:
        yield start + place
        place = piece.find(b"\\", place + 1)


def _unescaped(data: Places, marks: Places, backslashes: Places) -> Places:
    """The marks before which an even number of backslashes stands."""
    near = np.searchsorted(marks, backslashes + 1)
    near, backslashes = near[near < len(marks)], backslashes[near < len(marks)]
    after = near[marks[near] == backslashes + 1]
    if not len(after):
        return marks
    suspects = marks[after]
    run = np.ones(len(suspects), np.int64)
    growing = np.arange(len(suspects))
    while len(growing):
        at = suspects[growing] - 1 - run[growing]
        growing = growing[(at >= 0) & (data[np.maximum(at, 0)] == _BACKSLASH)]
        run[growing] += 1
    return np.delete(marks, after[run % 2 == 1])


def _column(lines: _Lines, cell: _Cell) -> pa.Array | None:
    """The values of a key in all rows; None if a row does not follow the pattern."""
    data, places = lines.data, lines.quotes
    opened, closed = places[:, cell.key], places[:, cell.key + 1]
    if not _constant(data, opened + 1, closed, cell.name.encode()):
        return None
    flat = places.reshape(-1)
    last = cell.key + (3 if cell.text else 1)
    following = np.append(flat[last + 1 :: places.shape[1]], len(data) + 1)[: len(places)]  # as if a { came after the block
    starts = closed + 1 + len(cell.before)
    stops = places[:, cell.key + 3] if cell.text else following - len(cell.after)
    if cell.text and not np.array_equal(starts, places[:, cell.key + 2]):
        return None
    if (starts > stops).any() or not _constant(data, closed + 1, starts, cell.before):
        return None
    if not _constant(data, (stops + 1 if cell.text else stops)[:-1], following[:-1], cell.after):
        return None
    tail = data[int(stops[-1]) + cell.text : min(int(following[-1]), len(data))].tobytes()
    if tail + (b"{" if following[-1] > len(data) else b"") != cell.after:
        return None
    return _texts(lines, starts + 1, stops) if cell.text else _numbers(lines, starts, stops)


def _constant(data: Places, starts: Places, stops: Places, expected: bytes) -> bool:
    """Whether the same bytes stand between all starts and stops."""
    if not (stops - starts == len(expected)).all():
        return False
    return all(bool((data.take(starts + offset) == byte).all()) for offset, byte in enumerate(expected))


def _cut(data: Places, starts: Places, stops: Places) -> pa.Array:
    """What stands between starts and stops, copied out in one go."""
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[0::2], offsets[1::2] = starts, stops
    pieces = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
    return pieces.take(pa.array(np.arange(0, len(offsets) - 1, 2)))


def _texts(lines: _Lines, starts: Places, stops: Places) -> pa.Array | None:
    row = np.searchsorted(starts, lines.backslashes, "right") - 1
    inside = (row >= 0) & (lines.backslashes < stops[row])
    escaped = np.unique(row[inside])
    if len(escaped) > _MOST_ESCAPED * len(starts):
        return None
    try:
        plain = [json.loads(b'"%b"' % lines.data[starts[r] : stops[r]].tobytes()).encode() for r in escaped]
    except ValueError:  # also what is no UTF-8, before or after
        return None
    stops = stops.copy()
    stops[escaped] = starts[escaped] + [len(text) for text in plain]  # never more than with escapes
    texts = _cut(lines.data, starts, stops)
    if plain:
        offsets, data = (
            np.frombuffer(buffer, kind) for buffer, kind in zip(texts.buffers()[1:], (np.int32, np.uint8), strict=True)
        )
        if not data.flags.writeable:  # it is new memory, which nobody else has yet; but that is for Arrow to say
            return None
        for r, text in zip(escaped, plain, strict=True):
            data[offsets[r] : offsets[r + 1]] = np.frombuffer(text, np.uint8)
    try:
        texts.validate(full=not lines.ascii)  # UTF-8
    except pa.ArrowInvalid:
        return None
    return texts


def _numbers(lines: _Lines, starts: Places, stops: Places) -> pa.Array | None:
    """Integers, numbers or truth values, if all of them are."""
    texts = _cut(lines.data, starts, stops)
    if (first := texts[0].as_py()) in ("true", "false"):
        known = pc.is_in(texts, value_set=pa.array(["true", "false"]))
        return pc.equal(texts, "true") if pc.all(known).as_py() else None
    if not _NUMBER.fullmatch(first.encode()):
        return None
    try:
        if _begin_as_integers(lines.data, starts, stops):
            return texts.cast(pa.int64())
    except pa.ArrowInvalid:
        pass
    if not pc.all(pc.match_substring_regex(texts, f"^(?:{_NUMBER.pattern.decode()})$")).as_py():
        return None
    try:
        return texts.cast(pa.float64())
    except pa.ArrowInvalid:
        return None


def _begin_as_integers(data: Places, starts: Places, stops: Places) -> bool:
    """Whether all that Arrow takes for integers is JSON: no leading zeros or plus, no hexadecimal digits, no blanks around."""
    if not (stops > starts).all():
        return False
    negative = data.take(starts) == ord("-")
    digits = starts + negative
    if not (digits < stops).all():
        return False
    leading = data.take(digits)
    lone = stops - digits == 1
    ends = data.take(stops - 1)
    fine = ((leading > ord("0")) & (leading <= ord("9"))) | ((leading == ord("0")) & lone)
    return bool((fine & (ends >= ord("0")) & (ends <= ord("9"))).all())
