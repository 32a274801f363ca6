"""Several metrics as one, the names of evaluate, scripts of evaluate and datasets, signatures compared, scripts copied."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

import nlpdata
from nlpdata.errors import ArgumentError, FeatureError, ScriptError, UnknownMetricError
from nlpdata.scoring import Metric, combine, evaluate, inspect_metric, list_metrics, load_metric

P, R = [0, 1, 1, 0], [0, 1, 0, 0]


def test_scores_of_several_metrics() -> None:
    both = combine(["accuracy", "f1"])
    assert both.compute(predictions=P, references=R) == {"accuracy": 0.75, "f1": 2 / 3}
    both.add_batch(predictions=P[:2], references=R[:2])
    both.add(prediction=1, reference=0)
    result = both.compute(predictions=P[3:], references=R[3:], average="macro")
    assert result["f1"] == load_metric("f1").compute(predictions=P, references=R, average="macro")["f1"]
    assert "average:macro" in str(result.signatures["f1"]) and result.signatures["accuracy"].metric == "accuracy"
    assert "f1" in repr(both)


def test_arguments_for_one_metric() -> None:
    accuracy = type(load_metric("accuracy"))
    several = combine({"p": "f1", "q": ("f1", {"average": "micro"}), "m": load_metric("mse"), "c": accuracy})
    result = several.compute(predictions=P, references=R, p={"average": "macro"}, m={"squared": False})
    assert set(result) == {"p_f1", "q_f1", "mse", "accuracy"}
    assert result["q_f1"] == 0.75 and result["mse"] == 0.5
    assert result["p_f1"] == load_metric("f1").compute(predictions=P, references=R, average="macro")["f1"]
    none = combine({"a": "f1", "b": "accuracy"}).compute(predictions=P, references=R, average=None)
    assert none["f1"].tolist() == pytest.approx([0.8, 2 / 3])


@pytest.mark.parametrize("force_prefix", [False, True])
def test_prefixes(force_prefix: bool) -> None:
    found = combine(["f1", "f1", "accuracy"], force_prefix=force_prefix).compute(predictions=P, references=R)
    assert set(found) == {"f1_0_f1", "f1_1_f1", "accuracy_accuracy" if force_prefix else "accuracy"}


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("force_prefix", [False, True])
@pytest.mark.parametrize("chosen", [["x", "x", "y"], ["x", "y"], {"a": "x", "b": "x"}, {"a": "x", "b": "y"}, ["z", "x", "z"]])
def test_names_are_those_of_evaluate(chosen: Any, force_prefix: bool) -> None:
    module = pytest.importorskip("evaluate.module")

    def score(name: str) -> dict[str, int]:
        return {"same": 1, name: 2}

    class Theirs:
        def __init__(self, name: str) -> None:
            self.name = name

        def compute(self, **inputs: Any) -> dict[str, int]:
            return score(self.name)

    class Ours(Metric):
        def _info(self) -> nlpdata.MetricInfo:
            return nlpdata.MetricInfo(description="x")

        def stats(self, predictions: Any) -> int:
            return len(predictions)

        def score(self, total: int) -> dict[str, int]:
            return score(self.name)

    def ours(name: str) -> Ours:
        metric = Ours()
        metric.identify(name, "0")
        return metric

    made: list[Any] = []
    for make in (Theirs, ours):
        made.append({k: make(v) for k, v in chosen.items()} if isinstance(chosen, dict) else [make(v) for v in chosen])
    expected = module.combine(made[0], force_prefix=force_prefix).compute()
    assert combine(made[1], force_prefix=force_prefix).compute(predictions=[1]) == expected


def test_what_none_of_them_takes() -> None:
    both = combine(["accuracy", "f1"])
    with pytest.raises(ArgumentError, match="None of the combined metrics takes 'averge'"):
        both.compute(predictions=P, references=R, averge="macro")
    with pytest.raises(ArgumentError, match="None of the combined metrics takes 'average'"):
        both.add_batch(predictions=P, references=R, average="macro")
    for nothing in ([], "accuracy"):
        with pytest.raises(ArgumentError, match="Give the metrics"):
            combine(nothing)
    with pytest.raises(UnknownMetricError):
        combine(["acuracy"])


def test_all_or_none() -> None:
    both = combine(["accuracy", "mse"])
    both.add_batch(predictions=[1], references=[1])
    with pytest.raises(FeatureError):
        both.add_batch(predictions=["a"], references=["a"])  # labels for one, no numbers for the other
    assert both.compute() == {"accuracy": 1.0, "mse": 0.0}
    with pytest.raises(ArgumentError, match="average='binary'"):
        combine(["accuracy", "f1"]).compute(predictions=[0, 1, 2], references=[0, 1, 2])


def test_merge_and_intervals() -> None:
    left, right = combine(["accuracy", "f1"]), combine(["accuracy", "f1"])
    left.add_batch(predictions=P[:1], references=R[:1])
    right.add_batch(predictions=P[1:], references=R[1:])
    assert left.merge(right).compute() == {"accuracy": 0.75, "f1": 2 / 3}
    result = combine(["accuracy", "mse"]).compute(predictions=P, references=R, confidence=0.9, per_example=True)
    assert set(result.intervals) == {"accuracy", "mse"} and result.per_example["mse"].tolist() == [0, 0, 1, 0]
    left.add_batch(predictions=P, references=R)
    left.reset()
    assert left.evaluation_modules[0].state is None


def test_the_names_of_evaluate() -> None:
    assert evaluate.load("accuracy").compute(predictions=P, references=R) == {"accuracy": 0.75}
    assert evaluate.load("evaluate-metric/glue", "mrpc", module_type="metric", revision="main").config_name == "mrpc"
    assert evaluate.list_evaluation_modules() == list_metrics() and not evaluate.list_evaluation_modules("comparison")
    assert evaluate.list_evaluation_modules(with_details=True)[0]["type"] == "metric"
    assert evaluate.combine is combine and all(hasattr(evaluate, name) for name in evaluate.__all__)


EVALUATE_SCRIPT = '''
import datasets
import evaluate
from evaluate.utils.file_utils import add_start_docstrings as documented

logger = evaluate.logging.get_logger(__name__)
_DESCRIPTION = """Share of equal characters. """
_KWARGS_DESCRIPTION = """predictions, references: texts."""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class Chars(evaluate.Metric):
    def _info(self):
        return evaluate.MetricInfo(
            module_type="metric",
            description=_DESCRIPTION,
            citation="",
            inputs_description=_KWARGS_DESCRIPTION,
            features=[
                datasets.Features({"predictions": datasets.Value("string"), "references": datasets.Value("string")}),
                datasets.Features(
                    {"predictions": datasets.Value("string"), "references": datasets.Sequence(datasets.Value("string"))}
                ),
            ],
        )

    def _compute(self, predictions, references, scale=1):
        best = [r if isinstance(r, str) else r[0] for r in references]
        return {"chars": scale * sum(p == r for p, r in zip(predictions, best)) / len(best)}
'''

DATASETS_SCRIPT = '''
import datasets


@datasets.utils.file_utils.add_start_docstrings("Mean. ", "references: numbers.")
class Mean(datasets.Metric):
    """Own."""

    def _info(self):
        return datasets.MetricInfo(
            description="mean",
            citation="",
            inputs_description="",
            features=datasets.Features({"predictions": datasets.Value("float32")}),
            format="numpy",
        )

    def _compute(self, predictions):
        return {"mean": predictions.mean()}
'''


def test_scripts_written_for_evaluate_and_datasets(tmp_path: Path) -> None:
    (tmp_path / "chars.py").write_text(EVALUATE_SCRIPT, encoding="utf-8")
    metric = evaluate.load(str(tmp_path / "chars.py"))
    assert metric.compute(predictions=["a", "b"], references=["a", "c"]) == {"chars": 0.5}
    assert metric.compute(predictions=["a", "b"], references=[["a"], ["b", "c"]], scale=100) == {"chars": 100.0}
    assert str(type(metric).__doc__).startswith("Share of equal characters. predictions")
    assert "string" in repr(metric) and " or " in repr(metric)
    (tmp_path / "mean.py").write_text(DATASETS_SCRIPT, encoding="utf-8")
    assert load_metric(tmp_path / "mean.py").compute(predictions=[1.0, 2.0]) == {"mean": 1.5}
    (tmp_path / "odd.py").write_text("import evaluate.evaluator\n", encoding="utf-8")
    with pytest.raises(ScriptError, match=r"evaluate\.evaluator"):
        load_metric(tmp_path / "odd.py")


def test_a_copy_of_a_script_to_read_or_change(tmp_path: Path) -> None:
    path = inspect_metric("f1", tmp_path / "mine")
    assert Path(path) == tmp_path / "mine" / "f1.py" and (tmp_path / "mine" / "README.md").is_file()
    assert load_metric(path).compute(predictions=P, references=R) == {"f1": 2 / 3}
    with pytest.raises(ArgumentError, match=r"holds .*f1\.py.* already"):
        inspect_metric("f1", tmp_path / "mine")
    alone = inspect_metric(path, tmp_path / "other")  # a script in a folder of another name comes alone
    assert [entry.name for entry in (tmp_path / "other").iterdir()] == ["f1.py"] and Path(alone).is_file()
    assert evaluate.inspect_evaluation_module("accuracy", tmp_path / "third").endswith("accuracy.py")
    with pytest.raises(UnknownMetricError):
        inspect_metric("acuracy", tmp_path)


def test_results_that_cannot_be_compared_say_so() -> None:
    macro = load_metric("f1").compute(predictions=P, references=R, average="macro")
    micro = load_metric("f1").compute(predictions=P, references=R, average="micro")
    with pytest.warns(UserWarning, match="cannot be compared, for they differ in average: macro, micro"):
        assert macro.compare(micro) == {"f1": macro["f1"] - micro["f1"]}
    worse = load_metric("f1").compute(predictions=[1, 1, 1, 1], references=R, average="macro")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert macro.compare(worse)["f1"] > 0


def test_library_versions_are_part_of_the_signature() -> None:
    class Borrowed(Metric):
        LIBRARIES = ("numpy", "no-such-library")
        VERSION = "1"

        def _info(self) -> nlpdata.MetricInfo:
            return nlpdata.MetricInfo(description="x")

        def stats(self, predictions: Any) -> int:
            return len(predictions)

        def score(self, total: int) -> dict[str, int]:
            return {"rows": total}

    import numpy as np

    signature = str(Borrowed().compute(predictions=[1]).signature)
    assert signature == f"borrowed|no_such_library_version:None|numpy_version:{np.__version__}|version:1"


def test_a_repr_that_shows_the_schema() -> None:
    text = repr(load_metric("glue", "mrpc"))
    assert "config_name='mrpc'" in text and "inputs: predictions: int64, references: int64" in text
    macro = repr(load_metric("f1", average="macro"))
    assert "parameters: " in macro and "average='macro'" in macro
