"""Every folder of metrics/: golden values, any partition of the rows, and inputs that cannot be scored."""

from __future__ import annotations

import json
import math
import pickle
import random
from typing import Any

import numpy as np
import pytest

from nlpdata import MetricInfo
from nlpdata.errors import ArgumentError, FeatureError, UnknownConfigError
from nlpdata.scoring import Metric, list_metrics, load_metric
from nlpdata.scripts.find import shipped_folder

FOLDER = shipped_folder("metric")


def cases() -> list[Any]:
    found = []
    for name in list_metrics():
        for case in json.loads((FOLDER / name / "golden.json").read_text(encoding="utf-8"))["cases"]:
            found.append(pytest.param(name, case, id=f"{name}-{case['name']}".replace(" ", "_")))
    return found


def first_cases() -> list[Any]:
    firsts: dict[tuple[str, str | None], Any] = {}
    for case in cases():
        firsts.setdefault((case.values[0], case.values[1].get("config")), case)
    return list(firsts.values())


def metric_of(name: str, case: dict[str, Any]) -> Metric:
    parameters = {key: math.nan if value == "nan" else value for key, value in case.get("parameters", {}).items()}
    return load_metric(name, case.get("config"), **parameters)


def assert_scores(found: Any, case: dict[str, Any], tolerance: float | None = None) -> None:
    assert found.keys() == case["values"].keys()
    for key, value in case["values"].items():
        expected = math.nan if value == "nan" else value
        np.testing.assert_allclose(found[key], expected, rtol=0, atol=tolerance or case.get("tolerance", 1e-12))
        if isinstance(value, float):
            assert type(found[key]) is float


def part(inputs: dict[str, list[Any]], rows: list[int]) -> dict[str, list[Any]]:
    return {name: [values[row] for row in rows] for name, values in inputs.items()}


@pytest.mark.parametrize(("name", "case"), cases())
def test_golden_values(name: str, case: dict[str, Any]) -> None:
    assert_scores(metric_of(name, case).compute(**case["inputs"]), case)


@pytest.mark.parametrize(("name", "case"), cases())
def test_any_partition_in_any_order_gives_the_same_score(name: str, case: dict[str, Any]) -> None:
    draw = random.Random(7)
    total = len(case["inputs"]["predictions"])
    exact = metric_of(name, case).compute(**case["inputs"])
    for _ in range(5):
        rows = draw.sample(range(total), total)
        cuts = sorted(draw.choices(range(total + 1), k=3))
        metrics = [metric_of(name, case) for _ in range(2)]
        for turn, (start, stop) in enumerate(zip([0, *cuts], [*cuts, total], strict=True)):
            metrics[turn % 2].add_batch(**part(case["inputs"], rows[start:stop]))
        state = pickle.loads(pickle.dumps(metrics[1].state))
        found = metrics[0].merge(state).compute()
        assert_scores(found, case)
        if "sample_weight" not in case["inputs"]:
            assert pickle.dumps(dict(found)) == pickle.dumps(dict(exact))
        assert found.signature == exact.signature


@pytest.mark.parametrize(("name", "case"), cases())
def test_row_by_row_gives_the_same_score(name: str, case: dict[str, Any]) -> None:
    metric = metric_of(name, case)
    for row in range(len(case["inputs"]["predictions"])):
        one = {key: values[row] for key, values in case["inputs"].items()}
        metric.add(prediction=one.pop("predictions"), reference=one.pop("references"), **one)
    assert_scores(metric.compute(), case)


@pytest.mark.parametrize(("name", "case"), first_cases())
def test_no_rows_are_an_error(name: str, case: dict[str, Any]) -> None:
    metric = metric_of(name, case)
    with pytest.raises(ArgumentError, match="no rows"):
        metric.compute(**part(case["inputs"], []))
    with pytest.raises(ArgumentError, match="no rows"):
        metric.compute()


@pytest.mark.parametrize(("name", "case"), first_cases())
def test_a_batch_without_rows_changes_nothing(name: str, case: dict[str, Any]) -> None:
    metric = metric_of(name, case)
    metric.add_batch(**part(case["inputs"], []))
    metric.add_batch(**case["inputs"])
    metric.add_batch(**part(case["inputs"], []))
    assert_scores(metric.compute(), case)


@pytest.mark.parametrize(("name", "case"), first_cases())
def test_lengths_must_agree(name: str, case: dict[str, Any]) -> None:
    inputs = {**case["inputs"], "references": case["inputs"]["references"][:-1]}
    total = len(case["inputs"]["predictions"])
    with pytest.raises(ArgumentError, match=f"predictions has {total} rows, references has {total - 1} rows"):
        metric_of(name, case).compute(**inputs)


@pytest.mark.parametrize("odd", [None, math.nan, math.inf, {"a": 1}, [1, 2], "odd"], ids=repr)
@pytest.mark.parametrize(("name", "case"), first_cases())
def test_a_value_that_does_not_fit_is_an_error_and_adds_nothing(name: str, case: dict[str, Any], odd: Any) -> None:
    if odd == "odd" and isinstance(case["inputs"]["references"][0], str):
        pytest.skip("text is what this metric scores")
    metric = metric_of(name, case)
    references = list(case["inputs"]["references"])
    references[1] = odd
    metric.add_batch(**case["inputs"])
    with pytest.raises(FeatureError, match=r"(?i)row 1\b|references"):
        metric.add_batch(**{**case["inputs"], "references": references})
    assert_scores(metric.compute(), case)


@pytest.mark.parametrize(("name", "case"), first_cases())
def test_two_values_per_row_are_an_error(name: str, case: dict[str, Any]) -> None:
    rows = len(case["inputs"]["predictions"])
    with pytest.raises(FeatureError):
        metric_of(name, case).compute(predictions=np.zeros((rows, 2)), references=case["inputs"]["references"])


@pytest.mark.parametrize(("name", "case"), first_cases())
def test_what_it_says_about_itself(name: str, case: dict[str, Any]) -> None:
    metric = metric_of(name, case)
    info = MetricInfo.from_dict(metric.info.to_dict())
    assert info == metric.info
    assert info.metric_name == name and info.description and info.inputs_description
    assert metric.features.keys() == {"predictions", "references"}
    assert name in repr(metric) and "rows=0" in repr(metric)
    assert str(metric.signature).startswith(name) and "version:1.0.0" in str(metric.signature)


def test_every_folder_is_complete() -> None:
    names = sorted(entry.name for entry in FOLDER.iterdir() if entry.is_dir() and not entry.name.startswith("__"))
    assert names == list_metrics()
    for name in names:
        card = (FOLDER / name / "README.md").read_text(encoding="utf-8")
        assert card.startswith(f"# {name}\n") and "load_metric(" in card
        golden = json.loads((FOLDER / name / "golden.json").read_text(encoding="utf-8"))["cases"]
        assert golden and all(case["source"] for case in golden)
        assert len({case["name"] for case in golden}) == len(golden)


def test_glue_wants_a_configuration() -> None:
    with pytest.raises(UnknownConfigError, match=r"load_metric\('glue', 'cola'\)"):
        load_metric("glue")
    with pytest.raises(UnknownConfigError, match="Did you mean 'mrpc'"):
        load_metric("glue", "mprc")


@pytest.mark.parametrize("name", list_metrics())
def test_the_code_of_a_card_runs(name: str) -> None:
    blocks = (FOLDER / name / "README.md").read_text(encoding="utf-8").split("```python\n")[1:]
    for block in blocks:
        exec(compile(block.partition("```")[0], f"{name}/README.md", "exec"), {})
