"""XSum: news articles with a summary of one sentence, from one archive and a list of splits.

Knows: the sections of an article, and which lines are no part of it. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_document, text_lines
from nlpdata.fetch import iter_archive

URL = "http://bollin.inf.ed.ac.uk/public/direct/XSUM-EMNLP18-Summary-Data-Original.tar.gz"
SPLITS_URL = "https://raw.githubusercontent.com/EdinburghNLP/XSum/master/XSum-Dataset/XSum-TRAINING-DEV-TEST-SPLIT-90-5-5.json"
BOILERPLATE = {
    *("Share this with", "Email", "Facebook", "Messenger", "Twitter", "Pinterest", "WhatsApp", "Linkedin", "LinkedIn"),
    *("Copy this link", "These are external links and will open in a new window"),
}

DESCRIPTION = """News articles of the BBC in English; the introductory sentence is the summary of the rest."""

CITATION = """@misc{narayan2018,
  title = {Don't Give Me the Details, Just the Summary! Topic-Aware Convolutional Neural Networks for Extreme Summarization},
  author = {Shashi Narayan and Shay B. Cohen and Mirella Lapata},
  year = {2018},
  howpublished = {ArXiv},
}"""


class Xsum(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.2.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/EdinburghNLP/XSum/tree/master/XSum-Dataset",
            license="unknown",
            features=datasets.Features(
                {"document": datasets.Value("string"), "summary": datasets.Value("string"), "id": datasets.Value("string")}
            ),
            supervised_keys=("document", "summary"),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download({"articles": URL, "splits": SPLITS_URL})
        ids = json_document(paths["splits"])
        return [
            datasets.SplitGenerator(split, {"archive": paths["articles"], "ids": frozenset(ids[split])})
            for split in ("train", "validation", "test")
        ]

    def _generate_examples(self, archive, ids):
        for name, file in iter_archive(archive):
            key, _, kind = name.rpartition("/")[2].partition(".")
            if kind != "summary" or key not in ids:
                continue
            lines = [line for line in text_lines(file) if line.strip() and line not in BOILERPLATE]
            sections = "\n".join(lines).split("[SN]")
            yield key, {"document": sections[8].strip(), "summary": sections[6].strip(), "id": key}
