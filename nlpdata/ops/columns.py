"""Columns renamed, kept, cast, encoded and taken out of structs.

Knows: names, feature types, and how one Arrow table becomes another. Does not know: where a result is kept.
The classes here are functions over tables with a stable content key; the engine runs them batch by batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from nlpdata.errors import ArgumentError, UnknownColumnError, unknown
from nlpdata.features import Features, FeatureType, cast_array
from nlpdata.store.group import ColumnGroup
from nlpdata.store.view import Part, View


def as_names(names: str | Iterable[str] | None) -> tuple[str, ...] | None:
    """One name or several as a tuple; None stays None.

    Raises:
        ArgumentError: no name, nor several.

    >>> as_names("text"), as_names(["a", "b"])
    (('text',), ('a', 'b'))
    """
    if names is None or isinstance(names, str):
        return None if names is None else (names,)
    if not isinstance(names, Iterable) or isinstance(names, bytes):
        raise ArgumentError(f"Columns are named by a string or a list of strings, not by {names!r:.100}.")
    return tuple(names)


def check_known(names: Iterable[str], known: Sequence[str]) -> None:
    """Refuse names that are not columns.

    Raises:
        UnknownColumnError: the first such name, with the closest column.
    """
    for name in names:
        if name not in known:
            raise unknown(UnknownColumnError, "column", name, known)


def check_renaming(mapping: Mapping[str, str], names: Sequence[str]) -> None:
    """Refuse a renaming of unknown columns, to names that are taken, or to no name at all.

    Raises:
        UnknownColumnError: an old name is not a column.
        ArgumentError: a new name is empty, taken, or given twice.
    """
    if not isinstance(mapping, Mapping):
        raise ArgumentError(f"Columns are renamed by a dict {{old name: new name}}, not by {mapping!r:.100}.")
    check_known(mapping, names)
    kept = set(names) - set(mapping)
    seen: set[str] = set()
    for old, new in mapping.items():
        if not isinstance(new, str) or not new:
            raise ArgumentError(f"Column {old!r} cannot be renamed to {new!r}: a name is a non-empty string.")
        if new in kept:
            raise ArgumentError(
                f"Column {old!r} cannot be renamed to {new!r}: there is such a column. Remove or rename it first."
            )
        if new in seen:
            raise ArgumentError(f"Two columns would be renamed to {new!r}. Names are unique.")
        seen.add(new)


@dataclass(frozen=True)
class CastColumns:
    """A table with its columns cast to ``features``; other columns are left out."""

    features: Features

    def __call__(self, table: pa.Table) -> pa.Table:
        """The cast table."""
        columns = {name: cast_array(table.column(name), feature, column=name) for name, feature in self.features.items()}
        return pa.table(columns, schema=self.features.arrow_schema)


@dataclass(frozen=True)
class EncodeClasses:
    """A column's values as positions in ``names``, by their text; null stays null unless ``"None"`` is meant by it."""

    column: str
    names: tuple[str, ...]
    include_nulls: bool

    def __call__(self, table: pa.Table) -> pa.Table:
        """The one encoded column."""
        position = {name: i for i, name in enumerate(self.names)}
        encoded = pc.dictionary_encode(table.column(self.column), null_encoding="encode")
        chunks = []
        for chunk in encoded.chunks if isinstance(encoded, pa.ChunkedArray) else [encoded]:
            values = chunk.dictionary.to_pylist()
            codes = [None if v is None and not self.include_nulls else position[str(v)] for v in values]
            chunks.append(pa.array(codes, pa.int64()).take(chunk.indices))
        return pa.table({self.column: pa.chunked_array(chunks, pa.int64())})


@dataclass(frozen=True)
class RemapClasses:
    """A column of class ids with id ``i`` replaced by ``ids[i]``; null and -1 (no label) stay."""

    column: str
    ids: tuple[int, ...]

    def __call__(self, table: pa.Table) -> pa.Table:
        """The one remapped column."""
        shifted = pa.array([-1, *self.ids], pa.int64())
        column = table.column(self.column)
        chunks = [shifted.take(pc.add(chunk.cast(pa.int64()), 1)) for chunk in column.chunks]
        return pa.table({self.column: pa.chunked_array(chunks, pa.int64())})


