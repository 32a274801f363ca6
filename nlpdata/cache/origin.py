"""Where code comes from: the Python release, an installed package, or the user.

Knows: module names, file locations, the versions of installed distributions.
Does not know: what is in a module. Code of the user is keyed by content, everything else by the label given here.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

import xxhash

PYTHON = f"python {sys.version_info.major}.{sys.version_info.minor}"
USER = ""

_OURS = "nlpdata"
_INSTALLED = {"site-packages", "dist-packages"}


def module_origin(name: str | None) -> str:
    """The label of a module's origin: ``"python 3.11"``, ``"numpy 2.4.0"``, or ``""`` for code of the user.

    A module that is neither part of Python nor lies in ``site-packages`` is the user's; so is an editable install.
    nlpdata itself always goes by its version.

    >>> module_origin("json.decoder") == PYTHON
    True
    >>> module_origin("__main__")
    ''
    """
    if not name or name == "__main__":
        return USER
    module = sys.modules.get(name)
    if module is None:
        return _origin_of_unloaded(name)
    return _origin(name, getattr(module, "__file__", None))


def namespace_origin(namespace: dict[str, object]) -> str:
    """The origin of the module whose globals are given."""
    name, file = namespace.get("__name__"), namespace.get("__file__")
    if not isinstance(name, str) or name == "__main__":
        return USER
    return _origin(name, file if isinstance(file, str) else None)


@functools.lru_cache(maxsize=4096)
def _origin(name: str, file: str | None) -> str:
    top = name.partition(".")[0]
    if top == _OURS:
        return f"{_OURS} {getattr(sys.modules[_OURS], '__version__', '')}"
    standard = top in sys.stdlib_module_names or top in sys.builtin_module_names
    if file is None or file.startswith("<frozen"):
        return PYTHON if standard else USER
    path = Path(os.path.abspath(file))
    if _INSTALLED & set(path.parts):
        return _package(top, str(path))
    if standard and any(path.is_relative_to(folder) for folder in _standard_folders()):
        return PYTHON
    return USER


def _origin_of_unloaded(name: str) -> str:
    top = name.partition(".")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    return _origin(name, spec.origin if spec is not None and spec.has_location else None)


@functools.lru_cache(maxsize=1)
def _standard_folders() -> tuple[str, ...]:
    return tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")})


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


@functools.lru_cache(maxsize=1024)
def _package(top: str, file: str) -> str:
    """``"<distribution> <version>"`` of an installed module; the content of its file where no distribution claims it."""
    version = _version(top)
    if version is not None:
        return f"{top} {version}"
    versions = {name: _version(name) for name in sorted(set(_distributions().get(top, ())))}
    if versions and None not in versions.values():
        return ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"{top} file {xxhash.xxh3_128_hexdigest(Path(file).read_bytes())}"


@functools.lru_cache(maxsize=1)
def _distributions() -> dict[str, list[str]]:
    # Reads the metadata of everything installed: only when a module is not named like its distribution (yaml, PIL, sklearn).
    return dict(metadata.packages_distributions())
