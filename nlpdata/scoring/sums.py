"""Sums of floats that are exact, so that they add up to the same whatever the order and the batches.

Knows: how the sum of float64 numbers is held as one Python integer, a multiple of 2**-SHIFT.
Does not know: what is summed.
A running float sum depends on the order of its rows; a metric over ranks or shards must not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from nlpdata.errors import FeatureError
from nlpdata.scoring.samples import Vectors, trace

Floats: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

SHIFT = 1200
"""Every finite float64 is a multiple of 2**-1074; the rest is room for the unit of the last round."""

_BLOCK_ROWS = 1 << 13  # so that the rounds stay in the processor's cache
_LARGEST = 2.0**1023  # leaves room to round up
_SPLITTER = float(2**27 + 1)
_MIDDLE = 900  # exponents up to which nothing overflows or gets subnormal
_DIGIT_BITS = 19  # a block of 2**13 products of two such digits, with signs and rounding, stays below 2**53
_MOST_DIGITS = 6
_BLOCKS_IN_64_BITS = 512


def exact_sum(values: Floats) -> int:
    """The exact sum of finite numbers, times 2**SHIFT. Linear time, no copy of the whole.

    Each round takes the leading bits of all values on one common grid, where float64 addition cannot round, and goes on
    with what is left. Ordinary data needs two or three rounds.

    >>> exact_sum(np.array([1e16, 1.0, -1e16])) == 1 << SHIFT
    True

    Raises:
        FeatureError: a value is infinite or at the very end of the range (a product or square overflowed).
    """
    return sum(_exact_block_sum(values[i : i + _BLOCK_ROWS]) for i in range(0, len(values), _BLOCK_ROWS))


def _exact_block_sum(values: Floats) -> int:
    if not values.size:
        return 0
    largest = _largest(values)
    if not largest < _LARGEST:
        raise FeatureError("The values are too large to be summed as 64-bit floats (squares and weighted values overflow).")
    bits = 51 - len(values).bit_length()
    unit, rest, total = int(np.frexp(largest)[1]), values, 0
    while rest.any():
        unit -= bits
        leading = _on_grid(rest, unit)
        total += fixed(float(leading.sum())) if abs(unit) < _MIDDLE else int(np.ldexp(leading, -unit).sum()) << (unit + SHIFT)
        rest = rest - leading
    return total


def _largest(values: Floats) -> float:
    return max(abs(float(values.min())), abs(float(values.max())))


def _on_grid(values: Floats, unit: int) -> Floats:
    """The nearest multiples of 2**unit, exactly; the values are below 2**(unit + 51).

    Next to 1.5 * 2**(unit + 52), the float64 numbers are the multiples of 2**unit: adding it rounds, taking it away is exact.
    """
    if abs(unit) < _MIDDLE:
        anchor = 1.5 * 2.0 ** (unit + 52)
        result: Floats = values + anchor
        result -= anchor
        return result
    return np.ldexp(np.rint(np.ldexp(values, -unit)), unit)


def exact_dot(left: Floats, right: Floats) -> int:
    """The exact sum of products, times 2**SHIFT; bits below 2**-1074 are lost, magnitudes stay below 1e150.

    Each product is split into its rounded value and its rounding error (Dekker's product), and both are summed.
    """
    total = 0
    for start in range(0, len(left), _BLOCK_ROWS):
        x, y = left[start : start + _BLOCK_ROWS], right[start : start + _BLOCK_ROWS]
        product = x * y
        x_high, y_high = _high_bits(x), _high_bits(y)
        x_low, y_low = x - x_high, y - y_high
        error = ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low
        total += _exact_block_sum(product) + _exact_block_sum(error)
    return total


def exact_moments(x: Floats, y: Floats) -> tuple[int, int, int, int, int]:
    """The exact sums of x, y, xx, yy and xy, times 2**SHIFT; magnitudes below 1e150.

    Both sides are cut into digits of 19 bits on one grid. Sums of products of such digits stay below 2**53 in a block, so that
    one matrix product of all digits gives all sums without rounding; blocks are added up as 64-bit integers.

    >>> exact_moments(np.array([1.0, 2.0]), np.array([4.0, -1.0]))[4] == 2 << SHIFT
    True
    """
    tops = [int(np.frexp(_largest(side))[1]) if len(side) else 0 for side in (x, y)]
    units = np.array([0, *(top - _DIGIT_BITS * place for top in tops for place in range(1, _MOST_DIGITS + 1))])
    units = units[:, None] + units
    table, totals = np.zeros(units.shape, np.int64), [0] * 5
    for block, start in enumerate(range(0, len(x), _BLOCK_ROWS), 1):
        sides = x[start : start + _BLOCK_ROWS], y[start : start + _BLOCK_ROWS]
        left, right = (_digits(side, top) for side, top in zip(sides, tops, strict=True))
        if left is None or right is None:
            totals = [a + b for a, b in zip(totals, _sums_apart(*sides), strict=True)]
            continue
        rows = np.stack([np.ones(len(sides[0])), *left, *right])
        used = [0, *range(1, 1 + len(left)), *range(1 + _MOST_DIGITS, 1 + _MOST_DIGITS + len(right))]
        cells = np.ix_(used, used)
        table[cells] += np.ldexp(rows @ rows.T, -units[cells]).astype(np.int64)
        if block % _BLOCKS_IN_64_BITS == 0:
            totals, table = _added(totals, table, units), np.zeros_like(table)
    xs, ys, xx, yy, xy = _added(totals, table, units)
    return xs, ys, xx, yy, xy


def _added(totals: list[int], table: np.ndarray[Any, Any], units: np.ndarray[Any, Any]) -> list[int]:
    """The totals and the sums of products of digits."""
    here, there = slice(1, 1 + _MOST_DIGITS), slice(1 + _MOST_DIGITS, None)
    parts = (0, here), (0, there), (here, here), (there, there), (here, there)
    cells = [zip(table[part].flat, units[part].flat, strict=True) for part in parts]
    sums = [sum(int(cell) << (int(unit) + SHIFT) for cell, unit in some if cell) for some in cells]
    return [total + more for total, more in zip(totals, sums, strict=True)]


def _sums_apart(x: Floats, y: Floats) -> tuple[int, int, int, int, int]:
    """The same sums of a block whose digits would be too many."""
    return _exact_block_sum(x), _exact_block_sum(y), exact_dot(x, x), exact_dot(y, y), exact_dot(x, y)


def _digits(values: Floats, unit: int) -> list[Floats] | None:
    """Values below 2**unit as sums of digits, multiples of powers of two, the highest first; None: they would be too many."""
    found: list[Floats] = []
    rest = values
    while rest.any():
        unit -= _DIGIT_BITS
        if len(found) == _MOST_DIGITS or not -SHIFT // 3 < unit < SHIFT // 3:
            return None
        found.append(_on_grid(rest, unit))
        rest = rest - found[-1]
    return found


def _high_bits(values: Floats) -> Floats:
    """The upper 26 bits of each mantissa (Veltkamp's split)."""
    scaled = values * _SPLITTER
    return scaled - (scaled - values)


@dataclass(frozen=True, slots=True)
class Mean:
    """A weighted mean as two exact sums; ``+`` joins two of them.

    >>> (Mean.of(np.array([1.0, 0.0])) + Mean.of(np.array([1.0]))).value()
    0.6666666666666666
    """

    total: int = 0
    weight: int = 0

    @classmethod
    def of(cls, values: np.ndarray[Any, Any], weights: np.ndarray[Any, Any] | None = None) -> Mean:
        """The mean of ``values``, each counted once or with its weight."""
        return trace(cls._of(values, weights), lambda: _mean_rows(values, weights))

    @classmethod
    def _of(cls, values: np.ndarray[Any, Any], weights: np.ndarray[Any, Any] | None) -> Mean:
        if values.dtype == np.bool_:
            if weights is None:
                return cls(int(np.count_nonzero(values)) << SHIFT, len(values) << SHIFT)
            return cls(exact_sum(weights[values]), exact_sum(weights))
        if weights is None:
            return cls(exact_sum(values), len(values) << SHIFT)
        with np.errstate(over="ignore"):  # exact_sum refuses what overflowed
            weighted = values * weights
        return cls(exact_sum(weighted), exact_sum(weights))

    def __add__(self, other: Mean) -> Mean:
        return Mean(self.total + other.total, self.weight + other.weight)

    def value(self) -> float:
        """The mean, rounded once. NaN where the weights sum to zero."""
        return self.total / self.weight if self.weight else float("nan")

    def sum(self) -> float:
        """The (weighted) sum of the values, rounded once."""
        return self.total / (1 << SHIFT)

    def amount(self) -> float:
        """The sum of the weights, rounded once: the number of rows where there are none."""
        return self.weight / (1 << SHIFT)

    def vector(self) -> tuple[float, float]:
        """Both sums, rounded once."""
        return self.sum(), self.amount()

    @classmethod
    def of_vector(cls, vector: Floats) -> Mean:
        """The mean with the given two sums."""
        return cls(fixed(vector[0]), fixed(vector[1]))


def fixed(value: float) -> int:
    """A finite float64 number times 2**SHIFT, exactly."""
    numerator, denominator = float(value).as_integer_ratio()
    return (numerator << SHIFT) // denominator


def _mean_rows(values: np.ndarray[Any, Any], weights: np.ndarray[Any, Any] | None) -> Vectors:
    """Value times weight, and weight, of each row; two cells where values are true or false and not weighted."""
    if weights is not None:
        return Vectors(np.stack([values * weights, weights], axis=1).astype(np.float64), Mean.of_vector)
    if values.dtype == np.bool_:
        return Vectors(np.array([[0.0, 1.0], [1.0, 1.0]]), Mean.of_vector, values.astype(np.int64))
    return Vectors(np.stack([values, np.ones(len(values))], axis=1), Mean.of_vector)
