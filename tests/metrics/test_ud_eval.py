"""ud_eval: against the official scorer on random and adversarial analyses, its published case, and what is refused."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata import load_metric
from nlpdata.errors import RowError

SDISTS = "NLPDATA_TEST_SDISTS"
"""Environment variable: a folder of unpacked source distributions; ``make test-published`` sets it."""

NAMES = ("Tokens", "Sentences", "Words", "UPOS", "XPOS", "UFeats", "AllTags", "Lemmas", "UAS", "LAS", "CLAS", "MLAS", "BLEX")
PARTS = {"precision": "/precision", "recall": "/recall", "f1": "", "aligned_accuracy": "/aligned_accuracy"}
DEPRELS = ("nsubj", "nsubj:pass", "obj", "case", "det", "mark", "aux:pass", "punct", "conj", "cc", "foo", "nmod:poss", "dep")
FEATS = (
    "_",
    "Case=Nom",
    "Case=Nom|Number=Sing",
    "Number=Sing|Case=Nom",
    "Typo=Yes",
    "Foreign=Yes|Style=Arch",
    "Case[psor]=Nom",
)


@st.composite
def cuts(draw: Any, start: int, stop: int) -> list[int]:
    """Ends of pieces of the characters from start to stop."""
    inside = draw(st.sets(st.integers(start + 1, stop - 1))) if stop - start > 1 else set()
    return [*sorted(inside), stop]


@st.composite
def sentence(draw: Any, characters: str) -> str:
    """A tree over some tokens of these characters, in CoNLL-U."""
    lines: list[tuple[str, str]] = []
    begin, number = 0, 0
    ids: list[int] = []
    for end in draw(cuts(0, len(characters))):
        form = characters[begin:end]
        begin = end
        if draw(st.integers(0, 3)) == 0:
            words = draw(st.lists(st.sampled_from([form, form.upper(), "a", "b", "ab", "B"]), min_size=1, max_size=3))
            lines.append((f"{number + 1}-{number + len(words)}", form))
        else:
            words = [form]
        for word in words:
            number += 1
            ids.append(number)
            lines.append((str(number), word))
    order = draw(st.permutations(ids))
    head = {order[0]: 0} | {node: draw(st.sampled_from(order[:place])) for place, node in enumerate(order) if place}
    rows = []
    for key, form in lines:
        if "-" in key:
            rows.append("\t".join([key, form, *["_"] * 8]))
            continue
        parent = head[int(key)]
        deprel = "root" if not parent else draw(st.sampled_from(DEPRELS))
        tags = [draw(st.sampled_from(choices)) for choices in (("a", "B", "_"), ("NOUN", "VERB"), ("X", "_"), FEATS)]
        rows.append("\t".join([key, form, *tags, str(parent), deprel, "_", "_"]))
    return "\n".join(rows) + "\n\n"


@st.composite
def analysis(draw: Any, characters: str) -> str:
    parts, begin = [], 0
    for end in draw(cuts(0, len(characters))) if draw(st.booleans()) else [len(characters)]:
        parts.append(draw(sentence(characters[begin:end])))
        begin = end
    return "".join(parts)


@st.composite
def analyses(draw: Any) -> tuple[str, str]:
    characters = draw(st.text(st.sampled_from("abAB"), min_size=1, max_size=14))
    return draw(analysis(characters)), draw(analysis(characters))


def official(guess: str, truth: str) -> Any:
    library = pytest.importorskip("udtools.udeval")
    loaded = []
    for text in (truth, guess):
        with tempfile.NamedTemporaryFile("w", suffix=".conllu", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            loaded.append(library.load_conllu_file(file.name))
    return library.evaluate(*loaded)


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")  # of the scorer
@settings(max_examples=250)
@given(analyses())
def test_scores_are_those_of_the_official_scorer(pair: tuple[str, str]) -> None:
    expected = official(*pair)
    found = load_metric("ud_eval").compute(predictions=pair[:1], references=pair[1:])
    for name in NAMES:
        for part, ending in PARTS.items():
            theirs = getattr(expected[name], part)
            if theirs is not None and name + ending in found:
                assert found[name + ending] == pytest.approx(theirs, abs=1e-12), name + ending


STOP = "1\t.\t.\tPUNCT\t_\t_\t0\troot\t_\t_\n\n"


@settings(max_examples=200)
@given(st.lists(analyses(), min_size=1, max_size=3))
def test_texts_are_scored_as_one_file(pairs: list[tuple[str, str]]) -> None:
    # A word of both sides at the end keeps the official alignment from running on into the next text.
    guesses, truths = [guess + STOP for guess, _ in pairs], [truth + STOP for _, truth in pairs]
    apart = load_metric("ud_eval").compute(predictions=guesses, references=truths)
    lines = "".join(truths).splitlines()
    assert apart == load_metric("ud_eval").compute(predictions=["".join(guesses)], references=[lines])


def test_the_published_case() -> None:
    folders = sorted(Path(os.environ.get(SDISTS, "")).glob("udtools-*/tests/test-cases/eval")) if os.environ.get(SDISTS) else []
    if not folders:
        pytest.skip(f"needs {SDISTS}, a folder with the unpacked source distribution of udtools (make test-published)")
    (folder,) = folders
    published = (folder / "eval.txt").read_text(encoding="utf-8")
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("cs_pud-gold.conllu",)]
    texts += [path.read_text(encoding="utf-8") for path in folder.glob("cs_pud-udpipe-*.conllu")]
    found = load_metric("ud_eval").compute(predictions=texts[1:], references=texts[:1])
    lines = re.findall(r"^(\w+) +\| +([\d.]+) \| +([\d.]+) \| +([\d.]+) \| *([\d.]*)$", published, re.MULTILINE)
    rows = {name: numbers for name, *numbers in lines if name in NAMES}
    assert len(rows) == len(NAMES)
    for name, numbers in rows.items():
        ours = [f"{100 * found[name + ending]:.2f}" for ending in PARTS.values() if name + ending in found]
        assert ours == [number for number in numbers if number], name


GOOD = "1\tDogs\tdog\tNOUN\tNNS\tNumber=Plur\t2\tnsubj\t_\t_\n2\tbark\tbark\tVERB\tVBP\t_\t0\troot\t_\t_\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("\t", " "), "has 1 columns between tabs; 10 are needed"),
        (GOOD.replace("2\tbark", "3\tbark"), "'3 bark' stands where word 2 is due"),
        (GOOD.replace("0\troot", "1\troot"), "has 0 roots"),
        (GOOD.replace("2\tnsubj", "0\tnsubj"), "has 2 roots"),
        (GOOD.replace("2\tnsubj", "1\tnsubj"), "'dogs' go round in a circle"),
        (GOOD.replace("2\tnsubj", "7\tnsubj"), "beyond the end"),
        (GOOD.replace("2\tnsubj", "x\tnsubj"), "head 'x'"),
        (GOOD.replace("Dogs", "\u00a0"), "a form without characters"),
        ("1-3\tDogsbark" + "\t_" * 8 + "\n" + GOOD, "the words 1 to 3 of the token 'Dogsbark' do not follow it"),
        (GOOD.replace("Dogs", "Cats"), "other characters than its reference, from 'Catsbark' on where that has 'Dogsbark'"),
        (3, "must be CoNLL-U text"),
    ],
)
def test_what_is_no_analysis_of_the_text(text: Any, message: str) -> None:
    with pytest.raises(RowError, match=re.escape(message)) as caught:
        load_metric("ud_eval").compute(predictions=[GOOD, text], references=[GOOD, GOOD])
    assert caught.value.row == 1


def test_comments_empty_nodes_and_blanks_in_forms_do_not_count() -> None:
    other = "# text = Dogs bark\n" + GOOD.replace("Dogs", "Do\u00a0gs").replace("2\tbark", "1.1" + "\t_" * 9 + "\n2\tbark")
    found = load_metric("ud_eval").compute(predictions=[other], references=[GOOD])
    assert found["LAS"] == found["MLAS"] == found["Tokens"] == 1.0
