"""Arrow on disk and in memory: the format, shards written and mapped, column groups, selections, views.

Knows: rows, columns, bytes. Does not know: what features mean, how results are keyed or found again.
"""

from __future__ import annotations

from nlpdata.store.group import ColumnGroup, NullGroup, ShardGroup, StackGroup, TableGroup, split_table
from nlpdata.store.layout import FORMAT_VERSION, MANIFEST_NAME, BatchEntry, Manifest, ShardEntry, shard_name
from nlpdata.store.manifest import hash_file, is_temporary, read_manifest, verify, write_file, write_manifest, writing
from nlpdata.store.mapping import MappedShard, open_stream_file
from nlpdata.store.selection import Range, Rows, Selection, Shuffled, as_selection, compose
from nlpdata.store.view import Part, View
from nlpdata.store.writer import ShardWriter, conform, conform_table

__all__ = [
    "FORMAT_VERSION",
    "MANIFEST_NAME",
    "BatchEntry",
    "ColumnGroup",
    "Manifest",
    "MappedShard",
    "NullGroup",
    "Part",
    "Range",
    "Rows",
    "Selection",
    "ShardEntry",
    "ShardGroup",
    "ShardWriter",
    "Shuffled",
    "StackGroup",
    "TableGroup",
    "View",
    "as_selection",
    "compose",
    "conform",
    "conform_table",
    "hash_file",
    "is_temporary",
    "open_stream_file",
    "read_manifest",
    "shard_name",
    "split_table",
    "verify",
    "write_file",
    "write_manifest",
    "writing",
]
