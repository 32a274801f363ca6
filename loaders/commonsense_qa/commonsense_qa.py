"""CommonsenseQA: multiple-choice questions that need common sense, from three JSON Lines files.

Knows: how a question lies in its line, and that test has no answers. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

BASE = "https://s3.amazonaws.com/commensenseqa/"
FILES = {
    "train": BASE + "train_rand_split.jsonl",
    "validation": BASE + "dev_rand_split.jsonl",
    "test": BASE + "test_rand_split_no_answers.jsonl",
}

DESCRIPTION = "Questions in English with five choices each, which need different kinds of common sense; made from ConceptNet."

CITATION = """@misc{talmor2019,
  title = {CommonsenseQA: A Question Answering Challenge Targeting Commonsense Knowledge},
  author = {Talmor, Alon and Herzig, Jonathan and Lourie, Nicholas and Berant, Jonathan},
  year = {2019},
  howpublished = {Proceedings of the 2019 Conference of the North American Chapter of the Association for Computational
    Linguistics: Human Language Technologies, Volume 1 (Long and Short Papers)},
  url = {https://aclanthology.org/N19-1421},
}"""


class CommonsenseQa(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://www.tau-nlp.org/commonsenseqa",
            license="mit",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "question": datasets.Value("string"),
                    "question_concept": datasets.Value("string"),
                    "choices": datasets.Sequence({"label": datasets.Value("string"), "text": datasets.Value("string")}),
                    "answerKey": datasets.Value("string"),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for row in json_lines(path):
            question = row["question"]
            example = {
                "id": row["id"],
                "question": question["stem"],
                "question_concept": question["question_concept"],
                "choices": {key: [choice[key] for choice in question["choices"]] for key in ("label", "text")},
                "answerKey": row.get("answerKey", ""),
            }
            yield row["id"], example
