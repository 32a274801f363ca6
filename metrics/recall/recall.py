"""Recall: the share of the rows with a label that were predicted as it."""

from __future__ import annotations

from nlpdata.scoring.label_score import LabelScore


class Recall(LabelScore):
    VERSION = "1.0.0"
    SCORE = "recall"
    DESCRIPTION = "The share of the rows with a label that were predicted as it, tp / (tp + fn), from 0 to 1."
