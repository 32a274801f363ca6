"""code_eval: nothing runs unasked, nothing gets out, and the estimate is unbiased."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path
from typing import Any

import pytest

from nlpdata import load_metric
from nlpdata.errors import ArgumentError, RowError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="programs are confined by POSIX means")

FORK = (
    "p.fork_exec([b'/bin/mkdir', {target!r}], [b'/bin/mkdir'], True, (), None, None, -1, -1, -1, -1, -1, -1, *os.pipe(), "
    "False, False, 0, None, None, None, -1, None, False)"
)


def verdict(program: str, test: str = "", timeout: float = 5.0) -> str:
    metric = load_metric("code_eval", allow_code_execution=True)
    _, results = metric.compute(predictions=[[program]], references=[test], k=1, timeout=timeout)
    return str(results[0][0][1]["result"])


def test_nothing_runs_unless_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ALLOW_CODE_EVAL", raising=False)
    rows: dict[str, Any] = {"predictions": [["x = 1"]], "references": ["assert x == 1"]}
    metric = load_metric("code_eval")
    for call in (metric.compute, metric.add_batch):
        with pytest.raises(ArgumentError, match="HF_ALLOW_CODE_EVAL=1"):
            call(**rows)
    assert metric.state is None
    assert metric.compute(**rows, k=1, allow_code_execution=True)[0] == {"pass@1": 1.0}
    with pytest.raises(ArgumentError, match="can do harm"):
        metric.compute(**rows)
    monkeypatch.setenv("HF_ALLOW_CODE_EVAL", "1")
    assert metric.compute(**rows, k=1)[0] == {"pass@1": 1.0}


def test_what_passes_and_what_fails() -> None:
    assert verdict("def f():\n    return 3", "assert f() == 3") == "passed"
    assert verdict("print('a' * 100_000)\nimport sys\nsys.stderr.write('b')") == "passed"
    assert verdict("import collections, itertools, math, re, typing") == "passed"
    assert verdict("def f():\n    return 4", "assert f() == 3, 'no'") == "failed: no"
    assert verdict("def f(:") == "failed: invalid syntax (<program>, line 1)"
    assert verdict("raise SystemExit") == "failed: SystemExit"
    assert verdict("import sys\nsys.exit(0)") == "failed: 0"
    assert verdict("import os\nos._exit(0)") == "failed: the program ended the process before its end"
    assert verdict("input()") == "failed: EOF when reading a line"


def test_nothing_gets_out(tmp_path: Path) -> None:
    target = tmp_path / "written"
    for program in (
        f"open({str(target)!r}, 'w')",
        f"import os\nos.open({str(target)!r}, os.O_CREAT | os.O_WRONLY)",
        f"import os\nos.mkdir({str(target)!r})",
        "import os\nos.fork()",
        "import os\nos.system('true')",
        "import subprocess\nsubprocess.run(['true'])",
        "import socket\nsocket.create_connection(('localhost', 9))",
        "import os\nos.kill(os.getppid(), 9)",
        "import shutil\nshutil.rmtree('.')",
        f"import ctypes\nctypes.CDLL(None).mkdir({os.fsencode(target)!r}, 0o700)",
        "import ctypes\nctypes.pythonapi.PyRun_SimpleString(b'1')",
        f"import _posixsubprocess as p, os\n{FORK.format(target=os.fsencode(target))}",
        f"import sys\ndel sys.modules['_posixsubprocess']\nimport _posixsubprocess as p, os\n{FORK.format(target=b'x')}",
    ):
        assert "not allowed here" in verdict(program), program
    assert not target.exists()
    existing = tmp_path / "kept"
    existing.write_text("kept", encoding="utf-8")
    assert "not allowed here" in verdict(f"import os\nos.remove({str(existing)!r})")
    assert existing.read_text(encoding="utf-8") == "kept"


def test_the_program_sees_neither_environment_nor_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "secret")
    assert verdict("import os", "assert 'SECRET_TOKEN' not in os.environ and os.listdir('.') == []") == "passed"
    assert verdict(f"import os\nassert os.getpgid(0) == os.getpid() != {os.getpid()}") == "passed"


def test_time_and_memory_are_bounded() -> None:
    start = time.monotonic()
    assert verdict("while True:\n    pass", timeout=0.5) == "timed out"
    assert verdict("import time\ntime.sleep(60)", timeout=0.5) == "timed out"
    assert time.monotonic() - start < 30
    assert verdict("x = bytearray(10 ** 11)") == "failed: MemoryError"


def test_the_child_is_gone_afterwards() -> None:
    metric = load_metric("code_eval", allow_code_execution=True)
    program = "import time, os\nraise ValueError(os.getpid())"
    _, results = metric.compute(predictions=[[program], ["import time\ntime.sleep(60)"]], references=["", ""], k=1, timeout=0.5)
    child = int(results[0][0][1]["result"].removeprefix("failed: "))
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.parametrize(("programs", "passed"), [(1, 0), (1, 1), (4, 1), (5, 3), (6, 6), (5, 0)])
def test_the_estimate_is_the_mean_over_all_draws(programs: int, passed: int) -> None:
    metric = load_metric("code_eval")
    verdicts = ("passed",) * passed + ("failed: no",) * (programs - passed)
    for k in range(1, programs + 1):
        draws = list(itertools.combinations(verdicts, k))
        expected = sum("passed" in draw for draw in draws) / len(draws)
        assert metric.score((verdicts,), k=k)[f"pass@{k}"] == pytest.approx(expected, abs=1e-12)


def test_verdicts_of_all_rows_in_the_form_of_evaluate() -> None:
    metric = load_metric("code_eval", allow_code_execution=True)
    metric.add_batch(predictions=[["x = 1", "x = 2"]], references=["assert x == 1"])
    metric.add(prediction=["x = 3", "x = 1"], reference="assert x == 3")
    scores, results = metric.compute(k=[1, 2, 10])
    assert scores == {"pass@1": 0.5, "pass@2": 1.0} and scores.signature.metric == "code_eval"
    assert [[done["passed"] for _, done in results[task]] for task in (0, 1)] == [[True, False], [True, False]]
    assert results[1][0] == (0, {"task_id": 1, "passed": True, "result": "passed", "completion_id": 0})


def test_what_is_refused() -> None:
    metric = load_metric("code_eval", allow_code_execution=True)
    for odd in ("x = 1", [], None, [1]):
        with pytest.raises(RowError, match="Row 1 of predictions must be programs like"):
            metric.compute(predictions=[["x = 1"], odd], references=["", ""])
    with pytest.raises(ArgumentError, match="a problem has only 1 programs"):
        metric.compute(predictions=[["x = 1"]], references=[""], k=[10])
    assert metric.state is None
    with pytest.raises(ArgumentError, match="timeout=0"):
        metric.compute(predictions=[["x = 1"]], references=[""], timeout=0)
