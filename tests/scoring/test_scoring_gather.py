"""Rows of several ranks, threads and processes: real ones, each way, against one metric that saw all rows."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlpdata.errors import ArgumentError, CorruptFileError, FeatureError
from nlpdata.scoring import gather, gather_files, load_metric, measure_batches

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=900), RNG.normal(size=900)
R = RNG.integers(0, 4, 900)
P = np.where(RNG.random(900) < 0.7, R, RNG.integers(0, 4, 900))
METRICS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "f1": (P, R, {"average": "macro"}),
    "mse": (X, Y, {}),
    "pearsonr": (X, Y, {}),
    "spearmanr": (X, Y, {}),
}

RANK = """
import json, pickle, sys
import numpy as np
from nlpdata.scoring import gather, gather_files, load_metric

how, place, rank, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
data = pickle.load(open(place + "/data.pkl", "rb"))
if how == "torch":
    import torch.distributed as distributed
    distributed.init_process_group("gloo", init_method="file://" + place + "/store", rank=rank, world_size=size)
found = {}
for name, (predictions, references, options) in data.items():
    metric = load_metric(name, **options)
    if rank < size - 1 or size == 2:
        metric.add_batch(predictions=predictions[rank::size], references=references[rank::size])
    if rank == 0 and size > 2:  # the last rank has no rows
        metric.add_batch(predictions=predictions[size - 1 :: size], references=references[size - 1 :: size])
    if how == "torch":
        whole = gather(metric)
    else:
        whole = gather_files(metric, place + "/states", rank, size, timeout_seconds=60)
    found[name] = dict(whole.compute())
if how == "torch":
    distributed.destroy_process_group()
json.dump(found, open(place + f"/found-{rank}.json", "w"))
"""


def run_ranks(how: str, place: Path, size: int) -> list[dict[str, Any]]:
    (place / "data.pkl").write_bytes(pickle.dumps(METRICS))
    command = [sys.executable, "-c", textwrap.dedent(RANK), how, str(place)]
    ranks = [subprocess.Popen([*command, str(rank), str(size)]) for rank in range(size)]
    try:
        assert [rank.wait(timeout=150) for rank in ranks] == [0] * size
    finally:
        for rank in ranks:
            rank.kill()
    import json

    return [json.loads((place / f"found-{rank}.json").read_text(encoding="utf-8")) for rank in range(size)]


@pytest.mark.parametrize(("how", "size"), [("torch", 2), ("files", 3)])
def test_every_rank_has_the_score_of_all_rows(how: str, size: int, tmp_path: Path) -> None:
    if how == "torch":
        pytest.importorskip("torch")
    expected = {}
    for name, (predictions, references, options) in METRICS.items():
        expected[name] = dict(load_metric(name, **options).compute(predictions=predictions, references=references))
    assert run_ranks(how, tmp_path, size) == [expected] * size


def test_gather_without_ranks_is_a_copy() -> None:
    pytest.importorskip("torch")
    metric = load_metric("accuracy")
    metric.add_batch(predictions=[0, 1], references=[0, 0])
    assert gather(metric).compute() == {"accuracy": 0.5}
    assert metric.compute() == {"accuracy": 0.5}


def executors() -> list[Any]:
    return [
        pytest.param(lambda: ThreadPoolExecutor(3), id="threads"),
        pytest.param(lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")), id="processes"),
    ]


@pytest.mark.parametrize("start", executors())
def test_batches_measured_by_an_executor(start: Any) -> None:
    with start() as executor:
        for name, (predictions, references, options) in METRICS.items():
            parts = [slice(start, start + 70) for start in range(0, 900, 70)]
            batches = ({"predictions": predictions[part], "references": references[part]} for part in parts)
            metric = load_metric(name, **options)
            assert measure_batches(metric, batches, executor, max_pending=3) is metric
            expected = load_metric(name, **options).compute(predictions=predictions, references=references)
            assert metric.compute() == expected


def test_a_refused_batch_adds_nothing() -> None:
    metric = load_metric("accuracy")
    metric.add_batch(predictions=[1], references=[1])
    batches = [{"predictions": [0], "references": [0]}, {"predictions": [0.5], "references": [0]}]
    with ThreadPoolExecutor(2) as executor, pytest.raises(FeatureError, match="Row 0 of predictions"):
        measure_batches(metric, batches, executor)
    assert metric.state is not None and metric.state.rows == 1


def test_batches_are_read_as_workers_become_free() -> None:
    taken = 0

    def batches() -> Any:
        nonlocal taken
        for _ in range(50):
            taken += 1
            yield {"predictions": [1], "references": [1]}

    class Counting(Executor):
        """Runs each call where it stands; how many batches were read ahead of it."""

        ahead = 0

        def __init__(self) -> None:
            self.threads = ThreadPoolExecutor(1)
            self.submitted = 0

        def submit(self, call: Any, /, *arguments: Any, **named: Any) -> Any:
            self.submitted += 1
            self.ahead = max(self.ahead, taken - self.submitted)
            return self.threads.submit(call, *arguments, **named)

    executor = Counting()
    with executor.threads:
        assert measure_batches(load_metric("accuracy"), batches(), executor, max_pending=2).compute() == {"accuracy": 1.0}
    assert executor.ahead <= 1 and taken == 50


def test_folders_that_cannot_serve(tmp_path: Path) -> None:
    metric = load_metric("accuracy")
    metric.add_batch(predictions=[1], references=[1])
    assert gather_files(metric, tmp_path / "one", 0, 1).compute() == {"accuracy": 1.0}
    with pytest.raises(ArgumentError, match="already"):
        gather_files(metric, tmp_path / "one", 0, 1)
    with pytest.raises(TimeoutError, match="no file of rank 1, 2"):
        gather_files(metric, tmp_path / "three", 0, 3, timeout_seconds=0.05)
    with pytest.raises(ArgumentError, match="rank is 3"):
        gather_files(metric, tmp_path / "three", 3, 3)
    place = tmp_path / "broken"
    place.mkdir()
    (place / "accuracy-default_experiment-00001-of-00002.json").write_bytes(b"{")
    with pytest.raises(CorruptFileError, match="00001-of-00002"):
        gather_files(metric, place, 0, 2, timeout_seconds=5)
    assert not [entry for entry in place.iterdir() if entry.name.startswith(".")]


def test_ranks_with_other_settings_are_refused(tmp_path: Path) -> None:
    left, right = load_metric("exact_match"), load_metric("exact_match", ignore_case=True)
    for metric in (left, right):
        metric.add_batch(predictions=["a"], references=["A"])
    with ThreadPoolExecutor(2) as executor:
        both = [executor.submit(gather_files, m, tmp_path, rank, 2, 20.0) for rank, m in enumerate([left, right])]
        for future in both:
            with pytest.raises(ArgumentError, match=r"ignore_case: (False, True|True, False)"):
                future.result()
