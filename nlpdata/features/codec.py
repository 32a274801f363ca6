"""Single Python values through a feature: what loader scripts yield -> what can be stored -> what users see.

Knows: how nesting is walked. Does not know: Arrow arrays (``encode`` does whole columns), tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.errors import FeatureError
from nlpdata.features.nested import LargeList, List, Struct, Translation
from nlpdata.features.scalars import Value


def requires_decoding(feature: Any) -> bool:
    """True if stored values of a feature must be decoded before a user sees them."""
    if isinstance(feature, Struct):
        return any(requires_decoding(value) for value in feature.values())
    return bool(feature.requires_decoding)


def encode_value(feature: Any, value: Any) -> Any:
    """A value as loader scripts yield it, as a value that can be stored.

    Raises:
        FeatureError: it does not fit.
    """
    if value is None:
        return None
    if isinstance(feature, Translation):
        feature = Struct(feature.flatten())
    if isinstance(feature, Struct):
        value = as_mapping(feature, value)
        return {key: encode_value(part, value.get(key)) for key, part in feature.items()}
    if isinstance(feature, List | LargeList):
        return _encode_items(feature.feature, value)
    return feature.encode_example(value)


def spelled_as(feature: Any, value: Any) -> Any:
    """A value with its numbers, texts and flags as the feature declares them, if nothing of them is lost: ``5`` is ``"5"``.

    What else does not fit stays as it is.

    Raises:
        FeatureError: something of a number, text or flag would be lost.
    """
    if value is None:
        return None
    if isinstance(feature, Translation):
        feature = Struct(feature.flatten())
    if isinstance(feature, Struct):
        parts = as_mapping(feature, value)
        return {key: spelled_as(feature[key], part) if key in feature else part for key, part in parts.items()}
    if isinstance(feature, List | LargeList):
        return [spelled_as(feature.feature, item) for item in value] if is_listlike(value) else value
    return feature.encode_example(value) if isinstance(feature, Value) else value


def decode_value(feature: Any, value: Any) -> Any:
    """A stored value as users see it."""
    if value is None or not requires_decoding(feature):
        return value
    if isinstance(feature, Struct):
        return {key: decode_value(feature[key], part) for key, part in value.items()}
    if isinstance(feature, List | LargeList):
        return [decode_value(feature.feature, item) for item in value]
    return feature.decode_example(value)


def as_mapping(feature: Struct, value: Any) -> Mapping[str, Any]:
    """The value as a mapping; a list of mappings where the struct is one of lists (what ``Sequence({...})`` takes).

    Raises:
        FeatureError: it is neither.
    """
    if isinstance(value, Mapping):
        return value
    if isinstance(value, Iterator):
        value = list(value)
    lists = all(isinstance(part, List) for part in feature.values())
    if lists and isinstance(value, list | tuple) and all(isinstance(item, Mapping) for item in value):
        unknown = {key for item in value for key in item} - set(feature)
        return {key: [item.get(key) for item in value] for key in [*feature, *sorted(unknown)]}
    raise FeatureError(f"A {type(value).__name__} is not a mapping with the keys {', '.join(feature)}.")


def is_listlike(value: Any) -> bool:
    """True for what may be stored as a list: sequences, sets and arrays, but not text, bytes or mappings."""
    if isinstance(value, str | bytes | bytearray | memoryview | Mapping):
        return False
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return getattr(value, "ndim", 0) > 0
    return isinstance(value, Iterable)


_READY: dict[str, set[type]] = {"string": {str}, "large_string": {str}, "bool": {bool}, "float32": {float}, "float64": {float}}
_READY |= {f"{sign}int{bits}": {int} for sign in ("", "u") for bits in (8, 16, 32, 64)}


def _encode_items(feature: Any, value: Any) -> Any:
    if not is_listlike(value):
        raise FeatureError(f"{value!r} ({type(value).__name__}) is not a list.")
    if isinstance(feature, Value):
        if isinstance(value, np.ndarray) and pa.types.is_primitive(feature.pa_type):
            return value
        items = list(value)
        if set(map(type, items)) <= _READY.get(feature.dtype, set()):
            return items
        return [None if item is None else feature.encode_example(item) for item in items]
    return [encode_value(feature, item) for item in value]
