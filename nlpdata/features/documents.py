"""Films, documents, meshes and brain scans in columns.

Knows: which package, loaded late, reads each. Does not know: what is done with them.
"""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass, field
from typing import Any, ClassVar

from nlpdata._optional import load
from nlpdata.errors import FeatureError
from nlpdata.features.media import Media, file_name, local_path, read_bytes, shown_arguments

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, repr=False)
class Video(Media):
    """A film: stored as bytes or a path, seen as a ``torchcodec.decoders.VideoDecoder``.

    Args:
        decode: False leaves ``{"bytes": ..., "path": ...}`` as it is.
        stream_index: which stream of the file; None takes the best.
        dimension_order: ``"NCHW"`` or ``"NHWC"`` for frames.
        num_ffmpeg_threads: threads that decode.
        device: where frames are decoded to.
        seek_mode: ``"exact"`` or ``"approximate"``.
        id: free for the user; neither compared nor stored.
    """

    decode: bool = True
    stream_index: int | None = None
    dimension_order: str = "NCHW"
    num_ffmpeg_threads: int = 1
    device: str = "cpu"
    seek_mode: str = "exact"
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "torchcodec.decoders.VideoDecoder"
    _type: ClassVar[str] = "Video"

    def __post_init__(self) -> None:
        for name, allowed in (("dimension_order", ("NCHW", "NHWC")), ("seek_mode", ("exact", "approximate"))):
            if getattr(self, name) not in allowed:
                raise FeatureError(f"{name} is {' or '.join(map(repr, allowed))}, not {getattr(self, name)!r}.")

    def _encode(self, value: Any) -> dict[str, Any] | None:
        return getattr(value, "_nlpdata_source", None)

    def _decode(self, data: bytes | None, path: str | None) -> Any:
        decoders = load("torchcodec.decoders", "video")
        local = local_path(path) if data is None else None
        decoder = decoders.VideoDecoder(
            local or read_bytes(data, path),
            stream_index=self.stream_index,
            dimension_order=self.dimension_order,
            num_ffmpeg_threads=self.num_ffmpeg_threads,
            device=self.device,
            seek_mode=self.seek_mode,
        )
        decoder._nlpdata_source = {"bytes": data, "path": path}  # so that a row can be stored again without encoding
        return decoder

    def __repr__(self) -> str:
        return shown_arguments(self)

    __hash__ = Media.__hash__


@dataclass(frozen=True, repr=False)
class Pdf(Media):
    """A PDF document: stored as bytes or a path, seen as a ``pdfplumber.pdf.PDF``.

    Args:
        decode: False leaves ``{"bytes": ..., "path": ...}`` as it is.
        id: free for the user; neither compared nor stored.
    """

    decode: bool = True
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "pdfplumber.pdf.PDF"
    _type: ClassVar[str] = "Pdf"
    _takes: ClassVar[str] = "a path, bytes, a dict with 'bytes' or 'path', or a pdfplumber PDF"

    def _encode(self, value: Any) -> dict[str, Any] | None:
        stream = getattr(value, "stream", None)
        if stream is None or not hasattr(value, "pages"):
            return None
        place = stream.tell()
        stream.seek(0)
        content = stream.read()
        stream.seek(place)
        name = getattr(stream, "name", None)
        return {"bytes": content, "path": file_name(name) if isinstance(name, str) else None}

    def _decode(self, data: bytes | None, path: str | None) -> Any:
        plumber = load("pdfplumber", "pdf")
        return plumber.open(io.BytesIO(read_bytes(data, path)))

    def __repr__(self) -> str:
        return shown_arguments(self)

    __hash__ = Media.__hash__


@dataclass(frozen=True, repr=False)
class Mesh(Media):
    """A 3-D mesh: stored as bytes or a path, seen as a ``trimesh.Trimesh`` or ``trimesh.Scene``.

    Bytes without a path are read as GLB, which is what meshes are written as.

    Args:
        decode: False leaves ``{"bytes": ..., "path": ...}`` as it is.
        id: free for the user; neither compared nor stored.
    """

    decode: bool = True
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "trimesh.Trimesh"
    _type: ClassVar[str] = "Mesh"
    _takes: ClassVar[str] = "a path, bytes, a dict with 'bytes' or 'path', or a trimesh mesh or scene"

    def _encode(self, value: Any) -> dict[str, Any] | None:
        if not type(value).__module__.startswith("trimesh"):
            return None
        return {"bytes": value.export(file_type="glb"), "path": None}

    def _decode(self, data: bytes | None, path: str | None) -> Any:
        kind = file_name(path).rpartition(".")[2].lower() if path and "." in file_name(path) else "glb"
        return load("trimesh", "mesh").load(io.BytesIO(read_bytes(data, path)), file_type=kind)

    def __repr__(self) -> str:
        return shown_arguments(self)

    __hash__ = Media.__hash__


@dataclass(frozen=True, repr=False)
class Nifti(Media):
    """A NIfTI volume: stored as bytes or a path, seen as a ``nibabel.nifti1.Nifti1Image``.

    Args:
        decode: False leaves ``{"bytes": ..., "path": ...}`` as it is.
        id: free for the user; neither compared nor stored.
    """

    decode: bool = True
    id: str | None = field(default=None, compare=False)
    dtype: ClassVar[str] = "nibabel.nifti1.Nifti1Image"
    _type: ClassVar[str] = "Nifti"
    _takes: ClassVar[str] = "a path, bytes, a dict with 'bytes' or 'path', or a nibabel image"

    def _encode(self, value: Any) -> dict[str, Any] | None:
        if not type(value).__module__.startswith("nibabel"):
            return None
        return {"bytes": value.to_bytes(), "path": None}

    def _decode(self, data: bytes | None, path: str | None) -> Any:
        nifti = load("nibabel.nifti1", "nifti")
        content = read_bytes(data, path)
        return nifti.Nifti1Image.from_bytes(gzip.decompress(content) if content.startswith(_GZIP) else content)

    def __repr__(self) -> str:
        return shown_arguments(self)

    __hash__ = Media.__hash__
