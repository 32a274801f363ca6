"""TweetEval: seven tasks of classification of tweets, from two text files for each split.

Knows: where the files of a task lie and its class names. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import parallel_lines

BASE = "https://raw.githubusercontent.com/cardiffnlp/tweeteval/main/datasets/"
PARTS = {"train": "train", "test": "test", "validation": "val"}
EMOJI = "❤ 😍 😂 💕 🔥 😊 😎 ✨ 💙 😘 📷 🇺🇸 ☀ 💜 😉 💯 😁 🎄 📸 😜"
LABELS = {
    "emoji": EMOJI.split(),
    "emotion": ["anger", "joy", "optimism", "sadness"],
    "hate": ["non-hate", "hate"],
    "irony": ["non_irony", "irony"],
    "offensive": ["non-offensive", "offensive"],
    "sentiment": ["negative", "neutral", "positive"],
}
STANCES = ["none", "against", "favor"]
TARGETS = ["abortion", "atheism", "climate", "feminist", "hillary"]
CONFIGS = {**LABELS, **{f"stance_{target}": STANCES for target in TARGETS}}

DESCRIPTION = """Tasks of tweet classification in English with one layout: emoji, emotion, hate, irony, offensive language,
sentiment and stance."""

CITATION = """@misc{barbieri2020,
  title = {TweetEval:Unified Benchmark and Comparative Evaluation for Tweet Classification},
  author = {Barbieri, Francesco and Camacho-Collados, Jose and Espinosa-Anke, Luis and Neves, Leonardo},
  year = {2020},
  howpublished = {Proceedings of Findings of EMNLP},
}"""


class TweetEval(datasets.GeneratorBasedBuilder):
    """Builder of the eleven configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.1.0"), description=f"Task {name}.") for name in CONFIGS
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/cardiffnlp/tweeteval",
            license="unknown",
            features=datasets.Features(
                {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=CONFIGS[self.config.name])}
            ),
        )

    def _split_generators(self, dl_manager):
        folder = self.config.name.replace("stance_", "stance/")
        urls = {
            split: {kind: f"{BASE}{folder}/{part}_{kind}.txt" for kind in ("text", "labels")} for split, part in PARTS.items()
        }
        paths = dl_manager.download(urls)
        return [datasets.SplitGenerator(split, {"paths": files}) for split, files in paths.items()]

    def _generate_examples(self, paths):
        for number, row in enumerate(parallel_lines(paths)):
            yield number, {"text": row["text"].strip(), "label": int(row["labels"])}
