"""The words for what columns mean: feature types, and values and types made to fit them.

Knows: types and their meaning, how Python values become Arrow arrays, how types widen. Does not know: files, rows in
bulk on disk, splits, datasets.
"""

from __future__ import annotations

from nlpdata.features.array import Array2D, Array3D, Array4D, Array5D, ArrayXD
from nlpdata.features.audio import Audio, AudioDecoder, AudioSamples
from nlpdata.features.base import Feature, FeatureType
from nlpdata.features.cast import cast_array, cast_table, refuses_labels
from nlpdata.features.convert import from_arrow_field, from_arrow_type, register_feature, to_arrow_type
from nlpdata.features.documents import Mesh, Nifti, Pdf, Video
from nlpdata.features.encode import encode_column, encode_field, encode_table
from nlpdata.features.image import Image
from nlpdata.features.infer import infer_type
from nlpdata.features.iterators import without_iterators
from nlpdata.features.json_value import Json
from nlpdata.features.media import Media
from nlpdata.features.mixed import check_on_mixed_types, infer_feature
from nlpdata.features.nested import (
    LargeList,
    List,
    Sequence,
    Struct,
    Translation,
    TranslationVariableLanguages,
    is_optional,
)
from nlpdata.features.scalars import ClassLabel, Value
from nlpdata.features.schema import Features
from nlpdata.features.widen import widen, widen_schema

__all__ = [
    "Array2D",
    "Array3D",
    "Array4D",
    "Array5D",
    "ArrayXD",
    "Audio",
    "AudioDecoder",
    "AudioSamples",
    "ClassLabel",
    "Feature",
    "FeatureType",
    "Features",
    "Image",
    "Json",
    "LargeList",
    "List",
    "Media",
    "Mesh",
    "Nifti",
    "Pdf",
    "Sequence",
    "Struct",
    "Translation",
    "TranslationVariableLanguages",
    "Value",
    "Video",
    "cast_array",
    "cast_table",
    "check_on_mixed_types",
    "encode_column",
    "encode_field",
    "encode_table",
    "from_arrow_field",
    "from_arrow_type",
    "infer_feature",
    "infer_type",
    "is_optional",
    "refuses_labels",
    "register_feature",
    "to_arrow_type",
    "widen",
    "widen_schema",
    "without_iterators",
]
