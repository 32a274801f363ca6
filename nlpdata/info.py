"""What is known about a dataset beside its rows: texts, features, sizes, checksums, version.

Knows: ``dataset_info.json``, in the shape that HF ``datasets`` writes and reads. Does not know: builders, caches, rows.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass, field, fields
from functools import total_ordering
from pathlib import Path
from typing import Any

from nlpdata._optional import load
from nlpdata.errors import ArgumentError, CorruptFileError
from nlpdata.features import Features
from nlpdata.splits import SplitDict, SplitInfo

INFO_NAME = "dataset_info.json"
LICENSE_NAME = "LICENSE"

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_PATTERN = re.compile(r"(\d+|\*)\.(\d+|\*)\.(\d+|\*)")


@total_ordering
@dataclass(eq=False, repr=False)
class Version:
    """A version ``major.minor.patch``, comparable with another and with text.

    >>> Version("1.10.0") > "1.9.0"
    True

    Raises:
        ArgumentError: (a ``ValueError``) the text has another form.
    """

    version_str: str
    description: str | None = None
    major: int | None = None
    minor: int | None = None
    patch: int | None = None

    def __post_init__(self) -> None:
        match = _VERSION.fullmatch(str(self.version_str))
        if match is None:
            raise ArgumentError(f"{self.version_str!r} is not a version. Write three numbers: '1.0.0'.")
        self.version_str = str(self.version_str)
        self.major, self.minor, self.patch = (int(number) for number in match.groups())

    @property
    def tuple(self) -> tuple[int | None, int | None, int | None]:
        """Major, minor, patch."""
        return self.major, self.minor, self.patch

    def match(self, other_version: str) -> bool:
        """Whether the version fits a pattern such as ``"1.*.*"``."""
        match = _PATTERN.fullmatch(other_version)
        if match is None:
            raise ArgumentError(f"{other_version!r} is not a pattern of versions. Write '1.*.*'.")
        return all(wanted in ("*", str(number)) for wanted, number in zip(match.groups(), self.tuple, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able data."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}

    def __str__(self) -> str:
        return self.version_str

    def __repr__(self) -> str:
        return self.version_str

    def __eq__(self, other: object) -> bool:
        try:
            return self.tuple == _version(other).tuple
        except (ArgumentError, TypeError):
            return False

    def __lt__(self, other: object) -> bool:
        ours, theirs = self.tuple, _version(other).tuple
        return [n or 0 for n in ours] < [n or 0 for n in theirs]

    def __hash__(self) -> int:
        return hash(f"{self.major}.{self.minor}.{self.patch}")


def _version(value: object) -> Version:
    if isinstance(value, Version):
        return value
    if isinstance(value, str):
        return Version(value)
    raise TypeError(f"A version is not comparable with {value!r} ({type(value).__name__}).")


@dataclass
class SupervisedKeysData:
    """Which column is the input and which the output."""

    input: str = ""
    output: str = ""


@dataclass(repr=False)
class DatasetInfo:
    """What is known about a dataset. Every field may be left out; plain JSON values are taken for rich ones.

    Args:
        description: what the dataset is.
        citation: BibTeX.
        homepage: URL.
        license: name or text.
        features: of its columns, a :class:`Features` or its JSON.
        post_processed: features and resources of a later step.
        supervised_keys: names of an input and an output column.
        builder_name: name of the builder that made it.
        dataset_name: name it was loaded by.
        config_name: configuration it was made with.
        version: :class:`Version` or text.
        splits: a :class:`SplitDict` or its JSON.
        download_checksums: URL -> ``{"num_bytes": ..., "checksum": ...}``.
        download_size: bytes downloaded.
        post_processing_size: bytes of a later step.
        dataset_size: bytes of all splits in memory.
        size_in_bytes: bytes of files altogether.
        task_templates: what scripts of 1.7-2.x passed; not kept.
    """

    description: str = ""
    citation: str = ""
    homepage: str = ""
    license: str = ""
    features: Features | None = None
    post_processed: Any = None
    supervised_keys: SupervisedKeysData | None = None
    builder_name: str | None = None
    dataset_name: str | None = None
    config_name: str | None = None
    version: Version | None = None
    splits: SplitDict | None = None
    download_checksums: dict[str, Any] | None = None
    download_size: int | None = None
    post_processing_size: int | None = None
    dataset_size: int | None = None
    size_in_bytes: int | None = None
    task_templates: InitVar[Any] = field(default=None, kw_only=True)

    def __post_init__(self, task_templates: Any) -> None:
        if self.features is not None and not isinstance(self.features, Features):
            self.features = _features(self.features)
        if self.version is not None and not isinstance(self.version, Version):
            given: Any = self.version
            self.version = Version(given) if isinstance(given, str) else Version(given["version_str"], given.get("description"))
        if self.splits is not None and not isinstance(self.splits, SplitDict):
            self.splits = SplitDict.from_split_dict(self.splits)
        if self.supervised_keys is not None and not isinstance(self.supervised_keys, SupervisedKeysData):
            keys: Any = self.supervised_keys
            self.supervised_keys = SupervisedKeysData(**keys) if isinstance(keys, Mapping) else SupervisedKeysData(*keys)

    def copy(self) -> DatasetInfo:
        """A copy that shares nothing with this one."""
        return copy.deepcopy(self)

    def update(self, other_dataset_info: DatasetInfo, ignore_none: bool = True) -> None:
        """Take over the fields of another info, by default those that are not None."""
        for f in fields(self):
            value = getattr(other_dataset_info, f.name)
            if value is not None or not ignore_none:
                setattr(self, f.name, copy.deepcopy(value))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able data without the fields that are None, in the shape of ``dataset_info.json``."""
        pairs = ((f.name, _jsonable(getattr(self, f.name))) for f in fields(self))
        return {name: value for name, value in pairs if value is not None}

    @classmethod
    def from_dict(cls, dataset_info_dict: Mapping[str, Any]) -> DatasetInfo:
        """The inverse of :meth:`to_dict`; unknown keys are passed over."""
        known = {f.name for f in fields(cls)}
        return cls(**{key: copy.deepcopy(value) for key, value in dataset_info_dict.items() if key in known})

    @classmethod
    def from_merge(cls, dataset_infos: Iterable[DatasetInfo | None]) -> DatasetInfo:
        """One info for several datasets put together: the different texts one after the other, the first's features.

        Equal infos give that info; sizes and splits of different ones are left out, because they would not add up.
        """
        infos = [info for info in dataset_infos if info is not None]
        if infos and all(info == infos[0] for info in infos):
            return infos[0].copy()
        joined: dict[str, Any] = {
            name: "\n\n".join(dict.fromkeys(text.strip() for info in infos if (text := getattr(info, name))))
            for name in ("description", "citation", "homepage", "license")
        }
        found = [info for info in infos if info.features is not None]
        keys = [info.supervised_keys for info in infos if info.supervised_keys is not None]
        return cls(
            **joined,
            features=found[0].features.copy() if found and found[0].features is not None else None,
            supervised_keys=copy.deepcopy(keys[0]) if keys else None,
        )

    @classmethod
    def from_directory(cls, dataset_info_dir: str | Path, storage_options: dict[str, Any] | None = None) -> DatasetInfo:
        """The info in the ``dataset_info.json`` of a folder, local or any that fsspec knows.

        Raises:
            FileNotFoundError: the folder has none.
            CorruptFileError: it is not JSON.
        """
        if not str(dataset_info_dir):
            raise ArgumentError("from_directory takes the folder that holds dataset_info.json; the text is empty.")
        path = _join(dataset_info_dir, INFO_NAME)
        with _open(path, "r", storage_options) as file:
            text = file.read()
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise CorruptFileError(f"{path} is not JSON: {error}. Remove the folder and prepare the dataset again.") from error

    def write_to_directory(
        self, dataset_info_dir: str | Path, pretty_print: bool = False, storage_options: dict[str, Any] | None = None
    ) -> None:
        """Write ``dataset_info.json``, and ``LICENSE`` if there is a license text, into a folder that exists."""
        if not str(dataset_info_dir):
            raise ArgumentError("write_to_directory takes a folder; the text is empty.")
        text = json.dumps(self.to_dict(), indent=4 if pretty_print else None)
        _write(_join(dataset_info_dir, INFO_NAME), text, storage_options)
        if self.license:
            _write(_join(dataset_info_dir, LICENSE_NAME), self.license, storage_options)

    def __repr__(self) -> str:
        shown = [f"    {f.name}={getattr(self, f.name)!r}," for f in fields(self) if getattr(self, f.name) not in (None, "")]
        return "DatasetInfo(\n" + "\n".join(shown) + "\n)" if shown else "DatasetInfo()"


