"""Turn a corpus name into training batches and a score.

Every public name is loaded when it is first used, so that ``import nlpdata`` costs no more than Python itself.
``__init__.pyi`` tells editors and type checkers the same names with their types.
"""

from __future__ import annotations

import importlib

__version__ = "0.1.0"

_MODULE_OF = {
    "Array2D": "features",
    "Array3D": "features",
    "Array4D": "features",
    "Array5D": "features",
    "ArrowBasedBuilder": "builder.base",
    "Audio": "features",
    "BuilderConfig": "builder.config",
    "ClassLabel": "features",
    "Column": "dataset.column",
    "Dataset": "dataset.dataset",
    "DatasetBuilder": "builder.base",
    "DatasetDict": "dataset.dicts",
    "DatasetInfo": "info",
    "DownloadConfig": "fetch.manager",
    "DownloadManager": "fetch.manager",
    "DownloadMode": "fetch.manager",
    "Features": "features",
    "GeneratorBasedBuilder": "builder.base",
    "Image": "features",
    "Json": "features",
    "LargeList": "features",
    "List": "features",
    "Mesh": "features",
    "Metric": "scoring.metric",
    "MetricInfo": "scoring.metric",
    "NamedSplit": "splits",
    "NamedSplitAll": "splits",
    "Nifti": "features",
    "Pdf": "features",
    "ReadInstruction": "splits",
    "Sequence": "features",
    "Split": "splits",
    "SplitBase": "splits",
    "SplitDict": "splits",
    "SplitGenerator": "splits",
    "SplitInfo": "splits",
    "SubSplitInfo": "splits",
    "Translation": "features",
    "TranslationVariableLanguages": "features",
    "Value": "features",
    "VerificationMode": "fetch.manager",
    "Version": "info",
    "Video": "features",
    "are_progress_bars_disabled": "_report",
    "combine": "scoring.combine",
    "concatenate_datasets": "dataset.transforms",
    "disable_caching": "dataset.transforms",
    "disable_progress_bar": "_report",
    "disable_progress_bars": "_report",
    "enable_caching": "dataset.transforms",
    "enable_progress_bar": "_report",
    "enable_progress_bars": "_report",
    "evaluate": "scoring",
    "experimental": "_report",
    "explain_key": "cache.explain",
    "get_dataset_config_info": "inspect",
    "get_dataset_config_names": "inspect",
    "get_dataset_default_config_name": "inspect",
    "get_dataset_infos": "inspect",
    "get_dataset_split_names": "inspect",
    "inspect_dataset": "inspect",
    "inspect_metric": "scoring.load",
    "interleave_datasets": "dataset.mixing",
    "is_caching_enabled": "dataset.transforms",
    "is_progress_bar_enabled": "_report",
    "list_metrics": "scoring.load",
    "load_dataset": "load",
    "load_dataset_builder": "load",
    "load_from_disk": "load",
    "load_metric": "scoring.load",
    "percent": "splits",
    "register_key": "cache.key",
    "tqdm": "_report",
}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> object:
    module = _MODULE_OF.get(name)
    if module is None:
        from nlpdata.errors import did_you_mean

        raise AttributeError(f"module 'nlpdata' has no attribute {name!r}.{did_you_mean(name, _MODULE_OF)}")
    value = getattr(importlib.import_module(f"nlpdata.{module}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULE_OF])
