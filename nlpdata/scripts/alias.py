"""What ``datasets`` and ``evaluate`` mean inside a script: modules of nlpdata, whatever is installed.

Knows: which of their modules scripts import, and what is in each one's place. ``sys.modules`` is not touched, so that the
user's own ``import datasets`` is what it was. Does not know: scripts.
"""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

from nlpdata.errors import ScriptError

_FORMERLY, _TASKS, _FEATURES = "nlpdata.scripts.formerly", "nlpdata.scripts.tasks", "nlpdata.features"
_REPORT, _INFO, _EVALUATE, _DOCSTRINGS = (
    "nlpdata._report",
    "nlpdata.info",
    "nlpdata.scoring.evaluate",
    "nlpdata.scoring.docstrings",
)
_MANAGER, _PATTERNS = "nlpdata.fetch.manager", "nlpdata.files.patterns"

# Module -> the modules of nlpdata that its names are looked up in, in this order.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "datasets": ("nlpdata", _MANAGER, _FORMERLY),
    "datasets.arrow_dataset": ("nlpdata",),
    "datasets.builder": ("nlpdata.builder.base", "nlpdata.builder.config"),
    "datasets.combine": ("nlpdata",),
    "datasets.config": (_FORMERLY,),
    "datasets.data_files": (_PATTERNS,),
    "datasets.dataset_dict": ("nlpdata",),
    "datasets.download": (_MANAGER,),
    "datasets.download.download_config": (_MANAGER,),
    "datasets.download.download_manager": (_MANAGER,),
    "datasets.download.streaming_download_manager": (_FORMERLY,),
    "datasets.exceptions": ("nlpdata.errors",),
    "datasets.features": (_FEATURES,),
    "datasets.features.audio": (_FEATURES,),
    "datasets.features.features": (_FEATURES,),
    "datasets.features.image": (_FEATURES,),
    "datasets.features.translation": (_FEATURES,),
    "datasets.fingerprint": (_FORMERLY, "nlpdata"),
    "datasets.info": (_INFO, "nlpdata"),
    "datasets.inspect": ("nlpdata.inspect", "nlpdata"),
    "datasets.iterable_dataset": ("nlpdata",),
    "datasets.load": ("nlpdata.load", "nlpdata"),
    "datasets.logging": (_REPORT,),
    "datasets.metric": ("nlpdata",),
    "datasets.naming": ("nlpdata.builder.base",),
    "datasets.splits": ("nlpdata.splits",),
    "datasets.table": (_FORMERLY,),
    "datasets.tasks": (_TASKS,),
    "datasets.tasks.audio_classification": (_TASKS,),
    "datasets.tasks.automatic_speech_recognition": (_TASKS,),
    "datasets.tasks.base": (_TASKS,),
    "datasets.tasks.image_classification": (_TASKS,),
    "datasets.tasks.language_modeling": (_TASKS,),
    "datasets.tasks.question_answering": (_TASKS,),
    "datasets.tasks.summarization": (_TASKS,),
    "datasets.tasks.text_classification": (_TASKS,),
    "datasets.utils": (_INFO, _MANAGER, _FORMERLY, _REPORT),
    "datasets.utils.download_manager": (_MANAGER,),
    "datasets.utils.file_utils": (_DOCSTRINGS, _FORMERLY, _MANAGER),
    "datasets.utils.info_utils": (_MANAGER,),
    "datasets.utils.logging": (_REPORT,),
    "datasets.utils.py_utils": (_FORMERLY,),
    "datasets.utils.streaming_download_manager": (_FORMERLY,),
    "datasets.utils.tqdm": (_FORMERLY, _REPORT),
    "datasets.utils.tqdm_utils": (_FORMERLY, _REPORT),
    "datasets.utils.version": (_INFO,),
    "evaluate": (_EVALUATE,),
    "evaluate.info": (_EVALUATE,),
    "evaluate.logging": (_REPORT,),
    "evaluate.module": (_EVALUATE,),
    "evaluate.utils": (_DOCSTRINGS,),
    "evaluate.utils.file_utils": (_DOCSTRINGS,),
    "evaluate.utils.logging": (_REPORT,),
}
ALIASED = ("datasets", "evaluate")
# The releases whose scripts run: what a script compares with before it uses something.
_VERSIONS = {"datasets": "3.6.0", "evaluate": "0.4.6"}

# What no release of nlpdata will have, and what to do about it.
_INSTEAD = {
    "BeamBasedBuilder": "Derive from GeneratorBasedBuilder and yield the rows in _generate_examples; num_proc divides them.",
    "prepare_module": "Use load_dataset_builder of the script's path.",
}


def import_in_script(
    name: str,
    globals: Mapping[str, Any] | None = None,
    locals: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    """``__import__`` as a script sees it: ``datasets`` and ``evaluate`` are nlpdata; everything else is what it is."""
    top = name.partition(".")[0]
    if level or top not in ALIASED:
        return builtins.__import__(name, globals, locals, fromlist or (), level)
    found = _alias(name)
    for part in fromlist or ():
        if f"{name}.{part}" in _ALIASES:
            found.__dict__[part] = _alias(f"{name}.{part}")
    return found if fromlist else _alias(top)


@cache
def _alias(name: str) -> ModuleType:
    if name not in _ALIASES:
        raise ModuleNotFoundError(f"nlpdata has nothing in place of {name!r}", name=name)
    return _Alias(name)


class _Alias(ModuleType):
    """Stands for one module: its attributes are found, when asked for, in the modules of nlpdata that take its place."""

    def __getattr__(self, attribute: str) -> Any:
        if f"{self.__name__}.{attribute}" in _ALIASES:
            return _alias(f"{self.__name__}.{attribute}")
        modules = _ALIASES[self.__name__]
        if attribute in _INSTEAD:  # no AttributeError: ``from ... import`` would lose what it says
            raise ScriptError(f"nlpdata has no {attribute}. {_INSTEAD[attribute]}")
        if attribute == "__version__" and self.__name__ in _VERSIONS:
            return _VERSIONS[self.__name__]
        if attribute == "__all__":
            return importlib.import_module(modules[0]).__all__
        for module in modules if not attribute.startswith("__") else ():
            try:
                return getattr(importlib.import_module(module), attribute)
            except AttributeError:
                continue
        raise AttributeError(f"nlpdata has nothing in place of {self.__name__}.{attribute}")
