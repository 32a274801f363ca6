"""From a name to a dataset: what users call first.

Knows: the documented arguments. Does not know: how any of it is done; every function forwards.
"""

from __future__ import annotations

import os
from typing import Any

from nlpdata.builder.base import DatasetBuilder, SplitSpec
from nlpdata.builder.locate import locate, with_access
from nlpdata.dataset.dicts import load_from_disk
from nlpdata.errors import ArgumentError
from nlpdata.features import Features
from nlpdata.fetch.manager import DownloadConfig, DownloadMode, VerificationMode

__all__ = ["load_dataset", "load_dataset_builder", "load_from_disk"]


def load_dataset(
    path: str | os.PathLike[str],
    name: str | None = None,
    data_dir: str | None = None,
    data_files: Any = None,
    split: SplitSpec = None,
    cache_dir: str | os.PathLike[str] | None = None,
    features: Features | None = None,
    download_config: DownloadConfig | None = None,
    download_mode: DownloadMode | str | None = None,
    verification_mode: VerificationMode | str | None = None,
    keep_in_memory: bool | None = None,
    save_infos: bool = False,
    revision: str | None = None,
    token: str | bool | None = None,
    streaming: bool = False,
    num_proc: int | str | None = None,
    storage_options: dict[str, Any] | None = None,
    trust_remote_code: bool | None = None,
    **config_kwargs: Any,
) -> Any:
    """A dataset by name: prepared in the cache the first time, found there after that, without a request or a row read.

    Args:
        path: a shipped loader (``"glue"``); ``"csv"``, ``"json"``, ``"text"``, ``"parquet"`` or ``"arrow"`` with
            ``data_files``; a script or its folder; a folder of data files; or the URL of a
            script, its folder or an archive of it.
        name: the configuration, such as ``"sst2"``.
        data_dir: folder of data files; for loaders of data that must be downloaded by hand, the folder where they are.
        data_files: path, glob, list, or split -> those.
        split: name, slice ``"train[:10%]"``, sum ``"train+test"``, or a list; None gives all splits by name.
        cache_dir: folder of the cache; None takes the setting ``cache``.
        features: column types, instead of the loader's own.
        download_config: how files are fetched.
        download_mode: ``"reuse_dataset_if_exists"`` (default), ``"reuse_cache_if_exists"`` or ``"force_redownload"``.
        verification_mode: ``"no_checks"`` accepts downloads and sizes that differ from what was recorded.
        keep_in_memory: read the rows into memory; otherwise they are memory-mapped.
        save_infos: taken for compatibility; infos are kept with the prepared dataset in any case.
        revision: refused; versions belong to shared repositories, which this version does not read.
        token: sent with downloads as a bearer token.
        streaming: not offered by this version.
        num_proc: processes that prepare shards, which are the lists in the loader's ``gen_kwargs``; ``"auto"`` is one a core.
            Short work does not need them. The rows are the same for any number.
        storage_options: for URLs that fsspec opens.
        trust_remote_code: True lets a script behind a URL run in this call; False refuses it also where its content was
            trusted before. Shipped scripts and local paths run in any case.
        config_kwargs: parameters of the configuration, or options of the file type.

    Returns:
        A ``DatasetDict``; a ``Dataset`` where ``split`` names one; a list where it is a list.

    Raises:
        UntrustedScriptError: ``path`` is a URL of a script that nobody trusted yet; nothing of it was run.
        UnknownLoaderError, UnknownConfigError, UnknownSplitError: a name that does not exist; says the closest.
        FetchError: a download failed, or is not the recorded one (``ChecksumError``).
        BuildError, RowError: the loader failed, or a row does not fit the features.
        VerificationError: split sizes differ from the recorded ones.

    Example::

        train = load_dataset("udhr", split="train")
        pairs = load_dataset("udhr", "pairs", source="eng", target="swh")
        table = load_dataset("csv", data_files={"train": "train.csv"})
    """
    if streaming:
        raise ArgumentError("streaming=True is not offered by this version. Leave it out: rows are memory-mapped, not loaded.")
    builder = load_dataset_builder(
        path,
        name,
        data_dir,
        data_files,
        cache_dir,
        features,
        download_config=download_config,
        revision=revision,
        download_mode=download_mode,
        token=token,
        storage_options=storage_options,
        trust_remote_code=trust_remote_code,
        **config_kwargs,
    )
    builder.download_and_prepare(download_mode=download_mode, verification_mode=verification_mode, num_proc=num_proc)
    return builder.as_dataset(split, in_memory=bool(keep_in_memory))


def load_dataset_builder(
    path: str | os.PathLike[str],
    name: str | None = None,
    data_dir: str | None = None,
    data_files: Any = None,
    cache_dir: str | os.PathLike[str] | None = None,
    features: Features | None = None,
    download_config: DownloadConfig | None = None,
    download_mode: DownloadMode | str | None = None,
    revision: str | None = None,
    token: str | bool | None = None,
    storage_options: dict[str, Any] | None = None,
    trust_remote_code: bool | None = None,
    **config_kwargs: Any,
) -> DatasetBuilder:
    """The builder of a dataset, with its ``config`` and ``info``; no data is downloaded or prepared.

    Arguments and errors as in :func:`load_dataset`; ``download_config``, ``token`` and ``storage_options`` also
    hold in the builder's ``download_and_prepare``. ``"force_redownload"`` asks again for a script behind a URL.
    """
    refuse_revision(path, revision)
    access = with_access(download_config, token, storage_options, download_mode)
    located = locate(path, data_dir, data_files, trust_remote_code=trust_remote_code, download_config=access)
    builder = located.build(
        cache_dir=cache_dir, config_name=name, features=features, data_files=data_files, data_dir=data_dir, **config_kwargs
    )
    builder.download_config = access
    return builder


def refuse_revision(path: str | os.PathLike[str], revision: str | None) -> None:
    """Refuse a version where there are none.

    Raises:
        ArgumentError: a revision is named.
    """
    if revision is not None:
        raise ArgumentError(
            f"revision={revision!r} names a version in a shared repository; {os.fspath(path)!r} has none. Leave it out."
        )
