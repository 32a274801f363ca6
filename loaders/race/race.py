"""RACE: reading comprehension from English examinations in China, from one archive of JSON files.

Knows: the folders, and that a file holds several questions. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_document
from nlpdata.fetch import iter_archive

URL = "http://www.cs.cmu.edu/~glai1/data/race/RACE.tar.gz"
LEVELS = {"high": ["high"], "middle": ["middle"], "all": ["middle", "high"]}

DESCRIPTION = """Texts and questions of English examinations in Chinese middle and high schools, with four options each."""

CITATION = """@misc{lai2017,
  title = {RACE: Large-scale ReAding Comprehension Dataset From Examinations},
  author = {Lai, Guokun and Xie, Qizhe and Liu, Hanxiao and Yang, Yiming and Hovy, Eduard},
  year = {2017},
  howpublished = {arXiv preprint arXiv:1704.04683},
}"""


class Race(datasets.GeneratorBasedBuilder):
    """Builder of two levels, and of both together."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("0.1.0"), description=f"Texts of schools: {name}.")
        for name in LEVELS
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://www.cs.cmu.edu/~glai1/data/race/",
            license="other",
            features=datasets.Features(
                {
                    "example_id": datasets.Value("string"),
                    "article": datasets.Value("string"),
                    "answer": datasets.Value("string"),
                    "question": datasets.Value("string"),
                    "options": datasets.Sequence(datasets.Value("string")),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        archive = dl_manager.download(URL)
        return [
            datasets.SplitGenerator(split, {"archive": archive, "part": part})
            for split, part in (("test", "test"), ("train", "train"), ("validation", "dev"))
        ]

    def _generate_examples(self, archive, part):
        folders = [f"RACE/{part}/{level}/" for level in LEVELS[self.config.name]]
        for name, file in iter_archive(archive):
            if name.startswith(tuple(folders)) and name.endswith(".txt"):
                text = json_document(file)
                questions = zip(text["questions"], text["answers"], text["options"], strict=True)
                for number, (question, answer, options) in enumerate(questions):
                    example = {
                        "example_id": text["id"],
                        "article": text["article"],
                        "answer": answer,
                        "question": question,
                        "options": options,
                    }
                    yield f"{name}-{number}", example
