"""Folders of media files, WebDataset tars and databases, by name and through the cache."""

from __future__ import annotations

import gc
import io
import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import pytest

from nlpdata import ClassLabel, load_dataset
from nlpdata.errors import ArgumentError, DataFileError, FeatureError
from nlpdata.features import Audio, Image, List, Value

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


def touch(folder: Path, *names: str, data: bytes = PNG) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def paths(dataset: Any, column: str = "image") -> list[str]:
    undecoded = dataset.with_format("arrow")[:].column(column).to_pylist()
    assert all(value["bytes"] is None for value in undecoded)
    return [value["path"] for value in undecoded]


def test_folder_names_are_labels(tmp_path: Path) -> None:
    touch(tmp_path, "train/cat/1.png", "train/dog/2.png", "test/dog/3.JPG", "train/dog/notes.txt")
    got = load_dataset("imagefolder", data_dir=str(tmp_path))
    assert list(got) == ["train", "test"]
    assert got["train"].features == {"image": Image(), "label": ClassLabel(names=["cat", "dog"])}
    assert got["train"]["label"] == [0, 1] and got["test"]["label"] == [1]
    assert paths(got["train"]) == [str(tmp_path / "train/cat/1.png"), str(tmp_path / "train/dog/2.png")]
    plain = load_dataset("imagefolder", data_dir=str(tmp_path), drop_labels=True, split="train")
    assert plain.column_names == ["image"]


def test_split_folders_are_no_labels_and_the_type_is_told_by_names(tmp_path: Path) -> None:
    touch(tmp_path, "train/1.wav", "test/2.flac", data=b"RIFF")
    got = load_dataset(str(tmp_path))
    assert got["train"].features == {"audio": Audio()} and paths(got["test"], "audio") == [str(tmp_path / "test/2.flac")]


def test_metadata(tmp_path: Path) -> None:
    touch(tmp_path, "train/a/1.png", "train/b/2.png")
    (tmp_path / "train" / "metadata.csv").write_text("file_name,caption,n\nb/2.png,two,2\na/1.png,one,1\n")
    got = load_dataset("imagefolder", data_dir=str(tmp_path), split="train")
    assert got.column_names == ["image", "caption", "n"]
    assert got.remove_columns("image")[:] == {"caption": ["two", "one"], "n": [2, 1]}
    assert paths(got) == [str(tmp_path / "train/b/2.png"), str(tmp_path / "train/a/1.png")]
    without = load_dataset("imagefolder", data_dir=str(tmp_path), split="train", drop_metadata=True)
    assert without.column_names == ["image", "label"]
    both = load_dataset("imagefolder", data_dir=str(tmp_path), split="train", drop_labels=False)
    assert both.column_names == ["image", "label", "caption", "n"] and both["label"] == [1, 0]


def test_metadata_that_names_two_images_a_row(tmp_path: Path) -> None:
    touch(tmp_path, "1.png", "2.png", "3.png")
    (tmp_path / "metadata.jsonl").write_text('{"left_file_name": "1.png", "right_file_name": "2.png", "d": 0.5}\n')
    got = load_dataset("imagefolder", data_dir=str(tmp_path), split="train")
    assert got.features == {"left": Image(), "right": Image(), "d": Value("float64")} and got.num_rows == 1
    assert paths(got, "right") == [str(tmp_path / "2.png")] and got["d"] == [0.5]


@pytest.mark.parametrize("inside", ["", "train"])
@pytest.mark.parametrize("by_name", [True, False])
def test_metadata_above_a_folder_of_images(tmp_path: Path, inside: str, by_name: bool) -> None:
    touch(tmp_path / inside, "images/1.png", "images/2.png")
    (tmp_path / inside / "metadata.csv").write_text("file_name,t\nimages/2.png,x\nimages/1.png,y\n")
    got = load_dataset("imagefolder", data_dir=str(tmp_path)) if by_name else load_dataset(str(tmp_path))
    assert got["train"].column_names == ["image", "t"] and got["train"]["t"] == ["x", "y"]
    assert paths(got["train"]) == [str(tmp_path / inside / f"images/{n}.png") for n in (2, 1)]
    (tmp_path / inside / "metadata.csv").write_text("file_name,t\nimages/2.png,new\n")
    again = load_dataset("imagefolder", data_dir=str(tmp_path)) if by_name else load_dataset(str(tmp_path))
    assert again["train"]["t"] == ["new"]


