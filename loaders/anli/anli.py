"""Adversarial NLI: inference in three rounds of ever harder examples, from one zip of JSON Lines files.

Knows: the members, the letters of the classes, and what a missing reason is. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

URL = "https://dl.fbaipublicfiles.com/anli/anli_v0.1.zip"
LABELS = {"e": "entailment", "n": "neutral", "c": "contradiction"}

DESCRIPTION = """Adversarial Natural Language Inference: in three rounds people wrote hypotheses in English that fooled a model,
which was then trained on them for the next round."""

CITATION = """@misc{nie2020,
  title = {Adversarial NLI: A New Benchmark for Natural Language Understanding},
  author = {Nie, Yixin and Williams, Adina and Dinan, Emily and Bansal, Mohit and Weston, Jason and Kiela, Douwe},
  year = {2020},
  howpublished = {Proceedings of the 58th Annual Meeting of the Association for Computational Linguistics},
}"""


class Anli(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration, with nine splits."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="plain_text", version=datasets.Version("0.1.0"), description="All three rounds.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/facebookresearch/anli/",
            license="cc-by-nc-4.0",
            features=datasets.Features(
                {
                    "uid": datasets.Value("string"),
                    "premise": datasets.Value("string"),
                    "hypothesis": datasets.Value("string"),
                    "label": datasets.ClassLabel(names=list(LABELS.values())),
                    "reason": datasets.Value("string"),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "anli_v0.1")
        return [
            datasets.SplitGenerator(f"{part}_r{round_}", {"path": os.path.join(folder, f"R{round_}", f"{part}.jsonl")})
            for round_ in (1, 2, 3)
            for part in ("train", "dev", "test")
        ]

    def _generate_examples(self, path):
        for row in json_lines(path):
            example = {
                "uid": row["uid"],
                "premise": row["context"],
                "hypothesis": row["hypothesis"],
                "label": LABELS[row["label"]],
                "reason": row.get("reason", ""),
            }
            yield row["uid"], example
