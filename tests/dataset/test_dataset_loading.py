"""The ways of ``docs/loading.md``: rows, whole batches, workers."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata import Dataset, Features, List, Value, load_from_disk

torch = pytest.importorskip("torch")
data = torch.utils.data


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    made = Dataset.from_dict({"ids": [[i, i + 1, i + 2] for i in range(50)], "label": [i % 3 for i in range(50)]})
    made.save_to_disk(tmp_path / "d")
    found = load_from_disk(tmp_path / "d")
    assert isinstance(found, Dataset)
    return found.with_format("torch")


@pytest.mark.parametrize("workers", [0, 2])
def test_rows_and_whole_batches_are_the_same(dataset: Dataset, workers: int) -> None:
    rows = list(data.DataLoader(dataset, batch_size=8, num_workers=workers))
    sampler = data.BatchSampler(data.SequentialSampler(dataset), batch_size=8, drop_last=False)
    whole = list(data.DataLoader(dataset, sampler=sampler, batch_size=None, num_workers=workers))
    assert len(rows) == len(whole) == 7
    for one, other in zip(rows, whole, strict=True):
        assert one.keys() == other.keys() == {"ids", "label"}
        assert all(torch.equal(one[name], other[name]) and one[name].dtype == other[name].dtype for name in one)


def test_shuffled_whole_batches_give_every_row_once(dataset: Dataset) -> None:
    sampler = data.BatchSampler(data.RandomSampler(dataset), batch_size=7, drop_last=True)
    batches = list(data.DataLoader(dataset, sampler=sampler, batch_size=None))
    firsts = [int(ids[0]) for batch in batches for ids in batch["ids"]]
    assert len(firsts) == 49 == len(set(firsts)) and set(firsts) < set(range(50))


def test_a_collate_function_gets_the_whole_batch(dataset: Dataset) -> None:
    ragged = dataset.map(lambda row, i: {"ids": list(range(i % 4 + 1))}, with_indices=True)
    sampler = data.BatchSampler(data.SequentialSampler(ragged), batch_size=5, drop_last=False)
    padded = torch.nn.utils.rnn.pad_sequence
    loader = data.DataLoader(
        ragged, sampler=sampler, batch_size=None, collate_fn=lambda b: padded(list(b["ids"]), batch_first=True)
    )
    assert [tuple(batch.shape) for batch in loader] == [(5, 4)] * 10


def collated_by_torch(rows: list[dict[str, object]]) -> dict[str, object]:
    """What ``default_collate`` makes of plain dicts."""
    found: dict[str, object] = data.default_collate([dict(row) for row in rows])
    return found


def shown(value: object) -> object:
    """A collated value with the class, dtype and shape of each part."""
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), repr(value.tolist())
    if isinstance(value, dict):
        return {name: shown(part) for name, part in value.items()}
    return (type(value), [shown(part) for part in value]) if isinstance(value, list) else value


values = st.fixed_dictionaries(
    {
        "number": st.integers(-(2**60), 2**60),
        "part": st.floats(allow_nan=False, width=32) | st.none(),
        "flag": st.booleans(),
        "text": st.text(max_size=5),
        "pair": st.lists(st.integers(0, 9), min_size=2, max_size=2),
        "grid": st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=1, max_size=1),
        "inner": st.fixed_dictionaries({"a": st.integers(0, 9)}),
    }
)


features = Features(
    {
        "number": Value("int64"),
        "part": Value("float32"),
        "flag": Value("bool"),
        "text": Value("string"),
        "pair": List(Value("int64")),
        "grid": List(List(Value("int64"))),
        "inner": {"a": Value("int64")},
    }
)


@given(st.lists(values, min_size=1, max_size=20), st.data())
@settings(deadline=None)
def test_fetched_rows_collate_as_plain_dicts_do(rows: list[dict[str, object]], chosen: st.DataObject) -> None:
    some = st.lists(st.integers(0, len(rows) - 1), min_size=1)
    indices = chosen.draw(some | some.map(lambda i: list(range(min(i), max(i) + 1))))
    ds = Dataset.from_list(rows, features=features).with_format("torch")
    change = chosen.draw(st.sampled_from(["nothing", "reverse", "drop", "replace", "look", "put", "new column", "copy"]))

    def fetch() -> list[dict[str, Any]]:
        fetched = ds.__getitems__(indices)
        if change == "reverse":
            fetched.reverse()
        elif change == "drop" and len(fetched) > 1:
            fetched.pop()
        elif change == "replace":
            fetched[-1]["pair"] = fetched[-1]["pair"] + 1
        elif change == "look":
            assert len(fetched[0]["pair"]) == 2
        elif change == "put":
            fetched[0] = dict(fetched[-1])
        elif change == "new column":
            for row in fetched:
                row["more"] = row["number"] * 2
        return copy.copy(fetched) if change == "copy" else fetched

    expected, found = collated_by_torch(fetch()), data.default_collate(fetch())  # the first looks into rows, so fetch twice
    assert type(found) is dict and list(found) == list(expected)
    assert shown(found) == shown(expected)


def test_a_kept_row_does_not_change_with_its_batch(dataset: Dataset) -> None:
    rows = dataset.__getitems__([3, 1, 4])
    batch = data.default_collate(rows)
    batch["ids"][:] = -1
    batch["label"][:] = -1
    assert [row["ids"].tolist() for row in rows] == [[3, 4, 5], [1, 2, 3], [4, 5, 6]]
    assert [int(row["label"]) for row in rows] == [0, 1, 1]


def test_rows_of_different_lengths_are_refused_by_torch_as_ever() -> None:
    ragged = Dataset.from_dict({"ids": [[1], [2, 3]]}).with_format("torch")
    with pytest.raises(RuntimeError, match="equal size"):
        data.default_collate(ragged.__getitems__([0, 1]))


def test_another_way_of_collating_tensors_comes_first(dataset: Dataset) -> None:
    collate = pytest.importorskip("torch.utils.data._utils.collate")
    registry = {**collate.default_collate_fn_map, torch.Tensor: lambda batch, *, collate_fn_map=None: len(batch)}
    assert collate.collate(dataset.__getitems__([3, 1]), collate_fn_map=registry) == {"ids": 2, "label": 2}


def test_fetched_rows_are_dicts_in_a_list_for_everyone_else(dataset: Dataset) -> None:
    rows = dataset.__getitems__([3, 1])
    assert isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
    sent = pickle.loads(pickle.dumps(rows))
    assert type(sent) is list and {type(row) for row in sent} == {dict}
    assert type(copy.deepcopy(rows[0])) is type(copy.copy(rows[0])) is dict
    assert [type(row) for row in dataset] == [dict] * 50
    doubled = data.DataLoader(dataset, batch_size=2, collate_fn=lambda rows: [2 * int(row["label"]) for row in rows])
    assert next(iter(doubled)) == [0, 2]


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.unsqueeze_(0),
        lambda x: x.resize_(1),
        lambda x: x.set_(torch.ones(2)),
        lambda x: setattr(x, "data", torch.ones(2)),
        lambda x: x.requires_grad_(),
        lambda x: x.add_(1),
    ],
)
def test_what_a_collate_function_changes_in_place_counts(change: Callable[[Any], Any]) -> None:
    values = {"a": [float(i) for i in range(4)], "l": [[float(i), 1.0] for i in range(4)]}
    ds = Dataset.from_dict(values).with_format("torch")

    def collate(rows: list[dict[str, Any]]) -> Any:
        for row in rows:
            change(row["a"])
            change(row["l"])
        return data.default_collate(rows)

    found = next(iter(data.DataLoader(ds, batch_size=4, collate_fn=collate)))
    expected = collate([{name: torch.tensor(column[i]) for name, column in values.items()} for i in range(4)])
    for name in values:
        assert torch.equal(found[name], expected[name]) and found[name].requires_grad == expected[name].requires_grad


LOOKS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "[]": lambda row: {"ids": row["ids"], "label": row["label"]},
    "get": lambda row: {"ids": row.get("ids"), "label": row.get("label")},
    "**": lambda row: {**row},
    "f(**)": lambda row: (lambda **given: given)(**row),
    "dict": lambda row: dict(row),
    "update": lambda row: (made := {}).update(row) or made,
    "|": lambda row: {} | row,
    "items": lambda row: dict(row.items()),
    "values": lambda row: dict(zip(["ids", "label"], row.values(), strict=True)),
    "copy": lambda row: row.copy(),
    "copy.copy": copy.copy,
    "pickle": lambda row: pickle.loads(pickle.dumps(row)),
    "pop": lambda row: {"ids": row.pop("ids"), "label": row.pop("label")},
    "popitem": lambda row: dict([row.popitem(), row.popitem()]),
    "setdefault": lambda row: {name: row.setdefault(name, None) for name in ("ids", "label")},
    "put": lambda row: row.__setitem__("more", 1) or {name: row[name] for name in ("ids", "label")},
    "del": lambda row: row.__delitem__("ids") or {"ids": torch.tensor([3, 4, 5]), "label": row["label"]},
    "or": lambda row: row | {},
    "dict.get": lambda row: {"ids": row.keys() and dict.get(row, "ids"), "label": dict.get(row, "label")},
}


def matched(row: Any) -> dict[str, Any]:
    match row:
        case {"ids": ids, "label": label}:
            return {"ids": ids, "label": label}
    raise AssertionError(row)


LOOKS["match statement"] = matched


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("alone", [False, True])
def test_a_row_is_filled_whichever_way_it_is_looked_into(dataset: Dataset, look: str, alone: bool) -> None:
    rows = dataset.__getitems__([3, 1, 4])
    row = rows[0]
    if alone:
        del rows
    found = LOOKS[look](row)
    assert {name: value.tolist() for name, value in found.items()} == {"ids": [3, 4, 5], "label": 0}


def test_rows_are_compared_measured_and_printed_with_their_values() -> None:
    ds = Dataset.from_dict({"a": [1, 2], "t": ["x", "y"]}).with_format("torch")
    plain = {"a": torch.tensor(1), "t": "x"}
    assert ds.__getitems__([0])[0] == plain and plain == ds.__getitems__([0])[0]
    assert ds.__getitems__([0])[0] == ds.__getitems__([0])[0] != ds.__getitems__([1])[0]
    assert repr(ds.__getitems__([0])) == repr([plain])
    assert len(ds.__getitems__([0])[0]) == 2 and "a" in ds.__getitems__([0])[0] and list(ds.__getitems__([0])[0]) == ["a", "t"]
    row = ds.__getitems__([0])[0]
    kind = type(row)
    made = kind({"b": row["a"] + 1})  # as libraries do that rebuild what they walk through
    assert made == {"b": torch.tensor(2)} and made["b"] == 2 and kind.fromkeys("xy") == {"x": None, "y": None}


def test_what_is_put_into_a_row_stays_when_the_next_is_looked_into(dataset: Dataset) -> None:
    rows = dataset.__getitems__([3, 1, 4])
    rows[1]["label"] = 7
    del rows[2]["ids"]
    assert int(rows[0]["label"]) == 0 and rows[1]["label"] == 7 and list(rows[2]) == ["label"]


def test_rows_are_filled_once_though_threads_look_at_the_same_time(dataset: Dataset) -> None:
    for _ in range(50):
        rows = dataset.__getitems__([3, 1, 4, 1, 5])
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda i: rows[i % 5]["ids"], range(40)))  # noqa: B023
        assert all(found[i] is rows[i % 5]["ids"] for i in range(40))
        assert [row["ids"][0].item() for row in rows] == [3, 1, 4, 1, 5]


def test_batches_leave_no_circles(dataset: Dataset) -> None:
    gc.collect()
    gc.disable()
    try:
        for look in (False, True):
            rows = dataset.__getitems__([3, 1])
            kept = weakref.ref(rows[0]["ids"] if look else rows)
            del rows
            assert kept() is None
    finally:
        gc.enable()


def test_rows_can_be_walked_through_and_made_again(dataset: Dataset) -> None:
    rows = next(iter(data.DataLoader(dataset, batch_size=4, collate_fn=lambda rows: rows)))
    plus = torch.utils._pytree.tree_map(lambda tensor: tensor + 1, rows)
    assert [int(row["label"]) for row in plus] == [1, 2, 3, 1] and type(plus) is list and type(plus[0]) is dict
    assert type(rows)(row for row in rows) == rows


def test_rows_are_collated_in_inference_mode(dataset: Dataset) -> None:
    with torch.inference_mode():
        batch = next(iter(data.DataLoader(dataset, batch_size=4)))
    assert batch["label"].tolist() == [0, 1, 2, 0]
