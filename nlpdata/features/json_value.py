"""Any value in a column, as JSON.

Knows: how a value becomes JSON text and back. Does not know: which columns need it (``mixed``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from nlpdata.errors import FeatureError
from nlpdata.features.base import Feature
from nlpdata.features.media import changed_arguments, shown_arguments

_types = pa.types


@dataclass(frozen=True, repr=False)
class Json(Feature):
    """Any JSON value in each row, whatever its type: stored as JSON text, seen as Python objects.

    Args:
        decode: False shows the JSON text.
        id: free for the user; neither compared nor stored.

    >>> Json().encode_example({"a": [1, "x", None]})
    '{"a":[1,"x",null]}'
    """

    decode: bool = True
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "json"
    _type: ClassVar[str] = "Json"
    requires_encoding: ClassVar[bool] = True

    @property
    def pa_type(self) -> pa.DataType:
        """Arrow's JSON type: text that is marked as JSON."""
        return pa.json_()

    @property
    def requires_decoding(self) -> bool:
        """True unless ``decode=False``."""
        return self.decode

    def encode_example(self, value: Any) -> str | None:
        """The value as JSON text; None stays None. NumPy values and arrays, tuples, iterators and mappings are understood.

        Raises:
            FeatureError: JSON has no such value (dates, bytes, sets), or a key is no text.
        """
        if value is None:
            return None
        try:
            return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            raise FeatureError("A value holds itself, or is nested too deeply for JSON.") from None

    def decode_example(self, value: Any, token_per_repo_id: Any = None) -> Any:
        """The value that JSON text stands for.

        Raises:
            FeatureError: the text is no JSON, or the type was made with ``decode=False``.
        """
        if not self.decode:
            raise FeatureError("Json(decode=False) shows JSON text as it is; use Json() to decode it.")
        if value is None:
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise FeatureError(f"{str(value)[:80]!r} is not JSON: {error}.") from error

    def cast_storage(self, storage: pa.Array) -> pa.Array:
        """An array as JSON: text that is JSON all through is taken as it is, any other values are encoded."""
        if isinstance(storage, pa.ChunkedArray):
            return pa.chunked_array([self.cast_storage(chunk) for chunk in storage.chunks], type=pa.json_())
        if isinstance(storage.type, pa.JsonType):
            return storage
        values = storage.to_pylist()
        text = _types.is_string(storage.type) or _types.is_large_string(storage.type) or _types.is_string_view(storage.type)
        if text and all(value is None or _is_json(value) for value in values):
            return pa.ExtensionArray.from_storage(pa.json_(), storage.cast(pa.string()))
        return pa.array([self.encode_example(value) for value in values], type=pa.json_())

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON-able data."""
        return {**changed_arguments(self), "_type": self._type}

    def __repr__(self) -> str:
        return shown_arguments(self)

    __hash__ = Feature.__hash__


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


_READY = (str, bool, int, float, type(None))


def _plain(value: Any) -> Any:
    """The value made of what JSON knows."""
    if isinstance(value, _READY):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise FeatureError(f"The keys of a JSON object are text; {key!r} ({type(key).__name__}) is not.")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | Iterator):
        return [_plain(item) for item in value]
    if hasattr(value, "__array__"):
        found = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        if found.dtype.kind in "biufUO":
            return _plain(found.tolist())
    raise FeatureError(f"{value!r} ({type(value).__name__}) has no form in JSON.")
