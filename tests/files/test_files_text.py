"""Text files: where lines end, how bytes become characters, whatever the size of a block."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpdata.errors import ArgumentError, FeatureError, RowError, TruncatedArchiveError
from nlpdata.features import Features, Value
from nlpdata.files import get_file_type

TEXT = get_file_type("text")


def rows(source: Any, **options: Any) -> list[str]:
    return [value for batch in TEXT.read(source, **options) for value in batch.column(0).to_pylist()]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\r\nb\rc\nd", ["a", "b", "c", "d"]),
        (b"a\n\nb\n", ["a", "", "b"]),
        (b"\n", [""]),
        (b"", []),
        ("a\x0bb\x0cc\u2028d\u0085e\x1cf\n".encode(), ["a\x0bb\x0cc\u2028d\u0085e\x1cf"]),
        (b"a\r", ["a"]),
        (b"nul\0inside\n", ["nul\0inside"]),
    ],
)
@pytest.mark.parametrize("batch_bytes", [1, 2, 3, 1000])
def test_lines(data: bytes, expected: list[str], batch_bytes: int) -> None:
    assert rows(io.BytesIO(data), batch_bytes=batch_bytes) == expected


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab\n\r é\u2028", max_size=40), st.integers(1, 12), st.booleans())
def test_lines_are_those_of_a_universal_newline_reader(text: str, batch_bytes: int, keep: bool) -> None:
    expected = list(io.StringIO(text, newline=None)) if text else []
    expected = expected if keep else [line.removesuffix("\n") for line in expected]
    assert rows(io.BytesIO(text.encode()), batch_bytes=batch_bytes, keep_linebreaks=keep) == expected


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab\n", max_size=40), st.integers(1, 12))
def test_paragraphs_do_not_depend_on_the_block(text: str, batch_bytes: int) -> None:
    found = rows(io.BytesIO(text.encode()), batch_bytes=batch_bytes, sample_by="paragraph")
    assert found == [part for part in text.split("\n\n") if part]


def test_a_document_is_one_row() -> None:
    assert rows(io.BytesIO(b"a\r\nb\n"), sample_by="document", batch_bytes=2) == ["a\nb\n"]


def test_blocks_bound_what_is_held(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"0123456789\n" * 10_000)
    batches = list(TEXT.read(path, batch_bytes=1100))
    assert len(batches) >= 100 and max(b.nbytes for b in batches) < 5000
    assert sum(b.num_rows for b in batches) == 10_000


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_compressed_files_are_opened_on_the_fly(ending: str, pack: Any, tmp_path: Path) -> None:
    path = tmp_path / f"x.txt.{ending}"
    path.write_bytes(pack(b"a\nb\n" * 1000))
    assert rows(path, batch_bytes=100) == ["a", "b"] * 1000
    path.write_bytes(pack(b"a\nb\n" * 1000)[:-4])
    with pytest.raises(TruncatedArchiveError, match=re.escape(path.name)):
        rows(path)


def test_a_wrong_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"fine\n" * 1000 + b"na\xefve\n" + b"fine\n")
    with pytest.raises(RowError, match=r"x\.txt, line 1001, byte 5002: not utf-8 \(found ef 76 65 0a") as caught:
        rows(path, batch_bytes=64)
    assert caught.value.row == 1000
    assert rows(path, encoding_errors="replace")[1000] == "na\ufffdve"
    assert rows(path, encoding_errors="ignore", batch_bytes=7)[1000] == "nave"
    assert rows(path, encoding="latin-1", batch_bytes=7)[1000] == "na\u00efve"


def test_other_encodings(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes("grün\nблок\n".encode("utf-16"))
    assert rows(path, encoding="utf-16", batch_bytes=3) == ["grün", "блок"]
    path.write_bytes("grün\n日本\n".encode("shift_jis", "replace") + b"\x81")
    with pytest.raises(RowError, match=r"line 3, byte"):
        rows(path, encoding="shift_jis", batch_bytes=4)
    with pytest.raises(ArgumentError, match="no encoding"):
        rows(path, encoding="utf-9")


def test_options_are_checked() -> None:
    with pytest.raises(ArgumentError, match="Did you mean 'keep_linebreaks'"):
        rows(io.BytesIO(b""), keep_linebreak=True)
    with pytest.raises(ArgumentError, match="Did you mean 'paragraph'"):
        rows(io.BytesIO(b""), sample_by="paragraphs")
    with pytest.raises(ArgumentError, match="batch_bytes"):
        rows(io.BytesIO(b"a"), batch_bytes=-1)


def test_the_column_is_called_as_declared() -> None:
    (batch,) = TEXT.read(io.BytesIO(b"a"), features=Features({"line": Value("string")}))
    assert batch.schema.names == ["line"]


def test_writing(tmp_path: Path) -> None:
    table = pa.table({"t": ["a", None, "é"]})
    path = tmp_path / "x.txt.gz"
    assert TEXT.write([table], path) == path.stat().st_size
    assert rows(path) == ["a", "", "é"]
    with pytest.raises(FeatureError, match="one column"):
        TEXT.write([pa.table({"a": [1]})], path)
    assert rows(path) == ["a", "", "é"]  # what was there stays
    assert [p.name for p in tmp_path.iterdir()] == ["x.txt.gz"]
