"""What a program has set in libraries, and its functions feel without naming it: worker processes are set alike.

Knows: the switches of the standard library, NumPy and torch that change what common functions return. Does not know: processes.

What else a program changes inside of libraries (lists of words, patched functions) is not seen, and not there in a worker.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

# Name -> module, how the switch is read there, how it is set, and what it is by default.
_SWITCHES: Final[dict[str, tuple[str, Callable[[Any], Any], Callable[[Any, Any], Any], Callable[[Any], Any]]]] = {
    "recursion limit": (
        "sys",
        lambda m: m.getrecursionlimit(),
        lambda m, value: m.setrecursionlimit(value),
        lambda _: 1000,
    ),
    "digits of integers as text": (
        "sys",
        lambda m: m.get_int_max_str_digits(),
        lambda m, value: m.set_int_max_str_digits(value),
        lambda m: m.int_info.default_max_str_digits,
    ),
    "decimal context": (
        "decimal",
        lambda m: m.getcontext().copy(),
        lambda m, value: m.setcontext(value),
        lambda m: m.Context(),
    ),
    "size of fields in CSV": (
        "csv",
        lambda m: m.field_size_limit(),
        lambda m, value: m.field_size_limit(value),
        lambda _: 131_072,
    ),
    "locale of numbers": (
        "locale",
        lambda m: m.setlocale(m.LC_NUMERIC),
        lambda m, value: m.setlocale(m.LC_NUMERIC, value),
        lambda _: "C",
    ),
    "floating-point errors of NumPy": (
        "numpy",
        lambda m: m.geterr(),
        lambda m, value: m.seterr(**value),
        lambda _: {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"},
    ),
    "dtype of torch": (
        "torch",
        lambda m: m.get_default_dtype(),
        lambda m, value: m.set_default_dtype(value),
        lambda m: m.float32,
    ),
}


def noted() -> dict[str, Any]:
    """The switches that are not as they are in a new process; modules that were not imported are left alone."""
    found = {}
    for name, (module, read, _, default) in _SWITCHES.items():
        library = sys.modules.get(module)
        if library is not None:
            value = read(library)
            if repr(value) != repr(default(library)):
                found[name] = value
    return found


def adopt(found: dict[str, Any]) -> None:
    """Set switches as :func:`noted` found them elsewhere."""
    for name, value in found.items():
        module, _, put, _ = _SWITCHES[name]
        with suppress(ImportError, ValueError):  # a locale that is not there
            put(import_module(module), value)
