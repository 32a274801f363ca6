"""The builder contract that loader scripts fulfil: what there is, where it comes from, which rows it has.

Knows: the life of a builder, from its configuration to a dataset. The work is done by ``config``, ``entry`` and ``prepare``.
Does not know: any corpus, or how scripts are found.

A builder written for HF ``datasets`` runs as it is: ``_info``, ``_split_generators(dl_manager)`` and ``_generate_examples`` (or
``_generate_tables``) are called in that order, the last one once for each split.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from nlpdata.builder import read
from nlpdata.builder.config import BuilderConfig, ConfigTable
from nlpdata.builder.entry import Entry, base_key, state_of
from nlpdata.builder.export import Export
from nlpdata.builder.prepare import guarded, prepare
from nlpdata.builder.recorded import Recorded
from nlpdata.builder.rows import RowEncoder, write_rows
from nlpdata.cache.directory import CacheDirectory
from nlpdata.cache.key import content_key
from nlpdata.engine.local import worker_count
from nlpdata.errors import BuildError, ScriptError
from nlpdata.features import Features
from nlpdata.fetch.checksum import load_checksums
from nlpdata.fetch.manager import DownloadConfig, DownloadManager, DownloadMode, VerificationMode
from nlpdata.fetch.remote import is_remote, local_path
from nlpdata.files.patterns import resolve_data_files
from nlpdata.info import DatasetInfo, Version
from nlpdata.splits import NamedSplit, ReadInstruction, SplitDict, SplitGenerator, SplitInfo
from nlpdata.store.writer import ShardWriter

SplitSpec = str | NamedSplit | ReadInstruction | Sequence[Any] | None


class DatasetBuilder(ABC):
    """Base of builders; derive from :class:`GeneratorBasedBuilder` or :class:`ArrowBasedBuilder`.

    Args:
        cache_dir: folder of the cache; None takes the setting ``cache``.
        dataset_name: name in the cache path and in ``info``; None takes it from the class.
        config_name: which configuration.
        hash: hex digest that names the code of this builder; None computes it from the class.
        base_path: folder that relative paths in ``dl_manager.download`` start from, and where ``checksums.json`` lies.
        info: fields that replace those of ``_info``.
        features: replace those of ``_info``.
        data_files: path, glob, list, or split -> those.
        data_dir: folder of data that the user has.
        config_id: folder name of the configuration; None makes it from the name and what was changed.
        config_kwargs: parameters of the configuration.
        token, repo_id, storage_options, writer_batch_size: taken so that scripts which pass them on keep running.

    Raises:
        UnknownConfigError: there is no configuration of this name.
        ArgumentError: a configuration must be named, or has no such parameter.
    """

    VERSION: ClassVar[Version | str | None] = None
    BUILDER_CONFIG_CLASS: ClassVar[type[BuilderConfig]] = BuilderConfig
    BUILDER_CONFIGS: ClassVar[list[Any]] = []
    DEFAULT_CONFIG_NAME: ClassVar[str | None] = None
    DEFAULT_WRITER_BATCH_SIZE: ClassVar[int | None] = None
    SHARDED: ClassVar[bool] = False
    """Whether lists in ``gen_kwargs`` are always shards: each is committed by itself, and prepared again alone if need be.
    Otherwise they are with ``num_proc`` alone, and without it the generator gets them whole, as old scripts expect."""

    def __init__(
        self,
        cache_dir: str | os.PathLike[str] | None = None,
        dataset_name: str | None = None,
        config_name: str | None = None,
        hash: str | None = None,
        base_path: str | None = None,
        info: DatasetInfo | None = None,
        features: Features | None = None,
        token: str | bool | None = None,
        repo_id: str | None = None,
        data_files: Any = None,
        data_dir: str | None = None,
        storage_options: Mapping[str, Any] | None = None,
        writer_batch_size: int | None = None,
        config_id: str | None = None,
        **config_kwargs: Any,
    ) -> None:
        self._directory = CacheDirectory(None if cache_dir is None else Path(cache_dir))
        self.name = snake_case(type(self).__name__)
        self.dataset_name = dataset_name or self.name
        self.hash = hash or content_key(type(self))
        self.base_path = base_path or os.getcwd()
        files = None if data_files is None else resolve_data_files(data_files, data_dir)
        table = self._config_table(self.dataset_name)
        self._given = table.given(config_name, {"data_dir": data_dir, "data_files": files, **config_kwargs})
        self.config = table.choose(config_name, self._given)
        self._custom_features = features
        self.config_id = config_id or self.config.create_config_id(self._given, features)
        self.info = self._made_info(info)
        #: How files are fetched where :meth:`download_and_prepare` is not told; ``load_dataset_builder`` sets it.
        self.download_config: DownloadConfig | None = None

    @classmethod
    def _config_table(cls, owner: str) -> ConfigTable:
        return ConfigTable(cls.BUILDER_CONFIG_CLASS, cls.BUILDER_CONFIGS, cls.DEFAULT_CONFIG_NAME, cls.VERSION, owner)

    @property
    def builder_configs(self) -> dict[str, BuilderConfig]:
        """The ready configurations by name."""
        return {config.name: config for config in self.BUILDER_CONFIGS}

    @property
    def cache_dir(self) -> str:
        """The folder of the prepared dataset, whether it exists or not."""
        return str((self._prepared or self._entry(checked=True)).folder)

    @property
    def manual_dir(self) -> str | None:
        """The folder of data that the user gave as ``data_dir``."""
        return self.config.data_dir

    @property
    def manual_download_instructions(self) -> str | None:
        """What the user has to download by hand; a builder that needs it says so here."""
        return None

    @abstractmethod
    def _info(self) -> DatasetInfo:
        """Features, description, citation of the configuration ``self.config``."""

    @abstractmethod
    def _split_generators(self, dl_manager: DownloadManager) -> list[SplitGenerator]:
        """Download what is needed, and say for each split what the generator is called with."""

    @abstractmethod
    def _write_split(self, generator: SplitGenerator, writer: ShardWriter, report: Callable[[int], None]) -> None:
        """Write the rows of one split; ``report`` is told how many were written since the last call."""

    def _shard_sizes(self, kwargs: Mapping[str, Any]) -> Sequence[int] | None:
        """Bytes of each shard, by which small ones are prepared together; None where they are not known."""
        del kwargs
        return None

    def download_and_prepare(
        self,
        output_dir: str | os.PathLike[str] | None = None,
        *,
        download_config: DownloadConfig | None = None,
        download_mode: DownloadMode | str | None = None,
        verification_mode: VerificationMode | str | None = None,
        dl_manager: DownloadManager | None = None,
        file_format: str = "arrow",
        max_shard_size: str | int | None = None,
        num_proc: int | str | None = None,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Prepare the dataset in the cache, unless it is there, and write it as files if a folder for them is named.

        Args:
            output_dir: folder or URL for files ``<name>-<split>-00000-of-0000N.<format>`` and ``dataset_info.json``.
            download_config: how files are fetched; default: the builder's own ``download_config``.
            download_mode: ``"reuse_dataset_if_exists"`` (default); ``"reuse_cache_if_exists"`` prepares again from the
                downloads; ``"force_redownload"`` downloads again too.
            verification_mode: ``"no_checks"`` accepts downloads and split sizes that differ from those recorded.
            dl_manager: used instead of one made here.
            file_format: of the files in ``output_dir``: ``"arrow"``, ``"parquet"``, ``"json"`` (lines) or ``"csv"``.
            max_shard_size: of those files, such as ``"500MB"`` (about: measured in memory, not on disk).
            num_proc: processes that prepare shards, the lists in ``gen_kwargs``; ``"auto"`` is one a core. The rows are the
                same for any number, the files for any number from 2 on (and from 1 on for ``SHARDED`` builders).
            storage_options: for an ``output_dir`` that fsspec opens.

        Raises:
            BuildError, VerificationError, RowError: see :func:`nlpdata.builder.prepare.prepare`.
            ArgumentError: lists of different lengths with ``num_proc``, or a format that is not written.
            FetchError: a download failed or is not the recorded one.
        """
        export = Export.of(output_dir, file_format, max_shard_size, storage_options)
        self._prepare_in_cache(download_config, download_mode, verification_mode, dl_manager, num_proc)
        if export is not None:
            export.write(self.as_dataset(), self.dataset_name)

    def _prepare_in_cache(
        self,
        download_config: DownloadConfig | None,
        download_mode: DownloadMode | str | None,
        verification_mode: VerificationMode | str | None,
        dl_manager: DownloadManager | None,
        num_proc: int | str | None,
    ) -> None:
        workers = worker_count(num_proc) or 1
        mode = DownloadMode(download_mode or DownloadMode.REUSE_DATASET_IF_EXISTS)
        verify = VerificationMode(verification_mode or VerificationMode.BASIC_CHECKS) is not VerificationMode.NO_CHECKS
        anew = mode is not DownloadMode.REUSE_DATASET_IF_EXISTS
        self._prepared = None if anew else self._found(verify)
        if self._prepared is not None:
            return
        self._require_manual_data()
        manager = dl_manager or self._manager(download_config or self.download_config, mode, verify=verify)
        entry = self._entry(verify)
        prepare(self, manager, entry, verify=verify, anew=anew, workers=workers)
        self._prepared = entry

    def as_dataset(self, split: SplitSpec = None, in_memory: bool = False) -> Any:
        """The prepared dataset: all splits by name, the :class:`Dataset` of one, or a list of them for a list of splits.

        Args:
            split: name, slice such as ``"train[:10%]"``, sum such as ``"train+test"``, ``"all"``, or a list of those.
            in_memory: read the rows now; otherwise they are memory-mapped, and nothing is read.

        Raises:
            BuildError: it was not prepared.
            UnknownSplitError: there is no such split.
        """
        entry = self._prepared or self._found(checked=False)
        if entry is None or not entry.is_prepared():
            raise BuildError(f"{self._label} is not prepared. Call download_and_prepare() first, or use load_dataset.")
        return read.as_dataset(entry, split, in_memory=in_memory)

    def split_names(self) -> list[str]:
        """Names of the splits, in order: recorded, or prepared, or else asked of the loader, which may download its files."""
        if self.info.splits:
            return list(self.info.splits)
        if (entry := self._found(checked=False)) is not None:
            return list(DatasetInfo.from_directory(str(entry.folder)).splits or ())
        manager = self._manager(None, DownloadMode.REUSE_DATASET_IF_EXISTS, verify=True)
        return [str(generator.name) for generator in self._split_generators(manager)]

    @cached_property
    def _recorded(self) -> Recorded:
        return Recorded.beside(Path(self.base_path))

    _prepared: Entry | None = None

    @property
    def _label(self) -> str:
        return f"{self.dataset_name}/{self.config_id}"

    def _recorded_sizes(self) -> Mapping[str, int]:
        """Split sizes recorded for this configuration as it stands; none for a changed one."""
        return self._recorded.splits.get(self.config_id, {})

    def _made_info(self, given: DatasetInfo | None) -> DatasetInfo:
        try:
            info = self._info()
        except (AttributeError, KeyError, NameError, TypeError) as error:
            raise ScriptError(f"{self._label}: _info failed: {type(error).__name__}: {error}") from error
        if given is not None:
            info.update(given)
        info.builder_name, info.dataset_name, info.config_name = self.name, self.dataset_name, self.config.name
        info.version = Version(str(self.config.version))
        if self._custom_features is not None:
            info.features = Features(self._custom_features)
        if info.splits is None and (sizes := self._recorded_sizes()):
            info.splits = SplitDict(dataset_name=self.dataset_name)
            for name, size in sizes.items():
                info.splits.add(SplitInfo(name=name, num_examples=size, dataset_name=self.dataset_name))
        return info

    def _entry(self, checked: bool) -> Entry:
        """The place of the prepared dataset: one for what was checked against the record, another for what was not."""
        files = self.config.data_files or {}
        kwargs = {key: value for key, value in self._given.items() if key not in ("data_dir", "data_files")}
        ingredients = {
            "code": self.hash,
            "config": self.config.name,
            "parameters": {key: content_key(value) for key, value in kwargs.items()},
            "data_files": [[split, [state_of(path) for path in paths]] for split, paths in files.items()],
            "data_dir": None if self.config.data_dir is None or files else state_of(self.config.data_dir),
            "features": None if self._custom_features is None else Features(self._custom_features).to_dict(),
            "downloads": self._recorded.downloads,
            "checked": checked or not self._recorded.downloads,
        }
        place = f"datasets/{self.dataset_name}/{self.config_id}/{self.info.version}"
        return Entry(self._directory, place, base_key(ingredients))

    def _found(self, checked: bool) -> Entry | None:
        """The prepared entry; what passed the checks also serves where no checks are asked for."""
        entries = (self._entry(state) for state in ((True,) if checked else (True, False)))
        return next((entry for entry in entries if entry.is_prepared()), None)

    def _require_manual_data(self) -> None:
        needed = self.manual_download_instructions
        if needed is not None and self.manual_dir is None:
            raise BuildError(
                f"{self._label} needs files that you download yourself. {needed} Then pass data_dir=<their folder>."
            )

    def _manager(self, config: DownloadConfig | None, mode: DownloadMode, *, verify: bool) -> DownloadManager:
        chosen = DownloadConfig() if config is None else config.copy()
        chosen.cache_dir = chosen.cache_dir or Path(self._directory.root, "downloads")
        chosen.force_download = chosen.force_download or mode is DownloadMode.FORCE_REDOWNLOAD
        return DownloadManager(
            dataset_name=self.dataset_name,
            data_dir=self.manual_dir,
            download_config=chosen,
            base_path=self.base_path,
            checksums=load_checksums(self._recorded.path),
            verification=VerificationMode.BASIC_CHECKS if verify else VerificationMode.NO_CHECKS,
        )

    def _local_inputs(self, manager: DownloadManager, *, checked: bool) -> list[str]:
        """Local files that were asked for and that neither a checksum nor the arguments tell the content of."""
        known = {path for paths in (self.config.data_files or {}).values() for path in paths}
        known |= set(self._recorded.downloads) if checked else set()
        asked = [url for url in manager.get_recorded_sizes_checksums() if url not in known and not is_remote(url)]
        return [str(Path(self.base_path, local_path(url)).absolute()) for url in asked]


