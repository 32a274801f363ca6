"""Datasets from databases, buffers, Parquet with filters, tars, and values that Arrow has no type for; and out again."""

from __future__ import annotations

import gzip
import io
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from nlpdata import Audio, Dataset, DatasetDict, Features, Image, Json, List, Value, load_dataset
from nlpdata.errors import ArgumentError, CorruptFileError, FeatureError, RowError, UnknownColumnError

# --- databases


@pytest.fixture
def database(tmp_path: Path) -> Path:
    file = tmp_path / "d.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (id INTEGER, name TEXT, score REAL)")
        connection.executemany("INSERT INTO t VALUES (?, ?, ?)", [(1, "a", 0.5), (2, None, None), (3, "ü", 2.0)])
    connection.close()
    return file


def test_a_table_and_a_query(database: Path) -> None:
    url = f"sqlite:///{database}"
    ds = Dataset.from_sql("t", url)
    assert ds[:] == {"id": [1, 2, 3], "name": ["a", None, "ü"], "score": [0.5, None, 2.0]} and ds.split == "train"
    assert ds.cache_files == Dataset.from_sql("t", url).cache_files  # found again
    some = Dataset.from_sql("SELECT id FROM t WHERE id > ?", url, params=[1], features=Features({"id": Value("int8")}))
    assert some[:] == {"id": [2, 3]} and some.features["id"] == Value("int8")
    assert Dataset.from_sql("t", url, columns=["name"], chunksize=1, keep_in_memory=True).cache_files == []


def test_a_changed_database_is_read_again(database: Path) -> None:
    url = f"sqlite:///{database}"
    assert Dataset.from_sql("t", url).num_rows == 3
    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM t WHERE id = 1")
    assert Dataset.from_sql("t", url).num_rows == 2
    assert Dataset.from_sql("t", connection).num_rows == 2  # an open connection is asked each time
    connection.execute("DELETE FROM t")
    empty = Dataset.from_sql("t", connection)
    assert empty.num_rows == 0 and empty.column_names == ["id", "name", "score"]
    connection.close()


def test_written_and_read_again(tmp_path: Path) -> None:
    ds = Dataset.from_dict(
        {"i": [1, 2, None], "t": ["a", None, "x'y"], "b": [b"\0", b"", None], "odd name, ü": [1.5, None, 2.0]}
    )
    url = f"sqlite:///{tmp_path / 'w.db'}"
    assert ds.to_sql("s", url, batch_size=2) == 3
    assert Dataset.from_sql("s", url)[:] == ds[:]
    assert ds.to_sql("s", url, if_exists="append") == 3 and Dataset.from_sql("s", url).num_rows == 6
    assert ds.select([0]).to_sql("s", url, if_exists="replace") == 1 and Dataset.from_sql("s", url)["i"] == [1]
    assert ds.select([]).to_sql("none", url) == 0 and Dataset.from_sql("none", url).column_names == ds.column_names


def test_sqlalchemy_engines_and_connections(tmp_path: Path) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'e.db'}")
    ds = Dataset.from_dict({"a": [1, 2]})
    assert ds.to_sql("t", engine) == 2
    with engine.connect() as connection:
        assert Dataset.from_sql("t", connection)["a"] == [1, 2]
        assert Dataset.from_sql(sqlalchemy.text("SELECT a FROM t WHERE a > 1"), connection)["a"] == [2]
    assert Dataset.from_sql("t", engine)["a"] == [1, 2]
    engine.dispose()


