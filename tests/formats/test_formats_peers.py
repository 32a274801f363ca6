"""Value by value, with types and shapes, against the `datasets` package as a black box, where it is installed.

Where we differ on purpose, the difference is listed in ``OURS`` with its reason.
"""

from __future__ import annotations

import datetime as dt
import decimal
import os
import warnings
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.formats import FormatSpec, get_formatter

pytestmark = pytest.mark.peers

COLUMNS: dict[str, Any] = {
    **{str(t): pa.array([1, 2, 3], t) for t in (pa.int8(), pa.int32(), pa.int64(), pa.uint8(), pa.uint64())},
    **{str(t): pa.array([1, 2, 3], t) for t in (pa.float16(), pa.float32(), pa.float64())},
    "int_null": pa.array([1, None, 3]),
    "float_null": pa.array([1.5, None, 3]),
    "float32_null": pa.array([1.5, None, 3], pa.float32()),
    "bool": pa.array([True, False, True]),
    "bool_null": pa.array([True, None, True]),
    "str": pa.array(["a", "bb", "é"]),
    "str_null": pa.array(["a", None, "c"]),
    "large_str": pa.array(["a", "b", "c"], pa.large_string()),
    "binary": pa.array([b"a", b"bb", b"c"]),
    "null": pa.nulls(3),
    "timestamp": pa.array([dt.datetime(2020, 1, 1)] * 3),
    "timestamp_ns": pa.array([1, 2, 3], pa.timestamp("ns")),
    "timestamp_null": pa.array([1, None, 2], pa.timestamp("s")),
    "timestamp_tz": pa.array([1, 2, 3], pa.timestamp("us", "UTC")),
    "date32": pa.array([dt.date(2020, 1, 1)] * 3),
    "date64": pa.array([dt.date(2020, 1, 1)] * 3, pa.date64()),
    "time": pa.array([dt.time(1, 2)] * 3),
    "duration": pa.array([dt.timedelta(1)] * 3),
    "decimal": pa.array([decimal.Decimal("1.2")] * 3),
    "ragged": pa.array([[1, 2], [3], [4, 5, 6]]),
    "ragged_int32": pa.array([[1, 2], [], [4, 5, 6]], pa.list_(pa.int32())),
    "equal": pa.array([[1, 2], [3, 4], [5, 6]]),
    "empty": pa.array([[], [], []], pa.list_(pa.int64())),
    "list_null": pa.array([[1, 2], None, [4, 6]]),
    "inner_null": pa.array([[1, None], [3, 4], [5, 6]]),
    "fixed": pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.int32(), 2)),
    "fixed_float": pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.float32(), 2)),
    "fixed_null": pa.array([[1, 2], None, [5, 6]], pa.list_(pa.int32(), 2)),
    "list_str": pa.array([["a", "b"], ["c", "d"], ["e", "f"]]),
    "list_str_ragged": pa.array([["a", "b"], ["c"], []]),
    "list_float": pa.array([[1.5, 2], [3, 4], [5, 6]]),
    "list_bool": pa.array([[True], [False], [True]]),
    "list_timestamp": pa.array([[dt.datetime(2020, 1, 1)]] * 3),
    "nested": pa.array([[[1, 2], [3]], [[4]], []]),
    "nested_equal": pa.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]], [[5, 6], [7, 8]]]),
    "nested_half": pa.array([[[1, 2], [3]], [[4], [5, 6]], [[1], [2, 3]]]),
    "nested_rows": pa.array([[[1, 2], [3, 4]], [[5, 6]], [[5, 6], [7, 8]]]),
    "struct": pa.array([{"a": 1, "b": "x"}] * 3),
    "struct_null": pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": None}]),
    "struct_list": pa.array([{"a": [1, 2]}, {"a": [3]}, {"a": []}]),
    "list_struct": pa.array([[{"a": 1}], [{"a": 2}, {"a": 3}], []]),
    "list_struct_equal": pa.array([[{"a": 1}], [{"a": 2}], [{"a": 4}]]),
    "large_list": pa.array([[1, 2], [3], [4]], pa.large_list(pa.int64())),
}

DIGITS = "the peer gives float32, which has 24 bits for an integer; the documented float64 keeps them"
STABLE = "the peer turns integers beside a null row or key into floats; ours stay what they are in a row"
CRASH = "the peer raises; text-like values stay Python objects here"
OURS: dict[tuple[str, str], str] = {
    **{("numpy", name): DIGITS for name in ("int_null", "inner_null")},
    **{(form, name): STABLE for form in ("numpy", "torch", "jax") for name in ("fixed_null", "struct_null")},
    ("numpy", "duration"): "the peer gives a batch of durations as plain integers",
    **{(form, name): CRASH for form in ("torch", "jax") for name in ("time", "decimal")},
    ("jax", "duration"): "the peer cuts the 64-bit count off; here durations are refused as dates are",
}


