"""Which memory data takes, and advice to the kernel about mapped files.

Knows: ``madvise`` and Linux's accounts of a process. Does not know: rows. Where a system has neither, advice does nothing
and what cannot be told is None.

Memory is of two kinds. *Anonymous* memory is the process's own: it must fit. *File-backed* memory is pages of mapped files:
the kernel takes them back whenever somebody else needs them, so they may exceed what the machine has.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

NORMAL: int | None = getattr(mmap, "MADV_NORMAL", None)
RANDOM: int | None = getattr(mmap, "MADV_RANDOM", None)
DROP: int | None = getattr(mmap, "MADV_DONTNEED", None)
_STATUS = Path("/proc/self/status")
_MAPS = Path("/proc/self/smaps")
# A line that begins a mapping: addresses, permissions, offset, device, inode, path.
_MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that data takes.

    Attributes:
        anonymous_bytes: tables and row lists that were made in memory.
        file_bytes: the mapped files, whether read or not.
        resident_bytes: those of ``file_bytes`` that are in this process's memory now, or None where that is not known.
            The kernel takes them back when memory is short.
    """

    anonymous_bytes: int
    file_bytes: int
    resident_bytes: int | None


def process_memory() -> tuple[int, int | None]:
    """(anonymous bytes, file-backed bytes) that this process has in memory.

    Where the system does not tell them apart: the most it ever had, and None.
    """
    try:
        found = dict(re.findall(r"^(RssAnon|RssFile|RssShmem):\s+(\d+) kB", _STATUS.read_text("ascii"), re.MULTILINE))
        return int(found["RssAnon"]) * 1024, (int(found["RssFile"]) + int(found["RssShmem"])) * 1024
    except (OSError, KeyError):
        return _peak_bytes(), None


def _peak_bytes() -> int:
    try:
        import resource
    except ImportError:  # not a Unix
        return 0
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return peak if os.uname().sysname == "Darwin" else peak * 1024


def resident_bytes(files: Iterable[str]) -> int | None:
    """Bytes of some mapped files that this process has in memory; None where the system does not tell.

    Cost: one pass over the process's mappings, a few microseconds each.
    """
    wanted = {os.path.realpath(file) for file in files}
    if not wanted:
        return 0
    try:
        lines = _MAPS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    total, counted = 0, False
    for line in lines:
        mapping = _MAPPING.match(line)
        if mapping:
            counted = mapping.group(1) in wanted
        elif counted and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total


def advise(buffer: Any, advice: int | None, start: int = 0, stop: int | None = None) -> None:
    """Tell the kernel how a mapped Arrow buffer will be read; only whole pages within ``start`` to ``stop`` are meant.

    Advice is never needed for a right result: where it is refused, nothing happens.
    """
    call = _madvise()
    if advice is None or call is None or not buffer.size:
        return
    first = -(-(buffer.address + start) // mmap.PAGESIZE) * mmap.PAGESIZE
    last = buffer.address + (buffer.size if stop is None else stop)
    if stop is not None and stop < buffer.size:
        last -= last % mmap.PAGESIZE
    if last > first:
        call(first, last - first, advice)


@cache
def _madvise() -> Any:
    try:
        call = ctypes.CDLL(None).madvise
    except (OSError, AttributeError, TypeError):
        return None
    call.argtypes, call.restype = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int), ctypes.c_int
    return call


@cache
def machine_bytes() -> int:
    """The machine's memory; a guess of 8 GiB where it is not told."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 8 * 2**30
