"""The same files through `datasets`: equal values, row by row."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nlpdata.files import get_file_type

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore")]

CASES: list[tuple[str, bytes, dict[str, Any]]] = [
    ("text", b"a\r\nb\rc\nd\x0be\xe2\x80\xa8f\n\ng", {}),
    ("text", b"a\r\nb\rc\nd\n\ng", {"keep_linebreaks": True}),
    ("text", b"a\nb\n\nc\n\n\n\nd\n", {"sample_by": "paragraph"}),
    ("text", b"a\nb\n\n\nc\nd\n", {"sample_by": "paragraph"}),
    ("text", b"a\nb\n\nc\n", {"sample_by": "document"}),
    ("text", b"na\xefve\n", {"encoding": "latin-1"}),
    ("json", b'{"id": 1, "t": "a \\"b\\" \\u00e9", "x": 1.5, "ok": true}\n{"id": 2, "t": "", "x": -2e3, "ok": false}\n', {}),
    ("json", b'{"a":"2020-01-01","b":1}\n{"a":"2021-01-01","b":2.5}\n', {}),
    ("json", b'[{"a":"x","b":1},{"b":2}]', {}),
    ("json", b'{"a":[1,2],"b":["x","y"]}', {}),
    ("json", b'{\n"a":[1,2],\n"b":{"c":"y"}}', {}),
    ("json", b'{"v":1,"data":[{"a":1},{"b":"2020-01-01"}]}', {"field": "data"}),
    ("json", b'{"v":1,"data":{"a":[1,2]}}', {"field": "data"}),
    ("json", b'["a","b"]', {}),
    ("csv", b"a,b,c\n1,,2020-01-01\n2,NA,x\n", {}),
    ("csv", b"a,b,c\n1,,2020-01-01\n2\n", {}),
    ("csv", b"a,a\n1,2\n", {}),
    ("csv", b"1,2\n3,4\n", {"header": None}),
    ("csv", b"1,2\n3,4\n", {"names": ["x", "y"]}),
    ("csv", b"1,2\n3,4\n", {"column_names": ["x", "y"], "skiprows": 1}),
    ("csv", b'a,b\n"x ""y""",True\n"l1\nl2",False\n ab"c,\n', {}),
    ("csv", b'a\tb\nx "y\t1\n"z\t2\n', {"sep": "\t", "quoting": csv.QUOTE_NONE}),
    ("csv", b"a,b\n 1, x\n\n2,y\n", {}),
    ("csv", b"a,b\n1.0,1e3\n2,inf\n", {}),
    ("csv", b"a,b\n007,1\nx,2\n", {}),
    ("csv", b'a,b\n"NA",None\nnull,<NA>\nx,nan\n', {}),
    ("csv", b"a;b\n1,5;-\n", {"sep": ";", "decimal": ",", "na_values": ["-"]}),
    ("csv", b"a,b\n1,2\n1,2,3\n", {"on_bad_lines": "skip"}),
    ("csv", b"a,b,c\n1,2,3\n", {"usecols": ["c", "a"]}),
]


def plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value


@pytest.mark.parametrize(("kind", "data", "options"), CASES)
def test_values_are_those_of_the_peer(kind: str, data: bytes, options: dict[str, Any], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    path = tmp_path / "file"
    path.write_bytes(data)
    theirs = datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "hf"), **options)
    ours = pa.Table.from_batches(list(get_file_type(kind).read(io.BytesIO(data), **options)))
    expected = {name: [plain(v) for v in values] for name, values in theirs.to_dict().items()}
    assert ours.to_pydict() == expected
