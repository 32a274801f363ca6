"""CSV: types that hold for the whole file, rows however they are cut, options as people know them."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError, FeatureError, RowError, UnknownColumnError
from nlpdata.features import ClassLabel, Features, Value
from nlpdata.files import get_file_type

CSV = get_file_type("csv")


def table(data: bytes | str | Path, **options: Any) -> pa.Table:
    source = io.BytesIO(data.encode() if isinstance(data, str) else data) if not isinstance(data, Path) else data
    return pa.Table.from_batches(list(CSV.read(source, **options)))  # equal schemas, or this fails


def test_types_and_nulls() -> None:
    found = table("i,f,b,s,d,n\n1,1.5,True,x,2020-01-01,\n,NA,false,null,n/a,NaN\n")
    assert found.schema.types == [pa.int64(), pa.float64(), pa.bool_(), pa.string(), pa.string(), pa.null()]
    assert found.to_pylist() == [
        {"i": 1, "f": 1.5, "b": True, "s": "x", "d": "2020-01-01", "n": None},
        {"i": None, "f": None, "b": False, "s": None, "d": None, "n": None},
    ]


@pytest.mark.parametrize(
    ("cells", "kind", "last"),
    [
        (["1"] * 500 + ["2.5"], pa.float64(), 2.5),
        (["1"] * 500 + ["x"], pa.string(), "x"),
        (["007"] * 500 + ["x"], pa.string(), "x"),
        ([""] * 500 + ["3"], pa.int64(), 3),
        (["True"] * 500 + ["maybe"], pa.string(), "maybe"),
        (["True"] * 500 + ["1"], pa.string(), "1"),
        (["1"] * 500 + ["99999999999999999999"], pa.string(), "99999999999999999999"),
        (["1.5"] * 500 + ["99999999999999999999"], pa.float64(), 1e20),
        (["0x1F"], pa.string(), "0x1F"),
    ],
)
def test_a_type_holds_for_the_whole_file(cells: list[str], kind: pa.DataType, last: Any) -> None:
    data = "k,c\n" + "".join(f"a,{cell}\n" for cell in cells)
    found = table(data, batch_bytes=200)
    assert found.column("c").type == kind and found.column("c")[-1].as_py() == last
    assert kind != pa.string() or found.column("c")[0].as_py() == cells[0]  # the text as it stands: 007, not 7
    assert found.num_rows == len(cells)


def test_quotes_newlines_and_separators(tmp_path: Path) -> None:
    data = 'a,b\n"x ""y""",1\n"l1\nl2",2\n ab"c,3\n'
    assert table(data).column("a").to_pylist() == ['x "y"', "l1\nl2", ' ab"c']
    assert table("a;b\n1,5;x\n", sep=";", decimal=",").to_pylist() == [{"a": 1.5, "b": "x"}]
    assert table("a\n1,000\n2\n", sep=";", thousands=",").column("a").to_pylist() == [1000, 2]
    assert table("a,b\n'x,y',1\n", quotechar="'").column("a").to_pylist() == ["x,y"]
    assert table("a, b\n1, x\n", skipinitialspace=True).to_pylist() == [{"a": 1, "b": "x"}]
    path = tmp_path / "x.tsv.gz"
    path.write_bytes(gzip.compress(b"a\tb\n1,5\tx\n"))
    assert table(path).to_pylist() == [{"a": "1,5", "b": "x"}]


def test_bare_quotes_with_quote_none() -> None:
    data = 'a\tb\n"open\t1\nx "y\t2\nend"\t3\n'
    found = table(data, sep="\t", quoting=csv.QUOTE_NONE)
    assert found.to_pydict() == {"a": ['"open', 'x "y', 'end"'], "b": [1, 2, 3]}


@pytest.mark.parametrize("batch_bytes", [64, 10**6])
def test_a_quote_that_is_never_closed_is_an_error(batch_bytes: int) -> None:
    data = 'a\tb\nfine\t0\nx\t"open\n' + "y\tz\n" * 200
    with pytest.raises(FeatureError, match=r"ends inside quotes.*QUOTE_NONE"):
        table(data, sep="\t", batch_bytes=batch_bytes)
    assert table(data, sep="\t", quoting=3).num_rows == 202


