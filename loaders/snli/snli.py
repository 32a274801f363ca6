"""SNLI: inference between captions of photographs, from one zip of tab-separated files.

Knows: the members, their columns, and what an example without a gold label is. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

URL = "https://nlp.stanford.edu/projects/snli/snli_1.0.zip"
FILES = {"test": "test", "validation": "dev", "train": "train"}
NO_AGREEMENT = "-"

DESCRIPTION = """Stanford Natural Language Inference: captions of photographs in English, each with sentences that people wrote
to follow from it, to contradict it, or neither."""

CITATION = """@misc{bowman2015,
  title = {A large annotated corpus for learning natural language inference},
  author = {Bowman, Samuel R. and Angeli, Gabor and Potts, Christopher and Manning, Christopher D.},
  year = {2015},
  howpublished = {Proceedings of the 2015 Conference on Empirical Methods in Natural Language Processing (EMNLP)},
}"""


class Snli(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.0.0"), description="Plain text.")]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://nlp.stanford.edu/projects/snli/",
            license="cc-by-4.0",
            features=datasets.Features(
                {
                    "premise": datasets.Value("string"),
                    "hypothesis": datasets.Value("string"),
                    "label": datasets.ClassLabel(names=["entailment", "neutral", "contradiction"]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "snli_1.0")
        return [
            datasets.SplitGenerator(split, {"path": os.path.join(folder, f"snli_1.0_{part}.txt")})
            for split, part in FILES.items()
        ]

    def _generate_examples(self, path):
        for number, row in enumerate(delimited_rows(path)):
            label = row["gold_label"]
            example = {
                "premise": row["sentence1"],
                "hypothesis": row["sentence2"],
                "label": -1 if label == NO_AGREEMENT else label,
            }
            yield number, example
