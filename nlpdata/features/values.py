"""What users hand over as a column, brought to one of three forms: list, NumPy array, Arrow array.

Knows: how to recognise arrays of libraries that are not imported here. Does not know: types or features.
"""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.errors import ArgumentError, FeatureError

MAX_OFFSET = 2**31 - 1


def as_values(values: Any) -> Any:
    """The rows of a column as a list, a NumPy array of at least one dimension, or an Arrow array; copies only to a list.

    Raises:
        ArgumentError: it is no column: text, a mapping, a scalar.
    """
    if isinstance(values, list | pa.Array | pa.ChunkedArray):
        return values
    if isinstance(values, np.ndarray):
        return _from_numpy(values)
    if isinstance(values, str | bytes | Mapping):
        raise ArgumentError(f"A column is a list or an array of rows, not a {type(values).__name__}.")
    if hasattr(values, "iloc"):
        return _from_pandas(values)
    if hasattr(values, "__arrow_c_stream__"):
        return pa.chunked_array(values)
    if hasattr(values, "__arrow_c_array__"):
        return pa.array(values)
    if hasattr(values, "__array__"):
        return _from_numpy(as_numpy(values))
    try:
        return list(values)
    except TypeError:
        raise ArgumentError(f"A column is a list or an array of rows, not a {type(values).__name__}.") from None


def as_numpy(values: Any) -> np.ndarray[Any, Any]:
    """An array of any library that offers ``__array__`` as a NumPy array, from a device to memory if need be."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if str(values.dtype) == "torch.bfloat16":
            values = values.float()
    array = np.asarray(values)
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def _from_numpy(values: np.ndarray[Any, Any]) -> Any:
    if values.ndim == 0:
        raise ArgumentError("A column is a list or an array of rows, not a scalar.")
    return values.tolist() if values.dtype == object else values


def _from_pandas(series: Any) -> Any:
    """Missing values of a pandas Series or Index are nulls; objects are looked at one by one."""
    if str(series.dtype) != "object":
        return pa.array(series.copy(deep=True))  # of memory that Arrow owns, pandas makes no copy
    return [None if value is None or is_missing(value) else value for value in series.tolist()]


def is_missing(value: Any) -> bool:
    """True for what pandas writes where there is no value: NaN, NaT, NA."""
    if isinstance(value, float):
        return value != value
    return type(value).__name__ in ("NAType", "NaTType")


def scalar(value: Any) -> Any:
    """A row's value without its wrapping: 0-dimensional arrays and Arrow scalars as Python values, arrays as NumPy's.

    Plain values are returned as they are.
    """
    kind = type(value)
    if kind in _PLAIN or (kind is np.ndarray and value.ndim):
        return value
    if isinstance(value, pa.Scalar):
        return value.as_py()
    if not isinstance(value, np.generic) and hasattr(value, "__array__") and not hasattr(value, "iloc"):
        array = as_numpy(value)
        return array[()] if array.ndim == 0 else array
    return None if kind.__name__ in ("NAType", "NaTType") else value


def owned(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The array, or a copy of it where its memory can still change and Arrow would share it."""
    kind = values.dtype.kind
    kept = kind in "iuf" or (kind in "mM" and np.datetime_data(values.dtype)[0] in _ARROW_UNITS)
    shared = kept and values.dtype.isnative and values.flags.c_contiguous
    return values.copy() if shared and not _is_constant(values) else values


def _is_constant(values: Any) -> bool:
    """True if nobody can write the memory of an array: it belongs to Arrow, to bytes or to a file that is mapped to be read."""
    while isinstance(values, np.ndarray):
        if values.flags.writeable:
            return False
        values = values.base
    if isinstance(values, mmap.mmap | pa.Buffer):
        return memoryview(values).readonly
    return isinstance(values, bytes | pa.Array | pa.ChunkedArray)


_PLAIN = frozenset({str, int, float, bool, bytes, list, tuple, dict, type(None)})

_ARROW_UNITS = ("s", "ms", "us", "ns")
_TIME_UNITS = {"Y": "D", "M": "D", "W": "D", "h": "s", "m": "s"}


def numpy_array(values: np.ndarray[Any, Any]) -> Any:
    """A NumPy array of any dimension as an Arrow array whose rows are its first dimension; shares memory where it can.

    (:func:`owned` is for memory that may be written again.) Further dimensions become lists, with 64-bit offsets where more
    than 2**31 - 1 items need them.

    Raises:
        FeatureError: Arrow has no type for such items (complex numbers, records).
    """
    if values.dtype.kind in "cV":
        raise FeatureError(f"A NumPy array of {values.dtype} cannot be stored.")
    if not values.dtype.isnative:
        values = values.astype(values.dtype.newbyteorder("="))
    if values.dtype.kind in "mM":
        unit = np.datetime_data(values.dtype)[0]
        if values.dtype.kind == "m" and unit in ("W", "D"):
            unit = "h"
        if unit in _TIME_UNITS:
            values = values.astype(f"{values.dtype.kind}8[{_TIME_UNITS[unit]}]")
    array = pa.array(np.ascontiguousarray(values).reshape(-1))
    for depth in range(values.ndim - 1, 0, -1):
        count, size = int(np.prod(values.shape[:depth])), values.shape[depth]
        large = count * size > MAX_OFFSET
        offsets = np.arange(count + 1, dtype=np.int64 if large else np.int32) * size
        kind = pa.LargeListArray if large else pa.ListArray
        array = kind.from_arrays(pa.array(offsets), array)
    return array