def test_headers() -> None:
    assert table("1,2\n3,4\n", header=None).column_names == ["0", "1"]
    assert table("1,2\n3,4\n", names=["x", "y"]).to_pydict() == {"x": [1, 3], "y": [2, 4]}
    assert table("a,b\n3,4\n", column_names=["x", "y"], header=0).to_pydict() == {"x": [3], "y": [4]}
    assert table("junk\n\na,b\n\n3,4\n", skiprows=1).to_pydict() == {"a": [3], "b": [4]}
    assert table("t,u\na,b\n3,4\n", header=1).to_pydict() == {"a": [3], "b": [4]}
    assert table("a,a,,a\n1,2,3,4\n").column_names == ["a", "a.1", "Unnamed: 2", "a.2"]
    assert table(b"\xef\xbb\xbfa,b\n1,2\n").column_names == ["a", "b"]
    assert table('"a\nx",b\n1,2\n').column_names == ["a\nx", "b"]


def test_columns_rows_and_marks() -> None:
    data = "a,b,c\n1,x,-\n2,y,NA\n3,z,0\n"
    assert table(data, columns=["c", "a"]).column_names == ["c", "a"]
    assert table(data, usecols=["c", 0]).column_names == ["a", "c"]
    assert table(data, nrows=2).num_rows == 2 and table(data, nrows=2, batch_bytes=1).column("a").to_pylist() == [1, 2]
    assert table(data, na_values="-").column("c").to_pylist() == [None, None, 0]
    assert table(data, na_values=["-"], keep_default_na=False).column("c").to_pylist() == [None, "NA", "0"]
    assert table(data, na_filter=False).column("c").to_pylist() == ["-", "NA", "0"]
    assert table(data, dtype={"a": "float32", "b": str}).schema.field("a").type == pa.float32()
    assert table(data, dtype=str).schema.types == [pa.string()] * 3
    assert table("a\nyes\nno\n", true_values=["yes"], false_values=["no"]).column("a").to_pylist() == [True, False]
    with pytest.raises(UnknownColumnError, match="Did you mean 'label'"):
        table("label\n1\n", columns=["lable"])


def test_features_steer_the_parsing() -> None:
    data = "zip,y,stars\n01234,pos,3\n99999,neg,4\n"
    features = Features({"zip": Value("string"), "y": ClassLabel(names=["neg", "pos"]), "stars": Value("float32")})
    found = table(data, features=features)
    assert found.schema.types == [pa.string(), pa.string(), pa.float32()]
    assert found.column("zip").to_pylist() == ["01234", "99999"]
    ids = table("y\n1\n0\n", features=Features({"y": ClassLabel(names=["neg", "pos"])}))
    assert ids.column("y").to_pylist() == [1, 0]
    stars = table("y\n1\n5\n", features=Features({"y": ClassLabel(names=["1", "5"])}))
    assert stars.column("y").to_pylist() == ["1", "5"]  # these are names


def test_a_cell_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n" + "1,2\n" * 1000 + "1,two\n")
    with pytest.raises(RowError, match=r"x\.csv: row 1000, column 'b' is 'two', not int64") as caught:
        list(CSV.read(path, features=Features({"a": Value("int64"), "b": Value("int64")}), batch_bytes=100))
    assert (caught.value.row, caught.value.column, caught.value.value) == (1000, "b", "two")


def test_rows_with_too_few_cells_are_filled() -> None:
    data = "a,b,c\n" + "1,2,3\n" * 100 + "4\n5,6\n" + '"7\n8",9,10\n' * 100
    for batch_bytes in (64, 10**6):
        found = table(data, batch_bytes=batch_bytes)
        assert found.num_rows == 202
        assert found.slice(99, 4).to_pylist() == [
            {"a": "1", "b": 2, "c": 3},
            {"a": "4", "b": None, "c": None},
            {"a": "5", "b": 6, "c": None},
            {"a": "7\n8", "b": 9, "c": 10},
        ]


def test_rows_with_too_many_cells(caplog: pytest.LogCaptureFixture) -> None:
    data = "a,b\n" + "1,2\n" * 50 + "1,2,3\n4,5\n"
    with pytest.raises(RowError, match=r"line 52 \(row 50\) has 3 cells where 2 are expected.*on_bad_lines='skip'"):
        table(data, batch_bytes=64)
    assert table(data, on_bad_lines="skip").num_rows == 51
    assert table(data, on_bad_lines="warn").column("a")[-1].as_py() == 4
    assert "line 52" in caplog.text


