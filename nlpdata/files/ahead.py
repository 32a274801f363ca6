"""Items of an iterator made in a thread of their own, or each in one of several, while the ones before are used.

Knows: queues bounded in bytes, how an exception crosses them, and how they are given up early. Does not know: what the items
are. It pays where both sides spend their time outside the interpreter lock: parsing here, hashing and writing there.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, nullcontext
from typing import Generic, TypeVar, cast

from nlpdata.settings import cores

T = TypeVar("T")
R = TypeVar("R")

AHEAD_BYTES = 64 * 2**20  # made and not yet used
_MOST_THREADS = 8  # as many blocks are held at once, and one more


def read_ahead(items: Iterator[T], size_of: Callable[[T], int], limit_bytes: int) -> Generator[T, None, None]:
    """The items in order, made in a thread; an exception comes after the items that were made before it.

    Args:
        items: used by that thread only; if it is a generator it is also closed there.
        size_of: the bytes of an item.
        limit_bytes: the thread waits while more than this is made and not taken; one item is always made.

    >>> list(read_ahead(iter([1, 2, 3]), lambda item: 1, 2))
    [1, 2, 3]
    """
    queue = _Queue(size_of, limit_bytes)
    thread = threading.Thread(target=queue.fill, args=(items,), name="nlpdata read ahead", daemon=True)
    thread.start()
    try:
        yield from queue
    finally:
        queue.stop()
        thread.join()


class _Queue(Generic[T]):
    """What is made and not yet taken."""

    def __init__(self, size_of: Callable[[T], int], limit_bytes: int) -> None:
        self._size_of, self._limit = size_of, limit_bytes
        self._changed = threading.Condition()
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._ended = False
        self._stopped = False
        self._error: BaseException | None = None

    def fill(self, items: Iterator[T]) -> None:
        try:
            for item in items:
                if not self._put(item):
                    break
        except BaseException as error:  # noqa: BLE001 - it is raised again by the thread that takes the items
            self._error = error
        finally:
            try:
                if isinstance(items, Generator):
                    items.close()
            except Exception as error:  # noqa: BLE001 - likewise
                self._error = self._error or error
            finally:
                with self._changed:
                    self._ended = True
                    self._changed.notify_all()

    def _put(self, item: T) -> bool:
        size = self._size_of(item)
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or not self._items or self._bytes + size <= self._limit)
            if self._stopped:
                return False
            self._items.append((item, size))
            self._bytes += size
            self._changed.notify_all()
            return True

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._ended)
                if not self._items:
                    break
                item, size = self._items.popleft()
                self._bytes -= size
                self._changed.notify_all()
            yield item
            del item  # the next one may need its memory
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._items.clear()
            self._changed.notify_all()


def map_ahead(
    function: Callable[[T], R], items: Iterator[T], size_of: Callable[[T], int], limit_bytes: int
) -> Generator[R, None, None]:
    """``function`` of every item, in order; an exception comes in the place of what could not be made.

    The first is made before any thread is started, so that who takes one only pays for one. Those after it are made ahead, on
    as many cores as there are. The items themselves are taken in the calling thread.

    Args:
        function: works in any thread.
        items: if it is a generator it is also closed.
        size_of: the bytes of an item.
        limit_bytes: no more than this is worked on and waits at a time; one item always is.

    >>> list(map_ahead(abs, iter([-1, 2, -3]), lambda item: 1, 2))
    [1, 2, 3]
    """
    threads = min(cores(), _MOST_THREADS)
    with closing(cast(Generator[T, None, None], items)) if isinstance(items, Generator) else nullcontext():
        for first in items:
            yield function(first)
            break
        if threads == 1:
            yield from map(function, items)
            return
        pool = ThreadPoolExecutor(threads, "nlpdata map ahead")
        try:
            yield from _in_order(pool, function, (items, size_of), (threads + 1, limit_bytes))
        finally:
            pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor,
    function: Callable[[T], R],
    source: tuple[Iterator[T], Callable[[T], int]],
    limits: tuple[int, int],
) -> Iterator[R]:
    (items, size_of), (most, limit_bytes) = source, limits
    begun: deque[tuple[Future[R], int]] = deque()
    held, failed, more = 0, None, True
    while more or begun:
        while more and len(begun) < most and held < limit_bytes:
            try:
                item = next(items)
            except StopIteration:
                more = False
            except Exception as error:  # noqa: BLE001 - it is raised again after what came before it
                more, failed = False, error
            else:
                size = size_of(item)
                begun.append((pool.submit(function, item), size))
                held += size
                del item
        if begun:
            future, size = begun.popleft()
            held -= size
            yield future.result()
            del future  # what comes next may need its memory
    if failed is not None:
        raise failed
