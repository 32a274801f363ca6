"""Worker processes of one machine: how they are born, spoken to and ended.

Knows: processes, pipes and signals. Does not know: which job is given to whom.

A crew begins with one fresh interpreter, the nursery, which imports what workers need and nothing of the program that started
it. It never has a thread; the workers are forked from it, share its memory, and start in a few milliseconds. The jobs, too, it
takes in before, if they need only libraries that can be shared: so a tokenizer or an array is there once for all workers.
Where it cannot be forked from (no Linux, or a thread that the site's start-up files made), each worker is a fresh interpreter
of its own. The nursery stays to tell what workers died of. It leads a process group of its own, so that all of them, and what
they started, end together.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any

from nlpdata.engine.courier import Parcel
from nlpdata.engine.executor import Job, title
from nlpdata.errors import WorkerError

_LAST_WORDS_BYTES = 4096
_DEATH_SECONDS = 5.0
# Allocators that give memory back: arrow's own pool, the arenas of many threads, and a threshold that grows with what is freed,
# keep what a large batch took.
_SPARING = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(256 * 1024)}
# Threads that NumPy and pyarrow start as soon as they are imported; the nursery could not be forked from.
_NO_THREADS = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")


class Crew:
    """Worker processes that were given the same jobs.

    Args:
        parcel: the jobs.
        count: how many workers.
        share: how many cores each may use.
    """

    def __init__(self, parcel: Parcel, count: int, share: int) -> None:
        self._control, control = Pipe(duplex=False)
        pipes = [(Pipe(), os.pipe()) for _ in range(count)]
        ends = [(n, theirs.fileno(), errors) for n, ((_, theirs), (_, errors)) in enumerate(pipes)]
        handles = [control.fileno(), *parcel.handles, *(handle for _, *two in ends for handle in two)]
        try:
            self._process = subprocess.Popen(
                command(f"main({control.fileno()}, {ends!r}, {parcel.message}, {share})"),
                stdin=subprocess.DEVNULL, stderr=ends[0][2], env=_environment(share), pass_fds=handles, process_group=0,
            )  # fmt: skip
        finally:
            control.close()
            for (_, theirs), (_, errors) in pipes:
                theirs.close()
                os.close(errors)
        self._ends: dict[int, int] = {}
        self.workers = [Worker(n, ours, os.fdopen(errors, "rb", 0)) for n, ((ours, _), (errors, _)) in enumerate(pipes)]

    @property
    def ready(self) -> bool:
        """Whether all have the jobs."""
        return all(worker.ready for worker in self.workers)

    @property
    def busy(self) -> bool:
        """Whether any is at a job."""
        return any(worker.job is not None for worker in self.workers)

    def speaking(self, seconds: float | None) -> list[tuple[Worker, Any]]:
        """The workers that say something within that time, and on which end."""
        ends: dict[Any, Worker] = {end: worker for worker in self.workers for end in worker.ends()}
        return [(ends[end], end) for end in wait(list(ends), seconds)]

    def death(self, worker: Worker, jobs: Sequence[Job]) -> WorkerError:
        """The error that tells how a worker died."""
        status = self._status(worker.number)
        while worker.hear(0.2):
            pass
        how = f"ended with status {status}" if status is None or status >= 0 else f"was killed by {_signal_name(-status)}"
        at = "before its first job"
        if worker.job is not None:
            at = f"at work on {title(jobs[worker.job])}, {worker.done:,} rows of it done"
        hint = " The system kills processes so when memory runs out." if status == -signal.SIGKILL else ""
        words = worker.words.decode("utf-8", "replace").strip()
        said = f" Its last words:\n{words}" if words else " It said nothing on its standard error."
        return WorkerError(f"Worker process {worker.number} {how} {at}.{hint} What was committed before is kept.{said}")

    def _status(self, number: int) -> int | None:
        """The exit status of a worker, negative for a signal; of the nursery, if that died before it told."""
        try:
            while number not in self._ends and self._control.poll(_DEATH_SECONDS):
                self._ends.update([self._control.recv()])
        except EOFError:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_DEATH_SECONDS)
        return self._ends.get(number, self._process.returncode)

    def end(self) -> None:
        """Kill all of them, and what they started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._control.close()
        for worker in self.workers:
            worker.close()


class Worker:
    """One worker process, seen from the calling one.

    Attributes:
        ready: whether it has the jobs.
        job: the number of the job it is at, or None.
        done: the rows of the job that it has told of.
        words: what it said last on its standard error.
    """

    def __init__(self, number: int, connection: Connection[Any, Any], errors: Any) -> None:
        self.number, self.ready, self.done, self.words = number, False, 0, b""
        self.job: int | None = None
        self.errors = errors  # a pipe, which ``wait`` takes beside connections
        self._connection, self._silent = connection, False

    def ends(self) -> list[Any]:
        """Where it may say something."""
        return [self._connection] if self._silent else [self._connection, self.errors]

    def begin(self, index: int) -> None:
        """Order a job."""
        self.job, self.done = index, 0
        with suppress(OSError):  # a worker that died meanwhile is noticed when it is listened to
            self._connection.send_bytes(index.to_bytes(8, "little"))

    def read(self) -> tuple[str, Any]:
        """What it says: a kind, and a value.

        Raises:
            EOFError, ConnectionError: it is dead.
        """
        said: tuple[str, Any] = pickle.loads(self._connection.recv_bytes())
        return said

    def hear(self, seconds: float = 0) -> bool:
        """Pass on what it writes to its standard error within that time, and remember the end of it."""
        if self._silent or self.errors not in wait([self.errors], seconds):
            return False
        said = os.read(self.errors.fileno(), 65536)
        self._silent = not said
        self.words = (self.words + said)[-_LAST_WORDS_BYTES:]
        sys.stderr.write(said.decode("utf-8", "replace"))
        return True

    def close(self) -> None:
        """Let go of the pipes of a worker that was killed."""
        self._connection.close()
        self.errors.close()


def command(call: str) -> list[str]:
    """The command line of a fresh interpreter that finds the modules this one finds, and makes a call of ``child``."""
    return [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; from nlpdata.engine.child import main; {call}"]


def _signal_name(number: int) -> str:
    try:
        return f"{signal.Signals(number).name} (signal {number})"
    except ValueError:
        return f"signal {number}"


def _environment(share: int) -> dict[str, str]:
    """The environment of workers, whose libraries use their share of the cores; what the user set, stays."""
    wanted = dict.fromkeys(_THREAD_VARIABLES, str(share))
    wanted["TOKENIZERS_PARALLELISM"] = "true" if share > 1 else "false"
    wanted |= _SPARING | _NO_THREADS
    return {**wanted, **os.environ}
