"""Every executor against the shared suite, and what is particular to threads and processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nlpdata.cache.directory import CacheDirectory
from nlpdata.engine.executor import Executor, SerialExecutor
from nlpdata.engine.local import ProcessExecutor, ThreadExecutor, executor_for, worker_count
from nlpdata.engine.plan import Filter, Map
from nlpdata.engine.run import Options, run_filter, run_map
from nlpdata.errors import ArgumentError, WorkerError
from nlpdata.settings import cores
from nlpdata.testing.executor_suite import EXECUTOR_CHECKS

MakeSource = Callable[..., Any]
MAKERS: dict[str, Callable[[], Executor]] = {
    "serial": SerialExecutor,
    "threads": lambda: ThreadExecutor(2),
    "processes": lambda: ProcessExecutor(2),
    "patient processes": lambda: ProcessExecutor(2, patience_seconds=0.05),
}


@pytest.mark.parametrize("check", EXECUTOR_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_suite(make: Callable[[], Executor], check: Callable[[Callable[[], Executor]], None]) -> None:
    check(make)


class Job:
    """Calls a function with its number."""

    def __init__(self, number: int, function: Callable[[int], Any]) -> None:
        self.number, self.function, self.label = number, function, f"rows {number}"

    def __call__(self, report: Callable[[int], None]) -> Any:
        report(3)
        return self.function(self.number)


def run(executor: Executor, function: Callable[[int], Any], count: int = 4) -> list[Any]:
    with executor:
        for number in range(count):
            executor.submit(Job(number, function))
        return list(executor.results(lambda count: None))


def die(number: int) -> None:
    sys.stderr.write(f"about to end {number}\n")
    sys.stderr.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def leave(number: int) -> None:
    os._exit(3)


def exit_politely(number: int) -> None:
    sys.exit(3)


class CannotTravelError(Exception):
    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} and {b}")


def raise_strange(number: int) -> None:
    raise CannotTravelError(1, 2)


def test_a_killed_worker_is_told_with_signal_rows_and_last_words() -> None:
    with pytest.raises(WorkerError, match=r"killed by SIGKILL \(signal 9\) at work on rows \d(.|\n)*about to end"):
        run(ProcessExecutor(2), die)


def test_a_worker_that_leaves_is_told_with_its_status() -> None:
    with pytest.raises(WorkerError, match="ended with status 3 at work on rows"):
        run(ProcessExecutor(2), leave)


def test_sys_exit_in_a_job_is_an_error_like_any_other() -> None:
    with pytest.raises(SystemExit):
        run(ProcessExecutor(2), exit_politely)


def test_an_exception_that_does_not_travel_goes_as_its_text() -> None:
    with pytest.raises(WorkerError, match=r"CannotTravelError: 1 and 2"):
        run(ProcessExecutor(2), raise_strange)


def test_a_function_that_does_not_travel_is_refused_with_what_to_do() -> None:
    generator = (i for i in range(3))
    with pytest.raises(ArgumentError, match="cannot be sent to another process"):
        run(ProcessExecutor(2), lambda number: next(generator))


def test_workers_import_nothing_above_the_workshop(source: MakeSource, directory: CacheDirectory) -> None:
    def loaded(batch: Any) -> Any:
        return {"m": [" ".join(sorted(__import__("sys").modules))] * len(batch["n"])}

    step = Map(loaded, batched=True, batch_size=10)
    made = run_map(source({"n": list(range(20))}), step, Options(directory, executor=ProcessExecutor(2), task_rows=10))
    modules = set(" ".join(made.view.table().column("m").to_pylist()).split())
    above = ("hub", "scripts", "dataset", "builder", "load", "inspect", "feed", "scoring", "viewer", "cli", "testing")
    assert "nlpdata.engine.worker" in modules
    assert not [m for m in modules if m.startswith(tuple(f"nlpdata.{room}" for room in above))]
    assert not {"torch", "tensorflow", "jax", "polars"} & modules


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs the memory map of Linux")
def test_a_worker_has_less_than_40_mb_of_its_own(source: MakeSource, directory: CacheDirectory) -> None:
    def private(batch: Any) -> Any:
        with open("/proc/self/smaps_rollup") as lines:
            own = sum(int(line.split()[1]) for line in lines if line.startswith("Private"))
        return {"kib": [own] * len(batch["n"])}

    step = Map(private, batched=True, batch_size=10)
    made = run_map(source({"n": list(range(40))}), step, Options(directory, executor=ProcessExecutor(2), task_rows=10))
    # At its first batch; after it pyarrow itself imports pandas, where that is installed: 28 MB that are not ours.
    assert min(made.view.table().column("kib").to_pylist()) < 40 * 1024


def environment(number: int) -> dict[str, str]:
    return dict(os.environ)


def test_workers_share_out_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKENIZERS_PARALLELISM", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    found = run(ProcessExecutor(cores()), environment)[0]
    assert (found["TOKENIZERS_PARALLELISM"], found["OMP_NUM_THREADS"], found["RAYON_NUM_THREADS"]) == ("false", "1", "1")
    monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
    assert run(ProcessExecutor(2), environment)[0]["TOKENIZERS_PARALLELISM"] == "true"


def random_numbers(number: int) -> tuple[int, float, float]:
    __import__("time").sleep(0.05)
    return os.getpid(), __import__("random").random(), __import__("numpy").random.random()


def test_workers_do_not_share_their_randomness() -> None:
    found = {}
    for pid, *numbers in run(ProcessExecutor(2), random_numbers, 20):
        found.setdefault(pid, numbers)  # the first of each
    (a, b) = found.values()
    assert a[0] != b[0] and a[1] != b[1]


def parent(number: int) -> int:
    __import__("time").sleep(0.05)
    return os.getppid()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")
@pytest.mark.parametrize("threads", [False, True])
def test_workers_are_forked_only_from_a_process_without_threads(
    threads: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that is run when any interpreter starts may start a thread: workers are fresh interpreters then."""
    told = tmp_path / "starts"
    (tmp_path / "sitecustomize.py").write_text(
        f"open({str(told)!r}, 'a').write('x')\n"
        + ("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n" * threads)
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    nurseries = set(run(ProcessExecutor(2), parent, 20))
    assert len(nurseries) == 1 and os.getpid() not in nurseries
    assert told.read_text() == ("xxx" if threads else "x")
    with pytest.raises(WorkerError, match=r"killed by SIGKILL \(signal 9\) at work on rows \d(.|\n)*about to end"):
        run(ProcessExecutor(2), die)


def test_short_work_starts_no_process() -> None:
    assert set(run(ProcessExecutor(2, patience_seconds=5.0), lambda number: os.getpid())) == {os.getpid()}


def test_long_work_goes_to_processes() -> None:
    def work(number: int) -> int:
        __import__("time").sleep(0.05)
        return os.getpid()

    pids = set()
    with ProcessExecutor(2, patience_seconds=0.1) as executor:
        for number in range(2000):
            executor.submit(Job(number, work))
        for pid in executor.results(lambda count: None):
            pids.add(pid)
            if len(pids) == 3:
                break
    assert len(pids) == 3 and os.getpid() in pids  # it went on until two processes were at work


@pytest.mark.parametrize("asked", [0, -1, 1.5, "many", True])
def test_a_number_of_workers_that_cannot_be_meant(asked: Any) -> None:
    with pytest.raises(ArgumentError, match="num_proc is"):
        worker_count(asked)


def test_auto_is_one_a_core() -> None:
    assert worker_count("auto") == cores()
    with pytest.raises(ArgumentError, match="Give one of them"):
        executor_for(2, 2)


# --- map and filter through each executor


def executors() -> dict[str, Callable[[], Executor]]:
    return MAKERS


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
@pytest.mark.parametrize("on_disk", [True, False])
def test_results_are_the_same_for_any_executor(
    make: Callable[[], Executor], on_disk: bool, source: MakeSource, directory: CacheDirectory
) -> None:
    rows = source({"n": list(range(103)), "t": [f"row {i}" for i in range(103)]})
    where = directory if on_disk else None

    def widened(row: Any) -> Any:
        return {"x": row["n"] if row["n"] < 50 else row["n"] + 0.5, **({"late": "yes"} if row["n"] > 90 else {})}

    plain = run_map(rows, Map(widened), Options(None, task_rows=10)).view.table()
    made = run_map(rows, Map(widened), Options(where, task_rows=10, executor=make(), key="k" if on_disk else None))
    assert made.view.table().equals(plain)
    kept = run_filter(rows, Filter(lambda row: row["n"] % 3 == 0), Options(where, task_rows=10, executor=make()))
    assert kept.view.table().column("n").to_pylist() == list(range(0, 103, 3))


def test_one_cache_for_any_number_of_workers(source: MakeSource, directory: CacheDirectory, tmp_path: Path) -> None:
    log = tmp_path / "log"
    name = str(log)

    def logged(row: Any) -> Any:
        with open(name, "a") as file:
            file.write("x\n")
        return {"m": row["n"] + 1}

    rows = source({"n": list(range(50))})
    made = [run_map(rows, Map(logged), Options(directory, **how)) for how in ({}, {"num_proc": 2}, {"num_threads": 2})]
    assert log.read_text().count("x") == 50
    assert made[0].view.table().equals(made[1].view.table()) and made[0].lineage.key() == made[2].lineage.key()


def test_an_interrupted_run_is_taken_up_by_another_number_of_workers(
    source: MakeSource, directory: CacheDirectory, tmp_path: Path
) -> None:
    rows, flag, log = source({"n": list(range(100))}), tmp_path / "fixed", str(tmp_path / "log")

    def work(batch: Any) -> Any:
        if 70 in batch["n"] and not flag.exists():
            raise ValueError("no more")
        with open(log, "a") as file:
            file.writelines(f"{n}\n" for n in batch["n"])
        return {"m": batch["n"]}

    step = Map(work, batched=True, batch_size=5)
    with pytest.raises(ValueError, match="no more"):
        run_map(rows, step, Options(directory, num_threads=2))
    before = len(Path(log).read_text().split())
    flag.touch()
    made = run_map(rows, step, Options(directory))
    assert made.view.table().column("m").to_pylist() == list(range(100))
    assert before >= 50 and len(Path(log).read_text().split()) <= 100 + 15


def test_a_run_of_one_task_is_taken_up_after_its_commit(source: MakeSource, directory: CacheDirectory) -> None:
    """Its last batch is short, so that its rows are no multiple of the batch size."""
    calls = []

    def work(batch: Any) -> Any:
        calls.append(len(batch["n"]))
        return {"m": batch["n"]}

    def stop(name: str) -> None:
        if name == "committed 0":
            raise KeyboardInterrupt

    rows, step = source({"n": list(range(25))}), Map(work, batched=True, batch_size=10)
    with pytest.raises(KeyboardInterrupt):
        run_map(rows, step, Options(directory, key="k", checkpoint=stop))
    made = run_map(rows, step, Options(directory, key="k"))
    assert made.view.table().column("m").to_pylist() == list(range(25))
    assert calls == [10, 10, 5]


def test_with_rank_gives_the_number_of_the_worker(source: MakeSource, directory: CacheDirectory) -> None:
    def ranked(batch: Any, rank: int) -> Any:
        __import__("time").sleep(0.05)
        return {"rank": [rank] * len(batch["n"])}

    step = Map(ranked, batched=True, batch_size=5, with_rank=True)
    for executor in (ProcessExecutor(2), ThreadExecutor(2)):
        options = Options(directory, load_from_cache=False, executor=executor, task_rows=5)
        made = run_map(source({"n": list(range(40))}), step, options)
        assert set(made.view.table().column("rank").to_pylist()) == {0, 1}


def test_an_error_in_a_worker_names_rows_and_shows_its_traceback(source: MakeSource, directory: CacheDirectory) -> None:
    def fragile(row: Any) -> Any:
        return {"m": 1 / (row["n"] - 37)}

    with pytest.raises(ZeroDivisionError) as caught:
        run_map(source({"n": list(range(60))}), Map(fragile), Options(directory, executor=ProcessExecutor(2), task_rows=10))
    assert "map(fragile), row 37 of 60" in caught.value.__notes__[0]
    assert "1 / (row[" in str(caught.value.__cause__)
    assert not list(directory.root.rglob(".tmp-*"))


def test_groups_in_files_travel_as_paths(source: MakeSource, directory: CacheDirectory) -> None:
    from nlpdata.engine.courier import pack
    from nlpdata.engine.tasks import MapTask

    step = Map(lambda batch: {"m": batch["n"]}, batched=True, remove_columns=("n",))
    big = run_map(source({"n": list(range(200_000))}), step, Options(directory))
    kept = source(pa.table({"n": [1]}))
    task = MapTask(type(kept)(big.view, big.features, kept.format, big.lineage), 0, 10, Map(lambda row: row))
    parcel = pack([task])
    assert big.view.nbytes > 1_000_000 and os.fstat(parcel.message).st_size < 100_000
    parcel.close()


# --- whole programs


def program(folder: Path, body: str) -> list[str]:
    script = folder / "program.py"
    script.write_text(textwrap.dedent(body))
    return [sys.executable, str(script), str(folder)]


SCRIPT = """
    import sys
    import pyarrow as pa
    from nlpdata.cache.directory import CacheDirectory
    from nlpdata.cache.key import Lineage
    from nlpdata.engine.local import ProcessExecutor
    from nlpdata.engine.plan import Map, Source
    from nlpdata.engine.run import Options, run_map
    from nlpdata.features import Features
    from nlpdata.formats import FormatSpec
    from nlpdata.store import TableGroup, View

    print("imported", flush=True)
    OFFSET = 5

    class Helper:
        def __call__(self, n):
            return n + OFFSET

    def work(row):
        {wait}
        return {{"m": Helper()(row["n"])}}

    table = pa.table({{"n": list(range({rows}))}})
    view = View.of(TableGroup(table))
    source = Source(view, Features.from_arrow_schema(table.schema), FormatSpec(), Lineage.of(view.content_key))
    options = Options(CacheDirectory(sys.argv[1]), executor=ProcessExecutor(2), task_rows=10)
    made = run_map(source, Map(work), options)
    print(sum(made.view.table().column("m").to_pylist()))
"""


def test_a_script_without_a_guard_is_not_imported_again(tmp_path: Path) -> None:
    command = program(tmp_path, SCRIPT.format(wait="pass", rows=40))
    out = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.split() == ["imported", str(sum(range(40)) + 200)]


def descendants(pid: int) -> list[int]:
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    children = [int(word) for word in out.stdout.split()]
    return children + [found for child in children for found in descendants(child)]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_end_from_outside_ends_the_workers_within_a_second(tmp_path: Path, how: signal.Signals) -> None:
    command = program(tmp_path, SCRIPT.format(wait="__import__('time').sleep(0.05)", rows=1000))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        until = time.monotonic() + 60
        while not list(tmp_path.rglob("task-*.json")) and time.monotonic() < until:
            time.sleep(0.05)
        workers = descendants(process.pid)
        begun = time.monotonic()
        process.send_signal(how)
        process.wait(30)
        spent = time.monotonic() - begun
        while any(Path(f"/proc/{pid}/exe").exists() and os.path.lexists(f"/proc/{pid}/exe") for pid in workers):
            assert time.monotonic() - begun < 10, "workers outlive their parent"
            time.sleep(0.02)
    assert len(workers) == 3 and spent < 2.0  # two workers, and the process they are forked from
    assert list(tmp_path.rglob("task-*.json")), "what was committed is kept"
    if how == signal.SIGINT:
        assert not list(tmp_path.rglob(".tmp-*")) and not list(tmp_path.rglob("*.lease"))


def short_maps(count: int, source: MakeSource) -> None:
    rows = source({"n": list(range(8))})
    for number in range(count):
        step = Map(lambda row, number=number: {"m": row["n"] + number})
        made = run_map(rows, step, Options(None, executor=ProcessExecutor(2), task_rows=2))
        assert made.view.table().column("m").to_pylist() == list(range(number, number + 8))


def test_short_maps_do_not_hang(source: MakeSource) -> None:
    short_maps(10, source)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_thousand_short_maps_do_not_hang(source: MakeSource) -> None:
    short_maps(1000, source)