@pytest.fixture(scope="module", autouse=True)
def datasets() -> Any:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("datasets")


def shape(value: Any) -> Any:
    """A value as plain data that says its type, dtype and shape; a 0-d array and a scalar of its dtype are one thing."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items()}
    if isinstance(value, list):
        return [shape(v) for v in value]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return shape(value.item()) if value.shape == () else ("objects", value.shape, [shape(v) for v in value.ravel()])
    if isinstance(value, np.str_ | np.bytes_):
        return type(value).__name__, str(value)
    if hasattr(value, "dtype"):
        found = np.asarray(value)
        return type(value).__module__.partition(".")[0], str(value.dtype), found.shape, repr(found.tolist())
    return type(value).__name__, value


def outcome(make: Any) -> Any:
    try:
        return shape(make())
    except (TypeError, ValueError, RuntimeError):
        return "raises"


@pytest.mark.parametrize("name", sorted(COLUMNS))
@pytest.mark.parametrize("form", ["numpy", "torch", "jax"])
def test_rows_columns_and_batches(datasets: Any, form: str, name: str) -> None:
    pytest.importorskip(form)
    table = pa.table({"c": COLUMNS[name]})
    formatter = get_formatter(FormatSpec(form))
    theirs = datasets.Dataset(table).with_format(form)
    pairs = [
        (lambda: theirs[:]["c"], lambda: formatter.batch(table)["c"]),
        (lambda: theirs["c"][:], lambda: formatter.column(table, "c")),
    ]
    for i in range(3):
        pairs.append((lambda i=i: theirs[i]["c"], lambda i=i: formatter.row(table, i)["c"]))  # type: ignore[misc]
        pairs.append((lambda i=i: theirs[i]["c"], lambda i=i: list(formatter.rows(table))[i]["c"]))  # type: ignore[misc]
    same = [outcome(ours) == outcome(theirs) for theirs, ours in pairs]
    assert all(same) is ((form, name) not in OURS), f"{form} {name}: {same}"


@pytest.mark.parametrize("name", sorted(COLUMNS))
@pytest.mark.parametrize("form", ["pandas", "polars", "arrow"])
def test_whole_tables(datasets: Any, form: str, name: str) -> None:
    if form == "polars" and name in ("float16", "time"):
        pytest.skip("no such type in older versions")
    table = pa.table({"c": COLUMNS[name], "i": [0, 1, 2]})
    formatter = get_formatter(FormatSpec(form))
    theirs = datasets.Dataset(table).with_format(form)
    alone = (1, 0)[form == "polars" and name == "fixed_null"]  # of which the peer's polars cannot read a later row
    for ours, expected in ((formatter.batch(table), theirs[:]), (formatter.row(table, alone), theirs[alone])):
        assert type(ours) is type(expected)
        if form == "pandas":  # which has no answer for dicts of arrays
            assert ours.dtypes.tolist() == expected.dtypes.tolist()
            assert repr(ours.to_dict("list")) == repr(expected.to_dict("list"))
        else:
            assert ours.equals(expected)
    assert type(formatter.column(table, "i")) is type(theirs["i"])


def test_formatted_columns_and_the_others(datasets: Any) -> None:
    table = pa.table({"s": ["a", "b"], "i": [1, 2], "l": [[1], [2, 3]]})
    formatter = get_formatter(FormatSpec("numpy", ("i", "l"), output_all_columns=True))
    theirs = datasets.Dataset(table).with_format("numpy", columns=["i", "l"], output_all_columns=True)
    assert shape(formatter.batch(table)) == shape(theirs[:]) and list(formatter.batch(table)) == list(theirs[:])
    assert shape(formatter.row(table, 1)) == shape(theirs[1])


def test_a_function(datasets: Any) -> None:
    table = pa.table({"s": ["a", "b"], "i": [1, 2]})

    def transform(batch: Any) -> Any:
        return {"k": [f"{s}{i}" for s, i in zip(batch["s"], batch["i"], strict=True)]}

    formatter = get_formatter(FormatSpec("custom", kwargs={"transform": transform}))
    theirs = datasets.Dataset(table).with_transform(transform)
    assert formatter.batch(table) == theirs[:] and formatter.row(table, 1) == theirs[1]
    assert list(formatter.rows(table)) == list(theirs)
