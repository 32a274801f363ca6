"""Single feature types: names of dtypes, labels, lists, translations."""

from __future__ import annotations

import copy
import doctest
import importlib
import pickle
import pkgutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import nlpdata.features
from nlpdata.errors import FeatureError
from nlpdata.features import (
    ClassLabel,
    Features,
    LargeList,
    List,
    Sequence,
    Struct,
    Translation,
    TranslationVariableLanguages,
    Value,
    from_arrow_type,
    to_arrow_type,
)
from nlpdata.features.dtypes import dtype_name, parse_dtype

DTYPES = {
    "null": pa.null(), "bool": pa.bool_(), "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64(),
    "uint8": pa.uint8(), "uint16": pa.uint16(), "uint32": pa.uint32(), "uint64": pa.uint64(),
    "float16": pa.float16(), "float32": pa.float32(), "float64": pa.float64(),
    "time32[s]": pa.time32("s"), "time32[ms]": pa.time32("ms"), "time64[us]": pa.time64("us"), "time64[ns]": pa.time64("ns"),
    "timestamp[s]": pa.timestamp("s"), "timestamp[us, tz=America/New_York]": pa.timestamp("us", "America/New_York"),
    "timestamp[ms, tz=+02:00]": pa.timestamp("ms", "+02:00"),
    "date32": pa.date32(), "date64": pa.date64(), "duration[s]": pa.duration("s"), "duration[ns]": pa.duration("ns"),
    "decimal128(10, 2)": pa.decimal128(10, 2), "decimal128(5, -2)": pa.decimal128(5, -2),
    "decimal256(60, 4)": pa.decimal256(60, 4),
    "decimal32(5, 1)": pa.decimal32(5, 1), "decimal64(12, 3)": pa.decimal64(12, 3),
    "binary": pa.binary(), "large_binary": pa.large_binary(), "binary_view": pa.binary_view(),
    "fixed_size_binary[16]": pa.binary(16), "month_day_nano_interval": pa.month_day_nano_interval(),
    "string": pa.string(), "large_string": pa.large_string(), "string_view": pa.string_view(),
}  # fmt: skip
ALIASES = {
    "float": "float32", "double": "float64", "halffloat": "float16", "bool_": "bool", "boolean": "bool", "utf8": "string",
    "large_utf8": "large_string", "date32[day]": "date32", "date64[ms]": "date64", "decimal128(10,2)": "decimal128(10, 2)",
    "decimal128(10)": "decimal128(10, 0)", "timestamp[s,tz=UTC]": "timestamp[s, tz=UTC]",
}  # fmt: skip


@pytest.mark.parametrize("module", [m.name for m in pkgutil.iter_modules(nlpdata.features.__path__)])
def test_examples_in_docstrings_run(module: str) -> None:
    names = {name: getattr(nlpdata.features, name) for name in nlpdata.features.__all__}
    found = importlib.import_module(f"nlpdata.features.{module}")
    assert doctest.testmod(found, extraglobs=names).failed == 0


def test_exported_names_are_sorted_and_exist() -> None:
    assert nlpdata.features.__all__ == sorted(nlpdata.features.__all__)
    assert all(hasattr(nlpdata.features, name) for name in nlpdata.features.__all__)


@pytest.mark.parametrize("name", DTYPES)
def test_each_name_is_an_arrow_type_and_back(name: str) -> None:
    assert Value(name).pa_type == Value(name)() == DTYPES[name]
    assert dtype_name(DTYPES[name]) == name == Value(name).dtype
    assert from_arrow_type(DTYPES[name]) == Value(name)


@pytest.mark.parametrize("alias", ALIASES)
def test_other_spellings_become_canonical(alias: str) -> None:
    assert Value(alias) == Value(ALIASES[alias])
    assert repr(Value(alias)) == f"Value({ALIASES[alias]!r})"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("strng", "Did you mean 'string'"), ("str", "Did you mean 'string'"), ("int", "Did you mean 'int64'"),
        ("timestamp[d]", "unit of timestamp"), ("time32[ns]", "unit of time32"), ("decimal128(99, 2)", "not a valid type"),
        ("duration[s, tz=UTC]", "no time zone"), ("", "Known: null"), ("list<int32>", "Known"),
    ],
)  # fmt: skip
def test_a_wrong_dtype_is_answered(name: str, says: str) -> None:
    with pytest.raises(FeatureError, match=says.replace("[", r"\[")):
        Value(name)


def test_a_value_takes_a_name_and_nothing_else() -> None:
    assert Value(pa.int8()) == Value("int8")
    with pytest.raises(FeatureError, match="name of an Arrow type"):
        Value(int)  # type: ignore[arg-type]
    with pytest.raises(FeatureError, match="not a primitive"):
        parse = dtype_name(pa.list_(pa.int8()))
        assert parse
    assert parse_dtype("int8") is parse_dtype("int8")


