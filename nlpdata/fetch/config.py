"""What a user may say about downloads: settings of a download, and how far what is there is trusted.

Knows: names, defaults and values as people write them. Does not know: how bytes are fetched.
"""

from __future__ import annotations

import copy
import os
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from nlpdata.errors import ArgumentError, did_you_mean


class _NamedMode(Enum):
    """An enum whose members are also found by their text, with a helpful error."""

    @classmethod
    def _missing_(cls, value: object) -> Any:
        known = [member.value for member in cls]
        folded = str(value).casefold()
        for member in cls:
            if folded in (member.value, member.name.casefold()):
                return member
        raise ArgumentError(
            f"There is no {cls.__name__} {value!r}.{did_you_mean(str(value), known)} Use one of: {', '.join(known)}."
        )


class DownloadMode(_NamedMode):
    """What is reused: the prepared dataset and its downloads, the downloads only, or nothing."""

    REUSE_DATASET_IF_EXISTS = "reuse_dataset_if_exists"
    REUSE_CACHE_IF_EXISTS = "reuse_cache_if_exists"
    FORCE_REDOWNLOAD = "force_redownload"


GenerateMode = DownloadMode  # its name in 1.x


class VerificationMode(_NamedMode):
    """What is checked. Recorded checksums of downloads are checked unless the mode is ``NO_CHECKS``."""

    ALL_CHECKS = "all_checks"
    BASIC_CHECKS = "basic_checks"
    NO_CHECKS = "no_checks"


@dataclass
class DownloadConfig:
    """Settings of downloads.

    Attributes:
        cache_dir: folder of the downloads; None is ``downloads`` in the cache.
        force_download: ask again even for what is there.
        local_files_only: never use the network, as the setting ``offline`` does.
        proxies: scheme -> proxy URL; by default those of the environment.
        user_agent: text added to the ``User-Agent`` header.
        extract_compressed_file: have ``download`` extract what it got.
        force_extract: extract again even what is there.
        delete_extracted: delete extracted files once the dataset is prepared.
        num_proc: downloads at the same time.
        max_retries: tries in a row without a new byte; None is the setting of that name.
        max_seconds: what one download may take, all its tries together; None is the setting ``download_seconds``.
        use_etag: with ``force_download``, ask for the file only if the source says by ETag or date that it changed.
        token: sent as bearer token; ``True`` takes the environment variable ``HF_TOKEN``.
        storage_options: protocol -> arguments of its fsspec file system; or the arguments alone.
        download_desc: what the progress bar says.
        disable_tqdm: no progress bar.
        resume_download, extract_on_the_fly: accepted for the sake of old code; downloads always resume.
    """

    cache_dir: str | os.PathLike[str] | None = None
    force_download: bool = False
    resume_download: bool = False
    local_files_only: bool = False
    proxies: dict[str, str] | None = None
    user_agent: str | None = None
    extract_compressed_file: bool = False
    force_extract: bool = False
    delete_extracted: bool = False
    extract_on_the_fly: bool = False
    use_etag: bool = True
    num_proc: int | None = None
    max_retries: int | None = None
    max_seconds: float | None = None
    token: str | bool | None = None
    storage_options: dict[str, Any] = field(default_factory=dict)
    download_desc: str | None = None
    disable_tqdm: bool = False

    def copy(self) -> DownloadConfig:
        """An independent copy."""
        return copy.deepcopy(self)
