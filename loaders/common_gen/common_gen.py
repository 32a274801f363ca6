"""CommonGen: sentences on everyday scenes that use given concepts, from one zip of JSON Lines files.

Knows: the flaw of some lines, and the published order of the concepts. Does not know: how archives arrive or rows are stored.
"""

from __future__ import annotations

import json
import os
import random

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

URL = "https://storage.googleapis.com/huggingface-nlp/datasets/common_gen/commongen_data.zip"
FILES = {"train": "commongen.train.jsonl", "validation": "commongen.dev.jsonl", "test": "commongen.test_noref.jsonl"}
SEED = 42

DESCRIPTION = (
    "Sets of everyday concepts and sentences in English that use all of them: can a machine make sense of the concepts?"
)

CITATION = """@misc{lin2020,
  title = {CommonGen: A Constrained Text Generation Challenge for Generative Commonsense Reasoning},
  author = {Bill Yuchen Lin and Wangchunshu Zhou and Ming Shen and Pei Zhou and Chandra Bhagavatula and Yejin Choi and Xiang
    Ren},
  year = {2020},
  howpublished = {Findings of the Association for Computational Linguistics: EMNLP 2020},
}"""


class CommonGen(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("2020.5.30")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://inklab.usc.edu/CommonGen/index.html",
            license="mit",
            features=datasets.Features(
                {
                    "concept_set_idx": datasets.Value("int32"),
                    "concepts": datasets.Sequence(datasets.Value("string")),
                    "target": datasets.Value("string"),
                }
            ),
            supervised_keys=("concepts", "target"),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        paths = tuple(os.path.join(root, file) for file in FILES.values())
        return [
            datasets.SplitGenerator(split, {"path": paths[number], "before": paths[:number]})
            for number, split in enumerate(FILES)
        ]

    def _generate_examples(self, path, before):
        shuffler = random.Random(SEED)
        for earlier in before:
            for row in rows_of(earlier):
                shuffled_concepts(row, shuffler)
        number = 0
        for idx, row in enumerate(rows_of(path)):
            concepts = shuffled_concepts(row, shuffler)
            for scene in row.get("scene") or [""]:
                yield number, {"concept_set_idx": idx, "concepts": concepts, "target": scene}
                number += 1


def rows_of(path):
    """The objects of a file, of which some have a comma too many at their end."""
    for line in text_lines(path):
        yield json.loads(line.replace(", }", "}"))


def shuffled_concepts(row, shuffler):
    """The concepts of a row in the published order: one random sequence runs over all files."""
    concepts = row["concept_set"].split("#")
    shuffler.shuffle(concepts)
    return concepts
