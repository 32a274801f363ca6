"""Break: questions cut into steps, from one zip of CSV files and of lexicons in JSON Lines.

Knows: the members and columns of each configuration. Does not know: how CSV and JSON are parsed or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.files import get_file_type

URL = "https://github.com/allenai/Break/raw/master/break_dataset/Break-dataset.zip"
PARTS = {"train": "train", "validation": "dev", "test": "test"}
STEPS = ["question_id", "question_text", "decomposition", "operators", "split"]
LEXICON = ["source", "allowed_tokens"]

DESCRIPTION = "Questions in English on text, images and databases, cut into the steps that answer them (QDMR)."
ABOUT = {
    "QDMR-high-level": "Steps of reading comprehension, each of which may hold a whole relation.",
    "QDMR-high-level-lexicon": "The tokens that may occur in the steps of QDMR-high-level.",
    "QDMR": "Steps of questions on text, images and databases.",
    "QDMR-lexicon": "The tokens that may occur in the steps of QDMR.",
    "logical-forms": "The steps of QDMR and a program made of them.",
}

CITATION = """@misc{wolfson2020,
  title = {Break It Down: A Question Understanding Benchmark},
  author = {Wolfson, Tomer and Geva, Mor and Gupta, Ankit and Gardner, Matt and Goldberg, Yoav and Deutch, Daniel and Berant,
    Jonathan},
  year = {2020},
  howpublished = {Transactions of the Association for Computational Linguistics},
}"""


class BreakData(datasets.ArrowBasedBuilder):
    """Builder of the five configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=about) for name, about in ABOUT.items()
    ]

    def _info(self):
        columns = LEXICON if self._is_lexicon() else STEPS
        if self.config.name == "logical-forms":
            columns = [*STEPS, "program"]
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/allenai/Break",
            license="unknown",
            features=datasets.Features({name: datasets.Value("string") for name in columns}),
        )

    def _is_lexicon(self):
        return self.config.name.endswith("-lexicon")

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        folder = os.path.join(root, "Break-dataset", self.config.name.removesuffix("-lexicon"))
        suffix = "_lexicon_tokens.json" if self._is_lexicon() else ".csv"
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, part + suffix)}) for split, part in PARTS.items()]

    def _generate_tables(self, path):
        features = self.info.features
        if self._is_lexicon():
            yield from enumerate(get_file_type("json").read(path, features=features))
        else:
            yield from enumerate(get_file_type("csv").read(path, columns=list(features), features=features, na_filter=False))
