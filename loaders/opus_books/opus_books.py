"""OPUS Books: aligned sentences of books that are free of rights, from a zip for each pair of languages.

Knows: the pairs. Does not know: how lines are aligned or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import opus_pairs

BASE = "https://object.pouta.csc.fi/OPUS-Books/v1/moses/"
PAIRS = """
ca-de ca-en de-en el-en de-eo en-eo de-es el-es en-es eo-es en-fi es-fi de-fr el-fr en-fr eo-fr es-fr fi-fr ca-hu de-hu el-hu
en-hu eo-hu fr-hu de-it en-it eo-it es-it fr-it hu-it ca-nl de-nl en-nl es-nl fr-nl hu-nl it-nl en-no es-no fi-no fr-no hu-no
en-pl fi-pl fr-pl hu-pl de-pt en-pt eo-pt es-pt fr-pt hu-pt it-pt de-ru en-ru es-ru fr-ru hu-ru it-ru en-sv fr-sv it-sv
"""

DESCRIPTION = """Books that are free of rights, in sixteen languages, aligned sentence by sentence."""

CITATION = """@misc{tiedemann2012,
  title = {Parallel Data, Tools and Interfaces in OPUS},
  author = {Jörg Tiedemann},
  year = {2012},
  howpublished = {Proceedings of the Eight International Conference on Language Resources and Evaluation (LREC'12)},
}"""


class OpusBooks(datasets.GeneratorBasedBuilder):
    """Builder of a configuration for each pair of languages."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=pair, version=datasets.Version("1.0.0"), description=f"Languages {pair}.")
        for pair in PAIRS.split()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://opus.nlpl.eu/Books.php",
            license="unknown",
            features=datasets.Features(
                {"id": datasets.Value("string"), "translation": datasets.Translation(self.config.name.split("-"))}
            ),
        )

    def _split_generators(self, dl_manager):
        pair = self.config.name
        folder = dl_manager.download_and_extract(f"{BASE}{pair}.txt.zip")
        return [datasets.SplitGenerator("train", {"folder": folder, "pair": pair})]

    def _generate_examples(self, folder, pair):
        return opus_pairs(folder, "Books", pair)
