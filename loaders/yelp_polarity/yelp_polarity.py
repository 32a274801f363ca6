"""Yelp reviews, negative or positive, from two CSV files without a header in one tgz.

Knows: that lines are cut, not parsed, as in the published data. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

URL = "https://s3.amazonaws.com/fast-ai-nlp/yelp_review_polarity_csv.tgz"
FILES = {split: os.path.join("yelp_review_polarity_csv", f"{split}.csv") for split in ("train", "test")}

DESCRIPTION = """Reviews of Yelp in English: those of one and two stars are negative, those of three and four positive."""

CITATION = """@misc{zhang2015,
  title = {Character-Level Convolutional Networks for Text Classification},
  author = {Zhang, Xiang and Zhao, Junbo and LeCun, Yann},
  year = {2015},
  howpublished = {arXiv:1509.01626 [cs]},
  url = {https://arxiv.org/abs/1509.01626},
}"""


class YelpPolarity(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.0.0"), description="Reviews as plain text.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://course.fast.ai/datasets",
            license="not stated",
            features=datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["1", "2"])}),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        return [datasets.SplitGenerator(split, {"path": os.path.join(root, file)}) for split, file in FILES.items()]

    def _generate_examples(self, path):
        for number, line in enumerate(text_lines(path)):
            # '"1","text"': what stands between the quotes, with its escapes.
            yield number, {"text": line[5:-1].strip(), "label": line[1]}
