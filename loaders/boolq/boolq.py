"""BoolQ: yes/no questions that people asked, each with a passage that answers it, from two JSON Lines files.

Knows: which columns are kept. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.files import get_file_type

BASE = "https://storage.googleapis.com/boolq/"
FILES = {"train": BASE + "train.jsonl", "validation": BASE + "dev.jsonl"}

DESCRIPTION = "Naturally occurring yes/no questions in English, each with a passage of Wikipedia and the answer."

CITATION = """@misc{clark2019,
  title = {BoolQ: Exploring the Surprising Difficulty of Natural Yes/No Questions},
  author = {Clark, Christopher and Lee, Kenton and Chang, Ming-Wei and Kwiatkowski, Tom and Collins, Michael and Toutanova,
    Kristina},
  year = {2019},
  howpublished = {NAACL},
}"""


class Boolq(datasets.ArrowBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("0.1.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/google-research-datasets/boolean-questions",
            license="cc-by-sa-3.0",
            features=datasets.Features(
                {
                    "question": datasets.Value("string"),
                    "answer": datasets.Value("bool"),
                    "passage": datasets.Value("string"),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_tables(self, path):
        yield from enumerate(get_file_type("json").read(path, features=self.info.features))
