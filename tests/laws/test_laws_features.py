"""Laws of the words: features <-> Arrow <-> JSON, values there and back, widening, slices of splits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nlpdata.errors import RowError, TypeConflictError
from nlpdata.features import (
    ClassLabel,
    Features,
    LargeList,
    List,
    Struct,
    Translation,
    TranslationVariableLanguages,
    Value,
    cast_array,
    encode_column,
    encode_table,
    from_arrow_type,
    infer_type,
    is_optional,
    to_arrow_type,
    widen,
    widen_schema,
)
from nlpdata.splits import ReadInstruction, parse_split

settings.register_profile("features", deadline=None)  # the machine may be busy with other things
settings.load_profile("features")

UNITS = ("s", "ms", "us", "ns")
DTYPES = [
    "null", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "date32", "date64", "time32[s]", "time32[ms]", "time64[us]", "time64[ns]", "string", "large_string", "string_view",
    "binary", "large_binary", "binary_view", "decimal128(10, 2)", "decimal256(40, 3)", "fixed_size_binary[4]",
    *(f"timestamp[{unit}]" for unit in UNITS), *(f"timestamp[{unit}, tz=UTC]" for unit in UNITS),
    *(f"duration[{unit}]" for unit in UNITS),
]  # fmt: skip
KEYS = st.text(alphabet="abcXYZ_ .é", min_size=1, max_size=4)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def structs(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        fields = st.dictionaries(KEYS, inner, min_size=1, max_size=3)
        return fields.flatmap(lambda f: st.builds(Struct, st.just(f), st.sets(st.sampled_from(sorted(f)))))

    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(List, inner),
            st.builds(List, inner, length=st.integers(0, 3)),
            st.builds(LargeList, inner),
            structs(inner),
        ),
        max_leaves=5,
    )


LABELS = st.lists(st.text(max_size=3), unique=True, max_size=4).map(lambda names: ClassLabel(names=names))
LANGUAGES = st.lists(st.sampled_from(["de", "en", "fr", "it"]), min_size=1, unique=True)
LEAVES = st.one_of(
    st.sampled_from(DTYPES).map(Value),
    LABELS,
    LANGUAGES.map(Translation),
    LANGUAGES.map(TranslationVariableLanguages),
)
FEATURES = st.dictionaries(KEYS, nested(LEAVES), max_size=4).map(Features)


def marks(t: pa.DataType) -> list[Any]:
    """Which keys of a type are optional, level by level."""
    if not pa.types.is_nested(t):
        return []
    return [(t.field(i).name, is_optional(t.field(i)), marks(t.field(i).type)) for i in range(t.num_fields)]


@given(FEATURES)
def test_features_to_json_and_back(features: Features) -> None:
    assert Features.from_dict(features.to_dict()) == features


@given(FEATURES)
def test_features_to_schema_and_back(features: Features) -> None:
    schema = features.arrow_schema
    again = Features.from_arrow_schema(schema)
    assert again == features
    assert again.arrow_schema.equals(schema, check_metadata=True)
    assert [marks(field.type) for field in again.arrow_schema] == [marks(field.type) for field in schema]
    read = pa.ipc.read_schema(pa.py_buffer(schema.serialize()))
    assert Features.from_arrow_schema(read).arrow_schema.equals(schema, check_metadata=True)


@given(nested(st.sampled_from(DTYPES).map(Value)))
def test_types_without_metadata_come_back(feature: Any) -> None:
    assert from_arrow_type(to_arrow_type(feature)) == feature


@given(FEATURES)
def test_copies_are_equal_and_apart(features: Features) -> None:
    copied = features.copy()
    assert copied == features
    copied["a new column"] = Value("int8")
    assert "a new column" not in features


# --- values ---


def bounded(dtype: str) -> st.SearchStrategy[Any]:
    bits = int(dtype.lstrip("uint"))
    return st.integers(0, 2**bits - 1) if dtype.startswith("u") else st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


SCALARS: dict[str, st.SearchStrategy[Any]] = {
    **{f"{sign}int{bits}": bounded(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "bool": st.booleans(),
    "float64": st.floats(allow_nan=False),
    "float32": st.floats(width=32, allow_nan=False),
    "string": st.text(max_size=5),
    "large_string": st.text(max_size=5),
    "string_view": st.text(max_size=5),
    "binary": st.binary(max_size=5),
    "fixed_size_binary[2]": st.binary(min_size=2, max_size=2),
    "timestamp[us]": st.datetimes(),
    "date32": st.dates(),
    "time64[us]": st.times(),
    "decimal128(6, 2)": st.decimals(-9999, 9999, places=2),
}


def values_of(feature: Any) -> st.SearchStrategy[Any]:
    """Values that come back as they are."""
    if isinstance(feature, Struct):
        return st.none() | st.fixed_dictionaries({key: values_of(part) for key, part in feature.items()})
    if isinstance(feature, List) and feature.length >= 0:
        return st.none() | st.lists(values_of(feature.feature), min_size=feature.length, max_size=feature.length)
    if isinstance(feature, List | LargeList):
        return st.none() | st.lists(values_of(feature.feature), max_size=3)
    if isinstance(feature, ClassLabel):
        return st.none() | st.integers(-1, len(feature.names) - 1)
    return st.none() | SCALARS[feature.dtype]


STORABLE = nested(st.one_of(st.sampled_from(sorted(SCALARS)).map(Value), LABELS))
COLUMNS = STORABLE.flatmap(lambda f: st.tuples(st.just(f), st.lists(values_of(f), max_size=6)))


@given(COLUMNS)
def test_encoded_values_come_back(case: tuple[Any, list[Any]]) -> None:
    feature, values = case
    array = encode_column(values, feature)
    array.validate(full=True)
    assert array.type.equals(to_arrow_type(feature))
    assert array.to_pylist() == values


@given(COLUMNS)
def test_an_encoded_column_encodes_to_itself_and_slices_too(case: tuple[Any, list[Any]]) -> None:
    feature, values = case
    array = encode_column(values, feature)
    assert encode_column(array, feature).equals(array)
    assert encode_column(array.slice(1), feature).to_pylist() == values[1:]
    assert cast_array(array.slice(1), feature).to_pylist() == values[1:]
    assert encode_column(pa.chunked_array([array.slice(0, 1), array.slice(1)]), feature).to_pylist() == values


@given(COLUMNS, st.data())
def test_the_first_bad_row_is_named(case: tuple[Any, list[Any]], data: st.DataObject) -> None:
    feature, values = case
    at = data.draw(st.integers(0, len(values)))
    wrong = object()
    with pytest.raises(RowError) as caught:
        encode_column([*values[:at], wrong, *values[at:], wrong], feature, column="c", first_row=100)
    assert (caught.value.row, caught.value.column, caught.value.value) == (100 + at, "c", wrong)


PLAIN = st.recursive(
    st.one_of(st.integers(-(2**53), 2**53), st.text(max_size=3), st.floats(allow_nan=False), st.booleans(), st.none()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


def lacking_nothing(value: Any, t: pa.DataType) -> Any:
    """A read value without the keys that are optional and null: what readers hand out."""
    if isinstance(value, Mapping):
        fields = {t.field(i).name: t.field(i) for i in range(t.num_fields)}
        kept = {k: v for k, v in value.items() if v is not None or not is_optional(fields[k])}
        return {k: lacking_nothing(v, fields[k].type) for k, v in kept.items()}
    return [lacking_nothing(item, t.value_type) for item in value] if isinstance(value, list) else value


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@given(st.lists(PLAIN, max_size=5))
def test_inferred_values_come_back_or_conflict(values: list[Any]) -> None:
    try:
        t = infer_type(values)
    except TypeConflictError:
        with pytest.raises(RowError):
            encode_column(values, None)
        return
    array = encode_column(values, None)
    assert array.type.equals(t, check_metadata=True)
    found = [lacking_nothing(value, t) for value in array.to_pylist()]
    assert without_nulls(found) == without_nulls(values)
    assert all(is_subset(a, b) for a, b in zip(found, values, strict=True))


def is_subset(found: Any, given: Any) -> bool:
    """No key was made up that the row did not have."""
    if isinstance(found, dict):
        return all(key in given and is_subset(found[key], given[key]) for key in found)
    return all(is_subset(a, b) for a, b in zip(found, given, strict=True)) if isinstance(found, list) else True


@given(st.lists(st.lists(PLAIN, max_size=3), min_size=1, max_size=3))
def test_batches_widen_to_the_type_of_all_rows(batches: list[list[Any]]) -> None:
    rows = [row for batch in batches for row in batch]
    try:
        whole = infer_type(rows)
    except TypeConflictError:
        assume(False)
    joined = reduce(widen, [infer_type(batch) for batch in batches], pa.null())
    assert canonical(joined) == canonical(whole)
    for batch in batches:
        assert without_nulls(cast_array(encode_column(batch, None), joined).to_pylist()) == without_nulls(batch)


# --- widening ---

TYPES = nested(st.sampled_from(DTYPES).map(Value)).map(to_arrow_type)


def canonical(t: pa.DataType) -> Any:
    """A type up to the order of struct keys, marks included."""
    if pa.types.is_struct(t):
        return frozenset((t.field(i).name, is_optional(t.field(i)), canonical(t.field(i).type)) for i in range(t.num_fields))
    if pa.types.is_nested(t):
        return str(t).partition("<")[0], getattr(t, "list_size", None) if "fixed" in str(t) else None, canonical(t.value_type)
    return str(t)


def joined(*types: Any) -> Any:
    """The widest of several types, or a word for there being none."""
    try:
        return reduce(widen, types)
    except TypeConflictError:
        return "conflict"


@given(TYPES, TYPES)
def test_widening_is_commutative(a: pa.DataType, b: pa.DataType) -> None:
    ab, ba = joined(a, b), joined(b, a)
    assert (ab if ab == "conflict" else canonical(ab)) == (ba if ba == "conflict" else canonical(ba))


@given(TYPES)
def test_widening_is_idempotent_and_null_is_neutral(a: pa.DataType) -> None:
    assert canonical(widen(a, a)) == canonical(a)
    assert widen(a, pa.null()).equals(a, check_metadata=True)
    assert widen(pa.null(), a).equals(a, check_metadata=True)


def assert_associative(a: pa.DataType, b: pa.DataType, c: pa.DataType) -> None:
    left, bc = joined(a, b, c), joined(b, c)
    right = "conflict" if isinstance(bc, str) else joined(a, bc)
    assert (left if isinstance(left, str) else canonical(left)) == (right if isinstance(right, str) else canonical(right))


@given(TYPES, TYPES, TYPES)
def test_widening_is_associative(a: pa.DataType, b: pa.DataType, c: pa.DataType) -> None:
    assert_associative(a, b, c)


PRIMITIVE = [Value(name).pa_type for name in DTYPES] + [pa.dictionary(pa.int8(), pa.string()), pa.decimal128(38, 0)]


def test_widening_of_all_primitive_types_is_associative() -> None:
    for a in PRIMITIVE:
        for b in PRIMITIVE:
            for c in PRIMITIVE:
                assert_associative(a, b, c)


SMALL: dict[str, list[Any]] = {"int": [0, 1, None, 100], "float": [0.5, None, -2.0]}


@pytest.mark.parametrize("a", PRIMITIVE, ids=str)
def test_both_sides_cast_to_the_wider_type(a: pa.DataType) -> None:
    for b in PRIMITIVE:
        both = joined(a, b)
        if isinstance(both, str):
            continue
        for t in (a, b):
            values = SMALL["int"] if pa.types.is_integer(t) else SMALL["float"] if pa.types.is_floating(t) else [None]
            array = pa.array(values, type=t)
            assert cast_array(array, both).to_pylist() == values


FAMILIES = [
    ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"],
    ["string", "large_string", "string_view"],
]


def kin(feature: Any) -> st.SearchStrategy[Any]:
    """Features that share a wider type with this one."""
    if isinstance(feature, Struct):
        keys = st.lists(st.sampled_from(sorted(feature)), unique=True)
        return keys.flatmap(lambda kept: st.fixed_dictionaries({key: kin(feature[key]) for key in kept})).map(Struct)
    if isinstance(feature, List | LargeList):
        length = getattr(feature, "length", -1)
        return kin(feature.feature).flatmap(lambda f: st.sampled_from([List(f), List(f, length=length), LargeList(f)]))
    if isinstance(feature, ClassLabel):
        return st.just(feature)
    family = next((names for names in FAMILIES if feature.dtype in names), [feature.dtype])
    return st.sampled_from(family).map(Value)


PAIRS = STORABLE.flatmap(
    lambda f: kin(f).flatmap(lambda g: st.tuples(*(st.tuples(st.just(x), st.lists(values_of(x), max_size=4)) for x in (f, g))))
)


@given(PAIRS)
def test_columns_of_both_types_cast_to_the_wider_type(pair: Any) -> None:
    (f, xs), (g, ys) = pair
    both = widen(to_arrow_type(f), to_arrow_type(g))
    for feature, values in ((f, xs), (g, ys)):
        array = encode_column(values, feature)
        try:
            wide = cast_array(array, both)
        except RowError:
            assert "double" in str(both)  # integers beyond 2**53 beside floats: an error, never another number
            continue
        assert wide.type == both
        assert len(wide) == len(array)
        assert np.array_equal(wide.is_null().to_numpy(zero_copy_only=False), array.is_null().to_numpy(zero_copy_only=False))


@given(st.dictionaries(KEYS, TYPES, max_size=3), st.dictionaries(KEYS, TYPES, max_size=3))
def test_schemas_widen_column_by_column(a: dict[str, Any], b: dict[str, Any]) -> None:
    expected = {name: joined(*[side[name] for side in (a, b) if name in side]) for name in [*a, *(n for n in b if n not in a)]}
    if "conflict" in [t for t in expected.values() if isinstance(t, str)]:
        with pytest.raises(TypeConflictError, match="Column"):
            widen_schema(pa.schema(list(a.items())), pa.schema(list(b.items())))
        return
    found = widen_schema(pa.schema(list(a.items())), pa.schema(list(b.items())))
    assert found.names == list(expected)
    assert found.types == list(expected.values())


@given(st.dictionaries(KEYS, COLUMNS, max_size=3), st.integers(0, 4))
def test_tables_hold_the_rows_given(columns: dict[str, tuple[Any, list[Any]]], count: int) -> None:
    features = Features({name: feature for name, (feature, _) in columns.items()})
    given_columns = {name: (values + [None] * count)[:count] for name, (_, values) in columns.items()}
    table = encode_table(given_columns, features)
    assert table.schema.equals(features.arrow_schema, check_metadata=True)
    assert table.to_pydict() == given_columns


# --- splits ---

BOUNDS = st.none() | st.integers(-150, 150)


def written(start: int | None, stop: int | None, unit: str = "") -> str:
    return f"[{'' if start is None else f'{start}{unit}'}:{'' if stop is None else f'{stop}{unit}'}]"


@given(BOUNDS, BOUNDS, st.integers(0, 120))
def test_slices_of_splits_are_slices_of_python(start: int | None, stop: int | None, size: int) -> None:
    (found,) = parse_split(f"train{written(start, stop)}", {"test": 3, "train": size})
    assert list(range(size))[found.start : found.stop] == list(range(size))[start:stop]
    assert 0 <= found.start <= found.stop <= size


PERCENTS = st.none() | st.integers(-100, 100)


@given(PERCENTS, PERCENTS, st.integers(0, 1000))
def test_percent_are_the_closest_rows(start: int | None, stop: int | None, size: int) -> None:
    (found,) = parse_split(f"train{written(start, stop, '%')}", {"train": size})
    rows = [None if bound is None else round(bound * size / 100) for bound in (start, stop)]
    assert list(range(size))[found.start : found.stop] == list(range(size))[slice(*rows)]


@given(st.lists(st.integers(0, 100), max_size=5), st.integers(100, 1000), st.sampled_from(["", "(pct1_dropremainder)"]))
def test_percent_slices_that_touch_share_no_row_and_leave_none_out(cuts: list[int], size: int, rounding: str) -> None:
    bounds = [0, *sorted(cuts), 100]
    spec = "+".join(f"s[{a}%:{b}%]{rounding}" for a, b in pairwise(bounds))
    found = parse_split(spec, {"s": size})
    assert all(a.stop == b.start for a, b in pairwise(found))
    assert found[0].start == 0
    assert found[-1].stop == (size if not rounding else size // 100 * 100)


@given(st.lists(st.tuples(st.sampled_from(["a", "b.c", "x_1"]), BOUNDS, BOUNDS, st.booleans()), min_size=1, max_size=3))
def test_instructions_to_text_and_back(parts: list[tuple[str, int | None, int | None, bool]]) -> None:
    made = [
        ReadInstruction(name, from_=a and int(math.fmod(a, 100)), to=b and int(math.fmod(b, 100)), unit="%")
        if percent
        else ReadInstruction(name, from_=a, to=b, unit="abs")
        for name, a, b, percent in parts
    ]
    whole = reduce(lambda x, y: x + y, made)
    sizes = {"a": 77, "b.c": 5, "x_1": 130}
    assert parse_split(whole.to_spec(), sizes) == parse_split(whole, sizes)
    assert ReadInstruction.from_spec(whole.to_spec()).to_spec() == whole.to_spec()
