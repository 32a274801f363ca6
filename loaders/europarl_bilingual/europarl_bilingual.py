"""Europarl (OPUS, version 8): the proceedings of the European Parliament in pairs of 21 languages.

Knows: where texts and alignments lie, and what a link says. Does not know: how XML is read or how rows are stored.
"""

from __future__ import annotations

import itertools
import os

import nlpdata as datasets
from nlpdata.builder.shapes import xml_elements
from nlpdata.errors import UnknownConfigError, unknown

BASE = "https://opus.nlpl.eu/download.php?f=Europarl/v8/"
LANGUAGES = """
bg cs da de el en es et fi fr hu it lt lv nl pl pt ro sk sl sv
"""
PAIRS = list(itertools.combinations(LANGUAGES.split(), 2))

DESCRIPTION = "Proceedings of the European Parliament from 1996 to 2011, aligned by sentences."

CITATION = """@misc{tiedemann2012,
  title = {Parallel Data, Tools and Interfaces in OPUS},
  author = {Jörg Tiedemann},
  year = {2012},
  howpublished = {Proceedings of the Eight International Conference on Language Resources and Evaluation (LREC'12)},
}"""


class EuroparlBilingualConfig(datasets.BuilderConfig):
    """A pair of languages."""

    def __init__(self, lang1, lang2, name=None, version="8.0.0", **kwargs):
        if (lang1, lang2) not in PAIRS:
            raise unknown(UnknownConfigError, "pair of languages", f"{lang1}-{lang2}", map("-".join, PAIRS))
        super().__init__(name=name or f"{lang1}-{lang2}", version=version, **kwargs)
        self.lang1 = lang1
        self.lang2 = lang2


class EuroparlBilingual(datasets.GeneratorBasedBuilder):
    """Builder of the 210 configurations, one for each pair of languages in the order of the alphabet."""

    BUILDER_CONFIG_CLASS = EuroparlBilingualConfig
    BUILDER_CONFIGS = [
        EuroparlBilingualConfig(lang1, lang2, description=f"Languages {lang1} and {lang2}.") for lang1, lang2 in PAIRS
    ]

    def _info(self):
        pair = [self.config.lang1, self.config.lang2]
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://opus.nlpl.eu/Europarl.php",
            license="unknown",
            features=datasets.Features({"translation": datasets.Translation(languages=pair)}),
        )

    def _split_generators(self, dl_manager):
        pair = [self.config.lang1, self.config.lang2]
        links = dl_manager.download(f"{BASE}xml/{'-'.join(pair)}.xml.gz")
        roots = dl_manager.download_and_extract({language: f"{BASE}raw/{language}.zip" for language in pair})
        folders = tuple(os.path.join(root, "Europarl", "raw") for root in roots.values())  # no shards
        return [datasets.SplitGenerator("train", {"links": links, "folders": folders})]

    def _generate_examples(self, links, folders):
        pair = [self.config.lang1, self.config.lang2]
        for part, group in enumerate(xml_elements(links, "linkGrp")):
            files = [group.get(name).removesuffix(".gz") for name in ("fromDoc", "toDoc")]
            texts = [sentences(os.path.join(folder, file)) for folder, file in zip(folders, files, strict=True)]
            for number, link in enumerate(group.iter("link")):
                sides = [side.split() for side in link.get("xtargets").split(";")]
                if all(sides):
                    joined = [" ".join(known[key] for key in side) for known, side in zip(texts, sides, strict=True)]
                    yield (part, number), {"translation": dict(zip(pair, joined, strict=True))}


def sentences(path):
    """The text of each sentence of a document by its id."""
    return {element.get("id"): "".join(element.itertext()) for element in xml_elements(path, "s")}
