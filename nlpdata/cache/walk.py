"""One walk over everything an object consists of, fed into a hash in an order that no process can change.

Knows: Python's own kinds of objects, and how to take any other apart by its ``__reduce_ex__``.
Does not know: particular third-party types (``identities``), nor where code comes from (``origin``).

Values (numbers, text, containers, instances) are written where they are met. Functions, classes and modules of the user are
numbered when they are first met and written once, afterwards, in that order: so recursion ends, and an object's hash does not
depend on whether equal parts are shared. Members of sets and keys of dicts are hashed alone and sorted.
"""

from __future__ import annotations

import builtins
import copyreg
import enum
import functools
import importlib
import importlib.util
import os
import struct
import sys
import types
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import xxhash

from nlpdata.cache import identities, origin
from nlpdata.cache.reach import Import, reach
from nlpdata.errors import KeyingError

_MISSING = object()
# Names that say where a module lies or how it was loaded, not what it does.
_MODULE_NAMES = {"__name__", "__file__", "__spec__", "__loader__", "__package__", "__doc__", "__builtins__", "__path__"}
_DESCRIPTORS = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)


class Walker:
    """Hashes one object; :meth:`key` may be called once.

    Args:
        record: filled with ``path -> (digest, summary)`` of each ingredient, for explanations. None costs nothing.
        root: the name that paths begin with.
    """

    def __init__(self, record: dict[str, tuple[str, str]] | None = None, root: str = "") -> None:
        self.record = record
        self.path: list[str] = [root] if root else []
        self.hash = xxhash.xxh3_128()
        self.numbers: dict[int, int] = {}
        self.waiting: deque[tuple[Any, list[str]]] = deque()
        self.active: dict[int, int] = {}
        self.kept: list[Any] = []  # ids stay unique only while their objects live

    def key(self, obj: Any) -> str:
        """The hash of ``obj``, 32 hexadecimal digits."""
        try:
            self.visit(obj)
            while self.waiting:
                entity, self.path = self.waiting.popleft()
                self.put("entity")
                self._entity(entity)
        except RecursionError as error:
            raise self.refuse(obj, "it is nested too deeply") from error
        return str(self.hash.hexdigest())

    # --- writing -------------------------------------------------------------------------------------------------------

    def put(self, tag: str, data: bytes | str = b"") -> None:
        """Write a tag and some bytes, so that no two sequences of calls write the same."""
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        self.hash.update(f"{tag}:{len(raw)}:".encode())
        self.hash.update(raw)

    def put_buffer(self, tag: str, buffer: Any) -> None:
        """Write a large buffer in place, without a copy."""
        view = memoryview(buffer).cast("B") if memoryview(buffer).nbytes else b""
        self.hash.update(f"{tag}:{len(view)}:".encode())
        self.hash.update(view)

    def put_origin(self, label: str) -> None:
        """Write where foreign code comes from, with its version."""
        self.put("origin", label)
        if self.record is not None:
            name, _, version = label.rpartition(" ")
            self.record[f"{self.path[0] if self.path else ''} → package '{name}'"] = (label, version)

    def named(self, label: str, obj: Any) -> None:
        """Visit ``obj`` as the ingredient ``label`` of what is being visited."""
        self.put("named", label)
        self.path.append(label)
        self.visit(obj)
        if self.record is not None and not _is_entity(obj):
            self.record[" → ".join(self.path)] = (Walker().key(obj), summary(obj))
        elif self.record is not None:
            self.record[" → ".join(self.path)] = ("", summary(obj))
        self.path.pop()

    def refuse(self, obj: Any, why: str = "") -> KeyingError:
        """The error that says what has no key, and how it was reached."""
        kind = type(obj)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        path = f"{' → '.join(self.path) or 'object'} ({name})"
        message = f"No stable key: {path} cannot be taken apart{f' ({why})' if why else ''}."
        advice = (
            "Create it inside the function, give its class a method __nlpdata_key__, or use nlpdata.cache.key.register_key."
        )
        return KeyingError(f"{message} {advice}", path=path)

    # --- reading -------------------------------------------------------------------------------------------------------

    def visit(self, obj: Any) -> None:
        """Write ``obj`` at this place of the walk."""
        handler = _HANDLERS.get(type(obj))
        if handler is not None:
            handler(self, obj)
        else:
            self._other(obj)

    def _other(self, obj: Any) -> None:
        kind: Any = type(obj)
        identity = identities.find(kind)
        if identity is not None:
            self._guarded(obj, lambda: identity(self, obj))
        elif callable(getattr(type(obj), "__nlpdata_key__", None)):
            self.visit(type(obj))
            self._guarded(obj, lambda: self.visit(obj.__nlpdata_key__()))
        elif isinstance(obj, type):
            self._refer(obj)
        elif isinstance(obj, types.ModuleType):
            self._module(obj)
        elif isinstance(obj, enum.Enum):
            self.visit(type(obj))
            self.put("member", obj.name)
        elif isinstance(obj, os.PathLike) and type(obj).__module__.startswith("pathlib"):
            self.put("path", os.fspath(obj))
        elif isinstance(obj, _DESCRIPTORS):
            self.visit(obj.__objclass__)
            self.put("descriptor", obj.__name__)
        else:
            self._guarded(obj, lambda: self._reduced(obj))

    def _guarded(self, obj: Any, write: Callable[[], None]) -> None:
        """Run ``write`` unless ``obj`` is being written already further up."""
        above = self.active.get(id(obj))
        if above is not None:
            self.put("cycle", str(len(self.active) - above))
            return
        self.active[id(obj)] = len(self.active)
        self.kept.append(obj)
        write()
        del self.active[id(obj)]

    def alone(self, obj: Any) -> str:
        """The hash of a member whose place among its siblings says nothing."""
        walker = Walker()
        walker.active = dict(self.active)
        walker.path = list(self.path)
        return walker.key(obj)

    def sequence(self, obj: Iterable[Any]) -> None:
        """Write items in order."""
        items = list(obj)
        self.put("items", str(len(items)))
        for item in items:
            self.visit(item)

    def mapping(self, obj: Mapping[Any, Any], label: str = "key") -> None:
        """Write keys and values, whatever their order."""
        self.put("pairs", str(len(obj)))
        if all(type(key) is str for key in obj):
            for key in sorted(obj):
                self.named(f"{label} {key!r}", obj[key])
            return
        for digest, key in sorted(((self.alone(key), key) for key in obj), key=lambda pair: pair[0]):
            self.put("key", digest)
            self.named(f"{label} {summary(key)}", obj[key])

    def _reduced(self, obj: Any) -> None:
        reducer = copyreg.dispatch_table.get(type(obj))
        try:
            parts = reducer(obj) if reducer is not None else obj.__reduce_ex__(4)
        except Exception as error:
            raise self.refuse(obj, str(error)) from error
        if isinstance(parts, str):
            self.put_origin(origin.module_origin(getattr(obj, "__module__", None) or type(obj).__module__))
            self.put("global", parts)
            return
        rebuild, args, state, items, pairs = (*parts, None, None, None)[:5]
        self.put("reduced")
        self.visit(rebuild)
        self.sequence(args)
        self._state(state)
        self.sequence(items if items is not None else ())
        self.mapping(dict(pairs) if pairs is not None else {})

    def _state(self, state: Any) -> None:
        parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
        if all(part is None or isinstance(part, dict) for part in parts):
            attributes = {key: value for part in parts for key, value in (part or {}).items()}
            self.mapping(attributes, "attribute")
        else:
            self.named("state", state)

    # --- code ----------------------------------------------------------------------------------------------------------

    def _refer(self, entity: Any) -> None:
        """Write a function or class: foreign ones by name and version, the user's by number, to be written later."""
        label = _foreign(entity)
        if label is not None:
            self.put_origin(label)
            self.put("global", f"{entity.__module__}.{entity.__qualname__}")
            return
        self._number(entity)

    def _number(self, entity: Any) -> None:
        number = self.numbers.get(id(entity))
        if number is None:
            number = self.numbers[id(entity)] = len(self.numbers)
            self.kept.append(entity)
            self.waiting.append((entity, list(self.path)))
        self.put("ref", str(number))

    def _entity(self, entity: Any) -> None:
        if isinstance(entity, type):
            self._class(entity)
        elif isinstance(entity, types.ModuleType):
            self._namespace(entity)
        else:
            self._function(entity)

    def _function(self, fn: types.FunctionType) -> None:
        code = fn.__code__
        self.put("function")
        self._code(code)
        arguments = code.co_varnames[: code.co_argcount]
        for name, value in zip(reversed(arguments), reversed(fn.__defaults__ or ()), strict=False):
            self.named(f"default {name!r}", value)
        for name, value in sorted((fn.__kwdefaults__ or {}).items()):
            self.named(f"default {name!r}", value)
        if "registry" in fn.__dict__ and "dispatch" in fn.__dict__:
            # functools.singledispatch: its closure is a cache that changes with use
            self.named("implementations", dict(fn.__dict__["registry"]))
            return
        for name, cell in zip(code.co_freevars, fn.__closure__ or (), strict=False):
            self.named(f"closure {name!r}", cell)
        label = origin.namespace_origin(fn.__globals__)
        if label == origin.USER:
            self._globals(fn)
        else:
            self.put_origin(label)  # stands for everything that the code reaches there

    def _code(self, code: types.CodeType) -> None:
        constants = [c for c in code.co_consts if not isinstance(c, types.CodeType)]
        self.put("code", origin.PYTHON)
        self._instructions(code)
        self.named("constants", constants)
        if self.record is not None:
            walker = Walker()
            walker._instructions(code)
            self.record[" → ".join([*self.path, "code"])] = (walker.hash.hexdigest(), "")
        for at, inner in enumerate(code.co_consts):
            if isinstance(inner, types.CodeType):
                self.path.append(f"inner {inner.co_name!r} (constant {at})")
                self._code(inner)
                self.path.pop()

    def _instructions(self, code: types.CodeType) -> None:
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        self.put("shape", repr(counts))
        self.put("instructions", code.co_code)
        self.put("exceptions", code.co_exceptiontable)
        for names in (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars):
            self.put("names", "\0".join(names))

    def _globals(self, fn: types.FunctionType) -> None:
        found = reach(fn.__code__)
        for name, chains in found.globals:
            value = fn.__globals__.get(name, _MISSING)
            if value is _MISSING and not hasattr(builtins, name):
                self.put("unknown", name)
            if value is _MISSING or name in _MODULE_NAMES:
                continue
            for chain in chains:
                self._follow(name, value, chain)
        for wanted in found.imports:
            self._imported(wanted, fn.__globals__)

    def _follow(self, name: str, value: Any, chain: tuple[str, ...]) -> None:
        """Visit what ``name.attribute.attribute`` stands for, reading attributes of the user's modules and functions only."""
        for attribute in chain:
            if isinstance(value, types.ModuleType) and origin.module_origin(value.__name__) == origin.USER:
                value = getattr(value, attribute, _MISSING)
            elif isinstance(value, types.FunctionType) and attribute in value.__dict__:
                self.named(f"global {name!r}", value)
                value = value.__dict__[attribute]
            else:
                break
            name = f"{name}.{attribute}"
        if value is _MISSING:
            self.put("unknown", name)
        else:
            self.named(f"global {name!r}", value)

    def _imported(self, wanted: Import, namespace: dict[str, Any]) -> None:
        package = namespace.get("__package__") or ""
        try:
            full = importlib.util.resolve_name("." * wanted.level + wanted.name, package) if wanted.level else wanted.name
            label = origin.module_origin(full)
            if label != origin.USER:
                self.put_origin(label)
                return
            module = importlib.import_module(full)
        except ImportError:
            self.put("unknown", wanted.name)
            return
        for chain in wanted.chains:
            if wanted.bound != wanted.name:
                self._follow(wanted.bound, sys.modules[wanted.bound], chain)
                continue
            if chain and not hasattr(module, chain[0]) and importlib.util.find_spec(f"{full}.{chain[0]}") is not None:
                importlib.import_module(f"{full}.{chain[0]}")
            self._follow(wanted.name, module, chain)

    def _module(self, module: types.ModuleType) -> None:
        label = origin.module_origin(module.__name__)
        if label != origin.USER:
            self.put_origin(label)
            self.put("module", module.__name__)
            return
        self._number(module)

    def _namespace(self, module: types.ModuleType) -> None:
        """Write a module that is used as an object: everything in it may be reached."""
        self.put("namespace")
        for name, value in sorted(vars(module).items()):
            if not (name.startswith("__") and name.endswith("__")):
                self.named(f"global {name!r}", value)

    def _class(self, cls: type) -> None:
        self.put("class")
        for base in cls.__bases__:
            self.visit(base)
        if type(cls) is not type:
            self.visit(type(cls))
        if issubclass(cls, enum.Enum):
            for name, member in cls.__members__.items():
                self.named(f"member {name!r}", member._value_)
        for name, value in sorted(vars(cls).items()):
            if _matters(cls, name, value):
                self.named(f"attribute {name!r}", value)


