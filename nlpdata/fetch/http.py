"""HTTP downloads into a partial file that a later run takes up again.

Knows: ranges, validators, retries with growing pauses, and how to tell a stream that was cut from one that is whole.
Does not know: the cache, checksums that were recorded, or mirrors. The one seam to the network is :class:`Transport`.
"""

from __future__ import annotations

import base64
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from nlpdata._report import get_logger, progress
from nlpdata.errors import FetchError
from nlpdata.fetch.checksum import BLOCK_BYTES, Checksum, HashingWriter, sync, writable

_RETRIED_STATUS = {408, 409, 425, 429, 500, 502, 503, 504}
_LONGEST_PAUSE_SECONDS = 30.0
_CONNECT_SECONDS, _READ_SECONDS = 10.0, 60.0
_CONTENT_RANGE = re.compile(r"bytes (?P<start>\d+)-(?P<end>\d+)/(?P<total>\d+|\*)")
_MAX_VALIDATOR = 120  # of base64 in a file name


class TransportError(Exception):
    """A request that failed on its way and may be tried again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of a response, and its body as bytes as they were stored (never decoded)."""

    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes]
    url: str


class Transport(Protocol):
    """How one GET request is made; raises :class:`TransportError` where another try may help, also while the body is read."""

    def __call__(self, url: str, headers: Mapping[str, str]) -> AbstractContextManager[Answer]:
        """The answer, until the ``with`` block ends."""


@dataclass(frozen=True, slots=True)
class RequestsTransport:
    """GET by the package ``requests``: redirects, proxies of the environment, ``.netrc``."""

    proxies: Mapping[str, str] | None = None

    @contextmanager
    def __call__(self, url: str, headers: Mapping[str, str]) -> Iterator[Answer]:
        """The answer, until the ``with`` block ends."""
        import requests

        with requests.Session() as session:
            try:
                response = session.get(
                    url,
                    headers=dict(headers),
                    stream=True,
                    proxies=dict(self.proxies) if self.proxies else None,
                    timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                )
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
                raise TransportError(_short(error)) from error
            except (requests.RequestException, ValueError) as error:
                raise FetchError(f"Cannot ask for {url}: {error}") from error
            with response:
                yield Answer(response.status_code, response.headers, _body(response), response.url)


def _body(response: Any) -> Iterator[bytes]:
    from urllib3.exceptions import HTTPError

    try:
        # The bytes as they are stored: a .gz file that is served with "Content-Encoding: gzip" stays one.
        yield from response.raw.stream(BLOCK_BYTES, decode_content=False)
    except (HTTPError, OSError) as error:
        raise TransportError(_short(error)) from error


def _short(error: BaseException) -> str:
    text = str(error)
    return text if len(text) < 300 else text[:300] + "..."


@dataclass(slots=True)
class Pace:
    """When a failed try is repeated: pauses double with jitter; tries count anew once bytes arrived."""

    max_retries: int
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    failures: int = 0

    def progressed(self) -> None:
        """Bytes arrived: what failed before is forgotten."""
        self.failures = 0

    def failed(self, url: str, reason: str, wait_seconds: float | None = None) -> None:
        """Wait before the next try.

        Raises:
            FetchError: there have been enough.
        """
        self.failures += 1
        if self.failures > self.max_retries:
            raise FetchError(
                f"Cannot download {url}: {reason} ({self.failures} tries in a row without a byte). "
                "What was received is kept; try again, or raise NLPDATA_MAX_RETRIES."
            )
        pause = wait_seconds if wait_seconds is not None else 0.5 * 2 ** (self.failures - 1) * (0.5 + self.jitter())
        pause = min(pause, _LONGEST_PAUSE_SECONDS)
        get_logger(__name__).info("%s: %s; trying again in %.1f s", url, reason, pause)
        self.sleep(pause)


