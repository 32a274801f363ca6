"""The program of a worker process: receive the jobs once, run those that are asked for, tell what became of them.

Knows: the other end of ``local.ProcessExecutor``. Does not know: the program that started it, which is never imported.

A worker ends with its parent, also when that was killed: a thread listens for orders, and for the end of them.
"""

from __future__ import annotations

import faulthandler
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
from importlib.machinery import ModuleSpec
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

from nlpdata.engine.courier import unpack
from nlpdata.engine.executor import worker_number
from nlpdata.settings import settings

_REPORT_SECONDS = 0.1
_BATCH_BYTES = 4 * 2**20  # of a record batch that a worker writes; it holds twice that


def main(handle: int, number: int) -> None:
    """Serve until the parent closes the connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    faulthandler.enable()
    worker_number.set(number)
    connection = Connection(handle)
    orders: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, orders), name="nlpdata-orders", daemon=True).start()
    voice = _Voice(connection)
    try:
        _put_pandas_off()
        jobs, different = unpack(orders.get())
        settings.set(batch_bytes=min(settings.batch_bytes, _BATCH_BYTES))
    except Exception as error:  # noqa: BLE001 - whatever importing the user's modules raises is told
        voice.say("error", _packed(error, number))
        orders.get()
        return
    voice.say("differs", different) if different else voice.say("ready", None)
    while True:
        index = int.from_bytes(orders.get(), "little")
        try:
            value = jobs[index](voice.progress)
            voice.flush()
            voice.say("value", value)
        except BaseException as error:  # noqa: BLE001 - SystemExit too: every end of a job is told
            voice.say("error", _packed(error, number))


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


def _listen(connection: Connection, orders: queue.SimpleQueue[bytes]) -> None:
    while True:
        try:
            orders.put(connection.recv_bytes())
        except (EOFError, OSError):
            os._exit(0)  # the parent is gone or has stopped: nobody wants the rest


class _Voice:
    """Says things to the parent, progress a few times a second."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._count, self._told = connection, 0, time.monotonic()

    def say(self, kind: str, value: Any) -> None:
        try:
            self._connection.send_bytes(pickle.dumps((kind, value), protocol=5))
        except (BrokenPipeError, ConnectionResetError):
            os._exit(0)

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
