"""Code from elsewhere runs only after its content was trusted, and nothing of it before."""

from __future__ import annotations

import http.server
import json
import os
import pickle
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from nlpdata import (
    get_dataset_config_names,
    get_dataset_default_config_name,
    get_dataset_infos,
    get_dataset_split_names,
    inspect_dataset,
    load_dataset,
    load_dataset_builder,
    load_metric,
)
from nlpdata.cli import main
from nlpdata.errors import ArgumentError, FetchError, ScriptError, UnknownLoaderError, UntrustedScriptError
from nlpdata.scripts import distrust, fetched_script, trust, trusted_scripts
from nlpdata.settings import settings

# Whoever runs it leaves a mark.
SCRIPT = """
import os
with open(os.environ["MARK_OF_TEST"], "a") as mark:
    mark.write("loader ")
import datasets
from .rows import ROWS

class Mine(datasets.GeneratorBasedBuilder):
    def _info(self):
        return datasets.DatasetInfo(features=datasets.Features({"n": datasets.Value("int64"), "t": datasets.Value("string")}))
    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator("train", {"path": dl_manager.download("data/words.txt")})]
    def _generate_examples(self, path):
        with open(path) as lines:
            words = lines.read().split()
        for n in ROWS:
            yield n, {"n": n, "t": words[n % len(words)]}
"""
SIBLING = """
import os
with open(os.environ["MARK_OF_TEST"], "a") as mark:
    mark.write("sibling ")
ROWS = range(3)
"""
METRIC = """
import os
with open(os.environ["MARK_OF_TEST"], "a") as mark:
    mark.write("metric ")
import datasets

class Mine(datasets.Metric):
    def _info(self):
        features = datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")})
        return datasets.MetricInfo(description="d", citation="c", inputs_description="i", features=features)
    def _compute(self, predictions, references):
        return {"same": sum(p == r for p, r in zip(predictions, references))}
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The folder that the server shows."""
    folder = tmp_path / "served"
    # A content is executed once in a process: each test has its own.
    write(folder / "mine" / "mine.py", f"{SCRIPT}# {tmp_path.name}")
    write(folder / "mine" / "rows.py", SIBLING)
    write(folder / "mine" / "data" / "words.txt", "a b c")
    write(folder / "score.py", METRIC)
    return folder


