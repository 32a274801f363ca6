"""Poem Sentiment: verses with their sentiment, from three TSV files without a header.

Knows: the columns and what the numbers of the file mean. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

BASE = "https://raw.githubusercontent.com/google-research-datasets/poem-sentiment/master/data//"
FILES = {"train": BASE + "train.tsv", "validation": BASE + "dev.tsv", "test": BASE + "test.tsv"}
LABELS = {"-1": "negative", "1": "positive", "0": "no_impact", "2": "mixed"}

DESCRIPTION = (
    """Verses of poems of Project Gutenberg in English with their sentiment: negative, positive, without impact or mixed."""
)

CITATION = """@misc{sheng2020,
  title = {Investigating Societal Biases in a Poetry Composition System},
  author = {Emily Sheng and David Uthus},
  year = {2020},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/2011.02686},
}"""


class PoemSentiment(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/google-research-datasets/poem-sentiment",
            license="cc-by-4.0",
            features=datasets.Features(
                {
                    "id": datasets.Value("int32"),
                    "verse_text": datasets.Value("string"),
                    "label": datasets.ClassLabel(names=list(LABELS.values())),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(delimited_rows(path, names=["id", "verse_text", "label"])):
            label = LABELS[row["label"].strip()]
            yield number, {"id": int(row["id"]), "verse_text": row["verse_text"], "label": label}
