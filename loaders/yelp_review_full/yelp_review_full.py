"""Yelp reviews with one to five stars, from two CSV files without a header in one tgz.

Knows: the columns, and that the files count stars from 1. Does not know: how CSV is parsed or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.features import cast_table
from nlpdata.files import get_file_type

URL = "https://s3.amazonaws.com/fast-ai-nlp/yelp_review_full_csv.tgz"
FILES = {split: os.path.join("yelp_review_full_csv", f"{split}.csv") for split in ("train", "test")}
STARS = ["1 star", "2 star", "3 stars", "4 stars", "5 stars"]
AS_TEXT = datasets.Features({"label": datasets.Value("string"), "text": datasets.Value("string")})
IN_FILE = datasets.Features({"label": datasets.ClassLabel(names=["1", "2", "3", "4", "5"]), "text": datasets.Value("string")})

DESCRIPTION = """Reviews of Yelp in English with their stars, one to five, as many of each."""

CITATION = """@misc{zhang2015,
  title = {Character-level convolutional networks for text classification},
  author = {Zhang, Xiang and Zhao, Junbo and LeCun, Yann},
  year = {2015},
  howpublished = {Advances in neural information processing systems},
}"""


class YelpReviewFull(datasets.ArrowBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="yelp_review_full", version=datasets.Version("1.0.0"), description="All reviews.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://www.yelp.com/dataset",
            license="other",
            features=datasets.Features({"label": datasets.ClassLabel(names=STARS), "text": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        return [datasets.SplitGenerator(split, {"path": os.path.join(root, file)}) for split, file in FILES.items()]

    def _generate_tables(self, path):
        batches = get_file_type("csv").read(path, features=AS_TEXT, sep=",", names=list(AS_TEXT), na_filter=False)
        for number, batch in enumerate(batches):
            yield number, cast_table(batch, IN_FILE)
