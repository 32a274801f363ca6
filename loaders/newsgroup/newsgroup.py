"""20 Newsgroups: posts of Usenet, from an archive with a file for each post, in three versions.

Knows: the folders of each version, and that posts are in no certain encoding. Does not know: how archives are opened.
"""

from __future__ import annotations

import nlpdata as datasets

BASE = "http://qwone.com/~jason/20Newsgroups/20news-"
GROUP_LIST = """
alt.atheism comp.graphics comp.os.ms-windows.misc comp.sys.ibm.pc.hardware comp.sys.mac.hardware comp.windows.x misc.forsale
rec.autos rec.motorcycles rec.sport.baseball rec.sport.hockey sci.crypt sci.electronics sci.med sci.space
soc.religion.christian talk.politics.guns talk.politics.mideast talk.politics.misc talk.religion.misc
"""
GROUPS = GROUP_LIST.split()
# Version of the corpus -> version of the data, what it is, the folder of each split.
VERSIONS = {
    "18828": ("3.0.0", "without duplicates, and with no header but From and Subject", {"train": "20news-18828"}),
    "19997": ("1.0.0", "as collected", {"train": "20_newsgroups"}),
    "bydate": (
        "2.0.0",
        "sorted by date into train and test, without duplicates and some headers",
        {"train": "20news-bydate-train", "test": "20news-bydate-test"},
    ),
}

DESCRIPTION = "About 20,000 posts to twenty newsgroups of Usenet, a group in each configuration, in three versions."

CITATION = """@misc{lang1995,
  title = {Newsweeder: Learning to filter netnews},
  author = {Ken Lang},
}"""


class NewsgroupConfig(datasets.BuilderConfig):
    """One group in one version of the corpus."""

    def __init__(self, corpus, group, **kwargs):
        version, about, self.folders = VERSIONS[corpus]
        super().__init__(name=f"{corpus}_{group}", version=version, description=f"{group}, {about}.", **kwargs)
        self.corpus, self.group = corpus, group


class Newsgroup(datasets.GeneratorBasedBuilder):
    """Builder of the sixty configurations."""

    BUILDER_CONFIGS = [NewsgroupConfig(corpus, group) for corpus in VERSIONS for group in GROUPS]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="http://qwone.com/~jason/20Newsgroups/",
            license="unknown",
            features=datasets.Features({"text": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        path = dl_manager.download(f"{BASE}{self.config.corpus}.tar.gz")
        return [
            datasets.SplitGenerator(
                split, {"members": dl_manager.iter_archive(path), "folder": f"{folder}/{self.config.group}"}
            )
            for split, folder in self.config.folders.items()
        ]

    def _generate_examples(self, members, folder):
        for path, file in members:
            if path.rpartition("/")[0] == folder:
                yield path, {"text": file.read().decode("utf-8", errors="ignore")}
