"""ToTTo: tables of Wikipedia with marked cells and a sentence that tells them, from one zip of JSON Lines files.

Knows: the members, and what stands for columns that a split lacks. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

URL = "https://storage.googleapis.com/totto-public/totto_data.zip"
FILES = {
    split: os.path.join("totto_data", f"{name}_data.jsonl")
    for split, name in (("train", "totto_train"), ("validation", "totto_dev"), ("test", "unlabeled_totto_test"))
}
COLUMNS = [
    *("table_page_title", "table_webpage_url", "table_section_title", "table_section_text"),
    *("table", "highlighted_cells"),
]
SENTENCES = ["original_sentence", "sentence_after_deletion", "sentence_after_ambiguity", "final_sentence"]

DESCRIPTION = """Tables of Wikipedia with some cells marked, and sentences in English that tell just these cells."""

CITATION = """@misc{parikh2020,
  title = {ToTTo: A Controlled Table-To-Text Generation Dataset},
  author = {Parikh, Ankur P and Wang, Xuezhi and Gehrmann, Sebastian and Faruqui, Manaal and Dhingra, Bhuwan and Yang, Diyi
    and Das, Dipanjan},
  year = {2020},
  howpublished = {Proceedings of EMNLP},
}"""


class Totto(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/google-research-datasets/ToTTo",
            license="cc-by-sa-3.0",
            features=datasets.Features(
                {
                    "id": datasets.Value("int32"),
                    "table_page_title": datasets.Value("string"),
                    "table_webpage_url": datasets.Value("string"),
                    "table_section_title": datasets.Value("string"),
                    "table_section_text": datasets.Value("string"),
                    "table": [
                        [
                            {
                                "column_span": datasets.Value("int32"),
                                "is_header": datasets.Value("bool"),
                                "row_span": datasets.Value("int32"),
                                "value": datasets.Value("string"),
                            }
                        ]
                    ],
                    "highlighted_cells": datasets.Sequence(datasets.Sequence(datasets.Value("int32"))),
                    "example_id": datasets.Value("string"),
                    "sentence_annotations": datasets.Sequence(
                        {
                            "original_sentence": datasets.Value("string"),
                            "sentence_after_deletion": datasets.Value("string"),
                            "sentence_after_ambiguity": datasets.Value("string"),
                            "final_sentence": datasets.Value("string"),
                        }
                    ),
                    "overlap_subset": datasets.Value("string"),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        return [datasets.SplitGenerator(split, {"path": os.path.join(root, file)}) for split, file in FILES.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(json_lines(path)):
            sentences = row.get("sentence_annotations", [dict.fromkeys(SENTENCES, "none")])
            example = {
                "id": number,
                **{column: row[column] for column in COLUMNS},
                "example_id": str(row["example_id"]),
                "sentence_annotations": {key: [sentence[key] for sentence in sentences] for key in SENTENCES},
                "overlap_subset": str(row.get("overlap_subset", "none")),
            }
            yield number, example
