"""Code that is not ours: finding scripts, whether they may run, and importing them under private names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nlpdata.scripts.find import Script, find_script, list_scripts, look_up, not_found, shipped_folder
from nlpdata.scripts.load import ScriptPackage, load_class, package_of
from nlpdata.scripts.trust import distrust, trust, trusted_scripts

if TYPE_CHECKING:
    from nlpdata.scripts.fetched import fetched_script, is_script_url, resolve_script

__all__ = [
    "Script",
    "ScriptPackage",
    "distrust",
    "fetched_script",
    "find_script",
    "is_script_url",
    "list_scripts",
    "load_class",
    "look_up",
    "not_found",
    "package_of",
    "resolve_script",
    "shipped_folder",
    "trust",
    "trusted_scripts",
]


def __getattr__(name: str) -> Any:
    """What fetches, when it is asked for: it brings Arrow, which loading a shipped metric does without."""
    if name not in ("fetched_script", "is_script_url", "resolve_script"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nlpdata.scripts import fetched

    return getattr(fetched, name)
