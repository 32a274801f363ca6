"""How long do metrics take, against scikit-learn, scipy or sacrebleu and against reading the columns once? And their intervals?

As a test (tiny): ``pytest benchmarks/bench_metrics.py``.
At real size: ``python benchmarks/bench_metrics.py --time [OUT.json]``, which writes one JSON: machine, versions, command,
and per case the median seconds of nlpdata, of the peer and of the limit. The limit is one pass of NumPy over both columns
(``predictions == references``), which any of them has to make.
"""

from __future__ import annotations

import importlib
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pytest

from nlpdata import load_metric

LABELS = 5
CASES: list[tuple[str, dict[str, Any], Callable[[Any, Any, Any], Any]]] = [
    ("accuracy", {}, lambda sk, p, r: sk.accuracy_score(r, p)),
    ("f1", {"average": "macro"}, lambda sk, p, r: sk.f1_score(r, p, average="macro")),
    ("matthews_correlation", {}, lambda sk, p, r: sk.matthews_corrcoef(r, p)),
    ("confusion_matrix", {}, lambda sk, p, r: sk.confusion_matrix(r, p)),
]


def labels(rows: int) -> tuple[Any, Any]:
    """Predictions and references, of which four in five agree."""
    rng = np.random.default_rng(0)
    references = rng.integers(0, LABELS, rows)
    return np.where(rng.random(rows) < 0.75, references, rng.integers(0, LABELS, rows)), references


def median_seconds(function: Callable[[], Any], repeats: int) -> float:
    """The median of several calls, after one that is not counted."""
    function()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def first_load_seconds() -> float:
    """Seconds of the first ``load_metric("accuracy")`` of a fresh process, after its import."""
    code = (
        "import time, nlpdata; from nlpdata import load_metric; start = time.perf_counter(); "
        "load_metric('accuracy'); print(time.perf_counter() - start)"
    )
    taken = [float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout) for _ in range(5)]
    return statistics.median(taken)


