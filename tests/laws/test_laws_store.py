"""Laws of the store: composition, permutations, gathering, and a state machine of View against a list of dicts."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nlpdata.store import (
    NullGroup,
    Range,
    Rows,
    Selection,
    ShardGroup,
    ShardWriter,
    Shuffled,
    TableGroup,
    View,
    as_selection,
    compose,
    write_manifest,
)
from nlpdata.store.group import concat_rows

# The machine that runs the tests may be busy.
law = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

# --- tables of all layouts ---

PAIRS = st.dictionaries(st.text(max_size=2), st.integers(0, 9), max_size=2).map(lambda d: list(d.items()))
WORDS = st.lists(st.text(max_size=3), max_size=2)
INNER = pa.struct([pa.field("a", pa.int32()), pa.field("t", pa.string())])
TYPES: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "int": (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    "small": (pa.int8(), st.integers(-128, 127)),
    "float": (pa.float32(), st.floats(width=32, allow_nan=False)),
    "bool": (pa.bool_(), st.booleans()),
    "null": (pa.null(), st.none()),
    "text": (pa.string(), st.text(max_size=8)),
    "bytes": (pa.large_binary(), st.binary(max_size=8)),
    "fixed": (pa.binary(3), st.binary(min_size=3, max_size=3)),
    "tokens": (pa.list_(pa.int32()), st.lists(st.integers(0, 9), max_size=4)),
    "holes": (pa.list_(pa.int32()), st.lists(st.none() | st.integers(0, 9), max_size=4)),
    "words": (pa.large_list(pa.string()), st.lists(st.none() | st.text(max_size=4), max_size=3)),
    "vector": (pa.list_(pa.float32(), 2), st.lists(st.integers(0, 9).map(float), min_size=2, max_size=2)),
    "pair": (pa.list_(pa.string(), 2), st.lists(st.none() | st.text(max_size=3), min_size=2, max_size=2)),
    "struct": (INNER, st.fixed_dictionaries({"a": st.none() | st.integers(0, 9), "t": st.none() | st.text(max_size=4)})),
    "deep": (
        pa.list_(pa.struct([pa.field("w", pa.list_(pa.string())), pa.field("b", pa.bool_())])),
        st.lists(
            st.none()
            | st.fixed_dictionaries(
                {"w": st.none() | st.lists(st.text(max_size=3), max_size=2), "b": st.none() | st.booleans()}
            ),
            max_size=3,
        ),
    ),
    "map": (
        pa.map_(pa.string(), pa.int8()),
        PAIRS,
    ),
    "dictionary": (pa.dictionary(pa.int8(), pa.string()), st.text(max_size=2)),
    "decimal": (pa.decimal128(9, 2), st.decimals(min_value=-99, max_value=99, places=2)),
    "time": (pa.timestamp("us"), st.datetimes()),
    "view": (pa.string_view(), st.text(max_size=20)),
}
STORED = sorted(set(TYPES) - {"map", "dictionary", "view"})


@st.composite
def tables(draw: st.DrawFn, kinds: list[str] | None = None, min_rows: int = 0, max_rows: int = 12) -> pa.Table:
    """A table of some columns, cut into chunks at different rows, some of them slices."""
    names = draw(st.lists(st.sampled_from(kinds or sorted(TYPES)), min_size=1, max_size=4, unique=True))
    count = draw(st.integers(min_rows, max_rows))
    columns = []
    for name in names:
        kind, values = TYPES[name]
        items = draw(st.lists(st.none() | values, min_size=count, max_size=count))
        cut = draw(st.integers(0, count))
        chunks = []
        for part in (items[:cut], items[cut:]):
            padded = pa.array([None, *part, None], type=kind)  # a slice with something before and after it
            chunks.append(padded.slice(1, len(part)))
        columns.append(pa.chunked_array(chunks, type=kind))
    return pa.table(columns, names=names)


def on_disk(table: pa.Table, folder: str, batch_bytes: int = 64, shard_bytes: int = 512) -> ShardGroup:
    """The table as a group over shards of few rows."""
    writer = ShardWriter(folder, batch_bytes=batch_bytes, shard_bytes=shard_bytes)
    writer.write_table(table)
    write_manifest(folder, writer.finish())
    return ShardGroup.open(folder)


@st.composite
def selections(draw: st.DrawFn, count: int) -> Selection:
    """A selection of ``count`` rows; a Range, Rows of each dtype, Shuffled, or composed."""
    kind = draw(st.sampled_from(["range", "rows", "shuffled", "composed"]))
    if kind == "range":
        start, stop = draw(st.integers(0, count)), draw(st.integers(0, count))
        return as_selection(slice(start, stop, draw(st.sampled_from([-3, -2, -1, 1, 2, 3]))), count)
    if kind == "rows" or count == 0:
        rows = draw(st.lists(st.integers(0, count - 1), max_size=2 * count)) if count else []
        return Rows(np.array(rows, draw(st.sampled_from([np.int64, np.int32, np.uint32]))))
    if kind == "shuffled":
        return Shuffled(count, draw(st.integers(-5, 2**70)), draw(st.integers(0, 3)))
    inner = draw(selections(count))
    return compose(draw(selections(len(inner))), inner)


def located(selection: Selection) -> list[int]:
    return selection.locate(np.arange(len(selection))).tolist()


# --- selections ---


@law
@given(st.data())
def test_composing_is_taking_twice(data: st.DataObject) -> None:
    inner = data.draw(selections(data.draw(st.integers(0, 9))))
    outer = data.draw(selections(len(inner)))
    both = compose(outer, inner)
    rows = located(inner)
    assert located(both) == [rows[i] for i in located(outer)]
    assert len(both) == len(outer)


@law
@given(st.integers(0, 3000), st.integers(), st.integers(0, 10**6))
def test_a_permutation_is_a_bijection(count: int, seed: int, epoch: int) -> None:
    rows = located(Shuffled(count, seed, epoch))
    assert sorted(rows) == list(range(count))


@law
@given(st.integers(1, 2**62), st.integers(), st.data())
def test_a_permutation_of_any_size_stays_inside_and_never_collides(count: int, seed: int, data: st.DataObject) -> None:
    positions = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=20, unique=True))
    rows = Shuffled(count, seed).locate(np.array(positions, np.int64))
    assert len(set(rows.tolist())) == len(positions)
    assert rows.min() >= 0 and rows.max() < count


@law
@given(st.data())
def test_locating_many_is_locating_each(data: st.DataObject) -> None:
    selection = data.draw(selections(data.draw(st.integers(1, 30))))
    assert located(selection) == [selection.at(i) for i in range(len(selection))]
    for i in range(len(selection)):
        assert selection.locate(np.array([i])).tolist() == [selection.at(i)]


@law
@given(st.integers(0, 9), st.data())
def test_indices_are_read_as_python_reads_them(count: int, data: st.DataObject) -> None:
    rows = list(range(count))
    cut = data.draw(st.slices(count))
    assert located(as_selection(cut, count)) == rows[cut]
    wanted = data.draw(st.lists(st.integers(-count, count - 1), max_size=9)) if count else []
    expected = [rows[i] for i in wanted]
    for form in (
        wanted,
        tuple(wanted),
        np.array(wanted, np.int64),
        np.array(wanted, np.int16),
        iter(wanted),
        pa.array(wanted, pa.int64()),
    ):
        assert located(as_selection(form, count)) == expected


@law
@given(st.data())
def test_equal_selections_have_equal_keys(data: st.DataObject) -> None:
    selection = data.draw(selections(data.draw(st.integers(0, 9))))
    assert pickle.loads(pickle.dumps(selection)).content_key() == selection.content_key()
    rows = np.array(located(selection), np.int64)
    assert Rows(rows).content_key() == Rows(rows.astype(np.int32)).content_key()


# --- groups and views ---


@law
@given(tables(min_rows=1), st.data())
def test_gathering_is_taking_row_by_row(table: pa.Table, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, table.num_rows - 1), max_size=20))
    group = TableGroup(table)
    group.offset_limit = data.draw(st.sampled_from([2**31 - 1, 24]))  # also where 32-bit offsets would not do
    values = table.to_pylist()
    taken = group.take(table.column_names, np.array(rows, np.int64))
    taken.validate(full=True)
    assert taken.schema.equals(table.schema)
    assert taken.to_pylist() == [values[i] for i in rows]


@law
@given(tables(), st.data())
def test_take_of_composed_is_take_of_take(table: pa.Table, data: st.DataObject) -> None:
    view = View.of(TableGroup(table))
    inner = data.draw(selections(view.num_rows))
    outer = data.draw(selections(len(inner)))
    once = view.select(compose(outer, inner))
    twice = view.select(inner).select(outer)
    assert once.table().equals(twice.table())
    values = table.to_pylist()
    assert once.table().to_pylist() == [values[located(inner)[i]] for i in located(outer)]


@law
@given(tables(STORED), st.integers(1, 400), st.integers(1, 900))
def test_what_is_written_is_read(table: pa.Table, batch_bytes: int, shard_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        group = on_disk(table, folder, batch_bytes, shard_bytes)
        assert group.num_rows == table.num_rows
        assert View.of(group).table().equals(table)
        assert group.schema.equals(table.schema)
        foreign = ShardGroup.from_files(group.files)
        assert View.of(foreign).table().equals(table)
        assert pickle.loads(pickle.dumps(group)).content_key() == group.content_key() == foreign.content_key()


@law
@given(tables(), st.data())
def test_content_keys_do_not_see_chunks(table: pa.Table, data: st.DataObject) -> None:
    key = TableGroup(table).content_key()
    cut = data.draw(st.integers(0, table.num_rows))
    pieces = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    assert TableGroup(pieces).content_key() == key
    plain = [c.combine_chunks() if c.num_chunks else c for c in table.columns]
    assert TableGroup(pa.table(plain, names=table.column_names)).content_key() == key
    assert pickle.loads(pickle.dumps(TableGroup(table))).content_key() == key
    # Compared as text: two nulls of different dictionaries are unequal to Arrow, and NaN is unequal to itself.
    if table.num_rows > 1 and repr(table.slice(0, 1).to_pylist()) != repr(table.slice(1, 1).to_pylist()):
        swapped = pa.concat_tables([table.slice(1, 1), table.slice(0, 1), table.slice(2)])
        assert TableGroup(swapped).content_key() != key


# --- View against a list of dicts ---

KINDS = ["int", "bool", "text", "tokens", "struct", "vector"]
Row = dict[str, Any]


class ViewMachine(RuleBasedStateMachine):
    """Every way to make a view from a view, in memory and on disk, beside the same on a list of dicts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.made = 0
        self.view = View.empty()
        self.names: list[str] = []
        self.rows: list[Row] = []

    def teardown(self) -> None:
        self.folder.cleanup()

    def group(self, table: pa.Table, disk: bool) -> Any:
        self.made += 1
        return on_disk(table, str(Path(self.folder.name) / str(self.made))) if disk else TableGroup(table)

    @initialize(table=tables(KINDS, max_rows=6), disk=st.booleans())
    def begin(self, table: pa.Table, disk: bool) -> None:
        self.view = View.of(self.group(table, disk))
        self.names, self.rows = list(table.column_names), table.to_pylist()

    @rule(data=st.data())
    def select(self, data: st.DataObject) -> None:
        selection = data.draw(selections(len(self.rows)))
        self.view = self.view.select(selection)
        self.rows = [self.rows[i] for i in located(selection)]

    @precondition(lambda self: self.names)
    @rule(data=st.data())
    def pick(self, data: st.DataObject) -> None:
        self.names = data.draw(st.lists(st.sampled_from(self.names), unique=True))
        self.view = self.view.pick(self.names)
        self.rows = [{n: row[n] for n in self.names} for row in self.rows]

    @precondition(lambda self: self.names)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        gone = data.draw(st.lists(st.sampled_from(self.names), unique=True))
        self.view = self.view.drop(gone)
        self.names = [n for n in self.names if n not in gone]
        self.rows = [{n: row[n] for n in self.names} for row in self.rows]

    @precondition(lambda self: self.names)
    @rule(data=st.data())
    def rename(self, data: st.DataObject) -> None:
        old = data.draw(st.lists(st.sampled_from(self.names), unique=True))
        mapping = dict(zip(old, data.draw(st.permutations(old)), strict=True))  # names may swap
        if old and data.draw(st.booleans()):
            self.made += 1
            mapping[old[0]] = f"c{self.made}"
            if len(set(mapping.get(n, n) for n in self.names)) < len(self.names):
                return
        self.view = self.view.rename(mapping)
        self.names = [mapping.get(n, n) for n in self.names]
        self.rows = [{mapping.get(k, k): v for k, v in row.items()} for row in self.rows]

    @rule(data=st.data(), disk=st.booleans())
    def with_columns(self, data: st.DataObject, disk: bool) -> None:
        table = data.draw(tables(KINDS, min_rows=len(self.rows), max_rows=len(self.rows)))
        self.view = self.view.with_columns(self.group(table, disk))
        self.names += [n for n in table.column_names if n not in self.names]
        self.rows = [{**row, **new} for row, new in zip(self.rows, table.to_pylist(), strict=True)]

    @rule()
    def with_nulls(self) -> None:
        self.made += 1
        name = f"n{self.made}"
        self.view = self.view.with_columns(NullGroup(pa.schema([(name, pa.list_(pa.int8()))]), len(self.rows)))
        self.names.append(name)
        self.rows = [{**row, name: None} for row in self.rows]

    @precondition(lambda self: len(self.rows) < 40)
    @rule(data=st.data())
    def stack(self, data: st.DataObject) -> None:
        selection = data.draw(selections(len(self.rows)))
        views = [self.view, self.view.select(selection), self.view]
        self.view = View.stack(views)
        self.rows = self.rows + [self.rows[i] for i in located(selection)] + self.rows

    @precondition(lambda self: 0 < len(self.names) < 6)
    @rule()
    def beside(self) -> None:
        self.made += 1
        mapping = {n: f"{n}.{self.made}" for n in self.names}
        self.view = View.beside([self.view, self.view.rename(mapping)])
        self.rows = [{**row, **{mapping[k]: v for k, v in row.items()}} for row in self.rows]
        self.names += [mapping[n] for n in self.names]

    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        count = len(self.rows)
        rows = data.draw(st.lists(st.integers(-count, count - 1), max_size=6)) if count else []
        self.agree(self.view.take(rows), [self.rows[i] for i in rows])
        for i in rows:
            self.agree(self.view.take(i), [self.rows[i]])

    @rule(data=st.data())
    def slice(self, data: st.DataObject) -> None:
        start = data.draw(st.integers(0, len(self.rows)))
        stop = data.draw(st.integers(start, len(self.rows)))
        self.agree(self.view.slice(start, stop), self.rows[start:stop])

    @rule(size=st.integers(1, 5))
    def iterate(self, size: int) -> None:
        starts, pieces = zip(*self.view.iter_slices(size), strict=True) if self.rows else ((), ())
        assert list(starts) == list(range(0, len(self.rows), size))
        self.agree(concat_rows([self.view.slice(0, 0), *pieces]), self.rows)
        batches = list(self.view.natural_batches(size * 10))
        self.agree(concat_rows([self.view.slice(0, 0), *batches]), self.rows)

    @rule()
    def travel(self) -> None:
        key = self.view.content_key()
        self.view = pickle.loads(pickle.dumps(self.view))
        assert self.view.content_key() == key

    @invariant()
    def same(self) -> None:
        assert self.view.column_names == self.names
        assert self.view.num_rows == len(self.rows)
        self.agree(self.view.table(), self.rows)
        for name in self.names[:1]:
            assert self.view.column(name).to_pylist() == [row[name] for row in self.rows]

    def agree(self, table: pa.Table, rows: list[Row]) -> None:
        assert table.num_rows == len(rows)
        assert table.column_names == self.names
        assert table.schema.equals(self.view.schema, check_metadata=True)
        table.validate(full=True)
        if self.names:
            assert table.to_pylist() == rows


ViewMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestViewAgainstDicts = ViewMachine.TestCase


def test_a_range_of_the_whole_changes_nothing() -> None:
    rows = Rows(np.array([3, 1, 2]))
    assert compose(Range(0, 3), rows) is rows
    assert compose(rows, Range(0, 9)) is rows