def test_a_row_longer_than_a_block() -> None:
    long = "x" * 5000
    found = table(f"a,b\n1,y\n2,{long}\n3,z\n" * 1, batch_bytes=64)
    assert found.to_pydict() == {"a": [1, 2, 3], "b": ["y", long, "z"]}


def test_encodings(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("a,b\nü,1\n".encode("latin-1"))
    with pytest.raises(RowError, match=r"x\.csv, line 2, byte 4: not utf-8"):
        list(CSV.read(path))
    assert table(path, encoding="latin-1").to_pylist() == [{"a": "ü", "b": 1}]
    assert table(path, encoding_errors="replace").column("a").to_pylist() == ["\ufffd"]
    path.write_bytes(b"a,b\nx\n\xff,1\n")
    with pytest.raises(RowError, match="line 3"):
        list(CSV.read(path))
    assert table("a,b\nü,1\n".encode("utf-16"), encoding="utf-16").to_pylist() == [{"a": "ü", "b": 1}]


def test_empty_files() -> None:
    assert list(CSV.read(io.BytesIO(b""))) == [] and list(CSV.read(io.BytesIO(b"\n\n"))) == []
    found = table("a,b\n", features=Features({"a": Value("int64"), "b": Value("string")}))
    assert found.num_rows == 0 and found.schema.types == [pa.int64(), pa.string()]


def test_options_are_checked() -> None:
    for options, message in [
        ({"seperator": ","}, "no csv option 'seperator'"),
        ({"sep": "::"}, "one character"),
        ({"header": -1}, "header is -1"),
        ({"skiprows": [1]}, "skiprows"),
        ({"on_bad_lines": "ignore"}, "on_bad_lines"),
        ({"na_values": {"a": "x"}}, "na_values per column"),
        ({"dtype": "nonsense"}, "not a column type"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            table("a\n1\n", **options)


def test_a_pipe_can_be_read() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.below = io.BytesIO(b"a\n" + b"1\n" * 500 + b"x\n")

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            return self.below.readinto(buffer)

    batches = list(CSV.read(Pipe(), batch_bytes=100))  # type: ignore[arg-type]
    assert sum(b.num_rows for b in batches) == 501 and batches[0].schema.types == [pa.string()]


CELLS = st.one_of(st.none(), st.text(alphabet='ab",;\n\r\té ', min_size=1, max_size=6))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(CELLS, st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))), min_size=1, max_size=12),
    st.integers(1, 200),
)
def test_what_is_written_is_read_again(rows: list[tuple[str | None, int | None]], batch_bytes: int) -> None:
    written = pa.table({"s": pa.array([r[0] for r in rows], pa.string()), "i": pa.array([r[1] for r in rows], pa.int64())})
    sink = io.BytesIO()
    assert CSV.write([written], sink) == len(sink.getvalue())
    features = Features({"s": Value("string"), "i": Value("int64")})
    assert table(sink.getvalue(), features=features, batch_bytes=batch_bytes).to_pylist() == written.to_pylist()


def test_writing(tmp_path: Path) -> None:
    import datetime

    rows = pa.table({
        "a": [1, None], "f": [1.0, 0.1], "s": ['q"uote', "x,y"], "b": [True, None],
        "t": [datetime.datetime(2020, 1, 2), None], "l": [["é"], None],
    })  # fmt: skip
    path = tmp_path / "x.csv"
    CSV.write([rows], path)
    assert path.read_text() == 'a,f,s,b,t,l\n1,1.0,"q""uote",True,2020-01-02 00:00:00,"[""é""]"\n,0.1,"x,y",,,\n'
    CSV.write([rows.select(["a", "f"])], path, sep="\t", header=False, na_rep="-", float_format="%.2f", index=False)
    assert path.read_text() == "1\t1.00\n-\t0.10\n"
    CSV.write([], path, schema=pa.schema([("a", pa.int64())]))
    assert path.read_text() == "a\n"
    with pytest.raises(FeatureError, match="no bytes"):
        CSV.write([pa.table({"a": [b"x"]})], path)
    assert path.read_text() == "a\n" and [p.name for p in tmp_path.iterdir()] == ["x.csv"]
    CSV.write([rows], tmp_path / "x.csv.zst")
    assert table(tmp_path / "x.csv.zst").num_rows == 2


