"""HellaSwag: which ending follows, from JSON Lines files.

Knows: the columns, and that the answer is text here, empty where it is withheld. Does not know: how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

BASE = "https://github.com/rowanz/hellaswag/raw/master/data/"
FILES = {
    "train": BASE + "hellaswag_train.jsonl",
    "test": BASE + "hellaswag_test.jsonl",
    "validation": BASE + "hellaswag_val.jsonl",
}

DESCRIPTION = """Beginnings of descriptions of everyday life in English, each with four endings: the true one, and three that a
model wrote and that people find absurd."""

CITATION = """@misc{zellers2019,
  title = {HellaSwag: Can a Machine Really Finish Your Sentence?},
  author = {Zellers, Rowan and Holtzman, Ari and Bisk, Yonatan and Farhadi, Ali and Choi, Yejin},
  year = {2019},
  howpublished = {Proceedings of the 57th Annual Meeting of the Association for Computational Linguistics},
}"""


class Hellaswag(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("0.1.0")

    def _info(self):
        text = datasets.Value("string")
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://rowanzellers.com/hellaswag/",
            license="not stated",
            features=datasets.Features(
                {
                    "ind": datasets.Value("int32"),
                    "activity_label": text,
                    "ctx_a": text,
                    "ctx_b": text,
                    "ctx": text,
                    "endings": datasets.Sequence(text),
                    "source_id": text,
                    "split": text,
                    "split_type": text,
                    "label": text,
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(json_lines(path)):
            example = {name: row.get(name, "") for name in self.info.features}
            yield number, {**example, "label": str(example["label"])}
