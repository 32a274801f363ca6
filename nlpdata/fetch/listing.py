"""What a script goes over file by file: the members of an archive, the files of folders; each time anew.

Knows: how to begin again, and how to be sent to another process. Does not know: who asks.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from nlpdata.errors import ArchiveError, DataFileError
from nlpdata.fetch.archive import iter_archive


@dataclass(frozen=True)
class ArchiveMembers(Iterable[tuple[str, BinaryIO]]):
    """(member path, file object) of a tar or zip, read when it is gone over, and again each time.

    Args:
        source: path of the archive, or open binary file, which cannot be pickled.

    Raises:
        ArchiveError: a second pass over a file that cannot be rewound.
    """

    source: str | os.PathLike[str] | BinaryIO
    _start: list[int | None] = field(
        default_factory=list, repr=False, compare=False
    )  # where an open file was before the first pass

    def __iter__(self) -> Iterator[tuple[str, BinaryIO]]:
        if not isinstance(self.source, str | os.PathLike):
            self._rewind(self.source)
        return iter_archive(self.source)

    def _rewind(self, file: BinaryIO) -> None:
        if not self._start:
            self._start.append(file.tell() if file.seekable() else None)
        elif (start := self._start[0]) is None:
            raise ArchiveError("An archive that comes from a stream can be gone over once only. Give its path instead.")
        else:
            file.seek(start)


@dataclass(frozen=True)
class FilesBelow(Iterable[str]):
    """Every file at or below some paths, sorted within each; hidden files and ``__x__`` folders are left out.

    Raises:
        DataFileError: a path leads nowhere.
    """

    paths: tuple[str, ...]

    def __iter__(self) -> Iterator[str]:
        for path in self.paths:
            if os.path.isfile(path):
                if not _is_hidden(os.path.basename(path)):
                    yield path
                continue
            if not os.path.isdir(path):
                raise DataFileError(f"There is no file or folder {path!r}.")
            for here, folders, files in os.walk(path):
                folders[:] = sorted(name for name in folders if not _is_hidden(name))
                yield from (os.path.join(here, name) for name in sorted(files) if not _is_hidden(name))


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__"))
