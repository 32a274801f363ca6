"""Predictions and references, in whatever form they are held, as flat arrays.

Knows: lists, NumPy, Arrow, torch (by its shape, never imported), pandas, polars and dataset columns; what a label and
what a number is, and how to say which row is neither.
Does not know: what is computed from them.
Numeric arrays pass through without a copy; text stays in Arrow; a list is read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from nlpdata.errors import ArgumentError, FeatureError, RowError

Numbers: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

_LARGEST = 1e150


def check_lengths(columns: Mapping[str, Any]) -> int:
    """The number of rows that all columns share.

    Raises:
        ArgumentError: the columns differ in length; the message names each.
    """
    lengths = {name: _length(name, values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{name} has {length:,} rows" for name, length in lengths.items())
        raise ArgumentError(f"All inputs need one value per row, but {found}. Give the same rows to each.")
    return next(iter(lengths.values()), 0)


def _length(name: str, values: Any) -> int:
    if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
        raise FeatureError(f"{name} is one {type(values).__name__}; a list or an array with one value per row is needed.")
    try:
        return len(values)
    except TypeError:  # a 0-d array or tensor
        raise FeatureError(f"{name} is a single value; a list or an array with one value per row is needed.") from None


def as_array(values: Any, name: str = "values") -> Any:
    """One flat array: NumPy for bools, ints and floats (no copy where it is one), Arrow for text.

    Args:
        values: a list, tuple, NumPy array, Arrow array, torch tensor (any device), pandas or polars series, dataset column.
        name: what error messages call it.

    Raises:
        RowError: a row is missing, or of another type than the rows before it.
        FeatureError: not one value per row, or values that are neither numbers nor text.
    """
    _length(name, values)
    if hasattr(values, "detach"):
        values = _from_tensor(values)
    if isinstance(values, np.ndarray):
        return _from_numpy(values, name)
    if _is_arrow(values):
        return _from_arrow(values, name)
    if hasattr(values, "__arrow_c_stream__"):
        return _from_arrow(_arrow(values, name), name)
    if hasattr(values, "__array__"):
        return _from_numpy(np.asarray(values), name)
    return _from_sequence(values, name)


def labels(values: Any, name: str = "values") -> Any:
    """Class labels: an integer NumPy array, or an Arrow array of text.

    Bools count as 0 and 1. Floats that are whole numbers are taken as integers.

    Raises:
        RowError: a row that is no label (0.5, NaN, None), with its number.
        FeatureError: not one label per row.
    """
    array = as_array(values, name)
    if not isinstance(array, np.ndarray):
        return array
    if array.dtype.kind == "b":
        return array.view(np.uint8)
    if array.dtype.kind == "f":
        return _whole(array, name)
    if array.dtype == np.uint64:
        if array.size and array.max() > np.iinfo(np.int64).max:
            row = int(array.argmax())
            raise _row_error(name, row, array[row].item(), "does not fit 64-bit integers")
        return array.view(np.int64)
    return array


def label_pair(predictions: Any, references: Any) -> tuple[Any, Any]:
    """Predicted and true labels, of equal length and kind: two integer arrays or two Arrow arrays of text.

    Raises:
        ArgumentError: the lengths differ.
        FeatureError: labels are text on one side and integers on the other, or no labels at all.
    """
    check_lengths({"predictions": predictions, "references": references})
    left, right = labels(predictions, "predictions"), labels(references, "references")
    texts = [not isinstance(side, np.ndarray) for side in (left, right)]
    if len(left) and texts[0] != texts[1]:
        kinds = ["text" if text else "integers" for text in texts]
        raise FeatureError(
            f"predictions are {kinds[0]} and references are {kinds[1]}: labels can be compared only if both are text or both "
            "are integers. ClassLabel.str2int and int2str turn one into the other."
        )
    return left, right


def agreement(predictions: Any, references: Any) -> Numbers:
    """Whether each predicted label is the true one: a boolean array.

    Raises:
        ArgumentError, FeatureError: as :func:`label_pair`.
    """
    left, right = label_pair(predictions, references)
    if isinstance(left, np.ndarray):
        same: Numbers = left == right
        return same
    import pyarrow as pa
    import pyarrow.compute as pc

    sides = [side.combine_chunks() if isinstance(side, pa.ChunkedArray) else side for side in (left, right)]
    return _from_arrow(pc.equal(*sides), "agreement")  # type: ignore[no-any-return]


def numbers(values: Any, name: str = "values") -> Numbers:
    """Finite float64 numbers, no copy where they are float64 already. Beyond 1e150 squares would overflow: refused.

    Raises:
        RowError: NaN, infinity, None or too large, with the number of the row.
        FeatureError: text, or not one number per row.
    """
    array = as_array(values, name)
    if not isinstance(array, np.ndarray):
        raise FeatureError(f"{name} are text; numbers are needed.")
    result = array.astype(np.float64, copy=False)
    if result.size and not (result.min() >= -_LARGEST and result.max() <= _LARGEST):  # NaN is neither
        row = int(((result >= -_LARGEST) & (result <= _LARGEST)).argmin())
        problem = "is beyond 1e150, where squares overflow" if np.isfinite(result[row]) else "is not a finite number"
        raise _row_error(name, row, array[row].item(), problem)
    return result


def weights(values: Any, name: str = "sample_weight") -> Numbers:
    """Finite weights that are not negative, as float64.

    Raises:
        RowError: a negative, infinite or missing weight, with the number of the row.
    """
    result = numbers(values, name)
    if result.size and result.min() < 0:
        row = int(result.argmin())
        raise _row_error(name, row, result[row].item(), "is negative")
    return result


def texts(values: Any, name: str = "values") -> list[str]:
    """A list of Python strings; what is not text is refused.

    Raises:
        FeatureError: the values are numbers.
    """
    array = as_array(values, name)
    if isinstance(array, np.ndarray):
        if not array.size:
            return []
        raise FeatureError(f"{name} are {array.dtype}; text is needed.")
    result: list[str] = array.to_pylist()
    return result


def _row_error(name: str, row: int, value: Any, problem: str) -> RowError:
    return RowError(f"Row {row} of {name} {problem}: {value!r}.", row=row, column=name, value=value)


def _is_arrow(values: Any) -> bool:
    return type(values).__module__.startswith("pyarrow.") and hasattr(values, "null_count")


def _from_tensor(values: Any) -> Any:
    """A torch tensor as NumPy: off the graph and the device, bfloat16 (which NumPy lacks) as float32."""
    host = values.detach().cpu()
    return np.asarray(host.float() if str(host.dtype) == "torch.bfloat16" else host)


def _from_numpy(array: Numbers, name: str) -> Any:
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.reshape(-1)
    if array.ndim != 1:
        raise FeatureError(
            f"{name} have the shape {array.shape}; one value per row is needed. "
            "Scores per class become labels with .argmax(-1), several tokens per row with .reshape(-1)."
        )
    kind = array.dtype.kind
    if kind in "biuf":
        return array
    if kind in "OUT":
        return _from_sequence(array.tolist(), name)
    if kind == "V":  # ml_dtypes.bfloat16 of jax and tensorflow
        try:
            return array.astype(np.float32)
        except (TypeError, ValueError):
            pass
    raise FeatureError(f"{name} are of type {array.dtype}; numbers or text are needed.")


def _arrow(values: Any, name: str) -> Any:
    import pyarrow as pa

    try:
        return pa.chunked_array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError) as error:
        raise FeatureError(f"{name} hold values of several types: {error}") from error


def _from_arrow(array: Any, name: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if array.null_count:
        row = pc.index(pc.is_null(array), True).as_py()
        raise _row_error(name, row, None, "is missing")
    kind = array.type
    if pa.types.is_dictionary(kind):
        array, kind = array.cast(kind.value_type), kind.value_type
    if pa.types.is_null(kind):
        return np.empty(0, np.int64)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return array.to_numpy() if isinstance(array, pa.ChunkedArray) else array.to_numpy(zero_copy_only=False)
    if pa.types.is_boolean(kind):
        return array.cast(pa.uint8()).to_numpy().view(np.bool_)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        # 64-bit offsets: both sides then have one type, and no concatenation can overflow.
        return array.cast(pa.large_string())
    raise FeatureError(f"{name} are of type {kind}; one number or one text per row is needed.")


def _from_sequence(values: Any, name: str) -> Any:
    rows = values if isinstance(values, list) else list(values)
    if rows and hasattr(rows[0], "item"):  # NumPy, torch or jax scalars
        rows = [row.item() if hasattr(row, "item") else row for row in rows]
    if not rows:
        return np.empty(0, np.int64)
    return _from_plain_numbers(rows, name) if isinstance(rows[0], int | float) else _from_plain_values(rows, name)


def _from_plain_numbers(rows: list[Any], name: str) -> Any:
    """A list that begins with a number. Not by Arrow: its first conversion of a list imports pandas where that is installed."""
    try:
        array = np.asarray(rows)
    except (ValueError, OverflowError) as error:  # ragged
        raise _first_odd_row(rows, name, error) from None
    if array.ndim == 1 and array.dtype.kind not in "biuf":
        raise _first_odd_row(rows, name, f"NumPy makes {array.dtype} of it")
    return _from_numpy(array, name)


def _from_plain_values(rows: list[Any], name: str) -> Any:
    import pyarrow as pa

    try:
        return _from_arrow(pa.array(rows), name)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
        raise _first_odd_row(rows, name, error) from None


def _first_odd_row(rows: list[Any], name: str, error: object) -> FeatureError:
    """The error that names the first row that differs from the first one."""
    first = type(rows[0])
    for row, value in enumerate(rows):
        if value is None:
            return _row_error(name, row, None, "is missing")
        if type(value) is not first:
            return _row_error(
                name, row, value, f"is of type {type(value).__name__} where the rows before it are {first.__name__}"
            )
    return FeatureError(f"{name} cannot be read as one number or one text per row: {error}")


def _whole(array: Numbers, name: str) -> Numbers:
    """Floats that are whole numbers, as int64."""
    with np.errstate(invalid="ignore"):
        result = array.astype(np.int64)
        wrong = (result != array) | (np.abs(array) >= 2.0**53)
    if wrong.any():
        row = int(wrong.argmax())
        problem = "is not a label (scores become labels with argmax(-1) or with > 0.5)"
        raise _row_error(name, row, array[row].item(), problem)
    return result


def reference_lists(values: Any, name: str = "references") -> list[list[str]]:
    """One list of texts per row; a single text is a list of one."""
    rows = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    if not rows or isinstance(rows[0], str):
        return [[text] for text in texts(values, name)]
    lists = [texts(row, f"{name}[{i}]") for i, row in enumerate(rows)]
    if [] in lists:
        raise FeatureError(f"Row {lists.index([])} of {name} is an empty list; each row needs at least one text.")
    return lists


def same_number(lists: list[list[str]]) -> list[list[str]]:
    """The lists themselves, if each row has as many references as the others."""
    odd = next((row for row, each in enumerate(lists) if len(each) != len(lists[0])), None)
    if odd is not None:
        raise FeatureError(
            f"Row {odd} of references has {len(lists[odd])} texts, the rows before it have {len(lists[0])}. "
            "sacreBLEU needs the same number of references for every row."
        )
    return lists
