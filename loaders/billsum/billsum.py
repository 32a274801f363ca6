"""BillSum: bills of the US Congress and of California with summaries, from one zip of JSON Lines files.

Knows: the member of each split and the columns kept. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.files import get_file_type

URL = "https://drive.google.com/uc?export=download&id=1g89WgFHMRbr4QrvA0ngh26PY081Nv3lx"
FILES = {
    "train": "us_train_data_final_OFFICIAL.jsonl",
    "test": "us_test_data_final_OFFICIAL.jsonl",
    "ca_test": "ca_test_data_final_OFFICIAL.jsonl",
}

DESCRIPTION = (
    "Bills of the US Congress (train, test) and of the state of California (ca_test), each with its summary and title."
)

CITATION = """@misc{kornilova2019,
  title = {BillSum: A Corpus for Automatic Summarization of US Legislation},
  author = {Anastassia Kornilova and Vlad Eidelman},
  year = {2019},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/1910.00523},
}"""


class Billsum(datasets.ArrowBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("3.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/FiscalNote/BillSum",
            license="cc0-1.0",
            features=datasets.Features({name: datasets.Value("string") for name in ("text", "summary", "title")}),
            supervised_keys=("text", "summary"),
        )

    def _split_generators(self, dl_manager):
        folder = dl_manager.download_and_extract(URL)
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, file)}) for split, file in FILES.items()]

    def _generate_tables(self, path):
        yield from enumerate(get_file_type("json").read(path, features=self.info.features))
