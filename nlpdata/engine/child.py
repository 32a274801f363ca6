"""The program of worker processes: take in the jobs once, run those that are asked for, tell what became of them.

Knows: the other end of ``crew``. Does not know: the program that started it, which is never imported.

It begins as the nursery, from which the workers are forked before it has a thread or any module of the user. A worker ends with
its parent, also when that was killed: a thread listens for orders, and for the end of them.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import importlib.util
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from importlib.machinery import ModuleSpec
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any, NoReturn

from nlpdata.engine.courier import unpack, unpack_shared
from nlpdata.engine.crew import command
from nlpdata.engine.executor import spare_core, worker_number
from nlpdata.settings import settings

_REPORT_SECONDS = 0.1
_BATCH_BYTES = 2**20  # of a record batch that a worker writes; it holds three times that
End = tuple[int, int, int]  # a worker's number, its connection, its standard error
Unpacked = Callable[[], tuple[Any, list[str]]]  # as ``unpack`` gives it


def main(control: int | None, ends: Sequence[End], message: int, share: int) -> None:
    """Bring the workers into the world, and tell what becomes of them; or be one, if there is no one to tell.

    Args:
        control: where to tell the number and exit status of a worker that ended; None is the one worker itself.
        ends: the workers.
        message: the file the jobs are in.
        share: how many cores each worker may use.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C may reach the whole group; the parent decides
    _put_pandas_off()
    spare_core.set(share > 1)
    if control is None:
        _serve(ends[0], partial(unpack, message))
    found = unpack_shared(message) if _can_fork() else None
    unpacked = partial(unpack, message) if found is None else lambda: found
    gc.freeze()  # the collector would write to every object, and so make a copy of what workers share
    if _can_fork():
        born = {_fork(end, [control, *_handles(ends, end)], unpacked): end[0] for end in ends}
    else:
        born = {_spawn(end, [control, *_handles(ends, end)], message, share): end[0] for end in ends}
    for handle in _handles(ends):
        os.close(handle)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # it was that of the first worker, and stood open for it
    parent: Connection[Any, Any] = Connection(control, readable=False)
    while born:
        pid, status = os.wait()
        if pid in born:
            try:
                parent.send((born.pop(pid), os.waitstatus_to_exitcode(status)))
            except (BrokenPipeError, ConnectionResetError):
                return


def _handles(ends: Sequence[End], without: End | None = None) -> list[int]:
    return [handle for end in ends if end is not without for handle in end[1:]]


def _can_fork() -> bool:
    """Whether this process is certainly safe to be forked: it runs nothing but this thread."""
    return sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1


def _fork(end: End, foreign: Sequence[int], unpacked: Unpacked) -> int:
    pid = os.fork()
    if not pid:
        for handle in foreign:
            os.close(handle)
        if "numpy.random" in sys.modules:  # ``random`` looks after itself
            sys.modules["numpy.random"].seed()
        _serve(end, unpacked)
    return pid


def _spawn(end: End, foreign: Sequence[int], message: int, share: int) -> int:
    closed = [(os.POSIX_SPAWN_CLOSE, handle) for handle in foreign]
    return os.posix_spawn(
        sys.executable, command(f"main(None, {[end]!r}, {message}, {share})"), os.environ, file_actions=closed
    )


def _serve(end: End, unpacked: Unpacked) -> NoReturn:
    """Be a worker until the parent closes the connection."""
    number, handle, errors = end
    os.dup2(errors, 2)
    os.close(errors)
    os.set_inheritable(handle, False)
    faulthandler.enable()
    worker_number.set(number)
    connection: Connection[Any, Any] = Connection(handle)
    orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, orders), name="nlpdata-orders", daemon=True).start()
    voice = _Voice(connection, number)
    try:
        jobs, different = unpacked()
        settings.set(batch_bytes=min(settings.batch_bytes, _BATCH_BYTES))
    except Exception as error:  # noqa: BLE001 - whatever importing the user's modules raises is told
        voice.complain(error)
        orders.get()
        os._exit(0)
    voice.say("differs", different) if different else voice.say("ready", None)
    while True:
        job = jobs[int.from_bytes(orders.get(), "little")]
        try:
            value = job(voice.progress)
            voice.flush()
            voice.say("value", value)
        except BaseException as error:  # noqa: BLE001 - SystemExit too: every end of a job is told
            voice.complain(error)


def _put_pandas_off() -> None:
    """Have pyarrow look for pandas while it is not to be found.

    The first array that pyarrow makes imports pandas, to know its types when it meets one: 40 MB a worker. It looks again when
    pandas is really used, which ``_PandasLater`` brings about as soon as someone imports it.
    """
    finder = _PandasLater()
    sys.meta_path.insert(0, finder)
    lib = importlib.import_module("pyarrow.lib")
    lib.array([None])
    finder.hidden = False


class _PandasLater:
    """A finder that hides pandas for a while, and afterwards tells pyarrow when it is imported."""

    def __init__(self) -> None:
        self.hidden = True

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "pandas":
            return None
        if self.hidden:
            raise ModuleNotFoundError("pandas is not imported yet", name=name)
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def loaded(module: ModuleType) -> None:
                load(module)
                importlib.import_module("pyarrow.lib")._pandas_api.pd  # noqa: B018 - looks for pandas again

            spec.loader.exec_module = loaded  # type: ignore[method-assign]
        return spec


def _listen(connection: Connection[Any, Any], orders: queue.SimpleQueue[bytes]) -> None:
    while True:
        try:
            orders.put(connection.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)  # the parent is gone or has stopped: nobody wants the rest


class _Voice:
    """Says things to the parent, progress a few times a second."""

    def __init__(self, connection: Connection[Any, Any], number: int) -> None:
        self._connection, self._number, self._count, self._told = connection, number, 0, time.monotonic()

    def say(self, kind: str, value: Any) -> None:
        try:
            self._connection.send_bytes(pickle.dumps((kind, value), protocol=5))
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)

    def complain(self, error: BaseException) -> None:
        """Say that something went wrong."""
        self.say("error", _packed(error, self._number))

    def progress(self, count: int) -> None:
        self._count += count
        if time.monotonic() - self._told > _REPORT_SECONDS:
            self.flush()

    def flush(self) -> None:
        if self._count:
            self.say("progress", self._count)
        self._count, self._told = 0, time.monotonic()


def _packed(error: BaseException, number: int) -> tuple[bytes | None, str, int]:
    trace = "".join(traceback.format_exception(error))
    error = error.with_traceback(None)
    try:
        packed = pickle.dumps(error)
        pickle.loads(packed)
    except Exception:  # noqa: BLE001 - an exception that does not travel goes as its text
        return None, trace, number
    return packed, trace, number
