"""Pickles from elsewhere, read as data: nothing in them is imported or called.

Knows: how NumPy arrays and scalars, and bytes in old protocols, are spelt in a pickle, and builds those itself.
Does not know: any class. Whatever else a pickle wants to import is refused before anything of it runs.
"""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np

from nlpdata.errors import ArchiveError, TruncatedArchiveError, UnsafePickleError

_PLAIN = (type(None), bool, int, float, str, bytes, bytearray)
_DTYPE = re.compile(r"[biufcSU]\d{0,9}|\?")
_BYTE_ORDERS = ("<", ">", "=", "|")
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT")


def read_pickle(source: str | os.PathLike[str] | BinaryIO, encoding: str = "ASCII") -> Any:
    """The value in a pickle, if it consists of lists, dicts, tuples, numbers, text, bytes and NumPy arrays of those.

    The whole file is read. Costs memory for the file and for the value.

    Args:
        source: path, or open binary file, which is read to its end.
        encoding: of text that Python 2 wrote; ``"bytes"`` leaves it as bytes.

    Raises:
        UnsafePickleError: the pickle wants to import something else; says what.
        TruncatedArchiveError: it ends too early.
        ArchiveError: it is no pickle, or a damaged one.

    >>> read_pickle(io.BytesIO(pickle.dumps({"data": np.zeros(2, "u1")})))
    {'data': array([0, 0], dtype=uint8)}
    """
    label = os.fspath(source) if isinstance(source, str | os.PathLike) else getattr(source, "name", "the pickle")
    data = Path(source).read_bytes() if isinstance(source, str | os.PathLike) else source.read()
    try:
        _check_places(data)
        return _finished(_Reader(io.BytesIO(data), encoding=encoding).load(), {})
    except UnsafePickleError as error:
        raise UnsafePickleError(f"{label} {error}") from None
    except EOFError as error:
        raise TruncatedArchiveError(f"{label} ends too early. Delete it and download it again.") from error
    except Exception as error:  # what a damaged pickle raises is anything: IndexError, KeyError, UnicodeDecodeError ...
        ends = any(word in str(error) for word in ("truncated", "exhausted", "remain", "end of"))
        kind = TruncatedArchiveError if ends else ArchiveError
        raise kind(f"{label} is not a pickle that can be read ({type(error).__name__}: {error}).") from error


def _check_places(data: bytes) -> None:
    """Refuse to number remembered values beyond what the pickle can hold: the reader would reserve memory for all below."""
    for opcode, argument, _ in pickletools.genops(data):
        if opcode.name in _PUTS and not 0 <= int(argument or 0) <= len(data):
            raise UnsafePickleError(f"remembers a value at place {argument}, which would take gigabytes. It was not read.")


class _Reader(pickle.Unpickler):
    """An unpickler that imports nothing: a name stands for one of a few functions here, or is refused."""

    def find_class(self, module: str, name: str) -> Any:
        found = _ALLOWED.get(f"{module}.{name}")
        if found is None:
            raise UnsafePickleError(
                f"is a pickle that wants to import {module}.{name}; only arrays, lists, dicts, tuples, numbers, text and bytes "
                "are read from one. Nothing of it was run. If you trust it, read it with the pickle module yourself."
            )
        return found

    def persistent_load(self, pid: Any) -> Any:
        raise UnsafePickleError(
            f"is a pickle that refers to an object outside of it ({pid!r:.80}), so it cannot be read alone."
        )


@dataclass(frozen=True, slots=True)
class _Name:
    """What an allowed name is read as. It is not the function itself, whose attributes a pickle could set."""

    function: Callable[..., Any]

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)

    def __setstate__(self, state: Any) -> None:
        raise UnsafePickleError("is a pickle that wants to change what it imports.")


