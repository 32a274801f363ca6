"""How bytes arrive: fetch by URL or from a mirror, verify, extract.

Knows: URLs, checksums, archives. Does not know: rows, features, or what a file means.
"""

from __future__ import annotations

from nlpdata.fetch.archive import extract, is_archive, iter_archive, open_stream
from nlpdata.fetch.checksum import Checksum, checksum_of, load_checksums, save_checksums
from nlpdata.fetch.config import DownloadConfig, DownloadMode, GenerateMode, VerificationMode
from nlpdata.fetch.manager import DownloadManager
from nlpdata.fetch.remote import fetch, is_remote

__all__ = [
    "Checksum",
    "DownloadConfig",
    "DownloadManager",
    "DownloadMode",
    "GenerateMode",
    "VerificationMode",
    "checksum_of",
    "extract",
    "fetch",
    "is_archive",
    "is_remote",
    "iter_archive",
    "load_checksums",
    "open_stream",
    "save_checksums",
]
