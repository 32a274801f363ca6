"""MultiNLI: inference in ten genres of English, from one zip of JSON Lines files.

Knows: the members, the columns, and which rows are left out. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

URL = "https://cims.nyu.edu/~sbowman/multinli/multinli_1.0.zip"
FILES = {"train": "train", "validation_matched": "dev_matched", "validation_mismatched": "dev_mismatched"}
NO_AGREEMENT = "-"

DESCRIPTION = """Multi-Genre Natural Language Inference: sentences of ten genres of spoken and written English, each with
sentences written to follow from it, to contradict it, or neither."""

CITATION = """@misc{williams2018,
  title = {A Broad-Coverage Challenge Corpus for Sentence Understanding through Inference},
  author = {Williams, Adina and Nangia, Nikita and Bowman, Samuel},
  year = {2018},
  howpublished = {Proceedings of the 2018 Conference of the North American Chapter of the Association for Computational
    Linguistics: Human Language Technologies, Volume 1 (Long Papers)},
  url = {http://aclweb.org/anthology/N18-1101},
}"""

# Our columns and those of the files.
TEXTS = {
    "pairID": "pairID",
    "premise": "sentence1",
    "premise_binary_parse": "sentence1_binary_parse",
    "premise_parse": "sentence1_parse",
    "hypothesis": "sentence2",
    "hypothesis_binary_parse": "sentence2_binary_parse",
    "hypothesis_parse": "sentence2_parse",
    "genre": "genre",
}


class MultiNli(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://www.nyu.edu/projects/bowman/multinli/",
            license="cc-by-3.0, cc-by-sa-3.0, mit, other",
            features=datasets.Features(
                {
                    "promptID": datasets.Value("int32"),
                    **{name: datasets.Value("string") for name in TEXTS},
                    "label": datasets.ClassLabel(names=["entailment", "neutral", "contradiction"]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "multinli_1.0")
        return [
            datasets.SplitGenerator(split, {"path": os.path.join(folder, f"multinli_1.0_{part}.jsonl")})
            for split, part in FILES.items()
        ]

    def _generate_examples(self, path):
        for number, row in enumerate(json_lines(path)):
            if row["gold_label"] != NO_AGREEMENT:
                texts = {ours: row[theirs] for ours, theirs in TEXTS.items()}
                yield number, {"promptID": int(row["promptID"]), **texts, "label": row["gold_label"]}
