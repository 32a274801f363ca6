"""Slow functions have their results written, and their batches read, in a second thread: what they see and do is the same."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import nlpdata
from nlpdata.engine.batches import Batches
from nlpdata.formats import FormatSpec, get_formatter

MakeSource = Callable[..., Any]
SLOW = 0.02  # seconds: a call that takes so long is one whose result is written beside the next
ROWS = 30


def slow(function: Any) -> Any:
    def call(batch: Any) -> Any:
        made = function(batch)
        time.sleep(SLOW)
        return made

    return call


@pytest.mark.parametrize("kind", [None, "numpy", "torch"])
def test_what_was_read_ahead_is_what_is_read(kind: str | None, source: MakeSource) -> None:
    if kind == "torch":
        pytest.importorskip("torch")
    rows = source({"a": list(range(10)), "b": [str(i) for i in range(10)]}, FormatSpec(kind))
    made = [Batches(rows, range(10), 4, get_formatter(rows.format, rows.features)) for _ in range(2)]
    for start in (0, 4, 8, 12):
        made[0].read_ahead(start, ["a", "b"])
    for (start, found, shown), (_, expected, plain) in zip(*made, strict=True):
        assert found.equals(expected) and found.num_rows == min(4, 10 - start)
        for name in ("a", "b"):
            values = shown.column(found, name)
            assert list(values) == list(plain.column(expected, name))
            assert shown.untouched(found, name, values)
            assert shown.column(found, name) is not values  # that one is given out once


def test_code_of_users_is_not_run_ahead() -> None:
    seen: list[str] = []

    def transform(batch: dict[str, Any]) -> dict[str, Any]:
        seen.append(threading.current_thread().name)
        return batch

    ds = nlpdata.Dataset.from_dict({"a": list(range(ROWS))}).with_transform(transform)
    made = ds.map(slow(lambda batch: {"b": [v + 1 for v in batch["a"]]}), batched=True, batch_size=5, keep_in_memory=True)
    assert made.with_format(None)["b"][:] == list(range(1, ROWS + 1))
    assert set(seen) == {threading.main_thread().name}


@pytest.mark.parametrize("kind", [None, "numpy"])
def test_a_change_in_place_is_kept(kind: str | None) -> None:
    rows = [[i + 2, i + 1, i] for i in range(ROWS)]
    ds = nlpdata.Dataset.from_dict({"a": rows, "n": list(range(ROWS)), "text": [str(i) for i in range(ROWS)]}).with_format(kind)

    def change(batch: Any) -> Any:
        batch["text"][0] = "one"
        for row in batch["a"]:
            if kind is None:  # the others are views that cannot be written
                row.sort()
        return batch

    made = ds.map(slow(change), batched=True, batch_size=5, keep_in_memory=True).with_format(None)
    assert made["a"][:] == ([sorted(row) for row in rows] if kind is None else rows)
    assert made["text"][:] == ["one"[: 3 if kind is None else len(str(i))] if i % 5 == 0 else str(i) for i in range(ROWS)]
    assert made["n"][:] == list(range(ROWS))


def test_a_batch_that_cannot_be_read_fails_in_its_call() -> None:
    text = pa.Array.from_buffers(
        pa.string(),
        ROWS,
        [None, pa.py_buffer(np.arange(ROWS + 1, dtype=np.int32)), pa.py_buffer(b"a" * 17 + b"\xff" + b"a" * 12)],
    )
    ds = nlpdata.Dataset(pa.table({"text": text, "n": range(ROWS)}))
    function = slow(lambda batch: {"size": [len(v) for v in batch["text"]]})
    with pytest.raises(pa.ArrowException) as caught:
        ds.map(function, batched=True, batch_size=5, keep_in_memory=True)
    assert "rows 15..20" in "".join(caught.value.__notes__)
    made = ds.map(function, batched=True, batch_size=5, keep_in_memory=True, on_error="skip")
    assert made["n"][:] == [*range(15), *range(20, ROWS)]
