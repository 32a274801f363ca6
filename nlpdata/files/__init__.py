"""How files become rows and back: one module per file type, reader and writer side by side.

Knows: file formats and record batches. Does not know: splits of a dataset, the cache, or builders.
"""

from __future__ import annotations

from nlpdata.files.base import FILE_TYPES, FileType, get_file_type
from nlpdata.files.patterns import infer_file_type, is_url, resolve_data_files

__all__ = ["FILE_TYPES", "FileType", "get_file_type", "infer_file_type", "is_url", "resolve_data_files"]
