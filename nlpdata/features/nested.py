"""Features made of features: structs, lists and translations.

Knows: how types nest, and that ``{...}`` is a struct and ``[x]`` a list. Does not know: columns, tables or schemas.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pyarrow as pa

from nlpdata.errors import FeatureError
from nlpdata.features.base import Feature, FeatureType
from nlpdata.features.scalars import Value

#: Metadata of an Arrow struct's child field whose key may be missing from a row (which is not the same as null).
OPTIONAL = {b"nlpdata:optional": b"1"}


def is_optional(child: pa.Field) -> bool:
    """True if a struct's child field is marked as a key that some rows do not have."""
    return bool(child.metadata) and child.metadata.get(b"nlpdata:optional") == b"1"


class Struct(dict[str, Any]):
    """A dict of features, stored as an Arrow struct, some of whose keys rows may lack.

    Equal to a plain dict of the same items.

    Args:
        items: key -> feature.
        optional: keys that a row may lack; readers leave such a key out of a row where its value is null.

    >>> Struct({"a": Value("int64")}, optional=["a"])
    {'a': Value('int64')}
    """

    def __init__(self, items: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), optional: Iterable[str] = ()) -> None:
        super().__init__({key: normalise(value, key) for key, value in dict(items).items()})
        self.optional = frozenset(optional)

    def __reduce__(self) -> tuple[Any, ...]:
        return Struct, (dict(self), sorted(self.optional))


def normalise(feature: Any, name: str = "") -> Any:
    """A feature with every ``{...}`` made a :class:`Struct` and every ``[x]`` a :class:`List`.

    Raises:
        FeatureError: it is no feature; the message says what to write instead.
    """
    if isinstance(feature, Feature | Struct):
        return feature
    if isinstance(feature, Mapping):
        return Struct(feature)
    if isinstance(feature, list | tuple):
        if len(feature) != 1:
            raise FeatureError(
                f"{_called(name)}A list of features has exactly one element, the type of the items: {feature!r}."
            )
        return List(feature[0])
    if isinstance(feature, str | pa.DataType):
        raise FeatureError(f"{_called(name)}{feature!r} is not a feature. Write Value({str(feature)!r}).")
    if isinstance(feature, type) and issubclass(feature, Feature):
        raise FeatureError(f"{_called(name)}{feature.__name__} is a class. Make one: {feature.__name__}(...).")
    raise FeatureError(f"{_called(name)}{feature!r} is not a feature. Features are Value, ClassLabel, List, dicts of them, ...")


def _called(name: str) -> str:
    return f"Column {name!r}: " if name else ""


def arrow_type(feature: FeatureType) -> pa.DataType:
    """The Arrow type that a feature is stored as; structs keep their marks of optional keys."""
    found = normalise(feature)
    if isinstance(found, Struct):
        return pa.struct([arrow_field(key, value, optional=key in found.optional) for key, value in found.items()])
    return found.pa_type


def arrow_field(name: str, feature: FeatureType, *, optional: bool = False) -> pa.Field:
    """The Arrow field of a column or key; its metadata mark a key that rows may lack, and what its type does not tell."""
    found = normalise(feature)
    marks = {**(OPTIONAL if optional else {}), **({} if isinstance(found, Struct) else found.field_marks)}
    return pa.field(name, arrow_type(found), metadata=marks or None)


def feature_to_dict(feature: FeatureType) -> Any:
    """A feature as JSON-able data with ``_type`` tags, as the schema metadata and ``dataset_info.json`` hold it."""
    found = normalise(feature)
    return {key: feature_to_dict(value) for key, value in found.items()} if isinstance(found, Struct) else found.to_dict()


def _decodes(feature: Any) -> bool:
    if isinstance(feature, Struct):
        return any(_decodes(value) for value in feature.values())
    return bool(feature.requires_decoding)


