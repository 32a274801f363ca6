"""FLORES (2019): sentences of Wikipedia in Nepali or Sinhala and English, from one tgz of aligned text files.

Knows: the members, and the empty pair at the end. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets

URL = "https://github.com/facebookresearch/flores/raw/main/floresv1/data/wikipedia_en_ne_si_test_sets.tgz"
PAIRS = {"neen": ("ne", "en"), "sien": ("si", "en")}
PARTS = {"validation": "dev", "test": "devtest"}

DESCRIPTION = """Sentences of Wikipedia, translated by people between English and two languages for which there are few
translations."""

CITATION = """@misc{guzman2019,
  title = {Two New Evaluation Datasets for Low-Resource Machine Translation: Nepali-English and Sinhala-English},
  author = {Francisco Guzman and Peng-Jen Chen and Myle Ott and Juan Pino and Guillaume Lample and Philipp Koehn and Vishrav
    Chaudhary and Marc'Aurelio Ranzato},
  year = {2019},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/1902.01382},
}"""


class Flores(datasets.GeneratorBasedBuilder):
    """Builder of the two configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.1.0"), description=f"Languages {' and '.join(pair)}.")
        for name, pair in PAIRS.items()
    ]

    def _info(self):
        pair = PAIRS[self.config.name]
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/facebookresearch/flores/",
            license="cc-by-4.0",
            features=datasets.Features({"translation": datasets.Translation(languages=pair)}),
            supervised_keys=pair,
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "wikipedia_en_ne_si_test_sets")
        pair = PAIRS[self.config.name]
        generators = []
        for split, part in PARTS.items():
            file = os.path.join(folder, f"wikipedia.{part}.{'-'.join(pair)}.")
            generators.append(datasets.SplitGenerator(split, {"paths": {language: file + language for language in pair}}))
        return generators

    def _generate_examples(self, paths):
        sides = {}
        for language, path in paths.items():
            with open(path, encoding="utf-8") as file:
                sides[language] = file.read().split("\n")  # what follows the last line end is a pair, too
        for number, pair in enumerate(zip(*sides.values(), strict=True)):
            yield number, {"translation": dict(zip(sides, pair, strict=True))}
