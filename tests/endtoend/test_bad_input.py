"""Bad input met through the front door: an error that says what was asked, found and to be done, and an unchanged cache."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nlpdata import Dataset, errors, load_dataset
from nlpdata.settings import settings

SCRIPT = """
import json
import nlpdata as datasets


class Small(datasets.GeneratorBasedBuilder):
    BUILDER_CONFIGS = [datasets.BuilderConfig(name="plain"), datasets.BuilderConfig(name="fancy")]
    DEFAULT_CONFIG_NAME = "plain"

    def _info(self):
        features = {"text": datasets.Value("string"), "stars": datasets.Value("int32")}
        return datasets.DatasetInfo(features=datasets.Features(features))

    def _split_generators(self, dl_manager):
        folder = dl_manager.download_and_extract("rows.tar.gz")
        return [datasets.SplitGenerator(name="train", gen_kwargs={"path": folder + "/rows.jsonl"})]

    def _generate_examples(self, path):
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                yield number, json.loads(line)
"""

Make = Callable[..., Path]


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def archive(rows: list[object], member: str = "rows.jsonl") -> bytes:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return target.getvalue()


@pytest.fixture
def loader(tmp_path: Path) -> Make:
    """``loader(content, recorded=None)``: a loader folder whose one archive has this content and this recorded checksum."""

    def make(content: bytes, recorded: bytes | None = None) -> Path:
        folder = tmp_path / "small"
        folder.mkdir()
        (folder / "small.py").write_text(SCRIPT)
        (folder / "rows.tar.gz").write_bytes(content)
        promised = content if recorded is None else recorded
        entry = {"num_bytes": len(promised), "sha256": hashlib.sha256(promised).hexdigest()}
        (folder / "checksums.json").write_text(json.dumps({"downloads": {"rows.tar.gz": entry}, "splits": {}}))
        return folder

    return make


@contextmanager
def refused(kind: type[Exception], *words: str, cache: Path) -> Iterator[None]:
    """An error of a kind that holds all the words; the cache is as it was, to the byte."""
    before = tree(cache)
    with pytest.raises(kind) as caught:
        yield
    assert not [word for word in words if word not in str(caught.value)], str(caught.value)
    assert tree(cache) == before


GOOD = [{"text": "fine", "stars": 5}, {"text": "bad", "stars": 1}]


def test_a_good_one_loads(loader: Make) -> None:
    assert load_dataset(str(loader(archive(GOOD))), split="train")[:] == {"text": ["fine", "bad"], "stars": [5, 1]}


def test_unknown_names(loader: Make, isolated_cache: Path) -> None:
    folder = str(loader(archive(GOOD)))
    with refused(errors.UnknownLoaderError, "udrh", "Did you mean 'udhr'", cache=isolated_cache):
        load_dataset("udrh")
    with refused(errors.UnknownConfigError, "plian", "Did you mean 'plain'", cache=isolated_cache):
        load_dataset(folder, "plian")
    data = load_dataset(folder)
    with refused(errors.UnknownSplitError, "trian", "Did you mean 'train'", cache=isolated_cache):
        load_dataset(folder, split="trian")
    with refused(errors.UnknownSplitError, "trian", "Did you mean 'train'", cache=isolated_cache):
        data["trian"]
    with refused(errors.UnknownColumnError, "starz", "Did you mean 'stars'", cache=isolated_cache):
        data["train"]["starz"]
    with refused(errors.UnknownColumnError, "starz", "Did you mean 'stars'", cache=isolated_cache):
        data.remove_columns("starz")


def test_a_corrupted_download(loader: Make, isolated_cache: Path) -> None:
    good = archive(GOOD)
    broken = good[:-9] + bytes([good[-9] ^ 1]) + good[-8:]
    digests = [hashlib.sha256(content).hexdigest() for content in (good, broken)]
    with refused(errors.ChecksumError, *digests, str(len(broken)), "rows.tar.gz", "no_checks", cache=isolated_cache):
        load_dataset(str(loader(broken, recorded=good)))


@pytest.mark.parametrize("member", ["../../evil", "/tmp/evil"])
def test_a_member_that_leaves_its_folder(loader: Make, isolated_cache: Path, tmp_path: Path, member: str) -> None:
    with refused(errors.UnsafeArchiveError, member, "rows.tar.gz", cache=isolated_cache):
        load_dataset(str(loader(archive(GOOD, member))))
    assert not [p for p in (tmp_path.parent, tmp_path.parent.parent, Path("/tmp")) if (p / "evil").exists()]


def test_a_truncated_archive(loader: Make, isolated_cache: Path) -> None:
    whole = archive([{"text": hashlib.sha256(bytes([i % 256, i // 256])).hexdigest(), "stars": i} for i in range(5000)])
    with refused(errors.TruncatedArchiveError, "rows.tar.gz", cache=isolated_cache):
        load_dataset(str(loader(whole[: len(whole) // 2])))


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [
        ({"text": "x", "stars": "many"}, "stars", "many"),
        ({"text": "x", "stars": 2.5}, "stars", "2.5"),
        ({"text": "x", "stars": 2**40}, "stars", str(2**40)),
        ({"text": ["x"], "stars": 1}, "text", "['x']"),
    ],
)
def test_a_row_that_does_not_fit(loader: Make, isolated_cache: Path, row: object, column: str, value: str) -> None:
    rows = [*GOOD * 40, row, *GOOD]
    with refused(errors.RowError, "80", column, value, cache=isolated_cache):
        try:
            load_dataset(str(loader(archive(rows))))
        except errors.RowError as error:
            assert (error.row, error.column) == (80, column)
            raise
        finally:  # what was extracted on the way is no part of the result
            for path in (isolated_cache / "downloads", isolated_cache / "extracted"):
                assert not [p for p in path.rglob("*") if ".tmp" in p.name or ".part" in p.name]
            forget_downloads(isolated_cache)


def forget_downloads(cache: Path) -> None:
    """Remove what a loader fetched: it stays on purpose, since it is right whatever became of the rows."""
    import shutil

    for name in ("downloads", "extracted"):
        shutil.rmtree(cache / name, ignore_errors=True)


def test_map_with_an_error_in_the_function(isolated_cache: Path) -> None:
    data = on_disk(5000)
    before = {name for name in tree(isolated_cache) if "manifest" in name}

    def fails(batch: dict) -> dict:
        if 3500 in batch["x"]:
            raise KeyError("my own error")
        return {"y": batch["x"]}

    with pytest.raises(KeyError, match="my own error") as caught:
        data.map(fails, batched=True)
    assert re.search(r"3,?000.*4,?000", " ".join(caught.value.__notes__)), caught.value.__notes__
    assert {name for name in tree(isolated_cache) if "manifest" in name} == before


def on_disk(num_rows: int) -> Dataset:
    """A dataset whose rows come from files; what is made of rows in memory stays in memory."""
    return Dataset.from_generator(count, gen_kwargs={"num_rows": num_rows})


def count(num_rows: int) -> Iterator[dict[str, int]]:
    """One row for each number."""
    yield from ({"x": i} for i in range(num_rows))


needs_mount = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(["which", "mount"], capture_output=True).returncode != 0,
    reason="mounting a small or read-only file system needs root on Linux",
)


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[Path]:
    folder.mkdir(exist_ok=True)
    made = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"mount is not permitted: {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@needs_mount
def test_a_read_only_cache(tmp_path: Path) -> None:
    with mounted(tmp_path / "cache", "-t", "tmpfs", "-o", "size=8m", "tmpfs") as cache, settings.override(cache=str(cache)):
        data = on_disk(2)
        subprocess.run(["mount", "-o", "remount,ro", str(cache)], check=True)
        with refused(errors.CacheWriteError, str(cache), "NLPDATA_CACHE", cache=cache):
            load_dataset("udhr")
        assert on_disk(2)[:] == data[:]  # what is there still loads
        with refused(errors.CacheWriteError, str(cache), "NLPDATA_CACHE", cache=cache):
            data.map(lambda row: {"y": row["x"]})


@needs_mount
def test_a_full_disk(tmp_path: Path) -> None:
    with mounted(tmp_path / "cache", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as cache, settings.override(cache=str(cache)):
        kept = on_disk(1000).map(lambda row: {"y": row["x"] + 1})
        before = {name for name in tree(cache) if "manifest" in name}
        with pytest.raises(errors.CacheWriteError, match="NLPDATA_CACHE"):
            load_dataset("udhr")
        with pytest.raises(errors.CacheWriteError, match="NLPDATA_CACHE"):
            kept.map(lambda row: {"z": "much text " * 1000})
        assert {name for name in tree(cache) if "manifest" in name} == before
        assert not [name for name in tree(cache) if ".tmp" in name or ".part-" in name or name.endswith(".part")]
        assert kept[999] == {"x": 999, "y": 1000}
        again = on_disk(1000).map(lambda row: {"y": row["x"] + 1})
        assert again["y"] == kept["y"]
