"""PAWS: pairs of sentences with the same words, paraphrases or not, from one archive of TSV files for each variant.

Knows: the members, and that one variant calls its labels otherwise. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

BASE = "https://storage.googleapis.com/paws/english/"
PARTS = {"train": "train", "test": "test", "validation": "dev"}
MEMBERS = {
    "labeled_final": (["final"], ["train", "test", "validation"]),
    "labeled_swap": (["swap"], ["train"]),
    "unlabeled_final": (["unlabeled", "final"], ["train", "validation"]),
}
CONFIGS = {
    "labeled_final": "Labels of people, by word swapping and back translation.",
    "labeled_swap": "Labels of people, by word swapping only.",
    "unlabeled_final": "Labels without people.",
}

DESCRIPTION = """Pairs of sentences of Wikipedia in English with nearly the same words: paraphrases or not."""

CITATION = """@misc{zhang2019,
  title = {PAWS: Paraphrase Adversaries from Word Scrambling},
  author = {Zhang, Yuan and Baldridge, Jason and He, Luheng},
  year = {2019},
  howpublished = {Proc. of NAACL},
}"""


class Paws(datasets.GeneratorBasedBuilder):
    """Builder of the three configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.1.0"), description=about)
        for name, about in CONFIGS.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/google-research-datasets/paws",
            license="other",
            features=datasets.Features(
                {
                    "id": datasets.Value("int32"),
                    "sentence1": datasets.Value("string"),
                    "sentence2": datasets.Value("string"),
                    "label": datasets.ClassLabel(names=["0", "1"]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        name = self.config.name
        root = dl_manager.download_and_extract(f"{BASE}paws_wiki_{name}.tar.gz")
        folder, splits = MEMBERS[name]
        return [datasets.SplitGenerator(s, {"path": os.path.join(root, *folder, f"{PARTS[s]}.tsv")}) for s in splits]

    def _generate_examples(self, path):
        for number, row in enumerate(delimited_rows(path, quoted=True)):
            label = row["label" if "label" in row else "noisy_label"]
            example = {"id": int(row["id"]), "sentence1": row["sentence1"], "sentence2": row["sentence2"]}
            yield number, {**example, "label": label if label in ("0", "1") else -1}
