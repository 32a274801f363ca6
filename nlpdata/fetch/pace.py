"""When a download that failed is tried again, and when it is given up.

Knows: tries in a row without a new byte, pauses that grow, and the time that all of it may take. Does not know: protocols.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from nlpdata._report import get_logger
from nlpdata.errors import FetchError

_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 30.0
_LONGEST_WISH_SECONDS = 600.0  # of a server that says when to come back


class TransportError(Exception):
    """A try that failed on its way and may be repeated."""


@dataclass(slots=True)
class Pace:
    """The tries of one download.

    The n-th pause in a row is drawn from between zero and 2^(n-1) seconds (at most 30), so that many clients of one server do
    not come back together; a server that says when to come back is obeyed. A try that got further than all before it starts
    the count anew; one that only repeats what was received before does not.

    Args:
        max_retries: tries in a row without a new byte, after the first.
        max_seconds: what all tries, reading and pauses together may take.
        sleep, jitter, clock: seams for tests.
    """

    max_retries: int
    max_seconds: float
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    furthest: int = 0
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = self.clock() + self.max_seconds

    @property
    def seconds_left(self) -> float:
        """What is left of the time for this download."""
        return self._until - self.clock()

    def reached(self, url: str, num_bytes: int) -> None:
        """``num_bytes`` of the file are here.

        Raises:
            FetchError: the time is over.
        """
        if num_bytes > self.furthest:
            self.furthest, self.failures = num_bytes, 0
        if self.seconds_left <= 0:
            raise self._over(url, f"{num_bytes} bytes are here")

    def failed(self, url: str, reason: str, wait_seconds: float | None = None) -> None:
        """Wait before the next try.

        Args:
            url: for the message.
            reason: what went wrong.
            wait_seconds: the pause that the server asked for.

        Raises:
            FetchError: there have been enough, or the time would be over before the next.
        """
        self.failures += 1
        if self.failures > self.max_retries:
            raise FetchError(
                f"Cannot download {url}: {reason} ({self.failures} tries in a row failed). "
                "What was received is kept; try again, or raise NLPDATA_MAX_RETRIES."
            )
        pause = self._pause() if wait_seconds is None else wait_seconds
        if pause > _LONGEST_WISH_SECONDS:
            raise FetchError(f"Cannot download {url}: {reason} and asks to wait {pause:.0f} s. Try again after that.")
        if pause >= self.seconds_left:
            raise self._over(url, reason)
        get_logger(__name__).info("%s: %s; trying again in %.1f s", url, reason, pause)
        self.sleep(pause)

    def _pause(self) -> float:
        return self.jitter() * min(_FIRST_PAUSE_SECONDS * 2.0 ** (self.failures - 1), _LONGEST_PAUSE_SECONDS)

    def _over(self, url: str, reason: str) -> FetchError:
        return FetchError(
            f"Cannot download {url} within {self.max_seconds:g} s: {reason}. "
            "What was received is kept; try again, or raise NLPDATA_DOWNLOAD_SECONDS."
        )
