"""XML documents, WebDataset tars, and rows of databases."""

from __future__ import annotations

import datetime
import io
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import ArchiveError, ArgumentError, DataFileError, FeatureError, RowError, UnknownColumnError
from nlpdata.files import get_file_type
from nlpdata.files.sql import SqlOptions, sql_batches, write_sql


def rows_of(kind: str, source: Any, **options: Any) -> list[dict[str, Any]]:
    return pa.Table.from_batches(list(get_file_type(kind).read(source, **options))).to_pylist()


def test_xml_is_one_row() -> None:
    data = '<?xml version="1.0"?>\r\n<a>é\n</a>'.encode("latin-1")
    assert rows_of("xml", io.BytesIO(data), encoding="latin-1") == [{"xml": '<?xml version="1.0"?>\n<a>é\n</a>'}]
    assert rows_of("xml", io.BytesIO(b"")) == [{"xml": ""}]
    with pytest.raises(RowError, match="line 2, byte 26"):
        rows_of("xml", io.BytesIO(data))
    with pytest.raises(ArgumentError, match="not written as XML"):
        get_file_type("xml").write([], io.BytesIO())


def make_tar(path: Path, members: dict[str, bytes]) -> str:
    mode = "w:gz" if path.suffix == ".gz" else "w"
    with tarfile.open(path, mode) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return str(path)


def npy(array: Any) -> bytes:
    sink = io.BytesIO()
    np.save(sink, array)
    return sink.getvalue()


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
def test_tar_members_of_one_stem_are_a_row(tmp_path: Path, name: str) -> None:
    members = {
        "d/one.jpg": b"\xff\xd8",
        "d/one.json": json.dumps({"k": [1]}).encode(),
        "d/one.cls": b"3",
        "d/two.seg.png": b"\x89P",
        "d/two.txt": "é\n".encode(),
        "d/two.npy": npy(np.arange(3)),
    }
    path = make_tar(tmp_path / name, members)
    one, two = rows_of("webdataset", path)
    assert one["__key__"] == "d/one" and one["__url__"] == path and one["cls"] == 3 and one["json"] == {"k": [1]}
    assert one["jpg"] == {"bytes": b"\xff\xd8", "path": "d/one.jpg"} and one["txt"] is None and one["npy"] is None
    assert two["seg.png"] == {"bytes": b"\x89P", "path": "d/two.seg.png"} and two["txt"] == "é\n" and two["npy"] == [0, 1, 2]


