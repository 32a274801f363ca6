"""WikiBio: boxes and first paragraphs of biographies of Wikipedia, from one zip with parallel files.

Knows: how the lines of five files belong together and how the cells of a box are written.
Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import itertools
import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

URL = "https://huggingface.co/datasets/wiki_bio/resolve/main/data/wikipedia-biography-dataset.zip"
FOLDERS = {"train": "train", "test": "test", "val": "valid"}
EMPTY = "<none>"

DESCRIPTION = """The box and the first paragraph of 728,321 biographies of Wikipedia in English, tokenised: what a text made of
the box should say."""

CITATION = """@misc{lebret2016,
  title = {Generating Text from Structured Data with Application to the Biography Domain},
  author = {R'emi Lebret and David Grangier and Michael Auli},
  year = {2016},
  howpublished = {CoRR},
  url = {http://arxiv.org/abs/1603.07771},
}"""


class WikiBio(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.2.0")

    def _info(self):
        table = {
            "column_header": datasets.Value("string"),
            "row_number": datasets.Value("int16"),
            "content": datasets.Value("string"),
        }
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/DavidGrangier/wikipedia-biography-dataset",
            license="CC BY-SA 3.0",
            features=datasets.Features(
                {
                    "input_text": {"table": datasets.Sequence(table), "context": datasets.Value("string")},
                    "target_text": datasets.Value("string"),
                }
            ),
            supervised_keys=("input_text", "target_text"),
        )

    def _split_generators(self, dl_manager):
        root = os.path.join(dl_manager.download_and_extract(URL), "wikipedia-biography-dataset")
        return [
            datasets.SplitGenerator(split, {"stem": os.path.join(root, folder, folder)}) for split, folder in FOLDERS.items()
        ]

    def _generate_examples(self, stem):
        sentences = text_lines(f"{stem}.sent", keep_ends=True)
        counts, titles = text_lines(f"{stem}.nb"), text_lines(f"{stem}.title", keep_ends=True)
        articles = zip(text_lines(f"{stem}.id"), text_lines(f"{stem}.box"), counts, titles, strict=True)
        for number, (identifier, box, count, title) in enumerate(articles):
            cells = {**fields(box), "article_title": title}
            table = {"column_header": list(cells), "row_number": [1] * len(cells), "content": list(cells.values())}
            text = "".join(itertools.islice(sentences, int(count)))
            yield (number, identifier), {"input_text": {"table": table, "context": title}, "target_text": text}


def fields(box):
    """The text of each field of a box. Its words come in the order of their numbers as text: 10 before 2."""
    words = {}
    for cell in box.split("\t"):
        name, _, word = cell.partition(":")
        if word and word != EMPTY:
            field, _, position = name.rpartition("_")
            words.setdefault(field or name, []).append((position, word))
    return {field: " ".join(word for _, word in sorted(found)) for field, found in words.items()}