def test_id_is_neither_compared_nor_stored() -> None:
    for a, b in [
        (Value("int8", id="x"), Value("int8")),
        (ClassLabel(2, id="x"), ClassLabel(2)),
        (List(Value("int8"), id="x"), List(Value("int8"))),
        (LargeList(Value("int8"), id="x"), LargeList(Value("int8"))),
        (Translation(["en"], id="x"), Translation(["en"])),
        (TranslationVariableLanguages(["en"], id="x"), TranslationVariableLanguages(["en"])),
    ]:
        assert a == b
        assert hash(a) == hash(b)
        assert a.id == "x"
        assert "id" not in a.to_dict()


ALL = [
    Value("decimal128(5, 2)"), ClassLabel(names=["a", "b"]), List(Value("int8"), length=2), LargeList({"a": Value("string")}),
    Translation(["en", "fr"]), TranslationVariableLanguages(["fr", "en"]), Struct({"a": [Value("int8")]}, ["a"]),
]  # fmt: skip


@pytest.mark.parametrize("feature", ALL, ids=repr)
def test_features_pickle_copy_and_do_not_change(feature: Any) -> None:
    for again in (pickle.loads(pickle.dumps(feature)), copy.deepcopy(feature)):
        assert again == feature
        assert to_arrow_type(again).equals(to_arrow_type(feature), check_metadata=True)
    if not isinstance(feature, Struct):
        with pytest.raises(AttributeError):
            feature.id = "y"


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        ("int32", "5", 5), ("int32", 5.0, 5), ("int64", True, 1), ("float32", "1.5", 1.5), ("float64", 1, 1.0),
        ("string", 5, "5"),
        ("string", 1.5, "1.5"), ("large_string", Path("a"), "a"), ("bool", 1, True), ("bool", "false", False),
        ("string", "x", "x"),
        ("int8", None, None), ("binary", b"x", b"x"), ("date32", "as it is", "as it is"),
    ],
)  # fmt: skip
def test_scripts_yield_what_can_be_converted(dtype: str, value: Any, expected: Any) -> None:
    found = Value(dtype).encode_example(value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("int32", 1.5), ("int32", "x"), ("int32", [1]), ("string", b"x"), ("string", ["x"]), ("bool", 2), ("bool", "maybe"),
     ("float32", "x"), ("int8", float("inf")), ("int8", float("nan")), ("float16", 2049), ("float32", 2**24 + 1),
     ("float64", -(2**53) - 1)],
)  # fmt: skip
def test_what_would_lose_something_is_refused(dtype: str, value: Any) -> None:
    with pytest.raises(FeatureError, match="without loss"):
        Value(dtype).encode_example(value)


# --- labels ---


