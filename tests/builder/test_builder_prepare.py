"""The life of a builder: prepared once, found again, prepared anew when anything changes; failures told and resumed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nlpdata import DatasetDict, load_dataset, load_dataset_builder
from nlpdata.errors import BuildError, RowError, VerificationError
from nlpdata.settings import settings

SCRIPT = """
import datasets

ROWS = {"train": 5, "test": 3}

class Small(datasets.GeneratorBasedBuilder):
    VERSION = datasets.Version("1.2.0")

    def _info(self):
        return datasets.DatasetInfo(features=datasets.Features({
            "number": datasets.Value("int64"), "label": datasets.ClassLabel(names=["even", "odd"])}))

    def _split_generators(self, dl_manager):
        with open(LOG, "a") as log:
            log.write("asked\\n")
        return [datasets.SplitGenerator(name=name, gen_kwargs={"split": name}) for name in ROWS]

    def _generate_examples(self, split):
        with open(LOG, "a") as log:
            log.write(split + "\\n")
        for number in range(ROWS[split]):
            yield number, {"number": number, "label": "odd" if number % 2 else "even"}
"""


def tree(folder: Path) -> dict[str, int]:
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in sorted(folder.rglob("*"))}


def test_rows_features_and_info(write_script) -> None:
    small = load_dataset(write_script(SCRIPT))
    assert isinstance(small, DatasetDict) and list(small) == ["train", "test"]
    assert small["train"][:] == {"number": [0, 1, 2, 3, 4], "label": [0, 1, 0, 1, 0]}
    assert small["train"].features["label"].names == ["even", "odd"]
    info = small["train"].info
    assert (info.dataset_name, info.config_name, str(info.version)) == ("small", "default", "1.2.0")
    assert {name: split.num_examples for name, split in info.splits.items()} == {"train": 5, "test": 3}
    assert str(small["train"].split) == "train"


def test_prepared_once_then_found_without_running_or_writing(write_script, log, isolated_cache: Path) -> None:
    folder = write_script(SCRIPT)
    load_dataset(folder)
    assert log() == ["asked", "train", "test"]
    before = tree(isolated_cache)
    again = load_dataset(folder, split="test")
    assert again.num_rows == 3 and log() == [] and tree(isolated_cache) == before


def test_layout_of_the_cache(write_script, isolated_cache: Path) -> None:
    builder = load_dataset_builder(write_script(SCRIPT))
    builder.download_and_prepare()
    folder = Path(builder.cache_dir)
    assert folder.parent == isolated_cache / "datasets" / "small" / "default" / "1.2.0"
    assert {p.name for p in folder.iterdir()} == {"train", "test", "dataset_info.json"}
    assert (folder / "train" / "manifest.json").is_file()
    assert not [p for p in isolated_cache.rglob("*") if p.name.endswith((".partial", ".lease")) or p.name.startswith(".tmp")]


def test_another_script_is_another_entry(write_script, log) -> None:
    load_dataset(write_script(SCRIPT))
    changed = load_dataset(write_script(SCRIPT.replace('"train": 5', '"train": 6')))
    assert changed["train"].num_rows == 6
    log()
    assert load_dataset(write_script(SCRIPT))["train"].num_rows == 5 and log() == []


def test_another_place_is_the_same_entry(write_script, log, tmp_path: Path) -> None:
    folder = write_script(SCRIPT)
    first = load_dataset(folder, split="train")
    log()
    (tmp_path / "elsewhere").mkdir()
    moved = folder.rename(tmp_path / "elsewhere" / "small")
    second = load_dataset(moved, split="train")
    assert log() == [] and second._fingerprint == first._fingerprint


CONFIGURED = """
from dataclasses import dataclass
import datasets

@dataclass
class SizedConfig(datasets.BuilderConfig):
    size: int = 2
    seen: object = None

class Small(datasets.GeneratorBasedBuilder):
    BUILDER_CONFIG_CLASS = SizedConfig
    BUILDER_CONFIGS = [SizedConfig(name="little"), SizedConfig(name="large", size=7, version=datasets.Version("3.0.0"))]

    def _info(self):
        return datasets.DatasetInfo(features=datasets.Features({"number": datasets.Value("int64")}))

    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator(datasets.Split.TRAIN, {"size": self.config.size})]

    def _generate_examples(self, size):
        for number in range(size):
            yield number, {"number": number}