def test_what_databases_refuse(database: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{database}"
    ds = Dataset.from_dict({"a": [1], "l": [[1]]})
    for call, message in (
        (lambda: ds.select_columns("a").to_sql("t", url), "'t' exists.*if_exists='append'"),
        (lambda: ds.to_sql("n", url), "column 'l' holds list<item: int64>.*Flatten or remove"),
        (lambda: ds.to_sql("n", url, if_exist="append"), "Did you mean 'if_exists'"),
        (lambda: ds.to_sql("n", url, if_exists="apend"), "Did you mean 'append'"),
        (lambda: Dataset.from_sql("t", 3), "con is a int"),
        (lambda: Dataset.from_sql("t", url, chunk_size=3), "Did you mean 'chunksize'"),
        (lambda: Dataset.from_sql("DELETE FROM t", url), "gives no rows"),
        (lambda: Dataset.from_sql("SELECT 1 AS a, 2 AS a", url), "two columns called 'a'"),
    ):
        with pytest.raises((ArgumentError, FeatureError), match=message):
            call()
    assert Dataset.from_sql("t", url).num_rows == 3  # nothing was half done


# --- buffers


def stream_of(table: pa.Table) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def test_a_buffer_is_read_where_it_lies() -> None:
    ds = Dataset.from_dict({"a": list(range(1000)), "t": ["x"] * 1000})
    buffer = stream_of(ds.data)
    for given in (buffer, buffer.to_pybytes(), memoryview(buffer)):
        assert Dataset.from_buffer(given)[:] == ds[:]
    inside = Dataset.from_buffer(buffer, split="test").data.column("a").chunk(0).buffers()[1]
    assert buffer.address <= inside.address < buffer.address + buffer.size
    picked = Dataset.from_buffer(buffer, indices_buffer=stream_of(pa.table({"indices": pa.array([5, 3], pa.uint64())})))
    assert picked["a"] == [5, 3]
    with pytest.raises(ArgumentError, match="holds no Arrow IPC stream"):
        Dataset.from_buffer(b"nonsense")
    with pytest.raises(ArgumentError, match="str"):
        Dataset.from_buffer("path.arrow")


# --- parquet


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    ds = Dataset.from_dict({"n": list(range(100)), "t": [f"row {i}" for i in range(100)]})
    ds.to_parquet(tmp_path / "a.parquet", batch_size=10)
    return tmp_path / "a.parquet"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("n", ">", 97)], [98, 99]),
        ([("n", ">=", 3), ("n", "<", 5)], [3, 4]),
        ([[("n", "==", 3)], [("t", "in", ["row 7", "row 8"])]], [3, 7, 8]),
        (pc.field("n") > 98, [99]),
        ([("n", ">", 1000)], []),
    ],
)
def test_filters(parquet: Path, filters: Any, expected: list[int]) -> None:
    ds = Dataset.from_parquet(parquet, filters=filters)
    assert ds["n"] == expected and ds["t"] == [f"row {i}" for i in expected]
    assert Dataset.from_parquet(parquet, filters=filters, columns=["t"])[:] == {"t": [f"row {i}" for i in expected]}
    assert load_dataset("parquet", data_files=str(parquet), filters=filters, split="train")["n"] == expected


def test_row_groups_that_cannot_match_are_not_read(parquet: Path) -> None:
    data = bytearray(parquet.read_bytes())
    group = pq.ParquetFile(parquet).metadata.row_group(0).column(1)
    data[group.data_page_offset : group.data_page_offset + 8] = b"\xff" * 8
    parquet.write_bytes(data)
    assert Dataset.from_parquet(parquet, filters=[("n", ">", 50)]).num_rows == 49
    with pytest.raises(CorruptFileError, match="cannot be read as parquet"):
        Dataset.from_parquet(parquet)


