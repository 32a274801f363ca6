"""Folders that datasets are saved to and loaded from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.dicts import DatasetDict, load_from_disk
from nlpdata.errors import ArgumentError, CorruptFileError, StorageError
from nlpdata.features import ClassLabel, Features, List, Value
from nlpdata.info import DatasetInfo
from nlpdata.settings import settings

FEATURES = Features(
    {"t": Value("string"), "l": ClassLabel(names=["n", "p"]), "v": List(Value("float32")), "s": {"a": Value("int8")}}
)
COLUMNS = {"t": ["x", "", None], "l": [0, 1, None], "v": [[1.5], [], None], "s": [{"a": 1}, None, {"a": None}]}


@pytest.fixture
def ds() -> Dataset:
    return Dataset.from_dict(COLUMNS, features=FEATURES, info=DatasetInfo(description="d", features=FEATURES), split="train")


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_there_and_back(ds: Dataset, tmp_path: Path) -> None:
    ds.save_to_disk(tmp_path / "a" / "d")
    again = Dataset.load_from_disk(str(tmp_path / "a" / "d"))
    assert again[:] == COLUMNS
    assert (again.features, again.description, again.split) == (FEATURES, "d", "train")
    assert again._fingerprint == ds._fingerprint
    assert names(tmp_path / "a") == ["d"]
    assert names(tmp_path / "a" / "d") == ["data-00000-of-00001.arrow", "dataset_info.json", "manifest.json", "state.json"]
    assert load_from_disk(tmp_path / "a" / "d", keep_in_memory=True).cache_files == []


def test_the_files_open_in_plain_pyarrow(ds: Dataset, tmp_path: Path) -> None:
    ds.save_to_disk(tmp_path / "d")
    table = pa.ipc.open_stream(tmp_path / "d" / "data-00000-of-00001.arrow").read_all()
    assert table.to_pydict() == COLUMNS
    assert json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]["l"]["names"] == ["n", "p"]


def test_rows_are_saved_in_their_order(ds: Dataset, tmp_path: Path) -> None:
    ds.select([2, 0]).rename_column("t", "text").save_to_disk(tmp_path / "d")
    again = load_from_disk(tmp_path / "d")
    assert again["text"] == [None, "x"]
    assert again._state.view.parts[0].selection.__class__.__name__ == "Range"


@pytest.mark.parametrize("num_shards", [1, 2, 3, 5])
def test_a_number_of_shards(ds: Dataset, tmp_path: Path, num_shards: int) -> None:
    ds.save_to_disk(tmp_path / "d", num_shards=num_shards)
    assert [n for n in names(tmp_path / "d") if n.endswith(".arrow")] == [
        f"data-{i:05d}-of-{num_shards:05d}.arrow" for i in range(num_shards)
    ]
    assert load_from_disk(tmp_path / "d")[:] == COLUMNS


def test_a_size_of_shards(tmp_path: Path) -> None:
    ds = Dataset.from_dict({"a": np.arange(20_000)})
    ds.save_to_disk(tmp_path / "d", max_shard_size="50KB")
    assert len([n for n in names(tmp_path / "d") if n.endswith(".arrow")]) >= 3
    assert load_from_disk(tmp_path / "d")["a"] == np.arange(20_000)
    with pytest.raises(ArgumentError, match="Give one"):
        ds.save_to_disk(tmp_path / "e", max_shard_size=1, num_shards=1)
    with pytest.raises(ArgumentError, match="at least one"):
        ds.save_to_disk(tmp_path / "e", num_shards=0)
    assert not (tmp_path / "e").exists()


def test_edges(tmp_path: Path) -> None:
    for name, ds in {
        "rows": Dataset.from_dict({"a": []}, features=Features({"a": Value("string")})),
        "columns": Dataset.from_dict({}),
        "null": Dataset.from_dict({"n": [None, None]}),
        "unicode": Dataset.from_dict({"naïve 名前\n": ["ß"]}),
    }.items():
        ds.save_to_disk(tmp_path / name)
        assert load_from_disk(tmp_path / name)[:] == ds[:]
        assert load_from_disk(tmp_path / name).features == ds.features


def test_formats_are_saved(ds: Dataset, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ds.with_format("numpy", columns=["l"], output_all_columns=True).save_to_disk(tmp_path / "d")
    assert load_from_disk(tmp_path / "d").format == {
        "type": "numpy",
        "format_kwargs": {},
        "columns": ["l"],
        "output_all_columns": True,
    }
    ds.with_transform(lambda batch: batch).save_to_disk(tmp_path / "e")
    assert "not saved" in caplog.text
    assert load_from_disk(tmp_path / "e").format["type"] is None


def test_a_dataset_is_replaced_only_by_a_complete_one(ds: Dataset, tmp_path: Path) -> None:
    ds.save_to_disk(tmp_path / "d")
    (tmp_path / "d" / "README.md").write_text("mine")
    ds.select([1]).save_to_disk(tmp_path / "d", num_shards=2)
    assert load_from_disk(tmp_path / "d")[:] == ds[1:2]
    assert "README.md" in names(tmp_path / "d")
    assert "data-00000-of-00001.arrow" not in names(tmp_path / "d")

    with pytest.raises(ArgumentError, match="not that of a folder"):
        DatasetDict({"a/b": ds}).save_to_disk(tmp_path / "d")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="is a file"):
        ds.save_to_disk(tmp_path / "file")
    assert load_from_disk(tmp_path / "d")[:] == ds[1:2]
    assert names(tmp_path) == ["d", "file"]


def test_other_files_of_a_folder_stay(ds: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    ds.save_to_disk(".", num_shards=2)
    ds.take(1).save_to_disk("")
    assert load_from_disk(".")[:] == ds[:1]
    assert names(Path.cwd()) == ["data-00000-of-00001.arrow", "dataset_info.json", "manifest.json", "notes", "state.json"]
    assert (tmp_path / "notes" / "a.txt").read_text() == "mine"
    (tmp_path / "link").symlink_to(tmp_path / "notes", target_is_directory=True)
    ds.save_to_disk("link")
    assert load_from_disk(tmp_path / "notes")[:] == COLUMNS
    assert (tmp_path / "link").is_symlink()


def test_a_dataset_is_not_saved_over_itself(ds: Dataset, tmp_path: Path) -> None:
    ds.save_to_disk(tmp_path / "d")
    loaded = load_from_disk(tmp_path / "d")
    with pytest.raises(StorageError, match="destroy"):
        loaded.take(1).save_to_disk(tmp_path / "d")
    with pytest.raises(StorageError, match="destroy"):
        DatasetDict(train=loaded).save_to_disk(tmp_path / "d")
    assert loaded[:] == COLUMNS


_FULL = """
import resource, signal, sys
import numpy as np
from nlpdata import Dataset
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
try:
    Dataset.from_dict({"a": np.arange(50_000)}).save_to_disk(sys.argv[1])
