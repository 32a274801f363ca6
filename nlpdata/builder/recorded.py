"""What is recorded beside a loader, and whether what was prepared agrees with it.

Knows: the file ``checksums.json``, its downloads and its split sizes.
Does not know: how downloads are checked (the download manager does that) or how splits are prepared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlpdata.errors import ArgumentError, VerificationError

RECORD_NAME = "checksums.json"


@dataclass(frozen=True, slots=True)
class Recorded:
    """The record beside a loader.

    Attributes:
        path: of the file, whether it exists or not.
        downloads: URL -> ``{"num_bytes", "sha256"}``, as in the file.
        splits: configuration -> split -> number of rows.
    """

    path: Path
    downloads: Mapping[str, Any] = field(default_factory=dict)
    splits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def beside(cls, folder: Path) -> Recorded:
        """The record in a loader's folder; empty if there is none.

        Raises:
            ArgumentError: the file cannot be read as a record.
        """
        path = folder / RECORD_NAME
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls(path)
        except ValueError as error:
            raise ArgumentError(f"{path} is no JSON: {error}") from error
        if not isinstance(content, dict):
            raise ArgumentError(f'{path} should hold {{"downloads": ..., "splits": ...}}, not a {type(content).__name__}.')
        return cls(path, content.get("downloads", {}), content.get("splits", {}))


def verify_splits(what: str, expected: Mapping[str, int], found: Mapping[str, int], record: Path) -> None:
    """Compare recorded with prepared split sizes; an empty record agrees with everything.

    Raises:
        VerificationError: a split is missing, was not recorded, or has another number of rows.
    """
    if not expected or dict(expected) == dict(found):
        return
    names = [*expected, *(name for name in found if name not in expected)]
    wrong = [
        f"{name}: expected {_rows(expected.get(name))}, got {_rows(found.get(name))}"
        for name in names
        if expected.get(name) != found.get(name)
    ]
    raise VerificationError(
        f"{what} is not what was recorded in {record}. {'; '.join(wrong)}. The source has changed, or it is read wrongly. "
        'To use it as it is, pass verification_mode="no_checks"; to accept it for good, correct the record.'
    )


def _rows(count: int | None) -> str:
    return "no such split" if count is None else f"{count:,} rows"
