"""Executors of one machine: threads, and processes that are never forked.

Knows: how workers are started, fed, listened to and ended. Does not know: what a job does.

A worker process is a fresh interpreter (``child``) at the other end of a socket. It does not import the program that started
it: functions of ``__main__`` (scripts without a guard, notebooks, lambdas) travel by value. All jobs travel in one message,
once per worker, so that what they share is sent once; after it only numbers do.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Pipe, wait
from typing import Any

from nlpdata._report import warn_once
from nlpdata.engine.courier import Parcel, pack
from nlpdata.engine.executor import Executor, Job, Report, SerialExecutor, title, worker_number
from nlpdata.errors import ArgumentError, WorkerError

PATIENCE_SECONDS = 0.3
_WORTH_SECONDS = 1.0  # of work left, below which starting processes does not pay
_LONG_SECONDS = 10.0  # of work left, for which processes are started without patience
_LOOK_SECONDS = 0.01
_LAST_WORDS_BYTES = 4096
_JOIN_SECONDS = 0.8
# Allocators that give memory back: arrow's own pool and the arenas of many threads keep what a large batch took.
_SPARING = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


def worker_count(asked: int | str | None, what: str = "num_proc") -> int | None:
    """A number of workers: ``"auto"`` is one for each core this process may use.

    Raises:
        ArgumentError: it is neither ``"auto"``, None, nor an integer from 1 on.

    >>> worker_count(3), worker_count(None)
    (3, None)
    """
    if asked is None:
        return None
    if asked == "auto":
        return cores()
    if isinstance(asked, bool) or not hasattr(asked, "__index__") or int(asked) < 1:
        raise ArgumentError(f"{what} is {asked!r}. Give a number of workers from 1 on, 'auto' for one a core, or None.")
    return int(asked)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def executor_for(num_proc: int | str | None, num_threads: int | str | None) -> Executor:
    """Processes, threads, or the serial executor, as asked.

    Raises:
        ArgumentError: both are given, or a number cannot be meant.
    """
    processes, threads = worker_count(num_proc), worker_count(num_threads, "num_threads")
    if (processes or 1) > 1 and (threads or 1) > 1:
        raise ArgumentError(f"num_proc={num_proc!r} and num_threads={num_threads!r} are both given. Give one of them.")
    if (threads or 1) > 1:
        return ThreadExecutor(threads or 1)
    return ProcessExecutor(processes or 1, patience_seconds=PATIENCE_SECONDS) if (processes or 1) > 1 else SerialExecutor()


# --- threads -----------------------------------------------------------------------------------------------------------


class ThreadExecutor(Executor):
    """Jobs in threads of this process: for functions that release the GIL (fast tokenizers, Arrow and NumPy kernels).

    A thread cannot be ended from outside: after :meth:`stop` a job ends at its next progress report.

    Args:
        workers: how many threads.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._waiting: deque[Job] = deque()
        self._said: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def submit(self, job: Job) -> None:
        """Add a job; it is begun when values are asked for."""
        self._waiting.append(job)

    def results(self, report: Report) -> Iterator[Any]:
        """The values in the order in which jobs end."""
        left = len(self._waiting)
        stopped = self._stopped = threading.Event()
        said = self._said = queue.SimpleQueue()
        count = min(self.workers, left)
        self._threads = [
            threading.Thread(target=self._work, args=(n, stopped, said), name=f"nlpdata-worker-{n}", daemon=True)
            for n in range(count)
        ]
        for thread in self._threads:
            thread.start()
        while left:
            kind, value = said.get()
            if kind == "progress":
                report(value)
                continue
            left -= 1
            if kind == "error":
                self.stop()
                raise value
            yield value
        self._join()

    def _work(self, number: int, stopped: threading.Event, said: queue.SimpleQueue[tuple[str, Any]]) -> None:
        worker_number.set(number)

        def report(count: int) -> None:
            if stopped.is_set():
                raise _StoppedError
            said.put(("progress", count))

        while not stopped.is_set():
            try:
                job = self._waiting.popleft()
            except IndexError:
                return
            try:
                said.put(("value", job(report)))
            except _StoppedError:
                return
            except BaseException as error:  # noqa: BLE001 - carried to the caller's thread, whatever it is
                said.put(("error", error))
                return

    def stop(self) -> None:
        """Begin no further job, and wait a moment for those at work."""
        self._stopped.set()
        self._waiting.clear()
        self._join()

    def _join(self) -> None:
        until = time.monotonic() + _JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._threads = []


class _StoppedError(BaseException):
    """Ends a job whose executor was stopped; no ``except Exception`` of a user's function holds it up."""


# --- processes ---------------------------------------------------------------------------------------------------------


