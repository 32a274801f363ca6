"""What a loader offers, without preparing it.

Knows: configurations, splits and infos of a builder. Does not know: how they came about.
"""

from __future__ import annotations

import os
from typing import Any

from nlpdata.builder.base import DatasetBuilder
from nlpdata.builder.locate import locate
from nlpdata.info import DatasetInfo
from nlpdata.load import load_dataset_builder


def get_dataset_config_names(path: str | os.PathLike[str], *, data_files: Any = None, **config_kwargs: Any) -> list[str]:
    """Names of a loader's configurations, in its order; a loader without any has ``"default"``.

    >>> get_dataset_config_names("udhr")[:2]
    ['paragraphs', 'pairs']

    Raises:
        UnknownLoaderError: there is no such loader.
    """
    kind = locate(path, data_files=data_files).kind
    return [config.name for config in kind.BUILDER_CONFIGS] or [kind.DEFAULT_CONFIG_NAME or "default"]


def get_dataset_default_config_name(path: str | os.PathLike[str], *, data_files: Any = None) -> str | None:
    """The configuration meant when none is named; None if one must be named."""
    kind = locate(path, data_files=data_files).kind
    names = get_dataset_config_names(path, data_files=data_files)
    return kind.DEFAULT_CONFIG_NAME or (names[0] if len(names) == 1 else None)


def get_dataset_config_info(
    path: str | os.PathLike[str], config_name: str | None = None, *, data_files: Any = None, **config_kwargs: Any
) -> DatasetInfo:
    """The info of one configuration; sizes are known where they were recorded. Nothing is downloaded."""
    return load_dataset_builder(path, config_name, data_files=data_files, **config_kwargs).info


def get_dataset_infos(path: str | os.PathLike[str], *, data_files: Any = None, **config_kwargs: Any) -> dict[str, DatasetInfo]:
    """Configuration -> info, for all configurations. Nothing is downloaded."""
    names = get_dataset_config_names(path, data_files=data_files)
    return {name: get_dataset_config_info(path, name, data_files=data_files, **config_kwargs) for name in names}


def get_dataset_split_names(
    path: str | os.PathLike[str], config_name: str | None = None, *, data_files: Any = None, **config_kwargs: Any
) -> list[str]:
    """Names of the splits of a configuration, in the loader's order.

    From the record beside the loader where there is one; else the loader is asked, which may download its files.

    >>> get_dataset_split_names("glue", "ax")
    ['test']
    """
    builder: DatasetBuilder = load_dataset_builder(path, config_name, data_files=data_files, **config_kwargs)
    return builder.split_names()
