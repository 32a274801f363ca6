"""What a loader script asks for its files: download, extract, read archives.

Knows: nested structures of URLs, recorded checksums, and the names that scripts use.
Does not know: what the files mean.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from nlpdata.cache.lease import Lease
from nlpdata.fetch.archive import extract, is_archive, remove_tree
from nlpdata.fetch.checksum import Checksum, check_folder, checksum_of
from nlpdata.fetch.config import DownloadConfig, DownloadMode, GenerateMode, VerificationMode
from nlpdata.fetch.listing import ArchiveMembers, FilesBelow
from nlpdata.fetch.remote import Fetched, fetch_file, is_remote, local_path
from nlpdata.settings import settings

__all__ = ["DownloadConfig", "DownloadManager", "DownloadMode", "GenerateMode", "VerificationMode"]

_AT_ONCE = 8


@dataclass
class DownloadManager:
    """Downloads and extracts for one loader.

    Args:
        dataset_name: shown to the user.
        data_dir: the folder of files that the user got by hand.
        download_config: settings of downloads.
        base_path: folder or URL that relative paths start from: the folder of the script.
        record_checksums: hash local files too, so that all of them can be recorded.
        checksums: URL -> what its file should be.
        verification: ``NO_CHECKS`` takes files that differ from ``checksums``.
    """

    dataset_name: str | None = None
    data_dir: str | os.PathLike[str] | None = None
    download_config: DownloadConfig = field(default_factory=DownloadConfig)
    base_path: str | os.PathLike[str] | None = None
    record_checksums: bool = False
    checksums: Mapping[str, Checksum] | None = None
    verification: VerificationMode | str = VerificationMode.BASIC_CHECKS

    is_streaming: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.download_config = self.download_config or DownloadConfig()
        self.verification = VerificationMode(self.verification)
        self._recorded: dict[str, Fetched] = {}
        self._extracted: dict[str, str] = {}

    @property
    def manual_dir(self) -> str | None:
        """The folder that the user named for files that cannot be downloaded; None if there is none."""
        return None if self.data_dir is None else os.path.expanduser(os.fspath(self.data_dir))

    @property
    def downloaded_size(self) -> int:
        """Bytes of everything asked for so far, cached or not."""
        return sum(_size_of(fetched) for fetched in self._recorded.values())

    def download(self, url_or_urls: Any) -> Any:
        """The local paths of one URL, or of a nested structure (dict, list, tuple) of URLs, in the same structure.

        Several files are downloaded at the same time. Relative paths start from ``base_path``; local files stay where they are.

        Raises:
            ChecksumError: a file is not what was recorded.
            FetchError: a download failed.
        """
        urls = list(dict.fromkeys(_leaves(url_or_urls)))
        paths = self._all(urls)
        downloaded = _mapped(lambda url: paths[os.fspath(url)], url_or_urls)
        return self.extract(downloaded) if self.download_config.extract_compressed_file else downloaded

    def _all(self, urls: list[str]) -> dict[str, str]:
        workers = min(len(urls), self.download_config.num_proc or _AT_ONCE)
        if workers <= 1:
            return {url: self._one(url) for url in urls}
        with ThreadPoolExecutor(workers, thread_name_prefix="nlpdata-download") as pool:
            futures = {url: pool.submit(self._one, url) for url in urls}
            try:
                return {url: future.result() for url, future in futures.items()}
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)  # what is under way ends; nothing new begins
                raise

    def _one(self, url: str) -> str:
        full = self._absolute(url)
        expected = (self.checksums or {}).get(url) or (self.checksums or {}).get(full)
        verify = self.verification is not VerificationMode.NO_CHECKS
        fetched = fetch_file(full, self.download_config, expected, verify=verify)
        if fetched.checksum is None and self.record_checksums and fetched.path.is_file():
            fetched = Fetched(fetched.path, checksum_of(fetched.path), fetched.cached)
        self._recorded[url] = fetched
        return str(fetched.path)

    def _absolute(self, url: str) -> str:
        if is_remote(url) or url.startswith("file://") or os.path.isabs(os.path.expanduser(url)) or self.base_path is None:
            return url
        base = os.fspath(self.base_path)
        if is_remote(base) or base.startswith("file://"):
            return f"{base.rstrip('/')}/{url.removeprefix('./')}"
        return os.path.join(base, url)

    def download_custom(self, url_or_urls: Any, custom_download: Callable[[str, str], Any]) -> Any:
        """Like :meth:`download`, by a function ``custom_download(url, path)`` that writes the file to ``path``."""
        folder = self._folder() / "custom"

        def one(url: str) -> str:
            path = folder / hashlib.sha256(url.encode()).hexdigest()[:40]
            with Lease(path.with_suffix(".lease"), lambda: path.exists() and not self.download_config.force_download) as lease:
                if lease.held:
                    part = path.with_suffix(".part")
                    custom_download(url, str(part))
                    os.replace(part, path)
            self._recorded[url] = Fetched(path, checksum_of(path), cached=False)
            return str(path)

        return _mapped(lambda url: one(os.fspath(url)), url_or_urls)

    def extract(self, path_or_paths: Any, num_proc: int | None = None) -> Any:
        """What archives hold: a folder for zip and tar, a file for gz, bz2, xz, zst and lz4, in the same nested structure.

        What a file is is told by its bytes; one that is no archive is returned as it is. Extracted once, then found again.

        Raises:
            UnsafeArchiveError: a member outside the folder, a link, or more bytes than allowed.
            TruncatedArchiveError: the archive ends too early.
        """
        del num_proc  # accepted for the sake of old scripts
        return _mapped(lambda path: self._extract_one(os.fspath(path)), path_or_paths)

    def _extract_one(self, path: str) -> str:
        source = local_path(path)
        if not source.is_file() or not is_archive(source):
            return str(source)
        target = self._folder() / "extracted" / _identity(source)
        if self.download_config.force_extract:
            remove_tree(target)
        if not target.exists():
            check_folder(target.parent)
            with Lease(target.with_name(f"{target.name}.lease"), target.exists):
                extract(source, target)
        self._extracted[str(source)] = str(target)
        return str(target)

    def download_and_extract(self, url_or_urls: Any) -> Any:
        """``extract(download(url_or_urls))``."""
        return self.extract(self.download(url_or_urls))

    def iter_archive(self, path_or_buf: str | os.PathLike[str] | BinaryIO) -> ArchiveMembers:
        """(member path, file object) of a tar or zip, without extracting it; read when it is gone over, anew each time."""
        return ArchiveMembers(path_or_buf)

    def iter_files(self, paths: Any) -> FilesBelow:
        """Every file at or below ``paths``, sorted within each; hidden files and ``__x__`` folders are left out."""
        return FilesBelow(tuple(_leaves(paths)))

    def get_recorded_sizes_checksums(self) -> dict[str, dict[str, Any]]:
        """URL -> ``{"num_bytes", "checksum"}`` of everything asked for; for a local file the checksum may be None."""
        return {
            url: {"num_bytes": _size_of(fetched), "checksum": fetched.checksum.sha256 if fetched.checksum else None}
            for url, fetched in sorted(self._recorded.items())
        }

    def delete_extracted_files(self) -> None:
        """Remove what :meth:`extract` made."""
        for target in self._extracted.values():
            remove_tree(Path(target))
        self._extracted.clear()

    def manage_extracted_files(self) -> None:
        """Remove what :meth:`extract` made, if the config says so."""
        if self.download_config.delete_extracted:
            self.delete_extracted_files()

    def _folder(self) -> Path:
        chosen = self.download_config.cache_dir
        return Path(chosen) if chosen else Path(settings.cache) / "downloads"


def _identity(source: Path) -> str:
    """A name for what a file holds: its own, if that is a hash of the content; else where it is, its size and its time."""
    if len(source.name) == 64 and set(source.name) <= set("0123456789abcdef"):
        return source.name
    stat = source.stat()
    return hashlib.sha256(f"{source.absolute()}\n{stat.st_size}\n{stat.st_mtime_ns}".encode()).hexdigest()[:40]


def _size_of(fetched: Fetched) -> int:
    if fetched.checksum is not None and fetched.checksum.num_bytes is not None:
        return fetched.checksum.num_bytes
    return fetched.path.stat().st_size if fetched.path.is_file() else 0


def _leaves(structure: Any) -> Iterable[str]:
    if isinstance(structure, Mapping):
        for value in structure.values():
            yield from _leaves(value)
    elif isinstance(structure, list | tuple):
        for value in structure:
            yield from _leaves(value)
    else:
        yield os.fspath(structure)


def _mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    if isinstance(structure, Mapping):
        return {key: _mapped(function, value) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)([_mapped(function, value) for value in structure])
    return function(structure)
