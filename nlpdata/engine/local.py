"""Executors of one machine: threads, and processes that are never forked from the calling one.

Knows: which worker does which job, and when processes pay. Does not know: what a job does, how a process is started (``crew``).

A worker process (``child``) does not import the program that started it: functions of ``__main__`` (scripts without a guard,
notebooks, lambdas) travel by value. All jobs travel in one message, once per worker, so that what they share is sent once;
after it only numbers do.
"""

from __future__ import annotations

import pickle
import queue
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from nlpdata._report import warn_once
from nlpdata.engine.courier import Parcel, pack
from nlpdata.engine.crew import Crew
from nlpdata.engine.executor import Executor, Job, Report, SerialExecutor, divided, worker_number
from nlpdata.errors import ArgumentError, WorkerError
from nlpdata.settings import cores

PATIENCE_SECONDS = 0.3
_WORTH_SECONDS = 1.0  # of work left, below which starting processes does not pay
_LONG_SECONDS = 10.0  # of work left, for which processes are started without patience
_TELLING_SECONDS = 0.05  # of work, after which the first rows' own cost (what is read, imported, filled) tells little less
_LOOK_SECONDS = 0.01
_LEAST_SECONDS = 0.2  # of work that is not worth dividing
_PIECES = 16  # a worker's share of the rows is cut into so many at most, where their cost is not known
_JOIN_SECONDS = 0.8


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
        rows = sum(getattr(job, "rows", 0) for job in self._waiting)
        self._waiting = deque(divided(self._waiting, self.workers, rows // (self.workers * _PIECES)))
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
    """Jobs in processes that import neither the calling program nor anything its functions do not use.

    Starting processes takes a fraction of a second. With ``patience_seconds`` the calling thread begins the jobs itself, and
    processes are started only when work that is worth it is left after that time; it goes on until they are ready. So short
    work is as fast as serial work. Long work is divided then, by the time that rows were seen to take.

    Where a module of the user would be another one in a fresh interpreter (it was edited since it was imported, or its globals
    were assigned), processes would run other code than what was asked for: the calling thread does the jobs, with a warning.

    Args:
        workers: how many processes at most.
        patience_seconds: how long the calling thread works alone; 0 starts processes at once, for the jobs as they are.
    """

    def __init__(self, workers: int, *, patience_seconds: float = 0.0) -> None:
        self.workers, self.patience_seconds = workers, patience_seconds
        self._new: deque[Job] = deque()  # not yet sent
        self._jobs: list[Job] = []  # sent
        self._waiting: deque[int] = deque()  # sent and not begun
        self._heard: deque[Any] = deque()  # values that came while the calling thread was at work itself
        self._parcel: Parcel | None = None
        self._crew: Crew | None = None
        self._refused = False

    def submit(self, job: Job) -> None:
        """Add a job; it is begun when values are asked for."""
        self._new.append(job)

    def results(self, report: Report) -> Iterator[Any]:
        """The values in the order in which jobs end."""
        if self.patience_seconds:
            yield from self._alone(report)
        while self._new or self._open:
            if self._heard:
                yield self._heard.popleft()
            elif self._refused:
                yield self._new.popleft()(report)
            else:
                self.hire()
                self.listen(report, None)
        self.stop()

    @property
    def _open(self) -> bool:
        """Whether values of jobs that were sent are still to come."""
        return bool(self._waiting or self._heard) or (self._crew is not None and self._crew.busy)

    def _alone(self, report: Report) -> Iterator[Any]:
        """Jobs done in this thread until processes are at work, or until all are done."""
        watch = _Patience(self, report)
        while self._new and not (self.at_work or self._refused):
            job = self._new.popleft()
            yield job(watch.over(job))
            if watch.asked:
                self._new = deque(divided([*watch.rest(), *self._new], self.workers, watch.least_rows))
                if self._new:
                    self.hire()
        while self._waiting and self._crew is not None and not self._crew.ready:
            yield self._jobs[self._waiting.pop()](watch)  # the last ones are the shortest
            watch(0)
            while self._heard:
                yield self._heard.popleft()

    @property
    def has_more(self) -> bool:
        """Whether there is something that this thread has not begun."""
        return bool(self._new)

    @property
    def at_work(self) -> bool:
        """Whether there are processes."""
        return self._crew is not None

    @property
    def pays(self) -> bool:
        """Whether processes may be started."""
        return self._crew is None and not self._refused

    def hire(self) -> None:
        """Start the processes, or give work to those that are ready."""
        if self._crew is None:
            self._jobs, self._new = list(self._new), deque()
            self._waiting = deque(range(len(self._jobs)))
            self._parcel = pack(self._jobs)
            self._crew = Crew(self._parcel, min(self.workers, len(self._waiting)), max(1, cores() // self.workers))
            return
        for worker in self._crew.workers:
            if worker.ready and worker.job is None and self._waiting:
                worker.begin(self._waiting.popleft())

    def listen(self, report: Report, seconds: float | None) -> None:
        """Take in what workers say next; progress and their standard error are passed on, values are kept."""
        assert self._crew is not None
        for worker, end in self._crew.speaking(seconds):
            if end is worker.errors:
                worker.hear()
                continue
            try:
                kind, value = worker.read()
            except (EOFError, ConnectionError):
                raise self._crew.death(worker, self._jobs) from None
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
        assert self._crew is not None
        self._refused = True
        begun = [worker.job for worker in self._crew.workers if worker.job is not None]
        self._new = deque(self._jobs[index] for index in [*begun, *self._waiting])
        self._waiting.clear()
        self._dismiss()

    def stop(self) -> None:
        """Kill the workers; what they had committed stays."""
        self._new.clear()
        self._waiting.clear()
        self._heard.clear()
        self._jobs = []
        self._dismiss()

    def _dismiss(self) -> None:
        crew, self._crew = self._crew, None
        if crew is not None:
            crew.end()
        if self._parcel is not None:
            self._parcel.close()
            self._parcel = None


class _Patience:
    """A progress function that starts processes when the work turns out to be long, and looks after them.

    Where the job at work can be divided, it is asked to leave the rest to them instead.
    """

    def __init__(self, executor: ProcessExecutor, report: Report) -> None:
        self._executor, self._report = executor, report
        self._begun, self._rows, self._looked = time.perf_counter(), 0, 0.0
        self._total = sum(getattr(job, "rows", 0) for job in executor._new)
        self._divide: Any = None  # of the job at work
        self._before = 0
        self.asked = False  # whether the job was asked to leave the rest

    def over(self, job: Job) -> _Patience:
        """Itself, told which job is run next."""
        self._divide, self._before = getattr(job, "divide", None), self._rows
        return self

    def rest(self) -> list[Job]:
        """What the job left, if anything; now it is not asked any more."""
        self.asked = False
        left = self._divide(self._rows - self._before)[1]
        return [] if left is None else [left]

    @property
    def least_rows(self) -> int:
        """How many rows are not worth dividing."""
        return int(_LEAST_SECONDS * self._rows / (time.perf_counter() - self._begun))

    def __call__(self, count: int) -> bool:
        self._rows += count
        if count:
            self._report(count)
        now = time.perf_counter()
        if now - self._looked < _LOOK_SECONDS:
            return False
        self._looked, spent, executor = now, now - self._begun, self._executor
        if executor.at_work:
            executor.hire()
            executor.listen(self._report, 0)
        elif executor.pays and self._left(spent) >= _WORTH_SECONDS:
            if self._divide is not None:
                self.asked = True
            elif executor.has_more:
                executor.hire()
        return self.asked

    def _left(self, spent: float) -> float:
        """Seconds of work that are left, as far as that is known; 0 if it is too early to say."""
        patience = self._executor.patience_seconds
        if not (self._total and self._rows):
            return _WORTH_SECONDS if spent >= patience else 0.0
        left = spent * (self._total - self._rows) / self._rows
        return left if spent >= (_TELLING_SECONDS if left >= _LONG_SECONDS else patience) else 0.0


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
