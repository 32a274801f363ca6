"""Loader scripts as they were written for ``datasets`` 1.x to 3.x run unchanged, whether or not that package is installed.

The scripts are our own, in the manner of each time. Each mode runs them all in a process of its own: without the package,
with it installed, and with it imported before, which must stay what it was.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

# 1.x: absolute names, a config class, DownloadManager by its old place, logging of utils.
FIRST = '''
"""Reviews."""
from __future__ import absolute_import, division, print_function
import csv, os
import datasets
from datasets.utils.download_manager import DownloadManager, GenerateMode
from datasets.utils.file_utils import cached_path
from datasets.utils.py_utils import map_nested, size_str

logger = datasets.logging.get_logger(__name__)
_CITATION = "@misc{x}"
_URLS = {"train": "train.csv", "test": "test.csv"}

class ReviewsConfig(datasets.BuilderConfig):
    def __init__(self, column="text", **kwargs):
        super(ReviewsConfig, self).__init__(version=datasets.Version("1.0.0", "first"), **kwargs)
        self.column = column

class Reviews(datasets.GeneratorBasedBuilder):
    BUILDER_CONFIG_CLASS = ReviewsConfig
    BUILDER_CONFIGS = [ReviewsConfig(name="plain", description="as it is"), ReviewsConfig(name="title", column="title")]
    DEFAULT_CONFIG_NAME = "plain"

    def _info(self):
        return datasets.DatasetInfo(
            description="Reviews.", citation=_CITATION, homepage="https://example.org", license="none",
            features=datasets.Features({
                self.config.column: datasets.Value("string"),
                "label": datasets.features.ClassLabel(names=["neg", "pos"]),
                "scores": datasets.features.Sequence(datasets.Value("float32")),
                "spans": datasets.Sequence({"start": datasets.Value("int32"), "word": datasets.Value("string")}),
            }),
            supervised_keys=(self.config.column, "label"),
        )

    def _split_generators(self, dl_manager: DownloadManager):
        assert GenerateMode is datasets.GenerateMode and size_str(2048) == "2.00 KiB"
        paths = map_nested(cached_path, dl_manager.download_and_extract(_URLS))
        logger.info("paths %s", paths)
        return [
            datasets.SplitGenerator(name=datasets.Split.TRAIN, gen_kwargs={"filepath": paths["train"]}),
            datasets.SplitGenerator(name=datasets.Split("test"), gen_kwargs={"filepath": os.path.join(paths["test"])}),
        ]

    def _generate_examples(self, filepath):
        with open(filepath, encoding="utf-8") as f:
            for id_, row in enumerate(csv.DictReader(f)):
                words = row["text"].split()
                yield id_, {self.config.column: row["text"], "label": row["label"], "scores": ["1", 2],
                            "spans": [{"start": n, "word": w} for n, w in enumerate(words)]}
'''
# 1.7 to 2.x: names from datasets, task templates, pandas-like tables.
SECOND = """
import datasets
from datasets import ClassLabel, DatasetInfo, Features, Split, SplitGenerator, Value
from datasets.features import Sequence, Translation
from datasets.tasks import QuestionAnsweringExtractive, TextClassification
from datasets.tasks.text_classification import TextClassification as Same
from datasets.utils import logging, Version
from datasets.utils.version import Version as Again
from .rows import rows

_LOG = logging.get_logger(__name__)

class Templates(datasets.GeneratorBasedBuilder):
    VERSION = Version("2.1.0")
    BUILDER_CONFIGS = [datasets.BuilderConfig(name=name, version=Again("2.1.0")) for name in ("de-en", "fr-en")]

    def _info(self):
        assert Same is TextClassification
        features = Features({"id": Value("string"), "translation": Translation(languages=self.config.name.split("-")),
                             "tags": Sequence(ClassLabel(names=["a", "b"]))})
        templates = [TextClassification(text_column="id", label_column="tags"),
                     QuestionAnsweringExtractive(question_column="id", context_column="id", answers_column="tags")]
        assert templates[0].column_mapping == {"id": "text", "tags": "label"}
        return DatasetInfo(description="x", features=features, task_templates=templates)

    def _split_generators(self, dl_manager):
        _LOG.warning
        return [SplitGenerator(Split.VALIDATION, {"language": self.config.name[:2]})]

    def _generate_examples(self, language):
        yield from rows(language)
"""
ROWS = """
import datasets.utils.logging as log
def rows(language):
    from datasets import NamedSplit
    log.get_logger(__name__).info("%s", NamedSplit("x"))
    yield "k", {"id": 7, "translation": {language: "l", "en": "e"}, "tags": ["b", 0]}
