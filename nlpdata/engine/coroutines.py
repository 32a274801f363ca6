"""Functions that are coroutines: many calls wait side by side, in one event loop a thread.

Knows: asyncio. Does not know: what the functions do. asyncio is imported when a function needs it: it costs a worker 4 MB.

A thread keeps its loop for all its maps: a semaphore or an HTTP client of the user belongs to the loop that used it first.
"""

from __future__ import annotations

import atexit
import inspect
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

_MOST_AT_ONCE = 1000  # calls that wait together, as in `datasets`
Call = Callable[[], Awaitable[Any]]


@dataclass(frozen=True)
class Failed:
    """What a call raised, while others go on."""

    error: Exception


class _Loops(threading.local):
    runner: Any = None
    beside: Any = None


_loops = _Loops()


def is_async(function: Any) -> bool:
    """Whether calling a function gives a coroutine."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def awaited(out: Any) -> Any:
    """The value of a coroutine; any other value as it is."""
    return run(out) if inspect.iscoroutine(out) else out


def run(coroutine: Any) -> Any:
    """The value of a coroutine, in the loop of this thread; in another thread if a loop is running in this one (notebooks)."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run(coroutine)
    if _loops.beside is None:
        _loops.beside = ThreadPoolExecutor(1, "nlpdata-loop")
    return _loops.beside.submit(_run, coroutine).result()


def _run(coroutine: Any) -> Any:
    import asyncio

    if _loops.runner is None:
        _loops.runner = asyncio.Runner()
        atexit.register(_loops.runner.close)
    return _loops.runner.run(coroutine, context=copy_context())


def together(calls: Sequence[Call], failed: Callable[[int, Exception], Any]) -> list[Any]:
    """What the calls give, in their order; a thousand of them wait at a time.

    Args:
        calls: each gives a coroutine.
        failed: told the number of a call that failed and its error. What it returns stands for the call's value; if it
            raises, the other calls are cancelled.
    """
    import asyncio

    async def every() -> list[Any]:
        limit = asyncio.Semaphore(_MOST_AT_ONCE)

        async def one(number: int, call: Call) -> Any:
            async with limit:
                try:
                    return await call()
                except Exception as error:  # noqa: BLE001 - told
                    return failed(number, error)

        tasks = [asyncio.ensure_future(one(number, call)) for number, call in enumerate(calls)]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return list(run(every()))