except OSError:
    sys.exit(7)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of a child's files")
def test_a_full_disk_leaves_what_was_there(ds: Dataset, tmp_path: Path) -> None:
    ds.save_to_disk(tmp_path / "d")
    assert subprocess.run([sys.executable, "-c", _FULL, str(tmp_path / "d")], check=False).returncode == 7
    assert names(tmp_path) == ["d"]
    assert load_from_disk(tmp_path / "d")[:] == COLUMNS


_KILLED = """
import os, signal, sys
from nlpdata import Dataset

def kill_at(number):
    left = [number]
    def counted(real):
        def call(*args, **kwargs):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **kwargs)
        return call
    os.rename, os.replace, os.mkdir = counted(os.rename), counted(os.replace), counted(os.mkdir)

for number in range(1, 60):
    folder = os.path.join(sys.argv[1], str(number), "d")
    Dataset.from_dict({"a": [1, 2]}).save_to_disk(folder)
    child = os.fork()
    if not child:
        kill_at(number)
        Dataset.from_dict({"a": [7, 8, 9]}).save_to_disk(folder, num_shards=2)
        os._exit(0)
    if not os.waitpid(child, 0)[1]:
        break
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills children")
def test_a_kill_at_any_rename_leaves_a_whole_dataset(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path)], check=True)
    outcomes = []
    for folder in sorted(tmp_path.iterdir(), key=lambda p: int(p.name)):
        saved = folder / "d"
        if not saved.exists():  # killed between the two renames
            with pytest.raises(FileNotFoundError, match="replaced-"):
                load_from_disk(saved)
            (saved,) = folder.glob(".d.replaced-*")
        outcomes.append(tuple(load_from_disk(saved)["a"]))
    assert set(outcomes) == {(1, 2), (7, 8, 9)}
    assert outcomes == sorted(outcomes)
    assert len(outcomes) > 5


def test_what_cannot_be_loaded(ds: Dataset, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no such folder"):
        load_from_disk(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="The folder is empty"):
        load_from_disk(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(FileNotFoundError, match=r"holds notes\.txt"):
        Dataset.load_from_disk(tmp_path)
    ds.save_to_disk(tmp_path / "d")
    with pytest.raises(FileNotFoundError, match=r"Dataset\.load_from_disk"):
        DatasetDict.load_from_disk(tmp_path / "d")
    DatasetDict(train=ds).save_to_disk(tmp_path / "e")
    with pytest.raises(FileNotFoundError, match="holds a DatasetDict"):
        Dataset.load_from_disk(tmp_path / "e")
    (tmp_path / "d" / "state.json").write_text("{")
    with pytest.raises(CorruptFileError, match=r"state\.json"):
        load_from_disk(tmp_path / "d")


def test_a_truncated_shard_is_told(ds: Dataset, tmp_path: Path) -> None:
    ds.save_to_disk(tmp_path / "d")
    shard = tmp_path / "d" / "data-00000-of-00001.arrow"
    shard.write_bytes(shard.read_bytes()[:-300])
    with pytest.raises(CorruptFileError, match=r"data-00000-of-00001\.arrow"):
        load_from_disk(tmp_path / "d")[:]


def test_a_missing_shard_is_told(ds: Dataset, tmp_path: Path) -> None:
    ds.save_to_disk(tmp_path / "d")
    (tmp_path / "d" / "manifest.json").unlink()
    assert load_from_disk(tmp_path / "d")[:] == COLUMNS
    (tmp_path / "d" / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(CorruptFileError, match="is missing"):
        load_from_disk(tmp_path / "d")


def test_dicts(ds: Dataset, tmp_path: Path) -> None:
    splits = DatasetDict(train=ds, test=ds.take(1))
    splits.save_to_disk(tmp_path / "d", num_shards={"train": 2})
    assert names(tmp_path / "d") == ["dataset_dict.json", "test", "train"]
    again = load_from_disk(tmp_path / "d")
    assert isinstance(again, DatasetDict)
    assert list(again) == ["train", "test"]
    assert again["train"][:] == COLUMNS
    assert again.num_rows == {"train": 3, "test": 1}
    DatasetDict(other=ds.take(2)).save_to_disk(tmp_path / "d")
    assert names(tmp_path / "d") == ["dataset_dict.json", "other"]


def test_remote_folders(ds: Dataset) -> None:
    url = "memory://nlpdata-test/saved"
    ds.save_to_disk(url)
    assert Dataset.load_from_disk(url)[:] == COLUMNS
    assert load_from_disk(url).cache_files == []
    DatasetDict(train=ds).save_to_disk("memory://nlpdata-test/dict")
    assert load_from_disk("memory://nlpdata-test/dict").num_rows == {"train": 3}
    with pytest.raises(FileNotFoundError, match="no folder"):
        load_from_disk("memory://nlpdata-test/nothing")


def test_opening_reads_no_rows(tmp_path: Path) -> None:
    Dataset.from_dict({"a": [1]}).save_to_disk(tmp_path / "d")
    shard = next((tmp_path / "d").glob("*.arrow"))
    shard.rename(tmp_path / "elsewhere")
    assert load_from_disk(tmp_path / "d").num_rows == 1


def test_bytes_not_rows_bound_a_batch(tmp_path: Path) -> None:
    with settings.override(batch_bytes=10_000):
        Dataset.from_dict({"t": ["x" * 1000] * 200}).save_to_disk(tmp_path / "d")
    batches = json.loads((tmp_path / "d" / "manifest.json").read_text())
    assert len(batches["shards"][0]["batches"]) > 5
    assert load_from_disk(tmp_path / "d")["t"] == ["x" * 1000] * 200


def test_no_rows_that_the_peer_saved(tmp_path: Path) -> None:
    described = {"features": {"a": {"dtype": "int64", "_type": "Value"}}}
    (tmp_path / "dataset_info.json").write_text(json.dumps(described))
    (tmp_path / "state.json").write_text(json.dumps({"_data_files": [], "_fingerprint": "0", "_split": "test"}))
    again = load_from_disk(tmp_path)
    assert again[:] == {"a": []} and again.features == {"a": Value("int64")} and again.split == "test"
    assert load_from_disk(tmp_path, keep_in_memory=True).num_rows == 0


@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_no_rows_of_a_dict_that_the_peer_saved(tmp_path: Path) -> None:
    hf = pytest.importorskip("datasets")
    some = hf.Dataset.from_dict({"a": [1, 2]})
    none = hf.Dataset.from_dict({"a": []}, features=some.features)
    hf.DatasetDict({"none": none, "some": some, "left": some.filter(lambda _: False)}).save_to_disk(str(tmp_path / "d"))
    again = load_from_disk(tmp_path / "d")
    assert {name: part[:] for name, part in again.items()} == {"none": {"a": []}, "some": {"a": [1, 2]}, "left": {"a": []}}
    assert again["none"].features == {"a": Value("int64")}