def test_bad_files(parquet: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bad = tmp_path / "b.parquet"
    bad.write_bytes(b"no parquet")
    with pytest.raises(CorruptFileError, match=r"b\.parquet cannot be read as parquet"):
        Dataset.from_parquet([parquet, bad])
    assert Dataset.from_parquet([parquet, bad], on_bad_files="skip").num_rows == 100
    assert not caplog.records
    assert Dataset.from_parquet([parquet, bad], on_bad_files="warn").num_rows == 100
    assert "b.parquet" in caplog.text
    for arguments, message in (
        ({"on_bad_files": "skp"}, "Did you mean 'skip'"),
        ({"filters": 3}, "filters= is 3"),
        ({"filters": [("n", "~", 3)]}, "conditions are"),
        ({"filter": [("n", "<", 3)]}, "Did you mean 'filters'"),
    ):
        with pytest.raises(ArgumentError, match=message):
            Dataset.from_parquet(parquet, **arguments)
    with pytest.raises(UnknownColumnError, match=r"'m'.*Known: n, t.*a\.parquet"):
        Dataset.from_parquet(parquet, filters=[("m", "<", 3)])


# --- writing


def test_columns_index_and_compression(tmp_path: Path) -> None:
    ds = Dataset.from_dict({"a": [1, None], "b": ["x", "y,z"], "c": [[1], []]})
    out = io.BytesIO()
    ds.to_csv(out, columns=["b", "a"], index=True)
    assert out.getvalue() == b',b,a\n0,x,1\n1,"y,z",\n'
    ds.to_json(tmp_path / "j", columns=["a"], compression="gzip")
    assert gzip.decompress((tmp_path / "j").read_bytes()) == b'{"a":1}\n{"a":null}\n'
    ds.to_csv(tmp_path / "plain.csv.gz", compression=None, columns=["a"])
    assert (tmp_path / "plain.csv.gz").read_bytes() == b'a\n1\n""\n'
    ds.to_parquet(tmp_path / "p.parquet", columns=["c"])
    assert Dataset.from_parquet(tmp_path / "p.parquet").column_names == ["c"]
    for arguments, message in (
        ({"compression": "gzp"}, "Did you mean 'gzip'"), ({"compression": "gzip"}, "is for files"),
        ({"colums": ["a"]}, "There is no csv option 'colums'"), ({"batch_size": 0}, "batch_size is 0"),
    ):  # fmt: skip
        with pytest.raises(ArgumentError, match=message):
            ds.to_csv(io.BytesIO(), **arguments)
    with pytest.raises(UnknownColumnError, match="'d'"):
        ds.to_csv(io.BytesIO(), columns=["d"])
    with pytest.raises(ArgumentError, match="index=True"):
        ds.to_json(io.BytesIO(), index=True)


# --- values that no Arrow type tells


def image(size: int = 2) -> Any:
    return pytest.importorskip("PIL.Image").new("RGB", (size, 2))


def test_images_are_told_wherever_rows_come_from(tmp_path: Path) -> None:
    rows = [{"i": None, "l": [image()], "s": {"a": image()}}, {"i": image(3), "l": [], "s": {"a": None}}]
    expected = Features({"i": Image(), "l": List(Image()), "s": {"a": Image()}})

    def generate() -> Iterator[dict[str, Any]]:
        yield from rows

    made = [Dataset.from_list(rows), Dataset.from_generator(generate)]
    start = Dataset.from_dict({"k": [0, 1]})
    start.save_to_disk(tmp_path / "d")
    for base in (start, Dataset.load_from_disk(tmp_path / "d")):
        made.append(base.map(lambda row: rows[row["k"]], remove_columns="k"))
        made.append(base.map(lambda row: rows[row["k"]], remove_columns="k", batch_size=1))
    for ds in made:
        assert ds.features == expected
        assert ds[1]["i"].size == (3, 2) and ds[0]["i"] is None and ds[0]["l"][0].size == (2, 2)
    again = made[0].map(lambda row: {"twice": row["i"] and row["i"].resize((6, 4))})
    assert again.features["twice"] == Image() and again[1]["twice"].size == (6, 4)
    made[0].save_to_disk(tmp_path / "e")
    assert Dataset.load_from_disk(tmp_path / "e").features == expected


def test_mixed_types() -> None:
    rows = [{"a": 1, "s": {"x": 1}}, {"a": "b", "s": {"x": [None, "y"]}}, {"a": None, "s": {"x": {"k": 0.5}}}]
    ds = Dataset.from_list(rows, on_mixed_types="use_json")
    assert ds.features == Features({"a": Json(), "s": {"x": Json()}}) and list(ds) == rows
    assert Dataset.from_dict({"a": [1, "b", None]}, on_mixed_types="use_json")["a"] == [1, "b", None]
    with pytest.raises(RowError, match="Row 1 of column 'a': 'b'"):
        Dataset.from_list(rows)
    for call in (Dataset.from_dict, Dataset.from_list):
        with pytest.raises(ArgumentError, match="on_mixed_types is 'use_json' or None, not 'json'"):
            call({"a": [1]} if call == Dataset.from_dict else [{"a": 1}], on_mixed_types="json")


def test_mixed_types_of_a_function() -> None:
    ds = Dataset.from_dict({"k": [0, 1, 2]})
    values = [1, "b", {"c": [2]}]
    assert ds.map(lambda row: {"v": values[row["k"]]})["v"] == values
    with pytest.raises(FeatureError, match="column 'v'"):
        ds.map(lambda row: {"v": values[row["k"]]}, on_mixed_types=None)
    with pytest.raises(ArgumentError, match="on_mixed_types"):
        ds.map(lambda row: row, on_mixed_types="jsn")
    both = DatasetDict(train=ds).map(lambda row: {"v": values[row["k"]]}, on_mixed_types="use_json")
    assert both["train"].features["v"] == Json()
    later = Dataset.from_dict({"k": list(range(10))})
    found = later.map(lambda b: {"v": [k if k > 4 else [k, "x"][k % 2] for k in b["k"]]}, batched=True, batch_size=5)
    assert found["v"] == [0, "x", 2, "x", 4, 5, 6, 7, 8, 9] and found.features["v"] == Json()


# --- webdataset


def test_files_in_a_tar_are_what_their_names_say(tmp_path: Path) -> None:
    picture = io.BytesIO()
    image(5).save(picture, "PNG")
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for stem in ("x/1", "x/2"):
            members = {
                "png": picture.getvalue(),
                "wav": b"RIFF",
                "json": b'{"a": 1}',
                "cls": b"3",
                "odd": b"?",
                "seg.jpg": picture.getvalue(),
            }
            for ending, data in members.items():
                info = tarfile.TarInfo(f"{stem}.{ending}")
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    ds = load_dataset("webdataset", data_files=str(tmp_path / "a.tar"), split="train")
    assert ds.features["png"] == Image() and ds.features["wav"] == Audio() and ds.features["seg.jpg"] == Image()
    assert ds[1]["png"].size == (5, 2) and ds[1]["cls"] == 3 and ds[1]["odd"] == {"bytes": b"?", "path": "x/2.odd"}
    assert ds["__key__"] == ["x/1", "x/2"]


def test_numpy_columns_keep_their_width() -> None:
    assert Dataset.from_dict({"a": np.zeros((2, 3), np.float32)}).features["a"] == List(Value("float32"))


# --- files of every kind, as users name them

CONTENT: dict[str, tuple[Any, str, bytes]] = {
    "csv": (Dataset.from_csv, ".csv", b"a,b\n1,x\n2,y\n"),
    "json": (Dataset.from_json, ".jsonl", b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n'),
    "text": (Dataset.from_text, ".txt", b"x\ny\n"),
}


@pytest.mark.parametrize("kind", list(CONTENT))
@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_patterns_lists_splits_and_compression(tmp_path: Path, kind: str, ending: str) -> None:
    read, extension, content = CONTENT[kind]
    for name in ("one", "two"):
        with (
            pa.CompressedOutputStream(str(tmp_path / f"{name}{extension}{ending}"), "gzip")
            if ending == ".gz"
            else packed(tmp_path / f"{name}{extension}{ending}", ending) as file
        ):
            file.write(content)
    one, two = (str(tmp_path / f"{name}{extension}{ending}") for name in ("one", "two"))
    single = read(one)
    assert single.num_rows == 2 and single.split == "train"
    assert read([one, two])[:] == read(str(tmp_path / f"*{extension}{ending}"))[:] == {k: v * 2 for k, v in single[:].items()}
    by_split = getattr(DatasetDict, f"from_{kind}")({"train": one, "test": [one, two]})
    assert by_split.num_rows == {"train": 2, "test": 4} and by_split["test"].split == "test"
    loaded = load_dataset(kind, data_files={"a": one, "b": str(tmp_path / f"t*{extension}{ending}")})
    assert loaded.num_rows == {"a": 2, "b": 2}


def packed(path: Path, ending: str) -> Any:
    import bz2
    import lzma

    opened: dict[str, Any] = {"": open, ".bz2": bz2.open, ".xz": lzma.open}
    return opened[ending](path, "wb") if ending in opened else pa.CompressedOutputStream(str(path), "zstd")


@pytest.mark.parametrize(
    ("kind", "contents"), [("json", [b'{"x":1}\n', b'{"x":null}\n{"x":"z"}\n']), ("csv", [b"x\n1\n", b"x\n2\nz\n"])]
)
def test_types_that_do_not_go_together_name_file_row_column_and_both_types(
    tmp_path: Path, kind: str, contents: list[bytes]
) -> None:
    for name, content in zip("ab", contents, strict=True):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FeatureError, match=r"/b: row 1, column 'x' is 'z' \(string\), but int64 in .*/a\."):
        CONTENT[kind][0]([tmp_path / "a", tmp_path / "b"])
    fits = CONTENT[kind][0](tmp_path / "b", features=Features({"x": Value("string")}))
    assert fits["x"][-1] == "z"


def test_nested_json_and_fields(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"version": 1, "data": [{"q": {"t": ["a"], "n": null}}, {"q": {"t": [], "n": 2}}]}')
    ds = Dataset.from_json(tmp_path / "a.json", field="data")
    assert list(ds) == [{"q": {"t": ["a"], "n": None}}, {"q": {"t": [], "n": 2}}]
    ds.to_json(tmp_path / "b.json", lines=False)
    assert list(Dataset.from_json(tmp_path / "b.json")) == list(ds)


@pytest.mark.parametrize(
    ("sample_by", "expected"), [("line", ["a", "b", "", "c"]), ("paragraph", ["a\nb", "c\n"]), ("document", ["a\nb\n\nc\n"])]
)
def test_text_by_line_paragraph_and_document(tmp_path: Path, sample_by: str, expected: list[str]) -> None:
    (tmp_path / "a.txt").write_text("a\nb\n\nc\n")
    assert Dataset.from_text(tmp_path / "a.txt", sample_by=sample_by)["text"] == expected


def test_arrow_feather_and_xml(tmp_path: Path) -> None:
    feather = pytest.importorskip("pyarrow.feather")
    table = pa.table({"a": [1, 2]})
    feather.write_feather(table, str(tmp_path / "a.feather"))
    with pa.ipc.new_file(str(tmp_path / "b.arrow"), table.schema) as writer:
        writer.write_table(table)
    for name in ("a.feather", "b.arrow"):
        assert load_dataset("arrow", data_files=str(tmp_path / name), split="train")["a"] == [1, 2]
    (tmp_path / "c.xml").write_text("<r>ü</r>")
    assert load_dataset("xml", data_files=str(tmp_path / "c.xml"), split="train")["xml"] == ["<r>ü</r>"]


def test_everything_out_in_batches(tmp_path: Path) -> None:
    ds = Dataset.from_dict({"a": list(range(5)), "t": list("abcde")})
    assert [batch["a"] for batch in ds.to_dict(batch_size=2, batched=True)] == [[0, 1], [2, 3], [4]]
    pytest.importorskip("pandas")
    assert [len(frame) for frame in ds.to_pandas(batch_size=2, batched=True)] == [2, 2, 1]
    pytest.importorskip("polars")
    assert [frame.height for frame in ds.to_polars(batch_size=3, batched=True)] == [3, 2]
    assert ds.to_polars(schema_overrides={"a": __import__("polars").Int8})["a"].dtype == __import__("polars").Int8
    assert ds.to_csv(tmp_path / "a.csv", batch_size=2) == (tmp_path / "a.csv").stat().st_size
    assert Dataset.from_csv(tmp_path / "a.csv")[:] == ds[:]
