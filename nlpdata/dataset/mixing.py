"""Several datasets taken in turn or by chance.

Knows: that such a mixture is a row list over the datasets one above the other. Does not know: how the order is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.transforms import concatenate_datasets, pick_rows
from nlpdata.errors import ArgumentError
from nlpdata.info import DatasetInfo
from nlpdata.ops.interleave import interleaved_rows

D = TypeVar("D", bound=Dataset)


def interleave_datasets(
    datasets: Sequence[D],
    probabilities: Sequence[float] | None = None,
    seed: int | None = None,
    info: DatasetInfo | None = None,
    split: str | None = None,
    stopping_strategy: str = "first_exhausted",
) -> D:
    """The rows of several datasets, one of each in turn, or by chance. Copies and reads nothing: the result is a row list.

    Args:
        datasets: the datasets; their columns must agree as for :func:`concatenate_datasets`.
        probabilities: how likely each dataset gives the next row; None takes them in turn.
        seed: names the draw; the same order as in HF ``datasets``.
        info: description of the result; default: those of the datasets, merged.
        split: name of the split that the result is.
        stopping_strategy: ``"first_exhausted"`` ends when one dataset is used up, ``"all_exhausted"`` when each was used up
            once (shorter ones begin again), ``"all_exhausted_without_replacement"`` gives every row once.

    Raises:
        ArgumentError: no dataset, probabilities that are none, or an unknown strategy.
        TypeConflictError: a column has two types.

    >>> interleave_datasets([Dataset.from_dict({"a": [1, 2]}), Dataset.from_dict({"a": [10, 20, 30]})])["a"][:]
    [1, 10, 2, 20]
    """
    given = list(datasets)
    if not given:
        raise ArgumentError("No dataset to interleave was given: the list is empty.")
    stacked = concatenate_datasets(given, info, split)
    rows = interleaved_rows([len(dataset) for dataset in given], probabilities, seed, stopping_strategy)
    return stacked._from_state(pick_rows(stacked._state, rows))
