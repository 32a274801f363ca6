"""Where jobs are run: the contract of an executor, and the serial one.

Knows: jobs are callables that report progress and return a value. Does not know: what they do.

**The contract.** ``submit`` takes a job and returns at once. ``results`` gives the value of each job, in any order, and ends
when all submitted jobs are through; progress is handed to ``report`` in the caller's thread. ``stop`` gives up what is not
finished and frees all workers; it may be called at any time and more than once, and leaving a ``with`` block calls it.

*Failure*: an exception of a job is raised by ``results``, with the traceback it had where it was raised; jobs not yet begun are
not run. *Cancellation*: an exception in the caller (Ctrl-C too) reaches ``stop`` through the ``with`` block. *End*: after the
last value ``results`` is exhausted, and more jobs may be submitted. *Death*: an executor whose workers can die raises an error
that names the signal or exit status and the job's label; it never waits for a worker that is gone.

A job may have ``rows``, its number of input rows, and ``divide(rows)``, which gives the job of its first rows (or a few more)
and that of the rest, or None if nothing is left. Executors with several workers cut such jobs, so that all end together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any

Report = Callable[[int], Any]
"""Told how many more rows are done. ``True`` asks a job that can be divided to leave the rest to others."""
Job = Callable[[Report], Any]

_SHARES = 4  # of what is left for each worker, one is begun

worker_number: ContextVar[int] = ContextVar("worker_number", default=0)
"""The number of the worker that runs this code, from 0: what ``with_rank`` gives."""
spare_core: ContextVar[bool] = ContextVar("spare_core", default=True)
"""Whether this process may use more than one core, so that a second thread of it is worth what it holds."""


def title(job: Job) -> str:
    """A job as messages call it: its ``title`` or ``label``, such as its row range."""
    return str(getattr(job, "title", None) or getattr(job, "label", None) or "a job")


def divided(jobs: Iterable[Job], workers: int, least: int) -> list[Job]:
    """The jobs cut into smaller and smaller ones, so that no worker is at a long one when the others have nothing left.

    Args:
        jobs: those that cannot be divided stay as they are.
        workers: how many there are.
        least: rows of a job that are not worth dividing.
    """
    waiting = list(jobs)
    left, pieces = sum(getattr(job, "rows", 0) for job in waiting), []
    for job in waiting:
        rest: Job | None = job
        while rest is not None:
            divide = getattr(rest, "divide", None)
            piece, rest = (rest, None) if divide is None else divide(max(least, left // (_SHARES * workers)))
            pieces.append(piece)
            left -= getattr(piece, "rows", 0)
    return pieces


class Executor(ABC):
    """Runs jobs; see the module for what every implementation promises."""

    @abstractmethod
    def submit(self, job: Job) -> None:
        """Add a job: a callable (picklable, where workers are other processes) that is given a progress function."""

    @abstractmethod
    def results(self, report: Report) -> Iterator[Any]:
        """The values of the submitted jobs, as they become ready."""

    @abstractmethod
    def stop(self) -> None:
        """Give up what is not finished."""

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


class SerialExecutor(Executor):
    """One job after the other, in the calling thread, in the order they were submitted."""

    def __init__(self) -> None:
        self._waiting: deque[Job] = deque()

    def submit(self, job: Job) -> None:
        """Add a job; it is run when its value is asked for."""
        self._waiting.append(job)

    def results(self, report: Report) -> Iterator[Any]:
        """Run the jobs and give their values."""
        while self._waiting:
            yield self._waiting.popleft()(report)

    def stop(self) -> None:
        """Forget the jobs that were not run."""
        self._waiting.clear()
