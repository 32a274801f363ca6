"""A loader of one's choice with other files, and rows as the records of samples say them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nlpdata import Dataset, Features
from nlpdata.features.media import Media
from nlpdata.scripts import shipped_folder
from nlpdata.testing.dummy import staging

Sizes = Mapping[str, Mapping[str, int]]
Stage = Callable[..., Path]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """``stage(name, {url: file or folder}, sizes)`` is the folder of a copy of a loader that gets these files, offline."""
    with staging(tmp_path) as place:

        def staged(
            name: str,
            files: Mapping[str, Path],
            sizes: Sizes,
            inner: frozenset[Path] = frozenset(),
            first: Sequence[str] = (),
        ) -> Path:
            return place.copy(shipped_folder("loader") / name, files, sizes, inner, first)

        yield staged


@pytest.fixture
def first_row() -> Callable[[Dataset], dict[str, Any]]:
    """The first row of a dataset, with images and sounds as they are stored."""

    def row(dataset: Dataset) -> dict[str, Any]:
        stored = {n: replace(f, decode=False) if isinstance(f, Media) else f for n, f in dataset.features.items()}
        return (dataset if stored == dataset.features else dataset.cast(Features(stored)))[0]

    return row