"""


def test_configurations_and_their_parameters(write_script) -> None:
    folder = write_script(CONFIGURED)
    assert load_dataset(folder, "little", split="train").num_rows == 2
    assert load_dataset(folder, "large", split="train").num_rows == 7
    assert load_dataset(folder, "little", size=4, split="train").num_rows == 4
    assert load_dataset(folder, size=5, split="train").num_rows == 5
    assert load_dataset(folder, "little", split="train").num_rows == 2
    assert load_dataset_builder(folder, "large").cache_dir.split(os.sep)[-3:-1] == ["large", "3.0.0"]
    assert load_dataset_builder(folder, "little", size=4).config_id == "little-size=4"


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("litle", {}, "Did you mean 'little'"),
        (None, {}, "name one of: little, large"),
        ("little", {"siz": 3}, "Did you mean 'size'"),
        (None, {"colour": 3}, "colour"),
    ],
)
def test_a_configuration_that_cannot_be_meant(write_script, isolated_cache: Path, name, parameters, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_dataset(write_script(CONFIGURED), name, **parameters)
    assert tree(isolated_cache) == {}


def test_a_row_that_does_not_fit_names_split_row_column_value(write_script, isolated_cache: Path) -> None:
    bad = SCRIPT.replace('{"number": number,', '{"number": "seven" if (split, number) == ("test", 2) else number,')
    with pytest.raises(RowError, match=r"small/default, split 'test'.*number") as caught:
        load_dataset(write_script(bad))
    assert (caught.value.row, caught.value.column, caught.value.value) == (2, "number", "seven")
    assert not list(isolated_cache.rglob("dataset_info.json"))


def test_a_failure_is_told_and_what_was_done_is_kept(write_script, log, tmp_path: Path) -> None:
    flag = tmp_path / "broken"
    flag.touch()
    text = SCRIPT.replace(
        "        for number in",
        f"        import os\n        if split == 'test' and os.path.exists({str(flag)!r}):\n"
        "            yield 0, {'number': 0, 'label': 0}\n            raise OSError('the disc is scratched')\n"
        "        for number in",
    )
    folder = write_script(text)
    with pytest.raises(BuildError, match=r"split 'test' failed after 1 rows: OSError: the disc is scratched"):
        load_dataset(folder)
    assert log() == ["asked", "train", "test"]
    with pytest.raises(BuildError, match="not prepared"):
        load_dataset_builder(folder).as_dataset()
    flag.unlink()
    assert {k: v.num_rows for k, v in load_dataset(folder).items()} == {"train": 5, "test": 3}
    assert log() == ["asked", "test"]


def record(folder: Path, **content) -> None:
    (folder / "checksums.json").write_text(json.dumps(content))


def test_sizes_are_compared_with_the_record(write_script) -> None:
    folder = write_script(SCRIPT)
    record(folder, splits={"default": {"train": 5, "test": 4}})
    for _ in range(2):
        with pytest.raises(VerificationError, match=r"test: expected 4 rows, got 3 rows.*no_checks"):
            load_dataset(folder)
    assert load_dataset(folder, verification_mode="no_checks")["test"].num_rows == 3
    record(folder, splits={"default": {"train": 5, "dev": 3}})
    with pytest.raises(VerificationError, match=r"dev: expected 3 rows, got no such split; test: expected no such split"):
        load_dataset(folder, download_mode="reuse_cache_if_exists")


READS = """
import datasets

