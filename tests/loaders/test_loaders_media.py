"""Loaders of images and sounds: what is stored decodes to what the files hold, and no pickle of theirs can run anything."""

from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from nlpdata import load_dataset
from nlpdata.builder.shapes import idx_array
from nlpdata.errors import OfflineError, UnsafePickleError
from nlpdata.fetch.pickles import read_pickle
from nlpdata.scripts import shipped_folder

LOADERS = shipped_folder("loader")
CIFAR = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"


def test_images_of_mnist_are_their_pixels(stage) -> None:
    pytest.importorskip("PIL")
    base, dummy = "https://storage.googleapis.com/cvdf-datasets/mnist/", LOADERS / "mnist" / "dummy"
    built = load_dataset(str(stage("mnist", {base + path.name: path for path in dummy.glob("*.gz")}, {})))
    pixels = idx_array(dummy / "train-images-idx3-ubyte.gz", 3)
    assert [np.array_equal(np.asarray(row["image"]), image) for row, image in zip(built["train"], pixels, strict=True)] == [
        True
    ] * 3


def test_images_of_cifar_are_their_pixels(stage) -> None:
    pytest.importorskip("PIL")
    folder = LOADERS / "cifar10" / "dummy" / "cifar-10-python.tar.gz"
    built = load_dataset(str(stage("cifar10", {CIFAR: folder}, {})), split="test")
    batch = read_pickle(folder / "cifar-10-batches-py" / "test_batch", encoding="bytes")
    for row, pixels in zip(built, batch[b"data"], strict=True):
        assert np.array_equal(np.asarray(row["img"]).transpose(2, 0, 1).ravel(), pixels)


class Touches:
    """Its pickle makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def test_a_pickle_that_runs_something_stops_the_loader_and_runs_nothing(stage, tmp_path: Path) -> None:
    folder = shutil.copytree(LOADERS / "cifar10" / "dummy" / "cifar-10-python.tar.gz", tmp_path / "cifar-10-python.tar.gz")
    batch = {b"data": [np.zeros(3072, "u1")], b"labels": [Touches(tmp_path / "ran")]}
    (folder / "cifar-10-batches-py" / "data_batch_3").write_bytes(pickle.dumps(batch, 2))
    with pytest.raises(UnsafePickleError, match=rf"wants to import {os.mkdir.__module__}\.mkdir"):
        load_dataset(str(stage("cifar10", {CIFAR: folder}, {})))
    assert not (tmp_path / "ran").exists()


def test_common_voice_got_by_hand(stage, tmp_path: Path) -> None:
    pytest.importorskip("soundfile")
    url = "https://voice-prod-bundler-ee1969a6ce8178826482b88e843c335139bd3fb4.s3.amazonaws.com/cv-corpus-6.1-2020-12-11/ab.tar.gz"
    staged = stage("common_voice", {url: LOADERS / "common_voice" / "dummy" / "ab.tar.gz"}, {})
    (archive,) = (path for path in (tmp_path / "mirror").rglob("*") if path.is_file())
    (tmp_path / "hand").mkdir()
    archive.rename(tmp_path / "hand" / "ab.tar.gz")
    with pytest.raises(OfflineError) as caught:
        load_dataset(str(staged), "ab")
    assert any("Save the one you need as ab.tar.gz and pass data_dir" in note for note in caught.value.__notes__)
    built = load_dataset(str(staged), "ab", data_dir=str(tmp_path / "hand"))
    # In the order of the clips, which is not that of the table; a row without a clip is left out.
    assert built["train"]["path"][0].endswith("clips/common_voice_ab_1.mp3") and built["invalidated"].num_rows == 1
    sound = built["train"][0]["audio"]
    assert sound["sampling_rate"] == 48_000 and 0.1 < np.abs(sound["array"]).max() < 0.5


def test_recordings_are_cut_into_chunks(stage) -> None:
    dummy = LOADERS / "superb" / "dummy"
    base = "https://huggingface.co/datasets/superb/superb-data/resolve/main/sd/"
    files = {
        f"{base}{split}/{path.name}": path for split in ("train", "dev", "test") for path in (dummy / "sd" / split).iterdir()
    }
    train = load_dataset(str(stage("superb", files, {})), "sd", split="train")
    found = list(zip(train["record_id"], train["start"], train["end"], strict=True))
    assert found == [
        ("1-2-0003_3-4-0004", 0, 400),
        ("5-6-0005_7-8-0006", 0, 2000),
        ("5-6-0005_7-8-0006", 2000, 4000),
        ("9-9-0001_4-4-0002", 0, 2000),
        ("9-9-0001_4-4-0002", 2000, 2150),
    ]
