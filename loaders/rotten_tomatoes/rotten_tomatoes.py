"""Rotten Tomatoes: sentences of film reviews, negative or positive, from one archive of two text files.

Knows: the encoding, and where each file is cut into splits. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

URL = "https://storage.googleapis.com/seldon-datasets/sentence_polarity_v1/rt-polaritydata.tar.gz"
TENTHS = {"train": (0, 8), "validation": (8, 9), "test": (9, 10)}

DESCRIPTION = """5,331 positive and as many negative sentences of film reviews in English."""

CITATION = """@misc{pang2005,
  title = {Seeing stars: Exploiting class relationships for sentiment categorization with respect to rating scales},
  author = {Bo Pang and Lillian Lee},
  year = {2005},
  howpublished = {Proceedings of the ACL},
}"""


class RottenTomatoes(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://www.cs.cornell.edu/people/pabo/movie-review-data/",
            license="unknown",
            features=datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])}),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        paths = {label: os.path.join(root, "rt-polaritydata", f"rt-polarity.{label}") for label in ("pos", "neg")}
        return [datasets.SplitGenerator(split, {"paths": paths, "bounds": bounds}) for split, bounds in TENTHS.items()]

    def _generate_examples(self, paths, bounds):
        number = 0
        for label, path in paths.items():
            lines = [line.strip() for line in text_lines(path, encoding="latin-1")]
            start, stop = (int(len(lines) * tenths / 10 + 0.5) for tenths in bounds)
            for text in lines[start:stop]:
                yield number, {"text": text, "label": label}
                number += 1
