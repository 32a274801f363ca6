"""How jobs travel to another process: by value, with what that process needs to make sense of them.

Knows: which modules are found there, and which have to be named by their file. Does not know: processes.

What lies in ``__main__`` travels by value, with those globals alone that it uses. What lies in a module travels by name; a
module that the import system would not find (a loader script, a test file) goes with its path. Keys go along, so that it is
seen whether a module there is the one that was meant.
"""

from __future__ import annotations

import importlib.util
import io
import mmap
import sys
import tempfile
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from types import FunctionType
from typing import Any

import dill
import pyarrow as pa

from nlpdata.cache.key import content_key
from nlpdata.cache.origin import USER, module_origin
from nlpdata.engine.surroundings import adopt, noted
from nlpdata.errors import ArgumentError, KeyingError
from nlpdata.settings import TABLE, settings
from nlpdata.store.group import TableGroup

# Libraries without any state that processes must not share.
_SHARED = frozenset({"dill", "nlpdata", "numpy", "pyarrow", "regex", "_regex", "sentencepiece", "tiktoken", "tokenizers"})
_SPOOLED_BYTES = 1 << 20  # a table in memory from this size on goes into a file that all processes map


@dataclass(frozen=True)
class Parcel:
    """Jobs on their way.

    Attributes:
        files: open files, without a name, that the other process inherits: the message, then those that it refers to by number.
    """

    files: tuple[Any, ...]

    @property
    def message(self) -> int:
        """The number of the file that :func:`unpack` takes."""
        return self.handles[0]

    @property
    def handles(self) -> list[int]:
        """The numbers of the files."""
        return [file.fileno() for file in self.files]

    def close(self) -> None:
        """Let go of the files."""
        for file in self.files:
            file.close()


class _Packer(dill.Pickler):  # type: ignore[misc]
    """Notes the modules that are named, what is taken from them, and whose classes there are; puts big tables into files."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5, recurse=True)
        self.named: dict[tuple[str, str], Any] = {}
        self.modules: set[str] = set()
        self.classes: set[str] = set()  # the modules of the classes of all objects
        self.files: list[Any] = []

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, FunctionType | type):
            self.modules.add(obj.__module__ or "")
            self.named[obj.__module__ or "", obj.__qualname__] = obj
        super().save(obj, save_persistent_id)

    def reducer_override(self, obj: Any) -> Any:
        self.classes.add(type(obj).__module__)
        if not isinstance(obj, TableGroup) or obj.nbytes < _SPOOLED_BYTES:
            return NotImplemented
        file = _nameless()
        self.files.append(file)
        with pa.ipc.new_stream(file, obj.table.schema, options=pa.ipc.IpcWriteOptions(allow_64bit=True)) as writer:
            writer.write_table(obj.table)
        file.flush()
        return _mapped_table, (file.fileno(),)


def _nameless() -> Any:
    """A new file that is gone when the last process closes it."""
    return tempfile.TemporaryFile(prefix="nlpdata-")


def _mapped_table(handle: int) -> TableGroup:
    return TableGroup(pa.ipc.open_stream(pa.memory_map(f"/dev/fd/{handle}")).read_all())


def pack(jobs: Any) -> Parcel:
    """What :func:`unpack` makes the same jobs of elsewhere.

    Raises:
        ArgumentError: something in them cannot travel.
    """
    packed = io.BytesIO()
    packer = _Packer(packed)
    try:
        packer.dump(jobs)
    except Exception as error:
        raise ArgumentError(
            f"The function cannot be sent to another process ({type(error).__name__}: {error}). "
            "Make what it refers to inside the function, or use num_threads= or no num_proc."
        ) from error
    files = {name: file for name in packer.modules if (file := _hidden_file(name)) is not None}
    values = {row.name: getattr(settings, row.name) for row in TABLE}
    shared = all(map(_may_be_shared, packer.classes))
    frame = ((values, noted()), files, _keys(packer.named), shared, packed.getvalue())
    message = _nameless()
    dill.dump(frame, message, protocol=5)
    message.flush()
    return Parcel((message, *packer.files))


def unpack(message: int) -> tuple[Any, list[str]]:
    """The jobs, and the names of those functions and classes that are not what they were where the jobs come from.

    Also takes over the sender's settings, modules, and what it has set in libraries.
    """
    return _unpacked(_frame(message))


def _frame(message: int) -> Any:
    with mmap.mmap(message, 0, access=mmap.ACCESS_READ) as mapped:
        return dill.loads(mapped)


def _unpacked(frame: Any) -> tuple[Any, list[str]]:
    (values, switches), files, keys, _, packed = frame
    settings.set(**values)
    adopt(switches)
    if files:
        sys.meta_path.append(_Files(files))
    jobs = dill.loads(packed)
    return jobs, [f"{module}.{name}" for (module, name), key in keys.items() if _key(_there(module, name)) != key]


def unpack_shared(message: int) -> tuple[Any, list[str]] | None:
    """The same in a process whose copies will use it; None if it holds, or imports, what copies must not have together.

    Any library or class may keep a random generator, a connection or an open file that each process should have of its own.
    So this is for objects of the standard library, without files, and of libraries that are known to have nothing of the kind.
    """
    frame = _frame(message)
    if not frame[3]:
        return None
    before, known = sys.meta_path.copy(), _KnownOnly()
    sys.meta_path.insert(0, known)
    try:
        found = _unpacked(frame)
    except (_ForeignModule, Exception):  # noqa: BLE001 - what else went wrong goes wrong in each process again, which tells
        sys.meta_path[:] = before
        return None
    sys.meta_path.remove(known)
    return found


def _may_be_shared(module: str) -> bool:
    """Whether objects of a module's classes, and what the module holds, may be copied with the process."""
    top = module.partition(".")[0]
    # Functions that Cython compiled are of a class of its own, in a module named after its version.
    return top in _SHARED or top.startswith("_cython_") or (top in sys.stdlib_module_names and top != "_io")


