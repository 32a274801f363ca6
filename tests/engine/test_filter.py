"""filter: a row list and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.cache.directory import CacheDirectory
from nlpdata.engine.plan import Filter
from nlpdata.engine.run import Options, run_filter
from nlpdata.errors import ArgumentError, FeatureError, UnknownColumnError
from nlpdata.formats import FormatSpec
from nlpdata.store.selection import Range, Rows

ROWS = {"a": [1, 2, 3, 4, 5], "t": ["v", "w", "x", "y", "z"]}
EVEN: dict[str, tuple[Any, dict[str, Any]]] = {
    "rows": (lambda r: r["a"] % 2 == 0, {}),
    "truthy": (lambda r: 1 - r["a"] % 2, {}),
    "none is no": (lambda r: True if r["a"] % 2 == 0 else None, {}),
    "indices": (lambda r, i: i % 2 == 1, {"with_indices": True}),
    "rank": (lambda r, k: r["a"] % 2 == k, {"with_rank": True}),
    "input columns": (lambda a: a % 2 == 0, {"input_columns": "a"}),
    "arguments": (lambda r, n: r["a"] % n == 0, {"fn_kwargs": {"n": 2}}),
    "batches": (lambda b: [a % 2 == 0 for a in b["a"]], {"batched": True}),
    "small batches": (lambda b, i: [k % 2 == 1 for k in i], {"batched": True, "batch_size": 2, "with_indices": True}),
    "arrays": (lambda b: np.array(b["a"]) % 2 == 0, {"batched": True}),
    "numbers": (lambda b: 1 - np.array(b["a"]) % 2, {"batched": True}),
    "arrow": (lambda b: pa.array([False, True, None, True, False]), {"batched": True}),
    "mixed truths": (lambda b: [False, 256, 0, "yes", None], {"batched": True}),
    "large truths": (lambda b: [False, 256, 0, -1, False], {"batched": True}),
    "small truths": (lambda b: [False, 2, 0, np.bool_(True), 0.0], {"batched": True}),
    "nulls": (lambda b: [None, True, False, True, None], {"batched": True}),
}


@pytest.mark.parametrize("name", EVEN)
@pytest.mark.parametrize("task_rows", [None, 1, 3])
def test_even_rows(source: Any, directory: CacheDirectory, name: str, task_rows: int | None) -> None:
    function, options = EVEN[name]
    made, step = source(ROWS), Filter(function, **options)
    for how in (Options(directory, task_rows=task_rows), Options(directory), Options(task_rows=task_rows)):
        if name == "arrow" and how.task_rows in (1, 3):
            continue
        outcome = run_filter(made, step, how)
        assert outcome.view.table().to_pydict() == {"a": [2, 4], "t": ["w", "y"]}
        assert outcome.features == made.features
        assert outcome.lineage.key() != made.lineage.key()
        assert outcome.view.files == ()  # no row of data was written


def test_runs_of_rows_need_no_list(source: Any, directory: CacheDirectory) -> None:
    made = source(ROWS)
    assert run_filter(made, Filter(lambda r: True), Options(directory)).view is made.view
    assert run_filter(made, Filter(), Options(directory)).view is made.view
    some = run_filter(made, Filter(lambda r: 2 <= r["a"] <= 4), Options(directory)).view
    assert isinstance(some.parts[0].selection, Range)
    assert some.column("a").to_pylist() == [2, 3, 4]
    none = run_filter(made, Filter(lambda r: False), Options(directory)).view
    assert none.num_rows == 0 and none.column_names == ["a", "t"]


def test_the_list_is_mapped(source: Any, directory: CacheDirectory) -> None:
    made = source({"a": np.arange(100_000)})
    step = Filter(lambda b: np.asarray(b["a"]) % 2 == 0, batched=True)
    for _ in range(2):
        selection = run_filter(made, step, Options(directory)).view.parts[0].selection
        assert isinstance(selection, Rows)
        assert not selection.array.flags.owndata
    size = sum(p.stat().st_size for p in directory.root.rglob("*") if p.is_file())
    assert 400_000 <= size < 420_000


def test_found_again(source: Any, directory: CacheDirectory) -> None:
    seen: list[int] = []

    class Seen:
        def __init__(self, seen: list[int]) -> None:
            self.seen = seen

        def __nlpdata_key__(self) -> str:
            return "seen"

        def __call__(self, row: Any) -> bool:
            self.seen.append(row["a"])
            return bool(row["a"] > 2)

    made = source(ROWS)
    first = run_filter(made, Filter(Seen(seen)), Options(directory))
    second = run_filter(made, Filter(Seen(seen)), Options(directory))
    assert seen == ROWS["a"]
    assert first.lineage.key() == second.lineage.key()
    assert second.view.column("a").to_pylist() == [3, 4, 5]
    run_filter(source(ROWS, FormatSpec("numpy")), Filter(Seen(seen)), Options(directory))
    assert seen == ROWS["a"] * 2


@pytest.mark.parametrize(
    ("function", "options", "error", "match"),
    [
        (lambda b: [True], {"batched": True}, ArgumentError, "1 truth values for a batch of 5 rows"),
        (lambda b: True, {"batched": True}, FeatureError, "returned bool"),
        (lambda b: "yes", {"batched": True}, FeatureError, "returned str"),
        (lambda r: r["b"], {}, UnknownColumnError, "There is no column 'b'"),
        (lambda r: 1 // (r["a"] - 3), {}, ZeroDivisionError, "division"),
    ],
)
def test_garbage(
    source: Any, directory: CacheDirectory, files: Any, function: Any, options: Any, error: Any, match: str
) -> None:
    with pytest.raises(error, match=match) as caught:
        run_filter(source(ROWS), Filter(function, **options), Options(directory))
    assert any("nlpdata: in filter(" in note for note in caught.value.__notes__)
    assert files() == []


def test_no_rows(source: Any, directory: CacheDirectory) -> None:
    made = source(pa.table({"a": pa.array([], pa.int64())}))
    assert run_filter(made, Filter(lambda r: True), Options(directory)).view is made.view
