"""Which row does not fit, and the words for it.

Knows: how to find the first bad row of a batch that failed as a whole. Does not know: why it failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from nlpdata.errors import FeatureError, RowError, TypeConflictError

#: What converting values may raise when they do not fit.
MISFITS = (pa.ArrowException, TypeError, ValueError, OverflowError)


def first_misfit(count: int, attempt: Callable[[int, int], Any]) -> tuple[int, Exception] | None:
    """The first row for which ``attempt(row, row + 1)`` fails, and its error; None if no single row fails.

    Args:
        count: number of rows.
        attempt: converts rows start to stop, raises one of ``MISFITS`` if one of them does not fit.

    Cost: about twice converting all rows; ranges are halved.
    """
    start, stop = 0, count
    failure = _failure(attempt, start, stop)
    while failure is not None and stop - start > 1:
        middle = (start + stop) // 2
        first = _failure(attempt, start, middle)
        if first is not None:
            stop, failure = middle, first
        else:
            start, failure = middle, _failure(attempt, middle, stop)
    return None if failure is None else (start, failure)


def first_conflict(count: int, attempt: Callable[[int, int], Any]) -> tuple[int, Exception] | None:
    """The first row whose addition to the rows before it makes ``attempt(0, row + 1)`` fail, and the error."""
    failure = _failure(attempt, 0, count)
    good, bad = 0, count
    while failure is not None and bad - good > 1:
        middle = (good + bad) // 2
        found = _failure(attempt, 0, middle)
        if found is None:
            good = middle
        else:
            bad, failure = middle, found
    return None if failure is None else (bad - 1, failure)


def _failure(attempt: Callable[[int, int], Any], start: int, stop: int) -> Exception | None:
    try:
        attempt(start, stop)
    except MISFITS as error:
        return error
    return None


def shown(value: Any, width: int = 80) -> str:
    """The repr of a value, cut to ``width`` characters, with its type."""
    text = " ".join(line.strip() for line in repr(value).splitlines())  # arrays take several lines
    if len(text) > width:
        text = f"{text[: width - 4]} ..."
    return f"{text} ({type(value).__name__})"


def row_error(values: Sequence[Any], row: int, *, column: str, expected: Any, first_row: int, reason: object = "") -> RowError:
    """The error for row ``row`` of a batch whose first row is number ``first_row``."""
    value = values[row]
    if isinstance(value, pa.Scalar):
        value = value.as_py()
    where = f"Row {first_row + row}" + (f" of column {column!r}" if column else "")
    why = f" {str(reason).rstrip('. ')}." if isinstance(reason, FeatureError) else ""
    any_type = " (Json() holds values of several types)" if isinstance(reason, TypeConflictError) else ""
    advice = f"Change the value, or declare another type for the column{any_type}."
    message = f"{where}: {shown(value)} does not fit {expected}.{why} {advice}"
    return RowError(message, row=first_row + row, column=column or None, value=value)