def _matters(cls: type, name: str, value: Any) -> bool:
    """Whether an entry of a class is part of what it does, rather than bookkeeping of the interpreter or of a metaclass."""
    if name in ("__slots__", "__match_args__"):
        return True
    if name.startswith("__") and name.endswith("__"):
        return isinstance(value, types.FunctionType | classmethod | staticmethod | property | functools.partialmethod)
    if issubclass(cls, enum.Enum) and (name in cls.__members__ or (name.startswith("_") and name.endswith("_"))):
        return False
    return not name.startswith("_abc_")


def _foreign(entity: Any) -> str | None:
    """The origin of a function or class that is not the user's and that its name leads to; None for anything else."""
    if isinstance(entity, type):
        label = origin.module_origin(entity.__module__)
        return label if label != origin.USER else None
    label = origin.namespace_origin(entity.__globals__)
    if label == origin.USER:
        return None
    # A wrapper made inside foreign code (functools.wraps, torch.no_grad) carries what it wraps in its closure.
    found: Any = sys.modules.get(entity.__module__)
    for part in entity.__qualname__.split("."):
        found = getattr(found, part, None)
    return label if getattr(found, "__func__", found) is entity else None


def _is_entity(obj: Any) -> bool:
    return isinstance(obj, types.FunctionType | type | types.ModuleType)


