"""How long do metrics take, against scikit-learn, scipy or sacrebleu? And their intervals?

    python benchmarks/bench_metrics.py           # tiny: checks that everything runs, and that the scores are equal
    python benchmarks/bench_metrics.py --time    # 1,000,000 rows; prints one JSON of medians

The floor is one pass of NumPy over both columns (``predictions == references``), which any of them has to make.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import partial
from itertools import chain
from statistics import median
from typing import Any

import measure
import numpy as np

from nlpdata import load_metric

LABELS = 5
# Our metric, its parameters, that of scikit-learn, and the ratio aimed at.
CASES: list[tuple[str, dict[str, Any], str, float | None]] = [
    ("accuracy", {}, "accuracy_score", 10),
    ("f1", {"average": "macro"}, "f1_score", 25),
    ("matthews_correlation", {}, "matthews_corrcoef", None),
    ("confusion_matrix", {}, "confusion_matrix", None),
]
FIRST_LOAD = """
import time
from nlpdata import load_metric
start = time.perf_counter()
load_metric("accuracy")
print(time.perf_counter() - start)
"""


def labels(rows: int) -> tuple[Any, Any]:
    """Predictions and references, of which four in five agree."""
    rng = np.random.default_rng(0)
    references = rng.integers(0, LABELS, rows)
    return np.where(rng.random(rows) < 0.75, references, rng.integers(0, LABELS, rows)), references


def of_labels(rows: int, repeats: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Scores of two columns of labels."""
    sklearn = importlib.import_module("sklearn.metrics")
    p, r = labels(rows)
    for name, parameters, peer, target in CASES:
        ours = partial(load_metric(name).compute, predictions=p, references=r, **parameters)
        theirs = partial(getattr(sklearn, peer), r, p, **parameters)
        np.testing.assert_allclose(ours()[name], theirs(), rtol=1e-12)
        works = {"nlpdata": ours, "sklearn": theirs, "floor": lambda: np.count_nonzero(p == r)}
        line = measure.medians(measure.take_turns(works, repeats)) | {"target_ratio": target}
        yield f"{' '.join([name, *parameters.values()])} of {rows:,} labels", line


def of_numbers(rows: int, repeats: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Correlations of floats."""
    scipy = importlib.import_module("scipy.stats")
    rng = np.random.default_rng(0)
    x = rng.normal(size=rows)
    y = x + rng.normal(size=rows)
    for name in ("pearsonr", "spearmanr"):
        ours = partial(load_metric(name).compute, predictions=x, references=y)
        works = {"nlpdata": ours, "scipy": partial(getattr(scipy, name), x, y)}
        np.testing.assert_allclose(works["nlpdata"]()[name], works["scipy"]()[0], rtol=1e-12)
        yield f"{name} of {rows:,} floats", measure.medians(measure.take_turns(works, repeats))


def of_sentences(rows: int, repeats: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Corpus BLEU; new texts each time, for sacrebleu remembers tokens of old ones."""
    peer, metric = importlib.import_module("sacrebleu.metrics").BLEU(), load_metric("sacrebleu")
    taken: dict[str, list[float]] = {"nlpdata": [], "sacrebleu": []}
    for seed in range(repeats + 1):
        predictions, references = sentences(rows, seed)
        ours, found = measure.timed(lambda: metric.compute(predictions=predictions, references=references))  # noqa: B023
        theirs, expected = measure.timed(lambda: peer.corpus_score(predictions, [references]))  # noqa: B023
        assert found["score"] == expected.score
        if seed:  # the first is for imports
            taken["nlpdata"].append(ours)
            taken["sacrebleu"].append(theirs)
    yield f"corpus BLEU of {rows:,} sentences", measure.medians(taken) | {"target_ratio": 1, "note": "against sacrebleu"}


def of_loading(repeats: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """The first ``load_metric`` of a fresh process, after its import."""
    taken = [float(measure.in_a_fresh_process(FIRST_LOAD)) for _ in range(repeats)]
    yield 'first load_metric("accuracy")', measure.medians({"nlpdata": taken}) | {"note": "aim: at most 1 ms"}


def intervals(rows: int, resamples: int) -> list[dict[str, Any]]:
    """Bootstrap intervals, against computing the score once per resample."""
    p, r = labels(rows)
    results = []
    for name, parameters, *_ in CASES[:2]:
        compute = partial(load_metric(name).compute, predictions=p, references=r, **parameters)
        once = median(measure.several(compute, 3))
        ours = median(measure.several(partial(compute, confidence=0.95, resamples=resamples), 3))
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


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    sizes = {"rows": (1000, 1_000_000), "sentences": (20, 5000), "resamples": (5, 1000), "repeats": (1, 20)}
    given = measure.options(__doc__, arguments, sizes)
    repeats = given.repeats
    lines = [of_labels(given.rows, repeats), of_numbers(given.rows, -(-repeats // 4))]
    lines += [of_sentences(given.sentences, -(-repeats // 6)), of_loading(-(-repeats // 4))]
    report = {"rows": given.rows, "medians": measure.table(chain.from_iterable(lines))}
    report["intervals"] = intervals(given.rows, given.resamples)
    return measure.report(given, ("numpy", "scikit-learn", "scipy", "sacrebleu"), report)


if __name__ == "__main__":
    main()
