"""What a dataset path means: a packaged builder, a script, or a folder of data files.

Knows: the order in which a path is tried. Does not know: how a builder works.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from nlpdata.builder.base import DatasetBuilder
from nlpdata.builder.packaged import CODE_HASH, PACKAGED
from nlpdata.errors import UnknownLoaderError
from nlpdata.fetch.config import DownloadConfig, DownloadMode
from nlpdata.files.patterns import infer_file_type, resolve_data_files
from nlpdata.scripts import Script, load_class, not_found, resolve_script


@dataclass(frozen=True, slots=True)
class Located:
    """A builder class, and the arguments that say where it was found."""

    kind: type[DatasetBuilder]
    arguments: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)

    def build(self, **arguments: Any) -> DatasetBuilder:
        """A builder. ``arguments`` are those of :class:`DatasetBuilder`; what was located counts more, options count less."""
        return self.kind(**{**self.options, **arguments, **self.arguments})


def locate(
    path: str | os.PathLike[str],
    data_dir: str | None = None,
    data_files: Any = None,
    *,
    trust_remote_code: bool | None = None,
    download_config: DownloadConfig | None = None,
) -> Located:
    """The builder that a path means.

    A packaged name (``"csv"``) first, then a shipped loader's name, then a script or its folder, then a folder of data files.
    A URL means a script; :func:`nlpdata.scripts.resolve_script` says which, and when it may run.

    Raises:
        UnknownLoaderError: it is none of these; names the closest.
        UntrustedScriptError: it is a URL of a script whose content nobody trusted; nothing of it was run.
    """
    text = os.fspath(path)
    if text in PACKAGED:
        files = resolve_data_files(data_files, data_dir) if data_files is not None or data_dir is not None else None
        return _packaged(text, text, files)
    if (script := resolve_script("loader", text, trust_remote_code, download_config)) is not None:
        return _from_script(script)
    folder = Path(text).expanduser().resolve()
    if not folder.is_dir():
        raise _unknown(text)
    files = _files_in(folder, data_dir, data_files)
    builder, options = infer_file_type([file for paths in files.values() for file in paths])
    return _packaged(builder, folder.name, _of_type(files, builder), options)


def _files_in(folder: Path, data_dir: str | None, data_files: Any) -> dict[str, list[str]]:
    try:
        return resolve_data_files(data_files, str(folder / (data_dir or "")))
    except FileNotFoundError as error:
        raise UnknownLoaderError(f"{error} Nor does it hold a loader, which would be {folder / folder.name}.py.") from error


def _of_type(files: Mapping[str, list[str]], builder: str) -> dict[str, list[str]]:
    """The files that this builder reads: a folder of csv files may hold a text file about them."""
    found = {split: [path for path in paths if infer_file_type([path])[0] == builder] for split, paths in files.items()}
    return {split: paths for split, paths in found.items() if paths}


def _packaged(builder: str, dataset_name: str, files: Any, options: Mapping[str, Any] | None = None) -> Located:
    kind = cast(type[DatasetBuilder], PACKAGED.load(builder))
    arguments = {"dataset_name": dataset_name, "hash": f"{CODE_HASH} {builder}", "data_files": files, "data_dir": None}
    return Located(kind, arguments, options or {})


def with_access(
    config: DownloadConfig | None,
    token: str | bool | None,
    storage_options: dict[str, Any] | None,
    mode: DownloadMode | str | None = None,
) -> DownloadConfig | None:
    """``config`` with a token, storage options and what a mode of downloads means, where these are given."""
    anew = mode is not None and DownloadMode(mode) is DownloadMode.FORCE_REDOWNLOAD
    if token is None and storage_options is None and not anew:
        return config
    chosen = DownloadConfig() if config is None else config.copy()
    chosen.force_download = chosen.force_download or anew
    chosen.token = chosen.token if token is None else token
    chosen.storage_options = chosen.storage_options if storage_options is None else storage_options
    return chosen


def _from_script(script: Script) -> Located:
    kind = load_class(script, DatasetBuilder)
    return Located(kind, {"dataset_name": script.name, "hash": script.sha256, "base_path": script.base or str(script.folder)})


def _unknown(text: str) -> Exception:
    file = Path(text).expanduser()
    if file.is_file() and file.suffix != ".py":
        call = f'load_dataset("{infer_file_type([text])[0]}", data_files="{text}")'
        return UnknownLoaderError(f"{text!r} is a data file, not a loader. Write: {call}")
    return not_found("loader", text, PACKAGED)