def summary(obj: Any) -> str:
    """A few words that show a value, or its kind where it is long."""
    if isinstance(obj, types.CellType):
        return summary(obj.cell_contents) if _is_filled(obj) else "empty"
    if isinstance(obj, types.FunctionType):
        return f"function {obj.__qualname__}"
    if isinstance(obj, type):
        return f"class {obj.__qualname__}"
    if isinstance(obj, types.ModuleType):
        return f"module {obj.__name__}"
    if hasattr(obj, "dtype") and hasattr(obj, "shape"):
        return f"{type(obj).__name__} {obj.dtype}{list(obj.shape)}"
    if isinstance(obj, int | float | complex | str | bytes | tuple | list | dict | set | frozenset | range | None):
        text = repr(obj)
        return text if len(text) <= 80 else f"{text[:60]}... ({type(obj).__name__} of length {len(text)})"
    return type(obj).__qualname__


def _is_filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _cell(walker: Walker, cell: types.CellType) -> None:
    if _is_filled(cell):
        walker.visit(cell.cell_contents)
    else:
        walker.put("empty cell")


def _builtin(walker: Walker, fn: types.BuiltinFunctionType) -> None:
    owner = fn.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        walker.put_origin(origin.module_origin(fn.__module__ or "builtins"))
        walker.put("global", f"{fn.__module__}.{fn.__qualname__}")
    else:
        walker.named(f"owner of {fn.__name__}", owner)
        walker.put("method", fn.__name__)


