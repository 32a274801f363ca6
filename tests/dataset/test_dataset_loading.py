"""The ways of ``docs/loading.md``: rows, whole batches, workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlpdata import Dataset, load_from_disk

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
