"""TyDi QA: questions in eleven languages with pages of Wikipedia, from JSON Lines and from the layout of SQuAD.

Knows: the files of both tasks and how annotations become columns. Does not know: how files are parsed or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines, squad_questions

BASE = "https://storage.googleapis.com/tydiqa/"
FILES = {
    "primary_task": {
        "train": BASE + "v1.0/tydiqa-v1.0-train.jsonl.gz",
        "validation": BASE + "v1.0/tydiqa-v1.0-dev.jsonl.gz",
    },
    "secondary_task": {
        "train": BASE + "v1.1/tydiqa-goldp-v1.1-train.json",
        "validation": BASE + "v1.1/tydiqa-goldp-v1.1-dev.json",
    },
}
CONFIGS = {"primary_task": "Whole pages: passage and short answer.", "secondary_task": "Gold passages, as in SQuAD."}
BOUNDS = ["plaintext_start_byte", "plaintext_end_byte"]
TEXTS = ["question_text", "document_title", "language", "document_plaintext", "document_url"]
STRING, NUMBER = datasets.Value("string"), datasets.Value("int32")
COLUMNS = {
    "primary_task": {
        "passage_answer_candidates": datasets.Sequence(dict.fromkeys(BOUNDS, NUMBER)),
        "question_text": STRING,
        "document_title": STRING,
        "language": STRING,
        "annotations": datasets.Sequence(
            {
                "passage_answer_candidate_index": NUMBER,
                "minimal_answers_start_byte": NUMBER,
                "minimal_answers_end_byte": NUMBER,
                "yes_no_answer": STRING,
            }
        ),
        "document_plaintext": STRING,
        "document_url": STRING,
    },
    "secondary_task": {
        "id": STRING,
        "title": STRING,
        "context": STRING,
        "question": STRING,
        "answers": datasets.Sequence({"text": STRING, "answer_start": NUMBER}),
    },
}

DESCRIPTION = """Questions in eleven typologically diverse languages by people who did not know the answer, with pages of
Wikipedia."""

CITATION = """@misc{clark,
  title = {TyDi QA: A Benchmark for Information-Seeking Question Answering in Typologically Diverse Languages},
  author = {Jonathan H. Clark and Eunsol Choi and Michael Collins and Dan Garrette and Tom Kwiatkowski and Vitaly Nikolaev
    and Jennimaria Palomaki},
  howpublished = {Transactions of the Association for Computational Linguistics},
}"""


class Tydiqa(datasets.GeneratorBasedBuilder):
    """Builder of the two tasks."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=about)
        for name, about in CONFIGS.items()
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/google-research-datasets/tydiqa",
            license="apache-2.0",
            features=datasets.Features(COLUMNS[self.config.name]),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES[self.config.name])
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        if self.config.name == "secondary_task":
            yield from squad_questions(path)
            return
        for number, row in enumerate(json_lines(path)):
            candidates, annotations = row["passage_answer_candidates"], row["annotations"]
            minimal = [annotation["minimal_answer"] for annotation in annotations]
            example = {column: row[column] for column in TEXTS}
            example["passage_answer_candidates"] = {key: [one[key] for one in candidates] for key in BOUNDS}
            example["annotations"] = {
                "passage_answer_candidate_index": [one["passage_answer"]["candidate_index"] for one in annotations],
                "minimal_answers_start_byte": [one[BOUNDS[0]] for one in minimal],
                "minimal_answers_end_byte": [one[BOUNDS[1]] for one in minimal],
                "yes_no_answer": [one["yes_no_answer"] for one in annotations],
            }
            yield number, example
