"""Where jobs are run: the contract of an executor, and the serial one.

Knows: jobs are callables that report progress and return a value. Does not know: what they do.

**The contract.** ``submit`` takes a job and returns at once. ``results`` gives the value of each job, in any order, and ends
when all submitted jobs are through; progress is handed to ``report`` in the caller's thread. ``stop`` gives up what is not
finished and frees all workers; it may be called at any time and more than once, and leaving a ``with`` block calls it.

*Failure*: an exception of a job is raised by ``results``, with the traceback it had where it was raised; jobs not yet begun are
not run. *Cancellation*: an exception in the caller (Ctrl-C too) reaches ``stop`` through the ``with`` block. *End*: after the
last value ``results`` is exhausted, and more jobs may be submitted. *Death*: an executor whose workers can die raises an error
that names the signal or exit status and the job's label; it never waits for a worker that is gone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any

Report = Callable[[int], None]
Job = Callable[[Report], Any]

worker_number: ContextVar[int] = ContextVar("worker_number", default=0)
"""The number of the worker that runs this code, from 0: what ``with_rank`` gives."""


def title(job: Job) -> str:
    """A job as messages call it: its ``title`` or ``label``, such as its row range."""
    return str(getattr(job, "title", None) or getattr(job, "label", None) or "a job")


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
