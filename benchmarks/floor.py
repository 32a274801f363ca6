"""What one would write by hand over the corpus: plain NumPy over contiguous values; no library, one layout, nothing checked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa


class Floor:
    """The corpus as memory-mapped NumPy arrays: rows, and spans and lists of rows, from the folder of ``.npy`` files."""

    def __init__(self, folder: Path) -> None:
        def load(name: str) -> Any:
            return np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r"))  # without memmap's slow slicing

        self.id, self.label, self.tokens, self.embedding = map(load, ("id", "label", "tokens", "embedding"))
        self.text_offsets, self.offsets = load("text_offsets"), load("tokens_offsets")
        self.text_array = load("text")
        self.bytes = memoryview(self.text_array)
        self.text_arrow = pa.Array.from_buffers(
            pa.large_string(), len(self.id), [None, pa.py_buffer(self.text_offsets), pa.py_buffer(self.text_array)]
        )

    def slim(self, i: int) -> dict[str, Any]:
        offset = self.text_offsets.item
        return {"id": self.id.item(i), "text": str(self.bytes[offset(i) : offset(i + 1)], "utf-8"), "label": self.label.item(i)}

    def row(self, i: int) -> dict[str, Any]:
        row, offset = self.slim(i), self.offsets.item
        row["tokens"] = self.tokens[offset(i) : offset(i + 1)].tolist()
        row["embedding"] = self.embedding[i].tolist()
        return row

    def texts(self, a: int, b: int) -> list[str]:
        return list(self.text_arrow.slice(a, b - a).to_numpy(zero_copy_only=False).tolist())

    def columns(self, a: int, b: int, slim: bool = False) -> dict[str, Any]:
        found = {"id": self.id[a:b].tolist(), "text": self.texts(a, b), "label": self.label[a:b].tolist()}
        if not slim:
            found["tokens"] = [self.tokens[s:e].tolist() for s, e in pairwise(self.offsets[a : b + 1].tolist())]
            found["embedding"] = self.embedding[a:b].tolist()
        return found

    def rows(self, a: int, b: int, slim: bool = False) -> Iterator[dict[str, Any]]:
        found = self.columns(a, b, slim)
        names = list(found)
        return (dict(zip(names, values, strict=True)) for values in zip(*found.values(), strict=True))

    def some(self, rows: Any) -> dict[str, Any]:
        """Columns of rows in any order."""
        data, text, tokens = self.bytes, self.text_offsets, self.offsets
        return {
            "id": self.id[rows].tolist(),
            "text": [str(data[a:b], "utf-8") for a, b in zip(text[rows].tolist(), text[rows + 1].tolist(), strict=True)],
            "label": self.label[rows].tolist(),
            "tokens": [
                self.tokens[a:b].tolist() for a, b in zip(tokens[rows].tolist(), tokens[rows + 1].tolist(), strict=True)
            ],
            "embedding": self.embedding[rows].tolist(),
        }

    def ragged(self, a: int, b: int) -> list[Any]:
        offsets = self.offsets[a : b + 1]
        flat = self.tokens[offsets[0] : offsets[-1]].astype(np.int64)
        return [flat[s:e] for s, e in pairwise((offsets - offsets[0]).tolist())]

    def ragged_some(self, rows: Any) -> list[Any]:
        start, stop = self.offsets[rows], self.offsets[rows + 1]
        flat = np.concatenate([self.tokens[a:b] for a, b in zip(start.tolist(), stop.tolist(), strict=True)]).astype(np.int64)
        ends = np.concatenate([[0], np.cumsum(stop - start)])
        return [flat[s:e] for s, e in pairwise(ends.tolist())]
