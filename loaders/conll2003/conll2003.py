"""CoNLL-2003: English news with parts of speech, chunks and named entities, from one zip of three column files.

Knows: the member names, the columns and the class orders. Does not know: how a column file is cut into sentences.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import conll_sentences

URL = "https://data.deepai.org/conll2003.zip"
FILES = {"train": "train.txt", "validation": "valid.txt", "test": "test.txt"}

DESCRIPTION = """The shared task of CoNLL-2003: sentences of Reuters news in English, each token with its part of speech, its
syntactic chunk and its named entity (persons, organisations, locations, miscellaneous)."""

CITATION = """@misc{sang2003,
  title = {Introduction to the CoNLL-2003 Shared Task: Language-Independent Named Entity Recognition},
  author = {Tjong Kim Sang, Erik F. and De Meulder, Fien},
  year = {2003},
  howpublished = {Proceedings of the Seventh Conference on Natural Language Learning at HLT-NAACL 2003},
  url = {https://www.aclweb.org/anthology/W03-0419},
}"""

POS = r"""
" '' # $ ( ) , . : `` CC CD DT EX FW IN JJ JJR JJS LS MD NN NNP NNPS NNS NN|SYM PDT POS PRP PRP$ RB RBR RBS RP SYM TO UH VB
VBD VBG VBN VBP VBZ WDT WP WP$ WRB
"""
CHUNKS = """
O B-ADJP I-ADJP B-ADVP I-ADVP B-CONJP I-CONJP B-INTJ I-INTJ B-LST I-LST B-NP I-NP B-PP I-PP B-PRT I-PRT B-SBAR I-SBAR B-UCP
I-UCP B-VP I-VP
"""
ENTITIES = """
O B-PER I-PER B-ORG I-ORG B-LOC I-LOC B-MISC I-MISC
"""


class Conll2003(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="conll2003", version=datasets.Version("1.0.0"), description="The English part.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://www.aclweb.org/anthology/W03-0419/",
            license="other",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "tokens": datasets.Sequence(datasets.Value("string")),
                    "pos_tags": datasets.Sequence(datasets.ClassLabel(names=POS.split())),
                    "chunk_tags": datasets.Sequence(datasets.ClassLabel(names=CHUNKS.split())),
                    "ner_tags": datasets.Sequence(datasets.ClassLabel(names=ENTITIES.split())),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(URL)
        return [datasets.SplitGenerator(split, {"path": os.path.join(root, file)}) for split, file in FILES.items()]

    def _generate_examples(self, path):
        sentences = conll_sentences(path, ["tokens", "pos_tags", "chunk_tags", "ner_tags"], delimiter=" ")
        for number, sentence in enumerate(sentences):
            yield number, {"id": str(number), **sentence}
