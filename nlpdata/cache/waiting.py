"""What a process sees while another makes the result it wants: who does, and how far it is.

Knows: the small file in which the maker tells its progress, when to write a line to the log, and the bar.
Does not know: leases (``lease``), or what is made.
"""

from __future__ import annotations

import json
import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from nlpdata._report import get_logger, progress
from nlpdata.store.manifest import temporary_name

_log = get_logger("nlpdata.cache")
_WRITE_SECONDS = 0.5
_SHOW_AFTER_SECONDS = 1.0
_TELL_AGAIN_SECONDS = 30.0


class Progress:
    """Tells others how far one is. Writing fails silently: nothing depends on it.

    Args:
        path: the file; replaced at most twice a second.
        total: how many rows there are, or None if unknown.
        done: how many were done before.
    """

    def __init__(self, path: Path, total: int | None, done: int = 0) -> None:
        self.path, self.total, self.done = path, total, done
        self._next = time.monotonic() + _WRITE_SECONDS

    def update(self, rows: int) -> None:
        """So many more rows are done."""
        self.done += rows
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _WRITE_SECONDS
            self._write()

    def _write(self) -> None:
        aside = self.path.with_name(temporary_name())
        with suppress(OSError):
            try:
                # No file object: the thread that works calls this, and after a tokenizer's many small pieces were freed
                # the 8 kB of a buffer cost malloc milliseconds.
                number = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
                try:
                    os.write(number, json.dumps({"done": self.done, "total": self.total}).encode())
                finally:
                    os.close(number)
                os.replace(aside, self.path)
            finally:
                aside.unlink(missing_ok=True)


def read_progress(path: Path) -> tuple[int, int | None] | None:
    """Rows done and rows there are, as somebody else tells; None if nothing is told yet."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        return int(body["done"]), None if body["total"] is None else int(body["total"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


class Waiting:
    """A wait as the user sees it: a warning after a second, a line of information every half minute, a bar in a terminal.

    Args:
        name: what is waited for.
        path: the file in which its maker tells how far it is.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path
        self._told: float | None = None
        self._bar: Any = None

    def look(self, pid: int, host: str, waited: float) -> None:
        """Look how far the process ``pid`` on ``host`` is, after so many seconds of waiting."""
        if waited < _SHOW_AFTER_SECONDS:
            return
        found = read_progress(self.path)
        if found is not None:
            self._show(pid, *found)
        if self._told is None or waited >= self._told + _TELL_AGAIN_SECONDS:
            so_far = "" if found is None else f": {_in_words(*found)}"
            _log.log(
                logging.WARNING if self._told is None else logging.INFO,
                "Waiting for process %d on %s, which makes %s%s (%.0f s so far)", pid, host, self.name, so_far, waited,
            )  # fmt: skip
            self._told = waited

    def _show(self, pid: int, done: int, total: int | None) -> None:
        if self._bar is None:
            self._bar = progress(total, f"Waiting for process {pid}", initial=done)
        self._bar.n = done
        self._bar.refresh()

    def close(self) -> None:
        """The wait is over."""
        if self._bar is not None:
            self._bar.close()


def _in_words(done: int, total: int | None) -> str:
    return f"{done:,} rows are done" if total is None else f"{done:,} of {total:,} rows are done"
