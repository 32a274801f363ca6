"""Code that is not ours: finding scripts, and importing them under private names."""

from __future__ import annotations

from nlpdata.scripts.find import Script, find_script, list_scripts, look_up, not_found, shipped_folder
from nlpdata.scripts.load import load_class

__all__ = ["Script", "find_script", "list_scripts", "load_class", "look_up", "not_found", "shipped_folder"]
