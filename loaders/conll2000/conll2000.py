"""CoNLL-2000: newspaper text in English with parts of speech and chunks, from two column files.

Knows: the columns and the class orders. Does not know: how a column file is cut into sentences.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import conll_sentences

BASE = "https://github.com/teropa/nlp/raw/master/resources/corpora/conll2000/"
FILES = {"train": BASE + "train.txt", "test": BASE + "test.txt"}

DESCRIPTION = """The shared task of CoNLL-2000: sentences of the Wall Street Journal, each token with its part of speech and its
syntactic chunk; sections 15 to 18 to train, section 20 to test."""

CITATION = """@misc{sang2000,
  title = {Introduction to the CoNLL-2000 Shared Task: Chunking},
  author = {Tjong Kim Sang, Erik F. and Sabine Buchholz},
  year = {2000},
  howpublished = {Proceedings of CoNLL-2000 and LLL-2000},
}"""

POS = r"""
'' # $ ( ) , . : `` CC CD DT EX FW IN JJ JJR JJS MD NN NNP NNPS NNS PDT POS PRP PRP$ RB RBR RBS RP SYM TO UH VB VBD VBG VBN
VBP VBZ WDT WP WP$ WRB
"""
CHUNKS = """
O B-ADJP I-ADJP B-ADVP I-ADVP B-CONJP I-CONJP B-INTJ I-INTJ B-LST I-LST B-NP I-NP B-PP I-PP B-PRT I-PRT B-SBAR I-SBAR B-UCP
I-UCP B-VP I-VP
"""


class Conll2000(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://www.clips.uantwerpen.be/conll2000/chunking/",
            license="not stated",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "tokens": datasets.Sequence(datasets.Value("string")),
                    "pos_tags": datasets.Sequence(datasets.ClassLabel(names=POS.split())),
                    "chunk_tags": datasets.Sequence(datasets.ClassLabel(names=CHUNKS.split())),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for number, sentence in enumerate(conll_sentences(path, ["tokens", "pos_tags", "chunk_tags"], delimiter=" ")):
            yield number, {"id": str(number), **sentence}
