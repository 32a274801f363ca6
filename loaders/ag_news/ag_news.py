"""AG News: headlines and first lines of news, in four topics, from two CSV files without a header.

Knows: the columns, the class order, and how title and description become one text.
Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

BASE = "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv/"
FILES = {"train": BASE + "train.csv", "test": BASE + "test.csv"}

DESCRIPTION = "News articles in English with one of four topics: 30,000 articles of each topic to train, 1,900 of each to test."

CITATION = """@misc{zhang2015,
  title = {Character-level Convolutional Networks for Text Classification},
  author = {Xiang Zhang and Junbo Jake Zhao and Yann LeCun},
  year = {2015},
  howpublished = {NIPS},
}"""

TOPICS = ["World", "Sports", "Business", "Sci/Tech"]


class AgNews(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://groups.di.unipi.it/~gulli/AG_corpus_of_news_articles.html",
            license="unknown",
            features=datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=TOPICS)}),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        names = ["label", "title", "description"]
        rows = delimited_rows(path, delimiter=",", names=names, quoted=True, skipinitialspace=True)
        for number, row in enumerate(rows):
            yield number, {"text": f"{row['title']} {row['description']}", "label": int(row["label"]) - 1}
