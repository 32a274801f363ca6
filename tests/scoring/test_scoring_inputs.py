"""Inputs in every form that they are held in, and the words of the errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import ArgumentError, FeatureError, RowError
from nlpdata.scoring import label_pair, labels, load_metric, numbers, texts, weights

P, R = [0, 2, 1, 1, 0], [0, 1, 1, 1, 2]


def torch_tensor(values: list[Any]) -> Any:
    return pytest.importorskip("torch").tensor(values)


def pandas_series(values: list[Any]) -> Any:
    return pytest.importorskip("pandas").Series(values)


def polars_series(values: list[Any]) -> Any:
    return pytest.importorskip("polars").Series(values)


def jax_array(values: list[Any]) -> Any:
    return pytest.importorskip("jax").numpy.asarray(values)


def dataset_column(values: list[Any]) -> Any:
    return pytest.importorskip("nlpdata.dataset.dataset").Dataset.from_dict({"x": values})["x"]


FORMS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "generator": iter,
    "int8": lambda v: np.array(v, np.int8),
    "uint64": lambda v: np.array(v, np.uint64),
    "float32": lambda v: np.array(v, np.float32),
    "column": lambda v: np.array(v)[:, None],
    "strided": lambda v: np.repeat(np.array(v), 2)[::2],
    "objects": lambda v: np.array(v, object),
    "numpy scalars": lambda v: [np.int32(x) for x in v],
    "arrow": pa.array,
    "arrow chunks": lambda v: pa.chunked_array([v[:2], v[2:]]),
    "arrow slice": lambda v: pa.array([9, *v, 9])[1:-1],
    "arrow dictionary": lambda v: pa.array(v).dictionary_encode(),
    "torch": torch_tensor,
    "torch scalars": lambda v: list(torch_tensor(v)),
    "pandas": pandas_series,
    "polars": polars_series,
    "jax": jax_array,
    "dataset column": dataset_column,
}


@pytest.mark.parametrize("form", FORMS)
def test_labels_in_every_form_give_the_same_score(form: str) -> None:
    made = FORMS[form]
    assert load_metric("accuracy").compute(predictions=made(P), references=made(R)) == {"accuracy": 0.6}
    expected = load_metric("f1").compute(predictions=P, references=R, average="macro")
    assert load_metric("f1").compute(predictions=made(P), references=R, average="macro") == expected


TEXT_FORMS = [
    "list",
    "tuple",
    "generator",
    "objects",
    "arrow",
    "arrow chunks",
    "arrow dictionary",
    "pandas",
    "polars",
    "dataset column",
]


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_text_in_every_form_gives_the_same_score(form: str) -> None:
    p, r = ([["nüll", "zwei", "eins"][x] for x in side] for side in (P, R))
    made = FORMS[form]
    assert load_metric("accuracy").compute(predictions=made(p), references=r) == {"accuracy": 0.6}
    expected = load_metric("f1").compute(predictions=P, references=R, average="macro")
    found = load_metric("f1").compute(predictions=made(p), references=made(r), average="macro")
    assert found["f1"] == pytest.approx(expected["f1"], abs=1e-15)


@pytest.mark.parametrize(
    "form", ["list", "float32", "arrow", "arrow chunks", "torch", "pandas", "polars", "jax", "dataset column"]
)
@pytest.mark.parametrize("name", ["mse", "pearsonr", "spearmanr"])
def test_numbers_in_every_form_give_the_same_score(name: str, form: str) -> None:
    p, r = [0.5, 2.0, 1.0, 1.0, 0.25], [0.5, 1.0, 1.5, 1.0, 2.0]
    made = FORMS[form]
    expected = load_metric(name).compute(predictions=p, references=r)
    assert load_metric(name).compute(predictions=made(p), references=made(r)) == expected


def test_numpy_and_arrow_are_not_copied() -> None:
    array = np.arange(5)
    assert labels(array) is array
    assert np.shares_memory(labels(pa.array(array)), array)
    floats = np.arange(5.0)
    assert numbers(floats) is floats


def test_tensors_off_the_graph_and_in_bfloat16() -> None:
    torch = pytest.importorskip("torch")
    values = torch.tensor([1.0, 2.0], requires_grad=True)
    assert numbers(values).tolist() == [1.0, 2.0]
    assert numbers(values.bfloat16()).tolist() == [1.0, 2.0]
    result = load_metric("spearmanr").compute(predictions=values.bfloat16(), references=torch.tensor([1.0, 2.0]))
    assert result == {"spearmanr": 1.0}


@pytest.mark.parametrize(
    ("values", "row", "words"),
    [
        ([0, 1, None], 2, "is missing"),
        ([0, 1, "a"], 2, "is of type str where the rows before it are int"),
        (["a", 1], 1, "is of type int where the rows before it are str"),
        ([1, {"a": 1}], 1, "is of type dict where the rows before it are int"),
        ([1, [2, 3]], 1, "is of type list where the rows before it are int"),
        ([0.0, 0.5], 1, "is not a label .*argmax"),
        (np.array([0.0, np.nan]), 1, "is not a label"),
        (np.array([0.0, np.inf]), 1, "is not a label"),
        (np.array([1e300, 0.0]), 0, "is not a label"),
        (np.array([0, 2**63], np.uint64), 1, "does not fit 64-bit"),
        (pa.array([1, None, 3]), 1, "is missing"),
        (pa.chunked_array([["a"], ["b", None]]), 2, "is missing"),
    ],
)
def test_the_first_row_that_is_no_label_is_named(values: Any, row: int, words: str) -> None:
    with pytest.raises(RowError, match=f"Row {row} of predictions {words}") as caught:
        labels(values, "predictions")
    assert caught.value.row == row and caught.value.column == "predictions"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((3, 4)), r"shape \(3, 4\).*argmax\(-1\)"),
        (np.array(3), "single value"),
        ("text", "is one str"),
        (b"text", "is one bytes"),
        (7, "is one int"),
        ({"a": 1}, "is one dict"),
        ([[1, 2], [3, 4]], "of type list"),
        ([{"a": 1}], "of type struct"),
        (np.array(["2020-01-01"], "datetime64[D]"), "datetime64"),
        (np.array([1j]), "complex"),
        (pa.array([b"x"]), "binary"),
        ([2**70], "cannot be read"),
        ([object()], "cannot be read"),
    ],
)
def test_what_holds_no_labels_is_refused(values: Any, words: str) -> None:
    with pytest.raises(FeatureError, match=words):
        labels(values, "predictions")


def test_text_and_integers_are_not_compared() -> None:
    with pytest.raises(FeatureError, match=r"predictions are integers and references are text.*str2int"):
        label_pair([0, 1], ["a", "b"])
    assert [len(side) for side in label_pair([], [])] == [0, 0]
    assert [len(side) for side in label_pair(np.empty(0, "U1"), [])] == [0, 0]


def test_lengths_are_named() -> None:
    with pytest.raises(ArgumentError, match="predictions has 2 rows, references has 1 rows"):
        label_pair([0, 1], [0])


@pytest.mark.parametrize(
    ("values", "row", "words"), [([1, np.nan], 1, "finite"), ([1, -np.inf], 1, "finite"), ([1e200], 0, "1e150")]
)
def test_numbers_are_finite(values: Any, row: int, words: str) -> None:
    with pytest.raises(RowError, match=f"Row {row} of x .*{words}"):
        numbers(values, "x")


def test_numbers_are_not_text_and_text_no_numbers() -> None:
    with pytest.raises(FeatureError, match="x are text"):
        numbers(["1"], "x")
    with pytest.raises(FeatureError, match="x are int64"):
        texts([1], "x")
    assert texts([], "x") == [] and texts(np.array(["a"]), "x") == ["a"]


def test_weights_are_not_negative() -> None:
    with pytest.raises(RowError, match=r"Row 1 of sample_weight is negative: -2\.0"):
        weights([1, -2])
