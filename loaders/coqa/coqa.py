"""CoQA: conversations of questions about a story, from two JSON files.

Knows: the keys of the files. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

BASE = "https://nlp.stanford.edu/data/coqa/"
FILES = {"train": BASE + "coqa-train-v1.0.json", "validation": BASE + "coqa-dev-v1.0.json"}

DESCRIPTION = """Stories in English of seven domains, each with a conversation of questions and answers in free text; each
answer comes with the place in the story that gives it."""

CITATION = """@misc{reddy2019,
  title = {CoQA: A Conversational Question Answering Challenge},
  author = {Reddy, Siva and Chen, Danqi and Manning, Christopher D.},
  year = {2019},
  howpublished = {Transactions of the Association for Computational Linguistics},
  url = {https://aclanthology.org/Q19-1016},
}"""


class Coqa(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://stanfordnlp.github.io/coqa/",
            license="other",
            features=datasets.Features(
                {
                    "source": datasets.Value("string"),
                    "story": datasets.Value("string"),
                    "questions": datasets.Sequence(datasets.Value("string")),
                    "answers": datasets.Sequence(
                        {
                            "input_text": datasets.Value("string"),
                            "answer_start": datasets.Value("int32"),
                            "answer_end": datasets.Value("int32"),
                        }
                    ),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(json_document(path)["data"]):
            example = {
                "source": row["source"],
                "story": row["story"],
                "questions": [question["input_text"] for question in row["questions"]],
                "answers": {
                    "input_text": [answer["input_text"] for answer in row["answers"]],
                    "answer_start": [answer["span_start"] for answer in row["answers"]],
                    "answer_end": [answer["span_end"] for answer in row["answers"]],
                },
            }
            yield number, example
