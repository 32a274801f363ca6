"""Which fetched scripts may run: those whose content was trusted, in this call or in one readable file.

Knows: the hash of all importable files of a folder, and the file of decisions (setting ``trust_file``).
Does not know: where a script came from, or how it is run. Nothing is imported here.

The file is JSON that a person can read, correct and share::

    {"trusted": {"<sha256>": {"name": "my_corpus", "source": "https://...", "date": "2026-01-31"}}}
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nlpdata.errors import ArgumentError, UntrustedScriptError
from nlpdata.scripts.find import Script
from nlpdata.settings import settings


def content_hash(folder: Path) -> str:
    """The sha256 over names and bytes of all files below a folder that Python could import, the same on every machine."""
    digest = hashlib.sha256()
    for path in importable_files(folder):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def importable_files(folder: Path) -> list[Path]:
    """Source, byte code and compiled modules below a folder, sorted."""
    suffixes = tuple(importlib.machinery.all_suffixes())
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name.endswith(suffixes))


def trusted_scripts() -> dict[str, dict[str, Any]]:
    """The recorded decisions: sha256 -> name, source and date.

    Raises:
        ArgumentError: the file of decisions cannot be read.
    """
    path = Path(settings.trust_file)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["trusted"]
        return {str(sha256): dict(about) for sha256, about in found.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        form = '{"trusted": {"<sha256>": {"name": ..., "source": ...}}}'
        raise ArgumentError(f"{path} does not record trusted scripts ({error!r}). It should read {form}.") from error


def trust(script: Script) -> None:
    """Record that the present content of a script may run, from wherever it comes.

    Raises:
        CacheWriteError: the file of decisions cannot be written.
    """
    about = {"name": script.name, "source": script.source, "date": datetime.now(UTC).date().isoformat()}
    _write({**trusted_scripts(), script.sha256: about})


def distrust(sha256: str) -> bool:
    """Take a decision back; whether there was one."""
    decisions = trusted_scripts()
    found = decisions.pop(sha256, None) is not None
    if found:
        _write(decisions)
    return found


def _write(decisions: Mapping[str, Mapping[str, Any]]) -> None:
    path = Path(settings.trust_file)
    path.parent.mkdir(parents=True, exist_ok=True)
    from nlpdata.fetch.checksum import write_json  # late, as it brings Arrow

    write_json(path, {"trusted": dict(sorted(decisions.items()))})


def require_trust(script: Script, trust_remote_code: bool | None) -> None:
    """Refuse a fetched script that nobody trusted.

    Args:
        script: fetched, with the hash of its content.
        trust_remote_code: True trusts it for this call; False refuses it also where it was trusted; None asks the record.

    Raises:
        UntrustedScriptError: says what would run, its hash, and how to accept it.
    """
    if trust_remote_code or (trust_remote_code is None and script.sha256 in trusted_scripts()):
        return
    files = [path.relative_to(script.folder).as_posix() for path in importable_files(script.folder)]
    shown = ", ".join(files[:10]) + (f" and {len(files) - 10} more" if len(files) > 10 else "")
    before = [sha256 for sha256, about in trusted_scripts().items() if about.get("source") == script.source]
    changed = f" It is not what you trusted before (sha256 {before[-1]})." if before and script.sha256 not in before else ""
    raise UntrustedScriptError(
        f"{script.source} is code from elsewhere that nobody trusted yet; nothing of it was run.{changed}\n"
        f"  it would run: {script.path.name} (with {shown})\n"
        f"  to be read in: {script.folder}\n"
        f"  sha256: {script.sha256}\n"
        "To run it this time, pass trust_remote_code=True. To trust this content for good, run\n"
        f'"nlpdata script trust {script.source}", which adds the hash to {settings.trust_file}. A changed script asks again.'
    )