@dataclass(slots=True)
class Partial:
    """The partial file of one URL: ``<stem>.part``, or ``<stem>~<validator>.part`` where the server gave an ETag or a date.

    The validator is kept in the name, so that a file and what it belongs to can never disagree.
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
        """Start anew, with what the server says about the file now."""
        self.discard()
        encoded = base64.urlsafe_b64encode(validator.encode()).decode() if validator else ""
        self.validator = validator if validator and len(encoded) <= _MAX_VALIDATOR else None
        self.path = self.folder / (f"{self.stem}~{encoded}.part" if self.validator else f"{self.stem}.part")

    def discard(self) -> None:
        """Remove the file, and others of the same URL."""
        for path in (self.folder / f"{self.stem}.part", *self.folder.glob(f"{self.stem}~*.part")):
            path.unlink(missing_ok=True)
        self.validator = None


@dataclass(frozen=True, slots=True)
class Download:
    """A finished download: its file under its partial name, what it is, and whether a part of it was there before."""

    path: Path
    checksum: Checksum
    etag: str | None
    resumed: bool


@dataclass(slots=True)
class HttpDownload:
    """One URL -> one partial file, with as many requests as it takes. ``desc`` is what the progress bar says; None: no bar."""

    url: str
    partial: Partial
    transport: Transport
    pace: Pace
    headers: Mapping[str, str] = field(default_factory=dict)
    desc: str | None = None
    total: int | None = None
    resumed: bool = False
    etag: str | None = None

    def run(self) -> Download:
        """Download until the file is whole.

        Raises:
            FetchError: the server refuses, or too many tries failed. The partial file stays.
            CacheWriteError: the disk is full or read-only.
        """
        self.partial.folder.mkdir(parents=True, exist_ok=True)
        while True:
            try:
                checksum = self._try()
            except TransportError as error:
                self.pace.failed(self.url, str(error))
                continue
            if checksum is not None:
                return Download(self.partial.path, checksum, self.etag, self.resumed)

    def _try(self) -> Checksum | None:
        """One request; None if another one is needed."""
        offset = self.partial.num_bytes
        with self.transport(self.url, self._request_headers(offset)) as answer:
            if answer.status == 206 and self._continues(answer, offset):
                self.resumed = self.resumed or offset > 0
                return self._receive(answer, append=True)
            if answer.status == 200:
                self._begin(answer)
                return self._receive(answer, append=False)
            if answer.status in (206, 416):
                self.partial.discard()  # the server has another file now, or does not keep to its ranges
                self.pace.failed(self.url, f"the range from byte {offset} was answered by status {answer.status}", 0.0)
                return None
            self._refused(answer)
            return None

    def _request_headers(self, offset: int) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity", **self.headers}
        if offset and self.partial.validator:
            headers |= {"Range": f"bytes={offset}-", "If-Range": self.partial.validator}
        return headers

    def _continues(self, answer: Answer, offset: int) -> bool:
        match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if not match or int(match["start"]) != offset:
            return False
        self.total = int(match["total"]) if match["total"] != "*" else None
        self.etag = answer.headers.get("ETag")
        return True

    def _begin(self, answer: Answer) -> None:
        length = answer.headers.get("Content-Length", "")
        self.total = int(length) if length.isdigit() else None
        self.etag = answer.headers.get("ETag")
        # Only a strong ETag or a date may stand in If-Range.
        strong = self.etag if self.etag and not self.etag.startswith("W/") else None
        ranges = answer.headers.get("Accept-Ranges", "").lower() != "none"
        self.partial.begin((strong or answer.headers.get("Last-Modified")) if ranges else None)
        self.resumed = False

    def _receive(self, answer: Answer, *, append: bool) -> Checksum | None:
        with writable(self.partial.path), open(self.partial.path, "r+b" if append else "w+b") as file:
            sink = HashingWriter(file)
            if append:
                _account(sink, file)
            with self._bar(sink.num_bytes) as advance:
                for block in answer.body:
                    sink.write(block)
                    self.pace.progressed()
                    advance(len(block))
            sync(file)
        if self.total is not None and sink.num_bytes < self.total:
            raise TransportError(f"the connection was closed after {sink.num_bytes} of {self.total} bytes")
        if self.total is not None and sink.num_bytes > self.total:
            self.partial.discard()
            raise TransportError(f"{sink.num_bytes} bytes came where {self.total} were announced")
        return sink.checksum

    @contextmanager
    def _bar(self, initial: int) -> Iterator[Callable[[int], Any]]:
        if self.desc is None:
            yield lambda _: None
        else:
            with progress(self.total, self.desc, "B", initial=initial) as bar:
                yield bar.update

    def _refused(self, answer: Answer) -> None:
        reason = f"the server answered with status {answer.status}"
        if answer.status in _RETRIED_STATUS:
            self.pace.failed(self.url, reason, retry_after(answer.headers.get("Retry-After"), time.time()))
            return
        hint = {
            401: " It asks for a token: DownloadConfig(token=...).",
            403: " Access is refused.",
            404: " There is no such file.",
        }
        moved = f" (asked {answer.url})" if answer.url != self.url else ""
        raise FetchError(f"Cannot download {self.url}{moved}: {reason}.{hint.get(answer.status, '')}")


def _account(sink: HashingWriter, file: BinaryIO) -> None:
    """Hash what a partial file holds already; leaves the file at its end."""
    while block := file.read(BLOCK_BYTES):
        sink.account(block)


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a ``Retry-After`` header asks for: a number or a date; None if it says nothing.

    >>> retry_after("3", 0.0), retry_after(None, 0.0)
    (3.0, None)
    """
    if not value:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, TypeError):
        return None