def _method(walker: Walker, method: types.MethodType) -> None:
    walker.put("method")
    walker.visit(method.__func__)
    walker.named("owner", method.__self__)


def _partial(walker: Walker, part: functools.partial[Any]) -> None:
    walker.put("partial")
    walker.named("function", part.func)
    for at, value in enumerate(part.args):
        walker.named(f"argument {at}", value)
    walker.mapping(part.keywords, "argument")


def _property(walker: Walker, prop: property) -> None:
    walker.put("property")
    for accessor in (prop.fget, prop.fset, prop.fdel):
        walker.visit(accessor)


def _wrapped(tag: str, attribute: str) -> Callable[[Walker, Any], None]:
    def write(walker: Walker, obj: Any) -> None:
        walker.put(tag)
        walker.visit(getattr(obj, attribute))

    return write


def _container(tag: str, write: Callable[[Walker, Any], None]) -> Callable[[Walker, Any], None]:
    def visit(walker: Walker, obj: Any) -> None:
        walker.put(tag)
        walker._guarded(obj, lambda: write(walker, obj))

    return visit


def _members(walker: Walker, obj: set[Any] | frozenset[Any]) -> None:
    for digest in sorted(walker.alone(member) for member in obj):
        walker.put("member", digest)


def _plain(tag: str, text: Callable[[Any], bytes | str]) -> Callable[[Walker, Any], None]:
    return lambda walker, obj: walker.put(tag, text(obj))


