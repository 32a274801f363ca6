"""View: what is refused and how, what is not read, and what is shared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import ArgumentError, UnknownColumnError
from nlpdata.store import (
    NullGroup,
    Part,
    Range,
    Rows,
    ShardGroup,
    ShardWriter,
    Shuffled,
    TableGroup,
    View,
    write_manifest,
)


@pytest.fixture
def view() -> View:
    return View.of(TableGroup(pa.table({"text": ["a", "b", "c"], "label": [0, 1, 2]})))


def test_unknown_columns_are_suggested(view: View) -> None:
    for call in (
        lambda: view.pick(["lable"]),
        lambda: view.drop(["lable"]),
        lambda: view.rename({"lable": "x"}),
        lambda: view.column("lable"),
    ):
        with pytest.raises(UnknownColumnError, match="Did you mean 'label'"):
            call()
    with pytest.raises(UnknownColumnError, match="Known: z"):
        view.with_columns(TableGroup(pa.table({"z": [1, 2, 3]})), ["y"])


def test_a_text_is_no_list_of_names(view: View) -> None:
    with pytest.raises(ArgumentError, match="list of column names"):
        view.pick("text")


def test_names_that_clash(view: View) -> None:
    with pytest.raises(ArgumentError, match="called 'label'"):
        view.rename({"text": "label"})
    with pytest.raises(ArgumentError, match="'label', 'text'"):
        View.beside([view, view])
    with pytest.raises(ArgumentError, match="twice"):
        view.pick(["text", "text"])
    assert view.rename({"text": "label", "label": "text"}).table().column_names == ["label", "text"]


def test_lengths_that_differ(view: View) -> None:
    with pytest.raises(ArgumentError, match="2 rows do not fit beside 3"):
        view.with_columns(NullGroup(pa.schema([("n", pa.int8())]), 2))
    with pytest.raises(ArgumentError, match=r"\[3, 2\]"):
        View.beside([view, View.empty(2)])
    with pytest.raises(ArgumentError, match="2 rows"):
        View((Part(view.parts[0].group, Range(0, 2), {"text": "text"}),), ("text",), 3)
    with pytest.raises(ArgumentError, match="differ"):
        View(view.parts, ("text",), 3)
    with pytest.raises(ArgumentError, match="at least one"):
        View.beside([])
    with pytest.raises(ArgumentError, match="at least one"):
        View.stack([])


def test_stacks_need_equal_columns_in_equal_order(view: View) -> None:
    with pytest.raises(ArgumentError, match="text: string, label: int64"):
        View.stack([view, view.pick(["label", "text"])])
    assert View.stack([View.empty(2), View.empty(3)]).num_rows == 5
    assert View.stack([view]) is view


def test_positions_out_of_range(view: View) -> None:
    for rows in (3, -4, [0, 3], np.array([5]), [-4]):
        with pytest.raises(IndexError, match="3 rows"):
            view.take(rows)
    for start, stop in ((0, 4), (-1, 1), (2, 1)):
        with pytest.raises(IndexError, match="there are 3"):
            view.slice(start, stop)
    for selection in (Range(0, 4), Range(2, -2, -1), Range(7, 9)):
        with pytest.raises(IndexError, match="3 rows"):
            view.select(selection)
    with pytest.raises(IndexError, match="there are 3"):
        view.select(Rows(np.array([0, 7]))).table()
    with pytest.raises(ArgumentError, match="at least 1"):
        list(view.iter_slices(0))


def test_replaced_columns_stay_in_place_and_new_ones_go_last(view: View) -> None:
    new = TableGroup(pa.table({"n": [7, 8, 9], "text": ["x", "y", "z"], "unused": [0, 0, 0]}))
    both = view.with_columns(new, ["n", "text"])
    assert both.column_names == ["text", "label", "n"]
    assert both.table().to_pydict() == {"text": ["x", "y", "z"], "label": [0, 1, 2], "n": [7, 8, 9]}
    assert view.with_columns(new, []) is view
    alone = both.drop(["label"])
    assert [p.group for p in alone.parts] == [new]  # what no column is of is let go


def test_row_selections_are_shared_between_parts(view: View) -> None:
    shuffled = view.with_columns(TableGroup(pa.table({"n": [7, 8, 9]}))).select(Shuffled(3, 0))
    assert shuffled.parts[0].selection is shuffled.parts[1].selection
    picked = shuffled.select(Rows(np.array([2, 0])))
    assert picked.parts[0].selection is picked.parts[1].selection


def test_rows_without_columns_keep_their_number(view: View) -> None:
    none = view.drop(["text", "label"])
    assert (none.num_rows, none.table().num_rows, none.take([0, 2]).num_rows, none.slice(1, 3).num_rows) == (3, 3, 2, 2)
    assert none.take(1).num_rows == 1
    assert none.select(Range(0, 2)).with_columns(TableGroup(pa.table({"n": [1, 2]}))).table().to_pydict() == {"n": [1, 2]}


def test_the_schema_has_field_metadata_only() -> None:
    optional = {b"nlpdata:optional": b"1"}
    kind = pa.struct([pa.field("k", pa.int8(), metadata=optional)])
    schema = pa.schema([pa.field("s", kind, metadata={b"f": b"1"})], metadata={b"huggingface": b"{}"})
    group = TableGroup(pa.Table.from_pylist([{"s": {"k": 1}}, {"s": None}, {"s": {"k": None}}], schema=schema))
    assert group.schema.metadata == schema.metadata
    for view in (View.of(group), View.of(group).rename({"s": "t"}), View.of(group).select(Rows(np.array([2, 0])))):
        table = view.table()
        assert view.schema.metadata is None and table.schema.equals(view.schema, check_metadata=True)
        assert table.schema.field(0).metadata == {b"f": b"1"}
        assert table.schema.field(0).type.field(0).metadata == optional
        assert table.column(0).type.field(0).metadata == optional


def test_columns_of_several_groups_are_sliced_together(tmp_path: Path, view: View) -> None:
    folder = tmp_path / "n"
    writer = ShardWriter(folder, batch_bytes=1)
    writer.write_table(pa.table({"n": [7, 8, 9]}))
    write_manifest(folder, writer.finish())
    both = view.with_columns(ShardGroup.open(folder)).with_columns(NullGroup(pa.schema([("z", pa.null())]), 3))
    expected = [{"text": "abc"[i], "label": i, "n": 7 + i, "z": None} for i in range(3)]
    for i in (0, 2, 1, 1, 0):
        assert both.take(i).to_pylist() == [expected[i]]
        assert both.slice(i, i + 1).to_pylist() == [expected[i]]
    assert both.slice(1, 3).to_pylist() == expected[1:]
    stacked = View.stack([both, both])
    assert [stacked.take(i).to_pylist()[0] for i in range(6)] == expected * 2


def test_natural_batches_follow_the_bytes() -> None:
    texts = ["x" * 10] * 5000 + ["y" * 50_000] * 20 + ["z"] * 3000
    view = View.of(TableGroup(pa.table({"t": texts})))
    for one in (view, view.select(Rows(np.arange(8020)[::-1].copy()))):
        batches = list(one.natural_batches(100_000))
        assert pa.concat_tables(batches).equals(one.table())
        assert max(b.nbytes for b in batches) <= 200_000
        assert len(batches) < 100


def test_keys_tell_rows_columns_and_names(view: View) -> None:
    views = [
        view,
        view.pick(["text"]),
        view.pick(["label", "text"]),
        view.rename({"text": "t"}),
        view.select(Range(0, 2)),
        view.select(Rows(np.array([2, 0, 1]))),
        view.select(Shuffled(3, 1)),
        View.stack([view, view]),
        View.empty(3),
        View.empty(4),
    ]
    assert len({v.content_key() for v in views}) == len(views)
    assert view.select(Range(0, 3)).content_key() == view.content_key()
