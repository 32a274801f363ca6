"""Any script of misdeeds: the download ends with the right bytes or with a clear error, and no wrong file is left behind.

The server is a real one on loopback. Each request meets the next misdeed of the script; when the script is over it behaves.
"""

from __future__ import annotations

import hashlib
import random
import re
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from nlpdata.errors import FetchError
from nlpdata.fetch import Checksum, DownloadConfig
from nlpdata.fetch.pace import Pace
from nlpdata.fetch.remote import fetch_file

SIZE = 200_000
VERSIONS = [random.Random(seed).randbytes(SIZE + 1000 * seed) for seed in range(3)]
Deed = tuple[str, int]
CHANGES = ("change", "deaf")  # other content from now on; "deaf" does so and does not understand If-Range


@dataclass
class Villain:
    """What it serves now, and what it will do to the next requests."""

    version: int = 0
    deeds: list[Deed] = field(default_factory=list)
    validator: str = "etag"
    url: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def data(self) -> bytes:
        return VERSIONS[self.version]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    villain: Villain

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.close_connection = True
        what, number = self.villain.deeds.pop(0) if self.villain.deeds else ("serve", 0)
        if what == "status":
            self.send_response(number)
            self.send_header("Retry-After", str(number % 3))
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"sorry")
        elif what == "silent":
            self.villain.released.wait(20)
        elif what == "slam":
            self.slam()
        else:
            if what in CHANGES:
                self.villain.version = number % len(VERSIONS)
            self.answer(what, number)

    def slam(self) -> None:
        """Break the connection without a word."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()

    def answer(self, what: str, number: int) -> None:
        data, start = self.villain.data, 0
        tag = hashlib.md5(data).hexdigest()
        known = {"etag": f'"{tag}"', "weak": f'W/"{tag}"', "date": f"Mon, 0{self.villain.version + 1} Jan 2024 00:00:00 GMT"}
        validator = known.get(self.villain.validator)
        if found := re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "")):
            same = self.headers.get("If-Range") in (None, validator)
            start = int(found[1]) if what == "deaf" or (same and what != "whole") else 0
        if start >= len(data):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            start += number % 7 if what == "shift" else 0
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        body = data[start:]
        if validator:
            self.send_header({"date": "Last-Modified"}.get(self.villain.validator, "ETag"), validator)
        self.send_body(body, what, number)

    def send_body(self, body: bytes, what: str, number: int) -> None:
        lie = {"long": 1 + number % 5000, "short": -(1 + number % 5000)}.get(what, 0)
        if what == "chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for at in range(0, number % SIZE, 9000):
                part = body[at : at + 9000]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
            self.wfile.flush()
            return  # the last chunk never comes
        self.send_header("Content-Length", str(max(0, len(body) + lie)))
        self.end_headers()
        for at in range(number if what == "drip" else 0):
            self.wfile.write(body[at : at + 1])
            self.villain.released.wait(0.02)
        self.wfile.write(body[: number % SIZE] if what in ("cut", "reset") else body)
        if what == "reset":
            self.wfile.flush()
            self.slam()


@pytest.fixture(scope="module")
def villain() -> Iterator[Villain]:
    served = Villain()
    handler = type("VillainHandler", (Handler,), {"villain": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    served.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


def quick(retries: int, seconds: float) -> Pace:
    """The pace of tries without its pauses."""
    return Pace(retries, seconds, sleep=lambda _: None)


def kept(folder: Path) -> list[Path]:
    """Files under the name of their content."""
    return [path for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


DETECTED = st.one_of(
    st.tuples(st.sampled_from(["cut", "reset", "chunks", "long", "deaf", "shift"]), st.integers(1, SIZE - 1)),
    st.tuples(st.just("status"), st.sampled_from([408, 429, 500, 502, 503, 504, 304, 416])),
    st.tuples(st.sampled_from(["slam", "whole", "serve"]), st.just(0)),
    st.tuples(st.just("change"), st.integers(0, 2)),
)
# A server that announces less than it has, and keeps to that, says that the file ends there: only a checksum can know better.
UNDETECTED = st.tuples(st.just("short"), st.integers(1, SIZE - 1))


@examples(max_examples=120)
@given(
    deeds=st.lists(DETECTED | UNDETECTED, max_size=8),
    validator=st.sampled_from(["etag", "weak", "date", "none"]),
    retries=st.integers(0, 4),
)
def test_a_recorded_file_is_right_or_an_error(villain: Villain, deeds: list[Deed], validator: str, retries: int) -> None:
    last = [number % 3 for what, number in deeds if what in CHANGES]
    good = VERSIONS[last[-1] if last else 0]
    expected = Checksum(len(good), hashlib.sha256(good).hexdigest())
    attempt(villain, deeds, validator, retries, expected, {good})


@example(deeds=[("cut", 120_000), ("deaf", 1)], validator="etag", retries=3)
@example(deeds=[("reset", 120_000), ("deaf", 2)], validator="date", retries=3)
@example(deeds=[("cut", 120_000), ("shift", 3)], validator="etag", retries=3)
@example(deeds=[("cut", 120_000), ("change", 1)], validator="weak", retries=3)
@example(deeds=[("long", 120), ("serve", 0)], validator="etag", retries=3)
@example(deeds=[("chunks", 30_000), ("status", 304), ("status", 416)], validator="etag", retries=3)
@examples(max_examples=120)
@given(
    deeds=st.lists(DETECTED, max_size=8),
    validator=st.sampled_from(["etag", "weak", "date", "none"]),
    retries=st.integers(0, 4),
)
def test_an_unrecorded_file_is_whole_and_of_one_version_or_an_error(
    villain: Villain, deeds: list[Deed], validator: str, retries: int
) -> None:
    attempt(villain, deeds, validator, retries, None, set(VERSIONS))


def attempt(
    villain: Villain, deeds: list[Deed], validator: str, retries: int, expected: Checksum | None, right: set[bytes]
) -> None:
    """One download against a script of misdeeds, then one against a server that behaves."""
    villain.version, villain.deeds, villain.validator = 0, list(deeds), validator
    url = f"{villain.url}/file"
    with tempfile.TemporaryDirectory() as folder:
        config = DownloadConfig(cache_dir=folder, max_retries=retries, max_seconds=30)
        try:
            done = fetch_file(url, config, expected, pace=quick)
        except FetchError as error:
            assert url in str(error) and len(str(error)) > len(url) + 20
        else:
            assert done.path.read_bytes() in right
        assert all(path.read_bytes() in right for path in kept(Path(folder)))
        villain.deeds.clear()
        if expected is not None and expected.sha256 != hashlib.sha256(villain.data).hexdigest():
            return  # the script ended before the file became what was recorded
        assert fetch_file(url, config, expected, pace=quick).path.read_bytes() in right
        assert not list(Path(folder, "parts").glob("*.part"))


@pytest.mark.parametrize(
    "deeds", [[("silent", 0)] * 9, [("cut", 150_000), ("silent", 0)], [("status", 500), ("silent", 0)], [("drip", 900)] * 9]
)
def test_a_server_that_never_answers_is_left_when_the_time_is_over(villain: Villain, isolated_cache: Path, deeds: Any) -> None:
    villain.version, villain.deeds, villain.validator = 0, list(deeds), "etag"
    config = DownloadConfig(max_retries=5, max_seconds=0.4)
    with pytest.raises(FetchError, match=r"within 0\.4 s.*NLPDATA_DOWNLOAD_SECONDS"):
        fetch_file(f"{villain.url}/file", config, pace=quick)
    assert not kept(isolated_cache / "downloads")
    villain.deeds.clear()
    assert fetch_file(f"{villain.url}/file").path.read_bytes() == VERSIONS[0]


def test_a_server_that_only_repeats_itself_is_left_after_the_retries(villain: Villain, isolated_cache: Path) -> None:
    villain.version, villain.deeds, villain.validator = 0, [("cut", 90_000)] * 50, "none"
    with pytest.raises(FetchError, match="4 tries in a row failed"):
        fetch_file(f"{villain.url}/file", DownloadConfig(max_retries=3), pace=quick)
    assert len(villain.deeds) == 50 - 4


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


@given(draws=st.lists(st.floats(0, 1), min_size=60, max_size=60), budget=st.floats(1, 300), retries=st.integers(0, 50))
def test_pauses_grow_with_full_jitter_and_end_in_time(draws: list[float], budget: float, retries: int) -> None:
    clock, left = Clock(), iter(draws)
    pace = Pace(retries, budget, sleep=clock.sleep, jitter=lambda: next(left), clock=clock)
    with pytest.raises(FetchError, match="Cannot download u"):
        while True:
            pace.failed("u", "no answer")
    assert clock.now <= budget and len(clock.slept) <= retries
    longest = [min(2.0**n, 30.0) for n in range(len(clock.slept))]
    assert all(pause == draw * limit for pause, draw, limit in zip(clock.slept, draws, longest, strict=False))


def test_a_server_that_wants_us_later_than_we_may_wait(villain: Villain) -> None:
    clock = Clock()
    pace = Pace(5, 100.0, sleep=clock.sleep, clock=clock)
    pace.failed("u", "status 429", 20.0)
    assert clock.slept == [20.0]
    with pytest.raises(FetchError, match="within 100 s: status 429"):
        pace.failed("u", "status 429", 90.0)
    with pytest.raises(FetchError, match="asks to wait 3600 s"):
        Pace(5, 10_000.0, sleep=clock.sleep, clock=clock).failed("u", "status 429", 3600.0)
    assert clock.slept == [20.0]
