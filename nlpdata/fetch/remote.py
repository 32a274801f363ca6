"""From a URL to a file on this machine: what is there already, a mirror, then the URL itself.

Knows: the folder of downloads. A file is kept under the sha256 of its content, a record per URL says which one it is; both
take their names only when they are whole and, where a checksum was recorded, right.
Does not know: who asks, or what the file means.

::

    <cache>/downloads/<sha256>                 content
    <cache>/downloads/urls/<hash of URL>.json  {"url", "sha256", "num_bytes", "etag", "last_modified"}
    <cache>/downloads/parts/<hash of URL>...   a download under way: .part, and the .lease of the process that does it
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from nlpdata._report import get_logger, warn_once
from nlpdata.cache.lease import Lease
from nlpdata.errors import ChecksumError, DataFileError, FetchError, OfflineError, StorageError
from nlpdata.fetch.checksum import (
    BLOCK_BYTES,
    Checksum,
    check_folder,
    checksum_of,
    publish,
    writable,
    write_json,
)
from nlpdata.fetch.config import DownloadConfig
from nlpdata.fetch.http import HttpDownload, RequestsTransport, Transport
from nlpdata.fetch.pace import Pace
from nlpdata.fetch.partial import Download, Partial
from nlpdata.fetch.storage import StorageDownload
from nlpdata.settings import settings

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]+://")
_NEEDS_NO_NETWORK = {"memory", "local", "file"}


@dataclass(frozen=True, slots=True)
class Fetched:
    """Where a file is, what it is, and whether that was known before (no request was made)."""

    path: Path
    checksum: Checksum | None
    cached: bool


def is_remote(url: str) -> bool:
    """Whether ``url`` names something that has to be fetched; paths and ``file://`` are here already.

    >>> is_remote("https://example.org/a"), is_remote("/a"), is_remote("file:///a")
    (True, False, False)
    """
    return "::" in url or (bool(_SCHEME.match(url)) and not url.startswith("file://"))


def fetch(
    url: str | os.PathLike[str],
    config: DownloadConfig | None = None,
    expected: Checksum | None = None,
    *,
    verify: bool = True,
) -> Path:
    """The local path of what ``url`` names; :func:`fetch_file` says more about it."""
    return fetch_file(url, config, expected, verify=verify).path


def fetch_file(
    url: str | os.PathLike[str],
    config: DownloadConfig | None = None,
    expected: Checksum | None = None,
    *,
    verify: bool = True,
    transport: Transport | None = None,
    pace: Callable[[int, float], Pace] = Pace,
) -> Fetched:
    """The file that ``url`` names, on this machine. What was downloaded before costs no request.

    Looked for in this order: the local file, if it is a path or ``file://``; the cache, by ``expected`` and by the URL; the
    mirror (setting ``mirror``), by the sha256 of ``expected``; the URL. Two processes that want the same URL download it once.
    With ``force_download`` the source is asked whether the file that is here has changed (by its ETag or date, unless
    ``use_etag`` is off), and only a changed one is downloaded.

    Args:
        url: a path, ``http(s)://``, ``file://``, or any URL that fsspec and its packages know.
        config: settings of the download.
        expected: what the file was when it was recorded.
        verify: False takes the file even if it is not what was expected.
        transport: how HTTP requests are made; the default uses ``requests``.
        pace: makes the pace of tries from the number of retries and the seconds that they may take.

    Raises:
        ChecksumError: the file is not what was recorded; nothing of it is kept.
        OfflineError: it is not here, and the network must not be used.
        DataFileError: there is no such local file.
        FetchError: the download failed; what was received stays for the next try.
        CacheWriteError: the cache folder is full or read-only.
    """
    text = os.fspath(url)
    chosen = config or DownloadConfig()
    if not is_remote(text):
        return _local(text, expected if verify else None)
    store = _Store(Path(chosen.cache_dir) if chosen.cache_dir else Path(settings.cache) / "downloads")
    if not chosen.force_download and (found := store.find(text, expected, verify)) is not None:
        return found
    job = _Job(text, chosen, expected, verify, store, transport or RequestsTransport(chosen.proxies), pace)
    check_folder(store.folder)
    with writable(store.folder):
        return job.run()


def local_path(url: str) -> Path:
    """The path that a ``file://`` URL or a path names."""
    if not url.startswith("file://"):
        return Path(os.path.expanduser(url))
    parts = urlsplit(url)
    path = unquote(parts.path)
    return Path(path.lstrip("/") if sys.platform == "win32" else path)


