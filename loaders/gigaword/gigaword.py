"""Gigaword: first sentences of news and their headlines, from one zip of aligned text files.

Knows: the members, and how unknown words are spelt. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import parallel_lines

URL = "https://drive.google.com/uc?export=download&id=1USoQ8lJgN8kAWnUnRrupMGrPMLlDVqlV"
FILES = {"train": "train", "validation": "dev", "test": "test"}

DESCRIPTION = """First sentences of about four million news articles in English, in lower case and tokens, each with its
headline as summary."""

CITATION = """@misc{graff2003,
  title = {English gigaword},
  author = {Graff, David and Kong, Junbo and Chen, Ke and Maeda, Kazuaki},
  year = {2003},
  howpublished = {Linguistic Data Consortium, Philadelphia},
}
@misc{rush2015,
  title = {A Neural Attention Model for Abstractive Sentence Summarization},
  author = {Rush, Alexander M. and Chopra, Sumit and Weston, Jason},
  year = {2015},
  howpublished = {Proceedings of the 2015 Conference on Empirical Methods in Natural Language Processing},
  url = {http://dx.doi.org/10.18653/v1/D15-1044},
}"""


class Gigaword(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.2.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/harvardnlp/sent-summary",
            license="mit",
            features=datasets.Features({"document": datasets.Value("string"), "summary": datasets.Value("string")}),
            supervised_keys=("document", "summary"),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "org_data")
        return [
            datasets.SplitGenerator(
                split,
                {
                    "paths": {
                        "document": os.path.join(folder, f"{part}.src.txt"),
                        "summary": os.path.join(folder, f"{part}.tgt.txt"),
                    },
                    # The test set is spelt so already.
                    "unknown": "<unk>" if part == "test" else "UNK",
                },
            )
            for split, part in FILES.items()
        ]

    def _generate_examples(self, paths, unknown):
        for number, row in enumerate(parallel_lines(paths)):
            yield number, {name: line.strip().replace("<unk>", unknown) for name, line in row.items()}
