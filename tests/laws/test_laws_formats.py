"""Whatever a table holds and however it is sliced and chunked, Python sees what pyarrow's own conversion gives."""

from __future__ import annotations

import datetime as dt
import decimal
import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlpdata.formats import FormatSpec, LazyBatch, get_formatter, lazy_rows

# Types are drawn too, which is slow on a busy machine.
LAW = settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)

PYTHON = get_formatter(FormatSpec())
NUMPY = get_formatter(FormatSpec("numpy"))

INTS = {
    pa.int8(): (-(2**7), 2**7 - 1),
    pa.int16(): (-(2**15), 2**15 - 1),
    pa.int32(): (-(2**31), 2**31 - 1),
    pa.int64(): (-(2**63), 2**63 - 1),
    pa.uint8(): (0, 2**8 - 1),
    pa.uint32(): (0, 2**32 - 1),
    pa.uint64(): (0, 2**64 - 1),
}
TEXT = st.text("ab\0é𝄞", max_size=4)
DAYS = st.dates(dt.date(1, 1, 1), dt.date(9999, 12, 31))
MOMENTS = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59))


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC)


LEAVES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    *((kind, st.integers(*bounds)) for kind, bounds in INTS.items()),
    (pa.float32(), st.floats(width=32, allow_nan=False)),
    (pa.float64(), st.floats(allow_nan=False)),
    (pa.float16(), st.floats(width=16, allow_nan=False).map(np.float16)),
    (pa.bool_(), st.booleans()),
    (pa.string(), TEXT),
    (pa.large_string(), TEXT),
    (pa.string_view(), TEXT),
    (pa.binary(), st.binary(max_size=4)),
    (pa.large_binary(), st.binary(max_size=4)),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.null(), st.none()),
    (pa.date32(), DAYS),
    (pa.date64(), DAYS),
    (pa.timestamp("s"), MOMENTS.map(lambda m: m.replace(microsecond=0))),
    (pa.timestamp("ms"), MOMENTS.map(lambda m: m.replace(microsecond=m.microsecond // 1000 * 1000))),
    (pa.timestamp("us"), MOMENTS),
    (pa.timestamp("us", tz="UTC"), MOMENTS.map(_utc)),
    (pa.time32("s"), st.times().map(lambda t: t.replace(microsecond=0))),
    (pa.time64("us"), st.times()),
    (pa.duration("ms"), st.integers(-(10**9), 10**9).map(lambda ms: dt.timedelta(milliseconds=ms))),
    (pa.decimal128(7, 2), st.integers(-(10**6), 10**6).map(lambda n: decimal.Decimal(n).scaleb(-2))),
    (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(["a", "b", ""])),
]


def _nullable(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(values, st.none())


def _nest(inner: st.SearchStrategy[tuple[pa.DataType, Any]]) -> st.SearchStrategy[tuple[pa.DataType, Any]]:
    def lists(item: tuple[pa.DataType, Any]) -> st.SearchStrategy[tuple[pa.DataType, Any]]:
        kind, values = item
        some = st.lists(_nullable(values), max_size=4)
        two = st.lists(_nullable(values), min_size=2, max_size=2)
        pair = st.lists(st.tuples(TEXT, _nullable(values)), max_size=3)
        return st.sampled_from(
            [
                (pa.list_(kind), some),
                (pa.large_list(kind), some),
                (pa.list_(kind, 2), two),
                (pa.list_view(kind), some),
                (pa.map_(pa.string(), kind), pair),
            ]
        )

    def structs(items: list[tuple[pa.DataType, Any]]) -> tuple[pa.DataType, Any]:
        names = [f"f{i}" for i in range(len(items))]
        kind = pa.struct([pa.field(n, k) for n, (k, _) in zip(names, items, strict=True)])
        return kind, st.fixed_dictionaries({n: _nullable(v) for n, (_, v) in zip(names, items, strict=True)})

    return st.one_of(inner.flatmap(lists), st.lists(inner, max_size=3).map(structs))


TYPES = st.recursive(st.sampled_from(LEAVES), _nest, max_leaves=4)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Tables of up to three columns with up to eight rows, cut into chunks and sliced."""
    rows = draw(st.integers(0, 8))
    columns = {}
    for name in draw(st.lists(st.sampled_from(["a", "b", "é"]), unique=True, min_size=1, max_size=3)):
        kind, values = draw(TYPES)
        nulls = draw(st.booleans())
        found = draw(st.lists(_nullable(values) if nulls else values, min_size=rows, max_size=rows))
        cut = draw(st.integers(0, rows))
        columns[name] = pa.chunked_array([pa.array(found[:cut], kind), pa.array(found[cut:], kind)], kind)
    table = pa.table(columns)
    start = draw(st.integers(0, rows))
    return table.slice(start, draw(st.integers(0, rows)))


@LAW
@given(tables())
def test_a_python_batch_is_to_pydict(table: pa.Table) -> None:
    assert PYTHON.batch(table) == table.to_pydict()
    assert dict(LazyBatch(table, PYTHON)) == table.to_pydict()


@LAW
@given(tables())
def test_a_python_row_is_to_pylist(table: pa.Table) -> None:
    expected = table.to_pylist()
    for i in range(table.num_rows):
        assert PYTHON.row(table, i) == expected[i] == PYTHON.row(table.slice(i, 1))
    assert list(PYTHON.rows(table)) == expected
    assert [dict(row) for row in lazy_rows(table, PYTHON)] == expected


def _types(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _types(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [type(value), *map(_types, value)]
    return type(value)


@LAW
@given(tables())
def test_the_types_are_those_of_pyarrow(table: pa.Table) -> None:
    assert [_types(r) for r in PYTHON.rows(table)] == [_types(r) for r in table.to_pylist()]


def _same(ours: Any, theirs: Any) -> bool:
    """Whether an array format's value stands for a Python one: floats in single precision, NaN or NaT for null."""
    if theirs is None:
        return ours is None or bool(ours != ours)
    if isinstance(theirs, dict):
        return set(ours) == set(theirs) and all(_same(ours[k], theirs[k]) for k in theirs)
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(theirs, float):
        with np.errstate(over="ignore"):
            return bool(ours == theirs or ours == np.float32(theirs))
    if isinstance(theirs, int) and isinstance(ours, float | np.floating):  # beside a null
        return math.isclose(ours, theirs, rel_tol=1e-6)
    if isinstance(theirs, int) and theirs >= 2**63:  # no such int64: it wraps
        return int(ours) in (theirs, theirs - 2**64)
    if isinstance(theirs, dt.datetime) and not isinstance(ours, dt.datetime) and theirs.tzinfo is not None:
        return bool(ours == np.datetime64(theirs.replace(tzinfo=None)))
    if isinstance(ours, np.datetime64) and type(theirs) is dt.date:
        return bool(ours.astype("M8[D]") == np.datetime64(theirs))
    return bool(ours == theirs)


@LAW
@given(tables())
def test_numpy_stands_for_the_same_values(table: pa.Table) -> None:
    expected = table.to_pydict()
    batch = NUMPY.batch(table)
    rows = list(NUMPY.rows(table))
    for name, values in expected.items():
        assert _same(list(batch[name]), values), name
        for i, value in enumerate(values):
            assert _same(rows[i][name], value), name
            assert _same(NUMPY.row(table, i)[name], value), name


@LAW
@given(tables())
def test_torch_stands_for_the_numbers(table: pa.Table) -> None:
    pytest.importorskip("torch")
    torch = get_formatter(FormatSpec("torch"))
    numbers = [n for n in table.column_names if _only_numbers(table.schema.field(n).type)]
    picked = table.select(numbers)
    batch = torch.batch(picked)
    rows = list(torch.rows(picked))
    for name, values in picked.to_pydict().items():
        assert _same(_listed(batch[name]), values)
        assert _same(_listed([r[name] for r in rows]), values)


def _listed(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {k: _listed(v) for k, v in value.items()}
    return [_listed(v) for v in value] if isinstance(value, list) else value


def _only_numbers(kind: pa.DataType) -> bool:
    if pa.types.is_struct(kind):
        return all(_only_numbers(f.type) for f in kind)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return _only_numbers(kind.value_type)
    exact = kind in INTS and kind not in (pa.int64(), pa.uint64())
    return exact or bool(pa.types.is_boolean(kind) or pa.types.is_float32(kind))
