"""IMDB: reviews of films, negative or positive, from one tar.gz with a text file for each review.

Knows: the folders of splits and classes. Does not know: how archives are read or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.fetch import iter_archive

URL = "http://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
# Split: its folders, with their labels.
FOLDERS = {
    "train": {"train/neg": "neg", "train/pos": "pos"},
    "test": {"test/neg": "neg", "test/pos": "pos"},
    "unsupervised": {"train/unsup": -1},
}

DESCRIPTION = """Reviews of films in English from the Internet Movie Database, clearly negative or clearly positive: 25,000 to
train, 25,000 to test, and 50,000 without a label."""

CITATION = """@misc{maas2011,
  title = {Learning Word Vectors for Sentiment Analysis},
  author = {Maas, Andrew L. and Daly, Raymond E. and Pham, Peter T. and Huang, Dan and Ng, Andrew Y. and Potts, Christopher},
  year = {2011},
  howpublished = {Proceedings of the 49th Annual Meeting of the Association for Computational Linguistics: Human Language
    Technologies},
  url = {http://www.aclweb.org/anthology/P11-1015},
}"""


class Imdb(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.0.0"), description="Plain text.")]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://ai.stanford.edu/~amaas/data/sentiment/",
            license="other",
            features=datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])}),
        )

    def _split_generators(self, dl_manager):
        archive = dl_manager.download(URL)
        return [datasets.SplitGenerator(split, {"archive": archive, "folders": folders}) for split, folders in FOLDERS.items()]

    def _generate_examples(self, archive, folders):
        labels = {f"aclImdb/{folder}": label for folder, label in folders.items()}
        for path, file in iter_archive(archive):
            folder, _, name = path.rpartition("/")
            if folder in labels and name.endswith(".txt"):
                yield path, {"text": file.read().decode("utf-8"), "label": labels[folder]}
