"""The Arrow PyCapsule protocol: other libraries read a dataset or a column without conversion."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from nlpdata import ClassLabel, Dataset, Features, Value
from nlpdata.errors import ArgumentError

COLUMNS = {"id": [1, 2, 3, 4], "text": ["a", None, "ü", ""], "tokens": [[1, 2], [], None, [3]]}


@pytest.fixture(params=["memory", "disk", "shuffled"])
def dataset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    made = Dataset.from_dict(COLUMNS)
    if request.param == "disk":
        made.save_to_disk(str(tmp_path_factory.mktemp("saved")))
    return made.select([2, 0, 3, 1]) if request.param == "shuffled" else made


def test_pyarrow_reads_rows_and_features(dataset: Dataset) -> None:
    table = pa.table(dataset)
    assert table.to_pylist() == list(dataset)
    assert Dataset(table).features == dataset.features
    assert pa.RecordBatchReader.from_stream(dataset).read_all().to_pylist() == list(dataset)


def test_pyarrow_reads_a_column(dataset: Dataset) -> None:
    for name in dataset.column_names:
        assert pa.chunked_array(dataset[name]).to_pylist() == list(dataset[name])
    nested = Dataset.from_dict({"a": [{"b": [1, 2]}, {"b": []}]})
    assert pa.chunked_array(nested["a"]["b"]).to_pylist() == [[1, 2], []]


def test_polars_and_pandas(dataset: Dataset) -> None:
    polars = pytest.importorskip("polars")
    pandas = pytest.importorskip("pandas")
    assert polars.DataFrame(dataset).to_dicts() == list(dataset)
    assert polars.Series(dataset["text"]).to_list() == list(dataset["text"])
    if hasattr(pandas.DataFrame, "from_arrow"):
        assert pandas.DataFrame.from_arrow(dataset)["id"].tolist() == list(dataset["id"])


def test_duckdb(dataset: Dataset) -> None:
    duckdb = pytest.importorskip("duckdb")
    assert duckdb.sql("select id from dataset order by id").fetchall() == [(1,), (2,), (3,), (4,)]


def test_empty_and_formatted() -> None:
    empty = Dataset.from_dict({"a": []}, features=Features({"a": ClassLabel(names=["x", "y"])}))
    assert pa.table(empty).num_rows == 0 and pa.table(empty).schema.field("a").type == pa.int64()
    formatted = Dataset.from_dict({"a": np.arange(3)}, features=Features({"a": Value("int32")})).with_format("numpy")
    assert pa.table(formatted).column("a").type == pa.int32()
    assert pa.chunked_array(formatted["a"]).to_pylist() == [0, 1, 2]


def test_what_a_transform_makes_is_no_stored_column() -> None:
    made = Dataset.from_dict({"a": [{"b": 1}]}).with_transform(lambda batch: {"a": [{"b": 2}]})
    with pytest.raises(ArgumentError, match="transform"):
        pa.chunked_array(made["a"]["b"])
