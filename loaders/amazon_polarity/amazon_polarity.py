"""Amazon reviews, negative or positive, from two CSV files without a header in one tgz.

Knows: the columns, and that the files call the classes 1 and 2. Does not know: how CSV is parsed or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.features import cast_table
from nlpdata.files import get_file_type

URL = "https://s3.amazonaws.com/fast-ai-nlp/amazon_review_polarity_csv.tgz"

DESCRIPTION = """Reviews of Amazon in English over 18 years up to March 2013, with titles: those of one and two stars are
negative, those of four and five stars are positive."""

CITATION = """@misc{mcauley2013,
  title = {Hidden factors and hidden topics: understanding rating dimensions with review text},
  author = {McAuley, Julian and Leskovec, Jure},
  year = {2013},
  howpublished = {Proceedings of the 7th ACM conference on Recommender systems},
}"""

TEXTS = {"title": datasets.Value("string"), "content": datasets.Value("string")}
IN_FILE = datasets.Features({"label": datasets.ClassLabel(names=["1", "2"]), **TEXTS})


class AmazonPolarity(datasets.ArrowBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="amazon_polarity", version=datasets.Version("3.0.0"), description="All reviews.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://registry.opendata.aws/",
            license="apache-2.0",
            features=datasets.Features({"label": datasets.ClassLabel(names=["negative", "positive"]), **TEXTS}),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "amazon_review_polarity_csv")
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, f"{split}.csv")}) for split in ("train", "test")]

    def _generate_tables(self, path):
        texts = datasets.Features({"label": datasets.Value("string"), **TEXTS})
        batches = get_file_type("csv").read(path, features=texts, sep=",", names=list(texts), na_filter=False)
        for number, batch in enumerate(batches):
            yield number, cast_table(batch, IN_FILE)
