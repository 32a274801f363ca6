"""QuAC: dialogues of questions on a section of Wikipedia, from two JSON files.

Knows: how a dialogue becomes one row. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

BASE = "https://s3.amazonaws.com/my89public/quac/"
FILES = {"train": BASE + "train_v0.2.json", "validation": BASE + "val_v0.2.json"}

DESCRIPTION = """Dialogues in English in which a student asks about a section of Wikipedia that only the teacher sees."""

CITATION = """@misc{choi2018,
  title = {QUAC: Question answering in context},
  author = {Eunsol Choi and He He and Mohit Iyyer and Mark Yatskar and Yih, Wen Tau and Yejin Choi and Percy Liang and Luke
    Zettlemoyer},
  year = {2018},
  howpublished = {Proceedings of the 2018 Conference on Empirical Methods in Natural Language Processing, EMNLP 2018},
}"""


class Quac(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.1.0"), description="Dialogues as plain text.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://quac.ai/",
            license="mit",
            features=datasets.Features(
                {
                    "dialogue_id": datasets.Value("string"),
                    "wikipedia_page_title": datasets.Value("string"),
                    "background": datasets.Value("string"),
                    "section_title": datasets.Value("string"),
                    "context": datasets.Value("string"),
                    "turn_ids": datasets.Sequence(datasets.Value("string")),
                    "questions": datasets.Sequence(datasets.Value("string")),
                    "followups": datasets.Sequence(datasets.ClassLabel(names=["y", "n", "m"])),
                    "yesnos": datasets.Sequence(datasets.ClassLabel(names=["y", "n", "x"])),
                    "answers": datasets.Sequence(
                        {
                            "texts": datasets.Sequence(datasets.Value("string")),
                            "answer_starts": datasets.Sequence(datasets.Value("int32")),
                        }
                    ),
                    "orig_answers": {
                        "texts": datasets.Sequence(datasets.Value("string")),
                        "answer_starts": datasets.Sequence(datasets.Value("int32")),
                    },
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for article in json_document(path)["data"]:
            for dialogue in article["paragraphs"]:
                turns = dialogue["qas"]
                originals = [turn["orig_answer"] for turn in turns]
                example = {
                    "dialogue_id": dialogue["id"],
                    "wikipedia_page_title": article["title"],
                    "background": article["background"],
                    "section_title": article["section_title"],
                    "context": dialogue["context"],
                    "turn_ids": [turn["id"] for turn in turns],
                    "questions": [turn["question"] for turn in turns],
                    "followups": [turn["followup"] for turn in turns],
                    "yesnos": [turn["yesno"] for turn in turns],
                    "answers": {
                        "texts": [[answer["text"] for answer in turn["answers"]] for turn in turns],
                        "answer_starts": [[answer["answer_start"] for answer in turn["answers"]] for turn in turns],
                    },
                    "orig_answers": {
                        "texts": [answer["text"] for answer in originals],
                        "answer_starts": [answer["answer_start"] for answer in originals],
                    },
                }
                yield dialogue["id"], example
