"""The program of a worker process: receive the jobs once, run those that are asked for, tell what became of them.

Knows: the other end of ``local.ProcessExecutor``. Does not know: the program that started it, which is never imported.

A worker ends with its parent, also when that was killed: a thread listens for orders, and for the end of them.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import queue
import signal
import threading
import time
import traceback
from multiprocessing.connection import Connection
from typing import Any

from nlpdata.engine.courier import unpack
from nlpdata.engine.executor import worker_number

_REPORT_SECONDS = 0.1


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
        jobs = unpack(orders.get())
    except Exception as error:  # noqa: BLE001 - whatever importing the user's modules raises is told
        voice.say("error", _packed(error, number))
        orders.get()
        return
    voice.say("ready", None)
    while True:
        index = int.from_bytes(orders.get(), "little")
        try:
            value = jobs[index](voice.progress)
            voice.flush()
            voice.say("value", value)
        except BaseException as error:  # noqa: BLE001 - SystemExit too: every end of a job is told
            voice.say("error", _packed(error, number))


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
