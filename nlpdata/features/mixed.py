"""The feature of values whose meaning no Arrow type tells: images, sounds, and values of mixed types.

Knows: how such values are recognised. Does not know: how they are stored (each feature does).
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from nlpdata.errors import ArgumentError, FeatureError, did_you_mean
from nlpdata.features.audio import Audio
from nlpdata.features.base import Feature, FeatureType
from nlpdata.features.codec import is_listlike
from nlpdata.features.convert import from_arrow_type
from nlpdata.features.documents import Mesh, Nifti, Pdf, Video
from nlpdata.features.image import Image
from nlpdata.features.infer import infer_type
from nlpdata.features.iterators import without_iterators
from nlpdata.features.json_value import Json
from nlpdata.features.nested import List, Struct
from nlpdata.features.values import as_values

# The modules whose objects are files in columns. Packages that are not imported have no objects.
_HOMES: tuple[tuple[str, type[Feature]], ...] = (
    ("PIL.", Image),
    ("nlpdata.features.audio", Audio),
    ("torchcodec.decoders._audio", Audio),
    ("torchcodec.decoders._video", Video),
    ("pdfplumber.", Pdf),
    ("trimesh.", Mesh),
    ("nibabel.", Nifti),
)


def infer_feature(values: Any, *, on_mixed_types: str | None = None) -> FeatureType:
    """The feature of values that come without one.

    As :func:`infer_type`, but Pillow images are :class:`Image`, decoded sounds :class:`Audio` and so on, also inside of
    lists and dicts; and with ``on_mixed_types="use_json"`` values without a common type are :class:`Json`, at the innermost
    list that holds them, or key if all dicts have the same.

    Args:
        values: a list, tuple or other iterable of rows, an array of NumPy, Arrow, torch, ..., or a pandas Series.
        on_mixed_types: ``"use_json"``, or None to refuse.

    Raises:
        TypeConflictError: two values have no common type.
        ArgumentError: ``on_mixed_types`` is something else.

    >>> infer_feature([[1, "a"], []], on_mixed_types="use_json")
    List(Json(decode=True))
    """
    check_on_mixed_types(on_mixed_types)
    found = as_values(values)
    if not isinstance(found, list):
        return from_arrow_type(infer_type(found))
    use_json = on_mixed_types == "use_json"
    return _feature(without_iterators(found, thorough=use_json), use_json)


def check_on_mixed_types(on_mixed_types: str | None) -> None:
    """Refuse what ``on_mixed_types`` cannot be.

    Raises:
        ArgumentError: neither ``"use_json"`` nor None.
    """
    if on_mixed_types not in (None, "use_json"):
        hint = did_you_mean(str(on_mixed_types), ["use_json"])
        raise ArgumentError(f"on_mixed_types is 'use_json' or None, not {on_mixed_types!r}.{hint}")


def _feature(values: list[Any], use_json: bool) -> FeatureType:
    try:
        return from_arrow_type(infer_type(values))
    except FeatureError:
        rows = [value for value in values if value is not None]
        kinds = {_media(row) for row in rows}
        if len(kinds) == 1 and (kind := kinds.pop()) is not None:
            return kind()
        found = _nested(rows, use_json)
        if found is not None:
            return found
        if use_json:
            return Json()
        raise


def _nested(rows: list[Any], use_json: bool) -> FeatureType | None:
    """The feature of lists, or of dicts with text as keys; None for anything else."""
    if rows and all(is_listlike(row) for row in rows):
        return List(_feature(list(chain.from_iterable(rows)), use_json))
    if not all(isinstance(row, dict) for row in rows):
        return None
    keys = dict.fromkeys(chain.from_iterable(rows))
    if not keys or not all(isinstance(key, str) for key in keys):
        return None
    optional = [key for key in keys if not all(key in row for row in rows)]
    inside = use_json and not optional  # dicts with different keys are no rows of one struct
    try:
        return Struct({key: _feature([row[key] for row in rows if key in row], inside) for key in keys}, optional)
    except FeatureError:
        return None


def _media(value: Any) -> type[Feature] | None:
    home = type(value).__module__
    return next((kind for prefix, kind in _HOMES if home.startswith(prefix) or f"{home}." == prefix), None)
