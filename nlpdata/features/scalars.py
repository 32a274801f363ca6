"""Features of one value: ``Value`` and ``ClassLabel``.

Knows: what a scalar may be made from. Does not know: columns, tables or nesting.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import InitVar, dataclass, field
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from nlpdata.errors import FeatureError, did_you_mean
from nlpdata.features.base import Feature
from nlpdata.features.dtypes import dtype_name, parse_dtype


@dataclass(frozen=True, repr=False)
class Value(Feature):
    """A scalar of an Arrow type given by name.

    Args:
        dtype: ``"int64"``, ``"string"``, ``"bool"``, ``"float32"`` (or ``"float"``), ``"float64"`` (or ``"double"``),
            ``"timestamp[s, tz=UTC]"``, ``"decimal128(10, 2)"``, ... ; kept in its canonical spelling.
        id: free for the user; neither compared nor stored.

    Raises:
        FeatureError: no Arrow type has this name.

    >>> Value("double")
    Value('float64')
    """

    dtype: str
    id: str | None = field(default=None, compare=False)
    _type: ClassVar[str] = "Value"

    def __post_init__(self) -> None:
        if not isinstance(self.dtype, str | pa.DataType):
            raise FeatureError(f"Value takes the name of an Arrow type, such as 'int64' or 'string', not {self.dtype!r}.")
        t = parse_dtype(self.dtype) if isinstance(self.dtype, str) else self.dtype
        object.__setattr__(self, "dtype", dtype_name(t))

    @property
    def pa_type(self) -> pa.DataType:
        """The Arrow type that values are stored as."""
        return parse_dtype(self.dtype)

    def encode_example(self, value: Any) -> Any:
        """A value of this type made from what loader scripts yield, if nothing is lost.

        Numbers are read from text (``"5"`` is 5), and text is made from numbers, as scripts have always relied on;
        ``1.5`` is no integer, ``b"x"`` and NaN are no text, and 2**24 + 1 is no float32.

        Raises:
            FeatureError: the value cannot become this type without loss.
        """
        if value is None:
            return None
        convert = _CONVERSIONS.get(_kind(self.pa_type))
        if convert is None:
            return value
        try:
            if convert is float and isinstance(value, Integral):
                return _to_float(value, self.pa_type)
            return convert(value)
        except (ValueError, TypeError, OverflowError):
            raise FeatureError(f"{value!r} ({type(value).__name__}) cannot become {self.dtype} without loss.") from None

    def __repr__(self) -> str:
        return f"Value({self.dtype!r})"

    __hash__ = Feature.__hash__


def _kind(t: pa.DataType) -> str:
    """The name of the conversion that fits an Arrow type, or an empty string."""
    types = pa.types
    if types.is_boolean(t):
        return "bool"
    if types.is_integer(t):
        return "int"
    if types.is_floating(t):
        return "float"
    if types.is_string(t) or types.is_large_string(t) or types.is_string_view(t):
        return "str"
    return ""


def largest_integer(t: pa.DataType) -> int:
    """The integer up to which a floating type holds every integer: 2**24 for float32."""
    return int(2 ** {16: 11, 32: 24, 64: 53}[t.bit_width])


def _to_float(value: Integral, t: pa.DataType) -> float:
    found = float(value)
    with np.errstate(over="ignore"):
        if int(t.to_pandas_dtype()(found)) != int(value):
            raise ValueError("digits would be lost")
    return found


def _to_int(value: Any) -> int:
    number = int(value)
    if not isinstance(value, str) and number != value:
        raise ValueError("a fraction would be lost")
    return number


def _to_bool(value: Any) -> bool:
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}[value.casefold()]
    if value not in (0, 1):
        raise ValueError("neither true nor false")
    return bool(value)


def _to_str(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | Real | np.generic | Path) and value == value:  # NaN stands for a text that is missing
        return str(value)
    raise TypeError("not text")


def _bool_from(value: Any) -> bool:
    try:
        return _to_bool(value)
    except KeyError:
        raise ValueError("neither true nor false") from None


_CONVERSIONS: dict[str, Callable[[Any], Any]] = {"bool": _bool_from, "int": _to_int, "float": float, "str": _to_str}


@dataclass(frozen=True, repr=False)
class ClassLabel(Feature):
    """An integer that stands for a class name; -1 stands for "no label".

    Args:
        num_classes: how many classes; names are then ``"0"``, ``"1"``, ...
        names: the class names in order.
        names_file: a text file with one name a line.
        id: free for the user; neither compared nor stored.

    Raises:
        FeatureError: none of the three is given, they disagree, or a name comes twice.

    >>> label = ClassLabel(names=["neg", "pos"])
    >>> label.str2int("pos"), label.int2str([0, 1])
    (1, ['neg', 'pos'])
    """

    num_classes: int = None  # type: ignore[assignment]
    names: list[str] = None  # type: ignore[assignment]
    names_file: InitVar[str | Path | None] = None
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "int64"
    _type: ClassVar[str] = "ClassLabel"

    def __post_init__(self, names_file: str | Path | None) -> None:
        names = self._names_given(self.num_classes, names_file)
        if len(set(names)) != len(names):
            twice = sorted({n for n in names if names.count(n) > 1})
            raise FeatureError(f"A class name must be unique; these come more than once: {', '.join(twice)}.")
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "num_classes", len(names))

    @property
    def pa_type(self) -> pa.DataType:
        """int64."""
        return pa.int64()

    def _names_given(self, num_classes: int | None, names_file: str | Path | None) -> list[str]:
        names: Iterable[Any] | None = self.names
        if names is not None and names_file is not None:
            raise FeatureError("ClassLabel takes names or names_file, not both.")
        if names_file is not None:
            names = Path(names_file).read_text(encoding="utf-8").split("\n")
            names = [line.strip() for line in names if line.strip()]
        if names is None:
            if num_classes is None:
                raise FeatureError("ClassLabel needs num_classes, names or names_file.")
            return [str(i) for i in range(num_classes)]
        if isinstance(names, str):
            raise FeatureError(f"The names of a ClassLabel are a list, not the text {names!r}.")
        found = [str(name) for name in names]
        if num_classes is not None and num_classes != len(found):
            raise FeatureError(f"ClassLabel was given num_classes={num_classes} but {len(found)} names.")
        return found

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON-able data: its names."""
        return {"names": self.names, "_type": self._type}

    def str2int(self, values: str | Iterable[str]) -> int | list[int]:
        """The integer of a class name, or a list of them for several.

        The digits of an integer (``"1"``) are understood where no class has that name.

        Raises:
            FeatureError: (a ``ValueError``) there is no such class.
        """
        if isinstance(values, str):
            return self._int_of(values, self._index())
        if not isinstance(values, Iterable):
            raise FeatureError(f"str2int takes the name of a class or several, not {values!r}.")
        index = self._index()
        return [self._int_of(self._name(v), index) for v in values]

    def int2str(self, values: int | Iterable[int]) -> str | list[str]:
        """The class name of an integer, or a list of them for several.

        Raises:
            FeatureError: (a ``ValueError``) there is no such class; -1 has no name.
        """
        if isinstance(values, Integral):
            return self._name_of(int(values))
        if not isinstance(values, Iterable):
            raise FeatureError(f"int2str takes an integer or several, not {values!r}.")
        return [self._name_of(self._number(v)) for v in values]

    @staticmethod
    def _name(value: Any) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, Integral) and not isinstance(value, bool):
            return str(value)
        raise FeatureError(f"{value!r} ({type(value).__name__}) is no name of a class.")

    @staticmethod
    def _number(value: Any) -> int:
        if isinstance(value, Integral) or hasattr(value, "__index__"):
            return operator.index(value)
        raise FeatureError(f"{value!r} ({type(value).__name__}) is no number of a class.")

    def encode_example(self, example_data: Any) -> int | None:
        """The integer of a name, of the digits of an integer, or of an integer in range; None stays None.

        Raises:
            FeatureError: the value is none of these.
        """
        if example_data is None:
            return None
        if isinstance(example_data, str):
            return self._int_of(example_data, self._index())
        if isinstance(example_data, bool | np.bool_) or not isinstance(example_data, Real) or float(example_data) % 1 != 0:
            raise FeatureError(f"{example_data!r} ({type(example_data).__name__}) is neither a class name nor an integer.")
        return self._in_range(_to_int(example_data))

    def cast_storage(self, storage: pa.Array) -> pa.Array:
        """An array of names or integers as an int64 array.

        Raises:
            FeatureError: a value is no class.
        """
        if isinstance(storage, pa.ChunkedArray):
            return pa.chunked_array([self.cast_storage(c) for c in storage.chunks], type=pa.int64())
        if _kind(storage.type) == "str":
            if not pa.types.is_string(storage.type):
                storage = storage.cast(pa.string() if storage.nbytes < 2**30 else pa.large_string())
            codes, index = storage.dictionary_encode(), self._index()
            ids = pa.array([self._int_of(name, index) for name in codes.dictionary.to_pylist()], type=pa.int64())
            return ids.take(codes.indices)
        if pa.types.is_boolean(storage.type) or not (
            pa.types.is_integer(storage.type) or pa.types.is_floating(storage.type) or pa.types.is_null(storage.type)
        ):
            raise FeatureError(f"An array of {storage.type} cannot become class labels: names or integers can.")
        labels = storage.cast(pa.int64())
        if len(labels) > labels.null_count:
            bounds = pc.min_max(labels)
            self._in_range(bounds["min"].as_py())
            self._in_range(bounds["max"].as_py())
        return labels

    def _index(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def _int_of(self, name: str, index: dict[str, int]) -> int:
        found = index.get(name)
        if found is not None:
            return found
        try:
            return self._in_range(int(name))
        except ValueError:
            hint = did_you_mean(name, self.names)
            raise FeatureError(f"There is no class {name!r}.{hint} {self._summary()}") from None

    def _name_of(self, value: int) -> str:
        if not 0 <= value < len(self.names):
            raise FeatureError(f"There is no class {value}. {self._summary()}")
        return self.names[value]

    def _in_range(self, value: int) -> int:
        if not -1 <= value < len(self.names):
            raise FeatureError(f"There is no class {value}. {self._summary()} {self._range()}")
        return value

    def _range(self) -> str:
        numbers = f"Labels are the integers from 0 to {len(self.names) - 1}; " if self.names else ""
        return f"{numbers}-1 means no label."

    def _summary(self) -> str:
        shown = ", ".join(self.names[:10]) + (", ..." if len(self.names) > 10 else "")
        return f"There are {len(self.names)} classes: {shown or 'none'}."

    def __repr__(self) -> str:
        return f"ClassLabel(names={self.names!r})"

    __hash__ = Feature.__hash__