"""
# 2.x and 3.x: tables, dataclass configs, versions compared, streaming-aware names.
THIRD = """
import json
from dataclasses import dataclass, field
from typing import List, Optional
import pyarrow as pa
import datasets
from datasets.config import HF_DATASETS_CACHE
from datasets.download.download_manager import DownloadManager
from datasets.download.streaming_download_manager import xopen
from datasets.table import table_cast
from datasets.utils.file_utils import xjoin

if tuple(map(int, datasets.__version__.split("."))) < (2, 0, 0):
    raise RuntimeError("too old")
logger = datasets.utils.logging.get_logger(__name__)

@dataclass
class LinesConfig(datasets.BuilderConfig):
    features: Optional[datasets.Features] = None
    keys: List[str] = field(default_factory=lambda: ["a", "b"])

class Lines(datasets.ArrowBasedBuilder):
    BUILDER_CONFIG_CLASS = LinesConfig

    def _info(self):
        return datasets.DatasetInfo(features=datasets.Features({key: datasets.Value("int64") for key in self.config.keys}))

    def _split_generators(self, dl_manager: DownloadManager):
        files = dl_manager.download(["one.jsonl", "two.jsonl"])
        assert xjoin("https://a.org/b", "c") == "https://a.org/b/c" and HF_DATASETS_CACHE
        return [datasets.SplitGenerator(name=datasets.Split.TRAIN, gen_kwargs={"files": dl_manager.iter_files(files)})]

    def _generate_tables(self, files):
        for number, file in enumerate(files):
            with xopen(file, "r", encoding="utf-8") as lines:
                table = pa.Table.from_pylist([json.loads(line) for line in lines])
            yield number, table_cast(table, self.info.features.arrow_schema)
"""
FILES = {
    "reviews/reviews.py": FIRST,
    "reviews/train.csv": "text,label\ngood old,pos\nbad,neg\n",
    "reviews/test.csv": "text,label\nso so,neg\n",
    "templates/templates.py": SECOND,
    "templates/rows.py": ROWS,
    "lines/lines.py": THIRD,
    "lines/one.jsonl": '{"a": 1, "b": 2}\n',
    "lines/two.jsonl": '{"b": 4, "a": 3}\n',
}
EXPECTED = {
    "reviews": [
        {
            "text": "good old",
            "label": 1,
            "scores": [1.0, 2.0],
            "spans": {"start": [0, 1], "word": ["good", "old"]},
        },
        {"text": "bad", "label": 0, "scores": [1.0, 2.0], "spans": {"start": [0], "word": ["bad"]}},
        {"text": "so so", "label": 0, "scores": [1.0, 2.0], "spans": {"start": [0, 1], "word": ["so", "so"]}},
    ],
    "title": [{"title": "so so", "label": 0, "scores": [1.0, 2.0], "spans": {"start": [0, 1], "word": ["so", "so"]}}],
    "templates": [{"id": "7", "translation": {"fr": "l", "en": "e"}, "tags": [1, 0]}],
    "lines": [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
}
RUN = """
import json, sys
mode, folder, cache = sys.argv[1:]
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "datasets":
            raise ModuleNotFoundError("No module named 'datasets'", name="datasets")
if mode == "blocked":
    sys.meta_path.insert(0, Blocker())
if mode == "imported":
    import datasets
    before = datasets, datasets.load_dataset, set(vars(datasets))
import nlpdata
from nlpdata.settings import settings
settings.set(cache=cache, progress=False)
found = {
    "reviews": list(nlpdata.load_dataset(f"{folder}/reviews", split="train+test")),
    "title": list(nlpdata.load_dataset(f"{folder}/reviews/reviews.py", "title", split="test", trust_remote_code=True)),
    "templates": list(nlpdata.load_dataset(f"{folder}/templates", "fr-en", split="validation")),
    "lines": list(nlpdata.load_dataset(f"{folder}/lines", split="train")),
}
if mode == "imported":
    assert sys.modules["datasets"] is before[0] and datasets.load_dataset is before[1] and set(vars(datasets)) == before[2]
    assert datasets.load_dataset.__module__ == "datasets.load"
else:
    assert "datasets" not in sys.modules
print(json.dumps(found))
"""


@pytest.mark.parametrize("mode", ["blocked", "installed", "imported"])
def test_scripts_of_three_times_run_unchanged(tmp_path: Path, mode: str) -> None:
    if mode == "imported" and importlib.util.find_spec("datasets") is None:
        pytest.skip("needs the package datasets")
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", RUN, mode, str(tmp_path), str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == EXPECTED
