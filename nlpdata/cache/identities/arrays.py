"""Arrays of NumPy and Arrow: type, shape and bytes, hashed where they lie.

Knows: layouts of both. Does not know: frames (``frames``), tensors (``networks``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from nlpdata._leaves import Leaves
from nlpdata.features import Features
from nlpdata.store.group import TableGroup

if TYPE_CHECKING:
    from nlpdata.cache.walk import Walker

_PIECE_ITEMS = 65_536


def array(walker: Walker, values: np.ndarray[Any, Any]) -> None:
    """A NumPy array. Its layout in memory does not matter; nothing is copied but pieces of arrays that are not contiguous."""
    walker.put("array", f"{values.dtype.str}{values.shape}")
    if values.dtype.names is not None:  # bytes between fields are not data
        for name in values.dtype.names:
            walker.named(f"field {name!r}", values[name])
    elif values.dtype.hasobject:
        walker.sequence(values.ravel().tolist())
    elif values.flags.c_contiguous:
        walker.put_buffer("data", np.asarray(values).reshape(-1).view(np.uint8).data)
    else:
        leaves = Leaves()
        for piece in _pieces(values):
            leaves.update(piece)
        walker.put("data", values.nbytes.to_bytes(8, "little") + leaves.digest())
    if isinstance(values, np.ma.MaskedArray):
        walker.named("mask", np.ma.getmaskarray(values))


def _pieces(values: np.ndarray[Any, Any]) -> Iterator[memoryview]:
    flags: Any = ["external_loop", "buffered", "zerosize_ok"]
    for piece in np.nditer(values, flags=flags, order="C", buffersize=_PIECE_ITEMS):
        yield np.ascontiguousarray(piece).view(np.uint8).data


def scalar(walker: Walker, value: np.generic) -> None:
    """A NumPy scalar."""
    array(walker, np.asarray(value))


def dtype(walker: Walker, kind: np.dtype[Any]) -> None:
    """A NumPy type."""
    walker.put("dtype", repr(kind.descr) if kind.names else kind.str)


def table(walker: Walker, values: pa.Table) -> None:
    """An Arrow table; chunks and slices do not matter."""
    walker.put("schema", values.schema.to_string(truncate_metadata=False))
    walker.put("table", TableGroup(values).content_key())


def columns(walker: Walker, values: Any) -> None:
    """An Arrow array, chunked array or record batch."""
    kinds = (pa.RecordBatch, pa.ChunkedArray, pa.Array)  # not the name of the class: that of arrays tells their type
    walker.put(next(kind.__name__ for kind in kinds if isinstance(values, kind)))
    if isinstance(values, pa.RecordBatch):
        table(walker, pa.Table.from_batches([values]))
    else:
        table(walker, pa.table({"": values}))


def arrow_type(walker: Walker, kind: Any) -> None:
    """An Arrow type or schema."""
    walker.put("arrow", kind.to_string(truncate_metadata=False) if isinstance(kind, pa.Schema) else str(kind))


def field(walker: Walker, value: pa.Field) -> None:
    """An Arrow field."""
    walker.put("field")
    arrow_type(walker, pa.schema([value]))


def arrow_scalar(walker: Walker, value: Any) -> None:
    """An Arrow scalar."""
    walker.put("scalar")
    columns(walker, pa.array([value.as_py()], value.type))


def features(walker: Walker, value: Features) -> None:
    """The features of a dataset, in order: the order of columns matters, unlike that of a dict."""
    walker.visit(type(value))
    arrow_type(walker, value.arrow_schema)
