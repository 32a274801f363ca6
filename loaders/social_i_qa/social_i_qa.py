"""Social IQa: questions on everyday life among people, from one zip of JSON Lines and labels.

Knows: that a line of the label file belongs to the line of the same number. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines, text_lines

URL = "https://storage.googleapis.com/ai2-mosaic/public/socialiqa/socialiqa-train-dev.zip"

DESCRIPTION = """Situations among people in English with a question and three answers."""

CITATION = """@misc{sap2019,
  title = {Social IQa: Commonsense Reasoning about Social Interactions},
  author = {Sap, Maarten and Rashkin, Hannah and Chen, Derek and Le Bras, Ronan and Choi, Yejin},
  year = {2019},
  howpublished = {EMNLP-IJCNLP 2019},
  url = {https://arxiv.org/abs/1904.09728},
}"""


class SocialIQa(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("0.1.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://leaderboard.allenai.org/socialiqa/submissions/get-started",
            license="not stated",
            features=datasets.Features(
                {
                    "context": datasets.Value("string"),
                    "question": datasets.Value("string"),
                    "answerA": datasets.Value("string"),
                    "answerB": datasets.Value("string"),
                    "answerC": datasets.Value("string"),
                    "label": datasets.Value("string"),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "socialiqa-train-dev")
        return [
            datasets.SplitGenerator(
                split,
                {"path": os.path.join(folder, f"{part}.jsonl"), "labels": os.path.join(folder, f"{part}-labels.lst")},
            )
            for split, part in (("train", "train"), ("validation", "dev"))
        ]

    def _generate_examples(self, path, labels):
        columns = ["context", "question", "answerA", "answerB", "answerC"]
        for number, (row, label) in enumerate(zip(json_lines(path), text_lines(labels), strict=True)):
            yield number, {**{column: row[column] for column in columns}, "label": label.strip()}
