"""What a code object reaches: the globals it loads, the attributes it takes of them, the modules it imports.

Knows: the instructions of CPython 3.11 and later. Does not know: the objects behind the names.
Nested code (lambdas, comprehensions, inner functions) belongs to the code around it.
"""

from __future__ import annotations

import dis
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

_EXTENDED_ARG = dis.opmap["EXTENDED_ARG"]
_IMPORT_NAME = dis.opmap["IMPORT_NAME"]
_CACHE = dis.opmap.get("CACHE", 0)
_GLOBAL_LOADS = {dis.opmap[name] for name in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS") if name in dis.opmap}
_LOAD_GLOBAL = dis.opmap["LOAD_GLOBAL"]
_LOAD_ATTR = dis.opmap["LOAD_ATTR"]
_LOAD_METHOD = dis.opmap.get("LOAD_METHOD", -1)
# From 3.12 on LOAD_ATTR also loads methods: the lowest bit of its argument is a flag, as it is for LOAD_GLOBAL.
_ATTR_SHIFT = 0 if "LOAD_METHOD" in dis.opmap and _LOAD_METHOD < 256 else 1
# Instructions that may stand between the load of a global and the load of its attribute.
_TRANSPARENT = {_CACHE, _EXTENDED_ARG} | ({dis.opmap["PUSH_NULL"]} if "PUSH_NULL" in dis.opmap else set())

Chain = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Import:
    """An import statement inside a function.

    Attributes:
        name: the dotted name as written, without leading dots.
        level: the number of leading dots.
        bound: the module that the chains start from: ``a`` for ``import a.b``, ``a.b`` for ``import a.b as c``.
        chains: attributes taken of it; ``()`` among them means that the module itself is handed on.
    """

    name: str
    level: int
    bound: str
    chains: tuple[Chain, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """What one code object, and the code nested in it, may look up when it runs.

    Attributes:
        globals: each global name with the attribute chains taken of it, sorted. ``("np", (("mean",),))`` is ``np.mean``.
        imports: import statements, sorted.
    """

    globals: tuple[tuple[str, tuple[Chain, ...]], ...]
    imports: tuple[Import, ...]


@functools.lru_cache(maxsize=8192)
def reach(code: CodeType) -> Reach:
    """The names that ``code`` looks up outside itself.

    >>> reach((lambda x: len(x.strip())).__code__).globals
    (('len', ((),)),)
    """
    found: dict[str, set[Chain]] = {}
    imports: set[Import] = set()
    for part in nested(code):
        for name, chain in _global_chains(part):
            found.setdefault(name, set()).add(chain)
        if _IMPORT_NAME in part.co_code[::2]:
            imports.update(_imports(part))
    by_name = tuple((name, tuple(sorted(chains))) for name, chains in sorted(found.items()))
    return Reach(by_name, tuple(sorted(imports, key=lambda i: (i.name, i.level, i.bound, i.chains))))


def nested(code: CodeType) -> Iterator[CodeType]:
    """``code`` and all code inside it, outermost first."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


def _global_chains(code: CodeType) -> Iterator[tuple[str, Chain]]:
    names, raw = code.co_names, code.co_code
    current: str | None = None
    chain: list[str] = []
    extended = 0
    for i in range(0, len(raw), 2):
        op = raw[i]
        arg = raw[i + 1] | extended
        extended = arg << 8 if op == _EXTENDED_ARG else 0
        if op in _GLOBAL_LOADS:
            if current is not None:
                yield current, tuple(chain)
            current, chain = names[arg >> 1 if op == _LOAD_GLOBAL else arg], []
        elif current is None or op in _TRANSPARENT:
            continue
        elif op in (_LOAD_ATTR, _LOAD_METHOD):
            chain.append(names[arg >> _ATTR_SHIFT if op == _LOAD_ATTR else arg])
        else:
            yield current, tuple(chain)
            current = None
    if current is not None:
        yield current, tuple(chain)


def _imports(code: CodeType) -> Iterator[Import]:
    steps = [s for s in dis.get_instructions(code) if s.opname not in ("CACHE", "EXTENDED_ARG")]
    for at, step in enumerate(steps):
        if step.opname != "IMPORT_NAME":
            continue
        level, taken = steps[at - 2].argval, steps[at - 1].argval
        if taken:
            yield Import(step.argval, level or 0, step.argval, tuple((name,) for name in taken))
            continue
        following = steps[at + 1 : at + 8]
        store = next((s for s in following if s.opname.startswith("STORE_")), None)
        aliased = any(s.opname == "IMPORT_FROM" for s in following[: following.index(store)]) if store else False
        bound = step.argval if aliased else step.argval.partition(".")[0]
        yield Import(step.argval, level or 0, bound, tuple(sorted(_chains_of(steps, store))))


def _chains_of(steps: list[dis.Instruction], store: dis.Instruction | None) -> set[Chain]:
    """Attribute chains of a local variable; any other use of it counts as the bare object."""
    if store is None or not store.opname.startswith("STORE_FAST") or not isinstance(store.argval, str):
        return {()}
    chains: set[Chain] = set()
    for at, step in enumerate(steps):
        uses = step.argval == store.argval or (isinstance(step.argval, tuple) and store.argval in step.argval)
        if not uses or step.opname == "STORE_FAST" or "FAST" not in step.opname:
            continue
        chain: list[str] = []
        for attribute in steps[at + 1 :]:
            if attribute.opname not in ("LOAD_ATTR", "LOAD_METHOD"):
                break
            chain.append(attribute.argval)
        chains.add(tuple(chain) if isinstance(step.argval, str) else ())
    return chains
