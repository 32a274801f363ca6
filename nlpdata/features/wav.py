"""Sound as WAV files and as NumPy arrays.

Knows: the WAV format (https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html) with PCM of 8 to 32 bits and
floats of 32 or 64, and how to change a sampling rate. Does not know: other formats, columns.
"""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterator
from math import gcd
from typing import Any

import numpy as np

from nlpdata.errors import FeatureError

Samples = np.ndarray[Any, np.dtype[np.float32]]

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_HALF_WIDTH = 24  # zero crossings of the low-pass filter on each side: below -80 dB outside the band
_KAISER = 9.0


def is_wav(data: bytes) -> bool:
    """True for the first bytes of a WAV file."""
    return data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE"


def read_wav(data: bytes) -> tuple[Samples, int]:
    """The samples of a WAV file as float32 of shape (channels, samples) from -1 to 1, and the sampling rate in Hz.

    Raises:
        FeatureError: the file is cut off or holds a coding other than PCM and floats.
    """
    kind = channels = rate = bits = 0
    body = None
    for name, content in _chunks(data):
        if name == b"fmt " and len(content) >= 16:
            kind, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", content)
            if kind == _EXTENSIBLE and len(content) >= 26:
                kind = struct.unpack_from("<H", content, 24)[0]
        elif name == b"data":
            body = content
    if body is None or not channels or not rate:
        raise FeatureError("The WAV file is incomplete: it has no samples, or does not say what they are.")
    values = _values(body, kind, bits)
    frames = len(values) // channels
    return np.ascontiguousarray(values[: frames * channels].reshape(frames, channels).T), rate


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    place, view = 12, memoryview(data)
    while place + 8 <= len(data):
        size = struct.unpack_from("<I", data, place + 4)[0]  # a stream says 0xFFFFFFFF: the rest is cut by the slice
        yield data[place : place + 4], view[place + 8 : place + 8 + size]
        place += 8 + size + size % 2


def _values(body: memoryview, kind: int, bits: int) -> Samples:
    width = bits // 8
    if width:
        body = body[: len(body) // width * width]
    if kind == _FLOAT and bits in (32, 64):
        return np.frombuffer(body, f"<f{width}").astype(np.float32)
    if kind != _PCM or bits not in (8, 16, 24, 32):
        raise FeatureError(f"The WAV file holds coding {kind} with {bits} bits; PCM (1) and floats (3) can be read.")
    if bits == 8:
        return ((np.frombuffer(body, np.uint8).astype(np.float64) - 128) / 128).astype(np.float32)
    if bits == 24:
        padded = np.zeros((len(body) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
        return (padded.view("<i4")[:, 0].astype(np.float64) / 2**31).astype(np.float32)
    scaled: np.ndarray[Any, Any] = np.frombuffer(body, f"<i{width}").astype(np.float64) / 2 ** (bits - 1)
    return scaled.astype(np.float32)


def write_wav(samples: Any, rate: int) -> bytes:
    """Samples as the bytes of a WAV file of 16-bit PCM.

    Args:
        samples: of shape (samples,) or (channels, samples); floats from -1 to 1 (beyond is clipped) or int16.
        rate: samples a second.

    Raises:
        FeatureError: it is no sound: another shape, other integers, or values that are not finite.
    """
    array = np.asarray(samples)
    if array.ndim not in (1, 2) or (array.ndim == 2 and not 1 <= array.shape[0] <= 64):
        raise FeatureError(f"An array of shape {array.shape} is no sound: (samples,) or (channels, samples) is.")
    if array.dtype.kind == "f" or not array.size:
        if not np.isfinite(array).all():
            raise FeatureError("A sound holds samples that are not finite numbers.")
        array = np.clip(np.rint(array.astype(np.float64) * 2**15), -(2**15), 2**15 - 1).astype("<i2")
    elif array.dtype != np.int16:
        raise FeatureError(f"Samples are floats from -1 to 1 or int16, not {array.dtype}.")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1 if array.ndim == 1 else array.shape[0])
        writer.setsampwidth(2)
        writer.setframerate(int(rate))
        writer.writeframes(np.ascontiguousarray(array.T).astype("<i2", copy=False).tobytes())
    return file.getvalue()


def resample(samples: Samples, rate: int, wanted: int) -> Samples:
    """Samples at another rate, low-pass filtered where it is lower.

    A windowed sinc (Kaiser, beta 9) in polyphase form: output n is the input at time ``n * rate / wanted``.

    Args:
        samples: of shape (channels, samples).
        rate: their samples a second.
        wanted: samples a second of the result, which has ``ceil(samples * wanted / rate)`` of them.
    """
    if rate == wanted or not samples.shape[1]:
        return samples
    up, down = wanted // gcd(rate, wanted), rate // gcd(rate, wanted)
    wide = max(up, down)
    places = np.arange(-_HALF_WIDTH * wide, _HALF_WIDTH * wide + 1)
    taps = np.sinc(places / wide) * np.kaiser(len(places), _KAISER) * (up / wide)
    reach = len(places) // 2 // up + 1
    count = -(-samples.shape[1] * up // down)
    last = (count - 1) * down // up
    padded = np.pad(samples.astype(np.float64), ((0, 0), (reach, reach + max(0, last + 1 - samples.shape[1]))))
    result = np.empty((samples.shape[0], count))
    offsets = np.arange(-reach, reach + 1)
    for first in range(min(up, count)):  # outputs first, first + up, ... lie at one phase between two inputs
        base, phase = divmod(first * down, up)
        index = phase - offsets * up + len(places) // 2
        inside = (index >= 0) & (index < len(places))
        weights = np.where(inside, taps[np.clip(index, 0, len(places) - 1)], 0.0)
        windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=1)[:, base::down]
        result[:, first::up] = windows[:, : len(range(first, count, up))] @ weights
    return result.astype(np.float32)
