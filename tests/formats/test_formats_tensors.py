"""The torch, jax and tensorflow formats: dtypes, shapes, memory of their own."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import ArgumentError, FeatureError
from nlpdata.formats import FormatSpec, get_formatter

LIBRARIES = ["torch", "jax", "tensorflow"]


def make(name: str, **kwargs: Any) -> Any:
    pytest.importorskip(name)
    return get_formatter(FormatSpec(name, kwargs=kwargs))


def column(name: str, values: Any, kind: pa.DataType | None = None, **kwargs: Any) -> Any:
    return make(name, **kwargs).column(pa.table({"c": pa.array(values, kind)}), "c")


def dtype_of(value: Any) -> str:
    return str(value.dtype).replace("torch.", "").replace("<dtype: '", "").replace("'>", "")


@pytest.mark.parametrize("name", LIBRARIES)
@pytest.mark.parametrize(
    ("values", "kind", "dtype", "shape"),
    [
        ([1, 2], pa.int8(), "int", (2,)),
        ([1, None], pa.int64(), "float32", (2,)),
        ([1.5, None], pa.float64(), "float32", (2,)),
        ([True, False], None, "bool", (2,)),
        ([[1, 2], [3, 4]], pa.list_(pa.int32()), "int", (2, 2)),
        ([[1, 2], [3, 4]], pa.list_(pa.float32(), 2), "float32", (2, 2)),
        ([[[1, 2]], [[3, 4]]], None, "int", (2, 1, 2)),
        ([[], []], pa.list_(pa.int64()), "int", (2, 0)),
    ],
)
def test_what_stacks(name: str, values: Any, kind: Any, dtype: str, shape: tuple[int, ...]) -> None:
    found = column(name, values, kind)
    integer = "int32" if name == "jax" else "int64"
    assert (dtype_of(found), tuple(found.shape)) == (dtype.replace("int", integer) if dtype == "int" else dtype, shape)


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_what_does_not_stack_is_a_list(name: str) -> None:
    ragged = column(name, [[1, 2], [3], []])
    assert isinstance(ragged, list) and [t.tolist() for t in ragged] == [[1, 2], [3], []]
    assert column(name, ["a", None]) == ["a", None]
    assert column(name, [["a"], []]) == [["a"], []]
    assert column(name, [[1], None])[1] is None
    (struct,) = column(name, [{"a": 1, "b": "x"}])
    assert struct["b"] == "x" and struct["a"].tolist() == 1 and struct["a"].shape == ()
    assert column(name, [True, None])[1] is None


@pytest.mark.parametrize("name", LIBRARIES)
def test_rows(name: str) -> None:
    table = pa.table({"i": pa.array([1, 2, None], pa.int8()), "l": [[1], [2, 3], []], "s": ["a", "b", "c"], "e": [[1, 2]] * 3})
    formatter = make(name)
    rows = list(formatter.rows(table))
    for i, row in enumerate(rows):
        alone = formatter.row(table, i)
        for key in ("i", "l", "e"):
            assert np.array_equal(np.asarray(alone[key]), np.asarray(row[key]), equal_nan=True)
            assert alone[key].dtype == row[key].dtype
        assert row["i"].shape == () and tuple(row["e"].shape) == (2,)
    assert np.asarray(rows[1]["l"]).tolist() == [2, 3] and np.isnan(np.asarray(rows[2]["i"]))
    assert rows[0]["s"] == "a" if name != "tensorflow" else rows[0]["s"].numpy() == b"a"


@pytest.mark.parametrize("name", LIBRARIES)
def test_no_dates(name: str) -> None:
    with pytest.raises(FeatureError, match=r"datetime64\[us\].*no type.*columns="):
        column(name, [dt.datetime(2020, 1, 1)])


@pytest.mark.parametrize("name", LIBRARIES)
def test_nothing_at_all(name: str) -> None:
    formatter = make(name)
    empty = pa.table({"a": pa.array([], pa.int64()), "l": pa.array([], pa.list_(pa.int64())), "s": pa.array([], pa.string())})
    batch = formatter.batch(empty)
    assert tuple(batch["a"].shape) == (0,)
    for key in ("l", "s"):
        assert (batch[key].shape[0] if name == "tensorflow" else len(batch[key])) == 0
    assert list(formatter.rows(empty)) == []


def test_torch_dtypes() -> None:
    torch = pytest.importorskip("torch")
    assert column("torch", [1, 2], dtype=torch.float16).dtype == torch.float16
    assert column("torch", [[1.5], [2]], dtype=torch.float64).tolist() == [[1.5], [2.0]]
    assert column("torch", [0.1], dtype=torch.float64).item() == 0.1
    assert column("torch", [True], dtype=torch.bfloat16).dtype == torch.bfloat16
    assert column("torch", [[1], [2, 3]], dtype=torch.int32)[1].dtype == torch.int32
    assert column("torch", ["a"], dtype=torch.int32) == ["a"]
    assert column("torch", [1.0], requires_grad=True).requires_grad
    assert column("torch", [[1.0], [1.0, 2.0]], requires_grad=True)[0].is_leaf
    assert column("torch", [1], device="cpu").device.type == "cpu"
    assert make("torch", dtype=torch.int32).row(pa.table({"c": [1]}))["c"].dtype == torch.int32
    with pytest.raises(ArgumentError, match=r"torch\.int32 cannot hold"):
        column("torch", [1, None], dtype=torch.int32)


def test_torch_never_writes_to_the_store() -> None:
    array = pa.array([1, 2, 3])
    table = pa.table({"c": array, "l": [[1], [2, 3], [4]], "e": [[1], [2], [3]]})
    formatter = make("torch")
    batch = formatter.batch(table)
    batch["c"] += 1
    batch["l"][0] += 1
    batch["e"] *= 0
    next(iter(formatter.rows(table)))["c"].add_(5)
    assert table.to_pydict() == {"c": [1, 2, 3], "l": [[1], [2, 3], [4]], "e": [[1], [2], [3]]}


def test_torch_ragged_rows_share_one_copy_but_no_values() -> None:
    ragged = column("torch", [[1, 2], [3]])
    ragged[0] += 10
    assert ragged[1].tolist() == [3]


def test_jax_refuses_what_it_would_cut_off() -> None:
    with pytest.raises(ArgumentError, match="beyond 32 bits"):
        column("jax", [2**40])
    assert column("jax", [2**31 - 1]).tolist() == [2**31 - 1]


def test_jax_options() -> None:
    jax = pytest.importorskip("jax")
    assert column("jax", [1, 2], dtype=jax.numpy.bfloat16).dtype == jax.numpy.bfloat16
    assert column("jax", [1, None], dtype=jax.numpy.bfloat16).dtype == jax.numpy.bfloat16
    for device in ("cpu", "cpu:0", jax.devices()[0], str(jax.devices()[0])):
        assert column("jax", [1], device=device).devices() == {jax.devices()[0]}
    with pytest.raises(ArgumentError, match="no device 'tpu:7'"):
        make("jax", device="tpu:7")


def test_tensorflow_text_and_ragged() -> None:
    tf = pytest.importorskip("tensorflow")
    assert column("tensorflow", ["a", "é"]).numpy().tolist() == [b"a", "é".encode()]
    ragged = column("tensorflow", [[1, 2], [3], []])
    assert isinstance(ragged, tf.RaggedTensor) and ragged.to_list() == [[1, 2], [3], []]
    assert column("tensorflow", [["a", "b"], ["c", "d"]]).shape == (2, 2)
    assert column("tensorflow", ["a", None])[1] is None
    assert column("tensorflow", [1, 2], dtype=tf.float16).dtype == tf.float16
    nested = column("tensorflow", [[[1, 2], [3]], [[4]]])
    assert nested[0].to_list() == [[1, 2], [3]] and nested[1].shape == (1, 1)
    with pytest.raises(ArgumentError, match="cannot hold"):
        column("tensorflow", [1, None], dtype=tf.int32)
