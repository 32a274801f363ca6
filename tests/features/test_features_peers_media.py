"""Arrays, images and JSON beside those of HF ``datasets``: each reads what the other saved, also in one process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nlpdata
import nlpdata.features as ours

pytestmark = pytest.mark.peers


@pytest.fixture
def hf(monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("PIL.Image")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return pytest.importorskip("datasets", minversion="5.0")


def columns(m: Any) -> dict[str, Any]:
    """The same features in the words of a module."""
    return {
        "a": m.Array2D((2, 3), "float32"), "b": m.Array3D((None, 2, 2), "int64"), "l": m.List(m.Array2D((None, 2), "int16")),
        "s": {"x": m.Array2D((1, 1), "float64")}, "i": m.Image(), "j": m.Json(), "raw": m.Image(mode="RGB", decode=False),
    }  # fmt: skip


def more(m: Any) -> dict[str, Any]:
    return {
        "au": m.Audio(sampling_rate=16000), "v": m.Video(), "p": m.Pdf(), "m": m.Mesh(decode=False), "n": m.Nifti(),
        "d": m.Array4D((1, 2, 3, 4), "uint8"), "e": m.Array5D((None, 1, 1, 1, 1), "float64"), "t": m.Json(decode=False),
    }  # fmt: skip


ROWS: dict[str, Any] = {
    "a": [np.arange(6).reshape(2, 3), None], "b": [np.ones((3, 2, 2), int), np.zeros((1, 2, 2), int)],
    "l": [[[[1, 2]], [[3, 4], [5, 6]]], []], "s": [{"x": [[1.5]]}, {"x": [[2.5]]}],
    "i": [np.arange(12, dtype=np.uint8).reshape(2, 2, 3), None], "j": [{"a": 1}, [1]], "raw": [b"abc", None],
}  # fmt: skip


def test_json_schema_and_repr_are_the_same(hf: Any) -> None:
    words = (columns(ours) | more(ours), columns(hf) | more(hf))
    mine, theirs = ours.Features(words[0]), hf.Features(words[1])
    assert mine.to_dict() == theirs.to_dict() and repr(mine) == repr(theirs)
    assert ours.Features.from_dict(json.loads(json.dumps(theirs.to_dict()))) == mine
    assert ours.Features.from_arrow_schema(theirs.arrow_schema) == mine
    assert ours.Features.from_arrow_schema(theirs.arrow_schema.remove_metadata())["a"] == mine["a"]
    key = b"huggingface"
    assert json.loads(mine.arrow_schema.metadata[key]) == json.loads(theirs.arrow_schema.metadata[key])


def plain(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"i": None if row["i"] is None else row["i"].tobytes()}


def test_each_loads_what_the_other_saved(hf: Any, tmp_path: Path) -> None:
    mine = nlpdata.Dataset.from_dict(ROWS, features=ours.Features(columns(ours)))
    theirs = hf.Dataset.from_dict(ROWS, features=hf.Features(columns(hf)))
    mine.save_to_disk(tmp_path / "ours")
    theirs.save_to_disk(tmp_path / "theirs")
    read_by_hf, read_by_us = hf.load_from_disk(str(tmp_path / "ours")), nlpdata.load_from_disk(tmp_path / "theirs")
    assert read_by_hf.features == theirs.features and read_by_us.features == mine.features
    for i in range(2):
        assert plain(mine[i]) == plain(theirs[i]) == plain(read_by_hf[i]) == plain(read_by_us[i])
    for name in ("numpy", "torch"):
        pytest.importorskip(name)
        expected = theirs.with_format(name)[:]
        for dataset in (mine, read_by_us):
            found = dataset.with_format(name)[:]
            for column in ("a", "b", "l", "s", "i"):
                assert str(found[column]) == str(expected[column]), (name, column)


@pytest.mark.parametrize(
    "values",
    [
        [{"a": 1}, [1, 2], "x", None, 3], [[1, "a"], None, [], [2.5, [1]]], [{"x": 1}, {"x": "a"}, {"y": 2}, None], [1, 2],
        [[{"a": 1}, {"a": "x"}]], [{"a": 1}, {"a": "x"}], [{"a": 1, "b": 1}, {"a": "x"}],
    ],
)  # fmt: skip
def test_mixed_types_become_the_same(hf: Any, values: list[Any]) -> None:
    theirs = hf.Dataset.from_dict({"c": values}, on_mixed_types="use_json")
    assert repr(ours.infer_feature(values, on_mixed_types="use_json")) == repr(theirs.features["c"])


@pytest.mark.parametrize("texts", [['{"x":1}', "[1]", None], ["abc"]])
def test_text_becomes_json_alike(hf: Any, texts: list[Any]) -> None:
    theirs = hf.Dataset.from_dict({"a": texts}).cast_column("a", hf.Json()).data.table["a"].to_pylist()
    assert ours.cast_array(ours.encode_column(texts, None), ours.Json()).to_pylist() == theirs