@dataclass(slots=True, eq=False)
class _DType:
    """What ``numpy.dtype`` is called with in a pickle; its state adds the byte order."""

    code: str
    order: str = "|"

    __hash__ = None  # type: ignore[assignment]  # so it cannot be the key of a dict

    def __setstate__(self, state: Any) -> None:
        _, order, *layout = state
        order = _text(order)
        if order not in _BYTE_ORDERS or any(part is not None for part in layout[:3]):
            raise UnsafePickleError("is a pickle with an array of structured values, which is not read.")
        self.order = order

    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.code).newbyteorder(self.order)  # type: ignore[arg-type]


@dataclass(slots=True, eq=False)
class _Array:
    """An array whose state is still to come; numbers are taken from its bytes, and from nothing else."""

    found: list[np.ndarray[Any, Any]] = field(default_factory=list)

    __hash__ = None  # type: ignore[assignment]

    def __setstate__(self, state: Any) -> None:
        shape, kind, fortran, data = state[-4:]
        self.found = [_array(data, kind, shape, "F" if fortran else "C")]

    def array(self) -> np.ndarray[Any, Any]:
        return self.found[0]


def _array(data: Any, kind: Any, shape: Any, order: Literal["C", "F"]) -> np.ndarray[Any, Any]:
    if isinstance(data, str):  # Python 2 wrote it, and it was read as text
        data = data.encode("latin1")
    # A copy: arrays of a pickle may be written to, as any other.
    return np.frombuffer(data, dtype=kind.dtype()).reshape(shape, order=order).copy(order)


def _dtype(code: Any, *rest: Any) -> _DType:
    del rest  # align and copy: of no effect on the simple types
    if isinstance(code, _DType) or _DTYPE.fullmatch(_text(code)) is None:
        raise UnsafePickleError(f"is a pickle with an array of the type {code!r:.80}; only numbers and text are read.")
    return _DType(_text(code))


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    del shape, code  # of the empty array that the state replaces
    if kind is not _ALLOWED["numpy.ndarray"]:
        raise UnsafePickleError("is a pickle with an array of a class of its own.")
    return _Array()


def _frombuffer(data: Any, kind: Any, shape: Any, order: Any) -> _Array:
    return _Array([_array(bytes(data), kind, shape, "F" if order == "F" else "C")])


def _scalar(kind: Any, data: Any) -> _Array:
    return _Array([_array(data, kind, (), "C")])


def _encode(text: str, encoding: Any) -> bytes:
    if _text(encoding) != "latin1":
        raise UnsafePickleError(f"is a pickle with bytes in the encoding {encoding!r:.80}.")
    return text.encode("latin1")


def _empty_bytes() -> bytes:
    return b""


def _ndarray(*args: Any) -> Any:
    del args  # the class is only ever handed to _reconstruct
    raise UnsafePickleError("is a pickle that makes an array by itself.")


def _text(value: Any) -> str:
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "numpy.ndarray": _ndarray,
    "numpy.dtype": _dtype,
    "_codecs.encode": _encode,
    "builtins.bytes": _empty_bytes,
    "__builtin__.bytes": _empty_bytes,
}
for _core in ("numpy.core", "numpy._core"):
    _FUNCTIONS |= {f"{_core}.multiarray._reconstruct": _reconstruct, f"{_core}.multiarray.scalar": _scalar}
    _FUNCTIONS |= {f"{_core}.numeric._frombuffer": _frombuffer}
_ALLOWED = {name: _Name(function) for name, function in _FUNCTIONS.items()}


def _finished(value: Any, done: dict[int, tuple[Any, Any]]) -> Any:
    """The value with arrays in their places; lists and dicts are changed as they stand, and each only once."""
    if type(value) in _PLAIN:
        return value
    if id(value) in done:
        return done[id(value)][1]
    if type(value) in (list, dict):
        done[id(value)] = value, value  # before what it holds, which may hold it
        for key in range(len(value)) if type(value) is list else list(value):
            value[key] = _finished(value[key], done)
        return value
    if type(value) is tuple:
        found: Any = tuple(_finished(item, done) for item in value)
    elif type(value) is _Array:
        array = value.array()
        found = array[()] if array.ndim == 0 else array
    else:
        raise UnsafePickleError(f"is a pickle that holds a {type(value).__name__}, which is not read.")
    done[id(value)] = value, found
    return found
