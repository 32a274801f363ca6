"""Scripts as written for ``datasets.Metric`` and ``evaluate``: configurations, downloads, comparisons, measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nlpdata.errors import FeatureError
from nlpdata.scoring import evaluate, load_metric

CONFIGS = """
import numpy as np
import datasets
from datasets import load_metric


def simple_accuracy(preds, labels):
    return float((preds == labels).mean())


@datasets.utils.file_utils.add_start_docstrings("Of two tasks. ", "config_name: 'labels' or 'scores'.")
class TwoTasks(datasets.Metric):
    def _info(self):
        if self.config_name not in ["labels", "scores"]:
            raise KeyError("You should supply a configuration name selected in labels, scores")
        kind = "int64" if self.config_name != "scores" else "float32"
        return datasets.MetricInfo(
            description="Two tasks.",
            citation="",
            inputs_description="",
            features=datasets.Features({"predictions": datasets.Value(kind), "references": datasets.Value(kind)}),
            codebase_urls=[],
            reference_urls=[],
            format="numpy",
        )

    def _compute(self, predictions, references):
        if self.config_name == "scores":
            return {"error": float(np.abs(predictions - references).max()), "type": str(predictions.dtype)}
        return {"accuracy": simple_accuracy(predictions, references), "type": str(predictions.dtype)}
"""

DOWNLOADS = """
import os
import evaluate
from datasets import Features, Sequence, Value

logger = evaluate.logging.get_logger(__name__)
STOP_WORDS_URL = {url!r}


class Overlap(evaluate.Metric):
    def _info(self):
        text = Value("string", id="sequence")
        return evaluate.MetricInfo(
            description="Words in common, but for stop words.",
            citation="",
            inputs_description="",
            features=[
                Features({{"predictions": text, "references": Sequence(text, id="references")}}),
                Features({{"predictions": text, "references": text}}),
            ],
        )

    def _download_and_prepare(self, dl_manager):
        if self.config_name == "default":
            logger.warning("Using the default stop words.")
        path = dl_manager.download_and_extract(STOP_WORDS_URL)
        with open(path, encoding="utf-8") as file:
            self.stop = set(file.read().split())

    def _compute(self, predictions, references, lowercase=False, weights=None):
        if isinstance(references[0], str):
            references = [[reference] for reference in references]
        total = 0
        for prediction, refs in zip(predictions, references):
            words = set(prediction.split()) - self.stop
            total += max(len(words & set(reference.split())) for reference in refs)
        return {{"overlap": total / len(predictions)}}
"""

COMPARISON = """
import datasets
import evaluate


class Disagreement(evaluate.Comparison):
    def _info(self):
        label = datasets.Value("int64")
        return evaluate.ComparisonInfo(
            module_type="comparison",
            description="Share of rows on which two systems differ.",
            citation="",
            inputs_description="",
            features=datasets.Features({"predictions1": label, "predictions2": label, "references": label}),
        )

    def _compute(self, predictions1, predictions2, references):
        return {"share": sum(a != b for a, b in zip(predictions1, predictions2)) / len(references)}
"""

MEASUREMENT = """
import datasets
import evaluate


class WordLength(evaluate.Measurement):
    def _info(self):
        return evaluate.MeasurementInfo(
            module_type="measurement",
            description="Mean number of words.",
            citation="",
            inputs_description="",
            features=datasets.Features({"data": datasets.Value("string")}),
        )

    def _compute(self, data, tokenizer=str.split):
        return {"average_word_length": sum(len(tokenizer(text)) for text in data) / len(data)}
"""


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).mkdir()
    (folder / name / f"{name}.py").write_text(text, encoding="utf-8")
    return str(folder / name)


def test_configurations_that_switch_inputs(tmp_path: Path) -> None:
    path = written(tmp_path, "two_tasks", CONFIGS)
    assert load_metric(path, "labels").compute(predictions=[1, 0], references=[1, 1]) == {"accuracy": 0.5, "type": "int64"}
    found = load_metric(path, config_name="scores").compute(predictions=[1, 0.5], references=[1.0, 0])
    assert found == {"error": 0.5, "type": "float32"}
    with pytest.raises(KeyError, match="supply a configuration"):
        load_metric(path)
    with pytest.raises(FeatureError):
        load_metric(path, "labels").compute(predictions=["a", "b"], references=[1, 1])


def test_downloads_and_choices_of_inputs(tmp_path: Path) -> None:
    (tmp_path / "stop.txt").write_text("the a", encoding="utf-8")
    path = written(tmp_path, "overlap", DOWNLOADS.format(url=str(tmp_path / "stop.txt")))
    metric = evaluate.load(path)
    assert metric.config_name == "default" and metric.signature.config is None
    assert metric.compute(predictions=["the cat", "a dog"], references=["the cat", "a bird"]) == {"overlap": 0.5}
    metric.add(prediction="the cat", reference=["the", "cat"])
    metric.add_batch(predictions=["dog"], references=[["cat", "dog"]])
    assert metric.compute(lowercase=True) == {"overlap": 1.0}


@pytest.mark.parametrize("rows", [1, 4])
def test_comparisons_and_measurements(tmp_path: Path, rows: int) -> None:
    first, second = [1, 0] * rows, [1, 1] * rows
    path = written(tmp_path, "disagreement", COMPARISON)
    found = evaluate.load(path, module_type="comparison").compute(predictions1=first, predictions2=second, references=second)
    assert found == {"share": 0.5}
    measured: Any = evaluate.load(written(tmp_path, "word_length", MEASUREMENT), module_type="measurement")
    assert measured.compute(data=["a b", "c d e f"] * rows) == {"average_word_length": 3.0}
    assert measured.compute(data=["ab"] * rows, tokenizer=list) == {"average_word_length": 2.0}
