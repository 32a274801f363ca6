"""Statistics as bytes and back, to be sent or stored; no pickle, so that reading runs no code.

Knows: JSON with a tag for what JSON lacks: integers of any size, exact floats, arrays, Arrow tables, dataclasses.
Does not know: metrics, files, networks.

A dataclass is written as ``module:name`` and its fields; it is made again only if its module belongs to this room or to a
metric script that is loaded here.
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from nlpdata.errors import ArgumentError, CorruptFileError

_ROOM = "nlpdata.scoring."
_SCRIPTS = "nlpdata_script_"
_EXACT_IN_JSON = 2**53


def to_bytes(value: Any) -> bytes:
    """The value as UTF-8 JSON.

    Raises:
        ArgumentError: something in it is of a type that has no such form.
    """
    return json.dumps(_packed(value), separators=(",", ":")).encode()


def from_bytes(data: bytes, what: str) -> Any:
    """The value that :func:`to_bytes` wrote.

    Args:
        data: what it returned.
        what: what error messages call it.

    Raises:
        CorruptFileError: the bytes are something else, or cut off.
        ArgumentError: they hold statistics of a script that is not loaded here.
    """
    try:
        return _unpacked(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError, LookupError, OSError) as error:
        if isinstance(error, ArgumentError):
            raise
        raise CorruptFileError(f"{what} cannot be read: {error}") from error


def _packed(value: Any) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if type(value) is int:
        return value if abs(value) < _EXACT_IN_JSON else {"int": hex(value)}
    if type(value) is float:
        return {"float": value.hex()}
    if isinstance(value, np.ndarray | np.generic):
        return _packed_array(value)
    if type(value) in (list, tuple, dict, Counter):
        return _packed_collection(value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: _packed(getattr(value, f.name)) for f in fields(value) if f.init}
        return {"class": f"{type(value).__module__}:{type(value).__qualname__}", "fields": parts}
    if type(value).__module__.startswith("pyarrow.") and hasattr(value, "to_batches"):
        return {"arrow": _arrow_text(value)}
    if hasattr(value, "arrow_schema"):
        return {"features": value.to_dict()}
    raise ArgumentError(
        f"Statistics of type {type(value).__name__} cannot be sent as bytes; numbers, arrays, lists, dicts and dataclasses of "
        "these can. Pickle the state, or give the metric such statistics."
    )


def _packed_array(value: Any) -> dict[str, Any]:
    array = np.asarray(value)
    if array.dtype == object:
        return {"objects": [list(array.shape), [_packed(item) for item in array.ravel().tolist()]]}
    shape = list(array.shape) if isinstance(value, np.ndarray) else None
    return {"array": [array.dtype.str, shape, base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()]}


def _packed_collection(value: Any) -> Any:
    if isinstance(value, list):
        return [_packed(item) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [_packed(item) for item in value]}
    return {"counter" if isinstance(value, Counter) else "dict": [[_packed(k), _packed(v)] for k, v in value.items()]}


def _arrow_text(table: Any) -> str:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return base64.b64encode(sink.getvalue()).decode()


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpacked(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = next(iter(value))
    return _READERS[tag](value[tag]) if tag != "class" else _made(value)


def _read_array(parts: list[Any]) -> Any:
    kind, shape, text = parts
    array = np.frombuffer(base64.b64decode(text), np.dtype(kind))
    return array.reshape(shape).copy() if shape is not None else array[0]


def _read_objects(parts: list[Any]) -> Any:
    shape, items = parts
    array = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        array[place] = _unpacked(item)
    return array.reshape(shape)


def _read_arrow(text: str) -> Any:
    import pyarrow as pa

    return pa.ipc.open_stream(base64.b64decode(text)).read_all()


def _read_features(known: Mapping[str, Any]) -> Any:
    from nlpdata.features import Features

    return Features.from_dict(known)


_READERS: dict[str, Callable[[Any], Any]] = {
    "int": lambda text: int(text, 16),
    "float": float.fromhex,
    "tuple": lambda items: tuple(_unpacked(items)),
    "dict": lambda items: {_unpacked(k): _unpacked(v) for k, v in items},
    "counter": lambda items: Counter({_unpacked(k): _unpacked(v) for k, v in items}),
    "array": _read_array,
    "objects": _read_objects,
    "arrow": _read_arrow,
    "features": _read_features,
}


def _made(value: Mapping[str, Any]) -> Any:
    module_name, _, name = value["class"].partition(":")
    if module_name.startswith(_ROOM):
        module: Any = importlib.import_module(module_name)
    elif module_name.startswith(_SCRIPTS):
        module = sys.modules.get(module_name)
    else:
        module = None
    kind = getattr(module, name, None)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise ArgumentError(
            f"These statistics are of the type {value['class']}, which is not known here. Load the same metric first "
            "(load_metric); states of a class in a program of your own travel by pickle."
        )
    return kind(**{key: _unpacked(part) for key, part in value["fields"].items()})
