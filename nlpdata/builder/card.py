"""The configurations that the card of a folder, its ``README.md``, declares in the YAML above its text.

Knows: the form of ``configs:`` (``config_name``, ``data_files``, ``data_dir``, ``default``, options of the reader), and which
of them is meant. Does not know: how files are found or read. Only a card with ``configs:`` needs the package ``pyyaml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlpdata._optional import load
from nlpdata._report import warn_once
from nlpdata.errors import ArgumentError, UnknownConfigError, unknown

CARD_NAME = "README.md"
_YAML = re.compile(r"\ufeff?---[ \t]*\r?\n(?P<yaml>.*?\n)---[ \t]*(\r?\n|$)", re.DOTALL)
_CONFIGS = re.compile(r"^configs[ \t]*:", re.MULTILINE)
_NOT_READ = ("description", "features", "version")


@dataclass(frozen=True, slots=True)
class CardConfig:
    """One configuration of a card.

    Attributes:
        name: what users call it.
        data_files: as :func:`nlpdata.files.patterns.resolve_data_files` takes them; None takes all of ``data_dir``.
        data_dir: a folder below that of the card.
        default: whether the card says that it is the one meant when none is named.
        options: of the reader, such as ``sep``.
    """

    name: str
    data_files: Any = None
    data_dir: str | None = None
    default: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Card:
    """The configurations of a card, in its order; at least one."""

    path: Path
    configs: tuple[CardConfig, ...]

    @classmethod
    def in_folder(cls, folder: Path) -> Card | None:
        """What the card of a folder declares; None where there is no card, or it declares no configurations.

        Raises:
            ArgumentError: what it declares cannot be read.
            MissingPackageError: ``pyyaml`` is needed and not installed.
        """
        path = folder / CARD_NAME
        if not path.is_file():
            return None
        head = _YAML.match(path.read_text(encoding="utf-8", errors="replace"))
        if head is None or not _CONFIGS.search(head["yaml"]):
            return None
        yaml = load("yaml", extra="yaml")
        try:
            content = yaml.safe_load(head["yaml"])
        except yaml.YAMLError as error:
            raise ArgumentError(f"The YAML at the top of {path} cannot be read: {error}") from error
        entries = content.get("configs") if isinstance(content, Mapping) else None
        if entries is None or entries == []:
            return None
        if not isinstance(entries, list):
            raise ArgumentError(f"{path}: configs is {entries!r:.80}, not a list: '- config_name: ...' for each.")
        configs = tuple(_config(entry, path) for entry in entries)
        names = [config.name for config in configs]
        if len(set(names)) < len(names):
            raise ArgumentError(f"{path} declares a configuration twice: {', '.join(names)}.")
        return cls(path, configs)

    @property
    def names(self) -> list[str]:
        """Names of the configurations, in order."""
        return [config.name for config in self.configs]

    @property
    def default(self) -> CardConfig | None:
        """The one meant when none is named: the only one, the one that says so, or the one that is called ``default``.

        Raises:
            ArgumentError: there are several.
        """
        found = [c for c in self.configs if len(self.configs) == 1 or c.default or c.name == "default"]
        if len(found) > 1:
            raise ArgumentError(f"{self.path} declares several default configurations: {', '.join(c.name for c in found)}.")
        return found[0] if found else None

    def choose(self, name: str | None) -> CardConfig:
        """The configuration of that name; without one the default.

        Raises:
            UnknownConfigError: there is none of this name.
            ArgumentError: a name is needed.
        """
        chosen = self.default if name is None else next((c for c in self.configs if c.name == name), None)
        if chosen is not None:
            return chosen
        if name is not None:
            raise unknown(UnknownConfigError, f"configuration in {self.path} named", name, self.names)
        call = f'load_dataset("{self.path.parent}", "{self.names[0]}")'
        listed = ", ".join(self.names)
        raise ArgumentError(f"{self.path} declares {len(self.names)} configurations; name one of: {listed}. Example: {call}")


def _config(entry: Any, path: Path) -> CardConfig:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("config_name"), str):
        raise ArgumentError(f"{path}: each of the configs needs a config_name, which is a text; found {entry!r:.120}.")
    rest = {str(key): value for key, value in entry.items()}
    name, files, folder = rest.pop("config_name"), rest.pop("data_files", None), rest.pop("data_dir", None)
    default = bool(rest.pop("default", False))
    if unread := [key for key in _NOT_READ if rest.pop(key, None) is not None]:
        warn_once(f"{path}: {', '.join(unread)} of a configuration is not read from the card.")
    if folder is not None and not isinstance(folder, str):
        raise ArgumentError(f"{path}: data_dir of {name!r} is {folder!r:.80}, not the name of a folder.")
    return CardConfig(name, files, folder, default, rest)