def test_metadata_above_several_splits_is_shared(tmp_path: Path) -> None:
    touch(tmp_path, "train/1.png", "train/2.png", "test/3.png")
    metadata = tmp_path / "metadata.csv"
    metadata.write_text("file_name,t\ntrain/2.png,x\ntest/3.png,y\ntrain/1.png,z\n")
    got = load_dataset(str(tmp_path))
    assert got["train"]["t"] == ["x", "z"] and got["test"]["t"] == ["y"]
    metadata.write_text("file_name,t\ntrain/2.png,new\n")
    assert load_dataset(str(tmp_path))["train"]["t"] == ["new"]


def test_rows_are_those_of_the_metadata(tmp_path: Path) -> None:
    touch(tmp_path, "1.png", "2.png", "3.png")
    (tmp_path / "metadata.csv").write_text("q,file_name\nq1,2.png\nq2,1.png\nq3,2.png\nq4,\n")
    got = load_dataset("imagefolder", data_dir=str(tmp_path), split="train")
    assert got.column_names == ["q", "image"] and got["q"] == ["q1", "q2", "q3", "q4"]
    stored = got.with_format("arrow")[:].column("image").to_pylist()
    assert [value and Path(value["path"]).name for value in stored] == ["2.png", "1.png", "2.png", None]


@pytest.mark.parametrize("told", ["../../secret.png", "{outside}/secret.png", "cat/../../../secret.png"])
def test_metadata_of_strangers_leads_to_no_other_file(tmp_path: Path, told: str) -> None:
    touch(tmp_path, "secret.png", "data/train/1.png")
    name = told.format(outside=tmp_path)
    (tmp_path / "data" / "train" / "metadata.csv").write_text(f"file_name\n1.png\n{name}\n")
    with pytest.raises(DataFileError, match=r"row 1 names .*secret\.png', which is outside of the dataset's folder"):
        load_dataset("imagefolder", data_dir=str(tmp_path / "data"))
    files = [str(tmp_path / "secret.png"), str(tmp_path / "data" / "train" / "*")]
    got = load_dataset("imagefolder", data_files={"train": files}, split="train")
    assert [Path(path).name for path in paths(got)] == ["1.png", "secret.png"]


def test_lists_of_files(tmp_path: Path) -> None:
    touch(tmp_path, "1.png", "2.png")
    lines = ['{"file_names": ["1.png", "2.png"], "t": 1}', '{"file_names": [], "t": 2}', '{"file_names": null, "t": 3}']
    (tmp_path / "metadata.jsonl").write_text("\n".join([*lines, '{"file_names": ["2.png"], "t": 4}']))
    got = load_dataset("imagefolder", data_dir=str(tmp_path), split="train")
    assert got.features == {"images": List(Image()), "t": Value("int64")}
    stored = got.with_format("arrow")[:].column("images").to_pylist()
    names = [value if value is None else [Path(item["path"]).name for item in value] for value in stored]
    assert names == [["1.png", "2.png"], [], None, ["2.png"]]


def test_large_metadata_with_a_late_type(tmp_path: Path) -> None:
    touch(tmp_path, "1.png")
    line = '{"file_name": "1.png", "t": "' + "p" * 200 + '", "z": 1}\n'
    (tmp_path / "metadata.jsonl").write_text(line * 60_000 + '{"file_name": "1.png", "t": "x", "z": 1.5}\n')
    got = load_dataset("imagefolder", data_dir=str(tmp_path), split="train")
    assert got.num_rows == 60_001 and got["z"][-1] == 1.5 and got.features["z"] == Value("float64")


METADATA = [
    ({}, "file_name,q\n2.png,x\n1.png,y\n2.png,z\n"),
    ({}, "t,file_name\n1,3.png\n"),
    ({}, "a_file_name,t\n1.png,x\n"),
    ({}, "a_file_name,b_file_name,t\n2.png,1.png,x\n"),
    ({"drop_metadata": True}, "file_name,q\n2.png,x\n"),
    ({}, "file_name,q\n./2.png,x\n"),
]


@pytest.mark.parametrize(("options", "metadata"), METADATA)
@pytest.mark.peers
@pytest.mark.filterwarnings("ignore")
def test_metadata_as_the_peer_reads_it(tmp_path: Path, options: dict[str, Any], metadata: str) -> None:
    datasets = pytest.importorskip("datasets")
    touch(tmp_path / "data", "1.png", "2.png", "3.png")
    (tmp_path / "data" / "metadata.csv").write_text(metadata)
    given: dict[str, Any] = {"data_dir": str(tmp_path / "data"), "split": "train", **options}
    expected = datasets.load_dataset("imagefolder", cache_dir=str(tmp_path / "peer"), **given)
    gc.collect()  # the peer leaves files open, which a later test would be told of
    for name, feature in expected.features.items():
        if isinstance(feature, datasets.Image):
            expected = expected.cast_column(name, datasets.Image(decode=False))
    got = load_dataset("imagefolder", **given)
    assert got.column_names == expected.column_names
    assert got.with_format("arrow")[:].to_pylist() == expected.to_list()


