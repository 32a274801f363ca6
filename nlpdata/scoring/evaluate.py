"""The names of HF ``evaluate``: ``from nlpdata import evaluate`` is the migration.

Knows: what is called how there. Does not know: anything else; all of it is the rest of this room.
"""

from __future__ import annotations

import os
from typing import Any

from nlpdata.scoring.combine import CombinedMetrics as CombinedEvaluations
from nlpdata.scoring.combine import combine
from nlpdata.scoring.info import MetricInfo
from nlpdata.scoring.load import inspect_metric, list_metrics, load_metric
from nlpdata.scoring.metric import Metric

__all__ = [
    "CombinedEvaluations",
    "Comparison",
    "ComparisonInfo",
    "EvaluationModule",
    "EvaluationModuleInfo",
    "Measurement",
    "MeasurementInfo",
    "Metric",
    "MetricInfo",
    "combine",
    "inspect_evaluation_module",
    "list_evaluation_modules",
    "load",
]

EvaluationModule = Comparison = Measurement = Metric
EvaluationModuleInfo = ComparisonInfo = MeasurementInfo = MetricInfo


def load(
    path: str | os.PathLike[str],
    config_name: str | None = None,
    module_type: str | None = None,
    *args: Any,
    **kwargs: Any,
) -> Metric:
    """A metric by name or path: :func:`nlpdata.load_metric`.

    >>> load("accuracy").compute(predictions=[0, 1], references=[0, 0])
    {'accuracy': 0.5}

    Args:
        path: name of a shipped metric, or path of a script; ``"evaluate-metric/accuracy"`` is ``"accuracy"``.
        config_name: configuration, for metrics that have some.
        module_type: accepted.
        args: ``process_id``, ``num_process``, ``cache_dir``, ``experiment_id``, ``keep_in_memory``, ``download_config``,
            ``download_mode``, in this order.
        kwargs: the same by name; ``revision``; settings and parameters of the metric.
    """
    kwargs.pop("revision", None)
    name = path.removeprefix("evaluate-metric/") if isinstance(path, str) else path
    return load_metric(name, config_name, *args, **kwargs)


def list_evaluation_modules(
    module_type: str | None = None, include_community: bool = True, with_details: bool = False
) -> list[Any]:
    """Names of the shipped metrics, sorted; with details a dict each.

    Args:
        module_type: ``"metric"`` or None; of other kinds there are none.
        include_community: accepted; only shipped metrics are listed.
        with_details: dicts with name, type, community and likes instead of names.
    """
    names = list_metrics() if module_type in (None, "metric") else []
    return [{"name": n, "type": "metric", "community": False, "likes": None} for n in names] if with_details else names


def inspect_evaluation_module(
    path: str | os.PathLike[str], local_path: str | os.PathLike[str], download_config: Any = None, **download_kwargs: Any
) -> str:
    """Copy a metric's script to a folder: :func:`nlpdata.scoring.inspect_metric`."""
    return inspect_metric(path, local_path, download_config, **download_kwargs)
