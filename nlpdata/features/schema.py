"""``Features``: column -> feature, there and back to an Arrow schema and to JSON.

Knows: what the columns of a dataset mean. Does not know: their values in bulk (``encode``, ``cast``), files or splits.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from nlpdata.errors import FeatureError, UnknownColumnError, unknown
from nlpdata.features.base import Feature
from nlpdata.features.codec import decode_value, encode_value, requires_decoding
from nlpdata.features.convert import feature_from_dict, from_arrow_field
from nlpdata.features.nested import (
    LargeList,
    List,
    Struct,
    Translation,
    TranslationVariableLanguages,
    arrow_field,
    arrow_type,
    feature_to_dict,
    normalise,
)

_METADATA_KEY = b"huggingface"


class Features(dict[str, Any]):
    """The features of a dataset's columns, in order: a dict of column name to feature type.

    A plain dict is a struct, ``[x]`` is ``List(x)``.

    >>> from nlpdata import Value
    >>> features = Features({"text": Value("string"), "tags": [Value("int64")]})
    >>> features["tags"]
    List(Value('int64'))

    Raises:
        FeatureError: something is not a feature.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.update(*args, **kwargs)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise FeatureError(f"The name of a column is text, not {key!r}.")
        super().__setitem__(key, normalise(value, key))

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add or replace columns."""
        try:
            given = dict(*args, **kwargs)
        except (TypeError, ValueError) as error:
            raise FeatureError(f"Features are a dict of column name to feature, not {args[0]!r:.100}.") from error
        for key, value in given.items():
            self[key] = value

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The feature of a column, which becomes ``default`` if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def __missing__(self, key: str) -> Any:
        raise unknown(UnknownColumnError, "column", key, self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Features, (dict(self),)

    def copy(self) -> Features:
        """A deep copy."""
        return Features({key: _copied(value) for key, value in self.items()})

    @property
    def type(self) -> pa.DataType:
        """One Arrow struct type with the columns as its fields."""
        return pa.struct([arrow_field(key, value) for key, value in self.items()])

    @property
    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema; its metadata under ``huggingface`` holds these features as JSON."""
        content = {"info": {"features": self.to_dict()}}
        fields = [arrow_field(key, value) for key, value in self.items()]
        return pa.schema(fields, metadata={_METADATA_KEY: json.dumps(content)})

    @classmethod
    def from_arrow_schema(cls, pa_schema: pa.Schema) -> Features:
        """The features of a schema: from its metadata where that agrees with the types, else what the types say.

        Metadata that cannot be read, or holds feature types of other libraries, is passed over.
        """
        described = _described(pa_schema)
        features = cls()
        for field in pa_schema:
            found = described.get(field.name)
            stored = from_arrow_field(field)
            fits = found is not None and arrow_type(found) == arrow_type(stored)
            features[field.name] = _with_marks(found, stored) if fits else stored
        return features

    def to_dict(self) -> dict[str, Any]:
        """The features as JSON-able data, each type with its ``_type`` tag.

        >>> from nlpdata import ClassLabel
        >>> Features({"label": ClassLabel(names=["a", "b"])}).to_dict()
        {'label': {'names': ['a', 'b'], '_type': 'ClassLabel'}}
        """
        return {key: feature_to_dict(value) for key, value in self.items()}

    @classmethod
    def from_dict(cls, dic: Mapping[str, Any]) -> Features:
        """The inverse of :meth:`to_dict`; understands the ``Sequence`` of older files.

        Raises:
            FeatureError: a ``_type`` is unknown.
        """
        return cls({key: feature_from_dict(value) for key, value in dic.items()})

    def encode_example(self, example: Mapping[str, Any]) -> dict[str, Any]:
        """A row as loader scripts yield it, as a row that can be stored: names become labels, ``"5"`` becomes 5.

        Columns that the row lacks become None; what it has beyond the features is left out.

        Raises:
            FeatureError: a value does not fit; names the column.
        """
        return {key: self._encoded(key, example.get(key)) for key in self}

    def encode_batch(self, batch: Mapping[str, Iterable[Any]]) -> dict[str, list[Any]]:
        """:meth:`encode_example` for a dict of lists.

        Raises:
            UnknownColumnError: the batch has a column that is no feature.
        """
        return {key: self.encode_column(column, key) for key, column in batch.items()}

    def encode_column(self, column: Iterable[Any], column_name: str) -> list[Any]:
        """:meth:`encode_example` for the values of one column."""
        self[column_name]
        return [self._encoded(column_name, value) for value in column]

    def _encoded(self, key: str, value: Any) -> Any:
        try:
            return encode_value(self[key], value)
        except FeatureError as error:
            raise FeatureError(f"Column {key!r}: {error}") from error

    @property
    def requires_decoding(self) -> frozenset[str]:
        """Names of the columns whose stored values must be decoded before a user sees them; empty (false) for most."""
        return frozenset(key for key, value in self.items() if requires_decoding(value))

    def decode_example(self, example: Mapping[str, Any], token_per_repo_id: Any = None) -> dict[str, Any]:
        """A stored row as users see it."""
        decoded = self.requires_decoding
        return {key: decode_value(self[key], value) if key in decoded else value for key, value in example.items()}

    def decode_batch(self, batch: Mapping[str, Any], token_per_repo_id: Any = None) -> dict[str, Any]:
        """:meth:`decode_example` for a dict of lists."""
        return {key: self.decode_column(column, key) for key, column in batch.items()}

    def decode_column(self, column: Any, column_name: str, token_per_repo_id: Any = None) -> Any:
        """:meth:`decode_example` for the values of one column; the column itself where nothing is to be decoded."""
        feature = self[column_name]
        return [decode_value(feature, value) for value in column] if requires_decoding(feature) else column

    def flatten(self, max_depth: int = 16) -> Features:
        """The features with the fields of structs as columns of their own, named ``"column.field"``.

        >>> from nlpdata import Value
        >>> Features({"a": {"b": Value("int8")}}).flatten()
        {'a.b': Value('int8')}
        """
        flat = self.copy()
        for _ in range(max_depth - 1):
            parts = {key: _parts(value) for key, value in flat.items()}
            if not any(isinstance(part, Mapping) for part in parts.values()):
                break
            plain = {key: part for key, part in parts.items() if not isinstance(part, Mapping)}
            nested = {
                f"{key}.{name}": v for key, part in parts.items() if isinstance(part, Mapping) for name, v in part.items()
            }
            flat = Features({**plain, **nested})
        return flat

    def reorder_fields_as(self, other: Features) -> Features:
        """The same features with columns and struct keys in the order they have in ``other``.

        Raises:
            FeatureError: (a ``ValueError``) they do not have the same names everywhere.
        """
        return Features(_reordered(Struct(self), Struct(other), ""))


