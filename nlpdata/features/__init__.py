"""The words for what columns mean: feature types, and values and types made to fit them.

Knows: types and their meaning, how Python values become Arrow arrays, how types widen. Does not know: files, rows in
bulk on disk, splits, datasets.
"""

from __future__ import annotations

from nlpdata.features.base import Feature, FeatureType
from nlpdata.features.cast import cast_array, cast_table
from nlpdata.features.convert import from_arrow_type, register_feature, to_arrow_type
from nlpdata.features.encode import encode_column, encode_table
from nlpdata.features.infer import infer_type
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
    "ClassLabel",
    "Feature",
    "FeatureType",
    "Features",
    "LargeList",
    "List",
    "Sequence",
    "Struct",
    "Translation",
    "TranslationVariableLanguages",
    "Value",
    "cast_array",
    "cast_table",
    "encode_column",
    "encode_table",
    "from_arrow_type",
    "infer_type",
    "is_optional",
    "register_feature",
    "to_arrow_type",
    "widen",
    "widen_schema",
]
