"""Parquet and Arrow files, plain, compressed, as streams, cut off."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nlpdata.errors import ArgumentError, CorruptFileError, UnknownColumnError, UnknownFileTypeError
from nlpdata.features import ClassLabel, Features, Value
from nlpdata.files import FILE_TYPES, get_file_type

FEATURES = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
TABLE = pa.table(
    {"text": [f"row {i}" for i in range(1000)], "label": [i % 2 for i in range(1000)]}, schema=FEATURES.arrow_schema
)


def read(kind: str, source: Any, **options: Any) -> pa.Table:
    return pa.Table.from_batches(list(get_file_type(kind).read(source, **options)))


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_there_and_back(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{kind}"
    file_type = get_file_type(kind)
    assert file_type.write(TABLE.to_batches(300), path) == path.stat().st_size
    found = read(kind, path)
    assert found.equals(TABLE) and Features.from_arrow_schema(found.schema) == FEATURES
    assert read(kind, io.BytesIO(path.read_bytes())).equals(TABLE)
    packed = tmp_path / f"x.{kind}.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(kind, packed).equals(TABLE)
    assert read(kind, path, columns=["label", "text"]).equals(TABLE.select(["label", "text"]))
    with pytest.raises(UnknownColumnError, match="Did you mean 'label'"):
        read(kind, path, columns=["labels"])
    with pytest.raises(ArgumentError, match="option"):
        read(kind, path, nonsense=1)


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_no_rows(kind: str, tmp_path: Path) -> None:
    get_file_type(kind).write([TABLE.slice(0, 0)], tmp_path / "x")
    assert read(kind, tmp_path / "x").schema.equals(TABLE.schema)
    get_file_type(kind).write([], tmp_path / "x", schema=TABLE.schema)
    assert read(kind, tmp_path / "x").num_rows == 0


@pytest.mark.parametrize("kind", ["parquet", "arrow"])
def test_a_file_that_is_cut_off_or_something_else(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    get_file_type(kind).write([TABLE], path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CorruptFileError, match=f"cannot be read as {kind.capitalize() if kind == 'arrow' else kind}"):
        read(kind, path)
    for data in (b"text,label\n", b""):
        path.write_bytes(data)
        with pytest.raises(CorruptFileError):
            read(kind, path)


def test_parquet_batches_are_bounded_in_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    big = pa.table({"t": ["x" * 90 + str(i) for i in range(20_000)]})
    pq.write_table(big, path, use_dictionary=False)
    batches = list(get_file_type("parquet").read(path, batch_bytes=100_000))
    assert len(batches) > 10 and max(b.num_rows for b in batches) < 2000
    assert pa.Table.from_batches(batches).equals(big)
    assert [b.num_rows for b in get_file_type("parquet").read(path, batch_size=8000)] == [8000, 8000, 4000]


def test_parquet_row_groups(tmp_path: Path) -> None:
    get_file_type("parquet").write(TABLE.to_batches(100), tmp_path / "x", batch_size=250, compression="zstd")
    assert pq.ParquetFile(tmp_path / "x").metadata.num_row_groups == 4


def test_both_arrow_formats_and_feather(tmp_path: Path) -> None:
    import pyarrow.feather as feather

    path = tmp_path / "x.arrow"
    for form in ("stream", "file"):
        get_file_type("arrow").write([TABLE], path, format=form, compression="zstd")
        assert read("arrow", path).equals(TABLE)
    feather.write_feather(TABLE, path)
    assert read("feather", path).equals(TABLE)


def test_a_plain_arrow_file_is_mapped_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.arrow"
    get_file_type("arrow").write([pa.table({"n": range(1_000_000)})], path)
    before = pa.total_allocated_bytes()
    found = read("arrow", path)
    assert found.num_rows == 1_000_000 and pa.total_allocated_bytes() - before < 100_000


def test_file_types_are_found_by_name() -> None:
    assert FILE_TYPES.names() == ["arrow", "csv", "json", "parquet", "text", "webdataset", "xml"]
    assert get_file_type("jsonl").name == "json" and get_file_type("tsv").name == "csv"
    with pytest.raises(UnknownFileTypeError, match="Did you mean 'parquet'"):
        get_file_type("parket")
