"""AQuA-RAT: algebraic word problems with rationales, from JSON Lines files.

Knows: which file a split of a configuration is. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.files import get_file_type

URL = "https://raw.githubusercontent.com/deepmind/AQuA/master/{part}{suffix}.json"
PARTS = {"train": "train", "test": "test", "validation": "dev"}
SUFFIX = {"raw": "", "tokenized": ".tok"}

DESCRIPTION = "Algebraic word problems in English with five options each and a rationale in words."
ABOUT = {"raw": "Texts as they were written.", "tokenized": "Texts with blanks between all tokens."}

CITATION = """@misc{aqua_rat2017,
  title = {Program induction by rationale generation: Learning to solve and explain algebraic word problems},
  year = {2017},
}"""


class AquaRat(datasets.ArrowBasedBuilder):
    """Builder of the two configurations."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name=name, description=about) for name, about in ABOUT.items()]
    DEFAULT_CONFIG_NAME = "raw"

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/deepmind/AQuA",
            license="apache-2.0",
            features=datasets.Features(
                {
                    "question": datasets.Value("string"),
                    "options": datasets.Sequence(datasets.Value("string")),
                    "rationale": datasets.Value("string"),
                    "correct": datasets.Value("string"),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        suffix = SUFFIX[self.config.name]
        paths = dl_manager.download({split: URL.format(part=part, suffix=suffix) for split, part in PARTS.items()})
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_tables(self, path):
        yield from enumerate(get_file_type("json").read(path, features=self.info.features))
