"""Empathetic Dialogues: conversations about a situation and the feeling in it, from CSV files in one tar.gz.

Knows: the members, and that lines may have more or fewer fields than the header. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

URL = "https://dl.fbaipublicfiles.com/parlai/empatheticdialogues/empatheticdialogues.tar.gz"
FILES = {"train": "train.csv", "validation": "valid.csv", "test": "test.csv"}

DESCRIPTION = """Conversations in English between one who tells of a situation with a certain feeling and one who listens; a row
is an utterance."""

CITATION = """@misc{rashkin2019,
  title = {Towards Empathetic Open-domain Conversation Models: a New Benchmark and Dataset},
  author = {Hannah Rashkin and Eric Michael Smith and Margaret Li and Y-Lan Boureau},
  year = {2019},
  howpublished = {ACL},
}"""


class EmpatheticDialogues(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("0.1.0")

    def _info(self):
        text, number = datasets.Value("string"), datasets.Value("int32")
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/facebookresearch/EmpatheticDialogues",
            license="cc-by-nc-4.0",
            features=datasets.Features(
                {
                    "conv_id": text,
                    "utterance_idx": number,
                    "context": text,
                    "prompt": text,
                    "speaker_idx": number,
                    "utterance": text,
                    "selfeval": text,
                    "tags": text,
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "empatheticdialogues")
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, file)}) for split, file in FILES.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(delimited_rows(path, delimiter=",", quoted=True)):
            yield number, {name: row.get(name, "") for name in self.info.features}
