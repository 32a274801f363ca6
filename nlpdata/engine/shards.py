"""Arguments of a generator cut into pieces: the lists among them are shards.

Knows: which arguments are shards, and how runs of them become pieces that do not depend on the number of workers.
Does not know: what the generator does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nlpdata.errors import ArgumentError

MOST_PIECES = 256  # each is a commit and a file; more do not help any number of workers of one machine
PIECE_BYTES = 64 * 2**20


def count_shards(kwargs: Mapping[str, Any]) -> int:
    """The common length of the lists among the arguments; 1 where there is none.

    Raises:
        ArgumentError: lists of different lengths, so that it is not clear what the shards are.

    >>> count_shards({"files": ["a", "b"], "urls": ["x", "y"], "sep": ",", "names": ("t", "u", "v")})
    2
    """
    lengths = {name: len(value) for name, value in kwargs.items() if isinstance(value, list)}
    if len(set(lengths.values())) > 1:
        raise ArgumentError(
            f"With num_proc, lists in gen_kwargs are shards and need one length, but their lengths are {lengths}. "
            "Use tuples for those that are no shards, or leave out num_proc."
        )
    return next(iter(lengths.values()), 1)


def cut(kwargs: Mapping[str, Any], sizes: Sequence[int] | None = None) -> list[tuple[range, dict[str, Any]]]:
    """The arguments of each piece, with the numbers of its shards: every list holds just those of its shards.

    A piece is one shard, or a run of them where there are more than 256; with ``sizes``, a run of some 64 MiB. It depends on
    the shards alone.

    Raises:
        ArgumentError: lists of different lengths.

    >>> [(list(shards), piece) for shards, piece in cut({"files": ["a", "b"], "sep": ","})]
    [([0], {'files': ['a'], 'sep': ','}), ([1], {'files': ['b'], 'sep': ','})]
    """
    total = count_shards(kwargs)
    weights = sizes if sizes is not None else [PIECE_BYTES] * total
    wanted = max(PIECE_BYTES, -(-sum(weights) // MOST_PIECES))
    runs, start, weight = [], 0, 0
    for number in range(total):
        weight += weights[number]
        if weight >= wanted or number == total - 1:
            runs.append(range(start, number + 1))
            start, weight = number + 1, 0
    return [
        (run, {k: v[run.start : run.stop] if isinstance(v, list) else v for k, v in kwargs.items()})
        for run in runs or [range(total)]
    ]


def run_label(run: range, total: int) -> str:
    """A run of shards as messages call it, counted from 0.

    >>> run_label(range(3, 4), 8), run_label(range(4, 8), 8)
    ('shard 3 of 8', 'shards 4..7 of 8')
    """
    return f"shard {run.start} of {total}" if len(run) == 1 else f"shards {run.start}..{run.stop - 1} of {total}"
