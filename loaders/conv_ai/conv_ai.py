"""ConvAI (2017): conversations of people with people or bots about a text, with marks, from one JSON file.

Knows: the keys of the file, and what a missing time is. Does not know: how JSON is parsed or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

URL = "https://github.com/DeepPavlov/convai/raw/master/2017/data/train_full.json"
UNKNOWN_TIME = -1

DESCRIPTION = """Conversations in English of the Conversational Intelligence Challenge of 2017, of people with people or with
bots about a paragraph; utterances and partners are marked."""

CITATION = """"""


class ConvAi(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="conv_ai", version=datasets.Version("1.0.0"), description="All conversations.")
    ]

    def _info(self):
        text, number = datasets.Value("string"), datasets.Value("int32")
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/DeepPavlov/convai/tree/master/2017",
            license="unknown",
            features=datasets.Features(
                {
                    "id": number,
                    "dialogId": number,
                    "context": text,
                    "users": [{"userType": text, "id": text}],
                    "evaluation": [{"breadth": number, "userId": text, "quality": number, "engagement": number}],
                    "thread": [{"evaluation": number, "text": text, "userId": text, "time": number}],
                }
            ),
        )

    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator("train", {"path": dl_manager.download(URL)})]

    def _generate_examples(self, path):
        marks = ("breadth", "userId", "quality", "engagement")
        for number, row in enumerate(json_document(path)):
            example = {
                "id": row["dialogId"],
                "dialogId": row["dialogId"],
                "context": row["context"],
                "users": [{"userType": user["userType"], "id": user["id"]} for user in row["users"]],
                "evaluation": [{name: given[name] for name in marks} for given in row["evaluation"]],
                "thread": [
                    {
                        "evaluation": turn["evaluation"],
                        "text": turn["text"],
                        "userId": turn["userId"],
                        "time": turn.get("time", UNKNOWN_TIME),
                    }
                    for turn in row["thread"]
                ],
            }
            yield number, example
