"""Everything said to the user: progress bars, one-time warnings, logging.

Knows: when to be silent (no terminal, bars switched off, log level). Does not know: what is being done.
Loggers propagate: an application that configures ``logging`` sees our records without further ado.
"""

from __future__ import annotations

import functools
import logging
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

from nlpdata.settings import settings

F = TypeVar("F", bound=Callable[..., Any])

_said: set[str] = set()


def get_logger(name: str = "nlpdata") -> logging.Logger:
    """A logger below ``nlpdata``, at the level of the setting ``verbosity``."""
    root = logging.getLogger("nlpdata")
    if root.level == logging.NOTSET:
        root.setLevel(settings.verbosity.upper())
    return root if name == "nlpdata" else root.getChild(name.removeprefix("nlpdata."))


def set_verbosity(level: int | str) -> None:
    """Set the level of all of the library's loggers."""
    logging.getLogger("nlpdata").setLevel(level.upper() if isinstance(level, str) else level)


def get_verbosity() -> int:
    """The effective level of the library's loggers."""
    return get_logger().getEffectiveLevel()


def warn_once(message: str, category: type[Warning] = UserWarning, *, stacklevel: int = 3) -> None:
    """Warn about something the first time it is met in this process."""
    if message not in _said:
        _said.add(message)
        warnings.warn(message, category, stacklevel=stacklevel)


def progress(total: int | None, desc: str, unit: str = "rows", *, initial: int = 0) -> Any:
    """A tqdm bar on standard error, silent where that is no terminal or bars are switched off.

    Args:
        total: how much there is, or None if unknown.
        desc: what is being done, a few words.
        unit: ``"rows"``, or ``"B"`` for bytes, which are then shown scaled.
        initial: what was done before (a resumed run).

    Returns:
        An object with ``update(n)`` and ``close()``, and a context manager.
    """
    from tqdm.auto import tqdm

    bytes_unit = unit == "B"
    return tqdm(
        total=total,
        desc=desc,
        unit=unit if bytes_unit else f" {unit}",
        unit_scale=bytes_unit,
        unit_divisor=1024 if bytes_unit else 1000,
        initial=initial,
        disable=are_progress_bars_disabled() or not sys.stderr.isatty(),
        leave=False,
        dynamic_ncols=True,
    )


def tqdm(*args: Any, **kwargs: Any) -> Any:
    """A tqdm bar that obeys the library's switches: nothing is shown while progress bars are off."""
    from tqdm.auto import tqdm as bar

    return bar(*args, **{**kwargs, "disable": True} if are_progress_bars_disabled() else kwargs)


def experimental(fn: F) -> F:
    """A decorator: the first use of the function warns that it may change."""

    @functools.wraps(fn)
    def warned(*args: Any, **kwargs: Any) -> Any:
        warn_once(f"{fn.__name__!r} is experimental and may change without notice.", stacklevel=3)
        return fn(*args, **kwargs)

    return cast(F, warned)


def are_progress_bars_disabled() -> bool:
    """True if progress bars were switched off."""
    return not settings.progress


def is_progress_bar_enabled() -> bool:
    """True unless progress bars were switched off."""
    return bool(settings.progress)


def disable_progress_bars() -> None:
    """Show no progress bars in this process."""
    settings.set(progress=False)


def enable_progress_bars() -> None:
    """Undo :func:`disable_progress_bars`."""
    settings.set(progress=True)


disable_progress_bar = disable_progress_bars
enable_progress_bar = enable_progress_bars
