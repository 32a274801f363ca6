"""The shared readers: what each gives, on what lines they split, and what they say of files without the shape."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.builder.shapes import (
    conll_sentences,
    conllu_sentences,
    delimited_rows,
    idx_array,
    json_document,
    json_items,
    json_lines,
    parallel_lines,
    squad_questions,
    text_lines,
    xml_elements,
)
from nlpdata.errors import ArgumentError, BuildError
from nlpdata.fetch.archive import iter_archive


def stream(text: str) -> io.BytesIO:
    return io.BytesIO(text.encode())


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_lines_split_at_line_ends_only(lines: list[str], end: str) -> None:
    text = end.join(lines)
    expected = lines[:-1] if lines and not lines[-1] else lines
    assert list(text_lines(stream(text))) == expected
    assert list(text_lines(stream("".join(line + end for line in lines)))) == lines


def test_paths_and_compressed_files_and_archive_members(tmp_path: Path) -> None:
    content = b"one\ntwo\n" * 300
    for suffix, packed in (
        (".txt", content),
        (".gz", gzip.compress(content)),
        (".bz2", bz2.compress(content)),
        (".xz", lzma.compress(content)),
    ):
        path = tmp_path / f"file{suffix}"
        path.write_bytes(packed)
        assert list(text_lines(path)) == list(text_lines(str(path))) == ["one", "two"] * 300
    import tarfile

    with tarfile.open(tmp_path / "all.tar.gz", "w:gz") as archive:
        for suffix in (".txt", ".gz"):
            archive.add(tmp_path / f"file{suffix}", f"file{suffix}")
    assert [(name, list(text_lines(file))) for name, file in iter_archive(tmp_path / "all.tar.gz")] == [
        ("file.txt", ["one", "two"] * 300),
        ("file.gz", ["one", "two"] * 300),
    ]


def test_a_file_given_open_stays_open() -> None:
    source = stream("one\n")
    assert list(text_lines(source)) == ["one"] and not source.closed


def test_line_ends_can_be_kept() -> None:
    assert list(text_lines(stream("a\r\n\nb"), keep_ends=True)) == ["a\n", "\n", "b"]


def test_other_encodings() -> None:
    assert list(text_lines(io.BytesIO("é".encode("latin-1")), "latin-1")) == ["é"]
    assert list(text_lines(io.BytesIO(b"a\xf0b"), errors="replace")) == ["a�b"]
    with pytest.raises(BuildError, match="is not utf-8"):
        list(text_lines(io.BytesIO(b"a\xf0b")))


def test_delimited_rows() -> None:
    rows = list(delimited_rows(stream('a\tb\n1\t"x\n\n2\n3\t4\t5\n')))
    assert rows == [{"a": "1", "b": '"x'}, {"a": "2"}, {"a": "3", "b": "4"}]
    assert list(delimited_rows(stream("skipped\n1;2\n"), delimiter=";", names=["a", "b"], skip_rows=1)) == [
        {"a": "1", "b": "2"}
    ]
    with pytest.raises(BuildError, match="no header"):
        list(delimited_rows(stream("")))


def test_quoted_rows() -> None:
    text = 'a,b\n"1","x ""y""\r\n, z"\n\n3,4\n'
    assert list(delimited_rows(stream(text), delimiter=",", quoted=True)) == [
        {"a": "1", "b": 'x "y"\n, z'},
        {"a": "3", "b": "4"},
    ]
    spaced = list(
        delimited_rows(
            stream("1, 'a, b'\n"), delimiter=",", names=["n", "t"], quoted=True, quotechar="'", skipinitialspace=True
        )
    )
    assert spaced == [{"n": "1", "t": "a, b"}]
    long = "x" * 200_000
    assert list(delimited_rows(stream(f'a\n"{long}"\n'), quoted=True)) == [{"a": long}]
    with pytest.raises(ArgumentError, match="quoted=True"):
        list(delimited_rows(stream("a\n"), quotechar="'"))
    with pytest.raises(BuildError, match="line 2"):
        list(delimited_rows(stream('a\n"x"y\n'), quoted=True, strict=True))


def test_json() -> None:
    assert list(json_lines(stream('{"a": 1}\n\n [2] \n'))) == [{"a": 1}, [2]]
    with pytest.raises(BuildError, match="line 2 is no JSON"):
        list(json_lines(stream("1\n{\n")))
    assert json_document(stream('\ufeff{"a": "\u2028"}')) == {"a": "\u2028"}
    with pytest.raises(BuildError, match="no JSON"):
        json_document(stream("{"))


def test_conll_sentences() -> None:
    text = "-DOCSTART- -X- O\n\n# c\nA\u00a0b  DT\tO\nc NN I-X extra\n-DOCSTART- -X- O\nd NN O\n\n\n"
    assert list(conll_sentences(stream(text), ["tokens", "pos", "ner"], comment="#")) == [
        {"tokens": ["A\u00a0b", "c"], "pos": ["DT", "NN"], "ner": ["O", "I-X"]},
        {"tokens": ["d"], "pos": ["NN"], "ner": ["O"]},
    ]
    assert list(conll_sentences(stream("a b\tX"), ["t", "n"], delimiter="\t")) == [{"t": ["a b"], "n": ["X"]}]
    with pytest.raises(BuildError, match="line 2 has 1 columns where t, n are expected"):
        list(conll_sentences(stream("a b\nc\n"), ["t", "n"]))


def test_conllu_sentences() -> None:
    text = (
        "# sent_id = s = 1\n# text = It's  so\n# newpar\n"
        "1-2\tIt's\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No|Odd\n"
        "1\tIt\tit\tPRON\tPRP\tCase=Nom|Number=Sing\t3\tnsubj\t3:nsubj|4.1:dep:x\t_\n"
        "2\t's\tbe\tAUX\t_\t_\t3\tcop\tbad\tA=b=c|D=_\n\n\n"
        "1\tso\tso\tADV\tRB\t_\t0\troot\t_\t_\n"
    )
    first, second = conllu_sentences(stream(text), first=5)
    assert first == {
        "idx": "s = 1",
        "text": "It's  so",
        "tokens": ["It's", "It", "'s"],
        "lemmas": ["_", "it", "be"],
        "upos": ["_", "PRON", "AUX"],
        "xpos": [None, "PRP", None],
        "feats": ["None", "{'Case': 'Nom', 'Number': 'Sing'}", "None"],
        "head": ["None", "3", "3"],
        "deprel": ["_", "nsubj", "cop"],
        "deps": ["None", "[('nsubj', 3), ('dep:x', (4, '.', 1))]", "bad"],
        "misc": ["{'SpaceAfter': 'No', 'Odd': ''}", "None", "{'A': 'b', 'D': None}"],
    }
    assert (second["idx"], second["text"]) == ("6", "so")
    (bare,) = conllu_sentences(stream("# sent_id = 1\n# text = no words\n\n"))
    assert (bare["text"], bare["tokens"], bare["misc"]) == ("no words", [], [])
    with pytest.raises(BuildError, match="line 1 has 2 columns"):
        list(conllu_sentences(stream("1\tso\n")))


def test_squad_questions() -> None:
    answer = {"text": "a", "answer_start": 3}
    questions = [
        {"id": "1", "question": "q?", "answers": [answer, answer]},
        {"id": "2", "question": "r?", "answers": [], "is_impossible": True},
    ]
    document = {"data": [{"title": "t", "paragraphs": [{"context": "  c a", "qas": questions}]}]}
    rows = list(squad_questions(stream(json.dumps(document))))
    shared = {"title": "t", "context": "  c a"}
    assert rows == [
        ("1", {"id": "1", **shared, "question": "q?", "answers": {"text": ["a", "a"], "answer_start": [3, 3]}}),
        ("2", {"id": "2", **shared, "question": "r?", "answers": {"text": [], "answer_start": []}}),
    ]
    with pytest.raises(BuildError, match="layout of SQuAD"):
        list(squad_questions(stream('{"data": [{}]}')))


def test_parallel_lines(tmp_path: Path) -> None:
    (tmp_path / "de").write_text("eins\nzwei\n", "utf-8")
    (tmp_path / "en").write_text("one\ntwo", "utf-8")
    paths = {"de": tmp_path / "de", "en": tmp_path / "en"}
    assert list(parallel_lines(paths)) == [{"de": "eins", "en": "one"}, {"de": "zwei", "en": "two"}]
    (tmp_path / "en").write_text("one\n", "utf-8")
    with pytest.raises(BuildError, match=r"en has 1 lines, but .*de has more"):
        list(parallel_lines(paths))


def test_xml_elements() -> None:
    text = '<all xmlns="urn:x"><skip><p>0</p></skip>t<p n="1">a<q><p>b</p></q></p>tail<p/></all>'
    found = [("".join(element.itertext()), element.get("n")) for element in xml_elements(stream(text), "p")]
    assert found == [("0", None), ("ab", "1"), ("", None)]
    with pytest.raises(BuildError, match="well-formed"):
        list(xml_elements(stream("<a><p></a>"), "p"))


def test_xml_is_read_in_bounded_memory() -> None:
    source = stream("<all>" + f"<p>{'x' * 1000}</p><other>{'y' * 1000}</other>" * 5000 + "</all>")
    tracemalloc.start()
    assert sum(1 for _ in xml_elements(source, "p")) == 5000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_idx_arrays() -> None:
    head = bytes([0, 0, 0x0C, 2]) + (2).to_bytes(4, "big") + (3).to_bytes(4, "big")
    numbers = b"".join(n.to_bytes(4, "big", signed=True) for n in (-1, 2, 3, 4, 5, 1 << 20))
    assert idx_array(io.BytesIO(gzip.compress(head + numbers)), 2).tolist() == [[-1, 2, 3], [4, 5, 1 << 20]]
    assert idx_array(io.BytesIO(head + numbers[:12]), 2).tolist() == [[-1, 2, 3]]  # a sample that names the number of the whole
    assert idx_array(io.BytesIO(bytes(4) + (1).to_bytes(4, "big") + b"\x07"), 1).tolist() == [7]
    with pytest.raises(BuildError, match="ends within an item: 20 bytes, where each item has 12"):
        idx_array(io.BytesIO(head + numbers[:20]), 2)
    for wrong, dimensions in ((head + numbers, 3), (head[:8], 2), (b"GIF8" * 4, 2), (b"", 1)):
        with pytest.raises(BuildError, match="is no IDX file of"):
            idx_array(io.BytesIO(wrong), dimensions)


@given(
    st.lists(
        st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
    )
)
def test_json_items_are_those_of_the_document(items: list[Any]) -> None:
    for indent in (None, 2):
        plain = io.BytesIO(json.dumps(items, indent=indent).encode())
        named = io.BytesIO(json.dumps({"data of": "[1]", "data": items, "more": [0]}, indent=indent).encode())
        assert list(json_items(plain)) == list(json_items(named, "data")) == items


def test_json_items_over_the_ends_of_what_is_read_at_once() -> None:
    items = [{"text": "é" * 700_000, "number": n} for n in range(5)] + [12345678] * 300_000
    assert list(json_items(stream(json.dumps(items, ensure_ascii=False)))) == items


def test_json_items_that_are_none() -> None:
    for text, key, said in (
        ('{"a": 1}', None, "has no array; it begins"),
        ('{"a": 1}', "b", "has no array named 'b'"),
        ("[1, 2", None, "does not end as an array should"),
        ('[{"a": x}, 2]', None, 'where reading stopped: {"a": x}'),
    ):
        with pytest.raises(BuildError, match=re.escape(said)):
            list(json_items(stream(text), key))
