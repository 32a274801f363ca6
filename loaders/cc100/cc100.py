"""CC-100: lines of the web in one language, from an xz file for each.

Knows: where the file of a language lies, and that blank lines are rows. Does not know: how xz is read or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

URL = "https://data.statmt.org/cc-100/{language}.txt.xz"
LANGUAGES = ["am", "sr", "ka"]

DESCRIPTION = "Lines of web pages in one language, from Common Crawl of 2018, made for XLM-R. A blank line ends a document."

CITATION = """@misc{conneau2020,
  title = {Unsupervised Cross-lingual Representation Learning at Scale},
  author = {Conneau, Alexis and Khandelwal, Kartikay and Goyal, Naman and Chaudhary, Vishrav and Wenzek, Guillaume and
    Guzm'an, Francisco and Grave, Edouard and Ott, Myle and Zettlemoyer, Luke and Stoyanov, Veselin},
  year = {2020},
  howpublished = {Proceedings of the 58th Annual Meeting of the Association for Computational Linguistics},
  url = {https://www.aclweb.org/anthology/2020.acl-main.747},
}
@misc{wenzek2020,
  title = {CCNet: Extracting High Quality Monolingual Datasets from Web Crawl Data},
  author = {Wenzek, Guillaume and Lachaux, Marie-Anne and Conneau, Alexis and Chaudhary, Vishrav and Guzm'an, Francisco and
    Joulin, Armand and Grave, Edouard},
  year = {2020},
  howpublished = {Proceedings of the 12th Language Resources and Evaluation Conference},
  url = {https://www.aclweb.org/anthology/2020.lrec-1.494},
}"""


class Cc100Config(datasets.BuilderConfig):
    """A language, by the name of its file."""

    def __init__(self, lang, name=None, version="1.0.0", **kwargs):
        super().__init__(name=name or lang, version=version, **kwargs)
        self.lang = lang


class Cc100(datasets.GeneratorBasedBuilder):
    """Builder of three ready configurations, and of any other language by ``lang``."""

    BUILDER_CONFIG_CLASS = Cc100Config
    BUILDER_CONFIGS = [Cc100Config(lang=language, description=f"Language {language}.") for language in LANGUAGES]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://data.statmt.org/cc-100/",
            license="unknown",
            features=datasets.Features({"id": datasets.Value("string"), "text": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        path = dl_manager.download(URL.format(language=self.config.lang))
        return [datasets.SplitGenerator("train", {"path": path})]

    def _generate_examples(self, path):
        for number, line in enumerate(text_lines(path, keep_ends=True)):
            yield number, {"id": str(number), "text": line}
