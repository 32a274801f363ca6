"""Shipped loaders against what is known of the genuine data: facts, samples and the mirror."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import nlpdata
from nlpdata import get_dataset_config_names, load_dataset, load_dataset_builder
from nlpdata.features import ClassLabel, Features, List, Sequence, Translation, TranslationVariableLanguages, Value
from nlpdata.scripts import list_scripts, shipped_folder
from nlpdata.settings import settings

SHARED = Path(__file__).resolve().parents[3] / "shared"
FACTS = SHARED / "facts" / "loaders"
SAMPLES = SHARED / "samples"
KNOWN = [name for name in list_scripts("loader") if (FACTS / f"{name}.json").exists()]

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="needs the folder of facts and samples beside the checkout")


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def facts_of(name: str) -> dict[str, Any]:
    """The fact file, with the features of every described configuration written out."""
    facts = read(FACTS / f"{name}.json")
    for known in facts["configs"].values():
        described = known["features"]
        while isinstance(described, str):
            described = facts["configs"][described.removeprefix("same as ")]["features"]
        known["features"] = described
    return facts


def all_configs(name: str, facts: dict[str, Any]) -> Iterator[tuple[str, dict[str, int], dict[str, str | None]]]:
    """Each configuration: its name, split sizes, and URL -> sha256 where all downloads are listed."""
    listed = facts.get("all_configs_file")
    for line in (FACTS / listed).read_text("utf-8").splitlines() if listed else ():
        known = json.loads(line)
        downloads = {url: sha256 for url, _, sha256 in known.get("downloads", ())}
        complete = known.get("n_downloads", len(downloads)) == len(downloads)
        yield known["config"], {s: size for s, (size, _) in known["splits"].items()}, downloads if complete else {}
    for config, known in facts["configs"].items() if not listed else ():
        downloads = {one["url"]: one["sha256"] for one in known.get("downloads", ())}
        complete = known.get("downloads_total", len(downloads)) == len(downloads)
        yield config, split_sizes(known["splits"]), downloads if complete else {}


def split_sizes(splits: dict[str, Any]) -> dict[str, int]:
    return {split: found["num_examples"] for split, found in splits.items() if "num_examples" in found}


def features_of(described: Any) -> Any:
    """A fact file's notation as features."""
    if isinstance(described, str):
        return getattr(nlpdata, described)() if described[0].isupper() else Value(described)
    if isinstance(described, list):
        return List(features_of(described[0]))
    kind, inner = next(iter(described.items())) if len(described) == 1 else (None, None)
    if kind == "ClassLabel":
        return ClassLabel(names=inner)
    if "Sequence" in described and set(described) <= {"Sequence", "length"}:
        return Sequence(features_of(described["Sequence"]), length=described.get("length", -1))
    if kind in ("Image", "Audio"):
        return getattr(nlpdata, kind)(**inner)
    if kind in ("Translation", "TranslationVariableLanguages"):
        return {"Translation": Translation, "TranslationVariableLanguages": TranslationVariableLanguages}[kind](languages=inner)
    return Features({name: features_of(value) for name, value in described.items()})


@pytest.mark.parametrize("name", KNOWN)
def test_configurations_and_sizes_are_those_of_the_facts(name: str) -> None:
    facts = facts_of(name)
    assert get_dataset_config_names(name) == list(facts.get("config_names") or facts["configs"])
    recorded = read(shipped_folder("loader") / name / "checksums.json")
    for config, sizes, downloads in all_configs(name, facts):
        if sizes:
            assert recorded["splits"][config] == sizes
        del downloads


@pytest.mark.parametrize("name", KNOWN)
def test_features_are_those_of_the_facts(name: str) -> None:
    facts = facts_of(name)
    for config, known in facts["configs"].items():
        info = load_dataset_builder(name, config).info
        assert info.features == features_of(known["features"]) and list(info.features) == list(known["features"])
        assert str(info.version) == known["version"]
        assert info.description and info.homepage and (info.citation or not facts.get("citations"))
        assert info.license or facts["licence"] in (["unknown"], ["not stated"])


