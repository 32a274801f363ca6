"""Scripts written for HF ``datasets`` run as they are; names lead to loaders, and inspection says what there is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nlpdata
from nlpdata import load_dataset
from nlpdata.errors import ScriptError, UnknownConfigError, UnknownLoaderError

OLD_STYLE = '''
"""A loader as people wrote them in 2021."""
from __future__ import absolute_import, division, print_function

import json
import os

import datasets
from datasets.utils import logging

logger = datasets.logging.get_logger(__name__)
_CITATION = """@misc{none}"""


class QaConfig(datasets.BuilderConfig):
    def __init__(self, language="en", **kwargs):
        super(QaConfig, self).__init__(version=datasets.Version("1.1.0", ""), **kwargs)
        self.language = language


class Qa(datasets.GeneratorBasedBuilder):
    """Questions and answers."""

    BUILDER_CONFIGS = [QaConfig(name="qa." + code, description="in " + code, language=code) for code in ("en", "de")]
    BUILDER_CONFIG_CLASS = QaConfig
    DEFAULT_CONFIG_NAME = "qa.en"

    def _info(self):
        return datasets.DatasetInfo(
            description="d",
            features=datasets.Features({
                "id": datasets.Value("string"),
                "count": datasets.Value("int32"),
                "answers": datasets.features.Sequence(
                    {"text": datasets.Value("string"), "answer_start": datasets.Value("int32")}),
                "tags": datasets.Sequence(datasets.features.ClassLabel(names=["O", "B"])),
                "pair": datasets.features.Translation(languages=("en", "de")),
            }),
            supervised_keys=None,
            homepage="h",
            citation=_CITATION,
        )

    def _split_generators(self, dl_manager):
        urls = {"train": "train.json", "dev": "train.json"}
        files = dl_manager.download_and_extract(urls)
        return [
            datasets.SplitGenerator(name=datasets.Split.TRAIN, gen_kwargs={"filepath": files["train"]}),
            datasets.SplitGenerator(name=datasets.Split.VALIDATION, gen_kwargs={"filepath": files["dev"]}),
        ]

    def _generate_examples(self, filepath):
        """Yields examples."""
        logger.info("generating examples from = %s", filepath)
        with open(filepath, encoding="utf-8") as f:
            for row in json.load(f):
                yield row["id"], {
                    "id": row["id"],
                    "count": "5",
                    "answers": [{"text": "x", "answer_start": 3}, {"text": "y", "answer_start": "4"}],
                    "tags": ["O", "B", "O"],
                    "pair": {"en": "yes", "de": "ja"},
                }
'''


def test_a_script_for_hf_datasets_runs_unchanged(tmp_path: Path) -> None:
    folder = tmp_path / "qa"
    folder.mkdir()
    (folder / "qa.py").write_text(OLD_STYLE)
    (folder / "train.json").write_text('[{"id": 7}, {"id": 8}]')
    before = sys.modules.get("datasets")
    got = load_dataset(str(folder / "qa.py"), trust_remote_code=True)
    assert got["validation"].num_rows == 2
    assert got["train"][0] == {
        "id": "7",
        "count": 5,
        "answers": {"text": ["x", "y"], "answer_start": [3, 4]},
        "tags": [0, 1, 0],
        "pair": {"en": "yes", "de": "ja"},
    }
    assert sys.modules.get("datasets") is before
    assert nlpdata.get_dataset_config_names(folder) == ["qa.en", "qa.de"]
    assert nlpdata.get_dataset_default_config_name(folder) == "qa.en"
    assert nlpdata.get_dataset_split_names(folder, "qa.de") == ["train", "validation"]
    assert nlpdata.load_dataset_builder(folder, "qa.de").config.language == "de"


def test_keys_that_are_not_declared_are_left_out_with_a_warning(tmp_path: Path) -> None:
    folder = tmp_path / "qa"
    folder.mkdir()
    (folder / "qa.py").write_text(OLD_STYLE.replace('"count": "5",', '"cuont": "5",'))
    (folder / "train.json").write_text('[{"id": 7}]')
    with pytest.warns(UserWarning, match="cuont"):
        assert load_dataset(folder, split="train")[0]["count"] is None


def test_misspelt_names() -> None:
    with pytest.raises(UnknownLoaderError, match="Did you mean 'glue'"):
        load_dataset("gleu", "sst2")
    with pytest.raises(UnknownConfigError, match="Did you mean 'sst2'"):
        load_dataset("glue", "sst")
    with pytest.raises(ValueError, match=r'Example: load_dataset\("glue", "cola"\)'):
        load_dataset("glue")


def test_inspection_of_shipped_loaders_downloads_nothing(isolated_cache: Path) -> None:
    assert len(nlpdata.get_dataset_config_names("glue")) == 12
    assert nlpdata.get_dataset_default_config_name("glue") is None
    assert nlpdata.get_dataset_default_config_name("udhr") == "paragraphs"
    assert nlpdata.get_dataset_default_config_name("trec") == "default"
    assert nlpdata.get_dataset_split_names("glue", "mnli")[0] == "train"
    infos = nlpdata.get_dataset_infos("glue")
    assert infos["cola"].splits["train"].num_examples == 8551 and "label" in infos["stsb"].features
    assert nlpdata.get_dataset_config_info("trec").features["coarse_label"].num_classes == 6
    assert not [p for p in isolated_cache.rglob("*") if p.is_file()]


def test_a_failing_info_is_told(tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(
        "import datasets\nclass Odd(datasets.GeneratorBasedBuilder):\n"
        "    def _info(self): return self.config.nothing\n"
        "    def _split_generators(self, dl_manager): pass\n    def _generate_examples(self): pass\n"
    )
    with pytest.raises(ScriptError, match=r"odd/default: _info failed: AttributeError"):
        load_dataset(tmp_path / "odd.py")


def test_a_cached_load_imports_no_framework(tmp_path: Path) -> None:
    code = (
        "import sys, nlpdata\nfrom nlpdata import load_dataset\nload_dataset('udhr', 'eng-fra')\n"
        "print(sorted({'torch', 'tensorflow', 'jax', 'pandas', 'polars', 'requests', 'tokenizers'} & set(sys.modules)))\n"
    )
    environment = {**os.environ, "NLPDATA_CACHE": str(tmp_path / "cache"), "NLPDATA_OFFLINE": "1"}
    runs = [
        subprocess.run([sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert runs[1].stdout.strip() == "[]"  # pyarrow itself looks for pandas when it is given a list, as in the first run
