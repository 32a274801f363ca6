"""Reddit TIFU: posts on mishaps with a title and a summary, from one JSON Lines file.

Knows: which rows a variant leaves out. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

URL = "https://drive.google.com/uc?export=download&confirm=t&id=1ffWfITKFMJeqjT8loC8aiCLRNJpc_XnF"
CONFIGS = {"short": "Posts with a title.", "long": "Posts with a line that sums them up."}

DESCRIPTION = """Posts of the subreddit TIFU in English, whose authors sum up a mishap in the title and in a line."""

CITATION = """@misc{kim2018,
  title = {Abstractive Summarization of Reddit Posts with Multi-level Memory Networks},
  author = {Byeongchang Kim and Hyunwoo Kim and Gunhee Kim},
  year = {2018},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/1811.00783},
}"""


class RedditTifu(datasets.GeneratorBasedBuilder):
    """Builder of the two configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.1.0"), description=about)
        for name, about in CONFIGS.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/ctr4si/MMN",
            license="mit",
            features=datasets.Features(
                {
                    "ups": datasets.Value("float32"),
                    "num_comments": datasets.Value("float32"),
                    "upvote_ratio": datasets.Value("float32"),
                    "score": datasets.Value("float32"),
                    "documents": datasets.Value("string"),
                    "tldr": datasets.Value("string"),
                    "title": datasets.Value("string"),
                }
            ),
            supervised_keys=("documents", "tldr" if self.config.name == "long" else "title"),
        )

    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator("train", {"path": dl_manager.download(URL)})]

    def _generate_examples(self, path):
        summary = "tldr" if self.config.name == "long" else "title"
        for number, row in enumerate(json_lines(path)):
            example = {column: row[column] for column in ("ups", "num_comments", "upvote_ratio", "score")}
            texts = {"documents": "selftext_without_tldr", "tldr": "tldr", "title": "trimmed_title"}
            example |= {column: (row[key] or "").strip() for column, key in texts.items()}
            if example["documents"] and example[summary]:
                yield number, example
