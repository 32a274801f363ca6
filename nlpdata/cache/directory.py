"""The cache folder: where a result lies, how it is claimed, published and removed.

Knows: names below one root folder; what is published, unfinished, orphaned.
Does not know: what a result holds, or how keys are made.

A result is a folder at a relative name such as ``results/<key>``. While it is made there are ``<name>.lease`` (who makes it),
``<name>.progress`` (how far it is) and ``<name>.partial`` (what is committed so far, kept when the maker dies). Publishing
renames the partial folder.
"""

from __future__ import annotations

import os
import shutil
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path, PurePosixPath

from nlpdata.cache.lease import Lease, Owner, make_folders, read_owner, remove_empty
from nlpdata.cache.waiting import Progress
from nlpdata.errors import ArgumentError
from nlpdata.settings import settings
from nlpdata.store.layout import MANIFEST_NAME
from nlpdata.store.manifest import is_temporary, sync_folder, temporary_name, temporary_pid, writing

PARTIAL = ".partial"
LEASE = ".lease"
PROGRESS = ".progress"
MARKERS = (MANIFEST_NAME, "dataset_info.json")
"""A folder that holds one of these files is published."""
TEMPORARY = "temporary"
_OWNER = "owner.json"


@dataclass(slots=True)
class Claim:
    """The right to make one result.

    Attributes:
        folder: where to write; shards committed by an earlier, interrupted run are found in it.
        published: the finished result, if there was one already or another process finished it meanwhile; else None.
    """

    folder: Path
    published: Path | None
    _final: Path
    _replace: bool = False

    def progress(self, total: int | None, done: int = 0) -> Progress:
        """Where to tell those who wait how many rows are done; ``total`` is how many there are, if that is known."""
        return Progress(_beside(self._final, PROGRESS), total, done)

    def publish(self) -> Path:
        """Give the folder its final name; its files must be synced. What another process published first, stays.

        Raises:
            CacheWriteError: the cache cannot be written.
        """
        with writing(self._final):
            sync_folder(self.folder)
            if self._replace:
                remove_folder(self._final)
            try:
                os.rename(self.folder, self._final)
            except OSError:
                if not self._final.is_dir():
                    raise
                remove_folder(self.folder)
            sync_folder(self._final.parent)
        self.published = self._final
        return self._final

    def discard(self) -> None:
        """Remove the folder and what was committed in it."""
        remove_folder(self.folder)


