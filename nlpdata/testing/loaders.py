"""The suite for a loader folder: it is complete, builds from its made-up data, and repeats itself, also shard by shard.

Knows: what every loader promises, whoever wrote it. Does not know: any corpus.

``dummy/expected.json`` is ``{config: {split: {"num_examples": n, "first": row}}}``; in it floats have four digits, bytes are
``"<bytes n>"`` and paths begin with ``<data>/``.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from nlpdata.builder.direct import direct_splits, direct_tables
from nlpdata.dataset.dataset import Dataset
from nlpdata.engine.shards import cut
from nlpdata.errors import ArgumentError, MissingPackageError, ScriptError
from nlpdata.features import Features
from nlpdata.features.media import Media
from nlpdata.inspect import get_dataset_config_names
from nlpdata.load import load_dataset_builder
from nlpdata.scripts import find_script
from nlpdata.splits import SplitGenerator
from nlpdata.testing.base import Check, NotApplicable, Report, run_checks
from nlpdata.testing.dummy import dummy_files, recorded, staging

_HEADINGS = ("**Source.**", "**Licence.**", "**Citation.**", "**Dummy data.**", "**Known quirks.**")
_MOST_DUMMY_BYTES = 1 << 20  # made-up data is to be read by people
_SHA256 = re.compile(r"[0-9a-f]{64}")


def check_loader(folder_or_name: str | os.PathLike[str]) -> Report:
    """Run the whole suite on a loader: a folder ``<name>/`` with ``<name>.py``, card, record and ``dummy/``.

    Needs no network and leaves nothing behind: the dummy data are packed as the source packs the real ones, and prepared in a
    cache that is removed.

    Args:
        folder_or_name: the folder or script of a loader of your own, or the name of a shipped one.

    Raises:
        SuiteError: an AssertionError that lists everything that does not hold.
        UnknownLoaderError: there is no such loader.
    """
    folder = find_script("loader", folder_or_name).folder
    return run_checks(f"the loader in {str(folder)!r}", loader_checks(folder))


def loader_checks(folder: str | os.PathLike[str]) -> list[Check]:
    """The checks of :func:`check_loader` one by one, for a test framework to run each as a test of its own.

    ``"complete"`` (script, card, dummy data), ``"record"`` (``checksums.json`` fits the loader), and for each configuration in
    ``dummy/expected.json`` ``"builds: <config>"``.
    """
    path = Path(folder).resolve()
    checks = [Check("complete", partial(_complete, path)), Check("record", partial(_record, path))]
    return checks + [Check(f"builds: {config}", partial(_builds, path, config)) for config in _expected(path)]


def _expected(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "dummy" / "expected.json"
    found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return found


def _complete(folder: Path) -> None:
    """Script, card and dummy data are there."""
    name = folder.name
    assert (folder / f"{name}.py").is_file(), f"there is no {name}.py in {folder}"
    card = folder / "README.md"
    assert card.is_file(), f"there is no README.md in {folder}"
    text = card.read_text("utf-8")
    assert text.startswith(f"# {name}\n"), f"the card {card} does not begin with '# {name}'"
    assert f'load_dataset("{name}"' in text, f'the card {card} shows no example with load_dataset("{name}"'
    missing = [heading for heading in _HEADINGS if heading not in text]
    assert not missing, f"the card {card} does not say: {', '.join(missing)}"
    assert _expected(folder), f"there is no {folder / 'dummy' / 'expected.json'} that lists configurations"
    files = dummy_files(folder)
    assert files or (folder / "dummy" / "manual").is_dir(), f"{folder / 'dummy'} holds no file for any URL"
    absent = [str(path) for path in files.values() if not path.exists()]
    assert not absent, f"files named in dummy/files.json do not exist: {', '.join(absent)}"
    size = sum(path.stat().st_size for path in (folder / "dummy").rglob("*") if path.is_file())
    assert size <= _MOST_DUMMY_BYTES, f"the dummy data are {size} bytes; {_MOST_DUMMY_BYTES} are the most"


def _record(folder: Path) -> None:
    """``checksums.json`` records whole checksums, and split sizes of configurations that exist, in their order."""
    found, configs = recorded(folder), _configs(folder)
    for url, row in found.get("downloads", {}).items():
        assert _SHA256.fullmatch(row.get("sha256", "")), f"the sha256 of {url} is not 64 hex digits: {row.get('sha256')!r}"
        assert row.get("num_bytes") is None or row["num_bytes"] >= 0, f"the size of {url} is {row['num_bytes']}"
    sizes = found.get("splits", {})
    assert [config for config in configs if config in sizes] == list(sizes), (
        f"sizes are recorded for {list(sizes)}, which are not configurations in the loader's order: {configs}"
    )
    unknown = set(_expected(folder)) - set(configs)
    assert not unknown, f"dummy/expected.json names configurations that the loader does not have: {sorted(unknown)}"


def _configs(folder: Path) -> list[str]:
    with _packages_may_be_missing():
        return get_dataset_config_names(folder)


_Parts = Callable[[SplitGenerator], list[SplitGenerator]]


@dataclass(frozen=True, slots=True)
class _Built:
    """A configuration that was prepared: its features, and the rows of each split as they are stored."""

    features: Features
    rows: Mapping[str, list[dict[str, Any]]]
    first: Mapping[str, dict[str, Any]]


def _builds(folder: Path, config: str) -> None:
    """It prepares from dummy data as expected, twice the same, and its generators yield that, also shard by shard."""
    wanted = _expected(folder)[config]
    sizes = {config: {split: known["num_examples"] for split, known in wanted.items()}}
    manual = folder / "dummy" / "manual"
    options = {"data_dir": str(manual)} if manual.is_dir() else {}
    with tempfile.TemporaryDirectory() as place, staging(Path(place)) as stage, _packages_may_be_missing():
        copy = str(stage.copy(folder, dummy_files(folder), sizes))
        built = _prepared(copy, config, options)
        assert {split: len(rows) for split, rows in built.rows.items()} == sizes[config], (
            f"splits and rows are { ({split: len(rows) for split, rows in built.rows.items()}) }, expected {sizes[config]}"
        )
        for split, known in wanted.items():
            if "first" in known:
                found = _shown(built.first[split])
                assert found == known["first"], f"the first row of {split} is {found}, expected {known['first']}"
        again = _prepared(copy, config, options, download_mode="reuse_cache_if_exists")
        assert again == built, f"prepared twice, it differs: {_difference(built.rows, again.rows)}"
        for parts, how in ((_whole, "its generators yield"), (_shards, "they yield shard by shard")):
            direct = _direct(copy, config, options, parts)
            assert direct == built.rows, f"prepared rows differ from what {how}: {_difference(built.rows, direct)}"


@contextmanager
def _packages_may_be_missing() -> Iterator[None]:
    try:
        yield
    except (MissingPackageError, ScriptError) as error:
        if "pip install" not in str(error):
            raise
        raise NotApplicable(str(error)) from error


def _prepared(folder: str, config: str, options: Mapping[str, Any], download_mode: str | None = None) -> _Built:
    builder = load_dataset_builder(folder, config, **options)
    builder.download_and_prepare(download_mode=download_mode)
    splits: dict[str, Dataset] = dict(builder.as_dataset())
    features = next(iter(splits.values())).features
    declared = builder.info.features
    assert declared is None or features == declared, f"features are {features}, declared were {declared}"
    rows = {split: dataset.with_format("arrow")[:].to_pylist() for split, dataset in splits.items()}
    return _Built(features, rows, {split: _first_row(dataset) for split, dataset in splits.items() if len(dataset)})


def _direct(folder: str, config: str, options: Mapping[str, Any], parts: _Parts) -> dict[str, list[dict[str, Any]]]:
    """The rows that the generators yield when they are called for each part of a split."""
    builder = load_dataset_builder(folder, config, **options)
    rows = {}
    for split, generator in direct_splits(builder).items():
        tables = [table for part in parts(generator) for table in direct_tables(builder, part)]
        rows[split] = pa.concat_tables(tables, promote_options="permissive").to_pylist() if tables else []
    return rows


def _whole(generator: SplitGenerator) -> list[SplitGenerator]:
    return [generator]


def _shards(generator: SplitGenerator) -> list[SplitGenerator]:
    """A generator for each shard, as ``num_proc`` calls it; the whole where it is not clear what the shards are."""
    try:
        return [SplitGenerator(generator.name, kwargs) for _, kwargs in cut(generator.gen_kwargs)]
    except ArgumentError:
        return [generator]


def _difference(one: Mapping[str, list[Any]], other: Mapping[str, list[Any]]) -> str:
    for split in one:
        if len(one[split]) != len(other.get(split, ())):
            return f"{split} has {len(one[split])} rows, then {len(other.get(split, ()))}"
        for number, (a, b) in enumerate(zip(one[split], other[split], strict=True)):
            if a != b:
                return f"row {number} of {split} is {a!r:.300}, then {b!r:.300}"
    return f"splits {list(one)}, then {list(other)}; or the features"


def _first_row(dataset: Dataset) -> dict[str, Any]:
    """The first row, with images and sounds as they are stored."""
    stored = Features(
        {n: replace(cast(Any, f), decode=False) if isinstance(f, Media) else f for n, f in dataset.features.items()}
    )
    found: dict[str, Any] = (dataset if stored == dataset.features else dataset.cast(stored))[0]
    return found


def _shown(value: Any) -> Any:
    """The value as a record says it: floats at four digits, bytes counted, paths from where the data begins."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, bytes):
        return f"<bytes {len(value)}>"
    if isinstance(value, str):
        return re.sub(r"^/.*(/extracted/[0-9a-f]+|/dummy/manual)/", "<data>/", value)
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else value
