"""How many n-grams of each row occur in its references, for all rows of a batch at once."""

from __future__ import annotations

from itertools import chain
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
Tokens: TypeAlias = list[str]


def match_counts(predictions: list[Tokens], references: list[list[Tokens]], max_order: int) -> Array:
    """Statistics of a batch: predicted tokens, tokens of the shortest and of the closest reference, matches and n-grams.

    An n-gram matches as often as it occurs in the reference that has it most often. Time linear in the number of tokens:
    every n-gram of a row becomes one number, and numbers are counted.

    Returns:
        int64, shape (3 + 2 * max_order): the three lengths, then matches, then predicted n-grams, each by order.
    """
    total = np.zeros(3 + 2 * max_order, np.int64)
    if not predictions:
        return total
    sizes = [[len(tokens) for tokens in row] for row in references]
    lengths = np.array([len(tokens) for tokens in predictions])
    total[0] = lengths.sum()
    total[1] = sum(map(min, sizes))
    total[2] = sum(min(row, key=lambda size: (abs(size - own), size)) for row, own in zip(sizes, lengths.tolist(), strict=True))
    total[3 + max_order :] = [np.maximum(lengths - order, 0).sum() for order in range(max_order)]
    total[3 : 3 + max_order] = _matches(predictions, references, sizes, max_order)
    return total


def _matches(predictions: list[Tokens], references: list[list[Tokens]], sizes: list[list[int]], max_order: int) -> list[int]:
    """Clipped matches of each order."""
    sentences = [*predictions, *chain.from_iterable(references)]
    rows = [*range(len(predictions)), *(row for row, each in enumerate(sizes) for _ in each)]
    sides = [*([0] * len(predictions)), *(place for each in sizes for place in range(1, len(each) + 1))]
    lengths = np.array([len(tokens) for tokens in sentences])
    words = _text_numbers(chain.from_iterable(sentences))
    left = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(words))  # tokens from here to the end of the sentence
    side = np.repeat(np.array(sides), lengths)
    grams, found = np.repeat(np.array(rows), lengths), []
    places = np.arange(len(words))
    for order in range(max_order):
        fits = left[places] > order
        places, grams = places[fits], grams[fits]
        grams = _numbers(grams * (len(words) + 1) + words[places + order])
        found.append(_clipped(grams, side[places]))
    return found


def _clipped(grams: Array, side: Array) -> int:
    """Occurrences in the predictions (side 0), at most as many as in one of the references (sides 1, 2, ...)."""
    kinds = int(grams.max(initial=-1)) + 1
    known = np.zeros(kinds, np.int64)
    for place in range(1, int(side.max(initial=0)) + 1):
        np.maximum(known, np.bincount(grams[side == place], minlength=kinds), out=known)
    return int(np.minimum(known, np.bincount(grams[side == 0], minlength=kinds)).sum())


def _text_numbers(tokens: Any) -> Array:
    import pyarrow as pa

    return _indices(pa.array(list(tokens), pa.large_string()))


def _numbers(keys: Array) -> Array:
    """Small numbers that differ where the keys differ, so that products with them stay below 2**63."""
    import pyarrow as pa

    return _indices(pa.array(keys))


def _indices(array: Any) -> Array:
    found: Array = array.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    return found.astype(np.int64)