class Small(datasets.GeneratorBasedBuilder):
    def _info(self):
        return datasets.DatasetInfo(features=datasets.Features({"text": datasets.Value("string")}))

    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator("train", {"path": dl_manager.download("data.txt")})]

    def _generate_examples(self, path):
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                yield number, {"text": line.strip()}
"""


def test_a_file_beside_the_script_is_part_of_the_key(write_script) -> None:
    folder = write_script(READS)
    (folder / "data.txt").write_text("one\ntwo\n")
    assert load_dataset(folder, split="train")["text"] == ["one", "two"]
    cached = load_dataset_builder(folder).cache_dir
    (folder / "data.txt").write_text("three\n")
    assert load_dataset_builder(folder).cache_dir != cached
    assert load_dataset(folder, split="train")["text"] == ["three"]


def test_download_modes(write_script, log) -> None:
    folder = write_script(SCRIPT)
    load_dataset(folder)
    for mode in ("reuse_cache_if_exists", "force_redownload"):
        log()
        assert load_dataset(folder, download_mode=mode)["train"].num_rows == 5
        assert log() == ["asked", "train", "test"]
    with pytest.raises(ValueError, match="force_redownload"):
        load_dataset(folder, download_mode="force")


def test_a_failed_new_preparation_keeps_the_old_one_until_the_files_are_there(write_script) -> None:
    folder = write_script(READS)
    (folder / "data.txt").write_text("one\n")
    load_dataset(folder)
    content = (folder / "data.txt").rename(folder / "away.txt")
    with pytest.raises(FileNotFoundError):
        load_dataset(folder, download_mode="force_redownload")
    content.rename(folder / "data.txt")
    assert load_dataset(folder, split="train")["text"] == ["one"]


def test_splits_of_every_form(write_script) -> None:
    import nlpdata

    folder = write_script(SCRIPT)
    numbers = lambda split, **more: list(load_dataset(folder, split=split, **more)["number"])  # noqa: E731
    assert numbers("train[1:3]") == [1, 2]
    assert numbers("train[-2:]+test[:1]") == [3, 4, 0]
    assert numbers("train[:40%]") == [0, 1]
    assert numbers("all") == [0, 1, 2, 3, 4, 0, 1, 2]
    assert numbers(nlpdata.Split.TEST) == [0, 1, 2]
    assert numbers(nlpdata.ReadInstruction("train", from_=2, to=4, unit="abs")) == [2, 3]
    assert numbers("test", keep_in_memory=True) == [0, 1, 2]
    first, second = load_dataset(folder, split=["train[:1]", "test"])
    assert first.num_rows == 1 and second.num_rows == 3
    with pytest.raises(KeyError, match="Did you mean 'train'"):
        load_dataset(folder, split="tran")


def test_equal_slices_have_equal_fingerprints(write_script) -> None:
    folder = write_script(SCRIPT)
    prints = [load_dataset(folder, split=split)._fingerprint for split in ("train", "train[:5]", "train[:4]", "test")]
    assert prints[0] == prints[1] and len(set(prints)) == 3


def test_features_of_the_user_replace_those_of_the_script(write_script) -> None:
    import nlpdata

    folder = write_script(SCRIPT)
    features = nlpdata.Features({"number": nlpdata.Value("string"), "label": nlpdata.ClassLabel(names=["odd", "even"])})
    with settings.override(caching=True):
        assert load_dataset(folder, split="train", features=features)["label"] == [1, 0, 1, 0, 1]
        assert load_dataset(folder, split="train")["label"] == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("name in ROWS]", "name in ()]", BuildError, "declares no split"),
        ("name in ROWS]", "name in ('train', 'train')]", BuildError, "declares a split twice"),
        (
            "_split_generators(self, dl_manager):",
            "_split_generators(self, dl_manager):\n        1 / 0",
            BuildError,
            "ZeroDivisionError",
        ),
        ("yield number, {", "yield {**{}, ", BuildError, "expected .key, value. after 0 rows"),
    ],
)
def test_a_builder_that_does_not_keep_the_contract(write_script, old: str, new: str, error, message: str) -> None:
    assert old in SCRIPT
    with pytest.raises(error, match=message):
        load_dataset(write_script(SCRIPT.replace(old, new)))


def test_manual_data_is_asked_for(write_script, tmp_path: Path) -> None:
    text = READS.replace(
        "    def _info", "    manual_download_instructions = 'Get data.txt from the library.'\n\n    def _info"
    )
    folder = write_script(text.replace('dl_manager.download("data.txt")', 'dl_manager.manual_dir + "/data.txt"'))
    with pytest.raises(BuildError, match=r"Get data\.txt from the library.*data_dir"):
        load_dataset(folder)
    (tmp_path / "got").mkdir()
    for content in ("one\n", "other\n"):
        (tmp_path / "got" / "data.txt").write_text(content)
        assert load_dataset(folder, data_dir=str(tmp_path / "got"), split="train")["text"] == [content.strip()]


def test_a_builder_of_tables_and_a_class_of_ones_own(tmp_path: Path) -> None:
    import pyarrow as pa

    import nlpdata

    class Tables(nlpdata.ArrowBasedBuilder):
        def _info(self):
            return nlpdata.DatasetInfo()

        def _split_generators(self, dl_manager):
            return [nlpdata.SplitGenerator("train", {"sizes": [2, 3]})]

        def _generate_tables(self, sizes):
            for key, size in enumerate(sizes):
                yield key, pa.table({"number": list(range(size))})

    builder = Tables(cache_dir=tmp_path / "cache")
    builder.download_and_prepare()
    assert builder.as_dataset("train")["number"] == [0, 1, 0, 1, 2]
    assert builder.dataset_name == "tables" and (tmp_path / "cache" / "datasets" / "tables").is_dir()


def test_streaming_says_so() -> None:
    with pytest.raises(ValueError, match="streaming=True is not offered"):
        load_dataset("udhr", streaming=True)


def test_what_cannot_be_honoured_is_refused(write_script) -> None:
    with pytest.raises(ValueError, match="revision='main' names a version in a shared repository"):
        load_dataset(write_script(SCRIPT), revision="main")
