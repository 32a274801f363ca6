"""What scripts may yield, and what configurations are called."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpdata
from nlpdata.builder.config import BuilderConfig
from nlpdata.builder.rows import RowEncoder
from nlpdata.errors import ArgumentError, RowError

FEATURES = nlpdata.Features(
    {
        "text": nlpdata.Value("string"),
        "n": nlpdata.Value("int32"),
        "score": nlpdata.Value("float32"),
        "answers": nlpdata.Sequence({"start": nlpdata.Value("int64")}),
        "label": nlpdata.ClassLabel(names=["no", "yes"]),
    }
)
ROW: dict[str, Any] = {"text": "a", "n": 1, "score": 0.5, "answers": {"start": [1]}, "label": "yes"}


@pytest.mark.parametrize(
    ("column", "given_value", "expected"),
    [
        ("n", "7", 7),
        ("n", np.int64(7), 7),
        ("text", 7, "7"),
        ("score", 3, 3.0),
        ("answers", [{"start": 1}, {"start": "2"}], {"start": [1, 2]}),
        ("text", None, None),
    ],
)
def test_values_become_what_is_declared(column: str, given_value: Any, expected: Any) -> None:
    row = {**ROW, column: given_value}
    before = copy.deepcopy(row)
    assert RowEncoder(FEATURES, "test").encode(row, 0)[column] == expected
    assert row == before


def test_keys_that_are_missing_are_null() -> None:
    assert RowEncoder(FEATURES, "test").encode({"n": 1}, 0) == {
        "text": None,
        "n": 1,
        "score": None,
        "answers": None,
        "label": None,
    }


@pytest.mark.parametrize(("column", "value"), [("n", "seven"), ("n", 1.5), ("text", b"x"), ("answers", 3)])
def test_what_does_not_fit_is_named(column: str, value: Any) -> None:
    with pytest.raises(RowError, match=f"Row 41 .*{column}") as caught:
        RowEncoder(FEATURES, "test").encode({**ROW, column: value}, 41)
    assert (caught.value.row, caught.value.column, caught.value.value) == (41, column, value)


def test_a_row_is_a_dict() -> None:
    with pytest.raises(RowError, match="Row 3 is a list, not a dict"):
        RowEncoder(FEATURES, "test").encode(["a"], 3)
    assert RowEncoder(None, "test").encode({"anything": object}, 0) == {"anything": object}


@given(
    st.dictionaries(
        st.sampled_from(["size", "code", "flag"]), st.one_of(st.integers(), st.text(), st.booleans(), st.lists(st.text()))
    )
)
def test_a_config_id_names_a_folder(parameters: dict[str, Any]) -> None:
    name = BuilderConfig("base").create_config_id(parameters)
    assert name == "base" if not parameters else name.startswith("base-")
    assert len(name.encode()) < 255 and not set(name) & set("<>:/\\|?*\0\n")
    assert name == BuilderConfig("base").create_config_id(dict(reversed(parameters.items())))


@pytest.mark.parametrize("name", ["a/b", "", "..", "a:b", "a\nb"])
def test_a_config_name_that_names_no_folder(name: str) -> None:
    with pytest.raises(ArgumentError, match="cannot name a configuration"):
        BuilderConfig(name)
