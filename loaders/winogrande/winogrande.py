"""WinoGrande: which of two fills the gap of a sentence, from one zip of JSON Lines files.

Knows: that six sizes of training data share validation and test. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

URL = "https://storage.googleapis.com/ai2-mosaic/public/winogrande/winogrande_1.1.zip"
SIZES = ["xs", "s", "m", "l", "xl", "debiased"]

DESCRIPTION = """Sentences in English with a gap that one of two words fills, in the manner of the Winograd schema
challenge."""

CITATION = """@misc{winogrande2019,
  title = {WinoGrande: An Adversarial Winograd Schema Challenge at Scale},
  year = {2019},
}"""


class Winogrande(datasets.GeneratorBasedBuilder):
    """Builder of a configuration for each size."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(
            name=f"winogrande_{size}", version=datasets.Version("1.1.0"), description=f"Training data of size {size}."
        )
        for size in SIZES
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://leaderboard.allenai.org/winogrande/submissions/get-started",
            license="not stated",
            features=datasets.Features(
                {
                    "sentence": datasets.Value("string"),
                    "option1": datasets.Value("string"),
                    "option2": datasets.Value("string"),
                    "answer": datasets.Value("string"),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "winogrande_1.1")
        size = self.config.name.removeprefix("winogrande_")
        files = {"train": f"train_{size}.jsonl", "test": "test.jsonl", "validation": "dev.jsonl"}
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, file)}) for split, file in files.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(json_lines(path)):
            example = {column: row[column] for column in ("sentence", "option1", "option2")}
            yield number, {**example, "answer": row.get("answer", "")}
