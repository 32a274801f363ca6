"""Tatoeba: aligned sentences that volunteers wrote and translated, from a zip for each pair of languages.

Knows: the release and its pairs. Does not know: how lines are aligned or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import opus_pairs

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
        folder = dl_manager.download_and_extract(URL.format(date=self.config.date, pair=pair))
        return [datasets.SplitGenerator("train", {"folder": folder, "pair": pair})]

    def _generate_examples(self, folder, pair):
        return opus_pairs(folder, "Tatoeba", pair)
