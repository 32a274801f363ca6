"""GSM8K: word problems of grade school mathematics with worked solutions, from JSON Lines files.

Knows: which file a split of a configuration is. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.files import get_file_type

BASE = "https://raw.githubusercontent.com/openai/grade-school-math/master/grade_school_math/data/"
FILES = {
    "main": {"train": BASE + "train.jsonl", "test": BASE + "test.jsonl"},
    "socratic": {"train": BASE + "train_socratic.jsonl", "test": BASE + "test_socratic.jsonl"},
}

DESCRIPTION = "Word problems of grade school mathematics in English, which take two to eight steps, with solutions in words."
ABOUT = {"main": "Solutions as plain steps.", "socratic": "Each step of a solution comes after the question it answers."}

CITATION = """@misc{cobbe2021,
  title = {Training Verifiers to Solve Math Word Problems},
  author = {Karl Cobbe and Vineet Kosaraju and Mohammad Bavarian and Jacob Hilton and Reiichiro Nakano and Christopher Hesse
    and John Schulman},
  year = {2021},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/2110.14168},
}"""


class Gsm8k(datasets.ArrowBasedBuilder):
    """Builder of the two configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.1.0"), description=about) for name, about in ABOUT.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://openai.com/blog/grade-school-math",
            license="mit",
            features=datasets.Features({"question": datasets.Value("string"), "answer": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES[self.config.name])
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_tables(self, path):
        yield from enumerate(get_file_type("json").read(path, features=self.info.features))