@pytest.mark.parametrize("packed", [False, True])
def test_line_ends_in_quotes_at_the_edge_of_a_block(tmp_path: Path, packed: bool) -> None:
    head = 'a,b\r\n1,"'
    edge = 2**19  # what the parser is given at once
    for shift in range(-2, 3):
        text = "x" * (edge - len(head) - 1 + shift)
        data = f'{head}{text}\r\nend"\r\n2,y\r\n'.encode()
        path = tmp_path / ("x.csv.gz" if packed else "x.csv")
        path.write_bytes(gzip.compress(data) if packed else data)
        assert table(path).to_pydict() == {"a": [1, 2], "b": [f"{text}\r\nend", "y"]}


@given(
    st.lists(st.tuples(st.text("ab\r\n\",'", max_size=90), st.text("c\r\n", max_size=90)), min_size=1, max_size=12),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(64, 140),
)
@settings(max_examples=60)
def test_blocks_of_any_size_give_what_was_written(rows: list[tuple[str, str]], end: str, batch_bytes: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator=end).writerows([("a", "b"), *rows])
    found = table(out.getvalue(), dtype=str, na_filter=False, batch_bytes=batch_bytes)
    assert [tuple(row.values()) for row in found.to_pylist()] == rows


@pytest.mark.parametrize(
    "data",
    [
        'id,t,b\n1,x,y\n2,"x,y\n3,x,y\n',
        'id,t,b\n1\n2,"x,y\n3,x,y',
        '"id,t,b\n1,x,y\n',
        'id,t,b\n1,x,"y\n',
        'id,t,b\n1,x,"y"" \n\n\n',
    ],
)
@pytest.mark.parametrize("columns", [None, ["id"]])
def test_a_quote_in_any_column_must_be_closed(data: str, columns: list[str] | None, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(data)
    for source in (path, data):
        with pytest.raises((FeatureError, UnknownColumnError), match=r"ends inside quotes|does not end|no column"):
            table(source, columns=columns)


@pytest.mark.parametrize("tail", ["\n" * 20, " \n", "", "\r\n\r\n", "x y\n"])
def test_what_may_follow_the_last_quote(tail: str) -> None:
    assert table('a,b\n1,"x\ny"' + tail).to_pydict() == {"a": [1], "b": ["x\ny" + tail.rstrip("\r\n")]}
    assert table('a\n"\n"\n').to_pydict() == {"a": ["\n"]}


def test_lines_of_blanks_are_blank_lines() -> None:
    for data in ("a,b\n1,2\n  \n3,4\n\t\n", " \na,b\n1,2\n3,4\n", "a,b\n1,2\n   \n3\n \n4,5\n"):
        assert table(data).column("a").to_pylist()[:2] == [1, 3], data
        assert table(data).column("a").null_count == 0
    assert table("a\nx\n \n").column("a").to_pylist() == ["x", " "]  # in one column, a blank may be a value


def test_numbers_may_have_a_plus() -> None:
    assert table("a,b,c\n+5,+.5,+-1\n-6,+1e+2,2\n").to_pydict() == {"a": [5, -6], "b": [0.5, 100.0], "c": ["+-1", "2"]}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_written_in_other_encodings(encoding: str, tmp_path: Path) -> None:
    batches = [pa.record_batch({"a": ["é", "x"], "f": [float("nan"), 1.5], "n": [None, 3]})] * 3
    path = tmp_path / "x.csv"
    CSV.write(batches, path, encoding=encoding, na_rep="-")
    assert path.read_bytes() == ("a,f,n\n" + "é,-,-\nx,1.5,3\n" * 3).encode(encoding)  # one mark, at the start
    assert table(path, encoding=encoding, na_values="-").num_rows == 6
    with pytest.raises(ArgumentError, match="no encoding 'utf-9'"):
        CSV.write(batches, tmp_path / "y.csv", encoding="utf-9")
    assert not (tmp_path / "y.csv").exists()
