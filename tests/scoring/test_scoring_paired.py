"""Paired tests: against sacreBLEU and its published values, against exact enumeration, and what cannot be compared."""

from __future__ import annotations

import bz2
import itertools
import os
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlpdata
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Metric, load_metric, paired_test

RNG = np.random.default_rng(2)
R = RNG.integers(0, 3, 300)
A = np.where(RNG.random(300) < 0.6, R, RNG.integers(0, 3, 300))
B = np.where(RNG.random(300) < 0.75, R, RNG.integers(0, 3, 300))

SDISTS = "NLPDATA_TEST_SDISTS"
"""Environment variable: a folder of unpacked source distributions; ``make test-published`` sets it."""

# test/test_significance.py of sacrebleu 2.6.0: p-values by the scripts of Moses (bootstrap, 2000 samples, mean of three runs)
# and MultEval (randomisation, 10,000 trials), for BLEU against the first system, LIUM.
MOSES = {
    "newstest2017.C-3MA.4959.en-de": 0.00000, "newstest2017.FBK.4870.en-de": 0.01267,
    "newstest2017.KIT.4950.en-de": 0.02233, "newstest2017.LMU-nmt-reranked.4934.en-de": 0.04383,
    "newstest2017.LMU-nmt-single.4893.en-de": 0.20783, "newstest2017.online-A.0.en-de": 0.00000,
    "newstest2017.online-B.0.en-de": 0.38100, "newstest2017.online-F.0.en-de": 0.00000,
    "newstest2017.online-G.0.en-de": 0.00000, "newstest2017.PROMT-Rule-based.4735.en-de": 0.00000,
    "newstest2017.RWTH-nmt-ensemble.4921.en-de": 0.01167, "newstest2017.SYSTRAN.4847.en-de": 0.20983,
    "newstest2017.TALP-UPC.4834.en-de": 0.00000, "newstest2017.uedin-nmt.4722.en-de": 0.00000,
    "newstest2017.xmu.4910.en-de": 0.25483,
}  # fmt: skip
MULTEVAL = {
    "newstest2017.C-3MA.4959.en-de": 0.0001, "newstest2017.FBK.4870.en-de": 0.0218,
    "newstest2017.KIT.4950.en-de": 0.0410, "newstest2017.LMU-nmt-reranked.4934.en-de": 0.09029,
    "newstest2017.LMU-nmt-single.4893.en-de": 0.58494, "newstest2017.online-A.0.en-de": 0.0001,
    "newstest2017.online-B.0.en-de": 0.94111, "newstest2017.online-F.0.en-de": 0.0001,
    "newstest2017.online-G.0.en-de": 0.0001, "newstest2017.PROMT-Rule-based.4735.en-de": 0.0001,
    "newstest2017.RWTH-nmt-ensemble.4921.en-de": 0.0207, "newstest2017.SYSTRAN.4847.en-de": 0.59914,
    "newstest2017.TALP-UPC.4834.en-de": 0.0001, "newstest2017.uedin-nmt.4722.en-de": 0.0001,
    "newstest2017.xmu.4910.en-de": 0.71073,
}  # fmt: skip


@pytest.mark.parametrize("test", ["bootstrap", "randomization"])
@pytest.mark.parametrize("name", ["accuracy", "f1", "mse"])
def test_a_system_against_itself_and_a_better_one(name: str, test: str) -> None:
    metric = load_metric(name, average="macro") if name == "f1" else load_metric(name)
    found = paired_test(metric, {"a": A, "a again": A.copy(), "b": B}, test, resamples=400, references=R)
    assert list(found) == ["a again", "b"]
    same, better = found["a again"][name], found["b"][name]
    assert same.p_value == 1.0 and same.difference == 0.0 and not same.significant()
    assert better.p_value < 0.02 and better.significant()
    assert better.score == metric.emptied().compute(predictions=B, references=R)[name]
    assert better.baseline == metric.emptied().compute(predictions=A, references=R)[name]
    assert (better.interval is None) == (test == "randomization")
    assert found == paired_test(metric, {"a": A, "a again": A.copy(), "b": B}, test, resamples=400, references=R)
    assert metric.state is None


