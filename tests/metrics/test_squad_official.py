"""squad and squad_v2 against the official evaluation, which transformers 4 carries, on random and adversarial answers."""

from __future__ import annotations

import json
import os
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata import load_metric
from nlpdata.scoring.answers import normal

PYTHON = "NLPDATA_TEST_TRANSFORMERS4"
"""Environment variable: a Python with transformers 4, which is the last to have it; ``make test-published`` makes one."""

SCRIPT = """
import json, sys
from types import SimpleNamespace
from transformers.data.metrics.squad_metrics import squad_evaluate
for line in sys.stdin:
    task = json.loads(line)
    examples = [SimpleNamespace(qas_id=key, answers=[{"text": t} for t in texts]) for key, texts in task["golds"]]
    print(json.dumps(squad_evaluate(examples, task["texts"], task["chances"], task["threshold"])), flush=True)
"""
PIECES = (
    "a",
    "The",
    "an",
    "cat",
    "CAT",
    "cat's",
    "dog",
    "2,000",
    "U.S.",
    "é",
    "e\u0301",
    "İ",
    "ß",
    "-",
    ".",
    "«",
    "\u00a0",
    "\n",
)
ANSWER = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(["", " ", "  "])), max_size=5).map(
    lambda parts: "".join(piece + blank for piece, blank in parts)
)
CHANCE = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
ROWS = st.lists(st.tuples(ANSWER, CHANCE, st.lists(ANSWER, max_size=3)), min_size=1, max_size=6)
# All that SQuAD 1.1 has; of a true answer without tokens, its script and that of 2.0 think differently.
ANSWERED = st.lists(st.tuples(ANSWER, CHANCE, st.lists(ANSWER.filter(normal), min_size=1, max_size=3)), min_size=1, max_size=6)

Evaluate: Any = Callable[[list[Any], float], dict[str, float]]


@pytest.fixture(scope="module")
def official() -> Iterator[Evaluate]:
    if not os.environ.get(PYTHON):
        pytest.skip(f"needs {PYTHON}, a Python with transformers 4 (make test-published)")
    command = [os.environ[PYTHON], "-c", textwrap.dedent(SCRIPT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as peer:
        assert peer.stdin is not None and peer.stdout is not None

        def evaluate(rows: list[Any], threshold: float) -> dict[str, float]:
            named = [(str(row), *parts) for row, parts in enumerate(rows)]
            task = {
                "golds": [[key, answers] for key, _, _, answers in named],
                "texts": {key: text for key, text, _, _ in named},
                "chances": {key: chance for key, _, chance, _ in named},
                "threshold": threshold,
            }
            print(json.dumps(task), file=peer.stdin, flush=True)
            found: dict[str, float] = json.loads(peer.stdout.readline())
            return found

        yield evaluate
        peer.stdin.close()


def gold(key: str, texts: list[str]) -> dict[str, Any]:
    return {"id": key, "answers": {"text": texts, "answer_start": [0] * len(texts)}}


@settings(max_examples=300)
@given(rows=ROWS, threshold=CHANCE)
def test_squad_v2(official: Any, rows: list[Any], threshold: float) -> None:
    predictions = [
        {"id": str(row), "prediction_text": text, "no_answer_probability": chance} for row, (text, chance, _) in enumerate(rows)
    ]
    references = [gold(str(row), answers) for row, (_, _, answers) in enumerate(rows)]
    metric = load_metric("squad_v2", no_answer_threshold=threshold)
    expected = official(rows, threshold)
    found = metric.compute(predictions=predictions, references=references)
    assert found == pytest.approx(expected, abs=1e-10)


@settings(max_examples=300)
@given(rows=ANSWERED)
def test_squad(official: Any, rows: list[Any]) -> None:
    expected = official([(text, 0.0, answers) for text, _, answers in rows], 1.0)
    predictions = [{"id": str(row), "prediction_text": text} for row, (text, _, _) in enumerate(rows)]
    references = [gold(str(row), answers) for row, (_, _, answers) in enumerate(rows)]
    found = load_metric("squad").compute(predictions=predictions[::-1], references=references)
    assert found == pytest.approx({"exact_match": expected["exact"], "f1": expected["f1"]}, abs=1e-10)
