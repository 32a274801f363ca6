"""Tiny Shakespeare: 40,000 lines of plays, from one text file.

Knows: where the text is cut into splits. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

URL = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"

DESCRIPTION = """40,000 lines of plays of Shakespeare in one text."""

CITATION = """@misc{tiny_shakespeare2015,
  title = {char-rnn},
  year = {2015},
  howpublished = {https://github.com/karpathy/char-rnn},
}"""


class TinyShakespeare(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/karpathy/char-rnn/blob/master/data/tinyshakespeare/input.txt",
            license="not stated",
            features=datasets.Features({"text": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        path = dl_manager.download(URL)
        return [datasets.SplitGenerator(split, {"path": path, "split": split}) for split in ("train", "validation", "test")]

    def _generate_examples(self, path, split):
        text = "".join(text_lines(path, keep_ends=True))
        first = int(len(text) * 0.9)
        second = first + (len(text) - first) // 2
        bounds = {"train": (0, first), "validation": (first, second), "test": (second, len(text))}
        start, stop = bounds[split]
        yield 0, {"text": text[start:stop]}
