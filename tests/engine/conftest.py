"""A source of rows, and a cache whose content can be listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from nlpdata.cache.directory import CacheDirectory
from nlpdata.cache.key import Lineage
from nlpdata.engine.plan import Source
from nlpdata.features import Features
from nlpdata.formats import FormatSpec
from nlpdata.store import TableGroup, View

MakeSource = Callable[..., Source]


def make_source(
    columns: Mapping[str, Any] | pa.Table, spec: FormatSpec | None = None, features: Features | None = None
) -> Source:
    """A source over made-up columns."""
    table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
    view = View.of(TableGroup(table))
    known = features or Features.from_arrow_schema(table.schema)
    return Source(view, known, spec or FormatSpec(), Lineage.of(view.content_key))


@pytest.fixture
def source() -> MakeSource:
    return make_source


@pytest.fixture
def directory(tmp_path: Path) -> CacheDirectory:
    return CacheDirectory(tmp_path / "results-are-here")


@pytest.fixture
def files(directory: CacheDirectory) -> Callable[[], list[str]]:
    """Everything in the cache, with keys shortened."""
    return lambda: sorted(p.relative_to(directory.root).as_posix() for p in directory.root.rglob("*") if p.is_file())
