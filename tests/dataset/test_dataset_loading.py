"""The ways of ``docs/loading.md``: rows, whole batches, workers."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
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
    fetched = Dataset.from_list(rows, features=features).with_format("torch").__getitems__(indices)
    change = chosen.draw(st.sampled_from(["nothing", "reverse", "drop", "replace", "new column", "copy"]))
    if change == "reverse":
        fetched.reverse()
    elif change == "drop" and len(fetched) > 1:
        fetched.pop()
    elif change == "replace":
        fetched[-1]["pair"] = fetched[-1]["pair"] + 1
    elif change == "new column":
        for row in fetched:
            row["more"] = row["number"] * 2
    elif change == "copy":
        fetched = copy.copy(fetched)
    expected, found = collated_by_torch(fetched), data.default_collate(fetched)
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


def test_rows_can_be_walked_through_and_made_again(dataset: Dataset) -> None:
    rows = next(iter(data.DataLoader(dataset, batch_size=4, collate_fn=lambda rows: rows)))
    plus = torch.utils._pytree.tree_map(lambda tensor: tensor + 1, rows)
    assert [int(row["label"]) for row in plus] == [1, 2, 3, 1] and type(plus) is list and type(plus[0]) is dict
    assert type(rows)(row for row in rows) == rows


def test_rows_are_collated_in_inference_mode(dataset: Dataset) -> None:
    with torch.inference_mode():
        batch = next(iter(data.DataLoader(dataset, batch_size=4)))
    assert batch["label"].tolist() == [0, 1, 2, 0]
