"""DBpedia, 14 classes: titles and abstracts of Wikipedia, from two CSV files without a header in one tgz.

Knows: the columns, and that the files call the classes 1 to 14. Does not know: how CSV is parsed or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.features import cast_table
from nlpdata.files import get_file_type

URL = "https://s3.amazonaws.com/fast-ai-nlp/dbpedia_csv.tgz"
CLASSES = """
Company EducationalInstitution Artist Athlete OfficeHolder MeanOfTransportation Building NaturalPlace Village Animal Plant
Album Film WrittenWork
"""

DESCRIPTION = """Articles of Wikipedia in English with their class in DBpedia 2014: 40,000 of each of 14 classes to train, 5,000
of each to test."""

CITATION = """@misc{lehmann2015,
  title = {DBpedia--a large-scale, multilingual knowledge base extracted from Wikipedia},
  author = {Lehmann, Jens and Isele, Robert and Jakob, Max and Jentzsch, Anja and Kontokostas, Dimitris and Mendes, Pablo N
    and Hellmann, Sebastian and Morsey, Mohamed and Van Kleef, Patrick and Auer, Sören and others},
  year = {2015},
  howpublished = {Semantic web},
}"""

TEXTS = {"title": datasets.Value("string"), "content": datasets.Value("string")}
IN_FILE = datasets.Features({"label": datasets.ClassLabel(names=[str(n) for n in range(1, 15)]), **TEXTS})


class Dbpedia14(datasets.ArrowBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="dbpedia_14", version=datasets.Version("2.0.0"), description="All articles.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://wiki.dbpedia.org/develop/datasets",
            license="cc-by-sa-3.0",
            features=datasets.Features({"label": datasets.ClassLabel(names=CLASSES.split()), **TEXTS}),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "dbpedia_csv")
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, f"{split}.csv")}) for split in ("train", "test")]

    def _generate_tables(self, path):
        texts = datasets.Features({"label": datasets.Value("string"), **TEXTS})
        batches = get_file_type("csv").read(path, features=texts, sep=",", names=list(texts), na_filter=False)
        for number, batch in enumerate(batches):
            yield number, cast_table(batch, IN_FILE)
