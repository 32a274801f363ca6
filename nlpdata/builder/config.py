"""One configuration of a builder: how it is chosen, and the name its prepared form takes.

Knows: a configuration's fields, which one a name and parameters mean, and how changed fields become a folder name.
Does not know: what a builder does with them.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlpdata.errors import ArgumentError, UnknownConfigError, did_you_mean, unknown
from nlpdata.info import Version

DEFAULT_VERSION = "0.0.0"
_FILES = ("data_dir", "data_files")
_MAX_ID_LENGTH = 100


@dataclass
class BuilderConfig:
    """One configuration of a builder; subclass it, as a dataclass or with an ``__init__``, to add parameters.

    Attributes:
        name: unique among the configurations of a builder; part of the cache path.
        version: of the data, part of the cache path; the builder's ``VERSION`` where it is not set.
        data_dir: a folder that the user gave.
        data_files: split -> paths, from what the user gave.
        description: one sentence.

    >>> BuilderConfig(name="small").create_config_id({})
    'small'

    Raises:
        ArgumentError: the name cannot be the name of a folder.
    """

    name: str = "default"
    version: Version | str | None = DEFAULT_VERSION
    data_dir: str | None = None
    data_files: Mapping[str, list[str]] | None = None
    description: str | None = None

    def __post_init__(self) -> None:
        if re.search(r"[<>:/\\|?*\x00-\x1f]", self.name) or self.name in ("", ".", ".."):
            raise ArgumentError(
                f"{self.name!r} cannot name a configuration, because it names a folder. Leave out <>:/\\|?* in it."
            )

    def create_config_id(self, config_kwargs: Mapping[str, Any], custom_features: Any = None) -> str:
        """The name, followed by what was changed: ``name-key=value,...``, or a hash where that is no fit name for a folder.

        Args:
            config_kwargs: parameters that the user gave, by name.
            custom_features: features that the user gave instead of the builder's own.
        """
        given = {key: value for key, value in config_kwargs.items() if key not in ("name", "version")}
        given = {key: value for key, value in given.items() if value is not None or key not in _FILES}
        if custom_features is not None:
            given["features"] = repr(custom_features)
        if not given:
            return self.name
        text = ",".join(f"{key}={value}" for key, value in sorted(given.items()))
        simple = all(value is None or isinstance(value, str | int | float | bool) for value in given.values())
        if simple and re.fullmatch(r"[\w=,.+-]+", text, re.ASCII) and len(self.name) + len(text) < _MAX_ID_LENGTH:
            return f"{self.name}-{text}"
        described = json.dumps(given, sort_keys=True, default=_described)
        return f"{self.name}-{hashlib.sha256(described.encode()).hexdigest()[:16]}"


def _described(value: Any) -> Any:
    """A value as JSON, for naming only; whether results are equal is decided by the content key."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


@dataclass(frozen=True, slots=True)
class ConfigTable:
    """The configurations that a builder class offers.

    Attributes:
        kind: the class of configurations made on the fly.
        ready: the ready ones, in the order of the class.
        default: name of the one meant when none is named.
        version: of those made on the fly, and of those that state none.
        owner: what errors call the builder.
    """

    kind: type[BuilderConfig]
    ready: Sequence[BuilderConfig]
    default: str | None
    version: Version | str | None
    owner: str

    @property
    def names(self) -> list[str]:
        """Names of the ready configurations, in order."""
        return [config.name for config in self.ready]

    def given(self, name: str | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters that count. None changes nothing in a ready configuration; for one made on the fly it is a value."""
        told = {key: value for key, value in parameters.items() if value is not None}
        if not self._on_the_fly(name, told):
            return told
        taken = inspect.signature(self.kind).parameters
        takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values())
        empty = [key for key in parameters if key not in told and key not in _FILES and (takes_all or key in taken)]
        return {**told, **dict.fromkeys(empty)}

    def choose(self, name: str | None, parameters: Mapping[str, Any]) -> BuilderConfig:
        """A configuration of its own: the ready one of that name with ``parameters`` set, or a new one.

        Without a name it is the default one, or the only one; with parameters alone it is made on the fly.

        Raises:
            UnknownConfigError: no ready one has this name.
            ArgumentError: a name is needed, or a parameter does not exist.
        """
        given = self.given(name, parameters)
        config = self._made(name, given) if self._on_the_fly(name, given) else self._changed(self._ready(name), given)
        if self.version is not None and str(config.version) in (DEFAULT_VERSION, "None"):
            config.version = self.version
        return config

    def _on_the_fly(self, name: str | None, given: Mapping[str, Any]) -> bool:
        return not self.ready or (name is None and bool(set(given) - {"data_dir", "data_files"}))

    def _ready(self, name: str | None) -> BuilderConfig:
        wanted = name or self.default or (self.names[0] if len(self.ready) == 1 else None)
        if wanted is None:
            listed = ", ".join(self.names)
            call = f'load_dataset("{self.owner}", "{self.names[0]}")'
            raise ArgumentError(f"{self.owner} has {len(self.ready)} configurations; name one of: {listed}. Example: {call}")
        for config in self.ready:
            if config.name == wanted:
                return copy.deepcopy(config)
        raise unknown(UnknownConfigError, f"configuration of {self.owner} named", wanted, self.names)

    def _changed(self, config: BuilderConfig, given: Mapping[str, Any]) -> BuilderConfig:
        for key, value in given.items():
            if not hasattr(config, key):
                known = sorted(key for key in vars(config) if not key.startswith("_"))
                hint = f"{did_you_mean(key, known)} Known: {', '.join(known)}."
                raise ArgumentError(f"The configuration {config.name!r} of {self.owner} has no parameter {key!r}.{hint}")
            setattr(config, key, value)
        return config

    def _made(self, name: str | None, given: Mapping[str, Any]) -> BuilderConfig:
        named = name or self.default
        parameters = dict(given) if named is None else {"name": named, **given}
        try:
            return self.kind(**parameters)
        except TypeError as error:
            message = (
                f"A configuration of {self.owner} cannot be made from the parameters {', '.join(given) or 'given'}: {error}"
            )
            raise ArgumentError(message) from error
