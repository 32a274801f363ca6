"""One process computes, the others wait: a lease file with a heartbeat.

Knows: who holds a lease, whether that process is alive, and how a void lease passes on. Uses nothing but exclusive creation,
renaming and modification times, so it works on file systems without ``flock``.
Does not know: what is computed.

A lease of this machine is void when its process is dead. One of another machine is void after ``lease_seconds`` without a
heartbeat, measured by the clock of the one who waits, so that clocks need not agree.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from nlpdata.cache.waiting import Waiting
from nlpdata.errors import CacheWriteError
from nlpdata.settings import settings
from nlpdata.store.manifest import writing

_LONGEST_PAUSE_SECONDS = 0.5
_MOST_TRIES = 100


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lease.

    Attributes:
        host: machine, its boot and its process namespace, so that a process id means something.
        pid: process id there.
        started: start time of that process as the system tells it, because ids are used again; "" where unknown.
        token: differs for each lease taken.
    """

    host: str
    pid: int
    started: str
    token: str

    @classmethod
    def here(cls) -> Owner:
        """The owner that the calling process is, with a new token."""
        return cls(host_name(), os.getpid(), _start_time(os.getpid()), uuid.uuid4().hex)

    def is_dead(self) -> bool:
        """True if this is certain; a process of another machine never is."""
        if self.host != host_name():
            return False
        return not _exists(self.pid) or _start_time(self.pid) != self.started


def host_name() -> str:
    """A name of this machine since it was started, and of the space in which process ids are counted."""
    parts = [socket.gethostname()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        pass  # not Linux: the name alone has to do
    return " ".join(parts)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return not _is_zombie(pid)


def _stat(pid: int) -> list[str]:
    try:
        # The second field is the command in parentheses, and may hold anything.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _is_zombie(pid: int) -> bool:
    fields = _stat(pid)
    return bool(fields) and fields[0] in ("Z", "X")


def _start_time(pid: int) -> str:
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def read_owner(path: Path) -> Owner | None:
    """The owner that a lease file names; None if there is no such file, or its owner is just writing it."""
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None


class Lease:
    """The right to compute one result; a context manager.

    Args:
        path: the lease file. Its folder is created if need be, and removed again if it stays empty.
        is_done: asked while waiting; when it becomes true, waiting ends without the lease.
        progress: the file in which the holder tells how far it is, shown while waiting; removed with the lease.

    After entering, ``held`` tells whether the lease was obtained.

    Raises:
        CacheWriteError: (on entering) the folder cannot be written, or something that is no file has the name of the lease.
    """

    def __init__(self, path: Path, is_done: Callable[[], bool] = lambda: False, progress: Path | None = None) -> None:
        self.path = path
        self.is_done = is_done
        self.progress = progress or path.with_name(path.name + ".progress")
        self.owner = Owner.here()
        self.held = False
        self._stop = threading.Event()
        self._heart: threading.Thread | None = None
        self._made: list[Path] = []

    def __enter__(self) -> Lease:
        watch = _Watch(self.path)
        waiting = Waiting(self.path.name.removesuffix(".lease"), self.progress)
        pause, begun = 0.01, time.monotonic()
        try:
            while not self.is_done():
                if self._take():
                    self.held = True
                    self._heart = threading.Thread(target=self._beat, name="nlpdata-lease", daemon=True)
                    self._heart.start()
                    break
                if watch.is_void():
                    _break(self.path, watch.owner)
                    continue
                if watch.owner is not None:
                    waiting.look(watch.owner.pid, watch.owner.host.split()[0], time.monotonic() - begun)
                time.sleep(pause)
                pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
        finally:
            waiting.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._heart is not None:
            self._stop.set()
            self._heart.join()
        if self.held and self.is_mine():
            self.progress.unlink(missing_ok=True)  # first: once the lease is gone, it may be that of the next holder
            self.path.unlink(missing_ok=True)
        self.held = False
        remove_empty(self._made)

    def is_mine(self) -> bool:
        """Whether the lease file still names this lease: it may have passed on while the process was stopped."""
        owner = read_owner(self.path)
        return owner is not None and owner.token == self.owner.token

    def _take(self) -> bool:
        for _ in range(_MOST_TRIES):
            try:
                with writing(self.path):
                    self._made = self._made or make_folders(self.path.parent)
                    handle = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
            except FileExistsError:
                _check_is_file(self.path)
                return False
            except FileNotFoundError:
                remove_empty(self._made)
                self._made = []
                continue  # another process removed the empty folder between the two calls
            except BaseException:
                remove_empty(self._made)
                raise
            try:
                with writing(self.path), os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(asdict(self.owner), file)
            except BaseException:
                self.path.unlink(missing_ok=True)
                remove_empty(self._made)
                raise
            return True
        raise CacheWriteError(
            f"Cannot make {self.path}: its folder disappears each time it is made. Set NLPDATA_CACHE to another."
        )

    def _beat(self) -> None:
        while not self._stop.wait(max(settings.lease_seconds / 4, 0.05)):
            try:
                os.utime(self.path)
            except OSError:
                return  # gone: is_mine() tells


class _Watch:
    """Watches the lease of somebody else for signs of life."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.owner: Owner | None = None
        self._last: tuple[str, int] | None = None
        self._since = 0.0

    def is_void(self) -> bool:
        try:
            beat = self.path.stat().st_mtime_ns
        except OSError:
            self._last = None
            return False
        self.owner = read_owner(self.path)
        if self.owner is not None and self.owner.is_dead():
            return True
        now, seen = time.monotonic(), (self.owner.token if self.owner else "", beat)
        if seen != self._last:
            self._last, self._since = seen, now
        # A living process of this machine is never robbed; one that says nothing elsewhere is.
        here = self.owner is not None and self.owner.host == host_name()
        return not here and now - self._since > float(settings.lease_seconds)


def _break(path: Path, owner: Owner | None) -> None:
    """Remove a void lease, unless it passed on meanwhile. One process at a time does this."""
    guard = path.with_name(path.name + ".break")
    try:
        with writing(guard):
            os.close(os.open(guard, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        if _age_seconds(guard) > float(settings.lease_seconds):
            guard.unlink(missing_ok=True)  # its maker died in the few instructions below
        time.sleep(0.02)
        return
    try:
        if read_owner(path) == owner:
            path.unlink(missing_ok=True)
    finally:
        guard.unlink(missing_ok=True)


def _check_is_file(path: Path) -> None:
    """Refuse to wait for what will never pass on: a folder, or a link to nothing, in the place of a lease."""
    if path.is_dir() or (path.is_symlink() and not path.exists()):
        raise CacheWriteError(f"Cannot make the lease {path}: what lies there is no file. Move it, or set NLPDATA_CACHE.")


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def make_folders(folder: Path) -> list[Path]:
    """Create a folder; the folders that did not exist before, innermost first."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for at, path in reversed(list(enumerate(missing))):
        try:
            path.mkdir(exist_ok=True)
        except FileExistsError as error:
            message = f"Cannot make the folder {path}: a file has that name. Move it, or set NLPDATA_CACHE."
            raise CacheWriteError(message) from error
        except OSError:
            remove_empty(missing[at + 1 :])
            raise
    return missing


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders, innermost first, up to the first that is in use."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
