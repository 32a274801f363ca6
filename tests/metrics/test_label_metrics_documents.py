"""trec_eval beside NIST's own, coval beside its definitions written out, and what both refuse."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata import load_metric
from nlpdata.errors import ArgumentError, RowError
from nlpdata.scripts.find import find_script
from nlpdata.scripts.load import load_class

CUTOFFS = (5, 10, 15, 20, 30, 100, 200, 500, 1000)


@st.composite
def retrieved(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A run and judgments of up to four queries over few documents, with ties, unjudged and negative ones."""
    run: dict[str, list[Any]] = {"query": [], "docid": [], "score": []}
    judgments: dict[str, list[Any]] = {"query": [], "docid": [], "rel": []}
    for query in range(draw(st.integers(1, 4))):
        for document in range(draw(st.integers(1, 14))):
            if draw(st.booleans()):
                values = (query, f"d{document}", draw(st.sampled_from([0.0, 0.1, 0.25, 1.0, 1.0 + 1e-9, -2.0])))
                for name, value in zip(run, values, strict=True):
                    run[name].append(value)
            if draw(st.booleans()):
                values = (query, f"d{document}", draw(st.sampled_from([-1, 0, 0, 1, 1, 2])))
                for name, value in zip(judgments, values, strict=True):
                    judgments[name].append(value)
    return run, judgments


def by_query(rows: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    result: dict[str, dict[str, Any]] = {}
    for query, document, value in zip(rows["query"], rows["docid"], rows[name], strict=True):
        result.setdefault(str(query), {})[document] = value
    return result


@pytest.mark.peers
@settings(max_examples=100, deadline=None)
@given(pair=retrieved())
def test_measures_are_those_of_nist(pair: Any) -> None:
    pytrec_eval = pytest.importorskip("pytrec_eval")
    run, judgments = pair
    shared = set(run["query"]) & set(judgments["query"])
    if not shared:
        return
    cutoffs = ",".join(map(str, CUTOFFS))
    names = {
        "map",
        "gm_map",
        "bpref",
        "Rprec",
        "recip_rank",
        "num_ret",
        "num_rel",
        "num_rel_ret",
        f"P.{cutoffs}",
        f"ndcg_cut.{cutoffs}",
    }
    results = list(pytrec_eval.RelevanceEvaluator(by_query(judgments, "rel"), names).evaluate(by_query(run, "score")).values())
    found = load_metric("trec_eval").compute(predictions=[run], references=[judgments])
    assert found["num_q"] == len(results) == len(shared)
    theirs = {f"P@{k}": f"P_{k}" for k in CUTOFFS} | {f"NDCG@{k}": f"ndcg_cut_{k}" for k in CUTOFFS}
    theirs |= {name: name for name in ("map", "bpref", "Rprec", "recip_rank")}
    for ours, name in theirs.items():
        assert found[ours] == pytest.approx(np.mean([result[name] for result in results]), abs=1e-12), ours
    for name in ("num_ret", "num_rel", "num_rel_ret"):
        assert found[name] == sum(result[name] for result in results)
    assert found["gm_map"] == pytest.approx(math.exp(np.mean([result["gm_map"] for result in results])), abs=1e-12)


def test_judged_queries_that_a_run_lacks() -> None:
    run = {"query": [1], "docid": ["a"], "score": [1.0], "system": ["mine"]}
    judgments = {"query": [1, 2], "docid": ["a", "b"], "rel": [1, 1]}
    found = load_metric("trec_eval").compute(predictions=[run], references=[judgments])
    assert (found["runid"], found["num_q"], found["map"]) == ("mine", 1, 1.0)
    found = load_metric("trec_eval", complete=True).compute(predictions=[run], references=[judgments])
    assert (found["num_q"], found["num_rel"], found["map"]) == (2, 2, 0.5)
    with pytest.raises(RowError, match="none of the 2 judged queries is in the run, such as 1"):
        load_metric("trec_eval").compute(predictions=[{**run, "query": ["1"]}], references=[judgments])


def test_runs_of_another_schema() -> None:
    metric = load_metric("trec_eval")
    run = {"query": [1, 1], "docid": ["a", "b"], "score": [1.0, 0.5]}
    judgments = {"query": [1], "docid": ["a"], "rel": [1]}
    for odd in ("x", {}, {**run, "score": [1.0]}, {**run, "docid": None}):
        with pytest.raises(RowError, match="Row 0 of predictions must have columns of equal lengths like"):
            metric.compute(predictions=[odd], references=[judgments])
    with pytest.raises(RowError, match="score nan for the document 'b'"):
        metric.compute(predictions=[{**run, "score": [1.0, math.nan]}], references=[judgments])
    with pytest.raises(RowError, match="document 'a' twice for the query 1"):
        metric.compute(predictions=[{**run, "docid": ["a", "a"]}], references=[judgments])
    with pytest.raises(RowError, match=r"rel=0\.5 for the document 'a'"):
        metric.compute(predictions=[run], references=[{**judgments, "rel": [0.5]}])


def lines(name: str, entities: list[int]) -> list[str]:
    """A document of one-token mentions; entity 0 is none."""
    return [f"{name} 0 {place} w{place} {f'({entity})' if entity else '-'}" for place, entity in enumerate(entities)]


def clusters(entities: list[int], smallest: int) -> list[set[int]]:
    found = [{place for place, other in enumerate(entities) if other == entity} for entity in set(entities) - {0}]
    return [cluster for cluster in found if len(cluster) >= smallest]


def parts(key: list[set[int]], response: list[set[int]]) -> dict[str, tuple[Fraction, int]]:
    """Numerators and denominators of recall, written out link by link and mention by mention."""
    links = lambda cluster: set(itertools.combinations(sorted(cluster), 2))  # noqa: E731
    mentions = sum(map(len, key))
    answered = set().union(*response) if response else set()
    result = {"mentions": (Fraction(sum(len(c & answered) for c in key)), mentions)}
    muc = 0
    for cluster in key:
        pieces = sum(1 for r in response if r & cluster) + len(cluster - answered)
        muc += len(cluster) - pieces
    result["muc"] = (Fraction(muc), sum(len(c) - 1 for c in key))
    same = {m: next((r for r in response if m in r), set()) for c in key for m in c}
    result["bcub"] = (sum((Fraction(len(c & same[m]), len(c)) for c in key for m in c), Fraction()), mentions)
    lea = Fraction()
    for cluster in key:
        if len(cluster) == 1:
            lea += any(r == cluster for r in response) * len(cluster)
        else:
            common = set().union(*(links(r) for r in response)) if response else set()
            lea += Fraction(len(cluster) * len(links(cluster) & common), len(links(cluster)))
    result["lea"] = (lea, mentions)
    return result


def best_alignment(key: list[set[int]], response: list[set[int]]) -> Fraction:
    small, large = sorted((key, response), key=len)
    values = [
        sum((Fraction(2 * len(a & b), len(a) + len(b)) for a, b in zip(small, some, strict=True)), Fraction())
        for some in itertools.permutations(large, len(small))
    ]
    return max(values, default=Fraction())


DOCUMENT = st.integers(1, 7).flatmap(lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n)] * 2))


