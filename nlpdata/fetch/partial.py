"""The file of a download under way, which a later run takes up again.

Knows: what belongs to which version of the source, and how bytes are hashed while they come. Does not know: protocols.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from nlpdata._report import progress
from nlpdata.fetch.checksum import BLOCK_BYTES, Checksum, HashingWriter, sync, writable

_MAX_VALIDATOR = 120  # of base64 in a file name


@dataclass(slots=True)
class Partial:
    """The partial file of one URL: ``<stem>.part``, or ``<stem>~<validator>.part`` where the source tells its version.

    The validator (an ETag, a date) is kept in the name, so that a file and what it belongs to can never disagree.
    """

    folder: Path
    stem: str
    path: Path = field(init=False)
    validator: str | None = None

    def __post_init__(self) -> None:
        self.path = self.folder / f"{self.stem}.part"
        for found in sorted(self.folder.glob(f"{self.stem}~*.part")):
            self.path = found
            self.validator = base64.urlsafe_b64decode(found.name[len(self.stem) + 1 : -len(".part")]).decode()

    @property
    def num_bytes(self) -> int:
        """Bytes that can be kept: none without a validator, because they may belong to another file."""
        return self.path.stat().st_size if self.validator is not None and self.path.exists() else 0

    def begin(self, validator: str | None) -> None:
        """Start anew, with what the source says about its version now."""
        self.discard()
        encoded = base64.urlsafe_b64encode(validator.encode()).decode() if validator else ""
        self.validator = validator if validator and len(encoded) <= _MAX_VALIDATOR else None
        self.path = self.folder / (f"{self.stem}~{encoded}.part" if self.validator else f"{self.stem}.part")

    def discard(self) -> None:
        """Remove the file, and others of the same URL."""
        for path in (self.folder / f"{self.stem}.part", *self.folder.glob(f"{self.stem}~*.part")):
            path.unlink(missing_ok=True)
        self.validator = None

    def receive(self, blocks: Iterable[bytes], advance: Callable[[int], Any], *, append: bool) -> Checksum:
        """Write and hash blocks as they come; what is here is on disk also if the source fails.

        Args:
            blocks: the rest of the file, or the whole of it.
            advance: is told how many bytes of the file are here, after each block.
            append: keep what is here; it is read once to be hashed.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with writable(self.path), open(self.path, "r+b" if append else "w+b") as file:
            sink = HashingWriter(file)
            if append:
                _account(sink, file)
            for block in blocks:
                sink.write(block)
                advance(sink.num_bytes)
            sync(file)
        return sink.checksum


def _account(sink: HashingWriter, file: BinaryIO) -> None:
    """Hash what a partial file holds already; leaves the file at its end."""
    while block := file.read(BLOCK_BYTES):
        sink.account(block)


@dataclass(frozen=True, slots=True)
class Download:
    """A finished download: its file under its partial name, what it is, and whether a part of it was there before.

    Attributes:
        path: the file.
        checksum: of the whole file.
        validators: what the source says about its version: ``etag`` and ``last_modified``, where it says so.
        resumed: a part was there before this download.
    """

    path: Path
    checksum: Checksum
    validators: dict[str, str]
    resumed: bool


@contextmanager
def shown(desc: str | None, total: int | None, initial: int) -> Iterator[Callable[[int], Any]]:
    """A progress bar that is told how many bytes are here; ``desc`` None: no bar."""
    if desc is None:
        yield lambda _: None
        return
    with progress(total, desc, "B", initial=initial) as bar:
        yield lambda num_bytes: bar.update(num_bytes - bar.n)
