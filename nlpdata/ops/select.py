"""Row selections that users ask for: picks, shards, permutations, repetitions.

Knows: how many rows there are, and how random orders are drawn. Does not know: what is in a row.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from nlpdata.errors import ArgumentError
from nlpdata.store.selection import Range, Rows, Selection, as_selection
from nlpdata.store.view import View


def as_count(number: Any, what: str) -> int:
    """An integer of any kind as Python's.

    Args:
        number: what was given.
        what: what errors call it.

    Raises:
        ArgumentError: it is no integer (a boolean is not).

    >>> as_count(np.int64(3), "n")
    3
    """
    if isinstance(number, bool | np.bool_) or not hasattr(number, "__index__"):
        raise ArgumentError(f"{what} is {number!r:.100} ({type(number).__name__}). Give a whole number.")
    return operator.index(number)


def pick(view: View, indices: Any) -> View:
    """The rows at ``indices`` in that order; reads nothing.

    Contiguous increasing indices give a slice of the view and no row list.

    Args:
        view: what to pick from.
        indices: range, list, array, series or iterator of integers; negative ones count from the end.

    Raises:
        IndexError: an index lies outside; nothing was selected.
    """
    return view.select(as_selection(indices, view.num_rows))


def span(view: View, start: int, stop: int) -> View:
    """Rows ``start`` (included) to ``stop`` (excluded), cut to what exists; reads nothing."""
    stop = min(max(stop, 0), view.num_rows)
    return view.select(Range(min(max(start, 0), stop), stop))


def shard_rows(num_rows: int, num_shards: int, index: int, contiguous: bool = True) -> Range:
    """The rows of shard ``index`` of ``num_shards``.

    Args:
        num_rows: rows in all.
        num_shards: how many shards; the first ``num_rows % num_shards`` are one row longer.
        index: which one, from 0.
        contiguous: neighbouring rows; otherwise every ``num_shards``-th row.

    Raises:
        ArgumentError: there is no such shard.

    >>> shard_rows(10, 3, 1)
    Range(start=4, stop=7, step=1)
    >>> shard_rows(10, 3, 1, contiguous=False)
    Range(start=1, stop=10, step=3)
    """
    num_shards, index = as_count(num_shards, "num_shards"), as_count(index, "index")
    if num_shards < 1 or not 0 <= index < num_shards:
        raise ArgumentError(f"There is no shard {index} of {num_shards}: index goes from 0 to num_shards - 1.")
    if not contiguous:
        return Range(min(index, num_rows), num_rows, num_shards)
    size, longer = divmod(num_rows, num_shards)
    start = index * size + min(index, longer)
    return Range(start, start + size + (index < longer))


def random_generator(seed: Any = None, generator: Any = None) -> np.random.Generator:
    """The generator that random orders are drawn from.

    Args:
        seed: anything :func:`numpy.random.default_rng` takes. None: the seed is taken from NumPy's global state,
            which moves on by one draw, so that ``np.random.seed`` makes a program repeatable.
        generator: a generator to use (and advance) instead.

    Raises:
        ArgumentError: both are given, the seed is none, or ``generator`` is not a NumPy generator.
    """
    if generator is not None:
        if seed is not None:
            raise ArgumentError("Both seed= and generator= were given. Give one of them.")
        if not isinstance(generator, np.random.Generator):
            raise ArgumentError(f"generator= is a {type(generator).__name__}. Pass a numpy.random.Generator.")
        return generator
    if seed is None:
        state: Any = np.random.get_state(legacy=True)
        words, position = state[1], int(state[2])
        seed = int(words[position] if position < len(words) else words[0])
        np.random.random()
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"seed is {seed!r:.100}. Give an integer from 0 on, or None: {error}.") from error


def permutation(num_rows: int, generator: np.random.Generator) -> Rows:
    """A random order of all rows: exactly ``generator.permutation(num_rows)``. 8 bytes a row."""
    return Rows(generator.permutation(num_rows))


def repeat(view: View, num_times: int) -> View:
    """The rows of a view ``num_times`` one after the other; no row list, nothing read."""
    num_times = as_count(num_times, "num_times")
    if num_times < 1:
        return span(view, 0, 0)
    return View.stack([view] * num_times) if num_times > 1 else view


def is_identity(selection: Selection, num_rows: int) -> bool:
    """Whether a selection is all rows in their order."""
    return isinstance(selection, Range) and (selection.start, selection.stop, selection.step) == (0, num_rows, 1)
