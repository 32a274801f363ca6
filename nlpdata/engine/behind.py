"""Work done in a second thread, one piece behind the thread that hands it over.

Knows: order, back-pressure and errors. Does not know: what the pieces are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType


class Behind:
    """Runs pieces of work in their order, in a thread that is started with the first one.

    At most one piece is at work, and none waits: :meth:`hand_over` returns when the piece before is done. So what two pieces
    hold is all that is held. An error of a piece is raised by the next call, and no further piece is run.
    """

    def __init__(self) -> None:
        self._work: Callable[[], None] | None = None
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._closed = False
        self._awaited = False
        self._delay_seconds = 0.0

    def hand_over(self, work: Callable[[], None], delay_seconds: float = 0.0) -> None:
        """Have ``work`` done beside what the caller does next.

        Args:
            work: the piece.
            delay_seconds: how long to hold it back, unless it is waited for. Work that needs the interpreter lock is best
                begun when the caller has given that up: it keeps the caller from getting there, if it begins at once.
        """
        self.wait()
        with self._changed:
            self._work, self._awaited, self._delay_seconds = work, False, delay_seconds
            self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="nlpdata-behind", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Return when nothing is at work; raises what went wrong."""
        if self._thread is None:
            return
        with self._changed:
            while self._work is not None:
                self._awaited = True
                self._changed.notify_all()
                self._changed.wait()
            if self._error is not None:
                error, self._error = self._error, None
                raise error

    def __enter__(self) -> Behind:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self.wait()
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            if self._thread is not None:
                self._thread.join()  # what it is at ends by itself: nobody writes to a file that is being removed

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._work is None:
                    if self._closed:
                        return
                    self._changed.wait()
                if self._delay_seconds:
                    self._changed.wait_for(lambda: self._awaited, self._delay_seconds)
                work = self._work
            error: BaseException | None = None
            try:
                work()
            except BaseException as raised:  # noqa: BLE001 - handed to the thread that waits for the work
                error = raised
            del work  # with all that it holds
            with self._changed:
                self._work, self._error = None, error
                self._changed.notify_all()
