"""ConvAI2 (2018): conversations of volunteers with bots that have a profile, with marks, from one JSON file.

Knows: the keys of the file, what a missing mark is, and how profiles were published. Does not know: how JSON is parsed.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

URL = "https://github.com/DeepPavlov/convai/raw/master/2018/data/summer_wild_evaluation_dialogs.json"
UNKNOWN = -1

DESCRIPTION = """Conversations in English of volunteers with bots, summer of 2018, from the Second Conversational Intelligence
Challenge. Both partners have a profile of a few sentences."""

CITATION = """@misc{dinan2019,
  title = {The Second Conversational Intelligence Challenge (ConvAI2)},
  author = {Emily Dinan and Varvara Logacheva and Valentin Malykh and Alexander Miller and Kurt Shuster and Jack Urbanek and
    Douwe Kiela and Arthur Szlam and Iulian Serban and Ryan Lowe and Shrimai Prabhumoye and Alan W Black and Alexander
    Rudnicky and Jason Williams and Joelle Pineau and Mikhail Burtsev and Jason Weston},
  year = {2019},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/1902.00098},
}"""


class ConvAi2(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="conv_ai_2", version=datasets.Version("1.0.0"), description="All conversations.")
    ]

    def _info(self):
        text, number = datasets.Value("string"), datasets.Value("int32")
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/DeepPavlov/convai/tree/master/2018",
            license="unknown",
            features=datasets.Features(
                {
                    "id": text,
                    "dialog_id": text,
                    "dialog": [{"id": number, "sender": text, "text": text, "sender_class": text}],
                    "bot_profile": datasets.Sequence([text]),
                    "user_profile": datasets.Sequence([text]),
                    "eval_score": number,
                    "profile_match": number,
                }
            ),
        )

    def _split_generators(self, dl_manager):
        return [datasets.SplitGenerator("train", {"path": dl_manager.download(URL)})]

    def _generate_examples(self, path):
        for number, row in enumerate(json_document(path)):
            keys = ("id", "sender", "text", "sender_class")
            example = {
                "id": row["dialog_id"],
                "dialog_id": row["dialog_id"],
                "dialog": [{name: turn[name] for name in keys} for turn in row["dialog"]],
                # Published as lists of characters.
                "bot_profile": [list(sentence) for sentence in row["bot_profile"]],
                "user_profile": [list(sentence) for sentence in row["user_profile"]],
                "eval_score": UNKNOWN if row["eval_score"] is None else row["eval_score"],
                "profile_match": UNKNOWN if row["profile_match"] == "" else row["profile_match"],
            }
            yield number, example
