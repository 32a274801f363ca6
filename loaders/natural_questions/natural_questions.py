"""Natural Questions: questions that people asked a search engine, and their answers marked in pages of Wikipedia.

Knows: the shards, the fields of their JSON, and how a short answer is cut out of the page.
Does not know: how shards arrive or how rows are stored.
"""

from __future__ import annotations

import html
import re

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

BASE = "https://storage.googleapis.com/natural_questions/v1.0/"
SHARDS = {
    "train": [f"{BASE}train/nq-train-{number:02}.jsonl.gz" for number in range(50)],
    "validation": [f"{BASE}dev/nq-dev-{number:02}.jsonl.gz" for number in range(5)],
}

DESCRIPTION = """Questions that people asked a search engine, with a page of Wikipedia each, in which people marked a long
answer, short answers, or yes or no."""

CITATION = """@misc{kwiatkowski2019,
  title = {Natural Questions: a Benchmark for Question Answering Research},
  author = {Tom Kwiatkowski and Jennimaria Palomaki and Olivia Redfield and Michael Collins and Ankur Parikh and Chris
    Alberti and Danielle Epstein and Illia Polosukhin and Matthew Kelcey and Jacob Devlin and Kenton Lee and Kristina N.
    Toutanova and Llion Jones and Ming-Wei Chang and Andrew Dai and Jakob Uszkoreit and Quoc Le and Slav Petrov},
  year = {2019},
  howpublished = {Transactions of the Association of Computational Linguistics},
}"""

BYTES = {"start_byte": datasets.Value("int64"), "end_byte": datasets.Value("int64")}
SPAN = {"start_token": datasets.Value("int64"), "end_token": datasets.Value("int64"), **BYTES}
TOKEN = {"token": datasets.Value("string"), "is_html": datasets.Value("bool"), **BYTES}
ANNOTATION = {
    "id": datasets.Value("string"),
    "long_answer": {**SPAN, "candidate_index": datasets.Value("int64")},
    "short_answers": datasets.Sequence({**SPAN, "text": datasets.Value("string")}),
    "yes_no_answer": datasets.ClassLabel(names=["NO", "YES"]),
}


class NaturalQuestions(datasets.GeneratorBasedBuilder):
    """Builder of all shards, and of those for validation alone."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="default", version=datasets.Version("0.0.2"), description="Both splits; 45 GB."),
        datasets.BuilderConfig(name="dev", version=datasets.Version("0.0.4"), description="The validation split; 1 GB."),
    ]
    DEFAULT_CONFIG_NAME = "default"

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://ai.google.com/research/NaturalQuestions/dataset",
            license="cc-by-sa-3.0",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "document": {
                        "title": datasets.Value("string"),
                        "url": datasets.Value("string"),
                        "html": datasets.Value("string"),
                        "tokens": datasets.Sequence(TOKEN),
                    },
                    "question": {
                        "text": datasets.Value("string"),
                        "tokens": datasets.Sequence(datasets.Value("string")),
                    },
                    "long_answer_candidates": datasets.Sequence({**SPAN, "top_level": datasets.Value("bool")}),
                    "annotations": datasets.Sequence(ANNOTATION),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        splits = ["validation"] if self.config.name == "dev" else list(SHARDS)
        paths = dl_manager.download({split: SHARDS[split] for split in splits})
        return [datasets.SplitGenerator(split, {"paths": paths[split]}) for split in splits]

    def _generate_examples(self, paths):
        for path in paths:
            for record in json_lines(path):
                yield record["example_id"], row_of(record)


def row_of(record):
    """A line of a shard as a row; a ``Sequence`` of structs is given column by column."""
    page = record["document_html"].encode("utf-8")
    tokens = columns(record["document_tokens"], ["token", "html_token", *BYTES])
    tokens["is_html"] = tokens.pop("html_token")
    return {
        "id": str(record["example_id"]),
        "document": {
            "title": record["document_title"],
            "url": record["document_url"],
            "html": record["document_html"],
            "tokens": tokens,
        },
        "question": {"text": record["question_text"], "tokens": record["question_tokens"]},
        "long_answer_candidates": columns(record["long_answer_candidates"], [*SPAN, "top_level"]),
        "annotations": [
            {
                "id": str(annotation["annotation_id"]),
                "long_answer": annotation["long_answer"],
                "short_answers": [{**answer, "text": text_of(page, answer)} for answer in annotation["short_answers"]],
                "yes_no_answer": -1 if annotation["yes_no_answer"] == "NONE" else annotation["yes_no_answer"],
            }
            for annotation in record["annotations"]
        ],
    }


def columns(records, names):
    """A list of dicts as a dict of lists."""
    return {name: [record[name] for record in records] for name in names}


def text_of(page, answer):
    """The words of a short answer: its bytes of the page, without markup."""
    part = page[answer["start_byte"] : answer["end_byte"]].replace(b"\xc2\xa0", b" ")
    return re.sub("<[^>]*>", "", html.unescape(part.decode("utf-8")))
