"""Metrics by name: the shipped ones, and scripts of your own by path.

Knows: how a script becomes a metric. Does not know: any metric; where scripts lie (:mod:`nlpdata.scripts`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from nlpdata._report import warn_once
from nlpdata.errors import ArgumentError
from nlpdata.scoring.metric import Metric, State
from nlpdata.scripts.find import Script, find_script, list_scripts
from nlpdata.scripts.load import load_class

__all__ = ["inspect_metric", "list_metrics", "load_metric"]


def load_metric(
    path: str | os.PathLike[str],
    config_name: str | None = None,
    process_id: int = 0,
    num_process: int = 1,
    cache_dir: str | None = None,
    experiment_id: str | None = None,
    keep_in_memory: bool = False,
    download_config: Any = None,
    download_mode: Any = None,
    script_version: str | None = None,
    **metric_init_kwargs: Any,
) -> Metric:
    """A metric, ready for ``compute`` or ``add_batch``. Uses no network unless the metric itself fetches a model.

    >>> load_metric("accuracy").compute(predictions=[0, 1, 1, 0], references=[0, 1, 0, 0])
    {'accuracy': 0.75}
    >>> load_metric("f1", average="macro").compute(predictions=["a", "b"], references=["a", "a"])
    {'f1': 0.3333333333333333}

    Args:
        path: name of a shipped metric (:func:`list_metrics`), or path or URL of a script with a class derived from Metric.
        config_name: configuration, for metrics that have some: ``load_metric("glue", "mrpc")``.
        process_id: accepted; see ``num_process``.
        num_process: 1; for several see :meth:`Metric.merge`.
        cache_dir: accepted; metrics keep nothing on disk.
        experiment_id: a name of your own, carried along.
        keep_in_memory: accepted; metrics keep nothing on disk.
        download_config: for metrics that fetch something.
        download_mode: accepted.
        script_version: accepted with a warning: scripts are those of this installation, or local files.
        trust_remote_code: as in :func:`nlpdata.load_dataset`, for the URL of a script.
        metric_init_kwargs: settings and parameters that then hold in every ``compute`` (``average="macro"``).

    Raises:
        UnknownMetricError: neither a shipped name nor a path; says what comes close.
        UnknownConfigError: the metric has no such configuration, or needs one.
        UntrustedScriptError: it is the URL of a script that nobody trusted yet; nothing of it was run.
        ScriptError: the script cannot be run, or a package it imports is missing.
    """
    if script_version is not None:
        warn_once(f"script_version={script_version!r} is not used: metrics are the shipped ones or local scripts.")
    trusted = metric_init_kwargs.pop("trust_remote_code", None)
    metric_init_kwargs.pop("revision", None)
    script = _script(path, trusted, download_config)
    kind = load_class(script, Metric)
    metric: Metric = kind(
        config_name=config_name,
        keep_in_memory=keep_in_memory,
        cache_dir=cache_dir,
        num_process=num_process,
        process_id=process_id,
        experiment_id=experiment_id,
        **metric_init_kwargs,
    )
    # What was fetched revives by its URL, and so asks again whether its content is trusted.
    metric.identify(script.name, script.sha256, script.name if script.shipped else script.source or str(script.path))
    metric.download_and_prepare(download_config)
    return metric


def _script(path: str | os.PathLike[str], trusted: bool | None, download_config: Any) -> Script:
    """The script of a name, path or URL. Only for a URL is loaded what fetches, which brings Arrow."""
    if "://" in os.fspath(path):
        from nlpdata.scripts.fetched import resolve_script

        if (found := resolve_script("metric", path, trusted, download_config)) is not None:
            return found
    return find_script("metric", path)


@cache
def part(name: str) -> Any:
    """A shipped metric that another one is made of, loaded once: for its ``stats``, ``score`` and functions, not for rows."""
    return load_metric(name)


def revived(
    source: str, config_name: str | None, experiment_id: str, options: Mapping[str, Any], state: State | None
) -> Metric:
    """A metric as it was when it was pickled."""
    metric = load_metric(source, config_name, experiment_id=experiment_id, **options)
    return metric if state is None else metric.merge(state)


def inspect_metric(
    path: str | os.PathLike[str], local_path: str | os.PathLike[str], download_config: Any = None, **download_kwargs: Any
) -> str:
    """Copy a metric's script and what lies beside it to a folder, to read or to change; returns the path of the script there.

    Args:
        path: name of a shipped metric, or path of a script.
        local_path: the folder; made if it does not exist. ``load_metric`` of the returned path loads the copy.
        download_config: accepted; nothing is fetched.
        download_kwargs: accepted.

    Raises:
        UnknownMetricError: neither a shipped name nor a path.
        ArgumentError: the folder holds files of these names already.
    """
    script, target = find_script("metric", path), Path(local_path)
    files = [f for f in sorted(script.folder.iterdir()) if f.is_file()] if script.folder.name == script.name else [script.path]
    if there := [f.name for f in files if (target / f.name).exists()]:
        raise ArgumentError(f"The folder {str(target)!r} holds {', '.join(there)} already. Choose another folder.")
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.copyfile(file, target / file.name)
    return str(target / script.path.name)


def list_metrics(with_community_metrics: bool = True, id_only: bool = False, with_details: bool = False) -> list[Any]:
    """Names of the shipped metrics, sorted.

    Args:
        with_community_metrics: accepted; only shipped metrics are listed.
        id_only: accepted; metrics have no other ids than their names.
        with_details: a :class:`~nlpdata.MetricInfo` each instead of the name. Runs the shipped scripts.
    """
    names = list_scripts("metric")
    return [_details(name) for name in names] if with_details else names


def _details(name: str) -> Any:
    configs = load_class(find_script("metric", name), Metric).CONFIGS  # type: ignore[attr-defined]
    return load_metric(name, configs[0] if configs else None).info
