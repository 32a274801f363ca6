"""Files in columns: images, sounds and the rest: encoded, cast, embedded, decoded, shown."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.errors import DataFileError, FeatureError, MissingPackageError, RowError
from nlpdata.features import Audio, Features, Image, Mesh, Nifti, Pdf, Video, encode_column, encode_table, infer_feature
from nlpdata.features.wav import read_wav, resample, write_wav
from nlpdata.formats import FormatSpec, get_formatter

ALL = [Audio, Image, Mesh, Nifti, Pdf, Video]


@pytest.mark.parametrize("kind", ALL)
def test_paths_and_bytes_are_stored_as_they_are(kind: Any, tmp_path: Path) -> None:
    feature = kind()
    assert feature.encode_example("a b/名.bin") == {"bytes": None, "path": "a b/名.bin"}
    assert feature.encode_example(tmp_path / "x") == {"bytes": None, "path": str(tmp_path / "x")}
    assert feature.encode_example(bytearray(b"x")) == {"bytes": b"x", "path": None}
    assert feature.encode_example({"bytes": b"x", "path": "p"}) == {"bytes": b"x", "path": "p"}
    assert feature.encode_example(None) is None
    for wrong in (3, {"byte": b"x"}, {"bytes": None, "path": None}, {1, 2}):
        with pytest.raises(FeatureError):
            feature.encode_example(wrong)
    assert Features.from_arrow_schema(Features({"f": feature}).arrow_schema) == {"f": feature}


@pytest.mark.parametrize("kind", ALL)
def test_cast_embed_flatten(kind: Any, tmp_path: Path) -> None:
    feature, file = kind(), tmp_path / "a.bin"
    file.write_bytes(b"content")
    expected = [{"bytes": None, "path": str(file)}, None]
    for array in (
        pa.array([str(file), None]),
        pa.array([str(file), None], pa.large_string()),
        pa.array([{"path": str(file)}, None]),
    ):
        assert feature.cast_storage(array).to_pylist() == expected
        assert encode_column(pa.chunked_array([array]).slice(0, 1), feature).to_pylist() == expected[:1]
    assert feature.cast_storage(pa.array([b"x", None])).to_pylist() == [{"bytes": b"x", "path": None}, None]
    assert feature.cast_storage(pa.nulls(2)).null_count == 2
    with pytest.raises(FeatureError, match="int64"):
        feature.cast_storage(pa.array([1]))
    stored = feature.cast_storage(pa.array([str(file), None]))
    assert feature.embed_storage(stored).to_pylist() == [{"bytes": b"content", "path": "a.bin"}, None]
    assert feature.embed_storage(stored, local_files=False).to_pylist() == expected
    with pytest.raises(DataFileError, match="missing"):
        feature.embed_storage(feature.cast_storage(pa.array([str(tmp_path / "missing")])))
    assert feature.flatten() == feature
    assert set(kind(decode=False).flatten()) == {"bytes", "path"}
    with pytest.raises(FeatureError, match="decode=True"):
        kind(decode=False).decode_example({"bytes": b"x", "path": None})


def test_a_value_that_is_no_file_is_named_by_row() -> None:
    with pytest.raises(RowError, match="Row 1 of column 'pic'"):
        encode_column([b"x", 5], Image(), column="pic")


def test_bookkeeping_of_decoding_follows_the_dict() -> None:
    features = Features({"i": Image(), "n": Image(decode=False), "s": {"l": [Audio()]}})
    assert features.requires_decoding == {"i", "s"}
    features["i"] = Image(decode=False)
    features.pop("s")
    assert not features.requires_decoding
    features.update({"v": Video()})
    assert features.requires_decoding == {"v"}


@pytest.mark.parametrize(
    ("kind", "package"), [(Video, "torchcodec"), (Pdf, "pdfplumber"), (Mesh, "trimesh"), (Nifti, "nibabel")]
)
def test_a_missing_decoder_says_how_to_get_it(kind: Any, package: str) -> None:
    try:
        __import__(package)
    except ImportError:
        with pytest.raises(MissingPackageError, match=f"{package}.*nlpdata\\["):
            kind().decode_example({"bytes": b"x", "path": None})
    else:
        pytest.skip(f"{package} is installed")


# --- images -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pixels",
    [
        np.arange(12, dtype=np.uint8).reshape(2, 2, 3), np.arange(4, dtype=np.uint8).reshape(2, 2), np.array([[True, False]]),
        np.array([[1000, 2]], np.uint16), np.array([[-5, 70000]], np.int32), np.array([[0.5, 2]], np.float32),
        np.arange(16, dtype=np.int64).reshape(2, 2, 4), np.array([[1, 2], [3, 4]]),
    ],
)  # fmt: skip
def test_pixels_come_back(pixels: Any) -> None:
    pytest.importorskip("PIL.Image")
    image = Image().decode_example(Image().encode_example(pixels))
    assert np.array_equal(np.asarray(image), pixels)


@pytest.mark.parametrize(
    "pixels", [np.zeros(3), np.zeros((2, 2, 5), int), np.full((1, 1, 3), 256), np.zeros((1, 1, 3)), [["a"]]]
)
def test_what_is_no_image(pixels: Any) -> None:
    pytest.importorskip("PIL.Image")
    with pytest.raises(FeatureError):
        Image().encode_example(pixels)


def test_images_are_decoded(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    image = pillow.new("L", (3, 2), 7)
    image.save(tmp_path / "a.png")
    stored = Image().encode_example(str(tmp_path / "a.png"))
    read = Image(mode="RGB").decode_example(stored)
    assert (read.mode, read.size) == ("RGB", (3, 2))
    opened = pillow.open(tmp_path / "a.png")
    assert Image().encode_example(opened) == stored  # unchanged: stays the file
    assert Image().encode_example(opened.rotate(90))["bytes"]
    opened.close()
    for value in ({"bytes": b"abc", "path": None}, {"bytes": b"\x89PNG\r\n\x1a\n", "path": "x.png"}):
        with pytest.raises(FeatureError, match="not an image"):
            Image().decode_example(value)
    with pytest.raises(DataFileError, match=r"gone\.png"):
        Image().decode_example({"bytes": None, "path": str(tmp_path / "gone.png")})


def test_images_lie_as_the_camera_was_held() -> None:
    pillow = pytest.importorskip("PIL.Image")
    image, file = pillow.new("RGB", (4, 2)), io.BytesIO()
    exif = image.getexif()
    exif[274] = 6
    image.save(file, format="JPEG", exif=exif)
    assert Image().decode_example({"bytes": file.getvalue(), "path": None}).size == (2, 4)


def test_formats_show_images() -> None:
    pytest.importorskip("PIL.Image")
    features = Features({"i": Image(), "s": {"x": [Image()], "n": Image(decode=False)}, "id": Image(decode=False)})
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    rows = {"i": [pixels, pixels + 1], "s": [{"x": [pixels, pixels], "n": b"x"}, None], "id": [b"y", None]}
    table = encode_table(rows, features)
    shown = get_formatter(FormatSpec("numpy"), features)
    assert shown.batch(table)["i"].shape == (2, 2, 4, 3) and shown.batch(table)["i"].dtype == np.uint8
    assert np.array_equal(shown.row(table, 1)["i"], pixels + 1)
    assert shown.row(table, 0)["s"]["x"].shape == (2, 2, 4, 3) and shown.row(table, 1)["s"] is None
    python = get_formatter(FormatSpec(), features)
    assert [r["i"].size for r in python.rows(table)] == [(4, 2), (4, 2)]
    assert python.row(table, 0)["id"] == {"bytes": b"y", "path": None}
    mixed = get_formatter(FormatSpec("numpy", ("i",), True), features).batch(table)
    assert mixed["i"].shape == (2, 2, 4, 3) and mixed["id"][0]["bytes"] == b"y"
    sizes = get_formatter(FormatSpec("custom", kwargs={"transform": lambda b: {"w": [i.size[0] for i in b["i"]]}}), features)
    assert sizes.row(table, 0) == {"w": 4}
    assert list(python.batch(table.slice(0, 0))) == ["i", "s", "id"]


def test_torch_shows_channels_first() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("PIL.Image")
    features = Features({"i": Image()})
    table = encode_table({"i": [np.zeros((2, 4, 3), np.uint8)] * 2}, features)
    shown = get_formatter(FormatSpec("torch"), features)
    assert shown.column(table, "i").shape == (2, 3, 2, 4) and shown.column(table, "i").dtype == torch.uint8
    grey = encode_table({"i": [np.zeros((2, 4), np.uint8), None]}, features)
    assert shown.row(grey)["i"].shape == (1, 2, 4) and shown.column(grey, "i")[1] is None


def test_pandas_shows_decoded_values() -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("PIL.Image")
    features = Features({"n": Image(decode=False), "i": Image()})
    frame = get_formatter(FormatSpec("pandas"), features).batch(encode_table({"n": [b"x"], "i": [[[1, 2]]]}, features))
    assert list(frame.columns) == ["n", "i"] and frame["i"][0].size == (2, 1)


def test_images_are_inferred() -> None:
    pillow = pytest.importorskip("PIL.Image")
    image = pillow.new("L", (1, 1))
    assert infer_feature([None, image]) == Image()
    assert infer_feature([{"a": [image], "b": 1}])["a"].feature == Image()


# --- sounds -----------------------------------------------------------------------------------------------------------


def test_samples_come_back_as_wav() -> None:
    rng = np.random.default_rng(0)
    for samples in (
        rng.uniform(-1, 1, 100),
        rng.uniform(-1, 1, (2, 50)).astype(np.float32),
        np.array([1, -5], np.int16),
        np.zeros(0),
    ):
        stored = Audio().encode_example({"array": samples, "sampling_rate": 8000})
        with wave.open(io.BytesIO(stored["bytes"])) as reader:
            assert reader.getframerate() == 8000
        found = Audio().decode_example(stored)
        scale = 2**15 if samples.dtype == np.int16 else 1
        data = np.asarray(found.get_all_samples().data)
        assert data.shape == np.atleast_2d(samples).shape
        assert np.allclose(data, np.atleast_2d(samples) / scale, atol=2**-15)
        assert found["sampling_rate"] == 8000 and found["path"] is None and set(found) == {"array", "path", "sampling_rate"}
        assert Audio().encode_example(found) == stored  # stored again as it was


@pytest.mark.parametrize(("bits", "code"), [(8, 1), (24, 1), (32, 1), (32, 3), (64, 3)])
def test_every_wav_coding(bits: int, code: int) -> None:
    values = np.array([0.0, 0.5, -0.5])
    if code == 3:
        body = values.astype(f"<f{bits // 8}").tobytes()
    elif bits == 8:
        body = (values * 128 + 128).astype(np.uint8).tobytes()
    else:
        whole = (values * 2 ** (bits - 1)).astype("<i4")
        body = whole.tobytes() if bits == 32 else whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    header = b"fmt " + (16).to_bytes(4, "little") + code.to_bytes(2, "little") + (1).to_bytes(2, "little")
    header += (100).to_bytes(4, "little") * 2 + (bits // 8).to_bytes(2, "little") + bits.to_bytes(2, "little")
    data = b"RIFF\0\0\0\0WAVE" + header + b"data" + len(body).to_bytes(4, "little") + body
    samples, rate = read_wav(data)
    assert rate == 100 and np.allclose(samples, [values])


def test_broken_sounds() -> None:
    good = write_wav([0.0], 8000)
    for data in (good[:20], good[:12]):
        with pytest.raises(FeatureError, match="WAV"):
            Audio().decode_example({"bytes": data, "path": None})["array"]
    for samples in (np.zeros((2, 2, 2)), np.array([np.nan]), np.array([1, 2])):
        with pytest.raises(FeatureError):
            Audio().encode_example({"array": samples, "sampling_rate": 8000})
    with pytest.raises(FeatureError, match="sampling_rate"):
        Audio().encode_example({"array": [0.0]})


@pytest.mark.parametrize(("rate", "wanted"), [(8000, 16000), (44100, 16000), (16000, 8000), (3, 2), (5, 7)])
def test_a_tone_keeps_its_pitch_when_resampled(rate: int, wanted: int) -> None:
    count, turns = 4000, 0.02
    tone = np.sin(2 * np.pi * turns * np.arange(count))[None].astype(np.float32)
    found = resample(tone, rate, wanted)
    assert found.shape == (1, -(-count * wanted // rate))
    expected = np.sin(2 * np.pi * turns * np.arange(found.shape[1]) * rate / wanted)
    middle = slice(found.shape[1] // 10, -found.shape[1] // 10)
    assert np.abs(found[0] - expected)[middle].max() < 1e-3


def test_channels() -> None:
    stored = Audio().encode_example({"array": [[0.5, 0.5], [-0.5, 0.0]], "sampling_rate": 10})
    assert np.allclose(Audio().decode_example(stored)["array"], [0, 0.25])
    assert Audio(num_channels=1).decode_example(stored).get_all_samples().data.shape == (1, 2)
    with pytest.raises(FeatureError, match="2 channels"):
        Audio(num_channels=3).decode_example(stored)["array"]
    part = Audio().decode_example(stored).get_samples_played_in_range(0.1, 0.2)
    assert part.data.shape == (2, 1) and part.pts_seconds == pytest.approx(0.1)


def test_other_files_by_soundfile() -> None:
    soundfile = pytest.importorskip("soundfile")
    file = io.BytesIO()
    soundfile.write(file, np.zeros(20, np.float32), 8000, format="FLAC")
    assert Audio().decode_example({"bytes": file.getvalue(), "path": None})["array"].shape == (20,)
    with pytest.raises(FeatureError, match="not a sound"):
        Audio().decode_example({"bytes": b"nothing", "path": None})["array"]