def test_tar_errors_name_the_member(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", {"one.json": b"{}", "two.json": b"{x"})
    with pytest.raises(RowError, match=r"a\.tar: row 1, member 'two\.json' is no json") as caught:
        rows_of("webdataset", path)
    assert (caught.value.row, caught.value.column) == (1, "json")
    with pytest.raises(RowError, match="is no npy"):
        rows_of("webdataset", make_tar(tmp_path / "b.tar", {"a.npy": b"nothing"}))
    with pytest.raises(RowError, match=r"row 0 has two members for the column 'jpg'; the second is 'a\.JPG'"):
        rows_of("webdataset", make_tar(tmp_path / "d.tar", {"a.jpg": b"1", "a.JPG": b"2"}))
    (tmp_path / "c.tar").write_bytes(b"no tar at all" * 100)
    with pytest.raises(ArchiveError):
        rows_of("webdataset", str(tmp_path / "c.tar"))


def test_tar_batches_are_bounded(tmp_path: Path) -> None:
    path = make_tar(tmp_path / "a.tar", {f"{i}.bin": bytes(1000) for i in range(20)})
    sizes = [batch.num_rows for batch in get_file_type("webdataset").read(path, batch_bytes=5000)]
    assert sum(sizes) == 20 and max(sizes) <= 6
    assert rows_of("webdataset", path, columns=["__key__"])[0] == {"__key__": "0"}


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "data.db"
    with sqlite3.connect(path) as con:
        con.execute('CREATE TABLE "my_rows" (id INTEGER, text TEXT, x REAL, day TEXT)')
        con.executemany(
            "INSERT INTO my_rows VALUES (?, ?, ?, ?)", [(i, f"t{i}", None, f"2020-01-{i + 1:02}") for i in range(25)]
        )
    con.close()
    return f"sqlite:///{path}"


def test_sql_in_chunks(database: str) -> None:
    batches = list(
        sql_batches("SELECT id, text FROM my_rows WHERE id >= ? ORDER BY id", database, SqlOptions(params=(3,), chunksize=10))
    )
    assert [b.num_rows for b in batches] == [10, 10, 2]
    assert batches[0].to_pylist()[0] == {"id": 3, "text": "t3"}
    table = pa.Table.from_batches(
        list(sql_batches("my_rows", database, SqlOptions(columns=["day", "id"], parse_dates=["day"])))
    )
    assert table.column_names == ["day", "id"] and table["day"][1].as_py() == datetime.datetime(2020, 1, 2)
    (empty,) = sql_batches("SELECT id, text FROM my_rows WHERE id > 99", database)
    assert empty.schema.names == ["id", "text"] and empty.num_rows == 0


def test_sql_errors(database: str) -> None:
    with pytest.raises(FeatureError, match="two columns called 'id'"):
        list(sql_batches("SELECT id, id FROM my_rows", database))
    with pytest.raises(FeatureError, match="gives no rows"):
        list(sql_batches("CREATE TABLE other (a)", database))
    with pytest.raises(UnknownColumnError, match="days"):
        list(sql_batches("SELECT day FROM my_rows", database, SqlOptions(parse_dates=["days"])))
    with pytest.raises(ArgumentError, match="con is a int"):
        list(sql_batches("SELECT 1", 5))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        list(sql_batches("missing", database))


def test_sql_times(database: str) -> None:
    def first(sql: str, **dates: str | None) -> Any:
        (batch,) = sql_batches(sql, database, SqlOptions(parse_dates=dates))  # type: ignore[arg-type]
        return batch.column(0)[0].as_py()

    assert first("SELECT '01/02/2020' AS t", t="%d/%m/%Y") == datetime.datetime(2020, 2, 1)
    assert first("SELECT '2020-02-01T03:00:00' AS t", t=None) == datetime.datetime(2020, 2, 1, 3)
    assert first("SELECT 86400 AS t", t="s") == datetime.datetime(1970, 1, 2) and first("SELECT NULL AS t", t="s") is None
    with pytest.raises(FeatureError, match="'t', which holds double"):
        first("SELECT 1.5 AS t", t="s")
    with pytest.raises(RowError, match="Row 20 of column 't': 't20' is not a time as ISO 8601") as caught:
        options = SqlOptions(parse_dates=["t"], chunksize=7)
        list(sql_batches("SELECT iif(id = 20, text, day) AS t FROM my_rows", database, options))
    assert (caught.value.row, caught.value.column, caught.value.value) == (20, "t", "t20")


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"There is no database .*missing\.db"):
        list(sql_batches("SELECT 1", f"sqlite:///{tmp_path}/missing.db"))
    assert not (tmp_path / "missing.db").exists()
    assert next(sql_batches("SELECT 1 AS a", "sqlite:///:memory:")).to_pylist() == [{"a": 1}]


def test_sql_written_and_read_again(tmp_path: Path) -> None:
    table = pa.table({'a "b"': [1, None], "é": ["x", "y"], "when": [datetime.datetime(2020, 1, 1), None], "ok": [True, False]})
    con = sqlite3.connect(tmp_path / "out.db")
    try:
        assert write_sql([table], "t", con) == 2
        with pytest.raises(ArgumentError, match="exists"):
            write_sql([table], "t", con)
        assert write_sql([table], "t", con, if_exists="append") == 2
        assert write_sql([table.slice(0, 1)], "t", con, if_exists="replace") == 1
        (batch,) = sql_batches("t", con)
        assert batch.to_pylist() == [{'a "b"': 1, "é": "x", "when": "2020-01-01 00:00:00", "ok": 1}]
        with pytest.raises(FeatureError, match="does not hold"):
            write_sql([pa.table({"a": [[1]]})], "lists", con)
        with pytest.raises(ArgumentError, match="if_exists"):
            write_sql([table], "t", con, if_exists="no")
    finally:
        con.close()


@pytest.mark.parametrize("how", ["sqlite3", "sqlite3 that commits by itself", "duckdb"])
def test_a_table_is_written_whole_or_stays_as_it_was(how: str) -> None:
    if how == "duckdb":
        con: Any = pytest.importorskip("duckdb").connect()
    else:
        con = sqlite3.connect(":memory:", isolation_level="DEFERRED" if how == "sqlite3" else None)

    def batches() -> Iterator[pa.Table]:
        yield pa.table({"a": [1, 2]})
        raise KeyboardInterrupt

    try:
        con.execute("CREATE TABLE t (a BIGINT)")
        con.execute("INSERT INTO t VALUES (7)")
        con.commit()
        for if_exists in ("replace", "append"):
            with pytest.raises(KeyboardInterrupt):
                write_sql(batches(), "t", con, if_exists=if_exists)
            assert con.execute("SELECT * FROM t").fetchall() == [(7,)]
        with pytest.raises(KeyboardInterrupt):
            write_sql(batches(), "other", con)
        assert write_sql([pa.table({"a": [3]})], "other", con) == 1  # it had not been made
        with pytest.raises(FeatureError, match=f"column 'a' holds {2**63}, but integers of a table go up to"):
            write_sql([pa.table({"a": pa.array([2**63], pa.uint64())})], "t", con, if_exists="replace")
        assert con.execute("SELECT * FROM t").fetchall() == [(7,)]
    finally:
        con.close()


def test_what_waits_in_a_transaction_stays_when_a_table_cannot_be_written(tmp_path: Path) -> None:
    con = sqlite3.connect(tmp_path / "x.db")
    try:
        con.execute("CREATE TABLE t (a)")
        con.commit()
        con.execute("INSERT INTO t VALUES (7)")
        with pytest.raises(FeatureError, match="go up to"):
            write_sql([pa.table({"a": pa.array([2**63], pa.uint64())})], "t", con, if_exists="replace")
        assert con.in_transaction and con.execute("SELECT * FROM t").fetchall() == [(7,)]
        assert write_sql([pa.table({"a": [8]})], "t", con, if_exists="append") == 1 and not con.in_transaction
        with closing(sqlite3.connect(tmp_path / "x.db")) as other:
            assert other.execute("SELECT * FROM t").fetchall() == [(7,), (8,)]
    finally:
        con.close()
