"""The record beside a loader, made from what its files are now.

Knows: the file ``checksums.json``. Does not know: whether a change is right; whoever accepts it does.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from nlpdata.builder.recorded import RECORD_NAME
from nlpdata.fetch import DownloadMode
from nlpdata.fetch.checksum import Checksum, load_checksums, save_checksums, write_json
from nlpdata.inspect import get_dataset_config_names
from nlpdata.load import load_dataset_builder
from nlpdata.scripts import find_script


def record_loader(
    folder_or_name: str | os.PathLike[str],
    config: str | None = None,
    *,
    accept_checksums: bool = False,
    **options: Any,
) -> list[str]:
    """Download and prepare a loader, and record checksums of its files and sizes of its splits; what changed, a line each.

    Args:
        folder_or_name: the loader's folder, script or shipped name. Its ``checksums.json`` is written.
        config: the only configuration to record; None records all.
        accept_checksums: download again, and take files and sizes that differ from those recorded; otherwise they are an
            error, and only what was not recorded yet is added.
        options: parameters of the configuration, such as ``data_dir``.

    Raises:
        ChecksumError, VerificationError: something is not what was recorded, and it was not to be accepted.
    """
    script = find_script("loader", folder_or_name)
    path, lines = script.folder / RECORD_NAME, []
    for name in [config] if config else get_dataset_config_names(script.path):
        builder = load_dataset_builder(script.path, name, **options)
        mode = DownloadMode.FORCE_REDOWNLOAD if accept_checksums else DownloadMode.REUSE_CACHE_IF_EXISTS
        manager = builder._manager(None, mode, verify=not accept_checksums)
        manager.record_checksums = True
        checked = "no_checks" if accept_checksums else None
        builder.download_and_prepare(dl_manager=manager, download_mode=mode, verification_mode=checked)
        splits = builder.as_dataset()
        info = next(iter(splits.values())).info
        lines += _note_downloads(path, info.download_checksums or {})
        lines += _note_sizes(path, builder.config_id, {str(split): len(dataset) for split, dataset in splits.items()})
    return lines


def _note_downloads(path: Path, found: dict[str, Any]) -> list[str]:
    before = load_checksums(path)
    now = {url: Checksum(row["num_bytes"], row["checksum"]) for url, row in found.items() if row["checksum"]}
    changed = {url: checksum for url, checksum in now.items() if before.get(url) != checksum}
    if changed:
        save_checksums(path, changed)
    return [f"{url}: {before.get(url, 'not recorded')} -> {checksum}" for url, checksum in changed.items()]


def _note_sizes(path: Path, config: str, sizes: dict[str, int]) -> list[str]:
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    before = content.setdefault("splits", {}).get(config)
    if before == sizes:
        return []
    content["splits"][config] = sizes
    write_json(path, content)
    return [f"{config}: {before or 'not recorded'} -> {sizes}"]
