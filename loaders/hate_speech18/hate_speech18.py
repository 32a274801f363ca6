"""Hate speech of a white supremacy forum: sentences in four classes, from a zip with a table and a text file for each.

Knows: where table and texts lie, and the class order. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

URL = "https://github.com/Vicomtech/hate-speech-dataset/archive/master.zip"

DESCRIPTION = """Sentences in English from the forum Stormfront, labelled by hand: hate speech or not, and those that are hate
only together with others."""

CITATION = """@misc{gibert2018,
  title = {Hate Speech Dataset from a White Supremacy Forum},
  author = {de Gibert, Ona and Perez, Naiara and García-Pablos, Aitor and Cuadros, Montse},
  year = {2018},
  howpublished = {Proceedings of the 2nd Workshop on Abusive Language Online (ALW2)},
  url = {https://www.aclweb.org/anthology/W18-5102},
}"""


class HateSpeech18(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    def _info(self):
        number = datasets.Value("int64")
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/Vicomtech/hate-speech-dataset",
            license="cc-by-sa-3.0",
            features=datasets.Features(
                {
                    "text": datasets.Value("string"),
                    "user_id": number,
                    "subforum_id": number,
                    "num_contexts": number,
                    "label": datasets.ClassLabel(names=["noHate", "hate", "idk/skip", "relation"]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "hate-speech-dataset-master")
        return [datasets.SplitGenerator("train", {"folder": folder})]

    def _generate_examples(self, folder):
        table = os.path.join(folder, "annotations_metadata.csv")
        for number, row in enumerate(delimited_rows(table, delimiter=",", quoted=True)):
            with open(os.path.join(folder, "all_files", f"{row.pop('file_id')}.txt"), encoding="utf-8") as file:
                yield number, {"text": file.read(), **row}
