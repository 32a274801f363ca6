"""ART: abductive inference, which of two hypotheses explains what was observed, from one zip of JSON Lines and labels.

Knows: that a line of the label file belongs to the line of the same number. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines, text_lines

URL = "https://storage.googleapis.com/ai2-mosaic/public/alphanli/alphanli-train-dev.zip"
PARTS = {"validation": "dev", "train": "train"}

DESCRIPTION = "Abductive inference in English: which of two hypotheses explains better how one observation led to another?"

CITATION = """@misc{chandra2020,
  title = {Abductive Commonsense Reasoning},
  author = {Chandra, Bhagavatula and Ronan, Le Bras and Chaitanya, Malaviya and Keisuke, Sakaguchi and Ari, Holtzman and
    Hannah, Rashkin and Doug, Downey and Scott, Wen-tau Yih and Yejin, Choi},
  year = {2020},
}"""


class Art(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="anli", version=datasets.Version("0.1.0"), description="Abductive inference.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://leaderboard.allenai.org/anli/submissions/get-started",
            license="unknown",
            features=datasets.Features(
                {
                    "observation_1": datasets.Value("string"),
                    "observation_2": datasets.Value("string"),
                    "hypothesis_1": datasets.Value("string"),
                    "hypothesis_2": datasets.Value("string"),
                    "label": datasets.ClassLabel(names=["0", "1", "2"]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = dl_manager.download_and_extract(URL)
        return [
            datasets.SplitGenerator(
                split,
                {"path": os.path.join(folder, f"{part}.jsonl"), "labels": os.path.join(folder, f"{part}-labels.lst")},
            )
            for split, part in PARTS.items()
        ]

    def _generate_examples(self, path, labels):
        for number, (row, label) in enumerate(zip(json_lines(path), text_lines(labels), strict=True)):
            example = {
                "observation_1": row["obs1"],
                "observation_2": row["obs2"],
                "hypothesis_1": row["hyp1"],
                "hypothesis_2": row["hyp2"],
                "label": label.strip(),
            }
            yield number, example
