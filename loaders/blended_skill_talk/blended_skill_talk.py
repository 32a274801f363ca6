"""Blended Skill Talk: dialogues that mix personality, empathy and knowledge, from one tar.gz of JSON files.

Knows: whose turn is whose, and where suggestions lie. Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import json_document

URL = "http://parl.ai/downloads/blended_skill_talk/blended_skill_talk.tar.gz"
FILES = {"train": "train.json", "validation": "valid.json", "test": "test.json"}
SKILLS = ["convai2", "empathetic_dialogues", "wizard_of_wikipedia"]

DESCRIPTION = """Dialogues in English of two people: one speaks freely; the other is guided by suggestions of three models with
different skills: being someone (convai2), empathy (empathetic_dialogues), and knowledge (wizard_of_wikipedia)."""

CITATION = """@misc{smith2020,
  title = {Can You Put it All Together: Evaluating Conversational Agents' Ability to Blend Skills},
  author = {Eric Michael Smith and Mary Williamson and Kurt Shuster and Jason Weston and Y-Lan Boureau},
  year = {2020},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/2004.08449},
}"""


class BlendedSkillTalk(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        text = datasets.Value("string")
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://parl.ai/projects/bst/",
            license="unknown",
            features=datasets.Features(
                {
                    "personas": datasets.Sequence(text),
                    "additional_context": text,
                    "previous_utterance": datasets.Sequence(text),
                    "context": text,
                    "free_messages": datasets.Sequence(text),
                    "guided_messages": datasets.Sequence(text),
                    "suggestions": datasets.Sequence({skill: text for skill in SKILLS}),
                    "guided_chosen_suggestions": datasets.Sequence(text),
                    "label_candidates": datasets.Sequence(datasets.Sequence(text)),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = dl_manager.download_and_extract(URL)
        return [datasets.SplitGenerator(split, {"path": os.path.join(folder, file)}) for split, file in FILES.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(json_document(path)):
            turns = [text for _, text in row["dialog"]]
            pairs = len(turns) // 2  # a last turn without an answer is dropped
            guided = range(1, 2 * pairs, 2)
            context = row["context_dataset"]
            example = {
                "personas": row["personas"][1],
                "additional_context": row["additional_context"] if context == "wizard_of_wikipedia" else "",
                "previous_utterance": [row["free_turker_utterance"], row["guided_turker_utterance"]],
                "context": context,
                "free_messages": turns[0 : 2 * pairs : 2],
                "guided_messages": [turns[turn] for turn in guided],
                "suggestions": {skill: [row["suggestions"][turn][skill] for turn in guided] for skill in SKILLS},
                "guided_chosen_suggestions": [row["chosen_suggestions"][turn] for turn in guided],
                "label_candidates": row.get("label_candidates", []),
            }
            yield number, example
