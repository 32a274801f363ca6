"""Which files a user means: paths, patterns, folders and URLs, put into splits, and the file type their names tell.

Knows: the names that people give to train, validation and test files. Does not know: what is in a file; nothing is opened.
"""

from __future__ import annotations

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nlpdata.errors import ArgumentError, DataFileError, UnknownFileTypeError, did_you_mean, unknown
from nlpdata.files.base import COMPRESSIONS, FILE_TYPES

DataFiles = str | os.PathLike[str] | Sequence[Any] | Mapping[Any, Any]

_TRAIN = "train"
_KEYWORDS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "dev", "val"),
    "test": ("test", "testing", "eval", "evaluation"),
}
_SPLIT_OF_WORD = {word: split for split, words in _KEYWORDS.items() for word in words}
# A word stands alone: "train-1.csv", "my_train.csv" and "TRAIN2.csv" do, "trainee.csv" does not.
_WORD = re.compile(r"[a-z]+")
_SHARD = re.compile(r"^(?P<split>\w+(?:\.\w+)*)-\d{5}-of-\d{5}")
_URL = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]+://|::")
_EXTENSIONS = {
    ".csv": "csv", ".tsv": "csv",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
    ".txt": "text",
    ".parquet": "parquet", ".geoparquet": "parquet", ".gpq": "parquet",
    ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
    ".xml": "xml",
    ".tar": "webdataset",
}  # fmt: skip
MEDIA_EXTENSIONS = {
    **dict.fromkeys((
        ".avif", ".bmp", ".gif", ".ico", ".jfif", ".jpe", ".jpeg", ".jpg", ".jp2", ".pbm", ".pgm", ".png", ".pnm", ".ppm",
        ".tga", ".tif", ".tiff", ".webp",
    ), "imagefolder"),
    **dict.fromkeys((
        ".aif", ".aiff", ".au", ".caf", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".snd", ".voc", ".w64", ".wav",
    ), "audiofolder"),
    **dict.fromkeys((".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".ogv", ".webm", ".wmv"), "videofolder"),
    ".pdf": "pdffolder",
    **dict.fromkeys((".nii", ".nii.gz"), "niftifolder"),
    **dict.fromkeys((".glb", ".gltf", ".obj", ".off", ".ply", ".stl"), "meshfolder"),
}  # fmt: skip
"""Extension -> the packaged builder of a folder of such files."""
METADATA_NAMES = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
_EXTENSIONS |= MEDIA_EXTENSIONS


def is_url(path: str) -> bool:
    """Whether a path names something outside the local file system (``file://`` included).

    >>> is_url("https://example.org/a.csv"), is_url("data/a.csv")
    (True, False)
    """
    return bool(_URL.search(path))


def resolve_data_files(
    data_files: DataFiles | None = None, data_dir: str | os.PathLike[str] | None = None
) -> dict[str, list[str]]:
    """The files of each split, as absolute paths in a stable order; URLs as they are.

    Args:
        data_files: a path, a pattern (``*``, ``?``, ``[...]``, ``**``), a folder or a URL; a list of these; or split -> these.
            Without split names all is ``train``. None takes what ``data_dir`` (or the working folder) holds and
            tells the splits by file and folder names.
        data_dir: the folder that relative names and patterns start from.

    Raises:
        DataFileError: a name or pattern that matches nothing (it is also a FileNotFoundError).
        ArgumentError: ``data_files`` of a form that is not known.

    A file that is named twice is there twice. Hidden files and those below ``__x__`` folders are left out, unless the name or
    the pattern names them.
    """
    base = Path(os.path.expanduser(os.fspath(data_dir))) if data_dir is not None else Path()
    if data_dir is not None and not base.is_dir() and not base.is_file():
        raise DataFileError(f"data_dir is {os.fspath(data_dir)!r}: there is no such folder (looked at {base.absolute()}).")
    if data_files is None:
        return _by_names(base)
    return {split: _files(entries, base) for split, entries in _split_entries(data_files).items()}


def _split_entries(data_files: DataFiles) -> dict[str, list[str]]:
    """Give split -> the entries as the user wrote them."""
    if isinstance(data_files, Mapping):
        return {str(split): _entries(value) for split, value in data_files.items()}
    entries: list[Any] = list(data_files) if isinstance(data_files, list | tuple) else [data_files]
    if entries and all(isinstance(entry, Mapping) and "path" in entry for entry in entries):
        found: dict[str, list[str]] = {}
        for entry in entries:
            found.setdefault(str(entry.get("split", _TRAIN)), []).extend(_entries(entry["path"]))
        return found
    return {_TRAIN: _entries(entries)}


def _entries(value: Any) -> list[str]:
    values = list(value) if isinstance(value, list | tuple) else [value]
    for entry in values:
        if not isinstance(entry, str | os.PathLike):
            raise ArgumentError(
                f"data_files holds {entry!r:.80}. Use a path, a pattern or a URL, a list of them, or split -> these: "
                "{'train': ..., 'test': ...}."
            )
    if not values:
        raise DataFileError("data_files holds an empty list. Name at least one file.")
    return [os.fspath(entry) for entry in values]


def _files(entries: list[str], base: Path) -> list[str]:
    return [path for entry in entries for path in ([entry] if is_url(entry) else _local(entry, base))]


def _local(entry: str, base: Path) -> list[str]:
    path = (base if base.is_dir() else base.parent) / os.path.expanduser(entry)
    if path.is_file():
        return [str(path.absolute())]
    if path.is_dir():
        files = [str(p.absolute()) for p in _visible(path) if _extension(p.name) in _EXTENSIONS]
        if not files:
            raise DataFileError(f"The folder {path.absolute()} holds no data file ({_known_extensions()}).")
        return files
    if glob.has_magic(entry):
        matches = sorted(glob.glob(str(path), recursive=True))
        asked = _dunders(path)
        files = [str(Path(m).absolute()) for m in matches if os.path.isfile(m) and _dunders(Path(m)) == asked]
        if not files:
            raise DataFileError(f"The pattern {entry!r} matches no file (looked in {base.absolute()}).")
        return files
    there = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    raise DataFileError(f"There is no file {entry!r} (looked at {path.absolute()}).{did_you_mean(path.name, there)}")


def _visible(folder: Path) -> Iterator[Path]:
    """Every file below a folder, sorted, without hidden ones and those in ``__x__`` folders."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(here, name)


def _dunders(path: Path) -> int:
    """How many of the folders of a path are ``__x__`` folders."""
    return sum(part.startswith("__") for part in path.parts[:-1])


def _by_names(base: Path) -> dict[str, list[str]]:
    """The data files of a folder, put into splits by what they are called; all ``train`` if no name tells one."""
    if base.is_file():
        return {_TRAIN: [str(base.absolute())]}
    files = [path for path in _visible(base) if _extension(path.name) in _EXTENSIONS]
    if not files:
        raise DataFileError(f"The folder {base.absolute()} holds no data file ({_known_extensions()}).")
    for tell in (_split_of_shard, _split_of_name, _split_of_folder):
        found: dict[str, list[str]] = {}
        for path in files:
            if split := tell(path.relative_to(base)):
                found.setdefault(split, []).append(str(path.absolute()))
        if found:
            order = [*(s for s in _KEYWORDS if s in found), *(s for s in found if s not in _KEYWORDS)]
            return {split: found[split] for split in order}
    return {_TRAIN: [str(path.absolute()) for path in files]}


def _split_of_shard(path: Path) -> str | None:
    """``data/<split>-00000-of-00003.parquet``: any split name."""
    match = _SHARD.match(path.name)
    return match["split"] if match and path.parent.name in ("data", "") else None


def _split_of_name(path: Path) -> str | None:
    return _word_split(path.name.partition(".")[0]) or _word_split(path.name)


def _split_of_folder(path: Path) -> str | None:
    return next((split for part in path.parts[:-1] if (split := _word_split(part))), None)


def split_of_folder_name(name: str) -> str | None:
    """The split that a folder's name tells, or None.

    >>> split_of_folder_name("dev"), split_of_folder_name("cats")
    ('validation', None)
    """
    return _word_split(name)


def _word_split(name: str) -> str | None:
    return next((_SPLIT_OF_WORD[word] for word in _WORD.findall(name.lower()) if word in _SPLIT_OF_WORD), None)


def _extension(name: str) -> str:
    """The extension of a file name or URL that tells its type, without the one of a compression."""
    stem, extension = os.path.splitext(name.partition("?")[0].partition("#")[0].lower())
    return os.path.splitext(stem)[1] if extension in COMPRESSIONS else extension


def told_file_type(path: str) -> str | None:
    """The file type that a name tells, or None.

    >>> told_file_type("a.tsv.gz"), told_file_type("README.md")
    ('csv', None)
    """
    return _EXTENSIONS.get(_extension(path.split("::")[0]))


def _known_extensions() -> str:
    return ", ".join([*(e for e in _EXTENSIONS if e not in MEDIA_EXTENSIONS), "images, sounds, films ..."])


def infer_file_type(paths: Iterable[str | os.PathLike[str]]) -> tuple[str, dict[str, Any]]:
    """The file type that most names tell, and the options that go with it.

    Compression endings are looked through: ``train.csv.gz`` is csv. Nothing is opened. Where ``.tsv`` and ``.csv`` are mixed
    there is no option: the reader tells the separator of each file by its name.

    Raises:
        UnknownFileTypeError: no name has a known extension.

    >>> infer_file_type(["train.tsv.gz", "test.tsv.gz"])
    ('csv', {'sep': '\\t'})
    """
    names = [os.fspath(path) for path in paths]
    told = [name for name in names if os.path.basename(name) not in METADATA_NAMES]  # these are about the files beside them
    names = told or names
    extensions = [_extension(name.split("::")[0]) for name in names]
    counts = Counter(extension for extension in extensions if extension in _EXTENSIONS)
    if not counts:
        shown = ", ".join(sorted({e for e in extensions if e})) or "none"
        raise unknown(
            UnknownFileTypeError,
            "file type for the extensions",
            shown,
            FILE_TYPES.names(),
            "Name one: load_dataset('csv', data_files=...).",
        )
    extension = counts.most_common(1)[0][0]
    return _EXTENSIONS[extension], {"sep": "\t"} if extension == ".tsv" and ".csv" not in counts else {}
