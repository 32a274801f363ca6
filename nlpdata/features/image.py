"""Images in columns.

Knows: what may become an image and how Pillow, loaded late, reads and writes one. Does not know: how formats show images.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from nlpdata._optional import load
from nlpdata.errors import FeatureError
from nlpdata.features.media import Media, read_bytes, shown_arguments

# Written as PNG, which keeps them as they are; other modes as TIFF.
_PNG_MODES = frozenset({"1", "L", "LA", "RGB", "RGBA", "I;16"})
_ORIENTATION = 274  # the EXIF tag


@dataclass(frozen=True, repr=False)
class Image(Media):
    """An image: stored as bytes or a path, seen as a ``PIL.Image.Image``.

    Args:
        mode: the Pillow mode (``"RGB"``, ``"L"``, ...) that images are converted to when they are decoded; None keeps theirs.
        decode: False leaves ``{"bytes": ..., "path": ...}`` as it is.
        id: free for the user; neither compared nor stored.

    >>> Image().encode_example("cat.png")
    {'bytes': None, 'path': 'cat.png'}
    """

    mode: str | None = None
    decode: bool = True
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "PIL.Image.Image"
    _type: ClassVar[str] = "Image"
    _takes: ClassVar[str] = "a path, bytes, a dict with 'bytes' or 'path', an array of pixels or a Pillow image"

    def _encode(self, value: Any) -> dict[str, Any] | None:
        if hasattr(value, "tobytes") and hasattr(value, "getbands"):
            return _from_pillow(value)
        if isinstance(value, list | tuple) or hasattr(value, "__array__"):
            if hasattr(value, "detach"):
                value = value.detach().cpu()
            return {"bytes": pixels_to_bytes(np.asarray(value)), "path": None}
        return None

    def _decode(self, data: bytes | None, path: str | None) -> Any:
        pillow = load("PIL.Image", "vision")
        content = read_bytes(data, path)
        try:
            image = pillow.open(io.BytesIO(content))
            image.load()
        except (OSError, SyntaxError, ValueError) as error:  # Pillow raises SyntaxError for broken PNG files
            where = f"The file {path!r}" if path else f"A value of {len(content)} bytes"
            raise FeatureError(f"{where} is not an image that Pillow can read: {_reason(error)}") from error
        if path is not None and data is None:
            image.filename = path
        if image.getexif().get(_ORIENTATION) is not None:
            image = load("PIL.ImageOps", "vision").exif_transpose(image)
        return image.convert(self.mode) if self.mode and image.mode != self.mode else image

    def __repr__(self) -> str:
        return shown_arguments(self)

    __hash__ = Media.__hash__


def _reason(error: Exception) -> str:
    return "it is in no format that it knows" if type(error).__name__ == "UnidentifiedImageError" else str(error)


def _from_pillow(image: Any) -> dict[str, Any]:
    """An image read from a file and not changed is that file; any other is written."""
    filename = getattr(image, "filename", "")
    if isinstance(filename, str) and filename:
        return {"bytes": None, "path": filename}
    return {"bytes": image_to_bytes(image), "path": None}


def image_to_bytes(image: Any) -> bytes:
    """A Pillow image as the bytes of a file, losslessly: in the format it was read from, else PNG, or TIFF for other modes."""
    file = io.BytesIO()
    lossless = image.format in ("PNG", "TIFF", "BMP")
    image.save(file, format=image.format if lossless else "PNG" if image.mode in _PNG_MODES else "TIFF")
    return file.getvalue()


def pixels_to_bytes(pixels: np.ndarray[Any, Any]) -> bytes:
    """An array of pixels as the bytes of a PNG or TIFF file.

    Args:
        pixels: (height, width) of booleans, integers or floats, or (height, width, channels) of integers from 0 to 255.

    Raises:
        FeatureError: no image has such a shape or such values.
        MissingPackageError: Pillow is not installed.
    """
    return image_to_bytes(load("PIL.Image", "vision").fromarray(np.ascontiguousarray(_storable(pixels))))


def _storable(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (2, 3, 4)) or 0 in pixels.shape:
        raise FeatureError(
            f"An array of shape {pixels.shape} is no image: (height, width) or (height, width, 1 to 4 channels) is."
        )
    if pixels.ndim == 3:
        return _exactly(pixels, np.uint8)
    kind = pixels.dtype.kind
    if kind == "b" or pixels.dtype in (np.uint8, np.uint16, np.int32, np.float32):
        return pixels
    if kind in "iu":
        return _exactly(pixels, np.int32)
    if kind == "f":
        return pixels.astype(np.float32)
    raise FeatureError(f"An array of {pixels.dtype} is no image: pixels are booleans, integers or floats.")


def _exactly(pixels: np.ndarray[Any, Any], dtype: Any) -> np.ndarray[Any, Any]:
    bounds = np.iinfo(dtype)
    if pixels.dtype.kind not in "iu":
        raise FeatureError(f"The pixels of a colour image are integers from 0 to 255, not {pixels.dtype}.")
    if pixels.min() < bounds.min or pixels.max() > bounds.max:
        raise FeatureError(f"Pixels from {pixels.min()} to {pixels.max()} do not fit {bounds.min} to {bounds.max}.")
    return pixels.astype(dtype, copy=False)
