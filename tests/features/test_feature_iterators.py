"""Iterators among values are the lists of their items, wherever they are."""

from __future__ import annotations

import collections
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata import Dataset
from nlpdata.errors import RowError
from nlpdata.features import (
    Array2D,
    ClassLabel,
    Features,
    Json,
    LargeList,
    List,
    Sequence,
    Translation,
    TranslationVariableLanguages,
    Value,
    encode_column,
    encode_table,
    infer_feature,
    infer_type,
    without_iterators,
)

TEXTS = List(Value("string"))


def letters() -> Iterator[str]:
    return map(str, "ab")


ROWS: list[tuple[Callable[[], list[Any]], list[Any]]] = [
    (lambda: [letters(), letters()], [["a", "b"], ["a", "b"]]),
    (lambda: [(i for i in range(3)), None, iter([])], [[0, 1, 2], None, []]),
    (lambda: [zip([1, 2], [3, 4], strict=True)], [[[1, 3], [2, 4]]]),
    (lambda: [["x"], letters(), ("y",), filter(None, ["z"])], [["x"], ["a", "b"], ["y"], ["z"]]),
    (lambda: [[], letters()], [[], ["a", "b"]]),
    (lambda: [[letters()], (letters(), ["x"]), []], [[["a", "b"]], [["a", "b"], ["x"]], []]),
    (lambda: [[None], [letters(), None]], [[None], [["a", "b"], None]]),
    (lambda: [{"n": letters()}, {"n": ["x"], "m": 1}, None], [{"n": ["a", "b"], "m": None}, {"n": ["x"], "m": 1}, None]),
    (lambda: [{"n": {"m": [letters()]}}], [{"n": {"m": [["a", "b"]]}}]),
    (lambda: [collections.UserDict(n=letters()), types.MappingProxyType({"n": letters()})], [{"n": ["a", "b"]}] * 2),
    (lambda: [map(lambda x: {"n": iter([x])}, [1, 2])], [[{"n": [1]}, {"n": [2]}]]),
    (lambda: [map(letters, []), [letters() for _ in range(2)]], [[], [["a", "b"]] * 2]),
    (lambda: [collections.deque([letters()]), collections.deque([["x"]])], [[["a", "b"]], [["x"]]]),
    (lambda: [np.array([letters(), None], dtype=object), [["x"]]], [[["a", "b"], None], [["x"]]]),
    (lambda: [np.array([1, 2]), iter([3])], [[1, 2], [3]]),
    (lambda: [iter([np.array([1, 2])]), [np.array([3])]], [[[1, 2]], [[3]]]),
]


@pytest.mark.parametrize(("make", "expected"), ROWS)
def test_iterators_are_lists(make: Callable[[], list[Any]], expected: list[Any]) -> None:
    found = encode_column(make(), None)
    found.validate(full=True)
    assert found.to_pylist() == expected
    assert infer_type(make()) == found.type
    feature = infer_feature(make())
    assert encode_column(make(), feature).equals(found)
    assert encode_column(make(), None, on_mixed_types="use_json").equals(found)
    assert encode_column(iter(make()), None).equals(found)
    assert encode_table({"c": make()}, Features({"c": feature})).column("c").combine_chunks().equals(found)
    assert encode_column([{"a": value} for value in make()], {"a": feature}).field("a").to_pylist() == expected


DECLARED: list[tuple[Any, Callable[[], list[Any]], list[Any]]] = [
    (TEXTS, lambda: [["x"], letters()], [["x"], ["a", "b"]]),
    (List(Value("string"), length=2), lambda: [letters(), None], [["a", "b"], None]),
    (LargeList(Value("string")), lambda: [letters()], [["a", "b"]]),
    ([ClassLabel(names=["b", "a"])], lambda: [letters(), iter([0])], [[1, 0], [0]]),
    ([[Value("int8")]], lambda: [[iter([1])], iter([[2]])], [[[1]], [[2]]]),
    (Array2D((2, 2), "int8"), lambda: [iter([[1, 2], iter([3, 4])])], [[[1, 2], [3, 4]]]),
    (Sequence({"t": Value("string")}), lambda: [iter([{"t": "x"}]), {"t": letters()}], [{"t": ["x"]}, {"t": ["a", "b"]}]),
    (TranslationVariableLanguages(), lambda: [{"en": letters()}], [{"language": ["en", "en"], "translation": ["a", "b"]}]),
    ({"j": Json(), "n": TEXTS}, lambda: [{"j": letters(), "n": letters()}], [{"j": '["a","b"]', "n": ["a", "b"]}]),
    (Json(), lambda: [1, letters(), {"n": [1, letters()]}], ["1", '["a","b"]', '{"n":[1,["a","b"]]}']),
]  # fmt: skip


