"""SST-2: sentences of film reviews, negative or positive, from one zip of TSV files.

Knows: the members, and that the test file has no labels. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

URL = "https://dl.fbaipublicfiles.com/glue/data/SST-2.zip"
FILES = {
    split: os.path.join("SST-2", file)
    for split, file in (("train", "train.tsv"), ("validation", "dev.tsv"), ("test", "test.tsv"))
}

DESCRIPTION = """Sentences and phrases of film reviews in English, negative or positive, as in the benchmark GLUE."""

CITATION = """@misc{socher2013,
  title = {Recursive deep models for semantic compositionality over a sentiment treebank},
  author = {Socher, Richard and Perelygin, Alex and Wu, Jean and Chuang, Jason and Manning, Christopher D and Ng, Andrew and
    Potts, Christopher},
  year = {2013},
  howpublished = {Proceedings of the 2013 conference on empirical methods in natural language processing},
}"""


class Sst2(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("2.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://nlp.stanford.edu/sentiment/",
            license="unknown",
            features=datasets.Features(
                {
                    "idx": datasets.Value("int32"),
                    "sentence": datasets.Value("string"),
                    "label": datasets.ClassLabel(names=["negative", "positive"]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        return [datasets.SplitGenerator(split, {"path": os.path.join(root, file)}) for split, file in FILES.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(delimited_rows(path)):
            idx, label = int(row.get("index", number)), int(row.get("label", -1))
            yield number, {"idx": idx, "sentence": row["sentence"], "label": label}
