"""The made-up corpus that benchmarks read: id, Zipfian text of about 650 bytes, label, about 128 tokens, 64 floats.

    python benchmarks/corpus.py FOLDER --rows 1000000

Made once for a folder and a number of rows, in three forms side by side: ``nlpdata`` and ``datasets`` (each as that library
saves it), and ``floor`` (plain ``.npy`` files: offsets and values of each column, contiguous).
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import nlpdata
from nlpdata._optional import is_available
from nlpdata.settings import settings

CHUNK_ROWS = 1000  # rows of a record batch as `datasets` writes them
WORDS = 100  # of a text, on average
SPREAD = 0.5  # standard deviation of the logarithm of a text's length; 0.4 in paragraphs of XQuAD, 0.5 in answers of GSM8K
SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("text", pa.string()),
        ("label", pa.int64()),
        ("tokens", pa.list_(pa.int32())),
        ("embedding", pa.list_(pa.float32(), 64)),
    ]
)


def tables(rows: int, seed: int = 0) -> Iterator[pa.Table]:
    """The corpus, at most 1000 rows at a time; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    alphabet = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = pa.array(["".join(rng.choice(alphabet, rng.integers(3, 9))) for _ in range(30_000)])
    for start in range(0, rows, CHUNK_ROWS):
        count = min(CHUNK_ROWS, rows - start)
        lengths = np.maximum(1, WORDS * rng.lognormal(-SPREAD * SPREAD / 2, SPREAD, count)).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        ranks = (rng.zipf(1.2, starts[-1]) - 1) % len(words)
        text = pc.binary_join(pa.ListArray.from_arrays(pa.array(starts), words.take(pa.array(ranks))), " ")
        offsets = np.concatenate([[0], np.cumsum(rng.integers(100, 157, count))]).astype(np.int32)
        tokens = pa.array(rng.integers(0, 30_000, offsets[-1], dtype=np.int32))
        embedding = pa.array(rng.random(count * 64, dtype=np.float32))
        columns = [
            pa.array(np.arange(start, start + count)),
            text,
            pa.array(rng.integers(0, 10, count)),
            pa.ListArray.from_arrays(pa.array(offsets), tokens),
            pa.FixedSizeListArray.from_arrays(embedding, 64),
        ]
        yield pa.table(columns, schema=SCHEMA)


def make(folder: Path, rows: int) -> Path:
    """The corpus of ``rows`` rows under ``folder``; what is there already is kept.

    Returns:
        A folder with ``nlpdata``, ``floor`` and, where that library is installed, ``datasets``.
    """
    target = folder / f"corpus-{rows}"
    if not target.is_dir():
        aside = folder / f".corpus-{rows}-{os.getpid()}"
        aside.mkdir(parents=True)
        try:
            _make(aside, rows)
            os.rename(aside, target)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
    return target


def _make(folder: Path, rows: int) -> None:
    stream = folder / "stream.arrow"
    with pa.ipc.new_stream(str(stream), SCHEMA) as writer:
        for table in tables(rows):
            writer.write_table(table)
    with settings.override(progress=False):
        nlpdata.Dataset.from_file(str(stream)).save_to_disk(str(folder / "nlpdata"))
    if is_available("datasets"):
        import datasets

        datasets.disable_progress_bars()
        datasets.Dataset.from_file(str(stream)).save_to_disk(str(folder / "datasets"))
    _save_arrays(stream, folder / "floor", rows)
    stream.unlink()


def _save_arrays(stream: Path, folder: Path, rows: int) -> None:
    """Each column's offsets and values, one ``.npy`` file each."""
    folder.mkdir()
    found: dict[str, Any] = {
        name: [] for name in ("id", "label", "text", "tokens", "embedding", "text_length", "tokens_length")
    }
    for batch in pa.ipc.open_stream(pa.memory_map(str(stream))):
        text, tokens = batch.column("text"), batch.column("tokens")
        found["id"].append(batch.column("id").to_numpy())
        found["label"].append(batch.column("label").to_numpy())
        found["text_length"].append(np.diff(np.frombuffer(text.buffers()[1], np.int32, len(text) + 1)))
        found["text"].append(np.frombuffer(text.buffers()[2], np.uint8, int(found["text_length"][-1].sum())))
        found["tokens_length"].append(np.diff(tokens.offsets.to_numpy()))
        found["tokens"].append(tokens.values.to_numpy())
        found["embedding"].append(batch.column("embedding").values.to_numpy().reshape(-1, 64))
    for name in ("text", "tokens"):
        lengths = np.concatenate(found.pop(f"{name}_length"))
        np.save(folder / f"{name}_offsets.npy", np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))
    for name, parts in found.items():
        size = sum(len(p) for p in parts)
        whole = np.lib.format.open_memmap(folder / f"{name}.npy", "w+", parts[0].dtype, (size, *parts[0].shape[1:]))
        start = 0
        for part in parts:
            whole[start : start + len(part)] = part
            start += len(part)
        whole.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    print(make(given.folder, given.rows))


if __name__ == "__main__":
    main()
