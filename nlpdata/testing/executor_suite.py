"""What every executor promises, as checks that run against any implementation of ``nlpdata.engine.executor.Executor``.

Knows: the contract in the docstring of that module. Does not know: threads, processes or clusters.

    from nlpdata.testing.executor_suite import check_executor
    check_executor(lambda: MyExecutor(workers=2))
"""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from nlpdata.engine.executor import Executor, Report, worker_number

__all__ = ["EXECUTOR_CHECKS", "check_executor"]

Make = Callable[[], Executor]
_STOP_SECONDS = 5.0


@dataclass(frozen=True)
class _Work:
    """A job: does nothing, waits, or fails."""

    number: int
    wait_seconds: float = 0.0
    fails: bool = False

    @property
    def label(self) -> str:
        return f"job {self.number}"

    def __call__(self, report: Report) -> tuple[int, int]:
        until = time.monotonic() + self.wait_seconds
        while time.monotonic() < until:
            time.sleep(0.01)
            report(0)
        if self.fails:
            raise LookupError(f"job {self.number} failed")
        report(self.number)
        return self.number, worker_number.get()


def _ignore(_: int) -> None:
    return None


def every_job_has_its_value(make: Make) -> None:
    """Each submitted job gives one value, and ``results`` ends."""
    with make() as executor:
        for number in range(20):
            executor.submit(_Work(number))
        found = sorted(number for number, _ in executor.results(_ignore))
    assert found == list(range(20)), found


def no_job_no_value(make: Make) -> None:
    """Without jobs ``results`` ends at once."""
    with make() as executor:
        assert list(executor.results(_ignore)) == []


def progress_adds_up_in_the_calling_thread(make: Make) -> None:
    """What jobs report arrives, all of it, where ``results`` is iterated."""
    told: list[int] = []
    threads: set[int] = set()

    def report(count: int) -> None:
        told.append(count)
        threads.add(threading.get_ident())

    with make() as executor:
        for number in range(10):
            executor.submit(_Work(number))
        list(executor.results(report))
    assert sum(told) == sum(range(10)), told
    assert threads <= {threading.get_ident()}


def a_failure_is_raised_as_it_is(make: Make) -> None:
    """An exception of a job reaches the caller with its type, its message and the traceback of where it was raised."""
    failure: BaseException | None = None
    with make() as executor:
        executor.submit(_Work(7, fails=True))
        try:
            list(executor.results(_ignore))
        except LookupError as error:
            failure = error
    assert failure is not None, "the exception of the job was not raised"
    assert "job 7 failed" in str(failure), failure
    assert "__call__" in _trace(failure), "the traceback does not lead to the job"


def a_failure_keeps_others_from_beginning(make: Make) -> None:
    """After a failure jobs that were not begun are not run, and the caller is not kept waiting."""
    begun = time.monotonic()
    with make() as executor:
        executor.submit(_Work(0, fails=True))
        for number in range(1, 100):
            executor.submit(_Work(number, wait_seconds=0.2))
        try:
            list(executor.results(_ignore))
        except LookupError:
            pass
        else:
            raise AssertionError("the exception of the job was not raised")
    assert time.monotonic() - begun < _STOP_SECONDS, "jobs were run after a failure"


def more_jobs_after_the_end(make: Make) -> None:
    """After the last value jobs may be submitted again."""
    with make() as executor:
        for round_number in range(3):
            executor.submit(_Work(round_number))
            assert [number for number, _ in executor.results(_ignore)] == [round_number]


def stopping_is_quick_and_can_be_repeated(make: Make) -> None:
    """``stop`` does not wait for jobs at work, and may be called again."""
    executor = make()
    for number in range(4):
        executor.submit(_Work(number, wait_seconds=0.0 if number == 0 else 30.0))
    next(iter(executor.results(_ignore)))
    begun = time.monotonic()
    executor.stop()
    executor.stop()
    assert time.monotonic() - begun < _STOP_SECONDS, "stop waited for the jobs"


def an_error_of_the_caller_ends_the_work(make: Make) -> None:
    """Leaving the ``with`` block by an exception stops the workers; the exception is the caller's own."""
    begun = time.monotonic()
    try:
        with make() as executor:
            for number in range(4):
                executor.submit(_Work(number, wait_seconds=0.0 if number == 0 else 30.0))
            for _ in executor.results(_ignore):
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    assert time.monotonic() - begun < _STOP_SECONDS, "the workers went on"


def nothing_runs_before_it_is_asked_for(make: Make) -> None:
    """An executor that is made, filled and stopped leaves nothing behind."""
    executor = make()
    executor.submit(_Work(1, wait_seconds=30.0))
    executor.stop()
    assert list(executor.results(_ignore)) == []


EXECUTOR_CHECKS: tuple[Callable[[Make], None], ...] = (
    every_job_has_its_value,
    no_job_no_value,
    progress_adds_up_in_the_calling_thread,
    a_failure_is_raised_as_it_is,
    a_failure_keeps_others_from_beginning,
    more_jobs_after_the_end,
    stopping_is_quick_and_can_be_repeated,
    an_error_of_the_caller_ends_the_work,
    nothing_runs_before_it_is_asked_for,
)
"""Each raises AssertionError if the promise it names is broken."""


def check_executor(make: Make) -> None:
    """Run all checks.

    Args:
        make: gives a new executor at each call.

    Raises:
        AssertionError: a promise is broken; its name and what was found.

    >>> from nlpdata.engine.executor import SerialExecutor
    >>> check_executor(SerialExecutor)
    """
    for check in EXECUTOR_CHECKS:
        try:
            check(make)
        except AssertionError as error:
            raise AssertionError(f"{check.__name__}: {error}") from error


def _trace(error: BaseException) -> str:

    return "".join(traceback.format_exception(error))
