"""HTTP downloads into a partial file that a later run takes up again.

Knows: ranges, validators, retries with growing pauses, and how to tell a stream that was cut from one that is whole.
Does not know: the cache, checksums that were recorded, or mirrors. The one seam to the network is :class:`Transport`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

from nlpdata.errors import FetchError
from nlpdata.fetch.checksum import BLOCK_BYTES, Checksum
from nlpdata.fetch.pace import Pace, TransportError
from nlpdata.fetch.partial import Download, Partial, shown

_RETRIED_STATUS = {408, 409, 425, 429, 500, 502, 503, 504}
_CONNECT_SECONDS, _READ_SECONDS = 10.0, 60.0
_CONTENT_RANGE = re.compile(r"bytes (?P<start>\d+)-(?P<end>\d+)/(?P<total>\d+|\*)")
_BEYOND_END = re.compile(r"bytes \*/(?P<total>\d+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of a response, and its body as bytes as they were stored (never decoded)."""

    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes]
    url: str


class Transport(Protocol):
    """How one GET request is made; raises :class:`TransportError` where another try may help, also while the body is read."""

    def __call__(self, url: str, headers: Mapping[str, str], seconds: float) -> AbstractContextManager[Answer]:
        """The answer, until the ``with`` block ends; ``seconds`` is the longest silence to wait through."""


@dataclass(frozen=True, slots=True)
class RequestsTransport:
    """GET by the package ``requests``: redirects, proxies of the environment, ``.netrc``."""

    proxies: Mapping[str, str] | None = None

    @contextmanager
    def __call__(self, url: str, headers: Mapping[str, str], seconds: float) -> Iterator[Answer]:
        """The answer, until the ``with`` block ends."""
        import requests

        with requests.Session() as session:
            try:
                response = session.get(
                    url,
                    headers=dict(headers),
                    stream=True,
                    proxies=dict(self.proxies) if self.proxies else None,
                    timeout=(min(_CONNECT_SECONDS, seconds), min(_READ_SECONDS, seconds)),
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
        # The bytes as they are stored: a .gz file that is served with "Content-Encoding: gzip" stays one. They are taken as
        # they come, not a full block at a time: a server that sends a byte a minute must not hold us beyond our time.
        while block := response.raw.read1(BLOCK_BYTES, decode_content=False):
            yield block
    except (HTTPError, OSError) as error:
        raise TransportError(_short(error)) from error


def _short(error: BaseException) -> str:
    text = str(error)
    return text if len(text) < 300 else text[:300] + "..."


@dataclass(slots=True)
class HttpDownload:
    """One URL -> one partial file, with as many requests as it takes.

    Args:
        url: ``http://`` or ``https://``.
        partial: where the bytes go.
        transport: how a request is made.
        pace: when to try again.
        headers: sent with each request.
        desc: what the progress bar says; None: no bar.
        known: validators of a file that is here already (``etag``, ``last_modified``): the source is asked whether it changed.
    """

    url: str
    partial: Partial
    transport: Transport
    pace: Pace
    headers: Mapping[str, str] = field(default_factory=dict)
    desc: str | None = None
    known: Mapping[str, str] = field(default_factory=dict)
    total: int | None = None
    resumed: bool = False
    validators: dict[str, str] = field(default_factory=dict)

    def run(self) -> Download | None:
        """Download until the file is whole; None if the source says that it is what is ``known``.

        Raises:
            FetchError: the server refuses, or too many tries failed, or the time is over. The partial file stays.
            CacheWriteError: the disk is full or read-only.
        """
        while True:
            try:
                checksum = self._try()
            except NotModified:
                return None
            except TransportError as error:
                self.pace.failed(self.url, str(error))
                continue
            if checksum is not None:
                return Download(self.partial.path, checksum, self.validators, self.resumed)

    def _try(self) -> Checksum | None:
        """One request; None if another one is needed."""
        offset = self.partial.num_bytes
        seconds = max(self.pace.seconds_left, 0.01)
        with self.transport(self.url, self._request_headers(offset), seconds) as answer:
            if answer.status == 206 and offset and self._continues(answer, offset):
                self.resumed = True
                return self._receive(answer, append=True)
            if answer.status == 200:
                self._begin(answer)
                return self._receive(answer, append=False)
            if answer.status == 304 and self.known and not offset:
                raise NotModified
            if answer.status == 416 and offset and self._ends_at(answer, offset):
                self.resumed = True
                return self._receive(Answer(416, {}, iter(()), answer.url), append=True)
            if answer.status in (206, 304, 416):
                self.partial.discard()  # the server has another file now, or does not keep to its ranges
                self.pace.failed(self.url, f"the range from byte {offset} was answered by status {answer.status}")
                return None
            self._refused(answer)
            return None

    def _request_headers(self, offset: int) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity", **self.headers}
        if offset and self.partial.validator:
            headers |= {"Range": f"bytes={offset}-", "If-Range": self.partial.validator}
        elif etag := self.known.get("etag"):
            headers["If-None-Match"] = etag
        elif modified := self.known.get("last_modified"):
            headers["If-Modified-Since"] = modified
        return headers

    def _continues(self, answer: Answer, offset: int) -> bool:
        """Whether a partial answer is the rest of what is here: the right place, and the same version of the file."""
        match = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if not match or int(match["start"]) != offset:
            return False
        validators = _validators(answer)
        if _strong(validators) not in (None, self.partial.validator):
            return False  # a server that does not understand If-Range
        self.total = int(match["total"]) if match["total"] != "*" else None
        self.validators = validators
        return True

    def _ends_at(self, answer: Answer, offset: int) -> bool:
        """Whether a range beyond the end means that all of the file is here."""
        match = _BEYOND_END.fullmatch(answer.headers.get("Content-Range", ""))
        if not match or int(match["total"]) != offset or _strong(_validators(answer)) not in (None, self.partial.validator):
            return False
        self.total = offset
        return True

    def _begin(self, answer: Answer) -> None:
        length = answer.headers.get("Content-Length", "")
        self.total = int(length) if length.isdigit() else None
        self.validators = _validators(answer)
        ranges = answer.headers.get("Accept-Ranges", "").lower() != "none"
        self.partial.begin(_strong(self.validators) if ranges else None)
        self.resumed = False

    def _receive(self, answer: Answer, *, append: bool) -> Checksum | None:
        with shown(self.desc, self.total, self.partial.num_bytes) as show:

            def advance(num_bytes: int) -> None:
                show(num_bytes)
                self.pace.reached(self.url, num_bytes)

            checksum = self.partial.receive(answer.body, advance, append=append)
        size = checksum.num_bytes or 0
        if self.total is not None and size < self.total:
            raise TransportError(f"the connection was closed after {size} of {self.total} bytes")
        if self.total is not None and size > self.total:
            self.partial.discard()
            raise TransportError(f"{size} bytes came where {self.total} were announced")
        return checksum

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
        error = FetchError(f"Cannot download {self.url}{moved}: {reason}.{hint.get(answer.status, '')}")
        error.missing = answer.status in (404, 410)
        raise error


class NotModified(Exception):
    """The source still holds what is known."""


def _validators(answer: Answer) -> dict[str, str]:
    found = {"etag": answer.headers.get("ETag"), "last_modified": answer.headers.get("Last-Modified")}
    return {name: value for name, value in found.items() if value}


def _strong(validators: Mapping[str, str]) -> str | None:
    """What may stand in If-Range: a strong ETag, or else a date."""
    etag = validators.get("etag", "")
    return etag if etag and not etag.startswith("W/") else validators.get("last_modified")


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