def _local(url: str, expected: Checksum | None) -> Fetched:
    path = local_path(url)
    if not path.exists():
        raise DataFileError(f"There is no file {str(path)!r} (looked at {path.absolute()}).")
    if expected is None or path.is_dir():
        return Fetched(path, None, cached=True)
    found = checksum_of(path)
    if not expected.accepts(found):
        raise _mismatch(str(path), expected, found)
    return Fetched(path, found, cached=True)


@dataclass(frozen=True, slots=True)
class _Store:
    """The folder of downloads."""

    folder: Path

    def content(self, sha256: str) -> Path:
        return self.folder / sha256

    def record(self, url: str) -> Path:
        return self.folder / "urls" / f"{_name_of(url)}.json"

    def find(self, url: str, expected: Checksum | None, verify: bool) -> Fetched | None:
        """What is here already, by what it should be, or by where it came from."""
        if expected is not None and (found := self._have(expected)) is not None:
            return found
        if expected is not None and verify:
            return None
        checksum, _ = self.noted(url)
        return None if checksum is None else self._have(checksum)

    def noted(self, url: str) -> tuple[Checksum | None, dict[str, str]]:
        """What came from a URL the last time, and what its server said about the version."""
        try:
            row = json.loads(self.record(url).read_text(encoding="utf-8"))
            validators = {name: row[name] for name in ("etag", "last_modified") if row.get(name)}
            return Checksum(row["num_bytes"], row["sha256"]), validators
        except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
            return None, {}

    def _have(self, checksum: Checksum) -> Fetched | None:
        path = self.content(checksum.sha256)
        try:
            size = path.stat().st_size
        except OSError:
            return None
        # A name is given to whole files only; the size is looked at because disks do lose ends of files.
        if checksum.num_bytes is not None and size != checksum.num_bytes:
            return None
        return Fetched(path, Checksum(size, checksum.sha256), cached=True)

    def keep(self, temporary: Path, checksum: Checksum) -> Path:
        path = self.content(checksum.sha256)
        publish(temporary, path)
        return path

    def note(self, url: str, checksum: Checksum, validators: Mapping[str, str]) -> None:
        path = self.record(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"url": url, "sha256": checksum.sha256, "num_bytes": checksum.num_bytes, **validators})


