"""SMS Spam Collection: text messages, spam or not, from one file in a zip.

Knows: the line format, and that a text keeps its line end. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

URL = "http://archive.ics.uci.edu/ml/machine-learning-databases/00228/smsspamcollection.zip"

DESCRIPTION = """Text messages in English, spam or ham."""

CITATION = """@misc{almeida2011,
  title = {Contributions to the Study of SMS Spam Filtering: New Collection and Results},
  author = {Tiago A. Almeida and Jose Maria Gomez Hidalgo and Akebo Yamakami},
  year = {2011},
  howpublished = {Proceedings of the 2011 ACM Symposium on Document Engineering (DOCENG'11)},
}"""


class SmsSpam(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.0.0"), description="Messages as plain text.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://archive.ics.uci.edu/ml/datasets/SMS+Spam+Collection",
            license="unknown",
            features=datasets.Features({"sms": datasets.Value("string"), "label": datasets.ClassLabel(names=["ham", "spam"])}),
            supervised_keys=("sms", "label"),
        )

    def _split_generators(self, dl_manager):
        path = os.path.join(dl_manager.download_and_extract(URL), "SMSSpamCollection")
        return [datasets.SplitGenerator("train", {"path": path})]

    def _generate_examples(self, path):
        for number, line in enumerate(text_lines(path, keep_ends=True)):
            label, _, sms = line.partition("\t")
            yield number, {"sms": sms, "label": label}
