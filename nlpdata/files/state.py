"""What tells whether a file is still the one that was read, without reading it again."""

from __future__ import annotations

import os


def file_state(path: str | os.PathLike[str]) -> list[int] | None:
    """Size, times (nanoseconds) and inode of a file; None if there is none.

    A file that was moved to the place of another may have its size and time of writing, but not its inode, nor the time at
    which this was done.

    >>> file_state("/there/is/no/such/file") is None
    True
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
