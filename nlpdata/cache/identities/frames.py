"""Frames and series of pandas and polars: names, types and values, column by column and without a copy of the whole.

Knows: both libraries' way to columns, by the methods of the objects; imports neither.
Does not know: the arrays inside (``arrays``).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from nlpdata.cache.identities import arrays

if TYPE_CHECKING:
    from nlpdata.cache.walk import Walker


def pandas_frame(walker: Walker, frame: Any) -> None:
    """A DataFrame; how its blocks are laid out does not matter."""
    walker.put("frame", str(frame.shape))
    walker.named("index", frame.index)
    walker.named("columns", frame.columns)
    walker.named("attrs", frame.attrs)
    for at, name in enumerate(frame.columns):
        walker.named(f"column {name!r}", frame.iloc[:, at].array)


def pandas_series(walker: Walker, series: Any) -> None:
    """A Series."""
    walker.put("series")
    walker.named("name", series.name)
    walker.named("index", series.index)
    walker.named("attrs", series.attrs)
    walker.named("values", series.array)


def pandas_index(walker: Walker, index: Any) -> None:
    """An Index; look-up tables that its use leaves behind do not matter."""
    walker.put("index", type(index).__name__)
    walker.named("names", list(index.names))
    if index.nlevels > 1:
        for level in range(index.nlevels):
            walker.named(f"level {level}", index.get_level_values(level))
    else:
        walker.named("values", index.array)


def pandas_range(walker: Walker, index: Any) -> None:
    """A RangeIndex, without its numbers."""
    walker.put("range index")
    walker.visit((index.name, index.start, index.stop, index.step))


def polars_frame(walker: Walker, frame: Any) -> None:
    """A DataFrame; chunks do not matter."""
    walker.put("frame", repr(list(frame.schema.items())))
    for series in frame.get_columns():
        _polars_values(walker, series)


def polars_series(walker: Walker, series: Any) -> None:
    """A Series."""
    walker.put("series", f"{series.name!r} {series.dtype!r}")
    _polars_values(walker, series)


def _polars_values(walker: Walker, series: Any) -> None:
    if series.dtype == sys.modules["polars"].Object:
        walker.named(f"column {series.name!r}", series.to_list())
        return
    # Views of text stay views, so that nothing is copied; those of categories are not understood by Arrow's own functions.
    levels = sys.modules["polars"].CompatLevel
    level = levels.oldest() if any(name in str(series.dtype) for name in ("Categorical", "Enum")) else levels.newest()
    chunks = [chunk.to_arrow(compat_level=level) for chunk in series.get_chunks()]
    arrays.table(walker, pa.table({"": pa.chunked_array(chunks)}))
