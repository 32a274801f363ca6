"""Suites that anyone can run on what they add to nlpdata: a metric folder, a loader folder."""

from __future__ import annotations

from nlpdata.testing.base import Check, NotApplicable, Report, SuiteError, run_checks
from nlpdata.testing.loaders import check_loader, loader_checks
from nlpdata.testing.metrics import check_metric, metric_checks

__all__ = [
    "Check",
    "NotApplicable",
    "Report",
    "SuiteError",
    "check_loader",
    "check_metric",
    "loader_checks",
    "metric_checks",
    "run_checks",
]
