"""The contract of a metric: what is kept, what is refused, states, signatures, scripts of other libraries."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlpdata
from nlpdata.errors import ArgumentError, CorruptFileError, FeatureError, ScriptError, UnknownConfigError, UnknownMetricError
from nlpdata.scoring import Mean, Metric, Result, Rows, Signature, list_metrics, load_metric


class Spread(Metric):
    """A metric that adds up as a plain array: the variance."""

    VERSION = "2.1"

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(description="variance")

    def stats(self, predictions: Any, shift: float = 0.0) -> Any:
        x = np.asarray(predictions, float) + shift
        return np.array([x.sum(), (x * x).sum(), len(x)])

    def score(self, total: Any, ddof: int = 0) -> dict[str, float]:
        s, ss, n = total
        return {"variance": (ss - s * s / n) / (n - ddof)}


class Longest(Metric):
    """A metric over all rows, with an input of another name."""

    def _info(self) -> nlpdata.MetricInfo:
        features = {"sources": nlpdata.Value("string"), "references": nlpdata.List(nlpdata.Value("string"))}
        return nlpdata.MetricInfo(description="the longest reference", features=nlpdata.Features(features))

    def _compute(self, sources: Any, references: Any, unit: str = "char", **others: Any) -> dict[str, Any]:
        assert not others
        assert isinstance(sources, list) and isinstance(references[0], list)
        return {"longest": max(len(text) for texts in references for text in texts), "rows": np.int64(len(sources))}


def test_only_the_sum_is_kept() -> None:
    metric = load_metric("accuracy")
    for _ in range(200):
        metric.add_batch(predictions=np.zeros(1000, int), references=np.zeros(1000, int))
    assert metric.state is not None and metric.state.rows == 200_000
    assert len(pickle.dumps(metric.state)) < 2000
    assert metric.compute() == {"accuracy": 1.0}
    assert metric.state is None


def test_compute_adds_to_what_was_added_and_forgets_all() -> None:
    metric = load_metric("accuracy")
    metric.add_batch(predictions=[0, 0], references=[0, 0])
    metric.add(prediction=1, reference=1)
    assert metric.compute(predictions=[1], references=[0]) == {"accuracy": 0.75}
    assert metric.compute(predictions=[1], references=[0]) == {"accuracy": 0.0}


def test_a_failed_compute_can_be_repeated_without_counting_twice() -> None:
    metric = load_metric("confusion_matrix")
    metric.add_batch(predictions=[0], references=[0])
    for _ in range(2):
        with pytest.raises(ArgumentError, match="normalize is 'tru'"):
            metric.compute(predictions=[1], references=[1], normalize="tru")
    assert metric.compute(predictions=[1], references=[1])["confusion_matrix"].tolist() == [[1, 0], [0, 1]]


def test_an_own_metric_in_plain_numpy() -> None:
    metric = Spread()
    metric.add_batch(predictions=[1.0, 2.0])
    result = metric.compute(predictions=[3.0], ddof=1)
    assert result == {"variance": 1.0} and type(result["variance"]) is float
    assert str(result.signature) == "spread|ddof:1|shift:0.0|version:2.1"
    assert Spread(shift=5.0).compute(predictions=[1, 3]) == {"variance": 1.0}


def test_a_metric_over_all_rows_with_inputs_of_its_own() -> None:
    metric = Longest()
    assert not metric.additive and load_metric("accuracy").additive
    metric.add_batch(sources=["a", "b"], references=[["x", "xyz"], []])
    metric.add(sources="c", reference=["wxyz"])
    result = metric.compute(unit="char")
    assert result == {"longest": 4, "rows": 3} and type(result["rows"]) is int
    with pytest.raises(ArgumentError, match="needs sources and references; sources is missing"):
        metric.compute(references=[["x"]])
    with pytest.raises(FeatureError, match="references"):
        metric.compute(sources=["x"], references=[[{"a": 1}]])


def test_arrays_that_are_reused_by_their_owner() -> None:
    metric = load_metric("spearmanr")
    buffer = np.array([1.0, 2.0, 3.0])
    metric.add_batch(predictions=buffer, references=buffer)
    buffer[:] = buffer[::-1].copy()
    metric.add_batch(predictions=[10.0, 20.0], references=[10.0, 20.0])
    assert metric.compute() == {"spearmanr": 1.0}


def test_single_rows_do_not_pile_up_as_tables() -> None:
    rows = Rows()
    for i in range(300):
        rows = rows + Rows.of_numbers(x=[i])
    assert len(rows.tables) < 12
    assert rows.column("x") == list(range(300))


def test_names_that_the_metric_does_not_take() -> None:
    metric = load_metric("f1")
    with pytest.raises(ArgumentError, match=r"takes no 'averge'. Did you mean 'average'\?"):
        metric.compute(predictions=[0], references=[0], averge="macro")
    with pytest.raises(ArgumentError, match="takes no 'prediction'"):
        metric.compute(prediction=[0], references=[0])
    with pytest.raises(ArgumentError, match="takes no 'mode'"):
        load_metric("f1", mode="fast")
    with pytest.raises(ArgumentError, match="average is about the score: give it to compute"):
        metric.add_batch(predictions=[0], references=[0], average="macro")
    with pytest.raises(ArgumentError, match="references is missing"):
        metric.compute(predictions=[0])
    with pytest.raises(ArgumentError, match="Did you mean 'micro' or 'macro'"):
        metric.compute(predictions=[0], references=[0], average="mcro")
    metric.add_batch(predictions=[0], references=[0])
    with pytest.raises(ArgumentError, match="sample_weight is about rows: give it to add_batch"):
        metric.compute(sample_weight=[1.0])


def test_weights_come_with_their_rows() -> None:
    metric = load_metric("accuracy")
    metric.add_batch(predictions=[0], references=[0], sample_weight=[3.0])
    metric.add(prediction=0, reference=1, sample_weight=1.0)
    with pytest.raises(ArgumentError, match="sample_weight: given, None"):
        metric.add_batch(predictions=[0], references=[0])
    result = metric.compute()
    assert result == {"accuracy": 0.75} and "sample_weight:given" in str(result.signature)
    with pytest.raises(ArgumentError, match="sample_weight has 1 rows"):
        metric.compute(predictions=[0, 0], references=[0, 0], sample_weight=[1.0])
    assert np.isnan(metric.compute(predictions=[0], references=[0], sample_weight=[0.0])["accuracy"])


def test_merge_of_metrics_and_states() -> None:
    parts = [load_metric("f1") for _ in range(3)]
    parts[0].add_batch(predictions=["a", "b"], references=["a", "a"])
    parts[1].add_batch(predictions=["c"], references=["c"])
    whole = load_metric("f1")
    for metric in parts:
        assert whole.merge(metric) is whole
    assert parts[0].state is not None
    together = whole.compute(average="macro")
    assert together == load_metric("f1").compute(predictions=["a", "b", "c"], references=["a", "a", "c"], average="macro")
    with pytest.raises(ArgumentError, match="metric: accuracy, f1"):
        load_metric("accuracy").merge(parts[0])
    with pytest.raises(ArgumentError, match="ignore_case: False, True"):
        text = load_metric("exact_match")
        text.add_batch(predictions=["a"], references=["a"])
        text.merge(filled := load_metric("exact_match", ignore_case=True))
        filled.add_batch(predictions=["a"], references=["A"])
        text.merge(filled)
    with pytest.raises(ArgumentError, match="merge it there"):
        load_metric("f1", num_process=8, process_id=1)


def test_labels_of_two_kinds_do_not_merge() -> None:
    metric = load_metric("f1")
    metric.add_batch(predictions=["a"], references=["a"])
    with pytest.raises(FeatureError, match="of one kind"):
        metric.add_batch(predictions=[1], references=[1])
    assert metric.compute(average="micro") == {"f1": 1.0}


def test_binary_says_what_occurs() -> None:
    metric = load_metric("f1")
    with pytest.raises(ArgumentError, match=r"3 occur: 0, 1, 2\. Choose average='macro'"):
        metric.compute(predictions=[0, 1, 2], references=[0, 1, 2])
    with pytest.raises(ArgumentError, match="pos_label=1 is not among the labels that occur: 'n', 'y'"):
        metric.compute(predictions=["y", "n"], references=["y", "y"])
    with pytest.raises(ArgumentError, match="zero_division"):
        metric.compute(predictions=[0], references=[0], zero_division=0.5)
    with pytest.raises(ArgumentError, match="labels is empty"):
        metric.compute(predictions=[0], references=[0], average="macro", labels=[])
    with pytest.raises(ArgumentError, match="twice"):
        metric.compute(predictions=[0], references=[0], average="macro", labels=[1, 1])


def test_signatures_tell_what_differs() -> None:
    macro = load_metric("f1").compute(predictions=[0], references=[0], average="macro")
    micro = load_metric("f1", average="micro").compute(predictions=[0], references=[0])
    assert macro.signature != micro.signature
    assert macro.signature.difference(micro.signature) == ["average: macro, micro"]
    assert load_metric("f1", average="micro").signature == micro.signature
    metric = load_metric("glue", "mrpc")
    assert str(metric.signature) == "glue|config:mrpc|version:1.0.0"
    many = [load_metric("f1").compute(predictions=[0], references=[0], average="macro", labels=range(n)) for n in (99, 98)]
    assert many[0].signature != many[1].signature and len(str(many[0].signature)) < 200


def test_a_result_is_a_dict_and_travels() -> None:
    result = load_metric("accuracy").compute(predictions=[0, 1], references=[0, 0])
    assert result == {"accuracy": 0.5} and json.dumps(result) == '{"accuracy": 0.5}' and repr(result) == "{'accuracy': 0.5}"
    for other in (pickle.loads(pickle.dumps(result)), copy.copy(result), copy.deepcopy(result)):
        assert isinstance(other, Result) and other == result and other.signature == result.signature
    assert isinstance(result.signature, Signature)


def test_loading_is_offline_and_imports_little() -> None:
    code = """
    import sys
    import nlpdata
    metric = nlpdata.load_metric("f1")
    import numpy as np
    assert metric.compute(predictions=np.array([0, 1]), references=np.array([0, 1])) == {"f1": 1.0}
    heavy = {"pyarrow", "sklearn", "scipy", "torch", "pandas", "requests", "fsspec"} & set(sys.modules)
    assert not heavy, heavy
    """
    subprocess.run([sys.executable, "-P", "-c", textwrap.dedent(code)], check=True)


def test_unknown_metrics() -> None:
    with pytest.raises(UnknownMetricError, match="Did you mean 'accuracy'"):
        load_metric("acuracy")
    assert list_metrics() == sorted(list_metrics()) and {"accuracy", "f1", "glue"} <= set(list_metrics())
    details = list_metrics(with_details=True)
    assert [info.metric_name for info in details] == list_metrics()


OLD_STYLE = """
import datasets
import numpy as np