def test_what_folders_refuse(tmp_path: Path) -> None:
    touch(tmp_path, "1.png", "2.png")
    (tmp_path / "metadata.csv").write_text("file_name,n\n1.png,1\nnope.png,2\n")
    with pytest.raises(FileNotFoundError, match=r"metadata.csv: row 1 names 'nope.png'"):
        load_dataset("imagefolder", data_dir=str(tmp_path))
    (tmp_path / "metadata.csv").write_text("name,n\n1.png,1\n")
    with pytest.raises(FeatureError, match="none that names files"):
        load_dataset("imagefolder", data_dir=str(tmp_path))
    with pytest.raises(ArgumentError, match="drop_labels"):
        load_dataset("imagefolder", data_dir=str(tmp_path), drop_label=True)
    with pytest.raises(DataFileError, match="no such file"):
        load_dataset("audiofolder", data_dir=str(tmp_path))
    with pytest.raises(ArgumentError, match="needs a folder"):
        load_dataset("imagefolder")


def test_webdataset(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "train-000.tar", "w") as tar:
        for name, data in (("1.png", PNG), ("1.cls", b"3"), ("2.png", PNG), ("2.cls", b"4")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    got = load_dataset("webdataset", data_files=str(tmp_path / "*.tar"), split="train")
    assert got["__key__"] == ["1", "2"] and got["cls"] == [3, 4] and got.features["png"] == Image()
    assert got.cast_column("png", Image(decode=False))[0]["png"] == {"bytes": PNG, "path": "1.png"}
    assert load_dataset(str(tmp_path))["train"].num_rows == 2


def test_sql_through_the_cache(tmp_path: Path, isolated_cache: Path) -> None:
    path = tmp_path / "data.db"
    con = sqlite3.connect(path)
    try:
        con.execute("CREATE TABLE t (id INTEGER, text TEXT)")
        con.executemany("INSERT INTO t VALUES (?, ?)", [(1, "a"), (2, "b")])
        con.commit()
        url = f"sqlite:///{path}"
        got = load_dataset("sql", sql="SELECT * FROM t", con=url, split="train")
        assert got[:] == {"id": [1, 2], "text": ["a", "b"]}
        prepared = len(list(isolated_cache.rglob("dataset_info.json")))
        load_dataset("sql", sql="SELECT * FROM t", con=url, split="train")
        assert len(list(isolated_cache.rglob("dataset_info.json"))) == prepared
        con.execute("INSERT INTO t VALUES (3, 'c')")
        con.commit()
        assert load_dataset("sql", sql="t", con=con, split="train", chunksize=2)["id"] == [1, 2, 3]
        assert load_dataset("sql", sql="SELECT * FROM t", con=url, split="train").num_rows == 3
    finally:
        con.close()
    with pytest.raises(ArgumentError, match="needs a query and a database"):
        load_dataset("sql", sql="t")
    with pytest.raises(ArgumentError, match="chunksize"):
        load_dataset("sql", sql="t", con=url, chunk=2)


def test_files_are_kept_by_their_metadata(tmp_path: Path) -> None:
    touch(tmp_path, "a.png", "b.png", "c.png")
    with pytest.raises(ArgumentError, match="there is none"):
        load_dataset("imagefolder", data_dir=str(tmp_path), filters=[("stars", ">", 1)])
    (tmp_path / "metadata.csv").write_text("file_name,stars\na.png,1\nb.png,2\nc.png,3\n")
    got = load_dataset("imagefolder", data_dir=str(tmp_path), filters=[("stars", ">", 1)], split="train")
    assert got["stars"] == [2, 3] and [Path(p).name for p in paths(got)] == ["b.png", "c.png"]
    with pytest.raises(KeyError, match=r"'star'. Did you mean 'stars'"):
        load_dataset("imagefolder", data_dir=str(tmp_path), filters=[("star", ">", 1)])


def test_sql_sees_what_is_in_the_log_of_a_database_alone(tmp_path: Path) -> None:
    path = tmp_path / "wal.db"
    con = sqlite3.connect(path)
    try:
        con.execute("PRAGMA journal_mode=wal")
        con.execute("CREATE TABLE t (a INTEGER)")
        for number in (1, 2):
            con.execute("INSERT INTO t VALUES (?)", (number,))
            con.commit()
            got = load_dataset("sql", sql="SELECT * FROM t", con=f"sqlite:///{path}", split="train")
            assert got["a"] == list(range(1, number + 1))
    finally:
        con.close()
