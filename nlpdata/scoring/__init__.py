"""Rows become a number: the contract of a metric, loading by name, and what counting metrics are made of."""

from __future__ import annotations

from nlpdata.scoring import evaluate
from nlpdata.scoring.bootstrap import Interval
from nlpdata.scoring.combine import CombinedMetrics, combine
from nlpdata.scoring.correlation import Moments, spearman
from nlpdata.scoring.counts import Averaging, Confusion, LabelCounts, chosen_labels
from nlpdata.scoring.gather import gather, gather_files, measure_batches
from nlpdata.scoring.info import MetricInfo
from nlpdata.scoring.inputs import agreement, label_pair, labels, numbers, texts, weights
from nlpdata.scoring.load import inspect_metric, list_metrics, load_metric
from nlpdata.scoring.metric import Metric, State
from nlpdata.scoring.paired import Comparison, paired_test
from nlpdata.scoring.result import Result, Signature
from nlpdata.scoring.rows import Rows
from nlpdata.scoring.sums import Mean

__all__ = [
    "Averaging",
    "CombinedMetrics",
    "Comparison",
    "Confusion",
    "Interval",
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
    "combine",
    "evaluate",
    "gather",
    "gather_files",
    "inspect_metric",
    "label_pair",
    "labels",
    "list_metrics",
    "load_metric",
    "measure_batches",
    "numbers",
    "paired_test",
    "spearman",
    "texts",
    "weights",
]
