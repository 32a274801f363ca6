"""Our words beside those of HF ``datasets``: JSON, Arrow schemas, split slices, infos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import nlpdata
import nlpdata.features as ours
from nlpdata.info import DatasetInfo
from nlpdata.splits import ReadInstruction

pytestmark = pytest.mark.peers


@pytest.fixture
def hf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return pytest.importorskip("datasets")


def columns(m: Any) -> dict[str, Any]:
    """The same features in the words of a module."""
    return {
        "text": m.Value("string"), "double": m.Value("double"), "float": m.Value("float"), "flag": m.Value("bool"),
        "time": m.Value("timestamp[s, tz=UTC]"), "money": m.Value("decimal128(10, 2)"), "large": m.Value("large_string"),
        "bytes": m.Value("binary"), "label": m.ClassLabel(names=["a", "b"]), "count": m.ClassLabel(num_classes=3),
        "ids": m.List(m.Value("int32")), "box": m.List(m.Value("int8"), length=4), "big": m.LargeList(m.Value("int64")),
        "short": [m.Value("int8")], "records": [{"a": m.Value("string"), "b": [m.ClassLabel(names=["x"])]}],
        "struct": {"a": m.Value("int8"), "b": {"c": m.Value("string")}}, "sequence": m.Sequence({"t": m.Value("string"),
        "n": m.Value("int32")}),
        "pair": m.Translation(languages=["fr", "en"]), "texts": m.TranslationVariableLanguages(languages=["fr", "en"]),
    }  # fmt: skip


def test_json_and_schema_are_the_same(hf: Any) -> None:
    mine, theirs = ours.Features(columns(ours)), hf.Features(columns(hf))
    assert mine.to_dict() == theirs.to_dict()
    assert mine.type == theirs.type
    assert json.loads(mine.arrow_schema.metadata[b"huggingface"]) == json.loads(theirs.arrow_schema.metadata[b"huggingface"])
    assert mine.arrow_schema == theirs.arrow_schema
    assert repr(mine) == repr(theirs)
    assert repr(mine.flatten()) == repr(theirs.flatten())


def test_each_reads_the_other(hf: Any) -> None:
    mine, theirs = ours.Features(columns(ours)), hf.Features(columns(hf))
    assert ours.Features.from_arrow_schema(theirs.arrow_schema) == mine
    assert hf.Features.from_arrow_schema(mine.arrow_schema) == theirs
    assert ours.Features.from_dict(theirs.to_dict()) == mine
    assert hf.Features.from_dict(mine.to_dict()) == theirs


def test_schemas_without_metadata_are_read_alike(hf: Any) -> None:
    schema = pa.schema(
        {
            "a": pa.list_(pa.int32(), 3), "b": pa.struct({"x": pa.int8()}), "c": pa.dictionary(pa.int32(), pa.string()),
            "d": pa.timestamp("us", tz="UTC"), "e": pa.large_string(), "f": pa.float16(), "g": pa.date32(),
            "h": pa.time64("ns"),
            "i": pa.decimal128(5, 2), "j": pa.large_list(pa.int8()), "k": pa.binary(4), "l": pa.float64(), "m": pa.null(),
        }
    )  # fmt: skip
    assert repr(ours.Features.from_arrow_schema(schema)) == repr(hf.Features.from_arrow_schema(schema))


def test_inferred_types_are_the_same(hf: Any) -> None:
    data = {
        "a": [1, None], "b": [1, 2.5], "c": ["x", None], "d": [[1], []], "e": [{"x": 1}, {"y": "z"}], "f": [None, None],
        "g": [[{"u": [1.0]}], []], "h": [b"x", b"y"], "i": [True, None],
    }  # fmt: skip
    theirs = hf.Dataset.from_dict(data)
    assert ours.encode_table(data, None).schema.remove_metadata() == theirs.data.schema.remove_metadata()


def test_rows_are_encoded_alike(hf: Any) -> None:
    row = {"label": "b", "count": 2, "ids": [1], "records": [{"a": "x", "b": ["x"]}], "texts": {"fr": ["b", "a"], "en": "c"}}
    names = list(row)
    mine = ours.Features({k: v for k, v in columns(ours).items() if k in names}).encode_example(row)
    theirs = hf.Features({k: v for k, v in columns(hf).items() if k in names}).encode_example(row)
    assert json.dumps(mine, sort_keys=True) == json.dumps(theirs, sort_keys=True)


@pytest.mark.parametrize("rounding", ["", "(closest)", "(pct1_dropremainder)"])
def test_percent_slices_are_the_same(hf: Any, rounding: str) -> None:
    for size in (100, 101, 333, 1049):
        for start in (None, 0, 1, 33, 50, -10, -1):
            for stop in (None, 99, 66, 100, -1, -50):
                spec = f"s[{'' if start is None else f'{start}%'}:{'' if stop is None else f'{stop}%'}]"
                spec += rounding if (start, stop) != (None, None) else ""
                (mine,) = ReadInstruction.from_spec(spec).to_absolute({"s": size})
                (theirs,) = hf.ReadInstruction.from_spec(spec).to_absolute({"s": size})
                assert list(range(mine.from_, mine.to)) == list(range(size))[theirs.from_ : theirs.to], (spec, size)


def test_infos_are_the_same_file(hf: Any, tmp_path: Path) -> None:
    def info(m: Any, kind: Any) -> Any:
        return kind(
            description="d", license="MIT", features=m.Features(columns(m)), supervised_keys=("text", "label"), version="1.2.3",
            builder_name="b", config_name="c", download_size=1, dataset_size=2,
            splits={"train": {"name": "train", "num_bytes": 1, "num_examples": 2, "shard_lengths": [1, 1],
            "dataset_name": "x"}},
        )  # fmt: skip

    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    info(ours, DatasetInfo).write_to_directory(str(tmp_path / "ours"))
    info(hf, hf.DatasetInfo).write_to_directory(str(tmp_path / "theirs"))
    for file in ("dataset_info.json", "LICENSE"):
        assert (tmp_path / "ours" / file).read_text() == (tmp_path / "theirs" / file).read_text()
    assert DatasetInfo.from_directory(tmp_path / "theirs") == info(ours, DatasetInfo)
    assert hf.DatasetInfo.from_directory(str(tmp_path / "ours")) == info(hf, hf.DatasetInfo)


def both(hf: Any, make: Any) -> tuple[Any, Any]:
    """What we and they do: features and rows, or the words for a failure."""
    found = []
    for library in (nlpdata, hf):
        try:
            dataset = make(library)
        except ValueError:
            found.append("refused")
            continue
        found.append((repr(dataset.features), dataset[:]))
    return found[0], found[1]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("value", [1, 0.1, 2**24, 2**24 + 1, -(2**24) - 1, 2**31, 2**53 + 1])
def test_integers_that_floats_do_not_hold(hf: Any, dtype: str, value: Any) -> None:
    def mapped(library: Any) -> Any:
        rows = library.Dataset.from_dict({"y": [1.0]}, features=library.Features({"y": library.Value(dtype)}))
        return rows.map(lambda row: {"y": value})

    def cast(library: Any) -> Any:
        return library.Dataset.from_dict({"y": [value]}).cast_column("y", library.Value(dtype))

    mine, theirs = both(hf, mapped)
    assert mine == theirs
    mine, theirs = both(hf, cast)
    assert mine == theirs


@pytest.mark.parametrize("value", [0, 1, -1, 2, 5, None, "a", "1", "x", 1.5, 0.5])
@pytest.mark.parametrize("nested", [False, True])
def test_class_labels_out_of_range(hf: Any, value: Any, nested: bool) -> None:
    def made(library: Any) -> Any:
        label = library.ClassLabel(names=["a", "b"])
        feature, values = (library.List(label), [[value]]) if nested else (label, [value])
        return library.Dataset.from_dict({"c": values}, features=library.Features({"c": feature}))

    mine, theirs = both(hf, made)
    assert mine == theirs or value in (0.5, 1.5)  # where they cut off the fraction
