"""What a code object does, without what only a reader of its source sees: docstrings, line numbers, names of local variables.

Knows: the instructions of CPython 3.11 and later, and where compilers keep docstrings.
Does not know: the objects that constants and names stand for at run time (``reach``, ``code``).
"""

from __future__ import annotations

import dis
import functools
import inspect
import sys
from dataclasses import dataclass
from types import CodeType
from typing import Any

_SKIPPED = {dis.opmap.get("CACHE", -1), dis.opmap["EXTENDED_ARG"]}
_EXTENDED_ARG = dis.opmap["EXTENDED_ARG"]
_LOAD_CONST = dis.opmap["LOAD_CONST"]
_STORE_NAME = dis.opmap["STORE_NAME"]
_CONSTANTS = frozenset(dis.hasconst)
_NAMES = frozenset(dis.hasname)
_NEW = sys.version_info >= (3, 12)
# The lowest bits of some arguments are flags.
_SHIFTS = {"LOAD_GLOBAL": 1, "LOAD_ATTR": int(_NEW), "LOAD_SUPER_ATTR": 2}
_SHIFT = {dis.opmap[name]: shift for name, shift in _SHIFTS.items() if name in dis.opmap}
_HAS_DOCSTRING = 0x4000000  # CO_HAS_DOCSTRING, from 3.13 on
_IRRELEVANT_FLAGS = _HAS_DOCSTRING | inspect.CO_NESTED
# What a class body stores about its own source.
_ABOUT_SOURCE = {"__doc__", "__firstlineno__", "__static_attributes__"}
# Whoever mentions one of these may read the docstring of anything.
_READS_DOCSTRINGS = {"__doc__", "getdoc", "help"}
# Whoever mentions one of these may read the name of a function or class.
_READS_ENTITIES = {"__name__", "__qualname__"}
# Whoever mentions one of these may read the names of local variables.
_READS_NAMES = {"locals", "vars", "dir", "eval", "exec", "_getframe", "currentframe", "__code__", "f_locals", "stack"}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What code does.

    Attributes:
        shape: argument counts and names, flags, exception table, free and cell variables.
        instructions: with constants and names numbered in the order of their first use.
        names: those the instructions refer to, in that order.
        constants: likewise, code left out.
        inner: the code among the constants.
        docstrings: its own, and those that class bodies in it set.
        reads_docstrings: whether it may look at a docstring.
        reads_names: whether it may look at the name of a function or class.
    """

    shape: bytes
    instructions: bytes
    names: tuple[str, ...]
    constants: tuple[Any, ...]
    inner: tuple[CodeType, ...]
    docstrings: tuple[str, ...]
    reads_docstrings: bool
    reads_names: bool


@functools.lru_cache(maxsize=8192)
def behaviour(code: CodeType) -> Behaviour:
    """What ``code`` does, equal for code that does the same, wherever and however commented it is written.

    >>> a, b = compile("def f(x): return x", "a", "exec"), compile("def f(x): 'Text.'; return x", "b", "exec")
    >>> behaviour(a.co_consts[0]).instructions == behaviour(b.co_consts[0]).instructions
    True
    """
    instructions, names, constants, stored = _renumbered(code)
    own = _docstring(code)
    mentioned = {*code.co_names, *(c for c in code.co_consts if isinstance(c, str))}
    return Behaviour(
        shape=_shape(code, mentioned),
        instructions=instructions,
        names=names,
        constants=tuple(c for c in constants if not isinstance(c, CodeType)),
        inner=tuple(c for c in constants if isinstance(c, CodeType)),
        docstrings=tuple(text for text in (own, *stored) if text is not None),
        # A class body mentions __doc__ because it stores it.
        reads_docstrings=bool(_READS_DOCSTRINGS & (mentioned - {"__doc__"} if stored else mentioned)),
        # And each of them mentions __name__ and __qualname__, to tell where the class is.
        reads_names=bool(_READS_ENTITIES & mentioned) and bool(code.co_flags & inspect.CO_OPTIMIZED),
    )


def _docstring(code: CodeType) -> str | None:
    """The docstring of a function; None for other code, whose first constant means nothing special."""
    first = code.co_consts[0] if code.co_consts else None
    if sys.version_info >= (3, 13):
        known = bool(code.co_flags & _HAS_DOCSTRING)
    else:
        known = bool(code.co_flags & inspect.CO_OPTIMIZED) and not code.co_name.startswith("<")
    return first if known and isinstance(first, str) else None


def _shape(code: CodeType, mentioned: set[str]) -> bytes:
    arguments = code.co_argcount + code.co_kwonlyargcount
    arguments += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    shown = code.co_varnames if _READS_NAMES & mentioned else code.co_varnames[:arguments]
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags & ~_IRRELEVANT_FLAGS)
    return repr((counts, shown, len(code.co_varnames), code.co_freevars, code.co_cellvars, code.co_exceptiontable)).encode()


def _renumbered(code: CodeType) -> tuple[bytes, tuple[str, ...], tuple[Any, ...], list[str]]:
    """Instructions, names and constants by first use, and the docstrings that were left out."""
    raw, extended = code.co_code, 0
    names: dict[int, int] = {}
    constants: dict[int, int] = {}
    stored: list[str] = []
    made: list[tuple[int, int]] = []
    taken: list[int] = []  # the constants that instructions load, by their place in co_consts
    for at in range(0, len(raw), 2):
        op, arg = raw[at], raw[at + 1] | extended
        extended = arg << 8 if op == _EXTENDED_ARG else 0
        if op in _SKIPPED:
            continue
        if op == _STORE_NAME and code.co_names[arg] in _ABOUT_SOURCE and made and made[-1][0] == _LOAD_CONST:
            made.pop()
            index = taken.pop()
            if index not in taken:
                del constants[index]
            if code.co_names[arg] == "__doc__":
                stored.append(str(code.co_consts[index]))
            continue
        if op in _CONSTANTS:
            taken.append(arg)
            arg = constants.setdefault(arg, len(constants))
        elif op in _NAMES:
            shift = _SHIFT.get(op, 0)
            number = names.setdefault(arg >> shift, len(names))
            arg = number << shift | arg & ((1 << shift) - 1)
        made.append((op, arg))
    packed = b"".join(op.to_bytes(1, "little") + arg.to_bytes(4, "little") for op, arg in made)
    return packed, tuple(code.co_names[i] for i in names), tuple(code.co_consts[i] for i in constants), stored
