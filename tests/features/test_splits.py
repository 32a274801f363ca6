"""Names, sizes and slices of splits."""

from __future__ import annotations

import copy
import doctest
import json
import os.path
import pickle
from typing import Any

import pytest

import nlpdata.splits
from nlpdata.errors import ArgumentError, UnknownSplitError
from nlpdata.splits import (
    NamedSplit,
    NamedSplitAll,
    ReadInstruction,
    Split,
    SplitBase,
    SplitDict,
    SplitGenerator,
    SplitInfo,
    SplitSlice,
    parse_split,
    percent,
)

SIZES = {"train": 333, "validation_matched": 7, "test": 50}


def test_examples_in_docstrings_run() -> None:
    assert doctest.testmod(nlpdata.splits).failed == 0


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("train", [("train", 0, 333)]), ("train[:10]", [("train", 0, 10)]), ("train[-5:]", [("train", 328, 333)]),
        ("train[:-5]", [("train", 0, 328)]), ("train[5:3]", [("train", 5, 5)]), ("train[:1_000]", [("train", 0, 333)]),
        ("train[400:]", [("train", 333, 333)]), ("train[:]", [("train", 0, 333)]), ("train[10%:20%]", [("train", 33, 67)]),
        ("train[-1%:]", [("train", 330, 333)]), ("train[:10%](pct1_dropremainder)", [("train", 0, 30)]),
        ("train[10%:20](closest)", [("train", 33, 67)]), ("validation_matched[33%:66%]", [("validation_matched", 2, 5)]),
        ("test + train[:1]", [("test", 0, 50), ("train", 0, 1)]), ("test[:1]+test[:1]", [("test", 0, 1), ("test", 0, 1)]),
        ("all", [("train", 0, 333), ("validation_matched", 0, 7), ("test", 0, 50)]), ("train[ 1 : 2 ]", [("train", 1, 2)]),
    ],
)  # fmt: skip
def test_specifications(spec: str, expected: list[tuple[str, int, int]]) -> None:
    slices = [SplitSlice(*found) for found in expected]
    assert parse_split(spec, SIZES) == slices
    assert ReadInstruction.from_spec(spec).to_absolute(SIZES) == slices


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "train[5]",
        "train[::2]",
        "train [1:2]",
        "train[:33.3%]",
        "train-x",
        "+",
        "train[:5",
        "train[:5](up)",
        "train(closest)x",
    ],
)
def test_text_outside_the_language(spec: str) -> None:
    with pytest.raises(ArgumentError):
        parse_split(spec, SIZES)


def test_bounds_that_cannot_be_meant() -> None:
    for spec, says in [
        ("train[:150%]", "150% is not within"),
        ("test[:5%](pct1_dropremainder)", "50 rows"),
        ("train[:5](closest)", "percent only"),
        ("all[:5]", "takes no slice"),
    ]:
        with pytest.raises(ArgumentError, match=says):
            parse_split(spec, SIZES)


def test_an_unknown_split_is_answered() -> None:
    with pytest.raises(UnknownSplitError, match="Did you mean 'train'"):
        parse_split("trian[:5]", SIZES)
    with pytest.raises(KeyError):
        parse_split("dev", SIZES)
    assert parse_split("all[:1]", {"all": 5}) == [SplitSlice("all", 0, 1)]


def test_a_slice_has_the_attributes_scripts_know() -> None:
    (found,) = ReadInstruction("train", from_=1, to=5, unit="abs").to_absolute(SIZES)
    assert (found.splitname, found.from_, found.to) == ("train", 1, 5)


def test_instructions() -> None:
    ri = ReadInstruction("train", from_=10, to=20, unit="%", rounding="closest")
    assert ri.to_spec() == str(ri) == "train[10%:20%]"
    assert ri == ReadInstruction.from_spec("train[10%:20%](closest)")
    assert hash(ri) == hash(ReadInstruction("train", from_=10, to=20, unit="%"))
    assert ri != ReadInstruction("train", from_=10, to=20, unit="%", rounding="pct1_dropremainder")
    assert ReadInstruction("train", to=5).to_absolute(SIZES) == [SplitSlice("train", 0, 5)]
    assert str(ri + ReadInstruction("test") + "train[:5]") == "train[10%:20%]+test+train[:5]"
    assert repr(ri) == "ReadInstruction('train[10%:20%]')"
    assert pickle.loads(pickle.dumps(ri)) == copy.deepcopy(ri) == ri
    with pytest.raises(TypeError):
        ri + 5
    arguments: list[dict[str, Any]] = [
        {"unit": "x"}, {"unit": "abs", "rounding": "closest"}, {"unit": "%", "rounding": "up"}, {"unit": "%", "to": 101},
    ]  # fmt: skip
    for wrong in arguments:
        with pytest.raises(ArgumentError):
            ReadInstruction("train", **wrong)
    with pytest.raises(ArgumentError, match="from_spec"):
        ReadInstruction("train[:5]")


# --- names ---