@dataclass(frozen=True, repr=False)
class List(Feature):
    """A list of one type of items.

    Args:
        feature: type of the items; a dict is a struct.
        length: how many items every list has; -1 leaves it open.
        id: free for the user; neither compared nor stored.

    >>> List(Value("int32"), length=3)
    List(Value('int32'), length=3)
    """

    feature: Any
    length: int = -1
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "list"
    _type: ClassVar[str] = "List"

    def __post_init__(self) -> None:
        object.__setattr__(self, "feature", normalise(self.feature))
        if self.length < -1:
            raise FeatureError(f"The length of a List is -1 (any) or a number of items, not {self.length}.")

    @property
    def pa_type(self) -> pa.DataType:
        """A list type, or a fixed-size list type where the length is given."""
        return pa.list_(arrow_field("item", self.feature), self.length)

    @property
    def requires_decoding(self) -> bool:
        """True if the items require it."""
        return _decodes(self.feature)

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON-able data; the length only where it is given."""
        length = {} if self.length == -1 else {"length": self.length}
        return {"feature": feature_to_dict(self.feature), **length, "_type": self._type}

    def __repr__(self) -> str:
        return f"List({self.feature!r}{'' if self.length == -1 else f', length={self.length}'})"

    __hash__ = Feature.__hash__


@dataclass(frozen=True, repr=False)
class LargeList(Feature):
    """A list whose positions are counted with 64 bits: a batch of rows may hold more than 2**31 items.

    Args:
        feature: type of the items; a dict is a struct.
        id: free for the user; neither compared nor stored.
    """

    feature: Any
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "list"
    _type: ClassVar[str] = "LargeList"

    def __post_init__(self) -> None:
        object.__setattr__(self, "feature", normalise(self.feature))

    @property
    def pa_type(self) -> pa.DataType:
        """A large list type."""
        return pa.large_list(arrow_field("item", self.feature))

    @property
    def requires_decoding(self) -> bool:
        """True if the items require it."""
        return _decodes(self.feature)

    def to_dict(self) -> dict[str, Any]:
        """The type as JSON-able data."""
        return {"feature": feature_to_dict(self.feature), "_type": self._type}

    def __repr__(self) -> str:
        return f"LargeList({self.feature!r})"

    __hash__ = Feature.__hash__


class Sequence:
    """What loader scripts call a list: makes a ``List``, or of a dict a struct of ``List``.

    >>> Sequence(Value("int32"))
    List(Value('int32'))
    >>> Sequence({"text": Value("string")})
    {'text': List(Value('string'))}
    """

    def __new__(cls, feature: Any = None, length: int = -1, **kwargs: Any) -> Any:  # noqa: D102
        if feature is None:
            raise FeatureError("Sequence takes the type of its items, such as Sequence(Value('int32')).")
        if isinstance(feature, Mapping):
            return Struct({key: List(value, length=length, **kwargs) for key, value in feature.items()})
        return List(feature, length=length, **kwargs)


@dataclass(frozen=True, repr=False)
class Translation(Feature):
    """One text in each of the same languages: a struct of strings.

    Args:
        languages: language codes; the keys of every row.
        id: free for the user; neither compared nor stored.

    >>> Translation(["en", "fr"]).pa_type
    StructType(struct<en: string, fr: string>)
    """

    languages: list[str]
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "dict"
    _type: ClassVar[str] = "Translation"

    def __post_init__(self) -> None:
        object.__setattr__(self, "languages", _languages(self.languages, sort=False))

    @property
    def pa_type(self) -> pa.DataType:
        """A struct of strings, its keys sorted."""
        return pa.struct({language: pa.string() for language in sorted(self.languages)})

    def flatten(self) -> dict[str, Any]:
        """A string for each language."""
        return {language: Value("string") for language in sorted(self.languages)}

    def __repr__(self) -> str:
        return f"Translation(languages={self.languages!r})"

    __hash__ = Feature.__hash__


@dataclass(frozen=True, repr=False)
class TranslationVariableLanguages(Feature):
    """Texts in languages that vary from row to row: parallel lists ``language`` and ``translation``.

    Args:
        languages: the language codes that are allowed; None allows any.
        num_languages: follows from ``languages``; accepted because scripts pass it.
        id: free for the user; neither compared nor stored.

    >>> TranslationVariableLanguages(["en", "fr"]).encode_example({"fr": ["le chat", "la chatte"], "en": "the cat"})
    {'language': ['en', 'fr', 'fr'], 'translation': ['the cat', 'la chatte', 'le chat']}
    """

    languages: list[str] | None = None
    num_languages: int | None = None
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "dict"
    _type: ClassVar[str] = "TranslationVariableLanguages"
    requires_encoding: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.languages is not None:
            object.__setattr__(self, "languages", _languages(self.languages, sort=True))
            object.__setattr__(self, "num_languages", len(self.languages))

    @property
    def pa_type(self) -> pa.DataType:
        """A struct of two lists of strings."""
        return pa.struct({"language": pa.list_(pa.string()), "translation": pa.list_(pa.string())})

    def encode_example(self, value: Any) -> dict[str, Any] | None:
        """Language -> text or texts, as the two parallel lists, sorted by language and text.

        Rows that are the two lists already pass through.

        Raises:
            FeatureError: a language is not among those allowed, or the value is no mapping.
        """
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise FeatureError(f"{value!r} ({type(value).__name__}) is not a mapping of language to text.")
        if set(value) == {"language", "translation"} and not isinstance(value["language"], str):
            pairs = list(zip(value["language"], value["translation"], strict=True))
        else:
            pairs = [(code, text) for code, texts in value.items() for text in ([texts] if isinstance(texts, str) else texts)]
            pairs.sort()
        unknown = {code for code, _ in pairs} - set(self.languages or ())
        if self.languages is not None and unknown:
            raise FeatureError(
                f"Languages {', '.join(sorted(unknown))} are not among those declared: {', '.join(self.languages)}."
            )
        return {"language": [code for code, _ in pairs], "translation": [text for _, text in pairs]}

    def flatten(self) -> dict[str, Any]:
        """The two lists."""
        return {"language": List(Value("string")), "translation": List(Value("string"))}

    def __repr__(self) -> str:
        return f"TranslationVariableLanguages(languages={self.languages!r}, num_languages={self.num_languages!r})"

    __hash__ = Feature.__hash__


def _languages(given: Any, *, sort: bool) -> list[str]:
    if isinstance(given, str) or not all(isinstance(code, str) for code in given):
        raise FeatureError(f"Languages are a list of codes such as ['en', 'fr'], not {given!r}.")
    codes = list(given)
    if len(set(codes)) != len(codes):
        raise FeatureError(f"A language is named twice: {codes!r}.")
    return sorted(codes) if sort else codes
