"""Downloads against a real server on loopback that cuts, refuses, lies and moves."""

from __future__ import annotations

import io
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.spec import AbstractFileSystem

from nlpdata.errors import ChecksumError, DataFileError, FetchError, OfflineError
from nlpdata.fetch import Checksum, DownloadConfig, fetch
from nlpdata.fetch.http import HttpDownload, RequestsTransport, retry_after
from nlpdata.fetch.pace import Pace
from nlpdata.fetch.partial import Partial
from nlpdata.fetch.remote import fetch_file
from nlpdata.settings import settings

DATA = random.Random(0).randbytes(300_000)


def files_in(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def names(folder: Path) -> list[str]:
    """Files of the download folder, without the records."""
    return sorted(p.name for p in (folder / "downloads").rglob("*") if p.is_file() and p.suffix != ".json")


def quick_download(site: Any, url: str, folder: Path, *, max_retries: int = 3) -> tuple[HttpDownload, list[float]]:
    waits: list[float] = []
    pace = Pace(max_retries, 60.0, sleep=waits.append, jitter=lambda: 0.5)
    return HttpDownload(url, Partial(folder, "file"), RequestsTransport(), pace), waits


def test_a_file_is_kept_by_what_it_is(site: Any, isolated_cache: Path) -> None:
    path = fetch(site.serve("/a.txt", DATA))
    assert path.read_bytes() == DATA
    assert path.name == site.checksum(DATA).sha256
    assert names(isolated_cache) == [path.name]


def test_cached_costs_no_request(site: Any) -> None:
    url = site.serve("/a.txt", DATA)
    first, second = fetch_file(url), fetch_file(url)
    assert (first.cached, second.cached, first.path) == (False, True, second.path)
    assert len(site.requests) == 1


def test_the_same_content_under_another_url_is_one_file(site: Any, isolated_cache: Path) -> None:
    expected = site.checksum(DATA)
    fetch(site.serve("/a", DATA))
    assert fetch(site.url + "/b", expected=expected).read_bytes() == DATA  # known by its checksum: /b is never asked
    assert len(site.requests) == 1 and len(names(isolated_cache)) == 1


def test_force_download_asks_again(site: Any) -> None:
    url = site.serve("/a", DATA)
    fetch(url)
    site.files["/a"] = b"new"
    assert fetch(url).read_bytes() == DATA
    assert fetch(url, DownloadConfig(force_download=True)).read_bytes() == b"new"
    assert fetch(url).read_bytes() == b"new"


def test_a_redirect_is_followed(site: Any) -> None:
    site.serve("/a", DATA)
    assert fetch(site.url + "/moved/a").read_bytes() == DATA


def test_an_empty_file(site: Any) -> None:
    assert fetch(site.serve("/empty", b"")).read_bytes() == b""


def test_a_lost_file_is_downloaded_again(site: Any) -> None:
    url = site.serve("/a", DATA)
    path = fetch(url)
    path.write_bytes(DATA[:100])  # a disk that lost the end
    assert fetch(url).read_bytes() == DATA


def test_a_missing_file_says_so_at_once(site: Any, isolated_cache: Path) -> None:
    with pytest.raises(FetchError, match=r"/nothing.*404"):
        fetch(site.url + "/nothing")
    assert len(site.requests) == 1
    assert files_in(isolated_cache) == set()


def test_a_cut_connection_goes_on_where_it_stopped(site: Any, tmp_path: Path) -> None:
    site.plan = ["cut", "cut", ""]
    job, waits = quick_download(site, site.serve("/a", DATA), tmp_path)
    done = job.run()
    assert done.path.read_bytes() == DATA and done.checksum == site.checksum(DATA)
    ranges = [headers.get("Range") for _, headers in site.requests]
    assert ranges[0] is None and ranges[1] == "bytes=150000-" and ranges[2] == "bytes=225000-"
    assert site.sent_headers(1)["If-Range"].startswith('"')
    assert len(waits) == 2


def test_without_a_validator_a_cut_file_begins_anew(site: Any, tmp_path: Path) -> None:
    site.etag, site.plan = False, ["cut", ""]
    done = quick_download(site, site.serve("/a", DATA), tmp_path)[0].run()
    assert done.path.read_bytes() == DATA
    assert all("Range" not in headers for _, headers in site.requests)


def test_a_server_without_ranges_sends_all_again(site: Any, tmp_path: Path) -> None:
    site.ranges, site.plan = False, ["cut", ""]
    assert quick_download(site, site.serve("/a", DATA), tmp_path)[0].run().path.read_bytes() == DATA


def test_a_file_that_changed_meanwhile_is_not_mixed(site: Any, tmp_path: Path) -> None:
    url = site.serve("/a", DATA)
    site.plan = ["cut"]
    job, _ = quick_download(site, url, tmp_path, max_retries=0)
    with pytest.raises(FetchError, match="What was received is kept"):
        job.run()
    site.files["/a"] = DATA[::-1]
    assert quick_download(site, url, tmp_path)[0].run().path.read_bytes() == DATA[::-1]
    assert "Range" in site.sent_headers(1)


@pytest.mark.parametrize("status", ["429", "500", "503"])
def test_a_busy_server_is_asked_again(site: Any, tmp_path: Path, status: str) -> None:
    site.plan = [status, status, ""]
    job, waits = quick_download(site, site.serve("/a", DATA), tmp_path)
    assert job.run().path.read_bytes() == DATA
    assert waits == [0.0, 0.0]  # what Retry-After said


def test_it_gives_up_in_the_end(site: Any, tmp_path: Path) -> None:
    site.plan = ["503"] * 10
    job, waits = quick_download(site, site.serve("/a", DATA), tmp_path, max_retries=3)
    with pytest.raises(FetchError, match=r"503.*NLPDATA_MAX_RETRIES"):
        job.run()
    assert len(site.requests) == 4 and len(waits) == 3


def test_a_resumed_download_that_turns_out_wrong_is_done_once_more(site: Any, isolated_cache: Path) -> None:
    url, expected = site.serve("/a", DATA), site.checksum(DATA)
    site.plan = ["cut"]
    with pytest.raises(FetchError):
        fetch(url, DownloadConfig(max_retries=0), expected)
    (part,) = (isolated_cache / "downloads" / "parts").glob("*.part")
    part.write_bytes(b"\0" * part.stat().st_size)  # what a crash of the machine may leave
    assert fetch(url, expected=expected).read_bytes() == DATA
    assert ["Range" in headers for _, headers in site.requests] == [False, True, False]


def test_nobody_there(tmp_path: Path) -> None:
    job, waits = quick_download(None, "http://127.0.0.1:9/a", tmp_path, max_retries=2)
    with pytest.raises(FetchError, match=r"127\.0\.0\.1"):
        job.run()
    assert waits == [0.5, 1.0]


def test_a_server_that_lies_about_the_length_leaves_nothing_wrong(site: Any, isolated_cache: Path) -> None:
    url = site.serve("/a", DATA)
    site.plan = ["lie"] * 20
    with settings.override(max_retries=1), pytest.raises(FetchError):
        fetch_file(url, transport=RequestsTransport(), config=DownloadConfig(max_retries=0))
    assert [n for n in names(isolated_cache) if not n.endswith(".part")] == []
    site.plan = []
    assert fetch(url).read_bytes() == DATA


def test_retry_after_may_be_a_date() -> None:
    assert retry_after("Thu, 01 Jan 1970 00:00:10 GMT", 4.0) == 6.0
    assert retry_after("soon", 0.0) is None


def test_a_wrong_file_is_refused_and_not_kept(site: Any, isolated_cache: Path) -> None:
    good = fetch(site.serve("/good", b"good"))
    before = files_in(isolated_cache)
    expected = Checksum(4, "0" * 64)
    with pytest.raises(ChecksumError) as caught:
        fetch(site.serve("/a", DATA), expected=expected)
    message = str(caught.value)
    found = site.checksum(DATA)
    for part in (
        expected.sha256,
        "4 bytes",
        found.sha256,
        f"{len(DATA)} bytes",
        site.url + "/a",
        "checksums.json",
        "no_checks",
    ):
        assert part in message
    assert files_in(isolated_cache) == before and good.read_bytes() == b"good"


def test_a_wrong_file_can_be_taken_on_purpose(site: Any) -> None:
    assert fetch(site.serve("/a", DATA), expected=Checksum(4, "0" * 64), verify=False).read_bytes() == DATA


def test_a_file_accepted_unchecked_is_not_taken_when_checked(site: Any) -> None:
    url, expected = site.serve("/a", b"wrong"), site.checksum(b"right")
    fetch(url, expected=expected, verify=False)
    with pytest.raises(ChecksumError):
        fetch(url, expected=expected)
    site.files["/a"] = b"right"
    assert fetch(url, expected=expected).read_bytes() == b"right"


def test_offline_needs_no_network_for_what_is_cached(site: Any) -> None:
    url = site.serve("/a", DATA)
    with settings.override(offline=True), pytest.raises(OfflineError, match=r"NLPDATA_OFFLINE"):
        fetch(url)
    assert not site.requests
    fetch(url)
    with settings.override(offline=True):
        assert fetch(url).read_bytes() == DATA
    with pytest.raises(OfflineError):
        fetch(site.url + "/b", DownloadConfig(local_files_only=True))
    assert len(site.requests) == 1


def mirror_of(folder: Path, data: bytes, sha256: str) -> Path:
    place = folder / sha256[:2] / sha256
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return folder


def test_a_mirror_folder_comes_first_and_works_offline(site: Any, tmp_path: Path) -> None:
    expected = site.checksum(DATA)
    with settings.override(mirror=str(mirror_of(tmp_path, DATA, expected.sha256)), offline=True):
        path = fetch(site.url + "/a", expected=expected)
    assert path.read_bytes() == DATA and not site.requests
    assert fetch(site.url + "/a", expected=expected) == path  # kept: the mirror may go away


def test_a_mirror_url_comes_first(site: Any) -> None:
    expected = site.checksum(DATA)
    site.serve(f"/mirror/{expected.sha256[:2]}/{expected.sha256}", DATA)
    with settings.override(mirror=site.url + "/mirror/"):
        assert fetch(site.url + "/a", expected=expected).read_bytes() == DATA
    assert [path for path, _ in site.requests] == [f"/mirror/{expected.sha256[:2]}/{expected.sha256}"]


def test_a_mirror_without_the_file_is_passed_over(site: Any, tmp_path: Path) -> None:
    url, expected = site.serve("/a", DATA), site.checksum(DATA)
    for mirror in (str(tmp_path), str(tmp_path / "not there"), site.url + "/mirror"):
        with settings.override(mirror=mirror):
            path = fetch(url, DownloadConfig(force_download=True), expected)
        assert path.read_bytes() == DATA


def test_a_mirror_with_a_wrong_file_is_not_believed(site: Any, tmp_path: Path) -> None:
    url, expected = site.serve("/a", DATA), site.checksum(DATA)
    with (
        settings.override(mirror=str(mirror_of(tmp_path, b"other", expected.sha256))),
        pytest.warns(UserWarning, match="mirror"),
    ):
        assert fetch(url, expected=expected).read_bytes() == DATA


def test_genuine_files_come_from_the_mirror(shared_folder: Path) -> None:
    sha256 = "033f22c028c2bbba9ca682f68ffe204dc1aa6e1cf35dd6207f2d4ca67f0d0e8e"
    with settings.override(mirror=str(shared_folder / "mirror"), offline=True):
        path = fetch("https://example.invalid/TREC_10.label", expected=Checksum(23354, sha256))
    assert path.stat().st_size == 23354


def test_local_files_stay_where_they_are(tmp_path: Path, isolated_cache: Path, site: Any) -> None:
    path = tmp_path / "a file.txt"
    path.write_bytes(DATA)
    assert fetch(path) == path
    assert fetch(path.as_uri()) == path
    assert fetch(path, expected=site.checksum(DATA)) == path
    with pytest.raises(ChecksumError, match="a file"):
        fetch(path, expected=Checksum(1, "0" * 64))
    with pytest.raises(DataFileError, match="nowhere"):
        fetch(tmp_path / "nowhere")
    assert path.read_bytes() == DATA and files_in(isolated_cache) == set()


def test_other_schemes_go_through_fsspec(isolated_cache: Path) -> None:
    with fsspec.open("memory://folder/a.txt", "wb") as file:
        file.write(DATA)
    assert fetch("memory://folder/a.txt").read_bytes() == DATA
    with pytest.raises(FetchError, match=r"memory://folder/nothing"):
        fetch("memory://folder/nothing")
    with pytest.raises(FetchError, match="nosuchscheme"):
        fetch("nosuchscheme://a")


def test_a_token_goes_to_the_server_and_not_to_the_mirror(site: Any) -> None:
    url, expected = site.serve("/a", DATA), site.checksum(DATA)
    with settings.override(mirror=site.url + "/mirror"):
        fetch(url, DownloadConfig(token="secret", user_agent="lab"), expected)
    assert "Authorization" not in site.sent_headers(0)
    assert site.sent_headers(1)["Authorization"] == "Bearer secret"
    assert site.sent_headers(1)["User-Agent"].startswith("nlpdata/") and "lab" in site.sent_headers(1)["User-Agent"]


def test_force_download_asks_whether_the_file_has_changed(site: Any) -> None:
    url, again = site.serve("/a", DATA), DownloadConfig(force_download=True)
    first, second = fetch_file(url), fetch_file(url, again)
    assert (second.path, second.cached) == (first.path, True)
    assert site.sent_headers(1)["If-None-Match"].startswith('"') and site.statuses == [200, 304]
    assert not fetch_file(url, DownloadConfig(force_download=True, use_etag=False)).cached
    first.path.write_bytes(DATA[::-1])  # a file that the disk changed is no reason to be content with 304
    assert fetch_file(url, again).path.read_bytes() == DATA
    assert site.statuses == [200, 304, 200, 200]


def test_a_proxy_is_asked_in_place_of_the_server(site: Any) -> None:
    site.serve("http://nowhere.invalid/a", DATA)  # what a proxy gets is the whole URL
    path = fetch("http://nowhere.invalid/a", DownloadConfig(proxies={"http": site.url}))
    assert path.read_bytes() == DATA and site.requests[0][0] == "http://nowhere.invalid/a"


class FlakyFile(AbstractFileSystem):
    """A storage whose connection breaks after ``breaks[0]`` bytes, then after ``breaks[1]`` ..., and then no more."""

    protocol = "flaky"
    cachable = False
    content = DATA
    etag = "one"
    breaks: ClassVar[list[int]] = []
    asked: ClassVar[list[int]] = []

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        return {"name": path, "size": len(self.content), "type": "file", "ETag": self.etag}

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        outer = self

        class Breaking(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                if self.tell() == 0 or not outer.asked or outer.asked[-1] != -1:
                    outer.asked.append(self.tell())
                    outer.asked.append(-1)
                if outer.breaks:
                    if part := super().read(max(0, outer.breaks[0] - self.tell())):
                        return part
                    outer.breaks.pop(0)
                    outer.asked.append(0)
                    raise OSError("the connection broke")
                return super().read(size)

        return Breaking(self.content)


@pytest.fixture
def flaky() -> type[FlakyFile]:
    fsspec.register_implementation("flaky", FlakyFile, clobber=True)
    FlakyFile.breaks, FlakyFile.asked, FlakyFile.content, FlakyFile.etag = [], [], DATA, "one"
    return FlakyFile


def quietly(retries: int, seconds: float) -> Pace:
    return Pace(retries, seconds, sleep=lambda _: None)


def test_other_storages_are_read_on_from_where_they_broke(flaky: type[FlakyFile]) -> None:
    flaky.breaks = [100_000, 250_000]
    assert fetch_file("flaky://a", pace=quietly).path.read_bytes() == DATA
    assert [place for place in flaky.asked if place > 0] == [100_000, 250_000]


def test_other_storages_begin_anew_where_the_file_is_another_one(flaky: type[FlakyFile]) -> None:
    flaky.breaks = [100_000]
    with pytest.raises(FetchError, match="the connection broke"):
        fetch_file("flaky://a", DownloadConfig(max_retries=0), pace=quietly)
    flaky.content, flaky.etag = DATA[::-1], "two"
    assert fetch_file("flaky://a", pace=quietly).path.read_bytes() == DATA[::-1]
    assert [place for place in flaky.asked if place > 0] == []


CHILD = """
import sys
from nlpdata.settings import settings
settings.set(cache=sys.argv[1], progress=False)
from nlpdata.fetch import fetch
print(fetch(sys.argv[2]))
"""


def child(cache: Path, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", CHILD, str(cache), url], stdout=subprocess.PIPE, text=True)


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


def test_a_killed_download_leaves_its_part_and_goes_on(site: Any, isolated_cache: Path) -> None:
    data = random.Random(1).randbytes(4_000_000)
    url = site.serve("/a", data)
    site.delay = 0.02
    process = child(isolated_cache, url)
    parts = isolated_cache / "downloads" / "parts"
    wait_for(lambda: any(p.stat().st_size > 1_000_000 for p in parts.glob("*.part")))
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert {Path(n).suffix for n in names(isolated_cache)} == {".part", ".lease"}
    received = next(parts.glob("*.part")).stat().st_size
    site.delay = 0.0
    done = fetch_file(url)
    assert done.path.read_bytes() == data
    assert site.sent_headers(1)["Range"] == f"bytes={received}-"
    assert names(isolated_cache) == [done.path.name]


def test_two_processes_download_once(site: Any, isolated_cache: Path) -> None:
    site.delay = 0.05
    url = site.serve("/a", DATA)
    children = [child(isolated_cache, url) for _ in range(3)]
    paths = {process.communicate(timeout=60)[0].strip() for process in children}
    assert len(paths) == 1 and Path(paths.pop()).read_bytes() == DATA
    assert len(site.requests) == 1
    assert len(names(isolated_cache)) == 1
