"""Functions from a view to a view: select, sort, split, combine, columns, statistics.

Knows: positions, Arrow tables and feature types. Does not know: datasets, the cache, or user functions.
"""

from __future__ import annotations