def sample_cases() -> list[Any]:
    """Configurations that have a sample; those of thousands of shards are slow."""
    cases = []
    for name in KNOWN:
        if (SAMPLES / name / "index.json").exists():
            index = read(SAMPLES / name / "index.json")
            for config in get_dataset_config_names(name):
                sample = index["samples"].get(index.get("same_as", {}).get(config, config))
                if sample is not None:
                    many = sum(sample.get("further_urls_for_same_path", {}).values()) > 2000
                    cases.append(pytest.param(name, config, marks=[pytest.mark.slow] if many else []))
    return cases


# Columns whose order the facts call undefined: the published figures came out of a set.
UNORDERED = {("super_glue", "record"): ("entities",)}
UNORDERED_TABLES = {("wiki_bio", "default"): ("input_text", "table")}


# Samples that name an archive by another URL than that whose checksum is known.
OTHER_URLS = {"iwslt2017": (r"/main/(.*)\.zip$", r"/ebd7c60d9800c2a1be010a227e5f0a2363730f7a/\1.tgz")}
# Samples that hold the first shard of each split; the others are taken to be empty.
FIRST_SHARDS = {"natural_questions"}


def agrees(value: Any, known: Any, folder: str) -> bool:
    """Whether a value is what a sample's record says: long strings and lists are cut there, and bytes only counted."""
    if isinstance(known, dict):
        # The order of keys is not compared: a Translation holds its languages sorted.
        return isinstance(value, dict) and set(value) == set(known) and all(agrees(value[k], known[k], folder) for k in known)
    if isinstance(known, list) and isinstance(value, dict):
        # A Sequence of structs, shown as the published script yields it.
        rows = [dict(zip(value, cells, strict=True)) for cells in zip(*value.values(), strict=True)]
        shown, cut = (known[:-1], True) if known[-1:] == ["…"] else (known, False)
        fits = len(rows) > len(shown) if cut else len(rows) == len(shown)
        return fits and all(agrees(row, k, folder) for row, k in zip(rows, shown, strict=False))
    if isinstance(known, list):
        cut = isinstance(known[-1], str) and re.fullmatch(r"…\((\d+) items\)", known[-1]) if known else None
        shown = known[:-1] if cut else known
        size = int(cut[1]) if cut else len(known)
        return len(value) == size and all(agrees(v, k, folder) for v, k in zip(value, shown, strict=False))
    if isinstance(known, str) and (cut := re.fullmatch(r"(.*)…\((\d+) chars\)", known, re.DOTALL)):
        return len(value) == int(cut[2]) and value.startswith(cut[1])
    if isinstance(known, str) and "<sample>" in known:
        # In a sample an opened archive is a folder with the archive's name; where we extract it, it has another.
        return value.endswith(re.fullmatch(r"<sample>/(?:.*\.(?:tar\.gz|zip)(?:__x)?/)?(.*)", known)[1])
    if isinstance(known, str) and (size := re.fullmatch(r"<bytes (\d+)>", known)):
        return len(value) == int(size[1])
    if isinstance(known, float):
        return value == pytest.approx(known, rel=1e-6)
    return value == known and type(value) is type(known)