class CacheDirectory:
    """Results found again, by relative name.

    Args:
        root: the cache folder; None is the setting ``cache``. Nothing is created before something is written.
    """

    def __init__(self, root: str | os.PathLike[str] | None = None) -> None:
        self.root = Path(settings.cache if root is None else root)

    def __repr__(self) -> str:
        return f"CacheDirectory({str(self.root)!r})"

    def path(self, relative: str) -> Path:
        """Where ``relative`` lies, whether or not there is anything.

        Raises:
            ArgumentError: the name would leave the cache folder.
        """
        name = PurePosixPath(relative)
        if name.is_absolute() or not name.parts or ".." in name.parts or "\\" in relative or "\0" in relative:
            raise ArgumentError(f"{relative!r} is not a name inside the cache. Use a relative one such as 'results/<key>'.")
        return self.root.joinpath(*name.parts)

    def find(self, relative: str) -> Path | None:
        """The published folder of that name, or None. Reads nothing."""
        folder = self.path(relative)
        return folder if any((folder / marker).is_file() for marker in MARKERS) else None

    def tidy(self, relative: str) -> None:
        """Remove the lease of a published result, which its maker left if it was killed just then. Usually one system call."""
        final = self.path(relative)
        lease = _beside(final, LEASE)
        if lease.exists():
            owner = read_owner(lease)
            if owner is not None and owner.is_dead():
                with suppress(OSError):
                    _beside(final, PROGRESS).unlink(missing_ok=True)
                    lease.unlink(missing_ok=True)

    @contextmanager
    def claim(self, relative: str, *, replace: bool = False) -> Iterator[Claim]:
        """Become the one process that makes a result, or wait for the one that does.

        Leaving without ``publish`` keeps what was committed and removes what is unfinished.

        Args:
            relative: the name of the result.
            replace: make it anew even if there is one; the old one stays until ``publish``.

        Raises:
            CacheWriteError: the cache cannot be written; says what to do.
        """
        final = self.path(relative)
        beside = _beside(final, PARTIAL)

        def is_done() -> bool:
            return not replace and self.find(relative) is not None

        with Lease(_beside(final, LEASE), is_done, _beside(final, PROGRESS)) as lease:
            found = None if replace else self.find(relative)
            claim = Claim(beside, found, final, replace)
            if not lease.held or found is not None:
                claim.published = found
                yield claim
                return
            try:
                with writing(beside):
                    beside.mkdir(exist_ok=True)
                remove_temporaries(beside)
                yield claim
            finally:
                remove_temporaries(beside)
                remove_empty([beside])

    def remove(self, relative: str) -> None:
        """Remove a result, finished or not; it disappears at once, its bytes a moment later.

        Raises:
            CacheWriteError: the cache cannot be written.
        """
        folder = self.path(relative)
        with writing(folder):
            for path in (folder, _beside(folder, PARTIAL)):
                remove_folder(path)
        remove_empty(p for p in folder.parents if p.is_relative_to(self.root) and p != self.root)

    def temporary(self) -> Path:
        """A new folder for a result that is not to be found again; :func:`remove_with` ties it to an object's life.

        Folders of processes that died are removed on this occasion.
        """
        beside = self.root / TEMPORARY
        self._sweep_temporary(beside)
        folder = beside / temporary_name()
        with writing(folder):
            made = make_folders(folder)
            try:
                (folder / _OWNER).write_text(dumps(asdict(Owner.here())), encoding="utf-8")
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)
                remove_empty(made[1:])
                raise
        return folder

    def sweep(self) -> int:
        """Remove what dead processes left: leases, unfinished files, and partial folders that hold nothing committed.

        Returns:
            The number of files and folders removed.
        """
        count = self._sweep_temporary(self.root / TEMPORARY)
        for parent, folders, files in os.walk(self.root):
            here = Path(parent)
            if here.name.endswith(PARTIAL):
                owner = read_owner(here.with_name(here.name.removesuffix(PARTIAL) + LEASE))
                if owner is not None and not owner.is_dead():
                    folders.clear()  # somebody is at work in there
                    continue
            for name in [*files, *folders]:
                if self._is_orphan(here / name):
                    _remove(here / name)
                    count += 1
            folders[:] = [name for name in folders if (here / name).is_dir()]
        partials = [p for p in sorted(self.root.rglob(f"*{PARTIAL}"), reverse=True) if p.is_dir() and not any(p.iterdir())]
        remove_each = [p for p in partials if _removed(p)]
        return count + len(remove_each)

    def _is_orphan(self, path: Path) -> bool:
        if path.name.endswith(LEASE):
            owner = read_owner(path)
            return owner is not None and owner.is_dead()
        if path.name.endswith(PROGRESS):
            owner = read_owner(path.with_name(path.name.removesuffix(PROGRESS) + LEASE))
            return owner is None or owner.is_dead()
        if not is_temporary(path.name) or path.parent.name == TEMPORARY:
            return False
        if any(part.endswith(PARTIAL) for part in path.relative_to(self.root).parts[:-1]):
            return True  # nobody is at work in there, or the walk had not come here
        try:
            silent = time.time() - path.stat().st_mtime
        except OSError:
            return False
        return silent > float(settings.lease_seconds) and not _runs_here(temporary_pid(path.name))

    @staticmethod
    def _sweep_temporary(beside: Path) -> int:
        count = 0
        for folder in beside.iterdir() if beside.is_dir() else ():
            owner = read_owner(folder / _OWNER)
            if owner is not None and owner.is_dead():
                shutil.rmtree(folder, ignore_errors=True)
                count += 1
        return count


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(folder.name + suffix)


def remove_with(obj: object, folder: Path) -> None:
    """Remove ``folder`` when ``obj`` is gone, at the latest when the process ends."""
    weakref.finalize(obj, _remove_own, folder, os.getpid())


def _remove_own(folder: Path, pid: int) -> None:
    if os.getpid() == pid:  # a forked child must not remove what its parent uses
        remove_temporary(folder)


def remove_temporary(folder: Path) -> None:
    """Remove a folder that :meth:`CacheDirectory.temporary` made."""
    shutil.rmtree(folder, ignore_errors=True)
    remove_empty([folder.parent])


def remove_folder(folder: Path) -> None:
    """Remove a folder so that it is never seen half-empty; nothing happens if there is none."""
    aside = folder.with_name(temporary_name())
    try:
        os.rename(folder, aside)
    except FileNotFoundError:
        return
    shutil.rmtree(aside)


def remove_temporaries(folder: Path) -> None:
    """Remove unfinished files anywhere below a folder that nobody else is working in."""
    for parent, folders, files in os.walk(folder):
        for name in [*files, *folders]:
            if is_temporary(name):
                _remove(Path(parent) / name)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True


def _runs_here(pid: int | None) -> bool:
    if pid is None:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
