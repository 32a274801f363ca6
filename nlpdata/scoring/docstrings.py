"""What metric scripts of HF ``datasets`` and ``evaluate`` decorate their class with.

Knows: one decorator, which scripts import from ``datasets.utils.file_utils`` or ``evaluate.utils.file_utils``.
Does not know: metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def add_start_docstrings(*docstr: str) -> Callable[[T], T]:
    """A decorator that puts the given texts before the docstring of a class or function.

    >>> @add_start_docstrings("First. ", "Second. ")
    ... def f():
    ...     "Own."
    >>> f.__doc__
    'First. Second. Own.'
    """

    def decorate(target: T) -> T:
        target.__doc__ = "".join(docstr) + (target.__doc__ or "")
        return target

    return decorate
