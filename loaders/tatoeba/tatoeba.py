"""Tatoeba: aligned sentences that volunteers wrote and translated, from a zip for each pair of languages.

Knows: the release and the names of the members. Does not know: how lines are aligned or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import parallel_lines

URL = "https://object.pouta.csc.fi/OPUS-Tatoeba/v{date}/moses/{pair}.txt.zip"
DATE = "2021-07-22"
PAIRS = [("en", "mr"), ("eo", "nl"), ("es", "pt"), ("fr", "ru"), ("es", "gl")]

DESCRIPTION = """Sentences that volunteers of Tatoeba wrote and translated, as OPUS aligned them."""

CITATION = """@misc{tiedemann2012,
  title = {Parallel Data, Tools and Interfaces in OPUS},
  author = {Tiedemann, Jörg},
  year = {2012},
  howpublished = {LREC 2012},
}"""


class TatoebaConfig(datasets.BuilderConfig):
    """A pair of languages in alphabetical order, and the date of a release."""

    def __init__(self, lang1, lang2, date=DATE, name=None, **kwargs):
        version = ".".join(str(int(part)) for part in date.split("-"))
        super().__init__(name=name or f"{lang1}-{lang2}", version=datasets.Version(version), **kwargs)
        self.lang1, self.lang2, self.date = lang1, lang2, date


class Tatoeba(datasets.GeneratorBasedBuilder):
    """Builder of five ready pairs, and of any other by ``lang1`` and ``lang2``."""

    BUILDER_CONFIG_CLASS = TatoebaConfig
    BUILDER_CONFIGS = [TatoebaConfig(lang1, lang2) for lang1, lang2 in PAIRS]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://opus.nlpl.eu/Tatoeba.php",
            license="cc-by-2.0",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "translation": datasets.Translation([self.config.lang1, self.config.lang2]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        pair = f"{self.config.lang1}-{self.config.lang2}"
        root = dl_manager.download_and_extract(URL.format(date=self.config.date, pair=pair))
        paths = {language: os.path.join(root, f"Tatoeba.{pair}.{language}") for language in pair.split("-")}
        return [datasets.SplitGenerator("train", {"paths": paths})]

    def _generate_examples(self, paths):
        for number, lines in enumerate(parallel_lines(paths)):
            translation = {language: line.strip() for language, line in lines.items()}
            yield number, {"id": str(number), "translation": translation}
