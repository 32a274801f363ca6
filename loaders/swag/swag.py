"""SWAG: how does a scene go on, with four endings, from CSV files.

Knows: the columns of both variants, and that the test has no labels. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

BASE = "https://raw.githubusercontent.com/rowanz/swagaf/master/data/"
FILES = {
    "regular": {"train": "train.csv", "validation": "val.csv", "test": "test.csv"},
    "full": {"train": "train_full.csv", "validation": "val_full.csv"},
}
CONFIGS = {"regular": "Four endings in random order.", "full": "The right ending, others, and their kinds."}
REGULAR = """
video-id fold-ind startphrase sent1 sent2 gold-source ending0 ending1 ending2 ending3
"""
FULL = """
video-id fold-ind startphrase gold-ending distractor-0 distractor-1 distractor-2 distractor-3 gold-source gold-type
distractor-0-type distractor-1-type distractor-2-type distractor-3-type sent1 sent2
"""
COLUMNS = {"regular": REGULAR.split(), "full": FULL.split()}
LABEL = {"regular": {"label": datasets.ClassLabel(names=["0", "1", "2", "3"])}, "full": {}}

DESCRIPTION = """Descriptions of video scenes in English with four ways to go on, of which one happened."""

CITATION = """@misc{zellers2018,
  title = {SWAG: A Large-Scale Adversarial Dataset for Grounded Commonsense Inference},
  author = {Zellers, Rowan and Bisk, Yonatan and Schwartz, Roy and Choi, Yejin},
  year = {2018},
  howpublished = {Proceedings of the 2018 Conference on Empirical Methods in Natural Language Processing (EMNLP)},
}"""


class Swag(datasets.GeneratorBasedBuilder):
    """Builder of the two configurations."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name=name, description=about) for name, about in CONFIGS.items()]
    DEFAULT_CONFIG_NAME = "regular"

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://rowanzellers.com/swag/",
            license="unknown",
            features=datasets.Features(
                {**{column: datasets.Value("string") for column in COLUMNS[self.config.name]}, **LABEL[self.config.name]}
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download({split: BASE + file for split, file in FILES[self.config.name].items()})
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        columns = COLUMNS[self.config.name]
        for number, row in enumerate(delimited_rows(path, delimiter=",", quoted=True)):
            example = {column: row[column] for column in columns}
            if self.config.name == "regular":
                example["label"] = int(row.get("label", -1))
            yield number, example
