"""Rows as loader scripts yield them -> columns that the declared features can store.

Knows: what scripts have always relied on: ``"5"`` for an integer, a number for text, a list of dicts for a ``Sequence`` of a
dict, missing keys. Does not know: Arrow, or where rows go.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from nlpdata._report import warn_once
from nlpdata.errors import FeatureError, RowError
from nlpdata.features import ClassLabel, Features, LargeList, List, Struct, Value
from nlpdata.features.codec import encode_value
from nlpdata.store.writer import ShardWriter

_REPORT_ROWS = 256  # a progress bar that is told of each row costs as much as the row
_BATCH_BYTES = 4 * 2**20
_BATCH_ROWS = 10_000
_ITEM_BYTES = 16
_CONTAINERS = 100_000
_READY = {"string": str, "large_string": str, "bool": bool, "float32": float, "float64": float}
_READY |= {f"{sign}int{bits}": int for sign in ("", "u") for bits in (8, 16, 32, 64)}
Kept = tuple[Any, int]


class RowEncoder:
    """Turns yielded rows into rows of the declared columns; a value that is of the right type already is only looked at.

    Args:
        features: the declared columns, or None to leave rows as they are.
        label: dataset and split, for messages.
    """

    def __init__(self, features: Features | None, label: str) -> None:
        self.features, self._label = features, label
        self._names = None if features is None else features.keys()

    def encode(self, row: Any, number: int) -> Mapping[str, Any]:
        """The row with exactly the declared columns.

        Args:
            row: a mapping.
            number: of the row in its split, for errors.

        Raises:
            RowError: it is no mapping, or a value does not fit.
        """
        row = self.completed(row, number)
        if self.features is None:
            return cast(Mapping[str, Any], row)
        return {name: self.encode_value(name, row[name], row, number) for name in self.features}

    def completed(self, row: Any, number: int) -> Any:
        """The row with the declared columns alone, those that it lacks as None.

        Raises:
            RowError: it is no mapping.
        """
        if row.__class__ is not dict and not isinstance(row, Mapping):
            raise RowError(f"Row {number} is a {type(row).__name__}, not a dict: {row!r:.100}", row=number, value=row)
        if self.features is None or row.keys() == self._names:
            return row
        unknown = [key for key in row if key not in self.features]
        if unknown:
            listed = ", ".join(map(str, unknown))
            warn_once(f"{self._label}: rows have keys that the features do not declare; they are left out: {listed}.")
        return {name: row.get(name) for name in self.features}

    def encode_value(self, name: str, value: Any, row: Any, number: int) -> Any:
        """A value of a row as its column stores it. Class labels are left to the writer, which numbers a column at a time.

        Raises:
            RowError: it does not fit.
        """
        assert self.features is not None
        feature = self.features[name]
        if value is None or isinstance(feature, ClassLabel):
            return value
        try:
            return encode_value(feature, value)
        except FeatureError as error:
            message = f"Row {number} does not fit the column {name!r}: {error} The row: {row!r:.200}"
            raise RowError(message, row=number, column=name, value=value) from error


class RowBatcher:
    """Collects yielded rows as columns and writes them a few megabytes at a time.

    Scalars are looked at one by one. Nested values are left to the writer, which encodes whole columns; only a batch that it
    refuses is gone through row by row, so that scripts may yield within nested values too what they always might.

    Args:
        encoder: of the rows; knows the features.
        features: of the encoder.
        writer: gets the columns.
    """

    def __init__(self, encoder: RowEncoder, features: Features, writer: ShardWriter) -> None:
        self._encoder, self._writer, self._names = encoder, writer, features.keys()
        self._columns: dict[str, list[Any]] = {name: [] for name in features}
        self._plan = [(name, self._columns[name].append, *_plan(feature)) for name, feature in features.items()]
        self._nested = [name for name, _, _, keep in self._plan if keep is not None]
        self._first = self._rows = self._bytes = 0

    def add(self, row: Any) -> None:
        """Take a row; what it holds may change afterwards.

        Raises:
            RowError: it is no mapping, or a value does not fit: of this row, or of one before it.
        """
        if row.__class__ is not dict or row.keys() != self._names:
            row = self._encoder.completed(row, self._first + self._rows)
        size = 0
        for name, append, ready, keep in self._plan:
            value = row[name]
            if keep is not None:
                value, more = keep(value)
                size += more
            elif value.__class__ is str is ready:
                size += len(value)
            elif value.__class__ is not ready and value is not None:
                value = self._encoder.encode_value(name, value, row, self._first + self._rows)
                size += _size(value)
            append(value)
        self._rows += 1
        self._bytes += size + _ITEM_BYTES * len(self._plan)
        if self._bytes >= _BATCH_BYTES or self._rows >= _BATCH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what was collected.

        Raises:
            RowError: a value does not fit.
        """
        if not self._rows:
            return
        try:
            self._writer.write_columns(self._columns)
        except FeatureError:
            if not self._nested:
                raise
            self._writer.write_columns(self._one_by_one())
        self._first += self._rows
        self._rows = self._bytes = 0
        for column in self._columns.values():
            column.clear()

    def _one_by_one(self) -> dict[str, list[Any]]:
        """The columns with every nested value encoded by itself."""
        columns = dict(self._columns)
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        for name in self._nested:
            encode = self._encoder.encode_value
            columns[name] = [encode(name, row[name], row, number) for number, row in enumerate(rows, self._first)]
        return columns


