"""ROPES: reasoning about the effects that a paragraph tells, in a situation, from two archives of JSON files.

Knows: the members, and that texts are stripped. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

BASE = "https://ropes-dataset.s3-us-west-2.amazonaws.com/"
ARCHIVES = {
    "train_and_dev": "train_and_dev/ropes-train-dev-v1.0.tar.gz",
    "test": "test/ropes-test-questions-v1.0.tar.gz",
}
MEMBERS = {
    "train": ("train_and_dev", "ropes-train-dev-v1.0", "train-v1.0.json"),
    "test": ("test", "ropes-test-questions-v1.0", "test-1.0.json"),
    "validation": ("train_and_dev", "ropes-train-dev-v1.0", "dev-v1.0.json"),
}

DESCRIPTION = """A paragraph in English that tells of effects, a situation, and a question on how they show in it."""

CITATION = """@misc{lin2019,
  title = {Reasoning Over Paragraph Effects in Situations},
  author = {Kevin Lin and Oyvind Tafjord and Peter Clark and Matt Gardner},
  year = {2019},
  howpublished = {MRQA@EMNLP},
}"""


class Ropes(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.1.0"), description="Paragraphs as plain text.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://allenai.org/data/ropes",
            license="cc-by-4.0",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "background": datasets.Value("string"),
                    "situation": datasets.Value("string"),
                    "question": datasets.Value("string"),
                    "answers": datasets.Sequence({"text": datasets.Value("string")}),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        roots = dl_manager.download_and_extract({part: BASE + file for part, file in ARCHIVES.items()})
        return [
            datasets.SplitGenerator(split, {"path": os.path.join(roots[part], *member)})
            for split, (part, *member) in MEMBERS.items()
        ]

    def _generate_examples(self, path):
        for article in json_document(path)["data"]:
            for paragraph in article["paragraphs"]:
                for question in paragraph["qas"]:
                    example = {
                        "id": question["id"].strip(),
                        "background": paragraph["background"].strip(),
                        "situation": paragraph["situation"].strip(),
                        "question": question["question"].strip(),
                        "answers": {"text": [answer["text"].strip() for answer in question.get("answers", ())]},
                    }
                    yield question["id"], example
