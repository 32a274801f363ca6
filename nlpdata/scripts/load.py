"""A script becomes a class: imported under a private name, with ``datasets`` meaning nlpdata inside it.

Knows: how a script and its siblings are compiled and executed, and which class of it is meant.
Does not know: what the class does.

The modules live in ``sys.modules`` under ``nlpdata_script_<hash>``, so two contents never meet, and a class can be pickled to a
process that was forked from this one. No byte code is written: a file edited within a second would otherwise run stale.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.machinery
import importlib.util
import inspect
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any

from nlpdata.errors import ScriptError
from nlpdata.scripts.alias import ALIASED, import_in_script
from nlpdata.scripts.find import Script

_PREFIX = "nlpdata_script_"

# Packages whose name to install is not the name to import.
_DISTRIBUTIONS = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "Levenshtein": "python-Levenshtein",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def load_class(script: Script, base: type) -> type:
    """The class of a script that fulfils a contract; executes the script the first time in this process.

    Args:
        script: what :func:`~nlpdata.scripts.find.find_script` found.
        base: the contract, such as ``DatasetBuilder`` or ``Metric``.

    Raises:
        ScriptError: Python cannot read or execute it, a package it imports is not installed, or it defines no such class.
    """
    module = _module(script)
    defined = [value for value in vars(module).values() if isinstance(value, type) and value.__module__ == module.__name__]
    derived = [c for c in dict.fromkeys(defined) if issubclass(c, base)]
    found = [c for c in derived if not inspect.isabstract(c)]
    leaves = [c for c in found if not any(c is not other and issubclass(other, c) for other in found)]
    if not leaves:
        raise ScriptError(_why_none(script, base, derived))
    if len(leaves) == 1:
        return leaves[0]
    named = [c for c in leaves if c.__name__.casefold() == re.sub(r"[\W_]", "", script.name).casefold()]
    return (named or leaves)[0]


def _why_none(script: Script, base: type, derived: Sequence[type]) -> str:
    if not derived:
        return f"{script.path} defines no class derived from {base.__name__}; a script of this kind needs one."
    lacking = ", ".join(sorted(getattr(derived[-1], "__abstractmethods__", ())))
    return f"The class {derived[-1].__name__} of {script.path} does not define {lacking}."


def _module(script: Script) -> ModuleType:
    package_name = _PREFIX + script.sha256[:16]
    name = f"{package_name}.{script.path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    _FINDER.install(package_name, str(script.folder))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise _missing(script, error) from error
    except SyntaxError as error:
        message = f"{error.filename}, line {error.lineno}: {error.msg}. Python cannot read this script."
        raise ScriptError(message) from error
    except Exception as error:
        message = f"Running {script.path} failed: {type(error).__name__}: {error}"
        raise ScriptError(message) from error


def _missing(script: Script, error: ModuleNotFoundError) -> ScriptError:
    name = error.name or ""
    if name.startswith(_PREFIX):
        return ScriptError(f"{script.path} imports {name.partition('.')[2]!r}, which is not beside it in {script.folder}.")
    top = name.partition(".")[0]
    if top in (*ALIASED, "nlpdata"):
        return ScriptError(f"{script.path} imports {name!r}, which nlpdata does not have.")
    package = _DISTRIBUTIONS.get(top, top)
    return ScriptError(f"{script.path} needs the package {top!r}, which is not installed. Run: pip install {package}")


class _ScriptLoader(importlib.machinery.SourceFileLoader):
    """Compiles from source each time, and gives the module a ``datasets`` that is nlpdata."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": import_in_script}
        super().exec_module(module)


class _ScriptFinder:
    """Finds the modules below the private packages, and only those."""

    def __init__(self) -> None:
        self.folders: dict[str, str] = {}

    def install(self, package: str, folder: str) -> None:
        """Make ``folder`` importable as the private package ``package``."""
        self.folders[package] = folder
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)  # before the finder of folders, which would write byte code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The import protocol; ``path`` is the folder list of the package around ``fullname``."""
        if fullname in self.folders:
            spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [self.folders[fullname]]
            return spec
        if not fullname.startswith(_PREFIX) or path is None:
            return None
        for folder in path:
            finder = importlib.machinery.FileFinder(folder, (_ScriptLoader, [".py"]))
            if (found := finder.find_spec(fullname)) is not None:
                return found
        return None


_FINDER = _ScriptFinder()


@dataclass(frozen=True, slots=True)
class ScriptPackage:
    """The private package of a script. A process that receives it can import it, and so receive what the script defines."""

    name: str
    folder: str

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (self.name, self.folder)


def package_of(kind: type) -> ScriptPackage | None:
    """The private package that a class was imported from; None for a class of any other module."""
    name = kind.__module__.partition(".")[0]
    return ScriptPackage(name, _FINDER.folders[name]) if name in _FINDER.folders else None


def _received(name: str, folder: str) -> ScriptPackage:
    _FINDER.install(name, folder)
    return ScriptPackage(name, folder)