class _ForeignModule(BaseException):
    """An import that was not allowed; no ``except ImportError`` takes it for a library that is not installed."""


class _KnownOnly:
    """A finder that allows no modules but those that may be shared by processes."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if not _may_be_shared(name):
            raise _ForeignModule(name)


def _keys(named: dict[tuple[str, str], Any]) -> dict[tuple[str, str], str]:
    """The keys of functions and classes of the user's modules, which another process finds by name."""
    found = {}
    for (module, name), obj in named.items():
        if module != "__main__" and module_origin(module) == USER and _there(module, name) is obj:
            key = _key(obj)
            if key is not None:
                found[module, name] = key
    return found


def _there(module: str, name: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _key(obj: Any) -> str | None:
    try:
        return content_key(obj)
    except KeyingError:
        return None


def _hidden_file(name: str) -> str | None:
    """The file of a module that its name alone does not lead to."""
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None or name in ("", "__main__") or name.partition(".")[0] in ("nlpdata", "numpy", "pyarrow"):
        return None
    parent = name.rpartition(".")[0]
    if parent and parent in sys.modules and _hidden_file(parent) is None and hasattr(sys.modules[parent], "__path__"):
        return None  # found as part of its package
    found = any((finder_found := _found(finder, name)) is not None and finder_found.origin == file for finder in sys.meta_path)
    return None if found else str(file)


def _found(finder: Any, name: str) -> ModuleSpec | None:
    find = getattr(finder, "find_spec", None)
    # Only the finders a fresh interpreter has: a finder of the program's own is not there.
    if find is None or getattr(finder, "__module__", "").partition(".")[0] not in (
        "_frozen_importlib",
        "_frozen_importlib_external",
    ):
        return None
    spec: ModuleSpec | None = find(name, None)
    return spec


class _Files:
    """A finder of modules whose file is known."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        file = self.files.get(name)
        return None if file is None else importlib.util.spec_from_file_location(name, file)
