"""What becomes of what a function returns: buffers it uses again, columns it was told to drop, rows there are none of."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nlpdata.errors
from nlpdata import ClassLabel, Dataset, Features, Value
from nlpdata.engine.batches import is_own, snapshot
from nlpdata.engine.local import ProcessExecutor
from nlpdata.engine.plan import Map
from nlpdata.engine.run import Options, run_map

ROWS = 40
SLOW = 0.02  # seconds; results of such calls are written beside the next call


@pytest.fixture
def ds() -> Dataset:
    return Dataset.from_dict({"x": list(range(ROWS)), "s": [f"row {i}" for i in range(ROWS)]})


def filled(buffer: Any, values: list[int]) -> Any:
    buffer[:] = values
    return buffer


def items_of(buffers: list[Any], values: list[int]) -> Any:
    for buffer, value in zip(buffers, values, strict=True):
        buffer.update(v=value) if isinstance(buffer, dict) else filled(buffer, [value])
    return buffers


BUFFERS: dict[str, tuple[Callable[[], Any], Callable[[Any, list[int]], Any]]] = {
    "array": (lambda: np.zeros(4), filled),
    "view of an array": (lambda: np.zeros((2, 4))[0], filled),
    "list": (lambda: [0] * 4, filled),
    "objects": (lambda: np.zeros(4, object), filled),
    "lists": (lambda: [[0] for _ in range(4)], items_of),
    "new list of lists": (lambda: [[0] for _ in range(4)], lambda buffer, values: list(items_of(buffer, values))),
    "arrays": (lambda: [np.zeros(1) for _ in range(4)], items_of),
    "dicts": (lambda: [{"v": 0} for _ in range(4)], items_of),
}


@pytest.mark.parametrize("seconds", [0, SLOW])
@pytest.mark.parametrize("in_memory", [True, False])
@pytest.mark.parametrize("name", BUFFERS)
def test_a_buffer_may_be_used_again(ds: Dataset, name: str, in_memory: bool, seconds: float) -> None:
    make, use = BUFFERS[name]
    buffer = make()

    def function(batch: Any) -> Any:
        time.sleep(seconds)
        return {"n": use(buffer, batch["x"])}

    result = ds.map(function, batched=True, batch_size=4, keep_in_memory=in_memory)["n"][:]
    plain = [v["v"] if isinstance(v, dict) else v[0] if isinstance(v, list) else v for v in result]
    assert plain == list(range(ROWS))


@pytest.mark.parametrize("seconds", [0, SLOW])
def test_a_returned_dict_or_frame_may_be_used_again(ds: Dataset, seconds: float) -> None:
    held: dict[str, Any] = {}
    frame = pd.DataFrame({"n": [0] * 4})

    def by_dict(batch: Any) -> Any:
        time.sleep(seconds)
        held["n"] = list(batch["x"])
        return held

    def by_frame(batch: Any) -> Any:
        time.sleep(seconds)
        frame.loc[:, "n"] = batch["x"]
        return frame

    for function in (by_dict, by_frame):
        made = ds.map(function, batched=True, batch_size=4, keep_in_memory=True, remove_columns=["x", "s"])
        assert made["n"][:] == list(range(ROWS))


def test_a_buffer_may_be_used_again_for_each_row(ds: Dataset) -> None:
    buffer, items = np.zeros(1), [0]

    def function(row: Any) -> Any:
        buffer[0] = items[0] = row["x"]
        return {"a": buffer, "b": items}

    made = ds.map(function, keep_in_memory=True)
    assert made["a"][:] == [[float(x)] for x in range(ROWS)] and made["b"][:] == [[x] for x in range(ROWS)]


def own(make: Callable[[], Any]) -> bool:
    return is_own(snapshot(make()))


def test_who_holds_a_result() -> None:
    kept = [[1], [2]]
    assert own(lambda: {"a": [1, 2], "b": ["x"], "c": [[1], [2], []], "d": np.zeros(3), "e": [np.zeros(1), np.zeros(2)]})
    assert not own(lambda: {"a": kept})
    assert not own(lambda: {"a": list(kept)})
    assert not own(lambda: {"a": [[kept]]})
    assert not own(lambda: {"a": np.zeros(3)[1:]})
    assert not own(lambda: {"a": [{"k": 1}]})
    assert not own(lambda: {"a": [[None, kept]]})


def test_removed_columns_stay_away_though_they_were_assigned(ds: Dataset) -> None:
    def split(batch: Any) -> Any:
        batch["s"] = [text.upper() for text in batch["s"]]
        return {"c": [c for text in batch["s"] for c in text[:2]]}

    made = ds.map(split, batched=True, remove_columns=["x", "s"])
    assert made.column_names == ["c"] and made["c"][:4] == ["R", "O", "R", "O"]

    def assigned(row: Any) -> Any:
        row["s"] = "new"
        row["t"] = row["x"]
        return row

    assert ds.map(assigned, remove_columns=["s"]).column_names == ["x", "t"]
    again = ds.map(lambda row: {"s": "new"}, remove_columns=["x", "s"])
    assert again.column_names == ["s"] and again["s"][0] == "new"  # returned anew


def test_new_columns_come_in_the_order_they_were_assigned(ds: Dataset) -> None:
    def assigned(row: Any) -> Any:
        for name in "zyxwvutsrq":
            row[name] = 1
        return row

    assert ds.map(assigned).column_names == ["x", "s", *(n for n in "zyxwvutsrq" if n not in "xs")]


def test_no_rows_lose_their_columns_too(ds: Dataset) -> None:
    nothing = ds.select([])
    made = nothing.map(lambda row: {"n": 1}, remove_columns=["x"])
    assert made.column_names == ["s"] and made.num_rows == 0 and made.features == Features({"s": Value("string")})
    declared = Features({"n": Value("int8"), "c": ClassLabel(names=["a", "b"])})
    assert nothing.map(lambda row: {"n": 1}, features=declared).features == declared
    assert nothing.map(lambda row: {"n": 1}).column_names == ["x", "s"]


def test_declared_features_hold_for_all_rows() -> None:
    many = Dataset.from_dict({"a": list(range(5000))})
    declared = Features({"a": Value("int16"), "b": Value("int8")})
    for batched in (False, True):
        function = (lambda batch: {"b": [1] * len(batch["a"])}) if batched else (lambda row: {"b": 1})
        made = many.map(function, features=declared, batched=batched)
        assert made.features == declared and made["a"][:] == list(range(5000))


@pytest.mark.parametrize("kind", ["torch", "tensorflow", "jax", "numpy"])
def test_a_column_that_was_only_read_stays_as_it_is(kind: str) -> None:
    pytest.importorskip(kind)
    ds = Dataset.from_dict({"i": [1, None, 3], "l": [[1.0, None], [2.0], []]}).with_format(kind)
    for batched in (False, True):
        made = ds.map(lambda given: [given["i"], given["l"]] and {"n": given["i"]}, batched=batched).with_format(None)
        assert made.features["i"] == Value("int64")
        assert made["i"][:] == [1, None, 3] and made["l"][:] == [[1.0, None], [2.0], []]


def test_the_key_of_a_result_in_memory_is_that_of_the_function_as_it_was() -> None:
    ds = Dataset.from_dict({"x": [0, 1, 2]})
    scope: dict[str, Any] = {"N": 1}
    exec("def f(r): return {'y': r['x'] * N}\ndef keep(r): return r['x'] >= N\ndef g(r): return {'z': r['x'] * 2}", scope)
    for step, options in ((Dataset.map, scope["f"]), (Dataset.filter, scope["keep"])):
        scope["N"] = 1
        first = step(ds, options, keep_in_memory=True)
        scope["N"] = 2
        second = step(ds, options, keep_in_memory=True)
        made = [given.map(scope["g"])["z"][:] for given in (first, second)]
        assert made == [[0, 2, 4], [0, 2, 4]] if step is Dataset.map else [[2, 4], [4]]
        assert first._fingerprint != second._fingerprint


class Calls:
    """Counts the calls that wait at once."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def __call__(self, given: Any) -> Any:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.01)
        self.now -= 1
        return {"n": given["x"]}

    def __nlpdata_key__(self) -> str:
        return "calls"


