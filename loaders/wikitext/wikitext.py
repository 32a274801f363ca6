"""WikiText: good and featured articles of Wikipedia, from one zip of three text files for each variant.

Knows: the members of each variant, and which lines become empty. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

BASE = "https://s3.amazonaws.com/research.metamind.io/wikitext/"
CONFIGS = {
    "wikitext-103-v1": "103 million words, tokenised.",
    "wikitext-2-v1": "2 million words, tokenised.",
    "wikitext-103-raw-v1": "103 million words, as they were written.",
    "wikitext-2-raw-v1": "2 million words, as they were written.",
}

DESCRIPTION = """Good and featured articles of Wikipedia in English, a line in each row."""

CITATION = """@misc{merity2016,
  title = {Pointer Sentinel Mixture Models},
  author = {Stephen Merity and Caiming Xiong and James Bradbury and Richard Socher},
  year = {2016},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/1609.07843},
}"""


class Wikitext(datasets.GeneratorBasedBuilder):
    """Builder of the four configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=about)
        for name, about in CONFIGS.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://blog.einstein.ai/the-wikitext-long-term-dependency-language-modeling-dataset/",
            license="cc-by-sa-3.0, gfdl",
            features=datasets.Features({"text": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        name = self.config.name
        kind = "raw" if "raw" in name else "tokens"
        root = os.path.join(dl_manager.download_and_extract(f"{BASE}{name}.zip"), name.removesuffix("-v1"))
        return [
            datasets.SplitGenerator(split, {"path": os.path.join(root, f"wiki.{part}.{kind}")})
            for split, part in (("test", "test"), ("train", "train"), ("validation", "valid"))
        ]

    def _generate_examples(self, path):
        for number, line in enumerate(text_lines(path, keep_ends=True)):
            yield number, {"text": line if line.strip() else ""}
