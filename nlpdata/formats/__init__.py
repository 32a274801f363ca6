"""How rows look: a table and its features as Python, NumPy, torch, TensorFlow, JAX, pandas, polars or Arrow.

Knows: Arrow tables. Does not know: where they are stored. Formats load when they are first asked for.
"""

from __future__ import annotations

from nlpdata.formats.base import FORMATS, FormatSpec, Formatter, get_formatter
from nlpdata.formats.lazy import LazyBatch, LazyRow, lazy_batch, lazy_rows

__all__ = ["FORMATS", "FormatSpec", "Formatter", "LazyBatch", "LazyRow", "get_formatter", "lazy_batch", "lazy_rows"]
