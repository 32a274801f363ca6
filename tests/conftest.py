"""Fixtures for all tests: a cache of one's own, and the folder of facts and samples where it is present."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from nlpdata.settings import settings

# How fast a machine is never decides a test, and neither does chance: `make test` draws the same examples each time,
# `make test-explore` draws new ones.
QUIET = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("fixed", derandomize=True, database=None, **QUIET)
hypothesis.settings.register_profile("explore", derandomize=False, **QUIET)
hypothesis.settings.load_profile(os.environ.get("NLPDATA_TEST_PROFILE", "fixed"))

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def isolated_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty cache folder for each test, and settings put back after it."""
    folder = tmp_path_factory.mktemp("cache")
    with settings.override(cache=str(folder), mirror=None, offline=False, caching=True, progress=False):
        yield folder


@pytest.fixture
def shared_folder() -> Path:
    """The folder of facts, samples and genuine downloads beside the checkout; skips where it is absent."""
    folder = REPOSITORY.parent / "shared"
    if not (folder / "facts").is_dir():
        pytest.skip("needs the folder of facts and samples beside the checkout")
    return folder
