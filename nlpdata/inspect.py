"""What a loader offers, without preparing it.

Knows: configurations, splits and infos of a builder. Does not know: how they came about.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlpdata.builder.base import DatasetBuilder
from nlpdata.builder.locate import Located, locate
from nlpdata.errors import ArgumentError
from nlpdata.fetch.manager import DownloadConfig, DownloadMode
from nlpdata.info import DatasetInfo
from nlpdata.load import load_dataset_builder, refuse_revision
from nlpdata.scripts import fetched_script, find_script, is_script_url


def _located(path: str | os.PathLike[str], data_files: Any, config: DownloadConfig | None, given: Mapping[str, Any]) -> Located:
    return locate(path, data_files=data_files, trust_remote_code=given.get("trust_remote_code"), download_config=config)


def inspect_dataset(
    path: str | os.PathLike[str],
    local_path: str | os.PathLike[str],
    download_config: DownloadConfig | None = None,
    **download_kwargs: Any,
) -> str:
    """Copy a loader's script and what lies beside it to a folder, to read or to change; returns the path of the script there.

    Nothing of it is run, so that a script behind a URL can be read before it is trusted.

    Args:
        path: name of a shipped loader, path of a script, or URL of one.
        local_path: the folder; made if it does not exist. ``load_dataset`` of the returned path loads the copy.
        download_config: how a script behind a URL is fetched.
        download_kwargs: no effect.

    Raises:
        UnknownLoaderError: there is no such loader.
        ArgumentError: the folder holds files of these names already.
    """
    text, target = os.fspath(path), Path(local_path)
    script = fetched_script(text, download_config) if is_script_url(text) else find_script("loader", text)
    whole = script.folder.name == script.name
    files = [file for file in sorted(script.folder.iterdir()) if file.name != "__pycache__"] if whole else [script.path]
    if there := [file.name for file in files if (target / file.name).exists()]:
        raise ArgumentError(f"The folder {str(target)!r} holds {', '.join(there)} already. Choose another folder.")
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        if file.is_dir():
            shutil.copytree(file, target / file.name)
        else:
            shutil.copyfile(file, target / file.name)
    return str(target / script.path.name)


def get_dataset_config_names(
    path: str | os.PathLike[str],
    revision: str | None = None,
    download_config: DownloadConfig | None = None,
    download_mode: DownloadMode | str | None = None,
    data_files: Any = None,
    **download_kwargs: Any,
) -> list[str]:
    """Names of a loader's configurations, in its order; a loader without any has ``"default"``.

    Args:
        path: as for :func:`nlpdata.load_dataset`, and so are the others; nothing is downloaded.
        revision: refused.
        download_config: how a script behind a URL is fetched.
        download_mode: no effect.
        data_files: files, where the loader takes them.
        download_kwargs: ``trust_remote_code``; others have no effect.

    >>> get_dataset_config_names("udhr")[:2]
    ['paragraphs', 'pairs']

    Raises:
        UnknownLoaderError: there is no such loader.
    """
    refuse_revision(path, revision)
    return _located(path, data_files, download_config, download_kwargs).config_names


def get_dataset_default_config_name(
    path: str | os.PathLike[str],
    revision: str | None = None,
    download_config: DownloadConfig | None = None,
    download_mode: DownloadMode | str | None = None,
    data_files: Any = None,
    **download_kwargs: Any,
) -> str | None:
    """The configuration meant when none is named; None if one must be named.

    Arguments as for :func:`get_dataset_config_names`.
    """
    refuse_revision(path, revision)
    return _located(path, data_files, download_config, download_kwargs).default_config


def get_dataset_config_info(
    path: str | os.PathLike[str],
    config_name: str | None = None,
    data_files: Any = None,
    download_config: DownloadConfig | None = None,
    download_mode: DownloadMode | str | None = None,
    revision: str | None = None,
    token: str | bool | None = None,
    **config_kwargs: Any,
) -> DatasetInfo:
    """The info of one configuration; sizes are known where they were recorded. Nothing is downloaded.

    Arguments as for :func:`nlpdata.load_dataset`.
    """
    builder = load_dataset_builder(
        path,
        config_name,
        data_files=data_files,
        download_config=download_config,
        revision=revision,
        token=token,
        **config_kwargs,
    )
    return builder.info


def get_dataset_infos(
    path: str | os.PathLike[str],
    data_files: Any = None,
    download_config: DownloadConfig | None = None,
    download_mode: DownloadMode | str | None = None,
    revision: str | None = None,
    token: str | bool | None = None,
    **config_kwargs: Any,
) -> dict[str, DatasetInfo]:
    """Configuration -> info, for all configurations. Nothing is downloaded. Arguments as for :func:`nlpdata.load_dataset`."""
    trusted = {"trust_remote_code": config_kwargs.get("trust_remote_code")}
    names = get_dataset_config_names(path, revision, download_config, data_files=data_files, **trusted)
    return {
        name: get_dataset_config_info(path, name, data_files, download_config, download_mode, None, token, **config_kwargs)
        for name in names
    }


def get_dataset_split_names(
    path: str | os.PathLike[str],
    config_name: str | None = None,
    data_files: Any = None,
    download_config: DownloadConfig | None = None,
    download_mode: DownloadMode | str | None = None,
    revision: str | None = None,
    token: str | bool | None = None,
    **config_kwargs: Any,
) -> list[str]:
    """Names of the splits of a configuration, in the loader's order.

    From the record beside the loader where there is one; else the loader is asked, which may download its files.
    Arguments as for :func:`nlpdata.load_dataset`.

    >>> get_dataset_split_names("glue", "ax")
    ['test']
    """
    builder: DatasetBuilder = load_dataset_builder(
        path,
        config_name,
        data_files=data_files,
        download_config=download_config,
        revision=revision,
        token=token,
        **config_kwargs,
    )
    return builder.split_names()
