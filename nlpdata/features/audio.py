"""Sounds in columns.

Knows: what may become a sound, and what decodes one: WAV here, other files by soundfile or torchcodec, loaded late.
Does not know: how formats show sounds.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from nlpdata._optional import is_available, load
from nlpdata.errors import FeatureError
from nlpdata.features.media import Media, read_bytes, shown_arguments
from nlpdata.features.wav import Samples, is_wav, read_wav, resample, write_wav


@dataclass(frozen=True)
class AudioSamples:
    """Decoded sound.

    Attributes:
        data: float32 of shape (channels, samples) from -1 to 1: a torch tensor where torch is installed, else a NumPy array.
        pts_seconds: where the first sample lies in the file.
        duration_seconds: how long it lasts.
        sample_rate: samples a second.
    """

    data: Any
    pts_seconds: float
    duration_seconds: float
    sample_rate: int


class AudioDecoder(Mapping[str, Any]):
    """A sound of a row; decoded when it is first asked for.

    It is a mapping of ``"array"`` (float32 samples of all channels averaged), ``"path"`` and ``"sampling_rate"``, and has
    ``get_all_samples()`` for the channels.

    Args:
        source: ``{"bytes": ..., "path": ...}``.
        feature: how it is decoded.
    """

    def __init__(self, source: Mapping[str, Any], feature: Audio) -> None:
        self.source, self._feature = dict(source), feature
        self._decoded: tuple[Samples, int] | None = None

    def _all(self) -> tuple[Samples, int]:
        if self._decoded is None:
            path = self.source.get("path")
            samples, rate = _decoded(read_bytes(self.source.get("bytes"), path), path, self._feature.stream_index)
            samples = _with_channels(samples, self._feature.num_channels)
            wanted = self._feature.sampling_rate or rate
            self._decoded = resample(samples, rate, wanted), wanted
        return self._decoded

    def get_all_samples(self) -> AudioSamples:
        """The whole sound.

        Raises:
            FeatureError: it cannot be decoded.
            DataFileError: its file is missing.
            MissingPackageError: it is no WAV file, and the package for others is not installed.
        """
        return self.get_samples_played_in_range()

    def get_samples_played_in_range(self, start_seconds: float = 0.0, stop_seconds: float | None = None) -> AudioSamples:
        """The part from ``start_seconds`` up to ``stop_seconds``, or to the end."""
        samples, rate = self._all()
        first = max(0, round(start_seconds * rate))
        last = samples.shape[1] if stop_seconds is None else max(first, round(stop_seconds * rate))
        part = samples[:, first:last]
        data = load("torch", "torch").from_numpy(part.copy()) if is_available("torch") else part
        return AudioSamples(data, first / rate, part.shape[1] / rate, rate)

    def __getitem__(self, key: str) -> Any:
        if key == "path":
            return self.source.get("path")
        if key == "sampling_rate":
            return self._feature.sampling_rate or self._all()[1]
        if key == "array":
            samples = self._all()[0]
            return samples[0] if samples.shape[0] == 1 else samples.mean(axis=0)
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(("array", "path", "sampling_rate"))

    def __len__(self) -> int:
        return 3

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AudioDecoder):
            return NotImplemented
        return self.source == other.source and self._feature == other._feature

    def __hash__(self) -> int:
        return hash((self.source.get("path"), self.source.get("bytes"), self._feature))

    def __repr__(self) -> str:
        return f"AudioDecoder(path={self.source.get('path')!r}, {self._feature!r})"


@dataclass(frozen=True, repr=False)
class Audio(Media):
    """A sound: stored as bytes or a path, seen as an :class:`AudioDecoder`.

    Args:
        sampling_rate: samples a second that sounds are resampled to when they are decoded; None keeps theirs.
        decode: False leaves ``{"bytes": ..., "path": ...}`` as it is.
        num_channels: channels of the decoded sound: 1 averages them, more repeat a single one; None keeps them.
        stream_index: which stream of the file; only for files that torchcodec decodes.
        id: free for the user; neither compared nor stored.

    >>> sound = Audio().encode_example({"array": [0.0, 0.5], "sampling_rate": 8000})
    >>> Audio().decode_example(sound)["array"].tolist()
    [0.0, 0.5]
    """

    sampling_rate: int | None = None
    decode: bool = True
    num_channels: int | None = None
    stream_index: int | None = None
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "dict"
    _type: ClassVar[str] = "Audio"
    _takes: ClassVar[str] = "a path, bytes, or a dict with 'array' and 'sampling_rate', 'bytes' or 'path'"

    def __post_init__(self) -> None:
        for name in ("sampling_rate", "num_channels"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise FeatureError(f"{name} is at least 1, not {value!r}.")

    def encode_example(self, value: Any) -> dict[str, Any] | None:
        """A sound as it is stored; samples are written as WAV of 16 bits, beyond -1 to 1 clipped.

        Raises:
            FeatureError: the value is none of what this type takes, or its samples are no sound.
        """
        if isinstance(value, AudioDecoder):
            return {"bytes": value.source.get("bytes"), "path": value.source.get("path")}
        if isinstance(value, Mapping) and value.get("array") is not None:
            rate = value.get("sampling_rate") or self.sampling_rate
            if not rate:
                raise FeatureError("A sound given as an 'array' needs its 'sampling_rate' too.")
            return {"bytes": write_wav(_as_numpy(value["array"]), rate), "path": value.get("path")}
        return super().encode_example(value)

    def _encode(self, value: Any) -> dict[str, Any] | None:
        if not hasattr(value, "get_all_samples"):
            return None
        found = value.get_all_samples()
        return {"bytes": write_wav(_as_numpy(found.data), found.sample_rate), "path": None}

    def _decode(self, data: bytes | None, path: str | None) -> AudioDecoder:
        return AudioDecoder({"bytes": data, "path": path}, self)

    def __repr__(self) -> str:
        return shown_arguments(self)

    __hash__ = Media.__hash__


def _as_numpy(samples: Any) -> Any:
    return np.asarray(samples.detach().cpu() if hasattr(samples, "detach") else samples)


def _decoded(content: bytes, path: str | None, stream_index: int | None) -> tuple[Samples, int]:
    """Samples (channels, samples) and their rate."""
    if is_wav(content) and stream_index in (None, 0):
        return read_wav(content)
    if (not is_available("soundfile") and is_available("torchcodec")) or stream_index is not None:
        found = load("torchcodec.decoders", "audio").AudioDecoder(content, stream_index=stream_index).get_all_samples()
        return found.data.numpy(), found.sample_rate
    soundfile = load("soundfile", "audio")
    try:
        samples, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    except RuntimeError as error:  # soundfile's own errors are RuntimeErrors
        where = f"The file {path!r}" if path else f"A value of {len(content)} bytes"
        raise FeatureError(f"{where} is not a sound that soundfile can read: {error}") from error
    return np.ascontiguousarray(samples.T), int(rate)


def _with_channels(samples: Samples, wanted: int | None) -> Samples:
    found = samples.shape[0]
    if wanted is None or wanted == found:
        return samples
    if wanted == 1:
        mixed: Samples = samples.mean(axis=0, keepdims=True)
        return mixed
    if found == 1:
        return np.repeat(samples, wanted, axis=0)
    raise FeatureError(f"A sound of {found} channels cannot become one of {wanted}: 1 channel or {found} can be had.")