class GeneratorBasedBuilder(DatasetBuilder):
    """A builder whose ``_generate_examples(**gen_kwargs)`` yields (key, row as dict)."""

    @abstractmethod
    def _generate_examples(self, *args: Any, **kwargs: Any) -> Iterator[tuple[Any, Any]]:
        """The rows of one split, each with a key; keys are not kept."""

    def _write_split(self, generator: SplitGenerator, writer: ShardWriter, report: Callable[[int], None]) -> None:
        label = f"{self._label}, split {str(generator.name)!r}"
        rows = guarded(lambda: self._generate_examples(**generator.gen_kwargs), label, "rows")
        write_rows(rows, RowEncoder(self.info.features, label), writer, report)


class ArrowBasedBuilder(DatasetBuilder):
    """A builder whose ``_generate_tables(**gen_kwargs)`` yields (key, ``pyarrow.Table`` or record batch)."""

    @abstractmethod
    def _generate_tables(self, *args: Any, **kwargs: Any) -> Iterator[tuple[Any, Any]]:
        """The rows of one split as tables, each with a key; keys are not kept."""

    def _write_split(self, generator: SplitGenerator, writer: ShardWriter, report: Callable[[int], None]) -> None:
        label = f"{self._label}, split {str(generator.name)!r}"
        for table in guarded(lambda: self._generate_tables(**generator.gen_kwargs), label, "tables"):
            writer.write_table(table)
            report(table.num_rows)


def snake_case(name: str) -> str:
    """A class name as the name of a dataset.

    >>> snake_case("WikiText2"), snake_case("Glue")
    ('wiki_text2', 'glue')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
