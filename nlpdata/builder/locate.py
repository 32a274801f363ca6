"""What a dataset path means: a packaged builder, a script, or a folder of data files.

Knows: the order in which a path is tried. Does not know: how a builder works.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from nlpdata._report import warn_once
from nlpdata.builder.base import DatasetBuilder
from nlpdata.builder.card import CARD_NAME, Card, CardConfig
from nlpdata.builder.packaged import CODE_HASH, PACKAGED
from nlpdata.errors import ArgumentError, UnknownLoaderError
from nlpdata.fetch.config import DownloadConfig, DownloadMode
from nlpdata.files.patterns import MEDIA_EXTENSIONS, METADATA_NAMES, infer_file_type, resolve_data_files, told_file_type
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

    @property
    def config_names(self) -> list[str]:
        """Names of the configurations, in order; ``"default"`` where there are none."""
        return [config.name for config in self.kind.BUILDER_CONFIGS] or [self.kind.DEFAULT_CONFIG_NAME or "default"]

    @property
    def default_config(self) -> str | None:
        """The configuration meant when none is named; None if one must be named."""
        names = self.config_names
        return self.kind.DEFAULT_CONFIG_NAME or (names[0] if len(names) == 1 else None)


@dataclass(frozen=True, slots=True)
class LocatedByCard(Located):
    """A folder whose card declares configurations; each has its own files, and may have another builder."""

    card: Card = field(kw_only=True)

    def build(self, **arguments: Any) -> DatasetBuilder:
        """The builder of the configuration that is named, or of the default one."""
        config = self.card.choose(arguments.pop("config_name", None))
        located = _of_config(self.card, config)
        return located.build(**{**config.options, **arguments, "config_name": config.name})

    @property
    def config_names(self) -> list[str]:
        """Names of the configurations, in the order of the card."""
        return self.card.names

    @property
    def default_config(self) -> str | None:
        """The configuration meant when none is named; None if one must be named."""
        default = self.card.default
        return None if default is None else default.name


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
    A folder's card (``README.md``) tells its configurations, unless ``data_files`` or ``data_dir`` are given.
    A URL means a script; :func:`nlpdata.scripts.resolve_script` says which, and when it may run.

    Raises:
        UnknownLoaderError: it is none of these; names the closest.
        UntrustedScriptError: it is a URL of a script whose content nobody trusted; nothing of it was run.
        ArgumentError: the splits of a folder are of several formats.
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
    if data_files is None and data_dir is None and (card := Card.in_folder(folder)) is not None:
        first = _of_config(card, card.configs[0])
        return LocatedByCard(first.kind, first.arguments, first.options, card=card)
    return _of_files(folder, _files_in(folder, data_dir, data_files))


def _of_config(card: Card, config: CardConfig) -> Located:
    folder = card.path.parent
    return _of_files(folder, resolve_data_files(config.data_files, folder / (config.data_dir or "")))


def _of_files(folder: Path, files: Mapping[str, list[str]]) -> Located:
    builder = infer_file_type([path for paths in files.values() for path in paths])[0]
    if not all(_is_mostly(builder, paths) for paths in files.values()):
        shown = "; ".join(f"{split}: {infer_file_type(paths)[0]} ({_names(paths)})" for split, paths in files.items())
        raise ArgumentError(
            f"The splits of {folder} are of several formats, and a dataset has one. {shown}. "
            f'Name the files of one format: load_dataset("{builder}", data_files=...).'
        )
    chosen = _of_type(files, builder)
    options = infer_file_type([path for paths in chosen.values() for path in paths])[1]
    return _packaged(builder, folder.name, chosen, options)


def _is_mostly(builder: str, paths: Sequence[str]) -> bool:
    told = Counter(told_file_type(path) for path in paths if os.path.basename(path) not in METADATA_NAMES)
    told = told or Counter(told_file_type(path) for path in paths)
    return told[builder] == max((count for kind, count in told.items() if kind is not None), default=1)


def _names(paths: Sequence[str]) -> str:
    return ", ".join([*(os.path.basename(path) for path in paths[:3]), *(["..."] if len(paths) > 3 else [])])


def _files_in(folder: Path, data_dir: str | None, data_files: Any) -> dict[str, list[str]]:
    try:
        return resolve_data_files(data_files, str(folder / (data_dir or "")))
    except FileNotFoundError as error:
        raise UnknownLoaderError(f"{error} Nor does it hold a loader, which would be {folder / folder.name}.py.") from error


def _of_type(files: Mapping[str, list[str]], builder: str) -> dict[str, list[str]]:
    """The files that this builder reads: a folder of csv files may hold a text file about them."""
    about_media = builder in MEDIA_EXTENSIONS.values()

    def is_read(path: str) -> bool:
        return told_file_type(path) == builder or (about_media and os.path.basename(path) in METADATA_NAMES)

    unknown = [path for paths in files.values() for path in paths if told_file_type(path) is None]
    if unknown := [path for path in unknown if os.path.basename(path) != CARD_NAME]:
        warn_once(f"Names that tell no file type are left out of the {builder} files: {_names(unknown)}.")
    return {split: [path for path in paths if is_read(path)] for split, paths in files.items()}


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
