"""Makes ``tests/golden/v1``: a folder of on-disk format version 1, byte for byte as it was when the version was defined.

Run it only to see what a change of the writer would do; the committed files stay as they are for as long as version 1 is read::

    python tests/golden/make_v1.py <folder>
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pyarrow as pa

from nlpdata.store import ShardWriter, write_manifest

OPTIONAL = {b"nlpdata:optional": b"1"}
SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("größe · 大きさ", pa.float32()),
        pa.field("text", pa.string()),
        pa.field("label", pa.int8()),
        pa.field("good", pa.bool_()),
        pa.field("tokens", pa.list_(pa.int32())),
        pa.field("vector", pa.list_(pa.float64(), 2)),
        pa.field("answer", pa.struct([pa.field("start", pa.int32()), pa.field("why", pa.string(), metadata=OPTIONAL)])),
        pa.field("nothing", pa.null()),
        pa.field("long", pa.large_string()),
    ],
    metadata={b"huggingface": b'{"info": {"features": {}}}'},
)
ROWS = [
    {
        "id": i - 3,
        "größe · 大きさ": None if i % 4 == 0 else i / 2,
        "text": None if i == 5 else "ä😀" * (i % 3),
        "label": i % 2,
        "good": [True, False, None][i % 3],
        "tokens": None if i == 2 else list(range(i % 4)),
        "vector": [i, -i],
        "answer": None if i == 7 else {"start": i, "why": "because" if i % 2 else None},
        "nothing": None,
        "long": f"row {i}",
    }
    for i in range(12)
]
EXTRA = {"key": "0123456789abcdef", "split": "train", "nested": {"日本": [1, None, 2.5]}}


def write(folder: Path) -> None:
    """Write the golden folder."""
    with ShardWriter(folder, batch_bytes=300, shard_bytes=3000) as writer:
        for start in range(0, len(ROWS), 3):
            writer.write_table(pa.Table.from_pylist(ROWS[start : start + 3], schema=SCHEMA))
        manifest = writer.finish()
    write_manifest(folder, dataclasses.replace(manifest, extra=EXTRA))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
