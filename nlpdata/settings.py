"""The table of settings: name, environment variable, default, help.

Knows: how a variable's text becomes a value. Each is read once, when first asked for.
Does not know: who uses a setting.

    >>> from nlpdata.settings import settings
    >>> settings.batch_bytes
    33554432
    >>> with settings.override(batch_bytes=1024):
    ...     settings.batch_bytes
    1024
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from nlpdata.errors import ArgumentError, did_you_mean

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def parse_bytes(text: str | int) -> int:
    """A size in bytes from text such as ``"500MB"`` or ``"32MiB"``.

    >>> parse_bytes("500MB"), parse_bytes("2KiB"), parse_bytes(7)
    (500000000, 2048, 7)
    """
    if isinstance(text, int):
        return text
    stripped = text.strip().replace(" ", "").replace("_", "")
    number = stripped.rstrip("KMGTiIBbkmgt")
    unit = stripped[len(number) :].upper()
    try:
        return int(float(number) * _UNITS[unit])
    except (KeyError, ValueError):
        raise ArgumentError(f"{text!r} is not a size in bytes. Write a number and a unit: 500MB, 2GiB, 1024.") from None


def _parse_switch(text: str) -> bool:
    folded = text.strip().casefold()
    if folded in ("1", "true", "yes", "on"):
        return True
    if folded in ("0", "false", "no", "off", ""):
        return False
    raise ArgumentError(f"{text!r} is neither on nor off. Use 1 or 0.")


def _cache_folder() -> str:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "nlpdata")


def _trust_file() -> str:
    base = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(base, "nlpdata", "trusted.json")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table; ``default`` may be a function, so that it is found late."""

    name: str
    variable: str
    default: Any
    parse: Callable[[str], Any]
    help: str


TABLE: tuple[Setting, ...] = (
    Setting("archive_max_bytes", "NLPDATA_ARCHIVE_MAX_BYTES", 2**40, parse_bytes, "most bytes one archive may expand to"),
    Setting("archive_max_ratio", "NLPDATA_ARCHIVE_MAX_RATIO", 1000, int, "most times an archive may grow when it expands"),
    Setting("batch_bytes", "NLPDATA_BATCH_BYTES", 32 * 2**20, parse_bytes, "size that record batches on disk aim at"),
    Setting("cache", "NLPDATA_CACHE", _cache_folder, os.path.expanduser, "folder of downloads, datasets and results"),
    Setting("caching", "NLPDATA_CACHING", True, _parse_switch, "whether results of map and filter are found again"),
    Setting(
        "download_seconds", "NLPDATA_DOWNLOAD_SECONDS", 21_600.0, float, "most seconds one download may take, all its tries"
    ),
    Setting("drop_behind", "NLPDATA_DROP_BEHIND", False, _parse_switch, "give back memory of files behind a pass over rows"),
    Setting("lease_seconds", "NLPDATA_LEASE_SECONDS", 60.0, float, "silence after which another machine's lease is void"),
    Setting("max_retries", "NLPDATA_MAX_RETRIES", 5, int, "tries of a request that failed in transport"),
    Setting("mirror", "NLPDATA_MIRROR", None, str, "folder or URL asked first, by sha256: <2 hex>/<sha256>"),
    Setting("offline", "NLPDATA_OFFLINE", False, _parse_switch, "never use the network; what is cached still loads"),
    Setting("progress", "NLPDATA_PROGRESS", True, _parse_switch, "show progress bars on a terminal"),
    Setting("shard_bytes", "NLPDATA_SHARD_BYTES", 500 * 10**6, parse_bytes, "size at which a new shard file is begun"),
    Setting("trust_file", "NLPDATA_TRUST_FILE", _trust_file, os.path.expanduser, "JSON of fetched scripts that may run"),
    Setting("verbosity", "NLPDATA_VERBOSITY", "warning", str, "log level: debug, info, warning, error, critical"),
)


class Settings:
    """Attribute access to the table. Read once; :meth:`override` changes values for a while."""

    __slots__ = ("_values",)
    _rows = {row.name: row for row in TABLE}

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        row = self._rows.get(name)
        if row is None:
            raise AttributeError(f"There is no setting {name!r}.{did_you_mean(name, self._rows)}")
        if name not in self._values:
            text = os.environ.get(row.variable)
            try:
                value = row.parse(text) if text else row.default() if callable(row.default) else row.default
            except ValueError as error:
                raise ArgumentError(f"The variable {row.variable} ({row.help}) is {text!r}: {error}") from None
            self._values[name] = value
        return self._values[name]

    def set(self, **values: Any) -> None:
        """Set values for the rest of the process.

        Raises:
            ArgumentError: a name is not in the table.
        """
        for name in values:
            if name not in self._rows:
                raise ArgumentError(f"There is no setting {name!r}.{did_you_mean(name, self._rows)}")
        self._values.update(values)

    @contextmanager
    def override(self, **values: Any) -> Iterator[None]:
        """Set values inside a ``with`` block."""
        before = dict(self._values)
        self.set(**values)
        try:
            yield
        finally:
            self._values = before


settings = Settings()