def test_names_are_text() -> None:
    assert Split.TRAIN == "train"
    assert hash(Split.TRAIN) == hash("train")
    assert {"train": 1}[Split.TRAIN] == 1
    assert isinstance(Split.TRAIN, str)
    assert isinstance(Split.TRAIN, SplitBase)
    assert isinstance(Split("dev"), NamedSplit)
    assert (str(Split.TEST), f"{Split.TEST}.csv", "x-" + Split.TEST) == ("test", "test.csv", "x-test")
    assert Split.TEST + ".csv" == "test.csv"
    assert os.path.join("a", Split.TEST) == os.path.join("a", "test")
    assert json.dumps({Split.TEST: Split.TRAIN}) == '{"test": "train"}'
    assert repr(Split.VALIDATION) == "NamedSplit('validation')"
    assert Split.TRAIN[0] == "t"
    assert NamedSplit(Split.TRAIN) == Split.TRAIN


def test_names_pickle() -> None:
    for name in (Split.TRAIN, Split.ALL, NamedSplit("train[:10%]+test")):
        again = pickle.loads(pickle.dumps(name))
        assert again == copy.deepcopy(name) == name
        assert type(again) is type(name)
    assert isinstance(Split("all"), NamedSplitAll)
    assert repr(Split.ALL) == "NamedSplitAll()"


@pytest.mark.parametrize("name", ["", "tr ain", "a/b", "train-clean", "x..y"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="does not name"):
        NamedSplit(name)


def test_names_compose_and_slice() -> None:
    assert ReadInstruction.from_spec("train+test") == Split.TRAIN + Split.TEST
    assert Split.TRAIN[:10] == ReadInstruction.from_spec("train[:10]")
    assert Split.TRAIN[-5:] + Split.TEST == ReadInstruction.from_spec("train[-5:]+test")
    assert Split.TRAIN[percent[10:20]] == Split.TRAIN.subsplit(percent[10:20]) == ReadInstruction.from_spec("train[10%:20%]")
    assert Split.TRAIN.subsplit(percent=percent[:50]) == ReadInstruction.from_spec("train[:50%]")
    assert [str(part) for part in Split.TRAIN.subsplit(k=3)] == ["train[0%:33%]", "train[33%:66%]", "train[66%:100%]"]
    assert [str(part) for part in Split.TRAIN.subsplit([1, 3])] == ["train[0%:25%]", "train[25%:100%]"]
    assert parse_split(Split.ALL, SIZES) == parse_split("all", SIZES)
    assert repr(percent) == "percent"
    for wrong in (lambda: Split.TRAIN.subsplit(), lambda: Split.TRAIN.subsplit(2, k=2), lambda: Split.TRAIN.subsplit(101)):
        with pytest.raises(ArgumentError):
            wrong()
    for also_wrong in (lambda: percent[5], lambda: percent[::2], lambda: Split.TRAIN[::2]):
        with pytest.raises(ArgumentError):
            also_wrong()


# --- sizes ---


def test_split_infos_to_json_and_back() -> None:
    info = SplitInfo("train", 10, 5, shard_lengths=[3, 2])
    assert info.to_dict() == {
        "name": "train",
        "num_bytes": 10,
        "num_examples": 5,
        "shard_lengths": [3, 2],
        "dataset_name": None,
    }
    assert SplitInfo.from_dict({**info.to_dict(), "unknown": 1}) == info
    assert type(SplitInfo(Split.TRAIN).to_dict()["name"]) is str
    assert repr(info) == "SplitInfo(name='train', num_bytes=10, num_examples=5, shard_lengths=[3, 2])"


def test_split_dicts() -> None:
    splits = SplitDict(dataset_name="glue")
    splits.add(SplitInfo(Split.TRAIN, 10, 5))
    splits["test"] = SplitInfo("test", 1, 2)
    assert splits["train"].dataset_name == "glue"
    assert (splits.total_num_examples, splits.total_num_bytes) == (7, 11)
    assert [info.dataset_name for info in splits.to_split_dict()] == ["glue", "glue"]
    assert SplitDict.from_split_dict([info.to_dict() for info in splits.values()]) == splits
    assert SplitDict.from_split_dict({"x": {"name": "x"}}).dataset_name is None
    again = pickle.loads(pickle.dumps(splits))
    assert again == splits
    assert again.dataset_name == "glue"
    copied = splits.copy()
    copied["train"].num_examples = 0
    assert splits["train"].num_examples == 5
    with pytest.raises(UnknownSplitError, match="Did you mean 'train'"):
        splits["trian"]
    with pytest.raises(ValueError, match="already"):
        splits.add(SplitInfo("train"))
    with pytest.raises(ArgumentError, match="filed"):
        splits["x"] = SplitInfo("y")


def test_split_generators() -> None:
    generator = SplitGenerator(name=Split.TRAIN, gen_kwargs={"path": "x"})
    assert type(generator.name) is str
    assert generator.split_info == SplitInfo(name="train")
    assert SplitGenerator("dev").gen_kwargs == {}
    with pytest.raises(ArgumentError):
        SplitGenerator("a b")


def test_sub_split_info_tells_what_its_instructions_tell() -> None:
    from types import SimpleNamespace

    from nlpdata.splits import SubSplitInfo

    info = SubSplitInfo(SimpleNamespace(num_examples=3, file_instructions=[{"filename": "a", "skip": 0, "take": 3}]))
    assert info.num_examples == 3 and info.file_instructions[0]["take"] == 3
