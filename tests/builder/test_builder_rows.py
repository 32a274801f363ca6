"""What scripts may yield, and what configurations are called."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nlpdata
from nlpdata.builder.config import BuilderConfig
from nlpdata.builder.rows import RowEncoder, write_rows
from nlpdata.errors import ArgumentError, RowError
from nlpdata.features import encode_table
from nlpdata.store.writer import ShardWriter

FEATURES = nlpdata.Features(
    {
        "text": nlpdata.Value("string"),
        "n": nlpdata.Value("int32"),
        "score": nlpdata.Value("float32"),
        "answers": nlpdata.Sequence({"start": nlpdata.Value("int64")}),
        "label": nlpdata.ClassLabel(names=["no", "yes"]),
    }
)
ROW: dict[str, Any] = {"text": "a", "n": 1, "score": 0.5, "answers": {"start": [1]}, "label": "yes"}


@pytest.mark.parametrize(
    ("column", "given_value", "expected"),
    [
        ("n", "7", 7),
        ("n", np.int64(7), 7),
        ("text", 7, "7"),
        ("score", 3, 3.0),
        ("answers", [{"start": 1}, {"start": "2"}], {"start": [1, 2]}),
        ("text", None, None),
    ],
)
def test_values_become_what_is_declared(column: str, given_value: Any, expected: Any) -> None:
    row = {**ROW, column: given_value}
    before = copy.deepcopy(row)
    assert RowEncoder(FEATURES, "test").encode(row, 0)[column] == expected
    assert row == before


def test_keys_that_are_missing_are_null() -> None:
    assert RowEncoder(FEATURES, "test").encode({"n": 1}, 0) == {
        "text": None,
        "n": 1,
        "score": None,
        "answers": None,
        "label": None,
    }


@pytest.mark.parametrize(("column", "value"), [("n", "seven"), ("n", 1.5), ("text", b"x"), ("answers", 3)])
def test_what_does_not_fit_is_named(column: str, value: Any) -> None:
    with pytest.raises(RowError, match=f"Row 41 .*{column}") as caught:
        RowEncoder(FEATURES, "test").encode({**ROW, column: value}, 41)
    assert (caught.value.row, caught.value.column, caught.value.value) == (41, column, value)


def test_a_row_is_a_dict() -> None:
    with pytest.raises(RowError, match="Row 3 is a list, not a dict"):
        RowEncoder(FEATURES, "test").encode(["a"], 3)
    assert RowEncoder(None, "test").encode({"anything": object}, 0) == {"anything": object}


@given(
    st.dictionaries(
        st.sampled_from(["size", "code", "flag"]), st.one_of(st.integers(), st.text(), st.booleans(), st.lists(st.text()))
    )
)
def test_a_config_id_names_a_folder(parameters: dict[str, Any]) -> None:
    name = BuilderConfig("base").create_config_id(parameters)
    assert name == "base" if not parameters else name.startswith("base-")
    assert len(name.encode()) < 255 and not set(name) & set("<>:/\\|?*\0\n")
    assert name == BuilderConfig("base").create_config_id(dict(reversed(parameters.items())))


@pytest.mark.parametrize("name", ["a/b", "", "..", "a:b", "a\nb"])
def test_a_config_name_that_names_no_folder(name: str) -> None:
    with pytest.raises(ArgumentError, match="cannot name a configuration"):
        BuilderConfig(name)


NESTED = nlpdata.Features(
    {
        "tokens": nlpdata.Sequence(nlpdata.Value("string")),
        "tags": nlpdata.Sequence(nlpdata.ClassLabel(names=["O", "B", "I"])),
        "answers": nlpdata.Sequence({"text": nlpdata.Value("string"), "start": nlpdata.Value("int32")}),
        "table": [[{"value": nlpdata.Value("string"), "span": nlpdata.Value("int64")}]],
        "translation": nlpdata.Translation(languages=["de", "en"]),
        "n": nlpdata.Value("int32"),
    }
)
texts = st.one_of(st.text(max_size=5), st.integers(0, 99), st.none())
numbers = st.one_of(st.integers(-5, 5), st.integers(0, 9).map(str), st.none())
parts = {"text": texts, "start": numbers}
cells = st.fixed_dictionaries({"value": texts}, optional={"span": numbers, "unknown": numbers})
yielded = st.fixed_dictionaries(
    {},
    optional={
        "tokens": st.one_of(st.lists(texts, max_size=4), st.lists(texts, max_size=3).map(tuple), st.none()),
        "tags": st.lists(st.sampled_from(["O", "B", "I", 0, 2, None]), max_size=4),
        "answers": st.one_of(
            st.lists(st.fixed_dictionaries(parts), max_size=3),
            st.fixed_dictionaries({key: st.lists(part, max_size=3) for key, part in parts.items()}),
        ),
        "table": st.lists(st.lists(cells, max_size=2), max_size=2),
        "translation": st.fixed_dictionaries({"de": texts, "en": texts}),
        "n": numbers,
        "further": texts,
    },
)


@given(st.lists(yielded, max_size=8))
@pytest.mark.filterwarnings("ignore:.*rows have keys")
def test_rows_written_together_are_those_encoded_one_by_one(tmp_path_factory, rows: list[Any]) -> None:
    encoder = RowEncoder(NESTED, "test")
    with ShardWriter(tmp_path_factory.mktemp("rows"), features=NESTED) as writer:
        told: list[int] = []
        write_rows(iter(copy.deepcopy(rows)), encoder, writer, told.append)
        manifest = writer.finish()
        found = [row for shard in manifest.shards for row in read_rows(writer, shard.file)]
    columns = {name: [encoder.encode(row, n)[name] for n, row in enumerate(rows)] for name in NESTED}
    assert found == encode_table(columns, NESTED).to_pylist() and sum(told) == len(rows)


def read_rows(writer: ShardWriter, file: str) -> list[Any]:
    with pa.OSFile(str(writer._folder / file)) as source:
        return pa.ipc.open_stream(source).read_all().to_pylist()


def test_containers_may_be_used_again(tmp_path: Path) -> None:
    def rows() -> Any:
        tokens: list[str] = []
        row: dict[str, Any] = {"tokens": tokens, "answers": {"text": [], "start": []}, "table": [[]]}
        for number in range(5):
            tokens[:] = [str(number)]
            row["answers"]["text"] = row["answers"]["start"] = [number]
            row["table"][0][:] = [{"value": "x", "span": number}]
            row["n"] = number
            yield row

    with ShardWriter(tmp_path / "rows", features=NESTED) as writer:
        write_rows(rows(), RowEncoder(NESTED, "test"), writer, lambda count: None)
        found = read_rows(writer, writer.finish().shards[0].file)
    assert [row["tokens"] for row in found] == [[str(n)] for n in range(5)]
    assert [row["answers"] for row in found] == [{"text": [str(n)], "start": [n]} for n in range(5)]
    assert [row["table"][0][0]["span"] for row in found] == [row["n"] for row in found] == list(range(5))


def test_a_nested_value_that_does_not_fit_is_named(tmp_path: Path) -> None:
    rows = [{"tags": ["O"]}] * 300 + [{"tags": ["O", "X"]}] + [{"tags": ["B"]}] * 10
    with (
        pytest.raises(RowError, match=r"(?s)Row 300 .*'tags'.*'X'") as caught,
        ShardWriter(tmp_path, features=NESTED) as writer,
    ):
        write_rows(rows, RowEncoder(NESTED, "test"), writer, lambda count: None)
    assert (caught.value.row, caught.value.column, caught.value.value) == (300, "tags", ["O", "X"])
