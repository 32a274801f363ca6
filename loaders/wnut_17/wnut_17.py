"""WNUT 17: rare and emerging entities in noisy texts of the web, from three column files.

Knows: which file is which split, and the class order. Does not know: how a column file is cut into sentences.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import conll_sentences

BASE = "https://raw.githubusercontent.com/leondz/emerging_entities_17/master/"
FILES = {
    "train": BASE + "wnut17train.conll",
    "validation": BASE + "emerging.dev.conll",
    "test": BASE + "emerging.test.annotated",
}
TAGS = """
O B-corporation I-corporation B-creative-work I-creative-work B-group I-group B-location I-location B-person I-person
B-product I-product
"""

DESCRIPTION = """Posts of the web in English with entities of six kinds that are rare or new: the shared task of WNUT 2017."""

CITATION = """@misc{derczynski2017,
  title = {Results of the WNUT2017 Shared Task on Novel and Emerging Entity Recognition},
  author = {Derczynski, Leon and Nichols, Eric and van Erp, Marieke and Limsopatham, Nut},
  year = {2017},
  howpublished = {Proceedings of the 3rd Workshop on Noisy User-generated Text},
  url = {https://www.aclweb.org/anthology/W17-4418},
}"""


class Wnut17(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="wnut_17", version=datasets.Version("1.0.0"), description="Rare and emerging entities.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://noisy-text.github.io/2017/emerging-rare-entities.html",
            license="cc-by-4.0",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "tokens": datasets.Sequence(datasets.Value("string")),
                    "ner_tags": datasets.Sequence(datasets.ClassLabel(names=TAGS.split())),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for number, sentence in enumerate(conll_sentences(path, ["tokens", "ner_tags"], delimiter="\t", skip=())):
            yield number, {"id": str(number), **sentence}
