"""Civil Comments: comments on news sites with the share of people who found them toxic, from one zip of CSV files.

Knows: the member of each split, and that the training file calls toxicity otherwise. Does not know: how CSV is parsed.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.files import get_file_type

URL = "https://storage.googleapis.com/jigsaw-unintended-bias-in-toxicity-classification/civil_comments.zip"
# Split: its member, and the column of toxicity there.
FILES = {
    "train": ("train.csv", "target"),
    "validation": ("test_public_expanded.csv", "toxicity"),
    "test": ("test_private_expanded.csv", "toxicity"),
}
KINDS = ["severe_toxicity", "obscene", "threat", "insult", "identity_attack", "sexual_explicit"]

DESCRIPTION = """Comments in English on about 50 news sites that used Civil Comments, each with the share of annotators who
found it toxic, and toxic in one of six ways."""

CITATION = """@misc{borkan2019,
  title = {Nuanced Metrics for Measuring Unintended Bias with Real Data for Text Classification},
  author = {Daniel Borkan and Lucas Dixon and Jeffrey Sorensen and Nithum Thain and Lucy Vasserman},
  year = {2019},
  howpublished = {CoRR},
  url = {http://arxiv.org/abs/1903.04561},
}"""


class CivilComments(datasets.ArrowBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("0.9.0")

    def _info(self):
        columns = {name: datasets.Value("float32") for name in ("toxicity", *KINDS)}
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://www.kaggle.com/c/jigsaw-unintended-bias-in-toxicity-classification/data",
            license="not stated",
            features=datasets.Features({"text": datasets.Value("string"), **columns}),
            supervised_keys=("text", "toxicity"),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        return [
            datasets.SplitGenerator(split, {"path": os.path.join(root, file), "toxicity": toxicity})
            for split, (file, toxicity) in FILES.items()
        ]

    def _generate_tables(self, path, toxicity):
        in_file = ["comment_text", toxicity, *KINDS]
        features = datasets.Features(dict(zip(in_file, self.info.features.values(), strict=True)))
        batches = get_file_type("csv").read(path, columns=in_file, features=features, keep_default_na=False, na_values=[""])
        for number, batch in enumerate(batches):
            yield number, batch.rename_columns(list(self.info.features))