class ProcessExecutor(Executor):
    """Jobs in fresh interpreters, which import neither the calling program nor anything its functions do not use.

    Starting processes takes a fraction of a second. With ``patience_seconds`` the calling thread begins the jobs itself, and
    processes are started only when work that is worth it is left after that time; it goes on until they are ready. So short
    work is as fast as serial work. A job may have ``rows``, its number of input rows, by which that is judged.

    Where a module of the user would be another one in a fresh interpreter (it was edited since it was imported, or its globals
    were assigned), processes would run other code than what was asked for: the calling thread does the jobs, with a warning.

    Args:
        workers: how many processes at most.
        patience_seconds: how long the calling thread works alone; 0 starts processes at once.
    """

    def __init__(self, workers: int, *, patience_seconds: float = 0.0) -> None:
        self.workers, self.patience_seconds = workers, patience_seconds
        self._jobs: list[Job] = []
        self._waiting: deque[int] = deque()
        self._heard: deque[Any] = deque()  # values that came while the calling thread was at work itself
        self._parcel: Parcel | None = None
        self._crew: list[_Worker] = []
        self._numbers = 0
        self._refused = False

    def submit(self, job: Job) -> None:
        """Add a job; it is begun when values are asked for."""
        self._waiting.append(len(self._jobs))
        self._jobs.append(job)

    def results(self, report: Report) -> Iterator[Any]:
        """The values in the order in which jobs end."""
        values = self._values(report)
        for _ in range(len(self._waiting)):
            yield next(values)
        self.stop()

    def _values(self, report: Report) -> Iterator[Any]:
        if self.patience_seconds:
            yield from self._alone(report)
        while True:
            if self._refused:
                yield self._jobs[self._waiting.popleft()](report)
                continue
            self.hire()
            self.listen(report, None)
            while self._heard:
                yield self._heard.popleft()

    def _alone(self, report: Report) -> Iterator[Any]:
        """Jobs done in this thread until processes are at work, or until all are done."""
        watch = _Patience(self, report)
        while self._waiting and not (self._crew and all(worker.ready for worker in self._crew)):
            index = self._waiting.popleft()
            yield self._jobs[index](watch)
            watch(0)
            while self._heard:
                yield self._heard.popleft()

    @property
    def pays(self) -> bool:
        """Whether processes could still be started for something."""
        return bool(self._waiting) and not self._crew and not self._refused

    def hire(self) -> None:
        """Give work to those that are ready, and start more processes: first one a core, the rest when these are at work."""
        if not self._crew:
            self._parcel = self._parcel or pack(self._jobs)
            for _ in range(min(self.workers, len(self._waiting), cores())):
                self._hire_one()
            return
        for worker in self._crew:
            if worker.ready and worker.job is None and self._waiting:
                worker.begin(self._waiting.popleft())
        grown = all(worker.ready for worker in self._crew)
        if grown and self._waiting and len(self._crew) < self.workers:
            self._hire_one()

    def _hire_one(self) -> None:
        assert self._parcel is not None
        share = max(1, cores() // self.workers)
        self._crew.append(_Worker(self._numbers, self._parcel, share))
        self._numbers += 1

    def listen(self, report: Report, seconds: float | None) -> None:
        """Take in what workers say next; progress and their standard error are passed on, values are kept."""
        ends: dict[Any, _Worker] = {end: worker for worker in self._crew for end in worker.ends()}
        for end in wait(list(ends), seconds):
            worker = ends[end]
            if end is worker.errors:
                worker.hear()
                continue
            try:
                kind, value = worker.read()
            except (EOFError, ConnectionError):
                raise worker.death(self._jobs) from None
            if kind == "progress":
                worker.done += value
                report(value)
            elif kind == "ready":
                worker.ready = True
            elif kind == "differs":
                self._refuse(value)
                return
            elif kind == "error":
                worker.hear()
                raise told(*value)
            else:
                worker.job = None
                self._heard.append(value)

    def _refuse(self, names: list[str]) -> None:
        warn_once(
            f"{', '.join(names)}: a new process would run other code or use other values than this one does, because the file "
            "was changed since it was imported, or a global was assigned. The work is done in this process instead. "
            "Import the module again (restart, or importlib.reload) and hand values over as arguments to use processes."
        )
        self._refused = True
        self._waiting.extendleft(worker.job for worker in self._crew if worker.job is not None)
        self._dismiss()

    def stop(self) -> None:
        """Kill the workers; what they had committed stays."""
        self._waiting.clear()
        self._heard.clear()
        self._jobs = []
        self._dismiss()

    def _dismiss(self) -> None:
        crew, self._crew = self._crew, []
        for worker in crew:
            worker.kill()
        for worker in crew:
            worker.close()
        if self._parcel is not None:
            self._parcel.close()
            self._parcel = None


class _Patience:
    """A progress function that starts processes when the work turns out to be long, and looks after them."""

    def __init__(self, executor: ProcessExecutor, report: Report) -> None:
        self._executor, self._report = executor, report
        self._begun, self._rows, self._looked = time.perf_counter(), 0, 0.0
        self._total = sum(getattr(job, "rows", 0) for job in executor._jobs)

    def __call__(self, count: int) -> None:
        self._rows += count
        if count:
            self._report(count)
        now = time.perf_counter()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked, spent, executor = now, now - self._begun, self._executor
        if executor._crew:
            executor.hire()
            executor.listen(self._report, 0)
        elif executor.pays and self._left(spent) >= _WORTH_SECONDS:
            executor.hire()

    def _left(self, spent: float) -> float:
        """Seconds of work that are left, as far as that is known; 0 if it is too early to say."""
        patience = self._executor.patience_seconds
        if not (self._total and self._rows):
            return _WORTH_SECONDS if spent >= patience else 0.0
        left = spent * (self._total - self._rows) / self._rows
        return left if spent >= patience or left >= _LONG_SECONDS else 0.0


class _Worker:
    """One process, seen from here."""

    def __init__(self, number: int, parcel: Parcel, share: int) -> None:
        self.number, self.ready, self.done = number, False, 0
        self.job: int | None = None
        self.connection, theirs = Pipe()
        code = (
            f"import sys; sys.path[:] = {sys.path!r}; from nlpdata.engine.child import main; main({theirs.fileno()}, {number})"
        )
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_environment(share),
                pass_fds=[theirs.fileno(), *parcel.handles],
            )  # fmt: skip
        finally:
            theirs.close()
        assert self.process.stderr is not None
        self.errors: Any = self.process.stderr  # a pipe, which ``wait`` takes beside connections
        self._words, self._silent = b"", False
        self._sender = threading.Thread(target=self._send, args=(parcel.message,), name="nlpdata-sender", daemon=True)
        self._sender.start()

    def _send(self, message: bytes) -> None:
        # Not in the calling thread: a big message waits for a worker that is still starting.
        with suppress(OSError, ValueError):
            self.connection.send_bytes(message)

    def ends(self) -> list[Any]:
        return [self.connection] if self._silent else [self.connection, self.errors]

    def begin(self, index: int) -> None:
        self.job, self.done = index, 0
        self._sender.join()
        with suppress(OSError):  # a worker that died meanwhile is noticed when it is listened to
            self.connection.send_bytes(index.to_bytes(8, "little"))

    def read(self) -> tuple[str, Any]:
        said: tuple[str, Any] = pickle.loads(self.connection.recv_bytes())
        return said

    def hear(self) -> None:
        """Pass on what it wrote to its standard error, and remember the end of it."""
        if not self._silent and self.errors in wait([self.errors], 0):
            said = os.read(self.errors.fileno(), 65536)
            self._silent = not said
            self._words = (self._words + said)[-_LAST_WORDS_BYTES:]
            sys.stderr.write(said.decode("utf-8", "replace"))

    def death(self, jobs: list[Job]) -> WorkerError:
        """The error that tells how it died."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        while not self._silent and wait([self.errors], 0.2):
            self.hear()
        status = self.process.returncode
        how = f"ended with status {status}" if status is None or status >= 0 else f"was killed by {_signal_name(-status)}"
        at = (
            "before its first job" if self.job is None else f"at work on {title(jobs[self.job])}, {self.done:,} rows of it done"
        )
        hint = " The system kills processes so when memory runs out." if status == -signal.SIGKILL else ""
        words = self._words.decode("utf-8", "replace").strip()
        said = f" Its last words:\n{words}" if words else " It said nothing on its standard error."
        message = f"Worker process {self.number} {how} {at}.{hint} What was committed before is kept.{said}"
        return WorkerError(message)

    def kill(self) -> None:
        self.process.kill()

    def close(self) -> None:
        self.process.wait()
        self._sender.join()
        self.connection.close()
        self.errors.close()


def told(error: bytes | None, trace: str, number: int) -> BaseException:
    """An exception of a worker, with the traceback it had there as its cause."""
    cause = WorkerError(f"in worker process {number}:\n{trace}")
    if error is not None:
        try:
            made = pickle.loads(error)
        except Exception:  # noqa: BLE001 - whatever unpickling a foreign exception raises, its text remains
            made = None
        if isinstance(made, BaseException):
            made.__cause__ = cause
            return made
    return cause


def _signal_name(number: int) -> str:
    try:
        return f"{signal.Signals(number).name} (signal {number})"
    except ValueError:
        return f"signal {number}"


def _environment(share: int) -> dict[str, str]:
    """The environment of a worker, whose libraries use its share of the cores; what the user set, stays."""
    wanted = dict.fromkeys(_THREAD_VARIABLES, str(share))
    wanted["TOKENIZERS_PARALLELISM"] = "true" if share > 1 else "false"
    wanted |= _SPARING
    return {**wanted, **os.environ}
