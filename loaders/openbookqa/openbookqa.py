"""OpenBookQA: science questions with four choices, from one zip of JSON Lines files.

Knows: the members, and what the second configuration adds. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_lines

URL = "https://s3-us-west-2.amazonaws.com/ai2-website/data/OpenBookQA-V1-Sep2018.zip"
CONFIGS = {"main": "Questions and choices.", "additional": "With the fact, scores and who wrote it."}
STRING, SCORE = datasets.Value("string"), datasets.Value("float32")
MAIN = {
    "id": STRING,
    "question_stem": STRING,
    "choices": datasets.Sequence({"text": STRING, "label": STRING}),
    "answerKey": STRING,
}
MORE = {"fact1": STRING, "humanScore": SCORE, "clarity": SCORE, "turkIdAnonymized": STRING}

DESCRIPTION = """Questions on elementary science in English with four choices, to be answered with an open book of facts."""

CITATION = """@misc{mihaylov2018,
  title = {Can a Suit of Armor Conduct Electricity? A New Dataset for Open Book Question Answering},
  author = {Todor Mihaylov and Peter Clark and Tushar Khot and Ashish Sabharwal},
  year = {2018},
  howpublished = {EMNLP},
}"""


class Openbookqa(datasets.GeneratorBasedBuilder):
    """Builder of the two configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.1"), description=about)
        for name, about in CONFIGS.items()
    ]
    DEFAULT_CONFIG_NAME = "main"

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://allenai.org/data/open-book-qa",
            license="unknown",
            features=datasets.Features({**MAIN, **MORE} if self.config.name == "additional" else MAIN),
        )

    def _split_generators(self, dl_manager):
        data = os.path.join(dl_manager.download_and_extract(URL), "OpenBookQA-V1-Sep2018", "Data")
        pattern = os.path.join(data, "Main", "{}.jsonl")
        if self.config.name == "additional":
            pattern = os.path.join(data, "Additional", "{}_complete.jsonl")
        parts = {"train": "train", "validation": "dev", "test": "test"}
        return [datasets.SplitGenerator(split, {"path": pattern.format(part)}) for split, part in parts.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(json_lines(path)):
            choices = row["question"]["choices"]
            example = {
                "id": row["id"],
                "question_stem": row["question"]["stem"],
                "choices": {key: [choice[key] for choice in choices] for key in ("text", "label")},
                "answerKey": row["answerKey"],
            }
            if self.config.name == "additional":
                example |= {"fact1": row["fact1"], "turkIdAnonymized": row["turkIdAnonymized"]}
                example |= {"humanScore": float(row["humanScore"]), "clarity": float(row["clarity"])}
            yield number, example
