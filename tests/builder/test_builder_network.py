"""Downloads of a loader: asked for once, checked against the record, refused when they differ."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nlpdata import load_dataset
from nlpdata.errors import ChecksumError, OfflineError
from nlpdata.settings import settings

FILES: dict[str, bytes] = {}
REQUESTS: list[str] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        REQUESTS.append(self.path)
        data = FILES.get(self.path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    FILES.clear()
    REQUESTS.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_address[1]}"
        serving.shutdown()
        thread.join()


def loader(tmp_path: Path, url: str, recorded: bytes | None) -> Path:
    folder = tmp_path / "lines"
    folder.mkdir(exist_ok=True)
    (folder / "lines.py").write_text(
        f"""
import datasets

class Lines(datasets.GeneratorBasedBuilder):
    def _info(self):
        return datasets.DatasetInfo(features=datasets.Features({{"text": datasets.Value("string")}}))

    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator(datasets.Split.TRAIN, gen_kwargs={{"path": dl_manager.download({url!r})}})]

    def _generate_examples(self, path):
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                yield number, {{"text": line.strip()}}
"""
    )
    if recorded is not None:
        found = {"num_bytes": len(recorded), "sha256": hashlib.sha256(recorded).hexdigest()}
        (folder / "checksums.json").write_text(json.dumps({"downloads": {url: found}}))
    return folder


def test_the_first_call_asks_once_and_the_second_asks_nothing(server: str, tmp_path: Path) -> None:
    FILES["/lines.txt"] = b"one\ntwo\n"
    folder = loader(tmp_path, f"{server}/lines.txt", FILES["/lines.txt"])
    assert load_dataset(folder, split="train")["text"] == ["one", "two"]
    assert REQUESTS == ["/lines.txt"]
    with settings.override(offline=True):
        again = load_dataset(folder)
    assert again["train"].num_rows == 2 and REQUESTS == ["/lines.txt"]
    info = again["train"].info
    assert info.download_size == 8 and list(info.download_checksums) == [f"{server}/lines.txt"]


def test_another_file_than_recorded_is_refused(server: str, tmp_path: Path, isolated_cache: Path) -> None:
    FILES["/lines.txt"] = b"one\ntwo\n"
    folder = loader(tmp_path, f"{server}/lines.txt", b"something else\n")
    for _ in range(2):
        with pytest.raises(ChecksumError) as caught:
            load_dataset(folder)
    for part in (
        hashlib.sha256(b"something else\n").hexdigest(),
        hashlib.sha256(b"one\ntwo\n").hexdigest(),
        "8",
        f"{server}/lines.txt",
    ):
        assert part in str(caught.value)
    assert not list(isolated_cache.rglob("*.arrow")) and not list(isolated_cache.rglob("dataset_info.json"))
    assert load_dataset(folder, split="train", verification_mode="no_checks")["text"] == ["one", "two"]
    with pytest.raises(ChecksumError):
        load_dataset(folder)


def test_offline_says_what_is_missing(tmp_path: Path) -> None:
    folder = loader(tmp_path, "http://127.0.0.1:9/lines.txt", None)
    with settings.override(offline=True), pytest.raises(OfflineError, match=r"127\.0\.0\.1:9/lines\.txt"):
        load_dataset(folder)


def test_a_forced_download_asks_again(server: str, tmp_path: Path) -> None:
    FILES["/lines.txt"] = b"one\n"
    folder = loader(tmp_path, f"{server}/lines.txt", None)
    load_dataset(folder)
    FILES["/lines.txt"] = b"new\n"
    assert load_dataset(folder, split="train")["text"] == ["one"]
    assert load_dataset(folder, split="train", download_mode="reuse_cache_if_exists")["text"] == ["one"]
    assert load_dataset(folder, split="train", download_mode="force_redownload")["text"] == ["new"]


def test_the_cache_of_a_call_holds_its_downloads(server: str, tmp_path: Path, isolated_cache: Path) -> None:
    FILES["/lines.txt"] = b"one\n"
    load_dataset(loader(tmp_path, f"{server}/lines.txt", None), cache_dir=tmp_path / "other")
    assert {p.name for p in (tmp_path / "other").iterdir()} == {"datasets", "downloads"}
    assert not [p for p in isolated_cache.rglob("*") if p.is_file()]
