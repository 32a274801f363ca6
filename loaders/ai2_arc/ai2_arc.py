"""ARC: multiple-choice questions of grade school science, from one zip of JSON Lines files.

Knows: the member of each split, and how a question lies in its line. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

URL = "https://s3-us-west-2.amazonaws.com/ai2-website/data/ARC-V1-Feb2018.zip"
PARTS = {"train": "Train", "test": "Test", "validation": "Dev"}

DESCRIPTION = "AI2 Reasoning Challenge: multiple-choice questions of science exams in English, at the level of grade school."
ABOUT = {
    "ARC-Challenge": "Questions that both a retrieval and a co-occurrence algorithm answer wrongly.",
    "ARC-Easy": "All other questions.",
}

CITATION = """@misc{clark2018,
  title = {Think you have Solved Question Answering? Try ARC, the AI2 Reasoning Challenge},
  author = {Peter Clark and Isaac Cowhey and Oren Etzioni and Tushar Khot and Ashish Sabharwal and Carissa Schoenick and
    Oyvind Tafjord},
  year = {2018},
  howpublished = {arXiv:1803.05457v1},
}"""


class Ai2Arc(datasets.GeneratorBasedBuilder):
    """Builder of the two configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=about) for name, about in ABOUT.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://allenai.org/data/arc",
            license="cc-by-sa-4.0",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "question": datasets.Value("string"),
                    "choices": datasets.Sequence({"text": datasets.Value("string"), "label": datasets.Value("string")}),
                    "answerKey": datasets.Value("string"),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        name = self.config.name
        folder = os.path.join(dl_manager.download_and_extract(URL), "ARC-V1-Feb2018-2", name)
        return [
            datasets.SplitGenerator(split, {"path": os.path.join(folder, f"{name}-{part}.jsonl")})
            for split, part in PARTS.items()
        ]

    def _generate_examples(self, path):
        for row in json_lines(path):
            choices = row["question"]["choices"]
            example = {
                "id": row["id"],
                "question": row["question"]["stem"],
                "choices": {key: [choice[key] for choice in choices] for key in ("text", "label")},
                "answerKey": row["answerKey"],
            }
            yield row["id"], example
