"""Precision: the share of the rows predicted as a label that truly have it."""

from __future__ import annotations

from nlpdata.scoring.label_score import LabelScore


class Precision(LabelScore):
    VERSION = "1.0.0"
    SCORE = "precision"
    DESCRIPTION = "The share of the rows predicted as a label that truly have it, tp / (tp + fp), from 0 to 1."
