"""Columns as NumPy pieces, and what the array formats (NumPy, torch, TensorFlow, JAX) make of them alike.

Knows: when rows stack into one array, what nulls do to numbers, how nested lists fall apart into rows.
Does not know: a target library; a subclass of :class:`ArrayFormatter` says how an array, text or a ragged column looks there.

The rules: integers become int64 and floats float32 (``dtype`` overrides both); numbers with nulls become floats with NaN,
and booleans with nulls objects; lists of one length are stacked into one array, others are a ragged column; null lists and
structs are None.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
import pyarrow as pa

from nlpdata.errors import ArgumentError, FeatureError
from nlpdata.features import ArrayXD, Feature, Image, LargeList, List
from nlpdata.formats import buffers
from nlpdata.formats.base import DictFormatter, pick
from nlpdata.formats.buffers import Ndarray
from nlpdata.formats.python import to_list

if TYPE_CHECKING:
    from nlpdata.features import Features


@dataclass(slots=True)
class Numbers:
    """Numbers, booleans or moments as stored; undefined where not valid.

    Of rank 2 or more for fixed-size lists without any null: row i is ``values[i]``, an array.
    """

    values: Ndarray
    valid: Ndarray | None


@dataclass(slots=True)
class Objects:
    """Anything kept as Python objects; ``text`` if these are str or bytes."""

    items: list[Any]
    text: bool


@dataclass(slots=True)
class Lists:
    """Row i is ``child[offsets[i]:offsets[i + 1]]``, or None where not valid; ``size``: of each row, if the type says."""

    offsets: Ndarray
    valid: Ndarray | None
    child: Piece
    size: int | None = None


@dataclass(slots=True)
class Structs:
    """Row i is a dict of row i of each member, or None where not valid."""

    members: dict[str, Piece]
    optional: frozenset[str]
    valid: Ndarray | None
    num_rows: int


Piece = Numbers | Objects | Lists | Structs


def pieces(column: Any) -> Piece:
    """The pieces of an array or chunked array. Zero-copy for numbers in one chunk, one copy for several."""
    arrays = buffers.chunks(column)
    if not arrays:
        return _piece(pa.array([], column.type))
    found = [_piece(a) for a in arrays]
    return found[0] if len(found) == 1 else _join(found)


def _piece(array: Any) -> Piece:
    array = buffers.plain(array)
    kind = array.type.id
    if kind in buffers.NUMBERS:
        return Numbers(buffers.values(array), buffers.validity(array))
    if kind == buffers.BOOL:
        return Numbers(buffers.booleans(array), buffers.validity(array))
    if kind in buffers.TEMPORAL:
        return Numbers(buffers.moments(array), buffers.validity(array))
    if kind == buffers.FIXED_LIST:
        return _fixed_lists(array)
    if kind in buffers.LISTS:
        offsets, child = buffers.lists(array)
        return Lists(offsets, buffers.validity(array), _piece(child))
    if kind == buffers.STRUCT:
        names, optional = buffers.fields(array.type)
        members = {n: _piece(array.field(i)) for i, n in enumerate(names)}
        return Structs(members, optional, buffers.validity(array), len(array))
    return Objects(to_list(array), kind in buffers.TEXT)


def _fixed_lists(array: Any) -> Piece:
    size, count, valid = array.type.list_size, len(array), buffers.validity(array)
    child = _piece(array.values.slice(array.offset * size, count * size))
    if size and valid is None and isinstance(child, Numbers) and child.valid is None:
        return Numbers(child.values.reshape(count, size, *child.values.shape[1:]), None)
    return Lists(np.arange(count + 1, dtype=np.int64) * size, valid, child, size)


def _as_lists(piece: Numbers) -> Lists:
    """Numbers of rank 2 or more as what fixed-size lists with nulls are."""
    count, size = piece.values.shape[:2]
    child = Numbers(piece.values.reshape(count * size, *piece.values.shape[2:]), None)
    return Lists(np.arange(count + 1, dtype=np.int64) * size, None, child, size)


def _is_flat(piece: Piece) -> TypeGuard[Numbers]:
    return isinstance(piece, Numbers) and piece.values.ndim == 1


def _rows(piece: Piece) -> int:
    match piece:
        case Numbers():
            return len(piece.values)
        case Objects():
            return len(piece.items)
        case Lists():
            return len(piece.offsets) - 1
        case Structs():
            return piece.num_rows


def _join(parts: list[Any]) -> Piece:
    """Pieces of one type, one after the other. Copies; offsets become int64."""
    if any(isinstance(p, Lists) for p in parts):
        parts = [_as_lists(p) if isinstance(p, Numbers) else p for p in parts]
    if isinstance(parts[0], Objects):
        return Objects([item for p in parts for item in p.items], parts[0].text)
    valid = None
    if any(p.valid is not None for p in parts):
        valid = np.concatenate([np.ones(_rows(p), np.bool_) if p.valid is None else p.valid for p in parts])
    if isinstance(parts[0], Numbers):
        return Numbers(np.concatenate([p.values for p in parts]), valid)
    if isinstance(parts[0], Structs):
        members = {n: _join([p.members[n] for p in parts]) for n in parts[0].members}
        return Structs(members, parts[0].optional, valid, sum(p.num_rows for p in parts))
    lengths = np.concatenate([np.diff(p.offsets) for p in parts])
    offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return Lists(offsets, valid, _join([p.child for p in parts]), parts[0].size)


def _mask(valid: Ndarray | None, start: int, stop: int) -> Ndarray | None:
    """The validity of a range of rows, None if all of them are valid."""
    if valid is None:
        return None
    part = valid[start:stop]
    return None if part.all() else part


class ArrayFormatter(DictFormatter):
    """A format that stacks what can be stacked. Everything here works on row ranges of pieces."""

    options = frozenset({"dtype"})

    def __init__(self, features: Features | None = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        self.dtype: Any = kwargs.get("dtype")

    # What a target library says.

    @abstractmethod
    def array(self, dense: Ndarray) -> Any:
        """A numeric array of any rank; ``dense`` may be a view of a file, and is then read-only."""

    @abstractmethod
    def scalar(self, value: Any) -> Any:
        """One number of a row, a NumPy scalar."""

    @abstractmethod
    def item(self, value: Any) -> Any:
        """One Python object of a row: str, bytes, Decimal, time ..."""

    @abstractmethod
    def text(self, items: list[Any]) -> Any:
        """A whole column of str or bytes or None."""

    @abstractmethod
    def ragged(self, items: list[Any]) -> Any:
        """Rows, already converted, that are not one block of numbers."""

    @abstractmethod
    def split(self, dense: Ndarray, offsets: Ndarray) -> Any:
        """Rows ``dense[offsets[i]:offsets[i + 1]]`` of different lengths."""

    @staticmethod
    def cannot_hold_nulls(dtype: Any) -> ArgumentError:
        """The error for a ``dtype`` without NaN and a column with nulls."""
        return ArgumentError(f"A column has nulls, which dtype={dtype} cannot hold. Fill them first, or ask for a float dtype.")

    @staticmethod
    def no_moments(dense: Ndarray, library: str) -> None:
        """Refuse dates and times for a library that has none.

        Raises:
            FeatureError: the values are dates, timestamps or durations.
        """
        if dense.dtype.kind in "mM":
            raise FeatureError(
                f"A column holds {dense.dtype}, for which {library} has no type. Format other columns only: columns=[...]."
            )

    # What becomes of numbers.

    def target(self, stored: np.dtype[Any]) -> np.dtype[Any]:
        """The dtype that values stored as ``stored`` are given as."""
        if self.dtype is not None and stored.kind in "biuf":
            asked: np.dtype[Any] = np.dtype(self.dtype)
            return asked
        if stored.kind in "iu":
            return np.dtype(np.int64)
        return np.dtype(np.float32) if stored.kind == "f" else stored

    def target_with_nulls(self, stored: np.dtype[Any]) -> np.dtype[Any]:
        """The dtype for numbers with nulls, as NaN: float64 for integers, which float32 would not hold."""
        if self.dtype is None and stored.kind in "iu":
            return np.dtype(np.float64)
        return self.target(stored)

    def dense(self, values: Ndarray, valid: Ndarray | None) -> Ndarray | None:
        """Values in their target dtype, or None where these cannot show nulls. A view where nothing changes.

        Raises:
            ArgumentError: an integer ``dtype`` was asked for values with nulls.
        """
        if valid is None:
            return _cast(values, self.target(values.dtype))
        if values.dtype.kind == "b" and self.dtype is None:
            return None
        to = self.target_with_nulls(values.dtype)
        if to.kind in "biu":
            raise self.cannot_hold_nulls(to)
        filled = _cast(values, to)
        filled = filled.copy() if filled is values else filled
        filled[~valid] = None if to.kind == "O" else to.type("NaT") if to.kind in "mM" else np.nan
        return filled

    # A column, by rows [start, stop) of a piece.

    def column(self, table: Any, name: str) -> Any:
        """A whole column; a column of arrays whose shape is declared has that shape, NaN for null rows, also without rows.

        Raises:
            UnknownColumnError: there is no such column.
        """
        feature = self.features[name] if self.features is not None and name in self.features else None
        if isinstance(feature, ArrayXD) and None not in feature.shape:
            column = pick(table, name)
            if column.null_count or not len(column):
                return self.array(self._with_null_rows(column, feature.shape))
        return super().column(table, name)

    def _with_null_rows(self, column: Any, shape: Sequence[int | None]) -> Ndarray:
        """Arrays of one shape stacked, NaN for rows that are null."""
        valid = column.is_valid().to_numpy() if column.null_count else None
        child: Piece = pieces(column.drop_null())
        while isinstance(child, Lists):
            child = child.child
        assert isinstance(child, Numbers)
        size = math.prod(length or 0 for length in shape)
        to = self.target(child.values.dtype) if valid is None else self.target_with_nulls(child.values.dtype)
        found = np.empty((len(column), *(length or 0 for length in shape)), to)
        if valid is not None:
            missing: Any = None if to.kind == "O" else to.type("NaT") if to.kind in "mM" else np.nan
            found[~valid] = missing
        items = self.dense(child.values, child.valid)
        if items is None:
            raise FeatureError("Booleans with nulls inside of arrays have no array form.")
        found[slice(None) if valid is None else valid] = items.reshape(-1, *found.shape[1:]) if size else 0
        return found

    def items(self, table: Any, name: str) -> Sequence[Any]:
        """One value a row of a column; arrays whose shape is declared have it, NaN for null rows."""
        feature = self.features[name] if self.features is not None and name in self.features else None
        if isinstance(feature, ArrayXD) and None not in feature.shape:
            column = pick(table, name)
            if column.null_count:
                return self.block_rows(self._with_null_rows(column, feature.shape))
        return super().items(table, name)

    def convert(self, column: Any) -> Any:
        """A column as one array where its rows stack, else as the library's ragged form."""
        piece = pieces(column)
        if isinstance(piece, Objects) and piece.text:
            return self.text(piece.items)
        return self.part(piece, 0, _rows(piece))

    def bind_spans(self, table: Any) -> Callable[[int, int], dict[str, Any]]:
        """A function from ``start`` and ``stop`` to the batch of these rows: numbers are cut from views made once."""
        cuts = [(name, self._cut(table, name, self.part, self.column)) for name in table.column_names]
        return lambda start, stop: {name: cut(start, stop) for name, cut in cuts}

    def bind_lists(self, table: Any) -> Callable[[int, int], list[Any]]:
        """A function from ``start`` and ``stop`` to the list of these rows: numbers are cut from views made once."""
        names = table.column_names
        if not names:
            return super().bind_lists(table)
        cuts = [self._cut(table, name, self.part_rows, self.items) for name in names]
        return lambda start, stop: self.join(names, [cut(start, stop) for cut in cuts])

    def _cut(
        self, table: Any, name: str, part: Callable[[Piece, int, int], Any], whole: Callable[[Any, str], Any]
    ) -> Callable[[int, int], Any]:
        """``part`` of the pieces of a column that NumPy can view as it lies, else the ``whole`` column of a slice."""
        arrays = buffers.chunks(table.column(name))
        if len(arrays) == 1 and name not in self.decoding and buffers.in_place(arrays[0]):
            return partial(part, _piece(arrays[0]))
        alone = table.select([name])
        return lambda start, stop: whole(alone.slice(start, stop - start), name)

    def part(self, piece: Piece, start: int, stop: int) -> Any:
        """A range of rows as one value."""
        if isinstance(piece, Lists):
            return self._lists(piece, start, stop)
        if isinstance(piece, Numbers):
            if start == stop and piece.values.ndim > 1:
                return self._lists(_as_lists(Numbers(piece.values[:0], None)), 0, 0)
            dense = self.dense(piece.values[start:stop], _mask(piece.valid, start, stop))
            if dense is not None:
                return self.array(dense)
        return self.ragged(self.elements(piece, start, stop))

    def _lists(self, piece: Lists, start: int, stop: int) -> Any:
        block = self._block(piece, start, stop)
        if block is not None:
            return self.array(block)
        if _is_flat(piece.child) and _mask(piece.valid, start, stop) is None:
            offsets = piece.offsets[start : stop + 1]
            first, last = int(offsets[0]), int(offsets[-1])
            dense = self.dense(piece.child.values[first:last], _mask(piece.child.valid, first, last))
            if dense is not None:
                return self.split(dense, offsets - first if first else offsets)
        return self.ragged(self.elements(piece, start, stop))

    def _block(self, piece: Piece, start: int, stop: int) -> Ndarray | None:
        """A range of rows as one dense array, or None if they do not stack."""
        if isinstance(piece, Numbers):
            if start == stop and piece.values.ndim > 1:
                return None
            return self.dense(piece.values[start:stop], _mask(piece.valid, start, stop))
        if not isinstance(piece, Lists) or start == stop or _mask(piece.valid, start, stop) is not None:
            return None
        offsets = piece.offsets[start : stop + 1]
        first, last = int(offsets[0]), int(offsets[-1])
        length = (last - first) // (stop - start)
        if piece.size is None and (length * (stop - start) != last - first or (offsets[1:] - offsets[:-1] != length).any()):
            return None
        inner = self._block(piece.child, first, last)
        return None if inner is None else inner.reshape(stop - start, length, *inner.shape[1:])

    def elements(self, piece: Piece, start: int, stop: int) -> list[Any]:
        """A range of rows as one value each; None for nulls."""
        match piece:
            case Numbers():
                values = _cast(piece.values[start:stop], self.target(piece.values.dtype))
                if values.ndim > 1:
                    return list(self.block_rows(values))
                return _masked([self.scalar(v) for v in values], piece.valid, start)
            case Objects():
                return [None if v is None else self.item(v) for v in piece.items[start:stop]]
            case Lists():
                spans = pairwise(piece.offsets[start : stop + 1].tolist())
                if piece.valid is None:
                    return [self.part(piece.child, a, b) for a, b in spans]
                valid = piece.valid[start:stop].tolist()
                return [self.part(piece.child, a, b) if v else None for (a, b), v in zip(spans, valid, strict=True)]
            case Structs():
                return self._dicts(piece, start, stop)

    def _dicts(self, piece: Structs, start: int, stop: int) -> list[Any]:
        members = {n: self.elements(m, start, stop) for n, m in piece.members.items()}
        missing = piece.optional
        rows: list[Any]
        if not members:
            rows = [{} for _ in range(stop - start)]
        else:
            rows = [
                {n: v for n, v in zip(members, row, strict=True) if v is not None or n not in missing}
                for row in zip(*members.values(), strict=True)
            ]
        return _masked(rows, piece.valid, start)

    # One value a row.

    def convert_rows(self, column: Any) -> Sequence[Any]:
        """One value a row; a row of a flat number column is a scalar, NaN where it is null."""
        piece = pieces(column)
        return self.part_rows(piece, 0, _rows(piece))

    def part_rows(self, piece: Piece, start: int, stop: int) -> Sequence[Any]:
        """One value a row, of a range of rows."""
        if _is_flat(piece):
            return self.scalars(Numbers(piece.values[start:stop], _mask(piece.valid, start, stop)))
        if isinstance(piece, Lists) and piece.valid is None and _is_flat(piece.child) and piece.child.valid is None:
            offsets = piece.offsets[start : stop + 1]
            first = int(offsets[0])
            dense = self.dense(piece.child.values[first : int(offsets[-1])], None)
            assert dense is not None
            return self.list_rows(dense, offsets - first if first else offsets)
        return self.elements(piece, start, stop)

    def scalars(self, piece: Numbers) -> Sequence[Any]:
        """The rows of a flat number column."""
        values = _cast(piece.values, self.target(piece.values.dtype))
        return self.with_missing([self.scalar(v) for v in values], piece)

    def with_missing(self, rows: list[Any], piece: Numbers) -> list[Any]:
        """Rows of a flat number column with nulls put in: None for booleans, NaN or NaT for others."""
        if piece.valid is None:
            return rows
        kind = piece.values.dtype.kind
        for row in np.flatnonzero(~piece.valid).tolist():
            missing = None if kind == "b" else self.dense(piece.values[row : row + 1], np.zeros(1, np.bool_))
            rows[row] = None if missing is None else self.scalar(missing[0])
        return rows

    def block_rows(self, dense: Ndarray) -> Sequence[Any]:
        """The rows of a block of numbers, as arrays."""
        return [self.array(row) for row in dense]

    def list_rows(self, dense: Ndarray, offsets: Ndarray) -> Sequence[Any]:
        """The rows of a list column without nulls."""
        return [self.array(dense[a:b]) for a, b in pairwise(offsets.tolist())]

    # Values that features decoded.

    def picture(self, image: Any) -> Ndarray:
        """A decoded image as an array of (height, width) or (height, width, channels), as its pixels are stored."""
        found = np.asarray(image)
        return found if self.dtype is None else found.astype(self.dtype)

    def collect(self, decoded: list[Any], feature: Any) -> Any:
        """Decoded images of one shape and type stacked into one array; anything else as rows."""
        if isinstance(feature, Image) and decoded and None not in decoded:
            found = [self.picture(image) for image in decoded]
            if len({(pixels.shape, pixels.dtype) for pixels in found}) == 1:
                return self.array(np.stack(found))
            return self.ragged([self.array(pixels) for pixels in found])
        return self.ragged(self.collect_rows(decoded, feature))

    def collect_rows(self, decoded: list[Any], feature: Any) -> list[Any]:
        """Decoded values one by one: images as arrays, also in lists and structs; sounds, films and JSON values as they are."""
        return [None if value is None else self.decoded(value, feature) for value in decoded]

    def decoded(self, value: Any, feature: Any) -> Any:
        """One decoded value that is not None."""
        if isinstance(feature, Image):
            return self.array(self.picture(value))
        if isinstance(feature, Mapping):
            return {
                key: None if part is None else self.decoded(part, feature[key]) if key in feature else part
                for key, part in value.items()
            }
        if isinstance(feature, List | LargeList):
            return self.collect(value, feature.feature)
        if isinstance(feature, Feature) and not feature.requires_decoding and isinstance(value, bool | int | float | list):
            return self.column_of_one(value, feature)
        return value

    def column_of_one(self, value: Any, feature: Feature) -> Any:
        """A value beside decoded ones in a struct, as it would be shown by itself."""
        return self.convert_rows(pa.array([value], feature.pa_type))[0]


_LARGEST = np.iinfo(np.int64).max


def _cast(values: Ndarray, to: np.dtype[Any]) -> Ndarray:
    if values.dtype == to:
        return values
    if values.dtype == np.uint64 and to == np.int64 and values.size and values.max() > _LARGEST:
        raise ArgumentError(
            f"A column of uint64 holds {values.max()}, which int64 does not. Ask for it as it is with dtype='uint64' "
            "(of the library: torch.uint64), or as floats."
        )
    with np.errstate(all="ignore"):  # float64 beyond float32 is inf, undefined values under nulls are anything
        if values.dtype.kind not in "biuf" or to.kind not in "biuf":
            return values.astype(to)
        cast = buffers.empty(values.size, to).reshape(values.shape)
        np.copyto(cast, values, casting="unsafe")
        return cast


def _masked(rows: list[Any], valid: Ndarray | None, start: int) -> list[Any]:
    mask = _mask(valid, start, start + len(rows))
    if mask is not None:
        for row in np.flatnonzero(~mask).tolist():
            rows[row] = None
    return rows
