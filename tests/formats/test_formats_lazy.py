"""Lazy rows and batches in the hands of users."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import UnknownColumnError
from nlpdata.formats import FormatSpec, LazyBatch, LazyRow, get_formatter, lazy_batch, lazy_rows

PYTHON = get_formatter(FormatSpec())
TABLE = pa.table({"text": ["a", "b"], "label": [0, 1], "tokens": [[1], [2, 3]]})
SECOND = {"text": "b", "label": 1, "tokens": [2, 3]}
ALL = {"text": ["a", "b"], "label": [0, 1], "tokens": [[1], [2, 3]]}


@pytest.fixture(params=["row", "batch"])
def pair(request: pytest.FixtureRequest) -> tuple[Any, dict[str, Any]]:
    return (LazyRow(TABLE, PYTHON, 1), dict(SECOND)) if request.param == "row" else (LazyBatch(TABLE, PYTHON), dict(ALL))


def test_nothing_is_decoded_until_asked(pair: tuple[Any, dict[str, Any]]) -> None:
    lazy, plain = pair
    assert len(lazy) == 3 and list(lazy) == list(plain) and "text" in lazy and "x" not in lazy and lazy.accessed == {}
    assert lazy["label"] == plain["label"]
    assert lazy.accessed == {"label": plain["label"]} and lazy.written == set()
    assert lazy["label"] is lazy["label"] is lazy.accessed["label"]


def test_like_a_dict(pair: tuple[Any, dict[str, Any]]) -> None:
    lazy, plain = pair
    assert dict(lazy) == plain and {**lazy, "x": 1} == {**plain, "x": 1}
    assert lazy == plain and plain == lazy and lazy != {**plain, "x": 1}
    assert list(lazy.items()) == list(plain.items()) and list(lazy.values()) == list(plain.values())
    assert lazy.get("text") == plain["text"] and lazy.get("x") is None and lazy.get("x", 5) == 5
    assert json.loads(json.dumps(dict(lazy))) == plain
    assert repr(plain) in repr(lazy)


def test_repr_counts_as_no_access(pair: tuple[Any, dict[str, Any]]) -> None:
    repr(pair[0])
    assert pair[0].accessed == {}


def test_writing(pair: tuple[Any, dict[str, Any]]) -> None:
    lazy, plain = pair
    lazy["label"] = plain["label"] = "new"
    lazy["x"] = plain["x"] = 1
    del lazy["tokens"], plain["tokens"]
    assert lazy.pop("text") == plain.pop("text") and lazy.pop("none", 3) == 3
    lazy.update(y=2)
    plain.update(y=2)
    assert lazy.setdefault("z", 4) == plain.setdefault("z", 4)
    assert list(lazy.items()) == list(plain.items())
    assert lazy.written == {"label", "x", "y", "z", "tokens", "text"} and set(lazy.accessed) == {"text"}


def test_order_is_kept_when_a_column_is_replaced(pair: tuple[Any, dict[str, Any]]) -> None:
    lazy, _ = pair
    lazy["text"] = 1
    assert list(lazy) == ["text", "label", "tokens"]


def test_merging_decodes_nothing(pair: tuple[Any, dict[str, Any]]) -> None:
    lazy, plain = pair
    merged = lazy | {"x": 1}
    assert type(merged) is type(lazy) and merged.accessed == {} and merged.written == {"x"} and lazy.written == set()
    assert merged == {**plain, "x": 1}
    assert {"x": 1, "label": 5} | lazy == {"x": 1, **plain}
    lazy |= {"x": 2}
    assert lazy["x"] == 2 and lazy.written == {"x"}
    with pytest.raises(TypeError):
        lazy | 5


def test_copies_part(pair: tuple[Any, dict[str, Any]]) -> None:
    lazy, plain = pair
    for other in (lazy.copy(), copy.copy(lazy)):
        other["text"] = "changed"
        assert lazy["text"] == plain["text"] and lazy.written == set() and other["label"] == plain["label"]
    deep = copy.deepcopy(lazy)
    deep["tokens"].append(0)
    assert lazy == plain
    assert pickle.loads(pickle.dumps(lazy)) == plain


def test_misspelt_names(pair: tuple[Any, dict[str, Any]]) -> None:
    lazy, _ = pair
    with pytest.raises(UnknownColumnError, match=r"no column 'lable'\. Did you mean 'label'"):
        lazy["lable"]
    with pytest.raises(KeyError):
        del lazy["lable"]
    with pytest.raises(KeyError):
        lazy.pop("lable")


def test_rows_of_a_table() -> None:
    rows = list(lazy_rows(TABLE, PYTHON))
    assert rows == [{k: v[0] for k, v in ALL.items()}, SECOND]
    many = pa.table({"a": range(2500)})
    assert [r["a"] for r in lazy_rows(many, PYTHON)] == list(range(2500))


def test_a_column_is_converted_once_for_many_rows() -> None:
    class Counting(type(PYTHON)):  # type: ignore[misc]
        calls = 0

        def items(self, table: Any, name: str) -> Any:
            Counting.calls += 1
            return super().items(table, name)

    for row in lazy_rows(pa.table({"a": range(500), "b": range(500)}), Counting()):
        row["a"]
    assert Counting.calls == 1


def test_rows_in_other_formats() -> None:
    row = next(iter(lazy_rows(TABLE, get_formatter(FormatSpec("numpy")))))
    assert isinstance(row, LazyRow) and isinstance(row["text"], np.str_) and row["tokens"].dtype == np.int64
    batch = lazy_batch(TABLE, get_formatter(FormatSpec("numpy")))
    assert isinstance(batch, LazyBatch) and batch["label"].tolist() == [0, 1]
    assert lazy_batch(TABLE, get_formatter(FormatSpec("arrow"))) is TABLE
    assert [t.num_rows for t in lazy_rows(TABLE, get_formatter(FormatSpec("arrow")))] == [1, 1]


def test_rows_of_a_mixed_format() -> None:
    formatter = get_formatter(FormatSpec("numpy", ("label",), output_all_columns=True))
    row = next(iter(lazy_rows(TABLE, formatter)))
    assert isinstance(row["label"], np.int64) and type(row["text"]) is str
