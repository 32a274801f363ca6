"""Ranked retrieval: the measures of TREC's trec_eval, over the queries of a run.

A row is a whole run and its judgments, or a part of both (such as one query); queries of all rows are averaged.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError, RowError
from nlpdata.scoring import Mean
from nlpdata.scoring.answers import as_rows

CUTOFFS = (5, 10, 15, 20, 30, 100, 200, 500, 1000)
COUNTS = ("num_ret", "num_rel", "num_rel_ret")
MEASURES = ("map", "gm_map", "bpref", "Rprec", "recip_rank", *(f"P@{k}" for k in CUTOFFS), *(f"NDCG@{k}" for k in CUTOFFS))
LOWEST_PRECISION = 1e-5
"""What gm_map takes an average precision of zero for."""

RUN = {"query": [0, 0], "q0": ["", ""], "docid": ["doc_2", "doc_1"], "rank": [0, 1], "score": [1.5, 1.2], "system": ["a", "a"]}
JUDGMENTS = {"query": [0, 0], "q0": ["", ""], "docid": ["doc_1", "doc_7"], "rel": [2, 0]}


class TrecEval(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        number, text = nlpdata.Value("int64"), nlpdata.Value("string")
        run = {"query": number, "q0": text, "docid": text, "rank": number, "score": nlpdata.Value("float64"), "system": text}
        judgments = {"query": number, "q0": text, "docid": text, "rel": number}
        return nlpdata.MetricInfo(
            description=(
                "Measures of ranked retrieval as TREC's trec_eval defines them: map, gm_map, bpref, Rprec, "
                "recip_rank, P@k, NDCG@k, "
                "averaged over queries, and counts of documents and queries."
            ),
            inputs_description=(
                f"predictions: runs, such as {RUN}.\nreferences: judgments, such as {JUDGMENTS}.\n"
                "complete (with the rows or in load_metric): True counts judged queries that the run lacks as zero "
                "(trec_eval -c); by default they are left out."
            ),
            features=nlpdata.Features(
                {
                    "predictions": {name: nlpdata.Sequence(kind) for name, kind in run.items()},
                    "references": {name: nlpdata.Sequence(kind) for name, kind in judgments.items()},
                }
            ),
            homepage="https://github.com/usnistgov/trec_eval",
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any, complete: bool = False) -> Any:
        systems: Counter[str] = Counter()
        queries: list[list[float]] = []
        for row, (run, judgments) in enumerate(zip(as_rows(predictions), as_rows(references), strict=True)):
            retrieved, systems_here = read_run(row, run)
            judged = read_judgments(row, judgments)
            chosen = [query for query in judged if query in retrieved or complete]
            if not chosen and judged:
                message = (
                    f"Row {row}: none of the {len(judged):,} judged queries is in the run, such as {next(iter(judged))!r}."
                )
                raise RowError(message, row=row, column="predictions", value=None)
            queries += [measured(retrieved.get(query, {}), judged[query]) for query in chosen]
            systems += systems_here
        table = np.array(queries, np.float64).reshape(-1, len(COUNTS) + len(MEASURES))
        return np.array([systems, *(Mean.of(column) for column in table.T)], dtype=object)

    def score(self, total: Any) -> dict[str, Any]:
        systems, means = total[0], dict(zip((*COUNTS, *MEASURES), total[1:], strict=True))
        queries = means["map"]
        if not queries.weight:
            raise ArgumentError("There are no judged queries to score.")
        result: dict[str, Any] = {"runid": ", ".join(sorted(systems))}
        result |= {name: int(means[name].sum()) for name in COUNTS}
        result["num_q"] = queries.weight // Mean.of(np.ones(1, bool)).weight
        result |= {name: means[name].value() for name in MEASURES}
        result["gm_map"] = math.exp(result["gm_map"])
        return result


def columns_of(name: str, row: int, value: Any, wanted: tuple[str, ...], example: Any) -> list[list[Any]]:
    """The wanted columns of one row, all of one length.

    Raises:
        RowError: one is missing, or they differ in length.
    """
    columns = [value.get(column) for column in wanted] if isinstance(value, Mapping) else [None]
    if any(isinstance(c, str | Mapping) or not hasattr(c, "__len__") for c in columns) or len({len(c) for c in columns}) > 1:
        message = f"Row {row} of {name} must have columns of equal lengths like {example}; it is {repr(value)[:200]}."
        raise RowError(message, row=row, column=name, value=value)
    return [column.tolist() if hasattr(column, "tolist") else list(column) for column in columns]


def read_run(row: int, run: Any) -> tuple[dict[Any, dict[str, float]], Counter[str]]:
    """Score of each document, by query, and the names of the systems.

    Raises:
        RowError: another schema, a score that is no finite number, a document twice.
    """
    queries, documents, scores = columns_of("predictions", row, run, ("query", "docid", "score"), RUN)
    result: dict[Any, dict[str, float]] = defaultdict(dict)
    for query, document, score in zip(queries, documents, scores, strict=True):
        if not isinstance(score, int | float) or not math.isfinite(score) or not isinstance(document, str):
            message = (
                f"Row {row} of predictions has the score {score!r} for the document {document!r}: text and a finite "
                f"number needed."
            )
            raise RowError(message, row=row, column="predictions", value=score)
        if document in result[query]:
            message = f"Row {row} of predictions has the document {document!r} twice for the query {query!r}."
            raise RowError(message, row=row, column="predictions", value=document)
        result[query][document] = score
    return result, Counter(str(system) for system in set(run.get("system") if run.get("system") is not None else ()))


def read_judgments(row: int, judgments: Any) -> dict[Any, dict[str, int]]:
    """Relevance of each judged document, by query.

    Raises:
        RowError: another schema, a relevance that is no whole number.
    """
    queries, documents, relevances = columns_of("references", row, judgments, ("query", "docid", "rel"), JUDGMENTS)
    result: dict[Any, dict[str, int]] = defaultdict(dict)
    for query, document, relevance in zip(queries, documents, relevances, strict=True):
        if not isinstance(relevance, int | float) or relevance != relevance // 1 or not isinstance(document, str):
            message = (
                f"Row {row} of references has rel={relevance!r} for the document {document!r}: text and a whole number needed."
            )
            raise RowError(message, row=row, column="references", value=relevance)
        if result[query].setdefault(document, int(relevance)) != relevance:
            message = f"Row {row} of references judges the document {document!r} twice for the query {query!r}."
            raise RowError(message, row=row, column="references", value=document)
    return result


def measured(scores: Mapping[str, float], judged: Mapping[str, int]) -> list[float]:
    """All counts and measures of one query, in the order of COUNTS and MEASURES.

    Documents are ranked by score, those of equal score (as 32-bit floats, which trec_eval reads) by id from the last.
    """
    ranking = sorted(scores, key=lambda document: (float(np.float32(scores[document])), document), reverse=True)
    gains = np.array([judged.get(document, 0) for document in ranking], np.float64).clip(min=0)
    ideal = np.sort(np.array([gain for gain in judged.values() if gain > 0], np.float64))[::-1]
    relevant, hits = len(ideal), np.cumsum(gains > 0)
    ranks = np.arange(1, len(ranking) + 1)
    found = np.flatnonzero(gains > 0)
    average = math.fsum(hits[found] / ranks[found]) / relevant if relevant else 0.0
    return [
        len(ranking),
        relevant,
        len(found),
        average,
        math.log(max(average, LOWEST_PRECISION)),
        binary_preference(ranking, judged, relevant),
        int(hits[min(relevant, len(hits)) - 1]) / relevant if relevant and len(hits) else 0.0,
        1.0 / (int(found[0]) + 1) if len(found) else 0.0,
        *(len(found[found < k]) / k for k in CUTOFFS),
        *(discounted(gains[:k]) / discounted(ideal[:k]) if relevant else 0.0 for k in CUTOFFS),
    ]


def discounted(gains: np.ndarray[Any, Any]) -> float:
    """Discounted cumulative gain: gains over the logarithm of the rank."""
    return math.fsum(gains / np.log2(np.arange(2, len(gains) + 2)))


def binary_preference(ranking: list[str], judged: Mapping[str, int], relevant: int) -> float:
    """bpref: how seldom documents judged irrelevant come before relevant ones; unjudged ones do not count."""
    irrelevant = sum(gain == 0 for gain in judged.values())
    bound = min(relevant, irrelevant)
    before, terms = 0, []
    for document in ranking:
        gain = judged.get(document)
        if gain == 0:
            before += 1
        elif gain is not None and gain > 0:
            terms.append(1.0 - min(before, relevant) / bound if before else 1.0)
    return math.fsum(terms) / relevant if relevant else 0.0