def _copied(feature: Any) -> Any:
    if isinstance(feature, Struct):
        return Struct({key: _copied(value) for key, value in feature.items()}, feature.optional)
    return feature  # frozen


def _parts(feature: Any) -> Any:
    return feature if isinstance(feature, Struct) else feature.flatten()


def _described(schema: pa.Schema) -> dict[str, Any]:
    """Features from a schema's metadata, without those that cannot be read."""
    try:
        content = json.loads((schema.metadata or {})[_METADATA_KEY])["info"]["features"]
        entries = content.items()
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}
    found = {}
    for name, description in entries:
        try:
            found[name] = feature_from_dict(description)
        except FeatureError:  # a type of another library or a newer version: the Arrow type still tells how to read it
            continue
    return found


def _with_marks(feature: Any, stored: Any) -> Any:
    """The described feature with the marks of optional keys that only the stored type has."""
    if isinstance(feature, Struct) and isinstance(stored, Struct):
        return Struct({key: _with_marks(value, stored[key]) for key, value in feature.items()}, stored.optional)
    if isinstance(feature, List):
        return List(_with_marks(feature.feature, stored.feature), length=feature.length, id=feature.id)
    if isinstance(feature, LargeList):
        return LargeList(_with_marks(feature.feature, stored.feature), id=feature.id)
    return feature


def _reordered(ours: Any, theirs: Any, path: str) -> Any:
    if isinstance(ours, Struct):
        theirs = Struct(theirs.flatten()) if isinstance(theirs, Translation | TranslationVariableLanguages) else theirs
        if not isinstance(theirs, Struct) or set(ours) != set(theirs):
            raise FeatureError(f"The keys{path and ' of ' + path} differ: {ours!r} and {theirs!r}.")
        return Struct({key: _reordered(ours[key], theirs[key], f"{path}.{key}".strip(".")) for key in theirs}, ours.optional)
    if isinstance(ours, List | LargeList):
        if not isinstance(theirs, List | LargeList):
            raise FeatureError(f"{path or 'A column'} is {ours!r} here and {theirs!r} there.")
        inner = _reordered(ours.feature, theirs.feature, path)
        return List(inner, length=ours.length, id=ours.id) if isinstance(ours, List) else LargeList(inner, id=ours.id)
    if not isinstance(theirs, Feature) or isinstance(theirs, List | LargeList):
        raise FeatureError(f"{path or 'A column'} is {ours!r} here and {theirs!r} there.")
    return ours
