"""The order of rows taken from several sources in turn or by chance.

Knows: lengths, probabilities, and when to stop. Does not know: datasets.

By chance, sources are those that ``numpy.random.default_rng(seed).choice(number, size=1000, p=probabilities)`` draws, a
thousand at a time: the order that HF ``datasets`` takes, so that an experiment keeps its rows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlpdata.errors import ArgumentError, did_you_mean

_DRAWN = 1000
STRATEGIES = ("first_exhausted", "all_exhausted", "all_exhausted_without_replacement")


def interleaved_rows(
    lengths: Sequence[int], probabilities: Sequence[float] | None, seed: int | None, strategy: str
) -> np.ndarray:
    """The rows of an interleaving, numbered as if the sources lay one after the other.

    Args:
        lengths: rows of each source.
        probabilities: how likely each source is the next; None takes them in turn.
        seed: names the draw.
        strategy: ``"first_exhausted"`` stops when one source is used up; ``"all_exhausted"`` when each was used up once,
            where those used up begin again; ``"all_exhausted_without_replacement"`` takes each row once.

    Raises:
        ArgumentError: unknown strategy, or probabilities that are none.

    >>> interleaved_rows([3, 2], None, None, "first_exhausted").tolist()
    [0, 3, 1, 4]
    """
    if strategy not in STRATEGIES:
        hint = did_you_mean(str(strategy), STRATEGIES)
        raise ArgumentError(f"stopping_strategy is {strategy!r}.{hint} Known: {', '.join(STRATEGIES)}.")
    sizes = np.asarray(lengths, np.int64)
    if strategy == "first_exhausted" and not sizes.all():
        return np.empty(0, np.int64)
    if probabilities is None:
        sources = _in_turn(sizes, strategy)
    else:
        sources = _drawn(sizes, _checked(probabilities, len(sizes)), seed, strategy)
    return _rows(sources, sizes, once=strategy.endswith("replacement"))


def _checked(probabilities: Sequence[float], count: int) -> np.ndarray:
    found = np.asarray(probabilities, np.float64)
    if found.shape != (count,):
        raise ArgumentError(f"There are {count} datasets, but probabilities= gives {found.size} numbers. Give one for each.")
    if (found < 0).any() or not np.isclose(found.sum(), 1.0):
        raise ArgumentError(f"probabilities= are {found.tolist()}; they must not be negative, and add up to 1.")
    return found


def _in_turn(sizes: np.ndarray, strategy: str) -> np.ndarray:
    rounds = int(sizes.min() if strategy == "first_exhausted" else sizes.max(initial=0))
    return np.tile(np.arange(len(sizes)), rounds)


def _drawn(sizes: np.ndarray, chances: np.ndarray, seed: int | None, strategy: str) -> np.ndarray:
    """Sources by chance, up to the draw that uses up the first or the last of them."""
    never = [i for i, (size, chance) in enumerate(zip(sizes, chances, strict=True)) if size and not chance]
    if never and strategy != "first_exhausted":
        raise ArgumentError(
            f"Dataset {never[0]} has probability 0 and is never used up. Stop at 'first_exhausted', or drop it."
        )
    generator = np.random.default_rng(seed)
    blocks: list[np.ndarray] = []
    counts = np.zeros(len(sizes), np.int64)
    enough = np.any if strategy == "first_exhausted" else np.all
    while not enough(counts >= sizes):
        blocks.append(generator.choice(len(sizes), size=_DRAWN, p=chances))
        counts += np.bincount(blocks[-1], minlength=len(sizes))
    draws = np.concatenate(blocks) if blocks else np.empty(0, np.int64)
    used_up = [int(np.flatnonzero(draws == i)[size - 1]) for i, size in enumerate(sizes) if size and counts[i] >= size]
    if not used_up:
        return draws[:0]
    return draws[: (min(used_up) if strategy == "first_exhausted" else max(used_up)) + 1]


def _rows(sources: np.ndarray, sizes: np.ndarray, *, once: bool) -> np.ndarray:
    """The next row of each source drawn; used-up sources begin again, or (``once``) give none."""
    rows = np.full(len(sources), -1, np.int64)
    for i, (start, size) in enumerate(zip(np.cumsum(sizes) - sizes, sizes, strict=True)):
        places = np.flatnonzero(sources == i)
        if size:
            taken = np.arange(len(places))
            rows[places] = np.where(taken < size, start + taken, -1) if once else start + taken % size
    return rows[rows >= 0]