def write_rows(rows: Iterable[Any], encoder: RowEncoder, writer: ShardWriter, report: Callable[[int], None]) -> None:
    """Encode and write rows; progress is reported every few hundred."""
    features = encoder.features
    batcher = None if features is None else RowBatcher(encoder, features, writer)
    since = 0
    with _seldom_collecting():
        for number, row in enumerate(rows):
            if batcher is None:
                writer.write_row(encoder.encode(row, number))
            else:
                batcher.add(row)
            since += 1
            if since == _REPORT_ROWS:
                report(since)
                since = 0
        if batcher is not None:
            batcher.flush()
    report(since)


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """Python looks for garbage cycles only once in so many containers: a batch keeps many, none of them garbage, and each
    search goes through them. A script that makes cycles has a few megabytes of them at a time.
    """
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(max(before[0], _CONTAINERS), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


# --- what is done to a value before its batch is encoded ----------------------------------------------------------------


def _plan(feature: Any) -> tuple[type | None, Callable[[Any], Kept] | None]:
    """The class of values that need nothing, or what keeps a nested value; neither where each value is encoded by itself."""
    if isinstance(feature, Value):
        return _READY.get(feature.dtype), None
    return None, _keeper(feature)


def _keeper(feature: Any) -> Callable[[Any], Kept] | None:
    """A function from a value to a copy of its containers, which scripts may use again, and about its bytes; None for media."""
    if isinstance(feature, ClassLabel):
        return lambda value: (value, _ITEM_BYTES)
    if isinstance(feature, Value):
        return lambda value: (value, _size(value))
    if isinstance(feature, List | LargeList):
        inner = feature.feature
        if isinstance(inner, Value | ClassLabel):
            return _keep_text if getattr(inner, "dtype", "") in ("string", "large_string") else _keep_items
        keep = _keeper(inner)
        return None if keep is None else lambda value: _keep_each(value, keep)
    if isinstance(feature, Struct):
        parts = {key: _keeper(part) for key, part in feature.items()}
        known = {key: keep for key, keep in parts.items() if keep is not None}
        return (lambda value: _keep_struct(value, known)) if len(known) == len(parts) else None
    return None


def _keep_text(value: Any) -> Kept:
    if value.__class__ is list:
        try:
            return value[:], sum(map(len, value)) + _ITEM_BYTES * len(value)
        except TypeError:  # something in it has no length
            pass
    return _keep_items(value)


def _keep_items(value: Any) -> Kept:
    if value.__class__ is list:
        return value[:], _ITEM_BYTES * len(value)
    return _copied(value)


def _keep_each(value: Any, keep: Callable[[Any], Kept]) -> Kept:
    if value.__class__ is not list:
        return _copied(value)
    kept = [keep(item) for item in value]
    return [item for item, _ in kept], sum(size for _, size in kept) + _ITEM_BYTES


def _keep_struct(value: Any, parts: Mapping[str, Callable[[Any], Kept]]) -> Kept:
    if value.__class__ is not dict or not value.keys() <= parts.keys():
        return _copied(value)
    kept, size = {}, 0
    for key, part in value.items():
        kept[key], more = parts[key](part)
        size += more
    return kept, size


def _copied(value: Any) -> Kept:
    """A copy of whatever containers a value is made of, and about its bytes."""
    if isinstance(value, str | bytes) or value is None:
        return value, _size(value)
    if isinstance(value, Mapping):
        pairs = {key: _copied(part) for key, part in value.items()}
        return {key: part for key, (part, _) in pairs.items()}, sum(size for _, size in pairs.values()) + _ITEM_BYTES
    if isinstance(value, list | tuple):
        items = [_copied(item) for item in value]
        return [item for item, _ in items], sum(size for _, size in items) + _ITEM_BYTES
    if hasattr(value, "__array__") and hasattr(value, "copy"):
        return value.copy(), _size(value)
    return (list(value), _ITEM_BYTES * 8) if isinstance(value, Iterable) else (value, _ITEM_BYTES)


def _size(value: Any) -> int:
    if isinstance(value, str | bytes):
        return len(value)
    size = getattr(value, "nbytes", 0)
    return size + _ITEM_BYTES if isinstance(size, int) else _ITEM_BYTES