@pytest.mark.parametrize(("name", "config"), sample_cases())
def test_the_sample_is_read_as_expected(stage, first_row, tmp_path: Path, name: str, config: str) -> None:
    folder = SAMPLES / name
    index, facts = read(folder / "index.json"), facts_of(name)
    sample = index["samples"][index.get("same_as", {}).get(config, config)]
    place = folder / sample["dir"]
    files = {url: place / where["path"] for url, where in sample["urls"].items()}
    if name in OTHER_URLS:
        files = {re.sub(*OTHER_URLS[name], url): path for url, path in files.items()}
    (empty := tmp_path / "empty").touch()
    if name in FIRST_SHARDS:
        files |= dict.fromkeys(read(shipped_folder("loader") / name / "checksums.json")["downloads"].keys() - files, empty)
    for path in sample.get("further_urls_for_same_path", ()):
        files |= {url: place / path for url in numbered(files, path)}
    inner = frozenset(place / path for path in sample.get("inner_archives_already_opened", ()))
    options = {"data_dir": str(place / sample["manual_dir"])} if "manual_dir" in sample else {}
    known = read(folder / "expected.json").get(config, {}) if (folder / "expected.json").exists() else {}
    repeated = "further_urls_for_same_path" in sample
    sizes = {} if repeated else {config: {split: found["num_examples"] for split, found in known.items()}}
    splits = facts["configs"].get(config, {}).get("splits", {})
    order = [member for found in splits.values() for member in found.get("sample_files_read", ())]
    archives = [f"{where['path']}/" for where in sample["urls"].values()]
    order += [member.removeprefix(archive) for member in order for archive in archives if member.startswith(archive)]
    built = load_dataset(str(stage(name, files, sizes, inner, order)), config, **options)
    assert set(built) == {split for c, splits in split_names(facts, name) if c == config for split in splits}
    for split, found in known.items():
        rows = built[split].num_rows
        assert rows % found["num_examples"] == 0 if repeated else rows == found["num_examples"]
        if "first" in found:
            row = first_row(built[split])
            for column in UNORDERED.get((name, config), ()):
                shown = found["first"].pop(column)
                cut = re.fullmatch(r"…\((\d+) items\)", shown[-1])
                assert len(row[column]) == (int(cut[1]) if cut else len(shown))
                assert set(shown[:-1] if cut else shown) <= set(row.pop(column))
            if (name, config) in UNORDERED_TABLES:
                outer, inner = UNORDERED_TABLES[name, config]
                given, shown = row[outer].pop(inner), found["first"][outer].pop(inner)
                cut = re.fullmatch(r"…\((\d+) items\)", str(next(iter(shown.values()))[-1]))
                lines = set(zip(*(shown[column][:-1] if cut else shown[column] for column in given), strict=True))
                assert lines <= set(zip(*given.values(), strict=True))
                assert len(next(iter(given.values()))) == (int(cut[1]) if cut else len(lines))
            assert agrees(row, found["first"], sample["dir"]), (row, found["first"])


def numbered(files: dict[str, Path], path: str) -> list[str]:
    """Every URL of the series ``00000-of-00008`` that a file stands for."""
    first = next(url for url, place in files.items() if place.name == Path(path).name)
    count = int(re.search(r"\d{5}-of-(\d{5})", first)[1])
    return [re.sub(r"\d{5}-of-", f"{number:05}-of-", first) for number in range(count)]


def split_names(facts: dict[str, Any], name: str) -> Iterator[tuple[str, list[str]]]:
    for config, sizes, _ in all_configs(name, facts):
        yield config, list(sizes)
    for config, known in facts["configs"].items():
        yield config, list(known["splits"])


def genuine_cases() -> list[tuple[str, str]]:
    """Configurations of which the mirror holds every file."""
    mirror = SHARED / "mirror"
    cases = []
    for name in KNOWN:
        for config, _, downloads in all_configs(name, facts_of(name)):
            if downloads and all(sha256 and (mirror / sha256[:2] / sha256).is_file() for sha256 in downloads.values()):
                cases.append((name, config))
    return cases


@pytest.mark.parametrize(("name", "config"), genuine_cases())
def test_the_genuine_corpus_has_the_published_sizes(name: str, config: str) -> None:
    with settings.override(mirror=str(SHARED / "mirror"), offline=True):
        built = load_dataset(name, config)
    ((published, downloads),) = [known for found, *known in all_configs(name, facts_of(name)) if found == config]
    assert {split: built[split].num_rows for split in built} == published
    seen = next(iter(built.values())).info.download_checksums
    assert {url: row["checksum"] for url, row in seen.items()}.items() <= downloads.items()


def test_every_corpus_of_the_mirror_is_tried() -> None:
    listed = re.findall(
        r"^\| (\w+) \| ([\w.]+) \| (?:train|validation|test) ", (SHARED / "mirror" / "README.md").read_text("utf-8"), re.M
    )
    assert listed and set(listed) == set(genuine_cases())


def test_the_genuine_trec() -> None:
    with settings.override(mirror=str(SHARED / "mirror"), offline=True):
        trec = load_dataset("trec")
    assert trec["train"][0]["text"] == "How did serfdom develop in and then leave Russia ?"
    assert any("sister city" in text for text in trec["train"]["text"])
    assert not any(text != text.strip() or not text for split in trec for text in trec[split]["text"])
