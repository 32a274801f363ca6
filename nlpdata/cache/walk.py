"""One walk over everything an object consists of, fed into a hash in an order that no process can change.

Knows: Python's own kinds of values, and how to take any other apart by its ``__reduce_ex__``.
Does not know: functions, classes and modules (``code``), particular third-party types (``identities``), or where code comes
from (``origin``).

Values (numbers, text, containers, instances) are written where they are met. Functions, classes and modules of the user are
numbered when they are first met and written once, afterwards, in that order: so recursion ends, and an object's hash does not
depend on whether equal parts are shared. Members of sets and keys of dicts are hashed alone and sorted.
"""

from __future__ import annotations

import copyreg
import enum
import functools
import inspect
import os
import pickle
import struct
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import xxhash

from nlpdata._leaves import Leaves
from nlpdata.cache import code, identities, origin
from nlpdata.errors import KeyingError

_DESCRIPTORS = (
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
)
_PLAIN = frozenset({str, int, bool, float, bytes, type(None)})
_SORTED = frozenset({str, int, bytes})
_PIECE_ITEMS = 10_000
_FEW_ITEMS = 16


class Walker:
    """Hashes one object; :meth:`key` may be called once.

    Args:
        root: the name that paths begin with.
    """

    recording = False

    def __init__(self, root: str = "") -> None:
        self.path: list[str] = [root] if root else []
        self.hash = xxhash.xxh3_128()
        self.write: Callable[[Any], None] = self.hash.update
        self.numbers: dict[int, int] = {}
        self.waiting: deque[tuple[Any, list[str]]] = deque()
        self.active: dict[int, int] = {}
        self.kept: list[Any] = []  # ids stay unique only while their objects live
        self.docstrings: list[str] = []
        self.reads_docstrings = False
        self.names: list[str] = []  # of functions and classes of the user
        self.lone_names: list[str] = []  # of those that members of sets and keys of dicts reach
        self.reads_names = False

    def key(self, obj: Any) -> str:
        """The hash of ``obj``, 32 hexadecimal digits."""
        try:
            self.visit(obj)
            while self.waiting:
                entity, self.path = self.waiting.popleft()
                self.put("entity")
                code.write_entity(self, entity)
        except RecursionError as error:
            raise self.refuse(obj, "it is nested too deeply") from error
        if self.reads_docstrings and self.docstrings:  # otherwise they change nothing
            self.path = self.path[:1]
            self.named("docstrings", sorted(self.docstrings))
        if self.reads_names:
            self.path = self.path[:1]
            self.named("names", [*self.names, *sorted(self.lone_names)])
        return str(self.hash.hexdigest())

    # --- writing -------------------------------------------------------------------------------------------------------

    def put(self, tag: str, data: bytes | str = b"") -> None:
        """Write a tag and some bytes, so that no two sequences of calls write the same."""
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        self.write(b"%b:%d:%b" % (tag.encode(), len(raw), raw))

    def put_buffer(self, tag: str, buffer: Any) -> None:
        """Write a large buffer in place, without a copy."""
        view = memoryview(buffer)
        view = view.cast("B") if view.nbytes else memoryview(b"")
        leaves = Leaves()
        leaves.update(view)
        self.put(tag, view.nbytes.to_bytes(8, "little") + leaves.digest())

    def put_origin(self, label: str) -> None:
        """Write where foreign code comes from, with its version."""
        self.put("origin", label)

    def named(self, label: str, obj: Any) -> None:
        """Visit ``obj`` as the ingredient ``label`` of what is being visited."""
        self.put("named", label)
        self.path.append(label)
        self.visit(obj)
        self.path.pop()

    def part(self, label: str, data: bytes) -> None:
        """Write bytes that are an ingredient of their own, but show nothing."""
        self.put(label, data)

    def refuse(self, obj: Any, why: str = "") -> KeyingError:
        """The error that says what has no key, and how it was reached."""
        kind = type(obj)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        path = f"{' → '.join(self.path) or 'object'} ({name})"
        message = f"No stable key: {path} cannot be taken apart{f' ({why})' if why else ''}."
        advice = "Create it inside the function, give its class a method __nlpdata_key__, or use nlpdata.register_key."
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
            code.refer(self, obj)
        elif isinstance(obj, types.ModuleType):
            code.module(self, obj)
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
        digest = walker.key(obj)
        self.docstrings += walker.docstrings
        self.reads_docstrings |= walker.reads_docstrings
        self.lone_names += walker.names + walker.lone_names
        self.reads_names |= walker.reads_names
        return digest

    def sequence(self, obj: Iterable[Any]) -> None:
        """Write items in order."""
        items = obj if isinstance(obj, list | tuple) else list(obj)
        if len(items) > _FEW_ITEMS and _PLAIN.issuperset(map(type, items)):
            self.put("plain items", str(len(items)))
            for start in range(0, len(items), _PIECE_ITEMS):
                self.put("plain", _text(items[start : start + _PIECE_ITEMS]))
            return
        self.put("items", str(len(items)))
        for item in items:
            self.visit(item)

    def mapping(self, obj: Mapping[Any, Any], label: str = "key") -> None:
        """Write keys and values, whatever their order."""
        if len(obj) > _FEW_ITEMS and _is_plain(obj):
            self._plain_mapping(obj, label)
            return
        self.put("pairs", str(len(obj)))
        if all(type(key) is str for key in obj):
            for key in sorted(obj):
                self.named(f"{label} {key!r}", obj[key])
            return
        for digest, key in sorted(((self.alone(key), key) for key in obj), key=lambda pair: pair[0]):
            self.put("key", digest)
            self.named(f"{label} {summary(key)}", obj[key])

    def _plain_mapping(self, obj: Mapping[Any, Any], label: str) -> None:
        """The same for many keys and values that are written by their ``repr``: vocabularies, merges, tables of counts."""
        items = sorted(obj.items(), key=lambda pair: pair[0])
        self.put("plain pairs", str(len(items)))
        for start in range(0, len(items), _PIECE_ITEMS):
            self.put("plain", _text(items[start : start + _PIECE_ITEMS]))

    def _reduced(self, obj: Any) -> None:
        reducer = copyreg.dispatch_table.get(type(obj))
        try:
            parts = reducer(obj) if reducer is not None else obj.__reduce_ex__(4)
        except Exception as error:
            raise self.refuse(obj, str(error)) from error
        if isinstance(parts, str):
            found = sys.modules.get(pickle.whichmodule(obj, parts))  # type: ignore[attr-defined]
            if functools.reduce(lambda at, name: getattr(at, name, None), parts.split("."), found) is not obj:
                raise self.refuse(obj, f"the name {parts!r} does not lead to it")
            self.put_origin(origin.module_origin(getattr(obj, "__module__", None) or type(obj).__module__))
            self.put("global", parts)
            return
        rebuild, args, state, items, pairs = (*parts, None, None, None)[:5]
        self.put("reduced")
        self.visit(rebuild)
        self.sequence(args)
        self._state(state, type(obj))
        self.sequence(items if items is not None else ())
        self.mapping(dict(pairs) if pairs is not None else {})

    def _state(self, state: Any, kind: type) -> None:
        parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
        if all(part is None or isinstance(part, dict) for part in parts):
            attributes = {key: value for part in parts for key, value in (part or {}).items() if not _is_made_by_use(kind, key)}
            self.mapping(attributes, "attribute")
        else:
            self.named("state", state)

    def number(self, entity: Any) -> None:
        """Write a function, class or module of the user by its number, to be written itself later."""
        number = self.numbers.get(id(entity))
        if number is None:
            number = self.numbers[id(entity)] = len(self.numbers)
            self.kept.append(entity)
            self.waiting.append((entity, list(self.path)))
        self.put("ref", str(number))


