"""Rows as loader scripts yield them -> rows that the declared features can store.

Knows: what scripts have always relied on: ``"5"`` for an integer, a number for text, a list of dicts for a ``Sequence`` of a
dict, missing keys. Does not know: Arrow, or where rows go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from nlpdata._report import warn_once
from nlpdata.errors import FeatureError, RowError
from nlpdata.features import ClassLabel, Features, Value
from nlpdata.features.codec import encode_value
from nlpdata.store.writer import ShardWriter

_REPORT_ROWS = 256  # a progress bar that is told of each row costs as much as the row
_READY = {"string": str, "large_string": str, "bool": bool, "float32": float, "float64": float}
_READY |= {f"{sign}int{bits}": int for sign in ("", "u") for bits in (8, 16, 32, 64)}


class RowEncoder:
    """Turns yielded rows into rows of the declared columns; a value that is of the right type already is only looked at.

    Args:
        features: the declared columns, or None to leave rows as they are.
        label: dataset and split, for messages.
    """

    def __init__(self, features: Features | None, label: str) -> None:
        self._features, self._label = features, label
        self._names = None if features is None else features.keys()
        # Class labels are left to the writer: it turns names into integers a column at a time.
        self._checks = [
            (name, _READY.get(feature.dtype) if isinstance(feature, Value) else None, feature)
            for name, feature in (features or {}).items()
            if not isinstance(feature, ClassLabel)
        ]

    def encode(self, row: Any, number: int) -> Mapping[str, Any]:
        """The row with exactly the declared columns.

        Args:
            row: a mapping.
            number: of the row in its split, for errors.

        Raises:
            RowError: it is no mapping, or a value does not fit.
        """
        if row.__class__ is not dict and not isinstance(row, Mapping):
            raise RowError(f"Row {number} is a {type(row).__name__}, not a dict: {row!r:.100}", row=number, value=row)
        if self._names is None:
            return cast(Mapping[str, Any], row)
        encoded: Any = row if row.keys() == self._names else self._completed(row)
        for name, ready, feature in self._checks:
            value = encoded[name]
            if value is None or value.__class__ is ready:
                continue
            if encoded is row:
                encoded = dict(row)  # the script's own dict is left as it is
            try:
                encoded[name] = encode_value(feature, value)
            except FeatureError as error:
                message = f"Row {number} does not fit the column {name!r}: {error} The row: {row!r:.200}"
                raise RowError(message, row=number, column=name, value=value) from error
        return cast(Mapping[str, Any], encoded)

    def _completed(self, row: Mapping[str, Any]) -> dict[str, Any]:
        unknown = [key for key in row if key not in (self._features or ())]
        if unknown:
            listed = ", ".join(map(str, unknown))
            warn_once(f"{self._label}: rows have keys that the features do not declare; they are left out: {listed}.")
        return {name: row.get(name) for name in self._features or ()}


def write_rows(rows: Iterable[Any], encoder: RowEncoder, writer: ShardWriter, report: Callable[[int], None]) -> None:
    """Encode and write rows one by one; progress is reported every few hundred."""
    since = 0
    for number, row in enumerate(rows):
        writer.write_row(encoder.encode(row, number))
        since += 1
        if since == _REPORT_ROWS:
            report(since)
            since = 0
    report(since)