def test_labels_from_names_a_count_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("neg\n pos \n\nünsure", encoding="utf-8")
    from_file = ClassLabel(names_file=path)
    assert from_file.names == ["neg", "pos", "ünsure"]
    assert from_file == ClassLabel(names=["neg", "pos", "ünsure"]) == ClassLabel(3, ["neg", "pos", "ünsure"])
    assert ClassLabel(num_classes=2).names == ["0", "1"]
    assert ClassLabel(names=("a", "b")).num_classes == 2
    assert (ClassLabel(2).dtype, ClassLabel(2)()) == ("int64", pa.int64())
    assert repr(ClassLabel(2)) == "ClassLabel(names=['0', '1'])"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [({}, "num_classes, names or"), ({"names": ["a", "a"]}, "unique.*: a"),
    ({"names": ["a"], "num_classes": 2}, "num_classes=2 but 1"),
     ({"names": "abc"}, "are a list"), ({"names": ["a"], "names_file": "f"}, "not both")],
)  # fmt: skip
def test_contradicting_labels(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(FeatureError, match=says):
        ClassLabel(**arguments)


def test_names_and_integers_of_labels() -> None:
    label = ClassLabel(names=["neg", "pos", "7"])
    assert label.str2int("pos") == 1
    assert label.str2int("7") == 2  # a name comes before the digits of an integer
    assert label.str2int(["1", "-1", "neg"]) == [1, -1, 0]
    assert label.int2str(1) == "pos"
    assert label.int2str([0, 2]) == ["neg", "7"]
    assert [label.encode_example(v) for v in ("pos", 1, 1.0, -1, None, "0")] == [1, 1, 1, -1, None, 0]


@pytest.mark.parametrize("value", ["ops", "9", "1.0", 3, -2, 1.5, True, b"pos", ["pos"], float("nan"), float("inf")])
def test_what_is_no_label(value: Any) -> None:
    with pytest.raises(FeatureError):
        ClassLabel(names=["neg", "pos", "neutral"]).encode_example(value)


def test_an_unknown_label_is_answered() -> None:
    label = ClassLabel(names=["negative", "positive"])
    with pytest.raises(ValueError, match="Did you mean 'positive'"):
        label.str2int("postive")
    for wrong in (-1, 2, [0, 2]):
        with pytest.raises(ValueError, match="There is no class"):
            label.int2str(wrong)
    with pytest.raises(FeatureError, match="integer or several"):
        label.int2str(None)  # type: ignore[arg-type]


def test_arrays_of_names_become_arrays_of_labels() -> None:
    label = ClassLabel(names=["a", "b"])
    for t in (pa.string(), pa.large_string(), pa.string_view()):
        assert label.cast_storage(pa.array(["b", None, "0", "a", "-1"], t)).to_pylist() == [1, None, 0, 0, -1]
    assert label.cast_storage(pa.chunked_array([["b"], ["a"]])).to_pylist() == [1, 0]
    assert label.cast_storage(pa.array([1.0, None, -1.0])).to_pylist() == [1, None, -1]
    for wrong in ([2], [-2], [0.5], ["c"], [True], [b"a"]):
        with pytest.raises((FeatureError, pa.ArrowInvalid)):
            label.cast_storage(pa.array(wrong))


# --- nesting ---


def test_dicts_and_lists_are_features() -> None:
    features = Features({"a": {"b": [Value("int8")], "c": ({"d": Value("string")},)}})
    assert features["a"]["b"] == List(Value("int8"))
    assert features["a"]["c"] == List({"d": Value("string")})
    assert features["a"] == {"b": List(Value("int8")), "c": List({"d": Value("string")})}
    assert isinstance(features["a"], Struct)
    assert to_arrow_type([Value("int8")]) == pa.list_(pa.int8())
    assert List(Value("int8"), length=3)() == pa.list_(pa.int8(), 3)
    assert LargeList(Value("int8"))() == pa.large_list(pa.int8())
    assert List(Value("int8")) != LargeList(Value("int8"))


def test_sequence_makes_lists() -> None:
    assert Sequence(Value("int8"), length=2) == List(Value("int8"), length=2)
    assert Sequence({"a": Value("int8"), "b": {"c": Value("bool")}}) == {
        "a": List(Value("int8")),
        "b": List({"c": Value("bool")}),
    }
    assert Sequence(feature=[Value("int8")]) == List(List(Value("int8")))
    with pytest.raises(FeatureError, match="type of its items"):
        Sequence()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [("int8", r"Write Value\('int8'\)"), (pa.int8(), r"Write Value\('int8'\)"), (Value, "is a class"), ([], "exactly one"),
     ([Value("int8")] * 2, "exactly one"), (None, "is not a feature"), (int, "is not a feature"),
     ({"b": "int8"}, "Column 'b'")],
)  # fmt: skip
def test_what_is_no_feature_is_answered(wrong: Any, says: str) -> None:
    with pytest.raises(FeatureError, match=says):
        Features({"a": wrong})
    with pytest.raises(FeatureError):
        List(List(Value("int8"), length=-2))


def test_structs_keep_what_is_optional() -> None:
    struct = Struct({"a": Value("int8"), "b": Value("int8")}, optional=["b"])
    assert struct == {"a": Value("int8"), "b": Value("int8")}
    assert struct.optional == {"b"}
    t = to_arrow_type({"x": [struct]})
    again = from_arrow_type(t)
    assert again["x"].feature.optional == {"b"}  # type: ignore[index]
    assert t == pa.struct({"x": pa.list_(pa.struct({"a": pa.int8(), "b": pa.int8()}))})  # others need not know of marks


def test_arrow_types_that_only_files_have() -> None:
    assert from_arrow_type(pa.dictionary(pa.int8(), pa.large_string())) == Value("large_string")
    assert from_arrow_type(pa.map_(pa.string(), pa.int8())) == List({"key": Value("string"), "value": Value("int8")})
    assert from_arrow_type(pa.list_view(pa.int8())) == List(Value("int8"))
    assert from_arrow_type(pa.uuid()) == Value("fixed_size_binary[16]")
    with pytest.raises(FeatureError, match="not a primitive"):
        from_arrow_type(pa.dense_union([pa.field("a", pa.int8())]))


# --- translations ---


def test_translation_is_a_struct_of_text() -> None:
    assert Translation(["fr", "en"])() == pa.struct({"en": pa.string(), "fr": pa.string()})
    assert Translation(("fr", "en")).flatten() == {"en": Value("string"), "fr": Value("string")}
    for wrong in ("en", ["en", "en"], [1]):
        with pytest.raises(FeatureError):
            Translation(wrong)  # type: ignore[arg-type]


def test_translations_of_varying_languages() -> None:
    feature = TranslationVariableLanguages(["fr", "en", "de"])
    assert feature.languages == ["de", "en", "fr"]
    assert feature.num_languages == 3
    encoded = feature.encode_example({"fr": ["b", "a"], "en": "c"})
    assert encoded == {"language": ["en", "fr", "fr"], "translation": ["c", "a", "b"]}
    assert feature.encode_example(encoded) == encoded
    assert TranslationVariableLanguages().encode_example({"xx": "y"}) == {"language": ["xx"], "translation": ["y"]}
    with pytest.raises(FeatureError, match="it are not among"):
        feature.encode_example({"it": "x"})
    with pytest.raises(FeatureError, match="not a mapping"):
        feature.encode_example("x")
