"""SAMSum: messenger dialogues with summaries, from a 7z archive of three JSON files.

Knows: which file holds which split. Does not know: how a 7z archive is opened.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

URL = "https://huggingface.co/datasets/samsum/resolve/main/data/corpus.7z"
FILES = {"train": "train.json", "test": "test.json", "validation": "val.json"}

DESCRIPTION = "16,369 dialogues as in a messenger, written by linguists, each with a summary in the third person."

CITATION = """@article{gliwa2019samsum,
  title = {SAMSum Corpus: A Human-annotated Dialogue Dataset for Abstractive Summarization},
  author = {Gliwa, Bogdan and Mochol, Iwona and Biesek, Maciej and Wawer, Aleksander},
  journal = {arXiv preprint arXiv:1911.12237},
  year = {2019},
}"""


class Samsum(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [datasets.BuilderConfig(name="samsum", version=datasets.Version("0.0.0"), description=DESCRIPTION)]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://arxiv.org/abs/1911.12237",
            license="cc-by-nc-nd-4.0",
            features=datasets.Features({name: datasets.Value("string") for name in ("id", "dialogue", "summary")}),
        )

    def _split_generators(self, dl_manager):
        folder = dl_manager.download_and_extract(URL)
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, file)}) for split, file in FILES.items()]

    def _generate_examples(self, path):
        for example in json_document(path):
            yield example["id"], {name: example[name] for name in ("id", "dialogue", "summary")}
