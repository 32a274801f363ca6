"""Checks with names, run one after the other, and a report of all that failed.

Knows: what a check is and how its failure is told. Does not know: what is checked. Needs no test framework.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


class NotApplicable(Exception):
    """Raised by a check that cannot be made here; the message says why (a package that is missing, say)."""


class SuiteError(AssertionError):
    """Checks failed; the message lists each.

    Attributes:
        failures: check name -> what was wrong.
    """

    def __init__(self, subject: str, failures: Mapping[str, str]) -> None:
        lines = [f"{len(failures)} of the checks of {subject} failed:", *(f"- {n}: {why}" for n, why in failures.items())]
        super().__init__("\n".join(lines))
        self.failures = dict(failures)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold. Calling it raises AssertionError if it does not, NotApplicable if it cannot be said.

    Attributes:
        name: what must hold, a few words.
        function: makes the check.
    """

    name: str
    function: Callable[[], None]

    def __call__(self) -> None:
        """Make the check."""
        self.function()


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked.

    Attributes:
        passed: names of the checks that hold.
        skipped: check name -> why it could not be made.
    """

    passed: tuple[str, ...]
    skipped: Mapping[str, str]


def run_checks(subject: str, checks: Iterable[Check]) -> Report:
    """Make all checks, also after one failed.

    Raises:
        SuiteError: some failed; says which and why.
    """
    passed: list[str] = []
    skipped: dict[str, str] = {}
    failures: dict[str, str] = {}
    for check in checks:
        try:
            check()
        except NotApplicable as reason:
            skipped[check.name] = str(reason)
        except Exception as error:  # noqa: BLE001 - whatever foreign code raises is a finding
            failures[check.name] = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
        else:
            passed.append(check.name)
    if failures:
        raise SuiteError(subject, failures)
    return Report(tuple(passed), skipped)