@dataclass(frozen=True)
class FieldGroup:
    """Fields of a group's struct columns as columns of their own; nothing is copied.

    Args:
        group: holds the struct columns.
        paths: column name -> (stored column, position of the field, position of the field inside it, ...).
    """

    group: ColumnGroup
    paths: Mapping[str, tuple[str | int, ...]]

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the fields."""
        return pa.schema([self._field(name) for name in self.paths])

    @property
    def num_rows(self) -> int:
        """Rows of the group."""
        return self.group.num_rows

    @property
    def files(self) -> tuple[str, ...]:
        """Files of the group."""
        return self.group.files

    @property
    def nbytes(self) -> int:
        """Bytes of the group, the fields not named here among them."""
        return self.group.nbytes

    def extent(self, row: int) -> tuple[int, int] | None:
        """The rows around ``row`` that the group reads as one slice."""
        return self.group.extent(row)

    def expect(self, scattered: int) -> bool:
        """Handed on to the group."""
        return self.group.expect(scattered)

    def release(self, start: int, stop: int) -> None:
        """Handed on to the group."""
        self.group.release(start, stop)

    def read(self, names: Sequence[str], start: int, stop: int) -> pa.Table:
        """Rows ``start`` to ``stop`` without a copy."""
        return self._fields(names, self.group.read(self._roots(names), start, stop))

    def take(self, names: Sequence[str], rows: np.ndarray) -> pa.Table:
        """Rows in any order."""
        return self._fields(names, self.group.take(self._roots(names), rows))

    def content_key(self) -> str:
        """A key of the content."""
        return xxhash.xxh3_128_hexdigest(f"fields {self.group.content_key()} {sorted(self.paths.items())}".encode())

    def _roots(self, names: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(str(self.paths[name][0]) for name in names))

    def _field(self, name: str) -> pa.Field:
        root, *positions = self.paths[name]
        field = self.group.schema.field(root)
        for position in positions:
            field = field.type.field(position)
        return pa.field(name, field.type)

    def _fields(self, names: Sequence[str], table: pa.Table) -> pa.Table:
        columns = []
        for name in names:
            root, *positions = self.paths[name]
            column = table.column(root)
            columns.append(pc.struct_field(column, positions) if positions else column)
        if not names:
            return table
        return pa.Table.from_arrays(columns, schema=pa.schema([self._field(name) for name in names]))


def flatten(view: View, features: Features, max_depth: int = 16) -> tuple[View, Features]:
    """Struct columns replaced by their fields, named ``"column.field"``; reads and copies nothing.

    Args:
        view: the columns.
        features: their types.
        max_depth: how often fields that are structs again are opened.

    Raises:
        ArgumentError: two columns would have one name.
    """
    flat = features.flatten(max_depth)
    paths: dict[str, tuple[str | int, ...]] = {}
    for field in view.schema:
        for name, path in _paths(field.name, (field.name,), field.type):
            if name in flat and name in paths:
                raise ArgumentError(f"Flattening would give two columns named {name!r}. Rename one of them first.")
            paths[name] = path
    flat = Features({name: flat[name] for name in paths if name in flat})  # a struct's fields in its place
    parts = [_with_fields(part, {name: paths[name] for name in flat if paths[name][0] in part.columns}) for part in view.parts]
    return View(tuple(parts), tuple(flat), view.num_rows), flat


def field(view: View, feature: FeatureType, path: Sequence[str]) -> tuple[View, FeatureType]:
    """One field of a struct column as a view of one column with the path's last name; reads nothing.

    Raises:
        UnknownColumnError: a name on the path is not there.
    """
    position: list[str | int] = [path[0]]
    arrow_type = view.schema.field(path[0]).type
    for i, name in enumerate(path[1:], 1):
        if not pa.types.is_struct(arrow_type):
            raise unknown(UnknownColumnError, f"field of {'.'.join(path[:i])!r} (it holds {arrow_type})", name, [])
        at = arrow_type.get_field_index(name)
        if at < 0:
            raise unknown(UnknownColumnError, f"field of {'.'.join(path[:i])!r}", name, [f.name for f in arrow_type])
        position.append(at)
        arrow_type = arrow_type.field(at).type
        feature = (
            feature[name] if isinstance(feature, Mapping) else Features.from_arrow_schema(pa.schema([(name, arrow_type)]))[name]
        )
    (part,) = view.pick([path[0]]).parts
    return View((_with_fields(part, {path[-1]: tuple(position)}),), (path[-1],), view.num_rows), feature


def _paths(name: str, path: tuple[str | int, ...], arrow_type: pa.DataType) -> Iterable[tuple[str, tuple[str | int, ...]]]:
    yield name, path
    if pa.types.is_struct(arrow_type):
        for i, child in enumerate(arrow_type):
            yield from _paths(f"{name}.{child.name}", (*path, i), child.type)


def _with_fields(part: Part, paths: Mapping[str, tuple[str | int, ...]]) -> Part:
    """A part that shows fields; the paths begin with the part's own column names."""
    if all(len(path) == 1 for path in paths.values()):
        return Part(part.group, part.selection, {name: part.columns[str(path[0])] for name, path in paths.items()})
    stored = {name: (part.columns[str(path[0])], *path[1:]) for name, path in paths.items()}
    return Part(FieldGroup(part.group, stored), part.selection, {name: name for name in paths})
