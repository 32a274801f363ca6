"""Features as Arrow types and as JSON, there and back.

Knows: both correspondences, and the tags of all feature types. Does not know: values, columns or schemas.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pyarrow as pa

from nlpdata.errors import FeatureError, did_you_mean
from nlpdata.features.array import Array2D, Array3D, Array4D, Array5D, marked_array
from nlpdata.features.audio import Audio
from nlpdata.features.base import Feature, FeatureType
from nlpdata.features.documents import Mesh, Nifti, Pdf, Video
from nlpdata.features.dtypes import dtype_name
from nlpdata.features.image import Image
from nlpdata.features.json_value import Json
from nlpdata.features.media import MEDIA_MARK, MEDIA_TYPE
from nlpdata.features.nested import (
    LargeList,
    List,
    Sequence,
    Struct,
    Translation,
    TranslationVariableLanguages,
    arrow_type,
    is_optional,
    normalise,
)
from nlpdata.features.scalars import ClassLabel, Value

_ARRAYS: tuple[type[Feature], ...] = (Array2D, Array3D, Array4D, Array5D)
_FILES: tuple[type[Feature], ...] = (Audio, Image, Mesh, Nifti, Pdf, Video)
_PLAIN: tuple[type[Feature], ...] = (ClassLabel, Json, LargeList, List, Translation, TranslationVariableLanguages, Value)
_TYPES: dict[str, type[Feature]] = {kind._type: kind for kind in (*_ARRAYS, *_FILES, *_PLAIN)}


def register_feature(kind: type[Feature], name: str) -> None:
    """Let ``from_dict`` find a feature type by its ``_type`` tag."""
    _TYPES[name] = kind


def to_arrow_type(feature: FeatureType) -> pa.DataType:
    """The Arrow type that values of a feature are stored as.

    >>> to_arrow_type({"ids": [Value("int32")]})
    StructType(struct<ids: list<item: int32>>)
    """
    return arrow_type(feature)


def from_arrow_type(t: pa.DataType) -> FeatureType:
    """The feature whose values are stored as an Arrow type.

    Dictionary and extension types become the type of their values, maps a list of ``{"key", "value"}``.

    >>> from_arrow_type(pa.list_(pa.float32()))
    List(Value('float32'))

    Raises:
        FeatureError: (unions, run-end encoding) no feature stores such a type.
    """
    types = pa.types
    if types.is_struct(t):
        children = [t.field(i) for i in range(t.num_fields)]
        optional = [child.name for child in children if is_optional(child)]
        return Struct({child.name: from_arrow_field(child) for child in children}, optional)
    if types.is_fixed_size_list(t):
        return List(from_arrow_field(t.value_field), length=t.list_size)
    if types.is_list(t) or types.is_list_view(t):
        return List(from_arrow_field(t.value_field))
    if types.is_large_list(t) or types.is_large_list_view(t):
        return LargeList(from_arrow_field(t.value_field))
    if types.is_map(t):
        return List(Struct({"key": from_arrow_type(t.key_type), "value": from_arrow_type(t.item_type)}))
    if types.is_dictionary(t):
        return from_arrow_type(t.value_type)
    if isinstance(t, pa.BaseExtensionType):
        return from_arrow_field(pa.field("", t))
    return Value(dtype_name(t))


def from_arrow_field(field: pa.Field) -> FeatureType:
    """The feature that an Arrow field holds: as :func:`from_arrow_type`, but arrays and files are told by their marks."""
    t = field.type
    if isinstance(t, pa.JsonType):
        return Json()
    found = marked_array(field) or _marked_media(field)
    if found is not None:
        return found
    return from_arrow_type(t.storage_type if isinstance(t, pa.BaseExtensionType) else t)


def _marked_media(field: pa.Field) -> Any:
    """The files that an Arrow field holds, by its mark; None if it holds none."""
    mark = (field.metadata or {}).get(MEDIA_MARK)
    if mark is None or field.type != MEDIA_TYPE:
        return None
    try:
        return feature_from_dict(json.loads(mark))
    except ValueError:  # FeatureError is one: a type of a newer version; the struct can be read all the same
        return None


def plain_type(t: pa.DataType) -> pa.DataType:
    """The Arrow type a column has once it is stored here: no dictionaries, maps or extension types.

    >>> plain_type(pa.dictionary(pa.int8(), pa.string()))
    DataType(string)
    """
    return arrow_type(from_arrow_type(t))


def feature_from_dict(data: Any) -> Any:
    """The inverse of :func:`feature_to_dict`; understands the older ``Sequence`` tag and ``[x]`` too.

    Raises:
        FeatureError: a tag is unknown, or an argument is missing or unknown.
    """
    if isinstance(data, list):
        return normalise([feature_from_dict(item) for item in data])
    if not isinstance(data, Mapping):
        raise FeatureError(f"{data!r} does not describe a feature: a mapping with a '_type' tag does.")
    tag = data.get("_type")
    if not isinstance(tag, str):  # a struct may have a key called "_type"
        return Struct({key: feature_from_dict(value) for key, value in data.items()})
    arguments = {key: value for key, value in data.items() if key != "_type"}
    if "feature" in arguments:
        arguments["feature"] = feature_from_dict(arguments["feature"])
    if tag == "Sequence":
        arguments.pop("id", None)
        return Sequence(**arguments)
    kind = _TYPES.get(tag)
    if kind is None:
        raise FeatureError(f"There is no feature type {tag!r}.{did_you_mean(tag, _TYPES)} Known: {', '.join(sorted(_TYPES))}.")
    if kind is ClassLabel:
        return _class_label(arguments)
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    try:
        return kind(**{key: value for key, value in arguments.items() if key in known})
    except TypeError as error:
        raise FeatureError(f"The description of a {tag} is incomplete: {error}.") from None


def _class_label(arguments: dict[str, Any]) -> ClassLabel:
    """A label from its JSON; old files also hold num_classes and a names_file that need not exist any more."""
    names = arguments.get("names")
    if isinstance(names, Mapping):  # {"0": "neg", "1": "pos"}, as dataset cards write it
        names = [names[key] for key in sorted(names, key=int)]
    if names is not None:
        return ClassLabel(names=names)
    return ClassLabel(**{key: value for key, value in arguments.items() if key == "num_classes"})