@pytest.mark.parametrize("rows", [5, 9])
@pytest.mark.parametrize("name", ["mse", "accuracy", "spearmanr"])
def test_randomisation_is_the_share_of_all_swaps(name: str, rows: int) -> None:
    metric = load_metric(name)
    rng = np.random.default_rng(rows)
    r, a, b = (rng.integers(0, 2 if name == "accuracy" else 9, rows) for _ in range(3))
    if name != "accuracy":
        r, a, b = (side.astype(float) for side in (r, a, b))

    def score(predictions: Any) -> float:
        value: float = metric.emptied().compute(predictions=predictions, references=r)[name]
        return value

    observed = abs(score(b) - score(a))
    larger = 0
    for swap in itertools.product([False, True], repeat=rows):
        difference = abs(score(np.where(swap, a, b)) - score(np.where(swap, b, a)))
        larger += bool(np.isnan(difference) or difference >= observed - 1e-12)
    found = paired_test(metric, {"a": a, "b": b}, "randomization", resamples=4000, references=r)["b"][name].p_value
    assert found == pytest.approx(larger / 2**rows, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("test", "most"), [("bootstrap", 0.15), ("randomization", 0.075)])  # see the module on the former
def test_equal_systems_are_rarely_called_different(test: str, most: float) -> None:
    rng = np.random.default_rng(9)
    called = 0
    for seed in range(300):
        r = rng.integers(0, 2, 150)
        a, b = (np.where(rng.random(150) < 0.8, r, 1 - r) for _ in range(2))
        called += paired_test("accuracy", {"a": a, "b": b}, test, 300, seed, references=r)["b"]["accuracy"].significant()
    assert called / 300 < most


def test_rows_kept_for_an_old_style_metric() -> None:
    class Chars(Metric):
        def _info(self) -> nlpdata.MetricInfo:
            text = nlpdata.Value("string")
            return nlpdata.MetricInfo(description="x", features=nlpdata.Features({"predictions": text, "references": text}))

        def _compute(self, predictions: Any, references: Any) -> dict[str, Any]:
            return {"ratio": sum(map(len, predictions)) / sum(map(len, references)), "first": predictions[0]}

    systems = {"a": ["a", "bb", "ccc", "d"], "b": ["aa", "bbb", "cccc", "dd"]}
    for test in ("bootstrap", "randomization"):
        found = paired_test(Chars(), systems, test, 50, references=["aa", "bb", "cc", "dd"])["b"]
        assert list(found) == ["ratio"] and found["ratio"].difference == pytest.approx(0.5)


def test_what_cannot_be_compared() -> None:
    with pytest.raises(ArgumentError, match=r"no test 'bootstap'\. Did you mean 'bootstrap'"):
        paired_test("accuracy", {"a": A, "b": B}, "bootstap", references=R)
    with pytest.raises(ArgumentError, match="at least two systems"):
        paired_test("accuracy", {"a": A}, references=R)
    with pytest.raises(ArgumentError, match="resamples"):
        paired_test("accuracy", {"a": A, "b": B}, resamples=0, references=R)
    with pytest.raises(ArgumentError, match="299 rows"):
        paired_test("accuracy", {"a": A, "b": B[:-1]}, references=R)
    with pytest.raises(ArgumentError, match="takes no 'averge'"):
        paired_test("f1", {"a": A, "b": B}, references=R, averge="macro")


