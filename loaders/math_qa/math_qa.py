"""MathQA: word problems of mathematics with the operations that solve them, from one zip of JSON files.

Knows: the members and the columns. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.files import get_file_type

URL = "https://math-qa.github.io/math-QA/data/MathQA.zip"
FILES = {"train": "train.json", "test": "test.json", "validation": "dev.json"}

DESCRIPTION = """Word problems of mathematics in English with five options, a reason in words, and the operations that lead to
the answer; made from AQuA-RAT."""

CITATION = """@misc{amini2019,
  title = {MathQA: Towards Interpretable Math Word Problem Solving with Operation-Based Formalisms},
  author = {Amini, Aida and Gabriel, Saadia and Lin, Shanchuan and Koncel-Kedziorski, Rik and Choi, Yejin and Hajishirzi,
    Hannaneh},
  year = {2019},
  howpublished = {NAACL-HLT 2019},
  url = {https://arxiv.org/abs/1905.13319},
}"""

COLUMNS = ["Problem", "Rationale", "options", "correct", "annotated_formula", "linear_formula", "category"]


class MathQa(datasets.ArrowBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("0.1.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://math-qa.github.io/math-QA/",
            license="apache-2.0",
            features=datasets.Features({name: datasets.Value("string") for name in COLUMNS}),
        )

    def _split_generators(self, dl_manager):
        folder = dl_manager.download_and_extract(URL)
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, file)}) for split, file in FILES.items()]

    def _generate_tables(self, path):
        yield from enumerate(get_file_type("json").read(path, features=self.info.features))
