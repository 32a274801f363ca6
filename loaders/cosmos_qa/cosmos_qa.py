"""Cosmos QA: questions whose answer is between the lines, from two CSV files and one of JSON Lines.

Knows: which file is of which format, and that the test has no answers. Does not know: how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows, json_lines

BASE = "https://github.com/wilburOne/cosmosqa/raw/master/data/"
FILES = {"train": BASE + "train.csv", "test": BASE + "test.jsonl", "validation": BASE + "valid.csv"}

DESCRIPTION = """Questions in English about causes and effects of events in everyday stories, each with four answers; one has to
read between the lines."""

CITATION = """@misc{huang2019,
  title = {Cosmos QA: Machine Reading Comprehension with Contextual Commonsense Reasoning},
  author = {Huang, Lifu and Le Bras, Ronan and Bhagavatula, Chandra and Choi, Yejin},
  year = {2019},
  howpublished = {Proceedings of the 2019 Conference on Empirical Methods in Natural Language Processing and the 9th
    International Joint Conference on Natural Language Processing (EMNLP-IJCNLP)},
  url = {https://www.aclweb.org/anthology/D19-1243},
}"""


class CosmosQa(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("0.1.0")

    def _info(self):
        names = ["id", "context", "question", "answer0", "answer1", "answer2", "answer3"]
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://wilburone.github.io/cosmos/",
            license="cc-by-4.0",
            features=datasets.Features(
                {**{name: datasets.Value("string") for name in names}, "label": datasets.Value("int32")}
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path, "split": split}) for split, path in paths.items()]

    def _generate_examples(self, path, split):
        rows = json_lines(path) if split == "test" else delimited_rows(path, delimiter=",", quoted=True)
        for number, row in enumerate(rows):
            yield number, {name: row.get(name, -1) for name in self.info.features}
