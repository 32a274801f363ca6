"""The type of a column of texts, and the texts as values of that type.

Knows: the lattice null < int64 < double < string and null < bool < string, as people know it from pandas; dates stay text.
Does not know: files. Whole columns are converted by Arrow's kernels; nothing is done per value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_CANDIDATES: dict[pa.DataType, tuple[pa.DataType, ...]] = {
    pa.null(): (pa.int64(), pa.float64(), pa.bool_()),
    pa.int64(): (pa.int64(), pa.float64()),
    pa.float64(): (pa.float64(),),
    pa.bool_(): (pa.bool_(),),
    pa.string(): (),
}


_FEW = 64


@dataclass(frozen=True, slots=True)
class Style:
    """How numbers and truth are written in a file."""

    decimal: str = "."
    thousands: str | None = None
    true_values: tuple[str, ...] = ("True", "TRUE", "true")
    false_values: tuple[str, ...] = ("False", "FALSE", "false")


def guess_type(texts: pa.Array, known: pa.DataType, style: Style) -> pa.DataType:
    """The narrowest type that holds ``texts`` and everything that ``known`` (the type so far) holds.

    Integers beyond 64 bits stay text, because a double would change them.

    >>> guess_type(pa.array(["1", None, " 22"]), pa.null(), Style())
    DataType(int64)
    >>> guess_type(pa.array(["2020-01-01"]), pa.null(), Style())
    DataType(string)
    """
    if texts.null_count == len(texts):
        return known
    if len(texts) > 2 * _FEW and (known := guess_type(texts.slice(0, _FEW), known, style)) == pa.string():
        return known  # most columns of text show it at once
    for candidate in _CANDIDATES[known]:
        if candidate == pa.float64() and known != pa.float64() and _all_digits(texts, style):
            break  # digits only, and int64 did not hold them
        try:
            convert(texts, candidate, style)
        except pa.ArrowInvalid:
            continue
        return candidate
    return pa.string()


def convert(texts: pa.Array, kind: pa.DataType, style: Style) -> pa.Array:
    """A column of texts as ``kind``; null stays null.

    Raises:
        pyarrow.ArrowInvalid: a text is no such value. :func:`first_misfit` finds it.
    """
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return texts if texts.type == kind else texts.cast(kind)
    if pa.types.is_boolean(kind):
        return _truth(texts, style)
    if pa.types.is_integer(kind):
        numbers = _number_texts(texts, style)
        if b"x" in (seen := _bytes_of(numbers)) or b"X" in seen:
            raise pa.ArrowInvalid("hexadecimal digits are text")
        return numbers.cast(kind)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = _number_texts(texts, style)
        return numbers.cast(kind) if not pa.types.is_float16(kind) else numbers.cast(pa.float32()).cast(kind)
    return texts.cast(kind)


def first_misfit(texts: pa.Array, kind: pa.DataType, style: Style) -> int:
    """The position of the first text that :func:`convert` refuses (found by halving); -1 if it takes all."""
    low, high = 0, len(texts)
    if _fits(texts, kind, style):
        return -1
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(texts.slice(low, middle - low), kind, style):
            low = middle
        else:
            high = middle
    return low


def _fits(texts: pa.Array, kind: pa.DataType, style: Style) -> bool:
    try:
        convert(texts, kind, style)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True


def _bytes_of(texts: pa.Array) -> bytes:
    """The bytes of all texts, one after the other."""
    data = texts.buffers()[2]
    if data is None or not len(texts):
        return b""
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    ends = np.frombuffer(texts.buffers()[1], width)
    first, last = int(ends[texts.offset]), int(ends[texts.offset + len(texts)])
    return bytes(memoryview(data)[first:last])


def _number_texts(texts: pa.Array, style: Style) -> pa.Array:
    numbers = pc.ascii_trim_whitespace(texts) if _bytes_of(texts).isascii() else pc.utf8_trim_whitespace(texts)
    if style.thousands:
        numbers = pc.replace_substring(numbers, style.thousands, "")
    if style.decimal != ".":
        numbers = pc.replace_substring(numbers, style.decimal, ".")
    if b"+" in _bytes_of(numbers):  # Arrow reads no sign but a minus
        numbers = pc.replace_substring_regex(numbers, r"^\+([\d.])", r"\1")
    return numbers


def _all_digits(texts: pa.Array, style: Style) -> bool:
    return bool(pc.all(pc.match_substring_regex(_number_texts(texts, style), r"^[-+]?\d+$")).as_py())


def _truth(texts: pa.Array, style: Style) -> pa.Array:
    true = pc.is_in(texts, value_set=pa.array(style.true_values, texts.type))
    false = pc.is_in(texts, value_set=pa.array(style.false_values, texts.type))
    known = pc.or_(true, false)
    if not pc.all(pc.or_(known, pc.is_null(texts))).as_py():
        raise pa.ArrowInvalid("neither true nor false")
    return pc.if_else(known, true, pa.scalar(None, pa.bool_()))
