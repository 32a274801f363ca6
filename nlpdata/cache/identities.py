"""What particular types are, beyond the sum of their parts: arrays by their bytes, tokenizers by what they do to text.

Knows: a table from the name of a type to what identifies its instances, so that no package is imported for it.
Does not know: how a walk goes on. ``register`` adds types of one's own.
"""

from __future__ import annotations

import functools
import json
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from nlpdata.features import Features
from nlpdata.store.group import TableGroup

if TYPE_CHECKING:
    from nlpdata.cache.walk import Walker

Identity = Callable[["Walker", Any], None]

_registered: dict[type, Identity] = {}  # filled below, and by register


def register(kind: type, identity: Callable[[Any], Any]) -> None:
    """Let ``identity(obj)`` stand for instances of ``kind`` and of its subclasses; it returns anything that has a key."""
    _registered[kind] = lambda walker, obj: walker.visit(identity(obj))
    find.cache_clear()


@functools.lru_cache(maxsize=4096)
def find(kind: type) -> Identity | None:
    """How instances of ``kind`` are written, or None if nothing special is known."""
    for cls in kind.__mro__:
        if cls in _registered:
            return _with_class(_registered[cls])
        identity = _BY_NAME.get(f"{cls.__module__}.{cls.__qualname__}")
        if identity is not None:
            # A subclass from elsewhere may behave differently; numpy.int64 is part of what numpy.generic knows.
            related = kind.__module__.partition(".")[0] == cls.__module__.partition(".")[0]
            return identity if related else _with_class(identity)
    return None


def _with_class(identity: Identity) -> Identity:
    def write(walker: Walker, obj: Any) -> None:
        walker.visit(type(obj))
        identity(walker, obj)

    return write


def _array(walker: Walker, array: np.ndarray[Any, Any]) -> None:
    walker.put("array", f"{array.dtype.str}{array.shape}")
    if array.dtype.names is not None:  # bytes between fields are not data
        for name in array.dtype.names:
            walker.named(f"field {name!r}", array[name])
    elif array.dtype.hasobject:
        walker.sequence(array.ravel().tolist())
    elif array.flags.c_contiguous:
        walker.hash.update(np.asarray(array).reshape(-1).view(np.uint8).data)
    else:
        for chunk in np.nditer(array, flags=["external_loop", "buffered", "zerosize_ok"], order="C", buffersize=65536):
            walker.hash.update(np.ascontiguousarray(chunk).view(np.uint8).data)
    if isinstance(array, np.ma.MaskedArray):
        walker.named("mask", np.ma.getmaskarray(array))


def _scalar(walker: Walker, value: np.generic) -> None:
    _array(walker, np.asarray(value))


def _dtype(walker: Walker, dtype: np.dtype[Any]) -> None:
    walker.put("dtype", repr(dtype.descr) if dtype.names else dtype.str)


def _table(walker: Walker, table: pa.Table) -> None:
    walker.put("schema", table.schema.to_string(truncate_metadata=False))
    walker.put("table", TableGroup(table).content_key())


def _columns(walker: Walker, values: Any) -> None:
    kinds = (pa.RecordBatch, pa.ChunkedArray, pa.Array)  # not the name of the class: that of arrays tells their type
    walker.put(next(kind.__name__ for kind in kinds if isinstance(values, kind)))
    if isinstance(values, pa.RecordBatch):
        _table(walker, pa.Table.from_batches([values]))
    else:
        _table(walker, pa.table({"": values}))


def _arrow_type(walker: Walker, kind: Any) -> None:
    walker.put("arrow", kind.to_string(truncate_metadata=False) if isinstance(kind, pa.Schema) else str(kind))


def _field(walker: Walker, field: pa.Field) -> None:
    walker.put("field")
    _arrow_type(walker, pa.schema([field]))


def _arrow_scalar(walker: Walker, scalar: Any) -> None:
    walker.put("scalar")
    _columns(walker, pa.array([scalar.as_py()], scalar.type))


def _features(features: Features) -> Any:
    # The order of columns matters here, unlike that of a dict.
    return features.arrow_schema


def _tensor(walker: Walker, tensor: Any) -> None:
    walker.put("tensor", f"{tensor.dtype}{tuple(tensor.shape)}")
    flat = tensor.detach().to_dense().cpu().contiguous().reshape(-1)
    if flat.numel():
        walker.put_buffer("data", flat.view(sys.modules["torch"].uint8).numpy())


def _tokenizer(walker: Walker, tokenizer: Any) -> None:
    """What a ``tokenizers.Tokenizer`` does to text; padding and truncation are set anew by each use of it."""
    walker.visit(type(tokenizer))
    text = tokenizer.to_str()
    head, mark, rest = text.partition('"added_tokens":')
    try:
        settings = json.loads(head.rstrip().rstrip(",") + "}")
    except ValueError:
        settings = None
    if mark and settings is not None and set(settings) <= {"version", "truncation", "padding"}:
        walker.put("tokenizer", rest)
        return
    content = json.loads(text)
    walker.put("tokenizer", json.dumps({k: v for k, v in content.items() if k not in ("truncation", "padding")}))


def _logger(walker: Walker, logger: logging.Logger) -> None:
    walker.put("logger")


_BY_NAME: dict[str, Identity] = {
    "logging.Logger": _logger,
    "numpy.dtype": _dtype,
    "numpy.generic": _scalar,
    "numpy.ndarray": _array,
    "pyarrow.lib.Array": _columns,
    "pyarrow.lib.ChunkedArray": _columns,
    "pyarrow.lib.DataType": _arrow_type,
    "pyarrow.lib.Field": _field,
    "pyarrow.lib.RecordBatch": _columns,
    "pyarrow.lib.Scalar": _arrow_scalar,
    "pyarrow.lib.Schema": _arrow_type,
    "pyarrow.lib.Table": _table,
    "sentencepiece.SentencePieceProcessor": lambda walker, model: walker.put("model", model.serialized_model_proto()),
    "tokenizers.Tokenizer": _tokenizer,
    "torch.Tensor": _tensor,
}

register(Features, _features)
