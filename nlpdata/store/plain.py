"""Arrow types without other libraries' classes.

Knows: that Arrow makes an extension type of marked lists where a library registered a class for the mark, so that one file
would have two schemas, depending on what else was imported. Here every schema says how values are stored, and the mark
stays in the field's metadata. Does not know: what a mark means (``features`` does).
"""

from __future__ import annotations

import pyarrow as pa

_NAME, _PARAMETERS = b"ARROW:extension:name", b"ARROW:extension:metadata"


def stored_type(t: pa.DataType) -> pa.DataType:
    """The type that values are stored as; ``t`` itself where no extension type of a Python class is in it."""
    if not _holds_class(t):
        return t
    if isinstance(t, pa.ExtensionType):
        return stored_type(t.storage_type)
    if pa.types.is_struct(t):
        return pa.struct([stored_field(t.field(i)) for i in range(t.num_fields)])
    if pa.types.is_fixed_size_list(t):
        return pa.list_(stored_field(t.value_field), t.list_size)
    if pa.types.is_large_list(t):
        return pa.large_list(stored_field(t.value_field))
    if pa.types.is_map(t):
        return pa.map_(stored_field(t.key_field), stored_field(t.item_field), t.keys_sorted)
    return pa.list_(stored_field(t.value_field)) if pa.types.is_list(t) else t


def stored_field(field: pa.Field) -> pa.Field:
    """The field as it is stored; the mark of an extension type becomes metadata."""
    kind = stored_type(field.type)
    if kind is field.type:
        return field
    marks = dict(field.metadata or {})
    if isinstance(field.type, pa.ExtensionType):
        parameters = field.type.__arrow_ext_serialize__()
        marks = {**marks, _NAME: field.type.extension_name.encode(), _PARAMETERS: parameters}
    return pa.field(field.name, kind, field.nullable, marks or None)


def stored_schema(schema: pa.Schema) -> pa.Schema:
    """The schema as it is stored; ``schema`` itself where nothing changes."""
    fields = [stored_field(field) for field in schema]
    if all(new is old for new, old in zip(fields, schema, strict=True)):
        return schema
    return pa.schema(fields, schema.metadata)


def stored_table(table: pa.Table) -> pa.Table:
    """The table under :func:`stored_schema`; copies nothing."""
    schema = stored_schema(table.schema)
    if schema is table.schema or not table.num_columns:
        return table
    columns = [
        column if column.type == field.type else pa.chunked_array([c.view(field.type) for c in column.chunks], field.type)
        for field, column in zip(schema, table.columns, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _holds_class(t: pa.DataType) -> bool:
    if isinstance(t, pa.ExtensionType):
        return True
    return any(_holds_class(t.field(i).type) for i in range(t.num_fields)) if pa.types.is_nested(t) else False