@settings(max_examples=100, deadline=None)
@given(documents=st.lists(DOCUMENT, min_size=1, max_size=3), keep=st.booleans())
def test_coreference_follows_the_definitions(documents: list[Any], keep: bool) -> None:
    sums: dict[Any, tuple[Fraction, int]] = {}

    def add(name: str, side: str, numerator: Fraction, denominator: int) -> None:
        before = sums.get((name, side), (Fraction(), 0))
        sums[name, side] = (before[0] + numerator, before[1] + denominator)

    for response_entities, key_entities in documents:
        response, key = (clusters(side, 1 if keep else 2) for side in (response_entities, key_entities))
        for side, mine, other in (("recall", key, response), ("precision", response, key)):
            for name, fraction in parts(mine, other).items():
                add(name, side, *fraction)
            add("ceafe", side, best_alignment(key, response), len(mine))
    predictions = [lines(f"d{row}", response) for row, (response, _) in enumerate(documents)]
    references = [lines(f"d{row}", key) for row, (_, key) in enumerate(documents)]
    found = load_metric("coval").compute(predictions=predictions, references=references, keep_singletons=keep)
    for (name, side), (numerator, denominator) in sums.items():
        assert found[f"{name}/{side}"] == pytest.approx(float(numerator / denominator) if denominator else 0.0, abs=1e-12), (
            name,
            side,
        )
    f1 = [found[f"{name}/f1"] for name in ("muc", "bcub", "ceafe")]
    assert found["conll_score"] == pytest.approx(100 * sum(f1) / 3, abs=1e-9)


@pytest.mark.peers
@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10_000), rows=st.integers(1, 12), columns=st.integers(1, 12))
def test_alignment_is_that_of_scipy(seed: int, rows: int, columns: int) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    from nlpdata import Metric

    module = __import__("sys").modules[load_class(find_script("metric", "coval"), Metric).__module__]
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 6, (rows, columns)) / 5 if seed % 2 else rng.random((rows, columns))
    places = module.best_pairs(table)
    assert len(set(places[0].tolist())) == len(set(places[1].tolist())) == min(rows, columns)
    assert table[places].sum() == pytest.approx(table[optimize.linear_sum_assignment(table, maximize=True)].sum(), abs=1e-12)


def test_sentences_of_one_document_belong_together() -> None:
    first, second = ["d 0 0 Ann (1)"], ["d 0 0 she (1)"]
    other = ["e 0 0 she (1)"]
    whole = load_metric("coval").compute(predictions=[first, second], references=[first, second])
    assert whole["muc/recall"] == 1.0
    metric = load_metric("coval")
    metric.add_batch(predictions=[first], references=[first])
    metric.add_batch(predictions=[second], references=[second])
    assert metric.compute() == whole
    apart = load_metric("coval").compute(predictions=[first, other], references=[first, other])
    assert apart["muc/recall"] == 0.0 and apart["bcub/f1"] == 1.0


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        (["d 0 0 w (1"], "mention of entity 1 that begins at token 0 never ends"),
        (["d 0 0 w 1)"], r"token 0: '1\)' does not fit"),
        (["d 0 0 w x"], "token 0: 'x' does not fit"),
        (["d (1)"], "a line of 2 columns"),
        (["d 0 0 w -", "d 0 1 w -"], "has 2 tokens, its reference has 1"),
        ("d 0 0 w -", "must be lines like"),
        (None, "must be lines like"),
    ],
)
def test_documents_that_do_not_fit(odd: Any, message: str) -> None:
    with pytest.raises(RowError, match=f"Row 0 of predictions.*{message}"):
        load_metric("coval").compute(predictions=[odd], references=[["d 0 0 w -"]])


def test_mentions_of_two_entities_and_trees() -> None:
    twice = ["d 0 0 w (1)|(2)"]
    with pytest.raises(ArgumentError, match="belongs to two entities, 1 and 2"):
        load_metric("coval").compute(predictions=[twice], references=[twice])
    with pytest.raises(ArgumentError, match="need parse trees"):
        load_metric("coval").compute(predictions=[["d 0 0 w -"]], references=[["d 0 0 w -"]], min_span=True)
