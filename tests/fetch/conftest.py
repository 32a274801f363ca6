"""A real HTTP server on loopback that can be told to misbehave, and counts what it is asked."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nlpdata.fetch import Checksum


@dataclass
class Site:
    """What the server serves, and how. ``plan`` holds one misdeed per request, done in order; then it behaves."""

    files: dict[str, bytes] = field(default_factory=dict)
    plan: list[str] = field(default_factory=list)
    etag: bool = True
    ranges: bool = True
    delay: float = 0.0
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    url: str = ""

    def sent_headers(self, index: int) -> dict[str, str]:
        return self.requests[index][1]

    def serve(self, path: str, data: bytes) -> str:
        """Put a file on the site; its URL."""
        self.files[path] = data
        return self.url + path

    @staticmethod
    def checksum(data: bytes) -> Checksum:
        """What ``data`` is."""
        return Checksum(len(data), hashlib.sha256(data).hexdigest())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, format: str, *args: object) -> None:
        pass

    def log_request(self, code: object = "-", size: object = "-") -> None:
        self.site.statuses.append(int(str(code)))

    def do_GET(self) -> None:
        site = self.site
        site.requests.append((self.path, dict(self.headers)))
        deed = site.plan.pop(0) if site.plan else ""
        if deed.isdigit():
            self.send_response(int(deed))
            self.send_header("Content-Length", "0")
            self.send_header("Retry-After", "0")
            self.end_headers()
        elif self.path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/moved"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path not in site.files:
            self.send_error(404)
        else:
            self.serve(site.files[self.path], deed)

    def serve(self, data: bytes, deed: str) -> None:
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        if self.site.etag and self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.end_headers()
            return
        start = 0
        wanted = self.headers.get("Range")
        if wanted and self.site.ranges and self.headers.get("If-Range") in (None, etag):
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if self.site.etag:
            self.send_header("ETag", etag)
        lie = 1000 if deed == "lie" else 0
        self.send_header("Content-Length", str(len(data) - start + lie))
        self.end_headers()
        body = data[start:]
        if deed == "cut":
            body = body[: len(body) // 2]
            self.close_connection = True
        if deed == "lie":
            self.close_connection = True
        for at in range(0, len(body), 65536):
            self.wfile.write(body[at : at + 65536])
            if self.site.delay:
                threading.Event().wait(self.site.delay)


@pytest.fixture
def site() -> Iterator[Site]:
    served = Site()
    handler = type("SiteHandler", (Handler,), {"site": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a client that was killed is part of the tests
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    server.server_close()
    thread.join()
