"""A prepared dataset as files of a format of one's choice in a folder or bucket.

Knows: how the files are named and when a folder of them is complete. Does not know: how a format is written.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fsspec

from nlpdata.dataset.dataset import Dataset
from nlpdata.dataset.dicts import DatasetDict
from nlpdata.dataset.stored import whole_tables
from nlpdata.errors import ArgumentError, UnknownFormatError, unknown
from nlpdata.files.base import get_file_type
from nlpdata.settings import parse_bytes, settings

_FORMATS = ("arrow", "csv", "json", "parquet")


@dataclass(frozen=True, slots=True)
class Export:
    """Where a dataset is written, and how."""

    folder: str
    file_format: str
    shard_bytes: int
    storage_options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        output_dir: str | os.PathLike[str] | None,
        file_format: str,
        max_shard_size: str | int | None,
        storage_options: Mapping[str, Any] | None,
    ) -> Export | None:
        """From the arguments of ``download_and_prepare``; None if nothing is asked for.

        Raises:
            UnknownFormatError: the format is not written.
            ArgumentError: no folder is named for another format than Arrow.
        """
        if file_format not in _FORMATS:
            raise unknown(UnknownFormatError, "file_format", file_format, _FORMATS)
        if output_dir is None:
            if file_format != "arrow" or max_shard_size is not None:
                raise ArgumentError(
                    f"file_format={file_format!r} and max_shard_size need output_dir=, the folder of the files."
                )
            return None
        shard_bytes = settings.shard_bytes if max_shard_size is None else parse_bytes(max_shard_size)
        return cls(os.fspath(output_dir), file_format, shard_bytes, dict(storage_options or {}))

    def write(self, splits: DatasetDict, name: str) -> None:
        """Write all splits. A local folder appears complete; in a bucket ``dataset_info.json`` is written last."""
        if "://" in self.folder and not self.folder.startswith("file://"):
            base = self.folder.rstrip("/")
            self._write_all(splits, name, lambda file: fsspec.open(f"{base}/{file}", "wb", **self.storage_options))
            return
        final = Path(self.folder.removeprefix("file://")).expanduser().absolute()
        aside = final.with_name(f"{final.name}.incomplete")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            self._write_all(splits, name, lambda file: (aside / file).open("wb"))
            final.mkdir(exist_ok=True)
            for path in sorted(aside.iterdir(), key=lambda path: path.suffix == ".json" and path.stem == "dataset_info"):
                os.replace(path, final / path.name)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _write_all(self, splits: DatasetDict, name: str, create: Callable[[str], Any]) -> None:
        file_type = get_file_type(self.file_format)
        for split, dataset in splits.items():
            shards = self._shards(dataset)
            for number in range(shards):
                part = f"-{number:05d}-of-{shards:05d}" if shards > 1 else ""
                with create(f"{name}-{split}{part}.{self.file_format}") as file:
                    own = dataset.shard(shards, number) if shards > 1 else dataset
                    file_type.write(whole_tables(own._state), file)
        info = next(iter(splits.values())).info
        with create("dataset_info.json") as file:
            file.write(json.dumps(info.to_dict(), ensure_ascii=False, indent=1).encode())

    def _shards(self, dataset: Dataset) -> int:
        return max(1, min(len(dataset), -(-dataset._state.view.nbytes // self.shard_bytes)))
