"""Functions, classes and modules in a walk: code by what it does, and whatever of the user's it reaches.

Knows: functions with their defaults, closures and globals; classes; modules; imports inside functions.
Does not know: values (``walk``), instructions (``bytecode``, ``reach``), or whose code it is (``origin``).
"""

from __future__ import annotations

import builtins
import enum
import functools
import importlib
import importlib.util
import sys
import types
from typing import TYPE_CHECKING, Any

from nlpdata.cache import origin
from nlpdata.cache.bytecode import behaviour
from nlpdata.cache.reach import Import, reach

if TYPE_CHECKING:
    from nlpdata.cache.walk import Walker

_MISSING = object()
# Names that say where a module lies or how it was loaded, not what it does.
_MODULE_NAMES = {"__name__", "__file__", "__spec__", "__loader__", "__package__", "__builtins__", "__path__"}
# What makes a special name of a class more than bookkeeping of the interpreter or of a metaclass.
_ACTING = (
    types.FunctionType,
    types.BuiltinFunctionType,
    classmethod,
    staticmethod,
    property,
    functools.partial,
    functools.partialmethod,
    type(None),
)
_TOLD = ("__slots__", "__match_args__", "__annotations__", "__pydantic_fields__", "__private_attributes__")
_DATA = (bool, int, float, str, bytes, tuple, list, dict, set, frozenset)
# Special names with data that the interpreter, ``dataclasses``, ``typing`` or ``abc`` keep for themselves.
_KEPT = {
    *("__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__firstlineno__", "__static_attributes__"),
    *("__dataclass_fields__", "__abstractmethods__", "__orig_bases__", "__parameters__", "__type_params__"),
    *(
        "__slotnames__",
        "__annotations_cache__",
        "__class_vars__",
        "__signature__",
        "__non_callable_proto_members__",
        "__protocol_attrs__",
    ),
}
_ENUM_HOOKS = {"_missing_", "_generate_next_value_"}
_MAKERS = {"types", "pydantic.main"}  # modules that the classes seem to come from that are made for the user at run time


def refer(walker: Walker, entity: Any) -> None:
    """Write a function or class: foreign ones by name and version, the user's by number, to be written later."""
    label = _foreign(entity)
    if label is not None:
        walker.put_origin(label)
        walker.put("global", f"{entity.__module__}.{entity.__qualname__}")
        return
    walker.number(entity)


def module(walker: Walker, entity: types.ModuleType) -> None:
    """Write a module: a foreign one by name and version, the user's by number."""
    label = origin.module_origin(entity.__name__)
    if label != origin.USER:
        walker.put_origin(label)
        walker.put("module", entity.__name__)
        return
    walker.number(entity)


def write_entity(walker: Walker, entity: Any) -> None:
    """Write what a function, class or module of the user consists of."""
    walker.names.append(getattr(entity, "__qualname__", ""))
    if isinstance(entity, type):
        _class(walker, entity)
    elif isinstance(entity, types.ModuleType):
        _namespace(walker, entity)
    else:
        _function(walker, entity)


def instructions(walker: Walker, code: types.CodeType) -> None:
    """Write what code does."""
    found = behaviour(code)
    walker.docstrings += found.docstrings
    walker.reads_docstrings |= found.reads_docstrings
    walker.reads_names |= found.reads_names
    walker.put("code", origin.PYTHON)
    walker.part("code", b"%b\0%b\0%b" % (found.shape, found.instructions, "\0".join(found.names).encode()))
    walker.named("constants", list(found.constants))
    for at, inner in enumerate(found.inner):
        walker.path.append(f"inner {inner.co_name!r}" + (f" {at + 1}" if at else ""))
        instructions(walker, inner)
        walker.path.pop()


def _function(walker: Walker, fn: types.FunctionType) -> None:
    code = fn.__code__
    walker.put("function")
    instructions(walker, code)
    arguments = code.co_varnames[: code.co_argcount]
    for name, value in zip(reversed(arguments), reversed(fn.__defaults__ or ()), strict=False):
        walker.named(f"default {name!r}", value)
    for name, value in sorted((fn.__kwdefaults__ or {}).items()):
        walker.named(f"default {name!r}", value)
    if "registry" in fn.__dict__ and "dispatch" in fn.__dict__:
        # functools.singledispatch: its closure is a cache that changes with use
        walker.named("implementations", dict(fn.__dict__["registry"]))
        return
    for name, cell in zip(code.co_freevars, fn.__closure__ or (), strict=False):
        walker.named(f"closure {name!r}", cell)
    label = origin.namespace_origin(fn.__globals__)
    if label == origin.USER:
        _globals(walker, fn)
    else:
        walker.put_origin(label)  # stands for everything that the code reaches there