@pytest.mark.parametrize(("feature", "make", "expected"), DECLARED, ids=lambda x: str(x).split(" at 0x")[0][:40])
def test_declared_features(feature: Any, make: Callable[[], list[Any]], expected: list[Any]) -> None:
    assert encode_column(make(), feature).to_pylist() == expected
    if "Json" in repr(feature):  # text that is JSON would be encoded again, as text
        return
    features = Features({"c": feature})
    rows = [features.encode_example({"c": value}) for value in make()]
    assert encode_column([row["c"] for row in rows], feature).to_pylist() == expected


def test_values_of_mixed_types() -> None:
    for values in ([1, letters()], ["x", {"n": letters()}], [[1, letters()], [2]], [{"n": [1, letters()], "m": 1}]):
        table = encode_table({"c": values}, None, on_mixed_types="use_json")
        assert "a" in str(table.to_pylist()) and "b" in str(table.to_pylist())
    assert infer_feature([[1, letters()]], on_mixed_types="use_json") == List(Json())
    with pytest.raises(RowError, match="Row 1"):
        encode_column([1, letters()], None)


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(RowError, match="Row 1") as caught:
        encode_column([letters(), iter([1])], TEXTS)
    assert caught.value.value == [1]
    with pytest.raises(RowError, match="Row 0"):
        encode_column([letters()], Value("string"))
    with pytest.raises(RowError, match="Row 1"):
        encode_column([1, iter([object()])], Json())
    with pytest.raises(RowError, match="Row 0"):
        encode_column([letters()], Translation(["en"]))


def test_an_error_inside_of_an_iterator_is_the_users() -> None:
    def fails() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        encode_column([fails()], None)


def test_values_without_iterators_are_passed_on() -> None:
    endless: list[Any] = []
    endless += [endless, endless]
    for values in (
        [1, 2], ["a", None], [[1], [], (2,)], [{"a": [1]}, {}], [np.ones(2), None], [np.ones((2, 2))], [[[{"a": {1}}]]], [],
        [None], [range(3)], [np.array(1), 2], [[1], np.array(1)], [bytearray(b"a")], [memoryview(b"a")], endless, [b"a"],
        [pa.scalar([1])],
    ):  # fmt: skip
        assert without_iterators(values) is values
    values = [[letters()], {"a": letters()}]
    inner, mapping = values[0], values[1]
    assert without_iterators(values) == [[["a", "b"]], {"a": ["a", "b"]}]
    assert values[0] is inner and values[1] is mapping  # what was given is as it was


def test_datasets() -> None:
    numbers = Dataset.from_dict({"x": [1, 2]})
    assert numbers.map(lambda r: {"n": map(str, [1, 2])})["n"][:] == [["1", "2"]] * 2
    batched = numbers.map(lambda b: {"n": [letters(), map(str, "cd")]}, batched=True)
    assert batched["n"][:] == [["a", "b"], ["c", "d"]]
    assert Dataset.from_dict({"n": [letters()]})[:] == {"n": [["a", "b"]]}
    assert Dataset.from_list([{"n": letters(), "m": {"k": [letters()]}}])[0] == {"n": ["a", "b"], "m": {"k": [["a", "b"]]}}
    for features in (None, Features({"n": TEXTS})):
        assert Dataset.from_dict({"n": [["x"], letters()]}, features=features)["n"][:] == [["x"], ["a", "b"]]
        assert Dataset.from_generator(lambda: iter([{"n": letters()}]), features=features)["n"][:] == [["a", "b"]]
        mapped = numbers.map(lambda r: {"n": letters()}, features=features and Features({"x": Value("int64"), **features}))
        assert mapped["n"][:] == [["a", "b"]] * 2