@pytest.mark.parametrize(("batched", "most"), [(False, ROWS), (True, ROWS // 4)])
def test_coroutines_wait_side_by_side(ds: Dataset, batched: bool, most: int) -> None:
    calls = Calls()
    made = ds.map(calls, batched=batched, batch_size=4, keep_in_memory=True)
    assert made["n"][:] == list(range(ROWS)) and calls.most == most


def test_coroutines_share_one_loop() -> None:
    many = Dataset.from_dict({"x": list(range(3000))})
    limit = asyncio.Semaphore(20)

    async def function(row: Any) -> Any:
        async with limit:
            await asyncio.sleep(0)
            return {"n": row["x"]}

    for _ in range(2):
        assert many.map(function, keep_in_memory=True)["n"][:] == list(range(3000))


def test_a_failing_coroutine_ends_the_others(ds: Dataset) -> None:
    done = []

    async def function(batch: Any) -> Any:
        if 8 in batch["x"]:
            raise ValueError("no eight")
        await asyncio.sleep(0.5)
        done.append(1)
        return {"n": batch["x"]}

    with pytest.raises(ValueError, match="no eight") as caught:
        ds.map(function, batched=True, batch_size=4, keep_in_memory=True)
    assert "rows 8..12" in "".join(caught.value.__notes__) and not done
    made = ds.map(function, batched=True, batch_size=4, keep_in_memory=True, on_error="skip")
    assert made["n"][:] == [*range(8), *range(12, ROWS)]


def test_a_few_slow_rows_are_shared_out(ds: Dataset) -> None:
    def function(row: Any) -> Any:
        __import__("time").sleep(0.1)
        return {"by": __import__("os").getpid()}

    assert len(set(ds.map(function, num_proc=2)["by"][:])) > 1


def test_workers_are_set_as_the_caller_is(source: Any) -> None:
    torch, decimal = pytest.importorskip("torch"), pytest.importorskip("decimal")

    def function(row: Any) -> Any:
        third = __import__("decimal").Decimal(1) / 3
        return {"third": str(third), "dtype": str(__import__("torch").ones(1).dtype), "by": __import__("os").getpid()}

    with decimal.localcontext(prec=5):
        torch.set_default_dtype(torch.float64)
        try:
            made = run_map(source({"x": list(range(ROWS))}), Map(function), Options(executor=ProcessExecutor(2), task_rows=20))
        finally:
            torch.set_default_dtype(torch.float32)
    table = made.view.table().to_pydict()
    assert set(table["third"]) == {"0.33333"} and set(table["dtype"]) == {"torch.float64"}
    assert os.getpid() not in table["by"]


def test_a_generator_may_use_its_buffers_again() -> None:
    def rows() -> Any:
        row: dict[str, Any] = {"a": [0], "b": np.zeros(1), "c": {"k": 0}}
        for i in range(5):
            row["a"][0] = row["b"][0] = row["c"]["k"] = i
            yield row

    made = Dataset.from_generator(rows)
    assert made["a"][:] == made["b"][:] == [[i] for i in range(5)] and made["c"][:] == [{"k": i} for i in range(5)]


def test_no_label_but_those_there_are() -> None:
    features = Features({"c": ClassLabel(names=["a", "b"]), "n": Value("int64")})
    labelled = Dataset.from_dict({"c": [0, 1], "n": [0, 5]}, features=features)
    for wrong in (5, np.int32(5), -2):
        with pytest.raises(nlpdata.errors.RowError, match=r"(?s)'c'.*0.*1"):
            labelled.map(lambda row, wrong=wrong: {"c": wrong})
    with pytest.raises(nlpdata.errors.FeatureError, match="'n'"):
        labelled.map(lambda row: {"m": 1}, features=Features({**features, "n": features["c"], "m": Value("int8")}))
    assert labelled.map(lambda row: {"c": "b"})["c"][:] == [1, 1]
    assert labelled.map(lambda row: {"c": 0.5}).features["c"] == Value("float64")


def test_iterators_are_read_once() -> None:
    ds = Dataset.from_dict({"n": [1, 2], "l": [["x"], ["y"]]})
    for name in ("n", "l", "new"):
        made = ds.map(lambda row, name=name: {name: map(str, "ab")})
        assert made[name][:] == [["a", "b"]] * 2
