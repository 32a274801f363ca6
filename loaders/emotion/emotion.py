"""Emotion: messages of Twitter with one of six emotions, from text files with a semicolon before the label.

Knows: the line format and the class order. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

FILES = {
    "train": "https://www.dropbox.com/s/1pzkadrvffbqw6o/train.txt?dl=1",
    "validation": "https://www.dropbox.com/s/2mzialpsgf9k5l3/val.txt?dl=1",
    "test": "https://www.dropbox.com/s/ikkqxfdbdec3fuj/test.txt?dl=1",
}

DESCRIPTION = (
    "Messages of Twitter in English with one of six basic emotions: 16,000 to train, 2,000 to validate, 2,000 to test."
)

CITATION = """@misc{saravia2018,
  title = {CARER: Contextualized Affect Representations for Emotion Recognition},
  author = {Saravia, Elvis and Liu, Hsien-Chi Toby and Huang, Yen-Hao and Wu, Junlin and Chen, Yi-Shin},
  year = {2018},
  howpublished = {Proceedings of the 2018 Conference on Empirical Methods in Natural Language Processing},
  url = {https://www.aclweb.org/anthology/D18-1404},
}"""

EMOTIONS = ["sadness", "joy", "love", "anger", "fear", "surprise"]


class Emotion(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/dair-ai/emotion_dataset",
            license="unknown",
            features=datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=EMOTIONS)}),
            supervised_keys=("text", "label"),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        yield from enumerate(delimited_rows(path, delimiter=";", names=["text", "label"], quoted=True))