class Bleu(Metric):
    """BLEU of text that is tokenised already, by sacreBLEU's own counts and formula."""

    def _info(self) -> nlpdata.MetricInfo:
        return nlpdata.MetricInfo(description="BLEU")

    def stats(self, predictions: Any, references: Any) -> Any:
        rows = self._bleu()._extract_corpus_statistics(list(predictions), [list(references)])
        return np.array(rows, dtype=np.int64).sum(axis=0)

    def score(self, total: Any) -> dict[str, float]:
        return {"bleu": self._bleu()._compute_score_from_stats([int(v) for v in total]).score}

    @staticmethod
    @cache
    def _bleu() -> Any:
        return pytest.importorskip("sacrebleu.metrics").BLEU(tokenize="none")


SENTENCES = [f"the {noun} {verb} on the {place} today" for noun, verb, place in itertools.product(
    ["cat", "dog", "bird", "old man"], ["sat", "slept quietly", "sang"], ["mat", "red roof", "tree", "bench"])]  # fmt: skip


def damaged(texts: list[str], seed: int, share: float) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(w if rng.random() > share else "it" for w in text.split()) for text in texts]


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("test", "short", "many"), [("bootstrap", "bs", 300), ("randomization", "ar", 500)])
def test_p_values_are_those_of_sacrebleu(test: str, short: str, many: int) -> None:
    significance = pytest.importorskip("sacrebleu.significance")
    bleu = pytest.importorskip("sacrebleu.metrics").BLEU(tokenize="none")
    systems = {f"s{i}": damaged(SENTENCES, i, share) for i, share in enumerate([0.2, 0.2, 0.22, 0.3])}
    peer = significance.PairedTest(list(systems.items()), {"BLEU": bleu}, [SENTENCES], test_type=short, n_samples=many)()[1]
    found = paired_test(Bleu(), systems, test, many, references=SENTENCES)
    for name, expected in zip(peer["System"][1:], peer["BLEU"][1:], strict=True):
        mine = found[name]["bleu"]
        assert mine.score == pytest.approx(expected.score, abs=1e-9)
        assert mine.p_value == pytest.approx(expected.p_value, abs=2.5 / many)  # the same draws; sums there are 32 bit


@pytest.fixture(scope="module")
def wmt17() -> tuple[dict[str, list[str]], list[str]]:
    """The 16 systems of WMT17 English-German in the source distribution of sacrebleu, and the reference."""
    found = sorted(Path(os.environ.get(SDISTS, "-")).glob("sacrebleu-*/test/wmt17_en_de_systems.pkl.bz2"))
    if not found:
        pytest.skip(f"needs {SDISTS}, a folder with the unpacked source distribution of sacrebleu (make test-published)")
    with bz2.BZ2File(found[-1]) as file:
        named = pickle.load(file)
    references = named.pop()[1]
    return {name: list(texts) for name, texts in named}, list(references[0])


@pytest.mark.peers
@pytest.mark.parametrize("tokenize", ["none", "13a"])
def test_the_systems_of_wmt17_have_the_scores_of_sacrebleu(wmt17: Any, tokenize: str) -> None:
    systems, references = wmt17
    assert len(systems) == 16
    peer = pytest.importorskip("sacrebleu.metrics").BLEU(tokenize=tokenize)
    for texts in systems.values():
        found = load_metric("sacrebleu").compute(predictions=texts, references=references, tokenize=tokenize, force=True)
        expected = peer.corpus_score(texts, [references])
        assert found == {name: getattr(expected, name) for name in found}
        assert dict(found.signature.parameters)["sacrebleu"] == str(peer.get_signature())


@pytest.mark.slow
@pytest.mark.parametrize(("test", "many", "published"), [("bootstrap", 2000, MOSES), ("randomization", 10_000, MULTEVAL)])
def test_the_systems_of_wmt17_have_their_published_p_values(wmt17: Any, test: str, many: int, published: Any) -> None:
    systems, references = wmt17
    metric = load_metric("sacrebleu", tokenize="none", force=True)
    found = paired_test(metric, systems, test, many, references=references)
    assert {name: scores["score"].p_value for name, scores in found.items()} == pytest.approx(published, abs=0.01)