def _globals(walker: Walker, fn: types.FunctionType) -> None:
    found = reach(fn.__code__)
    for name, chains in found.globals:
        value = fn.__globals__.get(name, _MISSING)
        if value is _MISSING and not hasattr(builtins, name):
            walker.put("unknown", name)
        if value is _MISSING or name in _MODULE_NAMES:
            continue
        for chain in chains:
            _follow(walker, name, value, chain)
    for wanted in found.imports:
        _imported(walker, wanted, fn.__globals__)


def _follow(walker: Walker, name: str, value: Any, chain: tuple[str, ...]) -> None:
    """Visit what ``name.attribute.attribute`` stands for, reading attributes of the user's modules and functions only."""
    for attribute in chain:
        if isinstance(value, types.ModuleType) and origin.module_origin(value.__name__) == origin.USER:
            value = getattr(value, attribute, _MISSING)
        elif isinstance(value, types.FunctionType) and attribute in value.__dict__:
            walker.named(f"global {name!r}", value)
            value = value.__dict__[attribute]
        else:
            break
        name = f"{name}.{attribute}"
    if value is _MISSING:
        walker.put("unknown", name)
    else:
        walker.named(f"global {name!r}", value)


def _imported(walker: Walker, wanted: Import, namespace: dict[str, Any]) -> None:
    package = namespace.get("__package__") or ""
    try:
        full = importlib.util.resolve_name("." * wanted.level + wanted.name, package) if wanted.level else wanted.name
        label = origin.module_origin(full)
        if label != origin.USER:
            walker.put_origin(label)
            return
        found = importlib.import_module(full)
    except ImportError:
        walker.put("unknown", wanted.name)
        return
    for chain in wanted.chains:
        if wanted.bound != wanted.name:
            _follow(walker, wanted.bound, sys.modules[wanted.bound], chain)
            continue
        if chain and not hasattr(found, chain[0]) and importlib.util.find_spec(f"{full}.{chain[0]}") is not None:
            importlib.import_module(f"{full}.{chain[0]}")
        _follow(walker, wanted.name, found, chain)


def _namespace(walker: Walker, found: types.ModuleType) -> None:
    """Write a module that is used as an object: everything in it may be reached."""
    walker.put("namespace")
    if found.__doc__ is not None:
        walker.docstrings.append(found.__doc__)
    for name, value in sorted(vars(found).items()):
        if not (name.startswith("__") and name.endswith("__")):
            walker.named(f"global {name!r}", value)


def _class(walker: Walker, cls: type) -> None:
    walker.put("class")
    for base in cls.__bases__:
        walker.visit(base)
    if type(cls) is not type:
        walker.visit(type(cls))
    own = vars(cls)
    if isinstance(own.get("__doc__"), str):
        walker.docstrings.append(own["__doc__"])
        walker.reads_docstrings |= _may_read_docstring(cls)
    if issubclass(cls, enum.Enum):
        for name, member in cls.__members__.items():
            walker.named(f"member {name!r}", member._value_)
    for name, value in sorted(own.items()):
        if _matters(cls, name, value):
            walker.named(f"attribute {name!r}", value)
    for name, field in own.get("__dataclass_fields__", {}).items():
        if field.metadata:
            walker.named(f"metadata of {name!r}", dict(field.metadata))


def _may_read_docstring(cls: type) -> bool:
    """Whether a metaclass of an installed package, which can make a prompt or a schema of a docstring, made the class."""
    label = origin.module_origin(type(cls).__module__)
    return label not in (origin.USER, origin.PYTHON)


def _matters(cls: type, name: str, value: Any) -> bool:
    """Whether an entry of a class is part of what it does, rather than bookkeeping of the interpreter or of a metaclass."""
    if name in _TOLD:
        return True
    if name.startswith("__") and name.endswith("__"):
        if name.startswith("__pydantic") or name in _KEPT:
            return False
        return isinstance(value, (*_ACTING, *_DATA)) or (callable(value) and not isinstance(value, type))
    if issubclass(cls, enum.Enum) and (name in cls.__members__ or (name.startswith("_") and name.endswith("_"))):
        return name in _ENUM_HOOKS
    return not name.startswith("_abc_")


def _foreign(entity: Any) -> str | None:
    """The origin of a function or class that is not the user's and that its name leads to; None for anything else."""
    if isinstance(entity, type):
        label = origin.module_origin(entity.__module__)
        made = entity.__module__ in _MAKERS and _named(entity) is not entity
        return None if made or label == origin.USER else label
    label = origin.namespace_origin(entity.__globals__)
    # A wrapper made inside foreign code (torch.no_grad) carries what it wraps in its closure, and often its name.
    if label == origin.USER or origin.module_origin(entity.__module__) == origin.USER:
        return None
    found = _named(entity)
    return label if getattr(found, "__func__", found) is entity else None


def _named(entity: Any) -> Any:
    """What the name of a function or class leads to."""
    found: Any = sys.modules.get(entity.__module__)
    for part in entity.__qualname__.split("."):
        found = getattr(found, part, None)
    return found
