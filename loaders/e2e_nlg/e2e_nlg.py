"""E2E NLG: restaurants described in sentences, from CSV files.

Knows: what the columns of the files are called here. Does not know: how CSV is parsed or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.files import get_file_type

BASE = "https://raw.githubusercontent.com/tuetschek/e2e-dataset/master/"
FILES = {"train": BASE + "trainset.csv", "validation": BASE + "devset.csv", "test": BASE + "testset_w_refs.csv"}
# Column of the files: our name for it.
COLUMNS = {"mr": "meaning_representation", "ref": "human_reference"}

DESCRIPTION = """The E2E challenge: what is to be said about a restaurant, as a list of attributes with values, and what people
said, in English. For generating text from data."""

CITATION = """@misc{dusek2020,
  title = {Evaluating the State-of-the-Art of End-to-End Natural Language Generation: The E2E NLG Challenge},
  author = {Dušek, Ondřej and Novikova, Jekaterina and Rieser, Verena},
  year = {2020},
  howpublished = {Computer Speech & Language},
  url = {https://doi.org/10.1016/j.csl.2019.06.009},
}"""


class E2eNlg(datasets.ArrowBasedBuilder):
    """Builder of the one configuration."""

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://www.macs.hw.ac.uk/InteractionLab/E2E/#data",
            license="cc-by-sa-4.0",
            features=datasets.Features({ours: datasets.Value("string") for ours in COLUMNS.values()}),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_tables(self, path):
        in_file = datasets.Features({theirs: datasets.Value("string") for theirs in COLUMNS})
        batches = get_file_type("csv").read(path, columns=list(COLUMNS), features=in_file, na_filter=False)
        for number, batch in enumerate(batches):
            yield number, batch.rename_columns(list(COLUMNS.values()))
