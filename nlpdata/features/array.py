"""Arrays of a fixed rank in columns: ``Array2D`` to ``Array5D``.

Knows: that an array is stored as nested lists, and the mark on an Arrow field that tells it from lists: the name and the
parameters of the extension type that other readers of such files know. Does not know: how values become nested lists
(``encode``, ``cast``) or how they are shown (``formats``).

The mark is metadata, not an Arrow type of ours: Arrow allows one class for a name in a process, and another library may
have taken it. Files are the same either way; where that library is loaded, Arrow gives its type, which is read as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from nlpdata.errors import FeatureError
from nlpdata.features.base import Feature
from nlpdata.features.nested import List
from nlpdata.features.scalars import Value

_PREFIX, _SUFFIX = "datasets.features.features.", "ExtensionType"
_NAME, _PARAMETERS = b"ARROW:extension:name", b"ARROW:extension:metadata"


@dataclass(frozen=True, repr=False)
class ArrayXD(Feature):
    """An array of a fixed rank; ``Array2D`` ... ``Array5D`` say which.

    Args:
        shape: the length of each dimension; the first may be None: it then varies from row to row.
        dtype: name of the items' type, such as ``"float32"``.
        id: free for the user; neither compared nor stored.

    Raises:
        FeatureError: the shape has another rank, or a dimension that cannot be.
    """

    shape: tuple[int | None, ...]
    dtype: str
    id: str | None = field(default=None, compare=False)
    rank: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if not isinstance(self.shape, Iterable) or isinstance(self.shape, str):
            raise FeatureError(f"The shape of an {self._type} is a tuple of {self.rank} lengths, not {self.shape!r}.")
        shape = tuple(size if size is None else int(size) for size in self.shape)
        if (
            len(shape) != self.rank
            or any(size is None for size in shape[1:])
            or any(size is not None and size < 0 for size in shape)
        ):
            raise FeatureError(
                f"The shape of an {self._type} is {self.rank} lengths, the first of them None if it varies, not {self.shape!r}."
            )
        object.__setattr__(self, "shape", shape)
        items = Value(self.dtype)
        if not (pa.types.is_primitive(items.pa_type) or pa.types.is_boolean(items.pa_type)):
            raise FeatureError(f"The items of an {self._type} are numbers, booleans or times, not {self.dtype}.")
        object.__setattr__(self, "dtype", items.dtype)

    @property
    def pa_type(self) -> pa.DataType:
        """Nested lists, one level a dimension."""
        t = Value(self.dtype).pa_type
        for _ in self.shape:
            t = pa.list_(t)
        return t

    @property
    def field_marks(self) -> dict[bytes, bytes]:
        """What tells an array from nested lists."""
        name = f"{_PREFIX}{self._type}{_SUFFIX}"
        return {_NAME: name.encode(), _PARAMETERS: json.dumps([list(self.shape), self.dtype]).encode()}

    @property
    def lists(self) -> List:
        """The nested lists that the array is stored as, as a feature."""
        found: Any = Value(self.dtype)
        for _ in self.shape:
            found = List(found)
        return found  # type: ignore[no-any-return]

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON-able data."""
        return {"shape": self.shape, "dtype": self.dtype, "_type": self._type}

    def check_lengths(self, lengths: list[np.ndarray[Any, Any]]) -> None:
        """Refuse lists of other lengths than the shape says.

        Args:
            lengths: for each dimension, the lengths of all lists there that are not null.

        Raises:
            FeatureError: a list has another length.
        """
        for size, (dimension, found) in zip(self.shape, enumerate(lengths), strict=True):
            wrong = found[found != size] if size is not None else found[:0]
            if len(wrong):
                raise FeatureError(f"Dimension {dimension} has length {wrong[0]}, where the shape {self.shape} says {size}.")

    def __repr__(self) -> str:
        return f"{self._type}(shape={self.shape!r}, dtype={self.dtype!r})"

    __hash__ = Feature.__hash__


class Array2D(ArrayXD):
    """A 2-dimensional array in each row, such as a grid; stored as nested lists.

    >>> Array2D(shape=(None, 3), dtype="int8").pa_type
    ListType(list<item: list<item: int8>>)
    """

    rank: ClassVar[int] = 2
    _type: ClassVar[str] = "Array2D"


class Array3D(ArrayXD):
    """A 3-dimensional array in each row; stored as nested lists."""

    rank: ClassVar[int] = 3
    _type: ClassVar[str] = "Array3D"


class Array4D(ArrayXD):
    """A 4-dimensional array in each row; stored as nested lists."""

    rank: ClassVar[int] = 4
    _type: ClassVar[str] = "Array4D"


class Array5D(ArrayXD):
    """A 5-dimensional array in each row; stored as nested lists."""

    rank: ClassVar[int] = 5
    _type: ClassVar[str] = "Array5D"


_KINDS: dict[str, type[ArrayXD]] = {f"{_PREFIX}{k._type}{_SUFFIX}": k for k in (Array2D, Array3D, Array4D, Array5D)}


def marked_array(arrow_field: pa.Field) -> ArrayXD | None:
    """The array that an Arrow field holds, by its mark or by another library's type; None if it holds none."""
    t = arrow_field.type
    if isinstance(t, pa.ExtensionType):
        return _parsed(t.extension_name, t.__arrow_ext_serialize__(), t.storage_type)
    marks = arrow_field.metadata or {}
    return _parsed(marks.get(_NAME, b"").decode(errors="replace"), marks.get(_PARAMETERS, b""), t)


def _parsed(name: str, parameters: bytes, storage: pa.DataType) -> ArrayXD | None:
    kind = _KINDS.get(name)
    if kind is None:
        return None
    try:
        shape, dtype = json.loads(parameters)
        found = kind(tuple(shape), dtype)
    except (ValueError, TypeError):  # FeatureError is one: another library's parameters; the lists can be read all the same
        return None
    return found if found.pa_type == storage else None