@pytest.fixture
def site(place: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(place)))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file in which scripts leave their marks; decisions are recorded beside it."""
    path = tmp_path / "mark"
    monkeypatch.setenv("MARK_OF_TEST", str(path))
    with settings.override(trust_file=str(tmp_path / "config" / "trusted.json")):
        yield path


_changes = iter(range(1, 1000))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    later = path.stat().st_mtime + next(_changes)  # a server tells versions apart by the second
    os.utime(path, (later, later))


def zipped(place: Path, name: str, inside: str) -> None:
    with zipfile.ZipFile(place / name, "w") as archive:
        for file in ("mine.py", "rows.py", "data/words.txt"):
            archive.write(place / "mine" / file, inside + file)


URLS = ["/mine/mine.py", "/mine", "/mine.zip", "/flat/mine.zip"]


@pytest.mark.parametrize("where", URLS)
def test_nothing_runs_before_it_is_trusted(site: str, place: Path, mark: Path, where: str) -> None:
    (place / "flat").mkdir()
    zipped(place, "mine.zip", "repository-1/mine/")
    zipped(place, "flat/mine.zip", "")
    url = site + where
    for refused in (None, False):
        with pytest.raises(UntrustedScriptError) as caught:
            load_dataset(url, trust_remote_code=refused)
        assert not mark.exists()
    script = fetched_script(url)
    assert not mark.exists()
    for part in (url, script.sha256, str(script.folder), "mine.py", "rows.py", "trust_remote_code=True", settings.trust_file):
        assert part in str(caught.value)
    rows = load_dataset(url, split="train", trust_remote_code=True)
    assert rows["n"] == [0, 1, 2] and rows["t"] == ["a", "b", "c"]
    assert mark.read_text().split() == ["loader", "sibling"]
    with pytest.raises(UntrustedScriptError):  # True was for that call
        load_dataset_builder(url)


def test_a_decision_is_recorded_in_one_readable_file_and_can_be_taken_back(site: str, mark: Path) -> None:
    url = f"{site}/mine"
    trust(fetched_script(url))
    recorded = json.loads(Path(settings.trust_file).read_text())
    (sha256,) = recorded["trusted"]
    assert recorded["trusted"][sha256].keys() == {"name", "source", "date"} and recorded == {"trusted": trusted_scripts()}
    assert load_dataset(url, split="train").num_rows == 3
    with pytest.raises(UntrustedScriptError):
        load_dataset(url, trust_remote_code=False)
    assert distrust(sha256) and not distrust(sha256)
    with pytest.raises(UntrustedScriptError):
        load_dataset(url)
    Path(settings.trust_file).write_text("[]")
    with pytest.raises(ArgumentError, match=r"trusted\.json"):
        load_dataset(url)


@pytest.mark.parametrize("changed", ["mine.py", "rows.py"])
def test_a_changed_script_or_sibling_asks_again(site: str, place: Path, mark: Path, changed: str) -> None:
    url = f"{site}/mine/mine.py"
    trust(fetched_script(url))
    assert load_dataset(url, split="train").num_rows == 3
    before = mark.read_text()
    path = place / "mine" / changed
    write(path, path.read_text() + "# another one\n")
    assert load_dataset(url, split="train").num_rows == 3  # what is cached costs no request
    with pytest.raises(UntrustedScriptError, match="not what you trusted before"):
        load_dataset(url, download_mode="force_redownload")
    assert mark.read_text() == before


def test_whoever_asks_about_a_script_runs_it_too(site: str, mark: Path) -> None:
    url = f"{site}/mine"
    for ask in (get_dataset_config_names, get_dataset_infos, get_dataset_split_names, get_dataset_default_config_name):
        with pytest.raises(UntrustedScriptError):
            ask(url)
    assert not mark.exists()
    assert get_dataset_config_names(url, trust_remote_code=True) == ["default"]
    assert list(get_dataset_infos(url, trust_remote_code=True)["default"].features) == ["n", "t"]
    assert get_dataset_split_names(url, trust_remote_code=True) == ["train"]


def test_the_command_line_trusts_lists_and_distrusts(site: str, mark: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"{site}/mine"
    assert main(["script", "trust", url]) == 0
    sha256 = fetched_script(url).sha256
    assert sha256 in capsys.readouterr().out and list(trusted_scripts()) == [sha256]
    assert main(["script", "trust"]) == 0 and url in capsys.readouterr().out
    assert main(["script", "distrust", sha256]) == 0 and not trusted_scripts()
    assert main(["script", "trust", f"{site}/nothing"]) == 1 and "404" in capsys.readouterr().err


def test_a_copy_in_the_cache_that_was_changed_does_not_run(site: str, mark: Path) -> None:
    url = f"{site}/mine"
    script = fetched_script(url)
    trust(script)
    (script.folder / "rows.py").write_text(SIBLING.replace("sibling", "evil") + "ROWS = [1]")
    assert load_dataset(url, split="train").num_rows == 3
    assert mark.read_text().split() == ["loader", "sibling"]


def test_what_was_fetched_before_costs_no_request(site: str, place: Path, mark: Path) -> None:
    trust(fetched_script(f"{site}/mine"))
    for path in place.rglob("*.py"):
        path.unlink()
    with settings.override(offline=True):
        assert load_dataset_builder(f"{site}/mine").config.name == "default"


def test_byte_code_that_comes_along_is_part_of_the_hash(site: str, place: Path) -> None:
    zipped(place, "mine.zip", "mine/")
    first = fetched_script(f"{site}/mine.zip")
    with zipfile.ZipFile(place / "mine.zip", "a") as archive:
        archive.writestr("mine/rows.so", b"\x7fELF")
    again = place / "again"
    again.mkdir()
    (place / "mine.zip").rename(again / "mine.zip")
    assert fetched_script(f"{site}/again/mine.zip").sha256 != first.sha256


def test_a_metric_is_no_exception(site: str, mark: Path) -> None:
    url = f"{site}/score.py"
    with pytest.raises(UntrustedScriptError, match=r"score\.py"):
        load_metric(url)
    assert not mark.exists()
    metric = load_metric(url, trust_remote_code=True)
    assert metric.compute(predictions=[1, 2], references=[1, 3]) == {"same": 1}
    trust(fetched_script(url))
    assert load_metric(url).compute(predictions=[1], references=[1]) == {"same": 1}


@pytest.mark.usefixtures("mark")
def test_a_pickled_metric_asks_again_before_its_script_runs(site: str) -> None:
    kept = pickle.dumps(load_metric(f"{site}/score.py", trust_remote_code=True))
    with pytest.raises(UntrustedScriptError):
        pickle.loads(kept)
    trust(fetched_script(f"{site}/score.py"))
    assert pickle.loads(kept).compute(predictions=[1], references=[1]) == {"same": 1}


def test_shipped_and_local_scripts_run_without_a_word(place: Path, mark: Path) -> None:
    assert load_dataset(str(place / "mine"), split="train").num_rows == 3
    assert load_dataset_builder("glue", "sst2", trust_remote_code=False).config.name == "sst2"
    assert not Path(settings.trust_file).exists()


def test_a_script_can_be_read_before_it_is_trusted(site: str, tmp_path: Path, mark: Path) -> None:
    copy = inspect_dataset(f"{site}/mine", tmp_path / "copy" / "mine")
    assert Path(copy).read_text().startswith(SCRIPT) and (Path(copy).parent / "rows.py").read_text() == SIBLING
    assert not mark.exists()
    with pytest.raises(ArgumentError, match="already"):
        inspect_dataset(f"{site}/mine", tmp_path / "copy" / "mine")
    shipped = inspect_dataset("trec", tmp_path / "trec")
    assert load_dataset_builder(shipped).info.features == load_dataset_builder("trec").info.features


def test_a_url_that_leads_to_no_script(site: str, place: Path) -> None:
    with pytest.raises(FetchError, match="404"):
        load_dataset(f"{site}/nothing.py")
    with pytest.raises(UnknownLoaderError, match=r"URL of no loader.*data_files"):
        load_dataset(f"{site}/table.csv")
    with zipfile.ZipFile(place / "empty.zip", "w") as archive:
        archive.writestr("readme.txt", "no script")
    with pytest.raises(ScriptError, match="holds no script"):
        load_dataset(f"{site}/empty.zip")
