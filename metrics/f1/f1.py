"""F1: the harmonic mean of precision and recall."""

from __future__ import annotations

from nlpdata.scoring.label_score import LabelScore


class F1(LabelScore):
    VERSION = "1.0.0"
    SCORE = "f1"
    DESCRIPTION = "The harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn), from 0 to 1."