def _name_of(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class _Job:
    """One URL that is not here yet."""

    url: str
    config: DownloadConfig
    expected: Checksum | None
    verify: bool
    store: _Store
    transport: Transport
    make_pace: Callable[[int, float], Pace]

    def run(self) -> Fetched:
        offline = settings.offline or self.config.local_files_only
        protocol = self.url.partition("::")[0].partition("://")[0]
        if offline and protocol not in _NEEDS_NO_NETWORK and not self._mirror_is_here():
            raise self._offline()
        with self._lease() as done:
            if done is not None:
                return done
            if (found := self._from_mirror(offline)) is not None:
                return found
            if offline and protocol not in _NEEDS_NO_NETWORK:
                raise self._offline()
            return self._from_url()

    def _offline(self) -> OfflineError:
        sha256 = f" (sha256 {self.expected.sha256})" if self.expected else ""
        mirror = f" nor in the mirror {settings.mirror}" if settings.mirror else ""
        return OfflineError(
            f"{self.url}{sha256} is not in the cache {self.store.folder}{mirror}, and the network must not be used. "
            "Unset NLPDATA_OFFLINE, or point NLPDATA_MIRROR to a folder that holds the file."
        )

    @contextmanager
    def _lease(self) -> Iterator[Fetched | None]:
        """The right to download; or what another process downloaded while we waited for it."""
        # By URL, as the partial files are: whoever writes one holds its lease.
        path = self.store.folder / "parts" / f"{_name_of(self.url)}.lease"
        found: list[Fetched] = []

        def is_done() -> bool:
            hit = None if self.config.force_download else self.store.find(self.url, self.expected, self.verify)
            if hit is not None:
                found.append(hit)
            return hit is not None

        with Lease(path, is_done):
            yield found[0] if found else None

    # The mirror

    def _mirror_is_here(self) -> bool:
        return bool(settings.mirror) and self.expected is not None and not is_remote(settings.mirror)

    def _from_mirror(self, offline: bool) -> Fetched | None:
        mirror, expected = settings.mirror, self.expected
        if not mirror or expected is None or (offline and is_remote(mirror)):
            return None
        place = f"{expected.sha256[:2]}/{expected.sha256}"
        try:
            if is_remote(mirror):
                found = self._http(f"{mirror.rstrip('/')}/{place}", f"{_name_of(self.url)}-mirror", {})
                assert found is not None  # nothing was said to be known
                download = found
            else:
                source = local_path(mirror) / place
                if not source.is_file():
                    return None
                download = self._copy_of(source)
        except StorageError:
            raise
        except (FetchError, OSError) as error:
            get_logger(__name__).info("The mirror %s does not help: %s", mirror, error)
            return None
        if not expected.accepts(download.checksum):
            download.path.unlink(missing_ok=True)
            warn_once(f"The mirror {mirror} holds another file under {place}: {download.checksum}. It was not used.")
            return None
        return self._kept(download)

    def _copy_of(self, source: Path) -> Download:
        partial = Partial(self.store.folder / "parts", f"{_name_of(self.url)}-mirror")
        partial.begin(None)
        with open(source, "rb") as file:
            checksum = partial.receive(iter(lambda: file.read(BLOCK_BYTES), b""), lambda _: None, append=False)
        return Download(partial.path, checksum, {}, resumed=False)

    # The URL itself

    def _from_url(self) -> Fetched:
        known = self._unchanged_if()
        download = self._get(known[1])
        if download is None:
            return Fetched(self.store.content(known[0].sha256), known[0], cached=True)
        if self._is_wrong(download) and download.resumed:
            # The first part may be of another time than the rest, whatever the server said: once more from the start.
            download.path.unlink(missing_ok=True)
            download = self._get({})
        assert download is not None
        if self._is_wrong(download):
            download.path.unlink(missing_ok=True)
            assert self.expected is not None
            raise _mismatch(self.url, self.expected, download.checksum)
        return self._kept(download)

    def _unchanged_if(self) -> tuple[Checksum, dict[str, str]]:
        """A whole file that came from this URL before, and how to ask whether it changed; no way to ask if there is none."""
        checksum, validators = self.store.noted(self.url)
        nothing: tuple[Checksum, dict[str, str]] = (Checksum(None, ""), {})
        if not (self.config.force_download and self.config.use_etag and validators) or checksum is None:
            return nothing
        path = self.store.content(checksum.sha256)
        # Who asks again may do so because the disk lost something: only a file that is what it was needs no download.
        return (checksum, validators) if path.is_file() and checksum.accepts(checksum_of(path)) else nothing

    def _get(self, known: Mapping[str, str]) -> Download | None:
        if self.url.startswith(("http://", "https://")) and "::" not in self.url:
            return self._http(self.url, _name_of(self.url), known)
        options = _storage_options(self.config.storage_options, self.url.partition("://")[0])
        partial = Partial(self.store.folder / "parts", _name_of(self.url))
        return StorageDownload(self.url, partial, self._pace(), options, self._desc(self.url)).run()

    def _is_wrong(self, download: Download) -> bool:
        return self.verify and self.expected is not None and not self.expected.accepts(download.checksum)

    def _kept(self, download: Download) -> Fetched:
        path = self.store.keep(download.path, download.checksum)
        self.store.note(self.url, download.checksum, download.validators)
        return Fetched(path, download.checksum, cached=False)

    def _pace(self) -> Pace:
        retries, seconds = self.config.max_retries, self.config.max_seconds
        return self.make_pace(
            settings.max_retries if retries is None else retries, settings.download_seconds if seconds is None else seconds
        )

    def _desc(self, url: str) -> str | None:
        return None if self.config.disable_tqdm else self.config.download_desc or os.path.basename(urlsplit(url).path) or url

    def _http(self, url: str, name: str, known: Mapping[str, str]) -> Download | None:
        partial = Partial(self.store.folder / "parts", name)
        # A token is for the server the user named, not for a mirror of somebody else.
        headers = _headers(self.config, with_token=url == self.url)
        return HttpDownload(url, partial, self.transport, self._pace(), headers, self._desc(url), known).run()


def _headers(config: DownloadConfig, *, with_token: bool) -> dict[str, str]:
    from nlpdata import __version__

    agent = f"nlpdata/{__version__}"
    headers = {"User-Agent": f"{agent}; {config.user_agent}" if config.user_agent else agent}
    token = os.environ.get("HF_TOKEN") if config.token is True else config.token
    if token and with_token:
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _storage_options(options: Mapping[str, Any], protocol: str) -> Mapping[str, Any]:
    own = options.get(protocol)
    return own if isinstance(own, Mapping) else {k: v for k, v in options.items() if not isinstance(v, Mapping)}


def _mismatch(url: str, expected: Checksum, found: Checksum) -> ChecksumError:
    return ChecksumError(
        f"{url} is not the file that was recorded.\n"
        f"  recorded: {expected}\n"
        f"  now:      {found}\n"
        "The file was not kept. If it was changed on purpose, accept the new one by recording it in checksums.json beside\n"
        f'the loader, as {{"num_bytes": {found.num_bytes}, "sha256": "{found.sha256}"}}, or with the command\n'
        '"nlpdata script record LOADER --accept-checksums"; or take it unchecked, once, with verification_mode="no_checks".'
    )
