"""``Features``: the dict, its schema, its JSON, rows through it."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import FeatureError, UnknownColumnError
from nlpdata.features import (
    ClassLabel,
    Feature,
    Features,
    LargeList,
    List,
    Sequence,
    Struct,
    Translation,
    TranslationVariableLanguages,
    Value,
    encode_column,
    register_feature,
)

FEATURES = Features(
    {
        "id": Value("string"),
        "label": ClassLabel(names=["neg", "pos"]),
        "answers": Sequence({"text": Value("string"), "start": Value("int32")}),
        "tags": [ClassLabel(names=["O", "B"])],
        "meta": {"score": Value("float32"), "deep": {"x": LargeList(Value("bool"))}},
        "pair": Translation(["en", "fr"]),
        "texts": TranslationVariableLanguages(["en", "fr"]),
    }
)


def test_every_way_in_normalises() -> None:
    features = Features(a=[Value("int8")])
    features["b"] = {"c": Value("int8")}
    features.update({"d": [Value("bool")]}, e=Value("string"))
    features.setdefault("f", [Value("int8")])
    assert features.setdefault("a", Value("bool")) == List(Value("int8"))
    assert isinstance(features["b"], Struct)
    assert list(features) == ["a", "b", "d", "e", "f"]
    assert Features([("a", Value("int8"))]) == Features({"a": Value("int8")})
    with pytest.raises(FeatureError, match="name of a column is text"):
        Features({1: Value("int8")})


def test_an_unknown_column_is_answered() -> None:
    with pytest.raises(UnknownColumnError, match="Did you mean 'label'"):
        FEATURES["lable"]
    assert FEATURES.get("lable") is None


def test_features_pickle() -> None:
    again = pickle.loads(pickle.dumps(FEATURES))
    assert again == FEATURES
    assert type(again) is Features


def test_the_schema_tells_the_features() -> None:
    schema = FEATURES.arrow_schema
    content = json.loads(schema.metadata[b"huggingface"])
    assert content == {"info": {"features": FEATURES.to_dict()}}
    assert Features.from_arrow_schema(schema) == FEATURES
    assert pa.struct(list(schema)) == FEATURES.type


@pytest.mark.parametrize(
    "metadata", [{}, {"huggingface": "{"}, {"huggingface": "[1]"}, {"huggingface": '{"info": {"features": 3}}'}]
)
def test_metadata_that_cannot_be_read_is_passed_over(metadata: dict[str, str]) -> None:
    schema = FEATURES.arrow_schema.with_metadata(metadata)
    assert Features.from_arrow_schema(schema)["label"] == Value("int64")


def test_metadata_counts_where_it_agrees_with_the_type() -> None:
    described = Features({"a": ClassLabel(2), "b": ClassLabel(2), "gone": Value("int8")}).to_dict()
    described["c"] = {"_type": "Hologram", "dtype": "light"}
    metadata = {"huggingface": json.dumps({"info": {"features": described}})}
    schema = pa.schema({"a": pa.int64(), "b": pa.string(), "c": pa.binary(), "d": pa.int8()}, metadata=metadata)
    found = Features.from_arrow_schema(schema)
    assert found == {"a": ClassLabel(2), "b": Value("string"), "c": Value("binary"), "d": Value("int8")}


def test_marks_of_optional_keys_survive_metadata() -> None:
    t = encode_column([{"a": 0, "b": [{"c": 1}, {}]}, {"a": 1}], None).type
    features = Features({"x": {"a": ClassLabel(2), "b": [{"c": Value("int64")}]}})
    schema = pa.schema({"x": t}, metadata=features.arrow_schema.metadata)
    found = Features.from_arrow_schema(schema)["x"]
    assert found["a"] == ClassLabel(2)
    assert found.optional == {"b"}
    assert found["b"].feature.optional == {"c"}


OLD = {
    "tokens": {"feature": {"dtype": "string", "id": None, "_type": "Value"}, "length": -1, "id": None, "_type": "Sequence"},
    "answers": {
        "feature": {"text": {"dtype": "string", "_type": "Value"}, "start": {"dtype": "int32", "_type": "Value"}},
        "length": -1, "id": None, "_type": "Sequence",
    },
    "box": {"feature": {"dtype": "float", "_type": "Value"}, "length": 4, "_type": "Sequence"},
    "choices": [{"a": {"dtype": "int64", "_type": "Value"}}],
    "label": {"num_classes": 2, "names": ["n", "y"], "names_file": None, "id": None, "_type": "ClassLabel"},
    "card": {"names": {"0": "n", "10": "z", "2": "y"}, "_type": "ClassLabel"},
    "count": {"num_classes": 2, "_type": "ClassLabel"},
    "_type": {"dtype": "int64", "_type": "Value"},
}  # fmt: skip


def test_json_of_older_versions_is_read() -> None:
    assert Features.from_dict(OLD) == {
        "tokens": List(Value("string")),
        "answers": {"text": List(Value("string")), "start": List(Value("int32"))},
        "box": List(Value("float32"), length=4),
        "choices": List({"a": Value("int64")}),
        "label": ClassLabel(names=["n", "y"]),
        "card": ClassLabel(names=["n", "y", "z"]),
        "count": ClassLabel(names=["0", "1"]),
        "_type": Value("int64"),
    }


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"_type": "Valeu", "dtype": "int8"}, "Did you mean 'Value'"), ({"_type": "Value"}, "incomplete"),
    (3, "does not describe"),
     ({"_type": "Value", "dtype": "in8"}, "Did you mean 'int8'")],
)  # fmt: skip
def test_json_that_is_wrong(wrong: Any, says: str) -> None:
    with pytest.raises(FeatureError, match=says):
        Features.from_dict({"a": wrong})


def test_rows_as_scripts_yield_them() -> None:
    row = {
        "id": 17, "label": "pos", "answers": [{"text": "a", "start": "3"}, {"text": "b", "start": 4}], "tags": ["B", 0],
        "meta": {"score": "0.5", "unknown": 1}, "pair": {"fr": "x", "en": "y"}, "texts": {"fr": ["b", "a"]}, "more": 1,
    }  # fmt: skip
    encoded = FEATURES.encode_example(row)
    assert encoded == {
        "id": "17", "label": 1, "answers": {"text": ["a", "b"], "start": [3, 4]}, "tags": [1, 0],
        "meta": {"score": 0.5, "deep": None}, "pair": {"en": "y", "fr": "x"},
        "texts": {"language": ["fr", "fr"], "translation": ["a", "b"]},
    }  # fmt: skip
    assert FEATURES.encode_example({}) == dict.fromkeys(FEATURES)
    assert FEATURES.encode_batch({"label": ["neg", None], "id": ["a", 1]}) == {"label": [0, None], "id": ["a", "1"]}


@pytest.mark.parametrize(
    "row", [{"label": "x"}, {"answers": 3}, {"answers": [3]}, {"tags": "B"}, {"meta": [1]}, {"meta": {"score": "x"}}]
)
def test_rows_that_do_not_fit_name_the_column(row: dict[str, Any]) -> None:
    with pytest.raises(FeatureError, match=f"Column '{next(iter(row))}'"):
        FEATURES.encode_example(row)


def test_lists_of_plain_values_are_not_converted_one_by_one() -> None:
    array = np.arange(3)
    assert Features({"a": [Value("int64")]}).encode_example({"a": array})["a"] is array
    assert Features({"a": [Value("int8")]}).encode_example({"a": (1, "2", None)})["a"] == [1, 2, None]
    with pytest.raises(UnknownColumnError):
        FEATURES.encode_batch({"x": []})


@dataclass(frozen=True)
class Reversed(Feature):
    """Text stored backwards: a type that encodes and decodes."""

    dtype: ClassVar[str] = "string"
    _type: ClassVar[str] = "Reversed"
    requires_encoding: ClassVar[bool] = True
    requires_decoding = True  # type: ignore[assignment]
    pa_type = pa.string()  # type: ignore[assignment]

    def encode_example(self, value: str) -> str:
        return value[::-1]

    decode_example = encode_example


def test_types_of_ones_own_encode_and_decode() -> None:
    register_feature(Reversed, "Reversed")
    features = Features({"a": [{"b": Reversed()}], "c": Value("int8"), "d": Reversed()})
    assert Features.from_dict(features.to_dict()) == features
    assert features.requires_decoding == {"a", "d"}
    row = {"a": [{"b": "xy"}, None], "c": 1, "d": "uv"}
    stored = features.encode_example(row)
    assert stored == {"a": [{"b": "yx"}, None], "c": 1, "d": "vu"}
    assert features.decode_example(stored) == row
    assert features.decode_batch({"d": ["vu", None], "c": [1, 2]}) == {"d": ["uv", None], "c": [1, 2]}
    assert encode_column([[{"b": "xy"}], None], features["a"]).to_pylist() == [[{"b": "yx"}], None]
    column = [1, 2]
    assert features.decode_column(column, "c") is column
    assert not FEATURES.requires_decoding


def test_flatten_takes_structs_apart() -> None:
    flat = FEATURES.flatten()
    assert list(flat) == [
        "id", "label", "tags", "answers.text", "answers.start", "meta.score", "pair.en", "pair.fr", "texts.language",
        "texts.translation", "meta.deep.x",
    ]  # fmt: skip
    assert FEATURES.flatten(max_depth=2)["meta.deep"] == {"x": LargeList(Value("bool"))}
    assert FEATURES.flatten(max_depth=1) == FEATURES


def test_fields_are_reordered_by_name_everywhere() -> None:
    ours = Features({"a": {"x": Value("int8"), "y": [{"u": Value("bool"), "v": Value("int8")}]}, "b": Value("string")})
    theirs = Features({"b": Value("int8"), "a": {"y": [{"v": Value("int8"), "u": Value("bool")}], "x": Value("int8")}})
    found = ours.reorder_fields_as(theirs)
    assert found == ours
    assert list(found) == ["b", "a"]
    assert list(found["a"]) == ["y", "x"]
    assert list(found["a"]["y"].feature) == ["v", "u"]
    for other in ({"a": Value("int8"), "b": Value("int8")}, {"a": theirs["a"]}, {**theirs, "b": [Value("int8")]}):
        with pytest.raises(ValueError, match=r"differ|here and"):
            ours.reorder_fields_as(Features(other))