def measure(rows: int, repeats: int) -> dict[str, Any]:
    """All cases at a size, with equal scores asserted."""
    sk = importlib.import_module("sklearn.metrics")
    p, r = labels(rows)
    limit = median_seconds(lambda: np.count_nonzero(p == r), repeats)
    results = []
    for name, parameters, peer in CASES:
        metric = load_metric(name)
        found = metric.compute(predictions=p, references=r, **parameters)[name]
        np.testing.assert_allclose(found, peer(sk, p, r), rtol=1e-12)
        ours = median_seconds(lambda m=metric, kw=parameters: m.compute(predictions=p, references=r, **kw), repeats)
        theirs = median_seconds(lambda call=peer: call(sk, p, r), max(1, repeats // 4))
        results.append(
            {"metric": name, **parameters, "nlpdata_s": ours, "sklearn_s": theirs, "limit_s": limit, "ratio": theirs / ours}
        )
    return {"rows": rows, "labels": LABELS, "cases": results, "load_metric_first_s": first_load_seconds()}


def measure_numbers(rows: int, repeats: int) -> list[dict[str, Any]]:
    """Correlations of floats against scipy."""
    scipy = importlib.import_module("scipy.stats")
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    y = x + rng.normal(size=rows)
    results = []
    for name in ("pearsonr", "spearmanr"):
        metric, peer = load_metric(name), getattr(scipy, name)
        np.testing.assert_allclose(metric.compute(predictions=x, references=y)[name], peer(x, y)[0], rtol=1e-12)
        ours = median_seconds(lambda m=metric: m.compute(predictions=x, references=y), repeats)
        theirs = median_seconds(lambda call=peer: call(x, y), repeats)
        results.append({"metric": name, "nlpdata_s": ours, "scipy_s": theirs, "ratio": theirs / ours})
    return results


def measure_intervals(rows: int, resamples: int) -> list[dict[str, Any]]:
    """Bootstrap intervals, against computing the score once per resample."""
    p, r = labels(rows)
    results = []
    for name, parameters, _ in CASES[:2]:
        metric = load_metric(name)
        once = median_seconds(lambda m=metric, kw=parameters: m.compute(predictions=p, references=r, **kw), 3)
        options = {**parameters, "confidence": 0.95, "resamples": resamples}
        ours = median_seconds(lambda m=metric, kw=options: m.compute(predictions=p, references=r, **kw), 3)
        results.append({"metric": name, "resamples": resamples, "interval_s": ours, "naive_s": once * resamples})
    return results


def sentences(rows: int, seed: int) -> tuple[list[str], list[str]]:
    """Predictions and references: made-up sentences of Zipf-distributed words, of which predictions lack one in nine."""
    rng = np.random.default_rng(seed)
    vocabulary = np.array([f"{letter}w{number}" for number in range(2000) for letter in "abcd"])
    lengths = rng.integers(5, 40, rows)
    drawn = vocabulary[np.minimum(rng.zipf(1.3, lengths.sum()), len(vocabulary)) - 1]
    references = [" ".join(words) + "." for words in np.split(drawn, np.cumsum(lengths)[:-1])]
    return [" ".join(w for i, w in enumerate(t.split()) if (i + row) % 9) for row, t in enumerate(references)], references


def measure_bleu(rows: int, repeats: int) -> dict[str, Any]:
    """Corpus BLEU against sacrebleu, equal scores asserted; new texts each time, for sacrebleu remembers tokens of old ones."""
    peer, metric = importlib.import_module("sacrebleu.metrics").BLEU(), load_metric("sacrebleu")
    taken: dict[str, list[float]] = {"nlpdata_s": [], "sacrebleu_s": []}
    for seed in range(repeats + 1):
        predictions, references = sentences(rows, seed)
        start = time.perf_counter()
        found = metric.compute(predictions=predictions, references=references)["score"]
        between = time.perf_counter()
        assert found == peer.corpus_score(predictions, [references]).score
        for name, seconds in zip(taken, (between - start, time.perf_counter() - between), strict=True):
            taken[name].append(seconds)
    medians = {name: statistics.median(seconds[1:]) for name, seconds in taken.items()}
    return {"metric": "sacrebleu", "rows": rows, **medians, "ratio": medians["sacrebleu_s"] / medians["nlpdata_s"]}


def test_tiny() -> None:
    pytest.importorskip("sklearn")
    assert len(measure_numbers(rows=100, repeats=1)) == 2 and len(measure_intervals(rows=100, resamples=5)) == 2
    pytest.importorskip("sacrebleu")
    assert measure_bleu(rows=20, repeats=1)["ratio"] > 0
    result = measure(rows=1000, repeats=1)
    assert [case["metric"] for case in result["cases"]] == [name for name, _, _ in CASES]
    assert all(case["nlpdata_s"] > 0 and case["limit_s"] > 0 for case in result["cases"])


if __name__ == "__main__":
    if "--time" not in sys.argv:
        sys.exit(__doc__)
    report = {
        "command": " ".join(["python", *sys.argv]),
        "machine": {"platform": platform.platform(), "processor": platform.machine(), "python": platform.python_version()},
        "versions": {name: version(name) for name in ("nlpdata", "numpy", "scikit-learn", "scipy", "sacrebleu")},
        **measure(rows=1_000_000, repeats=20),
        "numbers": measure_numbers(rows=1_000_000, repeats=5),
        "bleu": measure_bleu(rows=5000, repeats=3),
        "intervals": measure_intervals(rows=1_000_000, resamples=1000),
    }
    text = json.dumps(report, indent=2)
    targets = [argument for argument in sys.argv[1:] if argument.endswith(".json")]
    if targets:
        with open(targets[0], "w", encoding="utf-8") as file:
            file.write(text + "\n")
    print(text)
