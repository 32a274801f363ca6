"""Multi-News: several articles on the same news with one summary, from aligned text files.

Knows: the files, and how line ends of articles are written. Does not know: how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import parallel_lines

BASE = "https://huggingface.co/datasets/multi_news/resolve/main/data/"
FILES = {
    split: {"document": f"{BASE}{part}.src.cleaned", "summary": f"{BASE}{part}.tgt"}
    for split, part in (("train", "train"), ("validation", "val"), ("test", "test"))
}

DESCRIPTION = "Articles of several newspapers in English on the same news, with the summary that editors of newser.com wrote."

CITATION = """@misc{fabbri2019,
  title = {Multi-News: a Large-Scale Multi-Document Summarization Dataset and Abstractive Hierarchical Model},
  author = {Alexander R. Fabbri and Irene Li and Tianwei She and Suyi Li and Dragomir R. Radev},
  year = {2019},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/1906.01749},
}"""


class MultiNews(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/Alex-Fabbri/Multi-News",
            license="other",
            features=datasets.Features({"document": datasets.Value("string"), "summary": datasets.Value("string")}),
            supervised_keys=("document", "summary"),
        )

    def _split_generators(self, dl_manager):
        files = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"paths": paths}) for split, paths in files.items()]

    def _generate_examples(self, paths):
        for number, row in enumerate(parallel_lines(paths)):
            document = row["document"].strip().replace("NEWLINE_CHAR", "\n")
            yield number, {"document": document, "summary": row["summary"].strip()}
