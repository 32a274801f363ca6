"""Which rows, in which order: ranges, row lists, and permutations by formula. Composition reads no data.

Knows: positions (int64) in, row numbers (int64) out. Does not know: what a row holds, or where it lies.
Bounds are checked by whoever asks (:class:`nlpdata.store.view.View`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import xxhash

Positions = npt.NDArray[np.int64]

_ROUNDS = 8
_M64 = (1 << 64) - 1
_MIX_A = 0xBF58476D1CE4E5B9  # constants of splitmix64 (Steele, Lea, Flood 2014)
_MIX_B = 0x94D049BB133111EB
_ROW_DTYPES = (np.dtype(np.int64), np.dtype(np.int32), np.dtype(np.uint32))


@runtime_checkable
class Selection(Protocol):
    """An ordered choice of rows."""

    def __len__(self) -> int:
        """How many rows are chosen."""
        ...

    def locate(self, positions: Positions) -> Positions:
        """The row numbers at ``positions`` (0-based, in range); vectorised."""
        ...

    def at(self, position: int) -> int:
        """The row number at one position; cheaper than :meth:`locate` for one."""
        ...

    def content_key(self) -> str:
        """A text that is equal for equal selections of the same kind, in any process."""
        ...


@dataclass(frozen=True, slots=True)
class Range:
    """Rows ``start, start + step, ...`` before ``stop``, as ``range`` counts.

    >>> Range(0, 10, 3).locate(np.array([0, 2])).tolist()
    [0, 6]
    """

    start: int
    stop: int
    step: int = 1

    def __len__(self) -> int:
        return len(range(self.start, self.stop, self.step))

    def locate(self, positions: Positions) -> Positions:
        """The row numbers at ``positions``; no copy when the range begins at 0 with step 1."""
        if self.step != 1:
            positions = positions * self.step
        return positions + self.start if self.start else positions

    def at(self, position: int) -> int:
        """The row number at one position."""
        return self.start + position * self.step

    def content_key(self) -> str:
        """Equal for ranges of the same rows."""
        rows = range(self.start, self.stop, self.step)
        return f"range({len(rows)},{rows[0] if rows else 0},{self.step if len(rows) > 1 else 1})"


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows an array lists: one-dimensional int64, int32 or uint32, possibly memory-mapped. Never copied.

    Raises:
        TypeError: the array has another shape or dtype.
    """

    array: npt.NDArray[Any]

    def __post_init__(self) -> None:
        if self.array.ndim != 1 or self.array.dtype not in _ROW_DTYPES:
            raise TypeError(f"Rows needs a 1-D array of int64, int32 or uint32, not {self.array.ndim}-D {self.array.dtype}.")

    def __len__(self) -> int:
        return len(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and (self.array is other.array or bool(np.array_equal(self.array, other.array)))

    def __hash__(self) -> int:
        return hash(("Rows", len(self.array)))

    def locate(self, positions: Positions) -> Positions:
        """The row numbers at ``positions``."""
        return self.array[positions].astype(np.int64, copy=False)

    def at(self, position: int) -> int:
        """The row number at one position."""
        return int(self.array[position])

    def content_key(self) -> str:
        """A hash of the row numbers, the same for each dtype. Reads the whole array."""
        hasher = xxhash.xxh3_128()
        for start in range(0, len(self.array), 1 << 20):
            hasher.update(np.ascontiguousarray(self.array[start : start + (1 << 20)], dtype="<i8").data)
        return f"rows({len(self.array)},{hasher.hexdigest()})"


@dataclass(frozen=True, slots=True)
class Shuffled:
    """All of ``num_rows`` rows in an order given by ``(seed, epoch)``: a keyed permutation by formula.

    Any position is reached at once, in O(1) memory. A Feistel network of 8 rounds over the next power of two, walked
    until it lands below ``num_rows`` (Black and Rogaway 2002: "Ciphers with arbitrary finite domains").
    The order is part of the format: it never changes for given arguments.

    >>> sorted(Shuffled(10, seed=1).locate(np.arange(10)).tolist()) == list(range(10))
    True
    """

    num_rows: int
    seed: int
    epoch: int = 0

    def __len__(self) -> int:
        return self.num_rows

    def locate(self, positions: Positions) -> Positions:
        """The row numbers at ``positions``."""
        if len(positions) == 1:
            return np.array([self.at(int(positions[0]))], dtype=np.int64)
        keys = _round_keys(self.num_rows, self.seed, self.epoch)
        low_bits, high_bits = _halves(self.num_rows)
        values = _encrypt(np.asarray(positions).astype(np.uint64), keys, low_bits, high_bits)
        limit = np.uint64(self.num_rows)
        outside = np.flatnonzero(values >= limit)
        while outside.size:
            walked = _encrypt(values[outside], keys, low_bits, high_bits)
            values[outside] = walked
            outside = outside[walked >= limit]
        return values.astype(np.int64)

    def at(self, position: int) -> int:
        """The row number at one position."""
        keys = _round_keys(self.num_rows, self.seed, self.epoch)
        low_bits, high_bits = _halves(self.num_rows)
        value = position
        while True:
            value = _encrypt_one(value, keys, low_bits, high_bits)
            if value < self.num_rows:
                return value

    def content_key(self) -> str:
        """Equal for equal arguments."""
        return f"shuffled({self.num_rows},{self.seed},{self.epoch})"


@dataclass(frozen=True, slots=True)
class Composed:
    """``outer``'s rows taken as positions in ``inner``, worked out when asked."""

    outer: Selection
    inner: Selection

    def __len__(self) -> int:
        return len(self.outer)

    def locate(self, positions: Positions) -> Positions:
        """The row numbers at ``positions``."""
        return self.inner.locate(self.outer.locate(positions))

    def at(self, position: int) -> int:
        """The row number at one position."""
        return self.inner.at(self.outer.at(position))

    def content_key(self) -> str:
        """Equal for equal parts."""
        return f"composed({self.outer.content_key()},{self.inner.content_key()})"


def compose(outer: Selection, inner: Selection) -> Selection:
    """The selection whose row i is ``inner``'s row ``outer``'s row i: first ``inner`` chose, then ``outer``.

    Ranges and row lists are merged (a list of rows is allocated only when a list meets something);
    with a permutation by formula the result stays lazy.

    >>> compose(Range(2, 4), Range(10, 20, 2))
    Range(start=14, stop=18, step=2)
    """
    if isinstance(inner, Range):
        if inner.start == 0 and inner.step == 1:
            return outer
        if isinstance(outer, Range):
            return _normal(range(inner.start, inner.stop, inner.step)[_as_slice(outer)])
        if isinstance(outer, Rows):
            return Rows(inner.locate(outer.locate(np.arange(len(outer)))) if inner.step != 1 else _shifted(outer, inner.start))
    if isinstance(outer, Range):
        if outer.start == 0 and outer.step == 1 and len(outer) == len(inner):
            return inner
        if isinstance(inner, Rows):
            return Rows(inner.array[_as_slice(outer)])
        if isinstance(inner, Composed):
            return compose(compose(outer, inner.outer), inner.inner)
    if isinstance(outer, Rows) and isinstance(inner, Rows):
        return Rows(inner.array[outer.array])
    return Composed(outer, inner)


def as_selection(indices: Any, num_rows: int) -> Selection:
    """What a user wrote between brackets, as a selection of ``num_rows`` rows.

    Args:
        indices: a slice, range, list, NumPy array, Arrow array, pandas series, or any iterable of integers.
            Negative numbers count from the end. A list is copied; consecutive rows become a range.
        num_rows: how many rows there are.

    Raises:
        IndexError: an index is out of range; says which, and the number of rows.
        TypeError: something is not an integer (a boolean is not).
    """
    if isinstance(indices, slice):
        try:
            return _normal(range(*indices.indices(num_rows)))
        except (TypeError, ValueError) as error:
            raise type(error)(f"Rows are cut by integers, as in ds[2:10] or ds[::3], not by {indices!r}: {error}.") from None
    if isinstance(indices, Mapping | Set):
        raise TypeError(f"Rows are chosen by a list of integers, which has an order, not by a {type(indices).__name__}.")
    if isinstance(indices, range) and (found := _from_range(indices, num_rows)) is not None:
        return found
    rows = _integers(indices)
    count = len(rows)
    if not count:
        return Range(0, 0)
    first, last = int(rows[0]), int(rows[-1])
    # The ends say at little cost whether the rows may follow each other, and then lie between them.
    follow = last - first == count - 1 and (count < 3 or bool((rows[1:] - rows[:-1] == 1).all()))
    low, high = (first, last) if follow else (int(rows.min()), int(rows.max()))
    if low < -num_rows or high >= num_rows:
        raise _out_of_range(high if high >= num_rows else low, num_rows)
    if low < 0:
        return as_selection(np.where(rows < 0, rows + num_rows, rows), num_rows)
    return Range(first, last + 1) if follow else Rows(rows)


def _out_of_range(index: int, num_rows: int) -> IndexError:
    return IndexError(
        f"Index {index} is out of range: there are {num_rows:,} rows" + (f" (0 to {num_rows - 1})." if num_rows else ".")
    )


def check_position(position: int, num_rows: int) -> int:
    """``position`` counted from the start; negative ones count from the end.

    Raises:
        IndexError: it is out of range.
    """
    if 0 <= position < num_rows:
        return position
    if -num_rows <= position < 0:
        return position + num_rows
    raise _out_of_range(position, num_rows)


def _normal(rows: range) -> Range:
    return Range(rows.start, rows.stop, rows.step) if rows else Range(0, 0)


def _as_slice(rows: Range) -> slice:
    stop = rows.stop if rows.step > 0 or rows.stop >= 0 else None
    return slice(rows.start, stop, rows.step)


def _shifted(rows: Rows, start: int) -> npt.NDArray[Any]:
    return rows.array.astype(np.int64) + start


def _from_range(rows: range, num_rows: int) -> Range | None:
    """The range, or None where it crosses from negative to positive."""
    if not rows:
        return Range(0, 0)
    low, high = min(rows[0], rows[-1]), max(rows[0], rows[-1])
    if low < -num_rows or high >= num_rows:
        raise _out_of_range(high if high >= num_rows else low, num_rows)
    if low >= 0:
        return _normal(rows)
    if high < 0:
        return _normal(range(rows.start + num_rows, rows.stop + num_rows, rows.step))
    return None


def _integers(indices: Any) -> npt.NDArray[Any]:
    """``indices`` as an array of one of the row dtypes that the caller does not share."""
    if hasattr(indices, "to_numpy") and not isinstance(indices, np.ndarray):
        indices = (
            indices.to_numpy(zero_copy_only=False)
            if hasattr(indices, "null_count") and hasattr(indices, "type")
            else indices.to_numpy()
        )
    if not isinstance(indices, np.ndarray):
        if isinstance(indices, str | bytes) or not isinstance(indices, Iterable):
            raise TypeError(f"Rows are chosen by an integer, a slice or a list of integers, not by {type(indices).__name__}.")
        values = indices if isinstance(indices, list | tuple) else list(indices)
        if {bool, np.bool_} & set(map(type, values)):
            raise TypeError("Rows are chosen by integers, not by booleans. For a mask use np.flatnonzero(mask).")
        indices = made = np.asarray(values) if len(values) else np.zeros(0, np.int64)
        if made.dtype == np.int64 and made.ndim == 1:  # nobody shares it
            return made
    if indices.ndim != 1 or (indices.dtype.kind not in "iu" and len(indices)):
        shown = f"{indices.ndim}-D {indices.dtype}"
        hint = " For a mask use np.flatnonzero(mask)." if indices.dtype.kind == "b" else ""
        raise TypeError(f"Rows are chosen by a flat list of integers, not by {shown} values.{hint}")
    if indices.dtype in _ROW_DTYPES:
        return np.array(indices) if indices.flags.writeable else indices
    if indices.dtype == np.uint64 and len(indices) and int(indices.max()) > np.iinfo(np.int64).max:
        raise IndexError(f"Index {int(indices.max())} is out of range.")
    whole: npt.NDArray[np.int64] = indices.astype(np.int64)
    return whole


@lru_cache(maxsize=256)
def _round_keys(num_rows: int, seed: int, epoch: int) -> tuple[int, ...]:
    text = f"nlpdata.shuffled.1:{num_rows}:{seed}:{epoch}".encode("ascii")
    digest = hashlib.blake2b(text, digest_size=8 * _ROUNDS).digest()
    return tuple(int.from_bytes(digest[8 * i : 8 * i + 8], "little") for i in range(_ROUNDS))


def _halves(num_rows: int) -> tuple[int, int]:
    bits = max(1, (num_rows - 1).bit_length())
    return bits - bits // 2, bits // 2


def _encrypt(values: npt.NDArray[np.uint64], keys: tuple[int, ...], low_bits: int, high_bits: int) -> npt.NDArray[np.uint64]:
    low_mask, high_mask = np.uint64((1 << low_bits) - 1), np.uint64((1 << high_bits) - 1)
    low, high = values & low_mask, values >> np.uint64(low_bits)
    for index, key in enumerate(keys):
        if index % 2:
            high ^= _mix(low, key) & high_mask
        else:
            low ^= _mix(high, key) & low_mask
    return (high << np.uint64(low_bits)) | low


def _mix(values: npt.NDArray[np.uint64], key: int) -> npt.NDArray[np.uint64]:
    mixed = values ^ np.uint64(key)  # arrays wrap around silently
    mixed *= np.uint64(_MIX_A)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(_MIX_B)
    mixed >>= np.uint64(32)
    return mixed


def _encrypt_one(value: int, keys: tuple[int, ...], low_bits: int, high_bits: int) -> int:
    low, high = value & ((1 << low_bits) - 1), value >> low_bits
    for index, key in enumerate(keys):
        if index % 2:
            high ^= _mix_one(low, key) & ((1 << high_bits) - 1)
        else:
            low ^= _mix_one(high, key) & ((1 << low_bits) - 1)
    return (high << low_bits) | low


def _mix_one(value: int, key: int) -> int:
    mixed = ((value ^ key) * _MIX_A) & _M64
    mixed ^= mixed >> 29
    return ((mixed * _MIX_B) & _M64) >> 32
