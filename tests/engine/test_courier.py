"""What workers are sent: the code that was meant or none, big tables once, and pandas only where it is used."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata import Dataset
from nlpdata.cache.directory import CacheDirectory
from nlpdata.engine.courier import pack, unpack_shared
from nlpdata.engine.local import ProcessExecutor
from nlpdata.engine.plan import Map
from nlpdata.engine.run import Options, run_map
from nlpdata.engine.tasks import MapTask

MakeSource = Callable[..., Any]
MODULE = """
FACTOR = {factor}

def times(row):
    import os
    return {{"m": row["n"] * FACTOR, "pid": os.getpid()}}
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A module of the user's, imported from a file; named after the test, because warnings are given once."""
    name = f"module_of_{request.node.name}"
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / f"{name}.py").write_text(MODULE.format(factor=3))
    importlib.invalidate_caches()
    yield importlib.import_module(name)
    del sys.modules[name]


def mapped(module: Any, source: MakeSource, directory: CacheDirectory) -> tuple[list[int], set[int]]:
    """(results, processes that made them)."""
    options = Options(directory, executor=ProcessExecutor(2), task_rows=10)
    table = run_map(source({"n": list(range(40))}), Map(module.times), options).view.table()
    return table.column("m").to_pylist(), set(table.column("pid").to_pylist())


def test_a_module_that_is_what_it_was_goes_by_name(module: Any, source: MakeSource, directory: CacheDirectory) -> None:
    made, pids = mapped(module, source, directory)
    assert made == [3 * n for n in range(40)] and os.getpid() not in pids


def test_a_module_edited_after_its_import_never_runs_under_the_old_key(
    module: Any, source: MakeSource, directory: CacheDirectory
) -> None:
    Path(module.__file__).write_text(MODULE.format(factor=5000))
    with pytest.warns(UserWarning, match=r"\.times: a new process would run other code"):
        made, pids = mapped(module, source, directory)
    assert made == [3 * n for n in range(40)] and pids == {os.getpid()}


def test_a_global_assigned_after_the_import_holds(module: Any, source: MakeSource, directory: CacheDirectory) -> None:
    module.FACTOR = 7
    with pytest.warns(UserWarning, match="or a global was assigned"):
        made, _ = mapped(module, source, directory)
    assert made == [7 * n for n in range(40)]


class Held:
    """A class of the user's."""


def test_objects_that_each_process_should_have_of_its_own_are_not_taken_in_before_the_fork(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("a\nb\n")
    with (tmp_path / "lines").open() as lines:
        for held, shared in (
            (Held(), False),
            (lines, False),
            ({"a": [1.5]}, True),
            (np.arange(3), True),
            (pa.array([1]), True),
        ):
            parcel = pack([held])
            assert (unpack_shared(parcel.message) is not None) == shared, held
            parcel.close()


def test_each_worker_reads_a_file_from_where_the_caller_was(
    source: MakeSource, directory: CacheDirectory, tmp_path: Path
) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(f"{n}\n" for n in range(100)))
    with path.open() as lines:

        def read(row: Any) -> dict[str, Any]:
            import os

            return {"line": int(lines.readline()), "pid": os.getpid()}

        options = Options(None, executor=ProcessExecutor(2), task_rows=10)
        rows = run_map(source({"n": list(range(40))}), Map(read), options).view.table().to_pylist()
    for pid in {row["pid"] for row in rows}:
        assert sorted(row["line"] for row in rows if row["pid"] == pid)[0] == 0


def test_jobs_are_taken_in_before_the_fork_only_with_libraries_that_may_be_shared(module: Any) -> None:
    array, finders = np.arange(3), sys.meta_path.copy()
    parcel = pack(lambda: int(array.sum()))
    found = unpack_shared(parcel.message)
    assert found is not None and found[0]() == 3
    parcel.close()
    parcel = pack(module.times)
    held = sys.modules.pop(module.__name__)
    assert unpack_shared(parcel.message) is None
    assert module.__name__ not in sys.modules
    sys.modules[module.__name__] = held
    parcel.close()
    assert sys.meta_path == finders


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told by /proc")
def test_an_array_is_in_memory_once_for_all_workers(source: MakeSource, directory: CacheDirectory) -> None:
    array = np.ones(100 * 2**20, np.uint8)

    def touch(row: Any) -> dict[str, Any]:
        import os
        from pathlib import Path

        total = int(array[row["n"] :: 4096].sum())
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
        own = sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Private_"))
        return {"total": total, "own": own, "pid": os.getpid()}

    options = Options(directory, executor=ProcessExecutor(2), task_rows=10)
    rows = run_map(source({"n": list(range(40))}), Map(touch), options).view.table().to_pylist()
    assert {row["total"] for row in rows} == {100 * 2**20 // 4096}
    assert {row["pid"] for row in rows} - {os.getpid()}
    assert max(row["own"] for row in rows) < 60 * 2**20


def test_a_table_in_memory_is_not_in_the_message(source: MakeSource) -> None:
    held = source({"n": list(range(500_000))})
    step = Map(lambda row: {"m": row["n"] + 1})
    parcel = pack([MapTask(held, i, i + 1, step) for i in range(3)])
    assert os.fstat(parcel.message).st_size < 100_000 and len(parcel.files) == 2
    parcel.close()
    chosen = held.view.num_rows // 2
    options = Options(None, executor=ProcessExecutor(2), task_rows=chosen)
    made = run_map(held, Map(lambda batch: {"m": batch["n"]}, batched=True), options).view.table()
    assert made.column("m").equals(pa.chunked_array([pa.array(range(500_000))]))


def test_pandas_works_in_a_worker(source: MakeSource, directory: CacheDirectory) -> None:
    pytest.importorskip("pandas")

    def frame(batch: Any) -> Any:
        import pandas

        values = [None if n % 2 else float(n) for n in batch["n"]]
        series = pandas.Series(values)
        return {"m": series, "nulls": [int(__import__("pyarrow").array(series).null_count)] * len(values)}

    options = Options(directory, executor=ProcessExecutor(2), task_rows=10)
    table = run_map(source({"n": list(range(40))}), Map(frame, batched=True, batch_size=10), options).view.table()
    assert table.column("m").to_pylist() == [None if n % 2 else float(n) for n in range(40)]
    assert set(table.column("nulls").to_pylist()) == {5}


def test_a_worker_without_pandas_has_none(source: MakeSource, directory: CacheDirectory) -> None:
    def loaded(row: Any) -> Any:
        return {"m": "pandas" in __import__("sys").modules}

    options = Options(directory, executor=ProcessExecutor(2), task_rows=10)
    assert not any(run_map(source({"n": list(range(40))}), Map(loaded), options).view.table().column("m").to_pylist())


@pytest.mark.slow
def test_a_row_of_200_megabytes(tmp_path: Path) -> None:
    ds = Dataset.from_dict({"n": [1, 200 * 2**20, 2]})
    ds.save_to_disk(str(tmp_path / "saved"))
    ds = Dataset.load_from_disk(str(tmp_path / "saved"))
    made = ds.map(lambda row: {"text": "x" * row["n"]}, num_proc=2)
    assert [len(text) for text in made["text"]] == [1, 200 * 2**20, 2]
    again = made.map(lambda batch: {"size": [len(text) for text in batch["text"]]}, batched=True, num_proc=2)
    assert again["size"] == [1, 200 * 2**20, 2]