_HANDLERS: dict[type, Callable[[Walker, Any], None]] = {
    type(None): _plain("none", lambda _: b""),
    type(...): _plain("ellipsis", lambda _: b""),
    type(NotImplemented): _plain("not implemented", lambda _: b""),
    bool: _plain("bool", str),
    int: _plain("int", str),
    float: _plain("float", lambda x: struct.pack("<d", x)),
    complex: _plain("complex", lambda x: struct.pack("<dd", x.real, x.imag)),
    str: _plain("str", lambda x: x),
    bytes: _plain("bytes", lambda x: x),
    bytearray: lambda walker, obj: walker.put_buffer("bytearray", obj),
    memoryview: lambda walker, obj: walker.put_buffer("memoryview", obj.tobytes() if not obj.c_contiguous else obj),
    range: _plain("range", repr),
    tuple: _container("tuple", Walker.sequence),
    list: _container("list", Walker.sequence),
    dict: _container("dict", Walker.mapping),
    types.MappingProxyType: _container("dict", Walker.mapping),
    set: _container("set", _members),
    frozenset: _container("frozenset", _members),
    slice: lambda walker, obj: walker.sequence((obj.start, obj.stop, obj.step)),
    type: Walker._refer,
    types.FunctionType: Walker._refer,
    types.ModuleType: Walker._module,
    types.BuiltinFunctionType: _builtin,
    types.MethodType: _method,
    types.CodeType: Walker._code,
    types.CellType: _cell,
    functools.partial: _partial,
    property: _property,
    staticmethod: _wrapped("staticmethod", "__func__"),
    classmethod: _wrapped("classmethod", "__func__"),
    functools.cached_property: _wrapped("cached property", "func"),
    functools._lru_cache_wrapper: _wrapped("lru cache", "__wrapped__"),
}
