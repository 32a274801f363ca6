"""DROP: questions that take counting, sorting or adding over a paragraph, from one zip of two JSON files.

Knows: which answers count in which split, and how a number, a date and spans become texts. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

URL = "https://s3-us-west-2.amazonaws.com/allennlp/datasets/drop/drop_dataset.zip"
FILES = {"train": "drop_dataset_train.json", "validation": "drop_dataset_dev.json"}

DESCRIPTION = """Discrete Reasoning Over Paragraphs: questions in English about paragraphs of Wikipedia that take counting,
sorting, adding or comparing. An answer is a number, a date or spans of text."""

CITATION = """@misc{dua2019,
  title = {DROP: A Reading Comprehension Benchmark Requiring Discrete Reasoning Over Paragraphs},
  author = {Dheeru Dua and Yizhong Wang and Pradeep Dasigi and Gabriel Stanovsky and Sameer Singh and Matt Gardner},
  year = {2019},
  howpublished = {Proc. of NAACL},
}"""


class Drop(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("0.1.0")

    def _info(self):
        text = datasets.Value("string")
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://allennlp.org/drop",
            license="cc-by-sa-4.0",
            features=datasets.Features(
                {
                    "section_id": text,
                    "query_id": text,
                    "passage": text,
                    "question": text,
                    "answers_spans": datasets.Sequence({"spans": text, "types": text}),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "drop_dataset")
        return [
            datasets.SplitGenerator(split, {"path": os.path.join(folder, file), "split": split})
            for split, file in FILES.items()
        ]

    def _generate_examples(self, path, split):
        for section_id, section in json_document(path).items():
            for pair in section["qa_pairs"]:
                found = [texts_of(a) for a in ([pair["answer"]] if split == "train" else pair["validated_answers"])]
                if None not in found:
                    answers = [text for texts in found for text in texts]
                    example = {
                        "section_id": section_id,
                        "query_id": pair["query_id"],
                        "passage": section["passage"],
                        "question": pair["question"],
                        "answers_spans": {
                            "spans": [text for text, _ in answers],
                            "types": [kind for _, kind in answers],
                        },
                    }
                    yield pair["query_id"], example


def texts_of(answer):
    """The texts of an answer with their kind; None unless it is of exactly one kind."""
    number = str(answer.get("number", ""))
    date = answer.get("date") or {}
    written = " ".join(date.get(part, "") for part in ("day", "month", "year")).strip()
    texts = [(number, "number")] if number else []
    texts += [(written, "date")] if written else []
    texts += [(span, "span") for span in answer.get("spans", ())]
    return texts if len({kind for _, kind in texts}) == 1 else None
