"""map: what comes out, what is written, what is found again."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from nlpdata.cache.directory import CacheDirectory
from nlpdata.cache.key import Lineage
from nlpdata.engine.plan import Map, Source
from nlpdata.engine.run import Options, Outcome, run_map
from nlpdata.errors import ArgumentError, FeatureError, RowError, TypeConflictError, UnknownColumnError
from nlpdata.features import ClassLabel, Features, List, Value
from nlpdata.formats import FormatSpec
from nlpdata.settings import settings
from nlpdata.store import TableGroup, View

ROWS = {"a": [1, 2, 3], "t": ["x", "y", "z"], "l": [[1], [2], [3]]}


def stored(outcome: Outcome) -> list[str]:
    """The columns that are in files."""
    return [name for part in outcome.view.parts if part.group.files for name in part.columns]


@pytest.fixture(params=["disk", "tasks of a batch", "memory"])
def run(request: pytest.FixtureRequest, source: Any, directory: CacheDirectory) -> Callable[..., dict[str, Any]]:
    """map of ROWS as a dict of columns; on disk also again, from the cache."""

    def run(function: Any, rows: Any = ROWS, spec: FormatSpec | None = None, **options: Any) -> dict[str, Any]:
        made, step = source(rows, spec), Map(function, **options)
        how = {
            "disk": Options(directory),
            "tasks of a batch": Options(directory, task_rows=1),
            "memory": Options(task_rows=2),
        }[request.param]
        outcome = run_map(made, step, how)
        table = outcome.view.table()
        assert list(outcome.features) == table.column_names
        assert Features.from_arrow_schema(outcome.features.arrow_schema).type == pa.struct(list(table.schema))
        if how.directory is not None:
            again = run_map(made, step, how)
            assert again.view.table().equals(table)
            assert again.features == outcome.features
            assert again.lineage.key() == outcome.lineage.key()
        return table.to_pydict()  # type: ignore[no-any-return]

    return run


def assigns(row: Any) -> Any:
    row["a"] = 10
    return {"b": 2}


def appends(row: Any) -> Any:
    row["l"].append(9)
    return {"b": 2}


def pops(row: Any) -> Any:
    row.pop("t")
    return row


def pops_quietly(row: Any) -> Any:
    row.pop("t")
    return {"b": 1}


def assigns_sometimes(row: Any) -> Any:
    if row["a"] == 2:
        row["t"] = "new"
    return row


def pops_sometimes(row: Any) -> Any:
    if row["a"] == 2:
        del row["t"]
    return row


B = [2, 2, 2]
BY_ROW: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "a new column": (lambda r: {"b": r["a"] * 2}, {}, {**ROWS, "b": [2, 4, 6]}),
    "a column replaced": (lambda r: {"a": -r["a"]}, {}, {**ROWS, "a": [-1, -2, -3]}),
    "assigned, not returned": (assigns, {}, {**ROWS, "a": [10, 10, 10], "b": B}),
    "changed in place, not returned": (appends, {}, {**ROWS, "l": [[1, 9], [2, 9], [3, 9]], "b": B}),
    "deleted": (pops, {}, {"a": ROWS["a"], "l": ROWS["l"]}),
    "deleted, not returned": (pops_quietly, {}, {"a": ROWS["a"], "l": ROWS["l"], "b": [1, 1, 1]}),
    "assigned in one row": (assigns_sometimes, {}, {**ROWS, "t": ["x", "new", "z"]}),
    "deleted in one row": (pops_sometimes, {}, {**ROWS, "t": ["x", None, "z"]}),
    "the row itself": (lambda r: r, {}, ROWS),
    "a dict of the row": (lambda r: dict(r), {}, ROWS),
    "merged": (lambda r: r | {"b": 2}, {}, {**ROWS, "b": B}),
    "merged over": (lambda r: {**r, "a": 0}, {}, {**ROWS, "a": [0, 0, 0]}),
    "nothing": (lambda r: None, {}, ROWS),
    "an empty dict": (lambda r: {}, {}, ROWS),
    "sometimes nothing": (lambda r: {"b": 1} if r["a"] > 1 else None, {}, {**ROWS, "b": [None, 1, 1]}),
    "other keys in other rows": (
        lambda r: {"b": 1} if r["a"] < 3 else {"c": 1},
        {},
        {**ROWS, "b": [1, 1, None], "c": [None, None, 1]},
    ),
    "a kept column in the last row only": (
        lambda r: {"t": "w"} if r["a"] == 3 else {},
        {},
        {**ROWS, "t": ["x", "y", "w"]},
    ),
    "null, then a value": (lambda r: {"b": None if r["a"] < 3 else "s"}, {}, {**ROWS, "b": [None, None, "s"]}),
    "int, then float": (lambda r: {"b": 1 if r["a"] < 3 else 0.5}, {}, {**ROWS, "b": [1.0, 1.0, 0.5]}),
    "indices": (lambda r, i: {"b": i}, {"with_indices": True}, {**ROWS, "b": [0, 1, 2]}),
    "rank": (lambda r, k: {"b": k}, {"with_rank": True}, {**ROWS, "b": [0, 0, 0]}),
    "both": (lambda r, i, k: {"b": i + k}, {"with_indices": True, "with_rank": True}, {**ROWS, "b": [0, 1, 2]}),
    "input columns": (lambda a, t: {"b": t * a}, {"input_columns": ["a", "t"]}, {**ROWS, "b": ["x", "yy", "zzz"]}),
    "one input column": (lambda a, i: {"b": a + i}, {"input_columns": "a", "with_indices": True}, {**ROWS, "b": [1, 3, 5]}),
    "further arguments": (lambda r, n: {"b": n}, {"fn_kwargs": {"n": 7}}, {**ROWS, "b": [7, 7, 7]}),
    "removed": (lambda r: {"b": 2}, {"remove_columns": ["t", "l"]}, {"a": ROWS["a"], "b": B}),
    "all removed": (lambda r: {"b": 2}, {"remove_columns": ["a", "t", "l"]}, {"b": B}),
    "removed and returned": (lambda r: {"a": r["a"]}, {"remove_columns": ["a", "t"]}, {"a": ROWS["a"], "l": ROWS["l"]}),
    "removed, and the row returned": (lambda r: r, {"remove_columns": ["a", "t"]}, {"l": ROWS["l"]}),
    "removed and made anew": (
        lambda r: {"t": 1, "b": 2, "a": 3},
        {"remove_columns": "t"},
        {"a": [3, 3, 3], "t": [1, 1, 1], "l": ROWS["l"], "b": B},
    ),
    "a table of a row": (lambda r: pa.table({"b": [r["a"]]}), {}, {"b": ROWS["a"]}),
    "another type": (lambda r: {"t": 5}, {}, {**ROWS, "t": [5, 5, 5]}),
    "no arguments": (None, {}, ROWS),
    "a dict as a value": (lambda r: {"b": {"k": r["a"]}}, {}, {**ROWS, "b": [{"k": 1}, {"k": 2}, {"k": 3}]}),
    "drop_last_batch means batches": (lambda r: {"b": 2}, {"drop_last_batch": True, "batch_size": 2}, {**ROWS, "b": B}),
}


@pytest.mark.parametrize("name", BY_ROW)
def test_by_row(run: Any, name: str) -> None:
    function, options, expected = BY_ROW[name]
    found = run(function, **options)
    assert found == expected
    assert list(found) == list(expected)


def halves(batch: Any) -> Any:
    return {"b": [v for v in batch["a"] for _ in range(v)]}


def in_place(batch: Any) -> Any:
    batch["t"][0] = "new"
    return batch


BY_BATCH: dict[str, tuple[Any, dict[str, Any], dict[str, Any]]] = {
    "a new column": (lambda b: {"b": [v * 2 for v in b["a"]]}, {}, {**ROWS, "b": [2, 4, 6]}),
    "batches of two": (lambda b: {"b": [len(b["a"])] * len(b["a"])}, {"batch_size": 2}, {**ROWS, "b": [2, 2, 1]}),
    "all in one": (lambda b: {"b": [len(b["a"])] * 3}, {"batch_size": None}, {**ROWS, "b": [3, 3, 3]}),
    "all in one, old way": (lambda b: {"b": [len(b["a"])] * 3}, {"batch_size": -1}, {**ROWS, "b": [3, 3, 3]}),
    "last left out": (
        lambda b: {"b": b["a"]},
        {"batch_size": 2, "drop_last_batch": True},
        {"a": [1, 2], "t": ["x", "y"], "l": [[1], [2]], "b": [1, 2]},
    ),
    "indices": (lambda b, i: {"b": i}, {"with_indices": True, "batch_size": 2}, {**ROWS, "b": [0, 1, 2]}),
    "input columns": (lambda a, i: {"b": i}, {"with_indices": True, "input_columns": ["a"]}, {**ROWS, "b": [0, 1, 2]}),
    "more rows": (halves, {"remove_columns": ["a", "t", "l"], "batch_size": 1}, {"b": [1, 2, 2, 3, 3, 3]}),
    "fewer rows": (lambda b: {"b": b["a"][:1]}, {"remove_columns": ["a", "t", "l"], "batch_size": 2}, {"b": [1, 3]}),
    "no rows": (lambda b: {"b": []}, {"remove_columns": ["a", "t", "l"]}, {"b": []}),
    "fewer rows of every column": (
        lambda b: {k: v[:1] for k, v in b.items()},
        {"batch_size": 2},
        {"a": [1, 3], "t": ["x", "z"], "l": [[1], [3]]},
    ),
    "fewer rows in a later batch": (
        lambda b: {k: v[1:] for k, v in b.items()} if b["a"][0] == 2 else {"t": ["new"]},
        {"batch_size": 1},
        {"a": [1, 3], "t": ["new", "new"], "l": [[1], [3]]},
    ),
    "the batch itself": (lambda b: b, {}, ROWS),
    "changed in place": (in_place, {"batch_size": 2}, {**ROWS, "t": ["new", "y", "new"]}),
    "nothing": (lambda b: None, {}, ROWS),
    "arrays": (lambda b: {"b": np.array(b["a"]) * 0.5}, {}, {**ROWS, "b": [0.5, 1.0, 1.5]}),
    "arrow arrays": (lambda b: {"b": pa.array(b["a"], pa.int32())}, {}, {**ROWS, "b": [1, 2, 3]}),
    "a table": (lambda b: pa.table({"b": b["a"]}), {"batch_size": 2}, {"b": [1, 2, 3]}),
    "a record batch": (lambda b: pa.record_batch({"b": b["a"]}), {}, {"b": [1, 2, 3]}),
    "a column in one batch": (
        lambda b: {"a": [0]} if b["t"] == ["y"] else {"b": [1]},
        {"batch_size": 1},
        {**ROWS, "a": [1, 0, 3], "b": [1, None, 1]},
    ),
    "null, then text": (
        lambda b: {"b": [None] if b["a"] == [1] else ["s"]},
        {"batch_size": 1},
        {**ROWS, "b": [None, "s", "s"]},
    ),
}


@pytest.mark.parametrize("name", BY_BATCH)
def test_by_batch(run: Any, name: str) -> None:
    function, options, expected = BY_BATCH[name]
    found = run(function, batched=True, **options)
    assert found == expected
    assert list(found) == list(expected)


def test_formats(run: Any) -> None:
    def kinds(row: Any) -> Any:
        return {"k": [type(row["a"]).__name__, type(row["l"]).__name__]}

    assert run(kinds, spec=FormatSpec("numpy", columns=("a",)))["k"] == [["int64", "ndarray"]] * 3
    assert run(lambda b: {"b": b["a"] * 2}, spec=FormatSpec("numpy"), batched=True) == {**ROWS, "b": [2, 4, 6]}
    as_table = run(lambda t: t.append_column("b", t["a"]), spec=FormatSpec("arrow"), batched=True)
    assert as_table == {**ROWS, "b": ROWS["a"]}
    assert run(lambda t: {"b": t["a"]}, spec=FormatSpec("arrow"), batched=True) == {**ROWS, "b": ROWS["a"]}


def test_formats_of_frames(run: Any) -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    assert run(lambda d: d.assign(b=d["a"] * 2), spec=FormatSpec("pandas"), batched=True)["b"] == [2, 4, 6]
    assert run(lambda d: d.with_columns(b=d["a"] * 2), spec=FormatSpec("polars"), batched=True)["b"] == [2, 4, 6]


async def doubled(row: Any) -> Any:
    import asyncio

    await asyncio.sleep(0.001)
    return {"b": row["a"] * 2}


async def doubled_batch(batch: Any) -> Any:
    return {"b": [a * 2 for a in batch["a"]]}


def test_coroutines(run: Any, source: Any) -> None:
    import asyncio
    import time

    assert run(doubled) == {**ROWS, "b": [2, 4, 6]}
    assert run(doubled_batch, batched=True) == {**ROWS, "b": [2, 4, 6]}

    async def inside() -> dict[str, Any]:
        return run(doubled)  # type: ignore[no-any-return]

    assert asyncio.run(inside()) == {**ROWS, "b": [2, 4, 6]}

    async def wait(row: Any) -> Any:
        await asyncio.sleep(0.2)
        if row["a"] == 70:
            raise KeyError("seventy")

    started = time.monotonic()
    with pytest.raises(KeyError) as caught:
        run_map(source({"a": list(range(100))}), Map(wait), Options())
    assert time.monotonic() - started < 10
    assert caught.value.__notes__ == ["nlpdata: in map(wait), row 70 of 100"]


def test_tensors(run: Any) -> None:
    torch = pytest.importorskip("torch")
    found = run(lambda r: {"b": torch.stack([r["a"], r["a"]]), "c": r["a"] * 0.5}, spec=FormatSpec("torch"))
    assert found == {**ROWS, "b": [[1, 1], [2, 2], [3, 3]], "c": [0.5, 1.0, 1.5]}


# --- what is written ---------------------------------------------------------------------------------------------------


def test_only_changed_columns_are_written(source: Any, directory: CacheDirectory) -> None:
    made = source(ROWS)
    for function in (lambda r: {"b": 1}, lambda r: r | {"b": 1}, lambda r: {**r, "b": 1}, lambda r: {"t": r["t"], "b": 1}):
        assert stored(run_map(made, Map(function), Options(directory))) == ["b"]
    step = Map(lambda b: {**b, "b": b["a"]}, batched=True)
    assert stored(run_map(made, step, Options(directory))) == ["b"]
    tables = Map(lambda t: t.append_column("b", t["a"]), batched=True)
    assert stored(run_map(source(ROWS, FormatSpec("arrow")), tables, Options(directory))) == ["b"]


def test_a_number_costs_eight_bytes_a_row(source: Any, directory: CacheDirectory) -> None:
    made = source({"text": ["some words"] * 100_000})
    run_map(made, Map(lambda b: {"n": [len(t) for t in b["text"]]}, batched=True), Options(directory))
    size = sum(p.stat().st_size for p in directory.root.rglob("*") if p.is_file())
    assert 800_000 <= size < 830_000


def test_removing_and_returning_nothing_write_no_data(source: Any, directory: CacheDirectory, files: Any) -> None:
    made = source(ROWS)
    outcome = run_map(made, Map(lambda r: None), Options(directory))
    assert outcome.view is made.view and outcome.lineage is made.lineage
    assert files() == []
    assert stored(run_map(made, Map(lambda r: {}, remove_columns=["t"]), Options(directory))) == []
    assert sum(name.endswith(".arrow") for name in files()) == 1


def test_found_again(source: Any, directory: CacheDirectory) -> None:
    class Marks:
        def __init__(self) -> None:
            self.calls: list[int] = []

        def __nlpdata_key__(self) -> str:
            return "marks"

    marks = Marks()
    calls = marks.calls

    def function(row: Any) -> Any:
        marks.calls.append(row["a"])
        return {"b": 1}

    made = source(ROWS)
    first = run_map(made, Map(function), Options(directory))
    second = run_map(made, Map(function, batch_size=7), Options(directory, task_rows=1))
    assert calls == [1, 2, 3]
    assert second.view.content_key() == first.view.content_key()
    run_map(made, Map(function), Options(directory, load_from_cache=False))
    assert calls == [1, 2, 3] * 2
    assert len(list((directory.root / "results").iterdir())) == 1
    run_map(source({**ROWS, "a": [1, 2, 4]}), Map(function), Options(directory))
    run_map(source(ROWS, FormatSpec("numpy")), Map(function), Options(directory))
    assert len(calls) == 12


def test_batch_size_is_part_of_the_key_of_batches_only(source: Any) -> None:
    assert Map(len, batch_size=1).key() == Map(len, batch_size=2).key()
    assert Map(len, batched=True, batch_size=1).key() != Map(len, batched=True, batch_size=2).key()
    assert Map(len, fn_kwargs={"a": 1}).key() != Map(len, fn_kwargs={"a": 2}).key()
    assert Map(len, features=Features({"a": Value("int8")})).key() != Map(len).key()


def test_a_name_given_by_hand(source: Any, directory: CacheDirectory) -> None:
    made = source(ROWS)
    run_map(made, Map(lambda r: {"b": 1}), Options(directory, key="mine"))
    outcome = run_map(made, Map(lambda r: {"b": 2}), Options(directory, key="mine"))
    assert outcome.view.table()["b"].to_pylist() == [1, 1, 1]
    assert outcome.lineage.key() == "mine"
    for bad in ("", "a/b", "..", "x" * 65, "a b"):
        with pytest.raises(ArgumentError, match="fingerprint"):
            Options(directory, key=bad)


def unkeyable() -> Any:
    import threading

    lock = threading.Lock()

    def function(row: Any) -> Any:
        with lock:
            return {"b": row["a"]}

    return function


def test_what_has_no_key_is_told_once_and_not_kept(source: Any, directory: CacheDirectory, files: Any) -> None:
    made, function = source(ROWS), unkeyable()
    with pytest.warns(UserWarning, match=r"function → closure 'lock' \(_thread.lock\)"):
        outcome = run_map(made, Map(function), Options(directory))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = run_map(made, Map(function), Options(directory))
    assert outcome.view.table()["b"].to_pylist() == [1, 2, 3]
    assert outcome.lineage.key() == again.lineage.key()  # named by what they contain
    assert not (directory.root / "results").exists()
    following = run_map(
        Source(outcome.view, outcome.features, FormatSpec(), outcome.lineage), Map(len_of_t), Options(directory)
    )
    assert following.view.table()["n"].to_pylist() == [1, 1, 1]
    del outcome, again, following
    assert all(name.startswith("results/") for name in files())


def len_of_t(row: Any) -> Any:
    return {"n": len(row["t"])}


def test_without_caching_nothing_stays(source: Any, directory: CacheDirectory, files: Any) -> None:
    with settings.override(caching=False):
        outcome = run_map(source(ROWS), Map(lambda r: {"b": 1}), Options(directory))
    assert outcome.view.table()["b"].to_pylist() == [1, 1, 1]
    del outcome
    assert files() == []


# --- types -------------------------------------------------------------------------------------------------------------


def test_types_come_back(source: Any, directory: CacheDirectory) -> None:
    features = Features({"a": Value("int8"), "c": ClassLabel(names=["n", "p"]), "l": List(Value("float32"))})
    table = pa.table({"a": [1], "c": [1], "l": [[0.5]]}, features.arrow_schema)
    made = source(table, features=features)
    same = run_map(made, Map(lambda r: {"a": 5, "c": "n", "l": [1.5, 2.5]}), Options(directory))
    assert same.features == features
    assert same.view.table().to_pydict() == {"a": [5], "c": [0], "l": [[1.5, 2.5]]}
    wider = run_map(made, Map(lambda r: {"a": 500}), Options(directory))
    assert wider.features["a"] == Value("int64")
    plain = run_map(made, Map(lambda r: {"a": 5, "c": 1}, try_original_type=False), Options(directory))
    assert plain.features["a"] == Value("int64") == plain.features["c"]


def test_declared_features(source: Any, directory: CacheDirectory) -> None:
    made = source({"a": [1, 2], "t": ["x", "y"]})
    features = Features({"b": Value("int8"), "t": Value("string"), "a": Value("int32")})
    outcome = run_map(made, Map(lambda r: {"b": 1}, features=features), Options(directory))
    assert outcome.features == features
    assert outcome.view.schema.equals(features.arrow_schema)
    assert sorted(stored(outcome)) == ["a", "b"]
    labels = Features({"a": ClassLabel(names=["p", "q", "r"]), "t": Value("string")})
    relabelled = run_map(made, Map(lambda r: r, features=labels), Options(directory))
    assert relabelled.features == labels
    assert stored(relabelled) == []
    with pytest.raises(UnknownColumnError, match="leave it out of features"):
        run_map(made, Map(lambda r: {}, features=Features({**features})), Options(directory))
    with pytest.raises(UnknownColumnError, match="Declare it"):
        run_map(made, Map(lambda r: {"b": 1}, features=Features({"b": Value("int8")})), Options(directory))


def test_a_value_that_does_not_fit_the_features(source: Any, directory: CacheDirectory, files: Any) -> None:
    features = Features({"a": Value("int64"), "b": Value("int8")})
    step = Map(lambda r: {"b": "word" if r["a"] == 4321 else 1}, features=features)
    with pytest.raises(RowError) as caught:
        run_map(source({"a": list(range(5000))}), step, Options(directory))
    assert (caught.value.row, caught.value.column, caught.value.value) == (4321, "b", "word")
    assert files() == []


def test_types_that_have_no_common_one(source: Any, directory: CacheDirectory) -> None:
    step = Map(lambda b: {"b": [1] if b["a"] == [1] else ["s"]}, batched=True, batch_size=1)
    for options in (Options(directory), Options(directory, task_rows=1), Options()):
        with pytest.raises(TypeConflictError, match="'b'"):
            run_map(source(ROWS), step, options)


# --- errors ------------------------------------------------------------------------------------------------------------


def failing(row: Any) -> Any:
    return {"b": 1 // (row["a"] - 3000)}


def test_an_error_of_the_function_is_the_users_with_the_row(source: Any, directory: CacheDirectory) -> None:
    made = source({"a": list(range(5000))})
    with pytest.raises(ZeroDivisionError) as caught:
        run_map(made, Map(failing), Options(directory))
    assert caught.value.__notes__ == ["nlpdata: in map(failing), row 3,000 of 5,000"]
    assert caught.traceback[-1].name == "failing"
    step = Map(lambda b: {"b": [1 // (v - 3000) for v in b["a"]]}, batched=True)
    with pytest.raises(ZeroDivisionError) as caught:
        run_map(made, step, Options(directory))
    assert caught.value.__notes__ == ["nlpdata: in map(<lambda>), rows 3,000..4,000 of 5,000"]


@pytest.mark.parametrize("batch_size", [2, 20])
@pytest.mark.parametrize("how", ["cache", "memory"])
def test_two_types_that_have_none_in_common_name_both_rows(
    source: Any, directory: CacheDirectory, how: str, batch_size: int
) -> None:
    made = source({"a": list(range(100))})
    step = Map(
        lambda b: {"b": [1] * len(b["a"]) if b["a"][0] < 40 else ["x"] * len(b["a"])}, batched=True, batch_size=batch_size
    )
    for task_rows in (20, 100):
        with pytest.raises(TypeConflictError, match=r"'b'.*int64.*string") as caught:
            run_map(made, step, Options(directory if how == "cache" else None, task_rows=task_rows))
        note = "".join(caught.value.__notes__)
        assert re.search(r"rows? 0\b", note) and re.search(r"rows? 40\b", note), note


@pytest.mark.parametrize(
    ("function", "options", "error", "match"),
    [
        (lambda r: 5, {}, FeatureError, "returned int. Expected a dict"),
        (lambda r: "x", {}, FeatureError, "returned str"),
        (lambda b: {"b": 1}, {"batched": True}, FeatureError, "returned int for column 'b'"),
        (lambda b: {"b": "xyz"}, {"batched": True}, FeatureError, "returned str for column 'b'"),
        (lambda b: {"b": np.array(1)}, {"batched": True}, FeatureError, "returned ndarray for column 'b'"),
        (lambda b: {"b": [1], "c": [1, 2]}, {"batched": True}, ArgumentError, "different lengths: 'b': 1, 'c': 2"),
        (lambda b: {"b": [1, 2]}, {"batched": True}, ArgumentError, "(?s)Column lengths mismatch.*stay as they are: a, t, l"),
        (lambda b: {"b": [1, 2], "a": [1, 2]}, {"batched": True, "remove_columns": "t"}, ArgumentError, "stay as they are: l"),
        (lambda b: {**b, "b": [1, 2]}, {"batched": True}, ArgumentError, "Column lengths mismatch"),
        (lambda r: pa.table({"b": [1, 2]}), {}, ArgumentError, "table of 2 rows for one row"),
        (lambda r: r["tt"], {}, UnknownColumnError, "Did you mean 't'"),
        (lambda b: {"b": (v for v in b["a"])}, {"batched": True}, FeatureError, "returned generator for column 'b'"),
        (lambda b: {"b": None}, {"batched": True}, FeatureError, "returned NoneType for column 'b'"),
        (lambda b: [{"b": 1} for _ in b["a"]], {"batched": True}, FeatureError, "returned list. Expected a dict"),
        (lambda r: {5: 1}, {}, ArgumentError, r"not 5 \(int\)"),
        (lambda r: {"b": object()}, {}, FeatureError, "(?s)column 'b'.*object"),
        (lambda r: {"b": 1 if r["a"] == 1 else "x"}, {}, FeatureError, "(?s)'b'.*"),
    ],
)
def test_garbage(
    source: Any, directory: CacheDirectory, files: Any, function: Any, options: Any, error: Any, match: str
) -> None:
    for how in (Options(directory), Options()):
        with pytest.raises(error, match=match) as caught:
            run_map(source(ROWS), Map(function, **options), how)
        assert any("nlpdata: in map(" in note for note in caught.value.__notes__)
    assert files() == []
    assert not list(directory.root.rglob("*.partial"))


def test_options_that_cannot_be_meant(source: Any) -> None:
    with pytest.raises(ArgumentError, match="cannot be called"):
        Map(5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="batch_size"):
        Map(len, batch_size="many")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="remove_columns"):
        Map(len, remove_columns=[1])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="fn_kwargs"):
        Map(len, fn_kwargs=[1])  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="num_proc"):
        Options(num_proc=0)
    with pytest.raises(UnknownColumnError, match=r"column to remove 'tt'. Did you mean 't'"):
        run_map(source(ROWS), Map(len, remove_columns="tt"), Options())
    with pytest.raises(UnknownColumnError, match="input column 'tt'"):
        run_map(source(ROWS), Map(len, input_columns=["tt"]), Options())


def test_no_rows(source: Any, directory: CacheDirectory, files: Any) -> None:
    made = source(pa.table({"a": pa.array([], pa.int64())}))
    outcome = run_map(made, Map(lambda r: {"b": 1}), Options(directory))
    assert outcome.view is made.view
    whole = source(ROWS)
    dropped = run_map(whole, Map(lambda b: b, batched=True, batch_size=5, drop_last_batch=True), Options(directory))
    assert dropped.view.num_rows == 0
    assert dropped.lineage.key() != whole.lineage.key()
    assert files() == []


def test_rows_without_columns(source: Any, directory: CacheDirectory) -> None:
    made = source(ROWS)
    bare = run_map(made, Map(lambda r: {}, remove_columns=list(ROWS)), Options(directory))
    assert bare.view.num_rows == 3 and bare.view.column_names == []
    back = run_map(
        Source(bare.view, bare.features, FormatSpec(), bare.lineage), Map(numbered, with_indices=True), Options(directory)
    )
    assert back.view.table().to_pydict() == {"i": [0, 1, 2]}


def numbered(row: Any, index: int) -> Any:
    return {"i": index}


# --- any split into tasks and batches gives the same -------------------------------------------------------------------


def row_function(changes: list[set[str]]) -> Any:
    """A function of (row, index) that changes what ``changes`` says for this row."""

    def function(row: Any, index: int) -> Any:
        wanted = changes[index % len(changes)]
        out = {}
        if "a" in wanted:
            out["a"] = -row["a"]
        if "t" in wanted:
            out["t"] = row["t"] + "!"
        elif "del t" in wanted:
            del row["t"]
        if "b" in wanted:
            out["b"] = index
        return out if "None" not in wanted else None

    return function


def batch_function(changes: list[set[str]], batch_size: int) -> Any:
    """The same for batches; ``changes`` counts batches."""

    def function(batch: Any, index: list[int]) -> Any:
        wanted = changes[index[0] // batch_size % len(changes)]
        out: dict[str, Any] = {}
        if "a" in wanted:
            out["a"] = [-a for a in batch["a"]]
        if "t" in wanted:
            out["t"] = [t + "!" for t in batch["t"]]
        elif "del t" in wanted:
            del batch["t"]
        if "b" in wanted:
            out["b"] = index
        return out if "None" not in wanted else None

    return function


def model(rows: list[tuple[int, str]], wanted: list[set[str]], remove: set[str]) -> dict[str, list[Any]]:
    """What map gives, by its definition, one row at a time."""
    wanted = [set() if "None" in w else w for w in wanted]
    if not any(w is not None for w in wanted):
        return {}
    result: dict[str, list[Any]] = {}
    gone = ["t" not in w and "del t" in w for w in wanted]
    old = {"a": [a for a, _ in rows], "t": [t for _, t in rows]}
    new = {"a": [-a for a, _ in rows], "t": [t + "!" for _, t in rows], "b": list(range(len(rows)))}
    for name in ("a", "t", "b"):
        written = [name in w for w in wanted]
        kept = name in old and name not in remove
        if not any(written) and (not kept or (name == "t" and all(gone))):
            continue
        rest = (
            [None] * len(rows) if not kept else [None if name == "t" and g else v for v, g in zip(old[name], gone, strict=True)]
        )
        result[name] = [n if w else o for n, o, w in zip(new[name], rest, written, strict=True)]
    return result


@settings_of(max_examples=100, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["p", "q", ""])), min_size=1, max_size=12),
    changes=st.lists(st.sets(st.sampled_from(["a", "t", "b", "del t", "None"])), min_size=1, max_size=4),
    batch_size=st.none() | st.integers(1, 5),
    task_rows=st.integers(1, 12),
    remove=st.sets(st.sampled_from(["a", "t"])),
)
def test_against_a_list_of_dicts(
    rows: list[tuple[int, str]], changes: list[set[str]], batch_size: int | None, task_rows: int, remove: set[str]
) -> None:
    view = View.of(TableGroup(pa.table({"a": [a for a, _ in rows], "t": [t for _, t in rows]})))
    made = Source(view, Features.from_arrow_schema(view.schema), FormatSpec(), Lineage.of(view.content_key))
    function = row_function(changes) if batch_size is None else batch_function(changes, batch_size)
    step = Map(
        function, batched=batch_size is not None, batch_size=batch_size or 3, with_indices=True, remove_columns=tuple(remove)
    )
    wanted = [changes[i // (batch_size or 1) % len(changes)] for i in range(len(rows))]
    expected = model(rows, wanted, remove)
    if all("None" in w for w in wanted):
        expected = {"a": [a for a, _ in rows], "t": [t for _, t in rows]}
    with tempfile.TemporaryDirectory() as folder:
        for options in (Options(CacheDirectory(folder), task_rows=task_rows), Options(task_rows=task_rows)):
            found = run_map(made, step, options)
            assert {name: found.view.column(name).to_pylist() for name in found.view.column_names} == expected
            assert found.view.num_rows == len(rows)
            assert list(found.features) == found.view.column_names
