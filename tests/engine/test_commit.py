"""materialize: tasks become shards, once; what was committed is not done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nlpdata.cache.directory import CacheDirectory
from nlpdata.engine.commit import Completion, materialize, try_materialize
from nlpdata.engine.executor import Executor, SerialExecutor
from nlpdata.engine.tasks import split_rows
from nlpdata.errors import TypeConflictError
from nlpdata.features import ClassLabel, Features, Value
from nlpdata.settings import settings
from nlpdata.store import verify


@dataclass
class Fixed:
    """Writes given rows."""

    index: int
    rows: list[dict[str, Any]]
    ran: list[int] = field(default_factory=list)
    fail: bool = False
    label: str = ""

    def run(self, writer: Any, report: Callable[[int], None]) -> dict[str, Any] | None:
        self.ran.append(self.index)
        for row in self.rows:
            writer.write_row(row)
            report(1)
        if self.fail:
            raise RuntimeError("told to fail")
        return {"rows": len(self.rows)}


def tasks(*parts: list[dict[str, Any]]) -> list[Fixed]:
    ran: list[int] = []
    return [Fixed(i, rows, ran) for i, rows in enumerate(parts)]


def test_tasks_become_shards_in_order(directory: CacheDirectory, files: Any) -> None:
    work = tasks([{"a": 1}, {"a": 2}], [], [{"a": 3}])
    group = materialize("results/x", work, directory=directory, extra={"made": "here"})
    assert group.read(["a"], 0, 3).to_pydict() == {"a": [1, 2, 3]}
    assert files() == [
        "results/x/data-00000-of-00002.arrow",
        "results/x/data-00001-of-00002.arrow",
        "results/x/manifest.json",
    ]
    assert group.manifest is not None and group.manifest.extra == {"made": "here"}
    verify(directory.root / "results/x", group.manifest)
    assert Features.from_arrow_schema(group.schema) == Features({"a": Value("int64")})
    again = materialize("results/x", tasks([{"a": 9}]), directory=directory)
    assert again.content_key() == group.content_key()
    assert work[0].ran == [0, 1, 2]


def test_types_widen_over_tasks(directory: CacheDirectory) -> None:
    work = tasks([{"a": None}], [{"a": 1, "s": {"x": 1}}], [{"a": 0.5, "s": {"y": "z"}}])
    group = materialize("results/x", work, directory=directory)
    assert group.manifest is not None
    verify(directory.root / "results/x", group.manifest)
    assert group.read(["a"], 0, 3).to_pydict() == {"a": [None, 1.0, 0.5]}
    assert group.read(["s"], 0, 3).column("s").to_pylist() == [None, {"x": 1, "y": None}, {"x": None, "y": "z"}]


def test_types_that_do_not_widen(directory: CacheDirectory) -> None:
    work = tasks([{"a": 1}], [{"a": "s"}])
    with pytest.raises(TypeConflictError, match="'a'"):
        materialize("results/x", work, directory=directory)
    assert directory.find("results/x") is None


def test_features_are_the_types(directory: CacheDirectory) -> None:
    features = Features({"a": Value("int8"), "c": ClassLabel(names=["n", "p"])})
    group = materialize("results/x", tasks([{"a": 1, "c": "p"}], []), directory=directory, features=features)
    assert Features.from_arrow_schema(group.schema) == features
    assert group.read(["a", "c"], 0, 1).to_pydict() == {"a": [1], "c": [1]}


@pytest.mark.parametrize("work", [[], tasks([]), tasks([], [])])
def test_nothing_is_a_result_too(directory: CacheDirectory, work: Any) -> None:
    features = Features({"a": Value("int8")})
    group = materialize("results/x", work, directory=directory, features=features)
    assert group.num_rows == 0
    assert Features.from_arrow_schema(group.schema) == features
    assert materialize("results/y", work, directory=directory).num_rows == 0


def test_only_what_is_missing_runs_again(directory: CacheDirectory, files: Any) -> None:
    work = tasks([{"a": 1}], [{"a": 2}], [{"a": 3}])
    work[1].fail = True
    with pytest.raises(RuntimeError, match="told to fail"):
        materialize("results/x", work, directory=directory)
    assert [name.partition("-")[0] for name in files()] == ["results/x.partial/task"] * 2
    work[1].fail = False
    group = materialize("results/x", work, directory=directory)
    assert work[0].ran == [0, 1, 1, 2]
    assert group.read(["a"], 0, 3).to_pydict() == {"a": [1, 2, 3]}
    assert files() == [*(f"results/x/data-0000{i}-of-00003.arrow" for i in range(3)), "results/x/manifest.json"]


def test_what_was_committed_as_something_else_runs_again(directory: CacheDirectory) -> None:
    def interrupted(*labels: str) -> list[Fixed]:
        work = tasks(*([{"a": label}] for label in labels))
        for task, label in zip(work, labels, strict=True):
            task.label = label
        return work

    work = interrupted("x", "y")
    work[1].fail = True
    with pytest.raises(RuntimeError):
        materialize("results/x", work, directory=directory)
    for other in (interrupted("z", "y"), interrupted("x", "y", "z")):
        other[1].fail = True
        with pytest.raises(RuntimeError):
            materialize("results/x", other, directory=directory)
        assert other[0].ran == [0, 1]


def test_a_damaged_commit_is_made_again(directory: CacheDirectory) -> None:
    work = tasks([{"a": 1}], [{"a": 2}], [{"a": 3}])
    work[2].fail = True
    with pytest.raises(RuntimeError):
        materialize("results/x", work, directory=directory)
    partial = directory.root / "results/x.partial"
    (partial / "task-00000.json").write_text("{")
    next(partial.glob("task-00001-*.arrow")).write_bytes(b"short")
    work[2].fail = False
    group = materialize("results/x", work, directory=directory)
    assert work[0].ran == [0, 1, 2, 0, 1, 2]
    assert group.read(["a"], 0, 3).to_pydict() == {"a": [1, 2, 3]}


def test_made_anew(directory: CacheDirectory, files: Any) -> None:
    materialize("results/x", tasks([{"a": 1}]), directory=directory)
    group = materialize("results/x", tasks([{"a": 2}]), directory=directory, load_from_cache=False)
    assert group.read(["a"], 0, 1).to_pydict() == {"a": [2]}
    assert len(files()) == 2
    broken = tasks([{"a": 3}])
    broken[0].fail = True
    with pytest.raises(RuntimeError):
        materialize("results/x", broken, directory=directory, load_from_cache=False)
    assert materialize("results/x", [], directory=directory).read(["a"], 0, 1).to_pydict() == {"a": [2]}


def test_told_to_leave_nothing(directory: CacheDirectory, files: Any) -> None:
    work = tasks([{"a": 1}])
    assert try_materialize("results/x", work, directory, None, {"complete": lambda folder, parts: None}) is None
    assert files() == []


def test_parts_may_be_changed_before_they_are_joined(directory: CacheDirectory) -> None:
    def complete(folder: Path, parts: Any) -> Completion:
        assert [part.notes for part in parts] == [{"rows": 1}, {"rows": 2}]
        return Completion(parts[::-1], {"turned": True}, columns=["b"])

    work = tasks([{"a": 1, "b": 1}], [{"a": 2, "b": 2}, {"a": 3, "b": 3}])
    group = materialize("results/x", work, directory=directory, complete=complete)
    assert group.schema.names == ["b"]
    assert group.read(["b"], 0, 3).to_pydict() == {"b": [2, 3, 1]}
    assert group.manifest is not None and group.manifest.extra == {"turned": True}


def test_rows_of_a_task_fill_several_shards(directory: CacheDirectory) -> None:
    with settings.override(shard_bytes=4096, batch_bytes=1024):
        work = tasks(*([{"a": f"{i}-{j}" * 10} for j in range(200)] for i in range(3)))
        group = materialize("results/x", work, directory=directory)
    assert len(group.files) > 6
    assert group.read(["a"], 0, 600).column("a").to_pylist() == [row["a"] for task in work for row in task.rows]


class Backwards(Executor):
    """Gives results in the opposite order."""

    def __init__(self) -> None:
        self.jobs: list[Any] = []
        self.stopped = False

    def submit(self, job: Any) -> None:
        self.jobs.append(job)

    def results(self, report: Any) -> Any:
        while self.jobs:
            yield self.jobs.pop()(report)

    def stop(self) -> None:
        self.stopped = True


def test_the_order_of_results_does_not_matter(directory: CacheDirectory) -> None:
    executor = Backwards()
    group = materialize("results/x", tasks([{"a": 1}], [{"a": 2}]), directory=directory, executor=executor)
    assert group.read(["a"], 0, 2).to_pydict() == {"a": [1, 2]}
    assert executor.stopped


def test_the_serial_executor() -> None:
    executor, ran, reported = SerialExecutor(), [], []
    with executor:
        for i in range(3):
            executor.submit(lambda report, i=i: (report(i), ran.append(i), i)[2])
        assert ran == []
        assert list(executor.results(reported.append)) == [0, 1, 2]
        executor.submit(lambda report: 1 // 0)
        executor.submit(lambda report: ran.append(9))
        with pytest.raises(ZeroDivisionError):
            list(executor.results(reported.append))
    assert ran == reported == [0, 1, 2]
    assert list(executor.results(reported.append)) == []  # stopped: what waited is forgotten
    executor.stop()


@pytest.mark.parametrize("num_rows", [0, 1, 7, 100, 1_000_000])
@pytest.mark.parametrize("batch", [None, 1, 3, 1000])
@pytest.mark.parametrize("row_bytes", [0, 1, 1000, 10**8])
def test_ranges_are_whole_batches(num_rows: int, batch: int | None, row_bytes: int) -> None:
    ranges = split_rows(num_rows, num_rows * row_bytes, batch)
    assert [i for r in ranges for i in (r.start, r.stop)][1:-1] == [x for r in ranges[1:] for x in (r.start, r.start)]
    assert sum(map(len, ranges)) == num_rows
    if batch is not None:
        assert all(r.start % batch == 0 for r in ranges)
    if batch == 1:
        assert all(len(r) == 1 or len(r) * row_bytes <= 128 * 2**20 for r in ranges)


def test_a_table_task(directory: CacheDirectory) -> None:
    class Table:
        index = 0

        def run(self, writer: Any, report: Any) -> None:
            writer.write_table(pa.table({"a": [1]}))

    assert materialize("deep/er/x", [Table()], directory=directory).num_rows == 1
    assert directory.find("deep/er/x") is not None
