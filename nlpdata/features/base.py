"""What every feature type offers.

Knows: the contract (Arrow type, encode, decode, tag). Does not know: which types there are.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, ClassVar, TypeAlias

import pyarrow as pa


class Feature:
    """One feature type: what a column's values mean and how they are stored.

    A subclass is a frozen dataclass with a ``dtype``, a ``pa_type``, a ``_type`` tag and an ``id`` that is not compared.
    """

    _type: ClassVar[str] = "Feature"
    #: True if Python values must pass through :meth:`encode_example` before Arrow can store them.
    requires_encoding: ClassVar[bool] = False

    @property
    def pa_type(self) -> pa.DataType:
        """The Arrow type that values are stored as."""
        raise NotImplementedError

    @property
    def requires_decoding(self) -> bool:
        """True if stored values must pass through :meth:`decode_example` before a user sees them."""
        return False

    @property
    def field_marks(self) -> dict[bytes, bytes]:
        """Metadata of an Arrow field of this type, where the Arrow type alone does not tell what it holds."""
        return {}

    def __call__(self) -> pa.DataType:
        """The Arrow type that values are stored as."""
        return self.pa_type

    def encode_example(self, value: Any) -> Any:
        """A Python value as a value that Arrow can store."""
        return value

    def decode_example(self, value: Any) -> Any:
        """A stored value as users see it."""
        return value

    def flatten(self) -> Any:
        """The type's parts as a dict, if ``Features.flatten`` should take it apart, else the type itself."""
        return self

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON-able data with its ``_type`` tag; ``id`` is left out."""
        data = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "id"}  # type: ignore[arg-type]
        return {**data, "_type": self._type}

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_dict(), sort_keys=True))


#: A Feature, a dict of them (a struct), or a list of one of them (``[x]`` means ``List(x)``).
FeatureType: TypeAlias = "Feature | dict[str, Any] | list[Any]"
