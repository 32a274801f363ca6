"""PIQA: which of two ways reaches a goal in the physical world, from JSON Lines and lists of labels.

Knows: that a line of the label file belongs to the line of the same number, and that the test has no labels.
Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines, text_lines

URL = "https://storage.googleapis.com/ai2-mosaic/public/physicaliqa/physicaliqa-train-dev.zip"
TEST_URL = "https://yonatanbisk.com/piqa/data/tests.jsonl"

DESCRIPTION = """Goals of everyday life in English with two ways to reach them, of which one works."""

CITATION = """@misc{bisk2020,
  title = {PIQA: Reasoning about Physical Commonsense in Natural Language},
  author = {Yonatan Bisk and Rowan Zellers and Ronan Le Bras and Jianfeng Gao and Yejin Choi},
  year = {2020},
  howpublished = {Thirty-Fourth AAAI Conference on Artificial Intelligence},
}"""


class Piqa(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(
            name="plain_text", version=datasets.Version("1.1.0"), description="Goals and ways as plain text."
        )
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://yonatanbisk.com/piqa/",
            license="unknown",
            features=datasets.Features(
                {
                    "goal": datasets.Value("string"),
                    "sol1": datasets.Value("string"),
                    "sol2": datasets.Value("string"),
                    "label": datasets.ClassLabel(names=["0", "1"]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download_and_extract({"labelled": URL, "test": TEST_URL})
        folder = os.path.join(paths["labelled"], "physicaliqa-train-dev")
        train, dev = (
            {"path": os.path.join(folder, f"{part}.jsonl"), "labels": os.path.join(folder, f"{part}-labels.lst")}
            for part in ("train", "dev")
        )
        return [
            datasets.SplitGenerator("train", train),
            datasets.SplitGenerator("test", {"path": paths["test"], "labels": None}),
            datasets.SplitGenerator("validation", dev),
        ]

    def _generate_examples(self, path, labels):
        rows = json_lines(path)
        labelled = zip(rows, text_lines(labels), strict=True) if labels else ((row, -1) for row in rows)
        for number, (row, label) in enumerate(labelled):
            yield number, {"goal": row["goal"], "sol1": row["sol1"], "sol2": row["sol2"], "label": int(label)}
