"""Code evaluation: the share of problems that one of k generated programs solves (Chen et al., 2021).

Programs are run only if that was allowed, in the child processes of :mod:`confined`.
"""

from __future__ import annotations

import math
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import nlpdata
from nlpdata.errors import ArgumentError, RowError
from nlpdata.scoring import Result, texts
from nlpdata.scoring.answers import as_rows

from .confined import Limits, run_confined

CITATION = """\
@misc{chen2021evaluating,
  title={Evaluating Large Language Models Trained on Code},
  author={Chen, Mark and Tworek, Jerry and Jun, Heewoo and others},
  eprint={2107.03374},
  archivePrefix={arXiv},
  year={2021}
}"""

Verdicts: TypeAlias = tuple[tuple[str, ...], ...]

EXAMPLE = ["def add(a, b):\n    return a + b", "def add(a, b):\n    return a * b"]
VARIABLE = "HF_ALLOW_CODE_EVAL"
WARNING = f"""\
code_eval runs programs that a model wrote, with the rights of this process: such programs can do harm. They run in child \
processes with limits, which are no defence against malice. To run them all the same, preferably in a container, set the \
environment variable {VARIABLE}=1 or call load_metric("code_eval", allow_code_execution=True)."""


class CodeEval(nlpdata.Metric):
    VERSION = "1.0.0"

    def __init__(self, *args: Any, allow_code_execution: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self._allowed = allow_code_execution

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "pass@k: the share of problems that one of k programs solves, by the unbiased estimate from all "
                "programs given. "
                "compute returns it with the verdict on each program."
            ),
            citation=CITATION,
            inputs_description=(
                f"predictions: programs per problem, such as {EXAMPLE}.\n"
                "references: a test per problem, such as 'assert add(2, 3) == 5'.\n"
                "k: numbers of programs; [1, 10, 100] by default; those above the number of programs are left out.\n"
                "timeout: seconds for each program; num_workers: how many run at once.\n"
                f"allow_code_execution (in load_metric or compute): instead of the environment variable {VARIABLE}=1."
            ),
            features=nlpdata.Features({"predictions": nlpdata.Sequence(text), "references": text}),
            homepage="https://github.com/openai/human-eval",
            license="MIT",
        )

    @property
    def additive(self) -> bool:
        """False: the verdict on each program is kept."""
        return False

    def stats(self, predictions: Any, references: Any, num_workers: int = 4, timeout: float = 3.0) -> Verdicts:
        rows = [programs(*row) for row in enumerate(as_rows(predictions))]
        tests = texts(references, "references")
        if not self._allowed and os.environ.get(VARIABLE) != "1":
            raise ArgumentError(WARNING)
        if num_workers < 1 or not timeout > 0:
            raise ArgumentError(f"num_workers={num_workers} must be at least 1 and timeout={timeout} above 0.")
        whole = [f"{program}\n{test}" for candidates, test in zip(rows, tests, strict=True) for program in candidates]
        with ThreadPoolExecutor(max_workers=num_workers) as pool:
            verdicts = pool.map(lambda program: run_confined(program, Limits(timeout)), whole)
            return tuple(tuple(next(verdicts) for _ in candidates) for candidates in rows)

    def score(self, total: Sequence[Sequence[str]], k: Iterable[int] | int = (1, 10, 100)) -> dict[str, float]:
        tried = Counter((len(verdicts), sum(verdict == "passed" for verdict in verdicts)) for verdicts in total)
        sizes = [int(size) for size in (k if isinstance(k, Iterable) else [k])]
        if not sizes or min(sizes) < 1:
            raise ArgumentError(f"k={k} must be numbers of programs from 1.")
        fewest = min(programs for programs, _ in tried)
        if min(sizes) > fewest:
            raise ArgumentError(f"k={k}: a problem has only {fewest} programs; give more, or a smaller k.")
        return {
            f"pass@{size}": math.fsum(count * pass_at(size, *key) for key, count in sorted(tried.items())) / len(total)
            for size in sizes
            if size <= fewest
        }

    def compute(  # type: ignore[override]
        self, *, predictions: Any = None, references: Any = None, allow_code_execution: bool | None = None, **kwargs: Any
    ) -> tuple[Result, dict[int, list[tuple[int, dict[str, Any]]]]]:
        """pass@k, and for each problem the verdicts: ``{problem: [(program, {"passed": ..., "result": ...}), ...]}``.

        Args:
            predictions: a list of programs per problem; may be left out after :meth:`add_batch`.
            references: a test per problem.
            allow_code_execution: run the programs although the environment variable is not set.
            kwargs: ``k``, ``num_workers``, ``timeout``.
        """
        before, allowed = self._state, self._allowed
        if allow_code_execution is not None:
            self._allowed = allow_code_execution
        try:
            settings = {name: kwargs.pop(name) for name in ("num_workers", "timeout") if name in kwargs}
            if predictions is not None or references is not None or settings:
                self.add_batch(predictions=predictions, references=references, **settings)
            total = self._state.total if self._state is not None else ()
            return super().compute(**kwargs), details(total)
        except BaseException:
            self._state = before
            raise
        finally:
            self._allowed = allowed


def pass_at(k: int, programs: int, passed: int) -> float:
    """The chance that one of k programs drawn from all passes: 1 - C(programs - passed, k) / C(programs, k)."""
    return 1.0 - math.comb(programs - passed, k) / math.comb(programs, k)


def details(total: Sequence[Sequence[str]]) -> dict[int, list[tuple[int, dict[str, Any]]]]:
    """The verdicts in the form of HF ``evaluate``."""
    result: dict[int, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    for task, verdicts in enumerate(total):
        for number, verdict in enumerate(verdicts):
            shown = {"task_id": task, "passed": verdict == "passed", "result": verdict, "completion_id": number}
            result[task].append((number, shown))
    return dict(result)


def programs(row: int, value: Any) -> list[str]:
    """The programs of one problem.

    Raises:
        RowError: no list of text, or empty.
    """
    listed = list(value) if isinstance(value, list | tuple) or hasattr(value, "tolist") else []
    if not listed or not all(isinstance(text, str) for text in listed):
        message = f"Row {row} of predictions must be programs like {EXAMPLE}; it is {repr(value)[:200]}."
        raise RowError(message, row=row, column="predictions", value=value)
    return listed
