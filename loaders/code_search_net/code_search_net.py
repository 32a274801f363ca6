"""CodeSearchNet: functions of six programming languages with their documentation, from a zip of JSON Lines for each.

Knows: where the files of a split lie, and how their columns are called here. Does not know: how JSON is parsed.
"""

from __future__ import annotations

import os
import re

import nlpdata as datasets
from nlpdata.files import get_file_type

URL = "https://s3.amazonaws.com/code-search-net/CodeSearchNet/v2/{language}.zip"
LANGUAGES = ["python", "java", "javascript", "go", "ruby", "php"]
CONFIGS = ["all", "java", "go", "python", "javascript", "ruby", "php"]
PARTS = {"train": "train", "test": "test", "validation": "valid"}

DESCRIPTION = "Functions of open source projects on GitHub, each with its documentation, as text and as tokens."

CITATION = """@misc{husain2019,
  title = {CodeSearchNet challenge: Evaluating the state of semantic code search},
  author = {Husain, Hamel and Wu, Ho-Hsiang and Gazit, Tiferet and Allamanis, Miltiadis and Brockschmidt, Marc},
  year = {2019},
  howpublished = {arXiv preprint arXiv:1909.09436},
}"""

TEXT = datasets.Value("string")
TOKENS = datasets.Sequence(TEXT)
# Column of the files: our name for it, and its type.
COLUMNS = {
    "repo": ("repository_name", TEXT),
    "path": ("func_path_in_repository", TEXT),
    "func_name": ("func_name", TEXT),
    "original_string": ("whole_func_string", TEXT),
    "language": ("language", TEXT),
    "code": ("func_code_string", TEXT),
    "code_tokens": ("func_code_tokens", TOKENS),
    "docstring": ("func_documentation_string", TEXT),
    "docstring_tokens": ("func_documentation_tokens", TOKENS),
    "partition": ("split_name", TEXT),
    "url": ("func_code_url", TEXT),
}
IN_FILE = datasets.Features({theirs: kind for theirs, (_, kind) in COLUMNS.items()})


class CodeSearchNet(datasets.ArrowBasedBuilder):
    """Builder of the configurations of six languages and of all of them."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=f"Languages: {name}.")
        for name in CONFIGS
    ]
    DEFAULT_CONFIG_NAME = "all"

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/github/CodeSearchNet",
            license="other",
            features=datasets.Features({ours: kind for ours, kind in COLUMNS.values()}),
        )

    def _split_generators(self, dl_manager):
        languages = LANGUAGES if self.config.name == "all" else [self.config.name]
        roots = dl_manager.download_and_extract({language: URL.format(language=language) for language in languages})
        generators = []
        for split, part in PARTS.items():
            folders = [os.path.join(root, language, "final", "jsonl", part) for language, root in roots.items()]
            files = [path for folder in folders for path in sorted(dl_manager.iter_files(folder), key=number_of)]
            generators.append(datasets.SplitGenerator(split, {"paths": files}))
        return generators

    def _generate_tables(self, paths):
        for number, path in enumerate(paths):
            for part, batch in enumerate(get_file_type("json").read(path, features=IN_FILE)):
                yield (number, part), batch.rename_columns(list(self.info.features))


def number_of(path):
    """The number in ``python_train_10.jsonl.gz``."""
    return int(re.search(r"_(\d+)\.jsonl", os.path.basename(path))[1])
