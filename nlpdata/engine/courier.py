"""How jobs travel to another process: by value, with what that process needs to make sense of them.

Knows: which modules are found there, and which have to be named by their file. Does not know: processes.

What lies in ``__main__`` travels by value, with those globals alone that it uses. What lies in a module travels by name; a
module that the import system would not find (a loader script, a test file) goes with its path.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from importlib.machinery import ModuleSpec
from types import FunctionType
from typing import Any

import dill

from nlpdata.errors import ArgumentError
from nlpdata.settings import TABLE, settings


class _Packer(dill.Pickler):  # type: ignore[misc]
    """Notes the modules that are named."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=5, recurse=True)
        self.modules: set[str] = set()

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, FunctionType | type):
            self.modules.add(obj.__module__ or "")
        super().save(obj, save_persistent_id)


def pack(jobs: Any) -> bytes:
    """The bytes from which :func:`unpack` makes the same jobs elsewhere.

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
    frame = (values, files, packed.getvalue())
    whole: bytes = dill.dumps(frame, protocol=5)
    return whole


def unpack(message: bytes) -> Any:
    """The jobs; also takes over the sender's settings and modules."""
    values, files, packed = dill.loads(message)
    settings.set(**values)
    if files:
        sys.meta_path.append(_Files(files))
    return dill.loads(packed)


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