def _features(given: Any) -> Features:
    """Features from a dict of features, or from their JSON."""
    described = any(isinstance(value, Mapping | list) and "_type" in json.dumps(value, default=str) for value in given.values())
    return Features.from_dict(given) if described else Features(given)


def _jsonable(value: Any) -> Any:
    if isinstance(value, Features | Version):
        return value.to_dict()
    if isinstance(value, SplitDict):
        return {name: info.to_dict() for name, info in value.items()}
    if isinstance(value, SplitInfo):
        return value.to_dict()
    if isinstance(value, SupervisedKeysData):
        return {"input": value.input, "output": value.output}
    return value


def _join(folder: str | Path, name: str) -> str:
    return f"{str(folder).rstrip('/')}/{name}" if _is_url(folder) else os.path.join(folder, name)


def _is_url(path: str | Path) -> bool:
    return "://" in str(path)


def _open(path: str, mode: str, storage_options: dict[str, Any] | None) -> Any:
    if _is_url(path):
        return load("fsspec").open(path, mode, encoding="utf-8", **(storage_options or {}))
    return open(path, mode, encoding="utf-8")


def _write(path: str, text: str, storage_options: dict[str, Any] | None) -> None:
    """The whole file or none: aside and renamed, where it is local."""
    aside = path if _is_url(path) else f"{path}.tmp-{os.getpid()}"
    try:
        with _open(aside, "w", storage_options) as file:
            file.write(text)
        if aside != path:
            os.replace(aside, path)
    finally:
        if aside != path and os.path.exists(aside):
            os.remove(aside)
