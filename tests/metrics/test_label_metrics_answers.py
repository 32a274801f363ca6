"""squad, squad_v2, cuad, super_glue, competition_math: rules, ids, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata import load_metric
from nlpdata.errors import ArgumentError, RowError

WORDS = st.lists(st.sampled_from(["a", "the", "cat", "Cat!", "dog", "sat", "."]), max_size=4).map(" ".join)


def guess(key: str, text: Any, chance: float | None = None) -> dict[str, Any]:
    more = {} if chance is None else {"no_answer_probability": chance}
    return {"id": key, "prediction_text": text, **more}


def gold(key: str, *texts: str) -> dict[str, Any]:
    return {"id": key, "answers": {"text": list(texts), "answer_start": [0] * len(texts)}}


def best_by_trial(rows: list[Any], scores: list[float]) -> tuple[float, float]:
    """The best score as the official evaluation describes it: answer one question more at a time."""
    answered: set[int] = set()
    best, threshold = sum(not answers for _, _, answers in rows), 0.0
    for row in sorted(range(len(rows)), key=lambda row: rows[row][1]):
        answered.add(row)
        right = 0.0
        for other, (text, _, answers) in enumerate(rows):
            if other in answered:
                right += scores[other] if answers else -bool(text)
            right += not answers
        if right > best + 1e-9:
            best, threshold = right, rows[row][1]
    return 100 * best / len(rows), threshold


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(
        st.tuples(WORDS, st.sampled_from([0.0, 0.25, 0.5]), st.lists(WORDS.filter(bool), max_size=2)), min_size=1, max_size=7
    )
)
def test_best_thresholds_are_found_by_trial(rows: list[Any]) -> None:
    predictions = [guess(str(row), text, chance) for row, (text, chance, _) in enumerate(rows)]
    references = [gold(str(row), *answers) for row, (_, _, answers) in enumerate(rows)]
    metric = load_metric("squad_v2")
    whole = metric.compute(predictions=predictions, references=references)
    for name in ("exact", "f1"):
        alone = [
            metric.compute(predictions=[p], references=[r])[name] / 100 for p, r in zip(predictions, references, strict=True)
        ]
        best, threshold = best_by_trial(rows, alone)
        assert whole[name] == pytest.approx(100 * sum(alone) / len(rows), abs=1e-9)
        assert whole[f"best_{name}"] == pytest.approx(best, abs=1e-9)
        assert whole[f"best_{name}_thresh"] == threshold


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(WORDS, WORDS.filter(lambda text: text not in ("", "."))), min_size=1, max_size=6))
def test_squad_is_between_exact_match_and_100(rows: list[Any]) -> None:
    predictions = [guess(str(row), text) for row, (text, _) in enumerate(rows)]
    references = [gold(str(row), answer) for row, (_, answer) in enumerate(rows)]
    found = load_metric("squad").compute(predictions=predictions, references=references)
    shuffled = load_metric("squad").compute(predictions=predictions[::-1], references=references)
    assert found == shuffled
    assert 0 <= found["f1"] <= 100
    same = load_metric("squad").compute(
        predictions=[guess(r["id"], r["answers"]["text"][0]) for r in references], references=references
    )
    assert same["exact_match"] == 100


def test_answers_in_the_form_of_the_json_files() -> None:
    answers = [{"text": "Cat", "answer_start": 0}, {"text": "dog", "answer_start": 4}]
    for name, chance in (("squad", None), ("squad_v2", 0.0), ("cuad", None)):
        text: Any = ["the cat", "dog"] if name == "cuad" else "the cat"
        metric = load_metric(name)
        found = metric.compute(predictions=[guess("a", text, chance)], references=[{"id": "a", "answers": answers}])
        assert next(iter(found.values())) == 100.0


@pytest.mark.parametrize(("name", "text", "chance"), [("squad", "x", None), ("squad_v2", "x", 0.0), ("cuad", ["x"], None)])
def test_ids_must_be_the_same_on_both_sides(name: str, text: Any, chance: Any) -> None:
    metric = load_metric(name)
    two = [guess("a", text, chance), guess("b", text, chance)]
    with pytest.raises(ArgumentError, match=r"The id 'b' is among the predictions and not among the references \(1 such ids\)"):
        metric.compute(predictions=two, references=[gold("a", "x"), gold("c", "x")])
    with pytest.raises(ArgumentError, match="An id occurs twice"):
        metric.compute(
            predictions=[*two, guess("a", text, chance)], references=[gold("b", "x"), gold("a", "x"), gold("a", "x")]
        )
    with pytest.raises(ArgumentError, match="predictions has 2 rows, references has 1 rows"):
        metric.compute(predictions=two, references=[gold("a", "x")])


@pytest.mark.parametrize("name", ["squad", "squad_v2", "cuad"])
@pytest.mark.parametrize(
    "odd", [None, "x", math.nan, {}, {"id": 1}, {"id": "a"}, {"id": "a", "answers": "x", "prediction_text": 3}], ids=repr
)
def test_rows_of_another_schema_show_the_right_one(name: str, odd: Any) -> None:
    good = guess("a", ["x"] if name == "cuad" else "x", 0.0)
    with pytest.raises(RowError, match=r"Row 1 of references must be like \{'id'"):
        load_metric(name).compute(predictions=[good, good], references=[gold("a", "x"), odd])
    with pytest.raises(RowError, match=r"Row 1 of predictions must be like \{'id'"):
        load_metric(name).compute(predictions=[good, odd], references=[gold("a", "x"), gold("a", "x")])


def test_squad_sends_questions_without_answers_to_squad_v2() -> None:
    with pytest.raises(RowError, match="squad_v2"):
        load_metric("squad").compute(predictions=[guess("a", "x")], references=[gold("a")])
    with pytest.raises(RowError, match="no_answer_probability"):
        load_metric("squad_v2").compute(predictions=[guess("a", "x", math.nan)], references=[gold("a")])


def test_parties_of_contracts_count_inside_longer_spans() -> None:
    row = {
        "predictions": [guess("A__Parties", ["the company ACME of some far away place"])],
        "references": [gold("A__Parties", "ACME")],
    }
    assert load_metric("cuad").compute(**row)["f1"] == 100.0
    other = {
        "predictions": [guess("A__Date", row["predictions"][0]["prediction_text"])],
        "references": [gold("A__Date", "ACME")],
    }
    assert load_metric("cuad").compute(**other)["f1"] == 0.0


@pytest.mark.peers
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_multirc_is_the_mean_of_f1_of_scikit_learn(rows: list[Any]) -> None:
    sk = pytest.importorskip("sklearn.metrics")
    idx = [{"answer": row, "paragraph": 0, "question": question} for row, (question, _, _) in enumerate(rows)]
    predictions = [{"idx": i, "prediction": int(p)} for i, (_, p, _) in zip(idx, rows, strict=True)]
    truth = [int(label) for _, _, label in rows]
    found = load_metric("super_glue", "multirc").compute(predictions=predictions, references=truth)
    means = []
    for question in {row[0] for row in rows}:
        _, guessed, actual = zip(*(row for row in rows if row[0] == question), strict=True)
        means.append(sk.f1_score(actual, guessed, average="macro"))
    assert found["f1_m"] == pytest.approx(sum(means) / len(means), abs=1e-12)
    assert found["f1_a"] == pytest.approx(sk.f1_score(truth, [p for _, p, _ in rows], zero_division=0), abs=1e-12)


def test_super_glue_rows_of_another_schema() -> None:
    with pytest.raises(RowError, match=r"Row 0 of predictions must be like \{'idx'"):
        load_metric("super_glue", "multirc").compute(predictions=[1], references=[1])
    record = load_metric("super_glue", "record")
    row = {"idx": {"passage": 0, "query": 1}}
    with pytest.raises(RowError, match="Row 0 of references must be like"):
        record.compute(predictions=[{**row, "prediction_text": "x"}], references=[{**row, "answers": []}])
    other = {"idx": {"passage": 0, "query": 2}, "answers": ["x"]}
    with pytest.raises(ArgumentError, match=r"The idx \{'passage': 0, 'query': 1\} is among the predictions"):
        record.compute(predictions=[{**row, "prediction_text": "x"}], references=[other])


SAME = [
    ("\\frac12", "\\frac{1}{2}"),
    ("\\frac1{72}", "\\frac{1}{72}"),
    ("\\tfrac{a}{b}", "\\dfrac{a}{b}"),
    ("-1/3", "\\frac{-1}{3}"),
    ("0.5", ".5"),
    ("\\sqrt2+\\sqrt{3}", "\\sqrt{2}+\\sqrt{3}"),
    ("x = 3", "3"),
    ("\\$10", "10"),
    ("10\\text{ inches}", "10"),
    ("\\left(1,\\!2\\right)", "(1,2)"),
    ("1 + 1", "1+1"),
]
DIFFERENT = [("1.0", "1"), ("2/4", "1/2"), ("xyz=3", "3"), ("\\frac{1}2", "\\frac{1}{2}"), ("", "0"), ("\\frac1", "\\frac")]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_answers_that_are_the_same(left: str, right: str) -> None:
    for pair in ((left, right), (right, left)):
        assert load_metric("competition_math").compute(predictions=pair[:1], references=pair[1:])["accuracy"] == 1.0


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_answers_that_are_not(left: str, right: str) -> None:
    assert load_metric("competition_math").compute(predictions=[left], references=[right])["accuracy"] == 0.0


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.sampled_from("\\frac{}sqt12 ./=x-"), max_size=12))
def test_any_answer_equals_itself(text: str) -> None:
    assert load_metric("competition_math").compute(predictions=[text], references=[text])["accuracy"] == 1.0


def test_no_vector_of_another_length() -> None:
    metric = load_metric("indic_glue", "cvit-mkb-clsr")
    with pytest.raises(RowError, match="Row 1 of references must be a vector of 2 finite numbers"):
        metric.compute(predictions=[[1.0, 2.0]] * 2, references=[[1.0, 2.0], [1.0]])
    with pytest.raises(RowError, match="Row 0 of predictions must be a vector of finite numbers"):
        metric.compute(predictions=[[math.nan, 2.0]], references=[[1.0, 2.0]])


def test_answers_may_come_from_a_dataset_or_arrow() -> None:
    pa = pytest.importorskip("pyarrow")
    from nlpdata import Dataset

    predictions, references = [guess("a", "cat"), guess("b", "dog")], [gold("a", "cat"), gold("b", "a dog", "x")]
    dataset = Dataset.from_list([{"p": p, "r": r} for p, r in zip(predictions, references, strict=True)])
    for form in ((dataset["p"], dataset["r"]), (pa.array(predictions), pa.array(references))):
        found = load_metric("squad").compute(predictions=form[0], references=form[1])
        assert found == {"exact_match": 100.0, "f1": 100.0}