def _is_made_by_use(kind: type, attribute: Any) -> bool:
    """Whether an attribute is what using an object leaves in it: a cached property, or scikit-learn's note of an ``id``."""
    found = inspect.getattr_static(kind, attribute, None) if isinstance(attribute, str) else None
    return isinstance(found, functools.cached_property) or (
        attribute == "_stop_words_id" and kind.__module__.startswith("sklearn.")
    )


def _text(items: Any) -> str:
    try:
        return repr(items)
    except ValueError:  # Python refuses to write integers of thousands of digits in decimal
        return "\0".join(hex(x) if type(x) is int else _text(x) if type(x) is tuple else repr(x) for x in items)


def _is_plain(obj: Mapping[Any, Any]) -> bool:
    """Whether equal reprs mean equal keys and values, and the keys can be sorted."""
    kinds = set(map(type, obj))
    if kinds == {tuple}:  # merges: pairs of strings
        kinds = {type(part) for key in obj for part in key}
    return len(kinds) == 1 and kinds <= _SORTED and _PLAIN.issuperset(map(type, obj.values()))


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
    if isinstance(obj, str | bytes | tuple | list | dict | set | frozenset) and len(obj) > 1000:
        return f"{type(obj).__name__} of length {len(obj)}"
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
    kinds = set(map(type, obj))
    if len(obj) > _FEW_ITEMS and len(kinds) == 1 and kinds <= _SORTED:
        walker.sequence(sorted(obj))
        return
    for digest in sorted(walker.alone(member) for member in obj):
        walker.put("member", digest)


def _ordered(walker: Walker, obj: OrderedDict[Any, Any]) -> None:
    walker.sequence(list(obj))
    walker.mapping(obj)


def _plain(tag: str, text: Callable[[Any], bytes | str]) -> Callable[[Walker, Any], None]:
    return lambda walker, obj: walker.put(tag, text(obj))


_HANDLERS: dict[type, Callable[[Walker, Any], None]] = {
    type(None): _plain("none", lambda _: b""),
    type(...): _plain("ellipsis", lambda _: b""),
    type(NotImplemented): _plain("not implemented", lambda _: b""),
    bool: _plain("bool", str),
    int: _plain("int", lambda x: str(x) if x.bit_length() < 4096 else hex(x)),
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
    OrderedDict: _container("ordered dict", _ordered),
    set: _container("set", _members),
    frozenset: _container("frozenset", _members),
    slice: lambda walker, obj: walker.sequence((obj.start, obj.stop, obj.step)),
    type: code.refer,
    types.FunctionType: code.refer,
    types.ModuleType: code.module,
    types.BuiltinFunctionType: _builtin,
    types.MethodType: _method,
    types.CodeType: code.instructions,
    types.CellType: _cell,
    functools.partial: _partial,
    property: _property,
    staticmethod: _wrapped("staticmethod", "__func__"),
    classmethod: _wrapped("classmethod", "__func__"),
    functools.cached_property: _wrapped("cached property", "func"),
    functools._lru_cache_wrapper: _wrapped("lru cache", "__wrapped__"),
}
