"""Which type is the wider of two; the laws are in tests/laws."""

from __future__ import annotations

import pyarrow as pa
import pytest

from nlpdata.errors import TypeConflictError
from nlpdata.features import is_optional, widen, widen_schema

WIDER = [
    (pa.int8(), pa.int32(), pa.int32()), (pa.uint8(), pa.int8(), pa.int16()), (pa.uint32(), pa.int8(), pa.int64()),
    (pa.uint64(), pa.int8(), pa.float64()), (pa.int64(), pa.float32(), pa.float64()),
    (pa.float16(), pa.float32(), pa.float32()),
    (pa.string(), pa.large_string(), pa.large_string()), (pa.string(), pa.string_view(), pa.large_string()),
    (pa.binary(2), pa.binary(3), pa.binary()), (pa.binary(2), pa.large_binary(), pa.large_binary()),
    (pa.null(), pa.struct({"a": pa.int8()}), pa.struct({"a": pa.int8()})),
    (pa.list_(pa.null()), pa.list_(pa.string()), pa.list_(pa.string())),
    (pa.list_(pa.int8()), pa.large_list(pa.int16()), pa.large_list(pa.int16())),
    (pa.list_(pa.int8(), 2), pa.list_(pa.int8(), 2), pa.list_(pa.int8(), 2)),
    (pa.list_(pa.int8(), 2), pa.list_(pa.int8(), 3), pa.list_(pa.int8())),
    (pa.timestamp("s", "UTC"), pa.timestamp("ns", "UTC"), pa.timestamp("ns", "UTC")), (pa.date32(), pa.date64(), pa.date64()),
    (pa.time32("s"), pa.time64("us"), pa.time64("us")), (pa.time32("s"), pa.time32("ms"), pa.time32("ms")),
    (pa.duration("s"), pa.duration("us"), pa.duration("us")),
    (pa.decimal128(5, 2), pa.decimal128(6, 1), pa.decimal128(7, 2)),
    (pa.decimal128(38, 0), pa.decimal128(38, 10), pa.decimal256(48, 10)),
    (pa.dictionary(pa.int8(), pa.string()), pa.string(), pa.string()),
    (pa.struct({"a": pa.int8()}), pa.struct({"b": pa.string(), "a": pa.int16()}), pa.struct({"a": pa.int16(),
    "b": pa.string()})),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "expected"), WIDER, ids=str)
def test_wider(a: pa.DataType, b: pa.DataType, expected: pa.DataType) -> None:
    assert widen(a, b) == expected


CONFLICTS = [
    (pa.bool_(), pa.int8()), (pa.string(), pa.int8()), (pa.string(), pa.binary()), (pa.list_(pa.int8()), pa.int8()),
    (pa.struct({"a": pa.int8()}), pa.string()), (pa.timestamp("s"), pa.timestamp("s", "UTC")), (pa.date32(), pa.timestamp("s")),
    (pa.decimal128(5, 2), pa.float64()), (pa.decimal256(76, 0), pa.decimal256(76, 76)),
    (pa.list_(pa.int8()), pa.list_(pa.string())),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), CONFLICTS, ids=str)
def test_conflicts_name_both(a: pa.DataType, b: pa.DataType) -> None:
    inner = [t.value_type if pa.types.is_list(t) and pa.types.is_list(a) and pa.types.is_list(b) else t for t in (a, b)]
    with pytest.raises(TypeConflictError) as caught:
        widen(a, b)
    assert all(str(t) in str(caught.value) for t in inner)


def test_keys_that_one_side_lacks_become_optional() -> None:
    t = widen(pa.struct({"a": pa.int8(), "b": pa.int8()}), pa.struct({"a": pa.int8()}))
    assert [is_optional(t.field(i)) for i in range(2)] == [False, True]
    again = widen(t, pa.struct({"a": pa.int8(), "b": pa.int8()}))
    assert is_optional(again.field("b"))
    with pytest.raises(TypeConflictError, match="Key 'a'"):
        widen(pa.struct({"a": pa.int8()}), pa.struct({"a": pa.string()}))
    assert is_optional(widen(pa.struct([]), pa.struct({"a": pa.int8()})).field("a"))


def test_schemas() -> None:
    a = pa.schema({"x": pa.null(), "y": pa.int8()}, metadata={"k": "v"})
    b = pa.schema({"z": pa.string(), "y": pa.float32()})
    assert widen_schema(a, b) == pa.schema({"x": pa.null(), "y": pa.float64(), "z": pa.string()})
    assert widen_schema(a, a.remove_metadata()).metadata == {b"k": b"v"}
    assert widen_schema(a, b).metadata is None
    with pytest.raises(TypeConflictError, match="Column 'y'"):
        widen_schema(a, pa.schema({"y": pa.string()}))