_DESCRIPTION = "mean length ratio"


class LengthRatio(datasets.Metric):
    def _info(self):
        if self.config_name not in ("default", "words"):
            raise KeyError("no such config")
        return datasets.MetricInfo(
            description=_DESCRIPTION,
            citation="@misc{x}",
            inputs_description="predictions, references",
            features=datasets.Features(
                {
                    "predictions": datasets.Value("string", id="sequence"),
                    "references": datasets.Sequence(datasets.Value("string", id="sequence"), id="references"),
                }
            ),
            codebase_urls=["https://example.org"],
        )

    def _compute(self, predictions, references, scale=1.0, **kwargs):
        ratios = [len(p) / max(len(r) for r in rs) for p, rs in zip(predictions, references)]
        return {"ratio": np.mean(ratios) * scale}
"""


def test_a_script_written_for_the_old_library_runs(tmp_path: Path) -> None:
    script = tmp_path / "length_ratio.py"
    script.write_text(OLD_STYLE, encoding="utf-8")
    metric = load_metric(str(script))
    metric.add_batch(predictions=["ab", "a"], references=[["ab", "a"], ["aa"]])
    metric.add(prediction="a", reference=["aaaa"])
    result = metric.compute(scale=2.0)
    assert result["ratio"] == pytest.approx(2 * (1 + 0.5 + 0.25) / 3) and type(result["ratio"]) is float
    assert metric.name == "length_ratio" and metric.citation == "@misc{x}"
    assert metric.codebase_urls == ["https://example.org"]
    assert "scale:2.0" in str(result.signature) and "version:sha256:" in str(result.signature)
    with pytest.raises(KeyError, match="no such config"):
        load_metric(str(script), "letters")
    with pytest.raises(FeatureError):
        metric.add_batch(predictions=["a"], references=[[{"x": 1}]])


def test_a_script_that_computes_no_dict_or_nothing(tmp_path: Path) -> None:
    base = "import nlpdata\n\n\nclass Odd(nlpdata.Metric):\n    def _info(self):\n        return nlpdata.MetricInfo()\n"
    path = tmp_path / "odd.py"
    path.write_text(base + "\n    def _compute(self, predictions, references):\n        return 0.5\n", encoding="utf-8")
    with pytest.raises(ScriptError, match="computed a float"):
        load_metric(path).compute(predictions=[0], references=[0])
    path.write_text(base, encoding="utf-8")
    with pytest.raises(ScriptError, match="neither stats and score nor _compute"):
        load_metric(path).compute(predictions=[0], references=[0])


def test_a_metric_that_fetches_is_given_a_manager(tmp_path: Path) -> None:
    pytest.importorskip("nlpdata.fetch.manager")
    words = tmp_path / "words.txt"
    words.write_text("a\nb\n", encoding="utf-8")
    source = f"""
    import nlpdata


    class Known(nlpdata.Metric):
        def _info(self):
            return nlpdata.MetricInfo(features=nlpdata.Features({{"predictions": nlpdata.Value("string")}}))

        def _download_and_prepare(self, dl_manager):
            with open(dl_manager.download({str(words)!r}), encoding="utf-8") as lines:
                self.words = set(lines.read().split())

        def _compute(self, predictions):
            return {{"known": sum(word in self.words for word in predictions)}}
    """
    (tmp_path / "known.py").write_text(textwrap.dedent(source), encoding="utf-8")
    assert load_metric(tmp_path / "known.py").compute(predictions=["a", "z"]) == {"known": 1}


def test_choices_of_features(tmp_path: Path) -> None:
    class Either(Metric):
        def _info(self) -> nlpdata.MetricInfo:
            text, texts = nlpdata.Value("string"), nlpdata.List(nlpdata.Value("string"))
            choices = [nlpdata.Features({"predictions": text, "references": r}) for r in (text, texts)]
            return nlpdata.MetricInfo(features=choices)

        def _compute(self, predictions: Any, references: Any) -> dict[str, Any]:
            return {"references": references}

    assert Either().compute(predictions=["a"], references=["b"]) == {"references": ["b"]}
    assert Either().compute(predictions=["a"], references=[["b", "c"]]) == {"references": [["b", "c"]]}
    info = Either().info
    info.write_to_directory(tmp_path, pretty_print=True)
    assert nlpdata.MetricInfo.from_directory(tmp_path) == info
    (tmp_path / "metric_info.json").write_text("[", encoding="utf-8")
    with pytest.raises(CorruptFileError, match=r"metric_info\.json"):
        nlpdata.MetricInfo.from_directory(tmp_path)


def test_configurations_are_checked_when_a_metric_is_made() -> None:
    class Choosy(Spread):
        CONFIGS = ("one", "two")

    assert Choosy("one").config_name == "one"
    with pytest.raises(UnknownConfigError, match="Known: one, two"):
        Choosy()
    with pytest.raises(UnknownConfigError, match="Did you mean 'two'"):
        Choosy("twoo")


def test_exact_sums_do_not_depend_on_the_order() -> None:
    values = np.array([1e16, 1.0, -1e16, 1e-300, 5e-324])
    assert Mean.of(values).total == sum(Mean.of(values[[i]]).total for i in (4, 2, 0, 1, 3))
    assert Mean.of(values).sum() == 1.0
    with pytest.raises(FeatureError, match="too large"):
        Mean.of(np.array([1e300]), np.array([1e140]))
