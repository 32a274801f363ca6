"""Rows become a number: the contract of a metric, loading by name, and what counting metrics are made of."""

from __future__ import annotations

from nlpdata.scoring.correlation import Moments, spearman
from nlpdata.scoring.counts import Averaging, Confusion, LabelCounts, chosen_labels
from nlpdata.scoring.info import MetricInfo
from nlpdata.scoring.inputs import agreement, label_pair, labels, numbers, texts, weights
from nlpdata.scoring.load import list_metrics, load_metric
from nlpdata.scoring.metric import Metric, State
from nlpdata.scoring.result import Result, Signature
from nlpdata.scoring.rows import Rows
from nlpdata.scoring.sums import Mean

__all__ = [
    "Averaging",
    "Confusion",
    "LabelCounts",
    "Mean",
    "Metric",
    "MetricInfo",
    "Moments",
    "Result",
    "Rows",
    "Signature",
    "State",
    "agreement",
    "chosen_labels",
    "label_pair",
    "labels",
    "list_metrics",
    "load_metric",
    "numbers",
    "spearman",
    "texts",
    "weights",
]
