"""Names of Arrow's primitive types: ``"timestamp[us, tz=UTC]"`` to a ``pa.DataType`` and back.

Knows: every spelling users know, and the one canonical spelling of each type.
Does not know: features, columns or values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import pyarrow as pa

from nlpdata.errors import FeatureError, did_you_mean

_PLAIN: dict[str, Callable[[], pa.DataType]] = {
    "null": pa.null,
    "bool": pa.bool_,
    "int8": pa.int8,
    "int16": pa.int16,
    "int32": pa.int32,
    "int64": pa.int64,
    "uint8": pa.uint8,
    "uint16": pa.uint16,
    "uint32": pa.uint32,
    "uint64": pa.uint64,
    "float16": pa.float16,
    "float32": pa.float32,
    "float64": pa.float64,
    "date32": pa.date32,
    "date64": pa.date64,
    "string": pa.string,
    "large_string": pa.large_string,
    "string_view": pa.string_view,
    "binary": pa.binary,
    "large_binary": pa.large_binary,
    "binary_view": pa.binary_view,
    "month_day_nano_interval": pa.month_day_nano_interval,
}

_ALIASES = {
    "bool_": "bool",
    "boolean": "bool",
    "halffloat": "float16",
    "float": "float32",
    "double": "float64",
    "utf8": "string",
    "large_utf8": "large_string",
    "date32[day]": "date32",
    "date64[ms]": "date64",
}

# What people write who think of Python or NumPy: not accepted, because the width is a choice, but answered.
_PYTHON = {
    "str": "string",
    "int": "int64",
    "bytes": "binary",
    "text": "string",
    "datetime": "timestamp[us]",
    "list": "List(...)",
}

_UNITS = {
    "time32": ("s", "ms"),
    "time64": ("us", "ns"),
    "duration": ("s", "ms", "us", "ns"),
    "timestamp": ("s", "ms", "us", "ns"),
}
_DECIMALS = {name: getattr(pa, name) for name in ("decimal32", "decimal64", "decimal128", "decimal256")}

_WITH_UNIT = re.compile(r"(time32|time64|duration|timestamp)\[\s*(\w+)\s*(?:,\s*tz\s*=\s*([^\]]+?)\s*)?\]")
_DECIMAL = re.compile(r"(decimal(?:32|64|128|256))\(\s*(\d+)\s*(?:,\s*(-?\d+)\s*)?\)")
_FIXED = re.compile(r"fixed_size_binary\[\s*(\d+)\s*\]")


@lru_cache(maxsize=1024)
def parse_dtype(name: str) -> pa.DataType:
    """The Arrow type that a name stands for.

    >>> parse_dtype("double"), parse_dtype("decimal128(10, 2)")
    (DataType(double), Decimal128Type(decimal128(10, 2)))

    Raises:
        FeatureError: no Arrow type has this name, or its arguments are out of range.
    """
    plain = _PLAIN.get(_ALIASES.get(name, name))
    if plain is not None:
        return plain()
    try:
        found = _parse_with_arguments(name)
    except (ValueError, pa.ArrowException) as error:
        raise FeatureError(f"{name!r} is not a valid type: {error}.") from None
    if found is not None:
        return found
    if name in _PYTHON:
        raise FeatureError(f"{name!r} is not a type. Did you mean {_PYTHON[name]!r}?")
    known = [*_PLAIN, *_ALIASES, *_UNITS, *_DECIMALS]
    raise FeatureError(
        f"{name!r} is not a type.{did_you_mean(name, known)} Known: {', '.join(_PLAIN)}, time32[s|ms], time64[us|ns], "
        "timestamp[s|ms|us|ns], timestamp[unit, tz=zone], duration[unit], decimal128(precision, scale), fixed_size_binary[n]."
    )


def _parse_with_arguments(name: str) -> pa.DataType | None:
    if match := _WITH_UNIT.fullmatch(name):
        kind, unit, zone = match.groups()
        if unit not in _UNITS[kind]:
            raise ValueError(f"the unit of {kind} is one of {', '.join(_UNITS[kind])}, not {unit!r}")
        if kind == "timestamp":
            return pa.timestamp(unit, zone)
        if zone is not None:
            raise ValueError(f"{kind} has no time zone")
        return getattr(pa, kind)(unit)
    if match := _DECIMAL.fullmatch(name):
        kind, precision, scale = match.groups()
        return _DECIMALS[kind](int(precision), int(scale or 0))
    if match := _FIXED.fullmatch(name):
        return pa.binary(int(match.group(1)))
    return None


_NAME_OF = {make(): name for name, make in _PLAIN.items()}


def dtype_name(t: pa.DataType) -> str:
    """The canonical name of a primitive Arrow type; ``parse_dtype`` reads it back.

    >>> dtype_name(pa.float64()), dtype_name(pa.timestamp("s", "UTC"))
    ('float64', 'timestamp[s, tz=UTC]')

    Raises:
        FeatureError: the type is nested, or has no name here.
    """
    name = _NAME_OF.get(t)
    if name is not None:
        return name
    text = str(t)
    if _WITH_UNIT.fullmatch(text) or _DECIMAL.fullmatch(text) or _FIXED.fullmatch(text):
        return text
    raise FeatureError(f"The Arrow type {t} is not a primitive type that a Value can have.")
