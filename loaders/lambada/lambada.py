"""LAMBADA: passages whose last word takes the whole passage, and novels, from a tar.gz that holds a tar of novels.

Knows: the members, and where the genre of a novel stands. Does not know: how archives are read or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines
from nlpdata.fetch import iter_archive

URL = "https://zenodo.org/record/2630551/files/lambada-dataset.tar.gz"
NOVELS = "train-novels.tar"
PASSAGES = {"test": "lambada_test_plain_text.txt", "validation": "lambada_development_plain_text.txt"}

DESCRIPTION = """Passages of novels in English whose last word people guess when they read the whole passage, but not from the
last sentence alone; to train, 2,662 whole novels."""

CITATION = """@misc{paperno2016,
  title = {The LAMBADA dataset: Word prediction requiring a broad discourse context},
  author = {Paperno, Denis and Kruszewski, Germán and Lazaridou, Angeliki and Pham, Ngoc Quan and Bernardi, Raffaella and
    Pezzelle, Sandro and Baroni, Marco and Boleda, Gemma and Fernandez, Raquel},
  year = {2016},
  howpublished = {Proceedings of the 54th Annual Meeting of the Association for Computational Linguistics (Volume 1: Long
    Papers)},
  url = {http://www.aclweb.org/anthology/P16-1144},
}"""


class Lambada(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.1.0"), description="Plain text.")]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://zenodo.org/record/2630551#.X8UP76pKiIa",
            license="cc-by-4.0",
            features=datasets.Features({"text": datasets.Value("string"), "domain": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        folder = dl_manager.download_and_extract(URL)
        files = {"train": NOVELS, **PASSAGES}
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, file)}) for split, file in files.items()]

    def _generate_examples(self, path):
        if os.path.basename(path) != NOVELS:
            for number, line in enumerate(text_lines(path)):
                yield number, {"text": line, "domain": None}
            return
        for name, file in iter_archive(path):
            _, _, domain = os.path.dirname(name).rpartition("/")
            if name.endswith(".txt"):
                yield name, {"text": "".join(text_lines(file, keep_ends=True)), "domain": domain}
