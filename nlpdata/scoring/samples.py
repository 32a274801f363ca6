"""The statistics of each row, kept so that any multiset of the rows can be summed: what resampling draws from.

Knows: the contract ``Sample``, rows as vectors, rows as any objects with ``+``, several of these side by side; how the
building blocks (Mean, LabelCounts, ...) tell the rows they were made of.
Does not know: metrics, random numbers, intervals.

Rows with equal statistics may share a *cell*: a million rows of five labels are 25 cells, and a resample is 25 counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
T = TypeVar("T")

_CHECKED_ROWS = 8


class Cells(Protocol):
    """How rows fall into cells.

    Attributes:
        size: number of cells.
        cells: the cell of each row; None if every row is a cell of its own.
    """

    @property
    def size(self) -> int: ...  # noqa: D102

    @property
    def cells(self) -> Array | None: ...  # noqa: D102


class Sample(Cells, Protocol):
    """Rows whose statistics can be summed again, each as often as wanted."""

    def totals(self, counts: Array) -> list[Any]:
        """For each row c of ``counts`` (shape: any number x ``size``), the sum of the statistics, cell i counted c[i] times."""

    def chosen(self, which: Array) -> Sample:
        """A sample whose cell i is cell ``which[i]`` of this one; every row a cell."""

    def __add__(self, other: Any) -> Any: ...


def rows_of(sample: Cells) -> int:
    """How many rows a sample has."""
    return sample.size if sample.cells is None else len(sample.cells)


def by_row(sample: Sample) -> Sample:
    """The same rows, every row a cell of its own."""
    return sample if sample.cells is None else sample.chosen(sample.cells)


def joined(left: Sample, right: Sample) -> Sample:
    """The rows of two batches, those of the right one last."""
    if not left.size or not right.size:
        return left if left.size else right
    if _kind(left) == _kind(right):
        return left + right  # type: ignore[no-any-return]
    return Listed(_each(left)) + Listed(_each(right))


def _kind(sample: Any) -> Any:
    if isinstance(sample, Several):
        return Several, _names(sample.like), tuple(map(_kind, sample.parts))
    return type(sample), sample.matrix.shape[1] if isinstance(sample, Vectors) else 0


def _each(sample: Sample) -> tuple[Any, ...]:
    """The statistics of every row."""
    rows = by_row(sample)
    one = np.ones((1, 1), np.int64)
    return tuple(rows.chosen(np.array([row])).totals(one)[0] for row in range(rows.size))


def joined_cells(left: Cells, right: Cells) -> Array | None:
    """The cells of two batches, those of the right one numbered after those of the left one."""
    if left.cells is None and right.cells is None:
        return None
    mine, theirs = (np.arange(s.size) if s.cells is None else s.cells for s in (left, right))
    return np.concatenate([mine, theirs + left.size])


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Statistics that are vectors: a resample is a row of counts times a matrix.

    Attributes:
        matrix: shape (cells, numbers).
        restore: makes the statistics of a metric from a vector (float64).
        cells: see :class:`Sample`.
    """

    matrix: Array
    restore: Callable[[Array], Any]
    cells: Array | None = None

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.matrix)

    def totals(self, counts: Array) -> list[Any]:
        """See :class:`Sample`: one matrix product for all."""
        products = counts.astype(np.float64) @ self.matrix.astype(np.float64, copy=False)
        return [self.restore(vector) for vector in products]

    def chosen(self, which: Array) -> Vectors:
        """See :class:`Sample`."""
        return Vectors(self.matrix[which], self.restore)

    def __add__(self, other: Vectors) -> Vectors:
        return Vectors(np.concatenate([self.matrix, other.matrix]), self.restore, joined_cells(self, other))


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Statistics that are any objects with ``+``: each resample adds up one after the other. Slow for many rows."""

    each: tuple[Any, ...]

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.each)

    @property
    def cells(self) -> None:
        """None: every row is a cell."""
        return None

    def totals(self, counts: Array) -> list[Any]:
        """See :class:`Sample`."""
        return [self._total(row) for row in counts.astype(np.int64)]

    def _total(self, counts: Array) -> Any:
        chosen = [self.each[i] for i in np.repeat(np.arange(len(counts)), counts)]
        if not chosen:  # the sum of no rows: what a first row and its loss would be cannot be said for any type
            return _nothing(self.each[0])
        while len(chosen) > 1:  # in pairs, so that what grows with the sum is added up seldom
            odd = chosen[-1:] if len(chosen) % 2 else []
            chosen = [a + b for a, b in zip(chosen[0::2], chosen[1::2], strict=False)] + odd
        return chosen[0]

    def chosen(self, which: Array) -> Listed:
        """See :class:`Sample`."""
        return Listed(tuple(self.each[i] for i in which))

    def __add__(self, other: Listed) -> Listed:
        return Listed(self.each + other.each)


class _Nothing:
    """Zero of statistics that have none of their own: what is added to it stays as it is."""

    def __add__(self, other: Any) -> Any:
        return other

    __radd__ = __add__


def _nothing(like: Any) -> Any:
    return np.zeros_like(like) if isinstance(like, np.ndarray) and like.dtype != object else _Nothing()


def zero_aware(left: Any, right: Any) -> Any:
    """``left + right``, where either may be the sum of no rows."""
    return left if isinstance(right, _Nothing) else left + right


@dataclass(frozen=True, slots=True, eq=False)
class Several:
    """Samples of the same rows side by side, every row a cell: a metric with two means, say.

    Attributes:
        parts: a sample per leaf of the statistics.
        like: statistics of the form that the leaves are put into.
    """

    parts: tuple[Sample, ...]
    like: Any

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.parts[0].size

    @property
    def cells(self) -> None:
        """None: every row is a cell."""
        return None

    def totals(self, counts: Array) -> list[Any]:
        """See :class:`Sample`."""
        columns = [part.totals(counts) for part in self.parts]
        return [rebuilt(self.like, iter(row)) for row in zip(*columns, strict=True)]

    def chosen(self, which: Array) -> Several:
        """See :class:`Sample`."""
        return Several(tuple(part.chosen(which) for part in self.parts), self.like)

    def __add__(self, other: Several) -> Several:
        return Several(tuple(a + b for a, b in zip(self.parts, other.parts, strict=True)), self.like)


# How the building blocks tell their rows.

_TRACE: ContextVar[list[tuple[Any, Callable[[], Sample]]] | None] = ContextVar("trace", default=None)


def trace(total: T, sample: Callable[[], Sample]) -> T:
    """``total`` itself; where somebody keeps the rows, ``sample`` tells the rows that it is the sum of."""
    if (found := _TRACE.get()) is not None:
        found.append((total, sample))
    return total


@contextmanager
def tracing() -> Iterator[list[tuple[Any, Callable[[], Sample]]]]:
    """While it is open, collects what the building blocks made in this thread tell about their rows."""
    found: list[tuple[Any, Callable[[], Sample]]] = []
    token = _TRACE.set(found)
    try:
        yield found
    finally:
        _TRACE.reset(token)


def sample_of(stats: Callable[..., Any], columns: Mapping[str, Any], rows: int) -> tuple[Any, Sample | None]:
    """The statistics of a batch, and those of each of its rows; None for statistics that hold the rows (``sample()``).

    Where the statistics are made of building blocks with one value per row, these tell their rows. Otherwise ``stats`` is
    called once more for each row.

    Args:
        stats: takes the columns, returns their statistics.
        columns: the inputs and settings with one value per row.
        rows: how many there are.
    """
    with tracing() as found:
        total = stats(**columns)
    if callable(getattr(total, "sample", None)):
        return total, None
    made = leaves(total)
    known = [next((make for block, make in found if block is leaf), None) for leaf in made]
    if made and all(known):
        parts = [make() for make in known if make is not None]
        sample = parts[0] if made[0] is total else Several(tuple(map(by_row, parts)), total)
        if all(rows_of(part) == rows for part in parts) and _agrees(sample, stats, columns, rows):
            return total, sample
    each = [stats(**{name: one_row(values, row) for name, values in columns.items()}) for row in range(rows)]
    return total, stacked(each, total)


def one_row(values: Any, row: int) -> Any:
    """A column with only the given row."""
    return values.iloc[row : row + 1] if hasattr(values, "iloc") else values[row : row + 1]


def _agrees(sample: Sample, stats: Callable[..., Any], columns: Mapping[str, Any], rows: int) -> bool:
    """Whether rows taken singly weigh what the sample says: its cells might be tokens that are as many as the rows."""
    for row in np.unique(np.linspace(0, rows - 1, min(rows, _CHECKED_ROWS)).astype(int)) if rows else ():
        alone = stats(**{name: one_row(values, int(row)) for name, values in columns.items()})
        place = row if sample.cells is None else sample.cells[row]
        told = sample.chosen(np.array([place])).totals(np.ones((1, 1)))[0]
        if not np.allclose([leaf.amount() for leaf in leaves(alone)], [leaf.amount() for leaf in leaves(told)]):
            return False
    return True


# Statistics as trees of numbers.


def leaves(total: Any) -> list[Any]:
    """The leaves of nested tuples, lists, dicts, dataclasses and object arrays; building blocks are leaves."""
    if not _is_branch(total):
        return [total]
    return [leaf for child in _children(total)[1] for leaf in leaves(child)]


def rebuilt(like: Any, values: Iterator[Any]) -> Any:
    """A tree like the given one with other leaves."""
    if not _is_branch(like):
        return next(values)
    names, children = _children(like)
    parts = [rebuilt(child, values) for child in children]
    if isinstance(like, np.ndarray):
        return _object_array(parts)
    if isinstance(like, dict):
        return type(like)(zip(names, parts, strict=True))
    if isinstance(like, tuple | list):
        return like._make(parts) if hasattr(like, "_make") else type(like)(parts)
    return replace(like, **dict(zip(names, parts, strict=True)))


def _is_branch(total: Any) -> bool:
    if hasattr(total, "amount"):
        return False
    if isinstance(total, np.ndarray):
        return total.dtype == object and total.ndim == 1
    return isinstance(total, tuple | list | dict) or (is_dataclass(total) and not isinstance(total, type))


def _children(total: Any) -> tuple[list[Any], list[Any]]:
    """Names and values of the children."""
    if isinstance(total, dict):
        return list(total), list(total.values())
    if isinstance(total, np.ndarray | tuple | list):
        return list(range(len(total))), list(total)
    names = [f.name for f in fields(total) if f.init]
    return names, [getattr(total, name) for name in names]


def _object_array(values: Iterable[Any]) -> Array:
    listed = list(values)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


def stacked(each: Sequence[Any], total: Any) -> Sample:
    """Statistics of single rows as one sample.

    They are vectors where they are trees of numbers of one shape whose sum is the sum of the numbers; otherwise they stay as
    they are.

    Args:
        each: the statistics of each row.
        total: those of all rows.
    """
    names = _names(each[0]) if each else None
    table = [leaves(one) for one in each]
    shapes = {tuple(_shape(leaf) for leaf in row) for row in table}
    if len(shapes) != 1 or None in next(iter(shapes)) or any(_names(one) != names for one in each):
        return Listed(tuple(each))
    parts = tuple(_leaf_vectors([row[i] for row in table]) for i in range(len(table[0])))
    sample = parts[0] if _shape(each[0]) is not None else Several(parts, each[0])
    whole = sample.totals(np.ones((1, len(each))))[0]
    twice = sample.chosen(np.array([0])).totals(np.full((1, 1), 2.0))[0]
    return sample if _alike(whole, total) and _alike(twice, each[0] + each[0]) else Listed(tuple(each))


def _alike(left: Any, right: Any) -> bool:
    """Whether two trees of numbers are equal, but for rounding."""
    if _names(left) != _names(right):
        return False
    pairs = zip(leaves(left), leaves(right), strict=True)
    return all(np.shape(a) == np.shape(b) and np.allclose(a, b) for a, b in ((_numbers(x), _numbers(y)) for x, y in pairs))


def _numbers(leaf: Any) -> Any:
    return leaf.vector() if hasattr(leaf, "vector") else leaf


def _names(total: Any) -> Any:
    """What tells trees of one shape apart: the keys of their dicts, the kinds of everything else."""
    if not _is_branch(total):
        return type(total)
    names, children = _children(total)
    return type(total), tuple(names), tuple(_names(child) for child in children)


def _shape(leaf: Any) -> Any:
    """Shape and type of a numeric leaf; None for anything else."""
    if hasattr(leaf, "of_vector"):
        return type(leaf)
    if isinstance(leaf, np.ndarray | np.generic) and leaf.dtype.kind in "biuf":
        return leaf.shape, leaf.dtype
    return (type(leaf),) if type(leaf) in (int, float) and abs(leaf) < 2**53 else None


def _leaf_vectors(leaves: Sequence[Any]) -> Vectors:
    first = leaves[0]
    if hasattr(first, "of_vector"):
        return Vectors(np.array([leaf.vector() for leaf in leaves]), type(first).of_vector)
    matrix = np.stack([np.asarray(leaf) for leaf in leaves]).reshape(len(leaves), -1)
    if not isinstance(first, np.ndarray | np.generic):
        return Vectors(matrix, _whole_number if isinstance(first, int) else _number)
    return Vectors(matrix, _ArrayOf(first.shape, first.dtype.kind in "biu"))


def _whole_number(vector: Array) -> int:
    return round(float(vector[0]))


def _number(vector: Array) -> float:
    return float(vector[0])


@dataclass(frozen=True, slots=True)
class _ArrayOf:
    """Makes an array of a shape from a vector."""

    shape: tuple[int, ...]
    whole: bool

    def __call__(self, vector: Array) -> Array:
        return (np.rint(vector).astype(np.int64) if self.whole else vector).reshape(self.shape)
